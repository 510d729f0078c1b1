"""What every run of git is started with: its environment, and settings under which it asks nothing,
reaches no network and starts no program that a configuration names.

Filters and hooks of the configuration can be switched off by name only: `git.configured_programs`.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from handoff.base import paths

if TYPE_CHECKING:
    from collections.abc import Mapping

# What a hook, an alias or `git rebase --exec` leaves in the environment and what would lead us to
# another repository, index or object store (`git rev-parse --local-env-vars`, but for GIT_CONFIG_*,
# which are the user's configuration like any file), or change how paths are read.
ASTRAY = (
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_ATTR_SOURCE",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_DIR",
    "GIT_GLOB_PATHSPECS",
    "GIT_GRAFT_FILE",
    "GIT_ICASE_PATHSPECS",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INDEX_VERSION",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NAMESPACE",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
)

ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",  # a partial clone must not fetch what it lacks behind our back
    "GIT_ASKPASS": "false",
    "GIT_EDITOR": ":",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",  # the same, without a process for it (git 2.45)
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LANGUAGE": "C",
    "LC_ALL": "C",  # its messages are read
    "SSH_ASKPASS": "false",
    "SSH_ASKPASS_REQUIRE": "force",
}

SETTINGS = (
    "safe.bareRepository=explicit",  # besides: every run names its repository
    "core.alternateRefsCommand=true",  # `true` the program: it prints nothing
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",  # may be a hook's path; a query would start a daemon
    "core.safecrlf=false",  # would refuse a brief (always LF) where core.autocrlf is true
    "gc.auto=0",
    "maintenance.auto=false",
    "submodule.recurse=false",
    "i18n.commitEncoding=UTF-8",
    "i18n.logOutputEncoding=UTF-8",
    "log.showSignature=false",
)

# What compares contents may be configured to show them by a program.
_NO_PROGRAMS = ("--no-ext-diff", "--no-textconv")
OPTIONS = {
    **dict.fromkeys(("diff", "log"), _NO_PROGRAMS),
    # What .gitmodules says of a submodule would hide that its commit is another.
    "diff-tree": (*_NO_PROGRAMS, "--ignore-submodules=none"),
}


def complete(given: Mapping[str, str]) -> dict[str, str]:
    """All of the environment that git gets: ours without what leads astray, then `ENVIRONMENT`,
    and `given` on top.
    """
    ours = {name: value for name, value in os.environ.items() if name not in ASTRAY}
    return {**ours, **ENVIRONMENT, "PATH": absolute_path(), **given}


def absolute_path() -> str:
    """The PATH that git is started with, and looks up gpg and ssh on."""
    return paths.program_path(os.environ)
