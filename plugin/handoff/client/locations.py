"""Where the client keeps its own files. Source: docs/client.md, "Transcript"."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base import paths
from handoff.client import settings_read

if TYPE_CHECKING:
    from collections.abc import Mapping


def config_dir(env: Mapping[str, str]) -> Path:
    """The client's configuration directory: `$CLAUDE_CONFIG_DIR`, else `~/.claude`."""
    return Path(settings_read.config_dir(env))


def find_transcript(session_id: str, env: Mapping[str, str]) -> str:
    """The transcript of a session, whatever project it is of, the one written last; "" if there is
    none.
    """
    if paths.session_file("", "", session_id) is None:  # it could name another place
        return ""
    transcripts = (config_dir(env) / "projects").glob(f"*/{session_id}.jsonl")
    return str(max(transcripts, key=_changed, default=""))


def transcript_of(session_id: str, known: str, env: Mapping[str, str]) -> str:
    """The transcript of a session, `known` to have been there; "" if there is none.

    The client moves it when the session moves.
    """
    if known and Path(known).is_file():
        return known
    return find_transcript(session_id, env) if session_id else ""


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0  # it was moved just now
