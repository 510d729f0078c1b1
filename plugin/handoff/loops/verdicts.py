"""What came of the sessions of a relay or a queue, and whether it goes on: pure decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff.loops.session import Session

# A session's verdict. CONTINUED: it left a brief of its model's; CHANGED: commits or files;
# UNREACHED: it was not given its brief; LOST: it ended without a result; CAP: a usage cap that
# resets ended it.
VERIFIED, DONE, STOPPED, CONTINUED = "verified", "done", "stopped", "continued"
CHANGED, UNCHANGED, UNREACHED, LOST = "changed", "unchanged", "unreached", "lost"
CAP = "cap"
# Why a relay ends, besides VERIFIED, DONE, STOPPED, UNCHANGED, UNREACHED and CAP.
UNPROVEN, BUDGET, SESSIONS = "unproven", "budget", "sessions"

MIN_USD = 0.01  # the smallest budget that a session is started with
_IDLE = 2  # sessions in a row that change nothing


def judge_session(
    *,
    done: bool,
    stopped: bool,
    continued: bool,
    changed: bool,
    reached: bool,
    told: bool,
    capped: bool = False,
) -> str:
    """One word for what a session did. `told`: the program printed its result; `capped`: a usage
    cap ended it.
    """
    if done:
        return DONE
    if stopped:
        return STOPPED
    if capped:
        return CAP
    if continued:
        return CONTINUED
    if told and not reached:
        return UNREACHED
    if not told:
        return LOST
    return CHANGED if changed else UNCHANGED


def end_of_loop(
    sessions: Sequence[Session], *, most: int, budget: float | None, since: int, proven: bool | None
) -> str:
    """Why a relay is over, "" if it goes on.

    `most` sessions and `budget` dollars count over all its starts; the sessions from index `since`
    on are of this start. `proven`: what the verify commands said after the last session, None
    where they say nothing.
    """
    now = sessions[since:]
    last = now[-1].verdict if now else ""
    if last == VERIFIED:
        return VERIFIED
    if last == DONE:
        return UNPROVEN if proven is False else DONE
    if last in (STOPPED, UNREACHED):
        return last
    worked = [session for session in now if session.verdict != CAP]
    if len(worked) >= _IDLE and all(_is_idle(session) for session in worked[-_IDLE:]):
        return UNCHANGED
    left = remaining_budget(sessions, budget)
    if left is not None and left < MIN_USD:
        return BUDGET
    if len(sessions) >= most:
        return SESSIONS
    return CAP if last == CAP else ""  # last of all: nothing else speaks against going on


def why_given_up(sessions: Sequence[Session], *, most: int) -> str:
    """Why a queue does not go on with a task that it has had these sessions for, "" if it does.

    It goes on from a brief that the last one left, and after one that was lost, or that a cap
    ended: the whole queue waits for that.
    """
    verdict = end_of_loop(sessions, most=most, budget=None, since=0, proven=None)
    last = sessions[-1] if sessions else None
    if last is not None and last.verdict == CAP:
        return verdict if verdict != CAP else ""
    if verdict or last is None or last.left or last.verdict == LOST:
        return verdict
    return last.verdict


def _is_idle(session: Session) -> bool:
    return session.verdict in (UNCHANGED, LOST) and not session.changed


def sum_cost(sessions: Sequence[Session]) -> float:
    """Dollars that sessions cost. Where that is not known, all that one was allowed counts."""
    return sum(
        session.cost_usd if session.cost_usd is not None else session.cap_usd or 0.0
        for session in sessions
    )


def remaining_budget(sessions: Sequence[Session], budget: float | None) -> float | None:
    """Dollars that are left of a budget, None without one."""
    return None if budget is None else budget - sum_cost(sessions)


def budget_share(
    budget: float | None, over: Sequence[Session], running: Sequence[Session], slots: int
) -> float | None:
    """What the next of several sessions at once may cost, None without a budget.

    What runs may still cost all that it was allowed; the rest is for `slots` sessions in equal
    parts, of which this is one.
    """
    if budget is None:
        return None
    held = sum(session.cap_usd or 0.0 for session in running)
    return max(0.0, budget - sum_cost(over) - held) / max(1, slots)
