"""git itself is killed while it holds the index, with whoever started it or alone."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from .lab import LATER, SESSION, Place, Work, check_settled

if TYPE_CHECKING:
    from pathlib import Path

    from .lab import Writer

# In place of the git that handoff starts to change the index: it takes the lock, and is killed.
_GIT = """#!/bin/sh
case "$* " in *core.hooksPath=/dev/null*" update-index "*)
  if ! [ -e {killed} ]; then touch {killed} {lock}; {kill}; fi ;;
esac
exec {git} "$@"
"""


@pytest.mark.parametrize("both", [True, False], ids=["with its caller", "alone"])
def test_killed_with_the_index_locked(
    base: Path, writer: Writer, monkeypatch: pytest.MonkeyPatch, *, both: bool
) -> None:
    """The lock that a killed git leaves is git's own, and stays the user's to remove, as after any
    kill of git. Until then briefs are kept at a ref, which is said; the index and the branch are as
    they were. After that all of it comes onto the branch.
    """
    place = Place.new(base, writer)
    before = Work.of(place)
    lock = place.root / ".git" / "index.lock"
    program = place.base / "bin" / "git"
    program.parent.mkdir()
    kill = "kill -9 $PPID $$" if both else "kill -9 $$"
    killed = place.base / "killed"
    program.write_text(_GIT.format(killed=killed, lock=lock, kill=kill, git=shutil.which("git")))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}{os.pathsep}{os.environ['PATH']}")

    run = place.brief("New", "--session", SESSION, chance=100)

    assert killed.exists()
    assert run.code == (-9 if both else 0)
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
