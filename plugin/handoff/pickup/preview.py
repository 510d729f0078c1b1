"""A brief looked at from outside: its claims checked, its injection shown, a draft edited."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.authoring import fact_check, gather, write_brief
from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.brief import document, inject, marking
from handoff.client import hook_io
from handoff.pickup import offer
from handoff.redact import cleaning
from handoff.store import brief_files, drafts, places, trust

if TYPE_CHECKING:
    from handoff.brief.lint import Finding
    from handoff.runtime import Here


def check(name: str, session: str, here: Here, cwd: str) -> tuple[Finding, ...]:
    """The findings in the brief, or in the words for one, that `name` holds ("-" is stdin).

    In a session's shell none are made of a brief that others wrote: they quote its claims. The
    facts are those of the session given, else the one this runs in, else the brief's own.
    """
    text = _read(name, here, cwd).decode("utf-8", "replace")
    own = ""
    try:
        brief = document.parse(text.encode(), name)
    except HandoffError:
        clean = cleaning.cleaner(here.config(places.locate(cwd).root))
        sections = document.parse_words(clean(text)).sections
    else:
        sections, own = brief.sections, str(brief.session.get("id") or "")
        if name != "-" and hook_io.current_session(here.env):
            _check_own(text.encode(), brief, here, cwd)
    session_id = gather.current_session(here, session) or own
    found = gather.collect(here, session_id, cwd, with_git=False)
    place = places.session_place(here, session_id, cwd)
    return fact_check.findings(sections, found.facts, place, here)


def render(name: str, here: Here, cwd: str, *, injected: bool) -> str:
    """A brief as a reader gets it: printable, or (`injected`) as the next session is given it."""
    raw = _read(name, here, cwd)
    brief = document.parse(raw, name)
    place = places.locate(cwd)
    relative = brief_files.relative_path(brief_files.OPEN, brief.id)
    stored = brief_files.Stored(name, relative, brief_files.OPEN, raw, brief)
    standing = trust.Judge(place, here).of(stored)
    config = here.config(place.root)
    clean = cleaning.cleaner(config)
    if not injected:
        if not standing.is_own and hook_io.current_session(here.env):
            return clean(trust.fence(stored, place, clean=clean))
        return plain_text.printable(clean(document.render(brief)))
    if not standing.is_own:
        return trust.as_data(stored, standing, place, clean)
    about = offer.surroundings(stored, brief, place, here, standing)
    return clean(inject.render(brief, about, config.brief("inject_chars")))


def _check_own(raw: bytes, brief: document.Brief, here: Here, cwd: str) -> None:
    place = places.locate(cwd)
    relative = brief_files.relative_path(brief_files.OPEN, brief.id)
    stored = brief_files.Stored(relative, relative, brief_files.OPEN, raw, brief)
    standing = trust.Judge(place, here).of(stored)
    is_draft = any(item.raw == raw for item in drafts.read_all(place, here))
    if not standing.is_own and not is_draft:
        raise trust.refusal(stored, standing)


def edit(wanted: str, here: Here, cwd: str) -> write_brief.Written:
    """Open a draft in the user's editor; when that ends well, store and commit it as a brief."""
    place = places.locate(cwd)
    draft = drafts.find(place, wanted, here)
    drafts.edit(draft.path, here.env)
    edited = drafts.find(place, Path(draft.path).stem, here)
    return write_brief.publish(edited, place, here, here.config(place.root))


def _read(name: str, here: Here, cwd: str) -> bytes:
    """A file, standard input, or a brief or draft of this repository by its id."""
    if name == "-":
        return sys.stdin.buffer.read(document.MAX_BYTES + 1)
    if os.path.isfile(name):
        try:
            with open(name, "rb") as file:
                return file.read(document.MAX_BYTES + 1)
        except OSError as error:
            raise HandoffError(f"{name} cannot be read: {error.strerror}.") from None
    place = places.locate(cwd)
    waiting = [item for item in drafts.read_all(place, here) if name in Path(item.path).stem]
    found = waiting[0] if len(waiting) == 1 else brief_files.find(place.root, name)
    if found.brief is None:
        raise HandoffError(found.problem, f"Look at {marking.path(found.relative)}.")
    return found.raw
