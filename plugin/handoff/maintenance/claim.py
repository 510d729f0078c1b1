"""`handoff claim`: a brief is taken by hand, on this machine and, if asked, on a remote for all."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base import file_io, locks, plain_text, wording
from handoff.base.errors import HandoffError
from handoff.brief import marking
from handoff.git import remote
from handoff.maintenance import untrusted_text
from handoff.redact import redact
from handoff.store import brief_files, claim_rules, claims, shared_claims

if TYPE_CHECKING:
    from handoff.brief import document
    from handoff.git.run import Checkout
    from handoff.runtime import Here
    from handoff.store.places import Place
    from handoff.store.shared_claims import SharedClaim

_OURS_KEPT = 500
_IN_A_SHELL = "none (by hand, in a shell)"
_ATTEMPTS = 3


@dataclass(frozen=True)
class Held:
    """A claim as it is shown; the JSON of `handoff claim`.

    `remote` is "" for one on this machine; its `who` is then "", and `until` too where it ends with
    its session. `since` and `until` are UTC. `state`: held, used (the session is over and answered
    something), ended. `ours`: this machine made it.
    """

    id: str
    remote: str
    who: str
    session: str
    since: str
    until: str
    state: str
    ours: bool

    def __str__(self) -> str:
        where = f" on {self.remote}" if self.remote else ""
        who = f"{self.who}, " if self.who else ""
        until = f", until {self.until}" if self.until else ""
        state = "" if self.state == "held" else f" ({self.state})"
        return f"{self.id}{where}: {who}session {self.session}, since {self.since}{until}{state}"


@dataclass(frozen=True)
class _Shared:
    """A remote of a work tree, and this machine's place to note what it pushed there."""

    checkout: Checkout
    where: remote.Remote
    here: Here


def claim(wanted: str, session_id: str, here: Here, place: Place, on: str | None) -> list[Held]:
    """Claim a brief here, and on a remote: `on` names it, "" is git's choice, None is no remote.

    Raises HandoffError when somebody has it, with who and since when, or the remote does not take
    it; then what was claimed here with it is given back.
    """
    brief = _brief(place, wanted, (brief_files.OPEN,))
    shared = None if on is None else _reach(place, on, here)
    name = claim_rules.owner_name(session_id)
    had = claims.owner(here.home, brief.id) == name
    owner = claim_rules.take(brief, session_id, here)
    if owner != name:
        raise HandoffError(
            f"{brief.id} is taken already, by session {owner}.",
            f"Finish it there, or give it back first: handoff claim --release {brief.id}",
        )
    if shared:
        try:
            _take_shared(shared, brief.id, session_id or _IN_A_SHELL)
        except BaseException:
            if not had:
                claims.release(here.home, brief.id)
            raise
    return _held(brief, here) + (_held_shared(shared, brief.id) if shared else [])


def release(
    wanted: str, here: Here, place: Place, on: str | None, *, only_of: str | None = None
) -> str:
    """Give a brief back here, and on a remote if `on` is not None; its id.

    Raises HandoffError when the claim on the remote is another machine's, or (`only_of` a session,
    "" a shell) the one here is that of another session which is still open.
    """
    brief = _brief(place, wanted, (brief_files.OPEN, brief_files.DONE))
    if only_of is not None:
        mend = f"If nobody works on it: handoff claim {brief.id} --release --force"
        claim_rules.check_not_taken(brief, only_of, here, mend)
    if on is not None:
        _release_shared(_reach(place, on, here), brief.id)
    claims.forget(here.home, brief.id)
    return brief.id


def listed(here: Here, place: Place, on: str | None) -> list[Held]:
    """The claims on the open briefs here, or (`on` is not None) all those on a remote."""
    if on is not None:
        return _held_shared(_reach(place, on, here), "*")
    briefs = [stored.brief for stored in brief_files.read_all(place.root) if stored.brief]
    return [held for brief in briefs for held in _held(brief, here)]


def _brief(place: Place, wanted: str, folders: tuple[str, ...]) -> document.Brief:
    stored = brief_files.find(place.root, wanted, folders)
    if stored.brief is None:
        raise HandoffError(stored.problem, f"Look at {marking.path(stored.relative)}.")
    return stored.brief


def _held(brief: document.Brief, here: Here) -> list[Held]:
    found = claims.read(here.home, brief.id)
    if found is None:
        return []
    state = "used" if claim_rules.used_by(brief, here) else "ended"
    if claim_rules.held_by(brief, here):
        state = "held"
    until = claim_rules.ends_at(found, here) if state == "held" else None
    return [
        Held(
            id=brief.id,
            remote="",
            who="",
            session=plain_text.one_line(found.session, 80),
            since=_utc(found.at),
            until=_utc(until) if until else "",
            state=state,
            ours=True,
        )
    ]


# On a remote


def _reach(place: Place, on: str, here: Here) -> _Shared:
    checkout = place.need_checkout("cannot use a remote", "Run this in a git repository.")
    return _Shared(checkout, remote.choose(checkout, on, to_push=False), here)


def _take_shared(shared: _Shared, brief_id: str, session: str) -> None:
    """Claim on the remote, or renew what this machine has there."""
    checkout, where, here = shared.checkout, shared.where, shared.here
    for _ in range(_ATTEMPTS):
        found = shared_claims.read(checkout, where, [brief_id]).get(brief_id)
        if found and not _is_ours(found.sha, here) and found.until > here.now:
            raise _taken(shared, found)
        sha = shared_claims.write(checkout, brief_id, plain_text.one_line(session, 80), here.now)
        # Before it is there: what a crash leaves behind must be known as ours.
        _note_ours(sha, brief_id, here)
        ref = shared_claims.PREFIX + brief_id
        if remote.swap(checkout, where, ref, sha, found.sha if found else ""):
            return
    raise HandoffError(f"The claim on {brief_id} keeps changing on {where.name}.", "Try again.")


def _release_shared(shared: _Shared, brief_id: str) -> None:
    found = shared_claims.read(shared.checkout, shared.where, [brief_id]).get(brief_id)
    if found is None:
        return
    if not _is_ours(found.sha, shared.here) and found.until > shared.here.now:
        raise _taken(shared, found)
    ref = shared_claims.PREFIX + brief_id
    if not remote.swap(shared.checkout, shared.where, ref, "", found.sha):
        raise HandoffError(
            f"The claim on {brief_id} changed on {shared.where.name} just now.",
            "Look who has it: handoff claim --list --remote",
        )


def _taken(shared: _Shared, found: SharedClaim) -> HandoffError:
    held = _shown(shared, found)
    age = wording.age(max(0.0, shared.here.now - found.at))
    ref = shared_claims.PREFIX + found.id
    return HandoffError(
        f"{found.id} is taken on {shared.where.name} by {held.who} since {held.since} "
        f"({age} ago), until {held.until}; session {held.session}.",
        "Let them finish it or give it back (handoff claim ID --release --remote). If they agreed "
        f"to lose it: git push {shared.where.name} --delete {ref}",
    )


def _held_shared(shared: _Shared, brief_id: str) -> list[Held]:
    found = shared_claims.read(shared.checkout, shared.where, [brief_id])
    return [_shown(shared, item) for _, item in sorted(found.items())]


def _shown(shared: _Shared, found: SharedClaim) -> Held:
    ours = _is_ours(found.sha, shared.here)
    clean = redact.cleaner(shared.here.config(shared.checkout.root))
    return Held(
        id=marking.name(found.id),
        remote=shared.where.name,
        who=untrusted_text.mark(clean(found.who), 80, shared.here, is_own=ours),
        session=untrusted_text.mark(clean(found.session), 80, shared.here, is_own=ours),
        since=_utc(found.at),
        until=_utc(found.until),
        state="held" if found.until > shared.here.now else "ended",
        ours=ours,
    )


# Which claims are this machine's: by the commits it made, so that nothing that names the machine
# has to be in them.


def _ours_file(here: Here) -> str:
    return str(Path(here.home) / "shared-claims.json")


def _is_ours(sha: str, here: Here) -> bool:
    return sha in file_io.read_json(_ours_file(here))


def _note_ours(sha: str, brief_id: str, here: Here) -> None:
    with locks.locked(os.path.join(here.home, "locks", "shared-claims")):
        known = list(file_io.load_json(_ours_file(here)).items())[-_OURS_KEPT:]
        file_io.write_json(_ours_file(here), {**dict(known), sha: brief_id})


def _utc(at: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(at))
    except (OverflowError, ValueError, OSError):
        return "an unknown time"
