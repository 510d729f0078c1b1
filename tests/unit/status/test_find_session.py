"""A session by a part of its ID: every command with --session takes what `status` shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handoff.base.errors import HandoffError
from handoff.client.transcript import folders
from handoff.runtime import Runtime
from handoff.status.find_session import find_session_id
from support.client import Client

if TYPE_CHECKING:
    from pathlib import Path

    from support.program import Program
    from support.repo import Repo

ONE, OTHER = "1b2c0000-0000-4000-8000-00000000aaaa", "1b2d0000-0000-4000-8000-00000000bbbb"


def started(repo: Repo, name: str) -> Client:
    """A session that has answered once."""
    client = Client(repo, name)
    client.start()
    client.works(20_000)
    client("post-tool-batch")
    return client


@pytest.mark.parametrize("part", ["1b2c", "1b2c0000", "aaaa", ONE])
def test_every_command_takes_a_part(repo: Repo, handoff: Program, part: str) -> None:
    """Its beginning or its end, as far as that is one session's."""
    for name in (ONE, OTHER):
        started(repo, name)

    assert handoff.json("status", "--session", part)["session_id"] == ONE
    assert handoff.json("why", "--session", part)["session_id"] == ONE
    assert handoff.json("session", "mode", "notify", "--session", part)["session_id"] == ONE
    handoff("recall", "--session", part, "prices")
    assert f"session {ONE}" in handoff.out


def test_several_are_named(repo: Repo, handoff: Program) -> None:
    """None of them is chosen, and both are shown."""
    for name in (ONE, OTHER):
        started(repo, name)

    assert handoff("why", "--session", "1b2") == 1
    assert f'matches 2 sessions: "{ONE}", "{OTHER}"' in handoff.err
    assert "Type more of the ID." in handoff.err


def test_one_that_only_the_client_has(repo: Repo, own_home: Path) -> None:
    """Its transcript is there, though no hook saw it; what nobody has stays as it was given."""
    folder = own_home / ".claude" / "projects" / folders.folder_name(str(repo.root))
    folder.mkdir(parents=True)
    (folder / f"{ONE}.jsonl").write_text("")
    runtime = Runtime({"HOME": str(own_home), "HANDOFF_HOME": str(repo.state)}, full=True)

    assert find_session_id("aaaa", runtime) == ONE
    assert find_session_id("nobody", runtime) == "nobody"
    assert find_session_id("../*", runtime) == "../*"
    (folder / f"{OTHER}.jsonl").write_text("")
    with pytest.raises(HandoffError, match="matches 2 sessions"):
        find_session_id("1b2", runtime)
