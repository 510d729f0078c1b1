"""The real client, in a world of its own for each test."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .clients import EXTRA, NEWEST
from .harness import World

if TYPE_CHECKING:
    from collections.abc import Iterator


def pytest_configure(config: pytest.Config) -> None:
    for marker in (
        "world(plugin=True, git=True, environment=True): what the test's world has",
        "smoke: one of the few that tell whether a client that came out since still works",
    ):
        config.addinivalue_line("markers", marker)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With an extra client nothing is run on the oldest one: that is not in question."""
    if not EXTRA:
        return
    others = [item for item in items if _client_of(item) not in (EXTRA, "")]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


def _client_of(item: pytest.Item) -> str:
    """The version of the client that a test asks for, "" for the newest."""
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get("client_path", "")) if callspec else ""


@pytest.fixture
def client_path(request: pytest.FixtureRequest) -> Path:
    """The client's program: the newest, or the version given by an indirect parameter."""
    version = getattr(request, "param", NEWEST)
    clients = os.environ.get("HANDOFF_TEST_CLIENTS")
    if not clients:
        pytest.fail(
            "HANDOFF_TEST_CLIENTS is not set: the real client is needed. Use tests/run, or set it "
            "to a directory that holds <version>/node_modules/.bin/claude."
        )
    path = Path(clients) / version / "node_modules" / ".bin" / "claude"
    if not os.access(path, os.X_OK):
        pytest.fail(
            f"{path} is missing. Use tests/run, or: npm install --prefix {path.parents[2]} "
            f"@anthropic-ai/claude-code@{version}"
        )
    return path


@pytest.fixture
def world(request: pytest.FixtureRequest, tmp_path: Path, client_path: Path) -> Iterator[World]:
    """A world with the plugin and a repository; `@pytest.mark.world(…)` changes that."""
    marker = request.node.get_closest_marker("world")
    new_world = World(tmp_path, client_path, **(marker.kwargs if marker else {}))
    new_world.configure("")
    yield new_world
    new_world.close()
