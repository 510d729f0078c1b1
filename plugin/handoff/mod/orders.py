"""What the mod (`hooks/mod.js`) shall do next, and when one session may start another.

Every decision is made here. `<state>/next/<session_id>.json` holds what the mod draws (`meter`) and
what it shall do (`order`); only this program writes it, only the mod acts on it. An order holds for
the end of one turn (`turn`, a prompt id):

- `handoff`: run the command `/handoff`. While another hook makes that turn go on, it waits.
- `clear`: count down, run /clear. `model` is shown; `stopped` is said if the user presses Escape.
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
from handoff.session import handoff_transitions, policy, state, transitions

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.prompts.texts import Prompts
    from handoff.runtime import Runtime
    from handoff.session.files import SessionFiles

HANDOFF, CLEAR, GO = "handoff", "clear", "go"
COLD_LEAD_SECONDS = 60.0  # before the cache goes cold: a model must still answer while it is warm
_COMMANDS = ("/handoff:", "<")  # how a prompt begins that no person typed as one


def publish(files: SessionFiles, *, turn: str = "", resumed: bool = False) -> None:
    """Write what the mod draws and does next; an order only if it holds for this `turn`.

    When an idle session is to be looked at is said at a turn's end and when it is `resumed`.
    """
    order = files.session.order
    holds = order and order.get("turn") == turn
    published = {
        "meter": meter_line.plan_meter_line(files, resumed=resumed),
        "order": order if holds else None,
        "say": files.session.say_next,
        "wake": _wake(files) if turn or resumed else 0,
    }
    feed.save(files.runtime.home, files.session_id, published, "next")


def redraw(files: SessionFiles) -> None:
    """Have the mod draw what has changed between two ends of a turn; nothing without a mod."""
    if files.mod.values:
        publish(files)


def _wake(files: SessionFiles) -> float:
    """When the mod is to run `handoff idle` (epoch seconds); 0: never, as below the thresholds."""
    session, config, runtime, fed = files.session, files.config, files.runtime, files.feed
    if fed is None or not config.writes or config.cold_cache == "off":
        return 0.0
    tokens = fed.tokens
    if tokens is None:  # resumed: the client has no figures before the next answer
        last = tail.read_last(session.transcript)
        tokens = last.tokens if last else None
    now = context.build_reading(fed, tokens, fed.model, files.rules)
    if now.tokens is None or policy.is_crossed(now, config.threshold("warn")) is None:
        return 0.0
    from handoff.client.transcript import recent

    expires_at = recent.read(session.transcript).cache_expires_at or 0.0
    return max(expires_at - COLD_LEAD_SECONDS, runtime.now) if expires_at > runtime.now else 0.0


def forget(kind: str, session_id: str, runtime: Runtime) -> None:
    """The session is over: its file of this `kind`, next or mod, goes."""
    path = paths.session_file(runtime.home, kind, session_id)
    try:
        os.unlink(path or "")
    except OSError:
        pass  # no mod ran


def takes_orders(files: SessionFiles, payload: hook_io.Payload) -> bool:
    """Whether a mod in a session with a person at it hears the end of this turn, and the command
    that it would run is ours.
    """
    mod = files.mod
    hears = mod.is_at(payload) and mod.is_interactive and hook_io.is_attended(files.runtime.env)
    if not hears:
        return False
    from handoff.session import name_conflicts

    return not name_conflicts.find_conflict(files)


def ask_for_brief(
    files: SessionFiles, turn: str, decision: policy.Decision, tokens: int
) -> dict[str, Any] | None:
    """At the handoff threshold: have the mod run `/handoff`, once a cycle."""
    if not _order_handoff(files, turn, tokens, decision.trigger, decision.reason):
        return None
    if files.config.has_meter:
        return None  # its line says so; what was written is said with its cause
    return hook_io.tell_user(f"handoff: {decision.crossed}: writing a brief.")


def order_now(files: SessionFiles, tokens: int, reason: str) -> bool:
    """Have the mod run `/handoff` in a session that idles; False if this cycle had its handoff."""
    turn = files.mod.text("turn")
    has_fired = _order_handoff(files, turn, tokens, "idle", reason)
    if has_fired:
        publish(files, turn=turn)
    return has_fired


def _order_handoff(files: SessionFiles, turn: str, tokens: int, trigger: str, reason: str) -> bool:
    runtime = files.runtime
    order = {"id": new_id(turn, runtime), "do": HANDOFF, "turn": turn, "reason": reason}
    return files.adopt(
        handoff_transitions.order_handoff(
            runtime.home, files.session_id, tokens, order, at=runtime.now, trigger=trigger
        )
    )


def give(files: SessionFiles, order: dict[str, Any], *, waits: str | None = None) -> None:
    """Tell the mod what to do, or keep what it has begun; {} for nothing."""
    files.adopt(
        handoff_transitions.give_order(files.runtime.home, files.session_id, order, waits=waits)
    )


def note_run(files: SessionFiles, turn: str) -> str:
    """`/handoff` was called: the reason if that carries out an order, else ""."""
    order = files.session.order
    if order.get("do") != HANDOFF:
        return ""
    give(files, {**order, "ran": turn})
    publish(files)
    return str(order.get("reason") or "")


def greet_continuation(files: SessionFiles, prompts: Prompts) -> dict[str, Any] | None:
    """A session that the mod's /clear started: go on with the brief, if it was given that.

    Returns what to tell the user if not, None else.
    """
    runtime = files.runtime
    parent, before = _led_here(files.mod, runtime)
    order = before.order
    if not parent:
        return None
    prompt = prompts.render("auto_prompt")
    handoff_transitions.give_order(runtime.home, parent, {})
    wanted = _brief_of(before)
    is_picked = files.session.picked == wanted
    go = {"id": order["id"], "do": GO, "turn": "", "prompt": prompt}
    go |= {"model": order["model"]} if order.get("model") else {}
    files.adopt(
        transitions.begin_continuation(
            runtime.home, files.session_id, before, runtime.now, go if is_picked else None
        )
    )
    if is_picked:
        return None
    return hook_io.tell_user(f"handoff: brief {wanted} was not picked up here. Auto mode stops.")


def brief_to_go_on(payload: hook_io.Payload, runtime: Runtime) -> str:
    """The brief that the mod cleared for, "" in a session that auto mode did not start."""
    parent, before = _led_here(mod_state.load(runtime.home, payload.session_id), runtime)
    return _brief_of(before) if parent else ""


def _brief_of(before: state.SessionState) -> str:
    """The brief that auto mode continues: its order's, or what that session's end made of it."""
    last = before.last_brief
    carries_on = last.get("kind") == "continue"
    return str((last.get("id") if carries_on else "") or before.order.get("brief") or "")


def _led_here(mod: mod_state.Mod, runtime: Runtime) -> tuple[str, state.SessionState]:
    """The session that auto mode cleared, and its state; "" and whatever if none was."""
    parent = mod.text("parent")
    before = state.load(runtime.home, parent)
    is_so = before.order.get("do") == CLEAR and before.order.get("id") == mod.text("order")
    return parent if is_so else "", before


def reset_chain(files: SessionFiles, prompt: str) -> None:
    """A prompt that a person typed begins auto mode's count anew."""
    ours = files.session.order.get("prompt")
    if files.session.chain and prompt != ours and not prompt.startswith(_COMMANDS):
        files.adopt(transitions.restart_chain(files.runtime.home, files.session_id))


def new_id(turn: str, runtime: Runtime) -> str:
    """An id that no other order has: a turn has one order, and a resumed one comes later."""
    return f"{turn}-{int(runtime.now)}"
