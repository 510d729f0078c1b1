"""The breaker: what opens it, for how long, and what it stops."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from handoff.cli import cli
from handoff.config.model import DEFAULTS, Config
from handoff.meter import economy
from handoff.session import breaker
from support.client import Client, context

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

NOW = 1_800_000_000.0
MINUTE = 60.0


def config(**changed: int) -> Config:
    """The default configuration with other figures in `breaker`."""
    values = copy.deepcopy(DEFAULTS)
    values["breaker"].update(changed)
    return Config(values)


@pytest.mark.parametrize(
    ("handoffs", "changed", "words"),
    [
        ([], {}, ""),
        ([(0, 50)], {}, ""),
        ([(0, 0)], {}, ""),
        ([(-14, 50), (-7, 50), (0, 50)], {}, "3 handoffs within 15 minutes"),
        ([(-15, 50), (-7, 50), (0, 50)], {}, "3 handoffs within 15 minutes"),
        ([(-16, 50), (-7, 50), (0, 50)], {}, ""),
        ([(-14, 50), (0, 50)], {}, ""),
        ([(-14, 50), (0, 50)], {"handoffs": 2}, "2 handoffs within 15 minutes"),
        ([(-2, 50), (-1, 50), (0, 50)], {"within_s": 60}, ""),
        ([(9, 50), (8, 50), (0, 50)], {}, ""),  # by a clock that was set back since
        ([(-600, 4), (0, 4)], {}, "two handoffs in a row after only 4 and 4 tool calls"),
        ([(-600, 0), (0, 0)], {}, "fewer than the 5 that a handoff costs"),
        ([(-600, 4), (0, 5)], {}, ""),
        ([(-600, 5), (0, 4)], {}, ""),
        ([(-900, 1), (-600, 9), (0, 1)], {}, ""),
        ([(-600, 0), (0, 0)], {"least_calls": 0}, ""),
    ],
)
def test_what_opens_it(
    handoffs: list[tuple[float, int]], changed: dict[str, int], words: str
) -> None:
    """Too many handoffs in a short time, or two in a row with less work than they cost."""
    counted = [(NOW + minutes * MINUTE, calls) for minutes, calls in handoffs]
    reason = breaker.judge_handoffs(counted, config(**changed), NOW)
    assert (words in reason) if words else reason == ""


def test_what_a_handoff_costs() -> None:
    """The default is what docs/economics.md counts: calls that write it, calls that find one's way
    back.
    """
    cost = economy.WRITING_CALLS + economy.ORIENTATION_CALLS
    assert DEFAULTS["breaker"]["least_calls"] == cost


def fill(home: Path, project: str, now: float = NOW) -> str:
    """Three handoffs at once; why that opened it."""
    reasons = [breaker.record_handoff(project, "s", 50, Config(), str(home), now) for _ in range(3)]
    assert reasons[:2] == ["", ""]
    return reasons[2]


def test_open_closed_and_forgotten(tmp_path: Path) -> None:
    """It stays open for half an hour, in its own project, over a restart; then what opened it does
    not count again. A clock that goes back closes it too.
    """
    home, project, other = str(tmp_path / "state"), str(tmp_path / "a"), str(tmp_path / "b")
    assert fill(tmp_path / "state", project) == "3 handoffs within 15 minutes"
    assert "3 handoffs within 15" in breaker.why_open(project, Config(), home, NOW + 1799)
    assert breaker.why_open(other, Config(), home, NOW) == ""
    assert breaker.why_open(project, Config(), home, NOW + 1800) == ""
    assert breaker.why_open(project, Config(), home, NOW - 5) == ""
    assert breaker.record_handoff(project, "s", 50, Config(), home, NOW + 1801) == ""
    assert len(breaker.handoffs(project, home)) == 1


def test_one_project_by_two_names(tmp_path: Path) -> None:
    """A link to the project is the project."""
    (tmp_path / "a").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "a")
    fill(tmp_path / "state", str(tmp_path / "link"))
    assert breaker.why_open(str(tmp_path / "a"), Config(), str(tmp_path / "state"), NOW)


def test_closed_by_hand(tmp_path: Path) -> None:
    """The user closes it, and what opened it is forgotten; a second time there is nothing."""
    home, project = str(tmp_path / "state"), str(tmp_path / "a")
    fill(tmp_path / "state", project)
    assert breaker.close(project, home) is True
    assert breaker.why_open(project, Config(), home, NOW) == ""
    assert breaker.close(project, home) is False


@pytest.mark.parametrize("content", ["", "[]", '{"ROOT": 7}', '{"ROOT": {"handoffs": [1, {}]}}',
                                     '{"ROOT": {"opened": "x"}}'])  # fmt: skip
def test_a_damaged_file(tmp_path: Path, content: str) -> None:
    """A file that says nothing is a closed breaker, and is written anew."""
    project = str(tmp_path)
    (tmp_path / "breaker.json").write_text(content.replace("ROOT", project))
    assert breaker.why_open(project, Config(), project, NOW) == ""
    assert breaker.record_handoff(project, "s", 50, Config(), project, NOW) == ""
    assert len(breaker.handoffs(project, project)) == 1


def hand_over(repo: Repo, session: str, *tokens: int, command: str = "") -> dict[str, Any]:
    """A session that climbs over the threshold and hands over; what the user is told at the end."""
    client = Client(repo, session)
    client.start()
    client.works(*tokens, command=command)
    assert "handoff write" in context(client("stop"))
    client.brief()
    answer = client("stop", stop_hook_active=True)
    client("session-end", reason="clear")
    return answer


BUSY = (*range(20_000, 206_000, 15_000), 206_000)


def test_three_handoffs_in_a_row(repo: Repo) -> None:
    """The third handoff within minutes says that it was the last one; the fourth session is told
    once, nothing is asked of it, and after `handoff session breaker --close` it hands over.
    """
    assert "No more" not in hand_over(repo, "s1", *BUSY)["systemMessage"]
    assert "No more" not in hand_over(repo, "s2", *BUSY)["systemMessage"]
    last = hand_over(repo, "s3", *BUSY)["systemMessage"]
    assert "Automatic handoffs are paused here for 30 minutes: 3 handoffs within 15" in last

    client = Client(repo, "s4")
    client.start()
    client.works(*BUSY)
    told = client("stop")
    assert context(told) == ""
    assert "automatic handoffs are paused until" in told["systemMessage"]
    assert client("stop") == {}
    shown = CliRunner().invoke(cli, ["session", "breaker"])
    assert "3 handoffs within 15 minutes" in shown.output
    assert (
        json.loads(CliRunner().invoke(cli, ["session", "breaker", "--json"]).output)["open"] is True
    )
    assert "is closed" in CliRunner().invoke(cli, ["session", "breaker", "--close"]).output
    client.works(207_000)
    assert "handoff write" in context(client("stop"))


def test_two_handoffs_without_work(repo: Repo) -> None:
    """Two sessions in a row that were full after no work open it: our own calls are none."""
    full = (20_000, 205_000)
    first = hand_over(repo, "s1", *full, command="handoff list")
    assert "No more" not in first["systemMessage"]
    last = hand_over(repo, "s2", *full, command="handoff list")["systemMessage"]
    assert "two handoffs in a row after only 0 and 0 tool calls" in last


def test_a_brief_by_hand_does_not_count(repo: Repo) -> None:
    """Whoever asks for briefs gets them."""
    for number in range(4):
        client = Client(repo, f"s{number}")
        client.start()
        client.works(20_000)
        client.brief()
        client("stop")
    assert not (repo.state / "breaker.json").exists()
