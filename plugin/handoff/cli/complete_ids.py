"""What a shell is offered where an ID stands: never an error, and no git."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from click.shell_completion import CompletionItem

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click

_MAX_SESSIONS = 20


def complete_briefs(
    _: click.Context, parameter: click.Parameter, typed: str
) -> list[CompletionItem]:
    """The open briefs of this worktree; finished ones where no open one matches."""
    from handoff.brief import document
    from handoff.git import discovery
    from handoff.store import brief_files

    items: list[CompletionItem] = []
    try:
        root = discovery.find_root(os.getcwd())
        for folder in (brief_files.OPEN, brief_files.DONE):
            names = [name[:-3] for name in brief_files.list_files(root, folder)]
            ids = [name for name in reversed(names) if document.ID_PATTERN.fullmatch(name)]
            items = items or _choose(ids, typed)
    except Exception:  # noqa: BLE001 - a shell's prompt is no place for an error
        return []
    takes_files = "FILE" in (parameter.metavar or "")
    return items or ([CompletionItem(typed, type="file")] if takes_files else [])


def complete_specs(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    """The specs of this worktree, newest first."""
    from handoff.git import discovery
    from handoff.specs import spec_folder

    try:
        ids = spec_folder.list_ids(discovery.find_root(os.getcwd()))
        return _choose(list(reversed(ids)), typed)
    except Exception:  # noqa: BLE001 - as above
        return []


def complete_sessions(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    """The sessions that handoff saw last."""
    from handoff.base import paths

    try:
        folder = os.path.join(paths.state_home(os.environ), "sessions")
        files = [entry for entry in os.scandir(folder) if entry.name.endswith(".json")]
        files.sort(key=lambda entry: entry.stat().st_mtime, reverse=True)
        return _choose([entry.name[:-5] for entry in files], typed)[:_MAX_SESSIONS]
    except Exception:  # noqa: BLE001 - as above
        return []


def _choose(ids: Sequence[str], typed: str) -> list[CompletionItem]:
    """Those that begin with what was typed, else the one that has it in it."""
    matching = [known for known in ids if known.startswith(typed)]
    if not matching:
        matching = [known for known in ids if typed in known]
        matching = matching if len(matching) == 1 else []
    return [CompletionItem(known) for known in matching]
