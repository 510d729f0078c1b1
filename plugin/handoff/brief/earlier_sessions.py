"""The section `Earlier sessions`: what the sessions before this one asked, ruled out, left open.

Rules come in first, each session's in turn, so that no session's words push out another one's; what
does not fit is counted. What the new brief says itself, or a newer session, is not said twice.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import quoting, truncate
from handoff.base.wording import count_of
from handoff.brief import constraint_words
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

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from handoff.brief.carried import Asked, EarlierSession

LABELS = {REQUEST: "asked", CONSTRAINT: "constraint", DECISION: "decision", TASK: "open task"}
UNCOMMITTED = "Changed in earlier sessions, still uncommitted"
LEFT_OUT = "Left out for length"
NO_DAY, NO_SESSION = "unknown day", "unknown"

_WHOLE = 240  # characters of a request that are shown at once; of longer ones the rules, or this
_GIST = 160
_RULES = 360
_STATEMENT = 300
_LONGEST = 1200
_FILES_SHARE = 6  # of the room, for the files, at most a part of so much
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
class _Item:
    """One line: what it says in short, and whole if there is room. `place` is its session's."""

    place: int
    kind: str
    tier: int
    text: str
    whole: str


def render(
    carried: Carried, words: Mapping[str, str], max_chars: int, *, note: str, recall: str
) -> str:
    """The section's body, at most `max_chars` characters; "" where there is nothing, or no room.

    `words` are the new brief's own sections, `note` says what the section is, `recall` how to get
    what is left out.
    """
    items = list(_items(carried, words))
    gone = Counter[str]()
    for one in carried.earlier:
        gone.update(one.gone)
    files = _uncommitted(carried)
    if not items and not files and not gone:
        return ""
    room = max_chars - len(note) - 2
    file_line = _file_line(files, room // _FILES_SHARE)
    room -= len(file_line) + 1
    lines, left = _take(items, carried, room)
    if left or gone:
        most = _left_out_line(gone + Counter(item.kind for item in items), recall)
        lines, left = _take(items, carried, room - len(most) - 1)
        gone += Counter(item.kind for item in left)
    parts = [
        part for place in sorted(lines) for part in _block(carried.earlier[place], lines[place])
    ]
    parts += [file_line] if file_line else []
    parts += [_left_out_line(gone, recall)] if gone else []
    body = "\n".join([note, "", *parts])
    return body if len(body) <= max_chars else ""


def header(one: EarlierSession) -> str:
    """The line above what one session left."""
    session = quoting.line(one.session)[:8] or NO_SESSION
    return f"**{one.mark}, {one.day or NO_DAY}, session {session}**"


def _items(carried: Carried, words: Mapping[str, str]) -> Iterator[_Item]:
    """All that is to be carried, without what is said or done since; most needed first."""
    statements = [part for text in words.values() for part in split_statements(text)]
    said = Said([*statements, *(line for part in statements for line in part.split("\n"))])
    asked = {words_of(one.text) for one in carried.own.requests}
    open_tasks = {words_of(text) for text in carried.own.tasks}
    finished = {words_of(text) for text in carried.own.finished}
    gone = _superseded(carried.earlier, words)
    known = Said()
    items: list[_Item] = []
    for place, one in enumerate(carried.earlier):
        finished |= {words_of(text) for text in one.finished}
        requests = [a for a in one.requests if _is_new(a.text, asked) and not said.quotes(a.text)]
        items += _requests(place, requests)
        for text in one.tasks:
            if _is_new(text, open_tasks) and words_of(text) not in finished and not said.says(text):
                items.append(_statement(place, TASK, _TIERS[TASK], text))
        for kind, texts in ((CONSTRAINT, one.constraints), (DECISION, one.decisions)):
            for text in texts:
                if is_declaration(text) or text in gone[place]:
                    continue
                if not said.says(text) and not known.says(text):
                    items.append(_statement(place, kind, _TIERS.get(kind, _RULE), text))
                    known.add(text)
    yield from _in_turn(items, len(carried.earlier))


def _is_new(text: str, seen: set[tuple[str, ...]]) -> bool:
    """Whether these words were not seen before; they are then."""
    words = words_of(text)
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


def _requests(place: int, requests: Sequence[Asked]) -> Iterator[_Item]:
    """A session's requests: its rules, strictest first; its first one; the others, newest first."""
    weights = {one.text: constraint_words.weigh(one.text) for one in requests}
    # A long text, a log perhaps, is likely to have the weaker words without meaning a rule.
    rules = [
        one
        for one in requests
        if weights[one.text] > (constraint_words.WEAK if len(one.text) > _WHOLE else 0)
        and not one.done
    ]
    rules.sort(key=lambda one: (-weights[one.text], min(len(one.text), _WHOLE)))
    for one in rules:
        yield _request(place, one, _RULE)
    others = [one for one in requests if one not in rules]
    for one in others:
        tier = _DONE if one.done else _GOAL if one is requests[-1] else _OTHER
        yield _request(place, one, tier)


def _request(place: int, asked: Asked, tier: int) -> _Item:
    question = f" (answers: “{_head(asked.question, 100)}”)" if asked.question else ""
    whole = quoting.line(asked.text)
    short = whole if len(whole) <= _WHOLE else _gist(asked.text)
    return _Item(place, REQUEST, tier, short + question, _head(whole, _LONGEST) + question)


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


def _statement(place: int, kind: str, tier: int, text: str) -> _Item:
    short = _head(text, _STATEMENT)
    return _Item(place, kind, tier, short, _head(text, _LONGEST))


def _in_turn(items: Iterable[_Item], sessions: int) -> list[_Item]:
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


def _take(
    items: Sequence[_Item], carried: Carried, room: int
) -> tuple[dict[int, list[str]], list[_Item]]:
    """The lines that there is room for, by session, and the items that are left out. What is short
    is made whole where room is left in the end.
    """
    taken: dict[int, list[_Item]] = {}
    left: list[_Item] = []
    shown = Said()
    for item in items:
        if item.kind != REQUEST and shown.says(item.text):
            continue
        opens = item.place not in taken
        cost = len(_line(item.kind, item.text)) + 1
        cost += len(header(carried.earlier[item.place])) + 1 if opens else 0
        if cost <= room:
            room -= cost
            taken.setdefault(item.place, []).append(item)
            shown.add(item.text)
        else:
            left.append(item)
    whole: set[int] = set()
    for item in items:
        more = len(item.whole) - len(item.text)
        if 0 < more <= room and item in taken.get(item.place, ()):
            whole.add(id(item))
            room -= more
    lines = {
        place: [_line(one.kind, one.whole if id(one) in whole else one.text) for one in chosen]
        for place, chosen in taken.items()
    }
    return lines, left


def _line(kind: str, text: str) -> str:
    return f"- {LABELS[kind]}: {text}"


def _block(one: EarlierSession, lines: Iterable[str]) -> list[str]:
    return [header(one), *lines]


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


def _file_line(paths: Sequence[str], room: int) -> str:
    """The paths on a line, as many as fit, with the number of the others; "" for none."""
    if not paths:
        return ""
    shown: list[str] = []
    for path in map(quoting.line, paths):
        if sum(map(len, shown)) + 2 * len(shown) + len(path) > room - len(UNCOMMITTED):
            break
        shown.append(path)
    left = len(paths) - len(shown)
    rest = [f"and {count_of(left, 'more file')}" if shown else count_of(left, "file")]
    rest = rest if left else []
    return f"**{UNCOMMITTED}**: {', '.join([*shown, *rest])}"


def _left_out_line(gone: Mapping[str, int], recall: str) -> str:
    counts = [count_of(gone[kind], kind) for kind in LABELS if gone.get(kind)]
    return f"**{LEFT_OUT}**: {', '.join(counts)} ({recall})"
