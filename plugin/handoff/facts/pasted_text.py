"""What a person pasted into a prompt, told apart from their own words.

It is data of that origin, also where it is an order: it never stands where the person's words do.
A text is redacted whole before it is parted, since a secret may stand beside what names it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handoff.base.wording import count_of
from handoff.client.transcript.events import PASTED_FROM, PASTED_TO

if TYPE_CHECKING:
    from collections.abc import Callable

_PART = re.compile(f"{PASTED_FROM}([^{PASTED_FROM}{PASTED_TO}]*){PASTED_TO}?")
_LABEL = re.compile(r"\[pasted text: \d+ lines?, \d+ characters?\]")

_BAR = "| "
MAX_LINE_CHARS = 300  # characters, with the bar: less than a passage of `recall`


def label_pasted(text: str) -> str:
    """A person's own words, with a label where something was pasted."""
    return _PART.sub(lambda part: _label(part[1]), text).replace(PASTED_TO, "")


def find_pasted(text: str) -> tuple[str, ...]:
    """What was pasted, in order."""
    return tuple(part[1] for part in _PART.finditer(text))


def bar_pasted(text: str) -> str:
    """The whole text, where each line of what was pasted stands behind a bar: also where the text
    is parted, and whatever the paste says of its own end.
    """
    if PASTED_FROM not in text:
        return text
    return _PART.sub(lambda part: _barred(part[1]), text).replace(PASTED_TO, "")


def strip_labels(words: str) -> str:
    """Own words without the labels."""
    return _LABEL.sub("", words).strip()


def cut(text: str, shorten: Callable[[str], str]) -> str:
    """The text with each part made shorter by itself: words stay words, and pasted stays pasted."""
    parts = re.split(f"([{PASTED_FROM}{PASTED_TO}])", text)
    return "".join(part if part in (PASTED_FROM, PASTED_TO) else shorten(part) for part in parts)


def _barred(text: str) -> str:
    lines = (part for line in text.split("\n") for part in _parts(line))
    return "\n".join([f"{_label(text)}:", *(f"{_BAR}{line}" for line in lines), ""])


def _parts(line: str) -> list[str]:
    """A line in parts that are shown whole."""
    most = MAX_LINE_CHARS - len(_BAR) - 1
    return [line[at : at + most] for at in range(0, max(1, len(line)), most)]


def _label(text: str) -> str:
    count = text.count("\n") + 1
    return f"[pasted text: {count_of(count, 'line')}, {count_of(len(text), 'character')}]"
