"""The words of a brief that no model writes: the last request, what was said last, what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base import quoting, truncate
from handoff.brief import carried_words, since
from handoff.brief.document import Words
from handoff.brief.sections import NEXT_STEP, STATE, TASK
from handoff.facts import fact_sheet, last_words, pasted_text, short_answers
from handoff.facts.goal import is_goal
from handoff.prompts.texts import BUILT_IN

if TYPE_CHECKING:
    from handoff.brief.document import Brief
    from handoff.facts.model import Facts
    from handoff.prompts.texts import Prompts

_GOAL_CHARS = 1500
_STEP_CHARS = 300
_TITLE_CHARS = 70
_SAID_CHARS = 1600
_FIRST, _SUMMARY_CHARS = 600, 1400
_PASTED_CHARS = 1000
_ALL = since.Base()


def compose_words(
    facts: Facts,
    parent: Brief | None = None,
    *,
    session: str = "",
    base: since.Base = _ALL,
    room: int = since.MAX_CHARS,
    shorter: bool = False,
    prompts: Prompts = BUILT_IN,
) -> Words | None:
    """Title and sections by code; None when the session has neither done nor said anything.

    `parent` is the brief that the session carries on, from `base` on: its words stay, and what
    happened since is added (`carried_words`), in at most `room` characters; `shorter` cuts what
    an earlier session's model said last. `session` is this one's id.
    """
    if not facts.calls and not facts.answers:
        return None
    if parent is None:
        return _compose_alone(facts, prompts)
    newer = since.newer(facts, base, "\n".join(parent.sections.values()))
    carried = carried_words.take_words(parent, prompts)
    if shorter:
        carried = carried_words.shorten_quotations(carried, prompts)
    named = session or facts.session
    asked = None
    if newer.goal and _quoted(newer.goal, _GOAL_CHARS) not in carried.sections.get(TASK, ""):
        asked = carried_words.Asked(
            _title(newer.goal),
            "\n\n".join(_request(newer, newer.goal, prompts)),
            prompts.render("snapshot_request", request=_quoted(newer.goal, _STEP_CHARS)),
        )
    step = _next_step(newer, prompts)
    return carried_words.carry_on(carried, newer, named, asked, step, room, prompts=prompts)


def _compose_alone(facts: Facts, prompts: Prompts) -> Words:
    """The words of a session that came from no brief."""
    asked = facts.goal or _last_request(facts)
    task = [prompts.render("snapshot_note")]
    if asked:
        task += _request(facts, asked, prompts)
    if facts.summary:
        if (first := _first_goal(facts)) not in ("", asked):
            task.append(prompts.render("snapshot_first_request", request=_quoted(first, _FIRST)))
        summary = _quoted(facts.summary, _SUMMARY_CHARS)
        task.append(prompts.render("snapshot_summary", summary=summary))
    state = []
    if facts.stopped:
        reason = _quoted(facts.stopped, _STEP_CHARS)
        state.append(prompts.render("snapshot_stopped", reason=reason))
    last_said = last_words.render(facts, _SAID_CHARS).removeprefix(last_words.HEADING).strip()
    if last_said:
        answers = quoting.quotation(last_said)
        state.append(prompts.render("snapshot_last_words", answers=answers))
    sections = {TASK: "\n\n".join(task), NEXT_STEP: _next_step(facts, prompts)}
    if state:
        sections[STATE] = "\n\n".join(state)
    # Behind a compaction “go on” says nothing: what is gone on with was said before.
    title = _title(facts.goal if facts.summary else asked) or "Work of a session"
    return Words(title, sections)


def _request(facts: Facts, asked: str, prompts: Prompts) -> list[str]:
    """What the user asked for, and what was pasted with it."""
    return [
        prompts.render("snapshot_request", request=_quoted(asked, _GOAL_CHARS)),
        *(
            prompts.render("snapshot_pasted", text=_quoted(text, _PASTED_CHARS))
            for text in _pasted(facts, asked)
        ),
    ]


def _last_request(facts: Facts) -> str:
    """What a person said last, be it no goal; "" where nobody is known to have said anything."""
    told = (one for one in facts.requests if one.source != "unconfirmed")
    return next(map(short_answers.describe, told), "")


def _first_goal(facts: Facts) -> str:
    """What a person asked for first, which a compaction drops; "" if nothing."""
    return next(
        (short_answers.describe(one) for one in reversed(facts.requests) if is_goal(one)), ""
    )


def _pasted(facts: Facts, asked: str) -> tuple[str, ...]:
    """What was pasted with a request."""
    return next((one.pasted for one in facts.requests if one.text == asked), ())


def _title(asked: str) -> str:
    """The first words of a request, as many as make a title; "" where all of it was pasted."""
    line = quoting.line(truncate.keep_head(pasted_text.strip_labels(asked), _GOAL_CHARS))
    if len(line) <= _TITLE_CHARS:
        return line
    begin = truncate.keep_head(line, _TITLE_CHARS).rstrip(" ,")
    return f"{begin}…" if begin else ""


def compose_text(facts: Facts, limit: int, *, prompts: Prompts = BUILT_IN) -> str:
    """A whole snapshot as plain text of at most `limit` characters: facts, then last words.

    The shares were measured on what real sessions needed next.
    """
    if compose_words(facts, prompts=prompts) is None:
        return prompts.render("snapshot_empty")[:limit]
    share = 0.15 if limit >= 6000 else 0.0
    sheet = fact_sheet.render(facts, limit - int(limit * share), prompts=prompts)
    last_said = quoting.visible(last_words.render(facts, limit - len(sheet) - 1))
    return (sheet + last_said)[:limit]


def _next_step(facts: Facts, prompts: Prompts) -> str:
    """What to continue with, and a failing command to look at. Never what a session stopped by:
    that is no step.
    """
    at_work = next((task.text for task in facts.tasks if task.state == "in_progress"), "")
    if at_work:
        steps = [prompts.render("snapshot_at_work", task=_quoted(at_work, _STEP_CHARS))]
    else:
        steps = [prompts.render("snapshot_next_step")]
    if facts.failures:
        failed = _quoted(facts.failures[0].text, _STEP_CHARS)
        steps.append(prompts.render("snapshot_failed", command=failed))
    return "\n\n".join(steps)


def _quoted(text: str, limit: int) -> str:
    """The text as a quotation, cut in the middle when it is long."""
    text = text.strip()
    if len(text) > limit:
        half = limit // 2
        begin, end = truncate.keep_head(text, half), truncate.keep_tail(text, half)
        text = f"{begin.rstrip()}\n[…]\n{end.lstrip()}"
    return quoting.quotation(text)
