"""What a brief's own text says of its session and of the ones before: where nothing else is left.

That is so for a brief of another machine, or one whose record was removed. Only for briefs that are
trusted: the lines are read as code wrote them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.brief.carried import (
    CONSTRAINT,
    DECISION,
    REQUEST,
    TASK,
    Asked,
    EarlierSession,
    statements_of,
)
from handoff.brief.earlier_sessions import LABELS, LEFT_OUT, NO_DAY, NO_SESSION, UNCOMMITTED
from handoff.brief.sections import CONSTRAINTS, DECISIONS, EARLIER, FACTS
from handoff.facts.sheet_entries import NO_ANSWER, UNCONFIRMED
from handoff.facts.sheet_room import full_label

if TYPE_CHECKING:
    from handoff.brief.document import Brief

_HEADER = re.compile(rf"\*\*([0-9a-f]{{4}}), (\d{{4}}-\d\d-\d\d|{NO_DAY}), session (\S+)\*\*")
_ITEM = re.compile(rf"- ({'|'.join(LABELS.values())}): (.+)")
_LABEL = re.compile(r"\*\*([^*]+)\*\*(?: \((\d{1,6}) of (\d{1,6})\))?(?:: (.*))?")
_COUNT = re.compile(r"([\d,]+) (request|constraint|decision|open task)s?")
_MARK = re.compile(r" \((?:new|deleted)\)\Z")
# What stands behind a request and is not the user's words (`short_answers`, `sheet_entries`).
_QUESTION = re.compile(
    r" \((?:the model asked|the model offered|in answer to|(refusing the call)): “([^“”]*)”\)\Z"
)
_PASTED = " (pasted: “"
_MORE_FILES = re.compile(r"(?:and )?\d+ (?:more )?files?")
_KINDS = {label: kind for kind, label in LABELS.items()}
_REQUESTS = ("Requests, newest first", "Earlier requests, with commits since")


def read_own(brief: Brief) -> EarlierSession:
    """What the brief's session left: requests, tasks and files of its Facts, and its words."""
    requests: list[Asked] = []
    tasks: list[str] = []
    files: list[str] = []
    gone: dict[str, int] = {}
    label = ""
    for line in brief.sections.get(FACTS, "").split("\n"):
        if found := _LABEL.fullmatch(line):
            label, shown, of, inline = found.groups()
            label = full_label(label)
            if label == "Edited":
                files += _paths(inline or "")
            elif label in _REQUESTS and shown:
                gone[REQUEST] = gone.get(REQUEST, 0) + max(0, int(of) - int(shown))
        elif not line.startswith("- "):
            continue
        elif label in _REQUESTS and not line.startswith(f"- ({UNCONFIRMED}) "):
            requests.append(replace(_asked(line[2:]), done=label != _REQUESTS[0]))
        elif label == "Questions and answers":
            question, arrow, answer = line[2:].rpartition(" -> ")
            if arrow and answer != NO_ANSWER:
                requests.append(Asked(answer, question))
        elif label == "Open tasks":
            tasks.append(line[2:].removesuffix(" (in progress)"))
    return EarlierSession(
        brief=brief.id,
        day=brief.created[:10],
        session=str(brief.session.get("id") or ""),
        requests=tuple(requests),
        constraints=statements_of(brief.sections, CONSTRAINTS),
        decisions=statements_of(brief.sections, DECISIONS),
        tasks=tuple(tasks),
        files=tuple(files),
        gone={kind: number for kind, number in gone.items() if number},
    )


def read_earlier(brief: Brief) -> tuple[EarlierSession, ...]:
    """What the brief itself carries of the sessions before its own, newest first."""
    sessions: list[EarlierSession] = []
    files: tuple[str, ...] = ()
    gone: dict[str, int] = {}
    for line in brief.sections.get(EARLIER, "").split("\n"):
        if head := _HEADER.fullmatch(line):
            day = "" if head[2] == NO_DAY else head[2]
            session = "" if head[3] == NO_SESSION else head[3]
            sessions.append(EarlierSession(head[1], day, session))
        elif (item := _ITEM.fullmatch(line)) and sessions:
            sessions[-1] = _with(sessions[-1], _KINDS[item[1]], item[2])
        elif (label := _LABEL.fullmatch(line)) and label[1] == UNCOMMITTED:
            files = tuple(_paths(label[4] or ""))
        elif label and label[1] == LEFT_OUT:
            counts = (label[4] or "").partition(" (")[0]
            gone = {kind: _number(count) for count, kind in _COUNT.findall(counts)}
    if sessions and (files or gone):
        sessions[-1] = replace(sessions[-1], files=files, gone=gone)
    return tuple(sessions)


def _with(one: EarlierSession, kind: str, text: str) -> EarlierSession:
    if kind == REQUEST:
        return replace(one, requests=(*one.requests, _asked(text)))
    if kind == CONSTRAINT:
        return replace(one, constraints=(*one.constraints, text))
    if kind == DECISION:
        return replace(one, decisions=(*one.decisions, text))
    return replace(one, tasks=(*one.tasks, text)) if kind == TASK else one


def _asked(text: str) -> Asked:
    """A request, its words apart from what the model asked and without what was pasted."""
    words = text.partition(_PASTED)[0]
    question = _QUESTION.search(words)
    if not question:
        return Asked(words)
    return Asked(words[: question.start()], question[2], refused=bool(question[1]))


def _paths(text: str) -> list[str]:
    parts = (_MARK.sub("", part) for part in text.split(", ") if part)
    return [part for part in parts if not _MORE_FILES.fullmatch(part)]


def _number(text: str) -> int:
    return int(text.replace(",", "")[:9])
