"""What earlier sessions of a chain leave to the next one, as values.

A session picks up the brief of another one, and its own brief goes on from there: the sessions of
the briefs above are its chain. All texts here were looked through for secrets before.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from handoff.base import truncate
from handoff.brief.sections import CONSTRAINTS, DECISIONS
from handoff.brief.statements import split_statements
from handoff.facts import constraint_words
from handoff.facts.goal import is_goal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from handoff.facts.model import Facts, Request

# Of one session, at most; what is longer loses its middle.
_REQUESTS, _STATEMENTS, _TASKS, _FILES = 80, 40, 40, 200
_REQUEST_CHARS, _STATEMENT_CHARS, _TASK_CHARS = 1200, 600, 300
REQUEST, CONSTRAINT, DECISION, TASK = "request", "constraint", "decision", "open task"


@dataclass(frozen=True)
class Asked:
    """A request of the user, in their words. `question` is what a short reply answers, a model's
    words, or the call that was `refused`; `done` says that there is evidence that it was carried
    out.
    """

    text: str
    question: str = ""
    done: bool = False
    refused: bool = False


@dataclass(frozen=True)
class EarlierSession:
    """What one session leaves: `brief` is the ID of the brief it wrote (or its last four digits),
    `day` the brief's as YYYY-MM-DD. `requests` come newest first, `files` are those it changed,
    below `root` ("" if that is unknown). `gone` counts what was dropped for length, by kind.
    """

    brief: str
    day: str
    session: str
    root: str = ""
    requests: tuple[Asked, ...] = ()
    constraints: tuple[str, ...] = ()
    decisions: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    finished: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    gone: Mapping[str, int] = field(default_factory=dict)

    @property
    def mark(self) -> str:
        """The end of the brief's ID, which every command accepts."""
        return self.brief[-4:]


def summarize(
    brief_id: str, created: str, session: str, root: str, facts: Facts, words: Mapping[str, str]
) -> EarlierSession:
    """What a session leaves: from its facts, and from the words of the brief it writes."""
    requests = _requests(facts)
    return EarlierSession(
        brief=brief_id,
        day=created[:10],
        session=session,
        root=root,
        requests=tuple(requests[:_REQUESTS]),
        constraints=statements_of(words, CONSTRAINTS),
        decisions=statements_of(words, DECISIONS),
        tasks=tuple(_cut(task.text, _TASK_CHARS) for task in facts.tasks[:_TASKS]),
        finished=tuple(_cut(text, _TASK_CHARS) for text in facts.done[-_TASKS:]),
        files=tuple(
            use.path
            for use in facts.files
            if (use.edits or use.created or use.deleted) and not use.path.startswith("/")
        )[:_FILES],
        gone={REQUEST: len(requests) - _REQUESTS} if len(requests) > _REQUESTS else {},
    )


def statements_of(words: Mapping[str, str], section: str) -> tuple[str, ...]:
    """The statements of a section of a brief, as many as are carried on."""
    found = split_statements(words.get(section, ""))[:_STATEMENTS]
    return tuple(_cut(text, _STATEMENT_CHARS) for text in found)


def bound(sessions: Iterable[EarlierSession], most: int) -> tuple[EarlierSession, ...]:
    """The sessions with at most `most` bytes of text; what is needed least goes, counted."""
    kept = list(sessions)
    droppable = sorted(
        (rank, -_bytes(text), place, kind, text)
        for place, one in enumerate(kept)
        for rank, kind, text in _ranked(one)
    )
    excess = sum(map(_size, kept)) - most
    for _, size, place, kind, text in droppable:
        if excess <= 0:
            break
        kept[place] = _without(kept[place], kind, text)
        excess += size
    return tuple(kept)


def _is_told(request: Request) -> bool:
    """Whether a request says something by itself, or with the question that it answers, and is
    known to be a person's.
    """
    if request.source in ("shell", "unconfirmed"):
        return False
    return is_goal(request) or bool(request.question)


def _requests(facts: Facts) -> list[Asked]:
    """The requests, and the answers to questions that the client put to the user; newest first."""
    timed = [
        (
            one.at,
            Asked(
                _cut(one.text, _REQUEST_CHARS),
                _cut(one.question, _TASK_CHARS),
                one.done,
                refused=one.source == "refusal",
            ),
        )
        for one in facts.requests
        if _is_told(one)
    ]
    timed += [
        (one.at, Asked(_cut(one.answer, _REQUEST_CHARS), _cut(one.question, _TASK_CHARS)))
        for one in facts.replies
        if one.question and one.answer
    ]
    if all(at for at, _ in timed):
        timed.sort(key=lambda pair: pair[0], reverse=True)
    return [asked for _, asked in timed]


def _cut(text: str, most: int) -> str:
    """A long text without its middle."""
    if len(text) <= most:
        return text
    head, tail = truncate.keep_head(text, most * 3 // 4), truncate.keep_tail(text, most // 4)
    return f"{head.rstrip()}…{tail.lstrip()}"


def _size(one: EarlierSession) -> int:
    return sum(_bytes(text) for _, _, text in _ranked(one))


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _ranked(one: EarlierSession) -> Iterator[tuple[int, str, str]]:
    """All texts of a session with their kinds; what may go first has the lowest rank."""
    yield from ((0, "finished", text) for text in one.finished)
    for asked in one.requests:
        rank = 1 if asked.done else 2 + constraint_words.weigh(asked.text)
        yield rank, REQUEST, asked.text + asked.question
    yield from ((3, DECISION, text) for text in one.decisions)
    yield from ((4, TASK, text) for text in one.tasks)
    yield from ((4, "file", text) for text in one.files)
    yield from ((5, CONSTRAINT, text) for text in one.constraints)


def _without(one: EarlierSession, kind: str, text: str) -> EarlierSession:
    """The session without one text, which is counted."""
    gone = dict(Counter(one.gone) + Counter({kind: 1}))
    if kind == REQUEST:
        left = tuple(asked for asked in one.requests if asked.text + asked.question != text)
        return replace(one, requests=left, gone=gone)
    if kind == CONSTRAINT:
        left_texts = tuple(item for item in one.constraints if item != text)
        return replace(one, constraints=left_texts, gone=gone)
    if kind == DECISION:
        left_texts = tuple(item for item in one.decisions if item != text)
        return replace(one, decisions=left_texts, gone=gone)
    if kind == TASK:
        return replace(one, tasks=tuple(item for item in one.tasks if item != text), gone=gone)
    if kind == "file":
        return replace(one, files=tuple(item for item in one.files if item != text))
    return replace(one, finished=tuple(item for item in one.finished if item != text))
