"""Messages that wait for the next prompt, except those that the mod has already shown."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.hooks.event import Event


def take_waiting_messages(event: Event) -> str:
    """The messages that were left and not shown yet, once; "" for none."""
    from handoff.session import transitions

    text, session = transitions.take_messages(event.home, event.session_id)
    event.adopt(session)
    shown = transitions.split_messages(event.mod.text("said"))
    left = transitions.split_messages(text)
    return "\n".join(message for message in left if message not in shown)
