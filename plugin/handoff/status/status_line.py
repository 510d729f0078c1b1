"""The status line: save the client's figures for the hooks, show them in one line.

Hot path: the client runs this after every answer. It prints the line, or nothing, and exits 0,
whatever its input; the user's own status line (see `status_line_install`) comes first.
"""

from __future__ import annotations

import os
import time

from handoff.base import fields, file_io
from handoff.client import hook_io, settings_read
from handoff.client import status_line_input as given
from handoff.meter import context
from handoff.meter import feed as feeds
from handoff.runtime import NeedsEnvironment
from handoff.session import outlook, policy
from handoff.session.files import SessionFiles

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.config.model import Config
    from handoff.runtime import Runtime

DIM, YELLOW, RED, _PLAIN = "\033[2m", "\033[33m", "\033[31m", "\033[0m"
_BAR_CELLS = 10


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
    reading = context.build_reading(fed, fed.tokens, model, files.rules)
    if fed.tokens is None:  # just compacted, or nothing was answered yet
        known = context.read_context(
            runtime.home, payload.session_id, payload.transcript, model, files.rules
        )
        reading = known if known.tokens is not None else reading
    try:
        config: Config | None = files.config
    except NeedsEnvironment:
        config = None  # it was changed just now; the next hook compiles it
    parts = Parts(fed, reading)
    if config is not None and config.mode != "off":
        parts.judge(outlook.read(files, payload.transcript, reading))
    coloured = not runtime.env.get("NO_COLOR") and runtime.env.get("TERM") != "dumb"
    return parts.line(columns(runtime.env), runtime.now, coloured=coloured)


def columns(env: Mapping[str, str]) -> int:
    """How many columns the client gives a status line."""
    setting = env.get("COLUMNS", "")
    wide = int(setting) if setting.isdecimal() and 0 < len(setting) < 5 else 80
    return max(0, wide - given.INDENT_COLUMNS)


class Parts:
    """What the line says: the figures, and what comes next (`ahead`) in which `colour`."""

    def __init__(self, fed: feeds.Feed, reading: context.Reading) -> None:
        self.fed = fed
        self.reading = reading
        self.limits: list[int] = []
        self.ahead = ""
        self.colour = DIM
        self.cap_shown_from = 50.0

    def judge(self, ahead: outlook.Outlook) -> None:
        """Say what happens next, and mark at which thresholds."""
        tokens, first = self.reading.tokens, ahead.first_limit
        self.limits = [limit for limit in ahead.limits.values() if limit is not None]
        if tokens is None:
            return
        text = outlook.describe_briefly(ahead, "/handoff:handoff")
        if ahead.is_over and ahead.passed is not None:
            self.colour = RED
            self.ahead = f"{outlook.describe_passed(ahead)}: {text}"
        elif ahead.passed is not None:
            self.colour = YELLOW
            is_of_context = ahead.passed[1] == "context"
            coming = outlook.describe_step(ahead.next_step(tokens)) if is_of_context else ""
            self.ahead = text or coming or ahead.passed[0]
        elif text or (first is not None and tokens >= first * outlook.QUIET):
            self.colour = ""
            self.ahead = text or outlook.describe_step(ahead.next_step(tokens))

    def line(self, wide: int, now: float, *, coloured: bool) -> str:
        """The line in at most `wide` columns: what matters least goes first when it is too long."""
        cost = self.fed.cost_usd
        # By what must stay longest; shown in their order here.
        pieces = [
            (3, self._bar()),
            (0, self._figures()),
            (2, f"${cost:.2f}" if cost is not None else ""),
            (4, self._cap("5h", feeds.FIVE_HOUR, now)),
            (5, self._cap("7d", feeds.SEVEN_DAY, now)),
            (1, self.ahead),
        ]
        kept = [piece for piece in pieces if piece[1]]
        while len(kept) > 1 and len(_join(kept)) > wide:
            kept.remove(max(kept))
        text = _join(kept)
        if len(text) > wide:
            text = text[: wide - 1] + "…" if wide > 0 else ""
        return f"{self.colour}{text}{_PLAIN}" if coloured and self.colour and text else text

    def _bar(self) -> str:
        """Filled to the context's share of the window, with a mark at each threshold."""
        return bar(self.reading.tokens, self.reading.window, self.limits, _BAR_CELLS)

    def _figures(self) -> str:
        now = self.reading
        if now.tokens is None:
            return f"0 of {policy.thousands(now.window)}" if now.window else ""
        if not now.window:
            return f"{policy.thousands(now.tokens)} tokens, window unknown"
        percent = self.fed.percent
        share = f"{100 * now.tokens / now.window if percent is None else percent:.0f} %"
        return f"{policy.thousands(now.tokens)} of {policy.thousands(now.window)} ({share})"

    def _cap(self, name: str, kind: str, now: float) -> str:
        cap = self.fed.caps.get(kind)
        if cap is None or (self.colour == DIM and cap.percent < self.cap_shown_from):
            return ""
        until = f" until {clock(cap.resets_at, now)}" if cap.resets_at else ""
        return f"{name} {cap.percent:.0f} %{until}"


def bar(tokens: int | None, window: int | None, limits: Sequence[int], cells: int) -> str:
    """`███░│░│░░░`: the share of the window, a mark at each threshold that lies ahead."""
    if not window or tokens is None:
        return ""
    filled = min(cells, round(cells * tokens / window))
    drawn = ["█"] * filled + ["░"] * (cells - filled)
    for limit in limits:
        if tokens < limit < window:
            drawn[min(cells - 1, cells * limit // window)] = "│"
    return "".join(drawn)


def clock(moment: float, now: float) -> str:
    """`14:00` today or within twelve hours, else `Thu 09:00`: local time."""
    at = time.localtime(moment)
    near = moment - now < 12 * 3600 or time.localtime(now)[:3] == at[:3]
    return time.strftime("%H:%M" if near else "%a %H:%M", at)


def _join(pieces: Sequence[tuple[int, str]]) -> str:
    """The bar stands before the figures without a dot."""
    text = " · ".join(piece for _, piece in pieces)
    return text.replace(" · ", " ", 1) if len(pieces) > 1 and pieces[0][0] == 3 else text
