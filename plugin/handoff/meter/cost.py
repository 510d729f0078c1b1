"""What a session costs, with its subagents; a second look costs only what was added since.

The client's own figure wins where there is one: the feed's while it is fresh, else the total that
the client leaves in the transcript when a session ends, plus what came after it. Where handoff's
own count differs, the difference is told. Standard library only: the status line loads this.
"""

from __future__ import annotations

import os
import zlib

from handoff.base import file_io, paths, quickjson, state_file
from handoff.client.transcript import folders, tail
from handoff.meter import prices as price_lists
from handoff.meter.tally import MAIN, NANOS, SEARCHES, UNPRICED, Tally

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any, BinaryIO

    from handoff.meter.feed import Feed
    from handoff.meter.prices import Prices

_VERSION = 1
_MARK = 256  # bytes before an offset by which a file is known again


class ModelCost:
    """What one model used: tokens by class, web searches, dollars (None: its price is unknown)."""

    __slots__ = ("input", "output", "read", "searches", "usd", "write_1h", "write_5m")

    def __init__(self, sums: list[int]) -> None:
        self.input, self.write_5m, self.write_1h, self.read, self.output, self.searches = sums[:6]
        self.usd = None if sums[UNPRICED] else sums[NANOS] / 1e9

    @property
    def tokens(self) -> int:
        """Tokens of all classes."""
        return self.input + self.write_5m + self.write_1h + self.read + self.output

    def as_json(self) -> dict[str, Any]:
        """For programs: every field by its name."""
        return {name: getattr(self, name) for name in self.__slots__}


class Cost:
    """What a session costs, in dollars.

    `usd` is the best figure, None when a price is unknown; `source` says whose it is: "feed",
    "client" (its total in the transcript), "transcript" (counted here), "" when there is nothing.
    `counted_usd` is what is counted here, `difference_usd` the client's figure minus ours for the
    same responses, where there is one. `unknown` are the models without a known price.
    """

    __slots__ = (
        "counted_usd", "difference_usd", "models", "responses", "source", "unknown", "usd",
    )  # fmt: skip

    def __init__(self, models: dict[str, ModelCost], responses: int) -> None:
        self.models = models
        self.responses = responses
        self.unknown = sorted(name for name, model in models.items() if model.usd is None)
        known = [model.usd for model in models.values() if model.usd is not None]
        self.counted_usd: float | None = None if self.unknown else round(sum(known), 9)
        self.usd = self.counted_usd
        self.source = "transcript" if models else ""
        self.difference_usd: float | None = None

    def as_json(self) -> dict[str, Any]:
        """For programs: every field by its name."""
        plain = {name: getattr(self, name) for name in self.__slots__}
        return {**plain, "models": {name: one.as_json() for name, one in self.models.items()}}


def read_cost(
    home: str, session_id: str, transcript: str, env: Mapping[str, str], feed: Feed | None = None
) -> Cost:
    """The cost of a session, from its state in `home` and what was added since; saves the state.

    Without a usable `session_id` nothing is kept and everything is read.
    """
    path = paths.session_file(home, "cost", session_id)
    state = _load(path) if path else {}
    stamp = price_lists.prices_stamp(env)
    if state.get("prices") != stamp or state.get("transcript") != transcript:
        state = {}
    if not state or _has_changed(transcript, state):
        state = {**update_state(transcript, state, price_lists.load(env)), "prices": stamp}
        state["transcript"] = transcript
        if path:
            _save(path, state)
    return figures(state, feed)


def update_state(transcript: str, state: dict[str, Any], prices: Prices) -> dict[str, Any]:
    """The state of a session's cost ({} at first), brought up to what its files hold now.

    A file that is not the one it was (replaced, truncated) makes everything be read anew. The state
    is JSON-able, and the same wherever earlier readings ended; the one that is given is used up.
    """
    tally = Tally(state.get("tally", {}), prices)
    files: dict[str, list[int]] = state.get("files", {})
    changed: float = 0.0
    for name, path in _files(transcript):
        try:
            with open(path, "rb", buffering=0, opener=tail.open_regular) as file:
                stat = os.fstat(file.fileno())
                at, mark, size, mtime = files.get(name, [0, 0, 0, 0])
                changed = max(changed, stat.st_mtime)
                if [size, mtime] == [stat.st_size, stat.st_mtime_ns]:
                    continue
                if at and (stat.st_size < at or _mark(file, at) != mark):
                    return update_state(transcript, {}, prices)
                at = _read_on(file, at, tally, name)
                files[name] = [at, _mark(file, at), stat.st_size, stat.st_mtime_ns]
        except OSError:
            continue  # not there (yet), or not a file: what was counted of it stays
    return {"version": _VERSION, "files": files, "changed": changed, "tally": tally.state()}


def figures(state: dict[str, Any], feed: Feed | None = None) -> Cost:
    """The cost that a state of `read` says, and the client's own figure where there is one."""
    kept = state.get("tally", {})
    sums = {name: row for name, row in kept.get("models", {}).items() if any(row)}
    cost = Cost({name: ModelCost(row) for name, row in sums.items()}, kept.get("responses", 0))
    if kept.get("client"):
        _apply_total(cost, kept["client"], kept["behind"], sums)
    told = feed.cost_usd if feed is not None and feed.is_fresh(state.get("changed", 0.0)) else None
    if told is not None and cost.counted_usd is not None:  # else the client guesses a price too
        cost.usd, cost.source = told, "feed"
        cost.difference_usd = round(told - cost.counted_usd, 9)
    return cost


def _apply_total(
    cost: Cost, client: list[Any], behind: list[int], sums: dict[str, list[int]]
) -> None:
    """Take the client's total, if it is whole and knows its prices, with what came behind it.

    A client that was killed left no total, and the next one's does not hold what was before.
    """
    usd, tokens, guessed = client
    covered = [sum(column) - less for *column, less in zip(*sums.values(), behind, strict=True)]
    if cost.counted_usd is not None:
        cost.difference_usd = round(usd - covered[NANOS] / 1e9, 9)
    if not guessed and not behind[UNPRICED] and tokens >= sum(covered[:SEARCHES]):
        cost.usd, cost.source = round(usd + behind[NANOS] / 1e9, 9), "client"


def _read_on(file: BinaryIO, at: int, tally: Tally, name: str) -> int:
    """Add what stands behind byte `at`; the offset to go on from next time."""
    from handoff.client.transcript import usage  # with `re`, which a look without news does without

    def take_one(spend: usage.Spend | usage.ClientTotal) -> None:
        if isinstance(spend, usage.Spend):
            tally.add(spend, name)
        elif name == MAIN:
            tally.add_total(spend)

    return usage.read_usage(file, at, take_one)


def _files(transcript: str) -> Iterator[tuple[str, str]]:
    """The session's file first, then its subagents' in a fixed order, each with a short name."""
    yield MAIN, transcript
    folder = folders.subagents_folder(transcript)
    for path in folders.subagents(transcript):
        yield path[len(folder) + 1 :], path


def _has_changed(transcript: str, state: dict[str, Any]) -> bool:
    files = state["files"]
    for name, path in _files(transcript):
        try:
            stat = os.stat(path)
        except (OSError, ValueError):
            continue
        if files.get(name, [0, 0, 0, 0])[2:] != [stat.st_size, stat.st_mtime_ns]:
            return True
    return False


def _mark(file: BinaryIO, at: int) -> int:
    """A checksum of what stands before byte `at`."""
    file.seek(max(0, at - _MARK))
    return zlib.crc32(file.read(min(at, _MARK)))


def _load(path: str) -> dict[str, Any]:
    """A kept state; {} for none, another version's or a broken one: it can be read anew."""
    try:
        state = quickjson.loads(state_file.read(path) or b"{}")
    except (OSError, ValueError, RecursionError):
        return {}
    return state if isinstance(state, dict) and state.get("version") == _VERSION else {}


def _save(path: str, state: dict[str, Any]) -> None:
    """Whole or not at all, but not synced: after a power cut it is read anew."""
    try:
        file_io.write_json(path, state, durable=False)
    except OSError:
        pass  # a full disk costs the next reading time, nothing else
