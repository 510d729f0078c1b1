"""Where things are."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
CORPUS = ROOT.parent / "shared" / "corpus"  # real sessions, on machines that have them


@contextmanager
def short_folder() -> Iterator[Path]:
    """A folder for sockets, whose whole path may have 107 bytes; TMPDIR may be longer."""
    with tempfile.TemporaryDirectory(prefix="h-", dir="/tmp") as folder:
        yield Path(folder)
