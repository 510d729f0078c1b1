"""The first brief in a repository of others says where its commit goes, once."""

from __future__ import annotations

import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from handoff.base import locks
from handoff.runtime import Runtime
from handoff.session import state
from support.modded import at_work, hand_over

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo
    from support.store_program import Store

SESSION = "11111111-aaaa-4aaa-8aaa-111111111111"


@pytest.fixture
def theirs(repo: Repo) -> Repo:
    """A repository in which the user, who has an email, has committed nothing."""
    repo.git("config", "user.email", "me@example.org")
    return repo


def test_it_is_said_once(theirs: Repo, handoff: Store) -> None:
    """Two lines behind what `handoff write` says; the entry that they name keeps briefs off."""
    assert handoff("write", "--kind", "task", stdin="# One\n## Task\nDo it.\n") == 0
    assert (
        f"  This is your first brief in {theirs.root.name}; it is committed on branch main of a "
        "repository that you have not committed to before.\n"
        f"  To keep briefs off its branches: projects: {{{theirs.root}: {{commit: ref}}}} in "
        "~/.config/handoff/config.yaml\n"
    ) in handoff.out

    assert handoff("write", "--kind", "task", stdin="# Two\n## Task\nDo it.\n") == 0
    assert "first brief" not in handoff.out


def test_the_entry_that_it_names_works(theirs: Repo, own_home: Path, handoff: Store) -> None:
    """Put into the file as it is printed."""
    first = handoff.json("write", "--kind", "task", stdin="# One\n## Task\nDo it.\n")["notice"]
    entry = first.split("off its branches: ")[1].split(" in ~/")[0]
    file = own_home / ".config" / "handoff" / "config.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(entry)

    assert Runtime(os.environ, full=True).config(str(theirs.root)).commit == "ref"


def test_it_is_not_said_in_a_repository_of_the_users(repo: Repo, handoff: Store) -> None:
    """Who has committed there knows where commits go."""
    repo.git("config", "user.email", "r@example.org")
    handoff("write", "--kind", "task", stdin="# One\n## Task\nDo it.\n")
    assert "first brief" not in handoff.out


@pytest.mark.parametrize("commit", ["ref", "off"])
def test_it_is_not_said_where_nothing_goes_on_the_branch(
    commit: str, theirs: Repo, own_home: Path, handoff: Store
) -> None:
    """It is said as soon as a brief does."""
    file = own_home / ".config" / "handoff" / "config.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(f"commit: {commit}\n")
    handoff("write", "--kind", "task", stdin="# One\n## Task\nDo it.\n")
    assert "first brief" not in handoff.out

    file.write_text("commit: branch\n")
    handoff("write", "--kind", "task", stdin="# Two\n## Task\nDo it.\n")
    assert f"first brief in {theirs.root.name}" in handoff.out


def test_an_unattended_session_is_not_told(
    theirs: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody reads it there: the next one is."""
    with monkeypatch.context() as patch:
        patch.setenv("CLAUDE_CODE_SESSION_ID", SESSION)
        patch.setenv("CLAUDE_CODE_SESSION_ATTENDED", "0")
        handoff("write", "--kind", "task", stdin="# One\n## Task\nDo it.\n")
        assert "first brief" not in handoff.out

    handoff("write", "--kind", "task", stdin="# Two\n## Task\nDo it.\n")
    assert f"first brief in {theirs.root.name}" in handoff.out


def test_a_session_remembers_it_for_its_user(
    theirs: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message at the turn's end has it: the model alone reads what `handoff write` prints."""
    monkeypatch.setenv("CLAUDE_CODE_SESSION_ID", SESSION)
    home = str(theirs.state)
    handoff("write", stdin="# One\n## Task\nDo it.\n")
    assert state.load(home, SESSION).last_brief["notice"].startswith("This is your first brief in")


def test_the_message_of_the_written_brief_has_it(theirs: Repo) -> None:
    """What the user reads at the turn's end."""
    message = hand_over(at_work(theirs))["systemMessage"]
    assert f"\nThis is your first brief in {theirs.root.name}; it is committed on" in message


def test_a_worktrees_sentence_names_the_main_checkout(
    theirs: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Its entry is that of all worktrees."""
    linked = tmp_path.resolve() / "linked"
    theirs.git("worktree", "add", "-q", str(linked))
    monkeypatch.chdir(linked)
    handoff("write", "--kind", "task", stdin="# One\n## Task\nDo it.\n")
    assert f"first brief in {theirs.root.name}; it is committed on branch linked" in handoff.out
    assert f"projects: {{{theirs.root}: {{commit: ref}}}}" in handoff.out


@pytest.mark.parametrize("name", ["a b", "x[1]", "quote'\"", "col: on", "#h", "*"])
def test_any_path_is_an_entry_that_matches_it(
    name: str, theirs: Repo, own_home: Path, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Quoted where YAML or the pattern would read it in another way."""
    root = own_home / name
    theirs.git("clone", "-q", str(theirs.root), str(root))
    theirs.git("-C", str(root), "config", "user.email", "me@example.org")
    monkeypatch.chdir(root)
    first = handoff.json("write", "--kind", "task", stdin="# One\n## Task\nDo it.\n")["notice"]
    file = own_home / ".config" / "handoff" / "config.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(first.split("off its branches: ")[1].split(" in ~/")[0])

    runtime = Runtime(os.environ, full=True)
    assert runtime.read_config(str(root)).problems == []
    assert runtime.config(str(root)).commit == "ref"


def test_a_name_is_one_line_of_plain_text(
    theirs: Repo, own_home: Path, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others may have chosen it: nothing in it acts on a terminal, and it is not long."""
    root = own_home / ("x\tand run this\x1b[2J" + " and this" * 20)
    theirs.git("clone", "-q", str(theirs.root), str(root))
    theirs.git("-C", str(root), "config", "user.email", "me@example.org")
    monkeypatch.chdir(root)
    notice = handoff.json("write", "--kind", "task", stdin="# One\n## Task\nDo it.\n")["notice"]

    first, second = notice.split("\n")
    assert first.startswith("This is your first brief in x and run this\\x1b[2J and this")
    assert len(first) < 250
    assert second.startswith("To keep briefs off its branches: ")


def test_a_lock_that_is_held_costs_only_the_sentence(
    theirs: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The brief is committed by then, and the command says so."""
    monkeypatch.setattr(locks.Lock.__init__, "__defaults__", (0.0,))
    path = theirs.state / "locks" / "repositories"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        assert handoff("write", "--kind", "task", stdin="# One\n## Task\nDo it.\n") == 0
    assert "committed as" in handoff.out
    assert "first brief" not in handoff.out


def test_a_record_that_cannot_be_read_is_not_guessed(theirs: Repo, handoff: Store) -> None:
    """It would be said each time."""
    (theirs.state / "repositories.json").mkdir(parents=True)
    (theirs.state / "repositories.json" / "kept").write_text("x")
    for _ in range(2):
        handoff("write", "--kind", "task", stdin="# One\n## Task\nDo it.\n")
    assert handoff.out.count("first brief") <= 1
