"""A text without a title or a task is given back, and nothing of it is lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handoff.authoring import incomplete
from handoff.brief import document
from handoff.redact.redact import redact
from support.client import Client
from support.sandboxed import sends

if TYPE_CHECKING:
    from pathlib import Path

    from support.program import Program
    from support.repo import Repo

TITLE, TASK = "no title (`# …`)", "no `## Task` section"
SECRET = "ghp_" + "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("Sort the prices.\n", f"{TITLE} and {TASK}"),
        ("## Task\nSort the prices.\n", TITLE),
        ("# Sort the prices\n## State\nNot begun.\n", TASK),
        ("# Sort the prices\n", TASK),
    ],
)
def test_a_person_is_told_what_is_missing(
    repo: Repo, handoff: Program, text: str, missing: str
) -> None:
    """With an example; nothing is written or committed, and the text is in a file."""
    before = repo.git("rev-parse", "HEAD")
    assert handoff("write", stdin=text) == 1
    assert f"The brief has {missing}, so it was not written." in handoff.err
    assert incomplete.EXAMPLE in handoff.err
    assert repo.git("rev-parse", "HEAD") == before
    assert not (repo.root / ".handoff").exists()
    (kept,) = (repo.state / "trash").iterdir()
    assert f"Your text is in {kept}." in handoff.err
    assert kept.read_text() == text
    assert handoff("write", stdin=f"# Sort\n## Task\n{kept.read_text()}") == 0


def test_the_example_is_a_whole_brief() -> None:
    """Who sends it as it is gets a brief."""
    assert document.parse_words(redact(incomplete.EXAMPLE)).missing == ()


def test_what_is_kept_has_no_secret(repo: Repo, handoff: Program) -> None:
    """The file is written like a brief: without."""
    assert handoff("write", stdin=f"The key is {SECRET}\n") == 1
    (kept,) = (repo.state / "trash").iterdir()
    assert SECRET not in kept.read_text()
    assert SECRET not in handoff.err


def test_a_session_sends_it_again(repo: Repo, handoff: Program) -> None:
    """Its text is a draft until the whole brief comes."""
    client = Client(repo)
    client.start()
    client.works(1000)
    assert handoff("write", "--session", "s1", stdin="Sort the prices.\n") == 1
    assert "Your text is kept as a draft." in handoff.err
    assert not repo.briefs()
    assert len(drafts(repo)) == 1
    whole = "# Sort\n## Task\nSort the prices.\n"
    assert handoff("write", "--session", "s1", stdin=whole) == 0
    assert (len(repo.briefs()), drafts(repo)) == (1, [])


def test_a_session_never_sends_it_again(repo: Repo, handoff: Program) -> None:
    """The next snapshot has the model's words, and is the model's."""
    client = Client(repo)
    client.start()
    client.works(1000)
    for _ in range(2):
        assert handoff("write", "--session", "s1", stdin="Sort the prices by size.\n") == 1
    client("pre-compact", trigger="auto")
    (brief,) = repo.briefs()
    assert "Sort the prices by size." in brief.read_text().partition("## Facts")[0]
    assert "author: model" in brief.read_text()


def test_a_hook_stores_it_all_the_same(repo: Repo) -> None:
    """What a sandboxed shell could not store, and no model can send again, is stored as it is."""
    client = Client(repo)
    client.start()
    client.works(20_000)
    sends(client, "handoff write <<'BRIEF'\n## State\nAll prices are sorted.\nBRIEF")
    client("stop")
    (brief,) = repo.briefs()
    assert "All prices are sorted." in brief.read_text()


@pytest.mark.parametrize(
    ("env", "author"),
    [
        ({}, "person"),
        ({"CLAUDE_CODE_SESSION_ID": "s1"}, "model"),
        ({"HANDOFF_PICKUP": "x"}, "model"),
        ({"HANDOFF_RELAY": "x"}, "model"),
    ],
)
def test_who_wrote_it(
    repo: Repo, handoff: Program, monkeypatch: pytest.MonkeyPatch, env: dict[str, str], author: str
) -> None:
    """A person outside of a session; else a model, also where an agent was started for a brief."""
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    brief_id = handoff.json("write", "--kind", "task", stdin="# T\n## Task\nDo it.\n")["id"]
    for name in env:
        monkeypatch.delenv(name)
    (row,) = handoff.json("list")
    assert (row["author"], row["trusted"], row["origin"]) == (author, True, "own")
    assert f"author: {author}\n" in repo.briefs()[0].read_text()
    assert handoff("list") == 0
    assert author in handoff.out
    assert handoff("pickup", brief_id) == 0
    assert ("ago by a person." in handoff.out) is (author == "person")


def drafts(repo: Repo) -> list[Path]:
    return sorted((repo.state / "drafts").glob("*/*.md"))
