"""One of several briefs, drafts or sessions by a part of its ID: the one rule for all commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.base.wording import count_of
from handoff.brief import marking

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_NAMED = 5
_RULES = (str.__eq__, str.startswith, str.endswith, str.__contains__)


class NoMatchError(HandoffError):
    """No ID matches."""


def match_id(
    wanted: str,
    ids: Collection[str],
    noun: str = "brief",
    where: str = "here",
    hint: str = "`handoff list --all` shows all briefs.",
) -> str:
    """The ID that is, begins with, ends with or contains `wanted`. The first of these rules that
    any ID satisfies decides; it must be satisfied by one ID only.

    Raises NoMatchError when there is none, HandoffError when there are several.
    """
    if not wanted.strip():
        raise NoMatchError(f"The ID of the {noun} is empty.", hint)
    asked = repr(plain_text.one_line(wanted, 80))
    for fits in _RULES:
        matching = sorted(known for known in ids if fits(known, wanted))
        if len(matching) == 1:
            return matching[0]
        if matching:
            named = ", ".join(map(marking.mark_name, matching[:MAX_NAMED]))
            more = ", …" if len(matching) > MAX_NAMED else ""
            raise HandoffError(
                f"{asked} matches {count_of(len(matching), noun)}: {named}{more}",
                "Type more of the ID.",
            )
    raise NoMatchError(f"No {noun} matches {asked} {where}.", hint)
