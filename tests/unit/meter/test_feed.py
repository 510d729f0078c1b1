"""The feed: what it says at a moment, in every spelling of a time, whatever was saved."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.meter import context
from handoff.meter import feed as feeds
from handoff.meter.compaction import Rules

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_795_348_800.0


def limits(**more: Any) -> dict[str, Any]:
    return {"at": NOW, "rateLimits": [{"kind": "five_hour", "percentUsed": 40, **more}]}


@pytest.mark.parametrize(
    ("given", "resets_at"),
    [
        (NOW + 60, NOW + 60),
        (int(NOW + 60) * 1000, NOW + 60),
        ("2026-11-22T12:01:00Z", NOW + 60),
        ("2026-11-22T13:01:00.000+01:00", NOW + 60),
        (None, None),
        ("tomorrow", None),
        ("2026-11-22T12:01:00", None),
        (True, None),
        ([], None),
    ],
)
def test_reset_times(given: object, resets_at: float | None) -> None:
    """Seconds, milliseconds or an ISO date; what is none of them is unknown."""
    feed = feeds.Feed(limits(resetsAt=given), NOW)

    assert feed.five_hour == 40
    assert feed.caps["five_hour"].resets_at == resets_at


def test_a_cap_that_started_again_is_unknown() -> None:
    """An old feed's 95 % says nothing once the five hours are over."""
    assert feeds.Feed(limits(resetsAt=NOW + 60), NOW + 59).five_hour == 40
    assert feeds.Feed(limits(resetsAt=NOW + 60), NOW + 60).five_hour is None
    assert feeds.Feed(limits(), NOW + 5 * 3600 - 1).five_hour == 40
    assert feeds.Feed(limits(), NOW + 5 * 3600).five_hour is None
    week = {"at": NOW, "rateLimits": [{"kind": "seven_day", "percentUsed": 4}, {"kind": "x"}, 3]}
    assert feeds.Feed(week, NOW + 6 * 86_400).seven_day == 4
    assert feeds.Feed(week, NOW + 7 * 86_400).seven_day is None


def test_an_old_feed_is_still_read() -> None:
    """What the first version saved: no session, no cache, no reset times."""
    feed = feeds.Feed(
        {"context": {"tokens": 5, "window": 10, "percent": 50}, "cost": {"usd": 1}, "model": "m",
         "at": NOW, "rateLimits": [{"kind": "five_hour", "percentUsed": 92}]}, NOW
    )  # fmt: skip

    assert (feed.tokens, feed.window, feed.cost_usd, feed.model) == (5, 10, 1.0, "m")
    assert (feed.five_hour, feed.seven_day, feed.cache) == (92, None, None)
    assert (feed.session_id, feed.transcript) == ("", "")


def test_saving(tmp_path: Path) -> None:
    """Whole, private, replaced; an id that could name another place is not saved."""
    home = str(tmp_path / "state")
    feeds.save(home, "s1", {"at": 1.0})
    feeds.save(home, "s1", {"at": 2.0})
    feeds.save(home, "../s2", {"at": 3.0})
    feed = feeds.load(home, "s1")

    assert feed is not None
    assert feed.at == 2.0
    assert feeds.load(home, "s2") is None
    assert os.listdir(tmp_path / "state" / "feed") == ["s1.json"]
    assert (tmp_path / "state" / "feed" / "s1.json").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(["kind", "percentUsed", "resetsAt", "tokens", "window", "usd", "ttl",
                             "expiresAt", "recacheTokens"]), inner, max_size=4,
        )
    ),
    max_leaves=8,
)  # fmt: skip


@given(
    st.dictionaries(
        st.sampled_from(["at", "context", "cost", "model", "rateLimits", "cache", "session"]),
        VALUES,
    ),
    st.floats(0, 4e9),
)
def test_nothing_saved_raises(saved: dict[str, Any], now: float) -> None:
    """Values of any kind are figures of the right kind, or unknown."""
    read = feeds.Feed(saved, now)

    assert read.tokens is None or read.tokens >= 0
    assert read.is_fresh(now) in (True, False)
    for cap in read.caps.values():
        assert cap.resets_at is None or cap.resets_at > now


def answer(path: Path, tokens: int, model: str = "claude-opus-4-6") -> None:
    usage = {"input_tokens": tokens}
    record = {"type": "assistant", "message": {"id": "m", "model": model, "usage": usage}}
    with path.open("a") as file:
        file.write(json.dumps(record) + "\n")


def read(home: str, path: Path, requested_model: str = "") -> context.Reading:
    return context.measure(feeds.load(home, "s1"), str(path), requested_model, Rules({}))


def test_the_feed_decides_only_until_the_transcript_grows(tmp_path: Path) -> None:
    """A feed of the answer before is not taken for this one, not even within a second."""
    home, path = str(tmp_path), tmp_path / "s1.jsonl"
    answer(path, 20_000)
    saved = path.stat().st_mtime
    told = {"tokens": 21_000, "window": 1_000_000}
    feeds.save(home, "s1", {"at": saved, "context": told, "model": "claude-opus-4-6[1m]"})
    assert read(home, path).source == "feed"
    assert read(home, path).tokens == 21_000

    answer(path, 205_000)
    os.utime(path, (saved + 0.5, saved + 0.5))
    reading = read(home, path)
    assert (reading.tokens, reading.source) == (205_000, "transcript")
    # The feed's name of the model and its window are still good: it is the same model.
    assert (reading.model, reading.window) == ("claude-opus-4-6[1m]", 1_000_000)


def test_another_model_has_another_window(tmp_path: Path) -> None:
    """After /model the feed's window is the old model's."""
    home, path = str(tmp_path), tmp_path / "s1.jsonl"
    feeds.save(home, "s1", {"at": 1.0, "context": {"window": 1_000_000}, "model": "claude-opus-5"})
    answer(path, 20_000, "claude-haiku-4-5")

    assert read(home, path, "claude-opus-5").window == 200_000
