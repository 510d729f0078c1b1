"""`handoff install`: the plugin's own install.sh takes the command's place."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from handoff.base import paths
from support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from support.program import Program


@pytest.mark.parametrize(
    ("arguments", "passed"),
    [
        ([], []),
        (["--no-plugin", "--prefix", "a b"], ["--no-plugin", "--prefix", "a b"]),
        (["--link"], ["--link"]),
        (["--uninstall", "--prefix", "/x"], ["--uninstall", "--prefix", "/x"]),
    ],
)
def test_it_runs_the_script(
    arguments: list[str], passed: list[str], handoff: Program, monkeypatch: Any
) -> None:
    """By bash, with the options as they are, and with a Python and its own name for messages."""
    calls: list[tuple[str, list[str], dict[str, str]]] = []
    monkeypatch.setattr(os, "execve", lambda *call: calls.append(call))
    assert handoff("install", *arguments) == 0

    ((program, command, env),) = calls
    assert os.path.basename(program) == "bash"
    assert command == [program, str(ROOT / "install.sh"), *passed]
    assert env["HANDOFF_INSTALLER"] == "handoff install"
    assert env["HANDOFF_PYTHON"] == sys.executable


def test_jobs_exclude_each_other(handoff: Program) -> None:
    """Which is wrong usage."""
    assert handoff("install", "--link", "--uninstall") == 2
    assert "exclude each other" in handoff.err


def test_without_the_script(handoff: Program, monkeypatch: Any, tmp_path: Path) -> None:
    """A copy that is not whole is named."""
    monkeypatch.setattr(paths, "plugin_root", lambda: str(tmp_path))
    assert handoff("install") == 1
    assert f"{tmp_path}/install.sh is missing" in handoff.err
