"""A text that is no whole brief, because it has no title or no task: it is given back and kept."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from handoff.authoring import compose, fact_check
from handoff.base.errors import HandoffError
from handoff.store import trash

if TYPE_CHECKING:
    from handoff.authoring.gather import Material
    from handoff.authoring.model import WriteOptions
    from handoff.brief.document import Words
    from handoff.config.model import Config
    from handoff.runtime import Runtime

EXAMPLE = """# Fix the token refresh race
## Task
Two refreshes at the same time must not log the user out.
## Next step
Write a failing test for it in tests/test_auth.py."""


def give_back(
    text: str,
    words: Words,
    author: str,
    material: Material,
    orders: WriteOptions,
    runtime: Runtime,
    config: Config,
) -> None:
    """Raise HandoffError if the words lack a part that every brief has.

    `text` is what they were read from, without secrets. It is kept: a session's as its draft, which
    its next snapshot takes the words of; any other in a file that the error names.
    """
    if not words.missing:
        return
    if material.session_id:
        brief = compose.compose_brief(words, author, material, orders, runtime, config).brief
        fact_check.keep_draft(brief, material, runtime)
        kept = "Your text is kept as a draft."
    else:
        name = time.strftime("unwritten-%Y%m%d-%H%M%S.md", time.gmtime(runtime.now))
        path = trash.keep_copy(runtime.home, name, text.encode())
        kept = f"Your text is in {path}. Complete it there and run: handoff write < FILE"
    raise HandoffError(
        f"The brief has {' and '.join(words.missing)}, so it was not written.",
        f"Write at least a title and a task:\n\n{EXAMPLE}\n\n{kept}",
    )
