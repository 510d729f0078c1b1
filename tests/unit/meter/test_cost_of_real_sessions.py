"""Real sessions: totals and repeats are those of a slow reference of a few plain lines.

The reference is written from docs/client.md ("Transcript", "Prices"), not from the code under test.
"""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest

from handoff.client.transcript import usage
from handoff.meter import cost, history, prices
from support.paths import CORPUS

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="../shared/corpus is not here")

# Dollars per million tokens: input, output, 5 minute write, 1 hour write, cache read.
PRICES = {
    "claude-opus-4-5": (5, 25, 6.25, 10, 0.5),
    "claude-opus-4-6": (5, 25, 6.25, 10, 0.5),
    "claude-opus-4-8": (5, 25, 6.25, 10, 0.5),
    "claude-opus-5": (5, 25, 6.25, 10, 0.5),
    "claude-sonnet-4-5-20250929": (3, 15, 3.75, 6, 0.3),
    "claude-sonnet-4-6": (3, 15, 3.75, 6, 0.3),
    "claude-sonnet-5": (2, 10, 2.5, 4, 0.2),
    "claude-fable-5": (10, 50, 12.5, 20, 1),
    "claude-haiku-4-5-20251001": (1, 5, 1.25, 2, 0.1),
}
Responses = dict[tuple[str, str], tuple[str, dict[str, Any]]]


@cache
def reference(path: Path) -> tuple[Responses, int]:
    """The last line of each response in a file, and the number of all such lines."""
    responses: Responses = {}
    count = 0
    for text in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            record = json.loads(text)
        except ValueError:
            continue
        if record.get("type") == "progress":  # a subagent's answer, as old clients report it
            record = record["data"].get("message") or {}
        if record.get("type") != "assistant" or record.get("isApiErrorMessage"):
            continue
        message = record["message"]
        if message["model"] != "<synthetic>":
            count += 1
            responses[message["id"], record["requestId"]] = (message["model"], message["usage"])
    return responses, count


def dollars(model: str, counts: dict[str, Any]) -> float:
    """What a response costs: no session here has searches, fast mode or a long prompt's price."""
    fresh, output, short, hour, read = PRICES[model]
    written = counts["cache_creation_input_tokens"]
    long_lived = (counts.get("cache_creation") or {}).get("ephemeral_1h_input_tokens", 0)
    if len(counts.get("iterations") or []) > 1:
        long_lived = 0  # a fallback: the client charges the short price
    micros: float = (
        counts["input_tokens"] * fresh
        + (written - long_lived) * short
        + long_lived * hour
        + counts["cache_read_input_tokens"] * read
        + counts["output_tokens"] * output
    )
    return micros / 1e6


def files() -> list[Path]:
    return sorted(CORPUS.glob("*/*.jsonl"))


def test_every_session_costs_what_the_reference_says() -> None:
    """Responses, tokens and dollars of each file."""
    table = prices.load({"HOME": "/nowhere"})
    for path in files():
        figures = cost.figures(cost.update_state(str(path), {}, table))
        expected, _ = reference(path)
        outputs = sum(counts["output_tokens"] for _, counts in expected.values())

        assert figures.responses == len(expected), path.name
        assert sum(one.output for one in figures.models.values()) == outputs, path.name
        total = sum(dollars(*one) for one in expected.values())
        assert figures.usd == pytest.approx(total, rel=1e-9, abs=1e-9), path.name


def test_the_history_counts_every_response_of_all_files_once(tmp_path: Path) -> None:
    """A response in several files is one; both passes say so."""
    projects = tmp_path / "claude" / "projects"
    projects.mkdir(parents=True)
    for folder in {path.parent for path in files()}:
        (projects / folder.name).symlink_to(folder)
    env = {"HOME": str(tmp_path), "CLAUDE_CONFIG_DIR": str(tmp_path / "claude")}
    every: Responses = {}
    for path in files():
        every.update(reference(path)[0])
    first = history.collect_usage(env, str(tmp_path / "state"))
    second = history.collect_usage(env, str(tmp_path / "state"))

    assert sum(one.output for one in first) == sum(c["output_tokens"] for _, c in every.values())
    assert sum(one.read for one in first) == sum(
        c["cache_read_input_tokens"] for _, c in every.values()
    )
    total = sum(dollars(*one) for one in every.values())
    assert sum(one.nanos for one in first) / 1e9 == pytest.approx(total, rel=1e-9)
    assert second == first


def test_so_many_lines_are_repeats() -> None:
    """More than half of the lines repeat a response of their file, a sixth of the responses one of
    another file: a meter that does not know that is wrong by that much.
    """
    count = sum(reference(path)[1] for path in files())
    in_files = sum(len(reference(path)[0]) for path in files())
    unique = len({key for path in files() for key in reference(path)[0]})

    assert (count, in_files, unique) == (14083, 7383, 6086)


def test_reading_by_bytes_sees_every_answer() -> None:
    """No answer in real files has a shape that is passed over."""
    for path in files():
        seen: set[str] = set()

        def take(item: usage.Spend | usage.ClientTotal, seen: set[str] = seen) -> None:
            if isinstance(item, usage.Spend):
                seen.add(item.key)

        with path.open("rb") as file:
            usage.read_usage(file, 0, take)

        assert seen == {":".join(key) for key in reference(path)[0]}, path.name
