"""One thing that the doctor looked at."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """One thing looked at. `ok` is None for what is worth knowing but no fault."""

    name: str
    ok: bool | None
    detail: str
    hint: str = ""
