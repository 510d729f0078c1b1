"""The screens of `handoff build` as lines: how it ended, and its ledger."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.base.wording import count_of, format_clock, format_dollars
from handoff.build import journal as journals
from handoff.cli.views import relay, tables
from handoff.cli.views.tables import Column
from handoff.loops import verdicts
from handoff.specs import model

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.build.journal import Journal
    from handoff.loops.session import Session
    from handoff.specs.model import Feature, FeatureState, Spec

_FEW = 12  # features that are listed by their ids alone
_MOST = 20  # features that are listed with a reason
_REASON_CHARS = 240


def end_lines(journal: Journal, spec: Spec, width: int | None, resets: str = "") -> list[str]:
    """How a build ended: what is verified, claimed, blocked, waiting; what to do next."""
    state_of = {one.id: journal.features.get(one.id, model.FeatureState()) for one in spec.features}
    of_state = {
        state: [one for one in spec.features if state_of[one.id].state == state]
        for state in model.STATES
    }
    waiting = _waiting(spec, state_of)
    is_left = [one for one in of_state[model.OPEN] if one.id not in waiting]
    shown = [*_standing(journal, width)]
    if of_state[model.VERIFIED]:
        ids = [one.id for one in of_state[model.VERIFIED]]
        few = ", ".join(ids) if len(ids) <= _FEW else count_of(len(ids), "feature")
        shown += ["", *tables.hanging("Verified: ", few, width)]
    claimed = {one.id: _why_claimed(one, state_of[one.id]) for one in of_state[model.CLAIMED]}
    blocked = {one.id: _why_blocked(state_of[one.id]) for one in of_state[model.BLOCKED]}
    needed = {name: f"needs {', '.join(by)}" for name, by in waiting.items()}
    open_ = {one.id: state_of[one.id].reason for one in is_left if state_of[one.id].attempts}
    for head, reasons in (
        ("Claimed: there is work, but no test that you accepted verifies it.", claimed),
        ("Blocked:", blocked),
        ("Waiting for a blocked feature:", needed),
        ("Open, tried before:", open_),
    ):
        shown += _listed(head, reasons, spec, width)
    return [*shown, *_next_steps(journal, resets, width)]


def ledger_lines(journal: Journal, width: int | None) -> list[str]:
    """A build's ledger: a row for each session, the totals, and where it stands."""
    name = journal.spec if width is None else tables.short_ids([journal.spec])[journal.spec]
    cells = [Column("", (name,)), Column("", (journal.title,), least=18)]
    shown = [tables.line(cells, width)]
    if journal.sessions:
        room = None if width is None else max(1, width - 2)
        table = tables.render(ledger_columns(journal.sessions, room), room)
        shown += [f"  {line}" for line in table]
    return [*shown, "", *_standing(journal, width), *_spent(journal, width)]


def ledger_columns(sessions: Sequence[Session], width: int | None) -> list[Column]:
    """The columns of a build's sessions, with a row of totals; IDs are whole without a width."""
    names, left = [one.session for one in sessions], [one.left for one in sessions]
    if width is not None:
        ids = tables.short_ids(filter(None, left))
        names, left = [name[:8] for name in names], [ids.get(name, "") for name in left]
    numbers = [str(number) for number in range(1, len(sessions) + 1)]
    settled = [one for one in sessions if one.verdict]
    seconds = sum(one.seconds or 0.0 for one in settled)
    turns = sum(one.turns or 0 for one in settled)
    cost = format_dollars(verdicts.sum_cost(settled))
    return [
        Column("#", (*numbers, ""), right=True),
        Column("SESSION", (*names, ""), drop=7),
        Column("FEATURE", (*(one.feature for one in sessions), "total"), least=7, want=16),
        Column("TRY", (*(str(one.attempt or "") for one in sessions), ""), drop=4, right=True),
        Column("OUTCOME", (*(one.verdict or "running" for one in sessions), ""), drop=3),
        Column("VERIFY", (*(one.proof.partition(" (")[0] for one in sessions), ""), drop=2),
        Column("TIME", (*map(relay.took, sessions), format_clock(seconds)), right=True),
        Column("COST", (*map(relay.cost, sessions), cost), right=True),
        Column("TURNS", (*(str(one.turns or "") for one in sessions), str(turns or "")),
               drop=5, right=True),
        Column("LEFT", (*left, ""), drop=6),
        Column("NOTE", (*map(_note, sessions), ""), drop=1, least=12, want=16),
    ]  # fmt: skip


def _standing(journal: Journal, width: int | None) -> list[str]:
    counts = journal.counts()
    total = sum(counts.values()) - counts[model.DROPPED]
    rest = [f"{counts[state]} {state}" for state in model.STATES[1:] if counts[state]]
    parts = ", ".join([f"{counts[model.VERIFIED]} of {total} features verified", *rest])
    settled = journal.settled
    seconds = sum(one.seconds or 0.0 for one in settled)
    spent = f"{count_of(len(settled), 'session')}, {format_clock(seconds)}"
    spent += f", {format_dollars(verdicts.sum_cost(settled))}"
    return [
        *tables.hanging("", f"{parts}: {journal.describe()}.", width),
        *tables.hanging("", f"{spent}.", width),
        f"Branch:   {plain_text.printable(journal.branch)}",
        f"Worktree: {plain_text.printable(journal.directory)}",
    ]


def _spent(journal: Journal, width: int | None) -> list[str]:
    """Where the money of a long build went."""
    settled = journal.settled
    verified = journal.counts()[model.VERIFIED]
    if not settled or not verified:
        return []
    each = format_dollars(verdicts.sum_cost(settled) / verified)
    tries = Counter(one.feature for one in settled)
    most = [f"{name} ({count})" for name, count in tries.most_common(3) if count > 1]
    more = f" Most sessions: {', '.join(most)}." if most else ""
    return tables.hanging("", f"{each} a verified feature.{more}", width)


def _waiting(spec: Spec, state_of: Mapping[str, FeatureState]) -> dict[str, list[str]]:
    """The open features that cannot be begun, with the blocked features that they wait for."""
    features = {one.id: one for one in spec.features}

    def blocked_by(name: str, seen: frozenset[str]) -> list[str]:
        found = []
        for other in features[name].after if name in features and name not in seen else ():
            state = state_of[other].state if other in state_of else model.DROPPED
            if state == model.BLOCKED:
                found.append(other)
            elif state == model.OPEN:
                found += blocked_by(other, seen | {name})
        return list(dict.fromkeys(found))

    waits = {name: blocked_by(name, frozenset()) for name in features
             if state_of[name].state == model.OPEN}  # fmt: skip
    return {name: by for name, by in waits.items() if by}


def _why_claimed(feature: Feature, state: FeatureState) -> str:
    if state.reason:
        return state.reason
    if feature.verify is None:
        return "it has no verify command"
    return f"{feature.verify.path} was not accepted as its test"


def _why_blocked(state: FeatureState) -> str:
    why = state.reason or "its verify command fails"
    return f"{why} ({count_of(state.attempts, 'attempt')})"


def _listed(head: str, reasons: Mapping[str, str], spec: Spec, width: int | None) -> list[str]:
    """Features with why they are where they are, below a head; nothing without any."""
    if not reasons:
        return []
    lines = ["", *tables.hanging("", head, width)]
    for name in list(reasons)[:_MOST]:
        about = plain_text.one_line(spec.feature(name).description, 100)
        why = plain_text.one_line(reasons[name], _REASON_CHARS)
        lines += tables.hanging(f"  {name}  ", f"{about}: {why}" if why else about, width)
    if len(reasons) > _MOST:
        lines.append(f"  and {len(reasons) - _MOST} more")
    return lines


def _next_steps(journal: Journal, resets: str, width: int | None) -> list[str]:
    """What to do next, as commands that can be copied."""
    spec, branch = journal.spec, journal.branch
    steps: list[tuple[str, list[str]]] = []
    counts = journal.counts()
    if counts[model.CLAIMED]:
        steps.append(("To have what is claimed verified, read its tests, then accept them:",
                      [f"handoff spec accept {spec}", f"handoff build {spec}"]))  # fmt: skip
    if counts[model.BLOCKED]:
        steps.append(("To change a blocked feature, and build it again:",
                      [f"handoff spec edit {spec}", f"handoff spec accept {spec}",
                       f"handoff build {spec}"]))  # fmt: skip
    again = _again(journal, resets)
    if again:
        steps.append(again)
    if counts[model.VERIFIED] or counts[model.CLAIMED]:
        look = f"git diff {journal.base[:10]}...{branch}" if journal.base else f"git log {branch}"
        steps.append(("To look at the changes and merge them, in your own worktree:",
                      [look, f"git merge {branch}"]))  # fmt: skip
    lines = []
    for head, commands in steps:
        lines += ["", *tables.hanging("", head, width), *(f"  {one}" for one in commands)]
    return lines


def _again(journal: Journal, resets: str) -> tuple[str, list[str]] | None:
    """How a build that ended early is continued; None for one that is over."""
    command = f"handoff build {journal.spec}"
    if journal.end in (journals.VERIFIED, journals.CLAIMED, journals.BLOCKED):
        return None
    if journal.end == verdicts.BUDGET:
        more = f" --budget-usd {2 * (journal.budget_usd or 0):g}"
        return "To continue with a larger budget for all sessions:", [command + more]
    if journal.end == verdicts.SESSIONS:
        more = f" --max-sessions {2 * journal.most}"
        return "To continue with more sessions:", [command + more]
    if journal.end == verdicts.CAP:
        when = f" ({plain_text.one_line(resets, 80)})" if resets else ""
        return f"To continue once the usage cap resets{when}:", [command]
    if journal.end == verdicts.UNREACHED:
        return "To find out why, and continue:", ["handoff doctor", command]
    return "To continue:", [command]


def _note(session: Session) -> str:
    """What went wrong in a session, else why its feature is not verified."""
    word, _, why = session.proof.partition(" (")
    return session.problem or ("" if word == model.VERIFIED else why.removesuffix(")"))
