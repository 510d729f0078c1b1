"""A git repository of a test's own."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Repo:
    """A git repository with one commit; `state` is the state directory."""

    root: Path
    state: Path

    def git(self, *arguments: str) -> str:
        """Run git in it and return what it prints."""
        command = ["git", "-c", "user.name=Robin", "-c", "user.email=r@example.org", *arguments]
        done = subprocess.run(command, cwd=self.root, capture_output=True, text=True, check=True)
        return done.stdout

    def briefs(self, folder: str = "open") -> list[Path]:
        """The briefs of a folder."""
        return sorted((self.root / ".handoff" / folder).glob("*.md"))
