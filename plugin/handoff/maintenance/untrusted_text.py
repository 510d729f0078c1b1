"""What others wrote, as a command may print it here: marked where a model reads it.

A session's shell is known by the client's variable (`hook_io.current_session`). All texts are taken
redacted: others may have committed a secret in a title or a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.brief import marking
from handoff.client import hook_io

if TYPE_CHECKING:
    from handoff.redact.redact import Clean
    from handoff.runtime import Runtime

TITLE_CHARS = 200


def mark(text: Clean, width: int, runtime: Runtime, *, is_trusted: bool = False) -> str:
    """A text on one line of at most `width` characters; in the form of `marking.mark_words` where
    it is untrusted and a model reads it.
    """
    for_model = bool(hook_io.current_session(runtime.env))
    if is_trusted:
        return marking.mark_trusted(plain_text.one_line(text, width), for_model=for_model)
    return marking.mark_words(text, width, for_model=for_model)
