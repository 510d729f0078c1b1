"""What a session made of the user's words and features, and that code puts them back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from handoff.specs import put_back
from handoff.specs.model import Feature, Verify

TEXT = "A till prints receipts.\n\n## Not a heading"
QUOTE = "> A till prints receipts.\n>\n> ## Not a heading"
HEAD = "---\nid: x\n---\n\n"
GIVEN = tuple(
    Feature(name, "functional", f"Have {name}", (f"Look at {name}",), extra={"note": name})
    for name in ("a", "b", "c")
)


def spec(goal: str) -> bytes:
    return f"{HEAD}# Till\n\n## Goal\n\n{goal}\n\n## Data\n\nNone.\n".encode()


@pytest.mark.parametrize(
    "more", ["", "\n\nIn words of the model.", "\n\n> A quotation of its own."]
)
def test_words_that_are_there_stay(more: str) -> None:
    """Not a byte is changed, whatever stands behind them."""
    assert put_back.words(spec(QUOTE + more), TEXT) == spec(QUOTE + more)


@pytest.mark.parametrize(
    "goal",
    [
        "> A till prints money.",
        QUOTE.replace("receipts", "money"),
        f"{QUOTE}\n> And it is done already.",
        "",
    ],
)
def test_changed_words_come_back(goal: str) -> None:
    """In the place of what a session quoted instead, and once only."""
    once = put_back.words(spec(goal), TEXT)

    assert once.decode().split() == spec(QUOTE).decode().split()
    assert put_back.words(once, TEXT) == once


def test_a_models_words_are_no_part_of_the_quotation() -> None:
    """What stands right below it would be shown as the user's."""
    mixed = put_back.words(spec(f"{QUOTE}\nAnd it is done already."), TEXT).decode()

    assert f"{QUOTE}\n\nAnd it is done already.\n" in mixed
    replaced = put_back.words(spec("The model's own Goal."), TEXT).decode()
    assert f"## Goal\n\n{QUOTE}\n\nThe model's own Goal.\n" in replaced


def test_a_goal_that_is_gone_comes_back() -> None:
    """Below the title; what is no spec.md at all is left as it is."""
    found = put_back.words(f"{HEAD}# Till\n\n## Data\n".encode(), TEXT).decode()

    assert found.startswith(f"{HEAD}# Till\n\n## Goal\n\n{QUOTE}\n")
    assert found.endswith("## Data\n")
    for raw in (b"\xff", b"# Till\n", b"---\nid: x\n"):
        assert put_back.words(raw, TEXT) == raw
    assert put_back.words(spec("x"), "") == spec("x")


def test_added_verify_and_after_stay() -> None:
    """They are all that a session adds to an imported list."""
    verify = Verify("py", "tests/test_a.py")
    listed = (replace(GIVEN[0], verify=verify), replace(GIVEN[1], after=("a",)), GIVEN[2])

    assert put_back.imported_features(listed, GIVEN) == (listed, [])


def test_everything_else_comes_back() -> None:
    """A reworded feature, a deleted one, one too many; each is told."""
    verify = Verify("py", "tests/test_a.py")
    easier = replace(GIVEN[0], description="Easy", steps=("Nothing",), extra={}, verify=verify)
    kept, notes = put_back.imported_features((GIVEN[2], easier, replace(GIVEN[0], id="d")), GIVEN)

    assert kept == (replace(GIVEN[0], verify=verify), GIVEN[1], GIVEN[2])
    assert len(notes) == 3
    assert "description, steps, extra" in notes[0]
    assert put_back.imported_features(kept, GIVEN) == (kept, [])


def test_the_order_is_the_users() -> None:
    """It is the order of priority."""
    kept, notes = put_back.imported_features(tuple(reversed(GIVEN)), GIVEN)

    assert (kept, len(notes)) == (GIVEN, 1)
