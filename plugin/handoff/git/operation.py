"""An operation of git that the user has begun and not finished, by the files that it leaves."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handoff.git.run import Checkout

_OPERATIONS = (
    ("rebase-merge", "rebase"),
    ("rebase-apply/applying", "am"),
    ("rebase-apply", "rebase"),
    ("MERGE_HEAD", "merge"),
    ("CHERRY_PICK_HEAD", "cherry-pick"),
    ("REVERT_HEAD", "revert"),
    ("sequencer", "cherry-pick"),
    ("BISECT_LOG", "bisect"),
)


def find_operation(checkout: Checkout) -> str | None:
    """The operation that the user has not finished, as git calls it; None where there is none."""
    for entry, name in _OPERATIONS:
        path = Path(checkout.git_dir, entry)
        if not os.path.exists(path):  # Path.exists raises where it may not look
            continue
        if entry == "sequencer" and _first_word(path / "todo") == "revert":
            return "revert"
        return name
    return None


def _first_word(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace").partition(" ")[0]
    except OSError:
        return ""
