"""The doctor's look at what runs (hooks, mod, feed, status line) and at what keeps it from that."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff.base import file_io, plain_text
from handoff.base.wording import format_age
from handoff.client import mod_state, sandbox, settings_read, shadowing_commands, versions
from handoff.doctor.model import Check
from handoff.git import author
from handoff.launch import client_program
from handoff.meter.compaction import OBSERVED
from handoff.runtime import find_root
from handoff.session import breaker, observed_compaction, policy, state
from handoff.status import session_status, status_line_install

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.runtime import Runtime
    from handoff.store.places import Place

_MAX_SESSIONS = 200
_MAX_SHADOWS = 5


def checks(runtime: Runtime, place: Place, version: str) -> Iterator[Check]:
    """What is active for sessions of this project; `version` is the client's ("": not known)."""
    allowed = list(_settings(runtime, place))
    yield from allowed
    yield from _sandbox(runtime, place)
    last = _last_session(runtime, place)
    yield _hooks(runtime, last)
    yield _mod(runtime, last, version)
    yield from _names(runtime, place, last[0])
    yield _feed(runtime, last)
    yield from _compaction(runtime, last[0])
    yield _status_line(runtime)
    yield from _breaker(runtime, place)
    yield from _identity(place)


def _settings(runtime: Runtime, place: Place) -> Iterator[Check]:
    """What the client's settings forbid; managed ones are named in any case."""
    managed = set(settings_read.managed_files())
    for path, settings in settings_read.read_settings(runtime.env, place.root):
        is_managed = path in managed
        if is_managed:
            yield Check("managed settings", None, f"{path} overrides your own settings")
        if settings.get("disableAllHooks") is True:
            yield Check(
                "hooks allowed",
                False,
                f"disableAllHooks is true in {path}, so no hook and no status line runs",
                "Ask whoever manages this machine." if is_managed else f"Remove it from {path}.",
            )
        if is_managed and settings.get("allowManagedHooksOnly") is True:
            yield Check(
                "hooks allowed",
                False,
                f"allowManagedHooksOnly is true in {path}, so no plugin's hooks run",
                "Ask whoever manages this machine.",
            )
        plugins = settings.get("enabledPlugins")
        for name, enabled in (plugins if isinstance(plugins, dict) else {}).items():
            if name.split("@")[0] == "handoff" and enabled is False:
                yield Check(
                    "plugin allowed",
                    False,
                    f"{name} is disabled in {path}",
                    f"claude plugin enable {name}",
                )


def _sandbox(runtime: Runtime, place: Place) -> Iterator[Check]:
    """Whether the client's sandbox keeps a session's own commands from our files."""
    path = sandbox.find_blocking_settings(runtime.home, runtime.env, place.root)
    if path:
        yield Check(
            "sandbox",
            None,
            f"enabled in {path}: a session's commands cannot write to {runtime.home}. A hook saves "
            "the brief that the model sends when the turn ends; other handoff commands that write "
            "fail",
            f"To allow it, add {runtime.home} to sandbox.filesystem.allowWrite in "
            f"{settings_read.settings_file(runtime.env)}",
        )


def _hooks(runtime: Runtime, last: tuple[str, float]) -> Check:
    session, heard = last
    if session:
        return Check(
            "hooks", True, f"last ran {format_age(runtime.now - heard)} ago, in session {session}"
        )
    return Check(
        "hooks",
        None,
        "not seen in a session of this project yet",
        "Start `claude` here; `/plugin` lists handoff there if it is installed.",
    )


def _mod(runtime: Runtime, last: tuple[str, float], version: str) -> Check:
    if last[0] and mod_state.load(runtime.home, last[0]).values:
        return Check("mod", True, f"it runs in session {last[0]}: meter, bare commands, auto mode")
    if version and client_program.version_numbers(version) < client_program.version_numbers(
        versions.WITH_MODS
    ):
        return Check(
            "mod",
            None,
            f"client {version} does not support mods, so there is no meter and no auto mode",
            "To update the client: claude update",
        )
    return Check("mod", None, "not seen in an open session of this project yet")


def _names(runtime: Runtime, place: Place, session: str) -> Iterator[Check]:
    """What else has the name of one of our commands, for the client or in the last session."""
    shadows = shadowing_commands.find(runtime.env, (place.root, os.getcwd()))[:_MAX_SHADOWS]
    if not shadows and mod_state.load(runtime.home, session).is_shadowed:
        shadows = [f"a command that the client listed in session {session}"]
    for path in shadows:
        yield Check(
            "command names",
            False,
            f"{plain_text.one_line(path, 400)} has the same name as a handoff command, so that "
            "command is neither approved nor run, and /pickup allows no untrusted brief",
            "Rename it, then restart the sessions of this project.",
        )


def _feed(runtime: Runtime, last: tuple[str, float]) -> Check:
    for kind, whose in (("mod", "the mod"), ("feed", "the status line")):
        path = Path(runtime.home) / kind / f"{last[0]}.json"
        if last[0] and path.is_file():
            old = format_age(runtime.now - path.stat().st_mtime)
            return Check("feed", True, f"the client's figures come from {whose}, last {old} ago")
    return Check(
        "feed",
        None,
        "none for this project's last session, so tokens are read from its transcript, and "
        "thresholds for cost and caps do not work",
        "Clients with mods send it; for older ones: handoff statusline --install",
    )


def _compaction(runtime: Runtime, session: str) -> Iterator[Check]:
    """Where the client auto-compacts, by the last session, and whether the handoff threshold
    is above that.
    """
    if not session:
        return
    status = session_status.read_status(runtime, session, "", os.getcwd())
    by, threshold = status.reading.compact_by, status.thresholds["handoff"]
    if by is None:
        return
    at = status.reading.compact_at
    model = plain_text.one_line(by.model, 80)
    point = (
        f"compacts {model} at {policy.thousands(at)}" if at else f"does not auto-compact {model}"
    )
    text = f"the client {point} ({plain_text.one_line(by.source_name, 400)})"
    if at and threshold and threshold > at and status.mode != "off":
        yield Check(
            "compaction",
            False,
            f"{text}, so the handoff threshold at {policy.thousands(threshold)} is never reached",
            "Set a percentage in your configuration: thresholds: {handoff: {context: [70%, 200k]}}",
        )
        return
    if by.source == OBSERVED:
        hint = f"If it no longer does: rm {shlex.quote(observed_compaction.path(runtime.home))}"
        yield Check("compaction", None, text, hint)
    else:
        yield Check("compaction", True, text)


def _status_line(runtime: Runtime) -> Check:
    path = settings_read.settings_file(runtime.env)
    if status_line_install.is_installed(runtime):
        return Check("status line", True, f"installed in {path}")
    return Check("status line", None, "not installed", "Optional: handoff statusline --install")


def _breaker(runtime: Runtime, place: Place) -> Iterator[Check]:
    reason = breaker.why_open(place.root, runtime.config(place.root), runtime.home, runtime.now)
    if reason:
        yield Check("breaker", None, reason, "To close it: handoff session breaker --close")


def _identity(place: Place) -> Iterator[Check]:
    if place.checkout is None:
        return
    missing = author.author(place.checkout).environment
    if not missing:
        yield Check("git identity", True, "briefs are committed in your name")
        return
    parts = sorted({name.rpartition("_")[2].lower() for name in missing})
    values = {"name": "'Your Name'", "email": "you@example.org"}
    commands = [f"git config --global user.{part} {values[part]}" for part in reversed(parts)]
    yield Check(
        "git identity",
        None,
        f"git has no {' and no '.join(f'user.{part}' for part in parts)}, so briefs are committed "
        f"as {author.FALLBACK[0]} <{author.FALLBACK[1]}>",
        " && ".join(commands),
    )


def _last_session(runtime: Runtime, place: Place) -> tuple[str, float]:
    """The session of this project that was heard last, and when; ("", 0) if none was."""
    files: list[tuple[float, Path]] = []
    for path in (Path(runtime.home) / "sessions").glob("*.json"):
        try:
            files.append((path.stat().st_mtime, path))
        except OSError:
            continue
    for heard, path in sorted(files, reverse=True)[:_MAX_SESSIONS]:
        project = state.SessionState(_read(path)).project
        if project and os.path.realpath(find_root(project)) == place.root:
            return path.stem, heard
    return "", 0.0


def _read(path: Path) -> dict[str, Any]:
    return file_io.read_json(str(path))
