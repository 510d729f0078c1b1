"""Where git cannot say how the work tree is, a brief is written all the same, and says so."""

from __future__ import annotations

import errno
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from handoff.base.errors import HandoffError
from handoff.git import execute, fingerprint, gitpython, status
from handoff.git import run as git
from handoff.store import places
from support.client import Client, context
from support.repository_damage import DAMAGES, lose_the_commit, other_git

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.repo import Repo
    from support.store_program import Store

BRIEF = "# Fix it\n## Task\nDo it.\n## State\nAll is committed in 1234567.\n"


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_brief_is_written(repo: Repo, handoff: Store, damage: Callable[[Repo], None]) -> None:
    """`handoff write` stores the brief, says what git could not say, and its JSON has it too. Once
    the repository is whole again the next session is given that brief.
    """
    whole = repo.root.parent / "whole"
    shutil.copytree(repo.root / ".git", whole)
    damage(repo)
    written = handoff.json("write", "--session", "s1", stdin=BRIEF)

    (brief,) = repo.briefs()
    assert "Do it." in brief.read_text()
    assert written["problem"] or written["reason"]
    assert "bug" not in handoff.err
    assert handoff("write", "--session", "s1", stdin=BRIEF) == 0
    assert "git" in handoff.out.partition("To undo")[0]
    (brief,) = repo.briefs()
    handoff("doctor")
    assert "git" in handoff.out
    assert handoff("list") == 0
    assert not (repo.state / "log/handoff.log").exists()

    (repo.root / ".git/handoff-id").rename(whole / "handoff-id")
    shutil.rmtree(repo.root / ".git")
    whole.rename(repo.root / ".git")
    assert brief.stem in context(Client(repo, "s2").start())


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    "event", [("pre-compact", {"trigger": "auto"}), ("session-end", {"reason": "other"})]
)
def test_a_snapshot_is_written(
    repo: Repo, damage: Callable[[Repo], None], event: tuple[str, dict[str, Any]]
) -> None:
    """At a compaction, where it is said, and at the end of a session over its threshold."""
    client = Client(repo)
    client.start()
    client.works(20_000, 205_000)
    client("post-tool-batch", tool_calls=[])
    damage(repo)
    assert client(event[0], **event[1]) == {}
    (brief,) = repo.briefs()
    assert "List the prices" in brief.read_text()
    if event[0] == "pre-compact":
        answer = client.start("compact")
        assert "git" in answer["systemMessage"]
        assert brief.stem in context(answer)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_waiting_brief_is_given(repo: Repo, damage: Callable[[Repo], None]) -> None:
    """A repository that breaks after the brief was written does not cost the next session it."""
    brief = Client(repo).brief()
    damage(repo)
    assert brief in context(Client(repo, "s2").start())


@pytest.mark.parametrize(
    ("does", "why"),
    [
        ("kill -9 $$", "took too long"),
        ("kill -11 $$", "exit code"),
        ("echo 'fatal: index file corrupt' >&2; exit 128", "index file corrupt"),
        ("exec sleep 600", "took too long"),
    ],
)
def test_status_alone_fails(
    repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch, does: str, why: str
) -> None:
    """The brief is committed, with branch and commit; why the rest is not known stands in its front
    matter, in what the command prints, and in what the next session is told.
    """
    other_git(repo, monkeypatch, "status", does)
    head = repo.git("rev-parse", "HEAD").strip()
    written = handoff.json("write", stdin="# Fix it\n## Task\nDo it.\n")

    assert written["on_branch"]
    assert why in written["problem"]
    text = repo.briefs()[0].read_text()
    assert f"head: {head}" in text
    assert "dirty: unknown" in text
    assert why in text.partition("# Fix it")[0]
    assert handoff("write", stdin="# Next\n## Task\nDo it.\n") == 0
    assert "without git's state (git " in handoff.out
    handoff("doctor")
    assert "briefs are written without git's state" in handoff.out
    given = context(Client(repo, "s2", HANDOFF_PICKUP=written["id"]).start())
    assert "git could not say what was uncommitted when it was written" in given


def test_another_users_repository(
    repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where git refuses the repository, the brief is at its top all the same, and no other's."""
    (repo.root / "src").mkdir()
    monkeypatch.chdir(repo.root / "src")
    with monkeypatch.context() as patch:
        patch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        written = handoff.json("write", stdin=BRIEF)
        assert "another user owns it" in written["reason"]
    assert [path.stem for path in repo.briefs()] == [written["id"]]
    beside = str(repo.root / "src")
    client = Client(repo, "s2", CLAUDE_PROJECT_DIR=beside)
    assert written["id"] in context(client.start(cwd=beside))


def test_a_linked_work_tree_that_git_refuses(
    repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its briefs stay its own: the repository is known by its files alone."""
    tree = repo.root.parent / "tree"
    repo.git("worktree", "add", "--quiet", str(tree))
    monkeypatch.chdir(tree)
    before = places.locate(str(tree))
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
    after = places.locate(str(tree))
    assert (after.root, after.key) == (before.root, before.key)
    assert after.problem


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), "processes or threads"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "not enough memory"),
        (OSError(errno.EMFILE, "Too many open files"), "too many files open"),
        (RuntimeError("can't start new thread"), "processes or threads"),
        (MemoryError(), "not enough memory"),
        (PermissionError(errno.EACCES, "Permission denied", "git"), "Permission denied"),
    ],
)
def test_git_cannot_be_started(
    repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch, error: Exception, reason: str
) -> None:
    """The brief is on disk; it is said that git could not be started, and why. It is no bug, and
    the folder is a repository.
    """

    def fail(*_: Any, **__: Any) -> Any:
        raise error

    with monkeypatch.context() as patch, execute.started_by(fail):
        patch.setattr(gitpython, "start", fail)
        written = handoff.json("write", "--session", "s1", stdin=BRIEF)
        client = Client(repo)
        client.works(20_000, 21_000)
        client("pre-compact", trigger="auto")
        told = client("user-prompt-submit", prompt="go on")["systemMessage"]
        with pytest.raises(HandoffError) as caught:
            git.check_result(git.version(), "read it")
    assert ("raise the limit" in str(caught.value)) == (reason != "Permission denied")
    assert "git could not be started: " in written["reason"]
    assert reason in written["reason"]
    assert "git could not be started" in told
    (brief,) = repo.briefs()
    assert "Do it." in brief.read_text()
    client("session-end", reason="clear")
    assert brief.stem in context(Client(repo, "s2").start("clear"))


def test_the_state_of_a_repository_without_its_commit(repo: Repo) -> None:
    """Neither branch nor commit are made up; a mark of the work tree is not made of it."""
    lose_the_commit(repo)
    place = places.locate(str(repo.root))
    assert place.checkout
    state = status.read_state(place.checkout)
    assert (state.complete, state.has_head, state.branch, state.head) == (False, False, None, None)
    assert "git could not read HEAD" in state.problem
    assert fingerprint.read(place.checkout).mark == ""


@pytest.mark.parametrize(
    "error",
    [
        BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"),
        OSError(errno.EMFILE, "Too many open files", "/somewhere"),
        RuntimeError("can't start new thread"),
        MemoryError(),
    ],
)
def test_a_command_that_runs_short(
    repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """It says of what there is too little, and what to do: that is no bug of ours."""

    def fail(*_: Any) -> Any:
        raise error

    monkeypatch.setattr(places, "locate", fail)
    assert handoff("doctor") == 1
    assert "Stopped because " in handoff.err
    assert "ulimit" in handoff.err
    assert not (repo.state / "log/handoff.log").exists()


def test_a_hook_that_runs_short(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """The log has one line for it."""

    def fail(*_: Any) -> Any:
        raise RuntimeError("can't start new thread")

    client = Client(repo)
    client.brief()
    monkeypatch.setattr(places, "locate", fail)
    with pytest.raises(AssertionError, match="no more processes or threads can be started"):
        Client(repo, "s2").start()
    assert len((repo.state / "log/handoff.log").read_text().splitlines()) == 1


def test_a_library_that_cannot_be_loaded(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its import starts git: where that fails, this is no folder without a repository."""

    def fail() -> Any:
        raise ImportError("Failed to initialize") from BlockingIOError(errno.EAGAIN, "try again")

    monkeypatch.setattr(gitpython, "_load", fail)
    with gitpython.in_use():
        assert "no more processes or threads" in places.locate(str(repo.root)).problem
