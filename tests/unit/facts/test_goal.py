"""Which request can be the goal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handoff.facts.goal import is_goal
from handoff.facts.model import Request

if TYPE_CHECKING:
    from handoff.client.transcript import events as ev


@pytest.mark.parametrize(
    ("text", "source"),
    [
        *((nod, "typed") for nod in ("ok", "go on", "Continue.", "yes, go ahead", "👍")),
        *((nod, "typed") for nod in ("do it", "ok thanks", "")),
        ("! git status", "shell"),
        ("Fix the login", "unconfirmed"),
        ("/compact", "command"),
        ("/handoff and go on with the login", "command"),
    ],
)
def test_a_nod_is_no_goal(text: str, source: ev.Source) -> None:
    """Nor is a command without arguments, or one of ours."""
    assert not is_goal(Request(text, "T1", source))


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("Fix the login", "typed"),
        ("go on with the and now do this again and all that", "typed"),
        ("/review the login", "command"),
    ],
)
def test_what_says_what_to_do_is_one(text: str, source: ev.Source) -> None:
    """Also a text that is longer than a nod."""
    assert is_goal(Request(text, "T1", source))
