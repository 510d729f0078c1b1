"""The file that marks an environment as complete, and holds the newest version it has served.

Standard library only; this file and what it imports also run on Pythons older than 3.10.
"""

from __future__ import annotations

import os

from handoff.base import file_io, paths


def read_version(folder: str) -> str:
    """The newest version that the environment in `folder` served, "" if it is not complete."""
    try:
        with open(os.path.join(folder, paths.READY), encoding="utf-8", errors="replace") as file:
            return file.readline(100).strip()
    except OSError:
        return ""


def raise_version(folder: str, version: str) -> None:
    """Note that an environment serves `version`; a newer one stays noted. Raises OSError."""
    noted = read_version(folder)
    if not noted or is_older(noted, version):
        file_io.write_atomic(os.path.join(folder, paths.READY), f"{version}\n".encode())


def remove(folder: str) -> None:
    """Mark the environment in `folder` as not complete."""
    try:
        os.unlink(os.path.join(folder, paths.READY))
    except OSError:
        pass  # it is not there


def is_older(version: str, than: str) -> bool:
    """Whether a version comes before another one. Text that is not a version comes first."""
    return _numbers(version) < _numbers(than)


def _numbers(version: str) -> tuple[int, ...]:
    parts = version.split(".")
    return tuple(map(int, parts)) if all(part.isdecimal() for part in parts) else ()
