"""How a session's state changes over the handoff of one cycle: thresholds fire, a brief is asked
for, waited for, taken back or settled; the mod gets its orders.

Each transition is one change under the state's lock (`state.update`); it returns the new state, or
None where nothing was changed.
"""

from __future__ import annotations

from handoff.session import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from handoff.session.state import SessionState

HANDOFF = "handoff"  # the threshold's name in `fired`
_CYCLE_FIELDS = (
    *("fired", "first_tokens", "asked_at", "settled", "order", "no_mod", "postponed"),
    *("gated", "refused", "asked_in", "asked_size", "asks", "waits", "waits_since"),
)


def forget_cycle(session: SessionState, offset: int) -> None:
    """Begin a cycle in the state itself: every threshold may fire again. `offset`: the transcript's
    size in bytes.
    """
    session.cycle += 1
    session.cycle_briefs = session.brief_count
    session.cycle_offset = offset
    for name in _CYCLE_FIELDS:
        delattr(session, name)


def begin_cycle(
    home: str, session_id: str, offset: int, tokens: int, known: SessionState
) -> SessionState | None:
    """The context has fallen to so many `tokens`. None where another hook was faster than the one
    that had the state `known`.
    """

    def change(session: SessionState) -> bool:
        if session.is_handing_over or session.fired != known.fired:
            return False
        forget_cycle(session, offset)
        session.first_tokens = tokens
        return True

    return state.update(home, session_id, change)


def note_under_threshold(
    home: str, session_id: str, first_tokens: int | None, *, in_budget: bool
) -> SessionState | None:
    """The session was seen under its handoff threshold; `in_budget`: also its cost or caps."""

    def change(session: SessionState) -> None:
        if session.first_tokens is None and first_tokens is not None:
            session.first_tokens = first_tokens
        session.began_in_budget = session.began_in_budget or in_budget

    return state.update(home, session_id, change)


def fire_once(home: str, session_id: str, name: str, tokens: int) -> SessionState | None:
    """Mark a threshold or message as fired in this cycle; None if it was already (another hook was
    first), or if that cannot be kept: it would fire again and again.
    """
    return _fire(home, session_id, name, tokens, lambda _: None)


def order_handoff(
    home: str, session_id: str, tokens: int, order: dict[str, Any], *, at: float, trigger: str
) -> SessionState | None:
    """The mod is told to run `/handoff`; None if this cycle had its handoff."""

    def ask(session: SessionState) -> None:
        _ask(session, at, trigger)
        session.order = order

    return _fire(home, session_id, HANDOFF, tokens, ask)


def ask_handoff(
    home: str,
    session_id: str,
    tokens: int,
    *,
    at: float,
    trigger: str,
    turn: str,
    size: int,
    settled: bool,
) -> SessionState | None:
    """`Stop` asks the model for a brief in this `turn`, at that `size` of the transcript in bytes;
    `settled` where code writes it at once. None if this cycle had its handoff.
    """

    def ask(session: SessionState) -> None:
        _ask(session, at, trigger)
        session.settled = settled
        session.asked_in, session.asked_size = turn, size
        session.asks += 1

    return _fire(home, session_id, HANDOFF, tokens, ask)


def _ask(session: SessionState, at: float, trigger: str) -> None:
    session.asked_at, session.trigger = at, trigger
    session.asked_briefs = session.brief_count
    session.settled = False
    del session.asked_in, session.waits


def _fire(
    home: str, session_id: str, name: str, tokens: int, ask: Callable[[SessionState], None]
) -> SessionState | None:
    def change(session: SessionState) -> bool:
        if name in session.fired:
            return False
        session.fired = {**session.fired, name: tokens}
        ask(session)
        return True

    session = state.update(home, session_id, change)
    return session if session is not None and session.is_saved else None


def count_refusal(
    home: str, session_id: str, tokens: int, *, at: float, at_most: int
) -> SessionState | None:
    """The gate refuses a call (`refused`: the number of it); with the first one the handoff counts
    as asked for. None when there were enough in this cycle.
    """

    def change(session: SessionState) -> bool:
        if session.refused >= at_most:
            return False
        session.refused += 1
        if session.refused == 1:
            session.fired = {**session.fired, HANDOFF: tokens}
            session.gated = True
            session.asked_at, session.trigger = at, "context"
            session.asked_briefs = session.brief_count
            session.settled = False
            del session.order
        return True

    return state.update(home, session_id, change)


def delay_handoff(
    home: str, session_id: str, reason: str, tokens: int, *, since: float | None
) -> SessionState | None:
    """A handoff that is due waits for this reason; `since`: for agents, from this moment on."""

    def change(session: SessionState) -> bool:
        before = (session.waits, session.waits_since)
        session.waits = reason
        if since is not None and session.waits_since is None:
            session.waits_since = since
        if state.WAITED not in session.fired:
            session.fired = {**session.fired, state.WAITED: tokens}
            return True
        return before != (session.waits, session.waits_since)

    return state.update(home, session_id, change)


def settle_handoff(home: str, session_id: str) -> SessionState | None:
    """The turn that was to write the brief is over, and with it what the mod was told."""

    def change(session: SessionState) -> None:
        session.settled = True
        del session.order

    return state.update(home, session_id, change)


def close_turn(home: str, session_id: str, *, waits: bool) -> SessionState | None:
    """A turn ends at which nothing is asked for any more. One that was to write the brief was
    stopped by the user; a failure was got over. `waits`: what waits goes on waiting.
    """

    def change(session: SessionState) -> None:
        if session.is_handing_over or session.failed:
            session.settled, session.failed = True, False
            del session.order
        if not waits:
            del session.waits

    return state.update(home, session_id, change)


def take_back_handoff(home: str, session_id: str, *, no_mod: bool = False) -> SessionState | None:
    """The handoff of this cycle is due again; `no_mod`: by the hooks."""

    def change(session: SessionState) -> None:
        _make_due(session)
        session.no_mod = session.no_mod or no_mod

    return state.update(home, session_id, change)


def _make_due(session: SessionState) -> None:
    session.fired = {name: at for name, at in session.fired.items() if name != HANDOFF}
    session.settled = True
    del session.order, session.asked_in


def set_mode(home: str, session_id: str, mode: str, *, due_again: bool) -> SessionState | None:
    """The user sets this session's mode; `due_again`: what was ordered is taken back."""

    def change(session: SessionState) -> None:
        session.mode = mode
        if due_again:
            _make_due(session)

    return state.update(home, session_id, change)


def postpone_handoff(home: str, session_id: str, *, due_again: bool) -> SessionState | None:
    """The user puts this cycle's handoff threshold higher; `due_again` as in `set_mode`."""

    def change(session: SessionState) -> None:
        session.postponed = True
        if due_again:
            _make_due(session)

    return state.update(home, session_id, change)


def give_order(
    home: str, session_id: str, order: dict[str, Any], *, waits: str | None = None
) -> SessionState | None:
    """What the mod is to do, or has begun to do; {} for nothing. `waits`: why a handoff waits."""

    def change(session: SessionState) -> None:
        session.order = order
        if waits is not None:
            session.waits = waits

    return state.update(home, session_id, change)
