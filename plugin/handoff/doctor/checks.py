"""`handoff doctor`: what works, what does not, and the one thing that fixes it."""

from __future__ import annotations

import os
import shlex
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from handoff import __version__
from handoff.base import log, paths, state_file
from handoff.base.errors import HandoffError
from handoff.brief import marking
from handoff.client import versions
from handoff.doctor import activity, hook_start, installation, locks, prompts, state_files
from handoff.doctor.model import Check
from handoff.git import run as git
from handoff.git import status, version
from handoff.launch import client_program
from handoff.maintenance import untrusted_text
from handoff.meter import token_counter
from handoff.redact import redact
from handoff.runtime import config_files
from handoff.store import brief_files, ledger, stranded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.runtime import Runtime
    from handoff.store.places import Place

_LOG_LINES = 3
_PATH_CHARS = 400


def checks(runtime: Runtime, place: Place) -> list[Check]:
    """Everything the doctor looks at, in the order of need. Leaves nothing behind."""
    program = client_program.find(runtime.env)
    client = client_program.check(program, runtime.env) if program else None
    return [
        Check("handoff", True, f"{__version__}, python {sys.version.split()[0]}"),
        *installation.checks(runtime),
        *hook_start.checks(runtime.env, paths.plugin_root()),
        _client(client, runtime),
        *activity.checks(runtime, place, client.version if client else ""),
        *_state(runtime),
        *locks.checks(runtime.home),
        *_configuration(runtime, place),
        *prompts.checks(runtime, place.root),
        _git(),
        *_repository(place, runtime),
        _vocabulary(runtime),
        *_log(runtime),
    ]


def _client(client: client_program.Client | None, runtime: Runtime) -> Check:
    if client is None:
        return Check(
            "client",
            None,
            "`claude` was not found on the PATH",
            "Install Claude Code, then run `handoff install`.",
        )
    others = [path for path in client_program.find_all(runtime.env) if path != client.program]
    more = f"; {', '.join(others)} {'comes' if len(others) == 1 else 'come'} later on the PATH"
    if not client.problem:
        return _usable_client(client, more if others else "")
    hint = (
        "Run `claude update`." if client.version else "`claude --version` must print its version."
    )
    return Check("client", False, f"{client.problem}{more if others else ''}", hint)


def _usable_client(client: client_program.Client, more: str) -> Check:
    """A client that is used; a word where nobody has tested handoff with its version."""
    text = f"{client.version} at {client.program}{more}"
    newest = client_program.version_numbers(versions.NEWEST_TESTED)
    if client_program.version_numbers(client.version) <= newest:
        return Check("client", True, text)
    return Check(
        "client",
        None,
        f"{text}; the newest version that handoff was tested with is {versions.NEWEST_TESTED}",
        "Nothing has to be done. If something does not work, look for an update of handoff.",
    )


def _state(runtime: Runtime) -> Iterator[Check]:
    home = Path(runtime.home)
    probe = next(p for p in (home, *home.parents) if os.path.lexists(p))
    why_not = _why_no_file(probe)
    text = f"cannot write to {home}: {why_not}" if why_not else str(home)
    hint = f"Fix {probe}, or set HANDOFF_HOME to another directory." if why_not else ""
    yield Check("state", not why_not, text, hint)
    for path in ledger.files(runtime.home):
        if os.path.lexists(path) and not (path.is_file() and os.access(path, os.R_OK | os.W_OK)):
            yield Check(
                "state file",
                False,
                f"cannot read and write {path}, so every brief is untrusted",
                f"It must be a regular file that you own: ls -ld {path}",
            )
    for kept in stranded.paths(runtime.home):
        yield Check(
            "brief",
            None,
            f"{kept}: its project was removed before its session ended",
            "To continue it, move it into .handoff/open/ of a repository and run "
            f"`handoff trust {Path(kept).stem}` there; otherwise delete it.",
        )
    for broken in sorted(home.glob(f"**/*{state_file.SUFFIX}")) if home.is_dir() else ():
        remove = "rm -r" if broken.is_dir() and not broken.is_symlink() else "rm"
        yield Check(
            "state file",
            None,
            f"{broken} could not be read as state of handoff and was moved aside",
            f"To delete it: {remove} {shlex.quote(str(broken))}",
        )
    for name, problem in state_files.problems(runtime.home):
        yield Check("state file", False, f"{name} {problem}", f"Check it: ls -ld {name}")


def _why_no_file(folder: Path) -> str:
    """Why nothing can be made in `folder`, "" when something can: rights alone do not tell."""
    try:
        os.rmdir(tempfile.mkdtemp(prefix=".handoff-doctor-", dir=folder))
    except OSError as error:
        return error.strerror or "unknown"
    return ""


def _configuration(runtime: Runtime, place: Place) -> Iterator[Check]:
    files = config_files(runtime.env, place.root)
    present = [path for path in files if Path(path).exists()]
    problems = runtime.read_config(place.root).problems
    if not problems:
        yield Check("configuration", True, ", ".join(present) or "no file; the defaults are used")
    for problem in problems:
        yield Check(
            "configuration", False, str(problem), "Until that is fixed, the key is ignored."
        )


def _git() -> Check:
    git_version = version.find()
    if not git_version.path:
        return Check(
            "git",
            False,
            "git was not found on the PATH, so briefs are written but not committed",
            "Install it: apt install git (Debian, Ubuntu), dnf install git (Fedora), "
            "brew install git (macOS), or https://git-scm.com/downloads",
        )
    if git_version.problem:
        return Check(
            "git", False, git_version.problem, "Install a newer git and put it first on the PATH."
        )
    return Check("git", True, f"{git_version.version} at {git_version.path}")


def _repository(place: Place, runtime: Runtime) -> Iterator[Check]:
    if place.checkout is None:
        if version.find().path:  # else that is said already
            text = f"{place.problem}, so briefs are written but not committed"
            yield Check("repository", None, text)
        return
    now = status.read_state(place.checkout)
    branch = (now.branch or "a detached HEAD") if now.has_head else "an unknown branch"
    yield Check("repository", True, f"{place.root} on {branch}")
    if now.problem:
        yield Check(
            "git",
            False,
            f"{now.problem.rstrip('.')}, so briefs are written without git's state",
            f"To see why: git -C {place.root} status, then git -C {place.root} fsck",
        )
    if now.operation:
        text = f"a {now.operation} is in progress, so briefs are kept at refs/handoff/"
        yield Check("git", None, text, "To put them on the branch afterwards: handoff commit")
    try:
        if git.is_ignored(place.checkout, brief_files.relative_path(brief_files.OPEN, "x")):
            yield Check(
                "git",
                None,
                f"git ignores {brief_files.FOLDER}, so briefs are written but not committed",
                f"To see which rule: git check-ignore -v {brief_files.FOLDER}/open/x.md",
            )
    except HandoffError as error:
        yield Check("git", False, error.what, error.hint)
    clean = redact.cleaner(runtime.config(place.root))
    for item in brief_files.read_all(place.root):
        if item.problem:
            where = clean(f"Look at {marking.mark_path(item.relative)}.")
            hint = untrusted_text.mark(where, _PATH_CHARS, runtime, is_trusted='"' not in where)
            yield Check(
                "brief", False, untrusted_text.mark(clean(item.problem), _PATH_CHARS, runtime), hint
            )


def _vocabulary(runtime: Runtime) -> Check:
    folder = token_counter.vocabulary_folder(runtime.env)
    if token_counter.has_vocabulary(folder):
        return Check("tokens", True, f"counted by tiktoken ({folder})")
    return Check(
        "tokens",
        None,
        "estimated, as there is no tiktoken vocabulary on disk",
        "Nothing has to be done; handoff doctor --fetch-tokens downloads it.",
    )


def _log(runtime: Runtime) -> Iterator[Check]:
    path = log.log_file(runtime.home)
    try:
        text = Path(path).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return
    entries = [line for line in text.splitlines() if line[:2] == "20" and "] " in line]
    if entries:
        last = "; ".join(entries[-_LOG_LINES:])
        number = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
        yield Check("log", None, f"{number} in {path}, last: {last}")
