"""The relay: what the mod (`hooks/relay.js`) shall do next, and when one session may start another.

Every decision is made here. `<state>/next/<session_id>.json` holds what the mod draws (`meter`) and
what it shall do (`order`); only this program writes it, only the mod acts on it. An order holds for
the end of one turn (`turn`, a prompt id):

- `handoff`: run the command `/handoff`.
- `relay`: count down, run /clear. `model` is shown.
- `go`: submit `prompt`, the first of the new session, and ask for `model` there if one is named.

The session's state has the order too, until it is done. One that the mod leaves undone is carried
out by the hooks at the next turn's end, never by both.
"""

from __future__ import annotations

import os

from handoff import paths
from handoff.client import feed, hookio, mod, tail
from handoff.errors import HandoffError
from handoff.flow import breaker, meterline, policy, state, why
from handoff.meter import context

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.config import Config
    from handoff.flow.here import Here

HANDOFF, RELAY, GO = "handoff", "relay", "go"
COLD_LEAD_SECONDS = 60.0  # before the cache goes cold: a model must still answer while it is warm
FIRST_PROMPT = (
    "Go on with the handoff brief that this session was given at its start: begin with its next "
    "step."
)
_COMMANDS = ("/handoff:", "<")  # how a prompt begins that no person typed as one


def publish(session_id: str, here: Here, *, turn: str = "", resumed: bool = False) -> None:
    """Write what the mod draws and does next; an order only if it holds for this `turn`.

    When an idle session is to be looked at is said at a turn's end and when it is `resumed`.
    """
    session = state.load(here.home, session_id)
    order = session.order
    holds = order and order.get("turn") == turn
    found = {
        "meter": meterline.plan(session_id, session, here),
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
    now = context.of(fed, tokens, fed.model, session.window_env(here.env))
    if now.tokens is None or policy.crossed(now, config.line("notice")) is None:
        return 0.0
    from handoff.client import recent

    expires_at = recent.read(session.text("transcript")).cache_expires_at or 0.0
    return max(expires_at - COLD_LEAD_SECONDS, here.now) if expires_at > here.now else 0.0


def forget(session_id: str, here: Here) -> None:
    """The session is over: nothing of the mod's stays."""
    for kind in ("next", "mod"):
        path = paths.session_file(here.home, kind, session_id)
        try:
            os.unlink(path or "")
        except OSError:
            pass  # no mod ran


def takes_orders(payload: hookio.Payload, here: Here) -> bool:
    """Whether a mod in a session with a person at it hears the end of this turn."""
    said = mod.load(here.home, payload.session_id)
    return said.is_at(payload) and said.is_interactive and hookio.is_attended(here.env)


def ask(
    payload: hookio.Payload, decision: policy.Decision, tokens: int, here: Here
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
    return hookio.tell_user(f"handoff: {decision.crossed}: writing a brief for a fresh session.")


def order_now(session_id: str, tokens: int, reason: str, here: Here) -> bool:
    """Have the mod run `/handoff` in a session that idles; False if this climb had its handoff."""
    turn = mod.load(here.home, session_id).text("turn")
    order = _handoff(turn, reason, here)
    fired = state.fire_handoff(
        here.home, session_id, tokens, at=here.now, trigger="idle", order=order
    )
    if fired:
        publish(session_id, here, turn=turn)
    return fired


def waits(payload: hookio.Payload, session: state.SessionState, here: Here) -> bool:
    """Whether an order to hand over still lies with the mod after this turn.

    It does when the mod says why it left it, and for one turn more when it had just begun it. Else
    the order is taken back, so that this turn's end can carry it out the hooks' way.
    """
    order = session.order
    if order.get("do") != HANDOFF or order.get("ran"):
        _change(payload.session_id, here, order={})  # what it was for is past
        return False
    said, turn = mod.load(here.home, payload.session_id), payload.text("prompt_id")
    begun = said.text("took") == order["id"]
    held = said.is_at(payload) and bool(said.text("held"))
    if held and not begun:
        _change(payload.session_id, here, order={**order, "turn": turn})
        return True
    if begun and not order.get("late"):
        _change(payload.session_id, here, order={**order, "late": True})
        return True
    _change(payload.session_id, here, **taken_back(session), no_mod=True)
    return False


def taken_back(session: state.SessionState) -> dict[str, Any]:
    """The session's values without the order to hand over, if that was not carried out yet."""
    order = session.order
    if order.get("do") != HANDOFF or order.get("ran"):
        return {}
    fired = {name: at for name, at in session.fired.items() if name != policy.HANDOFF}
    return {"order": {}, "settled": True, "fired": fired}


def note_run(payload: hookio.Payload, here: Here) -> str:
    """`/handoff` was called: the reason if that carries out an order, else ""."""
    session = state.load(here.home, payload.session_id)
    order = session.order
    if order.get("do") != HANDOFF:
        return ""
    _change(payload.session_id, here, order={**order, "ran": payload.text("prompt_id")})
    publish(payload.session_id, here)
    return str(order.get("reason") or "")


def next_session(
    payload: hookio.Payload, session: state.SessionState, config: Config, here: Here
) -> tuple[bool, str]:
    """After the brief: have the mod start the next session if it may.

    Returns whether it was told to, and what to tell the user.
    """
    if config.mode != RELAY:
        return False, ""
    why_not = may_not(payload, session, config, here)
    brief_id = str(session.brief_as_asked.get("id") or "")
    model = origin = ""
    if not why_not:
        try:
            from handoff.flow import onward

            model, origin = onward.model(brief_id, here, session.text("project") or payload.cwd)
        except HandoffError as error:
            why_not = " ".join(str(error).split()).rstrip(".")
    why.note(
        here.home, payload.session_id, "relay", "none" if why_not else RELAY, why_not, here.now
    )
    if why_not:
        return False, f"No relay: {why_not}. "
    turn = payload.text("prompt_id")
    order = {
        "id": _new_id(turn, here),
        "do": RELAY,
        "turn": turn,
        "seconds": config.relay("countdown_s"),
        "brief": brief_id,
        "model": model,
    }
    _change(payload.session_id, here, order=order)
    return True, f"A fresh session goes on with it{f', on {model} ({origin})' if model else ''}."


def may_not(
    payload: hookio.Payload, session: state.SessionState, config: Config, here: Here
) -> str:
    """Why this session may not start the next one, "" if it may."""
    said = mod.load(here.home, payload.session_id)
    if not (said.is_at(payload) and said.is_interactive):
        return "this client runs no mod"
    if breaker.why_open(session.text("project"), config, here.home, here.now):
        return "the breaker is open"
    if session.text("trigger") == "idle":
        return "the brief was written because nobody was here"
    if config.relay("attended_only") and not hookio.is_attended(here.env):
        return "nobody sits at this session (relay.attended_only)"
    if not session.brief_as_asked.get("commit") and config.commit != "off":
        return "the brief is not committed"
    count, last = session.number("chain"), session.values.get("relayed_at")
    if count >= config.relay("max_chain"):
        return f"{count} sessions started each other without a word of yours (relay.max_chain)"
    passed = here.now - last if isinstance(last, (int, float)) else None
    if passed is not None and 0 <= passed < config.relay("cooldown_s"):
        return f"the last one was {passed:.0f} s ago (relay.cooldown_s)"
    return ""


def arrived(payload: hookio.Payload, here: Here) -> dict[str, Any] | None:
    """A session that the mod's /clear started: go on with the brief, if it was given that.

    Returns what to tell the user if not, None else.
    """
    said = mod.load(here.home, payload.session_id)
    before = state.load(here.home, said.text("parent"))
    order = before.order
    if order.get("do") != RELAY or order.get("id") != said.text("relay"):
        return None
    _change(said.text("parent"), here, order={})
    picked = state.load(here.home, payload.session_id).text("picked")
    go = {"id": order["id"], "do": GO, "turn": "", "prompt": FIRST_PROMPT}
    go |= {"model": order["model"]} if order.get("model") else {}

    def begin(values: dict[str, Any]) -> None:
        values.update(chain=before.number("chain") + 1, relayed_at=here.now)
        if before.text("mode"):
            values["mode"] = before.text("mode")
        if picked == order.get("brief"):
            values["order"] = go

    state.update(here.home, payload.session_id, begin)
    if picked == order.get("brief"):
        return None
    return hookio.tell_user(
        f"handoff: brief {order.get('brief')} was not picked up here, so nothing goes on by itself."
    )


def heard_a_person(payload: hookio.Payload, session: state.SessionState, here: Here) -> None:
    """A prompt that a person typed begins the count of relays anew."""
    prompt = payload.text("prompt")
    if session.number("chain") and prompt != FIRST_PROMPT and not prompt.startswith(_COMMANDS):
        _change(payload.session_id, here, chain=0)


def _change(session_id: str, here: Here, **values: object) -> None:
    state.update(here.home, session_id, lambda found: found.update(values))


def _handoff(turn: str, reason: str, here: Here) -> dict[str, Any]:
    return {"id": _new_id(turn, here), "do": HANDOFF, "turn": turn, "reason": reason}


def _new_id(turn: str, here: Here) -> str:
    """One that no other order has: a turn has one order, and a resumed one comes later."""
    return f"{turn}-{int(here.now)}"
