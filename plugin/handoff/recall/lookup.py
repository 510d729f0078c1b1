"""`handoff recall`: what a brief left out, looked up in the transcript it was written from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff.base.errors import HandoffError
from handoff.base.wording import count_of
from handoff.brief import marking
from handoff.client import locations
from handoff.client.transcript import reader
from handoff.meter import token_counter
from handoff.recall import search
from handoff.redact import redact
from handoff.session import state
from handoff.store import brief_files, ledger, originals

if TYPE_CHECKING:
    from handoff.prompts.texts import Prompts
    from handoff.recall.search import Hit, Query, SearchResult
    from handoff.runtime import Runtime
    from handoff.store.places import Place

_MIN_HIT_TOKENS = 60  # tokens of a place as it is shown


@dataclass(frozen=True)
class Source:
    """A transcript to look into, and what it is called."""

    path: str
    name: str


@dataclass(frozen=True)
class Recalled:
    """What was found, as much of it as was asked for."""

    source: Source
    result: SearchResult
    hits: tuple[Hit, ...]

    def text(self, prompts: Prompts) -> str:
        """What a reader is given: said to be what was, then the places."""
        about = {"source": self.source.name, "turns": count_of(self.result.turns, "turn")}
        if not self.hits:
            return prompts.render("recall_nothing", **about) + "\n"
        places = [search.render_hit(hit) for hit in self.hits]
        left = self.result.matches - len(self.hits)
        if left > 0:
            more = count_of(left, "more place")
            places.append(prompts.render("recall_more", places=more) + "\n")
        return prompts.render("recall_found", **about, places="\n".join(places))

    def as_json(self) -> dict[str, Any]:
        """The stable JSON of `handoff recall --json`."""
        return {
            "transcript": self.source.path,
            "turns": self.result.turns,
            "matches": self.result.matches,
            "hits": [
                {"turn": hit.turn, "at": hit.at, "about": hit.about, "text": hit.text}
                for hit in self.hits
            ],
        }


def search_source(source: Source, wanted: Query, max_tokens: int, runtime: Runtime) -> Recalled:
    """Search the transcript of `source`. Raises HandoffError when there is nothing to look for."""
    if not (wanted.question.strip() or wanted.file or wanted.command or wanted.around):
        raise HandoffError(
            "There is nothing to search for.",
            'Ask a question: handoff recall <id> "why is the lock needed", '
            "or use --file, --command, --around.",
        )
    # No more than could be shown: every one costs a look for secrets.
    most = min(search.MAX_HITS, 3 + max_tokens // _MIN_HIT_TOKENS)
    clean = redact.cleaner(runtime.config(os.getcwd()))
    results = search.search(lambda: reader.read(source.path), wanted, most=most, clean=clean)
    if wanted.around and wanted.around > results.turns:
        raise HandoffError(
            f"No turn {wanted.around}: {source.name} has {count_of(results.turns, 'turn')}.",
            "Use a turn from an earlier answer of `handoff recall`.",
        )
    kept = search.fit_hits(
        results, max_tokens, lambda text: token_counter.count_tokens(text, runtime.env)
    )
    return Recalled(source, results, kept)


def find_source(wanted: str, runtime: Runtime, place: Place) -> Source:
    """The transcript that a brief was written from.

    Raises HandoffError when there is no such brief, when it is not this machine's, and when its
    transcript is gone.
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
    session_id = str(stored.brief.session.get("id") or entry.session)
    if not session_id:
        raise HandoffError(
            f"{stored.relative} was written outside a session, so it has no transcript."
        )
    return _source(session_id, f"the session of the brief {stored.brief.id}", runtime)


def session_source(session_id: str, runtime: Runtime) -> Source:
    """The transcript of a session of this user's client."""
    return _source(session_id, f"session {session_id}", runtime)


def file_source(path: str) -> Source:
    """A transcript by its path."""
    if not os.path.isfile(path):
        raise HandoffError(f"{path} is not a file.", "Name a session's transcript (.jsonl).")
    return Source(path, Path(path).name)


def _source(session_id: str, name: str, runtime: Runtime) -> Source:
    known = state.load(runtime.home, session_id).transcript
    path = locations.transcript_of(session_id, known, runtime.env)
    if not path:
        where = f" at {known}" if known else ""
        raise HandoffError(
            f"The transcript of {name} is gone (session {session_id}{where}).",
            "Claude Code deletes old transcripts (`cleanupPeriodDays` in its settings). The brief "
            "itself is still there.",
        )
    return Source(path, name)
