"""Code writes a brief where something was done since the session's last one, and only there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handoff.client.transcript import reader
from support.client import Client
from support.session_file import SessionFile

if TYPE_CHECKING:
    from support.repo import Repo


class Session:
    """A session that worked and wrote a brief in its second turn. `before` is where that began."""

    def __init__(self, repo: Repo) -> None:
        self.client = Client(repo)
        self.client.start()
        self.file = SessionFile(self.client.transcript)
        self.file.turn("build the till", "What shall it print?")
        self.before = self.file.leaf
        self.works("print a receipt", 6)
        self.brief = self.client.brief()

    def works(self, prompt: str, calls: int, output: str = "print()") -> None:
        """A prompt and so many tool calls for it."""
        self.file.typed(prompt)
        for number in range(calls):
            call = f"{prompt}-{number}"
            self.file.answer({"type": "tool_use", "id": call, "name": "Read", "input": {}})
            self.file.result(call, output)
        self.file.answer("Done.")

    def ends(self) -> None:
        """The turn ends, then the session."""
        self.client("stop")
        self.client("session-end", reason="other")


@pytest.fixture
def session(repo: Repo) -> Session:
    return Session(repo)


def only(repo: Repo) -> str:
    (path,) = repo.briefs()
    return path.read_text()


@pytest.mark.parametrize("calls", [2, 6])
def test_another_way_after_a_rewind(repo: Repo, session: Session, calls: int) -> None:
    """What was taken back counts no more, so fewer calls, or as many, are not nothing."""
    session.file.leaf = session.before
    session.works("no, send a mail", calls)
    session.ends()
    assert "no, send a mail" in only(repo)


def test_nothing_after_a_rewind(repo: Repo, session: Session) -> None:
    """Going back alone is no work: the model's brief stays."""
    session.file.leaf = session.before
    session.file.turn("is that all?", "It is.")
    session.ends()
    assert session.brief in only(repo)


@pytest.mark.parametrize("tool", ["EnterWorktree", "ExitWorktree"])
def test_a_move_is_no_work(repo: Repo, session: Session, tool: str) -> None:
    """Nothing is done by going elsewhere: the model's brief stays."""
    session.file.typed("leave the worktree")
    session.file.answer({"type": "tool_use", "id": "move", "name": tool, "input": {}})
    session.file.result("move", "Exited worktree.")
    session.ends()
    assert session.brief in only(repo)


def test_a_long_session(repo: Repo, session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a long transcript only the end is read whole: a count of its calls does not grow."""
    monkeypatch.setattr(reader, "RECENT", 4_000)
    session.works("and a mail", 2, "x" * 1_500)
    session.ends()
    assert "and a mail" in only(repo)
