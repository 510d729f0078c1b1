"""Whether tool calls wait for the plugin: the time from a tool's result to the next request.

    HANDOFF_TEST_CLIENTS=<dir> python benchmarks/turns.py [--calls N] [--rounds N]

The real client makes N tool calls in a row against the scripted API on loopback, with and without
the plugin in turn. The API notes when it has answered and when the next request comes: in between
lie the client, its tool and whatever it waits for. Medians over all calls of all rounds.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "plugin"), str(ROOT / "tests")]

from e2e.harness import HANDS_FREE, World  # noqa: E402
from e2e.model import runs, says  # noqa: E402

if TYPE_CHECKING:
    from handoff.demo.api import Reply, Request


def gaps(client: Path, calls: int, *, plugin: bool) -> list[float]:
    """Milliseconds from each answer that calls a tool to the request that brings its result."""
    answered: list[float] = []
    came: list[float] = []

    def script(request: Request, index: int) -> Reply:
        came.append(request.at)
        answered.append(time.monotonic())
        return runs("true", 20_000) if index < calls else says("Done.", 20_000)

    with tempfile.TemporaryDirectory(prefix="handoff-") as folder:
        world = World(Path(folder), client, plugin=plugin)
        with world.serve(script):
            world.print("Run it", *HANDS_FREE)
        world.close()
    return [(later - before) * 1000 for before, later in zip(answered, came[1:], strict=False)]


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=4)
    asked = parser.parse_args()
    clients = Path(os.environ["HANDOFF_TEST_CLIENTS"])
    print("| client | without, ms | with, ms | ratio |\n| --- | --- | --- | --- |")
    for version in ("2.1.330", "2.1.197"):
        client = clients / version / "node_modules" / ".bin" / "claude"
        times: dict[bool, list[float]] = {False: [], True: []}
        for _ in range(asked.rounds):
            for plugin in (False, True):
                times[plugin] += gaps(client, asked.calls, plugin=plugin)
        without, with_it = statistics.median(times[False]), statistics.median(times[True])
        print(f"| {version} | {without:.1f} | {with_it:.1f} | {with_it / without:.2f} |")


if __name__ == "__main__":
    main()
