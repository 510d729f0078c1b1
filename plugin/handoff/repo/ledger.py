"""The ledger: the bytes of every brief this machine wrote, which is what makes a brief its own.

`<state>/ledger.jsonl`, one object a line: `{sha256, id, repo, worktree, session, at}`. A brief is
own when exactly its bytes were recorded for this repository; everything else is foreign.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from handoff import fsio


@dataclass(frozen=True)
class Entry:
    """One brief as it was written. `repo` is the shared git directory (or the project directory
    outside git), `worktree` the top of the work tree, `at` epoch seconds.
    """

    sha256: str
    id: str
    repo: str
    worktree: str
    session: str
    at: float


def digest(raw: bytes) -> str:
    """The sha256 of a brief's bytes, in hex."""
    return hashlib.sha256(raw).hexdigest()


def record(home: str, entry: Entry) -> None:
    """Add an entry, durably. Call it before the brief is written: an entry without a file is
    harmless, a file without an entry would be foreign.
    """
    fsio.make_private(home)
    fsio.append_line(str(_file(home)), json.dumps(asdict(entry), ensure_ascii=False).encode())


def own_entries(home: str, repo: str) -> dict[str, Entry]:
    """sha256 -> entry of every brief written here for `repo`. Damaged lines are passed over."""
    found: dict[str, Entry] = {}
    try:
        lines = _file(home).read_bytes().splitlines()
    except OSError:
        return found
    for line in lines:
        try:
            entry = Entry(**json.loads(line))
        except (ValueError, TypeError):
            continue
        if entry.repo == repo:
            found[entry.sha256] = entry
    return found


def _file(home: str) -> Path:
    return Path(home) / "ledger.jsonl"
