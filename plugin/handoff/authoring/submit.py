"""A text that a model sends as a brief: by `handoff write`, or by a hook in its place."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.authoring import gather, model, write_brief
from handoff.base import unwritable
from handoff.brief import document
from handoff.redact import redact
from handoff.session import sent_briefs, state
from handoff.store import brief_files, places

if TYPE_CHECKING:
    from handoff.runtime import Here

_KEPT = (
    "The brief is not lost: it is stored and committed when this turn ends. Do not send it again."
)


def send(
    text: str,
    orders: model.Orders,
    session_id: str,
    cwd: str,
    here: Here,
    *,
    transcript: str = "",
    sends_back: bool = True,
) -> model.Written:
    """Store and commit `text` as a brief of the session, with its facts.

    Raises HandoffError where the text is no brief, where this process may not write, or (with
    `sends_back`) where its facts contradict it: once a climb.
    """
    place = places.session_place(here, session_id, cwd)
    _check_writable(text, session_id, place, here)
    found = gather.collect(here, session_id, cwd, transcript_path=transcript, place=place)
    config = here.config(found.place.root)
    words = document.parse_words(redact.cleaner(config)(text))
    session = state.load(here.home, session_id)
    trigger = session.text("trigger") if session.is_handing_over else ""
    asked = replace(orders, trigger=trigger or orders.trigger)
    return write_brief.write(words, found, asked, here, config, sends_back=sends_back)


def _check_writable(text: str, session_id: str, place: places.Place, here: Here) -> None:
    """Raise HandoffError where this process may not write; it says so if a hook stores the text."""
    is_kept = sent_briefs.is_kept(state.load(here.home, session_id), text)
    needed = [here.home, os.path.join(place.root, brief_files.FOLDER)]
    if is_kept and place.checkout:  # else it is stored all the same, and not committed
        needed.append(place.checkout.common_dir)
    if path := unwritable.first(needed):
        raise unwritable.problem(path, here.env, kept=_KEPT if is_kept else "")
