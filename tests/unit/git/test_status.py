"""What is read from git: where a work tree is, what state it is in, what happened since."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handoff.base.errors import HandoffError
from handoff.git import history, status
from handoff.git import run as git
from handoff.git.dirty import DirtyFile
from support.git_lab import Lab, Repo, checkout
from support.git_states import merge_with_conflict, two_sides

if TYPE_CHECKING:
    from collections.abc import Callable


def test_gitpython_is_not_imported_before_git_runs() -> None:
    """Whoever imports these modules does not pay for GitPython until git is needed."""
    code = "import sys, handoff.git.commit, handoff.git.history; sys.exit('git' in sys.modules)"

    done = subprocess.run(
        [sys.executable, "-c", code], env={"PYTHONPATH": os.pathsep.join(sys.path)}
    )

    assert done.returncode == 0


def test_find_from_a_folder_below(lab: Lab) -> None:
    """From any folder below, the top is found, symbolic links resolved."""
    repo = lab.repo()
    (lab.base / "link").symlink_to(repo.root)

    repo_checkout = git.find_checkout(str(lab.base / "link" / "src"))

    assert repo_checkout == git.Checkout(
        root=str(repo.root),
        git_dir=str(repo.root / ".git"),
        common_dir=str(repo.root / ".git"),
        worktree="main",
    )


def test_find_in_a_linked_work_tree(lab: Lab) -> None:
    """A linked work tree has a name and a git directory of its own, and shares the common one."""
    repo = lab.repo()
    repo.git("worktree", "add", "-q", "../linked")

    repo_checkout = git.find_checkout(str(lab.base / "linked"))

    assert repo_checkout == git.Checkout(
        root=str(lab.base / "linked"),
        git_dir=str(repo.root / ".git/worktrees/linked"),
        common_dir=str(repo.root / ".git"),
        worktree="linked",
    )


def test_find_in_a_submodule(lab: Lab) -> None:
    """A submodule is a repository of its own, and its work tree the main one of that."""
    lab.repo("library")
    top = lab.repo("top")
    top.git("submodule", "--quiet", "add", "../library", "lib")

    repo_checkout = git.find_checkout(str(top.root / "lib"))

    assert repo_checkout
    assert (repo_checkout.root, repo_checkout.worktree) == (str(top.root / "lib"), "main")
    assert repo_checkout.common_dir == repo_checkout.git_dir == str(top.root / ".git/modules/lib")


def test_find_relative(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative directory is taken from where the process is; the answer is absolute."""
    repo = lab.repo()
    monkeypatch.chdir(repo.root / "src")

    for directory in (".", "", "../doc"):
        repo_checkout = git.find_checkout(directory)
        assert repo_checkout
        assert repo_checkout.common_dir == str(repo.root / ".git")


def test_find_nothing(lab: Lab) -> None:
    """Outside git, in a bare repository, in `.git` and in a folder that is not there: None."""
    repo = lab.repo()
    repo.git("clone", "-q", "--bare", ".", "../bare.git")
    (lab.base / "plain").mkdir()

    for place in ("plain", "bare.git", "repo/.git", "repo/.git/refs", "nowhere"):
        assert git.find_checkout(str(lab.base / place)) is None


def test_find_without_git(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a machine without git there is no repository, and no error."""
    repo = lab.repo()
    monkeypatch.setenv("PATH", str(lab.base))

    assert git.find_checkout(str(repo.root)) is None


def test_find_of_another_owner(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository that git refuses (`safe.directory`) is an error that names the fix."""
    repo = lab.repo()
    monkeypatch.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")

    with pytest.raises(HandoffError) as caught:
        git.find_checkout(str(repo.root))

    assert str(repo.root) in caught.value.what
    assert caught.value.hint.endswith(f"git config --global --add safe.directory {repo.root}")


@pytest.mark.parametrize("text", ["no gitfile", "gitdir: /nowhere/at/all"])
def test_find_with_a_broken_gitfile(text: str, lab: Lab) -> None:
    """A broken `.git` is named with git's own words, not taken for the lack of a repository."""
    (lab.base / "broken").mkdir()
    (lab.base / "broken" / ".git").write_text(text + "\n")

    with pytest.raises(HandoffError, match=r"gitfile|/nowhere/at/all, which is not a"):
        git.find_checkout(str(lab.base / "broken"))


def test_find_with_a_line_break_in_the_path(lab: Lab) -> None:
    """A path that git cannot report is an error, not another path."""
    repo = lab.repo("line\nbreak")

    with pytest.raises(HandoffError, match="line break"):
        git.find_checkout(str(repo.root))


def test_the_clients_environment_does_not_lead_astray(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Inherited GIT_DIR and its like, as hooks of git have them, are not followed."""
    repo = lab.repo()
    other = lab.repo("other")
    other.write("a.txt", "dirty\n")
    monkeypatch.setenv("GIT_DIR", str(other.root / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(other.root))
    monkeypatch.setenv("GIT_INDEX_FILE", str(lab.base / "no-index"))
    monkeypatch.setenv("GIT_OBJECT_DIRECTORY", str(lab.base / "no-objects"))
    monkeypatch.setenv("GIT_GLOB_PATHSPECS", "1")

    repo_checkout = git.find_checkout(str(repo.root))

    assert repo_checkout
    assert repo_checkout.git_dir == str(repo.root / ".git")
    assert status.read_state(repo_checkout).dirty_files == ()
    assert not git.is_ignored(repo_checkout, "a.txt")
    assert os.environ["GIT_DIR"] == str(other.root / ".git")


def test_state_of_a_clean_tree(lab: Lab) -> None:
    """A clean tree: branch, commit, nothing dirty; briefs do not count."""
    repo = lab.repo()
    repo.git("checkout", "-qb", "topic/with-slash")
    repo.write(".handoff/open/x.md", "brief\n")

    assert status.read_state(checkout(repo)) == status.GitState(
        branch="topic/with-slash",
        head=repo.sha(),
        operation=None,
        dirty_files=(),
        dirty_count=0,
        dirty=None,
        complete=True,
    )


def test_state_of_a_dirty_tree(lab: Lab) -> None:
    """Every kind of change has its status letters and line counts; odd names come through."""
    repo = lab.repo()
    repo.write("a.txt", "one\nnew\nthree\nfour\n")
    repo.write("binary", "\0\1")
    repo.write("line\nbreak ü", "x\n")
    repo.git("add", "binary", "line\nbreak ü")
    (repo.root / "src/b.py").unlink()
    repo.git("mv", "doc/c.md", "doc/d.md")
    repo.write("loose/file", "x")

    now = status.read_state(checkout(repo))

    assert set(now.dirty_files) == {
        DirtyFile(" M", "a.txt"),
        DirtyFile("A ", "binary"),
        DirtyFile("A ", "line\nbreak ü"),
        DirtyFile(" D", "src/b.py"),
        DirtyFile("D ", "doc/c.md"),
        DirtyFile("A ", "doc/d.md"),
        DirtyFile("??", "loose/"),
    }
    assert now.dirty_count == 7


def test_state_is_bounded(lab: Lab) -> None:
    """A long list is cut, its length told."""
    repo = lab.repo()
    for number in range(12):
        repo.write(f"new-{number}", "x")

    now = status.read_state(checkout(repo), limit=5)

    assert len(now.dirty_files) == 5
    assert now.dirty_count == 12


def test_state_in_time(lab: Lab) -> None:
    """Where git takes too long it is ended, and the state says that it is not complete."""
    repo = lab.repo()
    lab.wrap_git("[ $verb != status ] || exec sleep 60")

    now = status.read_state(checkout(repo), seconds=0.2)

    assert not now.complete
    assert (now.branch, now.head) == ("main", repo.sha())
    assert (now.dirty_files, now.dirty_count, now.dirty) == ((), 0, None)


def test_state_of_an_unborn_branch(lab: Lab) -> None:
    """Before the first commit there is a branch, no head, and lines are counted from nothing."""
    repo = lab.repo(commit=False)
    repo.write("a.txt", "one\n")
    repo.git("add", ".")

    now = status.read_state(checkout(repo))

    assert (now.branch, now.head) == ("main", None)
    assert now.dirty_files == (DirtyFile("A ", "a.txt"),)


def test_state_of_a_branch_that_cannot_be_read(lab: Lab) -> None:
    """As after a crash: it is no unborn branch, and `(unknown)` is no name of one."""
    repo = lab.repo()
    repo.write(".git/refs/heads/main", "")

    state = status.read_state(checkout(repo))

    assert (state.branch, state.has_head, state.complete) == (None, False, False)
    assert "could not read HEAD" in state.problem


def test_state_of_a_conflict(lab: Lab) -> None:
    """A conflicted file is dirty as such, and the operation is named."""
    now = status.read_state(checkout(merge_with_conflict(lab)))

    assert now.operation == "merge"
    assert [(file.status, file.path) for file in now.dirty_files] == [("UU", "a.txt")]


def _edit(repo: Repo) -> None:
    repo.write("a.txt", "one\ntwo\nthrex\n")


def _stage(repo: Repo) -> None:
    repo.write("a.txt", "one\ntwo\nthrex\n")
    repo.git("add", ".")


def _new(repo: Repo) -> None:
    repo.write("new.txt", "a")


def _new_with_other_content(repo: Repo) -> None:
    repo.write("new.txt", "b")


def _remove(repo: Repo) -> None:
    (repo.root / "a.txt").unlink()


def _link(repo: Repo) -> None:
    (repo.root / "new.txt").symlink_to("a.txt")


def _link_elsewhere(repo: Repo) -> None:
    (repo.root / "new.txt").symlink_to("b.txt")


def _mode(repo: Repo) -> None:
    (repo.root / "a.txt").chmod(0o755)


def test_every_change_has_its_own_digest(lab: Lab) -> None:
    """The digest differs by what changed, staged or not; with the same change it is the same."""
    repo = lab.repo()
    changes: list[Callable[[Repo], None]] = [
        *(_edit, _stage, _new, _new_with_other_content, _remove, _link, _link_elsewhere, _mode)
    ]
    seen = []
    for _ in range(2):
        for change in changes:
            change(repo)
            seen.append(status.read_state(checkout(repo)).dirty)
            repo.git("reset", "-q", "--hard")
            repo.git("clean", "-qfd")

    assert None not in seen
    assert seen[: len(changes)] == seen[len(changes) :]
    assert len(set(seen)) == len(changes)


def test_the_digest_is_not_moved_by_a_touch(lab: Lab) -> None:
    """Only content counts: a file that was written again with the same bytes is no change."""
    repo = lab.repo()
    _edit(repo)
    before = status.read_state(checkout(repo)).dirty

    os.utime(repo.root / "a.txt", (1, 1))
    os.utime(repo.root / "src/b.py", (1, 1))

    assert status.read_state(checkout(repo)).dirty == before


def test_reading_changes_nothing(lab: Lab) -> None:
    """All that reads leaves the index as it is, byte for byte, and runs no hook."""
    repo = two_sides(lab)
    os.utime(repo.root / "a.txt", (1, 1))
    before = repo.git_path("index").read_bytes()
    lab.arm()

    checked_out = checkout(repo)
    status.read_state(checked_out)
    history.list_commits(checked_out, repo.sha("HEAD~1"))
    history.changed_paths(checked_out, repo.sha("HEAD~1"))
    history.contains(checked_out, repo.sha("side"))
    git.is_ignored(checked_out, "a.txt")

    assert lab.disarm() == []
    assert repo.git_path("index").read_bytes() == before


def test_log_since(lab: Lab) -> None:
    """The commits since, newest first, with subject, author and time, up to the limit."""
    repo = lab.repo()
    base = repo.sha()
    for subject in ("Ünïcode | pipe", "-dash\n\nBody", ""):
        options = ["--allow-empty", "--allow-empty-message", "--date=1700000000 +0200"]
        repo.git("commit", "-q", *options, "-m", subject)

    commits = history.list_commits(checkout(repo), base)

    assert [commit.subject for commit in commits] == ["", "-dash", "Ünïcode | pipe"]
    assert {(commit.author, commit.time) for commit in commits} == {("Ada", 1700000000)}
    assert commits[0].sha == repo.sha()
    assert history.list_commits(checkout(repo), base, limit=1) == commits[:1]
    assert history.list_commits(checkout(repo), repo.sha()) == ()


def test_changed_paths_since(lab: Lab) -> None:
    """Committed changes have their letters; a rename is a removal and an addition."""
    repo = lab.repo()
    base = repo.sha()
    repo.write("a.txt", "changed\n")
    repo.git("mv", "doc/c.md", "doc/line\nbreak.md")
    repo.git("commit", "-qam", "changes")
    repo.write("src/b.py", "uncommitted\n")

    assert history.changed_paths(checkout(repo), base) == (
        history.Changed("M", "a.txt"),
        history.Changed("D", "doc/c.md"),
        history.Changed("A", "doc/line\nbreak.md"),
    )


@pytest.mark.parametrize("sha", ["", "--output=x", "HEAD", "1" * 40, "main", "abc", "0" * 64])
def test_an_unknown_commit(sha: str, lab: Lab) -> None:
    """What is no commit of this repository is no ancestor, and an error for the rest."""
    checked_out = checkout(lab.repo())

    assert history.contains(checked_out, sha) is None
    with pytest.raises(HandoffError, match="is not in the repository"):
        history.list_commits(checked_out, sha)
    with pytest.raises(HandoffError, match="is not in the repository"):
        history.changed_paths(checked_out, sha)


def test_what_head_contains(lab: Lab) -> None:
    """A commit that HEAD has is an ancestor, one of another branch is not."""
    repo = two_sides(lab)

    assert history.contains(checkout(repo), repo.sha("HEAD~1")) is True
    assert history.contains(checkout(repo), repo.sha()) is True
    assert history.contains(checkout(repo), repo.sha("side")) is False


def test_is_ignored(lab: Lab) -> None:
    """Ignore rules hold for what is not tracked; names are taken literally."""
    repo = lab.repo()
    repo.write(".gitignore", "*.md\n[x]\n")
    checked_out = checkout(repo)

    assert git.is_ignored(checked_out, ".handoff/open/new.md")
    assert not git.is_ignored(checked_out, "doc/c.md")
    assert not git.is_ignored(checked_out, ".handoff/open/new.txt")
    assert git.is_ignored(checked_out, "x")
    assert not git.is_ignored(checked_out, "[x]")


def test_is_ignored_beyond_a_link(lab: Lab) -> None:
    """A path through a symbolic link is an error with git's words."""
    repo = lab.repo()
    (repo.root / "link").symlink_to("src")

    with pytest.raises(HandoffError, match="beyond a symbolic link"):
        git.is_ignored(checkout(repo), "link/x.md")


def test_nothing_leaves_the_machine(lab: Lab) -> None:
    """Git, as it is run here, can neither push nor fetch what a partial clone lacks."""
    origin = lab.repo("origin")
    origin.git("config", "uploadpack.allowFilter", "true")
    url = f"file://{origin.root}"
    origin.git("clone", "-q", "--filter=blob:none", "--no-checkout", url, "../clone")
    checked_out = checkout(Repo(lab.base / "clone"))

    for command in (
        ["push", url, "HEAD:refs/heads/x"],
        ["fetch"],
        ["cat-file", "-e", "HEAD:a.txt"],
    ):
        assert git.run(checked_out, *command).code != 0
    assert git.run(checked_out, "cat-file", "-e", "HEAD").code == 0


def test_git_cannot_ask(lab: Lab) -> None:
    """There is no terminal to ask on, and no editor or pager to wait for."""
    repo = lab.repo()
    repo.git("config", "alias.ask", "!test ! -t 0 && ! true 2>/dev/null </dev/tty && env")

    answer = git.run(checkout(repo), "ask")

    assert answer.code == 0
    settings = answer.out.decode().splitlines()
    assert {"GIT_TERMINAL_PROMPT=0", "GIT_EDITOR=:", "GIT_PAGER=cat", "LC_ALL=C"} <= set(settings)


def test_text_can_always_be_printed() -> None:
    """A name that is no UTF-8 becomes text that can be encoded."""
    assert git.decode_path(b"\xff\xfe").encode() == "��".encode()


def test_home_is_not_the_machines(lab: Lab) -> None:
    """The tests themselves do not see the machine's git configuration."""
    assert Path(os.environ["GIT_CONFIG_GLOBAL"]).parent == lab.base
