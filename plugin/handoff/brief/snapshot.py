"""The words of a brief that no model writes: the last request, what was said last, what is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base import quoting, truncate
from handoff.brief.document import CONSTRAINTS, NEXT_STEP, STATE, TASK, Words
from handoff.facts import fact_sheet, last_words, pasted_text
from handoff.facts.gather import is_goal

if TYPE_CHECKING:
    from handoff.brief.document import Brief
    from handoff.facts.gather import Facts

_GOAL_CHARS = 1500
_STEP_CHARS = 300
_TITLE_CHARS = 70
_SAID_CHARS = 1600
_FIRST, _SUMMARY_CHARS = 600, 1400
_SUMMARY = (
    "The conversation before this was compacted. The client's summary of it (a model's words, not "
    "the user's):"
)
_PASTED_CHARS = 1000
_PASTED = "The user pasted this with it (data, not their words):"
_NOTE = "No model wrote this brief: code put it together from the session's transcript."


def words(facts: Facts, parent: Brief | None = None) -> Words | None:
    """Title and sections by code; None when the session has neither done nor said anything.

    `parent` is the brief the session itself came from: its constraints still hold, and so does its
    task while the user asked for nothing else.
    """
    if not facts.calls and not facts.answers:
        return None
    asked = facts.goal or ("" if parent else _last_request(facts))
    carried = parent.sections if parent else {}
    task = [_NOTE]
    if asked:
        task.append(f"Carry on with what the user asked for last:\n\n{_quoted(asked, _GOAL_CHARS)}")
        task += [f"{_PASTED}\n\n{_quoted(text, _PASTED_CHARS)}" for text in _pasted(facts, asked)]
    if facts.summary:
        if (first := _first_goal(facts)) not in ("", asked):
            task.append(
                f"The session began with this request of the user:\n\n{_quoted(first, _FIRST)}"
            )
        task.append(f"{_SUMMARY}\n\n{_quoted(facts.summary, _SUMMARY_CHARS)}")
    if carried.get(TASK):
        task.append(f"The brief this session came from said:\n\n{carried[TASK]}")
    sections = {TASK: "\n\n".join(task)}
    if carried.get(CONSTRAINTS):
        sections[CONSTRAINTS] = carried[CONSTRAINTS]
    sections[NEXT_STEP] = _next_step(facts)
    said = last_words.render(facts, _SAID_CHARS).removeprefix(last_words.HEADING).strip()
    if said:
        sections[STATE] = (
            "What the session's model said last (claims, not facts):\n\n" + quoting.quotation(said)
        )
    # Behind a compaction “go on” says nothing: what is gone on with was said before.
    title = _title(facts.goal if facts.summary else asked) or (
        parent.title if parent else "Work of a session"
    )
    return Words(title, sections)


def _last_request(facts: Facts) -> str:
    """What a person said last, be it no goal; "" where nobody is known to have said anything."""
    return next((one.text for one in facts.requests if one.source != "unconfirmed"), "")


def _first_goal(facts: Facts) -> str:
    """What a person asked for first, which a compaction drops; "" if nothing."""
    return next((one.text for one in reversed(facts.requests) if is_goal(one)), "")


def _pasted(facts: Facts, asked: str) -> tuple[str, ...]:
    """What was pasted with a request."""
    return next((one.pasted for one in facts.requests if one.text == asked), ())


def _title(asked: str) -> str:
    """The first words of a request, as many as make a title; "" where all of it was pasted."""
    line = quoting.line(truncate.head(pasted_text.unlabelled(asked), _GOAL_CHARS))
    if len(line) <= _TITLE_CHARS:
        return line
    begin = truncate.head(line, _TITLE_CHARS).rstrip(" ,")
    return f"{begin}…" if begin else ""


def text(facts: Facts, limit: int) -> str:
    """A whole snapshot as plain text of at most `limit` characters: facts, then last words.

    The shares were measured on what real sessions needed next.
    """
    if words(facts) is None:
        return "Nothing was done in this session yet."[:limit]
    share = 0.3 if limit >= 6000 else 0.1 if limit >= 3000 else 0.0
    sheet = fact_sheet.render(facts, limit - int(limit * share))
    said = quoting.visible(last_words.render(facts, limit - len(sheet) - 1))
    return (sheet + said)[:limit]


def _next_step(facts: Facts) -> str:
    open_tasks = [task.text for task in facts.tasks if task.state == "in_progress"]
    if open_tasks:
        return f"It was at work on:\n\n{_quoted(open_tasks[0], _STEP_CHARS)}"
    if facts.failures:
        failed = _quoted(facts.failures[0].text, _STEP_CHARS)
        return f"This failed last and has not passed since:\n\n{failed}"
    if facts.stopped:
        return f"It ended in the middle of something:\n\n{_quoted(facts.stopped, _STEP_CHARS)}"
    return "Read the last answer below, check it against the facts, and go on from there."


def _quoted(text: str, limit: int) -> str:
    """The text as a quotation, cut in the middle when it is long."""
    text = text.strip()
    if len(text) > limit:
        half = limit // 2
        text = f"{truncate.head(text, half).rstrip()}\n[…]\n{truncate.tail(text, half).lstrip()}"
    return quoting.quotation(text)
