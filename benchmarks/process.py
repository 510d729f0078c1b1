"""A process, timed from its start to its end: what the benchmarks of whole commands share."""

from __future__ import annotations

import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path


def run(
    command: Sequence[str], directory: Path, env: Mapping[str, str], stdin: str = ""
) -> tuple[float, str]:
    """Seconds of a process, and what it printed. Raises CalledProcessError when it fails."""
    start = time.perf_counter()
    done = subprocess.run(
        command, input=stdin, env=env, cwd=directory, capture_output=True, text=True, check=True
    )
    return time.perf_counter() - start, done.stdout
