"""Which file in `done` finishes which open brief: one that holds its text, and an Outcome.

The name alone says nothing: anybody can put a file of that name there.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from handoff.brief.sections import OUTCOME
from handoff.store import ledger

if TYPE_CHECKING:
    from collections.abc import Container, Iterator

_OUTCOME = f"\n\n## {OUTCOME}\n".encode()


def finishes(done: bytes | None, opened: bytes | None) -> bool:
    """Whether a file in `done` is the open brief of these bytes, as it was moved by hand or with an
    Outcome behind it (several, after a merge). Line ends do not count. None is no file.
    """
    if done is None or opened is None:
        return False
    text, whole = _plain(opened).rstrip(b"\n"), _plain(done)
    rest = whole[len(text) :]
    is_same = bool(text) and whole.startswith(text)
    return is_same and (not rest.strip(b"\n") or rest.startswith(_OUTCOME))


def is_known(done: bytes, digests: Container[str]) -> bool:
    """Whether a file in `done` has bytes whose sha256 is in `digests` (`ledger.digest_bytes`), or
    finishes an open brief that has: somebody else may have finished it.
    """
    return ledger.digest_bytes(done) in digests or any(
        opened in digests for opened in _digests_of_opened(_plain(done))
    )


def _digests_of_opened(done: bytes) -> Iterator[str]:
    """Those of the open briefs that it may have been: what stands before each Outcome. The bytes
    may be anybody's, with as many Outcomes as they hold: none is read twice.
    """
    running, hashed = hashlib.sha256(), 0
    at = done.find(_OUTCOME)
    while at >= 0:
        running.update(done[hashed:at])
        opened = running.copy()
        opened.update(b"\n")
        yield opened.hexdigest()
        hashed, at = at, done.find(_OUTCOME, at + 1)


def _plain(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n")
