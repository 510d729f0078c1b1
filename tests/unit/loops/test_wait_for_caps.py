"""Usage caps: which one ended a session, whether its reset is waited for, and the wait itself, by a
clock of the test.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from handoff.client import print_result
from handoff.loops import verdicts, wait_for_caps
from handoff.loops.session import Session
from handoff.loops.wait_for_caps import CapWaits, Waiting
from handoff.process.signals import StopSignal
from handoff.session.cap_resets import Cap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

NOW = 1_796_095_200.0  # 2026-12-01T03:20:00Z
HOUR, DAY = 3600.0, 86_400.0
WORDS = "You've hit your 5-hour limit · resets 4:20am (UTC)"


def told(words: str = WORDS, **more: Any) -> print_result.Result:
    result = {"session_id": "s", "subtype": "success", "is_error": True, "api_error_status": 429}
    return print_result.read_result(json.dumps({**result, "result": words, **more}), 1)


def transcript(folder: Path, **more: Any) -> str:
    record = {
        "type": "assistant",
        "uuid": "a",
        "timestamp": "2026-12-01T03:20:00.000Z",
        "error": "rate_limit",
        "isApiErrorMessage": True,
        "message": {"model": "<synthetic>", "content": [{"type": "text", "text": WORDS}]},
        **more,
    }
    path = folder / "transcript.jsonl"
    path.write_text(json.dumps(record) + "\n")
    return str(path)


def session(resets_at: float, *, began: float = NOW, **more: Any) -> Session:
    """One that a five-hour cap ended."""
    capped = Session("s", "t", "b", "/r", began, verdict="cap", cap="five_hour")
    return replace(capped, resets_at=resets_at, **more)


class World:
    """A clock that a wait moves on, `steps` (seconds) at a time; what is told, shown and saved."""

    def __init__(self, now: float = NOW, *, stop_after: float = 1e9, step: float = 60.0) -> None:
        self.now = now
        self.stops_at = now + stop_after
        self.step = step
        self.told: list[str] = []
        self.shown: list[str] = []
        self.saved: list[CapWaits] = []
        self.stopping = StopSignal()
        self.how = Waiting(self.screen, self.stopping, self.told.append, lambda: self.now, 0.0)

    @contextlib.contextmanager
    def screen(self, cap: Cap) -> Iterator[Callable[[float], bool]]:
        self.shown.append(cap.name)

        def wait(left: float) -> bool:
            assert left > 0
            self.now += min(left, self.step)
            return self.now >= self.stops_at

        yield wait

    def wait_out(self, waits: CapWaits, capped: Session) -> str:
        return wait_for_caps.wait_out(waits, capped, self.saved.append, self.how)


# which cap


def test_a_cap_is_what_the_client_names(tmp_path: Path) -> None:
    """By its transcript to the second; by its words the end of the minute, also of this one."""
    exact = {"status": "rejected", "resetsAt": NOW + HOUR + 26, "rateLimitType": "five_hour"}
    cap = wait_for_caps.cap_of(told(), transcript(tmp_path, quotaLimits=exact), NOW)
    assert cap is not None
    assert (cap.name, cap.resets_at) == ("5-hour cap", NOW + HOUR + 26)

    for path in ("", transcript(tmp_path), transcript(tmp_path, quotaLimits="x")):
        worded = wait_for_caps.cap_of(told(), path, NOW)
        assert worded is not None
        assert worded.resets_at == NOW + HOUR + 59
    in_this_minute = wait_for_caps.cap_of(told(WORDS.replace("4:20", "3:20")), "", NOW + 30)
    assert in_this_minute is not None
    assert in_this_minute.resets_at == NOW + 59


@pytest.mark.parametrize(
    "ended",
    [
        told("API Error: Request rejected (429) · This request would exceed your rate limit."),
        told("API Error: Server is temporarily limiting requests (not your usage limit)"),
        told("You've hit your session limit"),
        told(api_error_status=500),
        told(is_error=False),
        told(api_error_status="429"),
        print_result.Result(),
    ],
)
def test_no_cap(ended: print_result.Result) -> None:
    """An API key's 429, a limit without a reset, other errors, and a model that says such words."""
    assert wait_for_caps.cap_of(ended, "", NOW) is None


# whether it is waited for


def test_not_without_the_option() -> None:
    decided = wait_for_caps.next_wait(CapWaits(), session(NOW + HOUR), NOW)
    assert (decided.until, decided.why) == (None, "")


def test_at_most_so_many_windows() -> None:
    waits = CapWaits(2)
    for number in (1, 2):
        decided = wait_for_caps.next_wait(waits, session(NOW + number * 5 * HOUR), NOW)
        assert decided.until == NOW + number * 5 * HOUR
        waits = replace(decided.waits, over_at=NOW)
        assert waits.used == number
    refused = wait_for_caps.next_wait(waits, session(NOW + 15 * HOUR), NOW)
    assert (refused.until, refused.why) == (None, "2 resets of 2 waited for already")


def test_a_wait_that_was_broken_off_counts_once() -> None:
    """After a kill it is the same wait, also when the reset is past by then."""
    begun = wait_for_caps.next_wait(CapWaits(1), session(NOW + HOUR), NOW).waits
    for now in (NOW + 60, NOW + 2 * HOUR):
        again = wait_for_caps.next_wait(begun, session(NOW + HOUR), now)
        assert (again.until, again.waits) == (NOW + HOUR, begun)


def test_a_past_reset_is_no_window_but_not_twice_in_a_row() -> None:
    """The second time only a session that got something done is followed by another."""
    past = session(NOW - 60)
    first = wait_for_caps.next_wait(CapWaits(1), past, NOW)
    assert (first.until, first.waits.used) == (NOW - 60, 0)
    waits = replace(first.waits, over_at=NOW)
    later = replace(past, began=NOW + 1)
    assert wait_for_caps.next_wait(waits, later, NOW + 9).why.endswith("the same reset again")
    worked = replace(later, changed=True)
    assert wait_for_caps.next_wait(waits, worked, NOW + 9).until == NOW - 60


def test_not_for_more_than_a_week() -> None:
    assert wait_for_caps.next_wait(CapWaits(1), session(NOW + 7 * DAY), NOW).until
    far = wait_for_caps.next_wait(CapWaits(1), session(NOW + 9 * DAY), NOW)
    assert (far.until, far.waits.used) == (None, 0)
    assert "8 days" in far.why


# the wait


def test_waiting_to_the_end() -> None:
    """In the journal before it begins and after it; a margin behind the reset; told once."""
    world = World()
    assert world.wait_out(CapWaits(1), session(NOW + HOUR)) == ""
    begun, over = world.saved
    assert (begun.used, begun.until, begun.over_at) == (1, NOW + HOUR, 0.0)
    assert over == replace(begun, over_at=world.now)
    assert world.now > NOW + HOUR
    assert (world.shown, world.told) == (["5-hour cap"], ["The 5-hour cap has reset. Continuing."])
    assert world.wait_out(over, session(NOW + HOUR)) == ""  # it is waited out
    assert len(world.saved) == 2


def test_a_suspended_machine() -> None:
    """The wait goes by the clock: what was slept through is over at the next look."""
    world = World(step=9 * HOUR)
    world.how = replace(world.how, screen=_leaps(world))
    assert world.wait_out(CapWaits(1), session(NOW + HOUR)) == ""
    assert world.now == NOW + 9 * HOUR


def _leaps(world: World) -> Any:
    @contextlib.contextmanager
    def screen(_: Cap) -> Iterator[Callable[[float], bool]]:
        def leap(_: float) -> bool:
            world.now += world.step
            return False

        yield leap

    return screen


def test_ended_by_the_person() -> None:
    """By a key or a signal; the journal has the wait, which the next start continues."""
    world = World(stop_after=10 * 60)
    assert world.wait_out(CapWaits(1), session(NOW + HOUR)) == verdicts.STOPPED
    assert world.stopping.asked
    (begun,) = world.saved
    asked = World()
    asked.stopping.ask()
    assert asked.wait_out(begun, session(NOW + HOUR)) == verdicts.STOPPED
    assert asked.now == NOW
    assert World(NOW + 20 * 60).wait_out(begun, session(NOW + HOUR)) == ""


def test_what_is_not_waited_for_is_told() -> None:
    world = World()
    assert world.wait_out(CapWaits(1, 1, NOW - HOUR, NOW), session(NOW + HOUR)) == verdicts.CAP
    assert world.told == [
        "Not waiting for the 5-hour cap to reset: 1 reset of 1 waited for already."
    ]
    assert world.wait_out(CapWaits(), session(NOW + HOUR)) == verdicts.CAP
    assert len(world.told) == 1


def test_a_loop_goes_on_or_ends() -> None:
    """Only a cap's end is turned into a wait; a start after one goes on at once."""
    world = World()

    def end(verdict: str, waits: CapWaits, *sessions: Session) -> str:
        return wait_for_caps.wait_or_end(verdict, waits, sessions, world.saved.append, world.how)

    capped = session(NOW + HOUR)
    assert end("cap", CapWaits(), capped) == "cap"
    assert end("", CapWaits(), capped) == ""
    assert end("budget", CapWaits(1), capped) == "budget"
    assert end("", CapWaits(1), replace(capped, verdict="changed")) == ""
    assert end("", CapWaits(1)) == ""
    assert not world.saved
    assert end("cap", CapWaits(1), capped) == ""
    assert len(world.saved) == 2


def test_words() -> None:
    cap = Cap("five_hour", NOW + 7800)
    assert wait_for_caps.describe_stop(cap, NOW).endswith(" (in 2 h 10 min)")
    assert "has reset since" in wait_for_caps.describe_stop(cap, NOW + DAY)


def test_a_journals_value() -> None:
    wrong: list[str] = []
    assert wait_for_caps.read_waits(None, wrong) == CapWaits()
    assert wait_for_caps.read_waits({"allowed": 2, "used": 1}, wrong) == CapWaits(2, 1)
    assert not wrong
    wait_for_caps.read_waits({"used": "1"}, wrong)
    assert wrong == ["caps.used"]
