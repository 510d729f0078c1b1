"""Writing a brief: facts added, secrets taken out, stored whole, committed alone."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff.brief import budget, document, factsheet, redact, snapshot
from handoff.errors import HandoffError
from handoff.flow import state
from handoff.repo import claims, commit, git, ledger, store

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.config import Config
    from handoff.flow.here import Here
    from handoff.flow.material import Material, Place

_LEAST_FACTS_CHARS = 1500


@dataclass(frozen=True)
class Orders:
    """What the writer asks for besides the words."""

    kind: str = "continue"
    trigger: str = "manual"
    labels: tuple[str, ...] = ()
    verify: tuple[str, ...] = ()
    model: str = ""


@dataclass(frozen=True)
class Written:
    """A brief on disk. `commit` is "" when nothing was committed; `reason` then says why, and also
    why a commit is not on the branch. `finished` are the ids this brief replaced.
    """

    id: str
    title: str
    author: str
    path: str
    relative: str
    commit: str
    ref: str
    on_branch: bool
    reason: str
    finished: tuple[str, ...]

    def summary(self) -> str:
        """Where the brief is, in one clause."""
        if self.on_branch:
            return f"{self.relative}, committed as {self.commit[:9]}"
        if self.commit:
            return f"{self.relative}, commit {self.commit[:9]} kept at {self.ref} ({self.reason})"
        return f"{self.relative}, not committed ({self.reason})"


def write(
    words: document.Words, material: Material, orders: Orders, here: Here, config: Config
) -> Written:
    """Store and commit a brief of a model's words and the material's facts."""
    return _save(words, "model", material, orders, here, config)


def write_snapshot(
    material: Material, orders: Orders, here: Here, config: Config
) -> Written | None:
    """Store and commit a brief by code alone; None when the session has done nothing yet."""
    picked = state.load(here.home, material.session_id).text("picked")
    parent = next(
        (s.brief for s in store.read_all(material.place.root) if s.brief and s.brief.id == picked),
        None,
    )
    words = snapshot.words(material.facts, parent)
    return _save(words, "snapshot", material, orders, here, config) if words else None


def draft(
    words: document.Words,
    author: str,
    material: Material,
    orders: Orders,
    here: Here,
    config: Config,
) -> document.Brief:
    """The whole brief as it would be stored, redacted."""
    sections = {name: redact.redact(text) for name, text in words.sections.items()}
    used = budget.count("\n".join(sections.values()), here.env)
    room = int((config.brief("max_tokens") - used) * budget.CHARS_PER_TOKEN)
    facts = factsheet.render(material.facts, max(room, _LEAST_FACTS_CHARS))
    facts = facts.removeprefix(f"## {document.FACTS}").strip()
    if facts:
        sections[document.FACTS] = redact.redact(facts)
    now = time.gmtime(here.now)
    title = redact.redact(words.title)
    target = {"model": orders.model} if orders.model else {}
    return document.Brief(
        id=document.new_id(title, time.strftime("%Y%m%d-%H%M%S", now), os.urandom(2)),
        title=title,
        created=time.strftime("%Y-%m-%dT%H:%M:%SZ", now),
        kind=orders.kind,
        author=author,
        trigger=orders.trigger,
        session=material.session,
        reading=material.reading,
        git=material.git,
        target=target,
        verify=tuple(redact.redact(command) for command in orders.verify),
        labels=orders.labels,
        sections=sections,
    )


def finish(
    place: Place, stored: Sequence[store.Stored], outcome: str, here: Here, config: Config
) -> tuple[dict[str, str], Committed]:
    """Move open briefs to `done` with an outcome, in one commit; id -> new path."""
    changes = _finish_files(place, stored, redact.redact(outcome), here)
    titles = [item.brief.title for item in stored if item.brief]
    ids = [item.brief.id for item in stored if item.brief]
    committed = _commit(place, changes, f"handoff: done: {titles[0]}", ids[0], config)
    return {i: store.relative_path(store.DONE, i) for i in ids}, committed


@dataclass(frozen=True)
class Committed:
    """What became of a commit: `sha` is "" when there is none, and `reason` says why."""

    sha: str = ""
    ref: str = ""
    on_branch: bool = False
    reason: str = ""


def _save(
    words: document.Words,
    author: str,
    material: Material,
    orders: Orders,
    here: Here,
    config: Config,
) -> Written:
    place = material.place
    brief = draft(words, author, material, orders, here, config)
    session = state.load(here.home, material.session_id)
    parent = session.text("picked")
    if parent and orders.kind == "continue":
        brief = replace(brief, parent=parent)
    replaced = (
        _replaced(place, material.session_id, parent, here) if orders.kind == "continue" else []
    )
    raw = document.render(brief).encode()
    ledger.record(here.home, _entry(place, raw, brief.id, material.session_id, here))
    path = store.write(place.root, store.OPEN, brief.id, raw)
    relative = store.relative_path(store.OPEN, brief.id)
    changes: dict[str, bytes | None] = {relative: raw}
    changes.update(_finish_files(place, replaced, f"Continued by {brief.id}.", here))
    committed = _commit(place, changes, _message(brief, relative), brief.id, config)
    if material.session_id:
        _remember(brief, committed, material.session_id, here)
    return Written(
        id=brief.id,
        title=brief.title,
        author=author,
        path=path,
        relative=relative,
        commit=committed.sha,
        ref=committed.ref,
        on_branch=committed.on_branch,
        reason=committed.reason,
        finished=tuple(item.brief.id for item in replaced if item.brief),
    )


def _replaced(place: Place, session_id: str, parent: str, here: Here) -> list[store.Stored]:
    """Open briefs that a new `continue` brief of this session makes past: the one it came from, and
    its own earlier ones that nobody else has claimed.
    """
    own = ledger.own_entries(here.home, place.key)
    past = []
    for item in store.read_all(place.root):
        if (
            item.brief is None
            or ledger.digest(item.raw) not in own
            or item.brief.kind != "continue"
        ):
            continue
        mine = bool(session_id) and item.brief.session.get("id") == session_id
        free = claims.owner(here.home, item.brief.id) in ("", session_id)
        if (mine and free) or item.brief.id == parent:
            past.append(item)
    return past


def _finish_files(
    place: Place, stored: Sequence[store.Stored], outcome: str, here: Here
) -> dict[str, bytes | None]:
    changes: dict[str, bytes | None] = {}
    for item in stored:
        if item.brief is None:
            raise HandoffError(
                item.problem, "Look at the file; remove it by hand if it is of no use."
            )
        raw = item.raw.rstrip(b"\n") + f"\n\n## {document.OUTCOME}\n\n{outcome}\n".encode()
        ledger.record(here.home, _entry(place, raw, item.brief.id, "", here))
        store.write(place.root, store.DONE, item.brief.id, raw)
        store.remove(place.root, store.OPEN, item.brief.id)
        changes[store.relative_path(store.DONE, item.brief.id)] = raw
        changes[item.relative] = None
    return changes


def _commit(
    place: Place, changes: Mapping[str, bytes | None], message: str, brief_id: str, config: Config
) -> Committed:
    if place.checkout is None:
        return Committed(reason=place.problem)
    if config.commit == "off":
        return Committed(reason="commit is off in the configuration")
    added = next(path for path, content in changes.items() if content is not None)
    if git.is_ignored(place.checkout, added):
        return Committed(reason=f"{store.FOLDER} is ignored by git")
    mode = "ref" if config.commit == "ref" else "branch"
    try:
        done = commit.commit_files(place.checkout, changes, message, mode, brief_id)  # type: ignore[arg-type]
    except HandoffError as error:
        return Committed(reason=error.what)  # the brief stands; only its commit does not
    return Committed(done.sha, done.ref, done.on_branch, done.reason)


def _message(brief: document.Brief, relative: str) -> str:
    tokens = brief.reading.get("tokens")
    size = f" at {tokens:,} tokens of context" if tokens else ""
    author = "by code alone" if brief.author == "snapshot" else "by the session"
    return f"handoff: {brief.title[:60]}\n\nBrief written {author}{size}: {relative}\n"


def _entry(place: Place, raw: bytes, brief_id: str, session_id: str, here: Here) -> ledger.Entry:
    return ledger.Entry(
        sha256=ledger.digest(raw),
        id=brief_id,
        repo=place.key,
        worktree=place.root,
        session=session_id,
        at=here.now,
    )


def _remember(brief: document.Brief, committed: Committed, session_id: str, here: Here) -> None:
    entry = {
        "id": brief.id,
        "title": brief.title,
        "at": here.now,
        "author": brief.author,
        "kind": brief.kind,
        "tokens": brief.reading.get("tokens"),
        "commit": committed.sha,
        "on_branch": committed.on_branch,
        "reason": committed.reason,
    }

    def change(values: dict[str, object]) -> None:
        known = values.get("briefs")
        values["briefs"] = [*(known if isinstance(known, list) else []), entry][-50:]

    state.update(here.home, session_id, change)
