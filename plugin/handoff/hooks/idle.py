"""A session that idles until its prompt cache goes cold: what is written before, and said after.

The next request of such a session writes its whole context anew. No hook runs in an idle session:
the mod runs `handoff idle` when `orders.publish` said (`wake`). Without a mod the next prompt, or
the start that resumes the session, says what it costs.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.client.transcript import recent
from handoff.hooks import brief_report, rescue_sent_briefs
from handoff.meter import economy, prices
from handoff.mod import orders
from handoff.session import (
    breaker,
    command_names,
    decision_log,
    handoff_transitions,
    name_conflicts,
    policy,
    state,
    transitions,
)
from handoff.session.files import SessionFiles
from handoff.status import session_status

if TYPE_CHECKING:
    from handoff.config.model import Config
    from handoff.hooks.event import Event
    from handoff.runtime import Runtime

_NOTHING_SINCE = "nothing has been done since the last brief"


@dataclass(frozen=True)
class IdleState:
    """An idle session. `over`: past its warn threshold; `expires_at`: epoch seconds, None: no
    cache; `covered`: a brief has all that was done; `held`: why no handoff may be by itself;
    `hears`: a mod is there to run `/handoff`.
    """

    over: bool
    expires_at: float | None
    covered: bool = False
    held: str = ""
    hears: bool = True


@dataclass(frozen=True)
class _Conversation:
    """The session as its state remembers it: no event of the client's names it here."""

    session_id: str
    cwd: str
    transcript: str


def decide(now: float, session: IdleState, config: Config) -> tuple[str, str]:
    """What to write now, `brief`, `snapshot` or `none`, and why."""
    if not config.writes or config.cold_cache == "off":
        return "none", f"cold_cache is {config.cold_cache}, mode is {config.mode}"
    if not session.over:
        return "none", "below the warn threshold"
    if session.covered:
        return "none", _NOTHING_SINCE
    if session.expires_at is None or now >= session.expires_at:
        return "none", "no warm cache is known"
    if now < session.expires_at - 2 * orders.COLD_LEAD_SECONDS:
        return "none", "the cache stays warm for a while"
    if config.cold_cache == "brief" and session.hears and not session.held:
        return "brief", "the cache is about to go cold"
    return "snapshot", "the cache is about to go cold"


def act_on_idle(session_id: str, runtime: Runtime) -> dict[str, Any]:
    """Do what is configured for an idle session: `{act, reason, cold_usd, brief_usd, brief}`.

    For `brief` the mod has its order; for `snapshot` the brief is written, `brief` is its id.
    """
    status = session_status.read_status(runtime, session_id, "", os.getcwd())
    files = SessionFiles(status.session_id, runtime)
    session, config, project = files.session, files.config, files.session.project
    files.cwd = session.cwd
    latest = recent.read(session.transcript)
    cache = status.cache
    now = IdleState(
        over=policy.is_crossed(status.reading, config.threshold("warn")) is not None,
        expires_at=cache.expires_at if cache else None,
        covered=_is_covered(session, status.reading.tokens),
        held=breaker.why_open(project, config, runtime.home, runtime.now),
        hears=files.mod.is_interactive
        and not session.order
        and not name_conflicts.find_conflict(files),
    )
    act, reason = decide(runtime.now, now, config)
    hour = bool(latest.answers) and latest.answers[-1].ttl == "1h"
    model, tokens = status.reading.model, status.reading.tokens or 0
    brief_usd = economy.brief_usd(tokens, model, prices.load(runtime.env), hour=hour)
    cold_usd = cache.recache_usd if cache else None
    brief_id = None
    if act != "none":
        reason = f"{reason}: {cost_words(tokens, cold_usd, brief_usd)}"
    if act == "brief" and not orders.order_now(files, tokens, reason):
        act, reason = "none", "the handoff threshold has already fired"
    elif act == "snapshot":
        brief_id = _snapshot(status.session_id, session, cold_usd, tokens, runtime)
        if brief_id is None:
            act, reason = "none", _NOTHING_SINCE
        elif files.mod.values:
            files.reload()
            orders.publish(files)
    decision_log.note(runtime.home, status.session_id, "idle", act, reason, runtime.now)
    return {
        "act": act,
        "reason": reason,
        "cold_usd": cold_usd,
        "brief_usd": brief_usd,
        "brief": brief_id,
    }


def warn_on_return(event: Event) -> str:
    """What a prompt into a cold cache costs, said once a cycle over the warn threshold; else ""."""
    runtime = event.runtime
    latest = recent.read(event.payload.transcript)
    expires_at = latest.cache_expires_at
    if expires_at is None or runtime.now < expires_at:
        return ""
    last = latest.answers[-1]
    fired = handoff_transitions.fire_once(
        runtime.home, event.session_id, state.TOLD_COLD, last.tokens
    )
    if not event.adopt(fired):
        return ""
    price_table = prices.load(runtime.env)
    usd = economy.recache_usd(last.tokens, last.model, price_table, hour=last.ttl == "1h")
    ago = max(1, round((runtime.now - expires_at) / 60))
    return (
        f"handoff: the prompt cache went cold {ago} min ago, so this prompt caches "
        f"{policy.thousands(last.tokens)} tokens again{_for(usd)}.\n{_advice(event)}"
    )


def warn_on_resume(event: Event) -> str:
    """The same of a resumed session, by the client's own words; "" if its cache is warm or small.

    The client says so with 2.1.330, and not with 2.1.197.
    """
    fields = event.payload.fields
    tokens, usd = (fields.get(name) for name in ("context_tokens", "estimated_cache_write_usd"))
    limit = policy.context_limit(event.config.threshold("warn"), None)
    is_cold = fields.get("prompt_cache_likely_expired") is True
    if not is_cold or not isinstance(tokens, int) or limit is None or tokens < limit:
        return ""
    price = usd if isinstance(usd, (int, float)) and not isinstance(usd, bool) else None
    return (
        f"handoff: the prompt cache went cold, so the next prompt caches this session's "
        f"{policy.thousands(tokens)} tokens again{_for(price)}.\n{_advice(event)}"
    )


def cost_words(tokens: int, cold_usd: float | None, brief_usd: float | None) -> str:
    """What it costs to continue later, and what each way to keep the session costs now."""
    price = f"about ${brief_usd:.2f}" if brief_usd is not None else "an unknown amount"
    return (
        f"once it is, the next prompt caches {policy.thousands(tokens)} tokens again"
        f"{_for(cold_usd)}; a snapshot costs nothing, a brief by the model {price}"
    )


def _for(usd: float | None) -> str:
    return f" for about ${usd:.2f}" if usd is not None else ""


def _advice(event: Event) -> str:
    if event.session.brief_of_cycle:
        return "/clear continues from this session's brief in a small fresh session instead."
    return (
        f"{command_names.handoff_command(event)} writes a brief for a small fresh session; "
        "`handoff write --from-facts` has code write one at no cost."
    )


def _is_covered(session: state.SessionState, tokens: int | None) -> bool:
    """Whether the last brief was written at this very context, or just before."""
    at = session.last_brief.get("tokens")
    return isinstance(at, int) and tokens is not None and 0 <= tokens - at < 5_000


def _snapshot(
    session_id: str,
    session: state.SessionState,
    cold_usd: float | None,
    tokens: int,
    runtime: Runtime,
) -> str | None:
    idle = _Conversation(session_id, session.cwd, session.transcript)
    written = rescue_sent_briefs.store_or_snapshot(idle, "idle", runtime)
    if written is None:
        return None
    at = time.strftime("%H:%M", time.localtime(runtime.now))
    entry = state.load(runtime.home, session_id).last_brief
    transitions.leave_message(
        runtime.home,
        session_id,
        brief_report.say(
            f"at {at}, before the prompt cache went cold, handoff "
            f"{brief_report.describe_snapshot(entry)}.",
            entry,
            f"Run /clear to continue from it in a fresh session; if you stay in this one, the "
            f"next prompt caches {policy.thousands(tokens)} tokens again{_for(cold_usd)}.",
        ),
    )
    return written.id
