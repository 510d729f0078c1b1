"""A text that a model sends as a brief: by `handoff write`, or by a hook in its place."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.authoring import by_code, gather, incomplete, model, write_brief
from handoff.base import unwritable
from handoff.brief import document
from handoff.redact import redact
from handoff.session import sent_briefs, state
from handoff.store import brief_files, places, trusted_prompts

if TYPE_CHECKING:
    from handoff.runtime import Runtime
    from handoff.store.places import Place


def submit_brief(
    text: str,
    orders: model.WriteOptions,
    session_id: str,
    cwd: str,
    runtime: Runtime,
    *,
    transcript: str = "",
    sends_back: bool = True,
) -> model.WrittenBrief:
    """Store and commit `text` as a brief of the session, with its facts.

    Raises HandoffError where the text is empty, where this process may not write, or (with
    `sends_back`) where it has no title or no task, or, once a cycle, where its facts contradict it.
    """
    place = places.session_place(runtime, session_id, cwd)
    _check_writable(text, session_id, place, runtime)
    material = gather.collect_material(runtime, session_id, place, transcript_path=transcript)
    config = runtime.config(place.root)
    safe_text = redact.cleaner(config)(text)
    words = document.parse_words(safe_text)
    session = state.load(runtime.home, session_id)
    trigger = session.trigger if session.is_handing_over else ""
    asked = replace(orders, trigger=trigger or orders.trigger)
    asked = by_code.carry_orders(asked, material, runtime)
    if sends_back:
        author = write_brief.author_of(material, runtime)
        incomplete.give_back(safe_text, words, author, material, asked, runtime, config)
    return write_brief.write(words, material, asked, runtime, config, sends_back=sends_back)


def _check_writable(text: str, session_id: str, place: Place, runtime: Runtime) -> None:
    """Raise HandoffError where this process may not write; it says so if a hook stores the text."""
    is_kept = sent_briefs.is_kept(state.load(runtime.home, session_id), text)
    needed = [runtime.home, os.path.join(place.root, brief_files.FOLDER)]
    if is_kept and place.checkout:  # else it is stored all the same, and not committed
        needed.append(place.checkout.common_dir)
    if path := unwritable.find_first(needed):
        prompts = trusted_prompts.load(runtime, place.root)
        kept = prompts.render("brief_kept") if is_kept else ""
        raise unwritable.find_problem(path, runtime.env, kept=kept)
