"""What waits for a session and was not picked up: one line for each reason, once on a machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff.base import file_io, locks, plain_text
from handoff.base.wording import count_of
from handoff.pickup import candidates
from handoff.store import ledger

if TYPE_CHECKING:
    from handoff.pickup.candidates import Candidate
    from handoff.redact.redact import Redactor
    from handoff.runtime import Runtime

_ANNOUNCED = 3  # titles on the one line
_TOLD_KEPT = 500


def announce(waiting: list[Candidate], runtime: Runtime, clean: Redactor, pickup: str) -> str:
    """What waits but was not picked up, in one line for each reason; "" when nothing does.

    What does not change is told once on a machine, not at every start. Titles of others are shown
    without secrets. `pickup` is what the user types to pick one up.
    """
    ready = [w for w in waiting if not w.why_not]
    if len(ready) > 1:
        ids = ", ".join(w.brief.id for w in ready[-_ANNOUNCED:])
        return f"handoff: {len(ready)} briefs are waiting here: {ids}. To pick one up: {pickup} ID"
    others = [
        w
        for w in waiting
        if not w.origin.may_be_given or (w.brief.kind == "continue" and not w.claimant)
    ]
    new = _not_yet_told([w for w in others if w.why_not], runtime)
    changed = [w.id for w in new if w.origin.kind == "changed" and w.stored.brief]
    broken = [w.id for w in new if not w.stored.brief]
    elsewhere = [w for w in new if w.origin.kind == "elsewhere"]
    lines = []
    if changed:
        lines.append(
            f"handoff: {count_of(len(changed), 'brief')} changed since being written here, so not "
            f"picked up: {', '.join(changed[:_ANNOUNCED])}. To see the change: "
            "handoff trust --diff ID"
        )
    if broken:
        lines.append(
            f"handoff: {count_of(len(broken), 'brief')} written here can no longer be read: "
            f"{', '.join(broken[:_ANNOUNCED])}. To see the change: handoff trust --diff ID"
        )
    if elsewhere:
        first = [plain_text.one_line(clean(w.brief.title), 60) for w in elsewhere[:_ANNOUNCED]]
        titles = ", ".join(f"“{title}”" for title in first)
        lines.append(
            f"handoff: {count_of(len(elsewhere), 'brief')} not written here, so not picked up: "
            f"{titles}. To see one: {pickup} ID; to list them: handoff list"
        )
    past = [w for w in new if w.ended and w.why_not == f"it was {candidates.ended_words(w.ended)}"]
    lines += [
        f"handoff: brief {w.id} {w.why_not.removeprefix('it ')}, so it was not picked up. "
        f"To pick it up again: {pickup} {w.id}; to finish it: handoff done {w.id}"
        for w in past[-_ANNOUNCED:]
    ]
    if new and not lines:
        reason = plain_text.one_line(new[-1].why_not, 80)
        brief_id = new[-1].brief.id
        lines.append(
            f"handoff: brief {brief_id} was not picked up: {reason}. To pick it up: {pickup} "
            f"{brief_id}"
        )
    return "\n".join(lines)


def _not_yet_told(waits: list[Candidate], runtime: Runtime) -> list[Candidate]:
    """Those that no session of this machine was told of for this reason; all where nobody can say
    what was told.
    """
    path = str(Path(runtime.home) / "announced.json")
    keys = {_told_key(w): w for w in waits}
    new = list(keys)

    def change(told: dict[str, Any]) -> bool:
        new[:] = [key for key in keys if key not in told]
        for old in list(told)[:-_TOLD_KEPT]:
            del told[old]
        told.update(dict.fromkeys(new, runtime.now))
        return bool(new)

    with locks.Lock(str(Path(runtime.home) / "locks" / "announced")):
        file_io.update_json(path, change)
    return [keys[key] for key in new]


def _told_key(wait: Candidate) -> str:
    if wait.stored.brief is None:  # its bytes are not at hand
        return f"{wait.id} {ledger.digest_bytes(wait.why_not.encode())[:16]}"
    return f"{ledger.digest_bytes(wait.stored.raw)[:16]} {wait.why_not}"[:80]
