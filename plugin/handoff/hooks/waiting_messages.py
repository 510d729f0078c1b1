"""What was left to tell the user: said at the next prompt, but for what the mod said at once."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.hooks.event import Event


def take(event: Event) -> str:
    """The messages that were left and not said yet, once; "" for none."""
    from handoff.session import transitions

    text, session = transitions.take_messages(event.home, event.session_id)
    event.adopt(session)
    said = transitions.split_messages(event.mod.text("said"))
    left = transitions.split_messages(text)
    return "\n".join(message for message in left if message not in said)
