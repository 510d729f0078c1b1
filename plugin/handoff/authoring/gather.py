"""What code knows when a brief is written: session, repository, the facts of the transcript."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.base import plain_text
from handoff.base.wording import rounded_usd
from handoff.client import hook_io, locations
from handoff.client.transcript import reader
from handoff.facts import gather as gathering
from handoff.git import discovery, status
from handoff.meter import context
from handoff.redact import redact
from handoff.session import observed_compaction, state
from handoff.store import places

if TYPE_CHECKING:
    from handoff.runtime import Here

_PROBLEM_CHARS = 300


@dataclass(frozen=True)
class Material:
    """All a brief is made of but its words. `session`, `reading` and `git` are front matter (`git`
    without what git could not say; its `problem` is why); `transcript` is the path of the file that
    the facts are from.
    """

    place: places.Place
    session_id: str
    facts: gathering.Facts
    session: dict[str, Any]
    reading: dict[str, Any]
    git: dict[str, Any]
    transcript: str = ""


def collect(
    here: Here, session_id: str, cwd: str, *, transcript_path: str = "", with_git: bool = True
) -> Material:
    """Gather it. Without a transcript (a plain terminal) the facts are those of git alone.

    Not `with_git`, git is not run: what is shown needs no more than the root.
    """
    session = state.load(here.home, session_id)
    if with_git:
        place = places.session_place(here, session_id, cwd)
    else:
        root = discovery.find_root(session.text("project") or cwd)
        place = places.Place(root, root, None, "git was not asked")
    path = transcript_path or session.text("transcript")
    path = locations.transcript_of(session_id, path, here.env)
    events = reader.read(path, reader.RECENT) if path and os.path.isfile(path) else ()
    # A transcript that was only named may be of any project: its own first folder is its root.
    root = place.root if session.is_known or not path else ""
    facts = gathering.gather(events, root, redact.cleaner(here.config(place.root)))
    reading = context.take(
        here.home, session_id, path, session.text("model"), observed_compaction.rules(session, here)
    )
    cost = None if reading.cost_usd is None else rounded_usd(reading.cost_usd)
    figures = {"tokens": reading.tokens, "window": reading.window, "cost_usd": cost}
    version = f"claude-code {facts.client}" if facts.client else ""
    about = {"id": session_id or facts.session, "client": version, "model": reading.model}
    return Material(
        place=place,
        session_id=session_id,
        facts=facts,
        session={key: value for key, value in about.items() if value},
        reading={key: value for key, value in figures.items() if value is not None},
        git=_git_state(place) if with_git else {},
        transcript=path,
    )


def _git_state(place: places.Place) -> dict[str, Any]:
    if place.checkout is None:  # where git refuses, the repository still has directories
        return {"directory": place.directory} if place.key != place.root else {}
    now = status.state(place.checkout)
    return {
        **({"branch": now.branch, "head": now.head} if now.has_head else {}),
        "dirty": now.dirty if now.complete else "unknown",
        "worktree": place.checkout.worktree,
        "directory": place.directory,
        **({"problem": plain_text.one_line(now.problem, _PROBLEM_CHARS)} if now.problem else {}),
    }


def current_session(here: Here, given: str = "") -> str:
    """The session a command is about: the one named, else the one it runs in, else ""."""
    return given or hook_io.current_session(here.env)
