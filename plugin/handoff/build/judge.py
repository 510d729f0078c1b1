"""After a session: what it left is put away, what it changed of the frozen files is put back, and
its feature is verified by code.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.base.wording import count_of
from handoff.build import processes, record, select
from handoff.loops import verdicts
from handoff.loops.relay_order import describe_session
from handoff.specs import frozen, model, spec_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.build import workspace
    from handoff.build.run import Run
    from handoff.loops.session import Session
    from handoff.specs.model import FeatureState

_INTERRUPTED = (verdicts.STOPPED, verdicts.LOST, verdicts.CAP)


def tidy(run: Run) -> None:
    """Before the first round of a start: what is uncommitted is kept at a ref, and frozen files are
    as they were accepted. A killed build, or the user, may have left it otherwise.
    """
    cleaned = run.workspace.clean_up(f"start-{int(time.time())}", run.head())
    for note in (*cleaned.notes, *_describe_leftovers(cleaned, "The build's worktree had")):
        run.tell(note)
    for one in _restore(run, {}):
        run.tell(_describe_tampering(one, "since you accepted the spec"))


def judge(run: Run, session: Session) -> None:
    """Clean up after a session and verify its feature; done again where it was cut off."""
    ended = processes.end_processes(session.session)
    cleaned = run.workspace.clean_up(session.session, session.head)
    tampered = _restore(run, record.render_files(run.journal, run.spec))
    notes = (
        *(f"It left a process running, which was ended: {name}" for name in ended),
        *cleaned.notes,
        *_describe_leftovers(cleaned, "It left"),
        *(_describe_tampering(one, "by the session") for one in tampered),
    )
    for note in notes:
        run.tell(f"    {note}")
    run.save(notes=tuple(dict.fromkeys((*run.journal.notes, *notes))))
    if run.stopping.asked:
        return  # the next start verifies it
    state = run.journal.features.get(session.feature)
    if state is None or state.state == model.DROPPED:
        run.save(pending="", current="", brief="")  # it was dropped meanwhile
    elif session.verdict == verdicts.UNREACHED:
        _close(run, session, state)
    else:
        _verify(run, session, state)


def _verify(run: Run, session: Session, before: FeatureState) -> None:
    """Run the verify command of a session's feature, and enter what that says."""
    feature = run.spec.feature(session.feature)
    files = run.changed_files(session.head)
    has_work = bool(files) or bool(before.files)
    with run.stopping.at_once():
        found = run.checks.verify(feature, run.head(), has_work=has_work, files=files)
    if before.state == model.VERIFIED and not found.passed:
        after = select.reopen(before, found)  # its session repaired something else
    else:
        after = select.judge_attempt(
            before,
            found,
            continues=bool(session.left),
            counts=not run.journal.broken,
            interrupted=session.verdict in _INTERRUPTED,
        )
    proof = after.state if after.state != model.OPEN else "not verified"
    proof += f" ({found.text or after.reason})"
    _close(run, replace(session, proof=proof), after)


def _close(run: Run, session: Session, state: FeatureState) -> None:
    """Enter what came of a session, and which brief its feature is continued with."""
    before = run.journal.features[session.feature]
    features = {**run.journal.features, session.feature: state}
    continues = bool(session.left) and state.state == model.OPEN
    continues = continues and state.attempts == before.attempts
    stays = session.verdict in (verdicts.UNREACHED, verdicts.CAP) and not continues
    stays = stays and state.state == model.OPEN
    sessions = tuple(session if s.session == session.session else s for s in run.journal.sessions)
    run.save(
        sessions=sessions,
        features=features,
        pending="",
        current=session.feature if continues or stays else "",
        brief=session.left if continues else session.brief if stays else "",
    )
    run.tell(f"    {describe_session(session)}")
    if session.proof:
        run.tell(f"    {session.feature}: {session.proof}")
    if state.state == model.BLOCKED:
        run.tell(f"    {session.feature} is blocked after {state.attempts} attempts.")


def _restore(run: Run, written: Mapping[str, bytes]) -> list[model.Tampering]:
    """Put back what was changed of the frozen files, of the spec, and of what code has `written`
    there (path -> bytes), and commit that.
    """
    own = {
        spec_folder.relative_path(run.spec.id, "spec.md"): run.spec.raw_spec,
        spec_folder.relative_path(run.spec.id, "features.json"): run.spec.raw_features,
        **written,
    }
    tampered = frozen.restore(run.checkout, run.acceptance, own)
    if tampered:
        run.workspace.commit_all(
            f"handoff: put back {count_of(len(tampered), 'accepted file')}\n\n"
            + "\n".join(f"{one.path}: {one.how}" for one in tampered[:50])
        )
    return tampered


def _describe_leftovers(cleaned: workspace.CleanUp, whose: str) -> list[str]:
    if not cleaned.leftovers:
        return []
    count = count_of(len(cleaned.leftovers), "file")
    names = ", ".join(cleaned.leftovers[:5]) + (", …" if len(cleaned.leftovers) > 5 else "")
    return [f"{whose} {count} uncommitted ({names}), kept at {cleaned.ref}."]


def _describe_tampering(one: model.Tampering, when: str) -> str:
    what = "it was removed" if one.how == frozen.ADDED else "the accepted version is back"
    return f"{one.path} was {one.how} {when}; {what}."
