"""A snapshot of a session that came from a brief: that brief's words, and what happened since.

The words stay as they are, section by section. What an earlier snapshot's code put around them is
taken off first, so that nothing nests however many sessions in a row fail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import TYPE_CHECKING

from handoff.base import truncate
from handoff.brief import done_marks, since
from handoff.brief.document import Words
from handoff.brief.sections import (
    CODE_SECTIONS,
    CONSTRAINTS,
    FINDINGS,
    NEXT_STEP,
    QUESTIONS,
    STATE,
    TASK,
    VERIFY,
)
from handoff.prompts.texts import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.brief.document import Brief
    from handoff.facts.model import Facts
    from handoff.prompts.texts import Prompts

_ORDER = (TASK, CONSTRAINTS, NEXT_STEP, STATE, FINDINGS)
_MARKED = (TASK, NEXT_STEP, STATE, VERIFY, QUESTIONS)
_NOTES = ("snapshot_note", "snapshot_merged")
_SHORT_CHARS = 500  # of what a model said last, where a longer quotation has no room


@dataclass(frozen=True)
class Carried:
    """A brief's words without what code put around them, and the blocks of `since` in it.

    `merged`: an earlier snapshot carried them already.
    """

    title: str
    sections: Mapping[str, str]
    blocks: tuple[since.Block, ...] = ()
    left_out: int = 0
    merged: bool = False


@dataclass(frozen=True)
class Asked:
    """What the user asked for since: the title that makes, and how Task and Next step begin."""

    title: str
    task: str
    step: str


def take_words(brief: Brief, prompts: Prompts = BUILT_IN) -> Carried:
    """The words of a brief that a snapshot keeps."""
    words = {
        name: text
        for name, text in brief.sections.items()
        if name == FINDINGS or name not in CODE_SECTIONS
    }
    task = words.get(TASK, "")
    merged = any(task.startswith(note) for note in _texts("snapshot_merged", prompts))
    words[TASK] = _without_notes(task, prompts)
    if brief.author != "snapshot" or not merged:
        # Where a model's words look like what code adds, they would be taken for it from now on.
        words |= {name: done_marks.disarm(words[name]) for name in _MARKED if name in words}
        words[STATE] = since.disarm(words.get(STATE, ""), prompts)
        return Carried(brief.title, {name: text for name, text in words.items() if text})
    state, blocks, left_out = since.split(words.get(STATE, ""), prompts)
    words[STATE] = state
    kept = {name: text for name, text in words.items() if text}
    return Carried(brief.title, kept, tuple(blocks), left_out, merged=True)


def shorten_quotations(carried: Carried, prompts: Prompts = BUILT_IN) -> Carried:
    """The words with less of what an earlier session's model said last, as code quoted it."""
    state = carried.sections.get(STATE, "")
    for one in (prompts, BUILT_IN):
        label = one.render("snapshot_last_words", answers="\0").partition("\0")[0]
        before, found, behind = state.partition(label)
        quoted = "\n".join(takewhile(lambda line: line.startswith(">"), behind.split("\n")))
        if found and len(quoted) > _SHORT_CHARS:
            kept = truncate.keep_head(quoted, _SHORT_CHARS).rpartition("\n")[0]
            state = f"{before}{label}{kept}\n> […]{behind[len(quoted) :]}"
    return replace(carried, sections={**carried.sections, STATE: state})


def is_made_anew(brief: Brief, prompts: Prompts) -> bool:
    """Whether a brief holds nothing but what code takes from its session's transcript, so that a
    later snapshot of the session needs no word of it.
    """
    task = brief.sections.get(TASK, "")
    alone = any(task.startswith(note) for note in _texts("snapshot_note", prompts))
    return brief.author == "snapshot" and brief.trigger != "manual" and alone


def add_words(brief: Brief, other: Brief, prompts: Prompts) -> Brief:
    """The brief with the words of another one that its session wrote before, section by section."""
    sections = dict(brief.sections)
    for name, text in take_words(other, prompts).sections.items():
        mine = sections.get(name, "")
        if text not in mine:
            label = prompts.render("snapshot_earlier")
            sections[name] = f"{mine}\n\n{label}\n\n{text}" if mine else text
    return replace(brief, sections=sections)


def carry_on(
    carried: Carried,
    facts: Facts,
    session: str,
    asked: Asked | None,
    step: str,
    room: int,
    *,
    prompts: Prompts = BUILT_IN,
) -> Words:
    """The words kept, and what happened since: `facts` are those since (`since.newer`), `session`
    its id, `asked` what the user asked for since, if anything. `step` is the next step where the
    brief had none. What happened since gets at most `room` characters.
    """
    words = {
        name: done_marks.mark(text, facts) if name in _MARKED else text
        for name, text in carried.sections.items()
    }
    task, next_step = words.get(TASK, ""), words.get(NEXT_STEP, "")
    if asked:
        task = _behind(asked.task, task, "snapshot_before_task", carried.merged, prompts)
        next_step = _behind(asked.step, next_step, "snapshot_before_step", carried.merged, prompts)
    words[TASK] = "\n\n".join(filter(None, (prompts.render("snapshot_merged"), task)))
    words[NEXT_STEP] = next_step or step
    new = since.describe(facts, session)
    blocks = since.join(new, carried.blocks, carried.left_out, room, prompts)
    words[STATE] = "\n\n".join(part for part in (words.get(STATE, ""), blocks) if part)
    order = [*_ORDER, *(name for name in words if name not in _ORDER)]
    title = asked.title if asked and asked.title else carried.title
    return Words(title, {name: words[name] for name in order if words.get(name)})


def _without_notes(task: str, prompts: Prompts) -> str:
    """A Task without the notes that say that code wrote it."""
    for name in _NOTES:
        for note in _texts(name, prompts):
            task = re.sub(rf"(?m)^{re.escape(note)}$\n*", "", task)
    return task.strip("\n")


def _behind(asked: str, before: str, label: str, merged: bool, prompts: Prompts) -> str:
    """What the user asked for since, and below it what stood there `before`: of an earlier
    snapshot what it all began with, and in a Task the request before this one. Earlier sessions
    has the rest.
    """
    begins = tuple(
        one.render("snapshot_request", request="\0").partition("\0")[0]
        for one in (prompts, BUILT_IN)
    )
    parts = [before] if before else []
    if merged and before.startswith(begins):
        labels = "|".join(map(re.escape, _texts(label, prompts)))
        first, *others = re.split(rf"\n+(?:{labels})\n+", before)
        is_task = label == "snapshot_before_task"
        if first == asked or not is_task:
            parts = others if is_task else others[-1:]
        else:
            begin = next(text for text in begins if first.startswith(text))
            parts = [first.removeprefix(begin), *others[-1:]]
    return f"\n\n{prompts.render(label)}\n\n".join([asked, *parts])


def _texts(name: str, prompts: Prompts) -> tuple[str, ...]:
    """A text without fields as it may stand in a brief: the one in force, and our own."""
    return tuple(dict.fromkeys((prompts.render(name), BUILT_IN.render(name))))
