"""How long a text is for this session's model, from the session's own figures."""

from __future__ import annotations

import json
import os
from collections import deque
from typing import TYPE_CHECKING, Any

from handoff.client import locations
from handoff.client.transcript import reader
from handoff.meter import token_counter, token_estimate
from handoff.session import state

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.runtime import Runtime

_TAIL_BYTES = 2_000_000  # some 200 calls: enough, and read in 20 ms
_KEPT = 40


def session_ratio(session_id: str, runtime: Runtime) -> float | None:
    """What a count is to be multiplied with, None where the session says too little."""
    known = state.load(runtime.home, session_id).transcript
    path = locations.transcript_of(session_id, known, runtime.env)
    return ratio_of(path, runtime) if path else None


def ratio_of(path: str, runtime: Runtime) -> float | None:
    """The same of a transcript."""
    kept = deque(token_estimate.read_samples(reader.events(_last_records(path))), maxlen=_KEPT)
    return token_estimate.calibrate_ratio(kept, token_counter.base_ratio(runtime.env))


def _last_records(path: str) -> Iterator[dict[str, Any]]:
    """The objects in the file's last lines; what is torn or no object is passed over."""
    try:
        with open(path, "rb") as file:
            size = os.fstat(file.fileno()).st_size
            if size > _TAIL_BYTES:
                file.seek(size - _TAIL_BYTES)
                file.readline()
            lines = file.read(_TAIL_BYTES).splitlines()
    except OSError:
        return
    for line in lines:
        try:
            record = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(record, dict):
            yield record
