"""Which versions of the client are supported, fetched and tested: the one place that says so."""

from __future__ import annotations

OLDEST = "2.1.197"  # any client from this version on is used as it is
WITH_MODS = "2.1.287"  # the first that runs mods: the meter, bare commands, auto mode
FETCHED = "2.1.330"  # what npm is asked for where there is no client; the newest that is pinned
NEWEST_TESTED = "2.1.332"  # the newest that the tests were run with (docs/client.md)


def is_newer_than_tested(version: str) -> bool:
    """Whether a client came out after those that were tested; False for what is no version."""
    return _numbers(version) > _numbers(NEWEST_TESTED)


def _numbers(version: str) -> list[int]:
    parts = version.strip().split("-")[0].split(".")[:3]
    is_version = all(part.isascii() and part.isdecimal() and len(part) < 10 for part in parts)
    return [int(part) for part in parts] if is_version and len(parts) == 3 else []
