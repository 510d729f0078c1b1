"""What `handoff build` shows: while it runs, at its end, its ledger, and what it would do."""

from __future__ import annotations

import io
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.cells import cell_len

from handoff.cli.views import build, build_plan, build_screens
from handoff.launch.estimate import Estimate
from handoff.launch.progress import Progress
from handoff.launch.routes import Choice
from handoff.specs.model import FeatureState
from support.builds import NOTES, SPEC, STARTED, session

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.specs.model import Feature, Spec

SCREENS = Path(__file__).parent / "screens"
WRITES = bool(os.environ.get("HANDOFF_TEST_WRITE_SCREENS"))  # which no test sees
GOING = Progress(745.0, 84_312, 1.3123, 12, "Bash")
COPIED = ("  git ", "  handoff ", "Branch: ", "Worktree: ")  # never wrapped, never cut
ENDED = replace(STARTED, sessions=STARTED.sessions[:-1], current="", end="blocked")
ALL_VERIFIED = dict.fromkeys(STARTED.features, FeatureState("verified"))
DONE = replace(ENDED, end="verified", features=ALL_VERIFIED)


@dataclass(frozen=True)
class Planned:
    """What `--dry-run` is given."""

    spec: Spec
    features: tuple[Feature, ...]
    commands: Mapping[str, str]
    choice: Choice
    cost: Estimate
    most: int = 28
    budget_usd: float | None = None


USUAL = Estimate(900, 0.8, 0.4, 3.1, 12, 5, "claude-opus-5-5",
                 basis="the median of 5 past headless runs here on claude-opus-5-5")  # fmt: skip
PLANNED = Planned(
    NOTES,
    NOTES.features[2:5],
    {"search": "python3 -m unittest -q tests/test_search.py",
     "export": "python3 -m unittest -q tests/test_export.py"},
    Choice({"model": "opus", "effort": "high"}, {"model": "--model", "effort": "routes[2]"}, ()),
    USUAL,
)  # fmt: skip


def show_live(width: int | None) -> list[str]:
    if width is None:
        return []
    started = replace(STARTED, current="add", sessions=())
    frames = [
        build.frame(started, NOTES, None, width - 1),
        build.frame(STARTED, NOTES, ("search", GOING), width - 1),
        build.frame(replace(STARTED, broken="x"), NOTES, ("search", GOING), width - 1),
        build.frame(DONE, NOTES, None, width - 1, ascii_only=True),
    ]
    return [line for lines in frames for line in [*(one.plain for one in lines), ""]]


def show_end(width: int | None) -> list[str]:
    return build_screens.end_lines(ENDED, NOTES, width)


def show_good_end(width: int | None) -> list[str]:
    return build_screens.end_lines(DONE, NOTES, width)


def show_ledger(width: int | None) -> list[str]:
    return build_screens.ledger_lines(STARTED, width)


def show_plan(width: int | None) -> list[str]:
    return build_plan.lines(PLANNED, width)


SHOWN = {
    "build-live": show_live,
    "build-at-its-end": show_end,
    "build-when-all-is-verified": show_good_end,
    "build-show": show_ledger,
    "build-dry-run": show_plan,
}


@pytest.mark.parametrize("name", SHOWN)
def test_a_screen(name: str) -> None:
    """Each screen, at each width; no line is wider than the screen, but for what is copied."""
    shown = ""
    for width in (60, 80, 120, None):
        lines = SHOWN[name](width)
        if lines:
            head = f"==== {name}, {f'{width} columns' if width else 'into a pipe'}"
            shown += "\n".join([head, *lines, "", ""])
        wide = [line for line in lines if width and cell_len(line) > width]
        assert all(line.startswith(COPIED) for line in wide), wide
    path = SCREENS / f"{name}.txt"
    if WRITES:
        path.write_text(shown, encoding="utf-8")

    assert path.read_text(encoding="utf-8") == shown


@pytest.mark.parametrize("width", range(12, 130))
def test_the_live_display_fits(width: int) -> None:
    """At every width each line fits; how many are verified is always there."""
    lines = [one.plain for one in build.frame(STARTED, NOTES, ("search", GOING), width)]

    assert "2 of 7 verified"[:width] in lines[0]
    assert all(cell_len(line) <= max(width, 15) for line in lines), lines


def test_costs_are_whole() -> None:
    """No cost is cut, and what the session that runs has cost is part of the whole."""
    live = "\n".join(show_live(60))

    assert "$14.69 of $20.00" in live
    assert "$1.31" in live
    for width in (60, 80, 120, None):
        ledger = "\n".join(show_ledger(width))
        assert all(cost in ledger for cost in ("$0.81", "$12.50", "$0.0412", "~$0.0200", "$13.37"))


@pytest.mark.parametrize(
    ("end", "more"),
    [
        ("budget", "--budget-usd 40"),
        ("sessions", "--max-sessions 20"),
        ("stopped", ""),
        ("lost", ""),
        ("cap", ""),
    ],
)
def test_how_to_continue(end: str, more: str) -> None:
    """The command that continues it has more of what it ran out of; a cap says when it resets."""
    lines = build_screens.end_lines(replace(ENDED, end=end), NOTES, None, "at 19:20")

    continued = next(n for n, line in enumerate(lines) if line.startswith("To continue"))
    assert lines[continued + 1] == f"  handoff build {SPEC} {more}".rstrip()
    assert ("at 19:20" in lines[continued]) == (end == "cap")


def test_what_was_not_done_is_never_called_verified() -> None:
    """Claimed, blocked and waiting features stand below their own heads, with the reasons."""
    text = "\n".join(show_end(None))

    assert "Verified: add, list\n" in text
    assert "  done  A note can be marked as done: nothing verifies it" in text
    assert "exit code 1 (3 attempts)" in text
    assert "  merge  An import that holds known notes adds only what is new: needs export" in text
    assert "git merge" in text
    nothing = {name: FeatureState("blocked") for name in ENDED.features}
    assert "git merge" not in "\n".join(
        build_screens.end_lines(replace(ENDED, features=nothing), NOTES, None)
    )


def test_a_long_build() -> None:
    """Two hundred sessions are a line each, with the totals at the end."""
    many = tuple(
        session(n, "search", verdict="changed", seconds=60.0, cost_usd=0.5, turns=10)
        for n in range(1, 201)
    )
    lines = build_screens.ledger_lines(replace(STARTED, sessions=many), 80)

    assert len(lines) < 212
    (total,) = (line for line in lines if line.split()[:1] == ["total"])
    assert total.split() == ["total", "3:20:00", "$100.00", "2000"]


def test_words_of_others_move_no_cursor() -> None:
    """A reason that holds escapes is printed, not obeyed."""
    features = {**ENDED.features, "export": FeatureState("blocked", reason="\x1b[2Jgone\nnext")}
    for lines in (
        build_screens.end_lines(replace(ENDED, features=features), NOTES, 80),
        build_screens.ledger_lines(replace(ENDED, branch="\x1b[2J"), 80),
    ):
        assert not any("\x1b" in line or "\n" in line for line in lines)


def test_a_plan_without_an_estimate() -> None:
    """It says why there is none, and that nothing limits the cost; or that there is no work."""
    unknown = Estimate(900, basis="the price of x is unknown")
    text = "\n".join(build_plan.lines(replace(PLANNED, cost=unknown), None))

    assert "no cost estimate: the price of x is unknown." in text
    assert "No budget is set (--budget-usd)." in text
    limited = build_plan.lines(replace(PLANNED, budget_usd=20.0), None)
    assert "It ends after 28 sessions at most, or at $20.00." in limited
    assert build_plan.lines(replace(PLANNED, features=()), 80) == ["No feature is left to build."]


class Screen(io.StringIO):
    """A terminal that remembers what it was sent."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch) -> Screen:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "30")
    monkeypatch.setenv("NO_COLOR", "1")
    return Screen()


def test_the_display_is_taken_away(screen: Screen) -> None:
    """What is told stays above it, it comes back below, and the end leaves nothing of it; also when
    it is broken off.
    """
    with pytest.raises(KeyboardInterrupt), build.Display(STARTED, NOTES, stream=screen) as display:
        tell = display.above(lambda text: screen.write(f"{text}\n"))
        display.update(STARTED)
        display.show("search", GOING)
        before = len(screen.getvalue())
        tell("    verify: passed")
        sent = screen.getvalue()[before:]
        assert sent.startswith("\r\x1b[J    verify: passed\n")
        assert "session 5" in sent
        raise KeyboardInterrupt

    assert screen.getvalue().endswith("\r\x1b[J")


def test_a_session_that_is_over_is_not_shown(screen: Screen) -> None:
    """Its progress goes with the journal that says so."""
    with build.Display(STARTED, NOTES, stream=screen) as display:
        display.update(STARTED)
        display.show("search", GOING)
        before = len(screen.getvalue())
        display.update(ENDED)
        assert "context 84k" not in screen.getvalue()[before:]


def test_the_same_is_not_written_twice(screen: Screen) -> None:
    """A display that did not change writes nothing: it is refreshed many times a second."""
    with build.Display(STARTED, NOTES, stream=screen) as display:
        display.update(STARTED)
        before = len(screen.getvalue())
        display.update(STARTED)
        assert len(screen.getvalue()) == before


def test_nobody_looks(screen: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipe, a quiet command and a terminal that cannot move its cursor get nothing of it."""
    pipe = io.StringIO()
    monkeypatch.setenv("TERM", "dumb")
    for stream, quiet in ((pipe, False), (screen, True), (screen, False)):
        with build.Display(STARTED, NOTES, quiet=quiet, stream=stream) as display:
            assert display.is_off
            display.update(STARTED)
            display.show("search", GOING)
    assert (pipe.getvalue(), screen.getvalue()) == ("", "")
