"""What happens next in a session: one answer, which every view gives."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from handoff.base import file_io
from handoff.cli.views import status as status_view
from handoff.client.hook_io import Payload
from handoff.hooks import stop
from handoff.hooks.event import Event
from handoff.meter import feed as feeds
from handoff.mod import meter_line
from handoff.runtime import Runtime
from handoff.session import line, state
from handoff.session import outlook as outlooks
from handoff.session.files import SessionFiles
from handoff.status import explain, session_status, status_line

NOW = 1_795_348_800.0  # 2026-11-22T12:00:00Z
MODEL = "claude-opus-5-5"
BREAKER = "3 handoffs within 15 minutes"

FIRED: dict[str, Any] = {"fired": {"handoff": 201_000}, "asked_at": NOW - 60, "first_tokens": 9_000}
SETTLED: dict[str, Any] = {**FIRED, "settled": True}


def wrote(author: str, tokens: int) -> dict[str, Any]:
    """A session's values once it wrote a brief at so many tokens."""
    return {
        "brief_count": 1,
        "briefs": [{"id": "b", "at": NOW, "author": author, "tokens": tokens, "title": "Fix it"}],
    }


class Case:
    """One state of a session: figures, what is remembered, configuration, breaker, mod."""

    def __init__(
        self,
        tokens: int,
        *,
        mode: str = "write",
        is_paused: bool = False,
        has_mod: bool = False,
        has_git: bool = True,
        **values: Any,
    ) -> None:
        self.tokens = tokens
        self.values = {"first_tokens": 9_000, "mode": mode, **values}
        self.is_paused = is_paused
        self.has_mod = has_mod
        self.has_git = has_git


class Views:
    """All that a case is shown as."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case = case
        self.project = folder / "project"
        (self.project / ".git" if case.has_git else self.project).mkdir(parents=True)
        self.transcript = folder / "s1.jsonl"
        self.transcript.write_text(_answer(9_000, "a") + _answer(case.tokens, "b"))
        env = {**os.environ, "TERM": "dumb", "COLUMNS": "300", "HOME": str(folder)}
        self.runtime = Runtime(env, full=True, now=NOW, home=str(folder / "state"))
        about = {"transcript": str(self.transcript), "project": str(self.project), "model": MODEL}
        state.update(
            self.runtime.home, "s1", lambda session: session.values.update(about, **case.values)
        )
        self.feed(case.tokens)
        if case.has_mod:
            mod = {"interactive": True, "turn": "t"}
            feeds.save(self.runtime.home, "s1", mod, "mod")
        if case.is_paused:
            opened = {"opened": NOW - 60, "reason": BREAKER, "handoffs": []}
            breaker = Path(self.runtime.home) / "breaker.json"
            file_io.write_json(str(breaker), {os.path.realpath(self.project): opened})

    def feed(self, tokens: int) -> None:
        """What the client says of itself now."""
        context = {"tokens": tokens, "window": 1_000_000}
        figures = {"at": NOW, "context": context, "model": MODEL}
        feeds.save(self.runtime.home, "s1", figures)

    @property
    def status(self) -> session_status.SessionStatus:
        return session_status.read_status(self.runtime, "s1", "", str(self.project))

    def status_line(self) -> str:
        given = {
            "session_id": "s1",
            "transcript_path": str(self.transcript),
            "cwd": str(self.project),
            "model": {"id": MODEL},
            "workspace": {"project_dir": str(self.project)},
            "context_window": {
                "total_input_tokens": self.case.tokens,
                "context_window_size": 1_000_000,
                "current_usage": {"input_tokens": self.case.tokens},
            },
        }
        return status_line.show(json.dumps(given).encode(), self.runtime)

    def meter_line(self) -> str:
        """What `hooks/meter.js` makes of the plan."""
        plan = meter_line.plan_meter_line(SessionFiles("s1", self.runtime))
        return draw(plan, self.case.tokens)

    def panel(self) -> str:
        return "\n".join(status_view.lines(self.status))

    def why(self) -> str:
        return "\n".join(explain.read_decisions("s1", str(self.project), self.runtime).lines())


def draw(plan: dict[str, Any], tokens: int) -> str:
    """The mod's line at so many tokens, as `hooks/meter.js` draws it (`test_line`)."""
    if not plan["show"]:
        return ""
    return line.paint(plan, line.Figures(tokens, None, {}), 300, NOW)[0]


def _answer(tokens: int, key: str) -> str:
    usage = {"input_tokens": tokens, "output_tokens": 5}
    message = {"model": MODEL, "id": key, "type": "message", "role": "assistant", "content": [],
               "usage": usage}  # fmt: skip
    record = {"parentUuid": None, "isSidechain": False, "message": message, "requestId": key,
              "type": "assistant", "timestamp": "2026-11-22T11:00:00.000Z"}  # fmt: skip
    return json.dumps(record, separators=(",", ":")) + "\n"


WAITS = "2 agents of this session still running"
PAUSED = f"automatic handoffs are paused until 12:29 ({BREAKER})"
BY_HAND = "/handoff:handoff writes a brief"
WRITTEN = "brief written, run /clear"
BEING_WRITTEN = "the brief is being written"
DUE = "brief after this turn"

# name: (the state, its kind, what all views say).
CASES: dict[str, tuple[Case, str, str]] = {
    "below": (Case(100_000), outlooks.BELOW, "warning at 120k"),
    "warned": (Case(150_000, fired={"warn": 121_000}), outlooks.WARNED, "brief at 200k"),
    "warned, paused": (Case(150_000, is_paused=True), outlooks.WARNED, "no brief at 200k"),
    "warned, told only": (Case(150_000, mode="notify"), outlooks.WARNED, "reminder at 200k"),
    "warned, told only, paused": (
        Case(150_000, mode="notify", is_paused=True), outlooks.WARNED, "reminder at 200k",
    ),
    "warned, postponed": (Case(150_000, postponed=True), outlooks.WARNED, "brief at 220k"),
    "warned, auto": (
        Case(150_000, mode="auto", has_mod=True), outlooks.WARNED, "fresh session at 200k",
    ),
    "warned, auto without a mod": (Case(150_000, mode="auto"), outlooks.WARNED, "brief at 200k"),
    "warned, auto without git": (
        Case(150_000, mode="auto", has_mod=True, has_git=False), outlooks.WARNED, "brief at 200k",
    ),
    "warned, auto, paused": (
        Case(150_000, mode="auto", has_mod=True, is_paused=True),
        outlooks.WARNED, "no brief at 200k",
    ),
    "warned, a brief by hand": (
        Case(197_000, **wrote("model", 195_000)), outlooks.WARNED, "brief at 215k",
    ),
    "fallen below after the brief was asked for": (
        Case(190_000, **SETTLED), outlooks.WARNED, "no brief at 200k",
    ),
    "fallen below the warning": (
        Case(110_000, fired={"warn": 121_000}), outlooks.BELOW, "brief at 200k",
    ),
    "ordered while it idled": (Case(150_000, **FIRED), outlooks.BEING_WRITTEN, BEING_WRITTEN),
    "due": (Case(205_000), outlooks.DUE, DUE),
    "due, postponed": (Case(225_000, postponed=True), outlooks.DUE, DUE),
    "postponed, not yet": (Case(205_000, postponed=True), outlooks.WARNED, "brief at 220k"),
    "due without git": (Case(205_000, has_git=False), outlooks.DUE, DUE),
    "paused": (Case(205_000, is_paused=True), outlooks.PAUSED, PAUSED),
    "paused while agents ran": (
        Case(205_000, is_paused=True, waits=WAITS), outlooks.PAUSED, PAUSED,
    ),
    "held up": (Case(205_000, waits=WAITS), outlooks.WAITING, f"brief waits: {WAITS}"),
    "held up, then told only": (
        Case(205_000, mode="notify", waits=WAITS), outlooks.TOLD, BY_HAND,
    ),
    "told only": (Case(205_000, mode="notify"), outlooks.TOLD, BY_HAND),
    "told only, and told": (
        Case(205_000, mode="notify", fired={"handoff": 201_000}), outlooks.TOLD, BY_HAND,
    ),
    "born over": (Case(205_000, first_tokens=203_000), outlooks.BORN_OVER, BY_HAND),
    "born over, and told": (
        Case(205_000, first_tokens=203_000, fired={"warn": 203_000}), outlooks.BORN_OVER, BY_HAND,
    ),
    "being written": (Case(205_000, **FIRED), outlooks.BEING_WRITTEN, BEING_WRITTEN),
    "being written, paused since": (
        Case(205_000, is_paused=True, **FIRED), outlooks.BEING_WRITTEN, BEING_WRITTEN,
    ),
    "ordered, another hook goes on": (
        Case(205_000, order={"do": "handoff", "continued": 1}, **FIRED),
        outlooks.WAITING, "brief waits: another hook keeps this turn going",
    ),
    "ordered, agents run": (
        Case(205_000, order={"do": "handoff", "turn": None}, waits=WAITS, **FIRED),
        outlooks.WAITING, f"brief waits: {WAITS}",
    ),
    "refused at the hard limit": (
        Case(890_000, gated=True, refused=1, **FIRED), outlooks.BEING_WRITTEN, BEING_WRITTEN,
    ),
    "just stored": (Case(205_000, **FIRED, **wrote("model", 204_000)), outlooks.WRITTEN, WRITTEN),
    "written": (Case(205_000, **SETTLED, **wrote("model", 204_000)), outlooks.WRITTEN, WRITTEN),
    "a snapshot, none asked for": (Case(205_000, **wrote("snapshot", 100_000)), outlooks.DUE, DUE),
    "a brief by hand, outgrown": (Case(216_000, **wrote("model", 195_000)), outlooks.DUE, DUE),
    "asked, none written": (Case(205_000, **SETTLED), outlooks.FIRED, BY_HAND),
}  # fmt: skip


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Times are shown in the machine's zone."""
    import time

    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(("case", "kind", "text"), CASES.values(), ids=list(CASES))
def test_all_views_agree(case: Case, kind: str, text: str, tmp_path: Path) -> None:
    """What one view promises, no other denies."""
    views = Views(case, tmp_path)

    assert views.status.outlook.kind == kind
    assert views.status.as_json()["outlook"]["kind"] == kind
    assert f" · {text}" in views.status_line()
    assert views.status_line().startswith(views.meter_line())  # cost aside
    assert f"next: {text}" in views.why()
    if kind in (outlooks.BELOW, outlooks.WARNED):
        assert at_threshold(views.panel()) == at_threshold_of(text)
    else:
        now = next(line for line in views.panel().splitlines() if line.startswith("now  "))
        assert now.endswith(f"{text} (mode {case.values['mode']})")


WORDS = {
    "warning": "you get a warning (warn threshold)",
    "reminder": "you get a warning (handoff threshold)",
    "brief": "a brief is written (handoff threshold)",
    "fresh session": "a brief is written, and a fresh session continues (handoff threshold)",
    "no brief": "no brief is written automatically (handoff threshold)",
}


def at_threshold(panel: str) -> tuple[str, str]:
    """The first step in a panel that lies ahead of the context, in tokens and words."""
    tokens = int(panel.split("context   ", 1)[1].split()[1].rstrip("k,"))
    for row in panel.splitlines():
        at, _, words = row.removeprefix("at").strip().partition("k ")
        if row.startswith("at") and int(at) > tokens:
            return at, words
    raise AssertionError(panel)


def at_threshold_of(text: str) -> tuple[str, str]:
    what, _, at = text.partition(" at ")
    return at.removesuffix("k"), WORDS[what]


@pytest.mark.parametrize("name", ["below", "warned", "warned, paused", "warned, auto", "paused"])
def test_the_mod_needs_no_new_plan_as_the_context_grows(name: str, tmp_path: Path) -> None:
    """The mod draws between two hooks: a plan of before says what one of now would."""
    case = CASES[name][0]
    views = Views(case, tmp_path)
    plan = meter_line.plan_meter_line(SessionFiles("s1", views.runtime))

    case.tokens = 205_000
    views.feed(205_000)

    assert draw(plan, 205_000) == views.meter_line()


def test_off_says_nothing(tmp_path: Path) -> None:
    """Where nothing is done, nothing is promised."""
    views = Views(Case(205_000, mode="off"), tmp_path)

    assert views.status.outlook.kind == outlooks.OFF
    assert views.status_line() == "██░░░░░░░░ context 205k of 1M · $0.86"
    assert views.meter_line() == ""
    assert "mode is off (mode off)" in views.panel()
    assert "brief" not in views.panel() + views.why()


@pytest.mark.parametrize(
    ("case", "sentence"),
    [
        (Case(150_000), "handoff threshold 200k. A brief is written at that point;"),
        (
            Case(150_000, is_paused=True),
            "handoff threshold 200k, but automatic handoffs are paused until 12:29",
        ),
        (Case(150_000, mode="notify"), "(no brief is written in mode notify)"),
        (Case(150_000, **wrote("model", 195_000)), "A brief is written at 215k;"),
        (
            Case(150_000, **SETTLED),
            "handoff threshold 200k. /handoff:handoff writes a brief",
        ),
        (
            Case(205_000, first_tokens=203_000),
            "began over its handoff threshold; /handoff:handoff writes a brief",
        ),
        (
            Case(205_000, is_paused=True),
            f"but automatic handoffs are paused until 12:29 ({BREAKER}).",
        ),
        (Case(205_000, mode="notify"), "over the 200k threshold. /handoff:handoff writes a brief"),
    ],
)
def test_the_sentence_of_stop_agrees(case: Case, sentence: str, tmp_path: Path) -> None:
    """It promises no brief where none will be written."""
    views = Views(case, tmp_path)
    payload = Payload(
        {
            "session_id": "s1",
            "transcript_path": str(views.transcript),
            "cwd": str(views.project),
            "prompt_id": "t",
        }
    )
    answer = stop.stop(Event("stop", payload, views.runtime))

    assert answer is not None
    assert sentence in answer["systemMessage"]


@pytest.mark.parametrize(
    ("case", "is_named"),
    [
        (Case(150_000), True),
        (Case(150_000, is_paused=True), False),
        (Case(150_000, mode="notify"), False),
        (Case(205_000, first_tokens=203_000), False),
        (Case(205_000, **SETTLED, **wrote("model", 204_000)), False),
        (Case(205_000, **SETTLED, refused=3), False),
    ],
)
def test_why_names_the_hard_limit_only_where_calls_are_refused(
    case: Case, is_named: bool, tmp_path: Path
) -> None:
    """The gate lets all pass where a brief is there, or may not be, or after three refusals."""
    assert ("tool calls are refused" in Views(case, tmp_path).why()) == is_named
