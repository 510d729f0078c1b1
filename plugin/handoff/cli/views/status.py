"""A session's status as a panel for people: once, or live."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from handoff.base import plain_text
from handoff.base.wording import count_of
from handoff.cli.views import tables
from handoff.client import versions
from handoff.meter import compaction
from handoff.session import outlook as outlooks
from handoff.session import policy
from handoff.session.line import bar, clock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from handoff.meter.context import Reading
    from handoff.status.session_status import SessionStatus

_BAR_CELLS = 20
_LABEL = 10  # columns
_BORDER = 4
_FIGURES = 24  # columns: `1.25M of 1.5M (83.5%)`
_MAX_WIDTH = 100
_LOOK_SECONDS = 0.5  # how often the files are looked at
_AGE_SECONDS = 15.0  # what is shown gets no older: a cache goes cold without any file's change


def show(status: SessionStatus) -> None:
    """Print a status."""
    console = Console()
    console.print(panel(status, console.width))


def watch(read: Callable[[], SessionStatus]) -> None:
    """Show what `read` gives, live, until Ctrl-C; into a pipe, one panel after the other."""
    console = Console()
    if not console.is_terminal:
        for status in changes(read):
            console.print(panel(status, console.width))
    with Live(console=console, auto_refresh=False) as live:
        for status in changes(read):
            live.update(panel(status, console.width), refresh=True)


def changes(
    read: Callable[[], SessionStatus], sleep: Callable[[float], object] = time.sleep
) -> Iterator[SessionStatus]:
    """A status now, and another whenever the session's files have changed."""
    status, seen = read(), None
    while True:
        stamp = [_stamp(path) for path in status.files]
        if seen is None or stamp != seen[0] or time.time() - seen[1] > _AGE_SECONDS:
            if seen is not None:
                status = read()
            # The files may be others by now: those of the session that came after.
            seen = [_stamp(path) for path in status.files], time.time()
            yield status
        sleep(_LOOK_SECONDS)


def panel(status: SessionStatus, width: int) -> Panel:
    """A status as a panel of at most `width` columns."""
    width = max(_LABEL + _BORDER, min(width, _MAX_WIDTH))
    room = width - _BORDER
    wrapped = [part for line in lines(status, room)
               for part in tables.hanging(line[:_LABEL], line[_LABEL:], room)]  # fmt: skip
    title = f"session {status.session_id[:8]}"
    return Panel(Text("\n".join(wrapped)), title=title, title_align="left", width=width)


def lines(status: SessionStatus, width: int = _MAX_WIDTH) -> list[str]:
    """What the panel says, each behind a label of ten columns; a figure that is not known is left
    out, or called unknown. In a small `width` there is no bar, and IDs are short.
    """
    has_bar = width >= _LABEL + _BAR_CELLS + _FIGURES
    now = status.reading
    if now.tokens is None:
        return [
            "No figures yet: the model has not answered in this session.",
            *_caps(status),
        ]
    limit = status.thresholds["handoff"]
    scale = limit or now.window
    drawn = bar(now.tokens, scale, status.thresholds["warn"], _BAR_CELLS) if has_bar else ""
    gap = " " if drawn else ""
    share = f", {100 * now.tokens // limit}% of the handoff threshold" if limit else ""
    panel_lines = [f"context   {drawn}{gap}{policy.thousands(now.tokens)}{share}"]
    if status.appended:
        panel_lines.append(
            f"          and about {policy.thousands(status.appended)} tokens since then (estimate)"
        )
    filled = f", {status.percent:g}% filled" if status.percent is not None else ""
    panel_lines.append(
        f"window    {policy.thousands(now.window)}{filled}" if now.window else "window    unknown"
    )
    known = "" if now.window or not now.model else " (not a known model)"
    panel_lines.append(f"model     {now.model or 'unknown'}{known}")
    if versions.is_newer_than_tested(status.version):
        newest = versions.NEWEST_TESTED
        panel_lines.append(f"client    {status.version}, newer than {newest}, the last one tested")
    panel_lines += [*_cost(status), *_caps(status), *_cache(status)]
    panel_lines += _steps(status)
    panel_lines += _compaction(now)
    if status.break_even_calls is not None:
        calls = count_of(status.break_even_calls, "more call")
        panel_lines.append(f"saving    a handoff now pays off after {calls}")
    panel_lines.append(f"now       {_outlook(status)} (mode {status.mode})")
    if status.briefs:
        panel_lines.append(f"briefs    {', '.join(_names(status.briefs, width))}")
        panel_lines.append(
            f"          the last one was {status.last_commit.describe()} when it was written"
        )
    return panel_lines


def _names(ids: Sequence[str], width: int) -> list[str]:
    """The IDs of briefs, short ones where whole ones would be broken."""
    if max(map(len, ids)) < width - _LABEL:
        return list(ids)
    return list(tables.short_ids(ids).values())


_AT_STEP = {
    outlooks.WARN: "you get a warning (warn threshold",
    outlooks.TELL: "you get a warning (handoff threshold",
    outlooks.BRIEF: "a brief is written (handoff threshold",
    outlooks.FRESH: "a brief is written, and a fresh session continues (handoff threshold",
    outlooks.NOTHING: "no brief is written automatically (handoff threshold",
}


def _steps(status: SessionStatus) -> list[str]:
    """What happens at the thresholds of the context."""
    room = status.reading.room
    return [
        f"at {policy.thousands(step.at):>6} {_AT_STEP[step.what]}"
        + (", never reached)" if room and step.at > room else ")")
        for step in status.outlook.steps
        if step.what in _AT_STEP and not (step.what == outlooks.NOTHING and status.outlook.is_over)
    ]


def _outlook(status: SessionStatus) -> str:
    """What happens next, behind what was passed."""
    outlook = status.outlook
    text = outlooks.describe_briefly(outlook, status.command)
    if not text:
        paused = f"; {outlook.paused}" if outlook.paused else ""
        return outlook.decision.reason + paused
    why = outlook.decision.reason if outlook.kind in outlooks.BY_HAND else ""
    before = why or (outlook.passed[0] if outlook.passed else "")
    return f"{before}: {text}" if before else text


def _compaction(now: Reading) -> list[str]:
    """Where the client compacts by itself, and who says so."""
    by = now.compact_by
    if now.compact_at is not None:
        text = [f"at {policy.thousands(now.compact_at):>6} the client compacts on its own"]
    elif by is not None and by.source != compaction.DEFAULT:
        text = ["          the client does not compact on its own"]
    else:
        return []
    return (
        text if by is None else [*text, f"          ({plain_text.one_line(by.source_name, 400)})"]
    )


def _cost(status: SessionStatus) -> list[str]:
    whole = status.cost
    if not whole.source:
        return []
    if whole.usd is None:
        return [f"cost      unknown: no price for {', '.join(whole.unknown)}"]
    whose = {"feed": "the client's figure", "client": "the client's figure"}
    text = [f"cost      ${whole.usd:.2f} ({whose.get(whole.source, 'counted here')})"]
    if len(whole.models) > 1:
        for name, one in whole.models.items():
            dollars = "unknown" if one.usd is None else f"${one.usd:.2f}"
            text.append(f"          {dollars} {name}")
    return text


def _caps(status: SessionStatus) -> list[str]:
    names = {"five_hour": "five-hour", "seven_day": "seven-day"}
    return [
        f"{names[kind]} {cap.percent_used:.0f}% used"
        + (f", resets {clock(cap.resets_at, status.at)}" if cap.resets_at else "")
        for kind, cap in status.caps.items()
        if cap is not None
    ]


def _cache(status: SessionStatus) -> list[str]:
    cache = status.cache
    if cache is None:
        return []
    price = f"${cache.recache_usd:.2f}" if cache.recache_usd is not None else "unknown"
    if cache.warm and cache.expires_at is not None:
        until = clock(cache.expires_at, status.at)
        return [f"cache     warm until {until}; once cold, {price} to write it again"]
    return [f"cache     cold: the next request pays {price} to write it again"]


def _stamp(path: str) -> tuple[int, int]:
    try:
        about = os.stat(path)
    except (OSError, ValueError):
        return 0, 0
    return about.st_size, about.st_mtime_ns
