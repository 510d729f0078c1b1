"""What a user should know before a session is started."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.config import launch
from handoff.launch import runners

if TYPE_CHECKING:
    from handoff.brief.document import Brief
    from handoff.launch.providers import Provider
    from handoff.launch.routes import Choice
    from handoff.runtime import Runtime


def client_notes(
    brief: Brief, choice: Choice, mode: str, provider: Provider, runtime: Runtime
) -> list[str]:
    """About a session of the client."""
    notes = _ignored_keys(brief)
    name = "" if provider.token_command else provider.token_env
    if name and not runtime.env.get(name):
        notes.append(f"{name}, which should hold the key, is not set.")
    limits = [key for key in ("budget_usd", "max_turns") if choice.values.get(key)]
    if mode != runners.PRINT and limits:
        notes.append("Budget and turn limits apply only with --print.")
    headless = mode in (runners.PRINT, runners.BACKGROUND)
    if headless and not (choice.text("permission_mode") or choice.texts("allowed_tools")):
        notes.append(
            "No permission mode or allowed tools are set: tool calls that your client's settings "
            "do not allow are refused, because a headless session cannot ask."
        )
    return notes


def agent_notes(brief: Brief, choice: Choice) -> list[str]:
    """About another agent."""
    left = [key for key in ("provider", "effort", "permission_mode", "allowed_tools", "budget_usd",
                            "max_turns") if choice.values.get(key)]  # fmt: skip
    notes = _ignored_keys(brief)
    return [*notes, f"Other agents ignore {', '.join(left)}."] if left else notes


def _ignored_keys(brief: Brief) -> list[str]:
    left = brief.target.keys() - launch.read_target(brief.target).keys()
    known = [key for key in launch.OF_A_BRIEF if key in left]
    return [f"Ignoring the brief's {', '.join(known)}: invalid value."] if known else []
