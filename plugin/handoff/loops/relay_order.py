"""What a relay is ordered to do, and what its journal says for people."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.base.wording import count_of
from handoff.loops import relay_journal, verdicts, verification, wait_for_caps
from handoff.session.cap_resets import Cap
from handoff.store import brief_files, lookup
from handoff.store.match_id import NoMatchError, match_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from handoff.loops.relay_journal import Journal
    from handoff.loops.session import Session
    from handoff.loops.verification import VerifyRequest
    from handoff.runtime import Runtime
    from handoff.store.places import Place


def load_or_begin(
    task: str,
    runtime: Runtime,
    place: Place,
    asked: Mapping[str, Any],
    *,
    worktree: bool,
    most: int | None,
    budget: float | None,
    windows: int | None = None,
) -> Journal:
    """The relay of a task as it is to go on; what is not asked for stays as it was. `windows` is
    how many resets of usage caps it waits for.

    One that reached its goal is given as it is.

    `task` is an open brief's id or part of it. Nothing is started or written. Raises HandoffError
    when there is no such brief, or when its sessions work elsewhere than is asked for now.
    """
    known = relay_journal.load(runtime.home, _whole_id(task, place, runtime))
    if known is not None and known.end in relay_journal.GOOD:
        return known
    if known is None:
        stored = lookup.find_open(place, task, runtime)
        if stored.brief is None:
            raise HandoffError(stored.problem, "A brief that cannot be read cannot be started.")
        name, title = stored.brief.id, plain_text.one_line(stored.brief.title, 200)
        known = relay_journal.Journal(name, title, place.root, place.root, worktree)
    if worktree and not known.worktree and known.sessions:
        raise HandoffError(
            f"The relay of {known.task} already works in {known.directory}.",
            f"Continue there, without --worktree: handoff relay {known.task}",
        )
    where = known.directory if os.path.isdir(known.directory) else known.root
    return replace(
        known,
        directory=where,
        worktree=worktree or known.worktree,
        asked={**known.asked, **asked},
        most=most or known.most,
        budget_usd=budget or known.budget_usd,
        caps=known.caps.allow(windows),
        since=len(known.settled),
        end="",
    )


def find_verify_commands(journal: Journal, runtime: Runtime, place: Place) -> VerifyRequest | None:
    """The verify commands of a relay's task in the place that it works in, None without any.

    Raises HandoffError where they may not be run: only this machine's own, as they can be shown.
    """
    try:
        wanted = verification.find_commands(journal.task, runtime, place)
    except verification.NoCommandsError:
        return None
    if not wanted.own:
        raise HandoffError(
            f"{journal.task} was not written on this machine, or was changed since: its verify "
            "commands are not run.",
            f"What was changed: handoff trust --diff {journal.task}",
        )
    return wanted


def find_journals(wanted: str, runtime: Runtime, place: Place) -> list[Journal]:
    """The relays of a worktree, or the one whose task `wanted` names.

    Raises HandoffError when that has none.
    """
    if wanted:
        journal = relay_journal.load(runtime.home, _whole_id(wanted, place, runtime))
        if journal is None:
            raise HandoffError(f"No relay of {wanted[:80]!r} here.", "All: handoff relay --show")
        return [journal]
    known = [_sound(runtime.home, name) for name in relay_journal.list_tasks(runtime.home)]
    return [one for one in known if one and place.root in (one.root, one.directory)]


def describe_session(session: Session) -> str:
    """What came of a session, for people, on one line."""
    parts = [session.verdict or "runs"]
    if session.seconds is not None:
        parts.append(f"{session.seconds:.0f} s" if session.seconds < 90 else
                     f"{session.seconds / 60:.0f} min")  # fmt: skip
    if session.verdict:
        usd = session.cost_usd
        sign = "about " if session.counted and usd else ""
        parts.append(f"{sign}${usd:.4f}" if usd is not None else "cost unknown")
    if session.left:
        parts.append(f"left {session.left}")
    if session.verdict == verdicts.CAP:
        at = session.began + (session.seconds or 0.0)
        cap = Cap(session.cap, session.resets_at)
        parts.append(f"the {cap.name} resets at {wait_for_caps.describe_reset(cap, at)}")
    elif session.problem:
        parts.append(session.problem)
    return ", ".join(parts)


def describe_total(journal: Journal) -> str:
    """`3 sessions, $1.2000.`"""
    count = len(journal.settled)
    cost = verdicts.sum_cost(journal.settled)
    more = "; one more has no result yet" if len(journal.sessions) > count else ""
    return f"{count_of(count, 'session')}, ${cost:.4f}{more}."


def next_step(journal: Journal) -> str:
    """The next step after a relay that did not finish its task."""
    if journal.end == "unproven":
        there = f" in {journal.directory}" if journal.directory != journal.root else ""
        return f"Fix what fails, then{there}: handoff verify {journal.task}"
    if journal.cap is not None:
        again = f" {journal.caps.allowed + 1}" if journal.caps.allowed else ""
        wait = f"handoff relay {journal.task} --wait-for-caps{again}"
        return f"To continue then: handoff relay {journal.task}\nTo wait for it: {wait}"
    more = {
        "budget": f" --budget-usd {2 * (journal.budget_usd or 0):g}",
        "sessions": f" --max-sessions {2 * journal.most}",
    }
    return f"To continue: handoff relay {journal.task}{more.get(journal.end, '')}"


def _whole_id(task: str, place: Place, runtime: Runtime) -> str:
    """The id of the open brief that `task` names, else of the relay: the brief that it began with
    may be finished by now, or in another worktree. `task` itself where neither is found.
    """
    known = relay_journal.list_tasks(runtime.home)
    if task in known:
        return task
    try:
        return Path(brief_files.find(place.root, task, (brief_files.OPEN,)).path).stem
    except NoMatchError:
        pass
    journals = {name: _sound(runtime.home, name) for name in known}
    mine = [name for name, one in journals.items() if one and one.root == place.root]
    try:
        return match_id(task, mine, "relay")
    except NoMatchError:
        return task


def _sound(home: str, task: str) -> Journal | None:
    """A journal; None also for a damaged one, which is told where it is asked for by its name."""
    try:
        return relay_journal.load(home, task)
    except HandoffError:
        return None
