"""A process that writes is killed at every step: nothing is lost, and the next start fixes it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from .lab import Work, age_debris, check_settled, check_whole, debris
from .scenarios import SCENARIOS, Scenario
from .steps import GIT_ENDED, GIT_RUNS, READING, Fault

if TYPE_CHECKING:
    from pathlib import Path

    from .lab import Place, Writer

NEXT = "33333333-cccc-4ccc-8ccc-333333333333"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.name)
def test_killed_at_every_step(base: Path, writer: Writer, scenario: Scenario) -> None:
    """After a kill at any step: git sound, the user's work as it was, every brief whole and in
    place; after the next start all of it is committed and nothing lies about; the same command
    succeeds again (tried for every third of the states that a kill left).
    """
    place = scenario.place(base, writer)
    before, known = Work.of(place), place.names("open") | place.names("done")
    place.save()
    steps = scenario.run(place, chance=100)
    assert steps.code == 0, steps.err
    check_whole(place, before)
    seen = {place.fingerprint()}
    for number, step in enumerate(steps.steps, 1):
        is_reading = f"{steps.steps[number - 2]} {step}".startswith(READING)
        if step == GIT_ENDED or step.startswith(READING) or (step == GIT_RUNS and is_reading):
            continue  # nobody can tell that from the moment before the next step
        place.restore()
        killed = scenario.run(place, chance=100, fault=Fault(number))
        assert killed.code == -9, f"step {number} was not reached: {step}"
        fingerprint = place.fingerprint()
        if fingerprint not in seen:
            seen.add(fingerprint)
            try:
                _fixes_itself(place, scenario, before, known, to_the_end=len(seen) % 3 == 0)
            except AssertionError as error:
                moment = f"killed before step {number}, {step}: {error}"
                raise AssertionError(moment) from error
    assert len(seen) > scenario.states


def _fixes_itself(
    place: Place, scenario: Scenario, before: Work, known: set[str], *, to_the_end: bool
) -> None:
    check_whole(place, before)
    there = place.names("open") | place.names("done")
    assert there >= known
    entered = [json.loads(p.read_bytes()) for p in (place.state / "pending").glob("*.json")]
    age_debris(place)

    assert place.hook("session-start", NEXT, fields={"source": "startup"}).code == 0

    check_settled(place, before)
    there |= {entry["id"] for entry in entered}
    assert place.names("open") | place.names("done") >= there
    assert debris(place) == []
    if not to_the_end:
        return
    again = scenario.run(place, chance=200)
    assert again.code == 0 or (not scenario.can_repeat and place.names("done") >= known), again
    check_settled(place, before)
    assert place.names("open") | place.names("done") >= there
    assert debris(place) == []
