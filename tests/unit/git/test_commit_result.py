"""Every report of a commit says where it is: on the branch, or at which ref and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handoff.cli.views import status as status_view
from handoff.git.commit_result import BY_CONFIGURATION, Committed, dump, load
from handoff.runtime import Runtime
from handoff.status import session_status
from support.client import Client
from support.store_program import BRIEF, Store

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

WHY = "an editor on elsewhere has the commit message open"
SHA = "1a2b3c4d5e6f708090a0b0c0d0e0f01020304050"


def hold_branch(repo: Repo) -> None:
    """Leave what an editor on another host leaves while it has a commit's message open."""
    block = b"b0VIM 9.0".ljust(68, b"\0") + b"elsewhere".ljust(40, b"\0")
    (repo.root / ".git/.COMMIT_EDITMSG.swp").write_bytes(block)


def free_branch(repo: Repo) -> None:
    (repo.root / ".git/.COMMIT_EDITMSG.swp").unlink()


def says_where(text: str, brief_id: str) -> bool:
    """Whether a text has the commit at the brief's ref, why, and nothing of a commit elsewhere."""
    where = f" is kept at refs/handoff/{brief_id} ({WHY}; if not, remove "
    return "not on the branch: commit " in text and where in text and "committed as" not in text


@pytest.mark.parametrize(
    ("committed", "words", "then"),
    [
        (
            Committed(SHA, "refs/heads/main", on_branch=True),
            "committed as 1a2b3c4d5 on main",
            "To undo: git revert 1a2b3c4d5",
        ),
        (Committed("", "refs/heads/main", on_branch=True), "committed on main", ""),
        (
            Committed(SHA, "refs/handoff/x", reason="a merge is in progress"),
            "not on the branch: commit 1a2b3c4d5 is kept at refs/handoff/x "
            "(a merge is in progress)",
            "To put it on the branch later: handoff commit",
        ),
        (
            Committed(SHA, "refs/handoff/x", reason=BY_CONFIGURATION),
            "not on the branch: commit 1a2b3c4d5 is kept at refs/handoff/x "
            "(`commit: ref` is configured)",
            "",
        ),
        (Committed(reason="not a git repository"), "not committed (not a git repository)", ""),
        (Committed(reason="git has no identity."), "not committed (git has no identity)", ""),
        (Committed(), "not committed", ""),
    ],
)
def test_words(committed: Committed, words: str, then: str) -> None:
    """Where it is, why, and the one command that undoes it or puts it on the branch."""
    assert committed.describe() == words
    assert committed.then() == then
    assert load(dump(committed)) == committed


def test_the_hook_after_a_handoff(repo: Repo) -> None:
    """The line under the turn that wrote the brief, and the next session's first one."""
    client = Client(repo)
    client.start()
    client.works(20_000, 205_000)
    client("stop")
    hold_branch(repo)
    brief_id = client.brief()

    told = client("stop", stop_hook_active=True)["systemMessage"]
    assert says_where(told, brief_id), told
    assert "To put it on the branch later: handoff commit" in told
    assert "git revert" not in told

    free_branch(repo)
    picked_up = Client(repo, "s2").start("clear")["systemMessage"]
    assert "picked up “Fix the race”" in picked_up
    assert says_where(picked_up, brief_id), picked_up


def test_the_hook_before_a_compaction(repo: Repo) -> None:
    """A snapshot at a compaction, told after it."""
    client = Client(repo)
    client.start()
    client.works(20_000)
    hold_branch(repo)
    client("pre-compact", trigger="auto")
    (brief,) = repo.briefs()
    told = client.start("compact")["systemMessage"]
    assert says_where(told, brief.stem), told


def test_status(repo: Repo) -> None:
    """The last brief of a session, for people and as JSON."""
    client = Client(repo)
    client.start()
    client.works(20_000)
    hold_branch(repo)
    brief_id = client.brief()
    status = session_status.read_status(Runtime(client.env, full=True), "s1", "", str(repo.root))
    assert says_where("\n".join(status_view.lines(status)), brief_id)
    last = status.as_json()["last_commit"]
    assert (last["ref"], last["on_branch"]) == (f"refs/handoff/{brief_id}", False)


def test_the_command_line(repo: Repo, handoff: Store) -> None:
    """`write`, `list`, `show`, `commit`, `done` and `drop`, for people and as JSON."""
    hold_branch(repo)
    assert handoff("write", "--kind", "task", stdin=BRIEF.format("First")) == 0
    (brief,) = repo.briefs()
    assert says_where(handoff.out, brief.stem), handoff.out
    assert "\n  To put it on the branch later: handoff commit\n" in handoff.out
    assert "git revert" not in handoff.out

    (row,) = handoff.json("list")
    assert (row["ref"], row["on_branch"]) == (f"refs/handoff/{brief.stem}", False)
    assert row["reason"].startswith(WHY)
    handoff("list")
    assert "First  not on the branch\n" in handoff.out
    handoff("show", brief.stem)
    assert says_where(handoff.err, brief.stem), handoff.err

    assert handoff("commit") == 1
    assert says_where(handoff.out, brief.stem), handoff.out
    (landed,) = handoff.answer("commit")
    assert landed["ref"] == f"refs/handoff/{brief.stem}"

    other = handoff.write("Second")
    assert handoff("done", other) == 0
    assert says_where(handoff.out, other), handoff.out

    free_branch(repo)
    handoff("commit")
    assert f"{brief.stem}: committed as " in handoff.out
    assert handoff.json("list")[0]["on_branch"] is True
    handoff("show", brief.stem)
    assert handoff.err == ""
    hold_branch(repo)
    assert handoff("drop", brief.stem) == 0
    assert says_where(handoff.out, brief.stem), handoff.out


def test_what_was_never_to_be_on_the_branch(repo: Repo, handoff: Store, own_home: Path) -> None:
    """With `commit: ref` the place is told, and nothing is left to do."""
    config = own_home / ".config/handoff/config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("commit: ref\n")
    assert handoff("write", "--kind", "task", stdin=BRIEF.format("First")) == 0
    assert f"({BY_CONFIGURATION})" in handoff.out
    assert "handoff commit" not in handoff.out
    (row,) = handoff.json("list")
    assert row["reason"] == BY_CONFIGURATION
    handoff("list")
    assert "not on the branch" not in handoff.out


def test_a_ref_that_holds_more(repo: Repo, handoff: Store) -> None:
    """`commit` names the commit that the ref has in the end."""
    repo.git("checkout", "--quiet", "--detach")
    first = handoff.json("write", "--session", "s1", stdin=BRIEF.format("First"))["id"]
    second = handoff.json("write", "--session", "s1", stdin=BRIEF.format("Second"))["id"]
    repo.git("checkout", "--quiet", "main")
    hold_branch(repo)
    for landed in handoff.answer("commit", second):
        assert repo.git("rev-parse", landed["ref"]).strip() == landed["commit"]
    assert first != second
