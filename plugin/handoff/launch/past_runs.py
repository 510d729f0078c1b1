"""What past sessions of a repository cost: its headless runs, else the sessions of its folders."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.authoring import gather
from handoff.base.errors import HandoffError
from handoff.client import locations
from handoff.client.transcript import folders
from handoff.git import worktrees
from handoff.launch import run_log
from handoff.meter import session_digest
from handoff.meter.prices import plain_name

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.meter.prices import Prices
    from handoff.runtime import Runtime
    from handoff.store.places import Place

_MAX_SESSIONS = 30  # the newest sessions tell the most
_MAX_BYTES = 64_000_000  # read in a fraction of a second


@dataclass(frozen=True)
class Sample:
    """What one session used of the model that cost most in it: tokens as `client.print_result` has
    them, dollars in all, turns or calls. `asked` is the model that was asked for, "" where unknown;
    `is_run` whether `handoff start --print` ran it.
    """

    model: str
    usd: float
    count: int
    tokens: tuple[int, ...]
    asked: str = ""
    is_run: bool = False

    def at_price_of(self, model: str, prices: Prices) -> float | None:
        """What its tokens cost with another model, in dollars; None where that has no price."""
        row = prices.row(model)
        if row is None or len(self.tokens) != 5:
            return None
        # The prices of long prompts are left out: these are the tokens of many requests.
        rates = (row.input, row.write_5m, row.write_1h, row.read, row.output)
        return sum(n * rate for n, rate in zip(self.tokens, rates, strict=True)) / 1e6


def read_samples(place: Place, runtime: Runtime, prices: Prices) -> list[Sample]:
    """The newest headless runs of the repository; where there is none, its newest other sessions,
    but for the one this is asked in. Those of models without a known price are left out.
    """
    runs = [
        Sample(plain_name(run.model), run.cost_usd, run.turns, run.tokens, run.asked, is_run=True)
        for run in run_log.read_past(runtime.home, place.key)[-_MAX_SESSIONS:]
        if run.turns and run.cost_usd and prices.row(run.model)
    ]
    return runs or list(_sessions(place, runtime, prices))


def _sessions(place: Place, runtime: Runtime, prices: Prices) -> Iterator[Sample]:
    left = _MAX_BYTES
    for path, size in _newest(place, runtime):
        if size > left:
            continue
        left -= size
        sums = [0] * 5
        nanos = calls = unpriced = 0
        by_model: dict[str, int] = {}
        for file in (path, *folders.subagents(path)):
            digest = session_digest.digest_transcript(file, prices)
            calls += len(digest.keys)
            for _, model, *counts in digest.rows:
                # A digest has the classes in the order of `client.print_result`, then searches.
                sums = [one + more for one, more in zip(sums, counts[:5], strict=True)]
                nanos, unpriced = nanos + counts[6], unpriced + counts[7]
                by_model[model] = by_model.get(model, 0) + counts[6]
        if calls and by_model and not unpriced:
            model = max(by_model, key=lambda name: by_model[name])
            yield Sample(plain_name(model), nanos / 1e9, calls, tuple(sums))


def _newest(place: Place, runtime: Runtime) -> list[tuple[str, int]]:
    """The transcripts of the repository's worktrees and their bytes, newest first."""
    try:
        roots = worktrees.list_paths(place.checkout) if place.checkout else []
    except HandoffError:
        roots = []  # an estimate must not stop what it is made for
    current = gather.current_session(runtime)
    transcripts = []
    for root in {place.root, *roots}:
        folder = locations.config_dir(runtime.env) / "projects" / folders.folder_name(root)
        try:
            with os.scandir(folder) as entries:
                transcripts += [
                    (entry.stat().st_mtime, entry.path, entry.stat().st_size)
                    for entry in entries
                    if entry.name.endswith(".jsonl")
                    and not entry.name.startswith("agent-")
                    and entry.name != f"{current}.jsonl"
                ]
        except OSError:
            continue
    return [(path, size) for _, path, size in sorted(transcripts, reverse=True)[:_MAX_SESSIONS]]
