"""What the mod's line above the prompt says: decided here, drawn by `hooks/meter.js`."""

from __future__ import annotations

from handoff.meter import context
from handoff.session import assess, policy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.config.model import Config
    from handoff.runtime import Here
    from handoff.session import state
    from handoff.session.files import SessionFiles

_QUIET = 0.6  # below this part of the first line there is nothing to say but the figures


def plan(files: SessionFiles) -> dict[str, Any]:
    """What to draw while the context grows: `{show, quiet, plain, lines, past, briefs, brief}`,
    and `window` where the client's own is not the one that counts.

    `quiet` and `plain` are tokens: below `quiet` the line is short, from `plain` on it is not dim.
    `lines` are `[tokens, what happens there]`, ascending. `past` stands in their place once the
    handoff line is passed or a notice is due for another reason than the context. `briefs` counts
    the session's briefs, `brief` is the title of the last.
    """
    session, config, here = files.session, files.config, files.here
    if config.mode == "off" or not config.has_meter:
        return {"show": False}
    fed = files.feed
    model = (fed.model if fed else "") or session.model
    tokens = fed.tokens if fed else None
    now = context.of(fed, tokens, model, files.rules)
    notice = policy.context_limit(config.line("notice"), now.room)
    handoff = policy.context_limit(config.line("handoff"), now.room)
    brief = {"write": "brief", "relay": "relay"}.get(config.mode, "told")
    lines = [(notice, "notice"), (handoff, brief), (now.compact_at, "compacts")]
    ahead = sorted((limit, word) for limit, word in lines if limit)
    first = notice or handoff
    routed = {"window": now.window} if fed and fed.client_model and now.window else {}
    return {
        **routed,
        "show": True,
        "quiet": int(first * _QUIET) if first else 0,
        "plain": first or 0,
        "lines": ahead,
        "past": _past(now, session, config, here),
        "briefs": session.brief_count,
        "brief": _title(session),
    }


def _title(session: state.SessionState) -> str:
    title = session.last_brief.get("title")
    if not title:
        return ""
    from handoff.base import plain_text  # only where there is something to be made plain

    return plain_text.one_line(str(title), 60)


def _past(now: context.Reading, session: state.SessionState, config: Config, here: Here) -> str:
    """What is to be said of a line that is passed, "" if none is (or only by its tokens)."""
    if now.tokens is None:
        return ""
    over = policy.crossed(now, config.line("handoff"))
    if over is None:
        over = policy.crossed(now, config.line("notice"))
        return over[0] if over is not None and over[1] != "context" else ""
    if session.brief_of_climb:
        return "brief written, /clear goes on from it"
    if session.waits:
        return f"a brief waits: {session.waits}"
    if session.is_handing_over:
        if session.order.get("continued"):
            return "a brief waits until another hook lets the turn end"
        return "the brief is being written"
    decision = assess.decide(session.transcript, now, session, config, here)
    if decision.held:
        return f"no brief by itself: {decision.reason}"
    if decision.act == policy.HANDOFF and config.writes:
        return "brief at this turn's end"
    return f"over {over[0]}: /handoff writes a brief"
