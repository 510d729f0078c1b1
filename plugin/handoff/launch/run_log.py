"""What is remembered of started sessions.

`<state>/runs/<brief id>.json` says how a brief was started last, by which process, in which work
tree, and what that was like; when a headless run is over, also how it ended. `<state>/runs.jsonl`
keeps what each headless run cost: the estimates of later ones rest on it.
"""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff.base import file_io, processes
from handoff.base.errors import HandoffError
from handoff.launch import runners

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.git.status import GitState
    from handoff.launch.plan import Plan
    from handoff.runtime import Runtime

_MAX_PATHS = 200
_MAX_BYTES = 4_000_000  # of runs.jsonl that are read, from its end


@dataclass(frozen=True)
class Run:
    """The last start of a brief. `at` and `ended` are epoch seconds (0: it goes on), `pid` is the
    process that waits for its end, 0 where none does, `pid_start` its `processes.read_start`.
    `head`, `dirty` and `paths` are the worktree's before it began ("" and () where that was not
    looked at). `state` and `problem` say what became of the brief, `successor` what carries it on.
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
    pid_start: str = ""

    def is_going(self) -> bool:
        """Whether a process waits for its end."""
        return not self.ended and self.has_starter()

    def has_starter(self) -> bool:
        """Whether the process that started it, or took it over, still runs."""
        return processes.is_running(self.pid, self.pid_start)


@dataclass(frozen=True)
class PastRun:
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


def record_begin(planned: Plan, runtime: Runtime, before: GitState | None) -> None:
    """Remember a start, before the session does anything; `before` is the worktree as it is, None
    where it was not looked at.
    """
    mode = planned.orders.mode
    # In the terminal's own mode this process becomes the session.
    pid = os.getpid() if mode in (runners.PRINT, runners.TERMINAL) else 0
    known = _remembered(before) if before and before.complete else {}
    run = Run(planned.brief.id, mode, planned.directory, time.time(), **known)
    _save(runtime.home, replace(run, pid=pid, pid_start=processes.read_start(pid)))


def record_end(home: str, run: Run, **values: Any) -> None:
    """Remember how a run ended."""
    _save(home, Run(**{**asdict(run), **values}))


def take_over(home: str, run: Run) -> None:
    """Remember that this process waits for its end now."""
    record_end(home, run, pid=os.getpid(), pid_start=processes.read_start(os.getpid()))


def forget(home: str, brief_id: str) -> None:
    """Nothing was started after all."""
    Path(_file(home, brief_id)).unlink(missing_ok=True)


def load(home: str, brief_id: str) -> Run | None:
    """The last start of a brief, None if none is remembered."""
    entry = file_io.read_json(_file(home, brief_id))
    known = {field.name for field in fields(Run)}
    try:
        values = {key: entry[key] for key in known & entry.keys()}
        values["paths"] = tuple(str(path) for path in values.get("paths", ()))
        run = Run(**values)
        return run if run.id == brief_id and run.at + run.ended + run.pid >= 0 else None
    except TypeError:
        return None


def record_past(home: str, past: PastRun) -> None:
    """Keep what a headless run cost."""
    try:
        file_io.make_private(home)
        file_io.append_line(str(Path(home) / "runs.jsonl"), json.dumps(asdict(past)).encode())
    except (OSError, HandoffError):
        pass  # a later estimate rests on less


def read_past(home: str, repo: str) -> list[PastRun]:
    """The headless runs of a repository, oldest first. Damaged lines are passed over."""
    return [run for run in _read(Path(home) / "runs.jsonl") if run.repo == repo]


def _read(path: Path) -> Iterator[PastRun]:
    try:
        with path.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _MAX_BYTES))
            lines = file.read().splitlines()
    except OSError:
        return
    for line in lines:
        try:
            entry = json.loads(line)
            past = PastRun(**{**entry, "tokens": tuple(int(n) for n in entry["tokens"])})
            if past.cost_usd >= 0 and past.turns >= 0 and past.model.isprintable():
                yield past
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            continue


def _remembered(now: GitState) -> dict[str, Any]:
    """What is kept of a worktree's state."""
    paths = [*(dirty.path for dirty in now.dirty_files), *now.unsure][:_MAX_PATHS]
    return {"head": now.head or "", "dirty": now.work or "", "paths": paths, "looked": True}


def _save(home: str, run: Run) -> None:
    try:
        file_io.make_private(os.path.join(home, "runs"))
        file_io.write_json(_file(home, run.id), asdict(run))
    except OSError as error:
        raise HandoffError(
            f"{_file(home, run.id)} cannot be written: {error.strerror}.",
            "Fix this and try again.",
        ) from None


def _file(home: str, brief_id: str) -> str:
    return os.path.join(home, "runs", f"{brief_id}.json")
