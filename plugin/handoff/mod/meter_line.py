"""What the mod's line above the prompt says: decided here, drawn by `hooks/meter.js`."""

from __future__ import annotations

from handoff.client.transcript import tail
from handoff.meter import context
from handoff.session import command_names, line, outlook

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.session.files import SessionFiles


def plan_meter_line(files: SessionFiles, *, resumed: bool = False) -> dict[str, Any]:
    """What to draw while the context grows: `session.line`'s plan, and besides `show`; `tokens` of
    a `resumed` session, whose client counts none before the next answer; `idle`, what is said until
    the next turn begins.
    """
    session, config = files.session, files.config
    if config.mode == "off" or not config.has_meter:
        return {"show": False}
    fed = files.feed
    model = (fed.model if fed else "") or session.model
    tokens = fed.tokens if fed else None
    if tokens is None and resumed:
        last = tail.read_last(session.transcript)
        tokens = last.tokens if last else None
    now = context.build_reading(fed, tokens, model, files.rules)
    ahead = outlook.read(files, session.transcript, now)
    command = command_names.handoff_command(files)
    is_left = bool(session.say_next) and session.last_brief.get("author") == "snapshot"
    return {
        **line.make_plan(ahead, now, session, config, command),
        "show": True,
        "tokens": tokens if resumed else None,
        "idle": "snapshot written" if is_left else "",
    }
