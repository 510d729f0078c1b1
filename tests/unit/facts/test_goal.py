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


@pytest.mark.parametrize(
    "nod",
    [
        "A.",
        "b",
        "はい、お願いします",
        "続けてください",
        "好的，继续",
        "Да, продолжай",
        "네, 계속해 주세요",
        "نعم",
    ],
)
def test_a_nod_in_another_language_is_no_goal(nod: str) -> None:
    """Nor is the letter of an option, where it is not known what was offered."""
    assert not is_goal(Request(nod, "T1", "typed"))


@pytest.mark.parametrize("text", ["2", "A.", "the second one"])
def test_a_choice_of_a_known_option_is_one(text: str) -> None:
    """It says what to do, by the option's text; the answer to a question does not."""
    assert is_goal(Request(text, "T1", "typed", question="2: Drop the old parser"))


def test_an_answer_to_a_question_is_no_goal() -> None:
    """What was asked is not what the session is about."""
    assert not is_goal(Request("yes", "T1", "typed", question="Shall I commit?"))


@pytest.mark.parametrize("text", ["ログインを直してください", "修复登录", "Почини вход"])
def test_a_request_without_blanks_is_one(text: str) -> None:
    """A script that puts no blanks between words says as much."""
    assert is_goal(Request(text, "T1", "typed"))
