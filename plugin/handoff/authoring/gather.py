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
from handoff.facts import own_prompts
from handoff.git import discovery, status
from handoff.meter import context
from handoff.redact import redact
from handoff.session.files import SessionFiles
from handoff.store import trusted_prompts

if TYPE_CHECKING:
    from handoff.config.model import Config
    from handoff.facts.model import Facts
    from handoff.git.head import Head
    from handoff.runtime import Runtime
    from handoff.store.places import Place

_PROBLEM_CHARS = 300
_DIRTY_FILES = 2000


@dataclass(frozen=True)
class SessionFacts:
    """What a session's transcript says, without git: `root` is the folder with the nearest `.git`
    around its project. `transcript` is the path of the file, "" where there is none.
    """

    root: str
    facts: Facts
    transcript: str = ""


@dataclass(frozen=True)
class Material:
    """All a brief is made of but its words. `session`, `reading` and `git` are front matter (`git`
    without what git could not say; its `problem` is why), `head` is HEAD as git names it;
    `transcript` is the path of the file that the facts are from, `uncommitted` are git's paths.
    """

    place: Place
    session_id: str
    facts: Facts
    session: dict[str, Any]
    reading: dict[str, Any]
    git: dict[str, Any]
    transcript: str = ""
    head: Head | None = None
    uncommitted: tuple[str, ...] = ()


def collect_material(
    runtime: Runtime,
    session_id: str,
    place: Place,
    *,
    transcript_path: str = "",
    read: SessionFacts | None = None,
) -> Material:
    """Gather it for a session in its place (`places.session_place`). Without a transcript (a plain
    terminal) the facts are those of git alone; `read` are those that were read just now.
    """
    files = SessionFiles(session_id, runtime, place.root)
    read = read or _read(files, runtime.config(place.root), place.root, transcript_path)
    facts, path = read.facts, read.transcript
    reading = context.measure(files.feed, path, files.session.model, files.rules)
    cost = None if reading.cost_usd is None else rounded_usd(reading.cost_usd)
    figures = {"tokens": reading.tokens, "window": reading.window, "cost_usd": cost}
    version = f"claude-code {facts.client}" if facts.client else ""
    about = {"id": session_id or facts.session, "client": version, "model": reading.model}
    now = status.read_state(place.checkout, limit=_DIRTY_FILES) if place.checkout else None
    return Material(
        place=place,
        session_id=session_id,
        facts=facts,
        session={key: value for key, value in about.items() if value},
        reading={key: value for key, value in figures.items() if value is not None},
        git=_git_state(place, now),
        transcript=path,
        head=now.where if now and now.complete else None,
        uncommitted=tuple(file.path for file in now.dirty_files) if now else (),
    )


def read_facts(
    runtime: Runtime,
    session_id: str,
    cwd: str,
    *,
    transcript_path: str = "",
    files: SessionFiles | None = None,
) -> SessionFacts:
    """The facts of a session for what is only shown: git is not run. `files`: what is known of the
    session already.
    """
    files = files or SessionFiles(session_id, runtime, cwd)
    root = discovery.find_root(files.session.project or cwd)
    return _read(files, files.config, root, transcript_path)


def _read(files: SessionFiles, config: Config, root: str, transcript_path: str) -> SessionFacts:
    session = files.session
    path = transcript_path or session.transcript
    path = locations.transcript_of(files.session_id, path, files.runtime.env)
    events = reader.read(path, reader.RECENT) if path and os.path.isfile(path) else ()
    events = own_prompts.without_own(events, trusted_prompts.load(files.runtime, root))
    # A transcript that was only named may be of any project: its own first folder is its root.
    project = root if session.is_known or not path else ""
    facts = gathering.gather_facts(events, project, redact.cleaner(config))
    return SessionFacts(root, facts, path)


def _git_state(place: Place, now: status.GitState | None) -> dict[str, Any]:
    if place.checkout is None or now is None:
        # Where git refuses, the repository still has directories.
        return {"directory": place.directory} if place.key != place.root else {}
    return {
        **({"branch": now.branch, "head": now.head} if now.has_head else {}),
        "dirty": now.dirty if now.complete else "unknown",
        "worktree": place.checkout.worktree,
        "directory": place.directory,
        **({"problem": plain_text.one_line(now.problem, _PROBLEM_CHARS)} if now.problem else {}),
    }


def current_session(runtime: Runtime, given: str = "") -> str:
    """The session a command is about: the one named, else the one it runs in, else ""."""
    return given or hook_io.current_session(runtime.env)
