"""The steps of install.sh that are written in Python: `main` with a step's name and arguments.

Standard library only; this file and what it imports also run on Pythons older than 3.10, where uv
will fetch a newer one.
"""

from __future__ import annotations

import filecmp
import json
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def main(step: str, *arguments: str) -> None:
    """Do one step. `same-files` answers by its exit code, the others print their answer."""
    if step == "build":
        print(_build(*arguments))
    elif step == "same-files":
        sys.exit(not have_same_files(*arguments))
    elif step == "swap":
        swap_folders(*arguments)
    elif step == "field":
        print(*find_field(_parse(sys.stdin.read()), *arguments)[:1])
    elif step == "failures":
        for failure in describe_failures(_parse(sys.stdin.read())):
            print(failure)
    else:
        raise SystemExit(f"no step {step!r}")


def _build(root: str, parent: str) -> str:
    from handoff.install import environment

    return environment.build(
        root, parent, os.environ, lambda text: print(text, file=sys.stderr), wait=True
    )


def have_same_files(new: str, old: str) -> bool:
    """Whether two folders hold the same files with the same modes, but for compiled ones."""
    files = _list_files(new)
    if not files or files != _list_files(old):
        return False
    same, _, _ = filecmp.cmpfiles(new, old, files, shallow=False)
    return len(same) == len(files) and all(
        os.stat(os.path.join(new, name)).st_mode == os.stat(os.path.join(old, name)).st_mode
        for name in files
    )


def _list_files(root: str) -> set[str]:
    files = set()
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name != "__pycache__"]
        files |= {os.path.relpath(os.path.join(folder, name), root) for name in names}
    return files


def swap_folders(new: str, place: str) -> None:
    """Put `new` in the place of another folder, which is `.old` then.

    A session may run from there: two renames of one process leave it the shortest time without,
    and install.sh puts things right if the process dies between them.
    """
    if os.path.exists(place):
        os.rename(place, place + ".old")
    os.rename(new, place)


def find_field(entries: list[dict[str, Any]], field: str, *pairs: str) -> list[Any]:
    """The field of every entry that has each `key=value`, "?" where it lacks the field."""
    values = dict(pair.split("=", 1) for pair in pairs)
    return [
        entry.get(field, "?")
        for entry in entries
        if all(entry.get(key) == value for key, value in values.items())
    ]


def describe_failures(checks: list[dict[str, Any]]) -> list[str]:
    """The doctor's checks that fail, as `problem TAB hint`; one line if it said nothing."""
    if not checks:
        return ["`handoff doctor` failed to run.\tRun it, and fix what it reports."]
    return [
        _one_line(f"{check['name']}: {check['detail']}") + "\t" + _one_line(check["hint"])
        for check in checks
        if check["ok"] is False
    ]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _parse(text: str) -> list[dict[str, Any]]:
    """The entries in a text of JSON; [] where it is none: the command that comes next tells why."""
    try:
        value = json.loads(text)
    except ValueError:
        return []
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []
