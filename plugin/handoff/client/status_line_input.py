"""The JSON that the client gives a status line command, as a feed.

Shapes: Claude Code 2.1.197 and 2.1.330 (docs/client.md, "Status line").
"""

from __future__ import annotations

from handoff.base import fields

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.client.hook_io import Payload

SETTING = "statusLine"  # the settings file's key for it
INDENT_COLUMNS = 4  # what the client keeps for itself of a row, left and right
_START_SECONDS = 0.1  # the figures are older than our clock says: this process had to start


def to_feed(payload: Payload, now: float) -> dict[str, Any]:
    """The feed of what the client knows; `now` is epoch seconds. See `feed` for its shape."""
    given = payload.fields
    feed: dict[str, Any] = {
        "at": now - _START_SECONDS,
        "session": payload.session_id,
        "transcript": payload.transcript,
        "model": fields.mapping(given.get("model")).get("id"),
        "version": given.get("version"),
        "context": _context(fields.mapping(given.get("context_window"))),
        "cost": {"usd": fields.mapping(given.get("cost")).get("total_cost_usd")},
    }
    caps = fields.mapping(given.get("rate_limits"))
    if caps:  # with a subscription only
        feed["rateLimits"] = [
            {
                "kind": kind,
                "percentUsed": cap.get("used_percentage"),
                "resetsAt": cap.get("resets_at"),
            }
            for kind, cap in caps.items()
            if isinstance(cap, dict)
        ]
    cache = fields.mapping(given.get("prompt_cache"))
    if cache:  # 2.1.251 and later
        feed["cache"] = {
            "ttl": cache.get("ttl"),
            "expiresAt": cache.get("expires_at"),
            "recacheTokens": cache.get("recache_tokens_if_cold"),
        }
    return feed


def read_project(payload: Payload) -> str:
    """The directory that the session was started for, else the one it works in."""
    workspace = fields.mapping(payload.fields.get("workspace"))
    return fields.text(workspace.get("project_dir")) or payload.cwd


def read_command(setting: object) -> str:
    """The shell command of a status line setting, "" if it has none."""
    return fields.text(fields.mapping(setting).get("command"))


def _context(window: dict[str, Any]) -> dict[str, Any]:
    """Before a session's first answer, and after a compaction until the next, the count is 0 and
    means nothing: `current_usage` is null then, or all zeros.
    """
    context = {"window": window.get("context_window_size")}
    if isinstance(window.get("current_usage"), dict) and window.get("total_input_tokens"):
        context["tokens"] = window.get("total_input_tokens")
        context["percent"] = window.get("used_percentage")
    return context
