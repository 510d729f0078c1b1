"""Small files that must be whole or absent: atomic writes, locks with a limit, tolerant reads.

Standard library only, and as little of it as possible: the hooks load this on every event.
"""

from __future__ import annotations

import os

from handoff.base import processes, quickjson, state_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any
_SWEPT_SECONDS = 60.0
_OLD_SECONDS = 3600.0  # the process of that number is another one by now


def make_private(directory: str) -> None:
    """Create `directory` and its parents, durably; new ones are readable by their owner alone."""
    missing = []
    while directory and not os.path.isdir(directory):
        missing.append(directory)
        directory = os.path.dirname(directory)
    for folder in reversed(missing):  # os.makedirs would give its mode to the last one only
        try:
            os.mkdir(folder, 0o700)
        except FileExistsError:
            if not os.path.isdir(folder):
                raise
        else:
            sync_folder(os.path.dirname(folder))


def write_atomic(path: str, content: bytes, mode: int = 0o600, *, durable: bool = True) -> None:
    """Put `content` at `path` whole or not at all: temp file, fsync, rename, fsync of folder.

    What is not `durable` is not synced: for figures that are made anew after a power cut.
    """
    name = _write_beside(path, content, mode, durable=durable)
    try:
        os.replace(name, path)
    except BaseException:
        _remove(name)
        raise
    if durable:
        sync_folder(os.path.dirname(path))


def _write_beside(path: str, content: bytes, mode: int, *, durable: bool = True) -> str:
    """The name of a whole temporary file for `path`."""
    name = temporary_name(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(name, flags, mode)
    try:
        try:
            write_all(descriptor, content, path, durable=durable)
        finally:
            os.close(descriptor)
    except BaseException:
        _remove(name)
        raise
    return name


def write_all(descriptor: int, content: bytes, path: str, *, durable: bool = True) -> None:
    """Write all of `content`, and fsync it if `durable`, or raise OSError that names `path`."""
    view = memoryview(content)
    try:
        while view:
            view = view[os.write(descriptor, view) :]
        if durable:
            os.fsync(descriptor)
    except OSError as error:
        error.filename = path
        raise


def replace_link(target: str, link: str) -> None:
    """Have the symbolic link `link` lead to `target`: never to nothing in between.

    Raises OSError, also where something that is no link has its place.
    """
    name = temporary_name(link)
    _remove(name)
    os.symlink(target, name)
    try:
        os.replace(name, link)
    except OSError:
        _remove(name)
        raise


def append_line(path: str, line: bytes) -> None:
    """Append one line in one write, durably. Short lines of several processes do not mix.

    After a line that a full disk cut off it begins a new one.
    """
    descriptor = state_file.open_to_write(path, os.O_RDWR | os.O_APPEND)
    try:
        size = os.lseek(descriptor, 0, os.SEEK_END)
        is_cut = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
        write_all(descriptor, (b"\n" if is_cut else b"") + line + b"\n", path)
    finally:
        os.close(descriptor)
    if not size:
        sync_folder(os.path.dirname(path))


def temporary_name(path: str) -> str:
    """The name under which this process writes `path` before it is whole; `sweep` knows it."""
    return os.path.join(os.path.dirname(path), f".{os.path.basename(path)}.{os.getpid()}.tmp")


def sweep(folder: str, now: float) -> None:
    """Take away what killed processes left in `folder` under names of `temporary_name`.

    Never raises. Their process must be gone, and they a minute old (`now`: epoch seconds): a
    process in a container, or on another machine, cannot be seen from here.
    """
    try:
        names = [name for name in os.listdir(folder) if name[:1] == "." and name[-4:] == ".tmp"]
    except OSError:
        return
    for name in names:
        pid = name[:-4].rpartition(".")[2]
        path = os.path.join(folder, name)
        try:
            age = abs(now - os.lstat(path).st_mtime)  # a clock may have been set back
        except OSError:
            continue
        is_left = age > _OLD_SECONDS or (pid.isdecimal() and not processes.exists(int(pid)))
        if pid.isdecimal() and age > _SWEPT_SECONDS and is_left:
            _remove(path)


def sync_folder(folder: str) -> None:
    """Make a rename or a new name in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # some file systems cannot sync a directory; the rename itself stands
    finally:
        os.close(descriptor)


def read_json(path: str) -> dict[str, Any]:
    """The JSON object in `path`; `{}` if there is none, or none that can be read at the moment."""
    try:
        return load_json(path)
    except OSError:
        return {}


def load_json(path: str) -> dict[str, Any]:
    """The same for who writes it back. Raises OSError where it cannot be read at the moment; what
    is no JSON object is moved aside (`state_file`).
    """
    raw = state_file.read(path)
    if raw is None:
        return {}
    try:
        values = quickjson.loads(raw)
    except (ValueError, RecursionError):
        values = None
    if isinstance(values, dict):
        return values
    state_file.set_aside(path)
    return {}


def write_json(path: str, value: dict[str, Any], *, durable: bool = True) -> None:
    """Write a JSON object atomically (see `write_atomic`), creating its folder."""
    make_private(os.path.dirname(path))
    content = quickjson.dumps(value).encode() + b"\n"
    try:
        write_atomic(path, content, durable=durable)
    except IsADirectoryError:
        state_file.set_aside(path)
        write_atomic(path, content, durable=durable)


def create_json(path: str, value: dict[str, Any]) -> bool:
    """Write a JSON object where there is none; False if there is one, also of a process that no
    lock keeps out. Where the file system has no hard links, who comes last wins.
    """
    make_private(os.path.dirname(path))
    name = _write_beside(path, quickjson.dumps(value).encode() + b"\n", 0o600)
    try:
        os.link(name, path)
    except FileExistsError:
        return False
    except OSError:
        os.replace(name, path)
    finally:
        _remove(name)
    sync_folder(os.path.dirname(path))
    return True


def update_json(path: str, change: Callable[[dict[str, Any]], object]) -> None:
    """Apply `change` to the object in `path` and save it, unless it returned False. What cannot be
    read at the moment is left as it is. For use under a lock.
    """
    try:
        value = load_json(path)
    except OSError:
        return
    if change(value) is not False:
        write_json(path, value)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except OSError:
        pass
