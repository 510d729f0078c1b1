"""The hooks of hooks.json, started as the client starts them on a POSIX system."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

_WORD = re.compile(r"set (\S+) ")  # how the shell text of a hook begins


def hooks(name: str = "") -> list[dict[str, Any]]:
    """Every hook of hooks.json, or those of one event of the client's."""
    wiring = json.loads((ROOT / "hooks" / "hooks.json").read_text())["hooks"]
    return [
        hook
        for event, entries in wiring.items()
        if name in ("", event)
        for entry in entries
        for hook in entry["hooks"]
    ]


def word(hook: dict[str, Any]) -> str:
    """The word in a hook's shell text that tells run.sh what to do."""
    match = _WORD.match(hook["command"])
    assert match is not None, hook
    return match[1]


def command(wanted: str) -> str:
    """The shell text of the first hook with this word."""
    return next(str(hook["command"]) for hook in hooks() if word(hook) == wanted)


def link_environment(home: str | Path) -> None:
    """Give the hooks with this state directory the Python environment that the tests run in."""
    Path(home).mkdir(exist_ok=True)
    (Path(home) / "env").symlink_to(sys.prefix)


def start(
    text: str,
    env: Mapping[str, str],
    *,
    root: Path = ROOT,
    shell: str = "/bin/sh",
    stdin: str = "{}",
) -> tuple[int, str, str]:
    """Exit code, stdout and stderr of a hook's shell text."""
    done = subprocess.run(
        [*shell.split(), "-c", text],
        input=stdin,
        env={"PATH": os.defpath, "CLAUDE_PLUGIN_ROOT": str(root), **env},
        capture_output=True,
        text=True,
        timeout=30,
    )
    return done.returncode, done.stdout, done.stderr
