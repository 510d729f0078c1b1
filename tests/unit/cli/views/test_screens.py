"""What each table looks like at 60, 80 and 120 columns, and into a pipe: `screens/*.txt`.

With HANDOFF_TEST_WRITE_SCREENS=1 the files are written anew; read the difference.
"""

from __future__ import annotations

import os
import re
from calendar import timegm
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len
from rich.console import Console

from handoff.build import spec_report
from handoff.cli.views import briefs, checks, progress, queue, relay, specs, tables, usage, wait
from handoff.cli.views import status as status_view
from handoff.doctor.model import Check
from handoff.git.commit_result import Committed
from handoff.insight import usage as used
from handoff.launch.progress import Progress
from handoff.launch.provider_check import Row as Provider
from handoff.loops import relay_journal
from handoff.loops.session import Session
from handoff.loops.tasks import Row as Task
from handoff.loops.wait import WaitStatus
from handoff.maintenance.claim import ClaimRow
from handoff.maintenance.listing import Row
from handoff.meter.compaction import Point
from handoff.meter.context import Reading
from handoff.meter.cost import Cost
from handoff.session import outlook as outlooks
from handoff.session import policy
from handoff.status.session_status import Cache, Cap, SessionStatus

if TYPE_CHECKING:
    from collections.abc import Callable

SCREENS = Path(__file__).parent / "screens"
NOW = timegm((2026, 11, 22, 12, 0, 0))
LOGIN = "20261122-090000-fix-the-redirect-after-login-4dbe"
MOVED = "20261121-101500-brief-a7f3"
CACHE = "20261120-080000-add-a-cache-0b7c"
GIFT = "20261101-101010-a-gift-beef"
TITLES = {
    LOGIN: "Fix the redirect after login so that it keeps the query string and the fragment",
    MOVED: "数据库迁移：把所有旧表转换成新的格式并且验证每一行都没有丢失任何信息",
    CACHE: "Add a cache",
    GIFT: "Rewrite the parser of the configuration in another language",
}
SESSION = "0c9e1f52-8a43-4f0e-9c53-6f1d0f3a7b11"


def brief(name: str, state: str, created: str, **more: object) -> Row:
    base = Row(name, TITLES[name], "task", state, True, "model", created, (), "", "", "",
               origin="own")  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


BRIEFS = [
    brief(LOGIN, "claimed", "2026-11-22T09:00:00Z"),
    brief(MOVED, "open", "2026-11-21T10:15:00Z", parent=CACHE, kind="continue",
          directory="services/prices"),
    brief(CACHE, "done", "2026-11-20T08:00:00Z", cost_usd=1234.5),
    brief(GIFT, "open", "2026-11-01T10:10:10Z", origin="elsewhere", trusted=False, parent=MOVED,
          commit="1a2b3c4d5", reason="a merge is unfinished"),
]  # fmt: skip


def names(width: int | None) -> dict[str, str]:
    return tables.short_ids(TITLES) if width else {name: name for name in TITLES}


def show_list(width: int | None) -> list[str]:
    return tables.render(briefs.columns(BRIEFS, names(width), NOW), width)


def show_own(width: int | None) -> list[str]:
    rows = [row for row in BRIEFS if row.origin == "own"]
    return tables.render(briefs.columns(rows, names(width), NOW), width)


def show_tree(width: int | None) -> list[str]:
    return briefs.tree_lines(BRIEFS, BRIEFS, names(width), width, NOW)


def show_claims(width: int | None) -> list[str]:
    held = [
        ClaimRow(LOGIN, "", "", SESSION, "2026-11-22 09:00 UTC", "", "held", True),
        ClaimRow(CACHE, "origin", "Robin Example", "none (by hand, in a shell)",
                 "2026-11-22 08:00 UTC", "2026-11-23 08:00 UTC", "ended", False),
    ]  # fmt: skip
    return tables.render(briefs.claim_columns(held, names(width)), width)


def show_usage(width: int | None) -> list[str]:
    def row(day: str, model: str, sessions: int, size: int, usd: float | None) -> used.Row:
        return used.Row(day, model, sessions, size * 3, size * 40, size * 9, size * 2_000, size * 8,
                        0, usd, usd or 0.0)  # fmt: skip

    rows = [
        row("2026-11-21", "claude-opus-5-5", 12, 4_321, 187.4),
        row("2026-11-22", "claude-haiku-4-5", 3, 17, 0.31),
        row("2026-11-22", "openrouter/some-model-of-a-long-name", 1, 9, None),
    ]
    return tables.render(usage.columns(rows, row("", "", 16, 4_347, 187.71)), width)


def show_wait(width: int | None) -> list[str]:
    statuses = [
        WaitStatus(LOGIN, TITLES[LOGIN], "working", "session 0c9e1f52, 12 calls", LOGIN, 0.3123),
        WaitStatus(MOVED, TITLES[MOVED], "open", "unclaimed", MOVED),
        WaitStatus(CACHE, TITLES[CACHE], "finished", "Done: a cache of five minutes.", CACHE, 1.5),
    ]
    if width is None:
        return [wait.line(one) for one in statuses]
    return shown_by(width, lambda console: console.print(wait.view(statuses, width, 245)))


TASKS = [
    Task(LOGIN, TITLES[LOGIN], "running", 2, 745, 1.3123, f"handoff/{LOGIN}", "/w/a",
         "context 84k, 12 turns, Bash"),
    Task(MOVED, TITLES[MOVED], "done", 1, 61, 0.0412, f"handoff/{MOVED}", "/w/b", "It is moved."),
    Task(CACHE, TITLES[CACHE], "failed", 3, 3_700, 12.5, f"handoff/{CACHE}", "/w/c",
         "API Error: 400 no more for this one, and a reason that is longer than one line has room"),
    Task(GIFT, TITLES[GIFT], "waiting"),
]  # fmt: skip


def show_run(width: int | None) -> list[str]:
    if width is None:
        return []
    return shown_by(width, lambda console: console.print(queue.view(TASKS, width)))


def show_run_at_its_end(width: int | None) -> list[str]:
    ended = [replace(TASKS[0], state="done", why=""), *TASKS[1:]]
    shown = tables.render(queue.columns(ended, width, is_live=False), width)
    return [*shown, *queue.summary(ended, width)]


def show_relay(width: int | None) -> list[str]:
    def one(number: int, **more: object) -> Session:
        begun = Session(SESSION.replace("0c9e", f"{number}c9e"), LOGIN, LOGIN, "/w", NOW)
        return replace(begun, **more)  # type: ignore[arg-type]

    journal = relay_journal.Journal(LOGIN, TITLES[LOGIN], "/w", "/w", sessions=(
        one(1, verdict="continued", seconds=305.0, cost_usd=0.8123, left=MOVED),
        one(2, verdict="lost", seconds=12.0, cost_usd=0.02, counted=True,
            problem="exit code 1: the key was refused by the provider"),
        one(3),
    ))  # fmt: skip
    return relay.lines(journal, "it is not finished. 2 sessions, $0.8323.", width)


def show_providers(width: int | None) -> list[str]:
    models = {"opus": "anthropic/claude-opus-latest", "haiku": "anthropic/claude-haiku-latest"}
    return checks.provider_lines(
        [
            Provider("anthropic", "anthropic", "", "the client's own", {}, ()),
            Provider("openrouter", "compatible", "https://openrouter.ai/api",
                     "OPENROUTER_API_KEY (not set)", models, ("betas",)),
        ],
        width,
    )  # fmt: skip


def show_doctor(width: int | None) -> list[str]:
    return checks.check_lines(
        [
            Check("git identity", True, "briefs are committed in your name"),
            Check("hook start", False, "the environment's Python does not start (exit code 1), so "
                  "no hook runs", "Run ./install.sh, which rebuilds it."),
            Check("tokens", None, "estimated: no tiktoken vocabulary on disk",
                  "Nothing has to be done."),
        ],
        width,
    )  # fmt: skip


def show_status(width: int | None) -> list[str]:
    if width is None:
        return []
    cost = Cost({}, 0)
    cost.usd, cost.source = 12.3456, "feed"
    steps = (outlooks.Step(150_000, "warning"), outlooks.Step(200_000, "brief"))
    outlook = outlooks.Outlook(
        "below", "", policy.Decision("none", "below the thresholds"), None, steps,
        {"warn": 150_000, "handoff": 200_000}, "brief", is_over=False, paused="",
    )  # fmt: skip
    point = Point(967_000, "settings", "autoCompactWindow", "/home/robin/.claude/settings.json")
    status = SessionStatus(
        SESSION, Reading(120_400, 1_000_000, 967_000, model="claude-opus-5-5", compact_by=point),
        "write", outlook, (), (MOVED, LOGIN), Committed("1a2b3c4d5e", "refs/heads/main", True),
        at=NOW, appended=1_300, cost=cost, caps={"five_hour": Cap(85.0, None, "feed")},
        cache=Cache(False, None, 120_400, 0.6, "transcript"), break_even_calls=14,
    )  # fmt: skip
    return shown_by(width, lambda console: console.print(status_view.panel(status, width)))


def show_progress(width: int | None) -> list[str]:
    if width is None:
        return []
    going = Progress(745.0, 84_312, 1.3123, 12, "mcp__tickets__search_for_everything")
    return [
        progress.describe("session 2", Progress(3.0), width - 1),
        progress.describe("session 2", going, width - 1),
    ]


def spec_row(name: str, accepted: str, source: str, *counts: int) -> spec_report.SpecRow:
    named = dict(zip(("verified", "claimed", "blocked", "open", "dropped"), counts, strict=True))
    return spec_report.SpecRow(name, TITLES[name], "/w", accepted, source, named, sum(counts))


def show_spec_list(width: int | None) -> list[str]:
    rows = [
        spec_row(CACHE, "yes", "journal", 120, 3, 2, 75, 0),
        spec_row(LOGIN, "changed", "state.json", 4, 0, 0, 2, 1),
        spec_row(MOVED, "no", "", 0, 0, 0, 6, 0),
    ]
    return tables.render(specs.list_columns(rows, width), width)


def feature_row(name: str, state: str, **more: object) -> spec_report.FeatureRow:
    verify = {"run": "py", "target": f"tests/test_{name.replace('-', '_')}.py::test_{name[:5]}"}
    base = spec_report.FeatureRow(name, "functional", f"Have {name}", ("Look",), (), verify, state,
                                  0, 0, None, None, "", None, "", ())  # fmt: skip
    return replace(base, **more)  # type: ignore[arg-type]


def spec_shown(*rows: spec_report.FeatureRow, source: str = "journal") -> spec_report.SpecReport:
    counts = [sum(row.state == s for row in rows) for s in ("verified", "claimed", "blocked")]
    rest = len(rows) - sum(counts) - 1
    return spec_report.SpecReport(
        spec_row(LOGIN, "yes", source, *counts, rest, 1), "2026-11-22T09:00:00Z",
        f".handoff/specs/{LOGIN}/spec.md",
        {"py": "python3 -m pytest -q {target}", "browser": "npx playwright test {target}"},
        "make run", "http://127.0.0.1:8000/", "curl -fsS http://127.0.0.1:8000/health | grep ok",
        ("**/conftest.py", "pytest.ini", "package.json", "playwright.config.ts"), (), rows,
    )  # fmt: skip


def show_spec(width: int | None) -> list[str]:
    rows = [
        feature_row("sign-in", "verified", commit="1a2b3c4d5e6f7a8b", exit_code=0, seconds=12.34),
        feature_row("list-every-price-on-the-receipt", "claimed", commit="2b3c4d5e6f7a8b9c",
                    attempts=1, reason="its test was written after the spec was accepted"),
        feature_row("export", "blocked", attempts=3, exit_code=1, seconds=601.0,
                    reason="three attempts failed: 2 failed, 1 passed"),
        feature_row("dark-mode", "open", verify=None),
        feature_row("print", "dropped"),
    ]  # fmt: skip
    return specs.lines(spec_shown(*rows, source="state.json"), width)


def show_long_spec(width: int | None) -> list[str]:
    rows = [feature_row(f"feature-{number}", "open") for number in range(199)]
    lines = specs.lines(spec_shown(*rows, feature_row("last", "dropped")), width)
    return [*lines[:14], f"[{len(lines)} lines]"]


def shown_by(width: int, show: Callable[[Console], None]) -> list[str]:
    console = Console(width=width, color_system=None)
    with console.capture() as shown:
        show(console)
    return [line.rstrip() for line in shown.get().splitlines()]


SHOWN: dict[str, Callable[[int | None], list[str]]] = {
    "list": show_list,
    "list of own briefs": show_own,
    "list --tree": show_tree,
    "claim --list": show_claims,
    "usage": show_usage,
    "wait": show_wait,
    "run": show_run,
    "run at its end": show_run_at_its_end,
    "relay --show": show_relay,
    "spec list": show_spec_list,
    "spec show": show_spec,
    "spec show of many": show_long_spec,
    "providers": show_providers,
    "doctor": show_doctor,
    "status": show_status,
    "start --print": show_progress,
}
WRITES = bool(os.environ.get("HANDOFF_TEST_WRITE_SCREENS"))  # which no test sees
WIDTHS = (50, 60, 80, 120, None)


@pytest.mark.parametrize("name", SHOWN)
def test_a_screen(name: str) -> None:
    """Each command's output, at each width; no line is wider than the screen, but for commands that
    are to be copied.
    """
    shown = ""
    for width in WIDTHS:
        lines = SHOWN[name](width)
        if lines:
            head = f"==== {name}, {f'{width} columns' if width else 'into a pipe'}"
            shown += "\n".join([head, *lines, "", ""])
        if width:
            wide = [line for line in lines if cell_len(line) > width]
            assert all(line.startswith("  git merge ") for line in wide), wide
    path = SCREENS / f"{re.sub('[^a-z]+', '-', name)}.txt"
    if WRITES:
        path.write_text(shown, encoding="utf-8")

    assert path.read_text(encoding="utf-8") == shown


@pytest.mark.parametrize("width", [50, 60, 80, 120])
def test_costs_are_whole(width: int) -> None:
    """Every cost is on screen to its last digit, at every width."""
    shown = {name: "\n".join(show(width)) for name, show in SHOWN.items()}

    assert "$1234.50" in shown["list"]
    assert "$1234.50" in shown["list --tree"]
    assert "$187.71" in shown["usage"]
    assert "$0.31" in shown["wait"]
    assert "$12.50" in shown["run"]
    assert "$0.0412" in shown["run at its end"]
    assert "~$0.0200" in shown["relay --show"]
    assert "$12.35" in shown["status"]
    assert "$1.31" in shown["start --print"]
