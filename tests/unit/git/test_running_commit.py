"""A `git commit` that runs keeps the branch where it is; one that is over, however, does not."""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from handoff.git import run as git
from handoff.git import running_commit
from handoff.process import identity
from support.store_program import Store, on_branch, refs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support.repo import Repo

IDENTITY = ("-c", "user.name=Robin", "-c", "user.email=r@example.org")


class Users:
    """A `git commit` of the user's that has begun to wait, in its editor or in a hook."""

    def __init__(self, process: subprocess.Popen[bytes], go: Path) -> None:
        self.process = process
        self._go = go

    def goes_on(self) -> int:
        """Let it go on to its end; its exit code."""
        self.released()
        return self.process.wait(10)

    def released(self) -> None:
        """Let it go on, and do not wait."""
        self._go.write_text("\n")

    def is_killed(self) -> None:
        """End git with SIGKILL, and what it waits for after it."""
        self.process.kill()
        self.process.wait(10)
        self.released()


@contextmanager
def committing(
    root: Path,
    folder: Path,
    *options: str,
    verb: str = "commit",
    where: str = "",
    ends: str = 'echo Mine >"$1"',
    hook: str = "",
) -> Iterator[Users]:
    """Change `app.py` in `root`, begin to commit it, and wait until git waits for us."""
    opened, go = folder / "opened", folder / "go"
    for pipe in (opened, go):
        os.mkfifo(pipe)
    waits = folder / "waits"
    waits.write_text(f'#!/bin/sh\necho >"{opened}"\nread line <"{go}"\n{ends}\n')
    waits.chmod(0o755)
    (root / "app.py").write_text("print('mine')\n")
    subprocess.run(["git", "add", "app.py"], cwd=root, check=True)
    editor = str(waits)
    if hook:
        editor = ":"
        (folder / hook).symlink_to(waits)
        options = ("--message=Mine", *options)
    command = ["git", *IDENTITY, *(("-c", f"core.hooksPath={folder}") if hook else ())]
    with subprocess.Popen(
        [*command, verb, "--quiet", *options],
        cwd=root / where,
        env={**os.environ, "GIT_EDITOR": editor},
        stderr=subprocess.DEVNULL,
    ) as process:
        opened.read_text()
        users = Users(process, go)
        try:
            yield users
        finally:
            if process.poll() is None:  # the test failed
                users.is_killed()


def checkout(root: Path) -> git.Checkout:
    repo_checkout = git.find_checkout(str(root))
    assert repo_checkout is not None
    return repo_checkout


@pytest.mark.parametrize(
    ("options", "where"),
    [([], ""), (["--amend"], ""), ([], "lib"), (["--message=Mine", "--edit"], "")],
    ids=["plain", "amend", "below", "edit"],
)
def test_an_editor_that_waits(
    repo: Repo, handoff: Store, tmp_path: Path, options: list[str], where: str
) -> None:
    """While the user's editor has a commit's message, the branch stays where it is: git would
    refuse that commit afterwards. It is said where the brief's commit is and why; `handoff commit`
    then puts it on the branch.
    """
    (repo.root / "lib").mkdir()
    with committing(repo.root, tmp_path, *options, where=where) as users:
        brief_id = handoff.write("Meanwhile")
        assert handoff("show", brief_id) == 0
        reason = f"`git commit` is running here, process {users.process.pid}"
        assert f"is kept at refs/handoff/{brief_id} ({reason})" in handoff.err
        assert users.goes_on() == 0
    assert refs(repo) == [f"refs/handoff/{brief_id}"]

    assert handoff.json("commit")[0]["result"] == "committed"
    subject = f"handoff: write task “Meanwhile” ({brief_id[-4:]})"
    assert repo.git("log", "--format=%s", "-2").splitlines() == [subject, "Mine"]


def switch_reflogs_off(repo: Repo) -> None:
    repo.git("config", "core.logAllRefUpdates", "false")
    shutil.rmtree(repo.root / ".git/logs", ignore_errors=True)


def remove_reflogs(repo: Repo) -> None:
    shutil.rmtree(repo.root / ".git/logs", ignore_errors=True)


def empty_reflogs(repo: Repo) -> None:
    repo.git("reflog", "expire", "--expire=all", "--all")


@pytest.mark.parametrize("prepare", [switch_reflogs_off, remove_reflogs, empty_reflogs])
def test_without_reflogs(
    repo: Repo, handoff: Store, tmp_path: Path, prepare: Callable[[Repo], None]
) -> None:
    """A reflog is no part of it: the branch stays where it is, and the user's commit goes through.
    Afterwards the brief comes onto the branch, and no reflog is made where the user wants none.
    """
    prepare(repo)
    with committing(repo.root, tmp_path) as users:
        brief_id = handoff.write("Meanwhile")
        assert users.goes_on() == 0
    assert refs(repo) == [f"refs/handoff/{brief_id}"]
    (row,) = handoff.json("list")
    assert row["reason"] == f"`git commit` is running here, process {users.process.pid}"

    assert handoff.json("commit")[0]["result"] == "committed"
    subject = f"handoff: write task “Meanwhile” ({brief_id[-4:]})"
    assert repo.git("log", "--format=%s", "-2").splitlines() == [subject, "Mine"]
    if prepare is switch_reflogs_off:
        assert not (repo.root / ".git/logs/HEAD").exists()
        assert not (repo.root / ".git/logs/refs/heads").exists()


@pytest.mark.parametrize("options", [["--all"], ["--only", "app.py"]], ids=["all", "partial"])
def test_a_commit_that_holds_the_index(
    repo: Repo, handoff: Store, tmp_path: Path, options: list[str]
) -> None:
    """`commit -a` and `commit FILE` hold index.lock too; the running commit is what is named."""
    with committing(repo.root, tmp_path, *options) as users:
        handoff.write("Meanwhile")
        assert users.goes_on() == 0
    (row,) = handoff.json("list")
    assert "`git commit` is running here" in row["reason"]
    assert not row["on_branch"]


def test_a_hook_that_runs(repo: Repo, handoff: Store, tmp_path: Path) -> None:
    """Before its editor opens git runs hooks, and has read HEAD already."""
    with committing(repo.root, tmp_path, ends="exit 0", hook="pre-commit") as users:
        brief_id = handoff.write("Meanwhile")
        assert users.goes_on() == 0
    assert refs(repo) == [f"refs/handoff/{brief_id}"]
    assert repo.git("log", "-1", "--format=%s").strip() == "Mine"


def test_an_alias(repo: Repo, tmp_path: Path) -> None:
    """git runs an alias of `commit` as a `git commit` of its own."""
    repo.git("config", "alias.save", "commit")
    with committing(repo.root, tmp_path, verb="save") as users:
        assert running_commit.find_running_commit(checkout(repo.root), wait=0)
        assert users.goes_on() == 0


@pytest.mark.parametrize("ends", ["exit 1", ': >"$1"', 'echo "# only a comment" >"$1"'])
def test_one_that_was_given_up(repo: Repo, handoff: Store, tmp_path: Path, ends: str) -> None:
    """An editor that failed, or left no message: the commit is over, its file is no sign of one."""
    with committing(repo.root, tmp_path, ends=ends) as users:
        assert users.goes_on() != 0
    assert (repo.root / ".git/COMMIT_EDITMSG").exists()

    handoff.write("Afterwards")
    assert len(on_branch(repo)) == 1
    assert not refs(repo)


def test_one_that_was_killed(repo: Repo, handoff: Store, tmp_path: Path) -> None:
    """git is gone, and its message is left."""
    with committing(repo.root, tmp_path) as users:
        users.is_killed()
    assert (repo.root / ".git/COMMIT_EDITMSG").exists()

    handoff.write("Afterwards")
    assert len(on_branch(repo)) == 1


def test_one_that_found_nothing(repo: Repo, handoff: Store) -> None:
    """A commit that found nothing to commit leaves COMMIT_EDITMSG newer than HEAD's last move."""
    done = subprocess.run(["git", *IDENTITY, "commit"], cwd=repo.root, capture_output=True)
    assert done.returncode == 1
    message = repo.root / ".git/COMMIT_EDITMSG"
    moved = (repo.root / ".git/logs/HEAD").stat().st_mtime_ns
    assert message.stat().st_mtime_ns > moved

    assert handoff("write", stdin="# Afterwards\n## Task\nDo it.\n") == 0
    assert " on main\n" in handoff.out
    assert len(on_branch(repo)) == 1


def test_one_in_another_worktree(repo: Repo, handoff: Store, tmp_path: Path) -> None:
    """What another work tree commits moves another branch."""
    other = tmp_path / "other"
    repo.git("worktree", "add", "--quiet", "-b", "other", str(other))
    with committing(other, tmp_path) as users:
        handoff.write("Here")
        assert len(on_branch(repo)) == 1
        assert running_commit.find_running_commit(checkout(other), wait=0)
        assert users.goes_on() == 0


def test_one_that_ends_in_time(repo: Repo, tmp_path: Path) -> None:
    """A commit whose message is at hand is waited for."""
    with committing(repo.root, tmp_path, hook="pre-commit") as users:
        users.released()
        assert running_commit.find_running_commit(checkout(repo.root), wait=30) == ""


def test_no_ps_of_the_work_tree(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An empty element of the PATH means the current directory: no program is taken from it."""
    ran = repo.root / "ran"
    (repo.root / "ps").write_text(f"#!/bin/sh\necho > '{ran}'\n")
    (repo.root / "ps").chmod(0o755)
    monkeypatch.chdir(repo.root)
    monkeypatch.setenv("PATH", f"{os.pathsep}.{os.pathsep}{os.environ['PATH']}")
    assert running_commit._printed("ps") != ""
    assert identity._by_ps(os.getpid())
    assert not ran.exists()


def test_without_proc(repo: Repo, tmp_path: Path) -> None:
    """Where the system lists no processes as files, `ps` shows the commit, in an editor or a hook,
    and `lsof` whether it runs here.
    """
    repo_checkout = checkout(repo.root)
    other = tmp_path / "other"
    repo.git("worktree", "add", "--quiet", "-b", "other", str(other))
    nowhere = str(tmp_path / "nowhere")
    with committing(repo.root, tmp_path, ends="exit 0", hook="pre-commit") as users:
        description = running_commit.find_running_commit(repo_checkout, wait=0, proc=nowhere)
        elsewhere = running_commit.find_running_commit(checkout(other), wait=0, proc=nowhere)
        users.goes_on()
    assert description == f"`git commit` is running here, process {users.process.pid}"
    assert elsewhere == ""
    assert running_commit.find_running_commit(repo_checkout, wait=0, proc=nowhere) == ""


def test_without_lsof(repo: Repo, programs: Path, tmp_path: Path) -> None:
    """Where nothing tells in which work tree a commit runs, it counts as running here."""
    for name in ("git", "ps"):
        (programs / name).symlink_to(shutil.which(name) or name)
    repo_here = checkout(repo.root)
    with committing(repo.root, tmp_path) as users, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", str(programs))
        description = running_commit.find_running_commit(
            repo_here, wait=0, proc=str(tmp_path / "nowhere")
        )
        users.goes_on()
    assert description.startswith("`git commit` is running here, process ")


def swap_file(host: str) -> bytes:
    """The begin of a swap file of Vim 9.0, as it writes it for a file that is open on `host`."""
    head = b"b0VIM 9.0\0\0\0\0\x10\0\0" + bytes(8) + (4711).to_bytes(4, "little")
    return head + b"root".ljust(40, b"\0") + host.encode().ljust(40, b"\0")


@pytest.mark.parametrize(
    ("host", "is_open"), [("elsewhere", True), (os.uname().nodename, False), ("", False)]
)
def test_an_editor_on_another_host(repo: Repo, host: str, is_open: bool) -> None:
    """A machine or container that shares the folder shows itself by its editor's swap file; one of
    this host, whose processes are known, was left behind.
    """
    swap = repo.root / ".git/.COMMIT_EDITMSG.swp"
    swap.write_bytes(swap_file(host))
    description = running_commit.find_running_commit(checkout(repo.root), wait=0)
    assert bool(description) is is_open
    if is_open:
        assert description == (
            f"an editor on elsewhere has the commit message open; if not, remove {swap}"
        )


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("git commit", True),
        ("/usr/lib/git-core/git commit -q", True),
        ("git -C lib -c a.b=c --no-pager commit --amend", True),
        ("git --git-dir=x --work-tree y commit", True),
        ("/usr/lib/git-core/git-commit -q", True),
        ("git log --grep commit", False),
        ("git -c commit status", False),
        ("git commit-tree 1234", False),
        ("git-shell commit", False),
        ("vim commit", False),
        ("git", False),
    ],
)
def test_arguments_of_a_commit(command: str, expected: bool) -> None:
    """It is git's own first word that counts, wherever options stand."""
    assert running_commit.is_commit([*command.split(), ""]) is expected
