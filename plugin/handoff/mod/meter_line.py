"""What the mod's line above the prompt says: decided here, drawn by `hooks/meter.js`."""

from __future__ import annotations

from handoff.meter import context
from handoff.session import outlook

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.config.model import Config
    from handoff.session import state
    from handoff.session.files import SessionFiles


def plan_meter_line(files: SessionFiles) -> dict[str, Any]:
    """What to draw while the context grows: `{show, quiet, plain, steps, past, briefs, brief}`,
    and `window` where the client's own is not the one that counts.

    `quiet` and `plain` are tokens: below `quiet` the line is short, from `plain` on it is not dim.
    `steps` are `[tokens, what happens there, what is said from there on]`, ascending. `past` stands
    in their place once a brief is due or on its way, or a threshold is passed that is not of the
    context. `briefs` counts the session's briefs, `brief` is the title of the last.
    """
    session, config = files.session, files.config
    if config.mode == "off" or not config.has_meter:
        return {"show": False}
    fed = files.feed
    model = (fed.model if fed else "") or session.model
    tokens = fed.tokens if fed else None
    now = context.build_reading(fed, tokens, model, files.rules)
    ahead = outlook.read(files, session.transcript, now)
    first = ahead.first_limit
    routed = {"window": now.window} if fed and fed.client_model and now.window else {}
    return {
        **routed,
        "show": True,
        "quiet": int(first * outlook.QUIET) if first else 0,
        "plain": first or 0,
        "steps": [_step(step, ahead, now, session, config) for step in ahead.steps],
        "past": _past(ahead),
        "briefs": session.brief_count,
        "brief": _title(session),
    }


def _step(
    step: outlook.Step,
    ahead: outlook.Outlook,
    now: context.Reading,
    session: state.SessionState,
    config: Config,
) -> list[Any]:
    """A step for the mod, which draws between two hooks: also what is said once it is passed."""
    then = ""
    if step.what != outlook.COMPACT:
        then = _past(outlook.at_step(step, now, session, config, ahead.paused))
    return [step.at, step.what, then]


def _past(ahead: outlook.Outlook) -> str:
    """What is to be said of a threshold that is passed; "" if none is, or only the first one by its
    tokens: then what comes next is said.
    """
    text = outlook.describe_briefly(ahead, "/handoff")
    if ahead.kind in outlook.BY_HAND:
        return f"{outlook.describe_passed(ahead)}: {text}"
    if not text and ahead.passed is not None and ahead.passed[1] != "context":
        return ahead.passed[0]
    return text


def _title(session: state.SessionState) -> str:
    title = session.last_brief.get("title")
    if not title:
        return ""
    from handoff.base import plain_text  # only where there is something to be made plain

    return plain_text.one_line(str(title), 60)
