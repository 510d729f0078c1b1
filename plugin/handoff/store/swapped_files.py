"""Files of a worktree swapped for others while a program runs there, and put back exactly.

The worktree itself is used: tests need what is installed in it and ignored by git (`node_modules`,
`.venv`), and build caches and installed packages know it by its path. What a swap replaces is in
`<state>/swapped/<worktree>.json`, durably, before the first file is changed. Whoever swaps holds a
lock that the kernel frees: after a kill the next start of handoff puts everything back
(`store.recovery`). No symbolic link is followed, and one that stands in the way is kept as a link.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import stat
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from handoff.base import file_io, locks
from handoff.base.errors import HandoffError
from handoff.store import swap_plan, trash

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from handoff.store.swap_plan import Put, SwapJournal, Was

FOLDER = "swapped"
_WAIT_SECONDS = 900.0  # for another verification in the same worktree
_SIGNALS = {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}


@contextlib.contextmanager
def swapped(home: str, root: str, files: Mapping[str, Put | None]) -> Iterator[None]:
    """In its `with`, the `files` are as given, or not there (None).

    Raises HandoffError or OSError where that cannot be; everything is as it was then.
    """
    if not files:
        yield
        return
    with locks.Lock(_lock(home, root), _WAIT_SECONDS):
        _recover(home, _journal_file(home, root))
        journal = swap_plan.plan(root, files)
        file_io.write_json(_journal_file(home, root), asdict(journal))
        try:
            with _signals_held():
                _put_in(journal, files)
            yield
        finally:
            with _signals_held():
                _put_back(home, journal)
                os.unlink(_journal_file(home, root))


def recover(home: str, root: str = "") -> None:
    """Put back what killed processes left swapped in the worktree at `root`, or in all of them.

    Nothing is done where a swap is in progress. Raises HandoffError or OSError where it cannot be.
    """
    for path, swapped_root in list_left(home):
        if root in ("", swapped_root):
            with contextlib.ExitStack() as held:
                try:
                    held.enter_context(locks.Lock(_lock(home, swapped_root), 0.0))
                except HandoffError:
                    continue
                _recover(home, path)


def list_left(home: str) -> list[tuple[str, str]]:
    """The journals of swaps that are in progress or were cut off, each with its worktree."""
    folder = os.path.join(home, FOLDER)
    try:
        names = sorted(name for name in os.listdir(folder) if name.endswith(".json"))
    except OSError:
        return []
    paths = [os.path.join(folder, name) for name in names]
    return [(path, str(values["root"])) for path in paths if (values := _read(path)).get("root")]


def is_in_progress(home: str, root: str) -> bool:
    """Whether a process has files of the worktree swapped now."""
    try:
        with locks.Lock(_lock(home, root), 0.0):
            return False
    except HandoffError:
        return True


def _recover(home: str, path: str) -> None:
    values = _read(path)
    if not values:
        return
    try:
        was = tuple(swap_plan.Was(**one) for one in values["was"])
        journal = swap_plan.SwapJournal(
            values["root"], was, dict(values["put"]), tuple(values["made"])
        )
    except (KeyError, TypeError, ValueError):
        raise HandoffError(
            f"{path} is damaged: it has files of {values.get('root', 'a worktree')} as they were "
            "before a verification.",
            "Restore the files by hand from it (`content` is base64), then remove it.",
        ) from None
    if os.path.isdir(journal.root):
        _put_back(home, journal)
        os.unlink(path)


def _put_in(journal: SwapJournal, files: Mapping[str, Put | None]) -> None:
    for one in journal.was:
        full = os.path.join(journal.root, one.path)
        if one.kind == swap_plan.ASIDE:
            os.rename(full, os.path.join(journal.root, os.fsdecode(one.raw)))
        elif one.path not in journal.put:
            os.unlink(full)
    for folder in journal.made:
        os.mkdir(os.path.join(journal.root, folder))
    for path, put in files.items():
        if put is not None:
            _write(os.path.join(journal.root, path), put.raw, put.mode)


def _put_back(home: str, journal: SwapJournal) -> None:
    """Everything as it was, from wherever a swap or an earlier try of this was cut off."""
    were = {one.path for one in journal.was}
    for path in {*journal.put, *were}:
        if not swap_plan.is_behind_link(journal.root, path):
            with contextlib.suppress(OSError):
                os.unlink(_temporary(os.path.join(journal.root, path)))
    for path, digest in journal.put.items():
        if path not in were and not swap_plan.is_behind_link(journal.root, path):
            _take_away(home, journal.root, path, digest)
    for folder in reversed(journal.made):
        if not swap_plan.is_behind_link(journal.root, folder):
            with contextlib.suppress(OSError):  # it has other files by now, or is a link again
                os.rmdir(os.path.join(journal.root, folder))
    for one in journal.was:
        _restore(home, journal, one)


def _restore(home: str, journal: SwapJournal, one: Was) -> None:
    full = os.path.join(journal.root, one.path)
    if one.kind == swap_plan.ASIDE:
        aside = os.path.join(journal.root, os.fsdecode(one.raw))
        if os.path.lexists(aside):
            _clear(home, journal, one.path)
            os.rename(aside, full)
        return
    if _is_as_it_was(full, one):
        return
    _clear(home, journal, one.path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    if one.kind == swap_plan.SYMLINK:
        _write(full, one.raw, swap_plan.LINK)
    else:
        _write(full, one.raw, stat.S_IFREG | one.mode, (one.accessed, one.modified))


def _clear(home: str, journal: SwapJournal, path: str) -> None:
    full = os.path.join(journal.root, path)
    if os.path.isdir(full) and not os.path.islink(full):
        shutil.rmtree(full)  # made for the swap, in the place of what is restored now
    else:
        _take_away(home, journal.root, path, journal.put.get(path, ""))


def _take_away(home: str, root: str, path: str, digest: str) -> None:
    """Remove a file; a copy goes to the trash if it is none that we put there: it was written by
    the program, or by somebody who works in the worktree meanwhile.
    """
    full = os.path.join(root, path)
    about = swap_plan.stat_path(root, path)
    if about is None or stat.S_ISDIR(about.st_mode):
        return
    if stat.S_ISREG(about.st_mode) and about.st_size <= swap_plan.MAX_BYTES:
        raw = swap_plan.read_file(full)
        if swap_plan.digest(raw) != digest:
            trash.keep_copy(home, path.replace("/", "-"), raw)
    os.unlink(full)


def _is_as_it_was(full: str, one: Was) -> bool:
    try:
        about = os.lstat(full)
        if one.kind == swap_plan.SYMLINK:
            return stat.S_ISLNK(about.st_mode) and os.fsencode(os.readlink(full)) == one.raw
        same = (stat.S_IMODE(about.st_mode), about.st_mtime_ns) == (one.mode, one.modified)
        return same and stat.S_ISREG(about.st_mode) and swap_plan.read_file(full) == one.raw
    except OSError:
        return False


def _write(full: str, raw: bytes, mode: int, times: tuple[int, int] | None = None) -> None:
    """Put a file or link at a path whole, durably; the temporary name is always the same, so that
    one that a kill left is written over.
    """
    temporary = _temporary(full)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(temporary)
    if mode & 0o170000 == swap_plan.LINK:
        os.symlink(raw, os.fsencode(temporary))
        os.replace(temporary, full)
        return
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600)
    try:
        file_io.write_all(descriptor, raw, full)
        os.fchmod(descriptor, stat.S_IMODE(mode))
        if times:
            os.utime(descriptor, ns=times)
    except BaseException:
        os.unlink(temporary)
        raise
    finally:
        os.close(descriptor)
    os.replace(temporary, full)
    file_io.sync_folder(os.path.dirname(full))


def _temporary(full: str) -> str:
    folder, name = os.path.split(full)
    return os.path.join(folder, f".{name}.handoff-swap")


@contextlib.contextmanager
def _signals_held() -> Iterator[None]:
    """Signals that end us wait until this is done."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _read(path: str) -> dict[str, Any]:
    try:
        return file_io.load_json(path)
    except OSError:
        return {}


def _key(root: str) -> str:
    return hashlib.sha256(os.fsencode(root)).hexdigest()[:16]


def _lock(home: str, root: str) -> str:
    return os.path.join(home, "locks", f"verify-{_key(root)}")


def _journal_file(home: str, root: str) -> str:
    return os.path.join(home, FOLDER, f"{_key(root)}.json")
