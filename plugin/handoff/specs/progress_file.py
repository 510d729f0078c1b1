"""progress.md: what each session of a build did, one entry a session, written by code.

A model's own words are in it as quoted lines, bounded: they cannot pass for an entry.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from handoff.base import plain_text, truncate

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_NOTES_CHARS = 1_000
MAX_BRIEF_CHARS = 2_000
PROGRESS_HEAD = "# Progress\n\nWritten by handoff, one entry a session.\n"
_ENTRY = "\n## "
_PROOF_CHARS = 400


class SessionEntry(Protocol):
    """What an entry tells of a session (`loops.session.Session`), without secrets: `proof` is what
    code found afterwards, with exit code, seconds and commit; `words` are the model's.
    """

    @property
    def session(self) -> str: ...  # noqa: D102
    @property
    def began(self) -> float: ...  # noqa: D102
    @property
    def feature(self) -> str: ...  # noqa: D102
    @property
    def attempt(self) -> int: ...  # noqa: D102
    @property
    def verdict(self) -> str: ...  # noqa: D102
    @property
    def proof(self) -> str: ...  # noqa: D102
    @property
    def words(self) -> str: ...  # noqa: D102


def render_entry(session: SessionEntry) -> str:
    """The entry of a session that is over; it begins with an empty line."""
    at = time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(session.began))
    which = f"{session.feature}, attempt {session.attempt}" if session.feature else "no feature"
    result = plain_text.one_line(session.proof, _PROOF_CHARS) or session.verdict or "not verified"
    lines = [f"## {at}: {which}", "", f"Result: {result}", f"Session: {session.session}"]
    notes = truncate.keep_head(plain_text.printable(session.words).strip(), MAX_NOTES_CHARS)
    if notes:
        lines += ["", "Its own words:", "", *(f"> {line}".rstrip() for line in notes.split("\n"))]
    return "\n" + "\n".join(lines) + "\n"


def last_entries(text: str, count: int = 5, most: int = MAX_BRIEF_CHARS) -> str:
    """The last entries of progress.md, at most `count` and `most` characters, in their order; ""
    without any. Entries are left out whole, the oldest first; only the newest is cut.
    """
    entries = [entry.strip() for entry in text.split(_ENTRY)[1:]]
    kept: Sequence[str] = entries[-count:] if count > 0 else []
    while len(kept) > 1 and len(_joined(kept)) > most:
        kept = kept[1:]
    return truncate.keep_head(_joined(kept), most)


def _joined(entries: Sequence[str]) -> str:
    return "\n\n".join(f"## {entry}" for entry in entries)
