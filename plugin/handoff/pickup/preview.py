"""A brief looked at from outside: its claims checked, its injection shown, a draft edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.brief import document, inject
from handoff.client import hook_io
from handoff.pickup import offer
from handoff.redact import redact
from handoff.store import brief_files, lookup, places, trust

if TYPE_CHECKING:
    from handoff.runtime import Here


def render(name: str, here: Here, cwd: str, *, injected: bool) -> str:
    """A brief as a reader gets it: printable, or (`injected`) as the next session is given it."""
    raw = lookup._read(name, here, cwd)
    brief = document.parse(raw, name)
    place = places.locate(cwd)
    relative = brief_files.relative_path(brief_files.OPEN, brief.id)
    stored = brief_files.Stored(name, relative, brief_files.OPEN, raw, brief)
    judge = trust.Judge(place, here)
    standing = judge.of(stored)
    config = here.config(place.root)
    clean = redact.cleaner(config)
    if not injected:
        if not standing.is_own and hook_io.current_session(here.env):
            return clean(trust.fence(stored, place, clean=clean))
        return plain_text.printable(clean(document.render(brief)))
    if not standing.is_own:
        return trust.as_data(stored, standing, place, clean)
    about = offer.surroundings(stored, brief, place, here, standing, judge.ended(stored))
    return clean(inject.render(brief, about, config.brief("inject_chars")))
