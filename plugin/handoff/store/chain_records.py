"""What the sessions of a chain leave, by brief: `<state>/chain/<brief id>.json`.

Saved when a brief is written, with what the chain had before: the next session's brief reads one
file and no transcript. Only what this machine wrote for this repository counts. Where a record is
missing (another machine's brief, or a state directory that was cleared) the brief's own text is
used, if it is trusted; what an untrusted brief says never is.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from handoff.base import fields, file_io, state_file
from handoff.brief import carried, document, earlier_text
from handoff.brief.sections import CONSTRAINTS, DECISIONS
from handoff.redact import redact
from handoff.store import brief_files, ledger, originals, trust

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.brief.carried import EarlierSession
    from handoff.runtime import Runtime
    from handoff.store.places import Place

FOLDER = "chain"
_VERSION = 1
_MAX_BYTES = 1024 * 1024
_MAX_TEXT = 48_000  # bytes of all texts of a record: less than 64 KB on disk
_MAX_SESSIONS = 40
_MAX_STEPS = 40  # briefs that are read where records are missing
_TEXTS = ("constraints", "decisions", "tasks", "finished", "files")
_NAME = re.compile(r"[\w-]+", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_MAX_SIGNATURES = 3  # git looks for one in 10 ms, and a closing session has little time


def save(sessions: Sequence[EarlierSession], runtime: Runtime) -> None:
    """Keep what there is at a brief, its own session first. Never raises: without a record the
    brief's text is used.
    """
    kept = carried.bound(sessions[:_MAX_SESSIONS], _MAX_TEXT)
    content = {"version": _VERSION, "sessions": [asdict(one) for one in kept]}
    path = _path(runtime.home, sessions[0].brief)
    try:
        file_io.make_private(os.path.dirname(path))
        file_io.write_atomic(
            path, json.dumps(content, ensure_ascii=False).encode("utf-8", "replace")
        )
    except OSError as error:
        redact.note(runtime.home, "chain", f"{sessions[0].brief}: {error}")


def replace_words(brief: document.Brief, runtime: Runtime) -> None:
    """A person edited a brief before it was stored: its words are what they are now."""
    sessions = _read(runtime.home, brief.id)
    if sessions:
        own = replace(
            sessions[0],
            constraints=carried.statements_of(brief.sections, CONSTRAINTS),
            decisions=carried.statements_of(brief.sections, DECISIONS),
        )
        save((own, *sessions[1:]), runtime)


def load(brief_id: str, place: Place, runtime: Runtime) -> tuple[EarlierSession, ...]:
    """The sessions of the chain that ends with a brief, newest first; () for no brief.

    Briefs that are missing end the chain, and so does a circle. What was written when less was
    known of secrets, here or elsewhere, is redacted again before any of it is cut.
    """
    if not brief_id:
        return ()
    clean = redact.cleaner(runtime.config(place.root))
    own = ledger.own_entries(runtime.home, place.key)
    ids = {entry.id for entry in own.values()}
    found: list[EarlierSession] = []
    told: list[EarlierSession] = []
    check: trust.TrustCheck | None = None
    seen: set[str] = set()
    while brief_id and brief_id not in seen and len(seen) < _MAX_STEPS:
        seen.add(brief_id)
        recorded = _read(runtime.home, brief_id) if brief_id in ids else ()
        if recorded:
            found += recorded
            break
        raw = originals.open_brief(brief_id, runtime.home, own) if brief_id in ids else None
        if raw is not None:
            brief: document.Brief | None = document.parse(raw, brief_id)
        else:
            check = check or trust.TrustCheck(place, runtime, max_signatures=_MAX_SIGNATURES)
            brief = _find_trusted(brief_id, place, check)
        if brief is None:
            break
        brief = document.with_body(brief, clean(document.body(brief)))
        found.append(earlier_text.read_own(brief))
        told += earlier_text.read_earlier(brief)
        brief_id = brief.parent
    marks = {one.mark for one in found}
    rest = {one.mark: one for one in reversed(told) if one.mark not in marks}
    return _cleaned((*found, *reversed(rest.values())), clean)


def _cleaned(
    sessions: tuple[EarlierSession, ...], clean: redact.Redactor
) -> tuple[EarlierSession, ...]:
    """The sessions without secrets in any of their texts."""
    clean = clean.prepare(
        text
        for one in sessions
        for texts in (
            *(getattr(one, name) for name in _TEXTS),
            *((asked.text, asked.question) for asked in one.requests),
        )
        for text in texts
    )
    kept = []
    for one in sessions:
        texts: dict[str, Any] = {name: tuple(map(clean, getattr(one, name))) for name in _TEXTS}
        requests = tuple(
            replace(asked, text=clean(asked.text), question=clean(asked.question))
            for asked in one.requests
        )
        kept.append(replace(one, requests=requests, **texts))
    return tuple(kept)


def _find_trusted(brief_id: str, place: Place, check: trust.TrustCheck) -> document.Brief | None:
    """A brief of this id with a file here that this machine or a listed key wrote."""
    for folder in (brief_files.OPEN, brief_files.DONE):
        name = f"{brief_id}.md"
        for file in brief_files.read_all(place.root, folder, [name]):
            stored = check.as_written(file)
            if stored.brief is not None and check.classify(stored).is_trusted:
                return stored.brief
    return None


def _read(home: str, brief_id: str) -> tuple[EarlierSession, ...]:
    """The sessions in a record; () where there is none, or none that can be read."""
    try:
        raw = state_file.read(_path(home, brief_id))
    except OSError:
        return ()
    if raw is None or len(raw) > _MAX_BYTES:
        return ()
    try:
        content = json.loads(raw)
    except (ValueError, RecursionError):
        state_file.set_aside(_path(home, brief_id))
        return ()
    known = fields.mapping(content)
    if known.get("version") != _VERSION:
        return ()
    sessions = map(_session, fields.mappings(known.get("sessions")))
    return tuple(one for one in sessions if one.brief)


def _session(values: Mapping[str, Any]) -> EarlierSession:
    """A session of a record; without a `brief` where that is no brief's name."""
    gone = {
        kind: fields.count(number) for kind, number in fields.mapping(values.get("gone")).items()
    }
    brief, day = _text(values.get("brief")), _text(values.get("day"))
    return carried.EarlierSession(
        brief=brief if _NAME.fullmatch(brief) else "",
        day=day if _DAY.fullmatch(day) else "",
        session=_text(values.get("session")),
        root=_text(values.get("root")),
        requests=tuple(
            carried.Asked(
                text,
                _text(one.get("question")),
                one.get("done") is True,
                one.get("refused") is True,
            )
            for one in fields.mappings(values.get("requests"))
            if (text := _text(one.get("text")))
        ),
        **{name: tuple(map(_text, fields.texts(values.get(name)))) for name in _TEXTS},
        gone={kind: number for kind, number in gone.items() if number},
    )


def _text(value: object) -> str:
    """A text that can be written: JSON can have halves of characters."""
    return fields.text(value).encode("utf-8", "replace").decode()


def _path(home: str, brief_id: str) -> str:
    return os.path.join(home, FOLDER, f"{brief_id}.json")
