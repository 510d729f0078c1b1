"""A disk that is really full, under the whole product: repository, git's objects, state, temp.

`mechanism()` says what this machine lets us have: `tmpfs`, a file system of four megabytes in a
mount namespace of its own (as root, or by a user namespace), else `limit`, the kernel's limit on
the size of a file (RLIMIT_FSIZE). `HANDOFF_TEST_DISK=limit` asks for the second one.

`python -m fault.small_disk MECHANISM FOLDER` runs the scenarios with ever more room and checks each
of them; it prints `{runs, failed, full}`: how many commands ended with an error, and how many of
all runs said why.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from .lab import PYTHONPATH, Place, Work, Writer, check_settled, check_whole, debris
from .scenarios import SCENARIOS, goes_on, is_said_plainly

if TYPE_CHECKING:
    from .lab import Run
    from .scenarios import Scenario

TMPFS, LIMIT = "tmpfs", "limit"
MEANING = {
    TMPFS: "a small tmpfs in a mount namespace of its own",
    LIMIT: "a limit on the size of a file, in place of a tmpfs that cannot be mounted",
}
_SIZE = 4 << 20
_PAGE = 4096
_ROOM = {
    TMPFS: (0, 1, 2, 3, 4, 6, 8, 12, 16),  # pages; every file and folder takes one or more
    LIMIT: (1_000, 1_500, 2_000, 3_000, 6_000),  # bytes of a file
}
_WORDS = {TMPFS: "No space left on device", LIMIT: "File too large"}
_MOUNT = f'mount -t tmpfs -o size={_SIZE} tmpfs "$0" && exec "$@"'


@cache
def mechanism() -> str:
    """`tmpfs` if one can be mounted here, else `limit`."""
    if os.environ.get("HANDOFF_TEST_DISK") == LIMIT:
        return LIMIT
    return TMPFS if _namespace() else LIMIT


def run(base: Path) -> subprocess.CompletedProcess[str]:
    """All of it on a small disk at `base`, in a process of its own."""
    disk, outside = base / "disk", base / "outside"
    disk.mkdir(parents=True)
    outside.mkdir()
    command = [sys.executable, "-m", "fault.small_disk", mechanism(), str(disk)]
    if mechanism() == TMPFS:
        command = [*_namespace(), "sh", "-c", _MOUNT, str(disk), *command]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": PYTHONPATH, "HOME": str(outside)}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=300)


@cache
def _namespace() -> tuple[str, ...]:
    """The command in front of one that may mount, () if none works."""
    for more in ((), ("--map-root-user",)):
        command = ("unshare", "--mount", *more)
        trial = [*command, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        try:
            if subprocess.run(trial, capture_output=True, timeout=30).returncode == 0:
                return command
        except OSError:
            pass
    return ()


def _scenarios(kind: str, disk: Path) -> dict[str, int]:
    outside = Path(os.environ["HOME"])
    writer = Writer(outside)
    warm = Place.new(outside / "warm", writer)
    writer.ask(warm.order("write", stdin="# Warm\n\n## Task\n\nDo it.\n", do="warm"))
    counts = {"runs": 0, "failed": 0, "full": 0}
    for scenario in SCENARIOS:
        place = scenario.place(disk / "place", writer)
        before, known = Work.of(place), place.names("open") | place.names("done")
        saved = outside / "saved"
        shutil.copytree(place.base, saved, symlinks=True)
        for room in _ROOM[kind]:
            shutil.rmtree(place.base)
            shutil.copytree(saved, place.base, symlinks=True)
            try:
                ran = _crowded(kind, room, scenario, place, outside)
                _check(kind, ran, scenario, place, before, known)
            except AssertionError as error:
                raise AssertionError(f"{scenario.name}, {room} of room: {error}") from error
            counts["runs"] += 1
            counts["failed"] += ran.code != 0
            counts["full"] += _WORDS[kind] in ran.out + ran.err
        shutil.rmtree(place.base)
        shutil.rmtree(saved)
    writer.close()
    return counts


def _crowded(kind: str, room: int, scenario: Scenario, place: Place, outside: Path) -> Run:
    """A run with so little room, which is there again afterwards."""
    more = {"chance": 100, "base": str(outside / "run")}
    if kind == LIMIT:
        return scenario.run(place, limit=room, **more)
    ballast = place.base.parent / "ballast"
    with ballast.open("wb") as file:
        free = os.statvfs(place.base).f_bavail
        os.posix_fallocate(file.fileno(), 0, max(1, free - room) * _PAGE)
    try:
        return scenario.run(place, **more)
    finally:
        ballast.unlink()


def _check(
    kind: str, ran: Run, scenario: Scenario, place: Place, before: Work, known: set[str]
) -> None:
    """Nothing partial, said plainly; the next start and the same command work."""
    is_said_plainly(ran)
    assert ran.code == 0 or _WORDS[kind] in ran.err, ran.err
    if ran.out.strip() and scenario.name != "a task is done":
        json.loads(ran.out)
    check_whole(place, before)
    assert place.names("open") | place.names("done") >= known
    for path in place.state.rglob("*.json"):
        json.loads(path.read_bytes())
    if "<handoff-brief" in ran.out:
        assert list((place.state / "claims").glob("*.json"))
    goes_on(place, scenario, known)
    landed = place.run("commit", chance=300)  # what git had no room for
    assert landed.code == 0, landed.err
    check_settled(place, before)
    assert not debris(place)


if __name__ == "__main__":
    print(json.dumps(_scenarios(sys.argv[1], Path(sys.argv[2]))))
