"""The states a user's repository can be in: each docstring is the fact that the state proves."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from support.git_lab import IDENTITY, Lab, Repo

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class State:
    build: Callable[[Lab], Repo]
    refused: str  # what the reason says; "" where the commit goes onto the branch


STATES: dict[str, State] = {}


def state(refused: str = "") -> Callable[[Callable[[Lab], Repo]], Callable[[Lab], Repo]]:
    def add(build: Callable[[Lab], Repo]) -> Callable[[Lab], Repo]:
        assert build.__doc__, build.__name__
        STATES[build.__name__] = State(build, refused)
        return build

    return add


# What the user has in the making


@state()
def clean(lab: Lab) -> Repo:
    """A clean work tree stays clean."""
    return lab.repo()


@state()
def staged(lab: Lab) -> Repo:
    """Staged changes stay staged and out of the commit."""
    repo = lab.repo()
    repo.write("a.txt", "staged\n")
    repo.write("new.txt", "new\n")
    repo.git("add", ".")
    return repo


@state()
def unstaged(lab: Lab) -> Repo:
    """Unstaged changes stay unstaged."""
    repo = lab.repo()
    repo.write("a.txt", "unstaged\n")
    (repo.root / "src/b.py").unlink()
    return repo


@state()
def staged_then_changed_again(lab: Lab) -> Repo:
    """Two versions of one file, in index and work tree, both stay."""
    repo = lab.repo()
    repo.write("a.txt", "staged\n")
    repo.git("add", "a.txt")
    repo.write("a.txt", "changed again\n")
    return repo


@state()
def staged_removal_and_rename(lab: Lab) -> Repo:
    """A staged removal and a staged rename stay."""
    repo = lab.repo()
    repo.git("rm", "-q", "doc/c.md")
    repo.git("mv", "a.txt", "z.txt")
    return repo


@state()
def untracked_and_ignored(lab: Lab) -> Repo:
    """Untracked and ignored files are neither added nor lost."""
    repo = lab.repo()
    repo.write(".gitignore", "*.log\n")
    repo.write("x.log", "ignored\n")
    repo.write("loose/file.txt", "untracked\n")
    return repo


@state()
def ignored_brief_folder(lab: Lab) -> Repo:
    """An ignored `.handoff` does not stop a commit that was asked for (the caller asks first)."""
    repo = lab.repo()
    repo.write(".gitignore", ".handoff\n")
    repo.git("add", ".gitignore")
    repo.git("commit", "-qm", "ignore")
    return repo


@state()
def intent_to_add(lab: Lab) -> Repo:
    """A file added with `--intent-to-add` stays just that."""
    repo = lab.repo()
    repo.write("later.txt", "later\n")
    repo.git("add", "-N", "later.txt")
    return repo


@state()
def flagged_entries(lab: Lab) -> Repo:
    """The flags assume-unchanged and skip-worktree stay on their entries."""
    repo = lab.repo()
    repo.git("update-index", "--assume-unchanged", "a.txt")
    repo.git("update-index", "--skip-worktree", "src/b.py")
    repo.write("src/b.py", "local\n")
    return repo


@state()
def stash_present(lab: Lab) -> Repo:
    """The stash stays, entry by entry."""
    repo = lab.repo()
    for text in ("first\n", "second\n"):
        repo.write("a.txt", text)
        repo.git("stash", "-q")
    return repo


@state()
def conflicted_stash_pop(lab: Lab) -> Repo:
    """Conflict stages in the index stay, where no operation is in progress."""
    repo = lab.repo()
    repo.write("a.txt", "mine\n")
    repo.git("stash", "-q")
    repo.write("a.txt", "theirs\n")
    repo.git("commit", "-qam", "theirs")
    repo.git("stash", "pop", ok=False)
    assert repo.status().startswith("UU a.txt")
    return repo


@state()
def odd_names(lab: Lab) -> Repo:
    """Names with spaces, quotes, newlines, arrows and bytes that are no UTF-8 come through."""
    repo = lab.repo()
    for name in ("with space", 'qu"ote', "line\nbreak", "tab\t", "ünï", "-dash", ":(top)", "* ?"):
        repo.write(f"odd/{name}", name)
    (repo.root / os.fsdecode(b"odd/\xff\xfe")).write_bytes(b"latin")
    repo.git("add", ".")
    repo.git("commit", "-qm", "odd")
    repo.write("line\nbreak at top", "x")
    repo.git("add", ".")
    return repo


@state()
def links_and_modes(lab: Lab) -> Repo:
    """Symbolic links and executable files stay what they are in tree and index."""
    repo = lab.repo()
    (repo.root / "link").symlink_to("a.txt")
    repo.write("run.sh", "#!/bin/sh\n").chmod(0o755)
    repo.git("add", ".")
    repo.git("commit", "-qm", "modes")
    return repo


@state()
def earlier_briefs(lab: Lab) -> Repo:
    """Earlier briefs in the folder stay in tree and index."""
    repo = lab.repo()
    repo.write(".handoff/open/old.md", "old\n")
    repo.write(".handoff/done/older.md", "older\n")
    repo.git("add", ".")
    repo.git("commit", "-qm", "briefs")
    return repo


# Operations in progress: the branch is not ours to move


def two_sides(lab: Lab) -> Repo:
    repo = lab.repo()
    repo.git("checkout", "-qb", "side")
    repo.write("a.txt", "side\n")
    repo.git("commit", "-qam", "side")
    repo.git("checkout", "-q", "main")
    repo.write("a.txt", "main\n")
    repo.git("commit", "-qam", "main")
    return repo


@state("a merge is in progress")
def merge_with_conflict(lab: Lab) -> Repo:
    """A conflicted merge can be gone on with as if nothing had been."""
    repo = two_sides(lab)
    repo.git("merge", "side", ok=False)
    return repo


@state("a merge is in progress")
def merge_without_conflict(lab: Lab) -> Repo:
    """So can a merge that only waits for its commit."""
    repo = lab.repo()
    repo.git("checkout", "-qb", "side")
    repo.write("side.txt", "side\n")
    repo.git("add", ".")
    repo.git("commit", "-qm", "side")
    repo.git("checkout", "-q", "main")
    repo.git("merge", "--no-ff", "--no-commit", "-q", "side")
    return repo


@state("a rebase is in progress")
def rebase(lab: Lab) -> Repo:
    """A rebase that stopped is left alone."""
    repo = two_sides(lab)
    repo.git("rebase", "side", ok=False)
    return repo


@state("a rebase is in progress")
def rebase_with_apply(lab: Lab) -> Repo:
    """So is one of the older kind."""
    repo = two_sides(lab)
    repo.git("rebase", "--apply", "side", ok=False)
    return repo


@state("a cherry-pick is in progress")
def cherry_pick(lab: Lab) -> Repo:
    """A cherry-pick that stopped is left alone."""
    repo = two_sides(lab)
    repo.git("cherry-pick", "side", ok=False)
    return repo


@state("a revert is in progress")
def revert(lab: Lab) -> Repo:
    """A revert that stopped is left alone."""
    repo = two_sides(lab)
    repo.write("a.txt", "more\n")
    repo.git("commit", "-qam", "more")
    repo.git("revert", "--no-edit", "HEAD~1", ok=False)
    return repo


@state("a revert is in progress")
def revert_of_many_between_two(lab: Lab) -> Repo:
    """So is a series of reverts whose current one was just committed by hand."""
    repo = two_sides(lab)
    repo.write("a.txt", "more\n")
    repo.git("commit", "-qam", "more")
    repo.write("a.txt", "most\n")
    repo.git("commit", "-qam", "most")
    repo.git("revert", "--no-edit", "HEAD~1", "HEAD~2", ok=False)
    repo.git("checkout", "-q", "--theirs", "a.txt")
    repo.git("commit", "-qam", "by hand")
    assert not repo.git_path("REVERT_HEAD").exists()
    return repo


@state("an am is in progress")
def apply_mail(lab: Lab) -> Repo:
    """A series of patches that stopped is left alone."""
    repo = two_sides(lab)
    patch = repo.git("format-patch", "--stdout", "-1", "side")
    repo.git("am", ok=False, stdin=patch.encode())
    return repo


@state("a bisect is in progress")
def bisect(lab: Lab) -> Repo:
    """A bisection is left alone."""
    repo = two_sides(lab)
    repo.git("bisect", "start", "HEAD", "HEAD~1")
    return repo


@state("HEAD is detached")
def detached(lab: Lab) -> Repo:
    """A detached HEAD stays at the commit that the user chose."""
    repo = lab.repo()
    repo.git("checkout", "-q", "--detach")
    return repo


# Kinds of repositories


@state()
def unborn(lab: Lab) -> Repo:
    """The first commit of a repository can be a brief; what is staged stays staged."""
    repo = lab.repo(commit=False)
    repo.write("a.txt", "staged\n")
    repo.git("add", ".")
    repo.write("b.txt", "untracked\n")
    return repo


@state()
def linked_worktree(lab: Lab) -> Repo:
    """In a linked work tree its own index and branch are used."""
    main = lab.repo()
    main.git("worktree", "add", "-q", "-b", "side", "../linked")
    linked = Repo(lab.base / "linked")
    linked.write("a.txt", "staged in the linked one\n")
    linked.git("add", ".")
    return linked


@state()
def bare_with_worktree(lab: Lab) -> Repo:
    """A linked work tree of a bare repository works like any other."""
    lab.repo().git("clone", "-q", "--bare", ".", "../bare.git")
    bare = Repo(lab.base / "bare.git")
    bare.git("worktree", "add", "-q", "../linked", "main")
    linked = Repo(lab.base / "linked")
    for key, value in IDENTITY.items():
        linked.git("config", key, value)
    return linked


@state()
def submodule_on_branch(lab: Lab) -> Repo:
    """A submodule whose work tree is on a branch works like any repository."""
    return submodule(lab, "main")


@state("HEAD is detached")
def submodule_detached(lab: Lab) -> Repo:
    """A submodule as git checks it out keeps the commit that its superproject names."""
    return submodule(lab, "--detach")


def submodule(lab: Lab, branch: str) -> Repo:
    lab.repo("library")
    top = lab.repo("top")
    top.git("submodule", "--quiet", "add", "../library", "lib")
    top.git("commit", "-qm", "lib")
    repo = Repo(top.root / "lib")
    repo.git("config", "user.name", "Ada")
    repo.git("config", "user.email", "ada@example.org")
    repo.git("checkout", "-q", branch)
    return repo


@state()
def superproject(lab: Lab) -> Repo:
    """A superproject keeps the entry of its submodule, whose work tree is dirty."""
    sub = submodule(lab, "main")
    sub.write("a.txt", "dirty\n")
    return Repo(sub.root.parent)


@state()
def sha256(lab: Lab) -> Repo:
    """A repository with SHA-256 ids works like any other."""
    repo = lab.repo("repo", "--object-format=sha256")
    repo.write("a.txt", "staged\n")
    repo.git("add", ".")
    return repo


@state()
def sha256_unborn(lab: Lab) -> Repo:
    """So does its first commit."""
    return lab.repo("repo", "--object-format=sha256", commit=False)


@state()
def shallow(lab: Lab) -> Repo:
    """A shallow clone stays shallow and works."""
    return clone(two_sides(lab), "--depth=1")


@state()
def partial(lab: Lab) -> Repo:
    """A clone without blobs fetches none: the origin is gone."""
    origin = lab.repo("origin")
    origin.git("config", "uploadpack.allowFilter", "true")
    origin.write("big.txt", "an older version\n")
    origin.git("add", ".")
    origin.git("commit", "-qm", "older")
    repo = clone(origin, "--filter=blob:none", "--no-checkout")
    repo.git("sparse-checkout", "set", "--no-cone", "/src/", "/.handoff/")
    repo.git("checkout", "-q", "main")
    origin.root.rename(lab.base / "gone")
    return repo


@state()
def borrowed_objects(lab: Lab) -> Repo:
    """A clone that borrows objects from another repository works."""
    return clone(lab.repo("origin"), "--shared")


def clone(origin: Repo, *options: str) -> Repo:
    origin.git("clone", "-q", *options, f"file://{origin.root}", "../clone")
    repo = Repo(origin.root.parent / "clone")
    repo.git("config", "user.name", "Ada")
    repo.git("config", "user.email", "ada@example.org")
    return repo


# Kinds of indexes


@state("sparse checkout")
def sparse_without_the_folder(lab: Lab) -> Repo:
    """Where git would delete the brief at the next checkout, it stays untracked."""
    repo = lab.repo()
    repo.git("sparse-checkout", "set", "src")
    return repo


@state()
def sparse_with_the_folder(lab: Lab) -> Repo:
    """Where the sparse checkout includes the folder, the brief is committed; the rest stays out."""
    repo = lab.repo()
    repo.git("sparse-checkout", "set", "src", ".handoff")
    return repo


@state()
def sparse_index(lab: Lab) -> Repo:
    """A sparse index keeps standing for the folders that are not there."""
    repo = lab.repo()
    repo.git("sparse-checkout", "set", "--sparse-index", "src", ".handoff")
    return repo


@state()
def sparse_once(lab: Lab) -> Repo:
    """A sparse checkout that was switched off decides nothing."""
    repo = lab.repo()
    repo.git("sparse-checkout", "set", "src")
    repo.git("sparse-checkout", "disable")
    return repo


@state()
def split_index(lab: Lab) -> Repo:
    """A split index stays split and right."""
    repo = lab.repo()
    repo.git("update-index", "--split-index")
    repo.write("a.txt", "staged\n")
    repo.git("add", ".")
    return repo


@state()
def index_version_4(lab: Lab) -> Repo:
    """An index with compressed paths and an untracked cache works."""
    repo = lab.repo()
    repo.git("update-index", "--index-version", "4", "--untracked-cache", "--force-untracked-cache")
    return repo


@state()
def packed(lab: Lab) -> Repo:
    """Packed refs and objects work."""
    repo = two_sides(lab)
    repo.git("gc", "-q")
    return repo


@state()
def without_reflogs(lab: Lab) -> Repo:
    """Where the user has no reflogs, everything works, and none is made."""
    repo = lab.repo()
    repo.git("config", "core.logAllRefUpdates", "false")
    shutil.rmtree(repo.git_path("logs"))
    return repo


@state()
def reftable(lab: Lab) -> Repo:
    """Refs in a reftable, as git 3 has them by default, work."""
    if lab.git_version() < (2, 45):
        pytest.skip("git has reftables since 2.45")
    repo = lab.repo("repo", "--ref-format=reftable")
    repo.write("a.txt", "staged\n")
    repo.git("add", ".")
    return repo


# Line ends, filters, identity


@state()
def autocrlf(lab: Lab) -> Repo:
    """With `core.autocrlf` and `core.safecrlf` the brief (LF) is stored and clean."""
    repo = lab.repo()
    repo.git("config", "core.autocrlf", "true")
    repo.git("config", "core.safecrlf", "true")
    return repo


@state()
def crlf_attribute(lab: Lab) -> Repo:
    """With `eol=crlf` for Markdown the brief is stored and clean."""
    repo = lab.repo()
    repo.write(".gitattributes", "*.md text eol=crlf\n")
    repo.git("add", ".gitattributes")
    repo.git("commit", "-qm", "attributes")
    return repo


@state()
def filter_attribute(lab: Lab) -> Repo:
    """A filter for Markdown is not run."""
    repo = lab.repo()
    trace = f"[ ! -e {lab.base}/armed ] || echo filter >>{lab.traces}"
    repo.git("config", "filter.x.clean", f"{trace}; cat")
    repo.write(".gitattributes", ".handoff/**/*.md filter=x\n")
    repo.git("add", ".gitattributes")
    repo.git("commit", "-qm", "attributes")
    return repo


@state()
def no_identity(lab: Lab) -> Repo:
    """Without an identity, and where git may not guess one, the commit is by a named fallback."""
    repo = lab.repo()
    repo.git("config", "--unset", "user.name")
    repo.git("config", "--unset", "user.email")
    repo.git("config", "user.useConfigOnly", "true")
    return repo


@state()
def file_monitor(lab: Lab) -> Repo:
    """A configured file monitor is a hook and does not run."""
    repo = lab.repo()
    repo.git("config", "core.fsmonitor", str(lab.base / "hooks" / "fsmonitor-watchman"))
    return repo
