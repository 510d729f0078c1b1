"""Which repository a directory is in, by names and small files alone: git is not run.

The nearest `.git` on the way up decides: a folder, or a file that points to one (linked worktrees,
submodules). Git's own search also takes every folder with `HEAD`, `objects` and `refs` for a bare
repository and obeys the configuration in it; those are ordinary files that any clone can hold, and
`safe.bareRepository`, which forbids it, came with git 2.38. A path named `.git` is in no clone: git
refuses to check one out. Standard library only: hooks load this on every event.
"""

from __future__ import annotations

import os

from handoff.base.errors import HandoffError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_SMALL = 4096  # bytes: HEAD, commondir and a gitfile hold one line
_HEX = b"0123456789abcdef"
_TRUE = ("1", "true", "yes", "on")


class Location:
    """A repository: `root` is the folder with `.git`; `common_dir` is shared by its worktrees.

    All paths are absolute, symbolic links resolved. Whether git accepts it is not known yet.
    """

    __slots__ = ("common_dir", "git_dir", "root")

    def __init__(self, root: str, git_dir: str, common_dir: str) -> None:
        self.root = root
        self.git_dir = git_dir
        self.common_dir = common_dir


def locate(directory: str) -> Location | None:
    """The repository around `directory`; None outside of any, inside a git directory, and for a
    directory that is gone.

    As git does, it stops at GIT_CEILING_DIRECTORIES and at a file system's boundary, and passes
    over a `.git` folder that is none; unlike git it says so, if there is no other further up.
    Raises HandoffError then, and for a `.git` file that leads nowhere.
    """
    start = _real_path(directory)
    if not start or not os.path.isdir(start):
        return None
    folder, git_dir = _nearest(start)
    if not folder:
        _complain(start)
        return None
    if not git_dir:
        raise _stray(os.path.join(folder, ".git"))
    common_dir = _common_dir(git_dir)
    if _is_inside(start, git_dir, folder) or _is_inside(start, common_dir, folder):
        return None
    return Location(folder, git_dir, common_dir)


def find_root(directory: str) -> str:
    """The folder that holds the nearest `.git`, else `directory`; symbolic links resolved. As it is
    given, where it is below a current directory that is gone.
    """
    start = _real_path(directory)
    if not start:
        return directory
    folder, git_dir = _nearest(start)
    return start if not folder or _is_inside(start, git_dir, folder) else folder


def shared_folder(root: str) -> str:
    """The shared git directory that the `.git` in `root` names, also where the repository is
    damaged or git refuses it; "" without one.
    """
    path = os.path.join(root, ".git")
    git_dir = _target(path) if os.path.isfile(path) else path
    return _common_dir(os.path.realpath(git_dir)) if git_dir and os.path.isdir(git_dir) else ""


def refusal(place: Location, err: str, words: str) -> HandoffError:
    """What the user can do where git does not take a repository; `err` is what it printed, `words`
    what of that is fit to show.
    """
    import re  # not on the hot path

    if "dubious ownership" in err or "unsafe repository" in err:
        owned = re.search(r"repository at '(.+)'|repository \('(.+)' is owned", err)
        path = (owned.group(1) or owned.group(2)) if owned else place.root
        return HandoffError(
            f"git refuses the repository at {path}, because another user owns it.",
            f"If you trust it: git config --global --add safe.directory {path}",
        )
    if "must be run in a work tree" in err:
        return HandoffError(
            f"{place.git_dir} is a bare repository, so {place.root} is not a worktree.",
            "Create a worktree of it and work there: git worktree add PATH",
        )
    return HandoffError(
        f"git could not read the repository around {place.root}: {words}",
        "Fix this and try again.",
    )


def is_git_directory(path: str) -> bool:
    """Whether git would take `path` for a git directory: HEAD, objects and refs are there."""
    common_dir = _common_dir(path)
    return _has_head(path) and all(
        os.path.isdir(os.path.join(common_dir, name)) for name in ("objects", "refs")
    )


def _real_path(directory: str) -> str:
    """The whole path, symbolic links resolved; "" below a current directory that is gone."""
    try:
        return os.path.realpath(directory or ".")
    except FileNotFoundError:
        return ""


def _upwards(start: str) -> Iterator[str]:
    """`start` and the folders above it, as far as git would look."""
    device = _device(start)
    ceilings = _ceilings(os.environ.get("GIT_CEILING_DIRECTORIES", ""))
    crosses = os.environ.get("GIT_DISCOVERY_ACROSS_FILESYSTEM", "").lower() in _TRUE
    folder = start
    while True:
        yield folder
        above = os.path.dirname(folder)
        if above == folder or above in ceilings:
            return
        if device and not crosses and _device(above) != device:
            return
        folder = above


def _device(folder: str) -> int:
    """The file system of a folder, 0 where that cannot be told."""
    try:
        return os.stat(folder).st_dev
    except OSError:
        return 0


def _ceilings(setting: str) -> set[str]:
    """The folders of GIT_CEILING_DIRECTORIES; links are not resolved after an empty entry."""
    folders, resolves = set(), True
    for entry in setting.split(os.pathsep):
        if not entry:
            resolves = False
        elif os.path.isabs(entry):
            folders.add(os.path.realpath(entry) if resolves else os.path.normpath(entry))
    return folders


def _nearest(start: str) -> tuple[str, str]:
    """The folder whose `.git` decides, and its git directory, "" where a `.git` file leads to none
    or a repository is damaged; two empty texts where no `.git` decides.
    """
    for folder in _upwards(start):
        path = os.path.join(folder, ".git")
        if os.path.isfile(path):
            git_dir = os.path.realpath(_target(path) or path)
            return folder, git_dir if is_git_directory(git_dir) else ""
        if os.path.isdir(path) and is_git_directory(path):  # most folders on the way have none
            return folder, os.path.realpath(path)
    for folder in _upwards(start):
        if os.path.isdir(os.path.join(folder, ".git", "objects")):
            return folder, ""
    return "", ""


def _target(path: str) -> str:
    """The path that a `.git` file names, relative to the file's folder; "" if it names none."""
    text = _read(path)
    named = os.fsdecode(text[len(b"gitdir: ") :].rstrip(b"\r\n"))
    is_gitfile = text.startswith(b"gitdir: ") and named
    return os.path.join(os.path.dirname(path), named) if is_gitfile else ""


def _stray(path: str) -> HandoffError:
    """What is wrong with a `.git` that decides and is no git directory."""
    if os.path.isdir(path):
        return HandoffError(
            f"{path} is not a git directory: it lacks a valid HEAD, objects or refs.",
            "Restore the repository, or remove that folder if there was none.",
        )
    target = _target(path)
    if not target:
        return HandoffError(
            f"{path} is not a valid gitfile: it must contain one line, `gitdir: PATH`.",
            "Remove it, or repair the worktree or submodule it belongs to.",
        )
    return HandoffError(
        f"{path} points to {target}, which is not a git directory.",
        "If the repository was moved, run in its new place: git worktree repair PATH",
    )


def _complain(start: str) -> None:
    """Raise HandoffError if a folder on the way up is called `.git` and is no git directory."""
    for folder in _upwards(start):
        path = os.path.join(folder, ".git")
        if os.path.isdir(path):
            raise _stray(path)


def _common_dir(git_dir: str) -> str:
    named = os.fsdecode(_read(os.path.join(git_dir, "commondir")).rstrip(b"\r\n"))
    return os.path.realpath(os.path.join(git_dir, named)) if named else git_dir


def _has_head(git_dir: str) -> bool:
    """Whether HEAD names a ref or a commit, in the forms that git takes."""
    path = os.path.join(git_dir, "HEAD")
    try:
        if os.readlink(path).startswith("refs/"):
            return True
    except OSError:
        pass  # no link, as usual
    head = _read(path)
    if head.startswith(b"ref:"):
        return head[len(b"ref:") :].lstrip().startswith(b"refs/")
    name = head.strip()
    return len(name) in (40, 64) and not name.strip(_HEX)


def _read(path: str) -> bytes:
    """The start of a regular file, b"" if there is none; a pipe is not waited for."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return b""
    try:
        return os.read(descriptor, _SMALL)
    except OSError:
        return b""  # a folder
    finally:
        os.close(descriptor)


def _is_inside(start: str, git_dir: str, folder: str) -> bool:
    """Whether the way up from `start` to `folder` led through the git directory. A linked worktree
    may itself lie in the bare repository that it is of.
    """
    return _is_below(start, git_dir) and _is_below(git_dir, folder)


def _is_below(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)
