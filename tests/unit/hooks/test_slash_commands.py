"""What the user is told of `/pickup`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.client import Client

if TYPE_CHECKING:
    from support.repo import Repo
    from support.store_program import Store


def test_a_pick_up_by_hand_names_the_brief(repo: Repo, handoff: Store) -> None:
    """By its title, as the pick-up at a session's start does."""
    brief = handoff.write("Fix the race")
    client = Client(repo)

    answer = client("user-prompt-expansion", command_name="handoff:pickup", command_args=brief[-4:])

    assert answer["systemMessage"] == "handoff: picked up “Fix the race”"


def test_a_pick_up_at_the_start_says_how_to_continue(repo: Repo) -> None:
    """In the word that the next session's user types."""
    first = Client(repo, "s0")
    first.start()
    first.works(20_000)
    first.brief()
    first("session-end", reason="clear")

    message = Client(repo, "s1").start("clear")["systemMessage"]

    assert "picked up “Fix the race”" in message
    assert message.endswith("Type “continue”, or what you want next.")
