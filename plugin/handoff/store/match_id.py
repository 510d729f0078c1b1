"""One of several briefs or drafts by a part of its ID."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.base.wording import count_of
from handoff.brief import marking

if TYPE_CHECKING:
    from collections.abc import Collection

MAX_NAMED = 5


def match_id(wanted: str, ids: Collection[str], noun: str = "brief", where: str = "here") -> str:
    """The ID that is, begins with, ends with or contains `wanted`; the first of these rules that
    fits any ID counts, and must fit one only.

    Raises HandoffError when there is none or more than one.
    """
    if not wanted.strip():
        raise HandoffError(f"An empty text names no {noun}.", "`handoff list` shows them.")
    asked = repr(plain_text.one_line(wanted, 80))
    for fits in (str.__eq__, str.startswith, str.endswith, str.__contains__):
        matching = sorted(known for known in ids if fits(known, wanted))
        if len(matching) == 1:
            return matching[0]
        if matching:
            named = ", ".join(map(marking.mark_name, matching[:MAX_NAMED]))
            raise HandoffError(
                f"{asked} matches {count_of(len(matching), noun)}: {named}.",
                "Type more of the ID.",
            )
    raise HandoffError(f"There is no {noun} {asked} {where}.", "`handoff list --all` shows them.")
