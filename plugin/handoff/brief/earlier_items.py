"""What a brief may say of earlier sessions: everything that is not said or done since, ranked.

Rules come first, each session's in turn, so that no session's words push out another one's. What
the new brief says itself, or a newer session, is not said twice.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import quoting, truncate
from handoff.brief.carried import CONSTRAINT, DECISION, REQUEST, TASK
from handoff.brief.sections import DECISIONS
from handoff.brief.statements import (
    Said,
    begins_with,
    is_declaration,
    split_statements,
    superseded_by,
    words_of,
)
from handoff.facts import constraint_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from handoff.brief.carried import Asked, EarlierSession

_WHOLE = 240  # characters of a request that are shown at once; of longer ones the rules, or this
_GIST = 160
_RULES = 360
_STATEMENT = 300
_LONGEST = 1200
_RULE, _GOAL, _OTHER, _DONE = 0, 2, 4, 5  # tiers of requests; tasks and decisions come between
_TIERS = {TASK: 1, DECISION: 3}


@dataclass(frozen=True)
class Carried:
    """What there is to carry into a brief: the earlier sessions, newest first; the session that
    writes it, in the same form; the paths that are uncommitted in its worktree.
    """

    earlier: tuple[EarlierSession, ...]
    own: EarlierSession
    dirty: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class Item:
    """One line: what it says in short, and whole if there is room. `place` is its session's."""

    place: int
    kind: str
    tier: int
    text: str
    whole: str


@dataclass(frozen=True)
class Offered:
    """All that a section may have, most needed first; `gone` counts what was dropped before."""

    earlier: tuple[EarlierSession, ...]
    items: tuple[Item, ...]
    files: tuple[str, ...]
    gone: Mapping[str, int]


def offer(carried: Carried, words: Mapping[str, str]) -> Offered:
    """What there is to show in a brief with these sections of its own."""
    gone = Counter[str]()
    for one in carried.earlier:
        gone.update(one.gone)
    return Offered(
        carried.earlier, tuple(_items(carried, words)), tuple(_uncommitted(carried)), gone
    )


def _items(carried: Carried, words: Mapping[str, str]) -> Iterator[Item]:
    """All that is to be carried, without what is said or done since; most needed first."""
    statements = [part for text in words.values() for part in split_statements(text)]
    said = Said([*statements, *(line for part in statements for line in part.split("\n"))])
    asked = {_asked_words(one) for one in carried.own.requests}
    open_tasks = {words_of(text) for text in carried.own.tasks}
    finished = {words_of(text) for text in carried.own.finished}
    gone = _superseded(carried.earlier, words)
    known = Said()
    items: list[Item] = []
    for place, one in enumerate(carried.earlier):
        finished |= {words_of(text) for text in one.finished}
        requests = [
            request
            for request in one.requests
            if _is_new(_asked_words(request), asked) and not said.quotes(request.text)
        ]
        items += _requests(place, requests)
        for text in one.tasks:
            if (
                _is_new(words_of(text), open_tasks)
                and words_of(text) not in finished
                and not said.says(text)
            ):
                items.append(_statement(place, TASK, _TIERS[TASK], text))
        for kind, texts in ((CONSTRAINT, one.constraints), (DECISION, one.decisions)):
            for text in texts:
                if is_declaration(text) or text in gone[place]:
                    continue
                if not said.says(text) and not known.says(text):
                    items.append(_statement(place, kind, _TIERS.get(kind, _RULE), text))
                    known.add(text)
    yield from _in_turn(items, len(carried.earlier))


def _asked_words(asked: Asked) -> tuple[str, ...]:
    """What tells a request from others: the same answer to another question is another one."""
    return words_of(f"{asked.text}\n{asked.question}")


def _is_new(words: tuple[str, ...], seen: set[tuple[str, ...]]) -> bool:
    """Whether these words were not seen before; they are then."""
    is_new = words not in seen
    seen.add(words)
    return is_new


def _superseded(earlier: Sequence[EarlierSession], words: Mapping[str, str]) -> list[set[str]]:
    """For each session the statements that a newer brief declares to be superseded: where just one
    begins with the words given.
    """
    gone: list[set[str]] = [set() for _ in earlier]
    declared = superseded_by(split_statements(words.get(DECISIONS, "")))
    for place, one in enumerate(earlier):
        for first in declared:
            older = {
                (at, text)
                for at in range(place, len(earlier))
                for text in (*earlier[at].constraints, *earlier[at].decisions)
                if begins_with(text, first) and not is_declaration(text)
            }
            if len({words_of(text) for _, text in older}) == 1:
                for at, text in older:
                    gone[at].add(text)
        declared = superseded_by(one.decisions)
    return gone


def _requests(place: int, requests: Sequence[Asked]) -> Iterator[Item]:
    """A session's requests: its rules, strictest first; its first one; the others, newest first."""
    rules = [one for one in requests if constraint_words.is_rule(one.text)]
    rules.sort(key=lambda one: (-constraint_words.weigh(one.text), min(len(one.text), _WHOLE)))
    for one in rules:
        yield _request(place, one, _RULE)
    others = [one for one in requests if one not in rules]
    for one in others:
        tier = _DONE if one.done else _GOAL if one is requests[-1] else _OTHER
        yield _request(place, one, tier)


def _request(place: int, asked: Asked, tier: int) -> Item:
    what = "refusing the call" if asked.refused else "in answer to"
    question = f" ({what}: “{_head(asked.question, 100)}”)" if asked.question else ""
    whole = quoting.line(asked.text)
    short = whole if len(whole) <= _WHOLE else _gist(asked.text)
    return Item(place, REQUEST, tier, short + question, _head(whole, _LONGEST) + question)


def _gist(text: str) -> str:
    """The rules in a long request, whole sentences as far as they go; else how it begins."""
    parts: list[str] = []
    length = 0
    for sentence in constraint_words.find_rules(text):
        part = _head(sentence, _RULES)
        if length + len(part) > _RULES and parts:
            break
        parts.append(part)
        length += len(part) + 3
    return f"… {' … '.join(parts)} …" if parts else _head(text, _GIST)


def _head(text: str, most: int) -> str:
    line = quoting.line(text)
    if len(line) <= most:
        return line
    return truncate.keep_head(line, most - 1).rstrip() + "…"


def _statement(place: int, kind: str, tier: int, text: str) -> Item:
    short = _head(text, _STATEMENT)
    return Item(place, kind, tier, short, _head(text, _LONGEST))


def _in_turn(items: Iterable[Item], sessions: int) -> list[Item]:
    """Tier by tier, in each the first of every session, then the second. Of rules the oldest
    session's come first: nobody else says them any more.
    """
    turns: Counter[tuple[int, int, str]] = Counter()
    ordered = []
    for item in items:
        key = (item.place, item.tier, item.kind)
        order = sessions - item.place if item.tier == _RULE else item.place
        ordered.append(((item.tier, turns[key], order), item))
        turns[key] += 1
    return [item for _, item in sorted(ordered, key=lambda pair: pair[0])]


def _uncommitted(carried: Carried) -> list[str]:
    """The paths that an earlier session changed and that are uncommitted now, in this worktree."""
    folders = tuple(path for path in carried.dirty if path.endswith("/"))
    dirty = set(carried.dirty)
    paths = (
        path
        for one in carried.earlier
        if one.root in ("", carried.own.root)
        for path in one.files
        if path in dirty or path.startswith(folders)
    )
    return list(dict.fromkeys(paths))
