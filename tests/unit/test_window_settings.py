"""What else moves window and compaction: a variable for unknown models, a setting, a session's
start.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from handoff import paths
from handoff.client import preferences
from handoff.flow import dispatch, link, state
from handoff.flow.here import Here
from handoff.meter import context
from handoff.meter.windows import compact_point, window

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
    assert window(model, env) == expected


@pytest.mark.parametrize(
    ("where", "content", "off"),
    [
        ("home/.claude/settings.json", '{"autoCompactEnabled": false}', True),
        ("home/.claude/settings.json", '{"autoCompactEnabled": true}', False),
        ("home/.claude/settings.json", '\ufeff{"autoCompactEnabled": false}', True),
        ("home/.claude/settings.json", '{"autoCompactEnabled": "false"}', False),
        ("home/.claude/settings.json", '{"x": "autoCompactEnabled"}', False),
        ("home/.claude/settings.json", '{"autoCompactEnabled": false', False),
        ("home/.claude/settings.json", '["autoCompactEnabled"]', False),
        ("home/.claude.json", '{"autoCompactEnabled": false}', True),
        ("project/.claude/settings.json", '{"autoCompactEnabled": false}', True),
        ("project/.claude/settings.local.json", '{"autoCompactEnabled": false}', True),
        ("elsewhere/settings.json", '{"autoCompactEnabled": false}', False),
    ],
)
def test_the_setting(tmp_path: Path, where: str, content: str, off: bool) -> None:
    """`autoCompactEnabled: false` counts as the variable that turns compaction off."""
    path = tmp_path / where
    path.parent.mkdir(parents=True)
    path.write_text(content)
    found = preferences.window_env({"HOME": str(tmp_path / "home")}, str(tmp_path / "project"))

    assert found == ({"DISABLE_AUTO_COMPACT": "1"} if off else {})
    assert (compact_point("claude-opus-5-5", 1_000_000, found) is None) is off


def test_the_nearer_file_wins(tmp_path: Path) -> None:
    """The project's own settings before the user's."""
    for name, value in (("home", "false"), ("project", "true")):
        folder = tmp_path / name / ".claude"
        folder.mkdir(parents=True)
        (folder / "settings.json").write_text(f'{{"autoCompactEnabled": {value}}}')
    env = {"HOME": str(tmp_path / "home")}

    assert preferences.window_env(env, str(tmp_path / "project")) == {}
    assert preferences.window_env(env, str(tmp_path)) == {"DISABLE_AUTO_COMPACT": "1"}


@pytest.mark.parametrize("name", ["settings.json", "settings.local.json"])
def test_what_is_no_file_does_not_block(tmp_path: Path, name: str) -> None:
    """A pipe or a directory in its place says nothing, at once."""
    (tmp_path / ".claude").mkdir()
    os.mkfifo(tmp_path / ".claude" / name)
    assert preferences.window_env({"HOME": str(tmp_path)}, str(tmp_path)) == {}


def start(env: dict[str, str], project: Path) -> None:
    payload = {
        "session_id": "s1",
        "source": "startup",
        "cwd": str(project),
        "transcript_path": str(project / "s1.jsonl"),
        "model": "claude-opus-4-6",
    }
    dispatch.answer("session-start", json.dumps(payload).encode(), Here(env, full=False))


def test_a_session_remembers_what_it_started_with(tmp_path: Path, own_home: Path) -> None:
    """`handoff status` from another terminal knows the session's variables and settings; a resume
    without them forgets them.
    """
    settings = own_home / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text('{"autoCompactEnabled": false}')
    start({**os.environ, "CLAUDE_CODE_MAX_OUTPUT_TOKENS": "8000"}, tmp_path)
    session = state.load(str(own_home / "state"), "s1")

    assert session.values["window_env"] == {
        "CLAUDE_CODE_MAX_OUTPUT_TOKENS": "8000", "DISABLE_AUTO_COMPACT": "1",
    }  # fmt: skip
    env = session.window_env({"A": "b"})
    assert env["A"] == "b"
    assert context.of(None, 1_000, "claude-opus-4-6", env).compact_at is None

    settings.unlink()
    start(dict(os.environ), tmp_path)
    session = state.load(str(own_home / "state"), "s1")
    assert context.of(None, 1_000, "claude-opus-4-6", session.window_env({})).compact_at == 167_000
    assert state.SessionState({"window_env": 3}).window_env({"A": "b"}) == {"A": "b"}


def test_a_session_start_keeps_the_link(tmp_path: Path, own_home: Path) -> None:
    """It leads to the plugin that runs, also after an update; what is no link is left alone."""
    place = own_home / "state" / "plugin"
    start(dict(os.environ), tmp_path)
    assert os.readlink(place) == paths.plugin_root()

    place.unlink()
    place.symlink_to(tmp_path / "an-older-version")
    start(dict(os.environ), tmp_path)
    assert os.readlink(place) == paths.plugin_root()
    made = place.lstat().st_ino
    start(dict(os.environ), tmp_path)
    assert place.lstat().st_ino == made
    assert [name for name in os.listdir(place.parent) if name.startswith("plugin")] == ["plugin"]

    place.unlink()
    place.mkdir()
    link.keep(str(place.parent))
    assert place.is_dir()
    assert not place.is_symlink()
