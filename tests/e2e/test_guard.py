"""Compaction for a goal, a cold cache, and decisions with their reasons, on the real client."""

from __future__ import annotations

import datetime
import json
import re
import time
from typing import TYPE_CHECKING

import pytest

from handoff.client.transcript import recent

from .clients import both_clients
from .harness import SUBSCRIBED, World, until
from .model import Model, calls, says, within
from .session import PROMPT, handoff, log, open_briefs, session_state, wait_for_brief

if TYPE_CHECKING:
    from pathlib import Path

    from handoff.demo.api import Reply, Request


@pytest.mark.smoke
@both_clients
def test_compact_for_a_goal(world: World) -> None:
    """`/compact handoff: <goal>` commits a brief for the goal before the client compacts;
    the compacted session has it, and its cycle starts anew. It is told on the screen; the request
    for the summary has the user's own words and none of ours.
    """
    read = calls("Read", 20_000, file_path=str(world.project / "till" / "receipt.py"))
    replies = [read, says("I have read it.", 130_000), says("I go on.", 15_000)]
    with world.serve(Model(*replies)) as api, world.terminal() as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for(r"I have read it\.")
        terminal.wait_for("handoff threshold 200k")
        terminal.submit("/compact handoff: sort the prices")
        wait_for_brief(world)
        (brief,) = open_briefs(world)
        assert until(lambda: any(request.is_summary for request in api.requests), 20)
        assert until(lambda: '"fired"' not in session_state(world), 20), "no new cycle"
        told = r"compact says: handoff: brief for “sort the prices” saved before the\s+compaction"
        terminal.wait_for(told)
        assert '{"' not in terminal.screen(history=True)
        terminal.ready()
        terminal.submit("go on then")
        terminal.wait_for(r"I go on\.|Nothing left to say")

    summary = next(request for request in api.requests if request.is_summary)
    instructions = summary.new_text.partition("Additional Instructions:\n")[2]
    assert instructions.startswith("handoff: sort the prices\n\nREMINDER:")
    assert "before the compaction" not in "".join(r.text for r in api.requests)
    text = brief.read_text()
    assert "title: sort the prices" in text
    assert "> sort the prices" in text.partition("## Facts")[0]
    assert "till/receipt.py" in text.partition("## Facts")[2], text
    last = next(r for r in reversed(api.main_requests) if "go on then" in r.new_text)
    assert f'<handoff-brief id="{brief.stem}">' in last.text
    assert world.git("status", "--porcelain") == ""
    assert log(world) == ""


def test_a_resumed_session_and_its_cache(world: World) -> None:
    """A session over its warn threshold that is resumed four minutes after its last answer, and
    then left alone, has code write a brief a minute before its cache goes cold, with the cost of
    each way; one that is resumed after hours says what its first prompt costs, by the client's
    figure.
    """
    read = calls("Read", 20_000, file_path=str(world.project / "till" / "receipt.py"))
    replies = [read, says("Half full.", 150_000), says("Still here.", 151_000)]
    with world.serve(Model(*replies)):
        world.print(PROMPT)
        (transcript,) = world.transcripts()
        make_older(transcript, seconds=235)
        cold_at = recent.read(str(transcript)).cache_expires_at
        assert cold_at
        with world.terminal("--resume", transcript.stem) as terminal:
            terminal.wait_for(
                "● handoff: at [0-9:]+, before the prompt cache went cold, handoff saved a"
            )
            decisions = json.loads(handoff(world, "why", "--json"))["decisions"]
            (idle,) = (one for one in decisions if one["event"] == "idle")
            assert 0 < cold_at - idle["at"] <= 60
            assert "the next prompt caches 150k tokens again for about $" in idle["reason"]
            terminal.submit("I am back")
            terminal.wait_for("Still here")
            screen = " ".join(terminal.screen(history=True).split())
            assert screen.count("before the prompt cache went cold") == 1, "said at once, and once"
        (brief,) = open_briefs(world)
        assert "author: snapshot" in brief.read_text()
        assert "trigger: idle" in brief.read_text()

        make_older(transcript, seconds=3 * 3_600)
        with world.terminal("--resume", transcript.stem) as terminal:
            screen = terminal.wait_for("the prompt cache went cold, so the next prompt", 30)
            assert re.search(r"about \$\d", screen)
    assert log(world) == ""


def make_older(transcript: Path, *, seconds: int) -> None:
    """Move every time in a transcript back."""
    back = datetime.timedelta(seconds=seconds)

    def earlier(stamp_match: re.Match[str]) -> str:
        then = datetime.datetime.fromisoformat(stamp_match[0].removesuffix("Z") + "+00:00") - back
        return then.isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"

    stamp = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
    transcript.write_text(stamp.sub(earlier, transcript.read_text()))


@both_clients
def test_why(world: World) -> None:
    """`handoff why` says what was decided in the session and for which reason."""
    read = calls("Read", 20_000, file_path=str(world.project / "README.md"))
    with world.serve(Model(read, says("I have read it.", 205_000))):
        world.print(PROMPT)
        shown = handoff(world, "why")
        answer = json.loads(handoff(world, "why", "--json"))

    assert "context 205k, over the 200k handoff threshold" in shown
    assert "handoff" in {decision["act"] for decision in answer["decisions"]}
    assert log(world) == ""


def test_a_cap(world: World) -> None:
    """The client's own figures of a subscription: above the prompt, and over a cap's handoff
    threshold the brief is written while calls still work, with the time at which the cap starts
    again; /clear picks it up, and the first session after that time says so. Each answer makes the
    context grow.
    """
    resets_at = int(time.time()) + 3_600
    model = Model(says("In budget.", 30_000), says("Nearly out.", 40_000))

    def script(request: Request, index: int) -> Reply:
        model.tokens += 500
        return within(model(request, index), 93 if index else 60, resets_at)

    model.tokens = 41_000
    with world.serve(script) as api, world.terminal(extra_env=SUBSCRIBED) as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for(r"^█░░░░░│░░░ context 30k · \$\S+ · 5h 60%, resets ")
        terminal.submit("and on")
        terminal.wait_for(r"brief “List every price on the receipt” written, committed as")
        terminal.wait_for(r"· 5h 93%, resets \d\d:\d\d · brief written")

        assert "5-hour cap at 93%, over the 90% handoff threshold, resets" in handoff(world, "why")
        (brief,) = open_briefs(world)
        stamp = datetime.datetime.fromtimestamp(resets_at, datetime.timezone.utc)
        assert f"resets_at: '{stamp:%Y-%m-%dT%H:%M:%SZ}'" in brief.read_text().replace('"', "'")

        waiting = world.state / "caps.json"
        waiting.write_text(waiting.read_text().replace(str(resets_at), str(resets_at - 3_700)))
        terminal.submit("/clear")
        screen = terminal.wait_for(r"the 5-hour cap reset")
        assert "picked up “List every price on the receipt”" in screen
        terminal.submit("please proceed")
        first = api.wait_for(lambda request: "please proceed" in request.new_text)
    assert f'<handoff-brief id="{brief.stem}">' in first.text
    assert [path.stem for path in open_briefs(world)] == [brief.stem]
    assert log(world) == ""
