"""Waiting for what another process does."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS = 20.0


def until(check: Callable[[], bool]) -> bool:
    """Whether `check` became true within SECONDS."""
    deadline = time.monotonic() + SECONDS
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
