"""Which brief a person means by a part of its id."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.brief import marking

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMED = 5  # names in a message


def the_one(wanted: str, ids: Sequence[str]) -> str:
    """The id that is, begins with, ends with or contains `wanted`, as `brief_files.find` takes it.

    Raises HandoffError when there is none or more than one.
    """
    if not wanted.strip():
        raise HandoffError("An empty text names no brief.", "`handoff list` shows them.")
    for fits in (str.__eq__, str.startswith, str.endswith, str.__contains__):
        found = [brief_id for brief_id in ids if fits(brief_id, wanted)]
        if len(found) == 1:
            return found[0]
        if found:
            names = ", ".join(map(marking.name, found[:_NAMED]))
            asked = plain_text.one_line(wanted, 80)
            raise HandoffError(
                f"{asked!r} fits {len(found)} briefs: {names}.", "Give more of the id."
            )
    raise HandoffError(
        f"There is no brief {plain_text.one_line(wanted, 80)!r} here.",
        "`handoff list --all` shows them.",
    )
