"""A mistake in a configuration file, and where a value is from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One mistake in a configuration file; `line` counts from 1, 0 means the whole file. `passing`:
    it may be gone at the next look.
    """

    path: str
    line: int
    what: str
    passing: bool = False

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.what}" if self.line else f"{self.path}: {self.what}"


@dataclass(frozen=True)
class Source:
    """Where a value is set: a file and a line in it. `project` is the pattern of the entry of
    `projects` that sets it, "" outside of them.
    """

    path: str
    line: int
    project: str = ""
