"""What the plugin itself submits is nobody's request."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handoff.client.transcript import events as ev
from handoff.client.transcript.prompts import read_prompt
from handoff.facts.own_prompts import without_own
from handoff.prompts.texts import BUILT_IN, Prompts

if TYPE_CHECKING:
    from pathlib import Path

START, AUTO = BUILT_IN.render("start_prompt"), BUILT_IN.render("auto_prompt")
ALONE = BUILT_IN.render("unattended_run")


def typed(text: str) -> ev.Prompt:
    return ev.Prompt(text, "", "typed")


@pytest.mark.parametrize("text", [START, AUTO, f"{START} {ALONE}", f"{START}\n"])
def test_the_first_prompt_of_a_session(text: str) -> None:
    """The prompt that a session is started with is left out; what came after it stays."""
    events: list[ev.Event] = [
        typed(text),
        ev.Place("/r", "", "s", "", ""),
        typed("Print the total"),
    ]
    assert list(without_own(events)) == events[1:]


@pytest.mark.parametrize("text", [f"{START} Print the total.", f"Why “{START}”?", START[:-9]])
def test_words_of_a_person_stay(text: str) -> None:
    """Only the whole text tells: with other words it is the user's."""
    assert list(without_own([typed(text)])) == [typed(text)]


def test_a_text_of_the_users_own(tmp_path: Path) -> None:
    """An override is what was submitted; our own text was perhaps, before there was one."""
    (tmp_path / "start_prompt.md").write_text("Do it now.\n")
    events = [typed("Do it now."), typed(f"Do it now. {ALONE}"), typed(START)]
    assert list(without_own(events, Prompts(str(tmp_path)))) == []


def test_a_pick_up_asks_for_nothing() -> None:
    """`/pickup ID` is no request; a goal behind `/handoff` is the user's."""
    assert list(read_prompt("/handoff:pickup beef", "")) == []
    assert list(read_prompt("/handoff:handoff the parser alone", "")) == [
        ev.Prompt("/handoff:handoff the parser alone", "", "command")
    ]
