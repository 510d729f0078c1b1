"""Look back: the places in one or more sessions that answer a question, within a budget of tokens.

Ranked full-text search by SQLite's FTS5 (bm25) over the sessions' passages. The index is in memory
and holds no text: what is shown comes from a second pass over the events and is redacted whole
before it is cut, so no secret reaches the disk, and none is shown in halves.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from handoff.base import plain_text, quoting
from handoff.facts import pasted_text
from handoff.recall import full_text
from handoff.recall.passages import PASSAGE, Entry, read_entries, split_text
from handoff.redact.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from handoff.client.transcript.events import Event

MAX_HITS = 60
_A_TURN = 3  # passages shown of one turn, so that a long output does not crowd out the rest
_SAME = 0.4  # with no more than this share of new lines a place says what another one said
_AROUND = 2  # turns shown before and after the one that was asked for
# A person's words decide, the model's explain; what was printed is long and says it in passing.
_WEIGHT = {"user": 1.5, "model": 1.25, "summary": 0.9, "call": 0.9, "output": 0.85}
_LABEL = 120  # characters of what a hit is said to be
_NEWER = 0.15  # how much more the end of what is searched counts than its beginning


class Session(NamedTuple):
    """One session to search: what gives its events, as often as it is called, and the word that
    stands before its turns where there are others.
    """

    read: Callable[[], Iterable[Event]]
    label: str = ""


@dataclass(frozen=True)
class Query:
    """What to look for. With `around` a turn's surroundings are shown and the rest says nothing.

    `file` is a path or its end, `command` a part of a shell command; without a `question` what
    they pick out comes newest first.
    """

    question: str = ""
    file: str = ""
    command: str = ""
    around: int = 0


@dataclass(frozen=True)
class Hit:
    """One place: its turn, when (as the transcript has it), what it is, and its text, redacted
    and inert (see `quoting`). `label` is that of its session.
    """

    turn: int
    at: str
    about: str
    text: str
    label: str = ""


@dataclass(frozen=True)
class SearchResult:
    """The best places, most telling first. `turns` is how many each session has; `matches` how many
    places there were in all, before anything was left out.
    """

    hits: tuple[Hit, ...]
    turns: tuple[int, ...]
    matches: int


class _Spot(NamedTuple):
    """Where a passage is: session and entry by number, piece of the entry."""

    session: int
    entry: int
    piece: int


def search(
    read: Callable[[], Iterable[Event]],
    wanted: Query,
    *,
    most: int = MAX_HITS,
    clean: Callable[[str], str] = redact,
) -> SearchResult:
    """Look through the events that `read` gives: `search_sessions` for one session."""
    return search_sessions([Session(read)], wanted, most=most, clean=clean)


def search_sessions(
    sessions: Sequence[Session],
    wanted: Query,
    *,
    most: int = MAX_HITS,
    clean: Callable[[str], str] = redact,
) -> SearchResult:
    """Look through the sessions, given oldest first; at most `most` hits, cleaned of secrets.

    With `around` the last one alone is looked at. Raises HandoffError without FTS5.
    """
    clean = cache(clean)
    if wanted.around:
        return _around(sessions[-1], wanted.around, clean)
    by_place, turns = _index(sessions, wanted)
    chosen = [place for place, _ in by_place[: most * 3]]
    entries = _read_chosen(sessions, chosen)
    hits: list[Hit] = []
    a_turn: dict[tuple[str, int], int] = {}
    lines_shown: set[str] = set()
    for place in chosen:
        if len(hits) >= most:
            break
        hit = _hit(entries[place[:2]], place.piece, wanted, clean)
        lines = {line.strip() for line in hit.text.splitlines() if len(line.strip()) > 3}
        is_new = not lines or len(lines - lines_shown) > len(lines) * _SAME
        turn = (sessions[place.session].label, hit.turn)
        if hit.text and is_new and a_turn.get(turn, 0) < _A_TURN:
            lines_shown |= lines
            a_turn[turn] = a_turn.get(turn, 0) + 1
            hits.append(replace(hit, label=turn[0]))
    return SearchResult(tuple(hits), turns, len(by_place))


def fit_hits(
    results: SearchResult, max_tokens: int, count: Callable[[str], int]
) -> tuple[Hit, ...]:
    """As many of the hits as fit, in their order; the first is cut if it alone is too long."""
    kept: list[Hit] = []
    room = max_tokens
    for hit in results.hits:
        size = count(render_hit(hit))
        if size <= room:
            kept.append(hit)
            room -= size
        elif not kept:
            length = max(80, int(len(hit.text) * max(room - 30, 1) / size))
            kept.append(replace(hit, text=hit.text[:length].rstrip() + " […]"))
            break
    return tuple(kept)


def render_hit(hit: Hit) -> str:
    """A hit as text: one line that says where it is from, then what stands there, quoted.

    Its turn stands there as `--around` takes it.
    """
    turn = f"{hit.label}:{hit.turn}" if hit.label else str(hit.turn)
    when = f", {hit.at[:16].replace('T', ' ')}" if hit.at else ""
    return f"[turn {turn}{when}: {hit.about}]\n{quoting.quotation(hit.text)}\n"


def _index(
    sessions: Sequence[Session], wanted: Query
) -> tuple[list[tuple[_Spot, float]], tuple[int, ...]]:
    """(place, worth) of everything that matches, best first; and each session's turns."""
    index = full_text.Index()
    places: list[_Spot] = []
    weights: list[float] = []
    turns = [0] * len(sessions)
    seen: set[int] = set()
    for at, session in enumerate(sessions):
        for entry in read_entries(session.read()):
            turns[at] = max(turns[at], entry.turn)
            if len(sessions) > 1 and _is_copy(entry, seen):
                continue
            is_wanted = _concerns(entry, wanted)
            for piece, text in enumerate(split_text(entry.text)):
                # All are counted, or a word that is in every passage of a file would look rare.
                index.add(text, entry.about[:_LABEL] if piece == 0 else "")
                places.append(_Spot(at, entry.number, piece))
                weights.append(_WEIGHT[entry.voice] if is_wanted else 0.0)
    if not wanted.question.strip():
        newest = [(place, 1.0) for place, w in zip(places, weights, strict=True) if w]
        return newest[::-1], tuple(turns)
    ranked = []
    for row, score in index.best(wanted.question):
        worth = score * weights[row] * (1 + _NEWER * row / len(places))
        if worth > 0:
            ranked.append((places[row], worth))
    ranked.sort(key=lambda item: -item[1])
    return ranked, tuple(turns)


def _is_copy(entry: Entry, seen: set[int]) -> bool:
    """Whether an entry was met before: a forked session begins with lines of the first one."""
    key = hash((entry.at, entry.voice, entry.about, entry.text))
    is_known = bool(entry.at) and key in seen
    seen.add(key)
    return is_known


def _read_chosen(
    sessions: Sequence[Session], chosen: Sequence[_Spot]
) -> dict[tuple[int, int], Entry]:
    """The entries of these places, by session and number; the other sessions are not read."""
    return {
        (at, entry.number): entry
        for at in {place.session for place in chosen}
        for numbers in [{place.entry for place in chosen if place.session == at}]
        for entry in read_entries(sessions[at].read())
        if entry.number in numbers
    }


def _concerns(entry: Entry, wanted: Query) -> bool:
    """Whether an entry is about the file and of the command that were asked for."""
    if wanted.command and " ".join(wanted.command.split()) not in " ".join(entry.command.split()):
        return False
    if not wanted.file:
        return True
    name = wanted.file.replace("\\", "/").removeprefix("./")
    if any(f"/{path}".replace("\\", "/").endswith(f"/{name}") for path in entry.paths):
        return True
    named = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-])")
    return entry.voice != "output" and named.search(entry.text) is not None


def _hit(entry: Entry, piece: int, wanted: Query, clean: Callable[[str], str]) -> Hit:
    """The passage of an entry, redacted as part of the whole."""
    safe = pasted_text.bar_pasted(clean(entry.text))
    pieces = split_text(safe)
    if safe != entry.text:  # the cuts lie elsewhere now: take the piece that says most
        words = [word.lower() for word in re.findall(r"\w{3,}", wanted.question)]
        told = [sum(word in part.lower() for word in words) for part in pieces]
        piece = max(range(len(pieces)), key=lambda at: (told[at], -abs(at - piece)), default=0)
    text = pieces[piece] if piece < len(pieces) else ""
    text = f"{'[…] ' if piece else ''}{text.strip()}{' […]' if piece + 1 < len(pieces) else ''}"
    return _shown(entry, text, clean)


def _around(session: Session, turn: int, clean: Callable[[str], str]) -> SearchResult:
    """What stands around a turn: it first, then what is before and behind it, in their order."""
    turns = 0
    near: list[Hit] = []
    for entry in read_entries(session.read()):
        turns = max(turns, entry.turn)
        if abs(entry.turn - turn) <= _AROUND:
            near.append(replace(_whole(entry, clean), label=session.label))
    near.sort(key=lambda hit: (hit.turn != turn, hit.turn))
    return SearchResult(tuple(near), (turns,), len(near))


def _whole(entry: Entry, clean: Callable[[str], str]) -> Hit:
    """An entry as one hit, a long one without its middle."""
    text = pasted_text.bar_pasted(clean(entry.text)).strip()
    if len(text) > 3 * PASSAGE:
        end = len(text) - PASSAGE  # or the next line: what is pasted is told by a line's beginning
        end = text.find("\n", end, end + pasted_text.MAX_LINE_CHARS) + 1 or end
        left = end - 2 * PASSAGE
        head, tail = text[: 2 * PASSAGE].rstrip(), text[end:].lstrip()
        text = f"{head}\n[… {left} characters …]\n{tail}"
    return _shown(entry, text, clean)


def _shown(entry: Entry, text: str, clean: Callable[[str], str]) -> Hit:
    """A hit that can be printed. What could not be seen may have parted a secret: it is redacted
    again without that.
    """
    about = plain_text.one_line(clean(quoting.line(clean(entry.about))), _LABEL)
    about += "`" if about.count("`") % 2 else ""
    return Hit(
        entry.turn,
        plain_text.one_line(quoting.line(entry.at), 40),
        f"{about}{entry.state}",
        clean(quoting.inert(text)),
    )
