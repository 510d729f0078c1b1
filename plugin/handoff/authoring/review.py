"""A draft that a person edits, and that is stored as a brief when they are done."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from handoff.authoring import editor, model, write_brief
from handoff.store import drafts

if TYPE_CHECKING:
    from handoff.runtime import Runtime
    from handoff.store.places import Place


def edit(wanted: str, runtime: Runtime, place: Place) -> model.WrittenBrief:
    """Open a draft in the user's editor; when that ends well, store and commit it as a brief."""
    draft = drafts.find(place, wanted, runtime)
    editor.edit(draft.path, runtime.env)
    edited = drafts.find(place, Path(draft.path).stem, runtime)
    return write_brief.publish_draft(edited, place, runtime, runtime.config(place.root))
