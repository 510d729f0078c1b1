"""The verbs that take briefs away or move them are killed at every step: no text is ever lost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from .lab import SESSION, Place, Work, age_debris, check_whole, debris
from .steps import GIT_ENDED, Fault

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from .lab import Run, Writer

NEXT = "33333333-cccc-4ccc-8ccc-333333333333"


@dataclass(frozen=True)
class Verb:
    """`prepare` makes the state before, `argv` is what is broken; `end` must hold when it is done:
    the briefs in `open`, in `done`, and how many refs keep any.
    """

    name: str
    prepare: Callable[[Place], object]
    argv: tuple[str, ...]
    end: tuple[int, int, int]


def _two(place: Place) -> None:
    for title in ("Old", "Other"):
        assert place.brief(title, "--kind", "task", "--session", SESSION, chance=1).code == 0


def _beside(place: Place) -> None:
    """One brief is kept at a ref alone, and finished on another."""
    place.git("checkout", "--quiet", "--detach")
    _two(place)
    assert place.run("done", "other", "--outcome", "Done.", chance=3).code == 0
    (gone,) = (place.root / ".handoff" / "open").glob("*.md")
    gone.unlink()
    place.git("checkout", "--quiet", "main")


def _edited(place: Place) -> None:
    """What git has of one brief is not what is on disk."""
    _two(place)
    for path in (place.root / ".handoff" / "open").glob("*old*.md"):
        path.write_text(path.read_text() + "\nMy note.\n")


def _finished(place: Place) -> None:
    _two(place)
    long_ago = {"GIT_COMMITTER_DATE": "2026-10-01T08:00:00Z"}
    for title in ("old", "other"):
        done = place.run("done", title, "--outcome", "Done.", chance=3, env=long_ago)
        assert done.code == 0


VERBS = (
    Verb("commit", _beside, ("commit",), (1, 1, 0)),
    Verb("drop", _edited, ("drop", "old", "other"), (0, 0, 0)),
    Verb("prune", _finished, ("prune", "--yes"), (0, 0, 0)),
)


def texts(place: Place) -> str:
    """All that is left of briefs: in the work tree, in git wherever a ref leads, in the trash."""
    files = [*(place.root / ".handoff").rglob("*.md"), *(place.state / "trash").glob("*.md")]
    everywhere = place.git("log", "--all", "--patch", "--no-renames", "--format=", "--", ".handoff")
    added = "\n".join(line[1:] for line in everywhere.splitlines() if line.startswith("+"))
    return added + "".join(path.read_text() for path in files)


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.name)
def test_killed_at_every_step(base: Path, writer: Writer, verb: Verb) -> None:
    """After a kill at any step git is sound, the user's work as it was, and each text is somewhere;
    the same command, called again after the next start, gets to the same end.
    """
    place = Place.new(base, writer)
    verb.prepare(place)
    before = Work.of(place)
    wanted = [line for line in ("Done.", "My note.") if line in texts(place)]
    place.save()

    steps = _run(place, verb)
    assert steps.code == 0, steps.err
    assert _end(place) == verb.end
    seen = {place.fingerprint()}
    for number, step in enumerate(steps.steps, 1):
        if step == GIT_ENDED:
            continue
        place.restore()
        assert _run(place, verb, fault=Fault(number)).code == -9, step
        fingerprint = place.fingerprint()
        if fingerprint in seen:
            continue
        seen.add(fingerprint)
        moment = f"killed before step {number}, {step}"
        check_whole(place, before)
        left = texts(place)
        assert all(text in left for text in wanted), moment
        age_debris(place)
        assert place.hook("session-start", NEXT, fields={"source": "startup"}).code == 0
        again = _run(place, verb)
        gone = "No brief matches" in again.err or "not written on this machine" in again.out
        assert again.code == 0 or gone, f"{moment}: {again}"
        assert _end(place) == verb.end, f"{moment}: {again}"
        assert all(text in texts(place) for text in wanted), moment
        assert debris(place) == [], moment
        check_whole(place, before)
    assert len(seen) > 3


def _run(place: Place, verb: Verb, **more: Any) -> Run:
    return place.run(*verb.argv, chance=100, **more)


def _end(place: Place) -> tuple[int, int, int]:
    refs = place.git("for-each-ref", "--format=%(refname)", "refs/handoff/").split()
    return len(place.names("open")), len(place.names("done")), len(refs)
