"""The configuration of a worktree as git listed it, and whether that is what its files say still.

Another process may name a program in it at any moment, and programs are switched off by name, so
before each run of git the files are looked at: a stat each, no run of git. What is written while
git itself reads them, a few milliseconds, is seen by the run after that.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from handoff.git import config as git_config
from handoff.git import configured_programs
from handoff.git.execute import READ_SECONDS, GitResult, execute

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_SYSTEM_FILE = "/etc/gitconfig"  # where git has another one, its settings name it, if it has any
_CLOCK_TICK_NS = 20_000_000  # by which a file's times may lag behind the clock
_UNSURE = "unsure"


class ConfigListing:
    """`config` is the configuration as last listed, `programs` what that names; both are empty
    before the first `read`.
    """

    __slots__ = ("_stamps", "config", "programs")

    def __init__(self) -> None:
        self.config = git_config.Config()
        self.programs = configured_programs.Programs()
        self._stamps: dict[str, str] = {}

    def read(
        self,
        options: Sequence[str],
        root: str,
        git_dir: str,
        common_dir: str,
        *,
        seconds: float | None = READ_SECONDS,
    ) -> GitResult:
        """Have git list it, which is told of its repository by `options`; nothing changes here if
        it cannot. `seconds` are those of `execute`. Raises HandoffError for a program that cannot
        be switched off.
        """
        # Before git reads them: what is written meanwhile must make another stamp.
        unsure_from = time.time_ns() - _CLOCK_TICK_NS
        stamps = _stamp({*_usual_files(git_dir, common_dir), *self._stamps}, unsure_from)
        answer = execute(options, git_config.LIST, seconds=seconds)
        if answer.code:
            return answer
        config = git_config.parse(os.fsdecode(answer.out), root)
        self.programs = configured_programs.find(config)
        self.config = config
        self._stamps = {**_stamp(_named_files(config), unsure_from), **stamps}
        if any(entry.key.startswith("includeif.onbranch:") for entry in config.entries):
            self._stamps[os.path.join(git_dir, "HEAD")] = _UNSURE  # it may lead over other refs
        return answer

    def is_current(self) -> bool:
        """Whether each file that git read, or would have read, is as it was."""
        return _stamp(self._stamps) == self._stamps


def _usual_files(git_dir: str, common_dir: str) -> Iterator[str]:
    """The files that git reads where they are there, known without git."""
    yield os.path.join(common_dir, "config")
    yield os.path.join(git_dir, "config.worktree")
    home = os.environ.get("HOME", "")
    if "GIT_CONFIG_GLOBAL" in os.environ:
        yield os.environ["GIT_CONFIG_GLOBAL"]
    else:
        yield os.path.join(home, ".gitconfig")
        folder = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
        yield os.path.join(folder, "git", "config")
    yield os.environ.get("GIT_CONFIG_SYSTEM") or _SYSTEM_FILE


def _named_files(config: git_config.Config) -> Iterator[str]:
    """The files that settings came from or include, also on a condition or where there is none."""
    for entry in config.entries:
        kind, _, place = entry.origin.partition(":")
        path = place if kind == "file" else ""
        if path:
            yield path
        if entry.key.startswith(("include.", "includeif.")) and entry.key.endswith(".path"):
            yield os.path.join(os.path.dirname(path), os.path.expanduser(entry.value))


def _stamp(paths: Iterable[str], changed_before: int | None = None) -> dict[str, str]:
    """What is another for each file as soon as it is written or replaced, "" where there is none.
    One that changed at or after `changed_before` (ns) may have been read before that, or change
    again within one tick of the clock: it has a stamp that no file has.
    """
    stamps = {}
    for path in paths:
        try:
            about = os.stat(path)
        except (OSError, ValueError):
            stamps[path] = ""
            continue
        # The time of change too: that of writing can be set.
        stamps[path] = f"{about.st_ino} {about.st_size} {about.st_mtime_ns} {about.st_ctime_ns}"
        if changed_before is not None and about.st_ctime_ns >= changed_before:
            stamps[path] = _UNSURE
    return stamps
