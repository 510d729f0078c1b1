"""Whether the user has authored what HEAD has: told by the reflog, else by one run of git."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handoff.git import authorship
from handoff.git import run as git

if TYPE_CHECKING:
    from support.repo import Repo

ROBIN = "r@example.org"  # the author of `Repo`


def is_authored(repo: Repo) -> bool | None:
    checkout = git.find_checkout(str(repo.root))
    assert checkout is not None
    return authorship.is_authored(checkout, repo.git("rev-parse", "HEAD").strip())


def log_runs(git_runs: list[list[str]]) -> list[list[str]]:
    return [command for command in git_runs if "log" in command]


def test_without_an_email_nothing_is_known(repo: Repo) -> None:
    assert is_authored(repo) is None


@pytest.mark.parametrize("email", [ROBIN, "R@Example.org"])
def test_a_commit_made_here_is_found_without_git(
    repo: Repo, email: str, git_runs: list[list[str]]
) -> None:
    """The reflog has it."""
    repo.git("config", "user.email", email)

    assert is_authored(repo) is True
    assert log_runs(git_runs) == []


@pytest.mark.parametrize(("email", "expected"), [(ROBIN, True), ("other@example.org", False)])
def test_a_clone_is_asked_once(
    repo: Repo, email: str, git_runs: list[list[str]], *, expected: bool
) -> None:
    """Its reflog says nothing of who authored what it came with."""
    repo.git("config", "user.email", email)
    (repo.root / ".git" / "logs" / "HEAD").unlink()

    assert is_authored(repo) is expected
    assert len(log_runs(git_runs)) == 1


@pytest.mark.parametrize("kind", ["default", "fixed", "perl"])
def test_briefs_are_not_the_users_work(repo: Repo, kind: str) -> None:
    """Only commits of briefs: the user has authored nothing, however git is told to search."""
    repo.git("config", "grep.patternType", kind)
    repo.git("config", "user.email", "me@example.org")
    mine = ("-c", "user.email=me@example.org", "commit", "-q", "--allow-empty")
    repo.git(*mine, "-m", "handoff: A title")
    (repo.root / ".git" / "logs" / "HEAD").unlink()
    assert is_authored(repo) is False

    repo.git(*mine, "-m", "Say handoff: in a subject")
    (repo.root / ".git" / "logs" / "HEAD").unlink()
    assert is_authored(repo) is True


def test_a_linked_worktree_has_the_reflog_of_its_repository(
    repo: Repo, git_runs: list[list[str]]
) -> None:
    """A worktree's own has no commit yet."""
    repo.git("config", "user.email", ROBIN)
    linked = repo.root.parent / "linked"
    repo.git("worktree", "add", "-q", str(linked))
    checkout = git.find_checkout(str(linked))
    assert checkout is not None

    assert authorship.is_authored(checkout, repo.git("rev-parse", "HEAD").strip()) is True
    assert log_runs(git_runs) == []


def test_what_git_cannot_say_is_not_guessed(repo: Repo) -> None:
    repo.git("config", "user.email", "me@example.org")
    checkout = git.find_checkout(str(repo.root))
    assert checkout is not None
    assert authorship.is_authored(checkout, "0" * 40) is None
