"""Usage caps of a subscription in a relay, a queue or a build: which one ended a session, whether
its reset is waited for, and the wait itself.

Only a reset that the client named is waited for. The wait goes by the wall clock, in short steps:
a clock that is set, or a machine that was suspended, is noticed. It stands in the journal before it
begins, so it is continued after a kill, and no window is counted twice.
"""

from __future__ import annotations

import contextlib
import random
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from handoff.base import fields
from handoff.base.wording import DAY, count_of, format_time_left
from handoff.client.transcript import limits, recent
from handoff.loops import journal_fields, verdicts
from handoff.session.cap_resets import Cap
from handoff.session.line import clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from handoff.client import print_result
    from handoff.loops.session import Session
    from handoff.process.signals import StopSignal

    # Shows the wait for a cap in its `with`. What that gives is called again and again with the
    # seconds that are left: it pauses for a moment, and says whether the person wants to stop.
    Screen = Callable[[Cap], AbstractContextManager[Callable[[float], bool]]]

TURN_SECONDS = 0.5  # the longest pause: so late are a signal and a changed clock noticed
_REFUSED = 429
_MINUTE = 60.0
_SAME_SECONDS = 90.0  # two resets this near are one: some clients name the minute only
_FAR_SECONDS = 8 * DAY  # no cap lasts longer than a week
_MARGIN_SECONDS = 2.0
_JITTER_SECONDS = 4.0  # what waits for the same reset does not all start at the same moment


@dataclass(frozen=True)
class CapWaits:
    """The waits of one journal. At most `allowed` windows are waited for, `used` of them were, or
    are now. `until` is the reset of the last one (epoch seconds, 0: none), `over_at` the moment
    when it was waited out, 0 while that is still to come.
    """

    allowed: int = 0
    used: int = 0
    until: float = 0.0
    over_at: float = 0.0

    def allow(self, windows: int | None) -> CapWaits:
        """The same with another limit; None: it stays."""
        return self if windows is None else replace(self, allowed=windows)


@dataclass(frozen=True)
class NextWait:
    """Whether a cap is waited for: `until` is its reset, None if it is not; `why` is the reason
    then, "" where nobody asked to wait. `waits` is what the journal gets before the wait begins.
    """

    waits: CapWaits
    until: float | None = None
    why: str = ""


@dataclass(frozen=True)
class Waiting:
    """How it is waited: where it is shown, who may end it, who is told, and by which clock. `luck`
    (0 to 1) draws the margin behind the reset.
    """

    screen: Screen
    stopping: StopSignal
    tell: Callable[[str], None]
    clock: Callable[[], float] = time.time
    luck: float = field(default_factory=random.random)


def read_waits(entry: object, wrong: list[str]) -> CapWaits:
    """The waits in a journal's value; the names of what is of a wrong form are added to `wrong`."""
    values, bad = journal_fields.read_values(CapWaits, fields.mapping(entry))
    wrong += [f"caps.{name}" for name in bad]
    return CapWaits(**values)


def cap_of(told: print_result.Result, transcript: str, at: float) -> Cap | None:
    """The cap that ended a session by the result that it printed `at` its end, if the client named
    its reset; None for any other end. `transcript` is the session's, "" without one.

    Clients since 2.1.330 write the second into the transcript; the words have the minute only.
    """
    if told.api_status != _REFUSED:
        return None
    limit = limits.parse(told.words, at - _MINUTE)  # a minute that has begun may be meant
    if limit is None:
        return None
    noted = recent.read(transcript).limit if transcript else None
    if noted is not None and noted.is_exact and noted.resets_at is not None:
        return Cap(noted.kind, noted.resets_at)
    if limit.resets_at is None:
        return None
    return Cap(limit.kind, limit.resets_at + _MINUTE - 1)


def cap_of_session(session: Session | None) -> Cap | None:
    """The cap that ended a settled session, None if none did."""
    if session is None or session.verdict != verdicts.CAP:
        return None
    return Cap(session.cap, session.resets_at)


def is_waited_out(waits: CapWaits, session: Session) -> bool:
    """Whether the reset of a session's cap was waited for since that session began."""
    return waits.over_at > session.began and _is_same(waits, session)


def next_wait(waits: CapWaits, session: Session, now: float) -> NextWait:
    """Whether to wait for the reset of the cap that ended `session`.

    A wait that was broken off is continued. A reset that is past is no wait, and counts as none;
    but no session is begun after the same reset twice in a row without getting anything done.
    """
    if not waits.allowed:
        return NextWait(waits)
    is_same = _is_same(waits, session)
    if is_same and not waits.over_at:
        return NextWait(waits, waits.until)
    if is_same and not (session.changed or session.left):
        return NextWait(waits, why="the client names the same reset again")
    until = session.resets_at
    if until <= now:
        return NextWait(replace(waits, until=until, over_at=0.0), until)
    if waits.used >= waits.allowed:
        done = count_of(waits.used, "reset")
        return NextWait(waits, why=f"{done} of {waits.allowed} waited for already")
    if until - now > _FAR_SECONDS:
        return NextWait(waits, why="the reset is more than 8 days away")
    return NextWait(replace(waits, used=waits.used + 1, until=until, over_at=0.0), until)


def wait_or_end(
    verdict: str,
    waits: CapWaits,
    sessions: Sequence[Session],
    save: Callable[[CapWaits], object],
    how: Waiting,
) -> str:
    """The `verdict` on a loop (`verdicts.end_of_loop`) after the cap of its last session, which is
    waited for if the journal allows that: "" then. What is no cap's is given back as it is.

    A start after one that a cap ended, whose verdict is "", goes on at once unless it is to wait.
    """
    last = sessions[-1] if sessions else None
    if verdict not in ("", verdicts.CAP) or last is None or last.verdict != verdicts.CAP:
        return verdict
    end = wait_out(waits, last, save, how)
    return verdict if end == verdicts.CAP else end


def wait_out(
    waits: CapWaits, session: Session, save: Callable[[CapWaits], object], how: Waiting
) -> str:
    """Wait for the reset of the cap that ended `session`. "" once that is past; else why there is
    no next session: `verdicts.CAP` (it is not waited for), or STOPPED (the person ended the wait).

    `save` writes the waits into the journal, durably.
    """
    if is_waited_out(waits, session):
        return ""
    planned = next_wait(waits, session, how.clock())
    if planned.until is None:
        if planned.why:
            name = Cap(session.cap, session.resets_at).name
            how.tell(f"Not waiting for the {name} to reset: {planned.why}.")
        return verdicts.CAP
    cap = Cap(session.cap, planned.until)
    save(planned.waits)
    if not _wait(cap, how):
        how.stopping.ask()
        return verdicts.STOPPED
    save(replace(planned.waits, over_at=how.clock()))
    how.tell(f"The {cap.name} has reset. Continuing.")
    return ""


@contextlib.contextmanager
def show_nothing(_: Cap) -> Iterator[Callable[[float], bool]]:
    """A screen for a wait that nobody looks at."""
    yield pause


def pause(left: float) -> bool:
    """Let a moment pass; nobody can end the wait by a key."""
    time.sleep(min(left, TURN_SECONDS))
    return False


def describe_reset(cap: Cap, now: float) -> str:
    """`14:30`; with the day where that is not today or tonight. Local time."""
    return clock(cap.resets_at, now)


def describe_stop(cap: Cap, now: float) -> str:
    """`stopped by the 5-hour cap, which resets at 14:30 (in 2 h 10 min)`."""
    when = describe_reset(cap, now)
    left = cap.resets_at - now
    if left <= 0:
        return f"stopped by the {cap.name}, which has reset since ({when})"
    return f"stopped by the {cap.name}, which resets at {when} (in {format_time_left(left)})"


def _wait(cap: Cap, how: Waiting) -> bool:
    """Wait until some seconds after the reset; whether nobody ended it before."""
    until = cap.resets_at + _MARGIN_SECONDS + how.luck * _JITTER_SECONDS
    if until <= how.clock():
        return not how.stopping.asked
    with how.screen(cap) as wait_a_moment:
        while (left := until - how.clock()) > 0:
            if how.stopping.asked or wait_a_moment(left):
                return False
    return not how.stopping.asked


def _is_same(waits: CapWaits, session: Session) -> bool:
    """Whether a session's cap resets no later than the one that was waited for last."""
    return bool(waits.until) and session.resets_at <= waits.until + _SAME_SECONDS
