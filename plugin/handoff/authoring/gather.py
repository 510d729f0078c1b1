"""What code knows when a brief is written: session, repository, the facts of the transcript."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.base import plain_text
from handoff.client import hook_io, locations
from handoff.client.transcript import reader
from handoff.facts import gather as gathering
from handoff.git import discovery, status
from handoff.meter import context
from handoff.redact import redact
from handoff.session import observed_compaction, state
from handoff.store import places

if TYPE_CHECKING:
    from handoff.git.run import Head
    from handoff.runtime import Here

_PROBLEM_CHARS = 300


@dataclass(frozen=True)
class Material:
    """All a brief is made of but its words. `session`, `reading` and `git` are front matter (`git`
    without what git could not say; its `problem` is why), `head` is HEAD as git names it;
    `transcript` is the path of the file that the facts are from.
    """

    place: places.Place
    session_id: str
    facts: gathering.Facts
    session: dict[str, Any]
    reading: dict[str, Any]
    git: dict[str, Any]
    transcript: str = ""
    head: Head | None = None


def collect(
    here: Here,
    session_id: str,
    cwd: str,
    *,
    transcript_path: str = "",
    with_git: bool = True,
    place: places.Place | None = None,
) -> Material:
    """Gather it. Without a transcript (a plain terminal) the facts are those of git alone.

    `place` is that of the session, if it is known. Not `with_git`, git is not run: what is shown
    needs no more than the root.
    """
    session = state.load(here.home, session_id)
    if place is None and with_git:
        place = places.session_place(here, session_id, cwd)
    elif place is None:
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
    figures = {"tokens": reading.tokens, "window": reading.window, "cost_usd": reading.cost_usd}
    version = f"claude-code {facts.client}" if facts.client else ""
    about = {"id": session_id or facts.session, "client": version, "model": reading.model}
    now = status.state(place.checkout) if with_git and place.checkout else None
    return Material(
        place=place,
        session_id=session_id,
        facts=facts,
        session={key: value for key, value in about.items() if value},
        reading={key: value for key, value in figures.items() if value is not None},
        git=_git_state(place, now) if with_git else {},
        transcript=path,
        head=now.where if now and now.complete else None,
    )


def _git_state(place: places.Place, now: status.GitState | None) -> dict[str, Any]:
    if (
        place.checkout is None or now is None
    ):  # where git refuses, the repository still has directories
        return {"directory": place.directory} if place.key != place.root else {}
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
