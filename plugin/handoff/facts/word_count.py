"""How many words a text has, also where a script puts no blanks between them."""

from __future__ import annotations

import re

# Chinese, Japanese, Thai, Lao, Khmer, Burmese: runs without blanks.
_UNPARTED = re.compile(
    r"[\u2e80-\u9fff\uf900-\ufaff\uff66-\uff9f\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]+"
)
_CHARS_PER_WORD = 2


def count_words(text: str) -> int:
    """Words of a text; in a run of characters without blanks two count as one."""
    runs: list[str] = _UNPARTED.findall(text)
    rest = len(_UNPARTED.sub(" ", text).split()) if runs else len(text.split())
    return rest + sum(-(-len(run) // _CHARS_PER_WORD) for run in runs)
