"""What others wrote, as a command may print it here: marked where a model reads it.

A session's shell is known by the client's variable (`hook_io.current_session`). All texts are taken
redacted: others may have committed a secret in a title or a name.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.brief import document, marking
from handoff.client import hook_io

if TYPE_CHECKING:
    from handoff.maintenance.listing import Row
    from handoff.redact.redact import Clean, Redactor
    from handoff.runtime import Here

TITLE_CHARS = 200
_NAME_CHARS = 80
_LABEL_CHARS = 40
_DATE_CHARS = 30
_PATH_CHARS = 400
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def mark(text: Clean, width: int, here: Here, *, is_own: bool = False) -> str:
    """A text on one line of at most `width` characters; in the form of `marking.words` where this
    machine did not write it and a model reads it.
    """
    for_model = bool(hook_io.current_session(here.env))
    if is_own:
        return marking.own(plain_text.one_line(text, width), for_model=for_model)
    return marking.words(text, width, for_model=for_model)


def mark_row(row: Row, here: Here, clean: Redactor) -> Row:
    """A row of `handoff list` as it may be printed here."""
    is_own = row.origin in ("own", "signed")
    shown = replace(
        row,
        title=mark(clean(row.title), TITLE_CHARS, here, is_own=is_own),
        created=row.created
        if _DATE.fullmatch(row.created)
        else mark(clean(row.created), _DATE_CHARS, here, is_own=is_own),
        labels=tuple(mark(clean(label), _LABEL_CHARS, here, is_own=is_own) for label in row.labels),
        directory=mark(clean(row.directory), _PATH_CHARS, here, is_own=is_own),
        problem=mark(clean(row.problem), _PATH_CHARS, here),
    )
    if document.ID_PATTERN.fullmatch(row.id):
        return shown
    return replace(
        shown,
        id=mark(clean(row.id), _NAME_CHARS, here),
        path=mark(clean(row.path), _PATH_CHARS, here),
    )
