"""What the next start does with what a killed process left, and with what is not its business."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from handoff.base import file_io
from handoff.store import brief_files, journal, ledger

from .lab import CLOCK, LATER, SESSION, Place, Work, check_settled
from .scenarios import SCENARIOS
from .steps import Fault

if TYPE_CHECKING:
    from pathlib import Path

    from .lab import Writer

NEXT = "33333333-cccc-4ccc-8ccc-333333333333"
MINUTES = 120.0


def test_only_our_own_debris_is_swept(base: Path) -> None:
    """Temporary files of processes that are gone go when they are a minute old; those of living
    processes, young ones and everything else stay.
    """
    base.mkdir()
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    names = {
        f".a.md.{gone.pid}.tmp": False,
        f".b.md.{os.getpid()}.tmp": True,
        f"c.md.{gone.pid}.tmp": True,
        ".d.md.tmp": True,
        ".e.md.1x.tmp": True,
        f".f.md.{gone.pid}.swp": True,
    }
    for name in names:
        (base / name).touch()
        os.utime(base / name, (CLOCK - MINUTES, CLOCK - MINUTES))
    young = base / f".g.md.{gone.pid}.tmp"
    young.touch()
    os.utime(young, (CLOCK - 1, CLOCK - 1))

    file_io.sweep(str(base), CLOCK)

    kept = {path.name for path in base.iterdir()}
    assert kept == {name for name, stays in names.items() if stays} | {young.name}


def test_a_line_after_one_that_was_cut(base: Path) -> None:
    """A ledger whose last line a full disk cut off loses that line, not the next one."""
    entry = ledger.Entry("0" * 64, "a", "repo", "repo", "s", 1.0)
    ledger.record(str(base), entry)
    path = base / "ledger.jsonl"
    path.write_bytes(path.read_bytes() + b'{"sha256": "11')

    ledger.record(str(base), ledger.Entry("2" * 64, "b", "repo", "repo", "s", 2.0))

    assert set(ledger.own_entries(str(base), "repo")) == {"0" * 64, "2" * 64}


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"put": 1}', b"\xff{"])
def test_an_entry_that_cannot_be_read(base: Path, content: bytes) -> None:
    """It is moved aside and noted, once; others are still found."""
    pending = base / journal.FOLDER
    pending.mkdir(parents=True)
    (pending / "a.json").write_bytes(content)
    with journal.begin(str(base), journal.Change("/r", "b", "m", {"p": b"\xff"}, {})):
        assert list(journal.read_left(str(base))) == []  # its owner lives

    changes = [entry.change for entry in journal.read_left(str(base))]

    assert changes == [journal.Change("/r", "b", "m", {"p": b"\xff"}, {})]
    assert (pending / "a.json.broken").read_bytes() == content
    assert (base / "log" / "handoff.log").read_text().count("cannot be read") == 1


OPEN, FINISHED = ".handoff/open/a.md", ".handoff/done/a.md"


@pytest.mark.parametrize(
    ("there", "put", "take", "left"),
    [
        ({}, {OPEN: b"new"}, {}, {OPEN: b"new"}),
        ({OPEN: b"the user's"}, {OPEN: b"new"}, {}, {OPEN: b"the user's"}),
        ({FINISHED: b"done"}, {OPEN: b"new"}, {}, {FINISHED: b"done"}),
        ({OPEN: b"old"}, {FINISHED: b"done"}, {OPEN: b"old"}, {FINISHED: b"done"}),
        ({OPEN: b"edited"}, {FINISHED: b"done"}, {OPEN: b"old"}, {OPEN: b"edited"}),
        ({}, {FINISHED: b"done"}, {OPEN: b"old"}, {}),
        (
            {OPEN: b"old", FINISHED: b"done"},
            {FINISHED: b"done"},
            {OPEN: b"old"},
            {FINISHED: b"done"},
        ),
    ],
    ids=["new", "in the way", "finished since", "moved", "edited", "removed", "half moved"],
)
def test_what_the_user_did_meanwhile_stands(
    base: Path,
    there: dict[str, bytes],
    put: dict[str, bytes],
    take: dict[str, bytes],
    left: dict[str, bytes],
) -> None:
    """Finishing a change is as good twice as once, and undoes nothing that came after it."""
    for path, raw in there.items():
        (base / path).parent.mkdir(parents=True)
        (base / path).write_bytes(raw)
    base.mkdir(exist_ok=True)

    def finish() -> dict[str, bytes | None]:
        held = brief_files.put_files(str(base), put, take)
        brief_files.remove_unchanged(str(base), {path: take[path] for path in take if path in held})
        return held

    first = finish()
    again = finish()

    files = (base / ".handoff").rglob("*.md")
    assert {str(path.relative_to(base)): path.read_bytes() for path in files} == left
    assert first == again
    assert all(left.get(path) == raw for path, raw in first.items())


def test_a_start_elsewhere_finishes_it(base: Path, writer: Writer) -> None:
    """A session in another folder finishes what was begun; one that the journal holds while its
    repository is away is noted and stays for a month.
    """
    scenario = SCENARIOS[0]
    place = scenario.place(base, writer)
    before = Work.of(place)
    place.save()
    steps = scenario.run(place, chance=100).steps
    place.restore()
    at = next(i for i, step in enumerate(steps, 1) if step.startswith("git unpack-objects"))
    assert scenario.run(place, chance=100, fault=Fault(at)).code == -9
    (entry,) = (place.state / "pending").glob("*.json")
    away = place.root.with_name("away")
    elsewhere = place.base / "elsewhere"
    elsewhere.mkdir()

    def start(session: str, clock: float) -> None:
        payload = json.dumps({"session_id": session, "cwd": str(elsewhere), "source": "startup"})
        done = place.run("hook", "session-start", stdin=payload, cwd=str(elsewhere), clock=clock)
        assert done.code == 0

    place.root.rename(away)
    start(NEXT, CLOCK)
    assert entry.exists()
    log = place.state / "log" / "handoff.log"
    assert "the folder is gone" in log.read_text()
    log.unlink()
    away.rename(place.root)
    start(LATER, CLOCK)

    check_settled(place, before)
    assert len(place.names("open")) == 1


def test_given_up_after_a_month(base: Path, writer: Writer) -> None:
    """An entry of a repository that is gone for good is moved aside; its bytes are kept."""
    place = Place.new(base, writer)
    with journal.begin(
        str(place.state), journal.Change(str(base / "gone"), "a", "m", {OPEN: b"text"}, {})
    ):
        pass
    (entry,) = (place.state / "pending").iterdir()
    os.utime(entry, (CLOCK - 31 * 86_400, CLOCK - 31 * 86_400))

    place.hook("session-start", SESSION, fields={"source": "startup"})

    assert [path.name for path in (place.state / "pending").iterdir()] == [f"{entry.name}.broken"]
    assert b"text" in (place.state / "pending" / f"{entry.name}.broken").read_bytes()
