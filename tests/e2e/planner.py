"""Scripted models that write specs: what the sessions of `handoff spec new` do."""

from __future__ import annotations

import json
import re
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .builder import write
from .model import runs, says
from .notes_app import FROZEN, PIECES, RUNNER

if TYPE_CHECKING:
    from handoff.demo.api import Reply, Request

WORDS = "The spec is sound."
_ORDER = re.compile(r"Write the spec `([0-9a-z-]+)`")


def entries() -> list[dict[str, Any]]:
    """The list of the notes' six features, as a planner writes it."""
    return [
        {
            "id": piece.id,
            "category": "functional",
            "description": piece.description,
            "steps": list(piece.steps),
            "verify": {"run": "py", "target": piece.test_path},
        }
        for piece in PIECES.values()
    ]


def write_features(spec: str, listed: list[dict[str, Any]]) -> str:
    """The command that writes features.json."""
    return write(f".handoff/specs/{spec}/features.json", json.dumps(listed, indent=1) + "\n")


def write_head(spec: str) -> str:
    """The command that writes spec.md, with a Goal in words of its own."""
    frozen = "".join(f"- {glob}\n" for glob in FROZEN)
    return write(
        f".handoff/specs/{spec}/spec.md",
        f"---\nid: {spec}\ntitle: Notes\ncreated: '2026-12-01T09:00:00Z'\n"
        f"runners:\n  py: {RUNNER}\nsmoke: python3 -m notes\nfrozen:\n{frozen}---\n\n"
        "# Notes\n\n## Goal\n\nThe best notes in the world.\n\n## Users and stories\n\nOne.\n\n"
        "## Design\n\nA module each.\n\n## Data\n\nLines.\n\n## Out of scope\n\nStoring.\n",
    )


def write_tests() -> str:
    """The command that writes the six tests."""
    return "\n".join(write(piece.test_path, piece.test_file) for piece in PIECES.values())


class Planner:
    """A model whose sessions write a spec. `turns` are, for each session, the commands that it
    runs one after another; `{spec}` in one is the id. The last session's are taken for all others.

    The last words of the session of number `held` (from 0) wait for `hold`; `is_held` is set then.
    `firsts` has the sessions' first requests, `seen` what each of their later requests brought.
    """

    def __init__(self, *turns: list[str], held: int = -1) -> None:
        self.turns = turns
        self.hold, self.is_held = threading.Event(), threading.Event()
        self._held = held
        self.spec = ""
        self.firsts: list[Request] = []
        self.seen: list[list[str]] = []
        self._sessions: list[str] = []
        self._lock = threading.Lock()

    def __call__(self, request: Request, _: int) -> Reply:
        with self._lock:
            if request.session_id not in self._sessions:
                found = _ORDER.search(request.text)
                assert found, f"no spec to write:\n{request.new_text[-3000:]}"
                self.spec = found[1]
                self._sessions.append(request.session_id)
                self.firsts.append(request)
                self.seen.append([])
            else:
                self.seen[-1].append(request.new_text)
            number = min(len(self._sessions), len(self.turns)) - 1
            done = len(self.seen[-1])
            if done >= len(self.turns[number]):
                is_held = len(self._sessions) - 1 == self._held
                if is_held:
                    self.is_held.set()
                return replace(says(WORDS, 9_500), hold=self.hold if is_held else None)
            return runs(self.turns[number][done].replace("{spec}", self.spec), 9_000 + 100 * done)
