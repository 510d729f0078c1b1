"""The disk is full, may not be written or fails, from any step on: said plainly, nothing lost."""

from __future__ import annotations

import errno
import re
from typing import TYPE_CHECKING

import pytest

from .lab import Work, age_debris, check_settled, check_whole
from .scenarios import SCENARIOS, goes_on, is_said_plainly
from .steps import GIT_RUNS, Fault

if TYPE_CHECKING:
    from pathlib import Path

    from .lab import Place, Writer
    from .scenarios import Scenario

REPLACES, DONE = SCENARIOS[0], SCENARIOS[2]
FULL, DENIED, READ_ONLY, BROKEN = errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO


@pytest.mark.parametrize(
    ("scenario", "number", "stays"),
    [(REPLACES, FULL, True), (REPLACES, BROKEN, False), (DONE, DENIED, True)],
    ids=["a full disk", "a failure that passes", "a disk that is taken away"],
)
def test_errors_from_every_step_on(
    base: Path, writer: Writer, scenario: Scenario, number: int, *, stays: bool
) -> None:
    """From each step on every write and every git fails (or that step alone does): the command
    ends with a message or its result, no bug; afterwards the same holds as after a kill.
    """
    place = scenario.place(base, writer)
    before, known = Work.of(place), place.names("open") | place.names("done")
    place.save()
    steps = scenario.run(place, chance=100).steps
    failed = 0
    for at, step in enumerate(steps, 1):
        if step == GIT_RUNS or (stays and at % 2):
            continue  # nothing of ours fails there; or the next step is as good
        place.restore()
        run = scenario.run(place, chance=100, fault=Fault(at, "error", number, stays))
        try:
            failed += run.code != 0
            is_said_plainly(run)
            check_whole(place, before)
            assert place.names("open") | place.names("done") >= known
            if at % 4 < 2:  # some of them to the end
                goes_on(place, scenario, known)
        except AssertionError as error:
            raise AssertionError(f"failed at step {at}, {step}: {error}") from error
    assert failed > 5


def test_a_read_only_folder(base: Path, writer: Writer) -> None:
    """Where `.handoff/open` cannot be written it is named, nothing is left to be tried again, and
    when it can be the same command works.
    """
    place = REPLACES.place(base, writer)
    before, known = Work.of(place), place.names("open")
    steps = REPLACES.run(_saved(place), chance=100).steps
    place.restore()
    at = next(i for i, step in enumerate(steps, 1) if re.search(r"open .*/\.handoff/open/", step))

    run = REPLACES.run(place, chance=100, fault=Fault(at, "error", READ_ONLY))

    assert run.code == 1
    assert "/.handoff/open/" in run.err
    assert "Read-only file system" in run.err
    assert not list((place.state / "pending").iterdir())
    assert place.names("open") == known
    assert REPLACES.run(place, chance=200).code == 0
    check_settled(place, before)


def test_git_fails_and_the_brief_stands(base: Path, writer: Writer) -> None:
    """Whichever git is killed before it does anything, the brief is written; without a commit that
    is told, with the reason.
    """
    place = REPLACES.place(base, writer)
    before = Work.of(place)
    steps = REPLACES.run(_saved(place), chance=100).steps
    commit = next(i for i, step in enumerate(steps, 1) if step.startswith("git unpack-objects"))
    place.restore()

    run = REPLACES.run(place, chance=100, fault=Fault(commit, "error", errno.EAGAIN))

    assert run.code == 0
    assert '"commit": ""' in run.out
    assert "Resource temporarily unavailable" in run.out
    assert len(place.names("open")) == 1
    check_whole(place, before)


def test_the_clock_goes_back(base: Path, writer: Writer) -> None:
    """After a clock that was set back by a year the next brief still replaces the one before, and
    debris of the future is swept.
    """
    place = REPLACES.place(base, writer)
    before, known = Work.of(place), place.names("open")
    age_debris(place)
    earlier = 1_795_000_000.0 - 365 * 86_400
    killed = _saved(place)
    steps = REPLACES.run(killed, chance=100).steps
    place.restore()
    half = next(i for i, s in enumerate(steps, 1) if s == "write half" and "open/" in steps[i - 3])
    assert REPLACES.run(place, chance=100, fault=Fault(half)).code == -9

    assert REPLACES.run(place, chance=200, clock=earlier).code == 0

    assert len(place.names("open")) == 1
    assert place.names("done") >= known
    check_settled(place, before)


def _saved(place: Place) -> Place:
    place.save()
    return place
