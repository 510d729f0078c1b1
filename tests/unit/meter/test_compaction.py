"""Where the client compacts by itself, and who says so: settings, variables, the client's own
figure, and what was seen. The table of settings is what Claude Code 2.1.330 was seen to do.
"""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from handoff.cli.views import status as status_view
from handoff.client import compact_settings
from handoff.meter import compaction, context
from handoff.meter import feed as feeds
from handoff.meter.compaction import CLIENT, DEFAULT, OBSERVED, SETTING, VARIABLE, Rules, Seen
from handoff.runtime import Runtime
from handoff.session import observed_compaction, state
from handoff.status import session_status
from support.client import Client

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

OPUS = "claude-opus-5-5"
WINDOW, PERCENT = "CLAUDE_CODE_AUTO_COMPACT_WINDOW", "CLAUDE_AUTOCOMPACT_PCT_OVERRIDE"


def every(tokens: object) -> dict[str, Any]:
    return {"autoCompactWindow": tokens}


def of_model(tokens: object, model: str = OPUS) -> dict[str, Any]:
    return {"modelSettings": {model: {"autoCompactWindow": tokens}}}


def rules(tmp_path: Path, files: dict[str, Any], **env: str) -> Rules:
    """What the client's files in `user`, `local`, `project` and `old` (`.claude.json`) come to."""
    places = {
        "user": tmp_path / "home/.claude/settings.json",
        "old": tmp_path / "home/.claude.json",
        "project": tmp_path / "project/.claude/settings.json",
        "local": tmp_path / "project/.claude/settings.local.json",
    }
    for name, content in files.items():
        places[name].parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str) else json.dumps(content)
        places[name].write_text(text)
    env = {"HOME": str(tmp_path / "home"), **env}
    return Rules(env, compact_settings.read(env, str(tmp_path / "project")))


@pytest.mark.parametrize(
    ("files", "env", "tokens", "source"),
    [
        ({}, {}, 967_000, DEFAULT),
        ({"user": every(150_000)}, {}, 117_000, SETTING),
        ({"user": "\ufeff" + json.dumps(every(150_000))}, {}, 117_000, SETTING),
        ({"user": every("150k")}, {}, 967_000, DEFAULT),
        ({"user": every("150000")}, {}, 967_000, DEFAULT),
        ({"user": every(50_000)}, {}, 967_000, DEFAULT),
        ({"user": every(150_000.5)}, {}, 967_000, DEFAULT),
        ({"user": every("auto")}, {}, 967_000, DEFAULT),
        ({"user": every(True)}, {}, 967_000, DEFAULT),
        ({"user": every(2_000_000)}, {}, 967_000, SETTING),
        ({"user": of_model(150_000)}, {}, 117_000, SETTING),
        ({"user": of_model(150_000, OPUS + "-20260101")}, {}, 117_000, SETTING),
        ({"user": of_model(150_000, "claude-sonnet-5")}, {}, 967_000, DEFAULT),
        ({"user": every(400_000) | of_model(150_000)}, {}, 117_000, SETTING),
        ({"user": every(400_000) | of_model("auto")}, {}, 967_000, DEFAULT),
        ({"user": every(400_000) | of_model("much")}, {}, 367_000, SETTING),
        ({"user": of_model(150_000), "project": every(400_000)}, {}, 367_000, SETTING),
        ({"local": every(150_000), "project": every(400_000)}, {}, 117_000, SETTING),
        ({"project": every(150_000), "user": every(400_000)}, {}, 117_000, SETTING),
        ({"project": [1], "user": every(150_000)}, {}, 117_000, SETTING),
        ({"project": '{"autoCompactWindow": 1', "user": every(150_000)}, {}, 117_000, SETTING),
        ({"project": {"modelSettings": [1]}, "user": every(150_000)}, {}, 117_000, SETTING),
        ({"user": every(400_000)}, {WINDOW: "150000"}, 117_000, VARIABLE),
        ({}, {WINDOW: "150k"}, 117_000, VARIABLE),
        ({}, {WINDOW: "0.5M"}, 467_000, VARIABLE),
        ({}, {WINDOW: "150"}, 117_000, VARIABLE),
        ({}, {WINDOW: "5"}, 67_000, VARIABLE),
        ({"user": every(150_000)}, {WINDOW: "much"}, 117_000, SETTING),
        ({}, {PERCENT: "50"}, 490_000, VARIABLE),
        ({}, {PERCENT: "12.5"}, 122_500, VARIABLE),
        ({}, {PERCENT: "99.9"}, 967_000, DEFAULT),
        ({"user": every(150_000)}, {PERCENT: "50"}, 65_000, VARIABLE),
        ({"user": {"autoCompactEnabled": False} | every(150_000)}, {}, None, SETTING),
        ({"user": every(150_000)}, {"DISABLE_AUTO_COMPACT": "1"}, None, VARIABLE),
        ({"old": {"autoCompactEnabled": False}}, {}, None, SETTING),
        ({"project": {"autoCompactEnabled": True}, "user": {"autoCompactEnabled": False}}, {},
         967_000, DEFAULT),
        ({"user": {"autoCompactEnabled": "false"}}, {}, 967_000, DEFAULT),
    ],
)  # fmt: skip
def test_what_is_set(
    tmp_path: Path, files: dict[str, Any], env: dict[str, str], tokens: int | None, source: str
) -> None:
    """The variable, else the strongest file that says anything of this model or of all."""
    point = compaction.compaction_point(OPUS, 1_000_000, rules(tmp_path, files, **env))
    assert (point.tokens, point.source) == (tokens, source)
    assert (point.source == SETTING) == bool(point.path)
    assert (point.source in (SETTING, VARIABLE)) == bool(point.name)
    assert point.source_name


@pytest.mark.parametrize(
    ("model", "size", "files", "tokens"),
    [
        ("claude-haiku-4-5", 200_000, {}, None),
        ("claude-haiku-4-5", 200_000, {"user": every(150_000)}, 117_000),
        ("claude-opus-4-6[1m]", 1_000_000, {"user": of_model(300_000, "claude-opus-4-6")}, 267_000),
        ("some-model", 1_000_000, {"user": of_model(300_000, "some-model")}, 267_000),
        ("some-model", 1_000_000, {"user": of_model(300_000, "other-model")}, 967_000),
    ],
)
def test_what_is_set_for_other_models(
    tmp_path: Path, model: str, size: int, files: dict[str, Any], tokens: int | None
) -> None:
    """A window makes those compact by themselves that otherwise wait for the API's refusal."""
    assert compaction.compaction_point(model, size, rules(tmp_path, files)).tokens == tokens


@pytest.mark.parametrize("name", ["settings.json", "settings.local.json"])
def test_what_is_no_file_does_not_block(tmp_path: Path, name: str) -> None:
    """A pipe or a directory in its place says nothing, at once."""
    (tmp_path / ".claude").mkdir()
    os.mkfifo(tmp_path / ".claude" / name)
    assert compact_settings.read({"HOME": str(tmp_path)}, str(tmp_path)) == ()


def test_a_huge_file_says_nothing(tmp_path: Path) -> None:
    """A repository brings its own settings: it took seconds to look through ten megabytes."""
    settings = tmp_path / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({**every(300_000), "env": {"X": "x" * 2_000_000}}))
    env = {"HOME": str(tmp_path / "home")}
    assert compact_settings.read(env, str(tmp_path)) == ()
    settings.write_text(json.dumps(every(300_000)))
    (tmp_path / "home").mkdir()
    own = tmp_path / "home" / ".claude.json"
    own.write_text(json.dumps({**every(200_000), "projects": {"x": "x" * 2_000_000}}))
    settings_read = compact_settings.read(env, str(tmp_path))
    assert [one.window for one in settings_read] == [300_000, 200_000]


def test_the_administrators_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They come before the user's, the last one in the folder beside the one first of all."""
    managed = tmp_path / "managed.json"
    monkeypatch.setattr("handoff.client.settings_read.MANAGED", (str(managed),))
    managed.write_text(json.dumps(every(300_000)))
    given = rules(tmp_path, {"user": every(150_000)})
    assert compaction.compaction_point(OPUS, 1_000_000, given).tokens == 267_000

    (tmp_path / "managed.d").mkdir()
    for name, tokens in (("10.json", 400_000), ("20.json", 500_000), ("30.txt", 600_000)):
        (tmp_path / "managed.d" / name).write_text(json.dumps(every(tokens)))
    point = compaction.compaction_point(OPUS, 1_000_000, rules(tmp_path, {}))
    assert (point.tokens, point.path) == (467_000, str(tmp_path / "managed.d" / "20.json"))


@pytest.mark.parametrize(
    ("model", "told", "env", "tokens", "source"),
    [
        (OPUS, {"at": 117_000, "source": "settings"}, {}, 117_000, CLIENT),
        (OPUS, {"at": 967_000, "source": "model-default"}, {}, 967_000, DEFAULT),
        (OPUS, {"at": 117_000, "source": "env"}, {WINDOW: "150000"}, 117_000, VARIABLE),
        (OPUS, {"at": 117_000, "source": "settings"}, {WINDOW: "900000"}, 117_000, CLIENT),
        (OPUS, {"at": 0, "source": "auto"}, {}, None, CLIENT),
        # It ignores the one variable, and names a point that is none by source "auto".
        (OPUS, {"at": 967_000, "source": "model-default"}, {PERCENT: "50"}, 490_000, VARIABLE),
        (OPUS, {"at": 117_000, "source": "settings"}, {PERCENT: "50"}, 65_000, CLIENT),
        ("claude-haiku-4-5", {"at": 167_000, "source": "auto"}, {}, None, DEFAULT),
        ("claude-haiku-4-5", {"at": 117_000, "source": "settings"}, {}, 117_000, CLIENT),
        # It is of another model, or says nothing.
        (OPUS, {"at": 117_000, "source": "settings", "model": "claude-sonnet-5"}, {}, 967_000,
         DEFAULT),
        (OPUS, {}, {}, 967_000, DEFAULT),
        (OPUS, None, {}, 967_000, DEFAULT),
    ],
)  # fmt: skip
def test_the_clients_own_figure(
    model: str, told: dict[str, Any] | None, env: dict[str, str], tokens: int | None, source: str
) -> None:
    """It comes first, but for what it is known to be wrong about; where the rules come to the same
    they say why.
    """
    size = 200_000 if "haiku" in model else 1_000_000
    fed_compaction = {"model": model, **told} if told else told
    fed = feeds.Feed({"context": {"window": size}, "model": model, "compaction": fed_compaction})
    reading = context.build_reading(fed, 30_000, model, Rules(env))
    assert reading.compact_by is not None
    assert (reading.compact_at, reading.compact_by.source) == (tokens, source)


@pytest.mark.parametrize(
    ("expected", "told", "env", "tokens"),
    [
        (967_000, False, {}, 118_000),
        (467_000, False, {WINDOW: "500000"}, 118_000),
        (967_000, False, {WINDOW: "500000"}, 467_000),  # set since
        (967_000, True, {}, 967_000),  # by the figure of a client that gives none here
    ],
)
def test_what_was_seen(expected: int, told: bool, env: dict[str, str], tokens: int) -> None:
    """It counts while what was expected then is expected now."""
    given = Rules(env, (), {OPUS: Seen(118_000, expected, told=told)})
    point = compaction.compaction_point(OPUS, 1_000_000, given)
    assert point.tokens == tokens
    assert (point.source == OBSERVED) == (tokens == 118_000)
    assert compaction.compaction_point("claude-sonnet-5", 1_000_000, given).source != OBSERVED


def compacts(client: Client, at: int, trigger: str = "auto", hook: str = "auto") -> None:
    """The client compacts: its hooks, then its record, then an answer and the turn's end."""
    client("pre-compact", trigger=hook)
    client.start("compact")
    about = {"trigger": trigger, "preTokens": at, "postTokens": 3_000}
    record = {"type": "system", "subtype": "compact_boundary", "compactMetadata": about}
    with client.transcript.open("a") as file:
        file.write(json.dumps(record) + "\n")
    client.works(20_000, prompt="")
    client("stop")


def status(client: Client) -> session_status.SessionStatus:
    runtime = Runtime(client.env, full=True, now=Runtime(client.env, full=True).now + client.later)
    return session_status.read_status(runtime, "s1", "", str(client.repo.root))


def test_a_compaction_is_remembered(repo: Repo) -> None:
    """The client compacts at 118k where 967k was expected, as by `--autocompact 150k`: from then on
    that is the point, also for the next session, with lines and words to it; a setting that is
    changed, and a week, end it.
    """
    client = Client(repo)
    client.start()
    client.works(20_000, 117_900)
    client("stop")
    assert status(client).reading.compact_at == 967_000
    compacts(client, 118_047)

    for session in (client, Client(repo, "s2")):
        session.start() if session is not client else None
        session.works(21_000)
        status_now = status(session)
        assert status_now.reading.compact_at == 118_047
        assert status_now.thresholds["handoff"] == 118_047 * 70 // 100
        assert status_now.as_json()["auto_compact_source"] == "observed"
        assert "as observed before" in "\n".join(status_view.lines(status_now))
    compacts(client, 120_294)
    assert status(client).reading.compact_at == 118_047
    compacts(client, 110_000)
    assert status(client).reading.compact_at == 110_000

    settings = repo.root / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps(every(500_000)))
    status_now = status(client)
    assert status_now.reading.compact_at == 467_000
    assert status_now.as_json()["auto_compact_where"] == str(settings)
    assert f"(autoCompactWindow in {settings})" in "\n".join(status_view.lines(status_now))
    settings.unlink()
    assert status(client).reading.compact_at == 110_000
    client.later = 8 * 86_400
    assert status(client).reading.compact_at == 967_000


@pytest.mark.parametrize(
    ("trigger", "hook", "idle", "at"),
    [
        ("manual", "manual", 0, 118_000),
        ("manual", "auto", 0, 118_000),
        ("auto", "manual", 0, 118_000),
        ("auto", "auto", 54 * 60, 250_000),  # idle compaction
        ("auto", "auto", 0, 970_000),  # nothing new
        ("auto", "auto", 0, 0),
    ],
)
def test_other_compactions_say_nothing(
    repo: Repo, trigger: str, hook: str, idle: float, at: int
) -> None:
    """One by a person, one because nothing happened, one where it was expected."""
    client = Client(repo)
    client.start()
    client.works(20_000, 60_000)
    client.later = idle
    compacts(client, at, trigger, hook)
    assert status(client).reading.compact_at == 967_000
    assert not (repo.state / "compaction.json").exists()
    assert not state.load(str(repo.state), "s1").compacting


def test_a_compaction_that_did_not_come(repo: Repo) -> None:
    """PreCompact is no proof: without the client's record nothing is remembered."""
    client = Client(repo)
    client.start()
    client.works(20_000, 60_000)
    client("pre-compact", trigger="auto")
    client.works(61_000)
    client("post-tool-batch", tool_calls=[])
    assert state.load(str(repo.state), "s1").compacting
    client("stop")
    assert not state.load(str(repo.state), "s1").compacting
    assert not (repo.state / "compaction.json").exists()


@pytest.mark.parametrize(
    "content",
    ["", "[1]", "{", '{"claude-opus-5-5": 3}', '{"claude-opus-5-5": {"at": "x"}}',
     '{"claude-opus-5-5": {"at": 5, "expected": 967000, "seen": "x"}}',
     '{"claude-opus-5-5": {"at": 5, "expected": "x", "seen": 1}}'],
)  # fmt: skip
def test_a_damaged_file_says_nothing(repo: Repo, content: str) -> None:
    """What is not as it should be is as if it were not there."""
    path = repo.state / "compaction.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    runtime = Runtime(os.environ, full=True)
    assert observed_compaction.read_rules(state.SessionState({}), runtime).seen == {}


def test_a_line_that_is_never_reached(repo: Repo, own_home: Path) -> None:
    """Where the client compacts before a line of tokens alone, it is said so."""
    config = own_home / ".config" / "handoff" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("thresholds: {handoff: {context: 200k}}\n")
    client = Client(repo, **{WINDOW: "150000"})
    client.start()
    client.works(20_000)
    text = "\n".join(status_view.lines(status(client)))
    assert "200k a brief is written (handoff threshold, never reached)" in text
    assert "117k the client compacts on its own" in text
    assert f"({WINDOW})" in text
