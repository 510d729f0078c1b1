"""git itself is killed while it holds the index, with whoever started it or alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .lab import LATER, SESSION, Place, Work, check_settled

if TYPE_CHECKING:
    from pathlib import Path

    from .lab import Writer

# The brief's clean filter: git runs it to store the brief, and again with the index locked.
_FILTER = """#!/bin/sh
cat
[ -e .git/index.lock ] || exit 0
[ -e {done} ] && exit 0
touch {done}
git=$PPID
{kill}
"""
_PARENT = "kill -9 $(ps -o ppid= -p $git)\n"


@pytest.mark.parametrize("both", [True, False], ids=["with its caller", "alone"])
def test_killed_with_the_index_locked(base: Path, writer: Writer, *, both: bool) -> None:
    """The lock that a killed git leaves is git's own, and stays the user's to remove, as after any
    kill of git. Until then briefs are kept at a ref, which is said; the index and the branch are as
    they were. After that all of it comes onto the branch.
    """
    place = Place.new(base, writer)
    before = Work.of(place)
    tool = place.base / "filter"
    kill = (_PARENT if both else "") + "kill -9 $git"
    tool.write_text(_FILTER.format(done=place.base / "killed", kill=kill))
    tool.chmod(0o755)
    place.git("config", "filter.kill.clean", str(tool))
    (place.root / ".git" / "info").mkdir(exist_ok=True)
    (place.root / ".git" / "info" / "attributes").write_text(".handoff/open/*.md filter=kill\n")

    run = place.brief("New", "--session", SESSION, chance=100)

    assert (place.base / "killed").exists()
    assert run.code == (-9 if both else 0)
    lock = place.root / ".git" / "index.lock"
    assert lock.exists()
    assert Work.of(place) == before
    new = place.names("open")
    assert len(new) == 1

    other = place.brief("Other", "--session", LATER, chance=200)

    assert other.code == 0
    assert f"another git process holds {lock}" in other.out
    assert place.git("for-each-ref", "refs/handoff").count("\n") == 2
    lock.unlink()
    assert place.run("commit").code == 0
    assert place.names("open") > new
    check_settled(place, before)
