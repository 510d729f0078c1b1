"""The status line: what it shows, what it saves, and that nothing can break it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff.base import paths
from handoff.meter import feed as feeds
from handoff.runtime import Runtime
from handoff.session import handoff_transitions, state
from handoff.status import status_line, status_line_install
from support.wired import link_environment

HOOK = str(Path(paths.plugin_root()) / "hooks" / "hook.py")
NOON = 1_795_348_800.0  # 2026-11-22T12:00:00Z


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Times are shown in the machine's zone."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture
def runtime() -> Runtime:
    return Runtime({**os.environ, "TERM": "dumb", "COLUMNS": "150"}, full=False, now=NOON)


def status(tokens: int | None, **more: Any) -> dict[str, Any]:
    """What the client gives at so many tokens; None: no answer yet."""
    return {
        "session_id": "s1",
        "transcript_path": "/nowhere/s1.jsonl",
        "cwd": "/nowhere",
        "model": {"id": "claude-opus-5-5", "display_name": "Opus 5.5"},
        "workspace": {"project_dir": "/nowhere"},
        "cost": {"total_cost_usd": 1.234},
        "context_window": {
            "total_input_tokens": tokens or 0,
            "context_window_size": 1_000_000,
            "current_usage": None if tokens is None else {"input_tokens": tokens},
            "used_percentage": None if tokens is None else tokens // 10_000,
        },
        **more,
    }


def caps(five: float, seven: float) -> dict[str, Any]:
    return {
        "five_hour": {"used_percentage": five, "resets_at": NOON + 7200},
        "seven_day": {"used_percentage": seven, "resets_at": NOON + 3 * 86_400},
    }


def shown(runtime: Runtime, given: dict[str, Any]) -> str:
    return status_line.show(json.dumps(given).encode(), runtime)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        (status(None), "context not counted yet · $1.23"),
        (status(12_000), "░░░░░░│░░░ context 12k · $1.23"),
        (status(71_999, rate_limits=caps(49, 20)), "███░░░│░░░ context 72k · $1.23"),
        (
            status(72_000, rate_limits=caps(49, 20)),
            "███░░░│░░░ context 72k · warning at 120k · $1.23 · 5h 49% · 7d 20%",
        ),
        (
            status(20_000, rate_limits=caps(50, 20)),
            "█░░░░░│░░░ context 20k · $1.23 · 5h 50%, resets 14:00",
        ),
        (status(121_000), "██████░░░░ context 121k · brief at 200k · $1.23"),
        (
            status(30_000, rate_limits=caps(80, 20)),
            "█░░░░░│░░░ context 30k · 5h 80%, resets 14:00 · brief at 90% · $1.23 · 7d 20%",
        ),
        (
            status(205_000),
            "██████████ context 205k, over 200k · brief after this turn · $1.23",
        ),
        (
            status(5_000, model={"id": "some-model"}, context_window={"current_usage": {},
                   "total_input_tokens": 5_000}),
            "░░░░░░│░░░ context 5k · $1.23",
        ),
    ],
)  # fmt: skip
def test_what_is_shown(runtime: Runtime, given: dict[str, Any], line: str) -> None:
    """Far below the warn threshold the figures alone; then the caps, the line, and what happens."""
    state.update(runtime.home, "s1", lambda session: session.values.update(first_tokens=3_000))
    assert shown(runtime, given) == line


def test_what_is_shown_behind_the_threshold(runtime: Runtime) -> None:
    """Once it has fired: what became of it."""
    handoff_transitions.order_handoff(runtime.home, "s1", 201_000, {}, at=NOON, trigger="context")
    assert shown(runtime, status(205_000)).startswith(
        "██████████ context 205k, over 200k · the brief is being written · "
    )

    def written(session: state.SessionState) -> None:
        session.settled = True
        session.brief_count = 1
        session.briefs = [{"id": "b", "at": NOON, "author": "model", "tokens": 206_000}]

    state.update(runtime.home, "s1", written)
    assert shown(runtime, status(207_000)).startswith(
        "██████████ context 207k, over 200k · brief written, run /clear · "
    )


def test_a_session_born_over_the_threshold(runtime: Runtime) -> None:
    """Nothing happens by itself, and the line does not say that it will."""
    state.update(runtime.home, "s1", lambda session: session.values.update(first_tokens=230_000))
    assert shown(runtime, status(235_000)).startswith(
        "██████████ context 235k, over 200k · /handoff:handoff writes a brief · "
    )


def test_compaction_ahead(runtime: Runtime, own_home: Path) -> None:
    """Where the client compacts before the handoff threshold, that is what comes next."""
    config = own_home / ".config" / "handoff" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("thresholds: {warn: {context: 80k}, handoff: {context: 190k}}\n")
    env = {**runtime.env, "CLAUDE_CODE_AUTO_COMPACT_WINDOW": "200000"}
    place = Runtime(env, full=True, now=NOON)

    assert " · warning at 80k · " in shown(place, status(60_000))
    assert " · compacts at 167k · " in shown(place, status(90_000))


def test_mode_off_and_a_configuration_not_read_yet(runtime: Runtime, own_home: Path) -> None:
    """In mode off, and until a hook has compiled a change, the figures stand alone."""
    config = own_home / ".config" / "handoff" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("mode: off\n")
    figures = "██░░░░░░░░ context 205k of 1M · $1.23"

    assert shown(runtime, status(205_000)) == figures
    assert shown(Runtime(runtime.env, full=True, now=NOON), status(205_000)) == figures


@pytest.mark.parametrize(
    "columns", ["", "abc", "0", "1", "3", "4", "5", "20", "40", "60", "80", "200"]
)
def test_it_fits(runtime: Runtime, columns: str) -> None:
    """Never wider than what the client keeps for it; what matters least goes first."""
    given = status(121_000, rate_limits=caps(80, 20))
    narrow = Runtime({**runtime.env, "COLUMNS": columns}, full=False, now=NOON)
    line = shown(narrow, given)
    wide = status_line.columns(narrow.env)

    assert len(line) <= wide
    if wide >= 20:
        assert line.startswith("context 121k") or "█" in line
    if wide >= 45:
        assert "context 121k · brief at 200k" in line


@pytest.mark.parametrize(
    ("env", "coloured"),
    [({"TERM": "xterm"}, True), ({"TERM": "xterm", "NO_COLOR": "1"}, False),
     ({"TERM": "dumb"}, False), ({}, True)],
)  # fmt: skip
def test_colour(runtime: Runtime, env: dict[str, str], coloured: bool) -> None:
    """Colour by how far the session is, and none where it is not wanted."""
    plain = {name: value for name, value in runtime.env.items() if name != "TERM"}
    place = Runtime({**plain, **env}, full=False, now=NOON)
    lines = [shown(place, status(tokens)) for tokens in (12_000, 121_000, 205_000)]

    starts = [line.partition("m")[0] for line in lines if line.startswith("\033[")]
    assert starts == (["\033[2", "\033[33", "\033[31"] if coloured else [])


def test_the_feed_is_saved(runtime: Runtime) -> None:
    """The hooks find tokens, window, cost, caps with their reset, cache, model, transcript."""
    cache = {"ttl": "1h", "expires_at": NOON + 60, "recache_tokens_if_cold": 121_000}
    shown(runtime, status(121_000, rate_limits=caps(23.5, 41.2), prompt_cache=cache))
    feed = feeds.load(runtime.home, "s1", NOON)

    assert feed is not None
    assert (feed.tokens, feed.window, feed.percent) == (121_000, 1_000_000, 12)
    assert (feed.cost_usd, feed.model) == (1.234, "claude-opus-5-5")
    assert (feed.five_hour, feed.seven_day) == (23.5, 41.2)
    assert feed.caps["five_hour"].resets_at == NOON + 7200
    assert feed.cache is not None
    assert (feed.cache.expires_at, feed.cache.tokens, feed.cache.ttl) == (
        NOON + 60,
        121_000,
        "1h",
    )
    assert (feed.session_id, feed.transcript) == ("s1", "/nowhere/s1.jsonl")
    assert NOON - 1 < feed.at < NOON
    assert os.listdir(Path(runtime.home) / "feed") == ["s1.json"]


def test_before_the_first_answer_no_tokens_are_saved(runtime: Runtime) -> None:
    """The client's 0 means that it does not know (also after a compaction)."""
    shown(runtime, status(None))
    feed = feeds.load(runtime.home, "s1", NOON)

    assert feed is not None
    assert (feed.tokens, feed.window) == (None, 1_000_000)


def test_after_a_compaction(runtime: Runtime, tmp_path: Path) -> None:
    """Until the next answer nobody counts: not the client, which says 0, nor the mod's line."""
    transcript = tmp_path / "s1.jsonl"
    transcript.write_text(answer(205_000))
    size = transcript.stat().st_size
    state.update(runtime.home, "s1", lambda session: session.values.update(cycle_offset=size))
    left = {"postTokens": 9_000}
    record = {"type": "system", "subtype": "compact_boundary", "compactMetadata": left}
    transcript.write_text(answer(205_000) + json.dumps(record) + "\n")
    zeros = {"total_input_tokens": 0, "context_window_size": 1_000_000, "used_percentage": 0,
             "current_usage": {"input_tokens": 0, "cache_read_input_tokens": 0}}  # fmt: skip
    for window in (status(None)["context_window"], zeros):
        given = status(None, transcript_path=str(transcript), context_window=window)
        assert shown(runtime, given) == "context not counted yet · $1.23"


def test_a_resumed_session(runtime: Runtime, tmp_path: Path) -> None:
    """Until its first answer the client counts nothing, but the transcript does."""
    transcript = tmp_path / "s1.jsonl"
    transcript.write_text(answer(150_000))
    given = status(None, transcript_path=str(transcript))
    assert shown(runtime, given) == "███████░░░ context 150k · brief at 200k · $1.23"


def answer(tokens: int) -> str:
    """A line of a transcript: an answer at so many tokens of context."""
    usage = {"input_tokens": tokens, "output_tokens": 0}
    message = {"id": "m", "type": "message", "role": "assistant", "model": "claude-opus-4-6",
               "content": [], "usage": usage}  # fmt: skip
    record = {"parentUuid": None, "isSidechain": False, "message": message, "requestId": "r",
              "type": "assistant", "timestamp": "2026-11-22T10:00:00.000Z"}  # fmt: skip
    return json.dumps(record, separators=(",", ":")) + "\n"


def test_a_cost_that_the_client_does_not_tell(runtime: Runtime, tmp_path: Path) -> None:
    """It is counted from the transcript."""
    transcript = tmp_path / "s1.jsonl"
    transcript.write_text(answer(1_000_000))

    assert "$5.00" in shown(runtime, status(12_000, cost={}, transcript_path=str(transcript)))


BROKEN = ["", "{", "[]", "null", "3", '"x"', "{}", '{"session_id": 3}', "\0", "{" * 5000,
          '{"session_id": "../x", "context_window": {"current_usage": {}}}']  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2)
    ),
    max_leaves=4,
)


@pytest.mark.parametrize("raw", BROKEN)
def test_broken_input_shows_nothing(runtime: Runtime, raw: str) -> None:
    """No line, no feed, no exception."""
    assert status_line.show(raw.encode(), runtime) == ""
    assert not (Path(runtime.home) / "feed").exists()


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.dictionaries(
        st.sampled_from(["model", "context_window", "cost", "rate_limits", "prompt_cache", "cwd",
                         "workspace", "transcript_path"]),
        VALUES
        | st.dictionaries(
            st.sampled_from(["id", "total_input_tokens", "context_window_size", "current_usage",
                             "used_percentage", "total_cost_usd", "five_hour", "expires_at", "ttl",
                             "recache_tokens_if_cold", "project_dir"]),
            VALUES | st.dictionaries(st.sampled_from(["used_percentage", "resets_at"]), VALUES),
        ),
    )
)  # fmt: skip
def test_fields_of_any_kind(runtime: Runtime, fields: dict[str, Any]) -> None:
    """Whatever stands in the fields: one line at most, that fits."""
    line = status_line.show(json.dumps({"session_id": "s1", **fields}).encode(), runtime)

    assert "\n" not in line
    assert len(line) <= 146
    assert not (Path(runtime.home) / "log").exists()


def run(raw: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """The program as the client starts it."""
    return subprocess.run(
        ["python3", "-I", "-S", HOOK, "statusline"],
        input=raw.encode(),
        capture_output=True,
        env={**os.environ, "TERM": "dumb", "COLUMNS": "120", **env},
        timeout=20,
    )


@pytest.mark.parametrize("raw", BROKEN[:7])
def test_the_program_survives_anything(raw: str) -> None:
    """Exit 0, nothing on stdout or stderr."""
    ran = run(raw)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")


def test_the_program_survives_a_state_it_cannot_write(tmp_path: Path) -> None:
    """A state directory that is a file: no line, no noise."""
    (tmp_path / "file").write_text("")
    ran = run(json.dumps(status(12_000)), HANDOFF_HOME=str(tmp_path / "file"))
    assert (ran.returncode, ran.stderr) == (0, b"")


def wrap(own_home: Path, command: str, **more: Any) -> None:
    """Install ours around a command of the user's."""
    path = own_home / ".claude" / "settings.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"statusLine": {"type": "command", "command": command, **more}}))
    status_line_install.install(Runtime(os.environ, full=True), str(own_home))


OURS = "░░░░░░│░░░ context 12k · $1.23\n"


@pytest.mark.parametrize(
    ("command", "printed"),
    [
        ("echo one; echo; echo '  two'", "one\n\n  two\n"),
        ("printf no-newline", "no-newline\n"),
        ("cat | tr -d '\\n' | cut -c1-20", '{"session_id": "s1",\n'),
        ("echo out; echo err >&2", "out\n"),
        ("echo lost; exit 3", ""),
        ("no-such-program-anywhere", ""),
        ("syntax ) error", ""),
        ("true", ""),
        ("exec 0<&-; echo deaf", "deaf\n"),
        ("echo $COLUMNS-$(pwd | wc -l)", "120-1\n"),
        ("yes | head -c 100000 | tail -c 4", "y\ny\n"),
        ("kill -9 $$", ""),
        ("trap 'echo pipe' PIPE; echo fine", "fine\n"),
    ],
)
def test_the_users_own_comes_first(own_home: Path, command: str, printed: str) -> None:
    """It is run by the shell with the same stdin; what fails shows nothing, as in the client."""
    wrap(own_home, command)
    ran = run(json.dumps(status(12_000)))
    assert (ran.returncode, ran.stdout.decode(), ran.stderr) == (0, printed + OURS, b"")


@pytest.mark.parametrize(
    "command", ["sleep 30", "sleep 30 & wait", "echo early; sleep 30", "exec >&-; sleep 30",
                "trap '' TERM; sleep 30"]
)  # fmt: skip
def test_a_slow_one_is_stopped(own_home: Path, command: str) -> None:
    """After the time limit it and its children are gone, ours is shown, and that is said."""
    mark = f"handoff-test-{os.getpid()}"
    wrap(own_home, f"MARK={mark}; export MARK; {command}")
    began = time.monotonic()
    ran = run(json.dumps(status(12_000)))

    assert ran.stdout.decode() == f"(your own status line took too long)\n{OURS}"
    assert time.monotonic() - began < 15
    assert_gone(mark)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_when_the_client_gives_up(own_home: Path) -> None:
    """The client ends a status line when newer figures come: the wrapped one ends with it."""
    mark = f"handoff-term-{os.getpid()}"
    wrap(own_home, f"MARK={mark}; export MARK; echo > $HOME/started; sleep 30")
    child = subprocess.Popen(
        ["python3", "-I", "-S", HOOK, "statusline"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=dict(os.environ),
    )  # fmt: skip
    assert child.stdin is not None
    child.stdin.write(json.dumps(status(12_000)).encode())
    child.stdin.close()
    deadline = time.monotonic() + 10
    while not (own_home / "started").exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    child.terminate()

    assert child.wait(10) == 0
    assert_gone(mark)
    assert child.stdout is not None
    child.stdout.close()


def assert_gone(mark: str) -> None:
    """A killed process is still there for a moment."""
    deadline = time.monotonic() + 5
    while left := children_with(mark):
        assert time.monotonic() < deadline, left
        time.sleep(0.02)


def children_with(mark: str) -> list[str]:
    """The processes that carry `mark` in their environment."""
    commands = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if f"MARK={mark}".encode() in (process / "environ").read_bytes():
                commands.append((process / "cmdline").read_text())
        except OSError:
            continue
    return commands


def test_a_large_stdin_reaches_the_wrapped_one(own_home: Path) -> None:
    """More than a pipe holds, read slowly, or not at all."""
    given = json.dumps(status(12_000, padding="x" * 300_000))
    wrap(own_home, "sleep 0.1; wc -c")
    assert run(given).stdout.decode().split("\n")[0].strip() == str(len(given))
    wrap(own_home, "echo unread")
    assert run(given).stdout.decode() == f"unread\n{OURS}"


def test_through_the_link(own_home: Path) -> None:
    """The installed command works from the link, whose target may change with an update, in the
    environment's Python; without that it fails, and shows nothing.
    """
    runtime = Runtime(os.environ, full=True)
    status_line_install.install(runtime, str(own_home))
    command = json.loads((own_home / ".claude" / "settings.json").read_text())["statusLine"][
        "command"
    ]
    plugin = f"{runtime.home}/plugin"
    assert command == f"CLAUDE_PLUGIN_ROOT={plugin} /bin/sh {plugin}/hooks/run.sh statusline"

    def shown() -> tuple[int, str]:
        ran = subprocess.run(
            ["/bin/sh", "-c", command], input=json.dumps(status(12_000)).encode(),
            capture_output=True, env={**os.environ, "TERM": "dumb"},
        )  # fmt: skip
        assert ran.stderr == b""
        return ran.returncode, ran.stdout.decode()

    assert shown() == (1, "")
    link_environment(runtime.home)
    assert shown() == (0, OURS)
