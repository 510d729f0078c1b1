"""Committing briefs, and filing away the finished: from `.handoff/open` to `.handoff/done`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.brief import document
from handoff.errors import HandoffError
from handoff.flow import cleaning
from handoff.repo import claims, commit, git, ledger, store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.config import Config
    from handoff.flow.here import Here
    from handoff.flow.material import Place


@dataclass(frozen=True)
class Committed:
    """What became of a commit: `sha` is "" when there is none, and `reason` says why."""

    sha: str = ""
    ref: str = ""
    on_branch: bool = False
    reason: str = ""


def finish(
    place: Place, stored: Sequence[store.Stored], outcome: str, here: Here, config: Config
) -> tuple[dict[str, str], Committed]:
    """Move open briefs to `done` with an outcome, in one commit; id -> new path."""
    changes = file_away(place, stored, cleaning.cleaner(config)(outcome), here)
    titles = [item.brief.title for item in stored if item.brief]
    ids = [item.brief.id for item in stored if item.brief]
    committed = commit_changes(place, changes, f"handoff: done: {titles[0]}", ids[0], config)
    return {i: store.relative_path(store.DONE, i) for i in ids}, committed


def finish_own(brief_id: str, place: Place, outcome: str, here: Here) -> None:
    """Put an open brief of ours away, if it is still there."""
    own = own_briefs(place, here)
    if brief_id in own:
        finish(place, [own[brief_id]], outcome, here, here.config(place.root))


def own_briefs(place: Place, here: Here) -> dict[str, store.Stored]:
    """The open briefs that this machine wrote and nobody changed, by id."""
    known = ledger.own_entries(here.home, place.key)
    return {
        item.brief.id: item
        for item in store.read_all(place.root)
        if item.brief is not None and ledger.digest(item.raw) in known
    }


def release_own(brief: Mapping[str, Any], session_id: str, here: Here) -> None:
    """Give back a brief that its own session had claimed (after a compaction)."""
    brief_id = str(brief.get("id") or "")
    if brief_id and claims.owner(here.home, brief_id) == session_id:
        claims.release(here.home, brief_id)


def file_away(
    place: Place, stored: Sequence[store.Stored], outcome: str, here: Here
) -> dict[str, bytes | None]:
    """Move the files; the changes to commit. What was foreign stays foreign."""
    known = ledger.own_entries(here.home, place.key)
    changes: dict[str, bytes | None] = {}
    for item in stored:
        if item.brief is None:
            raise HandoffError(
                item.problem, "Look at the file; remove it by hand if it is of no use."
            )
        raw = item.raw.rstrip(b"\n") + f"\n\n## {document.OUTCOME}\n\n{outcome}\n".encode()
        if ledger.digest(item.raw) in known:
            record(place, raw, item.brief.id, "", here)
        store.write(place.root, store.DONE, item.brief.id, raw)
        store.remove(place.root, store.OPEN, item.brief.id)
        changes[store.relative_path(store.DONE, item.brief.id)] = raw
        changes[item.relative] = None
    return changes


def record(place: Place, raw: bytes, brief_id: str, session_id: str, here: Here) -> None:
    """Enter a brief's bytes into the ledger: from then on they are this machine's own."""
    entry = ledger.Entry(
        sha256=ledger.digest(raw),
        id=brief_id,
        repo=place.key,
        worktree=place.root,
        session=session_id,
        at=here.now,
    )
    ledger.record(here.home, entry)


def commit_changes(
    place: Place, changes: Mapping[str, bytes | None], message: str, brief_id: str, config: Config
) -> Committed:
    """Commit files that are in place already; a commit that cannot be made is no error."""
    if place.checkout is None:
        return Committed(reason=place.problem)
    if config.commit == "off":
        return Committed(reason="commit is off in the configuration")
    added = next(path for path, content in changes.items() if content is not None)
    mode: commit.Mode = "ref" if config.commit == "ref" else "branch"
    try:
        if git.is_ignored(place.checkout, added):
            return Committed(reason=f"{store.FOLDER} is ignored by git")
        done = commit.commit_files(place.checkout, changes, message, mode, brief_id)
    except HandoffError as error:
        return Committed(reason=error.what)  # the brief stands; only its commit does not
    return Committed(done.sha, done.ref, done.on_branch, done.reason)
