"""What names no file in a session's state reads as absent: no hook fails of it, nor logs it."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest

from support.client import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.repo import Repo
    from support.store_program import Store

EVENTS: dict[str, dict[str, Any]] = {
    "session-start": {"source": "resume", "model": "claude-opus-5-5"},
    "user-prompt-submit": {"prompt": "go on"},
    "user-prompt-expansion": {"command_name": "handoff:pickup", "command_args": ""},
    "pre-tool-use": {"tool_name": "Bash", "tool_input": {"command": "handoff list"}},
    "post-tool-batch": {"tool_calls": [{"tool_name": "Read", "tool_input": {}}]},
    "stop": {"stop_hook_active": False, "last_assistant_message": ""},
    "pre-compact": {"trigger": "auto"},
    "session-end": {"reason": "clear"},
}
# Texts that a session has at times only.
MORE = {
    "picked": "x",
    "picking": "x",
    "compaction_brief": "x",
    "shadowed_by": "x",
    "order": {"id": "x", "do": "handoff", "turn": "x"},
    "sent": [{"id": "x", "root": "x", "path": "x"}],
    "sent_back": {"cycle": 0, "drafts": {"x": "y"}},
}


def texts(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where the texts of a JSON value are."""
    if isinstance(value, str):
        yield path
    for key, item in value.items() if isinstance(value, dict) else ():
        yield from texts(item, (*path, key))
    for number, item in enumerate(value if isinstance(value, list) else ()):
        yield from texts(item, (*path, number))


@pytest.mark.parametrize("text", ["a\0b", "\ud800"], ids=["NUL", "surrogate"])
@pytest.mark.parametrize("event", EVENTS)
def test_no_text_of_the_state_breaks_a_hook(
    event: str, text: str, repo: Repo, handoff: Store
) -> None:
    client = Client(repo)
    client.start()
    client.works(20_000, 205_000)
    client("post-tool-batch", tool_calls=[])
    for kind in ("continue", "task"):
        handoff("write", "--session", "s1", "--kind", kind, stdin="# A\n## Task\nDo it.\n")
    file = repo.state / "sessions" / "s1.json"
    good = {**json.loads(file.read_text()), **MORE}
    places = list(texts(good))
    assert {"picked", "briefs", "delegated", "cwd"} <= {place[0] for place in places}
    for *parents, last in places:
        state = copy.deepcopy(good)
        inner: Any = state
        for key in parents:
            inner = inner[key]
        inner[last] = text
        file.write_text(json.dumps(state))
        client(event, **EVENTS[event])
