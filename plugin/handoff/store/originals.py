"""Briefs as this machine wrote them: `<state>/originals/<sha256>.md`, for each line of the ledger.

A formatter that goes through a repository changes the bytes of a brief and nothing that it says.
What a session is given is then what was written, by its digest, and never the changed file. Where a
brief's worktree was removed, it is written again from here.
"""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.base import file_io
from handoff.base.errors import HandoffError
from handoff.brief import document, same_content
from handoff.brief.sections import OUTCOME
from handoff.store import brief_files, ledger

if TYPE_CHECKING:
    from collections.abc import Mapping

_MAX_VERSIONS = 20  # versions of one brief: as it was opened, and as it was finished


def keep_original(home: str, raw: bytes) -> None:
    """Keep a brief's bytes. Where that cannot be, a changed file counts as changed."""
    path = _path(home, ledger.digest_bytes(raw))
    try:
        file_io.make_private(os.path.dirname(path))
        file_io.write_atomic(path, raw)
    except OSError:
        pass


def as_written(
    stored: brief_files.StoredBrief, home: str, own: Mapping[str, ledger.Entry]
) -> brief_files.StoredBrief:
    """The brief as this machine wrote it, if its file differs from that in form alone; else as it
    is. `own` are the ledger's entries for its repository.
    """
    name = os.path.basename(stored.path).removesuffix(".md")
    written = [sha for sha, entry in own.items() if entry.id == name]
    if not written:
        return stored
    root = stored.path.removesuffix(stored.relative)
    raw = stored.raw or brief_files.read_content(root, stored.relative)
    if raw is None or ledger.digest_bytes(raw) in own:
        return stored
    for sha in reversed(written[-_MAX_VERSIONS:]):
        original = _read(home, sha)
        if original is not None and same_content.is_same(original, raw):
            return _with(stored, original, raw)
    return stored


def open_brief(brief_id: str, home: str, own: Mapping[str, ledger.Entry]) -> bytes | None:
    """What this machine wrote last as the open brief of this id; None if it did not, or the bytes
    are not kept.
    """
    for sha, entry in reversed([*own.items()]):
        raw = _read(home, sha) if entry.id == brief_id else None
        if raw is not None and OUTCOME not in document.parse(raw, brief_id).sections:
            return raw
    return None


def find_needed(home: str, root: str) -> set[str]:
    """The digests of the originals whose brief still has a file: in the worktree that it was
    written in, or in that at `root`, where its repository may have been moved to. Raises
    HandoffError where the ledger cannot be read.
    """
    return {
        sha
        for sha, entry in ledger.all_entries(home).items()
        if any(
            os.path.lexists(os.path.join(tree, brief_files.relative_path(folder, entry.id)))
            for tree in {entry.worktree, root}
            for folder in (brief_files.OPEN, brief_files.DONE)
        )
    }


def _with(stored: brief_files.StoredBrief, original: bytes, raw: bytes) -> brief_files.StoredBrief:
    try:
        brief = document.parse(original, stored.relative)
    except HandoffError:
        return stored
    return replace(stored, raw=original, brief=brief, problem="", on_disk=raw)


def _read(home: str, sha: str) -> bytes | None:
    """The bytes of this digest, None if they are not there, or others are."""
    try:
        with open(_path(home, sha), "rb") as file:
            raw = file.read(document.MAX_BYTES + 1)
    except OSError:
        return None
    return raw if ledger.digest_bytes(raw) == sha else None


def _path(home: str, sha: str) -> str:
    return os.path.join(home, "originals", f"{sha}.md")
