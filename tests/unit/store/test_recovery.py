"""A killed process costs no session its brief, and what others wrote costs no writer time."""

from __future__ import annotations

import math
import os
from typing import TYPE_CHECKING, Any

from handoff.brief import document
from handoff.runtime import Runtime
from handoff.store import claims, journal, recovery
from support.client import Client, context

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from support.repo import Repo
    from support.store_program import Store


def leave(repo: Repo, root: Path, name: str) -> Path:
    """Enter a change as a process does that is killed then; the file that it was to write."""
    path = f".handoff/open/{name}.md"
    root.mkdir(exist_ok=True)
    with journal.begin(str(repo.state), journal.Change(str(root), name, "m", {path: b"text"}, {})):
        return root / path


def test_no_more_than_there_is_time_for(repo: Repo, tmp_path: Path) -> None:
    """One's own repository comes first; of others nothing is begun after the deadline, and it is
    kept for later.
    """
    other, own = leave(repo, tmp_path / "other", "a"), leave(repo, repo.root, "b")
    runtime, cwd = Runtime(os.environ, full=True), str(repo.root / ".handoff")

    recovery.recover_own(runtime, cwd)
    recovery.recover_others(runtime, cwd, -math.inf)
    assert (own.exists(), other.exists()) == (True, False)
    recovery.recover_others(runtime, cwd, math.inf)
    assert other.exists()
    assert not list((repo.state / "pending").iterdir())


def test_the_offer_comes_before_other_repositories(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session has its brief by the time that other repositories are fixed."""
    client = Client(repo)
    brief_id = client.brief()
    left = leave(repo, tmp_path.resolve() / "other", "a")
    owners = []
    finish = recovery._finish

    def look(entry: journal.Entry, runtime: Runtime) -> None:
        owners.append(claims.owner(runtime.home, brief_id))
        finish(entry, runtime)

    monkeypatch.setattr(recovery, "_finish", look)
    assert brief_id in context(Client(repo, "s2").start())
    assert owners == ["s2"]
    assert left.exists()


def test_what_others_wrote_is_not_parsed(
    repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing looks only into briefs that this machine wrote, however many others are there."""
    own = handoff.write("Ours")
    for number in range(20):
        name = f"20261101-080000-theirs-{number:04x}"
        (repo.root / f".handoff/open/{name}.md").write_text(f"---\nid: {name}\n---\n# Theirs\n")
    parsed = []
    parse = document.parse

    def note(raw: bytes, *arguments: Any) -> document.Brief:
        parsed.append(raw)
        return parse(raw, *arguments)

    monkeypatch.setattr(document, "parse", note)
    handoff.json("write", "--session", "s1", stdin="# Next\n## Task\nDo it.\n")
    assert not [raw for raw in parsed if b"# Theirs" in raw]
    assert [raw for raw in parsed if own.encode() in raw]
