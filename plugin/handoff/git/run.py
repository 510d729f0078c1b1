"""git run in a worktree: which worktree it is, one run of git there, and what its answer says.

Every run is told its repository (git's own search is not relied on), is deaf to what the client's
environment says about repositories, asks nothing, reaches no network, and runs no hook, no filter
and no other program that a repository's configuration names; docs/safety.md has the exceptions.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base.errors import SHORTAGE_HINT, HandoffError
from handoff.git import config as git_config
from handoff.git import configured_programs, discovery, environment
from handoff.git.config_listing import ConfigListing
from handoff.git.execute import NO_GIT, NOT_STARTED, READ_SECONDS, TIMED_OUT, GitResult, execute

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "MAIN_WORKTREE",
    "NOT_STARTED",
    "NO_GIT",
    "NO_REPLACING",
    "READ_SECONDS",
    "TIMED_OUT",
    "Checkout",
    "GitResult",
    "check_result",
    "decode_path",
    "error_words",
    "find_checkout",
    "is_ignored",
    "refresh_config",
    "run",
    "version",
]  # fmt: skip

MAIN_WORKTREE = "main"  # how briefs name the worktree that is no linked one

# For reading what a commit itself says: refs/replace/ can put another in its place.
NO_REPLACING = {"GIT_NO_REPLACE_OBJECTS": "1"}


@dataclass(frozen=True)
class Checkout:
    """A worktree and its repository; all paths are absolute, symbolic links resolved.

    `listing` is its configuration, which every run of git brings up to date first; `config` and
    `programs` are of that.
    """

    root: str
    git_dir: str
    common_dir: str  # the same for all worktrees of a repository
    worktree: str  # MAIN_WORKTREE, or the name under which git knows the linked worktree
    listing: ConfigListing = field(default_factory=ConfigListing, compare=False, repr=False)

    @property
    def config(self) -> git_config.Config:
        """The configuration as git last listed it."""
        return self.listing.config

    @property
    def programs(self) -> configured_programs.Programs:
        """The programs that it names."""
        return self.listing.programs


def find_checkout(directory: str) -> Checkout | None:
    """The worktree around `directory` (`discovery.locate`); None outside git, without git.

    Raises HandoffError when git refuses the repository (`safe.directory`), when it is broken, and
    when it is a bare one, which has no worktree here.
    """
    place = discovery.locate(directory)
    if place is None:
        return None
    # The one run of git that searches: whether git accepts what was found, only its search tells.
    listing = ConfigListing()
    options = ["-C", place.root]
    answer = listing.read(options, place.root, place.git_dir, place.common_dir)
    if answer.code == NO_GIT:
        return None
    if answer.code or answer.err or not _is_plain(listing.config, place):
        git_dir, root = _ask(place, directory)
        check_result(answer, f"read the configuration of {root}")
    else:
        git_dir, root = place.git_dir, place.root
    linked = Path(git_dir).parent.name == "worktrees" and git_dir != place.common_dir
    worktree = Path(git_dir).name if linked else MAIN_WORKTREE
    return Checkout(root, git_dir, place.common_dir, worktree, listing)


def _is_plain(config: git_config.Config, place: discovery.Location) -> bool:
    """Whether the configuration alone shows that git accepts the repository that was found, with
    the folder that was found for its worktree.
    """
    moved = config.text("core.worktree") or config.is_true("core.bare")
    return not moved and "\n" not in place.root and config.is_of(place.common_dir)


def _ask(place: discovery.Location, directory: str) -> tuple[str, str]:
    """The git directory and the root of the worktree that git finds, or HandoffError."""
    asked = ("--absolute-git-dir", "--show-toplevel")
    answer = execute(["-C", place.root], ("rev-parse", *asked))
    if answer.code:
        if answer.code in (NOT_STARTED, TIMED_OUT):
            check_result(answer, f"read the repository around {place.root}")
        raise discovery.refusal(place, answer.err, error_words(answer))
    lines = os.fsdecode(answer.out).split("\n")
    if len(lines) != len(asked) + 1:
        raise HandoffError(
            f"The path of the repository around {directory!r} contains a line break.",
            "Move the repository to a path without one.",
        )
    git_dir, root = (str(Path(line).resolve()) for line in lines[:2])
    if git_dir != place.git_dir:
        raise HandoffError(
            f"The repository of {place.root} is {place.git_dir}, but git uses {git_dir}.",
            "Check what git reports there: git rev-parse --git-dir",
        )
    if not Path(directory or ".").resolve().is_relative_to(root):
        raise HandoffError(
            f"{directory} is outside the worktree of {git_dir}, which is {root} (core.worktree).",
            f"Work in {root}, or: git --git-dir={git_dir} config --unset core.worktree",
        )
    return git_dir, root


def refresh_config(checkout: Checkout) -> None:
    """Have the configuration listed again, if a file of it has changed: for who asks for `config`
    or `programs` before git is run.

    Raises HandoffError when git cannot read it any more, or names a program that cannot be switched
    off.
    """
    check_result(_list_config(checkout, READ_SECONDS), f"read the configuration of {checkout.root}")


def is_ignored(checkout: Checkout, path: str) -> bool:
    """Whether git would ignore `path` (POSIX, relative to the root); a tracked file is not."""
    # check-ignore takes paths, and refuses to hear that pathspecs are literal.
    literal = {"GIT_LITERAL_PATHSPECS": "0"}
    answer = run(checkout, "check-ignore", "--quiet", "--", path, env=literal)
    if answer.code not in (0, 1):
        if "is in submodule" in answer.err:
            folder = path.partition("/")[0]
            raise HandoffError(
                f"{folder} is a submodule, so {checkout.root} cannot hold briefs there: move it "
                f"away, for example with git mv {folder} {folder.lstrip('.')}-module"
            )
        check_result(answer, f"check whether {path!r} is ignored in {checkout.root}")
    return answer.code == 0


def run(
    checkout: Checkout,
    *arguments: str,
    stdin: bytes | None = None,
    env: Mapping[str, str] | None = None,
    settings: Mapping[str, str] | None = None,
    seconds: float | None = READ_SECONDS,
    filters: bool = False,
) -> GitResult:
    """Run git in a checkout and return its answer; nothing is raised.

    `env` and `settings` (configuration, by key) come on top of those that always hold. After
    `seconds` it is killed (None: never, for what holds a lock of the user's). With `filters` those
    that are configured run, for a command that checks files out.
    """
    try:
        listed = _list_config(checkout, seconds)
        if listed.code == TIMED_OUT:
            return listed
        check_result(listed, f"read the configuration of {checkout.root}")
    except HandoffError as error:
        return GitResult(NOT_STARTED, b"", error.what.rstrip("."))
    options = _whose(checkout)
    given = [f"{key}={value}" for key, value in (settings or {}).items()]
    for setting in (*checkout.programs.off(filters=not filters), *given):
        options += ["-c", setting]
    verb, *rest = arguments
    words = (verb, *environment.OPTIONS.get(verb, ()), *rest)
    return execute(options, words, stdin=stdin, env=env, seconds=seconds)


def version() -> GitResult:
    """What `git version` prints, outside of any repository."""
    return execute([], ("version",))


def check_result(answer: GitResult, what: str) -> bytes:
    """The output of a run that must succeed; HandoffError, with git's own words, if it did not."""
    if answer.code == 0:
        return answer.out
    if answer.code == TIMED_OUT:
        raise HandoffError(f"git took too long to {what}.", "Try again when the machine is idle.")
    if answer.code == NOT_STARTED:
        hint = SHORTAGE_HINT if answer.is_short else "Fix this and try again."
        raise HandoffError(f"git could not be started: {answer.err}.", hint)
    raise HandoffError(f"git could not {what}: {error_words(answer)}", "Fix this and try again.")


def error_words(answer: GitResult) -> str:
    """What git printed of an error, on one line. git quotes values of its configuration and
    addresses, so secrets are taken out here: the text goes to screens, briefs, logs and reflogs.
    """
    from handoff.redact import redact  # only an error needs it

    lines = [line for line in answer.err.splitlines() if not line.startswith(("hint:", "warning:"))]
    return redact.redact(" ".join(lines))[:500] or f"exit code {answer.code}"


def decode_path(name: bytes) -> str:
    """A name or message from git as text that can always be printed."""
    return name.decode("utf-8", "replace")


def _list_config(checkout: Checkout, seconds: float | None) -> GitResult:
    """How listing the configuration went; well where that is current."""
    if checkout.listing.is_current():
        return GitResult(0, b"", "")
    place = (checkout.root, checkout.git_dir, checkout.common_dir)
    return checkout.listing.read(_whose(checkout), *place, seconds=seconds)


def _whose(checkout: Checkout) -> list[str]:
    """What tells git of its repository."""
    return ["-C", checkout.root, f"--git-dir={checkout.git_dir}", f"--work-tree={checkout.root}"]
