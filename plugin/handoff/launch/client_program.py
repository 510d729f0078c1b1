"""The client's program: where it is, which version, and how a pinned one is fetched."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base import paths
from handoff.base.errors import HandoffError
from handoff.client.versions import OLDEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PACKAGE = "@anthropic-ai/claude-code"
_VERSION_SECONDS = 20
# As the client prints it, with what it may have behind it: 2.1.332 (Claude Code).
_VERSION = re.compile(r"v?(\d+(?:\.\d+){2,}(?:[-+][\w.+-]+)?)(?=\s|\Z)", re.ASCII)
_NUMBERS = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,9})(?:\.\d+)*(-)?", re.ASCII)


@dataclass(frozen=True)
class Client:
    """A client's program and its version. `problem` says why it cannot be used, "" if it can."""

    program: str
    version: str
    problem: str = ""


def version_numbers(version: str) -> tuple[int, int, int, bool]:
    """A version to compare by; its last part is False for a pre-release, which comes before.

    (0, 0, 0, False) for what is no version, so that it counts as older than any.
    """
    match = _NUMBERS.match(version)
    if match is None:
        return 0, 0, 0, False
    return int(match[1]), int(match[2]), int(match[3]), match[4] is None


_INSTALL_SECONDS = 600


def find(env: Mapping[str, str]) -> str | None:
    """The client that `claude` means on the PATH of `env`, as an absolute path."""
    return next(iter(find_all(env)), None)


def find_all(env: Mapping[str, str]) -> list[str]:
    """Every client on the PATH of `env`, the first one first, each program once.

    Of the PATH only absolute elements count (`base.paths.program_path`).
    """
    programs: dict[str, str] = {}
    for folder in paths.program_path(env).split(os.pathsep):
        program = shutil.which("claude", path=folder)
        if program:
            programs.setdefault(os.path.realpath(program), program)
    return list(programs.values())


def check(program: str, env: Mapping[str, str], *, seconds: float = _VERSION_SECONDS) -> Client:
    """Ask a client for its version, and say whether it can be used.

    It is started with PATH and HOME alone, without input, and ended with all that it started after
    `seconds`.
    """
    allowed = {key: env[key] for key in ("PATH", "HOME") if key in env}
    asked = f"{program} --version"
    try:
        process = subprocess.Popen(
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            env=allowed,
            start_new_session=True,
        )
    except OSError as error:
        return Client(program, "", f"{program} cannot be started: {error.strerror}")
    with process:
        try:
            out, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            return Client(program, "", f"`{asked}` did not answer within {seconds:g} s")
    version = read_version(out)
    if not version and process.returncode:
        return Client(program, "", f"`{asked}` failed with exit code {process.returncode}")
    if not version:
        return Client(program, "", f"`{asked}` printed no version")
    if version_numbers(version) < version_numbers(OLDEST):
        return Client(program, version, f"{program} is {version}, older than {OLDEST}")
    return Client(program, version)


def read_version(printed: str) -> str:
    """The version in what `--version` printed, "" without one.

    A wrapper may print lines of its own around it. The line that names Claude Code counts, else the
    first one that begins with a version.
    """
    lines = [line.strip() for line in printed.splitlines()]
    named = [line for line in lines if "Claude Code" in line]
    versions = [match[1] for line in (*named, *lines) if (match := _VERSION.match(line))]
    return versions[0] if versions else ""


def choose(env: Mapping[str, str]) -> tuple[Client | None, list[Client]]:
    """The first client on the PATH that can be used, and those before it that cannot."""
    refused: list[Client] = []
    for program in find_all(env):
        client = check(program, env)
        if not client.problem:
            return client, refused
        refused.append(client)
    return None, refused


def cached_program(wanted: str, env: Mapping[str, str]) -> Path:
    """Where the pinned client of this version is kept, whether or not it is there."""
    return Path(paths.cache_home(env)) / "clients" / wanted / "node_modules" / ".bin" / "claude"


def install(
    wanted: str, env: Mapping[str, str], why: str, announce: Callable[[str], object]
) -> str:
    """The pinned client, fetched from npm into the cache if it is not there yet; its path.

    `why`: why none on the PATH is used, in a clause. `announce` is told the folder before anything
    is fetched into it. Raises HandoffError when npm is missing or fails.
    """
    program = cached_program(wanted, env)
    if program.exists():
        return str(program)
    npm = shutil.which("npm", path=paths.program_path(env))
    if npm is None:
        raise HandoffError(
            f"{why[:1].upper()}{why[1:]}, and npm, which could fetch a client, is not on the PATH.",
            f"Install Claude Code {OLDEST} or later, or npm (Node.js), or name a client with "
            "--client.",
        )
    folder = program.parents[2]
    announce(str(folder))
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
