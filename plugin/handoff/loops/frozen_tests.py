"""Verify commands run with a task's tests as they were when its brief was written.

Which of them differ now is found by their content; they are swapped for the run alone
(`store.swapped_files`). What only reads configuration of tests from a file that is about more
(`package.json`, `pyproject.toml`) differs only where that part does.
"""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.facts import test_files
from handoff.store import freeze, frozen_files, swapped_files
from handoff.store.swap_plan import Put

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handoff.store.frozen_files import Record
    from handoff.store.places import Place

CHANGED, MISSING, ADDED = "changed", "missing", "added"
_KINDS = 0o170000
_EXECUTABLE = 0o100
_SHOWN = 10
ONLY_CHANGED = "the verify commands pass only with the tests that sessions changed"


@dataclass(frozen=True)
class Verified:
    """What a run said. `differing` are the frozen files that were not on disk as they were, and
    test configuration that was added: path -> CHANGED, MISSING or ADDED. `own_pass`: the commands
    failed with the frozen files, and pass with those on disk. `is_frozen`: anything was kept.
    """

    passed: bool
    differing: Mapping[str, str]
    own_pass: bool = False
    is_frozen: bool = True


def run_frozen(
    task: str, place: Place, home: str, run: Callable[[Mapping[str, str], bool], bool]
) -> Verified:
    """Have `run` run a task's commands with its frozen tests; it is given what to add to their
    environment, and whether this is the run that counts. Where they fail, it is called once more
    with the files that are on disk.

    Raises HandoffError or OSError where the tests cannot be run as they were.
    """
    record = frozen_files.load(home, task)
    if record is None:
        return Verified(_run(run, counts=True), {}, is_frozen=False)
    swapped_files.recover(home, place.root)
    differing = find_differing(record, place, home)
    kept = [path for path, how in differing.items() if how != ADDED]
    contents = frozen_files.read_contents(record, kept, place, home)
    puts: dict[str, Put | None] = dict.fromkeys(differing)
    puts |= {path: Put(raw, record.files[path].mode) for path, raw in contents.items()}
    with swapped_files.swapped(home, place.root, puts):
        passed = _run(run, counts=True)
    own_pass = not passed and bool(differing) and _run(run, counts=False)
    return Verified(passed, differing, own_pass)


def find_differing(record: Record, place: Place, home: str) -> dict[str, str]:
    """Path -> how a frozen file differs from the one on disk, and test configuration that was
    ADDED: it could have every test pass.
    """
    differing = {path: how for path in sorted(record.files) if (how := _how(record, path, place))}
    shared = [path for path, how in differing.items()
              if how == CHANGED and test_files.is_shared_with_code(path)]  # fmt: skip
    contents = frozen_files.read_contents(record, shared, place, home) if shared else {}
    for path, raw in contents.items():
        now = freeze.read_file(place.root, path, frozen_files.MAX_BYTES)
        kind = record.files[path].mode & _KINDS
        if now is None or now[0] is None or now[1] & _KINDS != kind:
            continue
        if test_files.settings_of(path, raw) == test_files.settings_of(path, now[0]):
            del differing[path]
    tests = [path for path in record.files if not test_files.is_test_configuration(path)]
    added = freeze.find_configuration(place.root) if tests else ()
    return differing | {path: ADDED for path in sorted(added)
                        if path not in record.files and _matters(path, tests, place)}  # fmt: skip


def list_new(task: str, place: Place, home: str) -> list[str]:
    """The tests that are there now and were not when the brief was written; none where nothing was
    frozen, or not everything.
    """
    record = frozen_files.load(home, task)
    if record is None or not record.is_whole:
        return []
    return [path for path in freeze.list_tests(place)
            if path not in record.files and not test_files.is_test_configuration(path)]  # fmt: skip


def describe(path: str, how: str, *, by_session: bool) -> str:
    """One sentence for the user on a file that was not run as it is on disk."""
    by = "by a session" if by_session else "after the brief was written"
    if how == ADDED:
        return f"{path} was added {by}; the verify commands ran without it."
    what = f"was changed {by}" if how == CHANGED else "is missing"
    return f"{path} {what}; the verify commands ran it as it was when the brief was written."


def describe_new(paths: list[str]) -> str:
    """One sentence on the tests that were added since the brief was written."""
    more = f", and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    shown = ", ".join(paths[:_SHOWN])
    return f"Tests written by sessions, so not evidence of yours: {shown}{more}."


def describe_differing(brief_id: str, place: Place, home: str) -> str:
    """One line for `handoff verify`, which runs the files on disk; "" where none differs, or that
    cannot be told.
    """
    try:
        record = frozen_files.load(home, brief_id)
        differing = find_differing(record, place, home) if record else {}
    except (HandoffError, OSError):
        return ""
    if record is None or not differing:
        return ""
    first = next(iter(differing))
    more = f" and {len(differing) - 1} more" if len(differing) > 1 else ""
    differ = "differ" if more else "differs"
    return (
        f"{first}{more} {differ} from when {record.task} was written. They run as they are now; "
        "`handoff relay` runs them as they were."
    )


def _how(record: Record, path: str, place: Place) -> str:
    """How a frozen file differs from what is on disk, "" if it does not."""
    frozen = record.files[path]
    read = freeze.read_file(place.root, path, frozen_files.MAX_BYTES)
    if read is None:
        return CHANGED if os.path.lexists(os.path.join(place.root, path)) else MISSING
    raw, mode = read
    same_mode = mode & (_KINDS | _EXECUTABLE) == frozen.mode & (_KINDS | _EXECUTABLE)
    if frozen.mode & _KINDS == frozen_files.LINK:
        same_mode = mode & _KINDS == frozen_files.LINK
    is_same = raw is not None and frozen_files.hash_blob(raw, place) == frozen.blob
    return "" if same_mode and is_same else CHANGED


def _matters(path: str, tests: list[str], place: Place) -> bool:
    """Whether configuration that was added may say something of the frozen tests. A file that is
    about more than tests does if it says anything of them, in a folder above; a new `package.json`
    is part of the work.
    """
    if not test_files.is_shared_with_code(path):
        return True
    folder, _, name = path.rpartition("/")
    read = freeze.read_file(place.root, path, frozen_files.MAX_BYTES)
    if name == "package.json" or read is None or not read[0]:
        return False
    is_above = not folder or any(test.startswith(f"{folder}/") for test in tests)
    return is_above and bool(test_files.settings_of(path, read[0]))


def _run(run: Callable[[Mapping[str, str], bool], bool], *, counts: bool) -> bool:
    """Run it so that no bytecode is used that was compiled before: a session's may be forged."""
    with tempfile.TemporaryDirectory(prefix="handoff-verify-") as folder:
        return run({"PYTHONPYCACHEPREFIX": folder}, counts)
