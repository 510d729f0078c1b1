"""What the mod was ordered and has not done when a turn ends: it waits, or is taken back."""

from __future__ import annotations

from handoff.client import mod_state
from handoff.mod import orders
from handoff.session import handoff_transitions, policy, transitions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.client import hook_io
    from handoff.session import state
    from handoff.session.files import SessionFiles

MAX_CONTINUED = 3  # turn's ends at which another hook makes it go on, until the model is asked


def is_waiting(files: SessionFiles, payload: hook_io.Payload) -> bool:
    """Whether an order still lies with the mod after this turn's end.

    It does while another hook makes the turn go on that it was given for; when the mod says why it
    left it; and for one turn more when it had just begun it. Else the order is taken back, so that
    this turn's end can carry it out the hooks' way.
    """
    session, mod = files.session, files.mod
    order, turn = session.order, payload.text("prompt_id")
    if order.get("do") == orders.CLEAR and order.get("turn") == turn:
        return _clear_waits(files)
    if not is_handoff_pending(session):
        orders.give(files, {})  # what it was for is past
        return False
    if mod.text("held") == mod_state.HELD_SHADOWED:
        _take_back(files, no_mod=False)
        return False  # the hooks give the model our command's text
    begun = mod.text("took") == order["id"]
    if order.get("turn") == turn and payload.stop_hook_active and not begun:
        again = order.get("continued", 0) + 1
        is_near = not _has_grown(session.fired.get(policy.HANDOFF, 0), files)
        if mod.is_at(payload) and is_near and again <= MAX_CONTINUED:
            orders.give(files, {**order, "continued": again})
            return True
        _take_back(files, no_mod=True)
        return False
    held = mod.is_at(payload) and (bool(mod.text("held")) or order.get("turn") is None)
    if held and not begun:
        orders.give(files, {**order, "turn": turn}, waits="")
        return True
    if begun and not order.get("late"):
        orders.give(files, {**order, "late": True})
        return True
    _take_back(files, no_mod=True)
    return False


def _clear_waits(files: SessionFiles) -> bool:
    """Whether the next session still waits for the end of the turn that wrote the brief: another
    hook makes it go on, and it is still near what the brief covers.
    """
    if not _has_grown(files.session.tokens_of_last_brief, files):
        return True
    orders.give(files, {})
    files.adopt(
        transitions.leave_message(
            files.runtime.home,
            files.session_id,
            "handoff: auto mode does not start a fresh session: another hook kept this one working "
            "after the brief was written. Run /clear when it is done.",
        )
    )
    return False


def _has_grown(since: int, files: SessionFiles) -> bool:
    """Whether the context has grown by a tenth since it held so many tokens."""
    return bool(since) and files.feed is not None and (files.feed.tokens or 0) > since * 1.1


def put_off(files: SessionFiles, reason: str) -> None:
    """What was ordered and not begun holds for no turn before the next end of one."""
    if is_handoff_pending(files.session):
        orders.give(files, {**files.session.order, "turn": None}, waits=reason)


def is_handoff_pending(session: state.SessionState) -> bool:
    """Whether the mod was told to run `/handoff` and has not carried that out yet."""
    return session.order.get("do") == orders.HANDOFF and not session.order.get("ran")


def _take_back(files: SessionFiles, *, no_mod: bool) -> None:
    files.adopt(
        handoff_transitions.take_back_handoff(files.runtime.home, files.session_id, no_mod=no_mod)
    )
