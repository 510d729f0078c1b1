"""A remote of the repository, reached only because the user asked: read, fetch and push of refs.

Nothing prompts: git has no terminal, its askpass programs say no, credential helpers are told not
to open a window. What signs in by itself (a helper, an agent, a key without passphrase) works.
"""

from __future__ import annotations

import os
import re
import shlex
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import run as git
from handoff.git.head import read_head
from handoff.redact import redact

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SECONDS = 60.0
PUSH_SECONDS = 600.0  # the user's pre-push hook may run their tests

_ENVIRONMENT = {
    "GCM_INTERACTIVE": "never",
    "GIT_ALLOW_PROTOCOL": "file:git:http:https:ssh",
    "GIT_ASKPASS": "false",
    "GIT_LITERAL_PATHSPECS": "0",
}
_SETTINGS = {"credential.interactive": "false"}
_PASSWORD = re.compile(r"(?<=//)[^/@\s]+@")

_CAUSES = (
    (
        ("Authentication failed", "could not read Username", "could not read Password", "askpass",
         "Permission denied", "denied to", "error: 401", "error: 403", "not authorized"),
        "refused access",
        "Set up access as for `git push` (a credential helper, an ssh agent); handoff never asks.",
    ),
    (
        ("Host key verification failed",),
        "is not among ssh's known hosts",
        "Run `git ls-remote` on it once by hand and check its key.",
    ),
    (
        ("Could not resolve", "Connection refused", "Connection timed out", "unreachable",
         "Failed to connect", "Connection reset", "No route to host", "unable to connect"),
        "cannot be reached",
        "Check the network and try again. Nothing changed on this machine.",
    ),
    (
        ("does not appear to be a git repository", "not found", "No such file"),
        "has no repository there",
        "Check its URL: git remote -v",
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Remote:
    """A remote by `name`; `address` is what git is given to reach the place pushes go to."""

    name: str
    address: str


@dataclass(frozen=True)
class Pushed:
    """One ref of a push. `refused` is "" when it arrived, else the words of git or the remote."""

    target: str
    refused: str


def choose(checkout: git.Checkout, wanted: str, *, to_push: bool) -> Remote:
    """The remote that is `wanted`, else the one git would choose.

    To push: `branch.<name>.pushRemote`, `remote.pushDefault`; then, and to share with others,
    `branch.<name>.remote`, `origin`, the only one there is. Raises HandoffError when there is none.
    """
    names = git.decode_path(
        git.check_result(git.run(checkout, "remote"), f"read {checkout.root}")
    ).split("\n")
    names = [name for name in names if name]
    there = f"Its remotes: {', '.join(names)} (git remote -v)." if names else "git remote add …"
    if wanted:
        if wanted not in names:
            raise HandoffError(f"No remote {wanted!r} in {checkout.root}.", there)
        return _remote(checkout, wanted)
    config = read_settings(checkout)
    branch = (read_head(checkout).branch or "").removeprefix("refs/heads/")
    asked = [f"branch.{branch}.pushremote", "remote.pushdefault"] if to_push else []
    for key in (*asked, f"branch.{branch}.remote"):
        if config.get(key) in names:
            return _remote(checkout, config[key])
    if "origin" in names or len(names) == 1:
        return _remote(checkout, "origin" if "origin" in names else names[0])
    if not names:
        raise HandoffError(f"{checkout.root} has no remote.", "Add one: git remote add origin URL")
    raise HandoffError(f"{checkout.root} has several remotes, and none is the default.", there)


def read_settings(checkout: git.Checkout) -> dict[str, str]:
    """How git is configured for branches and pushes, by key; the last value of each counts."""
    sections = ("branch", "remote", "push")
    return {
        entry.key: entry.value for section in sections for entry in checkout.config.below(section)
    }


def list_refs(checkout: git.Checkout, remote: Remote, *patterns: str) -> dict[str, str]:
    """Ref -> sha of what the remote has now under these patterns."""
    answer = _run(checkout, "ls-remote", "--refs", remote.address, *patterns)
    lines = git.decode_path(_good(answer, remote, "read")).splitlines()
    return {name: sha for sha, _, name in (line.partition("\t") for line in lines)}


def fetch(checkout: git.Checkout, remote: Remote, names: Sequence[str]) -> None:
    """Bring the objects of these refs here; no ref, no FETCH_HEAD and no tag is written."""
    answer = _run(
        checkout,
        *("fetch", "--quiet", "--stdin", "--no-write-fetch-head", "--no-tags", "--refmap="),
        *("--no-prune", "--no-auto-maintenance", "--no-recurse-submodules", remote.address),
        stdin="".join(f"{name}\n" for name in names).encode(),
    )
    _good(answer, remote, "read")


def swap_ref(checkout: git.Checkout, remote: Remote, ref: str, new: str, old: str) -> bool:
    """Point the remote's `ref` at `new` if it is at `old`; "" is absence. False if it is not.

    Raises HandoffError when the remote cannot be reached or refuses such a ref. No hook runs here:
    an empty commit of handoff's own is all that goes.
    """
    lease = f"--force-with-lease={ref}:{old}"
    answer = _push(checkout, remote, remote.address, [f"{new}:{ref}"], [lease])
    pushed = _parse(answer)
    if not pushed:
        _good(answer, remote, "reach")
    refused = next((line.refused for line in pushed if line.refused), "")
    if not refused:
        return True
    if list_refs(checkout, remote, ref).get(ref, "") != old:
        return False
    raise HandoffError(
        f"{remote.name} refused {ref}: {refused}.",
        "Its rules (hooks, protected refs) must allow you to push refs/handoff/*. "
        "Without --remote, a claim applies to this machine only.",
    )


def push(
    checkout: git.Checkout, remote: Remote, refspecs: Sequence[str], *, dry_run: bool
) -> list[Pushed]:
    """Push refs, never by force; the user's pre-push hook runs as with `git push`.

    A dry run asks the remote, changes nothing and runs no hook.
    """
    options = ("--dry-run",) if dry_run else ()
    with tempfile.TemporaryDirectory(prefix="handoff-push-") as folder:
        if not dry_run:
            _write_hook(checkout, Path(folder, "pre-push"))
        hooks = {"core.hooksPath": folder}
        answer = _push(checkout, remote, remote.name, refspecs, options, hooks, PUSH_SECONDS)
    pushed = _parse(answer)
    if not pushed:
        _good(answer, remote, "push to")
    return pushed


def _push(
    checkout: git.Checkout,
    remote: Remote,
    address: str,
    refspecs: Sequence[str],
    options: Sequence[str],
    settings: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> git.GitResult:
    return _run(
        checkout,
        *("push", "--porcelain", "--no-follow-tags", "--recurse-submodules=no", "--no-signed"),
        *(*options, address, *refspecs),
        settings={f"remote.{remote.name}.mirror": "false", **(settings or {})},
        seconds=seconds,
    )


def _run(
    checkout: git.Checkout,
    *arguments: str,
    stdin: bytes | None = None,
    settings: Mapping[str, str] | None = None,
    seconds: float | None = None,
) -> git.GitResult:
    env = {**_ENVIRONMENT, "LC_ALL": os.environ.get("LC_ALL", "")}
    given = {**_SETTINGS, **(settings or {})}
    limit = seconds or SECONDS
    return git.run(checkout, *arguments, stdin=stdin, env=env, settings=given, seconds=limit)


def _remote(checkout: git.Checkout, name: str) -> Remote:
    fetched = git.run(checkout, "remote", "get-url", name).out.splitlines()
    pushed = git.run(checkout, "remote", "get-url", "--push", "--all", name).out.splitlines()
    if not pushed or pushed == fetched:
        return Remote(name, name)
    return Remote(name, os.fsdecode(pushed[0]))


def _write_hook(checkout: git.Checkout, path: Path) -> None:
    """Write a hook that runs the user's `pre-push` in the environment that `git push` gives it: a
    hook that makes repositories for its tests must not be led to this one.
    """
    hook = os.path.join(checkout.root, _hooks_path(checkout), path.name)
    if os.access(hook, os.X_OK):
        ours = "GIT_DIR GIT_WORK_TREE GIT_CONFIG_PARAMETERS GIT_LITERAL_PATHSPECS"
        path.write_bytes(os.fsencode(f'#!/bin/sh\nunset {ours}\nexec {shlex.quote(hook)} "$@"\n'))
        path.chmod(0o700)


def _hooks_path(checkout: git.Checkout) -> str:
    """Where the user's hooks are: `git.run` looks away from them otherwise."""
    answer = git.run(checkout, "config", "--null", "--type=path", "--get-all", "core.hooksPath")
    listed = git.check_result(answer, f"read where the hooks of {checkout.root} are")
    users = os.fsdecode(listed).split("\0")[:-2]  # the last is git.run's own
    return users[-1] if users else os.path.join(checkout.common_dir, "hooks")


def _parse(answer: git.GitResult) -> list[Pushed]:
    """A line a ref: `<flag>TAB<from>:<to>TAB<summary> (<reason>)`; the remote's words on stderr."""
    lines = (line.partition("remote:") for line in answer.err.splitlines())
    remote_words = " ".join(words.strip() for before, _, words in lines if not before).strip()
    remote_words = redact.redact(remote_words)[:300]
    pushed = []
    for line in git.decode_path(answer.out).splitlines():
        flag, _, rest = line.partition("\t")
        names, tab, summary = rest.partition("\t")
        if len(flag) == 1 and tab:
            reason = summary.partition("(")[2].rstrip(")") or summary
            if remote_words and summary.startswith("[remote rejected]"):
                reason = f"{reason} ({remote_words})"
            pushed.append(Pushed(names.rpartition(":")[2], reason if flag == "!" else ""))
    return pushed


def _good(answer: git.GitResult, remote: Remote, what: str) -> bytes:
    if answer.code == 0:
        return answer.out
    if answer.code == git.TIMED_OUT:
        raise HandoffError(
            f"The remote {remote.name} did not answer in time.",
            "Check the network and try again. Nothing changed on this machine.",
        )
    words = git.error_words(replace(answer, err=_PASSWORD.sub("", answer.err)))
    for signs, happened, hint in _CAUSES:
        if any(sign in answer.err for sign in signs):
            raise HandoffError(f"The remote {remote.name} {happened}: {words}", hint)
    raise HandoffError(f"git could not {what} {remote.name}: {words}", "Fix this and try again.")
