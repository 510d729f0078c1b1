"""`handoff status`: one session's reading, and what happens at which line."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff.client import hookio
from handoff.errors import HandoffError
from handoff.flow import policy, state, watch
from handoff.flow.here import find_root
from handoff.meter import context

if TYPE_CHECKING:
    from handoff.flow.here import Here


@dataclass(frozen=True)
class Standing:
    """A session now. `lines` maps a line to its tokens; `decision` is what the policy says."""

    session_id: str
    reading: context.Reading
    lines: dict[str, int | None]
    mode: str
    decision: policy.Decision
    fired: tuple[str, ...]
    briefs: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The stable JSON of `handoff status --json`; unknown figures are null."""
        now = self.reading
        return {
            "session_id": self.session_id,
            "model": now.model,
            "context_tokens": now.tokens,
            "window": now.window,
            "auto_compact_at": now.compact_at,
            "percent": _percent(now),
            "cost_usd": now.cost_usd,
            "caps": {"five_hour": now.five_hour, "seven_day": now.seven_day},
            "source": now.source,
            "lines": self.lines,
            "mode": self.mode,
            "decision": {"act": self.decision.act, "reason": self.decision.reason},
            "fired": list(self.fired),
            "briefs": list(self.briefs),
        }


def take(here: Here, session_id: str, transcript: str, cwd: str) -> Standing:
    """The standing of a session: the one named, the one this runs in, else the project's newest.

    Raises HandoffError when no session is known.
    """
    session_id = session_id or hookio.current_session(here.env)
    if not session_id and not transcript:
        session_id = _newest(here, find_root(cwd))
    session = state.load(here.home, session_id)
    path = transcript or session.text("transcript")
    if not path and not session_id:
        raise HandoffError(
            "No session of this project is known yet.",
            "Start one with the plugin installed, or name one with --session or --transcript.",
        )
    reading = context.take(here.home, session_id, path, session.text("model"), here.env)
    config = here.config(session.text("project") or cwd)
    return Standing(
        session_id=session_id or Path(transcript).stem,
        reading=reading,
        lines={
            name: policy.context_limit(config.line(name), reading.room)
            for name in ("notice", "handoff")
        },
        mode=config.mode,
        decision=watch.decide(path, reading, session, config),
        fired=tuple(session.fired),
        briefs=tuple(str(brief.get("id")) for brief in session.briefs),
    )


def show(found: Standing) -> None:
    """Print a standing as a panel."""
    from rich.console import Console
    from rich.panel import Panel
    from rich.text import Text

    console = Console()
    text = Text("\n".join(_lines(found)))
    title = f"session {found.session_id[:8]}"
    console.print(Panel(text, title=title, title_align="left", width=min(console.width, 78)))


def _lines(found: Standing) -> list[str]:
    now = found.reading
    if now.tokens is None:
        return ["No figures yet: no answer of the model is in the transcript."]
    size = f" of {policy.thousands(now.window)}" if now.window else ", window unknown"
    percent = _percent(now)
    share = f" ({percent:g} %)" if percent is not None else ""
    lines = [
        f"context   {_bar(now, found.lines)} {policy.thousands(now.tokens)}{size}{share}",
        f"model     {now.model or 'unknown'}",
    ]
    if now.cost_usd is not None:
        lines.append(f"cost      ${now.cost_usd:.2f}")
    for name, used in (("five-hour", now.five_hour), ("seven-day", now.seven_day)):
        if used is not None:
            lines.append(f"{name:<9} {used:.0f} % used")
    acts = {
        "notice": "you are told",
        "handoff": "a brief is written" if found.mode == "write" else "you are told",
    }
    for name, limit in found.lines.items():
        if limit is not None and found.mode != "off":
            lines.append(f"at {policy.thousands(limit):>6} {acts[name]} ({name} line)")
    if now.compact_at is not None:
        lines.append(f"at {policy.thousands(now.compact_at):>6} the client compacts by itself")
    lines.append(f"now       {found.decision.reason} (mode {found.mode})")
    if found.briefs:
        lines.append(f"briefs    {', '.join(found.briefs)}")
    return lines


def _bar(now: context.Reading, lines: dict[str, int | None], width: int = 20) -> str:
    """Filled to the context's share of the window, with a mark at each line."""
    if not now.window or now.tokens is None:
        return ""
    filled = min(width, round(width * now.tokens / now.window))
    cells = ["█"] * filled + ["░"] * (width - filled)
    for limit in lines.values():
        if limit is not None and limit < now.window:
            cells[min(width - 1, width * limit // now.window)] = "│"
    return "".join(cells)


def _percent(now: context.Reading) -> float | None:
    if now.tokens is None or not now.window:
        return None
    return round(100 * now.tokens / now.window, 1)


def _newest(here: Here, root: str) -> str:
    """The session of the project at `root` whose state was saved last, "" if there is none."""
    folder = Path(here.home) / "sessions"
    files = sorted(folder.glob("*.json"), key=lambda f: f.stat().st_mtime, reverse=True)
    for file in files[:200]:
        try:
            values = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        project = values.get("project") if isinstance(values, dict) else None
        if isinstance(project, str) and find_root(project) == root:
            return file.stem
    return ""
