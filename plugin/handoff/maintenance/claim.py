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
from handoff.store import brief_files, claim_rules, claims, lookup, shared_claims

if TYPE_CHECKING:
    from handoff.brief import document
    from handoff.git.run import Checkout
    from handoff.runtime import Runtime
    from handoff.store.places import Place
    from handoff.store.shared_claims import SharedClaim

_OURS_KEPT = 500
_IN_A_SHELL = "none (by hand, in a shell)"
_ATTEMPTS = 3


@dataclass(frozen=True)
class ClaimRow:
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
    """A remote of a worktree, and this machine's place to note what it pushed there."""

    checkout: Checkout
    where: remote.Remote
    runtime: Runtime


def claim(
    wanted: str, session_id: str, runtime: Runtime, place: Place, on: str | None
) -> list[ClaimRow]:
    """Claim a brief here, and on a remote: `on` names it, "" is git's choice, None is no remote.

    Raises HandoffError when somebody has it, with who and since when, or the remote does not take
    it; then what was claimed here with it is given back.
    """
    brief = _readable(lookup.find_open(place, wanted, runtime))
    shared = None if on is None else _reach(place, on, runtime)
    name = claim_rules.owner_name(session_id)
    had = claims.owner(runtime.home, brief.id) == name
    owner = claim_rules.claim_brief(brief, session_id, runtime)
    if owner != name:
        raise HandoffError(
            f"{brief.id} is claimed {claim_rules.describe_owner(owner)}.",
            f"Finish it there, or release it first: handoff claim --release {brief.id}",
        )
    if shared:
        try:
            _take_shared(shared, brief.id, session_id or _IN_A_SHELL)
        except BaseException:
            if not had:
                claims.release(runtime.home, brief.id)
            raise
    return _held(brief, runtime) + (_held_shared(shared, brief.id) if shared else [])


def release(
    wanted: str, runtime: Runtime, place: Place, on: str | None, *, only_of: str | None = None
) -> str:
    """Give a brief back here, and on a remote if `on` is not None; its id.

    Raises HandoffError when the claim on the remote is another machine's, or (`only_of` a session,
    "" a shell) the one here is that of another session which is still open.
    """
    brief = _readable(brief_files.find(place.root, wanted))
    if only_of is not None:
        hint = f"To release it anyway: handoff claim {brief.id} --release --force"
        claim_rules.check_not_taken(brief, only_of, runtime, hint)
    if on is not None:
        _release_shared(_reach(place, on, runtime), brief.id)
    claims.forget(runtime.home, brief.id)
    return brief.id


def list_claims(runtime: Runtime, place: Place, on: str | None) -> list[ClaimRow]:
    """The claims on the open briefs here, or (`on` is not None) all those on a remote."""
    if on is not None:
        return _held_shared(_reach(place, on, runtime), "*")
    briefs = [stored.brief for stored in brief_files.read_all(place.root) if stored.brief]
    return [held for brief in briefs for held in _held(brief, runtime)]


def _readable(stored: brief_files.StoredBrief) -> document.Brief:
    if stored.brief is None:
        raise HandoffError(stored.problem, f"Look at {marking.mark_path(stored.relative)}.")
    return stored.brief


def _held(brief: document.Brief, runtime: Runtime) -> list[ClaimRow]:
    claim = claims.read(runtime.home, brief.id)
    if claim is None:
        return []
    state = "used" if claim_rules.used_by(brief, runtime) else "ended"
    if claim_rules.held_by(brief, runtime):
        state = "held"
    until = claim_rules.ends_at(claim, runtime) if state == "held" else None
    return [
        ClaimRow(
            id=brief.id,
            remote="",
            who="",
            session=plain_text.one_line(claim.session, 80),
            since=_utc(claim.at),
            until=_utc(until) if until else "",
            state=state,
            ours=True,
        )
    ]


# On a remote


def _reach(place: Place, on: str, runtime: Runtime) -> _Shared:
    checkout = place.need_checkout("cannot use a remote", "Run this in a git repository.")
    return _Shared(checkout, remote.choose(checkout, on, to_push=False), runtime)


def _take_shared(shared: _Shared, brief_id: str, session: str) -> None:
    """Claim on the remote, or renew what this machine has there."""
    checkout, where, runtime = shared.checkout, shared.where, shared.runtime
    for _ in range(_ATTEMPTS):
        remote_claim = shared_claims.read(checkout, where, [brief_id]).get(brief_id)
        if (
            remote_claim
            and not _is_ours(remote_claim.sha, runtime)
            and remote_claim.until > runtime.now
        ):
            raise _taken(shared, remote_claim)
        sha = shared_claims.write(checkout, brief_id, plain_text.one_line(session, 80), runtime.now)
        # Before it is there: what a crash leaves behind must be known as ours.
        _note_ours(sha, brief_id, runtime)
        ref = shared_claims.PREFIX + brief_id
        if remote.swap_ref(checkout, where, ref, sha, remote_claim.sha if remote_claim else ""):
            return
    raise HandoffError(f"The claim on {brief_id} keeps changing on {where.name}.", "Try again.")


def _release_shared(shared: _Shared, brief_id: str) -> None:
    claim = shared_claims.read(shared.checkout, shared.where, [brief_id]).get(brief_id)
    if claim is None:
        return
    if not _is_ours(claim.sha, shared.runtime) and claim.until > shared.runtime.now:
        raise _taken(shared, claim)
    ref = shared_claims.PREFIX + brief_id
    if not remote.swap_ref(shared.checkout, shared.where, ref, "", claim.sha):
        raise HandoffError(
            f"The claim on {brief_id} changed on {shared.where.name} meanwhile.",
            "To see who holds it: handoff claim --list --remote",
        )


def _taken(shared: _Shared, claim: SharedClaim) -> HandoffError:
    held = _shown(shared, claim)
    age = wording.format_age(max(0.0, shared.runtime.now - claim.at))
    ref = shared_claims.PREFIX + claim.id
    return HandoffError(
        f"{claim.id} has been claimed on {shared.where.name} by {held.who} since {held.since} "
        f"({age} ago), until {held.until}; session {held.session}.",
        "Ask them to finish or release it (handoff claim ID --release --remote). If they agree "
        f"to lose the claim: git push {shared.where.name} --delete {ref}",
    )


def _held_shared(shared: _Shared, brief_id: str) -> list[ClaimRow]:
    claims_there = shared_claims.read(shared.checkout, shared.where, [brief_id])
    return [_shown(shared, item) for _, item in sorted(claims_there.items())]


def _shown(shared: _Shared, claim: SharedClaim) -> ClaimRow:
    ours = _is_ours(claim.sha, shared.runtime)
    clean = redact.cleaner(shared.runtime.config(shared.checkout.root))
    return ClaimRow(
        id=marking.mark_name(claim.id),
        remote=shared.where.name,
        who=untrusted_text.mark(clean(claim.who), 80, shared.runtime, is_trusted=ours),
        session=untrusted_text.mark(clean(claim.session), 80, shared.runtime, is_trusted=ours),
        since=_utc(claim.at),
        until=_utc(claim.until),
        state="held" if claim.until > shared.runtime.now else "ended",
        ours=ours,
    )


# Which claims are this machine's: by the commits it made, so that nothing that names the machine
# has to be in them.


def _ours_file(runtime: Runtime) -> str:
    return str(Path(runtime.home) / "shared-claims.json")


def _is_ours(sha: str, runtime: Runtime) -> bool:
    return sha in file_io.read_json(_ours_file(runtime))


def _note_ours(sha: str, brief_id: str, runtime: Runtime) -> None:
    with locks.Lock(os.path.join(runtime.home, "locks", "shared-claims")):
        known = list(file_io.load_json(_ours_file(runtime)).items())[-_OURS_KEPT:]
        file_io.write_json(_ours_file(runtime), {**dict(known), sha: brief_id})


def _utc(at: float) -> str:
    try:
        return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(at))
    except (OverflowError, ValueError, OSError):
        return "an unknown time"
