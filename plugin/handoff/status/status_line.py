"""The status line: save the client's figures for the hooks, show them in one line.

Hot path: the client runs this after every answer. It prints the line, or nothing, and exits 0,
whatever its input; the user's own status line (see `status_line_install`) comes first.
"""

from __future__ import annotations

import os

from handoff.base import fields, file_io
from handoff.client import hook_io, settings_read
from handoff.client import status_line_input as given
from handoff.client.transcript import tail
from handoff.meter import context
from handoff.meter import feed as feeds
from handoff.runtime import NeedsEnvironment
from handoff.session import command_names, line, outlook
from handoff.session.files import SessionFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.config.model import Config
    from handoff.runtime import Runtime

_COLOURS = {line.DIM: "\033[2m", line.PLAIN: "", line.YELLOW: "\033[33m", line.RED: "\033[31m"}
_RESET = "\033[0m"


def run(runtime: Runtime) -> None:
    """Read what the client gives on stdin, print what it shows."""
    raw = hook_io.read_stdin()
    command = wrapped_command(runtime)
    own = None
    if command:
        from handoff.status.wrapped_command import Wrapped

        own = Wrapped(command, raw, runtime.env)
    try:
        text = show(raw, runtime)
    except Exception:  # noqa: BLE001 - the user's own status line must still be shown
        from handoff.redact import redact

        redact.note_bug(runtime.home, "statusline")
        text = ""
    printed = own.output() if own else b""
    if own and own.is_slow:
        printed = b"(your own status line took too long)"
    lines = [printed.removesuffix(b"\n"), text.encode("utf-8", "replace")]
    shown = b"".join(line + b"\n" for line in lines if line)
    if shown:
        os.write(1, shown)


def wrapped_command(runtime: Runtime) -> str:
    """The user's own status line command that ours stands for, "" without one."""
    entry = file_io.read_json(record_file(runtime.home)).get(
        settings_read.settings_file(runtime.env)
    )
    return fields.text(fields.mapping(entry).get("wrapped"))


def record_file(home: str) -> str:
    """Where is kept what the status line settings were before ours, by settings file."""
    return os.path.join(home, "statusline.json")


def show(raw: bytes, runtime: Runtime) -> str:
    """Save the feed in `raw`; the line to print, "" where nothing can be said."""
    payload = hook_io.parse(raw)
    if payload is None or not payload.session_id:
        return ""
    feed = given.to_feed(payload, runtime.now)
    feeds.save(runtime.home, payload.session_id, feed)
    fed = feeds.Feed(feed, runtime.now)
    if fed.cost_usd is None and payload.transcript:
        from handoff.meter import cost

        fed.cost_usd = cost.read_cost(
            runtime.home, payload.session_id, payload.transcript, runtime.env
        ).usd
    files = SessionFiles(payload.session_id, runtime, given.read_project(payload))
    model = fed.model or files.session.model
    tokens = fed.tokens
    if tokens is None and tail.read_first(payload.transcript, files.session.cycle_offset):
        last = tail.read_last(payload.transcript)  # resumed: the client counts with the next answer
        tokens = last.tokens if last else None
    reading = context.build_reading(fed, tokens, model, files.rules)
    try:
        config: Config | None = files.config
    except NeedsEnvironment:
        config = None  # it was changed just now; the next hook compiles it
    ahead = None
    if config is not None and config.mode != "off":
        ahead = outlook.read(files, payload.transcript, reading)
    command = command_names.handoff_command(files)
    plan = line.make_plan(ahead, reading, files.session, config, command)
    figures = line.Figures(reading.tokens, fed.cost_usd, fed.caps)
    text, colour = line.paint(plan, figures, columns(runtime.env), runtime.now)
    coloured = not runtime.env.get("NO_COLOR") and runtime.env.get("TERM") != "dumb"
    return f"{_COLOURS[colour]}{text}{_RESET}" if coloured and text and _COLOURS[colour] else text


def columns(env: Mapping[str, str]) -> int:
    """How many columns the client gives a status line."""
    setting = env.get("COLUMNS", "")
    wide = int(setting) if setting.isdecimal() and 0 < len(setting) < 5 else 80
    return max(0, wide - given.INDENT_COLUMNS)
