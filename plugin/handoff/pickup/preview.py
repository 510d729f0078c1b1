"""A brief looked at from outside: its claims checked, its injection shown, a draft edited."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.brief import document, inject
from handoff.client import hook_io
from handoff.pickup import offer
from handoff.redact import redact
from handoff.store import brief_files, lookup, trust, trusted_prompts

if TYPE_CHECKING:
    from handoff.runtime import Runtime
    from handoff.store.places import Place


def render(name: str, runtime: Runtime, place: Place, *, injected: bool) -> str:
    """A brief as a reader gets it: printable, or (`injected`) as the next session is given it."""
    raw = lookup.read_source(name, runtime, place)
    brief = document.parse(raw, name)
    relative = brief_files.relative_path(brief_files.OPEN, brief.id)
    stored = brief_files.StoredBrief(name, relative, brief_files.OPEN, raw, brief)
    judge = trust.TrustCheck(place, runtime)
    origin = judge.classify(stored)
    config = runtime.config(place.root)
    clean = redact.cleaner(config)
    if not injected:
        if not origin.is_trusted and hook_io.current_session(runtime.env):
            return clean(trust.fence_text(stored, place, clean=clean))
        return plain_text.printable(clean(document.render(brief)))
    prompts = trusted_prompts.load(runtime, place.root)
    if not origin.is_trusted:
        return trust.as_data(stored, origin, place, clean, prompts=prompts)
    about = offer.surroundings(stored, brief, place, runtime, origin, judge.ended(stored))
    most = config.brief("inject_chars")
    return inject.render(brief, about, most, clean=clean, prompts=prompts)
