"""A session that idles."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from handoff.cli import cli

if TYPE_CHECKING:
    from support.client import Client
    from support.repo import Repo


def answered(client: Client, ago: float, *tokens: int) -> None:
    """A start and answers, the last so many seconds ago; the file is as old."""
    client.start()
    client.later = -ago
    client.works(*tokens)
    client.later = 0.0
    moment = time.time() - ago
    os.utime(client.transcript, (moment, moment))


def run(session: str = "s1") -> dict[str, Any]:
    """`handoff idle`, as the mod runs it."""
    done = CliRunner().invoke(cli, ["idle", "--session", session])
    assert done.exit_code == 0, done.output
    decision: dict[str, Any] = json.loads(done.output)
    return decision


def mod_says(repo: Repo, **more: object) -> None:
    """What the mod writes of a session at its prompt."""
    (repo.state / "mod").mkdir(parents=True, exist_ok=True)
    figures = {"tokens": 150_000, "window": 1_000_000}
    reading = {"at": time.time(), "turn": "t1", "interactive": True, "context": figures}
    reading["model"] = "claude-opus-5-5"
    (repo.state / "mod" / "s1.json").write_text(json.dumps({**reading, **more}))
