"""The status line on the real client: shown, saved for the hooks, and right about compaction."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

import pytest

from handoff.client.transcript import tail
from handoff.demo.api import Reply, Usage
from handoff.meter import feed as feeds
from handoff.meter import windows
from handoff.runtime import Runtime
from handoff.status import session_status, status_line_install

from .clients import both_clients
from .harness import SUBSCRIBED, World, until
from .model import Model, says, within

if TYPE_CHECKING:
    from pathlib import Path


# A login of unknown kind has the small window on 2.1.197, unless it asks for the large one.
LARGE = ("--model", "opus[1m]")
MINE = "tee -a {seen} | tr -d '\\n' | wc -c; echo \"columns $COLUMNS\""


def install(world: World, **mine: Any) -> dict[str, Any]:
    """Install ours, around a status line of the user's if one is given; what is installed."""
    path = world.config / "settings.json"
    if mine:
        path.write_text(json.dumps({"statusLine": {"type": "command", **mine}}, indent=2))
    status_line_install.install(Runtime(world.basic_env, full=True), str(world.project))
    settings: dict[str, Any] = json.loads(path.read_text())["statusLine"]
    return settings


def figures(seen: Path) -> list[dict[str, Any]]:
    """What the client gave the status line, in order."""
    decoder, text, at, values = json.JSONDecoder(), seen.read_text(), 0, []
    while at < len(text):
        value, at = decoder.raw_decode(text, at)
        values.append(value)
        at += len(text[at:]) - len(text[at:].lstrip())
    return values


def feed(world: World) -> feeds.Feed | None:
    """The one session's feed."""
    saved = list((world.state / "feed").glob("*.json"))
    return feeds.load(str(world.state), saved[0].stem) if saved else None


def held(world: World) -> int | None:
    saved = feed(world)
    return saved.tokens if saved else None


def written(transcript: str) -> int | None:
    """Tokens of the last answer in the transcript, which the client writes after it shows them."""
    last = tail.read_last(transcript)
    return last.tokens if last else None


@pytest.mark.smoke
@both_clients
def test_shown_and_saved(world: World) -> None:
    """The user's own lines are on the screen, ours below with the client's own tokens,
    dollars and caps; the feed holds them; `handoff status` says the same; uninstalling brings the
    file back.
    """
    seen = world.root / "seen"
    install(world, command=MINE.format(seen=seen), padding=0)
    world.configure("meter: false\n")  # the mod's line would say the same
    before = json.dumps({"statusLine": {"type": "command", "command": MINE.format(seen=seen),
                                        "padding": 0}}, indent=2)  # fmt: skip
    answer = Reply("Half done.", usage=Usage(2, cache_write=21_000, cache_read=100_000, output=500))
    resets_at = int(time.time()) + 3_600
    model = Model(*(within(reply, 63, resets_at) for reply in (answer, says("Done.", 155_400))))
    with world.serve(model), world.terminal(*LARGE, extra_env=SUBSCRIBED) as terminal:
        terminal.ready()
        terminal.submit("List every price")
        terminal.wait_for(r"context 121k · ")
        assert until(lambda: held(world) == 121_002, 5)
        terminal.submit("go on")
        screen = terminal.wait_for(r"context 155k · brief at 200k · \$\S+ · 5h 63%")

        told = figures(seen)[-1]
        saved = feed(world)
        assert saved is not None
        lines = [line.strip() for line in screen.splitlines()]
        at = next(n for n, line in enumerate(lines) if "context 155k" in line)
        assert lines[at - 1].startswith("columns 120")
        assert re.match(r"\d+", lines[at - 2])
        context = told["context_window"]
        assert f"${told['cost']['total_cost_usd']:.2f}" in lines[at]
        assert (saved.tokens, saved.window) == (155_400, context["context_window_size"])
        assert saved.percent == context["used_percentage"]
        assert saved.cost_usd == told["cost"]["total_cost_usd"]
        assert saved.model == told["model"]["id"]
        assert saved.transcript == told["transcript_path"]
        cap = told["rate_limits"]["five_hour"]
        assert saved.five_hour == cap["used_percentage"] == 63
        assert saved.caps["five_hour"].resets_at == cap["resets_at"] == resets_at
        assert saved.seven_day == 10
        assert "5h 63%, resets " in lines[at]
        if "prompt_cache" in told:
            assert saved.cache is not None
            assert saved.cache.expires_at == told["prompt_cache"]["expires_at"]

        assert until(lambda: written(told["transcript_path"]) == 155_400, 5)
        runtime = Runtime(world.basic_env, full=True)
        status = session_status.read_status(
            runtime, told["session_id"], "", str(world.project)
        ).as_json()
        assert (status["context_tokens"], status["window"]) == (155_400, saved.window)
        assert round(status["percent"]) == context["used_percentage"]
        assert status["cost_usd"] == pytest.approx(saved.cost_usd, rel=0.001)
        assert status["cache"]["tokens"] == 155_400

    assert status_line_install.uninstall(runtime).changed
    assert (world.config / "settings.json").read_text() == before
    assert not (world.state / "log" / "handoff.log").exists()


def test_the_hooks_decide_on_the_feed(world: World) -> None:
    """A line by cost, which only the client's figures have: the status line saves them, and at the
    turn's end that passes the threshold the brief is written.
    """
    world.configure("thresholds: {handoff: {context: null, cost_usd: 0.5}, warn: {context: null}}")
    install(world)
    dear = Reply("A dear one.", usage=Usage(2, cache_write=90_000, output=4_000))
    model = Model(says("A cheap one.", 20_000), dear, says("One more.", 91_000), tokens=92_000)
    with world.serve(model), world.terminal() as terminal:
        terminal.ready()
        for words in ("A cheap one.", "A dear one."):
            terminal.submit("go on")
            terminal.wait_for(re.escape(words))
            shown = 20_000 if "cheap" in words else 90_002
            assert until(lambda shown=shown: held(world) == shown, 5)  # type: ignore[misc]
        assert not model.asked
        terminal.submit("and on")
        terminal.wait_for("written, committed as")

    assert len(model.asked) == 1


SETTINGS = [
    ("claude-opus-5-5", {"CLAUDE_CODE_AUTO_COMPACT_WINDOW": "100000"}),
    ("claude-opus-4-6", {}),
    ("claude-sonnet-5", {"CLAUDE_AUTOCOMPACT_PCT_OVERRIDE": "10",
                         "CLAUDE_CODE_MAX_OUTPUT_TOKENS": "8000"}),
    ("some-model", {"CLAUDE_CODE_MAX_CONTEXT_TOKENS": "150000"}),
]  # fmt: skip


@pytest.mark.world(git=False, plugin=False)
@pytest.mark.parametrize(("model", "env"), SETTINGS, ids=[name for name, _ in SETTINGS])
def test_where_the_client_compacts(world: World, model: str, env: dict[str, str]) -> None:
    """200 tokens under our point the next prompt is answered, at the point the client compacts."""
    size = windows.model_window(model, env)
    assert size is not None
    point = windows.compact_point(model, size, env)
    assert point is not None
    install(world)
    replies = [says("Begun.", 30_000), says("Near.", point - 200 - 20), says("There.", point - 20)]
    with world.serve(Model(*replies, says("After.", 9_000))) as api:
        with world.terminal("--model", model, extra_env=env) as terminal:
            terminal.ready()
            for words in ("Begun.", "Near.", "There."):
                terminal.submit(f"until {words}")
                terminal.wait_for("● " + re.escape(words))
            assert not any(request.is_summary for request in api.requests)
            terminal.submit("one more")
            terminal.wait_for(r"● After\.", 30)

    assert any(request.is_summary for request in api.requests)


@pytest.mark.world(git=False)
@both_clients
def test_compaction_off_in_the_settings(world: World) -> None:
    """`autoCompactEnabled: false`: the hooks remember it at the start, and no point is shown."""
    (world.config / "settings.json").write_text('{"autoCompactEnabled": false}')
    env = {"CLAUDE_CODE_AUTO_COMPACT_WINDOW": "100000"}
    with world.serve(Model(says("Done.", 30_000))), world.terminal(extra_env=env) as terminal:
        terminal.ready()
        terminal.submit("go on")
        terminal.wait_for("Done.")
        runtime = Runtime(world.basic_env, full=True)

        def read_status() -> dict[str, Any]:
            return session_status.read_status(runtime, "", "", str(world.project)).as_json()

        assert until(lambda: read_status()["context_tokens"] == 30_000, 5)

    assert read_status()["window"] == 1_000_000
    assert read_status()["auto_compact_at"] is None
