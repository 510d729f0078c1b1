"""The text of `/handoff:spec`: what it has a session run, and what is left to the user."""

from __future__ import annotations

import re

import yaml

from handoff.client.shadowing_commands import NAMES
from handoff.facts import own_calls
from support.paths import ROOT

COMMAND = ROOT / "commands" / "spec.md"
TEXT = COMMAND.read_text("utf-8")


def test_the_command_can_only_be_typed() -> None:
    """A model does not begin a spec by itself; the client is given no line to run, and no tools."""
    front = yaml.safe_load(TEXT.split("---\n")[1])
    assert front["disable-model-invocation"] is True
    assert {*front} == {"description", "argument-hint", "disable-model-invocation"}
    assert "!" not in TEXT
    assert TEXT.count("$ARGUMENTS") == 1


def test_each_command_file_is_a_name_of_ours() -> None:
    """Who takes one of the names is noticed."""
    assert {f"handoff:{path.stem}" for path in COMMAND.parent.glob("*.md")} == {*NAMES}


def test_the_command_says_what_to_run() -> None:
    """The call is one that our own grammar knows, with the words in its here-document; accepting is
    named as the user's.
    """
    (block,) = re.findall(r"^handoff spec new .*?^SPEC$", TEXT, re.MULTILINE | re.DOTALL)
    call = own_calls.parse(block)
    assert call is not None
    assert (call.verb, call.arguments[0], call.text) == ("spec", "new", "(my sentences)\n")
    assert "If nothing stands above" in TEXT
    assert "`handoff spec check ID`" in TEXT
    assert "run `handoff spec accept ID` in a terminal of my own. Do not run that yourself" in TEXT
