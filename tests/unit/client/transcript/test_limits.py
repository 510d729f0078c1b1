"""A rate limit's reset time from the client's words: shapes seen, zones, dates, daylight saving."""

from __future__ import annotations

import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.client.transcript import limits


def at(text: str) -> float:
    """Epoch seconds of an ISO time with an offset."""
    return datetime.datetime.fromisoformat(text).timestamp()


NOON = at("2026-11-22T12:00:00+00:00")  # a Sunday


@pytest.mark.parametrize(
    ("words", "kind", "resets_at"),
    [
        ("You've hit your session limit · resets 7:20pm (Europe/Brussels)", "five_hour",
         "2026-11-22T19:20:00+01:00"),
        ("You've hit your session limit · resets 3pm (America/Bogota)", "five_hour",
         "2026-11-22T15:00:00-05:00"),
        ("You've hit your session limit · resets 12:50am (America/Los_Angeles)", "five_hour",
         "2026-11-23T00:50:00-08:00"),
        ("You've hit your session limit · resets 12pm (UTC)", "five_hour",
         "2026-11-23T12:00:00+00:00"),
        ("You've hit your session limit · resets 12:01pm (UTC)", "five_hour",
         "2026-11-22T12:01:00+00:00"),
        ("You've hit your session limit · resets 8:30pm (Asia/Tokyo)", "five_hour",
         "2026-11-23T20:30:00+09:00"),
        ("You've hit your session limit · resets 9:05pm (Asia/Tokyo)", "five_hour",
         "2026-11-22T21:05:00+09:00"),
        ("You've hit your session limit · resets 21:05 (Asia/Tokyo)", "five_hour",
         "2026-11-22T21:05:00+09:00"),
        ("You've hit your weekly limit · resets Nov 24 at 3am (Europe/Berlin)", "seven_day",
         "2026-11-24T03:00:00+01:00"),
        ("You've hit your weekly limit · resets Nov 24, 3:30am (Europe/Berlin)", "seven_day",
         "2026-11-24T03:30:00+01:00"),
        ("You've hit your weekly limit · resets Jan 2 at 3am (UTC)", "seven_day",
         "2027-01-02T03:00:00+00:00"),
        ("You've hit your weekly limit · resets Jan 2, 2027 at 3am (UTC)", "seven_day",
         "2027-01-02T03:00:00+00:00"),
        ("You've hit your weekly limit · resets Tue 9:00 AM (UTC)", "seven_day",
         "2026-11-24T09:00:00+00:00"),
        ("You've hit your weekly limit · resets Sunday 9am (UTC)", "seven_day",
         "2026-11-29T09:00:00+00:00"),
        ("Opus weekly limit reached ∙ resets Nov 25, 9am (UTC)", "seven_day",
         "2026-11-25T09:00:00+00:00"),
        ("You've hit your Opus limit · resets Nov 25, 9am (UTC)", "model",
         "2026-11-25T09:00:00+00:00"),
        ("You've hit your limit · resets 8pm (UTC)", "five_hour", "2026-11-22T20:00:00+00:00"),
        ("You've hit your limit · resets Nov 25 at 8pm (UTC)", "seven_day",
         "2026-11-25T20:00:00+00:00"),
        ("5-hour limit reached ∙ resets 3pm (UTC)", "five_hour", "2026-11-22T15:00:00+00:00"),
        ("5-hour limit reached ∙ resets in 2h 5m", "five_hour", "2026-11-22T14:05:00+00:00"),
        ("5-hour limit reached ∙ resets in 45m", "five_hour", "2026-11-22T12:45:00+00:00"),
        ("Weekly limit reached ∙ resets in 1d 3h", "seven_day", "2026-11-23T15:00:00+00:00"),
        ("Claude AI usage limit reached|1795363200", "five_hour", "2026-11-22T16:00:00+00:00"),
        ("You've hit your monthly spend limit · raise it in the settings", "spend", None),
        ("You're out of extra usage · resets 5pm (UTC)", "spend", "2026-11-22T17:00:00+00:00"),
        ("You've hit your session limit", "five_hour", None),
        ("You've hit your session limit · resets soon", "five_hour", None),
        ("You've hit your session limit · resets 3", "five_hour", None),
        ("You've hit your session limit · resets 25:00 (UTC)", "five_hour", None),
        ("You've hit your session limit · resets 13pm (UTC)", "five_hour", None),
        ("You've hit your session limit · resets Feb 31 at 3pm (UTC)", "five_hour", None),
        ("You've hit your session limit · resets 3pm (Middle/Earth)", "five_hour", None),
        ("You've hit your session limit · resets 3pm (../etc/passwd)", "five_hour", None),
        ("Request rejected (429) · Too many requests", None, None),
        ("API Error: Rate limit reached", None, None),
        ("You've used 92% of your session limit · resets 3pm (UTC)", None, None),
        ("", None, None),
    ],
)  # fmt: skip
def test_the_words_as_a_time(words: str, kind: str | None, resets_at: str | None) -> None:
    """Which cap it is and when it starts again; what the words do not say stays unknown."""
    limit = limits.parse(words, NOON)

    assert (limit.kind if limit else None) == kind
    assert (limit.resets_at if limit else None) == (at(resets_at) if resets_at else None)


@pytest.mark.parametrize(
    ("said_at", "words", "resets_at"),
    [
        # Clocks went forward at 02:00 on 29 March and back at 03:00 on 25 October, in Brussels.
        ("2026-03-28T23:30:00+01:00", "3:30am", "2026-03-29T03:30:00+02:00"),
        ("2026-03-28T23:30:00+01:00", "2:30am", "2026-03-29T03:30:00+02:00"),
        ("2026-10-24T23:30:00+02:00", "4am", "2026-10-25T04:00:00+01:00"),
        ("2026-10-24T23:30:00+02:00", "2:30am", "2026-10-25T02:30:00+02:00"),
    ],
)
def test_daylight_saving(said_at: str, words: str, resets_at: str) -> None:
    """The time is the wall clock's; an hour that is left out counts as the one behind it."""
    limit = limits.parse(
        f"You've hit your session limit · resets {words} (Europe/Brussels)", at(said_at)
    )

    assert limit is not None
    assert limit.resets_at == at(resets_at)


def test_without_a_zone_it_is_this_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Older clients name no zone: the words were said on this machine."""
    words = "5-hour limit reached ∙ resets 3pm"
    in_tokyo = limits.parse(words, NOON, "Asia/Tokyo")
    local = limits.parse(words, NOON)

    assert in_tokyo is not None
    assert in_tokyo.resets_at == at("2026-11-23T15:00:00+09:00")
    assert local is not None
    assert local.resets_at is not None
    assert datetime.datetime.fromtimestamp(local.resets_at).hour == 15  # noqa: DTZ006 - local is meant


def record(**more: Any) -> dict[str, Any]:
    """An error of the client's, as the transcript has it."""
    text = {"type": "text", "text": "You've hit your session limit · resets 3pm (UTC)"}
    return {
        "type": "assistant", "isApiErrorMessage": True, "error": "rate_limit",
        "timestamp": "2026-11-22T12:00:00.000Z",
        "message": {"model": "<synthetic>", "content": [text]}, **more,
    }  # fmt: skip


def test_a_record() -> None:
    """The record's own time is the one that the words count from; other errors are no limit."""
    limit = limits.read_limit(record())

    assert limit == limits.Limit("five_hour", NOON, NOON + 3 * 3600)
    assert limits.read_limit(record(error="authentication_failed")) is None
    assert limits.read_limit(record(timestamp="yesterday")) is None
    assert limits.read_limit(record(timestamp=None)) is None
    assert limits.read_limit(record(message=[])) is None
    assert limits.read_limit(record(message={"content": "x"})) is None


def test_a_record_with_the_second() -> None:
    """2.1.330 writes the reset beside its words; figures of another form change nothing."""
    told = limits.read_limit(record())
    assert told is not None
    resets_at = NOON + 1234
    exact = limits.read_limit(record(quotaLimits={"status": "rejected", "resetsAt": resets_at}))
    assert exact is not None
    assert (exact.kind, exact.resets_at, exact.is_exact) == (told.kind, resets_at, True)
    for figures in (None, "x", {}, {"status": "rejected", "resetsAt": "1"},
                    {"status": "allowed", "resetsAt": resets_at}):  # fmt: skip
        assert limits.read_limit(record(quotaLimits=figures)) == told


def test_how_long_it_holds() -> None:
    """Until it resets; one without a time for five hours."""
    assert limits.Limit("five_hour", NOON, NOON + 60).holds(NOON + 59)
    assert not limits.Limit("five_hour", NOON, NOON + 60).holds(NOON + 60)
    assert limits.Limit("spend", NOON, None).holds(NOON + 17_999)
    assert not limits.Limit("spend", NOON, None).holds(NOON + 18_000)


@given(
    st.lists(
        st.sampled_from(
            ["hit your", "limit reached", "limit", "resets", "in", "Nov", "Feb", "31", "24", "at",
             "3", "12:60", "0am", "pm", "(UTC)", "(Europe/Rome)", "|", "99999999999999", "2027,",
             "9999"]
        )
        | st.text(max_size=5),
        max_size=12,
    ),
    st.floats(0, 4e9),
)  # fmt: skip
def test_no_words_raise(words: list[str], said_at: float) -> None:
    """Any words have a limit or none, and a time that is to come."""
    limit = limits.parse(" ".join(["hit your limit", *words]), said_at)

    if limit and limit.resets_at is not None and "|" not in words:
        assert limit.resets_at > said_at or "in" in words
