"""What is remembered of a session: once, whole, and never a reason to stop."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from handoff.base import locks
from handoff.base.errors import HandoffError
from handoff.session import handoff_transitions, state
from support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

LIBRARY = ROOT / "plugin"
SESSION = "0f1e2d3c-aaaa-4bbb-8ccc-1234567890ab"
FIRE = """
import sys
sys.path.insert(0, sys.argv[1])
from handoff.session import handoff_transitions
fire = handoff_transitions.fire_once
print(sum(bool(fire(sys.argv[2], sys.argv[3], f"line-{n}", n)) for n in range(20)))
"""
COUNT = """
import sys
sys.path.insert(0, sys.argv[1])
from handoff.session import state
for _ in range(20):
    state.update(sys.argv[2], sys.argv[3], lambda s: s.values.update(n=s.values.get("n", 0) + 1))
"""


def file_of(home: Path) -> Path:
    """The session's state file."""
    return home / "sessions" / f"{SESSION}.json"


def run_eight(script: str, home: Path) -> list[str]:
    """Run a script in eight processes at a time; what they print."""
    command = [sys.executable, "-I", "-S", "-c", script, str(LIBRARY), str(home), SESSION]
    with ThreadPoolExecutor(8) as pool:
        done = list(
            pool.map(
                lambda _: subprocess.run(command, capture_output=True, text=True, timeout=60),
                range(8),
            )
        )
    assert [run.stderr for run in done] == [""] * 8
    return [run.stdout for run in done]


def test_a_line_fires_once_in_eight_processes(tmp_path: Path) -> None:
    """Hooks of one event run beside each other: each threshold fires in exactly one of them."""
    printed = run_eight(FIRE, tmp_path)

    assert sum(map(int, printed)) == 20
    assert state.load(str(tmp_path), SESSION).fired == {f"line-{n}": n for n in range(20)}


def test_no_update_of_eight_processes_is_lost(tmp_path: Path) -> None:
    """Reading and writing are one step under the lock: 160 additions are 160."""
    run_eight(COUNT, tmp_path)

    assert state.load(str(tmp_path), SESSION).values["n"] == 160


def test_a_line_that_fires_says_whether_it_was_first(tmp_path: Path) -> None:
    """The first is given the new state; the second changes nothing."""
    home = str(tmp_path)

    assert handoff_transitions.fire_once(home, SESSION, "warn", 120_000)
    assert not handoff_transitions.fire_once(home, SESSION, "warn", 130_000)
    assert handoff_transitions.fire_once(home, SESSION, "handoff", 200_000)
    session_state = state.load(home, SESSION)
    assert session_state.fired == {"warn": 120_000, "handoff": 200_000}


def test_a_new_cycle_forgets_what_fired_and_nothing_else(tmp_path: Path) -> None:
    """After a compaction each threshold may fire again; the session stays known."""
    home = str(tmp_path)
    handoff_transitions.order_handoff(home, SESSION, 200_000, {}, at=1.0, trigger="context")
    given = {"project": "/p", "first_tokens": 5, "briefs": [{"id": "b"}]}
    state.update(home, SESSION, lambda session: session.values.update(given))

    state.update(home, SESSION, lambda session: handoff_transitions.forget_cycle(session, 4096))

    session_state = state.load(home, SESSION)
    assert session_state.fired == {}
    assert (session_state.asked_at, session_state.first_tokens) == (None, None)
    assert session_state.cycle_offset == 4096
    assert (session_state.project, session_state.briefs) == ("/p", [{"id": "b"}])
    assert handoff_transitions.fire_once(home, SESSION, "handoff", 210_000)


def test_a_change_that_declines_saves_nothing(tmp_path: Path) -> None:
    """A change that returns False leaves the file as it was, here: not there."""
    assert state.update(str(tmp_path), SESSION, lambda _: False) is None
    assert not file_of(tmp_path).exists()


def test_a_change_that_fails_saves_nothing_and_frees_the_lock(tmp_path: Path) -> None:
    """An exception leaves the previous state, and the next update does not wait."""

    def fail(session: state.SessionState) -> None:
        session.project = "half"
        raise RuntimeError

    handoff_transitions.fire_once(str(tmp_path), SESSION, "warn", 1)
    before = file_of(tmp_path).read_bytes()

    with pytest.raises(RuntimeError):
        state.update(str(tmp_path), SESSION, fail)

    assert file_of(tmp_path).read_bytes() == before
    assert handoff_transitions.fire_once(str(tmp_path), SESSION, "handoff", 2)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b'{"fired": {"handoff": 2', b"[1]", b"null", b"17", b"\xff", b"\0" * 4096,
     b"[" * 100_000, b'{"a": 1}{"b": 2}'],
)  # fmt: skip
def test_a_broken_state_file_is_moved_aside(content: bytes, tmp_path: Path) -> None:
    """It is kept for a person to look at, named `.broken`, and the session starts afresh."""
    path = file_of(tmp_path)
    path.parent.mkdir()
    path.write_bytes(content)

    assert not state.load(str(tmp_path), SESSION).is_known
    assert path.with_name(path.name + ".broken").read_bytes() == content
    assert handoff_transitions.fire_once(str(tmp_path), SESSION, "warn", 1)
    assert state.load(str(tmp_path), SESSION).fired == {"warn": 1}


def test_a_folder_in_the_place_of_the_state_is_moved_aside(tmp_path: Path) -> None:
    """What cannot be read as a file is out of the way as well."""
    file_of(tmp_path).mkdir(parents=True)

    assert handoff_transitions.fire_once(str(tmp_path), SESSION, "warn", 1)
    assert file_of(tmp_path).is_file()


@pytest.mark.parametrize(
    "session_id", ["", ".", "..", "../x", "a/b", "a\0b", "é", "a" * 129, "a b"]
)
def test_an_id_that_is_none_has_no_state(session_id: str, tmp_path: Path) -> None:
    """Nothing is read or written for it, inside the state directory or outside."""
    home = tmp_path / "home"
    home.mkdir()

    assert not state.load(str(home), session_id).is_known
    assert not handoff_transitions.fire_once(str(home), session_id, "warn", 1)
    assert list(tmp_path.rglob("*")) == [home]


def test_a_lock_that_is_held_is_waited_for_a_limited_time(tmp_path: Path) -> None:
    """Another process that hangs with the lock costs a hook its time limit, not for ever."""
    path = tmp_path / "locks" / SESSION
    path.parent.mkdir()
    with path.open("w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        began = time.monotonic()

        with (
            pytest.raises(HandoffError, match="has been locked by another"),
            locks.Lock(str(path), 0.2),
        ):
            raise AssertionError("the lock was given twice")

        assert 0.2 <= time.monotonic() - began < locks.LOCK_SECONDS
    with locks.Lock(str(path)):
        pass  # free again: who gave up while it was held lets go of it as soon as it is given


def test_a_dead_process_holds_no_lock(tmp_path: Path) -> None:
    """A process that was killed with the lock leaves nothing to wait for."""
    path = str(tmp_path / "lock")
    script = (
        "import fcntl, os, sys, time\n"
        f"file = open({path!r}, 'w')\n"
        "fcntl.flock(file, fcntl.LOCK_EX)\n"
        "print('held', flush=True)\n"
        "time.sleep(60)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"held\n"
        with pytest.raises(HandoffError), locks.Lock(path, 0):
            raise AssertionError("the lock was given twice")
        child.kill()
        child.wait()

        with locks.Lock(path, 0):
            pass


def test_a_try_leaves_nobody_in_the_queue(tmp_path: Path) -> None:
    """Who does not wait at all keeps no descriptor that the lock could be given to later."""
    path = tmp_path / "lock"
    with path.open("w") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        before = os.listdir("/dev/fd")

        with pytest.raises(HandoffError), locks.Lock(str(path), 0):
            raise AssertionError("the lock was given twice")

        assert len(os.listdir("/dev/fd")) == len(before)


def test_a_new_state_directory_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Whichever folder in it is made first: the state directory itself has mode 0700."""
    home = tmp_path / "new" / "handoff"
    handoff_transitions.fire_once(str(home), SESSION, "warn", 1)

    assert home.stat().st_mode & 0o777 == 0o700


def test_the_state_is_for_its_owner_alone(tmp_path: Path) -> None:
    """Prompts and paths of a session are nobody else's: 0700 for folders, 0600 for files."""
    home = tmp_path / "new"
    handoff_transitions.fire_once(str(home), SESSION, "warn", 1)

    assert {path.stat().st_mode & 0o777 for path in home.rglob("*") if path.is_dir()} == {0o700}
    assert {path.stat().st_mode & 0o777 for path in home.rglob("*") if path.is_file()} == {0o600}


def test_nothing_but_the_state_is_left_behind(tmp_path: Path) -> None:
    """Temporary files do not pile up."""
    for number in range(5):
        handoff_transitions.fire_once(str(tmp_path), SESSION, str(number), number)

    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == sorted(
        [SESSION, f"{SESSION}.json"]
    )


def test_a_failed_write_leaves_the_file_and_no_debris(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk at any step: the previous state stays whole, the temporary file goes."""
    home = str(tmp_path)
    handoff_transitions.fire_once(home, SESSION, "warn", 1)
    before = file_of(tmp_path).read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for step in ("fsync", "replace"):
        with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
            patch.setattr(os, step, full)
            handoff_transitions.fire_once(home, SESSION, "handoff", 2)

        assert file_of(tmp_path).read_bytes() == before
        assert [path.name for path in file_of(tmp_path).parent.iterdir()] == [f"{SESSION}.json"]


@pytest.mark.parametrize(
    "values",
    [
        {"fired": []},
        {"fired": "x"},
        {"asked_at": "x", "brief_count": [], "cycle_offset": "x", "first_tokens": "x"},
        {"briefs": "x", "project": 7},
        {"briefs": [None, 1, "x", []]},
    ],
)
def test_values_of_the_wrong_kind_read_as_empty(values: dict[str, object], tmp_path: Path) -> None:
    """What another version or a person wrote is not believed, and does not raise."""
    file_of(tmp_path).parent.mkdir()
    file_of(tmp_path).write_text(json.dumps(values))

    session_state = state.load(str(tmp_path), SESSION)

    assert (session_state.fired, session_state.briefs, session_state.first_tokens) == ({}, [], None)
    assert (session_state.asked_at, session_state.brief_count, session_state.cycle_offset) == (
        None,
        0,
        0,
    )
    assert (session_state.project, session_state.last_brief, session_state.brief_of_cycle) == (
        "",
        {},
        {},
    )
