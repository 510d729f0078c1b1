"""`handoff drop`: an open brief, or a draft, goes away without an outcome."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git.commit_result import Committed
from handoff.git.operation import find_operation
from handoff.maintenance import untrusted_text
from handoff.redact import redact
from handoff.store import (
    brief_files,
    claim_rules,
    claims,
    commit_message,
    drafts,
    frozen_files,
    journal,
    kept_refs,
    ledger,
    lookup,
    recovery,
    transaction,
    trash,
)
from handoff.store.match_id import NoMatchError, match_id

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Mapping, Sequence

    from handoff.brief import document
    from handoff.git import run as git
    from handoff.redact.redact import Redactor
    from handoff.runtime import Runtime
    from handoff.store.places import Place


@dataclass(frozen=True)
class DropResult:
    """A brief that is gone. `undo` is the command that brings it back, `copy` a file in the state
    directory, "" where git has it. `commit`, `ref`, `on_branch` and `reason` are as in
    `commit_result.Committed`; all empty where git had nothing of it to take away.
    """

    id: str
    title: str
    commit: str
    ref: str
    on_branch: bool
    copy: str
    undo: str
    reason: str

    def describe(self) -> str:
        """The same for people."""
        commit_result = Committed(self.commit, self.ref, self.on_branch, self.reason)
        where = f", {commit_result.describe()}" if commit_result != Committed() else ""
        kept_as = f"\n  A copy: {self.copy}" if self.copy else ""
        later = f"\n  {commit_result.then()}" if commit_result.next_step else ""
        return f"Dropped {self.id}{where}.{kept_as}\n  To undo: {self.undo}{later}"


@dataclass(frozen=True)
class _Target:
    """One brief to drop: its bytes, and the file that has them or had them. `path` is where git
    would have it, "" for a draft; `brief` is None where only a ref has it.
    """

    id: str
    title: str
    raw: bytes
    file: str
    path: str
    brief: document.Brief | None


@dataclass(frozen=True)
class _Known:
    """What git has of the briefs here, and how it is asked; nothing outside git."""

    beside: Sequence[kept_refs.KeptRef] = ()
    branch: Mapping[str, str] = field(default_factory=dict)
    operation: str = ""
    contents: Callable[[Iterable[str]], dict[str, bytes]] = lambda _: {}
    delete: Callable[[str, str], bool] = lambda *_: False


def drop_briefs(
    wanted: Sequence[str], runtime: Runtime, place: Place, *, force: bool = False
) -> list[DropResult]:
    """Drop open briefs and drafts, all or none; those on the branch in one commit.

    Raises HandoffError when one is not there, is finished, or a session has it and not `force`; or
    when git tracks one and an operation is in progress, which would stop at the missing file.
    """
    recovery.run(runtime, place.root)
    known = _ask_git(place.checkout) if place.checkout else _Known()
    targets = {item.id: item for item in (_find(part, place, runtime, known) for part in wanted)}
    for item in targets.values():
        owner = claim_rules.held_by(item.brief, runtime) if item.brief else ""
        if owner and not force:
            raise HandoffError(
                f"{item.id} is claimed {claim_rules.describe_owner(owner)}. Nothing was dropped.",
                f"To drop it anyway: handoff drop --force {item.id}",
            )
    if known.operation and any(item.path in known.branch for item in targets.values()):
        raise HandoffError(
            f"A {known.operation} is in progress in {place.root}. Nothing was dropped.",
            "Finish or abort it (`git status` says how), then drop it.",
        )
    copies = {item.id: _copy(item, known, runtime) for item in targets.values()}
    past = [ref for ref in known.beside if ref.id in targets]
    for ref in past:
        _copy_others(ref, targets, known, runtime)
    there = [item for item in targets.values() if item.path in known.branch]
    committed = _commit(list(targets.values()), there, place, runtime)
    for item in targets.values():
        if item.path and Path(item.file).exists():
            raise HandoffError(
                f"{item.path} was changed meanwhile, so it was kept.", "Check it, then try again."
            )
    for item in targets.values():
        if not item.path:
            drafts.remove(item.file)
        claims.forget(runtime.home, item.id)
    for ref in past:
        known.delete(ref.ref, ref.sha)  # not one that was made just now
    frozen_files.forget(runtime.home, place, targets)
    own = ledger.own_entries(runtime.home, place.key)
    clean = redact.cleaner(runtime.config(place.root))
    targets = {i.id: _for_reader(i, own, runtime, clean) for i in targets.values()}
    there = [targets[item.id] for item in there]
    return [_told(i, copies[i.id], committed, is_there=i in there) for i in targets.values()]


def _ask_git(checkout: git.Checkout) -> _Known:
    return _Known(
        beside=kept_refs.list_refs(checkout),
        branch=kept_refs.read_branch(checkout),
        operation=find_operation(checkout) or "",
        contents=partial(kept_refs.read_contents, checkout),
        delete=partial(kept_refs.delete, checkout),
    )


def _find(wanted: str, place: Place, runtime: Runtime, known: _Known) -> _Target:
    """What `wanted` names: a brief's file, else a draft, else what only a ref has."""
    kept = {ref.id: ref for ref in known.beside}
    try:
        stored = lookup.find_file(place, wanted, runtime)
    except NoMatchError as error:
        try:
            target = _of_ref(kept[match_id(wanted, kept)], place, known)
        except NoMatchError:
            target = None
        if target is None:
            raise error from None
        return target
    if stored.brief is None:
        raise HandoffError(stored.problem, f"To delete the file: rm {shlex.quote(stored.path)}")
    brief = stored.brief
    if stored.folder == brief_files.DONE:
        raise lookup.explain_finished(stored, place, runtime)
    path = "" if stored.folder == drafts.DRAFT else stored.relative
    return _Target(brief.id, brief.title, stored.raw, stored.path, path, brief)


def _of_ref(ref: kept_refs.KeptRef, place: Place, known: _Known) -> _Target | None:
    path = brief_files.relative_path(brief_files.OPEN, ref.id)
    blob = ref.changes.get(path, kept_refs.Change(None, None)).new
    if blob is None:
        return None
    raw = known.contents([blob]).get(blob, b"")
    return _Target(ref.id, ref.id, raw, str(Path(place.root, path)), path, None)


def _copy(item: _Target, known: _Known, runtime: Runtime) -> str:
    """Keep a copy unless the branch has exactly these bytes; its path or ""."""
    blob = known.branch.get(item.path)
    if blob and known.contents([blob]).get(blob) == item.raw:
        return ""
    return trash.keep_copy(runtime.home, f"{item.id}.md", item.raw)


def _copy_others(
    ref: kept_refs.KeptRef,
    targets: Mapping[str, _Target],
    known: _Known,
    runtime: Runtime,
) -> None:
    """Keep what a ref that goes holds of other briefs (those that the dropped one replaced)."""
    blobs = {
        change.new: kept_refs.split_path(path)[1]
        for path, change in ref.changes.items()
        if change.new and change.new != known.branch.get(path)
    }
    for blob, raw in known.contents(blobs).items():
        if blobs[blob] not in targets:
            trash.keep_copy(runtime.home, f"{blobs[blob]}.md", raw)


def _commit(
    targets: Sequence[_Target], there: Sequence[_Target], place: Place, runtime: Runtime
) -> Committed:
    """Take the files away, and those that are `there` off the branch, in one commit."""
    first = (*there, *targets)[0]
    take = {item.path: item.raw for item in targets if item.path}
    if not take:
        return Committed()
    own = ledger.own_entries(runtime.home, place.key)
    named = [commit_message.name_brief(i.raw, i.id, i.title, own) for i in there or [first]]
    config = runtime.config(place.root)
    message = redact.cleaner(config)(commit_message.dropped(named))
    change = journal.Change(place.root, first.id, message, {}, take)
    return transaction.carry_out(place, change, runtime, config)


def _for_reader(item: _Target, own: Container[str], runtime: Runtime, clean: Redactor) -> _Target:
    """The target with its title as it may be printed here."""
    if not item.path or ledger.digest_bytes(item.raw) in own:
        return item
    return replace(
        item, title=untrusted_text.mark(clean(item.title), untrusted_text.TITLE_CHARS, runtime)
    )


def _told(item: _Target, copy: str, committed: Committed, *, is_there: bool) -> DropResult:
    if copy:
        undo = f"cp {shlex.quote(copy)} {shlex.quote(item.file)}"
    elif committed.on_branch:
        undo = committed.undo
    else:
        undo = f"git restore --staged --worktree -- {item.path}"
    if not is_there:
        committed = Committed()
    return DropResult(
        id=item.id,
        title=item.title,
        commit=committed.sha,
        ref=committed.ref,
        on_branch=committed.on_branch,
        copy=copy,
        undo=undo,
        reason=committed.reason,
    )
