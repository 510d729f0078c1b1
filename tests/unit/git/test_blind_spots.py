"""What a session hides from git is found all the same: what is run is what the commit has."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from handoff.build.workspace import Workspace
from support import build_lab
from support.build_lab import SESSION
from support.git_lab import Lab, checkout

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> build_lab.Work:
    return build_lab.make(Lab(tmp_path.resolve(), monkeypatch))


def test_hidden_by_info_exclude(work: build_lab.Work) -> None:
    """A file that only info/exclude hides is no part of a commit: it is kept at the ref; installed
    packages, and what a .gitignore names, stay.
    """
    with work.user.git_path("info/exclude").open("a") as file:
        file.write("till.py\nnode_modules/\n")
    work.tree.write("src/till.py", "secretly\n")
    work.tree.write("node_modules/a/index.js", "a\n")
    work.tree.write("build/out.txt", "out\n")
    done = work.workspace.clean_up(SESSION, work.began)
    assert done.leftovers == ("src/till.py",)
    assert work.content("src/till.py") == b"secretly\n"
    assert not (work.tree.root / "src/till.py").exists()
    assert (work.tree.root / "node_modules/a/index.js").exists()
    assert (work.tree.root / "build/out.txt").exists()


def test_replaced_objects(work: build_lab.Work) -> None:
    """`git replace` does not put other content into the worktree than the commit has."""
    evil = work.tree.git("hash-object", "-w", "--stdin", stdin=b"evil\n").strip()
    work.tree.git("replace", work.tree.sha("HEAD:a.txt"), evil)
    (work.tree.root / "a.txt").unlink()
    work.tree.git("checkout", "--", "a.txt")
    assert (work.tree.root / "a.txt").read_text() == "evil\n", "the trap itself must work"
    work.workspace.clean_up(SESSION, work.began)
    assert (work.tree.root / "a.txt").read_text() == "one\ntwo\nthree\n"


def test_an_index_that_lies(work: build_lab.Work) -> None:
    """An index in which a changed file counts as unchanged is not believed."""
    path = work.tree.root / "a.txt"
    path.write_text("one\ntwo\nthrEe\n")
    blob = work.tree.sha("HEAD:a.txt")
    evil = work.tree.git("hash-object", "-w", "a.txt").strip()
    os.utime(path, (1_700_000_000, 1_700_000_000))
    work.tree.git("add", "a.txt")
    index = work.tree.git_path("index")
    raw = index.read_bytes()
    assert raw.count(bytes.fromhex(evil)) == 1
    forged = raw.replace(bytes.fromhex(evil), bytes.fromhex(blob))[:-20]
    index.write_bytes(forged + hashlib.sha1(forged, usedforsecurity=False).digest())
    assert work.tree.status() == "", "the trap itself must work"
    done = work.workspace.clean_up(SESSION, work.began)
    assert done.leftovers == ("a.txt",)
    assert path.read_text() == "one\ntwo\nthree\n"


def test_staged_changes_are_kept(work: build_lab.Work) -> None:
    """Looking again at every file forgets nothing that is staged."""
    work.tree.write("a.txt", "staged\n")
    work.tree.git("add", "a.txt")
    work.tree.write("a.txt", "in the worktree\n")
    Workspace(checkout(work.tree), build_lab.BRANCH, str(work.state)).clean_up(SESSION, work.began)
    staged = work.tree.git("log", "--format=%H", "-1", f"{build_lab.REF}^2").strip()
    assert work.content("a.txt") == b"in the worktree\n"
    assert work.content("a.txt", staged) == b"staged\n"
