"""What was used in all sessions, by day and model, from all transcripts; kept between calls.

`<state>/usage/index.json` holds a line a transcript with its sums, `responses.bin` which responses
they are of: the same response may stand in several files (forks, resumed sessions) and counts in
the first of them by name. As long as no file has changed the index alone is read.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from itertools import islice
from typing import IO, TYPE_CHECKING, Any, cast

from handoff.base import file_io, locks, state_file
from handoff.base.errors import HandoffError
from handoff.client import locations
from handoff.client.transcript import folders
from handoff.meter import prices as price_lists
from handoff.meter import session_digest as digests
from handoff.meter.session_digest import Digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handoff.meter.prices import Prices

    Progress = Callable[[int, int], None]

_VERSION = 1
_TOKEN = 8  # bytes by which the two files know each other
_WORTH_A_WORKER = 16_000_000  # bytes: to start one costs as much as to read these
_AHEAD = 4  # files that a worker knows of before it has given back the first
_PACKAGE_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


@dataclass(frozen=True)
class Used:
    """What one session used of one model on one local day.

    `project` is the client's name of the project's folder; tokens by class; `nanos` billionths of a
    dollar, of `unpriced` charges none because their model's price is unknown.
    """

    project: str
    session: str
    day: str
    model: str
    input: int
    write_5m: int
    write_1h: int
    read: int
    output: int
    searches: int
    nanos: int
    unpriced: int


@dataclass(frozen=True)
class _File:
    path: str
    project: str
    session: str
    size: int
    changed: int

    @property
    def seen(self) -> list[int]:
        return [self.size, self.changed]


def collect_usage(
    env: Mapping[str, str], home: str, *, workers: int = 2, progress: Progress | None = None
) -> list[Used]:
    """All use under the client's configuration directory, from the kept state and changed files.

    `progress(done, total)` is told bytes. Without a writable `home` nothing is kept.
    """
    files = _files(env)
    stamp = [
        price_lists.prices_stamp(env),
        *time.tzname,
        time.timezone,
        str(locations.config_dir(env)),
    ]
    index = _load(home, stamp)
    known = {path: row["seen"] for path, row in index["files"].items()}
    if known != {file.path: file.seen for file in files}:
        index = _renew(files, index, home, _Work(env, workers, progress))
    rows = index["files"]
    return [
        Used(file.project, file.session, *row)
        for file in files
        if file.path in rows
        for row in rows[file.path]["own"]
    ]


@dataclass(frozen=True)
class _Work:
    env: Mapping[str, str]
    workers: int
    progress: Progress | None


def _files(env: Mapping[str, str]) -> list[_File]:
    """Every transcript, subagents' included, sorted by path."""
    files = []
    for project, session, path in folders.all_below(str(locations.config_dir(env))):
        try:
            stat = os.stat(path)
        except OSError:
            continue
        files.append(_File(path, project, session, stat.st_size, stat.st_mtime_ns))
    return sorted(files, key=lambda file: file.path)


def _renew(files: list[_File], index: dict[str, Any], home: str, work: _Work) -> dict[str, Any]:
    """A new index: changed files are read, the others taken over; copies are taken out again."""
    seen_now = {file.path: file.seen for file in files}
    old = _responses(home, index["token"])
    known = index["files"] if old else {}
    kept = {path for path, row in known.items() if row["seen"] == seen_now.get(path)}
    fresh = _digest_all([file for file in files if file.path not in kept], work)
    packs, start = [os.urandom(_TOKEN)], _TOKEN
    seen: set[int] = set()
    rows: dict[str, Any] = {}
    for file in files:
        if file.path in kept:
            row = known[file.path]
            packed = old[row["start"] : row["start"] + row["bytes"]]
            digest = Digest(row["rows"], packed)
        else:
            digest = fresh.pop(file.path)
            packed = digest.packed
        rows[file.path] = {
            "seen": file.seen,
            "rows": digest.rows,
            "own": _own(digest, seen),
            "start": start,
            "bytes": len(packed),
        }
        packs.append(packed)
        start += len(packed)
    made_index = {
        "version": _VERSION,
        "stamp": index["stamp"],
        "token": packs[0].hex(),
        "files": rows,
    }
    _save(home, made_index, packs)
    return made_index


def _own(digest: Digest, seen: set[int]) -> list[list[Any]]:
    """A file's rows without the responses that an earlier file has too; adds its own to `seen`."""
    keys = set(digest.keys)
    copies = keys & seen
    seen |= keys
    return digest.without(copies) if copies else digest.rows


def _digest_all(files: list[_File], work: _Work) -> dict[str, Digest]:
    """The digests of files, with a second process where that is worth its start."""
    jobs = _Jobs(files, work.progress)
    prices = price_lists.load(work.env)
    worker = None
    if work.workers > 1 and jobs.total > 2 * _WORTH_A_WORKER:
        jobs.has_worker = True
        worker = threading.Thread(target=jobs.do_by_worker, args=(work.env,), daemon=True)
        try:
            worker.start()
        except RuntimeError:  # no more threads can be started: all is done here
            worker, jobs.has_worker = None, False
    jobs.do_here(prices)
    if worker is not None:
        worker.join()
        jobs.do_here(prices)
    return jobs.done


class _Jobs:
    """Files to digest: here from the front, in another process from the back, until they meet."""

    def __init__(self, files: list[_File], progress: Progress | None) -> None:
        self.done: dict[str, Digest] = {}
        self.total = sum(file.size for file in files)
        self.has_worker = False
        self._files = files
        self._front, self._back = 0, len(files)
        self._bytes = 0
        self._progress = progress
        self._lock = threading.Lock()

    def do_here(self, prices: Prices) -> None:
        """Digest what is left, but for the file that the worker is at."""
        while self._front < self._back - self.has_worker:
            file = self._files[self._front]
            self._front += 1
            self._finish(file, digests.digest_transcript(file.path, prices))

    def do_by_worker(self, env: Mapping[str, str]) -> None:
        """Digest in a process of its own. Should that end early, the rest is still to do."""
        pipe = subprocess.PIPE
        try:
            with subprocess.Popen(
                digests.worker_command(_PACKAGE_ROOT),
                stdin=pipe,
                stdout=pipe,
                stderr=subprocess.DEVNULL,
            ) as worker:
                self._feed(cast("IO[bytes]", worker.stdin), cast("IO[bytes]", worker.stdout), env)
                worker.kill()
        except (OSError, ValueError):
            pass
        self.has_worker = False

    def _feed(self, to: IO[bytes], back: IO[bytes], env: Mapping[str, str]) -> None:
        """Name files ahead of what comes back; OSError or ValueError when the worker fails."""
        where = {name: env[name] for name in ("XDG_CONFIG_HOME", "HOME") if name in env}
        to.write(json.dumps(where).encode() + b"\n")
        names = (json.dumps(file.path).encode() + b"\n" for file in reversed(self._files))
        to.writelines(islice(names, _AHEAD))
        while self._front < self._back:
            to.writelines(islice(names, 1))
            to.flush()
            header = json.loads(back.readline())
            digest = Digest(header["rows"], back.read(header["bytes"]))
            self._back -= 1
            self._finish(self._files[self._back], digest)

    def _finish(self, file: _File, digest: Digest) -> None:
        with self._lock:
            if file.path not in self.done:
                self._bytes += file.size
            self.done[file.path] = digest
            if self._progress is not None:
                self._progress(self._bytes, self.total)


def _load(home: str, stamp: list[Any]) -> dict[str, Any]:
    """The kept index, an empty one if there is none that still holds."""
    try:
        index = json.loads(state_file.read(_path(home, "index.json")) or b"{}")
        if index["version"] == _VERSION and index["stamp"] == stamp:
            return dict(index)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    return {"stamp": stamp, "token": "", "files": {}}


def _responses(home: str, token: str) -> bytes:
    """The kept responses that belong to an index, b"" if they do not (it was not written whole)."""
    try:
        responses = state_file.read(_path(home, "responses.bin")) or b""
    except OSError:
        return b""
    return responses if token and responses[:_TOKEN].hex() == token else b""


def _save(home: str, index: dict[str, Any], packs: list[bytes]) -> None:
    content = json.dumps(index, separators=(",", ":")).encode()
    try:
        file_io.make_private(_path(home, ""))
        with locks.Lock(_path(home, "lock")):
            file_io.write_atomic(_path(home, "responses.bin"), b"".join(packs))
            file_io.write_atomic(_path(home, "index.json"), content)
    except (OSError, HandoffError):
        pass  # what is not kept is read again


def _path(home: str, name: str) -> str:
    return os.path.join(home, "usage", name)
