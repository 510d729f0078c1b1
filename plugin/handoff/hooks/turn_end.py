"""Whether a turn's end is one to hand over at, and what became of a brief that was asked for there.

`stop_hook_active` tells neither: it says that some hook made the turn go on. Which turn we spoke in
is our own record: the order that the mod carried out (`ran`), or the turn in which `Stop` gave the
model the command's text (`asked_in`).
"""

from __future__ import annotations

from handoff.session import state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.client import hook_io
    from handoff.runtime import Here

PATIENCE_SECONDS = 600.0  # in one climb, for agents whose report comes back to the session
MOST_ASKS = 3  # in one climb: 8 Stop hooks in a row are overruled by the client
PLANS = "the session is in plan mode"
SETTLE = "settle"


def _went_on(payload: hook_io.Payload, turn: object) -> bool:
    """Whether this is still the turn in which `Stop` spoke. A message of a teammate starts a turn
    of the same id, that no hook made go on.
    """
    return payload.stop_hook_active and payload.text("prompt_id") == turn


def take_up(
    payload: hook_io.Payload, session: state.SessionState, held_up: str, here: Here
) -> tuple[state.SessionState, str]:
    """What was asked for or ordered before this turn's end: the session after it, and what is to be
    done about it now.

    That is `SETTLE` where the model was to write in this turn; else why it waits, "" if it does not
    and the decision is open again.
    """
    if session.is_handing_over:
        if is_lost(payload, session):
            session = _take_back(payload.session_id, here)
        elif is_ours(payload, session) or (session.values.get("gated") and not held_up):
            return session, SETTLE
    waits = held_up if session.is_handing_over else ""
    if session.order:
        from handoff.mod import pending_orders

        if waits:
            pending_orders.put_off(payload, session, waits, here)
        elif pending_orders.waits(payload, session, here):
            is_relay = session.order.get("do") == "relay"
            waits = "the relay waits" if is_relay else "the mod was told to run /handoff"
        session = state.load(here.home, payload.session_id)
    if waits:
        return session, waits
    change: dict[str, Any] = {}
    if session.is_handing_over or session.values.get("failed"):
        # The user stopped the turn that was to write the brief; a failure was got over.
        change = {"settled": True, "failed": False, "order": {}}
    if session.text("waits") and not held_up:
        change["waits"] = ""
    if change:
        session = state.update(here.home, payload.session_id, lambda v: v.update(change)) or session
    return session, ""


def held_up(payload: hook_io.Payload, session: state.SessionState, now: float) -> str:
    """Why nothing is handed over at this turn's end, "" if it may be.

    Agents at work are waited for, since their report is still to be worked on; ten minutes in a
    climb. What runs until somebody stops it is not.
    """
    if payload.plan_mode:
        return PLANS
    agents = payload.agents_at_work
    since = session.values.get("waits_since")
    waited = now - since if isinstance(since, (int, float)) else 0.0
    if not agents or not 0 <= waited < PATIENCE_SECONDS:
        return ""
    return f"{agents} agent{'s' if agents > 1 else ''} of this session still running"


def wait(session_id: str, reason: str, tokens: int, here: Here) -> None:
    """Remember why a handoff that is due waits, and since when agents are waited for."""

    def change(values: dict[str, Any]) -> bool:
        before = (values.get("waits"), values.get("waits_since"))
        values["waits"] = reason
        if reason != PLANS:
            values.setdefault("waits_since", here.now)
        fired = values.get("fired")
        if not isinstance(fired, dict) or state.WAITED not in fired:
            values["fired"] = {**(fired if isinstance(fired, dict) else {}), state.WAITED: tokens}
            return True
        return before != (values.get("waits"), values.get("waits_since"))

    state.update(here.home, session_id, change)


def is_lost(payload: hook_io.Payload, session: state.SessionState) -> bool:
    """Whether the model was asked for a brief by `Stop` and did not get to it, so that it is to be
    asked again: another hook spoke at the same time, or the turn ended before the model answered.

    Not where a person stopped that turn, and three times in a climb at most.
    """
    asked_in = session.values.get("asked_in")
    if asked_in is None or session.brief_as_asked or session.number("asks") >= MOST_ASKS:
        return False
    from handoff.client.transcript import continued_turns

    offset = session.number("asked_size")
    if _went_on(payload, asked_in):
        return continued_turns.by_another(payload.transcript, offset)
    return not continued_turns.was_interrupted(payload.transcript, offset)


def is_ours(payload: hook_io.Payload, session: state.SessionState) -> bool:
    """Whether the turn that ends is one in which the model was to write the brief, or wrote it."""
    asked_in = session.values.get("asked_in")
    if asked_in is not None and session.brief_as_asked.get("author") == "model":
        return True
    ran = session.order.get("ran")
    return _went_on(payload, asked_in) or bool(ran and ran == payload.text("prompt_id"))


def was_asked_earlier(payload: hook_io.Payload, session: state.SessionState) -> bool:
    """Whether the model was asked by `Stop` and a person went on before it wrote: what the client
    does not deliver in a turn, it delivers with the next prompt.
    """
    asked_in = session.values.get("asked_in")
    return asked_in is not None and not _went_on(payload, asked_in)


def _take_back(session_id: str, here: Here) -> state.SessionState:
    """Make the handoff of this climb due again."""
    state.update(here.home, session_id, lambda v: v.update(state.due_again(state.SessionState(v))))
    return state.load(here.home, session_id)
