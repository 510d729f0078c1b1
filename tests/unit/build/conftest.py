from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support import build_lab
from support.git_lab import Lab

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> build_lab.Work:
    """A repository and a build's worktree; every hook is a trap."""
    made = build_lab.make(Lab(tmp_path.resolve(), monkeypatch))
    made.lab.arm()
    return made
