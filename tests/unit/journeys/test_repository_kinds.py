"""A day with briefs in an ordinary repository, in one of SHA-256, and in one with a reftable."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from handoff.git import index, objects, status
from handoff.git import run as git
from handoff.git.head import Head, branch_now, read_head
from support.agents import install
from support.client import Client, context
from support.store_program import on_branch, refs

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo
    from support.store_program import Store

KINDS = {
    "ordinary": {},
    "sha256": {"GIT_DEFAULT_HASH": "sha256"},
    "reftable": {"GIT_DEFAULT_REF_FORMAT": "reftable"},
    "both": {"GIT_DEFAULT_HASH": "sha256", "GIT_DEFAULT_REF_FORMAT": "reftable"},
}


def git_for(kind: str) -> str:
    """A git that has this kind: of those of HANDOFF_TEST_GITS, else the machine's."""
    listed = os.environ.get("HANDOFF_TEST_GITS", "git").split(os.pathsep)
    for program in filter(None, map(shutil.which, listed)):
        printed = subprocess.run([program, "version"], capture_output=True, text=True).stdout
        version = tuple(map(int, printed.split()[2].split(".")[:2]))
        if version >= (2, 45) or "GIT_DEFAULT_REF_FORMAT" not in KINDS[kind]:
            return program
    pytest.skip("git has reftables since 2.45")


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> tuple[str, str]:
    """The kind of repository, and the git for it: read before the test's environment is its own."""
    name: str = request.param
    return name, git_for(name)


@pytest.fixture
def repo(kind: tuple[str, str], made_so: None, repo: Repo) -> Repo:
    """A repository of the kind."""
    name, _ = kind
    is_sha256 = len(repo.git("rev-parse", "HEAD").strip()) == 64
    assert is_sha256 is ("GIT_DEFAULT_HASH" in KINDS[name])
    assert (repo.root / ".git/reftable").is_dir() is ("GIT_DEFAULT_REF_FORMAT" in KINDS[name])
    return repo


@pytest.fixture
def made_so(
    kind: tuple[str, str], own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Repositories are made of this kind, by a git that has it."""
    name, program = kind
    folder = tmp_path / "gits"
    folder.mkdir()
    (folder / "git").symlink_to(program)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    for key, value in KINDS[name].items():
        monkeypatch.setenv(key, value)


def test_a_day(repo: Repo, handoff: Store) -> None:
    """Briefs are written, listed, picked up, finished, dropped and pruned, each in a commit."""
    first, second = handoff.write("First"), handoff.write("Second")
    assert on_branch(repo) == [f".handoff/open/{one}.md" for one in sorted((first, second))]
    assert {row["on_branch"] for row in handoff.json("list")} == {True}
    client = Client(repo, "s1", HANDOFF_PICKUP=first)
    assert "First" in context(client.start())
    brief = Client(repo, "s2").brief()
    assert brief in context(Client(repo, "s3").start())
    assert handoff("done", first, "--outcome", "Did it.", "--force") == 0, handoff.err
    assert handoff("drop", second) == 0, handoff.err
    for verb in ("prune", "doctor"):
        assert handoff(verb) in (0, 1), handoff.err
        assert "git could not" not in handoff.out + handoff.err
    assert repo.git("status", "--porcelain") == ""
    repo.git("fsck", "--strict")


def test_beside_the_branch_and_back(repo: Repo, handoff: Store) -> None:
    """On a detached HEAD a ref keeps the commit, with the reason; `handoff commit` lands it."""
    repo.git("checkout", "--quiet", "--detach")
    brief_id = handoff.write("A task")
    assert refs(repo) == [f"refs/handoff/{brief_id}"]
    (row,) = handoff.json("list")
    assert "HEAD is detached" in row["reason"]
    repo.git("checkout", "--quiet", "main")
    assert handoff("commit") == 0, handoff.err
    assert on_branch(repo) == [f".handoff/open/{brief_id}.md"]
    assert refs(repo) == []
    assert repo.git("status", "--porcelain") == ""


def test_a_started_session(repo: Repo, handoff: Store, programs: Path, tmp_path: Path) -> None:
    """`start --print` gives it the brief, in a work tree of its own if asked to."""
    (programs / "git").symlink_to(tmp_path / "gits" / "git")
    out = install(programs, "codex")
    brief_id = handoff.write("A task")
    handoff("start", brief_id, "--runner", "codex", "--print", "--worktree")
    beside = repo.root.parent / "project.handoff" / brief_id
    assert json.loads(out.read_text())["cwd"] == str(beside)
    assert repo.git("rev-parse", f"handoff/{brief_id}") == repo.git("rev-parse", "HEAD")


def test_push(repo: Repo, handoff: Store, tmp_path: Path) -> None:
    """Branch and refs go to a remote of the same kind."""
    there = tmp_path / "there.git"
    repo.git("init", "--quiet", "--bare", str(there))
    repo.git("remote", "add", "origin", str(there))
    repo.git("push", "--quiet", "origin", "main")
    brief_id = handoff.write("A task")
    repo.git("checkout", "--quiet", "--detach")
    kept = handoff.write("Another")
    repo.git("checkout", "--quiet", "main")
    assert handoff("push") == 0, handoff.err
    listed = repo.git("ls-remote", "origin")
    assert f"{repo.git('rev-parse', 'main').strip()}\trefs/heads/main" in listed
    assert f"refs/handoff/{kept}" in listed
    assert brief_id in repo.git("ls-tree", "-r", "--name-only", "main")


@pytest.fixture
def checkout(repo: Repo) -> git.Checkout:
    repo_checkout = git.find_checkout(str(repo.root))
    assert repo_checkout
    return repo_checkout


def test_new_objects(repo: Repo, checkout: git.Checkout) -> None:
    """Git has them under the ids that are computed here, whatever their size, with their bytes."""
    sizes = (0, 1, 15, 16, 2047, 2048, 300_000)
    new = objects.New(checkout)
    blobs = {size: new.add("blob", os.urandom(size)) for size in sizes}
    new.write()
    for size, blob in blobs.items():
        assert git.run(checkout, "cat-file", "-s", blob).out == b"%d\n" % size
    empty = git.run(checkout, "hash-object", "-t", "tree", "/dev/null").out.decode().strip()
    assert objects.empty_tree(checkout) == empty
    repo.git("fsck", "--strict")


def test_what_is_known_of_head(repo: Repo, checkout: git.Checkout) -> None:
    """As soon as HEAD is on another branch, also of the same commit, that is seen."""
    known = read_head(checkout)
    now = status.read_state(checkout).where
    assert now == known == Head("refs/heads/main", repo.git("rev-parse", "HEAD").strip())
    assert branch_now(checkout, known) == "refs/heads/main"
    repo.git("checkout", "--quiet", "-b", "topic")
    assert branch_now(checkout, known) == "refs/heads/topic"
    assert status.read_state(checkout).branch == "topic"
    repo.git("checkout", "--quiet", "--detach")
    assert branch_now(checkout, known) is None
    assert status.read_state(checkout).branch is None
    repo.git("checkout", "--quiet", "-b", "(detached)")
    assert status.read_state(checkout).branch == "(detached)"
    repo.git("checkout", "--quiet", "--orphan", "empty")
    assert (
        status.read_state(checkout).where == read_head(checkout) == Head("refs/heads/empty", None)
    )


def test_what_is_known_of_the_index(
    repo: Repo, checkout: git.Checkout, git_runs: list[list[str]]
) -> None:
    """It is read again when it was written since, and only then."""
    (repo.root / ".gitignore").write_text("ignored\n")
    for name in ("new", "ignored"):
        (repo.root / name).write_text("x")
    known = index.read(checkout, ["app.py", "new", "ignored"])
    assert known.tracked == {"app.py"}
    assert known.untracked == {"new"}
    git_runs.clear()
    assert index.read(checkout, ["app.py", "new", "ignored"], known) is known
    for paths in (["app.py"], ["new"], ["app.py", "ignored"]):
        some = index.read(checkout, paths, known)
        assert git_runs == []
        assert some == index.read(checkout, paths)
        git_runs.clear()
    assert index.read(checkout, ["app.py", "other"], known).paths == {"app.py", "other"}
    assert len(git_runs) == 1
    repo.git("add", "new")
    assert index.read(checkout, ["app.py", "new", "ignored"], known).tracked == {"app.py", "new"}
