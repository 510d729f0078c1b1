"""One client event in, one answer out: what `hooks/hook.py` and `handoff hook` both call.

A hook answers valid JSON or nothing and exits 0, whatever happens; what went wrong is in the log.
"""

from __future__ import annotations

import os

from handoff.base import quickjson
from handoff.base.errors import HandoffError
from handoff.client import hook_io
from handoff.hooks.event import Event
from handoff.runtime import NeedsEnvironment, Runtime

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


# How long git may take in a hook, so that what it had to say can do without before the client gives
# up on the hook: after the 10 seconds that hooks.json has, or 20 for these.
_LONG = ("user-prompt-expansion", "post-tool-use", "stop", "stop-failure", "pre-compact")
_LONG_SECONDS = 15.0
_GIT_SECONDS = 7.0


def answer(event: str, raw: bytes, runtime: Runtime) -> str:
    """What to print for `event` with `raw` on stdin: one line of JSON, or "".

    Raises NeedsEnvironment (only when `runtime` is not full); anything else that goes wrong is
    logged.
    """
    try:
        payload = hook_io.parse(raw)
        if payload is None or event not in hook_io.EVENTS or not payload.session_id:
            return ""
        reply = _route(Event(event, payload, runtime))
        return quickjson.dumps(reply) if reply else ""
    except NeedsEnvironment:
        raise
    except HandoffError as error:
        _note(runtime.home, f"hook {event}", str(error))
    except Exception:  # noqa: BLE001 - promise 1: a hook never breaks a session; the log has it
        _note(runtime.home, f"hook {event}")
    return ""


def run(event: str = "", client: str = "0") -> None:
    """The whole of `handoff hook EVENT`: stdin to stdout with every dependency at hand, exit 0.

    `client` is the client's process id, "0" if it is our parent.
    """
    try:
        from handoff.git import execute

        runtime = Runtime(os.environ, full=True, client_pid=int(client))
        with execute.within(_LONG_SECONDS if event in _LONG else _GIT_SECONDS):
            text = answer(event, hook_io.read_stdin(), runtime)
        if text:
            os.write(1, text.encode() + b"\n")
    except BrokenPipeError:
        pass  # the client has stopped listening: the session is over
    except BaseException:  # noqa: BLE001 - the same promise, down to a failing exit
        _note(Runtime(os.environ, full=True).home, f"hook {event}")
    os._exit(0)


def _note(home: str, where: str, message: str = "") -> None:
    """Log a message, or the exception in flight, without secrets.

    What looks for them is loaded only here: the hot path does not need it. Never raises.
    """
    try:
        from handoff.redact import redact

        if message:
            redact.note(home, where, message)
        else:
            redact.note_bug(home, where)
        return
    except Exception:  # noqa: BLE001, S110 - without its words it can be logged all the same
        pass
    from handoff.base import log

    log.note_bug(home, where)  # here the exception in flight is the caller's again


def _follow(event: Event) -> None:
    """Bring the event to where its session is now. What cannot be kept of a move stops nothing."""
    from handoff.hooks import session_moves

    try:
        session_moves.follow_move(event)
    except (HandoffError, OSError) as error:
        _note(event.home, "session that moves", str(error))


def _route(event: Event) -> dict[str, Any] | None:
    """The answer of the event's own module; no other is loaded: the launcher pays for each."""
    name = event.name
    if name == "session-start":
        from handoff.hooks import session_start

        return session_start.session_start(event)
    _follow(event)
    if name == "stop":
        from handoff.hooks import stop

        return stop.stop(event)
    if name == "post-tool-batch":
        from handoff.hooks import tool_batch

        return tool_batch.post_tool_batch(event)
    if name == "user-prompt-submit":
        from handoff.hooks import user_prompt

        return user_prompt.user_prompt_submit(event)
    if name == "pre-tool-use":
        return _judge_call(event)
    if name in ("user-prompt-expansion", "post-tool-use"):
        from handoff.hooks import slash_commands

        if name == "post-tool-use":
            return slash_commands.post_tool_use(event)
        return slash_commands.user_prompt_expansion(event)
    from handoff.hooks import endings

    # Nothing that these print is shown to a person, and what PreCompact prints the model is told.
    react_to = {"pre-compact": endings.pre_compact, "stop-failure": endings.stop_failure}
    react_to.get(name, endings.session_end)(event)
    return None


def _judge_call(event: Event) -> dict[str, Any] | None:
    """The answer to a tool call: whether it is approved, else whether the gate refuses it."""
    from handoff.hooks import permissions

    answer = permissions.pre_tool_use(event)
    if answer or not os.path.exists(os.path.join(event.home, "gate", event.session_id)):
        return answer
    from handoff.hooks import gate

    return gate.pre_tool_use(event)
