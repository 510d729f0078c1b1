"""A session by a part of its ID, as `handoff status` shows it."""

from __future__ import annotations

import os
from glob import escape
from typing import TYPE_CHECKING

from handoff.base import paths
from handoff.client import locations
from handoff.store.match_id import NoMatchError, match_id

if TYPE_CHECKING:
    from handoff.runtime import Runtime

_FULL_LENGTH = 36  # of an ID as the client makes them: it is no part of another one


def find_session_id(part: str, runtime: Runtime) -> str:
    """The ID of the session that `part` names: one that handoff knows, else one of the client's
    transcripts. `part` itself where neither has it: it may be a session that is still to be seen.

    Raises HandoffError when several match.
    """
    known = paths.session_file(runtime.home, "sessions", part)
    if known is None or len(part) >= _FULL_LENGTH or os.path.exists(known):
        return part
    for ids in (_known_ids(runtime), _transcript_ids(part, runtime)):
        try:
            return match_id(part, ids, "session")
        except NoMatchError:
            continue
    return part


def _known_ids(runtime: Runtime) -> set[str]:
    try:
        names = os.listdir(os.path.join(runtime.home, "sessions"))
    except OSError:
        return set()
    return {name.removesuffix(".json") for name in names if name.endswith(".json")}


def _transcript_ids(part: str, runtime: Runtime) -> set[str]:
    folder = locations.config_dir(runtime.env) / "projects"
    return {path.stem for path in folder.glob(f"*/*{escape(part)}*.jsonl")}
