"""A `git commit` that is running in a worktree, found by its process.

git reads HEAD before its hooks and the editor, and refuses the commit if the branch has moved by
the end. Meanwhile it holds no lock (`commit -a` and `commit FILE` hold `index.lock`), and
`COMMIT_EDITMSG` stays behind whether a commit was made, given up, killed, or had nothing to commit.
Reflogs tell less still: they may be off, and reftable keeps none as files. So none of these tells,
but the process does: git runs it with the root of the worktree as its current directory, also for
an alias, and waits in it for hooks, editor and signature (seen: git 2.30, 2.39, 2.54).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base import paths

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.git.run import Checkout

# A commit whose message is at hand is over by then; more would be felt at a session's end.
WAIT_SECONDS = 0.5
_POLL_SECONDS = 0.02
_PROGRAM_SECONDS = 5.0
_MESSAGE = "COMMIT_EDITMSG"
_WITH_VALUE = frozenset(
    ("-C", "-c", "--git-dir", "--work-tree", "--namespace", "--config-env", "--attr-source")
)
# Vim's swap file, which nano writes as well: how it begins, and where the host's name stands.
_SWAP_MAGIC, _SWAP_HOST = b"b0", slice(68, 108)
_MIN_CUT_CHARS = 31  # nano cuts a longer name to this, Vim to 39


def find_running_commit(
    checkout: Checkout, *, wait: float = WAIT_SECONDS, proc: str = "/proc"
) -> str:
    """What shows that a commit is running in this worktree, in a clause; "" if none is.

    It may take `wait` seconds to end. `proc` is where the system lists processes; without that,
    `ps` and `lsof` are asked.
    """
    message = Path(checkout.git_dir, _MESSAGE)
    deadline = time.monotonic() + wait
    while process := _process(checkout.root, message, proc):
        if time.monotonic() >= deadline:
            return process
        time.sleep(_POLL_SECONDS)
    host = _editing_host(message)
    if host:
        swap = message.with_name(f".{_MESSAGE}.swp")
        return f"an editor on {host} has the commit message open; if not, remove {swap}"
    return ""


def _process(root: str, message: Path, proc: str) -> str:
    if os.path.isdir(f"{proc}/self"):
        pid = next(_commits(root, proc), "")
        return f"`git commit` is running here, process {pid}" if pid else ""
    return _by_ps(root, message)


def _commits(root: str, proc: str) -> Iterator[str]:
    """The numbers of the processes that are a `git commit` in the worktree."""
    for pid in os.listdir(proc):
        if not pid.isdigit():
            continue
        try:
            with open(f"{proc}/{pid}/cmdline", "rb") as file:
                words = os.fsdecode(file.read()).split("\0")
            # The folder itself is compared: a container may know it by another path.
            if is_commit(words) and os.path.samefile(f"{proc}/{pid}/cwd", root):
                yield pid
        except OSError:
            continue  # it has ended, or is another user's


def is_commit(words: list[str]) -> bool:
    """Whether an argument list is that of `git commit`, whatever options git has before it."""
    program = os.path.basename(words[0])
    if program != "git":
        return program == "git-commit"
    rest = iter(words[1:])
    for word in rest:
        if word in _WITH_VALUE:
            next(rest, "")
        elif not word.startswith("-"):
            return word == "commit"
    return False


def _by_ps(root: str, message: Path) -> str:
    """The same by `ps`: the commit, or an editor that has the message, of which git gives editors
    the full path. A commit of which `lsof` cannot tell where it runs counts as running here.
    """
    for line in _printed("ps", "-A", "-ww", "-o", "pid=", "-o", "args=").splitlines():
        pid, _, arguments = line.strip().partition(" ")
        if arguments.rstrip().endswith(f" {message}"):
            return f"an editor has the commit message open, process {pid}"
        if is_commit(arguments.split() or [""]) and _works_in(pid, root):
            return f"`git commit` is running here, process {pid}"
    return ""


def _works_in(pid: str, root: str) -> bool:
    """Whether the folder is a process's current directory, as far as `lsof` can tell."""
    if not shutil.which("lsof", path=paths.program_path(os.environ)):
        return True
    for line in _printed("lsof", "-a", "-p", pid, "-d", "cwd", "-Fn").splitlines():
        if line.startswith("n"):
            try:
                return os.path.samefile(line[1:], root)
            except OSError:
                return False
    return False  # it has ended, or is another user's


def _printed(*command: str) -> str:
    """What a program of the system prints, "" where it cannot be run."""
    try:
        done = subprocess.run(
            command,
            env={"PATH": paths.program_path(os.environ), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROGRAM_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return os.fsdecode(done.stdout)


def _editing_host(message: Path) -> str:
    """The other host on which an editor says that it has the message open, "" if none does.

    On this one the processes tell. A container or another machine that shares the folder is told
    by the editor's swap file alone.
    """
    try:
        with open(message.with_name(f".{message.name}.swp"), "rb") as file:
            block = file.read(_SWAP_HOST.stop)
    except OSError:
        return ""
    host = block[_SWAP_HOST].partition(b"\0")[0].decode("utf-8", "replace")
    own = os.uname().nodename
    is_here = own == host or (len(host) >= _MIN_CUT_CHARS and own.startswith(host))
    if is_here or not host or not block.startswith(_SWAP_MAGIC):
        return ""
    return "".join(letter for letter in host if letter.isalnum() or letter in ".-_")
