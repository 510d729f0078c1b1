"""Hooks that cannot run, on the real client: as if they were not there."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from support.paths import ROOT

from .clients import both_clients
from .harness import HANDS_FREE
from .model import Model, runs, says
from .session import PROMPT

if TYPE_CHECKING:
    from pathlib import Path

    from .harness import World

PARTS = (".claude-plugin", "bin", "commands", "hooks", "plugin")


@pytest.mark.smoke
@both_clients
@pytest.mark.world(plugin=False)
def test_files_that_go_while_a_session_runs(world: World, tmp_path: Path) -> None:
    """The plugin's files go (another branch, a cleaner): no call is refused, no hook fails."""
    plugin = own_copy(world, tmp_path)
    model = Model(
        runs(f"cd '{plugin}/hooks' && rm *.sh *.py && echo gone", 20_000),
        runs("echo still here", 20_400),
        says("All done.", 210_000),
    )
    with world.serve(model) as api:
        done = world.print(PROMPT, *HANDS_FREE)

    assert done.json["result"] == "All done."
    assert "still here" in api.main_requests[-1].new_text
    assert not model.asked
    assert [record for record in from_hooks(world) if "error" in record["type"]] == []


@pytest.mark.world(plugin=False, environment=False)
def test_native_windows(world: World, tmp_path: Path) -> None:
    """What Windows sets in every environment: a line at the start, and nothing else happens."""
    own_copy(world, tmp_path)
    with world.serve(Model(runs("echo one", 20_000), says("All done.", 210_000))):
        done = world.print(PROMPT, *HANDS_FREE, extra_env={"OS": "Windows_NT"})

    assert done.json["result"] == "All done."
    records = from_hooks(world)
    (shown,) = [one for one in records if one["type"] == "hook_system_message"]
    assert "native Windows is not supported yet" in shown["content"]
    assert [one for one in records if "error" in one["type"]] == []
    assert list(world.state.iterdir()) == []


def own_copy(world: World, folder: Path) -> Path:
    """The plugin in a folder of the test's own, which the client is given."""
    plugin = folder / "plug in"
    ignore = shutil.ignore_patterns("__pycache__")
    for part in PARTS:
        shutil.copytree(ROOT / part, plugin / part, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", plugin)
    world.flags += ["--plugin-dir", str(plugin)]
    return plugin


def from_hooks(world: World) -> list[dict[str, Any]]:
    """What the session's transcript holds of hooks."""
    lines = world.transcripts()[-1].read_text().splitlines()
    attached = [json.loads(line).get("attachment") or {} for line in lines]
    return [one for one in attached if str(one.get("type")).startswith("hook_")]
