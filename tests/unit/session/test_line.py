"""The line about a session: drawn by us and by the mod in the same words and colour."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from handoff.meter import feed as feeds
from handoff.session import line
from support.paths import ROOT

LINES: dict[str, Any] = json.loads(
    (ROOT / "tests" / "mod" / "lines.js").read_text().partition("export default ")[2]
)
RESETS = {feeds.FIVE_HOUR: "14:00", feeds.SEVEN_DAY: "Wed 12:00"}


@pytest.fixture(autouse=True)
def in_utc(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Times are shown in the machine's zone."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("case", LINES["cases"], ids=[case["name"] for case in LINES["cases"]])
def test_a_line_is_drawn_as_the_mod_draws_it(case: dict[str, Any]) -> None:
    """The same table holds `hooks/meter.js` (tests/mod/meter.test.ts)."""
    caps = {
        kind: feeds.Cap(case[kind], LINES["resets"][kind])
        for kind in RESETS
        if case[kind] is not None
    }
    plan = {**LINES["plan"], **case["plan"]}
    figures = line.Figures(case["tokens"], case["cost_usd"], caps)
    expected = case["text"]
    for kind, words in RESETS.items():
        expected = expected.replace(f"<{kind}>", words)

    text, colour = line.paint(plan, figures, case["columns"], LINES["at"])

    assert (text, colour) == (expected, case["colour"])
    assert len(text) <= case["columns"]


@pytest.mark.parametrize("columns", range(120))
def test_it_never_breaks_out_of_its_columns(columns: int) -> None:
    """Whatever there is to say."""
    caps = {feeds.FIVE_HOUR: feeds.Cap(91, LINES["at"] + 7_200)}
    figures = line.Figures(205_000, 5.2, caps)
    said = "no automatic brief: the breaker is open until 12:29: 3 handoffs within 15 minutes"
    assert len(line.paint({**LINES["plan"], "now": said}, figures, columns, 0.0)[0]) <= columns
