"""The prompts in force in a project: the user's own, and those of its repository that are trusted.

A repository's `.handoff/prompts/<name>.md` counts only while a person on this machine has allowed
exactly its bytes, for this name and repository: a line in the ledger's consents, as for a brief of
others. Standard library only; the ledger is read only where the repository has such a file.
"""

from __future__ import annotations

import os

from handoff.base import paths
from handoff.base.errors import HandoffError
from handoff.git import discovery
from handoff.prompts import texts
from handoff.runtime import find_root

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.runtime import Runtime

TEAM_FOLDER = os.path.join(".handoff", "prompts")


def load(runtime: Runtime, project: str) -> texts.Prompts:
    """The prompts for a project directory. A mistake in one is logged, and our own text counts."""
    root = find_root(project)

    def is_trusted(name: str, raw: bytes) -> bool:
        return is_consented(name, raw, root, runtime)

    def report(error: texts.PromptError) -> None:
        from handoff.redact import redact

        redact.note(runtime.home, "prompts", str(error))

    team = os.path.join(root, TEAM_FOLDER)
    return texts.Prompts(paths.prompt_folder(runtime.env), team, is_trusted, report)


def is_consented(name: str, raw: bytes, root: str, runtime: Runtime) -> bool:
    """Whether a person allowed exactly these bytes as the prompt `name` of the repository whose
    worktree is `root`; nobody did where the ledger cannot be read.
    """
    from handoff.store import ledger

    try:
        return _digest(name, raw) in ledger.read_consents(runtime.home, _key(root))
    except HandoffError:
        return False


def record_consent(
    name: str, raw: bytes, root: str, runtime: Runtime, *, given: bool = True
) -> None:
    """Record a person's word on exactly these bytes. Only call it where a person gave it."""
    from handoff.store import ledger

    ledger.record_consent(
        runtime.home,
        ledger.Consent(_digest(name, raw), f"prompts/{name}", _key(root), runtime.now, given=given),
    )


def find_problems(runtime: Runtime) -> list[texts.PromptError]:
    """The mistakes in the user's own prompts, in the order of their names."""
    problems = []
    folder = paths.prompt_folder(runtime.env)
    for name in texts.names():
        try:
            texts.read_checked(folder, name)
        except texts.PromptError as error:
            problems.append(error)
    return problems


def _key(root: str) -> str:
    """The repository as the ledger names it: `key` of `places.Place`, without asking git."""
    return discovery.shared_folder(root) or root


def _digest(name: str, raw: bytes) -> str:
    """What a consent is to: the bytes under this name, so that they count as nothing else."""
    from handoff.store import ledger

    return ledger.digest_bytes(f"prompt {name}\n".encode() + raw)
