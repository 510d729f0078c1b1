"""The sessions of a brief's chain: its own, and those of the briefs before it, by `parent`.

Only what this machine wrote leads to a transcript: the ledger says which session wrote a brief, and
the next link is read from the bytes that were written, whatever its file says by now.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from handoff.base.errors import HandoffError
from handoff.brief import document, marking
from handoff.client import locations
from handoff.session import state
from handoff.store import brief_files, ledger, lookup, originals, trust

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from handoff.brief.document import Brief
    from handoff.runtime import Runtime
    from handoff.store.places import Place

MAX_BRIEFS = 100  # of a chain
MAX_BYTES = 400_000_000  # of all its transcripts: some ten seconds
_OUTSIDE = "written outside a session"
_TOO_MUCH = f"the chain has more than {MAX_BYTES // 1_000_000} MB of transcripts"
_CANNOT_BE_READ = "cannot be read"
_KEPT = (
    "Claude Code deletes old transcripts (`cleanupPeriodDays` in its settings). The brief itself "
    "is still there."
)


@dataclass(frozen=True)
class Source:
    """A transcript to look into, and what it is called.

    `label` stands before its turns, "" where no other session is searched; `briefs` are those of
    the chain that its session wrote, newest first.
    """

    path: str
    name: str
    label: str = ""
    session: str = ""
    briefs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Unread:
    """A session of the chain that is not searched, by its brief, and why."""

    label: str
    brief: str
    session: str
    problem: str


@dataclass(frozen=True)
class Sources:
    """What is searched, newest session first, and what cannot be. `asked` is the brief's id whose
    chain it is.
    """

    found: tuple[Source, ...]
    unread: tuple[Unread, ...] = ()
    asked: str = ""


class _Link(NamedTuple):
    """One brief of a chain. Without a `session`, `problem` says why there is no transcript."""

    brief: str
    session: str
    parent: str
    problem: str = ""


def find_chain(wanted: str, runtime: Runtime, place: Place) -> Sources:
    """The transcripts of the chain that ends with a brief.

    Raises HandoffError when there is no such brief, when it is not this machine's, and when no
    transcript of its chain is there.
    """
    own = ledger.own_entries(runtime.home, place.key)
    stored = originals.as_written(brief_files.find(place.root, wanted), runtime.home, own)
    if stored.brief is None:
        raise HandoffError(stored.problem)
    entry = own.get(ledger.digest_bytes(stored.raw))
    if entry is None:
        raise HandoffError(
            f"{marking.mark_path(stored.relative)} was not written on this machine, or was changed "
            "since, so its transcript is not here.",
            "`handoff show` prints the brief itself.",
        )
    links = [*_walk(_own_link(stored.brief, entry), own, runtime, place)]
    labels = _labels(link.brief for link in links)
    found, unread = _open(links, labels, runtime)
    if not found:
        raise _nothing(links[0], stored.relative, runtime)
    if len(found) == 1 and found[0].briefs[0] == stored.brief.id:
        found = [replace(found[0], label="")]
    return Sources(tuple(found), tuple(unread), stored.brief.id)


def find_session(session_id: str, runtime: Runtime) -> Sources:
    """The transcript of a session of this user's client, and no other."""
    name = f"session {session_id}"
    path = _transcript(session_id, runtime)
    if not path:
        raise _gone(name, session_id, runtime)
    return Sources((Source(path, name, session=session_id),))


def name_file(path: str) -> Sources:
    """A transcript by its path."""
    if not os.path.isfile(path):
        raise HandoffError(f"{path} is not a file.", "Name a session's transcript (.jsonl).")
    return Sources((Source(path, Path(path).name),))


def _walk(
    first: _Link, own: Mapping[str, ledger.Entry], runtime: Runtime, place: Place
) -> Iterator[_Link]:
    """A brief, its parent, and so on; a circle ends where it would close."""
    seen: set[str] = set()
    link: _Link | None = first
    while link is not None and len(seen) < MAX_BRIEFS:
        seen.add(link.brief)
        yield link
        parent = link.parent
        link = _find_link(parent, own, runtime, place) if parent and parent not in seen else None


def _find_link(
    brief_id: str, own: Mapping[str, ledger.Entry], runtime: Runtime, place: Place
) -> _Link:
    """The brief of this id, as this machine wrote it: from the bytes that it kept, else the file
    that has them, else the ledger, which does not say what came before.
    """
    # The first one is who wrote it: finishing it adds another, which may be another session's.
    written = next((entry for entry in own.values() if entry.id == brief_id), None)
    raw = originals.open_brief(brief_id, runtime.home, own) if written else None
    if raw is not None:
        return _own_link(document.parse(raw, brief_id), own[ledger.digest_bytes(raw)])
    try:
        stored = lookup.find(place, brief_id)
    except HandoffError:
        stored = None
    if stored is None or stored.brief is None or stored.brief.id != brief_id:
        session = written.session if written else ""
        return _Link(brief_id, session, "", "" if session else "its brief was not found")
    judge = trust.TrustCheck(place, runtime)
    stored = judge.as_written(stored)
    origin = judge.classify(stored)
    if stored.brief is not None and origin.entry is not None:
        return _own_link(stored.brief, origin.entry)
    if written:
        return _Link(brief_id, written.session, "", _OUTSIDE)
    parent = stored.brief.parent if stored.brief is not None and origin.is_trusted else ""
    return _Link(brief_id, "", parent, "not written on this machine")


def _own_link(brief: Brief, entry: ledger.Entry) -> _Link:
    session = str(brief.session.get("id") or entry.session)
    return _Link(brief.id, session, brief.parent, "" if session else _OUTSIDE)


def _open(
    links: Iterable[_Link], labels: Mapping[str, str], runtime: Runtime
) -> tuple[list[Source], list[Unread]]:
    """Each session's transcript once, newest first, and the briefs that have none."""
    by_path: dict[str, Source] = {}
    unread: list[Unread] = []
    size = 0
    for link in links:
        label, problem = labels[link.brief], link.problem
        path = _transcript(link.session, runtime) if link.session else ""
        key = os.path.realpath(path) if path else ""
        known = by_path.get(key)
        if known is not None:
            by_path[key] = replace(known, briefs=(*known.briefs, link.brief))
            continue
        if path and os.access(path, os.R_OK):
            size += _size(path)
            problem = _TOO_MUCH if by_path and size > MAX_BYTES else ""
        elif link.session:
            problem = f"its transcript {_CANNOT_BE_READ if path else 'was not found'}"
        if problem:
            unread.append(Unread(label, link.brief, link.session, problem))
        else:
            name = f"the session of the brief {link.brief}"
            by_path[key] = Source(path, name, label, link.session, (link.brief,))
    return [*by_path.values()], unread


def _labels(briefs: Iterable[str]) -> dict[str, str]:
    """How each brief is called for short: the end of its id, or all of it where two end alike."""
    ids = list(briefs)
    ends = [brief_id[-4:] for brief_id in ids]
    return {i: end if ends.count(end) == 1 else i for i, end in zip(ids, ends, strict=True)}


def _nothing(link: _Link, brief_path: str, runtime: Runtime) -> HandoffError:
    if not link.session:
        return HandoffError(f"{brief_path} was {_OUTSIDE}, so it has no transcript.")
    path = _transcript(link.session, runtime)
    if path:
        return HandoffError(f"{path} {_CANNOT_BE_READ}.", "Fix its permissions and try again.")
    return _gone(f"the session of the brief {link.brief}", link.session, runtime)


def _gone(name: str, session_id: str, runtime: Runtime) -> HandoffError:
    known = state.load(runtime.home, session_id).transcript
    where = f" at {known}" if known else ""
    return HandoffError(
        f"The transcript of {name} was not found (session {session_id}{where}).", _KEPT
    )


def _transcript(session_id: str, runtime: Runtime) -> str:
    known = state.load(runtime.home, session_id).transcript
    return locations.transcript_of(session_id, known, runtime.env)


def _size(path: str) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
