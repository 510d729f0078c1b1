"""`handoff statusline --install` and `--uninstall`: our status line in the client's settings.

A status line that the user had is kept: ours runs it and shows its output first. What stood in the
file is remembered in the state directory, so that uninstalling restores it byte for byte.
"""

from __future__ import annotations

import json
import os
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.base import fields, file_io, locks
from handoff.base.errors import HandoffError
from handoff.client import settings_edit, settings_read
from handoff.client import status_line_input as given
from handoff.install import plugin_link
from handoff.status.status_line import record_file

if TYPE_CHECKING:
    from handoff.runtime import Runtime

_OURS = "/hooks/run.sh"  # followed by the word `statusline`
_FALLBACK, _FALLBACK_END = " || { ", "\n}"


@dataclass(frozen=True)
class Outcome:
    """What was done: `state` is "installed" or "not installed", `changed` whether it is news.

    `wraps` is the user's own command that is shown first, `backup` the file as it was.
    """

    settings: str
    state: str
    changed: bool
    wraps: str = ""
    backup: str = ""
    note: str = ""

    def describe(self) -> str:
        """For a person."""
        if not self.changed:
            state = "already installed" if self.state == "installed" else self.state
            return f"The status line is {state} ({self.settings})."
        done = "installed" if self.state == "installed" else "removed"
        sentences = [f"The status line is {done} ({self.settings})."]
        if self.wraps:
            first = self.state == "installed"
            sentences.append(
                f"{'Your own comes first' if first else 'Restored yours'}: {self.wraps}"
            )
        if self.backup:
            sentences.append(f"Backup of the file: {self.backup}")
        if self.note:
            sentences.append(self.note)
        return "\n".join(sentences)


def install(runtime: Runtime, cwd: str) -> Outcome:
    """Put our status line into the user's settings. Twice is once."""
    path = settings_read.settings_file(runtime.env)
    plugin_link.keep_link(runtime.home)
    wraps = ""

    def change(document: settings_edit.Document | None) -> str | None:
        nonlocal wraps
        present = document.value(given.SETTING) if document else None
        if document and _is_ours(present):
            raw = _before_ours(runtime, path, document)
            original = json.loads(raw) if raw else None
        else:
            original = present
            _remember(runtime, path, document)
        wraps = given.read_command(original)
        value = _setting(runtime, original, wraps)
        if document is None:
            empty = settings_edit.parse("{}")
            return empty.with_member(given.SETTING, value) + "\n"
        if present == value:
            return document.text
        if document.raw(given.SETTING) is None:
            return document.with_member(given.SETTING, value)
        return document.with_value(given.SETTING, document.render(value))

    with locks.Lock(os.path.join(runtime.home, "locks", "settings")):
        before = settings_edit.read(path)
        backup = settings_edit.edit(path, change)
        changed = settings_edit.read(path) != before
    return Outcome(path, "installed", changed, wraps, backup, _overruled(cwd))


def is_installed(runtime: Runtime) -> bool:
    """Whether the user's settings have our status line."""
    path = settings_read.settings_file(runtime.env)
    try:
        content = settings_edit.read(path)
        document = settings_edit.parse(settings_edit.decode(content, path)[0]) if content else None
    except HandoffError:
        return False
    return document is not None and _is_ours(document.value(given.SETTING))


def uninstall(runtime: Runtime) -> Outcome:
    """Take our status line out again, and put back what was there before."""
    path = settings_read.settings_file(runtime.env)
    wraps = ""

    def change(document: settings_edit.Document | None) -> str | None:
        nonlocal wraps
        if document is None or not _is_ours(document.value(given.SETTING)):
            return document.text if document else None
        raw = _before_ours(runtime, path, document)
        if raw:
            wraps = given.read_command(json.loads(raw))
            return document.with_value(given.SETTING, raw)
        entry = _record(runtime, path)
        if entry.get("created") and len(document.members) == 1:
            return None
        return document.without(given.SETTING, str(entry.get("filling", "")))

    with locks.Lock(os.path.join(runtime.home, "locks", "settings")):
        before = settings_edit.read(path)
        backup = settings_edit.edit(path, change)
        changed = settings_edit.read(path) != before
        _forget(runtime, path)
    return Outcome(path, "not installed", changed, wraps, backup)


def _setting(runtime: Runtime, original: Any, wraps: str) -> dict[str, Any]:
    """Our setting, with what the user's said besides its command (padding, refresh interval)."""
    plugin = shlex.quote(plugin_link.link_path(runtime.home))
    command = f"CLAUDE_PLUGIN_ROOT={plugin} /bin/sh {plugin}{_OURS} statusline"
    if wraps:
        # If the plugin goes without saying so, the user's own line stays.
        command += f"{_FALLBACK}{wraps}{_FALLBACK_END}"
    kept = original if isinstance(original, dict) and wraps else {}
    return {**kept, "type": "command", "command": command}


def _is_ours(setting: Any) -> bool:
    words = given.read_command(setting).partition(_FALLBACK)[0].split()
    return words[-1:] == ["statusline"] and any(word.strip("'").endswith(_OURS) for word in words)


def _overruled(cwd: str) -> str:
    """A word where a project's settings have a status line of their own, which the client takes."""
    for name in ("settings.local.json", "settings.json"):
        path = os.path.join(cwd, ".claude", name)
        try:
            content = settings_edit.read(path)
            document = (
                settings_edit.parse(settings_edit.decode(content, path)[0]) if content else None
            )
        except HandoffError:
            continue
        if document and document.raw(given.SETTING) is not None:
            return f"This project shows another status line: {path} sets its own."
    return ""


def _before_ours(runtime: Runtime, path: str, document: settings_edit.Document) -> str:
    """What the setting was before ours, as it was written, "" if there was none."""
    raw = _record(runtime, path).get("raw")
    if isinstance(raw, str):
        return raw
    present = document.value(given.SETTING)
    own = given.read_command(present).partition(_FALLBACK)[2].removesuffix(_FALLBACK_END)
    # The state directory was lost, but our command holds theirs.
    return document.render({**present, "command": own}) if own else ""


def _remember(runtime: Runtime, path: str, document: settings_edit.Document | None) -> None:
    entry = {
        "wrapped": given.read_command(document.value(given.SETTING)) if document else "",
        "raw": document.raw(given.SETTING) if document else None,
        "filling": document.filling if document else "",
        "created": document is None,
    }
    file_io.write_json(
        record_file(runtime.home), {**file_io.load_json(record_file(runtime.home)), path: entry}
    )


def _record(runtime: Runtime, path: str) -> dict[str, Any]:
    return fields.mapping(file_io.load_json(record_file(runtime.home)).get(path))


def _forget(runtime: Runtime, path: str) -> None:
    entries = file_io.load_json(record_file(runtime.home))
    if entries.pop(path, None) is None:
        return
    if entries:
        file_io.write_json(record_file(runtime.home), entries)
    else:
        os.unlink(record_file(runtime.home))
