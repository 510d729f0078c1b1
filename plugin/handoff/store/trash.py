"""The trash (`<state>/trash/`): what a verb takes away and git does not have stays here a while."""

from __future__ import annotations

import os
from pathlib import Path

from handoff.base import file_io


def keep_copy(home: str, name: str, raw: bytes) -> str:
    """Keep a copy of a file's bytes; its path. The same bytes under the same name are kept once."""
    folder = Path(home) / "trash"
    file_io.make_private(str(folder))
    stem, suffix = os.path.splitext(name)
    for number in range(1, 1000):
        path = folder / (name if number == 1 else f"{stem}.{number}{suffix}")
        if not path.exists() or path.read_bytes() == raw:
            break
    file_io.write_atomic(str(path), raw)
    return str(path)
