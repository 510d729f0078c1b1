"""What a build writes into its branch, in one commit: states, progress, and the sessions' briefs.

All of it follows from the journal, so a killed build writes the rest at its next start.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from handoff.brief import document
from handoff.build import feature_brief
from handoff.specs import model, progress_file, spec_folder, state_file
from handoff.store import brief_files, claims, finish, ledger

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.build.journal import Journal
    from handoff.build.workspace import Workspace
    from handoff.runtime import Runtime
    from handoff.specs.model import Spec
    from handoff.store.places import Place

STATE, PROGRESS = "state.json", "progress.md"


def render_files(journal: Journal, spec: Spec) -> dict[str, bytes]:
    """state.json and progress.md as the journal has them, by path from the root."""
    order = [feature.id for feature in spec.features]
    entries = [
        progress_file.render_entry(session)
        for session in journal.settled
        if session.session != journal.pending
    ]
    progress = "".join([progress_file.PROGRESS_HEAD, *entries])
    return {
        spec_folder.relative_path(spec.id, STATE): state_file.render(journal.features, order),
        spec_folder.relative_path(spec.id, PROGRESS): progress.encode(),
    }


def commit(
    journal: Journal,
    spec: Spec,
    brief: document.Brief | None,
    place: Place,
    workspace: Workspace,
    runtime: Runtime,
) -> str:
    """Write the states, put the next `brief` in place, finish the ones before it; in one commit,
    whose id is returned. A second call with the same journal changes nothing.
    """
    changes: dict[str, bytes | None] = dict(render_files(journal, spec))
    put, take = _finished(journal, spec, brief, place, runtime)
    if brief is not None:
        raw = document.render(brief).encode()
        finish.record_brief(place, raw, brief.id, "", runtime)
        changes[brief_files.relative_path(brief_files.OPEN, brief.id)] = raw
    changes |= {**put, **dict.fromkeys(take)}
    commit_id = workspace.commit(changes, _message(journal, spec))
    for path in take:
        brief_id = os.path.basename(path).removesuffix(".md")
        ended = ledger.EndedBrief(brief_id, place.key, place.root, runtime.now, "finished")
        ledger.record_ended(runtime.home, ended)
        claims.release(runtime.home, brief_id)
    return commit_id


def outcome_of(journal: Journal, brief_id: str) -> str:
    """What a finished brief of the build says of its session and of the feature."""
    sessions = [one for one in journal.sessions if one.brief == brief_id]
    last = sessions[-1] if sessions else None
    if last is None:
        return "No session was started for it."
    proof = last.proof or "It was not verified."
    cost = sum(one.cost_usd or 0.0 for one in sessions)
    return f"`{last.feature}`, attempt {last.attempt}: {proof} ${cost:.4f}."


def _finished(
    journal: Journal, spec: Spec, brief: document.Brief | None, place: Place, runtime: Runtime
) -> tuple[Mapping[str, bytes], Mapping[str, bytes]]:
    """The open briefs of this build but the next one, as they are in `done`, and as they were."""
    mine = {one.brief for one in journal.sessions} | {one.left for one in journal.sessions}
    label = feature_brief.label_of(spec)
    keep = {journal.brief, brief.id if brief else ""}
    put: dict[str, bytes] = {}
    take: dict[str, bytes] = {}
    for name, stored in finish.own_briefs(place, runtime).items():
        is_ours = name in mine or (stored.brief and label in stored.brief.labels)
        if name in keep or not is_ours:
            continue
        moved, left = finish.plan_moves(place, [stored], outcome_of(journal, name), runtime)
        put |= moved
        take |= left
    return put, take


def _message(journal: Journal, spec: Spec) -> str:
    counts = journal.counts()
    total = sum(counts.values()) - counts[model.DROPPED]
    last = next((one for one in reversed(journal.settled) if one.proof), None)
    lines = [
        f"Spec: {spec_folder.relative_path(spec.id, 'spec.md')}",
        "Written by: handoff, which ran the verify commands",
        *([f"Last session: {last.feature}, attempt {last.attempt}: {last.proof}"] if last else []),
    ]
    head = f"handoff: {counts[model.VERIFIED]} of {total} features verified ({spec.id[-4:]})"
    return head + "\n\n" + "\n".join(lines) + "\n"
