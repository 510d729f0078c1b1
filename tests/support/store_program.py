"""The command line in this process, for the tests of the store's verbs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from support.program import Program

if TYPE_CHECKING:
    import pytest

    from support.repo import Repo

BRIEF = "# {}\n## Task\nDo it.\n"


class Store(Program):
    """`handoff` with a few calls that its tests make often."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        super().__init__(monkeypatch, capsys)
        self.patch = monkeypatch
        self.captured = capsys.readouterr

    def answer(self, *arguments: str) -> Any:
        """Run it with --json, whatever its exit code; what it printed, as a value."""
        self(*arguments, "--json")
        return json.loads(self.out)

    def write(self, title: str, *options: str) -> str:
        """Write a task brief; its id."""
        words = BRIEF.format(title)
        return str(self.json("write", "--kind", "task", *options, stdin=words)["id"])


def refs(repo: Repo) -> list[str]:
    """The refs that keep briefs."""
    return repo.git("for-each-ref", "--format=%(refname)", "refs/handoff/").split()


def on_branch(repo: Repo) -> list[str]:
    """The briefs in HEAD's commit."""
    listed = repo.git("ls-tree", "-r", "--name-only", "HEAD", ".handoff/").split()
    return [path for path in listed if path.endswith(".md")]


def own_id(title: str, number: int) -> str:
    return f"20261101-0000{number:02d}-{title}-{number:04x}"


def put(repo: Repo, brief_id: str, folder: str = "open", extra: str = "", more: str = "") -> None:
    """A brief's file as others could have written it."""
    path = repo.root / ".handoff" / folder / f"{brief_id}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    front = f"handoff: 1\nid: {brief_id}\ntitle: About {brief_id[16:-5]}\n"
    front += f"created: '2026-11-01T00:00:00Z'\n{extra}"
    path.write_text(f"---\n{front}---\n# T\n\n## Task\n\nDo it.\n{more}")
