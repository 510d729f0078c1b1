"""How the commands of a spec are run: in a shell at the top of the worktree, in an environment from
an allow-list, for ten minutes at most. Only what the user accepted is given to these functions.
"""

from __future__ import annotations

import shlex
import tempfile
from typing import TYPE_CHECKING

from handoff.base import paths
from handoff.launch import environment as launch_environment
from handoff.loops import verification
from handoff.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from handoff.loops.verification import CommandRun
    from handoff.runtime import Runtime
    from handoff.specs.model import Feature, Spec

SECONDS = 600.0
CANNOT_RUN = (126, 127)  # a shell's exit codes for a program that cannot be started
_USUAL = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "TZ", "TERM", "TMPDIR")
_LOCALE = "LC_"
_TARGET = "{target}"


def environment(env: Mapping[str, str], names: Iterable[str]) -> dict[str, str]:
    """What of `env` a command may see: the usual variables, and those in `names` that are no
    provider's.
    """
    allowed = {*_USUAL, *(name for name in names if not is_refused(name))}
    seen = {
        name: value for name, value in env.items() if name in allowed or name.startswith(_LOCALE)
    }
    # A relative element would find programs in the worktree, where sessions write.
    return {**seen, "PATH": paths.program_path(env)}


def is_refused(name: str) -> bool:
    """Whether a variable may not be given to a spec's commands: keys and addresses of providers,
    and what belongs to a session or to handoff.
    """
    return launch_environment.is_of_a_provider(name) or name.startswith(
        ("HANDOFF_", "CLAUDE", "ANTHROPIC_")
    )


def command_of(feature: Feature, spec: Spec) -> str:
    """The verify command of a feature that has one: its runner, with the target quoted."""
    if feature.verify is None:
        raise ValueError(f"{feature.id} has no verify command")
    runner = spec.runners[feature.verify.run]
    return runner.replace(_TARGET, shlex.quote(feature.verify.target))


def run_verify(
    feature: Feature,
    spec: Spec,
    root: str,
    runtime: Runtime,
    show: Callable[[str], None] = lambda _: None,
    seconds: float = SECONDS,
) -> CommandRun:
    """Run a feature's verify command in the worktree at `root`; `show` is given its output."""
    return run_command(command_of(feature, spec), spec, root, runtime, show, seconds)


def run_command(
    command: str,
    spec: Spec,
    root: str,
    runtime: Runtime,
    show: Callable[[str], None] = lambda _: None,
    seconds: float = SECONDS,
) -> CommandRun:
    """Run one of a spec's commands. Bytecode that lies in the worktree is not used: a session can
    have written it for a test that it must not change.
    """
    clean = redact.cleaner(runtime.config(root))
    with tempfile.TemporaryDirectory(prefix="handoff-verify-") as cache:
        env = {**environment(runtime.env, spec.env), "PYTHONPYCACHEPREFIX": cache}
        return verification.run_in_shell(command, root, env, seconds, clean, show)
