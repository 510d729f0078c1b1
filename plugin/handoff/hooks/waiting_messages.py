"""What was left to tell the user: said at the next prompt, but for what the mod said at once."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.hooks.event import Event


def take(event: Event) -> str:
    """The lines that were left and not said yet, once; "" for none."""
    from handoff.session import transitions

    text, session = transitions.take_messages(event.home, event.session_id)
    event.adopt(session)
    said = event.mod.text("said").split("\n")
    return "\n".join(line for line in text.split("\n") if line not in said)
