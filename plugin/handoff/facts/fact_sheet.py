"""The facts as Markdown within a given size: what is likeliest to be needed next comes in first.

Every entry that could be shown has a worth; entries are taken by worth for their length until the
size is reached, and stand in a fixed order. What was left out is counted.
"""

from __future__ import annotations

from dataclasses import is_dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from handoff.base import quoting, truncate
from handoff.facts.sheet_entries import sections
from handoff.facts.sheet_room import adapt, room_for
from handoff.prompts.texts import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from handoff.facts.model import Facts
    from handoff.facts.sheet_entries import Item, Section
    from handoff.prompts.texts import Prompts

Offer = tuple[float, bool, "Section", "Item"]
HEADING = "## Facts"
_SMALL = 3_000  # characters of a sheet from which on the whole note is worth its place
_EXCHANGES = 20  # things left out that are tried
_MAX_VALUE_CHARS = 6_000  # characters of one value that are looked at: no entry shows more


def render(facts: Facts, max_chars: int, *, prompts: Prompts = BUILT_IN) -> str:
    """The facts under `## Facts`, at most `max_chars` characters; "" when not even one fits."""
    room = room_for(max_chars)
    offered = [adapt(section, room) for section in sections(_prepared(facts)) if section.items]
    is_small = max_chars < _SMALL
    note = prompts.render("facts_note_short" if is_small else "facts_note") + "\n" * (not is_small)
    head = f"{HEADING}\n{note}\n"
    _fill(offered, max_chars - len(head))
    body = "\n".join(text for section in offered if (text := section.render()))
    return f"{head}{body}\n" if body else ""


@lru_cache(maxsize=2)  # a brief's facts, and its requests alone, are asked for in several sizes
def _prepared(facts: Facts) -> Facts:
    return cast("Facts", _inert(facts))


def _inert(value: Any) -> Any:
    """The value with every text in it as others' words that may stand in a line of the sheet.

    All of them go through here, whatever they are, so that none is forgotten.
    """
    if isinstance(value, str):
        half = _MAX_VALUE_CHARS // 2
        if len(value) > _MAX_VALUE_CHARS:
            value = f"{truncate.keep_head(value, half)}…{truncate.keep_tail(value, half)}"
        return quoting.line(value)
    if isinstance(value, tuple):
        return tuple(map(_inert, value))
    if is_dataclass(value) and not isinstance(value, type):
        return type(value)(**{name: _inert(part) for name, part in vars(value).items()})
    return value


def _fill(offered: list[Section], room: int) -> None:
    """Take items by worth for their length while there is room."""
    offers = sorted(_offers(offered), key=lambda offer: (-offer[0], offer[1]))
    for _ in range(2):  # a section that is shown whole has no count: there may be room again
        left = room - sum(section.length() for section in offered)
        for offer in offers:
            left -= _take(offer, left)
    _exchange(offers, left, lambda: sum(section.length() for section in offered) <= room)


def _take(offer: Offer, room: int) -> int:
    """Take an offer if there is room for it; how much it takes."""
    _, is_more, section, item = offer
    if is_more:
        cost = len(item.more) - len(item.text)
        if item.taken and 0 < cost <= room:
            item.text = item.more
            return cost
        return 0
    cost = section.cost(item) + (0 if section.is_shown() else section.overhead)
    if item.taken or cost > room:
        return 0
    item.taken = True
    return cost


def _exchange(offers: list[Offer], left: int, fits: Callable[[], bool]) -> None:
    """Give up what is worth less in sum for one thing that is worth more and did not fit."""
    taken = [offer for offer in reversed(offers) if not offer[1] and offer[3].taken]
    left_out = [offer for offer in offers if not offer[1] and not offer[3].taken]
    for _, _, section, item in left_out[:_EXCHANGES]:
        if not section.is_shown():
            continue
        need, worth = section.cost(item) - left, item.worth
        given: list[Item] = []
        for _, _, other_section, other in taken:
            if need <= 0:
                break
            if other.taken and other.worth < worth:
                given.append(other)
                worth -= other.worth
                need -= other_section.cost(other)
        if need <= 0 and given:
            _swap([item], given)
            if fits():  # a section that is no longer whole says so
                left = -need
            else:
                _swap(given, [item])


def _swap(taken: list[Item], given: list[Item]) -> None:
    for item in taken:
        item.taken = True
    for item in given:
        item.taken = False


def _offers(offered: list[Section]) -> Iterator[Offer]:
    """Every item with its worth a character, and whether it is the longer text of one.

    The items that a section is opened for count together, with what the section itself takes.
    """
    for section in offered:
        by_density = sorted(section.items, key=lambda item: -item.worth / section.cost(item))
        worth, cost, best, opening = 0.0, section.overhead, 0.0, 0
        for place, item in enumerate(by_density, 1):
            worth, cost = worth + item.worth, cost + section.cost(item)
            if worth / cost >= best:
                best, opening = worth / cost, place
        for place, item in enumerate(by_density, 1):
            density = best if place <= opening else item.worth / section.cost(item)
            yield density, False, section, item
            if item.more:  # never before the item itself
                extra = max(len(item.more) - len(item.text), 1)
                yield min(item.more_worth / extra, density), True, section, item
