"""Another session's brief, and an empty id: what a command does not take for its own."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from handoff.base import processes
from handoff.base.errors import HandoffError
from handoff.session import state
from handoff.store import claims
from handoff.store.match_id import match_id
from support.client import Client

if TYPE_CHECKING:
    from support.program import Program
    from support.repo import Repo


def test_only_by_force_is_an_open_sessions_brief_finished_or_released(
    repo: Repo, handoff: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another session is told who has it, and nothing changes; its own, and a shell's, needs no
    force.
    """
    brief = Client(repo, "s0").brief("task")
    Client(repo, "s1").start()
    client = {"client_pid": os.getpid(), "client_start": processes.read_start(os.getpid())}
    state.update(str(repo.state), "s1", lambda session: session.values.update(client))
    assert claims.claim(str(repo.state), brief, "s1", time.time())
    monkeypatch.setenv("CLAUDE_CODE_SESSION_ID", "s2")

    for verb in (["done", brief], ["pickup", "--release", brief], ["claim", "--release", brief]):
        assert handoff(*verb) == 1, verb
        assert f"{brief} is claimed by session s1, which is still open" in handoff.err
        assert "--force" in handoff.err
    assert claims.owner(str(repo.state), brief) == "s1"
    assert not repo.briefs("done")

    assert handoff("pickup", "--release", "--force", brief) == 0
    assert claims.owner(str(repo.state), brief) == ""
    assert claims.claim(str(repo.state), brief, "s1", time.time())
    assert handoff("done", brief, "--force") == 0
    assert repo.briefs("done")


def test_after_clear_the_same_client_finishes_its_brief(
    repo: Repo, handoff: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The session before it in that client has the claim, and nobody was told of its end."""
    brief = Client(repo).brief("task")
    Client(repo, "s1").start()
    Client(repo, "s2").start(source="clear")
    claims.claim(str(repo.state), brief, "s1", time.time())
    monkeypatch.setenv("CLAUDE_CODE_SESSION_ID", "s2")

    assert handoff("done", brief) == 0


@pytest.mark.parametrize("empty", ["", " "])
@pytest.mark.parametrize("verb", ["done", "drop", "show", "trust", "verify", "commit"])
def test_an_empty_id_names_no_brief(repo: Repo, handoff: Program, verb: str, empty: str) -> None:
    """Where a script's variable was not set, the only brief is not taken for the one meant."""
    Client(repo).brief("task")

    assert handoff(verb, empty) == 2
    assert "it is empty" in handoff.err
    assert len(repo.briefs()) == 1


OPEN_ONLY = ["done {}", "start {} --dry-run", "run {} --dry-run", "relay {}", "pickup {}",
             "pickup {} --release", "claim {}", "drop {}"]  # fmt: skip


@pytest.mark.parametrize("command", OPEN_ONLY)
def test_a_finished_brief_is_said_to_be_finished(
    repo: Repo, handoff: Program, command: str
) -> None:
    """When, and where it is, by every command that needs an open one; also by a part of its ID."""
    brief = Client(repo).brief("task")
    handoff("done", brief)
    day = time.strftime("%Y-%m-%d")

    assert handoff(*command.format(brief[-4:]).split()) == 1
    assert handoff.err.startswith(
        f"handoff: {brief} was finished on {day}; it is in .handoff/done/{brief}.md.\n"
    )


def test_a_dropped_brief_is_said_to_be_dropped(repo: Repo, handoff: Program) -> None:
    """It is nowhere in the worktree, but this machine knows what became of it."""
    brief = Client(repo).brief("task")
    handoff("drop", brief)

    assert handoff("done", brief[-4:]) == 1
    assert f"{brief} was dropped on {time.strftime('%Y-%m-%d')}" in handoff.err


@pytest.mark.parametrize("command", [*OPEN_ONLY, "show {}", "verify {}", "trust {}", "recall {} x",
                                     "lint {}", "wait {}", "commit {}"])  # fmt: skip
def test_a_part_that_several_have_names_them(repo: Repo, handoff: Program, command: str) -> None:
    """No command chooses one of them."""
    briefs = sorted(Client(repo).brief("task") for _ in range(2))

    assert handoff(*command.format("20").split()) == 1
    assert f"'20' matches 2 briefs: {briefs[0]}, {briefs[1]}\nType more of the ID." in handoff.err
    assert len(repo.briefs()) == 2


def test_what_many_have_is_not_listed_whole() -> None:
    """Five of them are enough."""
    ids = [f"2026110{number}-101010-a-task-000{number}" for number in range(7)]
    with pytest.raises(HandoffError, match=r"matches 7 briefs: .*-0004, …\n"):
        match_id("2026", ids)
