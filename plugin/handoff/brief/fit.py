"""A brief within its size: facts give way first, then the end of the least needed section.

Nothing is cut without a note, and what the user ruled out and what comes first are never cut.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.base.wording import count_of
from handoff.brief import document
from handoff.brief.sections import (
    CONSTRAINTS,
    DECISIONS,
    FACTS,
    FINDINGS,
    LOOK_BACK,
    NEXT_STEP,
    QUESTIONS,
    STATE,
    TASK,
    VERIFY,
)
from handoff.facts import fact_sheet
from handoff.prompts.texts import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handoff.brief.document import Brief
    from handoff.facts.model import Facts
    from handoff.prompts.texts import Prompts

NEVER_CUT = (CONSTRAINTS, NEXT_STEP, LOOK_BACK)
LEAST_NEEDED = (
    QUESTIONS,
    VERIFY,
    DECISIONS,
    FINDINGS,
    STATE,
    TASK,
)  # after sections of no known name
_MIN_FACTS_CHARS = 200  # a heading with less under it says nothing
_FIRST_GUESS = 3.0  # characters a token
_TRIES = 6


def fit(
    brief: Brief,
    facts: Facts,
    max_tokens: int,
    count: Callable[[str], int],
    clean: Callable[[str], str],
    *,
    prompts: Prompts = BUILT_IN,
) -> tuple[Brief, tuple[str, ...]]:
    """The brief with as many facts as there is room for, and the names of sections that were cut.

    The whole file counts. It is longer than `max_tokens` only where the sections that are never cut
    are. `clean` takes secrets out of the facts, before their length is taken.
    """
    room = max_tokens - count(document.render(brief))
    if room >= 0:
        sheet = _facts(facts, room, count, clean, prompts)
        if sheet:
            return replace(brief, sections=_with_facts(brief.sections, sheet)), ()
        return brief, ()
    cut: tuple[str, ...] = ()
    for _ in range(_TRIES):  # parts do not add up to the whole exactly
        excess = count(document.render(brief)) - max_tokens
        sections, names = shorten(brief.sections, excess, count)
        if excess <= 0 or not names:
            break
        brief, cut = replace(brief, sections=sections), tuple(dict.fromkeys((*cut, *names)))
    return brief, cut


def shorten(
    sections: Mapping[str, str], excess: int, count: Callable[[str], int]
) -> tuple[dict[str, str], tuple[str, ...]]:
    """The sections with `excess` tokens less, and the names of those that were cut."""
    kept = dict(sections)
    others = [name for name in sections if name not in LEAST_NEEDED and name not in NEVER_CUT]
    cut = []
    for name in (*others, *LEAST_NEEDED):
        if excess <= 0:
            break
        if name in kept:
            before = count(kept[name])
            shorter = _cut(kept[name], before - excess, count)
            if count(shorter) < before:
                excess -= before - count(shorter)
                kept[name] = shorter
                cut.append(name)
    return kept, tuple(cut)


def _cut(text: str, most: int, count: Callable[[str], int]) -> str:
    """The head of a text, whole lines or else whole words, with a note of what is gone."""
    for unit, parts in (("line", text.split("\n")), ("word", text.split(" "))):
        glue = "\n" if unit == "line" else " "
        low, high = 0, len(parts) - 1
        while low < high:
            middle = (low + high + 1) // 2
            fits = count(_noted(glue.join(parts[:middle]), len(parts) - middle, unit)) <= most
            low, high = (middle, high) if fits else (low, middle - 1)
        if low or unit == "word":
            return _noted(glue.join(parts[:low]), len(parts) - low, unit)
    return text


def _noted(text: str, gone: int, unit: str) -> str:
    text = text.rstrip()
    if text.count("\n```") % 2 or (text.startswith("```") and text.count("\n```") % 2 == 0):
        text += "\n```"
    note = f"(cut for length: {count_of(gone, f'more {unit}')})"
    return f"{text}\n{note}" if text else note


def _facts(
    facts: Facts,
    room: int,
    count: Callable[[str], int],
    clean: Callable[[str], str],
    prompts: Prompts,
) -> str:
    """The facts' body within so many tokens, "" where there is no room or nothing to say."""
    chars = int(room * _FIRST_GUESS)
    for _ in range(_TRIES):
        if chars < _MIN_FACTS_CHARS:
            return ""
        sheet = fact_sheet.render(facts, chars, prompts=prompts)
        body = clean(sheet.removeprefix(f"## {FACTS}").strip())
        size = count(f"\n\n## {FACTS}\n\n{body}")
        if size <= room:
            return body
        chars = int(min(chars, len(body)) * room / size) - 20
    return ""


def _with_facts(sections: Mapping[str, str], body: str) -> dict[str, str]:
    """The sections with the facts in their place: behind the words, before how to look back."""
    kept = {name: text for name, text in sections.items() if name != LOOK_BACK}
    kept[FACTS] = body
    if LOOK_BACK in sections:
        kept[LOOK_BACK] = sections[LOOK_BACK]
    return kept
