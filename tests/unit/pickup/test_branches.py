"""Which branch a brief belongs to, when the branch has another name by now, or never had one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support.client import Client, context

if TYPE_CHECKING:
    from support.repo import Repo


def write(repo: Repo) -> str:
    """A brief of a session that is closed."""
    client = Client(repo)
    client.start()
    brief = client.brief()
    client("session-end", reason="prompt_input_exit")
    return brief


def start(repo: Repo) -> tuple[str, str]:
    """What the next session's model and user are told."""
    answer = Client(repo, "s2").start()
    return context(answer), str(answer.get("systemMessage", ""))


def test_the_branch_was_renamed(repo: Repo) -> None:
    """`git branch -m`: the brief is this branch's, and the session is told of both names."""
    brief = write(repo)
    repo.git("branch", "-m", "main", "trunk")

    text, _ = start(repo)

    assert brief in text
    assert "the branch was main, now it is trunk" in text


def test_another_branch_has_it_too(repo: Repo) -> None:
    """As long as its own branch is there, a branch that began there is another one."""
    brief = write(repo)
    repo.git("switch", "--quiet", "-c", "topic")

    text, told = start(repo)

    assert text == ""
    assert f"brief {brief} was not picked up: it belongs to the branch main" in told


@pytest.mark.parametrize("merged", [True, False])
def test_the_branch_was_deleted(repo: Repo, *, merged: bool) -> None:
    """Merged before, its briefs go on where it went; thrown away, they are nobody's."""
    repo.git("switch", "--quiet", "-c", "topic")
    brief = write(repo)
    path = f".handoff/open/{brief}.md"
    raw = (repo.root / path).read_bytes()
    repo.git("switch", "--quiet", "main")
    if merged:
        repo.git("merge", "--quiet", "--no-ff", "--message=Merge", "topic")
    repo.git("branch", "-D", "topic")
    (repo.root / path).parent.mkdir(parents=True, exist_ok=True)
    (repo.root / path).write_bytes(raw)

    text, told = start(repo)

    assert (brief in text) is merged
    assert merged or "it belongs to the branch topic" in told


@pytest.mark.parametrize("command", [("checkout", "main"), ("switch", "-c", "fix")])
def test_head_was_detached_and_has_a_branch_now(repo: Repo, command: tuple[str, ...]) -> None:
    """At the very commit that the brief was written on it is this branch's."""
    repo.git("checkout", "--quiet", "--detach")
    brief = write(repo)
    repo.git(command[0], "--quiet", *command[1:])

    text, _ = start(repo)

    assert brief in text


def test_head_was_detached_elsewhere(repo: Repo) -> None:
    """On a branch at another commit the reason is named, and no branch of a strange name."""
    repo.git("checkout", "--quiet", "--detach")
    write(repo)
    repo.git("checkout", "--quiet", "main")
    repo.git("commit", "--quiet", "--allow-empty", "--message=Go on")

    text, told = start(repo)

    assert text == ""
    assert "it was written on a detached HEAD" in told
