"""The harness itself, on the real client without any plugin."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from handoff.demo.api import NOTHING_LEFT, Reply, ScriptedApi, ToolUse, Usage

from .clients import NEWEST, OLDEST
from .harness import HANDS_FREE

if TYPE_CHECKING:
    from .harness import World

pytestmark = pytest.mark.world(plugin=False)
both_versions = pytest.mark.parametrize("client_path", [NEWEST, OLDEST], indirect=True)


@both_versions
def test_print_answers(world: World) -> None:
    """`claude -p` sends the prompt to the script and prints its answer."""
    with world.serve([Reply("It adds up.")]) as api:
        printed = world.print("Does the till add up?")

    assert printed.returncode == 0, printed
    assert printed.json["result"] == "It adds up."
    assert "Does the till add up?" in api.main_requests[0].new_text
    assert api.main_requests[0].session_id == printed.json["session_id"]
    assert [path.stem for path in world.transcripts()] == [printed.json["session_id"]]


@pytest.mark.smoke
def test_tool_round_trip(world: World) -> None:
    """A scripted tool call runs in the project, and its result is the next request's news."""
    look = Reply("Let me look.", [ToolUse("Bash", {"command": "git log --format=%s; exit 3"})])
    with world.serve([look]) as api:
        printed = world.print("Look.", *HANDS_FREE)

    (result,) = api.main_requests[1].tool_results
    assert result.is_error
    assert "A till that adds up" in result.text
    assert "Look." not in api.main_requests[1].new_text
    assert "Look." in api.main_requests[1].text
    assert printed.json["result"] == NOTHING_LEFT


def test_usage_is_believed(world: World) -> None:
    """The client reports the tokens that the script claims."""
    usage = Usage(input=7, cache_write=1_100, cache_read=220_000, output=33)
    with world.serve([Reply("Full.", usage=usage)]):
        reported = world.print("How full?").json["usage"]

    assert reported["input_tokens"] == 7
    assert reported["cache_creation_input_tokens"] == 1_100
    assert reported["cache_read_input_tokens"] == 220_000
    assert reported["output_tokens"] == 33


@both_versions
def test_rate_limit(world: World) -> None:
    """A 429 is repeated as often as CLAUDE_CODE_MAX_RETRIES says and then ends the run."""
    limit = Reply(status=429, error_message="You've hit your session limit")
    with world.serve([limit, limit]) as api:
        printed = world.print("Go on.", extra_env={"CLAUDE_CODE_MAX_RETRIES": "1"})

    assert printed.returncode == 1
    assert printed.json["is_error"]
    assert "You've hit your session limit" in printed.json["result"]
    assert len(api.main_requests) == 2


@pytest.mark.smoke
@both_versions
def test_terminal_shows_the_answer(world: World) -> None:
    """A prompt typed into the interactive client is answered on the screen."""
    with world.serve([Reply("Forty-two cents.")]) as api, world.terminal() as terminal:
        terminal.ready()
        terminal.submit("What does it cost?")
        screen = terminal.wait_for("Forty-two cents")
        api.wait_for(lambda request: "What does it cost?" in request.new_text)

    assert "What does it cost?" in screen


@both_versions
def test_compaction_is_no_main_request(world: World) -> None:
    """The summary of a compaction is asked of the helper, and the session goes on with it."""
    with world.serve([Reply("One."), Reply("Two."), Reply("Three.")]) as api:
        world.print("First.")
        world.print("Second.", "--continue")
        world.print("/compact", "--continue")
        printed = world.print("Third.", "--continue")

    assert printed.json["result"] == "Three."
    assert [request.is_summary for request in api.requests] == [False, False, True, False]
    assert "Summary of the work so far." in api.main_requests[-1].text


@both_versions
def test_subagent_is_no_main_request(world: World) -> None:
    """A subagent's requests are told from its parent's."""
    task = {"description": "look", "prompt": "Look around.", "subagent_type": "general-purpose"}
    with world.serve([Reply(tools=[ToolUse("Agent", task)])]) as api:
        world.print("Delegate.", "--allowedTools", "Agent")

    (subagent,) = [request for request in api.requests if request.is_subagent]
    assert "Look around." in subagent.new_text
    assert subagent.session_id == api.main_requests[0].session_id


def test_failing_script_is_raised(world: World) -> None:
    """What a script raises is answered with 500 once and raised at the end of the API."""

    def broken(*_: object) -> Reply:
        raise LookupError("no such scene")

    with pytest.raises(LookupError, match="no such scene"), world.serve(broken) as api:
        printed = world.print("Go on.")
        assert printed.json["is_error"]
        assert len(api.requests) == 1


def test_nothing_is_inherited(world: World) -> None:
    """The client's shell knows no home, key or configuration but the world's."""
    ask = ToolUse("Bash", {"command": 'echo "$HOME $CLAUDE_CONFIG_DIR $ANTHROPIC_API_KEY"'})
    with world.serve([Reply(tools=[ask])]) as api:
        world.print("Who am I?", *HANDS_FREE)

    (result,) = api.main_requests[1].tool_results
    assert result.text.split()[:2] == [str(world.home), str(world.config)]
    saved = json.loads((world.config / ".claude.json").read_text())
    assert list(saved["projects"]) == [str(world.project)]


def test_wait_for_gives_up() -> None:
    """Waiting for a request that never comes ends in an error."""
    with ScriptedApi([]) as api, pytest.raises(TimeoutError, match="None of 0 requests"):
        api.wait_for(lambda _: True, timeout=0.01)
