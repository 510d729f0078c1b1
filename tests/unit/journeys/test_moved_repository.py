"""A repository stays the same one where it is moved to, and nothing else becomes it."""

from __future__ import annotations

import json
import os
import shutil
from typing import TYPE_CHECKING

import pytest

from handoff.runtime import Runtime
from handoff.store import brief_files, drafts, ledger, places, trust
from support.client import Client, context
from support.program import BRIEF, Program
from support.repo import Repo

if TYPE_CHECKING:
    from pathlib import Path


def classify(root: Path, brief_id: str) -> trust.Origin:
    """Whose a brief in a directory is."""
    place = places.locate(str(root))
    judge = trust.TrustCheck(place, Runtime(os.environ, full=True))
    return judge.classify(brief_files.find(place.root, brief_id))


def started(repo: Repo, root: Path) -> str:
    """What a session that starts in a directory is given."""
    return context(Client(Repo(root, repo.state), "next").start())


def test_a_moved_repository_has_its_briefs(
    repo: Repo, handoff: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Own, and picked up by itself; also what is written there next."""
    brief = handoff.json("write", stdin=BRIEF)["id"]
    new = repo.root.parent / "moved"
    monkeypatch.chdir("/")
    repo.root.rename(new)

    assert classify(new, brief).kind == "own"
    assert brief in started(repo, new)


def test_a_moved_work_tree_has_its_briefs(
    repo: Repo, handoff: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """git knows it by its name; another work tree is not given them."""
    first, second = repo.root.parent / "one", repo.root.parent / "two"
    repo.git("worktree", "add", "--quiet", "-b", "side", str(first))
    monkeypatch.chdir(first)
    brief = handoff.json("write", stdin=BRIEF)["id"]
    monkeypatch.chdir(repo.root)
    repo.git("worktree", "move", str(first), str(second))

    assert brief in started(repo, second)


def test_drafts_and_consents_go_with_a_moved_repository(
    repo: Repo, handoff: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where another repository is at the old path by now: that one has neither, and gets none
    when it is moved in turn.
    """
    draft = left_as_draft(repo, handoff)
    brief = write_untrusted(repo)
    allow(repo.root, brief)
    new, newer = repo.root.parent / "moved", repo.root.parent / "moved-too"
    monkeypatch.chdir("/")
    repo.root.rename(new)
    Repo(new, repo.state).git("clone", "--quiet", str(new), str(repo.root))
    shutil.copytree(new / ".handoff", repo.root / ".handoff")

    assert drafts_in(repo.root) == []
    assert classify(repo.root, brief).kind == "elsewhere"
    assert classify(new, brief).kind == "allowed"
    assert drafts_in(new) == [draft]
    assert drafts_in(repo.root) == []
    new.rename(newer)
    assert drafts_in(newer) == [draft]
    monkeypatch.chdir(newer)
    monkeypatch.setenv("EDITOR", "true")
    assert handoff("commit", "--edit", draft) == 0, handoff.err
    assert drafts_in(newer) == []


def test_a_copy_has_neither_drafts_nor_consents(repo: Repo, handoff: Program) -> None:
    """Beside the first, nobody said anything of it."""
    draft = left_as_draft(repo, handoff)
    brief = write_untrusted(repo)
    allow(repo.root, brief)
    other = repo.root.parent / "other"
    shutil.copytree(repo.root, other)

    assert drafts_in(other) == []
    assert classify(other, brief).kind == "elsewhere"
    assert drafts_in(repo.root) == [draft]


def test_a_moved_work_tree_has_its_drafts(
    repo: Repo, handoff: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its name; the main work tree has none of them."""
    first, second = repo.root.parent / "one", repo.root.parent / "two"
    repo.git("worktree", "add", "--quiet", "-b", "side", str(first))
    monkeypatch.chdir(first)
    draft = left_as_draft(repo, handoff)
    monkeypatch.chdir(repo.root)
    repo.git("worktree", "move", str(first), str(second))

    assert drafts_in(second) == [draft]
    assert drafts_in(repo.root) == []


def test_a_consent_of_before_there_were_identities_counts_by_path(repo: Repo) -> None:
    """As it was written then."""
    brief = write_untrusted(repo)
    allow(repo.root, brief)
    path = repo.state / "consents.jsonl"
    values = json.loads(path.read_text())
    assert len(values.pop("identity")) == 32
    path.write_text(json.dumps(values) + "\n")

    assert classify(repo.root, brief).kind == "allowed"


def left_as_draft(repo: Repo, handoff: Program) -> str:
    """The id of a brief that waits for its review."""
    config = repo.state.parent / ".config" / "handoff" / "config.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("brief: {review: true}\n")
    written = handoff.json("write", stdin=BRIEF)
    config.unlink()
    assert written["draft"]
    return str(written["id"])


def write_untrusted(repo: Repo) -> str:
    """The id of a brief that somebody else wrote."""
    brief = "20261122-073812-a-gift-beef"
    path = repo.root / ".handoff" / "open" / f"{brief}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f"---\nhandoff: 1\nid: {brief}\ntitle: A gift\n---\n# A gift\n## Task\nTake it.\n"
    )
    return brief


def allow(root: Path, brief: str) -> None:
    """A person lets a brief in."""
    place = places.locate(str(root))
    trust.record_consent(brief_files.find(place.root, brief), place, Runtime(os.environ, full=True))


def drafts_in(root: Path) -> list[str]:
    """The ids of the drafts that a directory has."""
    all_drafts = drafts.read_all(places.locate(str(root)), Runtime(os.environ, full=True))
    return [item.brief.id for item in all_drafts if item.brief]


@pytest.mark.parametrize("made_by", ["copy", "clone", "again"])
def test_another_repository_has_not(
    repo: Repo, handoff: Program, monkeypatch: pytest.MonkeyPatch, made_by: str
) -> None:
    """A copy beside the first, a clone, and a new one in the place of the first: that is said."""
    brief = handoff.json("write", stdin=BRIEF)["id"]
    other = repo.root.parent / "other"
    monkeypatch.chdir("/")
    if made_by == "copy":
        shutil.copytree(repo.root, other)
    else:
        repo.git("clone", "--quiet", str(repo.root), str(other))
    if made_by == "again":
        shutil.rmtree(repo.root)
        other = other.rename(repo.root)

    origin = classify(other, brief)
    assert (origin.kind, origin.label) == (
        "elsewhere",
        "written on this machine for another repository",
    )
    assert started(repo, other) == ""
    monkeypatch.chdir(other)
    assert handoff("trust", "--diff", brief) == 1
    assert "was not written on this machine for this repository" in handoff.err
    assert handoff("show", brief) == 0
    assert handoff.err == "handoff: written on this machine for another repository.\n"
    handoff.json("write", stdin=BRIEF)
    assert classify(other, brief).kind == "elsewhere"


def test_a_folder_that_becomes_a_repository_keeps_them(
    repo: Repo, handoff: Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`git init` makes nobody a stranger."""
    folder = tmp_path.resolve() / "plain"
    folder.mkdir()
    monkeypatch.chdir(folder)
    brief = handoff.json("write", stdin=BRIEF)["id"]
    Repo(folder, repo.state).git("init", "--quiet", "--initial-branch=main")

    assert classify(folder, brief).kind == "own"
    assert brief in started(repo, folder)


def test_a_ledger_without_identities_counts_by_path(repo: Repo, handoff: Program) -> None:
    """As it was written before repositories had one."""
    brief = handoff.json("write", stdin=BRIEF)["id"]
    path = repo.state / "ledger.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    for line in lines:
        assert len(line.pop("identity")) == 32
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))

    assert classify(repo.root, brief).kind == "own"


@pytest.mark.parametrize("kind", ["pipe", "link", "words"])
def test_a_file_that_is_no_identity(repo: Repo, handoff: Program, kind: str) -> None:
    """A pipe is not waited for, a link not followed; a brief is still written, and own."""
    path = repo.root / ".git" / "handoff-id"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        (repo.root.parent / "id").write_text("0" * 32 + "\n")
        path.symlink_to(repo.root.parent / "id")
    else:
        path.write_text("x" * 5000)

    brief = handoff.json("write", stdin=BRIEF)["id"]

    assert classify(repo.root, brief).kind == "own"
    entries = ledger.own_entries(str(repo.state), str(repo.root / ".git"))
    assert {entry.identity for entry in entries.values()} != {"0" * 32}
