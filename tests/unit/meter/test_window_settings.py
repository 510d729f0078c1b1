"""What else moves window and compaction: a variable for unknown models, a setting, a session's
start.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from handoff.base import paths
from handoff.hooks import dispatch
from handoff.install import plugin_link
from handoff.meter.windows import model_window
from handoff.runtime import Runtime
from handoff.session import state

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("model", "env", "expected"),
    [
        ("some-model", {}, None),
        ("some-model", {"CLAUDE_CODE_MAX_CONTEXT_TOKENS": "300000"}, 300_000),
        ("some-model", {"CLAUDE_CODE_MAX_CONTEXT_TOKENS": "0"}, None),
        ("some-model", {"CLAUDE_CODE_MAX_CONTEXT_TOKENS": "much"}, None),
        ("claude-opus-5-5", {"CLAUDE_CODE_MAX_CONTEXT_TOKENS": "300000"}, 1_000_000),
        ("claude-opus-5-5", {"CLAUDE_CODE_MAX_CONTEXT_TOKENS": "300000", "DISABLE_COMPACT": "1"},
         300_000),
    ],
)  # fmt: skip
def test_a_window_that_the_user_says(model: str, env: dict[str, str], expected: int | None) -> None:
    """For a model the client does not know; for others only where compaction is off."""
    assert model_window(model, env) == expected


def start(env: dict[str, str], project: Path) -> None:
    payload = {
        "session_id": "s1",
        "source": "startup",
        "cwd": str(project),
        "transcript_path": str(project / "s1.jsonl"),
        "model": "claude-opus-4-6",
    }
    dispatch.answer("session-start", json.dumps(payload).encode(), Runtime(env, full=False))


def test_a_session_remembers_its_variables(tmp_path: Path, own_home: Path) -> None:
    """`handoff status` from another terminal knows the session's variables, and no others of its
    own; a resume without them forgets them.
    """
    start(
        {**os.environ, "CLAUDE_CODE_MAX_OUTPUT_TOKENS": "8000", "CLAUDE_CONFIG_DIR": "/c"}, tmp_path
    )
    session = state.load(str(own_home / "state"), "s1")

    kept = {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": "8000", "CLAUDE_CONFIG_DIR": "/c"}
    assert session.window_variables == kept
    assert session.window_env({"A": "b", "DISABLE_COMPACT": "1"}) == {"A": "b", **kept}

    start(dict(os.environ), tmp_path)
    session = state.load(str(own_home / "state"), "s1")
    assert session.window_env({"A": "b", "DISABLE_COMPACT": "1"}) == {"A": "b"}
    assert state.SessionState({"window_variables": 3}).window_env({"A": "b"}) == {"A": "b"}


def test_a_session_start_keeps_the_link(tmp_path: Path, own_home: Path) -> None:
    """It leads to the plugin that runs, also after an update; what is no link is left alone."""
    place = own_home / "state" / "plugin"
    start(dict(os.environ), tmp_path)
    assert os.readlink(place) == paths.plugin_root()

    place.unlink()
    place.symlink_to(tmp_path / "an-older-version")
    start(dict(os.environ), tmp_path)
    assert os.readlink(place) == paths.plugin_root()
    inode = place.lstat().st_ino
    start(dict(os.environ), tmp_path)
    assert place.lstat().st_ino == inode
    assert [name for name in os.listdir(place.parent) if name.startswith("plugin")] == ["plugin"]

    place.unlink()
    place.mkdir()
    plugin_link.keep_link(str(place.parent))
    assert place.is_dir()
    assert not place.is_symlink()
