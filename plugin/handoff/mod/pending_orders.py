"""What the mod was ordered and has not done when a turn ends: it waits, or is taken back."""

from __future__ import annotations

from handoff.client import mod_state
from handoff.meter import feed
from handoff.mod import orders
from handoff.session import policy, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.client import hook_io
    from handoff.runtime import Here

MOST_CONTINUED = 3  # turn's ends at which another hook makes it go on, until the model is asked


def waits(payload: hook_io.Payload, session: state.SessionState, here: Here) -> bool:
    """Whether an order still lies with the mod after this turn's end.

    It does while another hook makes the turn go on that it was given for; when the mod says why it
    left it; and for one turn more when it had just begun it. Else the order is taken back, so that
    this turn's end can carry it out the hooks' way.
    """
    order, turn = session.order, payload.text("prompt_id")
    if order.get("do") == orders.RELAY and order.get("turn") == turn:
        return _relay_waits(payload, session, here)
    if order.get("do") != orders.HANDOFF or order.get("ran"):
        orders.change(payload.session_id, here, order={})  # what it was for is past
        return False
    said = mod_state.load(here.home, payload.session_id)
    if said.text("held") == mod_state.HELD_SHADOWED:
        orders.change(payload.session_id, here, **taken_back(session))
        return False  # the hooks give the model our command's text
    begun = said.text("took") == order["id"]
    if order.get("turn") == turn and payload.stop_hook_active and not begun:
        again = order.get("continued", 0) + 1
        is_near = not _has_grown(session.fired.get(policy.HANDOFF, 0), payload, here)
        if said.is_at(payload) and is_near and again <= MOST_CONTINUED:
            orders.change(payload.session_id, here, order={**order, "continued": again})
            return True
        orders.change(payload.session_id, here, **taken_back(session), no_mod=True)
        return False
    held = said.is_at(payload) and (bool(said.text("held")) or order.get("turn") is None)
    if held and not begun:
        orders.change(payload.session_id, here, order={**order, "turn": turn}, waits="")
        return True
    if begun and not order.get("late"):
        orders.change(payload.session_id, here, order={**order, "late": True})
        return True
    orders.change(payload.session_id, here, **taken_back(session), no_mod=True)
    return False


def _relay_waits(payload: hook_io.Payload, session: state.SessionState, here: Here) -> bool:
    """Whether the next session still waits for the end of the turn that wrote the brief: another
    hook makes it go on, and it is still near what the brief covers.
    """
    if not _has_grown(session.tokens_of_last_brief, payload, here):
        return True
    orders.change(payload.session_id, here, order={})
    state.say_next(
        here.home,
        payload.session_id,
        "handoff: No relay: another hook kept this session working after the brief was written. "
        "/clear continues from where it is at that point.",
    )
    return False


def _has_grown(since: int, payload: hook_io.Payload, here: Here) -> bool:
    """Whether the context has grown by a tenth since it held so many tokens."""
    fed = feed.load(here.home, payload.session_id, here.now)
    return bool(since) and fed is not None and (fed.tokens or 0) > since * 1.1


def put_off(payload: hook_io.Payload, session: state.SessionState, reason: str, here: Here) -> None:
    """What was ordered and not begun holds for no turn before the next end of one."""
    if session.order.get("do") == orders.HANDOFF and not session.order.get("ran"):
        orders.change(payload.session_id, here, order={**session.order, "turn": None}, waits=reason)


def taken_back(session: state.SessionState) -> dict[str, Any]:
    """The session's values without the order to hand over, if that was not carried out yet."""
    order = session.order
    if order.get("do") != orders.HANDOFF or order.get("ran"):
        return {}
    return state.due_again(session)
