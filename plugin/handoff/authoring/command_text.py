"""The text of the command `/handoff`, for the moments when code gives it to the model.

One source: the prompts `brief_order` and `brief_template`, of which `commands/handoff.md` is made.
When a person or the model calls the command, the client gives its text; at the threshold `Stop`
does, with the same words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base import utf16
from handoff.client import hook_io
from handoff.facts import fact_sheet
from handoff.prompts.texts import BUILT_IN, Prompts

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff.facts.model import Facts

_FACTS_CHARS = 4500
_MIN_FACTS_CHARS = 400
_FACTS_CHARS_AT_STOP = 1200  # the client shows every line of what Stop says


def render_at_threshold(
    facts: Facts,
    clean: Callable[[str], str],
    *,
    reason: str,
    last_answer: str = "",
    prompts: Prompts = BUILT_IN,
) -> str:
    """The command's text behind the `reason` it is given for, with a few facts.

    `last_answer` is the answer of a run that nobody watches: the model is asked to end with it
    again, because the run's last words are its result. "" where that answer does not fit whole.
    """
    text = f"{reason}\n{render_order(prompts)}"
    if last_answer:
        text += "\n\n" + prompts.render("repeat_answer", answer=last_answer)
    room = hook_io.MAX_CONTEXT_UNITS - utf16.count_units(text) - 2
    if room < _MIN_FACTS_CHARS:
        return ""
    limit = min(room - 100, _FACTS_CHARS_AT_STOP)
    return f"{text}\n\n{facts_text(facts, clean, limit, prompts=prompts)}"


def render_order(prompts: Prompts) -> str:
    """The order to write a brief, without a goal, with the template of one in it."""
    template = prompts.render("brief_template")
    return prompts.render("brief_order", goal="", template=template)


def overridden_order(prompts: Prompts) -> str:
    """What tells the model that the user has another text for the command that the client has just
    given it; "" where that is our own.
    """
    order = render_order(prompts)
    return (
        prompts.render("order_overridden", order=order) if order != render_order(BUILT_IN) else ""
    )


def facts_text(
    facts: Facts,
    clean: Callable[[str], str],
    limit: int = _FACTS_CHARS,
    *,
    prompts: Prompts = BUILT_IN,
) -> str:
    """The facts as the model is shown them before it writes; `clean` takes secrets out."""
    sheet = clean(fact_sheet.render(facts, limit, prompts=prompts))
    return prompts.render("facts_preview", facts=sheet) if sheet else prompts.render("no_facts")
