"""What is remembered of started sessions.

`<state>/runs/<brief id>.json` says how a brief was started last, by which process, in which work
tree, and what that was like; when a headless run is over, also how it ended. `<state>/runs.jsonl`
keeps what each headless run cost: the estimates of later ones rest on it.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff.base import file_io, processes
from handoff.base.errors import HandoffError
from handoff.git import status
from handoff.launch import runners
from handoff.store import places

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.launch.plan import Plan
    from handoff.runtime import Here

_MOST_PATHS = 200
_MOST_BYTES = 4_000_000  # of runs.jsonl that are read, from its end


@dataclass(frozen=True)
class Run:
    """The last start of a brief. `at` and `ended` are epoch seconds (0: it goes on), `pid` the
    process that waits for its end, 0 where none does. `head`, `dirty` and `paths` are the work
    tree's before it began ("" and () where that was not looked at). `state` and `problem` say what
    became of the brief, `successor` what carries it on.
    """

    id: str
    mode: str
    directory: str
    at: float
    pid: int = 0
    head: str = ""
    dirty: str = ""
    paths: tuple[str, ...] = ()
    looked: bool = False
    ended: float = 0.0
    session: str = ""
    state: str = ""
    problem: str = ""
    successor: str = ""

    def is_going(self) -> bool:
        """Whether a process waits for its end."""
        return not self.ended and processes.is_running(self.pid)


@dataclass(frozen=True)
class Past:
    """A headless run that is over: its repository, model and cost by the client's own figures.

    `asked` is the model that was asked for, "" for the client's own choice; `tokens` are those of
    `client.print_result`; `state` what became of the brief.
    """

    repo: str
    brief: str
    session: str
    asked: str
    provider: str
    model: str
    cost_usd: float
    turns: int
    seconds: float
    at: float
    state: str
    tokens: tuple[int, ...] = ()


def begin(planned: Plan, here: Here) -> None:
    """Remember a start, before the session does anything."""
    mode = planned.orders.mode
    # In the terminal's own mode this process becomes the session.
    pid = os.getpid() if mode in (runners.PRINT, runners.TERMINAL) else 0
    before = _look(planned.directory) if mode == runners.PRINT else {}
    _save(here.home, Run(planned.brief.id, mode, planned.directory, time.time(), pid, **before))


def end(home: str, run: Run, **values: Any) -> None:
    """Remember how a run ended."""
    _save(home, Run(**{**asdict(run), **values}))


def forget(home: str, brief_id: str) -> None:
    """Nothing was started after all."""
    Path(_file(home, brief_id)).unlink(missing_ok=True)


def load(home: str, brief_id: str) -> Run | None:
    """The last start of a brief, None if none is remembered."""
    found = file_io.read_json(_file(home, brief_id))
    known = {field.name for field in fields(Run)}
    try:
        values = {key: found[key] for key in known & found.keys()}
        values["paths"] = tuple(str(path) for path in values.get("paths", ()))
        run = Run(**values)
        return run if run.id == brief_id and run.at + run.ended + run.pid >= 0 else None
    except TypeError:
        return None


def record(home: str, past: Past) -> None:
    """Keep what a headless run cost."""
    try:
        file_io.make_private(home)
        file_io.append_line(str(Path(home) / "runs.jsonl"), json.dumps(asdict(past)).encode())
    except (OSError, HandoffError):
        pass  # a later estimate rests on less


def past(home: str, repo: str) -> list[Past]:
    """The headless runs of a repository, oldest first. Damaged lines are passed over."""
    return [run for run in _read(Path(home) / "runs.jsonl") if run.repo == repo]


def _read(path: Path) -> Iterator[Past]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _MOST_BYTES))
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        try:
            found = json.loads(line)
            made = Past(**{**found, "tokens": tuple(int(n) for n in found["tokens"])})
            if made.cost_usd >= 0 and made.turns >= 0 and made.model.isprintable():
                yield made
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue


def _look(directory: str) -> dict[str, Any]:
    """What a work tree is like; {} outside git, or where git does not say it in time."""
    place = places.locate(directory)
    now = status.state(place.checkout) if place.checkout else None
    if now is None or not now.complete:
        return {}
    paths = [*(dirty.path for dirty in now.dirty_files), *now.unsure][:_MOST_PATHS]
    return {"head": now.head or "", "dirty": now.work or "", "paths": paths, "looked": True}


def _save(home: str, run: Run) -> None:
    try:
        file_io.make_private(os.path.join(home, "runs"))
        file_io.write_json(_file(home, run.id), asdict(run))
    except OSError as error:
        raise HandoffError(
            f"{_file(home, run.id)} cannot be written: {error.strerror}.",
            "Mend that, then try again.",
        ) from None


def _file(home: str, brief_id: str) -> str:
    return os.path.join(home, "runs", f"{brief_id}.json")
