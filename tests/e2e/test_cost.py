"""The meter's cost is the client's own, for every model that it prices and every kind of use.

The client writes its total into the transcript when it ends. Here the meter reads the transcript
without it (`counted_usd`), and the client's word comes from `--output-format json`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from handoff.client.transcript import tail
from handoff.demo.api import Reply, ToolUse, Usage
from handoff.meter import cost, prices

from .clients import OLDEST, both_clients
from .harness import HANDS_FREE, until

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .harness import World

pytestmark = pytest.mark.world(plugin=False, git=False, environment=False)


# All that 2.1.330 has in its catalogue of models.
MODELS = [
    "claude-3-5-haiku",
    "claude-3-5-sonnet",
    "claude-3-7-sonnet",
    "claude-fable-5",
    "claude-fable-5-1",
    "claude-fable-5-2",
    "claude-haiku-4-5",
    "claude-haiku-5-5",
    "claude-mythos-5",
    "claude-mythos-5-1",
    "claude-mythos-5-2",
    "claude-opus-4-0",
    "claude-opus-4-1",
    "claude-opus-4-5",
    "claude-opus-4-6",
    "claude-opus-4-7",
    "claude-opus-4-8",
    "claude-opus-5",
    "claude-opus-5-5",
    "claude-sonnet-4-0",
    "claude-sonnet-4-5",
    "claude-sonnet-4-6",
    "claude-sonnet-5",
    "claude-sonnet-5-5",
]
# As other makers and dates name them.
DRESSED = ["claude-haiku-4-5-20251001", "claude-opus-4-20250514", "us.anthropic.claude-opus-4-6-v1"]
OLD_MODELS = ["claude-haiku-4-5", "claude-opus-4-6", "claude-opus-4-8", "claude-sonnet-4-6"]
# Otherwise the client asks for the newest of the family instead of a model that is retired.
KEEP_OLD = {"CLAUDE_CODE_DISABLE_LEGACY_MODEL_REMAP": "1"}
OPUS = "claude-opus-5-5"


@dataclass(frozen=True)
class Exact(Usage):
    """A `usage` as the API would send it."""

    counts: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """What was given, and nothing else."""
        return dict(self.counts)


def uses(**counts: Any) -> Exact:
    """A usage of nothing but what is given."""
    return Exact(
        counts={
            "input_tokens": 0,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "output_tokens": 0,
            **counts,
        }
    )


def iteration(kind: str, model: str = "", **counts: Any) -> dict[str, Any]:
    """One entry of `usage.iterations`."""
    return {"type": kind, **({"model": model} if model else {}), **uses(**counts).counts}


def lifetimes(short: int, hour: int) -> dict[str, int]:
    """The split of cache writes."""
    return {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": hour}


KINDS = {
    "input and output": uses(input_tokens=1_000, output_tokens=300),
    "writes": uses(
        cache_creation_input_tokens=5_000, cache_creation=lifetimes(2_000, 3_000), output_tokens=7
    ),
    "writes without a lifetime": uses(cache_creation_input_tokens=11_000, output_tokens=7),
    "reads": uses(input_tokens=3, cache_read_input_tokens=90_000, output_tokens=7),
    "searches": uses(input_tokens=10, output_tokens=7, server_tool_use={"web_search_requests": 3}),
    "fast": uses(input_tokens=2_000, output_tokens=900, speed="fast"),
    "fast and cached": uses(
        input_tokens=20,
        cache_creation_input_tokens=700,
        cache_creation=lifetimes(300, 400),
        cache_read_input_tokens=30_000,
        output_tokens=40,
        speed="fast",
    ),
    "an advisor": uses(
        input_tokens=900,
        output_tokens=90,
        iterations=[
            iteration("message", input_tokens=900, output_tokens=90),
            iteration(
                "advisor_message",
                "claude-opus-4-1",
                input_tokens=500,
                cache_creation_input_tokens=800,
                cache_creation=lifetimes(100, 700),
                cache_read_input_tokens=600,
                output_tokens=50,
            ),
        ],
    ),
    "an iteration that is not charged": uses(
        input_tokens=900,
        output_tokens=90,
        iterations=[
            iteration("compaction", input_tokens=50_000, output_tokens=5_000),
            iteration("message", input_tokens=900, output_tokens=90),
        ],
    ),
    "a fallback that was not asked for": uses(
        input_tokens=900,
        output_tokens=90,
        iterations=[iteration("fallback_message", "claude-fable-9", input_tokens=800)],
    ),
    "over 100k by class": uses(
        input_tokens=40_000,
        cache_creation_input_tokens=30_000,
        cache_creation=lifetimes(10_000, 20_000),
        cache_read_input_tokens=30_001,
        output_tokens=800,
    ),
    "100k": uses(input_tokens=100_000, output_tokens=800),
    "two short ones": uses(
        input_tokens=120_000,
        output_tokens=80,
        iterations=[iteration("message", input_tokens=60_000, output_tokens=40)] * 2,
    ),
    "two that do not add up": uses(
        input_tokens=120_000,
        output_tokens=80,
        iterations=[iteration("message", input_tokens=60_000, output_tokens=30)] * 2,
    ),
}
# Not in 2.1.197, which prices them as if they were not said.
NEW_KINDS = {
    "us": uses(
        input_tokens=900, cache_read_input_tokens=5_000, output_tokens=90, inference_geo="us"
    ),
    "us, fast, searches": uses(
        input_tokens=900,
        output_tokens=90,
        inference_geo="us",
        speed="fast",
        server_tool_use={"web_search_requests": 2},
    ),
    "us with an advisor": uses(
        input_tokens=900,
        output_tokens=90,
        inference_geo="us",
        iterations=[
            iteration("message", input_tokens=900, output_tokens=90),
            iteration("advisor_message", "claude-opus-5", input_tokens=500, output_tokens=50),
        ],
    ),
}
# At the end, because the client compacts behind it: above 200k nothing is dearer any more.
LAST = uses(input_tokens=2, cache_read_input_tokens=450_000, output_tokens=300)


def script(usages: list[Exact]) -> list[Reply]:
    """A turn of as many requests: tool calls, then an answer."""
    calls = [
        Reply("", [ToolUse("Bash", {"command": f"echo {at}", "description": "Say"})], usage=one)
        for at, one in enumerate(usages[:-1])
    ]
    return [*calls, Reply("Done.", usage=usages[-1])]


def counted(transcript: Path) -> cost.Cost:
    """What the meter says of a transcript."""
    return cost.figures(cost.update_state(str(transcript), {}, prices.load({"HOME": "/nowhere"})))


def transcript_of(world: World, result: Mapping[str, Any]) -> Path:
    """The transcript of the session of a JSON result."""
    (transcript,) = (path for path in world.transcripts() if path.stem == result["session_id"])
    return transcript


def check(world: World, result: Mapping[str, Any]) -> None:
    """The meter's cost, by model too, and its tokens are the client's."""
    figures = counted(transcript_of(world, result))
    by_model = {name: one.usd for name, one in figures.models.items()}
    tokens = {
        name: [one.input, one.write_5m + one.write_1h, one.read, one.output, one.searches]
        for name, one in figures.models.items()
    }
    names = ("input", "cacheCreationInput", "cacheReadInput", "output")
    told = {
        name: [*(one[f"{kind}Tokens"] for kind in names), one["webSearchRequests"]]
        for name, one in result["modelUsage"].items()
    }

    assert tokens == told
    assert by_model == pytest.approx(
        {name: one["costUSD"] for name, one in result["modelUsage"].items()}, rel=1e-3
    )
    assert figures.counted_usd == pytest.approx(result["total_cost_usd"], rel=1e-3)


@pytest.mark.parametrize("model", [*MODELS, *DRESSED])
def test_every_model_costs_what_the_client_says(world: World, model: str) -> None:
    """Each class of tokens, searches, fast mode, US inference, iterations, long prompts."""
    usages = [*KINDS.values(), *NEW_KINDS.values(), LAST]
    with world.serve(script(usages)):
        result = world.print("go", *HANDS_FREE, "--model", model, extra_env=KEEP_OLD).json
    transcript = transcript_of(world, result)
    last = tail.read_last(str(transcript))

    assert {one["costBasis"] for one in result["modelUsage"].values()} == {"list"}
    check(world, result)
    assert last is not None
    assert last.tokens == 450_002
    figures = counted(transcript)
    assert figures.source == "client"
    assert figures.difference_usd == pytest.approx(0, abs=1e-8)


@pytest.mark.parametrize("client_path", [OLDEST], indirect=True)
@pytest.mark.parametrize("model", OLD_MODELS)
def test_the_older_client_agrees(world: World, model: str) -> None:
    """2.1.197 writes no total of its own; the meter's count is its."""
    with world.serve(script([*KINDS.values(), LAST])):
        result = world.print("go", *HANDS_FREE, "--model", model, extra_env=KEEP_OLD).json

    check(world, result)
    assert counted(transcript_of(world, result)).source == "transcript"


def test_a_model_that_the_client_does_not_know_is_unknown(world: World) -> None:
    """The client prices it as Opus 5.5; we do not."""
    with world.serve(script([uses(input_tokens=1_000)])):
        result = world.print("go", *HANDS_FREE, "--model", "glm-5").json
    figures = counted(transcript_of(world, result))

    assert result["modelUsage"]["glm-5"]["costBasis"] == "unknown"
    assert result["total_cost_usd"] == pytest.approx(0.004)
    assert (figures.usd, figures.unknown) == (None, ["glm-5"])


@pytest.mark.smoke
@both_clients
def test_subagents_are_in_the_cost(world: World) -> None:
    """A subagent's answers are in a file of their own and in the client's total."""
    told = {"description": "Look", "prompt": "Look", "subagent_type": "general-purpose"}
    answers = [
        Reply("", [ToolUse("Agent", told)], usage=uses(input_tokens=1_000, output_tokens=10)),
        Reply("Started.", usage=uses(input_tokens=2_000, output_tokens=20)),
        Reply("Done.", usage=uses(input_tokens=3_000, output_tokens=30)),
    ]

    with world.serve(answers) as served:
        result = world.print("go", *HANDS_FREE, "--model", "claude-opus-4-8").json
    figures = counted(transcript_of(world, result))

    assert any(request.is_subagent for request in served.requests)
    assert figures.counted_usd == pytest.approx(result["total_cost_usd"], rel=1e-3)
    assert figures.responses == len(served.requests)


def test_a_resumed_and_a_forked_session_cost_all_that_was_before(world: World) -> None:
    """The client's total is cumulative, and covers what a fork's transcript does not hold."""
    with world.serve([Reply(str(at), usage=uses(input_tokens=1_000)) for at in range(3)]):
        first = world.print("one", "--model", OPUS).json
        again = world.print("two", "--model", OPUS, "--resume", first["session_id"]).json
        fork = world.print(
            "three", "--model", OPUS, "--resume", first["session_id"], "--fork-session"
        ).json

    for result, usd in ((again, 0.008), (fork, 0.012)):
        figures = counted(transcript_of(world, result))
        assert result["total_cost_usd"] == pytest.approx(usd)
        assert figures.source == "client"
        assert figures.usd == pytest.approx(usd)
        assert figures.counted_usd == pytest.approx(usd)


def test_a_compactions_summary_is_in_the_clients_total_alone(world: World) -> None:
    """It is not in the transcript: the client's figure wins and the difference is told."""
    with world.serve(script([uses(input_tokens=1_000)])):
        first = world.print("go", "--model", OPUS).json
        result = world.print("/compact", "--model", OPUS, "--resume", first["session_id"]).json
    figures = counted(transcript_of(world, result))

    assert result["total_cost_usd"] > first["total_cost_usd"]
    assert figures.usd == pytest.approx(result["total_cost_usd"])
    assert figures.difference_usd == pytest.approx(
        result["total_cost_usd"] - first["total_cost_usd"]
    )


def test_a_total_after_a_kill_does_not_hide_what_was_before(world: World) -> None:
    """A killed client leaves no total; the resumed one begins at zero."""
    answers = [Reply(str(tokens), usage=uses(input_tokens=tokens)) for tokens in (1_000, 10)]
    with world.serve(answers):
        first = world.print("go", "--model", OPUS).json
        transcript = transcript_of(world, first)
        lines = transcript.read_text(encoding="utf-8").splitlines(keepends=True)
        left = "".join(line for line in lines if not line.startswith('{"type":"cost-state"'))
        transcript.write_text(left, encoding="utf-8")
        result = world.print("on", "--model", OPUS, "--resume", first["session_id"]).json
    figures = counted(transcript)

    assert result["total_cost_usd"] == pytest.approx(0.00004)
    assert figures.source == "transcript"
    assert figures.usd == pytest.approx(0.00404)
    assert figures.difference_usd == pytest.approx(-0.004)


def test_the_status_lines_figures_are_the_meters(world: World) -> None:
    """Context and cost, as the client tells them to a status line."""
    told = world.root / "told.json"
    line = {"type": "command", "command": f"cat > {told}.new && mv {told}.new {told}"}
    (world.config / "settings.json").write_text(json.dumps({"statusLine": line}))
    use = uses(
        input_tokens=5,
        cache_creation_input_tokens=2_000,
        cache_read_input_tokens=70_000,
        output_tokens=9,
    )

    def total() -> float:
        return json.loads(told.read_text())["cost"]["total_cost_usd"] if told.exists() else 0.0

    with world.serve([Reply("One.", usage=use)]):
        with world.terminal("--model", OPUS, "--", "go") as terminal:
            terminal.wait_for("One")
            assert until(lambda: total() > 0, 10), terminal.screen()
    figures = json.loads(told.read_text())
    (transcript,) = world.transcripts()
    last = tail.read_last(str(transcript))

    assert last is not None
    assert last.tokens == figures["context_window"]["total_input_tokens"] == 72_005
    assert counted(transcript).counted_usd == pytest.approx(total(), rel=1e-3)
