"""A user who may not start another process or thread: the brief is on disk all the same."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from .lab import LATER, SESSION, Place, Work, check_settled
from .scenarios import worked
from .writer import NOBODY

if TYPE_CHECKING:
    from .lab import Writer

# With one there is no git. With two there is one, which needs no thread to watch its time.
NO_GIT, JUST_GIT = 1, 2


def give_away(place: Place, memory: Path) -> None:
    """As root, have the place be the limited user's."""
    if os.getuid():
        return
    for parent in place.base.relative_to(memory).parents:
        (memory / parent).chmod(0o711)
    for folder, folders, names in os.walk(place.base.parent):
        for name in (".", *folders, *names):
            os.chown(Path(folder, name), NOBODY, NOBODY, follow_symlinks=False)
    place.base.parent.chmod(0o711)


def take_back(place: Place) -> None:
    """The place is this user's again."""
    for folder, folders, names in os.walk(place.base):
        for name in (".", *folders, *names):
            os.chown(Path(folder, name), os.getuid(), os.getgid(), follow_symlinks=False)


def check_uncommitted(place: Place, before: Work) -> None:
    """One brief is on disk, and nothing else has changed."""
    take_back(place)
    assert len(place.names("open")) == 1
    assert Work.of(place) == before
    check_log(place)


def check_log(place: Place) -> None:
    """Nothing went wrong that was not told."""
    log = place.state / "log" / "handoff.log"
    assert not log.exists(), log.read_text()


def test_a_brief_is_written(base: Path, memory: Path, writer: Writer) -> None:
    """`handoff write` says that git could not be started, and why; once it can, `handoff commit`
    puts the brief on the branch.
    """
    place = Place.new(base, writer)
    before = Work.of(place)
    give_away(place, memory)
    run = place.brief("New", "--session", SESSION, processes=NO_GIT)

    assert (run.code, run.err) == (0, "")
    reason = json.loads(run.out)["reason"]
    assert "git could not be started: no more processes or threads can be started" in reason
    check_uncommitted(place, before)
    assert place.run("commit").code == 0
    assert place.git("status", "--porcelain", "--", ".handoff") == ""


def test_a_snapshot_is_written(base: Path, memory: Path, writer: Writer) -> None:
    """Before a compaction it is written, and said when the user prompts next."""
    place = Place.new(base, writer)
    before = Work.of(place)
    worked(place)
    give_away(place, memory)
    run = place.hook("pre-compact", SESSION, fields={"trigger": "auto"}, processes=NO_GIT)

    assert (run.code, run.out) == (0, "")
    told = place.hook("user-prompt-submit", SESSION, fields={"prompt": "go on"})
    assert "git could not be started" in json.loads(told.out)["systemMessage"]
    check_uncommitted(place, before)


def test_one_process_is_enough_for_git(base: Path, memory: Path, writer: Writer) -> None:
    """A user who may start one more has the brief on the branch: no thread is started for git."""
    place = Place.new(base, writer)
    before = Work.of(place)
    give_away(place, memory)
    run = place.brief("New", "--session", SESSION, processes=JUST_GIT)

    assert (run.code, run.err) == (0, "")
    assert json.loads(run.out)["on_branch"]
    take_back(place)
    check_settled(place, before)
    check_log(place)


def test_one_process_is_enough_for_a_snapshot(base: Path, memory: Path, writer: Writer) -> None:
    """So has a hook that writes one."""
    place = Place.new(base, writer)
    worked(place)
    give_away(place, memory)
    run = place.hook("pre-compact", SESSION, fields={"trigger": "auto"}, processes=JUST_GIT)

    assert (run.code, run.out) == (0, "")
    told = place.hook("user-prompt-submit", SESSION, fields={"prompt": "go on"})
    assert "committed as" in json.loads(told.out)["systemMessage"]
    take_back(place)
    check_log(place)


@pytest.mark.parametrize("processes", [NO_GIT, JUST_GIT], ids=["no process", "one process"])
def test_a_brief_is_given(base: Path, memory: Path, writer: Writer, processes: int) -> None:
    """A session that starts then is given the brief that waits for it."""
    place = Place.new(base, writer)
    place.brief("New", "--session", SESSION)
    (brief,) = place.names("open")
    give_away(place, memory)
    run = place.hook("session-start", LATER, fields={"source": "startup"}, processes=processes)

    check_log(place)
    assert f'<handoff-brief id=\\"{brief}\\">' in run.out
