"""What the next session of a relay runs on: the model that the brief's route names.

A relay stays in its client: it can ask for another model, not go to another provider or agent. A
brief whose route leads there is not relayed, as the wrong place would do its work.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.errors import HandoffError
from handoff.flow import planning
from handoff.run import providers, routes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.flow.here import Here


def model(brief_id: str, here: Here, cwd: str) -> tuple[str, str]:
    """The model to ask for, "" for the client's own, and who says so (`the route in line 3`).

    Raises HandoffError where the route leads out of this client, or the configuration has a
    mistake.
    """
    choice = planning.choose(brief_id, here, cwd, {})
    if not routes.is_client(choice):
        raise _elsewhere(brief_id, "runner", choice)
    configured = planning.settled(here, cwd).values["providers"]
    known = providers.known(configured)
    name = choice.text("provider") or providers.usual(here.env)
    if name not in known or not _is_here(known[name], here.env):
        raise _elsewhere(brief_id, "provider", choice)
    wanted = known[name].model(choice.text("model"))
    return wanted, choice.origins.get("model", "")


def _is_here(provider: providers.Provider, env: Mapping[str, str]) -> bool:
    """Whether this session's requests go to `provider` already."""
    if provider.type == "compatible":
        return bool(provider.base_url) and provider.base_url == env.get("ANTHROPIC_BASE_URL")
    return provider.type == providers.usual(env)


def _elsewhere(brief_id: str, key: str, choice: routes.Choice) -> HandoffError:
    return HandoffError(
        f"{choice.origins[key]} says {key} {choice.text(key)}, and a relay stays where it is",
        f"handoff start {brief_id} goes there",
    )
