"""Pick-up: a fresh session is given its brief, once, and says so."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from handoff.base import log, plain_text
from handoff.base.errors import HandoffError
from handoff.base.wording import format_age
from handoff.brief import inject
from handoff.client import hook_io, mod_state
from handoff.mod import orders
from handoff.pickup import announce, candidates, changes_since
from handoff.redact import redact
from handoff.session import command_names, state
from handoff.store import (
    brief_files,
    claim_rules,
    commit_location,
    lookup,
    places,
    trust,
    trusted_prompts,
)

if TYPE_CHECKING:
    from handoff.brief import document
    from handoff.git.head import Head
    from handoff.pickup.candidates import Candidate
    from handoff.runtime import Runtime
    from handoff.store import ledger
    from handoff.store.places import Place

__all__ = ["NotForModelsError", "offer_brief", "pick_up_by_hand", "surroundings"]


class NotForModelsError(HandoffError):
    """An error whose words hold names that others gave to files: a person may read it."""


def offer_brief(event: str, payload: hook_io.Payload, runtime: Runtime) -> dict[str, Any] | None:
    """What a fresh session is told: its brief if there is exactly one, else what there is.

    After /clear the brief that the session before it in the same client wrote is the one; after
    auto mode's the one that it is for, also where nobody sits. A `-p` run is given the brief that
    `HANDOFF_PICKUP` names, and nothing else.
    """
    place = places.session_place(runtime, payload.session_id, payload.cwd)
    config = runtime.config(place.root)
    head = candidates.try_read_head(place)
    waiting = candidates.find_candidates(place, runtime, config.brief("stale_days"), head)
    after_clear = payload.text("source") == "clear"
    wanted = "" if after_clear else runtime.env.get("HANDOFF_PICKUP", "")
    continued = orders.brief_to_go_on(payload, runtime) if after_clear else ""
    if wanted:
        ready = [
            w for w in waiting if w.origin.may_be_given and not w.claimant and w.brief.id == wanted
        ]
        if not ready:
            log.note(
                runtime.home, f"hook {event}", f"HANDOFF_PICKUP={wanted}: no such brief is free."
            )
    elif continued:
        ready = [w for w in waiting if not w.why_not and w.brief.id == continued]
    elif hook_io.is_attended(runtime.env):
        ready = [w for w in waiting if not w.why_not]
    else:
        return None
    if after_clear and len(ready) > 1:
        ready = [w for w in ready if _wrote_here(w, runtime)][-1:] or ready
    if len(ready) == 1:
        answer = _deliver(event, ready[0], place, runtime, head)
        brief_id = ready[0].brief.id
        owner = claim_rules.pick_up(ready[0].brief, payload.session_id, runtime)
        if owner == payload.session_id:
            return answer
        if not hook_io.is_attended(runtime.env):
            return None
        return hook_io.tell_user(
            f"handoff: another session picked up brief {brief_id} first: {owner}."
        )
    pickup = command_names.name_command("pickup", mod_state.load(runtime.home, payload.session_id))
    line = announce.announce(waiting, runtime, redact.cleaner(config), pickup)
    return hook_io.tell_user(line) if line and hook_io.is_attended(runtime.env) else None


def _wrote_here(taken: Candidate, runtime: Runtime) -> bool:
    return state.load(runtime.home, taken.writer).client_pid == runtime.client_pid


def pick_up_by_hand(
    wanted: str, session_id: str, runtime: Runtime, place: Place, *, typed: bool = False
) -> tuple[brief_files.StoredBrief, str]:
    """Claim the brief a person named (or the only one) for `session_id` in its place; its text to
    go on with.

    An untrusted brief comes fenced as data, and only when a person has allowed it: `typed` says
    that one names it now, in a session, which is such a word on exactly its bytes. Raises
    HandoffError when there is none, several, another session has it, or no person allowed it;
    NotForModelsError where the reason is a file that others made.
    """
    judge = trust.TrustCheck(place, runtime)
    stored = (
        judge.as_written(_find(wanted, place, runtime)) if wanted else _only_one(place, runtime)
    )
    if stored.brief is None:
        raise NotForModelsError(stored.problem, "`handoff list` shows what can be picked up.")
    brief = stored.brief
    origin = judge.classify(stored)
    if not origin.may_be_given:
        if not typed:
            raise trust.explain_refusal(stored, origin)
        trust.record_consent(stored, place, runtime)
    ended = judge.ended(stored) if stored.folder == brief_files.OPEN else None
    text, _ = _text(stored, origin, place, runtime, ended)
    owner = claim_rules.pick_up(brief, session_id, runtime)
    if owner != claim_rules.owner_name(session_id):
        raise HandoffError(
            f"{brief.id} is claimed {claim_rules.describe_owner(owner)}.",
            f"Finish it there, or release it first: handoff pickup --release {brief.id}",
        )
    return stored, text


def _find(wanted: str, place: Place, runtime: Runtime) -> brief_files.StoredBrief:
    try:
        return lookup.find_or_restore(place, wanted, runtime)
    except HandoffError as error:
        raise NotForModelsError(error.what, error.hint) from None


def _only_one(place: Place, runtime: Runtime) -> brief_files.StoredBrief:
    stale_days = runtime.config(place.root).brief("stale_days")
    head = candidates.try_read_head(place)
    waiting = candidates.find_candidates(place, runtime, stale_days, head)
    free = [w for w in waiting if w.origin.may_be_given and not w.claimant]
    free = [w for w in free if not w.used and not w.ended] or free
    free = [w for w in free if candidates.is_for_directory(w.brief, place, runtime)] or free
    if len(free) != 1:
        if not free:
            raise HandoffError(
                "No brief is waiting here.", "`handoff list --all` shows all briefs."
            )
        names = "; ".join(w.brief.id for w in free)
        raise HandoffError(f"{len(free)} briefs are waiting here: {names}.", "Name one by its ID.")
    return free[0].stored


def _deliver(
    event: str, taken: Candidate, place: Place, runtime: Runtime, head: Head | None
) -> dict[str, Any]:
    text, how_old = _text(taken.stored, taken.origin, place, runtime, taken.ended)
    whose = "" if taken.origin.is_trusted else ", not written here but allowed by you"
    title = redact.cleaner(runtime.config(place.root))(taken.brief.title)
    commit_result = commit_location.read_view(place, head=head).committed(taken.stored, runtime)
    where = f"; {commit_result.describe()}" if commit_result.next_step else ""
    return hook_io.tell_model(
        event,
        text,
        user=(
            f"handoff: picked up “{title}”{whose}, written {how_old} ago{where}. "
            "Type “continue”, or what you want next."
        ),
    )


def _text(
    stored: brief_files.StoredBrief,
    origin: trust.Origin,
    place: Place,
    runtime: Runtime,
    ended: ledger.EndedBrief | None,
) -> tuple[str, str]:
    """What a session is given of a brief, and how old it is in words. `ended` is how an open one
    was put away before.
    """
    if stored.brief is None:
        raise HandoffError(stored.problem)
    about = surroundings(stored, stored.brief, place, runtime, origin, ended)
    config = runtime.config(place.root)
    prompts, clean = trusted_prompts.load(runtime, place.root), redact.cleaner(config)
    if origin.is_trusted:
        most = config.brief("inject_chars")
        return inject.render(stored.brief, about, most, clean=clean, prompts=prompts), about.age
    text = trust.as_data(stored, origin, place, clean, changes=about.changes, prompts=prompts)
    return clean(text), about.age


def surroundings(
    stored: brief_files.StoredBrief,
    brief: document.Brief,
    place: Place,
    runtime: Runtime,
    origin: trust.Origin,
    ended: ledger.EndedBrief | None,
) -> inject.Surroundings:
    """What is known of a brief besides its text. `ended` is how an open one was put away before."""
    written = candidates.written_at(brief)
    used = "" if claim_rules.held_by(brief, runtime) else claim_rules.used_by(brief, runtime)
    before = (f"session {plain_text.one_line(used, 40)} picked it up before: see what it did",)
    again = (f"it was {candidates.ended_words(ended)}",) if ended else ()
    return inject.Surroundings(
        path=stored.relative,
        file=os.path.join(place.root, stored.relative),
        text=stored.file_bytes.decode("utf-8", "replace"),
        age=format_age(runtime.now - written) if written else "an unknown time",
        origin=origin.label,
        changes=(*again, *(before if used else ()), *changes_since.read_changes(brief, place)),
    )
