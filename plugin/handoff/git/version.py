"""Which git is on the PATH, and whether it is new enough."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass

from handoff.git import environment
from handoff.git import run as git

OLDEST = (2, 30)  # of Debian 11; as in install.sh
_PRINTED = re.compile(r"git version ((\d+)\.(\d+)\S*)")


@dataclass(frozen=True)
class Version:
    """A git: where it is, "" if nowhere, its version, and what is wrong with it, "" if nothing."""

    path: str
    version: str = ""
    problem: str = ""


def find() -> Version:
    """The git that runs here, and whether handoff works with it."""
    path = shutil.which("git", path=environment.absolute_path()) or ""
    if not path:
        return Version("")
    answer = git.version()
    printed = _PRINTED.match(git.decode_path(answer.out))
    if answer.code or not printed:
        return Version(path, "", f"{path} does not print its version: {git.error_words(answer)}")
    if (int(printed[2]), int(printed[3])) < OLDEST:
        oldest = ".".join(map(str, OLDEST))
        problem = f"{path} is git {printed[1]}, and handoff needs {oldest} or newer"
        return Version(path, printed[1], problem)
    return Version(path, printed[1])
