"""The test files of a brief as they were when it was written: what its verify commands run.

A session could make the commands pass by changing the tests. So what looks like a test, and what
the commands name, is kept when a brief with `verify` is written (`store.freeze`): as blobs of the
repository under a tree at `refs/handoff/verify/<id>`, outside git as files beside the record. The
record is `<state>/verify/<id>.json`. A brief that continues another one has no files of its own but
those of the task's first brief: what sessions made of the tests is never frozen.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.base import file_io
from handoff.base.errors import HandoffError
from handoff.brief import document
from handoff.git import objects
from handoff.git import run as git
from handoff.store import ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from handoff.store.places import Place

FOLDER = "verify"
REFS = "refs/handoff/verify/"
LINK = 0o120000  # the mode of a symbolic link, whose content is where it leads
MAX_FILES = 5_000
MAX_BYTES = 20_000_000
_RELAYS = "relays"  # a task is not over as long as a relay has its journal (`loops.relay_journal`)


@dataclass(frozen=True)
class FrozenFile:
    """One file: its content as git names it, and its mode with the kind, as `lstat` has it."""

    blob: str
    mode: int


@dataclass(frozen=True)
class Record:
    """What was frozen for a task. `files` by their POSIX paths from the root; `tree` is the object
    that keeps them, "" outside git. `is_whole` is false where there was too much for all of it.
    """

    task: str
    repo: str
    tree: str
    files: Mapping[str, FrozenFile]
    is_whole: bool = True


def load(home: str, brief_id: str) -> Record | None:
    """What was frozen for a brief's task, None if nothing was. Raises HandoffError for a record
    that cannot be read or is not one: without it, anything might be run as the user's test.
    """
    values = _load(home, brief_id)
    task = str(values.get("task", ""))
    if task and task != brief_id:
        values = _load(home, task)
    if not values:
        return None
    try:
        files = {
            str(path): FrozenFile(str(blob), int(mode))
            for path, (blob, mode) in values["files"].items()
        }
        return Record(
            values["task"], values["repo"], values["tree"], files, values["is_whole"] is True
        )
    except (KeyError, ValueError, TypeError, AttributeError):
        raise _damaged(_file(home, task or brief_id)) from None


def save(home: str, record: Record) -> None:
    """Write it, durably."""
    files = {path: [one.blob, one.mode] for path, one in record.files.items()}
    values = {"task": record.task, "repo": record.repo, "tree": record.tree,
              "is_whole": record.is_whole, "files": files}  # fmt: skip
    file_io.write_json(_file(home, record.task), values)


def inherit(home: str, brief_id: str, parents: Iterable[str]) -> bool:
    """Have a brief use the files of the task of the first of its `parents` that has any; whether
    one does.
    """
    for parent in parents:
        if document.ID_PATTERN.fullmatch(parent) and (task := _load(home, parent).get("task")):
            file_io.write_json(_file(home, brief_id), {"task": str(task)})
            return True
    return False


def read_contents(
    record: Record, paths: Iterable[str], place: Place, home: str
) -> dict[str, bytes]:
    """Path -> bytes, as they were frozen. Raises HandoffError where some are not there any more."""
    wanted = {path: record.files[path].blob for path in paths}
    if place.checkout is not None and record.tree:
        blobs = objects.read_blobs(place.checkout, wanted.values(), MAX_BYTES)
    else:
        blobs = {blob: raw for blob in set(wanted.values()) if (raw := _copy(home, record, blob))}
    empty = hash_blob(b"", place)
    missing = sorted(path for path, blob in wanted.items() if blob not in blobs and blob != empty)
    if missing:
        raise HandoffError(
            f"{missing[0]} cannot be verified: its version of when {record.task} was written is "
            "missing.",
            "Write the brief again to have the tests kept as they are now.",
        )
    return {path: blobs.get(blob, b"") for path, blob in wanted.items()}


def hash_blob(raw: bytes, place: Place) -> str:
    """The name that git has for a content."""
    form = "sha1"
    if place.checkout is not None:
        form = place.checkout.config.text("extensions.objectformat") or form
    return hashlib.new(form, b"blob %d\0" % len(raw) + raw, usedforsecurity=False).hexdigest()


def keep_copies(home: str, task: str, contents: Iterable[tuple[str, bytes]]) -> None:
    """Keep contents (blob, bytes) beside the record of a task, for a directory outside git."""
    folder = os.path.join(home, FOLDER, task)
    file_io.make_private(folder)
    for blob, raw in contents:
        file_io.write_atomic(os.path.join(folder, blob), raw)


def forget(home: str, place: Place, ids: Iterable[str], *, relayed: bool = False) -> None:
    """Take away what was frozen for the tasks of these briefs, where all of their briefs are over.

    A task that a relay works on is not over before the relay says so (`relayed`): its sessions may
    finish briefs, and are not to free themselves of the tests by that.
    """
    tasks = {str(_load(home, brief_id).get("task") or "") for brief_id in ids} - {""}
    if not tasks:
        return
    ended = ledger.read_ended(home, place.key)
    for task, briefs in _briefs_by_task(home).items():
        has_relay = not relayed and os.path.exists(os.path.join(home, _RELAYS, f"{task}.json"))
        if task in tasks and not has_relay and all(one in ended for one in briefs):
            _remove(home, place, task, briefs)


def forget_ended(home: str, place: Place) -> int:
    """The same for all tasks of this repository, relays' too unless their journal is there; how
    many went.
    """
    ended = ledger.read_ended(home, place.key)
    before = _briefs_by_task(home)
    forget(home, place, [task for task in before if task in ended])
    return len(before) - len(_briefs_by_task(home))


def _briefs_by_task(home: str) -> dict[str, list[str]]:
    """Task -> the briefs that use its files, itself among them."""
    try:
        names = sorted(os.listdir(os.path.join(home, FOLDER)))
    except OSError:
        return {}
    briefs: dict[str, list[str]] = {}
    for name in names:
        if name.endswith(".json"):
            brief_id = name.removesuffix(".json")
            task = str(_load(home, brief_id).get("task") or brief_id)
            briefs.setdefault(task, []).append(brief_id)
    return briefs


def _remove(home: str, place: Place, task: str, briefs: Iterable[str]) -> None:
    tree = _load(home, task).get("tree")
    if tree and place.checkout is not None:
        git.run(place.checkout, "update-ref", "-d", REFS + task, str(tree), seconds=None)
    shutil.rmtree(os.path.join(home, FOLDER, task), ignore_errors=True)
    for brief_id in (*(one for one in briefs if one != task), task):  # the one that leads here last
        try:
            os.unlink(_file(home, brief_id))
        except OSError:
            pass


def _copy(home: str, record: Record, blob: str) -> bytes | None:
    try:
        with open(os.path.join(home, FOLDER, record.task, blob), "rb") as file:
            return file.read()
    except OSError:
        return None


def _load(home: str, brief_id: str) -> dict[str, Any]:
    path = _file(home, brief_id)
    try:
        return file_io.load_json(path)
    except OSError:
        raise _damaged(path) from None


def _damaged(path: str) -> HandoffError:
    return HandoffError(
        f"{path} cannot be read, so it is unknown what its brief's tests were.",
        "Restore the file, or remove it to verify with the tests as they are now.",
    )


def _file(home: str, brief_id: str) -> str:
    return os.path.join(home, FOLDER, f"{brief_id}.json")
