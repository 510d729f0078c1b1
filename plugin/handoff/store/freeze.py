"""Freezing the test files of a brief that is being written: which files, and how they are kept.

Three runs of git: what is there, its objects in one pack, the ref. No filter and no hook runs: the
bytes are taken as they are on disk.
"""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.facts import test_commands, test_files
from handoff.git import objects
from handoff.git import run as git
from handoff.redact import redact
from handoff.store import frozen_files
from handoff.store.frozen_files import FrozenFile, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from handoff.runtime import Runtime
    from handoff.store.places import Place

_MAX_WALKED = 200_000  # names looked at outside of what git lists
_NO_BLOBS: Mapping[str, str] = {}


def freeze(
    brief_id: str, commands: Sequence[str], parents: Sequence[str], place: Place, runtime: Runtime,
    *, by_code: bool = False,
) -> None:  # fmt: skip
    """Keep the test files for the commands of a brief, or have it use those of the task that it
    continues: of the first of its `parents` that has any.

    A brief `by_code` is written at a session's end and freezes nothing itself. Never raises: the
    brief is worth more, and whoever runs the commands says that nothing was frozen.
    """
    try:
        if frozen_files.inherit(runtime.home, brief_id, parents) or by_code:
            return
        _freeze(brief_id, commands, place, runtime.home)
    except (HandoffError, OSError) as error:
        redact.note(runtime.home, "freeze", f"{brief_id} in {place.root}: {error}")


def list_tests(place: Place) -> list[str]:
    """The files of a place that look like tests or their configuration now."""
    blobs = _listed(place)
    found = {path for path in blobs if test_files.is_test_file(path)}
    return sorted(found | set(find_configuration(place.root)))


def find_configuration(root: str) -> Iterator[str]:
    """The files below `root` that configure tests, those too that git ignores; nothing in folders
    of installed packages, and no link to a folder is followed.
    """
    seen = 0
    for folder, folders, names in os.walk(root):
        folders[:] = [
            name for name in folders
            if name not in test_files.SKIPPED_FOLDERS
            and not os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))
        ]  # fmt: skip
        seen += len(names)
        if seen > _MAX_WALKED:
            return
        for name in names:
            if test_files.is_test_configuration(name):
                yield os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")


def _freeze(brief_id: str, commands: Sequence[str], place: Place, home: str) -> None:
    blobs = _listed(place)
    named = test_commands.named_paths([redact.clean_judged(command) for command in commands])
    wanted = _in_order(place, blobs, named)
    new = objects.New(place.checkout) if place.checkout else None
    files: dict[str, FrozenFile] = {}
    copies: dict[str, bytes] = {}
    size, is_whole = 0, True
    for path in wanted:
        read = read_file(place.root, path, frozen_files.MAX_BYTES - size)
        if read is None:
            continue
        raw, mode = read
        if len(files) >= frozen_files.MAX_FILES or raw is None:
            is_whole = False
            continue
        size += len(raw)
        blob = frozen_files.hash_blob(raw, place)
        if new is None:
            copies[blob] = raw
        elif blobs.get(path) != blob:  # else git has it
            new.add("blob", raw)
        files[path] = FrozenFile(blob, mode)
    tree = ""
    if place.checkout is not None and new is not None and files:
        tree = _keep(place.checkout, new, brief_id, files)
    elif copies:
        frozen_files.keep_copies(home, brief_id, copies.items())
    frozen_files.save(home, Record(brief_id, place.key, tree, files, is_whole))


def _keep(
    checkout: git.Checkout, new: objects.New, brief_id: str, files: Mapping[str, FrozenFile]
) -> str:
    """The tree of the files, written and kept at the brief's ref."""
    base = objects.Folders(None, frozenset(), {})
    tree = objects.add_tree(new, checkout, base, {path: one.blob for path, one in files.items()})
    new.write()
    ref = frozen_files.REFS + brief_id
    answer = git.run(checkout, "update-ref", ref, str(tree), seconds=None)
    git.check_result(answer, f"keep the test files of {brief_id}")
    return str(tree)


def _in_order(place: Place, blobs: Mapping[str, str], named: frozenset[str]) -> list[str]:
    """What is to be frozen: first what the commands name, then configuration, then the rest."""
    first = [path for path in sorted(named) if os.path.lexists(os.path.join(place.root, path))]
    configuration = sorted(find_configuration(place.root))
    tests = sorted(path for path in blobs if test_files.is_test_file(path))
    below = [path for path in tests if any(path.startswith(f"{name}/") for name in named)]
    return list(dict.fromkeys((*first, *configuration, *below, *tests)))


def read_file(root: str, path: str, most: int) -> tuple[bytes | None, int] | None:
    """The bytes of a file (None: more than `most`) or where a link leads, and its mode with its
    kind. None where neither is there, or only behind a link to a folder.
    """
    full = os.path.join(root, path)
    try:
        if any(os.path.islink(os.path.join(root, above)) for above in folders_above(path)):
            return None
        about = os.lstat(full)
        if stat.S_ISLNK(about.st_mode):
            return os.fsencode(os.readlink(full)), frozen_files.LINK
        if not stat.S_ISREG(about.st_mode):
            return None
        if about.st_size > most:
            return None, about.st_mode
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        with open(os.open(full, flags), "rb") as file:
            return file.read(), about.st_mode
    except OSError:
        return None


def folders_above(path: str) -> list[str]:
    """The folders on the way to a path, the outermost first."""
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(1, len(parts))]


def _listed(place: Place) -> dict[str, str]:
    """Path -> its blob in the index, "" for a file that git neither has nor ignores; outside git
    all files, but those in folders of installed packages.
    """
    if place.checkout is None:
        return dict.fromkeys(_walk(place.root), "")
    listed = git.check_result(
        git.run(place.checkout, "ls-files", "-z", "-s", "--others", "--exclude-standard"),
        f"list the files of {place.root}",
    )
    blobs = {}
    for entry in os.fsdecode(listed).split("\0")[:-1]:
        about, tab, path = entry.partition("\t")
        fields = about.split(" ")
        if tab and len(fields) == 3 and len(fields[0]) == 6:
            blobs[path] = fields[1]
        else:
            blobs[entry] = ""
    return blobs


def _walk(root: str) -> Iterator[str]:
    seen = 0
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in test_files.SKIPPED_FOLDERS]
        seen += len(names)
        if seen > _MAX_WALKED:
            return
        for name in names:
            yield os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")
