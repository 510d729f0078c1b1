"""A brief and those that it replaced: one commit beside the branch, and one on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.maintenance.commit_plan import BY_COMMIT, Step
from handoff.store import brief_files, commit_message, kept_refs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.maintenance.commit_plan import View


def find_group(brief_id: str, chosen: Sequence[str], view: View) -> list[str]:
    """A brief, with those of `chosen` that the newest commit kept of it holds as well and is the
    newest of too; the one that the commit is kept for is the last.
    """
    about = view.about(brief_id)
    if not about:
        return [brief_id]
    newest = about[-1]
    group = [name for name in chosen if view.about(name)[-1:] == [newest]]
    return sorted(group, key=lambda name: name == newest.id)


def join_steps(steps: Mapping[str, Step]) -> Step | None:
    """A new brief and those that it replaced as one step; None for anything else, which is
    committed brief by brief.
    """
    *ended, new = steps.values()
    folders = [kept_refs.split_path(step.path)[0] for step in steps.values()]
    is_whole = all(step.changes and step.brief and not step.problem for step in steps.values())
    if not ended or not is_whole or new.brief is None:
        return None
    if folders != [*[brief_files.DONE] * len(ended), brief_files.OPEN]:
        return None
    changes: dict[str, bytes | None] = {}
    take: dict[str, bytes] = {}
    for step in steps.values():
        changes |= step.changes
        take |= step.take
    message = commit_message.written(new.brief, list(steps)[:-1], note=BY_COMMIT)
    return Step(new.title, changes, message, new.path, take=take, brief=new.brief)
