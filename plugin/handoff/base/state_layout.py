"""What lies in the state directory: one table for all that clears it up or looks after it.

Whoever keeps something new there adds its row; a test fails on what has none. While a file is
written it has a name of `file_io.temporary_name` beside it, which `file_io.sweep` takes away should
the writer be killed; one that does not parse is kept under the suffix of `state_file`.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from handoff.base import state_file

if TYPE_CHECKING:
    from collections.abc import Iterator

# When `handoff prune` may take a file that nothing has changed for long: when its session is over,
# when its brief is nowhere any more, at once, or never.
Goes = Literal["with its session", "with its brief", "when old", "never"]

_SESSION = r"[A-Za-z0-9_-]{1,128}"
_BRIEF = r"[0-9]{8}-[0-9]{6}-[a-z0-9-]+"
_HEX = r"[0-9a-f]{16}"
_SHA256 = r"[0-9a-f]{64}"
_TEMPORARY = re.compile(r"\..+\.[0-9]+\.tmp")


@dataclass(frozen=True)
class Folder:
    """A folder of the state directory; `files` are its files' paths in it, as a pattern."""

    name: str
    files: str
    goes: Goes


FOLDERS = (
    # What a build may continue from: `handoff spec drop` takes it away.
    Folder("builds", rf"{_BRIEF}\.(?:json|lock|app\.json|app\.log)", "never"),
    Folder("chain", rf"{_BRIEF}\.json", "when old"),
    Folder("claims", rf"{_BRIEF}\.json", "when old"),
    Folder("cost", rf"{_SESSION}\.json", "with its session"),
    Folder("drafts", rf"{_HEX}(?:\.[0-9a-f]+)?/(?:{_BRIEF}\.md|where\.json)", "never"),
    Folder("feed", rf"{_SESSION}\.json", "with its session"),
    Folder("gate", _SESSION, "with its session"),
    Folder("growth", rf"{_SESSION}\.json", "with its session"),
    # Of sessions (`prune` takes them along), and a few by name: queue-…, claims, settings.
    Folder("locks", _SESSION, "never"),
    Folder("log", r"handoff\.log(?:\.1)?", "never"),
    Folder("mod", rf"{_SESSION}\.json", "with its session"),
    Folder("next", rf"{_SESSION}\.json", "with its session"),
    Folder("originals", rf"{_SHA256}\.md", "with its brief"),
    Folder("pending", r"[^/]+\.json", "never"),  # a change that is under way, or was cut off
    Folder("plans", rf"{_BRIEF}\.json", "when old"),
    Folder("queues", rf"{_HEX}\.json", "when old"),
    Folder("relays", rf"{_BRIEF}\.(?:json|lock)", "when old"),
    Folder("runs", rf"{_BRIEF}\.json", "when old"),
    Folder("sessions", rf"{_SESSION}\.json", "with its session"),
    Folder("spec-edits", rf"{_BRIEF}(?:/.+)?", "never"),  # a text that a person has in the editor
    Folder("specs", rf"{_BRIEF}\.json", "never"),  # what the user accepted
    Folder("stranded", rf"{_BRIEF}\.md|untold", "never"),
    Folder("supervised", rf"{_SESSION}\.(?:process|lock|out|err|watch)", "when old"),
    Folder("swapped", rf"{_HEX}\.json", "never"),  # a verification that runs, or was cut off
    Folder("trash", r"[^/]+\.(?:md|json)", "when old"),
    Folder("usage", r"index\.json|responses\.bin|lock", "never"),  # written anew as a whole
    # `prune` takes those of tasks that are over.
    Folder("verify", rf"{_BRIEF}(?:\.json|/(?:[0-9a-f]{{40}}|[0-9a-f]{{64}}))", "never"),
    Folder("why", rf"{_SESSION}\.jsonl", "with its session"),
    Folder("wip", rf"{_SESSION}/.+", "never"),  # what no commit can hold
)
# Each is bounded by who writes it, or is what this machine knows of its briefs.
FILES = (
    "announced.json",
    "breaker.json",
    "caps.json",
    "compaction.json",
    "config-cache.json",
    "consents.jsonl",
    "ended.jsonl",
    "env",
    "env-failed",
    "env-message",
    "ledger.jsonl",
    "plugin",
    "repositories.json",
    "runs.jsonl",
    "shared-claims.json",
    "statusline.json",
)


def find_unknown(home: str) -> Iterator[str]:
    """The paths below the state directory, from there, that have no row here."""
    rows = {folder.name: folder for folder in FOLDERS}
    for path in _files(home):
        folder, _, rest = path.partition("/")
        name = path.rpartition("/")[2]
        kept = re.sub(rf"(?:\.[0-9])?{re.escape(state_file.SUFFIX)}\Z", "", rest or path)
        row = rows.get(folder) if rest else None
        is_known = re.fullmatch(row.files, kept) is not None if row else kept in FILES
        if not is_known and not (_TEMPORARY.fullmatch(name) and (row or not rest)):
            yield path


def _files(home: str) -> Iterator[str]:
    for folder, folders, names in os.walk(home):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        for name in sorted([*names, *links]):
            yield os.path.relpath(os.path.join(folder, name), home)
