"""The client's program: where it is, which version, and how a pinned one is fetched."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from handoff import paths
from handoff.errors import HandoffError

if TYPE_CHECKING:
    from collections.abc import Mapping

PACKAGE = "@anthropic-ai/claude-code"
SUPPORTED = ("2.1.330", "2.1.197")  # newest first; what the tests run
_VERSION_SECONDS = 20
_INSTALL_SECONDS = 600


def find(env: Mapping[str, str]) -> str | None:
    """The client on the PATH of `env`, as an absolute path."""
    found = shutil.which("claude", path=env.get("PATH", ""))
    return os.path.abspath(found) if found else None


def version(program: str, env: Mapping[str, str]) -> str:
    """What the client at `program` calls its version, "" when it does not answer.

    It is started with PATH and HOME alone.
    """
    allowed = {key: env[key] for key in ("PATH", "HOME") if key in env}
    try:
        done = subprocess.run(
            [program, "--version"],
            capture_output=True,
            text=True,
            timeout=_VERSION_SECONDS,
            env=allowed,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    found = re.match(r"\d+\.\d+\.\d+", done.stdout.strip())
    return found[0] if found else ""


def cached(wanted: str, env: Mapping[str, str]) -> Path:
    """Where the pinned client of this version is kept, whether or not it is there."""
    return Path(paths.cache_home(env)) / "clients" / wanted / "node_modules" / ".bin" / "claude"


def install(wanted: str, env: Mapping[str, str]) -> str:
    """The pinned client, fetched from npm into the cache if it is not there yet; its path.

    Raises HandoffError when npm is missing or fails.
    """
    program = cached(wanted, env)
    if program.exists():
        return str(program)
    npm = shutil.which("npm", path=env.get("PATH", ""))
    if npm is None:
        raise HandoffError(
            "The client is not on the PATH and npm, which could fetch it, is not either.",
            f"Install Claude Code {wanted}, or npm (Node.js), or name a client with --client.",
        )
    folder = program.parents[2]
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        [npm, "install", "--no-audit", "--no-fund", "--prefix", str(folder), f"{PACKAGE}@{wanted}"],
        capture_output=True,
        text=True,
        timeout=_INSTALL_SECONDS,
        check=False,
    )
    if done.returncode or not program.exists():
        shutil.rmtree(folder, ignore_errors=True)
        lines = done.stderr.strip().splitlines() or ["no output"]
        raise HandoffError(
            f"npm could not install {PACKAGE}@{wanted}: {lines[-1]}",
            "Check the network, then try again; or name a client with --client.",
        )
    return str(program)
