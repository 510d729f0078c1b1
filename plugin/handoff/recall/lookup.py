"""`handoff recall`: what a brief left out, looked up in the transcripts of its chain."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from handoff.base.errors import HandoffError
from handoff.base.wording import count_of
from handoff.client.transcript import reader
from handoff.facts import own_prompts
from handoff.meter import token_counter
from handoff.recall import search
from handoff.redact import redact
from handoff.store import trusted_prompts
from handoff.store.match_id import match_id

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.client.transcript.events import Event
    from handoff.prompts.texts import Prompts
    from handoff.recall.chain import Source, Sources, Unread
    from handoff.recall.search import Hit, Query, SearchResult
    from handoff.runtime import Runtime

_MIN_HIT_TOKENS = 60  # tokens of a place as it is shown


class Turn(NamedTuple):
    """A turn as `--around` takes it: `12`, or `9f3a:12` in the session of the brief 9f3a."""

    number: int
    brief: str = ""

    def __str__(self) -> str:
        return f"{self.brief}:{self.number}" if self.brief else str(self.number)


@dataclass(frozen=True)
class Recalled:
    """What was found, as much of it as was asked for.

    `searched` are the sessions that were looked into, newest first, as are `result.turns`.
    """

    searched: tuple[Source, ...]
    unread: tuple[Unread, ...]
    result: SearchResult
    hits: tuple[Hit, ...]

    def text(self, prompts: Prompts) -> str:
        """What a reader is given: said to be what was, then the places."""
        about = {"source": self._source(), "turns": count_of(sum(self.result.turns), "turn")}
        unread = ", ".join(f"{one.label} ({one.problem})" for one in self.unread)
        rest = [prompts.render("recall_unread", sessions=unread) + "\n"] if unread else []
        if not self.hits:
            return prompts.render("recall_nothing", **about) + "\n" + "".join(rest)
        places = [search.render_hit(hit) for hit in self.hits]
        left = self.result.matches - len(self.hits)
        if left > 0:
            more = count_of(left, "more place")
            rest.insert(0, prompts.render("recall_more", places=more) + "\n")
        return prompts.render("recall_found", **about, places="\n".join([*places, *rest]))

    def as_json(self) -> dict[str, Any]:
        """The stable JSON of `handoff recall --json`. A source with a `problem` is not searched."""
        read = [
            {
                "label": source.label,
                "session": source.session,
                "briefs": list(source.briefs),
                "transcript": source.path,
                "turns": turns,
                "problem": "",
            }
            for source, turns in zip(self.searched, self.result.turns, strict=True)
        ]
        unread = [
            {
                "label": one.label,
                "session": one.session,
                "briefs": [one.brief],
                "transcript": "",
                "turns": None,
                "problem": one.problem,
            }
            for one in self.unread
        ]
        return {
            "sources": [*read, *unread],
            "matches": self.result.matches,
            "hits": [
                {
                    "source": hit.label,
                    "turn": hit.turn,
                    "at": hit.at,
                    "about": hit.about,
                    "text": hit.text,
                }
                for hit in self.hits
            ],
        }

    def _source(self) -> str:
        first, *others = self.searched
        if not others:
            return first.name
        labels = ", ".join(source.label for source in others)
        earlier = "that of the earlier brief" if len(others) == 1 else "those of the earlier briefs"
        return f"{first.name} and {earlier} {labels}"


def search_sources(
    sources: Sources, wanted: Query, max_tokens: int, runtime: Runtime, around: Turn | None = None
) -> Recalled:
    """Search the transcripts of `sources`, or show what was said around a turn of one of them.

    Raises HandoffError when there is nothing to look for, and for a turn that is not there.
    """
    if not (wanted.question.strip() or wanted.file or wanted.command or around):
        raise HandoffError(
            "There is nothing to search for.",
            'Ask a question: handoff recall <id> "why is the lock needed", '
            "or use --file, --command, --around.",
        )
    searched, unread = sources.found, sources.unread
    if around:
        searched, unread = (_pick_source(sources, around),), ()
        wanted = replace(wanted, around=around.number)
    # No more than could be shown: every one costs a look for secrets.
    most = min(search.MAX_HITS, 3 + max_tokens // _MIN_HIT_TOKENS)
    clean = redact.cleaner(runtime.config(os.getcwd()))
    prompts = trusted_prompts.load(runtime, os.getcwd())
    oldest_first = [
        search.Session(partial(_read, source.path, prompts), source.label)
        for source in reversed(searched)
    ]
    found = search.search_sessions(oldest_first, wanted, most=most, clean=clean)
    found = replace(found, turns=found.turns[::-1])
    if around and around.number > found.turns[0]:
        raise HandoffError(
            f"No turn {around}: {searched[0].name} has {count_of(found.turns[0], 'turn')}.",
            "Use a turn from an earlier answer of `handoff recall`.",
        )
    kept = search.fit_hits(
        found, max_tokens, lambda text: token_counter.count_tokens(text, runtime.env)
    )
    return Recalled(searched, unread, found, kept)


def _read(path: str, prompts: Prompts) -> Iterator[Event]:
    """What was said and done in a session, without what the plugin itself asked of it."""
    return own_prompts.without_own(reader.read(path), prompts)


def _pick_source(sources: Sources, turn: Turn) -> Source:
    """The session that a turn is of: that of the brief which was asked for, if it names none."""
    if not sources.asked:
        if turn.brief:
            raise HandoffError(
                f"{turn} is a turn in a brief's chain, and this is a search of one session.",
                f"Use --around {turn.number}.",
            )
        return sources.found[0]
    by_brief = {brief: source for source in sources.found for brief in source.briefs}
    problems = {one.brief: one.problem for one in sources.unread}
    brief = sources.asked
    if turn.brief:
        hint = "Use a turn from an earlier answer of `handoff recall`."
        ids = by_brief.keys() | problems.keys()
        brief = match_id(turn.brief, ids, where="in this chain", hint=hint)
    if brief in problems:
        there = sources.found[0].label or sources.found[0].briefs[0][-4:]
        raise HandoffError(
            f"No turn {turn}: the session of the brief {brief} cannot be searched "
            f"({problems[brief]}).",
            f"Use a turn of a session that can be: --around {there}:{turn.number}",
        )
    return by_brief[brief]
