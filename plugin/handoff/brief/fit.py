"""A brief within its size: facts give way first, then the end of the least needed section.

Nothing is cut without a note, and what the user ruled out and what comes first are never cut. The
words do not take all of it: a part is kept for what earlier sessions left, and for the requests.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

from handoff.base.wording import count_of
from handoff.brief import document
from handoff.brief.sections import (
    CONSTRAINTS,
    DECISIONS,
    EARLIER,
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

    # The body of a section of at most so many characters, for a brief with these sections.
    Body = Callable[[Mapping[str, str], int], str]

NEVER_CUT = (CONSTRAINTS, NEXT_STEP, LOOK_BACK)
LEAST_NEEDED = (
    QUESTIONS,
    VERIFY,
    DECISIONS,
    FINDINGS,
    STATE,
    TASK,
)  # after sections of no known name
_MIN_CHARS = 200  # a heading with less under it says nothing
_FIRST_GUESS = 3.0  # characters a token
_TRIES = 6
# Kept free of the words, at most: a fifth for what earlier sessions left, an eighth for requests.
_EARLIER_SHARE, _REQUESTS_SHARE = 5, 8
_EARLIER_MOST = 0.3  # of the whole, where the words leave twice as much


def fit(
    brief: Brief,
    facts: Facts,
    max_tokens: int,
    count: Callable[[str], int],
    clean: Callable[[str], str],
    *,
    prompts: Prompts = BUILT_IN,
    earlier: Body | None = None,
) -> tuple[Brief, tuple[str, ...]]:
    """The brief with as many facts as there is room for, and the names of sections that were cut.

    The whole file counts. It is longer than `max_tokens` only where the sections that are never cut
    are. `clean` takes secrets out of the facts, before their length is taken. `earlier` makes the
    section on earlier sessions.
    """

    def sheet(sections: Mapping[str, str], chars: int, shown: Facts = facts) -> str:
        del sections
        text = fact_sheet.render(shown, chars, prompts=prompts)
        return clean(text.removeprefix(f"## {FACTS}").strip())

    def carried(sections: Mapping[str, str], chars: int) -> str:
        return clean(earlier(sections, chars)) if earlier else ""

    def requests(sections: Mapping[str, str], chars: int) -> str:
        return sheet(sections, chars, requests_alone)

    requests_alone = _requests_alone(facts)
    shares = max_tokens // _EARLIER_SHARE, max_tokens // _REQUESTS_SHARE
    kept_free = (
        _size(EARLIER, _sized(EARLIER, carried, brief.sections, shares[0], count), count),
        _size(FACTS, _sized(FACTS, requests, brief.sections, shares[1], count), count),
    )
    brief, cut = _shortened(brief, max_tokens - sum(kept_free), count)
    room = max_tokens - count(document.render(brief))
    if room < 0:
        brief, more = _shortened(brief, max_tokens, count)
        return brief, tuple(dict.fromkeys((*cut, *more)))
    share = max(shares[0], min(int(max_tokens * _EARLIER_MOST), room // 2))
    share = min(share, room - min(kept_free[1], room // 3))
    told = _sized(EARLIER, carried, brief.sections, share, count)
    size = _size(EARLIER, told, count)
    shown = sheet if room - size > shares[1] else requests
    body = _sized(FACTS, shown, brief.sections, room - size, count)
    left = room - size - _size(FACTS, body, count)
    if earlier and left > 0:
        told = _sized(EARLIER, carried, brief.sections, size + left, count) or told
    whole = replace(brief, sections=_placed(brief.sections, {EARLIER: told, FACTS: body}))
    excess = count(document.render(whole)) - max_tokens
    if excess > 0:  # parts do not add up to the whole exactly
        body = _sized(FACTS, shown, brief.sections, _size(FACTS, body, count) - excess - 1, count)
        whole = replace(brief, sections=_placed(brief.sections, {EARLIER: told, FACTS: body}))
    return whole, cut


def _shortened(
    brief: Brief, most: int, count: Callable[[str], int]
) -> tuple[Brief, tuple[str, ...]]:
    """The brief with at most so many tokens, if its sections allow it, and what was cut."""
    cut: tuple[str, ...] = ()
    for _ in range(_TRIES):  # parts do not add up to the whole exactly
        excess = count(document.render(brief)) - most
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


def _requests_alone(facts: Facts) -> Facts:
    """The facts without anything but the user's requests."""
    emptied: dict[str, Any] = {
        one.name: type(value)()
        for one in fields(facts)
        if one.name != "requests" and isinstance(value := getattr(facts, one.name), (str, tuple))
    }
    return replace(facts, **emptied)


def _sized(
    name: str, body: Body, sections: Mapping[str, str], room: int, count: Callable[[str], int]
) -> str:
    """A section's body within so many tokens, "" where there is no room or nothing to say."""
    chars = max(int(room * _FIRST_GUESS), _MIN_CHARS if room > 0 else 0)
    for _ in range(_TRIES):
        if chars < _MIN_CHARS:
            return ""
        text = body(sections, chars)
        size = _size(name, text, count)
        if size <= room:
            return text
        chars = int(min(chars, len(text)) * room / size) - 20
    return ""


def _size(name: str, body: str, count: Callable[[str], int]) -> int:
    """The tokens that a section adds to a brief."""
    return count(f"\n\n## {name}\n\n{body}") if body else 0


def _placed(sections: Mapping[str, str], added: Mapping[str, str]) -> dict[str, str]:
    """The sections with those of code in their place: behind the words, before how to look back."""
    kept = {name: text for name, text in sections.items() if name != LOOK_BACK}
    kept |= {name: text for name, text in added.items() if text}
    if LOOK_BACK in sections:
        kept[LOOK_BACK] = sections[LOOK_BACK]
    return kept
