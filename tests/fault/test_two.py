"""Two processes: one is stopped at every step of its work while another does all of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .lab import LATER, Work, check_settled, check_whole
from .scenarios import SCENARIOS
from .steps import GIT_ENDED, GIT_RUNS, READING, Fault

if TYPE_CHECKING:
    from pathlib import Path

    from .lab import Place, Run, Writer

REPLACES, DONE = SCENARIOS[0], SCENARIOS[2]
NEXT = "33333333-cccc-4ccc-8ccc-333333333333"
# The other does not wait half a minute for its turn: then it goes on without, the worse case.
IMPATIENT = {
    "handoff.git.commit._TURN_SECONDS": 0.01,
    "handoff.store.brief_files._TURN_SECONDS": 0.01,
}
_UNSEEN = (GIT_RUNS, GIT_ENDED, "write", "fsync")


OTHERS = ("writes another", "finishes the same", "finishes the new one")


@pytest.mark.parametrize("other", OTHERS)
def test_another_process_at_every_step(base: Path, writer: Writer, other: str) -> None:
    """Whatever the one was about to do: both end, no brief is lost or in two places, all are on the
    branch, one commit after the other.
    """
    scenario = DONE if other == "finishes the same" else REPLACES
    place = scenario.place(base, writer)
    before = Work.of(place)
    place.save()
    steps = scenario.run(place, clock=0).steps
    expected = len(place.names("open") | place.names("done")) + (other == "writes another")
    stopped = 0
    for at, step in enumerate(steps, 1):
        if step in _UNSEEN or step.startswith(READING):
            continue  # to others it is as the step before or after it
        place.restore()
        try:
            first = scenario.run(place, clock=0, fault=Fault(at, "pause"))
            assert first.code is None
            second = _do_all(place, other)
            first = place.resume()
            _check(place, before, expected, [first.code, second.code])
        except AssertionError as error:
            raise AssertionError(f"stopped at step {at}, {step}: {error}") from error
        stopped += 1
    assert stopped > 20


def _do_all(place: Place, other: str) -> Run:
    if other == "writes another":
        return place.brief("Other", "--session", LATER, clock=0, patch=IMPATIENT)
    name = "old" if other == "finishes the same" else "new"
    return place.run("done", name, "--outcome", "By the other.", clock=0, patch=IMPATIENT)


def _check(place: Place, before: Work, expected: int, codes: list[int | None]) -> None:
    check_whole(place, before)
    # Who comes too late for a brief, or too early, is told so.
    assert 0 in codes
    assert set(codes) == {0} or (set(codes) == {0, 1} and expected < 3)
    there = place.names("open") | place.names("done")
    assert len(there) == expected
    assert place.hook("session-start", NEXT, fields={"source": "startup"}, clock=0).code == 0
    check_settled(place, before)
    assert place.names("open") | place.names("done") == there
