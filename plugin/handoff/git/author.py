"""Who a commit is by, and how it is signed without asking anybody anything."""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.git import run as git

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FALLBACK = ("handoff", "handoff@localhost")

_PROGRAM = re.compile(r"gpg\.(\w+\.)?program|gpg\.ssh\.defaultkeycommand")


class CannotSignError(Exception):
    """Why a commit that the user wants signed could not be, without asking."""


@dataclass(frozen=True)
class Author:
    """The user as git's configuration and environment name them.

    `environment` holds what git needs beyond that (nothing, when a name and an email are set).
    `names` are the name and the email, as they are set, by `author` and `committer`; "" for an
    email of `EMAIL`, which git does not take from there in every case. `signs` is
    `commit.gpgsign`; `gpg` all of `gpg.*`, by key. `strange` is "", or where a program that signs
    is named outside of the user's own configuration: such a program is not started.
    """

    environment: Mapping[str, str]
    signs: bool
    gpg: Mapping[str, str]
    names: Mapping[str, tuple[str, str]]
    strange: str = ""


def author(checkout: git.Checkout, env: Mapping[str, str] | None = None) -> Author:
    """The user's own identity in this checkout; what is not set comes from `FALLBACK`.

    Git's guess from the login and the host name is never used: it says more than a user means to.
    """
    env = os.environ if env is None else env
    config, strange = checkout.config, ""
    for scope, origin, key, _ in config.below("gpg"):
        if _PROGRAM.fullmatch(key) and not _is_own(checkout, scope, origin):
            strange = f"{key} is set in {origin.removeprefix('file:')}"
    missing, names = {}, {}
    for role in ("author", "committer"):
        both = []
        for part, fallback in zip(("name", "email"), FALLBACK, strict=True):
            name = f"GIT_{role.upper()}_{part.upper()}"
            known = [env.get(name), config.get(f"{role}.{part}"), config.get(f"user.{part}")]
            last = env.get("EMAIL") if part == "email" else None
            if not any(value and value.strip() for value in (*known, last)):
                missing[name], known = fallback, [fallback]
            both.append(next((value for value in known if value is not None), ""))
        names[role] = (both[0], both[1])
    return Author(
        environment=missing,
        signs=config.is_true("commit.gpgsign"),
        gpg={entry.key: entry.value for entry in config.below("gpg")},
        names=names,
        strange=strange,
    )


def sign(
    checkout: git.Checkout,
    by: Author,
    commit_tree: Sequence[str],
    message: bytes,
    *,
    seconds: float,
) -> str:
    """The id of a signed commit. Raises CannotSignError when that takes a person, or `seconds`.

    OpenPGP: gpg runs with `--pinentry-mode error`, so it signs with a key that is unlocked or has
    no passphrase, and fails otherwise. SSH: ssh-keygen has no terminal and an askpass that says no.
    Any other program (`gpg.ssh.program`, X.509) may show a window of its own, so it is not tried.
    """
    if by.strange:
        raise CannotSignError(
            f"the commit must be signed, but {by.strange}, not in your own configuration"
        )
    form = by.gpg.get("gpg.format", "openpgp")
    if form not in ("openpgp", "ssh") or "gpg.ssh.program" in by.gpg:
        raise CannotSignError(
            "the commit must be signed, and the signing program may ask for input"
        )
    command = [commit_tree[0], "-S", *commit_tree[1:]]
    with tempfile.TemporaryDirectory(prefix="handoff-sign-") as folder:
        # Named here, so that what another process configures meanwhile is not started.
        settings = {
            "gpg.format": form,
            "gpg.ssh.program": "ssh-keygen",
            "gpg.ssh.defaultKeyCommand": by.gpg.get("gpg.ssh.defaultkeycommand") or "false",
        }
        if form == "openpgp":
            program = by.gpg.get("gpg.openpgp.program") or by.gpg.get("gpg.program") or "gpg"
            settings["gpg.openpgp.program"] = _never_asking(folder, program)
        answer = git.run(
            checkout,
            *command,
            stdin=message,
            env=by.environment,
            settings=settings,
            seconds=seconds,
        )
    if answer.code == 0:
        return git.decode_path(answer.out).strip()
    if answer.code == git.TIMED_OUT:
        raise CannotSignError("the commit must be signed, and signing took too long")
    raise CannotSignError("the commit must be signed, and signing needs your input")


def _is_own(checkout: git.Checkout, scope: str, origin: str) -> bool:
    """Whether a setting is of the user's configuration, or of the repository's own file and not of
    one that it includes, which may be in the worktree.
    """
    own = {
        "local": os.path.join(checkout.common_dir, "config"),
        "worktree": os.path.join(checkout.git_dir, "config.worktree"),
    }
    if scope not in own:
        return scope in ("system", "global")
    return os.path.realpath(origin.removeprefix("file:")) == own[scope]


def _never_asking(folder: str, program: str) -> str:
    path = Path(folder, "gpg")
    program = shlex.quote(str(Path(program).expanduser()))
    path.write_text(f'#!/bin/sh\nexec {program} --batch --no-tty --pinentry-mode error "$@"\n')
    path.chmod(0o700)
    return str(path)
