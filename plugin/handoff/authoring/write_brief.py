"""Writing a brief: facts added, secrets taken out, stored whole, committed alone."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from handoff.authoring import by_code, compose, editor, fact_check, first_brief, model
from handoff.base.errors import HandoffError
from handoff.brief import document
from handoff.brief.sections import FINDINGS
from handoff.client import hook_io
from handoff.client.transcript import tail
from handoff.git import commit_result as commits
from handoff.git.commit_result import Committed
from handoff.mod import orders as mod_orders
from handoff.session import delegated, transitions
from handoff.session.files import SessionFiles
from handoff.store import (
    brief_files,
    chain_records,
    claims,
    commit_message,
    drafts,
    finish,
    freeze,
    journal,
    recovery,
    stopgaps,
    stranded,
    transaction,
)

# Variables of a session or an agent that was started for a brief (`launch.plan`, `loops`).
_OF_STARTED = ("HANDOFF_PICKUP", "HANDOFF_RELAY")

if TYPE_CHECKING:
    from handoff.authoring.gather import Material
    from handoff.config.model import Config
    from handoff.git.head import Head
    from handoff.runtime import Runtime
    from handoff.store.places import Place


def write(
    words: document.Words,
    material: Material,
    orders: model.WriteOptions,
    runtime: Runtime,
    config: Config,
    *,
    sends_back: bool = True,
) -> model.WrittenBrief:
    """Store and commit a brief of a model's words and the material's facts.

    Raises HandoffError, once a cycle, when the facts contradict the words: the model may fix them.
    What it sends then is stored with what is still found; so is at once what is not to be sent
    back. With `brief.review` it becomes a draft, which is opened in the user's editor where a
    person is at a terminal.
    """
    place = material.place
    findings = fact_check.find_contradictions(words.sections, material.facts, place, runtime)
    author = author_of(material, runtime)
    composed = compose.compose_brief(words, author, material, orders, runtime, config, findings)
    if sends_back:
        fact_check.send_back(composed.brief, findings, material, runtime)
    if config.brief("review"):
        path = drafts.save(place, composed.brief, runtime)
        chain_records.save(composed.chain, runtime)
        if hook_io.current_session(runtime.env) or not editor.is_terminal():
            reason = f"waiting for your review: handoff commit --edit {composed.brief.id}"
            return _uncommitted(composed, path, reason, material, runtime, draft=True)
        editor.edit(path, runtime.env)
        return publish_draft(drafts.find(place, composed.brief.id, runtime), place, runtime, config)
    return save(composed, material, runtime, config)


def author_of(material: Material, runtime: Runtime) -> str:
    """Who writes: a session's model, or another agent that was started with a brief; else a
    person.
    """
    by_program = any(runtime.env.get(name) for name in _OF_STARTED)
    return "model" if material.session_id or by_program else "person"


def write_snapshot(
    material: Material, orders: model.WriteOptions, runtime: Runtime, config: Config
) -> model.WrittenBrief | None:
    """Store and commit a brief by code alone; None when the session has done nothing yet.

    What a model wrote, was asked to fix, and did not send again in this cycle is better than
    code's words: it is stored then, with what was found.
    """
    draft = fact_check.held_back(material, runtime)
    if draft is not None:
        words = document.words_of(draft)
        orders = by_code.with_front_matter(orders, draft)
        findings = fact_check.find_contradictions(
            words.sections, material.facts, material.place, runtime
        )
        composed = compose.compose_brief(
            words, "model", material, orders, runtime, config, findings
        )
        return save(composed, material, runtime, config)
    by_code_alone = by_code.compose_snapshot(material, material.facts, orders, runtime, config)
    return save(by_code_alone, material, runtime, config) if by_code_alone else None


def publish_draft(
    draft: brief_files.StoredBrief, place: Place, runtime: Runtime, config: Config
) -> model.WrittenBrief:
    """Store and commit a draft that a person has looked at. Raises HandoffError if it is none."""
    if draft.brief is None:
        raise HandoffError(draft.problem, "Fix the file, then: handoff commit --edit ID")
    if not any(draft.brief.sections.values()):
        raise HandoffError(f"The draft {draft.brief.id} is empty; nothing was committed.")
    brief = compose.redact_brief(draft.brief, config)
    chain_records.replace_words(brief, runtime)
    session_id = str(brief.session.get("id") or "")
    written, _ = _store(brief, (), session_id, place, runtime, config, None)
    drafts.remove(draft.path)
    return written


def save(
    composed: compose.Composed, material: Material, runtime: Runtime, config: Config
) -> model.WrittenBrief:
    """Store and commit what was composed, and remember it for the session."""
    brief, session_id = composed.brief, material.session_id
    chain_records.save(composed.chain, runtime)
    if not os.path.isdir(material.place.root):
        path = stranded.keep_brief(brief, material.place.root, runtime)
        return _uncommitted(composed, path, material.place.problem, material, runtime)
    written, committed = _store(
        brief, composed.cut, session_id, material.place, runtime, config, material.head
    )
    fact_check.settle_draft(brief, material, runtime)
    if session_id:
        _remember(
            brief, committed, material, runtime, replaced=written.finished, notice=written.notice
        )
        if brief.kind == "continue":
            finish.finish_elsewhere(brief.id, session_id, material.place, runtime)
    return written


def _uncommitted(
    composed: compose.Composed,
    path: str,
    reason: str,
    material: Material,
    runtime: Runtime,
    *,
    draft: bool = False,
) -> model.WrittenBrief:
    """A brief outside of the repository, at `path`, remembered for its session."""
    brief = composed.brief
    fact_check.settle_draft(brief, material, runtime)
    if material.session_id:
        _remember(brief, Committed(reason=reason), material, runtime, draft=draft)
    return model.WrittenBrief(
        id=brief.id,
        title=brief.title,
        author=brief.author,
        path=path,
        relative=path,
        commit="",
        ref="",
        on_branch=False,
        reason=reason,
        finished=(),
        findings=_lines(brief),
        cut=composed.cut,
        draft=draft,
    )


def _store(
    brief: document.Brief,
    cut: tuple[str, ...],
    session_id: str,
    place: Place,
    runtime: Runtime,
    config: Config,
    head: Head | None,
) -> tuple[model.WrittenBrief, Committed]:
    recovery.run(runtime, place.root)
    replaced = _replaced(place, session_id, brief, runtime)
    raw = document.render(brief).encode()
    finish.record_brief(place, raw, brief.id, session_id, runtime)
    _freeze_tests(brief, replaced, place, runtime)
    relative = brief_files.relative_path(brief_files.OPEN, brief.id)
    put, take = finish.plan_moves(place, replaced, f"Continued by {brief.id}.", runtime)
    message = commit_message.written(brief, [item.brief.id for item in replaced if item.brief])
    change = journal.Change(place.root, brief.id, message, {relative: raw, **put}, take)
    committed = transaction.carry_out(place, change, runtime, config, head)
    if brief_files.read_content(place.root, relative) not in (
        raw,
        None,
    ):  # None: it was finished already
        raise HandoffError(f"{relative} already exists with another text.", "Write it again.")
    written = model.WrittenBrief(
        id=brief.id,
        title=brief.title,
        author=brief.author,
        path=os.path.join(place.root, relative),
        relative=relative,
        commit=committed.sha,
        ref=committed.ref,
        on_branch=committed.on_branch,
        reason=committed.reason,
        finished=tuple(item.brief.id for item in replaced if item.brief),
        findings=_lines(brief),
        cut=cut,
        problem=str(brief.git.get("problem") or ""),
        notice=first_brief.describe_place(place, committed, brief.trigger, runtime),
    )
    return written, committed


def _freeze_tests(
    brief: document.Brief,
    replaced: list[brief_files.StoredBrief],
    place: Place,
    runtime: Runtime,
) -> None:
    """Keep the test files for its verify commands, if it has any, or those of what it continues."""
    if not brief.verify:
        return
    parents = [brief.parent, *(item.brief.id for item in replaced if item.brief)]
    if brief.kind == "continue":
        parents.append(runtime.env.get("HANDOFF_RELAY", ""))
    by_code = brief.author == "snapshot"
    freeze.freeze(brief.id, brief.verify, parents, place, runtime, by_code=by_code)


def _lines(brief: document.Brief) -> tuple[str, ...]:
    told = brief.sections.get(FINDINGS, "")
    return tuple(line.removeprefix("- ") for line in told.splitlines())


def _replaced(
    place: Place, session_id: str, new: document.Brief, runtime: Runtime
) -> list[brief_files.StoredBrief]:
    """Open briefs that a new one of this session makes past: the one of its kind that it came from,
    and for a `continue` brief its session's earlier ones that nobody else has claimed.
    """
    if new.kind != "continue" and not new.parent:
        return []
    past = []
    for item in finish.own_briefs(place, runtime).values():
        if item.brief is None or item.brief.kind != new.kind:
            continue
        mine = bool(session_id) and item.brief.session.get("id") == session_id
        free = claims.owner(runtime.home, item.brief.id) in ("", session_id)
        if (new.kind == "continue" and mine and free) or item.brief.id == new.parent:
            past.append(item)
    return past


def _remember(
    brief: document.Brief,
    committed: Committed,
    material: Material,
    runtime: Runtime,
    *,
    replaced: tuple[str, ...] = (),
    draft: bool = False,
    notice: str = "",
) -> None:
    is_task = brief.kind != "continue"
    if brief.author == "model" and not (is_task and brief.parent):
        entry = {"id": brief.id, "title": brief.title, "kind": brief.kind, "draft": draft}
        entry |= {"problem": brief.git.get("problem") or "", **commits.dump(committed)}
        transitions.leave_untold(runtime.home, material.session_id, entry)
    if is_task:
        if not brief.parent:  # else its session hears of it by the one before
            delegated.record_task(
                runtime.home, material.session_id, brief.id, brief.title, material.place.root
            )
        return
    entry = {
        "at": runtime.now,
        "calls": material.facts.calls,
        "transcript_size": tail.file_size(material.transcript),
        "id": brief.id,
        "root": material.place.root,
        "title": brief.title,
        "author": brief.author,
        "kind": brief.kind,
        "trigger": brief.trigger,
        "tokens": brief.reading.get("tokens"),
        "problem": brief.git.get("problem") or "",
        "draft": draft,
        "notice": notice,
        **commits.dump(committed),
    }

    transitions.record_brief(
        runtime.home,
        material.session_id,
        entry,
        calls=material.facts.calls,
        is_stopgap=lambda session: stopgaps.is_stopgap(brief, replaced, session),
    )
    mod_orders.redraw(SessionFiles(material.session_id, runtime))
