"""A session whose Bash tool runs in the client's own sandbox: the state directory is read-only."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from support.paths import short_folder

from .clients import both_clients
from .model import REPORTED, Model
from .session import PROMPT, log, open_briefs, work

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .harness import World


@pytest.fixture
def short() -> Iterator[dict[str, str]]:
    """A short TMPDIR: the sandbox has sockets there, whose paths may have some 100 characters. With
    longer ones the client runs commands without it.
    """
    with short_folder() as folder:
        yield {"TMPDIR": str(folder)}


@both_clients
def test_the_models_words_are_kept(world: World, short: dict[str, str]) -> None:
    """`handoff write` may not store the brief: it says so, with the setting that lets it, and a
    hook stores and commits it when the turn ends. With that setting it stores the next one itself.
    """
    settings = world.config / "settings.json"
    settings.write_text(json.dumps({"sandbox": {"enabled": True}}))
    with world.serve(Model(*work(world))) as api:
        done = world.print(PROMPT, "--allowedTools", "Bash", extra_env=short)

    assert done.returncode == 0
    (refusal,) = [
        r.new_text for r in api.main_requests if "cannot be written from here" in r.new_text
    ]
    assert "it is stored and committed when this turn ends" in refusal
    assert f"add {world.state} to sandbox.filesystem.allowWrite" in refusal
    (brief,) = open_briefs(world)
    text = brief.read_text()
    assert "author: model" in text
    assert "receipt() in till/receipt.py should list every price" in text
    assert "handoff write" not in text
    subject = f"handoff: write “List every price on the receipt” ({brief.stem[-4:]})\n"
    assert world.git("log", "-1", "--format=%s") == subject

    opened = {"enabled": True, "filesystem": {"allowWrite": [str(world.state)]}}
    settings.write_text(json.dumps({"sandbox": opened}))
    with world.serve(Model(*work(world))) as api:
        world.print(PROMPT, "--allowedTools", "Bash", extra_env=short)
    assert REPORTED in api.main_requests[-1].new_text
    assert len(open_briefs(world)) == 2
    assert log(world) == ""
