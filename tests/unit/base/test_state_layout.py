"""All that lies in the state directory is in one table, and goes when the table says so."""

from __future__ import annotations

import json
import os
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handoff.base import file_io, state_layout
from handoff.install import plugin_link
from handoff.meter import cost, feed
from handoff.runtime import Runtime
from handoff.session import transitions
from handoff.store import originals
from support.client import Client

if TYPE_CHECKING:
    from support.repo import Repo
    from support.store_program import Store

DAYS = 86_400


def unknown(repo: Repo) -> list[str]:
    """What lies in the state directory and has no row."""
    return [*state_layout.find_unknown(str(repo.state))]


def age(path: Path, days: int = 100) -> Path:
    """The file, as one that nothing has changed for so long."""
    past = time.time() - days * DAYS
    os.utime(path, (past, past))
    return path


def test_what_sessions_and_verbs_leave_is_in_the_table(
    repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From a session's start to its end, in the hooks, on the status line and by the verbs."""
    feed.save(str(repo.state), "s1", {"at": time.time(), "tokens": 1000}, "mod")
    client = Client(repo)
    client.start()
    client("user-prompt-submit", prompt="List the prices")
    client.works(1000, 150_000, 190_000)
    client("post-tool-batch")
    client("stop")
    client.works(199_000)
    client("stop")
    written = client.brief()
    Client(repo, "s2").start()
    task = handoff.write("A task")
    monkeypatch.setenv("CLAUDE_CODE_SESSION_ID", "s1")
    for verb in ("status", "usage", "list", "why", "doctor", f"pickup {task}", f"show {written}",
                 f"trust {task}", "session mode notify", "session breaker --close",
                 "session later"):  # fmt: skip
        handoff(*verb.split())
    monkeypatch.delenv("CLAUDE_CODE_SESSION_ID")
    handoff("done", task, "--outcome", "It works.")
    handoff("drop", handoff.write("Another"))
    client("session-end", reason="exit")

    left = {path.name for path in repo.state.iterdir()}
    assert left >= {"claims", "cost", "growth", "ledger.jsonl", "locks", "mod", "next",
                    "originals", "sessions", "why"}  # fmt: skip
    assert unknown(repo) == []


@pytest.mark.parametrize(
    "path", ["x.json", "sessions/s1.txt", "new/s1.json", "cost/s1.json.77.tmp", "claims/a/b.json"]
)
def test_what_has_no_row_is_found(repo: Repo, path: str) -> None:
    """Whoever keeps something new has to say when it goes."""
    (repo.state / path).parent.mkdir(parents=True)
    (repo.state / path).write_text("{}")
    assert unknown(repo) == [path]


def test_what_is_moved_aside_belongs_to_its_file(repo: Repo) -> None:
    """As does what a killed writer left."""
    (repo.state / "sessions").mkdir(parents=True)
    for name in ("s1.json.broken", "s1.json.9.broken", ".s1.json.77.tmp"):
        (repo.state / "sessions" / name).write_text("{}")
    (repo.state / "ledger.jsonl.broken").write_text("{}")
    assert unknown(repo) == []


@pytest.mark.parametrize("folder", ["feed", "growth", "next"])
def test_a_killed_writer_of_small_files(
    repo: Repo, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it left is known, and swept with the rest."""
    _killed_while_renaming(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        feed.save(str(repo.state), "s1", {"at": 1}, folder)
    _is_swept(repo, folder, monkeypatch)


def test_a_killed_writer_of_costs(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same."""
    client = Client(repo)
    client.works(1000)
    _killed_while_renaming(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        cost.read_cost(str(repo.state), "s1", str(client.transcript), client.env)
    _is_swept(repo, "cost", monkeypatch)


def test_a_killed_maker_of_the_link(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, for the link to the plugin."""
    _killed_while_renaming(monkeypatch)
    with pytest.raises(KeyboardInterrupt):
        plugin_link.keep_link(str(repo.state))
    _is_swept(repo, ".", monkeypatch)


def _killed_while_renaming(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no clean-up run behind a rename that does not come."""

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", stop)
    monkeypatch.setattr(os, "unlink", lambda *_: None)


def _is_swept(repo: Repo, folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(os.listdir(repo.state / folder)) == 1
    assert unknown(repo) == []
    monkeypatch.undo()
    file_io.sweep(str(repo.state / folder), time.time() + DAYS)
    assert os.listdir(repo.state / folder) == []


def test_files_of_sessions_go_with_them(repo: Repo, handoff: Store) -> None:
    """In every folder that is theirs; what is never taken stays."""
    transitions.mark_ended(str(repo.state), "over")
    paths = []
    for folder in state_layout.FOLDERS:
        if folder.goes == "with its session":
            path = repo.state / folder.name / ("over" if folder.name == "gate" else "over.json")
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps({"ended": True}))
            paths.append(age(path))
    kept = repo.state / "usage" / "index.json"
    kept.parent.mkdir()
    kept.write_text("{}")
    age(kept)

    handoff("prune", "--yes")

    assert {path.parent.name for path in paths} >= {"cost", "feed", "growth", "next", "sessions"}
    assert [path for path in paths if path.exists()] == []
    assert kept.exists()


def test_an_original_stays_while_its_brief_is_there(repo: Repo, handoff: Store) -> None:
    """However old it is: without it a brief that was only reformatted would count as changed."""
    brief = handoff.write("A task")
    folder = repo.state / "originals"
    for path in folder.iterdir():
        age(path)
    handoff("prune", "--yes")
    assert len(list(folder.iterdir())) == 1
    assert len(originals.find_needed(str(repo.state), "/")) == 1

    (repo.root / ".handoff" / "open" / f"{brief}.md").unlink()
    handoff("prune", "--yes")
    assert list(folder.iterdir()) == []


def test_an_original_stays_where_its_repository_was_moved(
    repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The ledger has the path that it was written at."""
    handoff.write("A task")
    moved = repo.root.with_name("moved")
    monkeypatch.chdir("/")
    repo.root.rename(moved)
    monkeypatch.chdir(moved)
    for path in (repo.state / "originals").iterdir():
        age(path)
    handoff("prune", "--yes")
    assert len(list((repo.state / "originals").iterdir())) == 1


def test_the_table_names_what_sweeps_and_the_doctor_look_at(repo: Repo) -> None:
    """A temporary file of any row is swept."""
    names = [folder.name for folder in state_layout.FOLDERS]
    assert names == sorted(set(names))
    assert sorted(set(state_layout.FILES)) == list(state_layout.FILES)
    runtime = Runtime(os.environ, full=True)
    for name in names:
        (repo.state / name).mkdir(parents=True)
        left = age(_written(repo.state / name / ".s1.json.77.tmp"), 1)
        file_io.sweep(str(left.parent), runtime.now)
        assert not left.exists()


def test_the_documentation_names_every_row() -> None:
    """In its list of what is kept outside the repository."""
    text = (Path(__file__).parents[3] / "docs/how-it-works.md").read_text()
    listed = text.partition("State is outside the repository:")[2].partition("If a state file")[0]
    named = {f"{folder.name}/" for folder in state_layout.FOLDERS} | {*state_layout.FILES}
    assert named == set(re.findall(r"`([a-z-]+(?:/|\.jsonl?)?)`", listed))


def _written(path: Path) -> Path:
    path.write_text("{}")
    return path
