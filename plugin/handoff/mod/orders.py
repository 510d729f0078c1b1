"""The relay: what the mod (`hooks/relay.js`) shall do next, and when one session may start another.

Every decision is made here. `<state>/next/<session_id>.json` holds what the mod draws (`meter`) and
what it shall do (`order`); only this program writes it, only the mod acts on it. An order holds for
the end of one turn (`turn`, a prompt id):

- `handoff`: run the command `/handoff`. While another hook makes that turn go on, it waits.
- `relay`: count down, run /clear. `model` is shown.
- `go`: submit `prompt`, the first of the new session, and ask for `model` there if one is named.

The session's state has the order too, until it is done. One that the mod leaves undone is carried
out by the hooks at the next turn's end, never by both.
"""

from __future__ import annotations

import os

from handoff.base import paths
from handoff.client import hook_io, mod_state
from handoff.client.transcript import tail
from handoff.meter import context, feed
from handoff.mod import meter_line
from handoff.session import observed_compaction, policy, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.prompts.texts import Prompts
    from handoff.runtime import Here

HANDOFF, RELAY, GO = "handoff", "relay", "go"
COLD_LEAD_SECONDS = 60.0  # before the cache goes cold: a model must still answer while it is warm
_COMMANDS = ("/handoff:", "<")  # how a prompt begins that no person typed as one


def publish(session_id: str, here: Here, *, turn: str = "", resumed: bool = False) -> None:
    """Write what the mod draws and does next; an order only if it holds for this `turn`.

    When an idle session is to be looked at is said at a turn's end and when it is `resumed`.
    """
    session = state.load(here.home, session_id)
    order = session.order
    holds = order and order.get("turn") == turn
    found = {
        "meter": meter_line.plan(session_id, session, here),
        "order": order if holds else None,
        "wake": _wake(session_id, session, here) if turn or resumed else 0,
    }
    feed.save(here.home, session_id, found, "next")


def _wake(session_id: str, session: state.SessionState, here: Here) -> float:
    """When the mod is to run `handoff idle` (epoch seconds); 0 for never, as below the lines."""
    config = session.adapt(here.config(session.text("project")))
    fed = feed.load(here.home, session_id, here.now)
    if fed is None or not config.writes or config.cold_cache == "off":
        return 0.0
    tokens = fed.tokens
    if tokens is None:  # resumed: the client has no figures before the next answer
        last = tail.read_last(session.text("transcript"))
        tokens = last.tokens if last else None
    now = context.of(fed, tokens, fed.model, observed_compaction.rules(session, here))
    if now.tokens is None or policy.crossed(now, config.line("notice")) is None:
        return 0.0
    from handoff.client.transcript import recent

    expires_at = recent.read(session.text("transcript")).cache_expires_at or 0.0
    return max(expires_at - COLD_LEAD_SECONDS, here.now) if expires_at > here.now else 0.0


def forget(kind: str, session_id: str, here: Here) -> None:
    """The session is over: its file of this `kind`, next or mod, goes."""
    path = paths.session_file(here.home, kind, session_id)
    try:
        os.unlink(path or "")
    except OSError:
        pass  # no mod ran


def takes_orders(payload: hook_io.Payload, here: Here) -> bool:
    """Whether a mod in a session with a person at it hears the end of this turn, and the command
    that it would run is ours.
    """
    said = mod_state.load(here.home, payload.session_id)
    hears = said.is_at(payload) and said.is_interactive and hook_io.is_attended(here.env)
    if not hears:
        return False
    from handoff.session import name_conflicts

    return not name_conflicts.by(payload.session_id, payload.cwd, here)


def ask(
    payload: hook_io.Payload, decision: policy.Decision, tokens: int, here: Here
) -> dict[str, Any] | None:
    """At the handoff line: have the mod run `/handoff`, once a climb."""
    order = _handoff(payload.text("prompt_id"), decision.reason, here)
    if not state.fire_handoff(
        here.home,
        payload.session_id,
        tokens,
        at=here.now,
        trigger=decision.trigger,
        order=order,
    ):
        return None
    return hook_io.tell_user(f"handoff: {decision.crossed}: writing a brief for a fresh session.")


def order_now(session_id: str, tokens: int, reason: str, here: Here) -> bool:
    """Have the mod run `/handoff` in a session that idles; False if this climb had its handoff."""
    turn = mod_state.load(here.home, session_id).text("turn")
    order = _handoff(turn, reason, here)
    fired = state.fire_handoff(
        here.home, session_id, tokens, at=here.now, trigger="idle", order=order
    )
    if fired:
        publish(session_id, here, turn=turn)
    return fired


def note_run(payload: hook_io.Payload, here: Here) -> str:
    """`/handoff` was called: the reason if that carries out an order, else ""."""
    session = state.load(here.home, payload.session_id)
    order = session.order
    if order.get("do") != HANDOFF:
        return ""
    change(payload.session_id, here, order={**order, "ran": payload.text("prompt_id")})
    publish(payload.session_id, here)
    return str(order.get("reason") or "")


def arrived(payload: hook_io.Payload, here: Here, prompts: Prompts) -> dict[str, Any] | None:
    """A session that the mod's /clear started: go on with the brief, if it was given that.

    Returns what to tell the user if not, None else.
    """
    parent, before = _led_here(payload, here)
    order = before.order
    if not parent:
        return None
    prompt = prompts.render("relay_prompt")
    change(parent, here, order={})
    picked = state.load(here.home, payload.session_id).text("picked")
    wanted = _brief_of(before)
    go = {"id": order["id"], "do": GO, "turn": "", "prompt": prompt}
    go |= {"model": order["model"]} if order.get("model") else {}

    def begin(values: dict[str, Any]) -> None:
        values.update(chain=before.number("chain") + 1, relayed_at=here.now)
        if before.text("mode"):
            values["mode"] = before.text("mode")
        if picked == wanted:
            values["order"] = go

    state.update(here.home, payload.session_id, begin)
    if picked == wanted:
        return None
    return hook_io.tell_user(
        f"handoff: brief {wanted} was not picked up here, so nothing goes on by itself."
    )


def brief_to_go_on(payload: hook_io.Payload, here: Here) -> str:
    """The brief that the mod cleared for, "" in a session that no relay led to."""
    parent, before = _led_here(payload, here)
    return _brief_of(before) if parent else ""


def _brief_of(before: state.SessionState) -> str:
    """The brief that a relay goes on with: its order's, or what that session's end made of it."""
    last = before.last_brief
    carries_on = last.get("kind") == "continue"
    return str((last.get("id") if carries_on else "") or before.order.get("brief") or "")


def _led_here(payload: hook_io.Payload, here: Here) -> tuple[str, state.SessionState]:
    """The session whose relay led to this one, and its state; "" and whatever if none did."""
    said = mod_state.load(here.home, payload.session_id)
    parent = said.text("parent")
    before = state.load(here.home, parent)
    is_so = before.order.get("do") == RELAY and before.order.get("id") == said.text("relay")
    return parent if is_so else "", before


def heard_a_person(payload: hook_io.Payload, session: state.SessionState, here: Here) -> None:
    """A prompt that a person typed begins the count of relays anew."""
    prompt, ours = payload.text("prompt"), session.order.get("prompt")
    if session.number("chain") and prompt != ours and not prompt.startswith(_COMMANDS):
        change(payload.session_id, here, chain=0)


def change(session_id: str, here: Here, **values: object) -> None:
    """Keep `values` in the session's state."""
    state.update(here.home, session_id, lambda found: found.update(values))


def _handoff(turn: str, reason: str, here: Here) -> dict[str, Any]:
    return {"id": new_id(turn, here), "do": HANDOFF, "turn": turn, "reason": reason}


def new_id(turn: str, here: Here) -> str:
    """An id that no other order has: a turn has one order, and a resumed one comes later."""
    return f"{turn}-{int(here.now)}"
