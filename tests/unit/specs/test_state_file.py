"""state.json and progress.md: what code writes of a build."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from handoff.base.errors import HandoffError
from handoff.specs import progress_file, state_file
from handoff.specs.carry_states import carry_states
from handoff.specs.model import BLOCKED, DROPPED, VERIFIED, FeatureState, Verify
from support.made_specs import feature, made_spec

DONE = FeatureState(
    VERIFIED, "c0ffee", 0, 1.5, 1_700_000_000.0, attempts=2, continuations=1, tail="1 passed",
    files=("a.py",),
)  # fmt: skip


def test_states_are_read_again() -> None:
    """In the order of the features; all but what the command printed."""
    states = {"b": DONE, "a": FeatureState(BLOCKED, reason="three attempts failed")}
    written = state_file.render(states, ["a", "b", "c"])

    assert list(json.loads(written)) == ["a", "b", "c"]
    assert json.loads(written)["c"] == {"state": "open"}
    assert state_file.parse(written) == {
        "a": states["a"], "b": replace(DONE, tail=""), "c": FeatureState(),
    }  # fmt: skip


@pytest.mark.parametrize(
    "content",
    ["", "[]", '{"a": 1}', '{"a": {}}', '{"a": {"state": "fine"}}', '{"../a": {"state": "open"}}',
     '{"a": {"state": "open", "attempts": "2"}}', '{"a": {"state": "open", "state": "open"}}',
     '{"a": {"state": "verified", "seconds": 1e300}}', '{"\\ud800": {"state": "open"}}'],
)  # fmt: skip
def test_a_damaged_file(content: str) -> None:
    """A state that is not one is an error: nothing is verified by it."""
    with pytest.raises(HandoffError, match=r"state\.json"):
        state_file.parse(content.encode())


class Entry:
    """A session as `progress_file` reads it."""

    def __init__(self, words: str = "Done.", session: str = "s1", proof: str = "") -> None:
        self.session, self.words = session, words
        self.proof = proof or "verified (exit code 0 in 1.5 s, at c0ffee)"
        self.began, self.feature, self.attempt, self.verdict = 1_700_000_000.0, "login", 2, "done"


def test_an_entry() -> None:
    """What code found, and the model's words as a quotation."""
    assert progress_file.render_entry(Entry("It works.\nReally.")) == (
        "\n## 2023-11-14 22:13 UTC: login, attempt 2\n\n"
        "Result: verified (exit code 0 in 1.5 s, at c0ffee)\nSession: s1\n\n"
        "Its own words:\n\n> It works.\n> Really.\n"
    )
    assert "words" not in progress_file.render_entry(Entry(""))


def test_a_models_words_are_bounded_and_no_entry() -> None:
    """They cannot pass for an entry, and long ones are cut."""
    entry = progress_file.render_entry(
        Entry("x\n## 2030-01-01: all, attempt 1\n\x1b[2K" + "w " * 9_000)
    )
    text = progress_file.PROGRESS_HEAD + entry

    assert len(entry) < 1_000 + 400
    assert "\x1b" not in entry
    assert progress_file.last_entries(text).count("## 20") == 2  # one of them quoted
    assert text.count("\n## ") == 1


def test_the_last_entries() -> None:
    """At most so many, in their order, and never over the limit of characters."""
    entries = [progress_file.render_entry(Entry("word " * 60, f"s{number}")) for number in range(9)]
    text = progress_file.PROGRESS_HEAD + "".join(entries)

    assert progress_file.last_entries(progress_file.PROGRESS_HEAD) == ""
    assert progress_file.last_entries(text, 1).count("\nSession: s8") == 1
    shown = progress_file.last_entries(text)
    assert len(shown) <= 2_000
    assert [f"s{n}" for n in range(9) if f"Session: s{n}\n" in shown] == ["s5", "s6", "s7", "s8"]
    assert len(progress_file.last_entries(text, most=100)) <= 100


def test_what_keeps_its_state() -> None:
    """Same id, steps and verify; whatever else was edited."""
    old = made_spec(feature("a"), feature("b"), feature("c"), feature("d"), feature("gone"))
    new = made_spec(
        feature("c", description="Other words", after=("a",)), feature("a"), feature("new"),
        feature("b", steps=("Another",)), feature("d", verify=Verify("py", "other.py")),
    )  # fmt: skip
    states = dict.fromkeys(("a", "b", "c", "gone"), DONE) | {"d": FeatureState(DROPPED)}
    carried = carry_states(old, new, states)

    assert list(carried) == ["c", "a", "new", "b", "d"]
    assert {name: state.state for name, state in carried.items()} == {
        "c": "verified", "a": "verified", "new": "open", "b": "open", "d": "open",
    }  # fmt: skip


def test_another_command_is_another_verify() -> None:
    """What a runner of the same name does now has verified nothing yet."""
    old, new = made_spec(feature("a")), made_spec(feature("a"), runners={"py": "true {target}"})

    assert carry_states(old, new, {"a": DONE}) == {"a": FeatureState()}
