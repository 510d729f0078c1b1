"""Filing away finished briefs: from `.handoff/open` to `.handoff/done`."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from handoff.base.errors import HandoffError
from handoff.brief.sections import OUTCOME
from handoff.redact import redact
from handoff.session import state
from handoff.store import (
    brief_files,
    claims,
    commit_message,
    finished_briefs,
    frozen_files,
    journal,
    ledger,
    originals,
    places,
    recovery,
    transaction,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.config.model import Config
    from handoff.git.commit_result import Committed
    from handoff.git.head import Head
    from handoff.runtime import Runtime
    from handoff.store.places import Place


def finish(
    place: Place,
    stored: Sequence[brief_files.StoredBrief],
    outcome: str,
    runtime: Runtime,
    config: Config,
    head: Head | None = None,
) -> tuple[dict[str, str], Committed]:
    """Move open briefs to `done` with an outcome, in one commit; id -> new path. `head` is where
    HEAD was last seen, if that is known.
    """
    recovery.run(runtime, place.root)
    own = ledger.own_entries(runtime.home, place.key)
    stored = [originals.as_written(item, runtime.home, own) for item in stored]
    _check_room(place, stored)
    clean = redact.cleaner(config)
    put, take = plan_moves(place, stored, clean(outcome), runtime)
    ids = [item.brief.id for item in stored if item.brief]
    named = [
        commit_message.name_brief(item.raw, item.brief.id, item.brief.title, own)
        for item in stored
        if item.brief
    ]
    message = clean(commit_message.finished(named))
    change = journal.Change(place.root, ids[0], message, put, take)
    committed = transaction.carry_out(place, change, runtime, config, head)
    if not any(brief_files.read_content(place.root, path) == raw for path, raw in put.items()):
        raise HandoffError(
            f"{ids[0]} was finished or changed by another process just now.",
            "`handoff list --all` shows it.",
        )
    frozen_files.forget(runtime.home, place, ids)
    return {i: brief_files.relative_path(brief_files.DONE, i) for i in ids}, committed


def _check_room(place: Place, stored: Sequence[brief_files.StoredBrief]) -> None:
    """Raise HandoffError where another file has the place of a finished brief."""
    for item in stored:
        name = item.brief.id if item.brief else ""
        path = brief_files.relative_path(brief_files.DONE, name)
        if name and os.path.lexists(os.path.join(place.root, path)):
            done = brief_files.read_content(place.root, path)
            if not finished_briefs.finishes(done, item.raw):
                raise HandoffError(
                    f"{path} already exists, and it is not the finished {name}.",
                    f"Move it away, then finish the brief. Where it came from: git log -- {path}",
                )


def finish_own(
    brief_id: str, place: Place, outcome: str, session_id: str, runtime: Runtime
) -> None:
    """Put an open brief of a session away, if it is still there and no other session has it."""
    own = own_briefs(place, runtime)
    if brief_id in own and claims.owner(runtime.home, brief_id) in ("", session_id):
        finish(place, [own[brief_id]], outcome, runtime, runtime.config(place.root))


def finish_elsewhere(new: str, session_id: str, place: Place, runtime: Runtime) -> None:
    """Put away what a session wrote into other worktrees before it moved to `place`, where its
    brief `new` goes on from it. What cannot be put away stays, and the log says so.
    """
    for entry in state.load(runtime.home, session_id).briefs:
        root, brief_id = str(entry.get("root") or ""), str(entry.get("id"))
        if root in ("", place.root) or entry.get("draft") or not os.path.isdir(root):
            continue
        try:
            other_place = places.locate(root)
            finish_own(brief_id, other_place, f"Continued by {new}.", session_id, runtime)
        except (HandoffError, OSError) as error:
            redact.note(runtime.home, "finish", f"{brief_id} in {root}: {error}")


def own_briefs(place: Place, runtime: Runtime) -> dict[str, brief_files.StoredBrief]:
    """The open briefs that this machine wrote and nobody changed but in form, by id.

    Anybody can fill the folder: what has no id of this machine's is not opened.
    """
    known = ledger.own_entries(runtime.home, place.key)
    ids = {entry.id for entry in known.values()}
    wanted = [
        name for name in brief_files.list_names(place.root) if name.removesuffix(".md") in ids
    ]
    briefs = (
        originals.as_written(item, runtime.home, known)
        for item in brief_files.read_all(place.root, brief_files.OPEN, wanted)
    )
    return {
        item.brief.id: item
        for item in briefs
        if item.brief is not None and ledger.digest_bytes(item.raw) in known
    }


def release_own(brief: Mapping[str, Any], session_id: str, runtime: Runtime) -> None:
    """Give back a brief that its own session had claimed (after a compaction)."""
    brief_id = str(brief.get("id") or "")
    if brief_id and claims.owner(runtime.home, brief_id) == session_id:
        claims.release(runtime.home, brief_id)


def plan_moves(
    place: Place, stored: Sequence[brief_files.StoredBrief], outcome: str, runtime: Runtime
) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The bytes that briefs get in `done`, and those that they have in `open`, by path.

    What was untrusted stays untrusted.
    """
    known = ledger.own_entries(runtime.home, place.key) if stored else {}
    put, take = {}, {}
    for item in stored:
        if item.brief is None:
            raise HandoffError(item.problem, "Check the file; delete it if you do not need it.")
        raw = item.raw.rstrip(b"\n") + f"\n\n## {OUTCOME}\n\n{outcome}\n".encode()
        if ledger.digest_bytes(item.raw) in known:
            record_brief(place, raw, item.brief.id, "", runtime)
        put[brief_files.relative_path(brief_files.DONE, item.brief.id)] = raw
        take[item.relative] = item.file_bytes
    return put, take


def record_brief(
    place: Place, raw: bytes, brief_id: str, session_id: str, runtime: Runtime
) -> None:
    """Enter a brief's bytes into the ledger: from then on they are this machine's own."""
    entry = ledger.Entry(
        sha256=ledger.digest_bytes(raw),
        id=brief_id,
        repo=place.key,
        worktree=place.root,
        session=session_id,
        at=runtime.now,
    )
    originals.keep_original(runtime.home, raw)
    ledger.record(runtime.home, entry)
