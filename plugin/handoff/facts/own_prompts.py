"""The prompts that this plugin submits, where a transcript has them as a person's.

The client marks what a mod submits, but not the prompt that a session was started with. It is told
by its whole text: in the words in force, or our own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.client.transcript import events as ev
from handoff.prompts.texts import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from handoff.prompts.texts import Prompts

_FIRST = ("start_prompt", "auto_prompt", "build_prompt", "planner_prompt")
_BEHIND = "unattended_run"  # stands behind the first where nobody watches


def without_own(events: Iterable[ev.Event], prompts: Prompts = BUILT_IN) -> Iterator[ev.Event]:
    """The events without the plugin's own prompts; `prompts` has the texts in force."""
    own = {
        _words(f"{text} {behind}")
        for one in (prompts, BUILT_IN)
        for text in map(one.render, _FIRST)
        for behind in ("", one.render(_BEHIND))
    }
    longest = max(map(len, own))
    for event in events:
        text = event.text if isinstance(event, ev.Prompt) else ""
        if not 0 < len(text) <= 2 * longest or _words(text) not in own:
            yield event


def _words(text: str) -> str:
    return " ".join(text.split())
