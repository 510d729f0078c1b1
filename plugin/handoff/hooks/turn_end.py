"""Whether a turn's end is one to hand over at, and what became of a brief that was asked for there.

`stop_hook_active` tells neither: it says that some hook made the turn go on. Which turn we spoke in
is our own record: the order that the mod carried out (`ran`), or the turn in which `Stop` gave the
model the command's text (`asked_in`).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.client import hook_io
    from handoff.hooks.event import Event
    from handoff.session import state

PATIENCE_SECONDS = 600.0  # in one cycle, for agents whose report comes back to the session
MAX_ASKS = 3  # in one cycle: 8 Stop hooks in a row are overruled by the client
PLANS = "the session is in plan mode"
SETTLE = "settle"


def _went_on(payload: hook_io.Payload, turn: object) -> bool:
    """Whether this is still the turn in which `Stop` spoke. A message of a teammate starts a turn
    of the same id, that no hook made go on.
    """
    return payload.stop_hook_active and payload.text("prompt_id") == turn


def take_up(event: Event, held_up: str) -> str:
    """What was asked for or ordered before this turn's end, and what is to be done about it now.

    That is `SETTLE` where the model was to write in this turn; else why it waits, "" if it does not
    and the decision is open again.
    """
    payload = event.payload
    if event.session.is_handing_over:
        if is_lost(payload, event.session):
            _take_back(event)
        elif is_ours(payload, event.session) or (event.session.gated and not held_up):
            return SETTLE
    waits = held_up if event.session.is_handing_over else ""
    if event.session.order:
        from handoff.mod import pending_orders

        is_clear = event.session.order.get("do") == "clear"
        if waits:
            pending_orders.put_off(event, waits)
        elif pending_orders.is_waiting(event, payload):
            waits = "auto mode waits" if is_clear else "the mod was told to run /handoff"
    if waits:
        return waits
    session = event.session
    if session.is_handing_over or session.failed or (session.waits and not held_up):
        from handoff.session import handoff_transitions

        event.adopt(
            handoff_transitions.close_turn(event.home, event.session_id, waits=bool(held_up))
        )
    return ""


def why_held_up(payload: hook_io.Payload, session: state.SessionState, now: float) -> str:
    """Why nothing is handed over at this turn's end, "" if it may be.

    Agents at work are waited for, since their report is still to be worked on; ten minutes in a
    cycle. What runs until somebody stops it is not.
    """
    if payload.plan_mode:
        return PLANS
    agents = payload.agents_at_work
    since = session.waits_since
    waited = 0.0 if since is None else now - since
    if not agents or not 0 <= waited < PATIENCE_SECONDS:
        return ""
    return f"{agents} agent{'s' if agents > 1 else ''} of this session still running"


def record_wait(event: Event, reason: str, tokens: int) -> None:
    """Remember why a handoff that is due waits, and since when agents are waited for."""
    from handoff.session import handoff_transitions

    since = event.runtime.now if reason != PLANS else None
    event.adopt(
        handoff_transitions.delay_handoff(event.home, event.session_id, reason, tokens, since=since)
    )


def is_lost(payload: hook_io.Payload, session: state.SessionState) -> bool:
    """Whether the model was asked for a brief by `Stop` and did not get to it, so that it is to be
    asked again: another hook spoke at the same time, or the turn ended before the model answered.

    Not where a person stopped that turn, and three times in a cycle at most.
    """
    asked_in = session.asked_in
    if asked_in is None or session.brief_as_asked or session.asks >= MAX_ASKS:
        return False
    from handoff.client.transcript import continued_turns

    offset = session.asked_size
    if _went_on(payload, asked_in):
        return continued_turns.is_continued_by_another(payload.transcript, offset)
    return not continued_turns.was_interrupted(payload.transcript, offset)


def is_ours(payload: hook_io.Payload, session: state.SessionState) -> bool:
    """Whether the turn that ends is one in which the model was to write the brief, or wrote it."""
    asked_in = session.asked_in
    if asked_in is not None and session.brief_as_asked.get("author") == "model":
        return True
    ran = session.order.get("ran")
    return _went_on(payload, asked_in) or bool(ran and ran == payload.text("prompt_id"))


def was_asked_earlier(payload: hook_io.Payload, session: state.SessionState) -> bool:
    """Whether the model was asked by `Stop` and a person went on before it wrote: what the client
    does not deliver in a turn, it delivers with the next prompt.
    """
    asked_in = session.asked_in
    return asked_in is not None and not _went_on(payload, asked_in)


def _take_back(event: Event) -> None:
    """Make the handoff of this cycle due again."""
    from handoff.session import handoff_transitions

    event.adopt(handoff_transitions.take_back_handoff(event.home, event.session_id))
