"""The disk is full for real: what `small_disk` can have of the kernel here."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from . import small_disk

if TYPE_CHECKING:
    from pathlib import Path


def test_a_disk_that_is_full(base: Path) -> None:
    """Writer, hooks, ledger, claims and git run out of room at different points: nothing is
    partial, each says so, and when there is room again the next run finishes it.
    """
    done = small_disk.run(base)

    assert done.returncode == 0, done.stderr[-3000:]
    counts = json.loads(done.stdout)
    assert counts["runs"] >= 20
    assert counts["failed"] >= 4
    assert counts["full"] >= counts["failed"]
