"""After a session the worktree is at its commit, clean, and nothing is lost."""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from handoff.base.errors import HandoffError
from handoff.build.workspace import CleanUp, Workspace
from handoff.git import leftovers
from handoff.git import run as git
from support import build_lab
from support.build_lab import BRANCH, REF, SESSION, Work
from support.git_lab import Lab, Picture, Repo, checkout

if TYPE_CHECKING:
    from collections.abc import Callable


def clean_up(work: Work) -> CleanUp:
    """What the workspace does once a session is over; no hook ran, and again nothing changes."""
    done = work.workspace.clean_up(SESSION, work.began)
    refs = work.tree.git("for-each-ref")
    again = work.workspace.clean_up(SESSION, work.began)
    assert (again.ref, again.leftovers) == (done.ref, done.leftovers)
    assert work.tree.git("for-each-ref") == refs
    assert work.lab.disarm() == []
    work.lab.arm()
    return done


def commit(repo: Repo, path: str, text: str) -> str:
    """A commit of the session's; its id."""
    repo.write(path, text)
    repo.git("-c", "core.hooksPath=/dev/null", "add", "--all")
    repo.git("-c", "core.hooksPath=/dev/null", "commit", "-qm", f"Write {path}")
    return repo.sha()


def quietly(repo: Repo, *arguments: str, ok: bool = True) -> str:
    """git as the session runs it, without the traps."""
    return repo.git("-c", "core.hooksPath=/dev/null", *arguments, ok=ok)


def test_a_clean_worktree_stays_as_it_is(work: Work) -> None:
    """There is nothing to keep, and the commits of the session stay on the branch."""
    sha = commit(work.tree, "new.py", "new\n")
    before = Picture.of(work.tree)

    assert clean_up(work) == CleanUp()
    assert work.is_back(sha)
    assert replace(Picture.of(work.tree), index=before.index) == before  # its times are not trusted


def everything(tree: Repo) -> None:
    """Each kind of change that a session can leave."""
    tree.write("a.txt", "one\ntwo\nTHREE\r\n")
    quietly(tree, "mv", "doc/c.md", "doc/renamed.md")
    tree.write("staged.txt", "staged\n")
    quietly(tree, "add", "staged.txt")
    tree.write("staged.txt", "and changed\n")
    tree.write("intended.txt", "intended\n")
    quietly(tree, "add", "--intent-to-add", "intended.txt")
    (tree.root / "src/b.py").unlink()
    tree.write("deep/er/new.txt", "new\r\n")
    tree.write("run.sh", "#!/bin/sh\n").chmod(0o755)
    (tree.root / "link").symlink_to("../outside")
    tree.write('a\n"name"\\.txt', "strange\n")
    Path(os.fsdecode(os.fsencode(tree.root) + b"/\xff\xe9 latin")).write_text("latin\n")
    tree.write(".handoff/open/20261122-073812-x-9f3a.md", "a brief\n")
    tree.write(".handoff/specs/x/state.json", "{}\n")
    tree.write("build/out.o", "ignored\n")


def test_all_that_is_uncommitted_is_kept_byte_for_byte(work: Work) -> None:
    """Modified, renamed, staged, deleted, untracked; modes, links, odd names; ignored ones stay."""
    everything(work.tree)
    user = Picture.of(work.user)
    done = clean_up(work)

    assert work.is_back()
    assert done.ref == REF
    assert {
        "a.txt", "doc/c.md", "doc/renamed.md", "staged.txt", "intended.txt", "src/b.py",
        "deep/er/new.txt", "run.sh", "link", 'a\n"name"\\.txt', "\ufffd\ufffd latin",
        ".handoff/open/20261122-073812-x-9f3a.md", ".handoff/specs/x/state.json",
    } == set(done.leftovers)  # fmt: skip
    assert work.content("a.txt") == b"one\ntwo\nTHREE\r\n"
    assert work.content("deep/er/new.txt") == b"new\r\n"
    assert work.content("staged.txt") == b"and changed\n"
    assert work.content("staged.txt", f"{REF}^2") == b"staged\n"
    assert work.content("link") == b"../outside"
    assert work.content('a\n"name"\\.txt') == b"strange\n"
    assert "100755 blob" in work.tree.git("ls-tree", REF, "run.sh")
    assert "120000 blob" in work.tree.git("ls-tree", REF, "link")
    assert not {"doc/c.md", "src/b.py"}.intersection(work.kept())
    assert work.tree.sha(f"{REF}^1") == work.began
    assert (work.tree.root / "build/out.o").read_text() == "ignored\n"
    assert not (work.tree.root / "deep").exists()
    now = Picture.of(work.user)
    assert now.files == user.files
    assert now.index == user.index
    assert "what session" in work.tree.git("reflog", REF)
    assert "Ada <ada@example.org>" in work.tree.git("log", "-1", "--format=%an <%ae>", REF)


def test_a_file_for_a_folder_and_a_folder_for_a_file(work: Work) -> None:
    """Either way round, what is there is kept and what was there is back."""
    shutil.rmtree(work.tree.root / "src")
    work.tree.write("src", "a file now\n")
    (work.tree.root / "a.txt").unlink()
    work.tree.write("a.txt/inside", "a folder now\n")
    clean_up(work)

    assert work.is_back()
    assert work.content("src") == b"a file now\n"
    assert work.content("a.txt/inside") == b"a folder now\n"


def test_no_filter_changes_what_is_kept(work: Work) -> None:
    """A filter is not run, nor are line ends changed."""
    work.user.git("config", "filter.x.clean", "echo filtered")
    work.user.git("config", "core.autocrlf", "input")
    work.tree.write(".gitattributes", "*.dat filter=x\n*.md text eol=lf\n")
    work.tree.write("a.dat", "whole\n")
    work.tree.write("b.md", "one\r\ntwo\r\n")
    clean_up(work)

    assert work.content("a.dat") == b"whole\n"
    assert work.content("b.md") == b"one\r\ntwo\r\n"


def test_changes_that_git_was_told_not_to_see(work: Work) -> None:
    """They are seen, kept, told and undone."""
    quietly(work.tree, "update-index", "--assume-unchanged", "a.txt")
    quietly(work.tree, "update-index", "--skip-worktree", "src/b.py")
    work.tree.write("a.txt", "hidden\n")
    work.tree.write("src/b.py", "hidden too\n")
    done = clean_up(work)

    assert work.content("a.txt") == b"hidden\n"
    assert work.content("src/b.py") == b"hidden too\n"
    assert (work.tree.root / "a.txt").read_text() == "one\ntwo\nthree\n"
    assert any("a.txt, src/b.py" in note for note in done.notes)


def test_a_file_of_the_same_size_and_time(work: Work) -> None:
    """Not even then is a change missed, whatever the session configured."""
    path = work.tree.root / "a.txt"
    work.user.git("config", "core.checkStat", "minimal")
    work.user.git("config", "core.trustctime", "false")
    before = path.stat()
    work.tree.write("other", "one\ntwo\nthrEE\n").replace(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    index = work.tree.git_path("index")
    os.utime(index, ns=(before.st_mtime_ns + 10**10,) * 2)
    assert work.tree.status() == ""
    clean_up(work)

    assert path.read_text() == "one\ntwo\nthree\n"
    assert work.content("a.txt") == b"one\ntwo\nthrEE\n"


# What no commit holds


def test_a_repository_inside_is_moved(work: Work) -> None:
    """With its history, to a folder that is named; so is one without a commit."""
    inner = Repo(work.tree.root / "vendor" / "lib")
    inner.root.mkdir(parents=True)
    quietly(inner, "init", "-q")
    quietly(inner, "config", "user.name", "Ada")
    quietly(inner, "config", "user.email", "ada@example.org")
    sha = commit(inner, "x.c", "x\n")
    inner.write("y.c", "uncommitted\n")
    empty = Repo(work.tree.root / "empty")
    empty.root.mkdir()
    quietly(empty, "init", "-q")
    empty.write("z.c", "z\n")
    done = clean_up(work)

    moved = work.state / "wip" / SESSION
    assert work.is_back()
    assert Repo(moved / "vendor/lib").sha() == sha
    assert (moved / "vendor/lib/y.c").read_text() == "uncommitted\n"
    assert (moved / "empty/z.c").read_text() == "z\n"
    assert any(str(moved / "vendor/lib") in note for note in done.notes)
    assert not (work.tree.root / "vendor/lib").exists()


def test_large_files_are_moved(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that git tracks is back as it was; a place that is taken is not written over."""
    monkeypatch.setattr(leftovers, "MAX_BYTES", 100)
    work.tree.write("core.bin", "x" * 101)
    work.tree.write("a.txt", "y" * 101)
    taken = work.state / "wip" / SESSION / "core.bin"
    taken.parent.mkdir(parents=True)
    taken.write_text("of before")
    done = clean_up(work)

    assert work.is_back()
    assert taken.read_text() == "of before"
    assert (taken.parent / "core.bin.1").read_text() == "x" * 101
    assert (taken.parent / "a.txt").read_text() == "y" * 101
    assert "core.bin" not in work.kept()
    assert sum("is over 50 MB, so it was moved to" in note for note in done.notes) == 2


def submodule(work: Work) -> Repo:
    """A submodule that the branch has, checked out in the worktree."""
    work.lab.disarm()
    library = work.lab.repo("library")
    for name in ("user.name=Ada", "user.email=ada@example.org"):
        work.user.git("config", *name.split("="))
    work.tree.git("submodule", "--quiet", "add", str(library.root), "lib")
    work.tree.git("commit", "-qm", "lib")
    work.lab.arm()
    work.began = work.tree.sha()
    sub = Repo(work.tree.root / "lib")
    sub.git("config", "user.name", "Ada")
    sub.git("config", "user.email", "ada@example.org")
    return sub


def test_a_submodule_with_changes_and_commits(work: Work) -> None:
    """It is at its commit again, clean; its own repository keeps the rest, and the ref names it."""
    sub = submodule(work)
    at = sub.sha()
    own = commit(sub, "new.c", "committed there\n")
    sub.write("a.txt", "dirty\n")
    sub.write("extra.c", "untracked\n")
    clean_up(work)

    assert work.is_back()
    assert (sub.sha(), sub.status()) == (at, "")
    kept = sub.sha(REF)
    assert own in sub.git("rev-list", REF).split()
    assert sub.git("show", f"{REF}:extra.c") == "untracked\n"
    assert kept in work.tree.git("ls-tree", REF, "lib")


def test_programs_of_a_submodule_are_not_run(work: Work) -> None:
    """Nor is a hook of it."""
    sub = submodule(work)
    ran = work.lab.base / "ran"
    sub.git("config", "filter.x.smudge", f"touch {ran}; cat")
    sub.write("a.txt", "dirty\n")
    sub.git_path("info").mkdir(exist_ok=True)
    (sub.git_path("info") / "attributes").write_text("* filter=x\n")
    clean_up(work)

    assert work.is_back()
    assert not ran.exists()


def test_a_submodule_that_the_session_added(work: Work) -> None:
    """It is a repository inside: moved and named."""
    library = work.lab.base / "library"
    work.lab.disarm()
    work.lab.repo("library")
    work.tree.git("submodule", "--quiet", "add", str(library), "lib")
    work.lab.arm()
    done = clean_up(work)

    assert work.is_back()
    assert "lib" in work.kept()
    assert (work.state / "wip" / SESSION / "lib/a.txt").exists()
    assert any("lib is a repository of its own" in note for note in done.notes)


# Where HEAD and the branch are


def two_sides(work: Work) -> None:
    quietly(work.tree, "checkout", "-q", "-b", "side")
    commit(work.tree, "a.txt", "side\n")
    quietly(work.tree, "checkout", "-q", BRANCH)
    commit(work.tree, "a.txt", "ours\n")


OPERATIONS = {
    "merge": ("merge", "side"),
    "rebase": ("rebase", "side"),
    "am": ("am", "patch.mbox"),
    "cherry-pick": ("cherry-pick", "side"),
    "revert": ("revert", "--no-edit", "HEAD~1"),
    "bisect": ("bisect", "start", "HEAD", "HEAD~1"),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_in_progress_is_ended(work: Work, name: str) -> None:
    """What it had in the files is kept; the branch is at its own tip, which has all commits."""
    two_sides(work)
    if name == "am":
        patch = quietly(work.tree, "format-patch", "--stdout", "-1", "side")
        work.tree.write("patch.mbox", patch)
    if name == "revert":
        commit(work.tree, "a.txt", "more\n")
    tip = work.tree.sha()
    quietly(work.tree, *OPERATIONS[name], ok=False)
    work.tree.write("more.txt", "more\n")
    done = clean_up(work)

    assert work.is_back(tip)
    assert any(f"{name} was in progress" in note for note in done.notes)
    assert work.content("more.txt") == b"more\n"
    if name in ("merge", "rebase", "cherry-pick"):
        assert b"<<<<<<<" in work.content("a.txt")
        assert work.keeps(work.tree.sha("side"))


def test_commits_on_a_detached_head(work: Work) -> None:
    """They are in the history of the ref, with what was not committed on top."""
    quietly(work.tree, "checkout", "-q", "--detach")
    lost = commit(work.tree, "detached.py", "x\n")
    work.tree.write("more.py", "more\n")
    done = clean_up(work)

    assert work.is_back()
    assert work.tree.sha(f"{REF}^1") == lost
    assert done.leftovers == ("more.py",)
    assert done.notes == (
        f"HEAD was detached; its commits are kept at {REF}. {BRANCH} is checked out again.",
    )


def test_commits_on_another_branch(work: Work) -> None:
    """That branch stays where it is and is named."""
    quietly(work.tree, "checkout", "-q", "-b", "topic")
    lost = commit(work.tree, "topic.py", "x\n")
    done = clean_up(work)

    assert work.is_back()
    assert work.tree.sha("topic") == lost
    assert work.tree.sha(f"{REF}^1") == lost
    assert any("on the branch topic" in note for note in done.notes)
    assert "The branch topic is new; it was left as it is." in done.notes


def test_nothing_but_another_branch(work: Work) -> None:
    """There is nothing to keep; it is said all the same, and so is an operation that was ended."""
    quietly(work.tree, "checkout", "-q", "-b", "topic")
    quietly(work.tree, "bisect", "start", "HEAD", "HEAD~1")
    done = work.workspace.clean_up(SESSION, work.began)

    assert work.is_back()
    assert done.ref == ""
    assert set(done.notes) == {
        f"HEAD was on the branch topic. {BRANCH} is checked out again.",
        "A bisect was in progress; it was ended.",
        "The branch topic is new; it was left as it is.",
    }


def test_a_branch_without_a_commit(work: Work) -> None:
    """What was staged for its first commit is kept."""
    quietly(work.tree, "checkout", "-q", "--orphan", "fresh")
    quietly(work.tree, "rm", "-rqf", ".")
    work.tree.write("fresh.py", "x\n")
    quietly(work.tree, "add", "fresh.py")
    clean_up(work)

    assert work.is_back()
    assert work.kept() == ["fresh.py"]


@pytest.mark.parametrize("how", ["amended", "reset", "another root"])
def test_a_branch_that_lost_where_it_began(work: Work, how: str) -> None:
    """It is back there; what it had is kept."""
    if how == "amended":
        work.tree.write("a.txt", "amended\n")
        quietly(work.tree, "commit", "-qa", "--amend", "-m", "another")
    if how == "reset":
        quietly(work.tree, "reset", "-q", "--hard", "HEAD~1")
        commit(work.tree, "other.py", "x\n")
    if how == "another root":
        tree = work.tree.sha("HEAD^{tree}")
        root = quietly(work.tree, "commit-tree", tree, "-m", "root").strip()
        quietly(work.tree, "reset", "-q", "--hard", root)
    lost = work.tree.sha()
    done = clean_up(work)

    assert work.is_back()
    assert work.keeps(lost)
    assert any(f"no longer contained {work.began[:9]}" in note for note in done.notes)
    assert done.leftovers == ()


def test_a_branch_that_was_deleted(work: Work) -> None:
    """It is there again, and the commits that it had are kept."""
    lost = commit(work.tree, "x.py", "x\n")
    quietly(work.tree, "checkout", "-q", "--detach", "HEAD~1")
    quietly(work.tree, "branch", "-qD", BRANCH)
    done = clean_up(work)

    assert work.is_back()
    assert work.keeps(lost)
    assert any("was deleted" in note for note in done.notes)


def test_a_branch_that_stands_for_the_users(work: Work) -> None:
    """It is a branch of its own again: no commit goes to the user's."""
    main = work.user.sha("main")
    quietly(work.tree, "symbolic-ref", f"refs/heads/{BRANCH}", "refs/heads/main")
    clean_up(work)
    work.workspace.commit({"x.txt": b"x\n"}, "Ours")

    assert work.user.sha("main") == main
    assert work.tree.sha(f"refs/heads/{BRANCH}^") == work.began


def test_other_branches_and_the_stash_are_named_and_left(work: Work) -> None:
    """Nothing of them is moved back."""
    sha = quietly(work.tree, "commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "x").strip()
    quietly(work.tree, "update-ref", "refs/heads/main", sha)
    work.tree.write("a.txt", "stashed\n")
    quietly(work.tree, "stash", "-q")
    done = work.workspace.clean_up(SESSION, work.began)

    assert work.user.sha("main") == sha
    assert "stash@{0}" in work.tree.git("stash", "list")
    moved, stashed = done.notes
    assert moved == f"The branch main moved from {work.began[:9]} to {sha[:9]}; it was left there."
    assert stashed.startswith("stash@{0} is new in the stash, and was left there: WIP on ")


def test_what_an_operation_set_aside(work: Work) -> None:
    """`rebase --autostash` had changes put away: they are in the stash, and named."""
    two_sides(work)
    work.tree.write("doc/c.md", "set aside\n")
    quietly(work.tree, "rebase", "--autostash", "side", ok=False)
    done = work.workspace.clean_up(SESSION, work.began)

    assert "set aside" in work.tree.git("stash", "show", "-p")
    assert any(note.startswith("stash@{0} is new in the stash") for note in done.notes)


def test_object_names_of_sha256(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of it works with them too."""
    base = tmp_path.resolve() / "sha256"
    base.mkdir()
    work = build_lab.make(Lab(base, monkeypatch), "--object-format=sha256")
    work.lab.arm()
    everything(work.tree)
    clean_up(work)

    assert work.is_back()
    assert work.content("staged.txt") == b"and changed\n"


# What was killed or removed


def test_the_lock_of_a_git_that_was_killed(work: Work) -> None:
    """It is taken away."""
    for name in ("index.lock", "HEAD.lock"):
        work.tree.git_path(name).touch()
    work.user.git_path(f"refs/heads/{BRANCH}.lock").touch()
    work.tree.write("a.txt", "changed\n")
    clean_up(work)

    assert work.is_back()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="needs /proc")
def test_the_lock_of_a_process_that_runs(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is left, and the process is named."""
    monkeypatch.setattr("handoff.git.killed.WAIT_SECONDS", 0.0)
    lock = work.tree.git_path("index.lock")
    with lock.open("w"), pytest.raises(HandoffError) as caught:
        work.workspace.clean_up(SESSION, work.began)

    assert f"process {os.getpid()}" in str(caught.value)
    assert lock.exists()


def removed(work: Work) -> None:
    shutil.rmtree(work.tree.root)


def removed_by_git(work: Work) -> None:
    work.user.git("worktree", "remove", "--force", str(work.tree.root))


def without_its_link(work: Work) -> None:
    (work.tree.root / ".git").unlink()


def another_repository(work: Work) -> None:
    (work.tree.root / ".git").unlink()
    quietly(work.tree, "init", "-q")


@pytest.mark.parametrize("how", [removed, removed_by_git, without_its_link, another_repository])
def test_a_worktree_that_was_removed(work: Work, how: Callable[[Work], None]) -> None:
    """It is there again, at the tip of its branch."""
    tip = commit(work.tree, "done.py", "x\n")
    work.tree.write("staged.py", "staged\n")
    quietly(work.tree, "add", "staged.py")
    work.lab.disarm()
    how(work)
    work.lab.arm()
    user = Picture.of(work.user)
    done = clean_up(work)

    assert work.is_back(tip)
    assert "it was restored" in done.notes[0] or "it was restored" in done.notes[-1]
    assert (work.tree.root / "done.py").read_text() == "x\n"
    assert Picture.of(work.user).files == user.files
    if how is not removed_by_git:  # with git's folder for it the index is gone too
        assert work.content("staged.py") == b"staged\n"


def test_a_repository_that_was_removed(work: Work) -> None:
    """There is nothing to do but to say so."""
    shutil.rmtree(work.user.root / ".git")

    with pytest.raises(HandoffError, match="is gone"):
        work.workspace.clean_up(SESSION, work.began)


def test_the_users_own_worktree_is_refused(work: Work) -> None:
    """Whatever the branch, nothing there is changed."""
    before = Picture.of(work.user)

    with pytest.raises(HandoffError, match="own worktree"):
        Workspace(checkout(work.user), "main").clean_up(SESSION, work.began)
    assert Picture.of(work.user) == before


class KilledError(Exception):
    """The process was killed."""


class Runs:
    """git, until it was run so often: then the process is killed."""

    def __init__(self, left: int) -> None:
        self.left = left
        self._run = git.run

    def __call__(self, *arguments: Any, **options: Any) -> git.GitResult:
        """Run it."""
        if self.left == 0:
            raise KilledError
        self.left -= 1
        return self._run(*arguments, **options)


def on_a_topic(work: Work) -> set[bytes]:
    """Commits on another branch, and each kind of change."""
    quietly(work.tree, "checkout", "-q", "-b", "topic")
    commit(work.tree, "topic.py", "topic\n")
    everything(work.tree)
    return {b"topic\n", b"staged\n", b"and changed\n", b"latin\n", b"strange\n", b"a brief\n"}


def in_a_rebase(work: Work) -> set[bytes]:
    """With a repository inside, and a file that is too large."""
    two_sides(work)
    quietly(work.tree, "rebase", "side", ok=False)
    inner = Repo(work.tree.root / "vendor")
    inner.root.mkdir()
    quietly(inner, "init", "-q")
    inner.write("x.c", "inside\n")
    work.tree.write("large.bin", "x" * 1001)
    return {b"inside\n", b"x" * 1001, b"<<<<<<<"}


def in_a_submodule(work: Work) -> set[bytes]:
    """With a commit and changes."""
    sub = submodule(work)
    commit(sub, "new.c", "committed there\n")
    sub.write("a.txt", "dirty\n")
    return {b"committed there\n", b"dirty\n"}


def without_branch_and_folder(work: Work) -> set[bytes]:
    """With something staged, and a commit on a detached HEAD."""
    quietly(work.tree, "checkout", "-q", "--detach")
    commit(work.tree, "detached.py", "detached\n")
    work.tree.write("staged.py", "staged\n")
    quietly(work.tree, "add", "staged.py")
    quietly(work.tree, "branch", "-qD", BRANCH)
    shutil.rmtree(work.tree.root)
    return {b"detached\n", b"staged\n"}


def held(work: Work) -> bytes:
    """The content of every file that the ref, or the folder beside it, keeps."""
    found = b""
    for repo in (work.tree, Repo(work.tree.root / "lib")):
        if (repo.root / ".git").exists():
            listed = repo.git("rev-list", "--objects", REF).splitlines()
            ids = "".join(f"{line.partition(' ')[0]}\n" for line in listed)
            found += os.fsencode(repo.git("cat-file", "--batch", stdin=ids.encode()))
    return found + b"".join(p.read_bytes() for p in work.state.rglob("*.*") if p.is_file())


@pytest.mark.parametrize(
    ("leave", "step"),
    [(on_a_topic, 1), (in_a_rebase, 2), (in_a_submodule, 5), (without_branch_and_folder, 3)],
)
def test_killed_between_any_two_runs_of_git(
    work: Work,
    leave: Callable[[Work], set[bytes]],
    step: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Called again, it finishes; every byte is kept."""
    monkeypatch.setattr(leftovers, "MAX_BYTES", 1000)
    wanted, tip = leave(work), work.began
    if leave is in_a_rebase:
        tip = work.tree.sha(BRANCH)
    places = {work.user.root: "shop", work.tree.root.parent: "tree", work.state: "state"}
    whole = work.lab.base / "whole"
    work.state.mkdir()
    for place, name in places.items():
        shutil.copytree(place, whole / name, symlinks=True)
    start = work.workspace.checkout
    for most in range(step, 1000, step):
        for place, name in places.items():
            shutil.rmtree(place)
            shutil.copytree(whole / name, place, symlinks=True)
        runs = Runs(most)
        with monkeypatch.context() as patch, contextlib.suppress(KilledError):
            patch.setattr(git, "run", runs)
            Workspace(start, BRANCH, str(work.state)).clean_up(SESSION, work.began)
        Workspace(start, BRANCH, str(work.state)).clean_up(SESSION, work.began)

        assert work.is_back(tip), most
        there = held(work)
        assert [content for content in wanted if content not in there] == [], most
        if runs.left:
            break
    assert most > 15


# The rest of the interface


def test_return_to_a_commit(work: Work) -> None:
    """What the branch had since is kept, and so is what is uncommitted."""
    sha = commit(work.tree, "x.py", "x\n")
    work.tree.write("more.py", "more\n")
    assert work.workspace.changed_files(work.began) == ["x.py"]
    assert work.workspace.return_to(work.began, SESSION) == REF

    assert work.is_back()
    assert work.workspace.head() == work.began
    assert work.keeps(sha)
    assert work.content("more.py") == b"more\n"


def test_return_to_where_it_is(work: Work) -> None:
    """Nothing is lost by that."""
    assert work.workspace.return_to(work.began, SESSION) == ""
    assert work.tree.git("for-each-ref", "refs/handoff/") == ""


def test_a_commit_of_code(work: Work) -> None:
    """Exactly these files, on the branch; the same again makes no other."""
    work.tree.write("untouched.py", "of the session\n")
    changes = {".handoff/specs/x/state.json": b"{}\n", "doc/c.md": None}
    sha = work.workspace.commit(changes, "Record state")

    assert work.tree.sha() == sha == work.workspace.commit(changes, "Record state")
    assert work.workspace.changed_files(work.began) == [".handoff/specs/x/state.json", "doc/c.md"]
    assert work.tree.status() == "?? untouched.py\0"
    assert (work.tree.root / ".handoff/specs/x/state.json").read_text() == "{}\n"


def test_a_commit_of_all(work: Work) -> None:
    """Modes, links and deletions too, without the hooks; the same again makes no other."""
    everything(work.tree)
    sha = work.workspace.commit_all("handoff: put back")

    assert work.workspace.commit_all("handoff: put back") == work.tree.sha() == sha
    assert work.is_back(sha)
    assert "100755 blob" in work.tree.git("ls-tree", "HEAD", "run.sh")
    assert "120000 blob" in work.tree.git("ls-tree", "HEAD", "link")
    assert "src/b.py" in work.workspace.changed_files(work.began)
    assert work.lab.disarm() == []


@pytest.mark.parametrize("signing", [False, True])
def test_a_commit_of_all_that_cannot_be_on_the_branch(work: Work, signing: bool) -> None:
    """It is refused with the reason."""
    if signing:
        for key, value in (("commit.gpgSign", "true"), ("gpg.program", "/bin/false")):
            work.user.git("config", key, value)
    else:
        quietly(work.tree, "checkout", "-q", "--detach")
    work.tree.write("x.py", "x\n")

    with pytest.raises(HandoffError, match="must be signed" if signing else "HEAD is detached"):
        work.workspace.commit_all("handoff: put back")
    assert work.tree.sha() == work.began


def test_a_commit_through_a_link(work: Work) -> None:
    """A link that a session committed for a folder leads no write out of the worktree."""
    outside = work.lab.base / "outside"
    outside.mkdir()
    (work.tree.root / ".handoff").symlink_to(outside)
    commit(work.tree, "x.py", "x\n")

    with pytest.raises(HandoffError, match="is a symbolic link"):
        work.workspace.commit({".handoff/specs/x/state.json": b"{}\n"}, "Record state")
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("how", ["detached", "another branch", "merge"])
def test_a_commit_that_cannot_be_on_the_branch(work: Work, how: str) -> None:
    """It is refused with the reason, and no ref is left."""
    if how == "merge":
        two_sides(work)
        quietly(work.tree, "merge", "side", ok=False)
    else:
        to = ("--detach",) if how == "detached" else ("-b", "topic")
        quietly(work.tree, "checkout", "-q", *to)

    with pytest.raises(HandoffError, match="Nothing could be committed on"):
        work.workspace.commit({"x.txt": b"x\n"}, "Ours")
    assert work.tree.git("for-each-ref", "refs/handoff/") == ""


def test_something_that_keeps_writing(work: Work, monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends with an error, not in a loop, and what was written is kept."""
    real = git.run
    count = 0

    def run(*arguments: Any, **options: Any) -> git.GitResult:
        nonlocal count
        if "status" in arguments:
            count += 1
            work.tree.write(f"log{count}.txt", "x\n")
        return real(*arguments, **options)

    monkeypatch.setattr(git, "run", run)
    with pytest.raises(HandoffError, match="keeps writing"):
        work.workspace.clean_up(SESSION, work.began)
    assert {"log1.txt", "log2.txt"} <= set(work.kept())
