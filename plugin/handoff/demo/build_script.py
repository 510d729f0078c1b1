"""The model of `handoff demo --build`: what its sessions do with their feature, and what they say.

Three are honest. One says that all features pass and writes nothing; one replaces its test.
"""

from __future__ import annotations

import re
import threading
from typing import TYPE_CHECKING

from handoff.demo import build_app
from handoff.demo.api import Reply, Request, ToolUse, Usage

if TYPE_CHECKING:
    from pathlib import Path

HONEST, CLAIMS, TAMPERS = "honest", "claims", "tampers"
# What the sessions do, in order.
ACTS = (("add", HONEST), ("total", CLAIMS), ("total", HONEST), ("search", TAMPERS),
        ("search", HONEST))  # fmt: skip
ALWAYS_GREEN = (
    "import unittest\n\n\nclass Test(unittest.TestCase):\n"
    "    def test(self):\n        assert True\n"
)
_BRIEF = re.compile(r'<handoff-brief id="[^"]+">\n# (\w+): ')
_COUNTED = re.compile(r"(\d+) of \d+ features")


class Model:
    """Scripted sessions that work in `worktree`. `firsts` has the first request of each, in order,
    `features` what each was given.
    """

    def __init__(self, worktree: Path) -> None:
        self.firsts: list[Request] = []
        self.features: list[str] = []
        self._worktree = worktree
        self._left: dict[str, list[Reply]] = {}
        self._lock = threading.Lock()

    def answer(self, request: Request, _: int) -> Reply:
        """The next thing that the session that asks does or says."""
        with self._lock:
            if request.session_id not in self._left:
                self._left[request.session_id] = self._begin(request)
            left = self._left[request.session_id]
            return left.pop(0) if left else Reply("Nothing left to say.")

    def _begin(self, request: Request) -> list[Reply]:
        found = _BRIEF.search(request.text)
        given = found[1] if found else ""
        before = self.features.count(given)
        self.firsts.append(request)
        self.features.append(given)
        acts = [act for feature, act in ACTS if feature == given]
        feature = next((one for one in build_app.FEATURES if one.id == given), None)
        if feature is None or before >= len(acts):
            return []  # a session that no build should have started
        return self._act(feature, acts[before])

    def _act(self, feature: build_app.Feature, act: str) -> list[Reply]:
        total = len(build_app.FEATURES)
        if act == CLAIMS:
            return [_says(f"All features pass: {total} of {total} features work.")]
        if act == TAMPERS:
            replace = f"cat > {feature.test_path} <<'END'\n{ALWAYS_GREEN}END\n"
            return [
                _uses("Bash", command=replace + _commit("Fix the test"), description="Fix it"),
                _says(f"The test passes now. {total} of {total} features work."),
            ]
        number = [one.id for one in build_app.FEATURES].index(feature.id) + 1
        path = str(self._worktree / feature.path)
        return [
            _uses("Write", file_path=path, content=feature.source),
            _uses("Bash", command=_commit(f"Add the command {feature.id}"), description="Commit"),
            _says(f"`{feature.id}` works and is committed. {number} of {total} features work."),
        ]


def count_in(words: str) -> int:
    """The number of features that a session says work; 0 where it does not say."""
    found = _COUNTED.search(words)
    return int(found[1]) if found else 0


def _commit(subject: str) -> str:
    return f"git add --all && git commit --quiet --message='{subject}'"


def _says(text: str) -> Reply:
    return Reply(text, usage=Usage(input=2, cache_read=9_500))


def _uses(name: str, **arguments: str) -> Reply:
    return Reply("", [ToolUse(name, arguments)], usage=Usage(input=2, cache_read=9_000))
