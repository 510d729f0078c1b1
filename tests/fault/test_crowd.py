"""Fifty processes in one repository, each writing, claiming and finishing ten briefs."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from typing import TYPE_CHECKING

from handoff.git import commit

from .lab import PYTHONPATH, Place, Work, check_settled

if TYPE_CHECKING:
    from pathlib import Path

    from .lab import Writer

PROCESSES, BRIEFS = 50, 10
SECONDS = 300  # two idle cores take less than one


def test_fifty_processes_and_five_hundred_briefs(base: Path, writer: Writer) -> None:
    """None lost, none twice, all on the branch, the history linear, nothing left lying about."""
    place = Place.new(base, writer)
    before = Work.of(place)
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "fault.crowd", str(PROCESSES), str(BRIEFS)],
        cwd=place.root,
        env={**place.env, "PYTHONPATH": PYTHONPATH},
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    took = time.monotonic() - begun
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)

    wrote = {brief for one in told for brief in one["wrote"]}
    claimed = Counter(brief for one in told for brief in one["claimed"])
    assert len(wrote) == PROCESSES * BRIEFS
    assert claimed == Counter(wrote)
    # A brief that was finished before its own commit went onto the branch with that.
    assert {reason for one in told for reason in one["wrote_off"]} <= {commit.OVERTAKEN}
    assert [reason for one in told for reason in one["done_off"]] == []
    assert (place.names("open"), place.names("done")) == (set(), wrote)
    log = place.git("log", "--format=", "--name-status", "--no-renames").split("\n")
    for brief in wrote:
        path = f".handoff/done/{brief}.md"
        text = (place.root / path).read_text()
        owner = next(one["session"] for one in told if brief in one["claimed"])
        assert text.count(f"By {owner}.") == text.count("## Outcome") == 1
        assert log.count(f"A\t{path}") == 1
    assert place.git("for-each-ref", "refs/handoff") == ""
    check_settled(place, before)
    print(f"{PROCESSES * BRIEFS} briefs in {took:.0f} s")
