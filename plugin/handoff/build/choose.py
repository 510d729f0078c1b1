"""Which feature is worked on next; before that, whether what worked still works."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.base.wording import count_of
from handoff.build import select
from handoff.git import wip
from handoff.specs import model

if TYPE_CHECKING:
    from handoff.build import checks
    from handoff.build.run import Run
    from handoff.specs.model import Feature, FeatureState


def choose_feature(run: Run) -> Feature | None:
    """The next feature that needs a session; what works already is verified without one."""
    _check_what_worked(run, everything=False)
    while (feature := _next_feature(run)) is not None:
        state = run.journal.features[feature.id]
        is_new = feature.id != run.journal.current or not run.journal.brief
        if not is_new or not run.acceptance.proves(feature) or not _has_moved(run, state):
            return feature
        with run.stopping.at_once():
            found = run.checks.verify(feature, run.head(), has_work=True, files=())
        if not found.passed:
            run.set_state(feature.id, replace(state, commit=found.commit, checked=found.at))
            return feature
        state = select.judge_attempt(state, found, continues=False, counts=False)
        run.set_state(feature.id, state)
    return _last_feature(run) if run.journal.broken else None


def _last_feature(run: Run) -> Feature | None:
    """Whose session repairs what broke when no feature is open."""
    sessions = run.journal.sessions
    return run.spec.feature(sessions[-1].feature) if sessions else None


def _next_feature(run: Run) -> Feature | None:
    """The feature in work, as long as it is open, else the first that can be begun."""
    ready = select.ready_features(run.spec, run.journal.features)
    current = [feature for feature in ready if feature.id == run.journal.current]
    return next(iter([*current, *ready]), None)


def _has_moved(run: Run, state: FeatureState) -> bool:
    """Whether the work on the branch changed since a feature was verified last."""
    return bool(run.changed_files(state.commit or run.acceptance.commit))


def _check_what_worked(run: Run, *, everything: bool) -> None:
    """Before new work: the app, the smoke command, and the features that changes may have
    broken. What is broken twice repaired in vain is undone: back to the last green commit.
    """
    if run.journal.brief:
        return  # a session is to continue, or was not started yet: nothing changed since
    head = run.head()
    if run.looked_at == head and run.journal.broken:
        return
    states = run.journal.features
    commits = {one.commit for one in states.values() if one.state == model.VERIFIED}
    changed = {commit: run.changed_files(commit) for commit in commits if commit}
    features = select.check_again(run.spec, states, changed, everything=everything)
    is_green = run.journal.green and not run.changed_files(run.journal.green)
    if is_green and not features and not run.journal.broken:
        return
    with run.stopping.at_once():
        checked = run.checks.check(features, run.journal, head)
    _enter(run, checked)
    run.looked_at = head
    if not run.journal.broken:
        run.save(green=head, repairs=0)
    elif run.journal.repairs >= select.MAX_REPAIRS:
        _go_back(run)


def all_still_work(run: Run) -> bool:
    """Whether every verified feature still works at the last commit."""
    _check_what_worked(run, everything=True)
    states = run.journal.features.values()
    is_broken = bool(run.journal.broken)
    return not is_broken and all(one.state != model.OPEN for one in states)


def _enter(run: Run, checked: checks.Checked) -> None:
    features = dict(run.journal.features)
    for name, found in checked.found:
        state = features[name]
        features[name] = (
            select.judge_attempt(state, found, continues=False, counts=False)
            if found.passed
            else select.reopen(state, found)
        )
    run.save(
        features=features,
        broken=checked.broken,
        app_ready=run.journal.app_ready or checked.app_ready,
        smoke_passed=run.journal.smoke_passed or checked.smoke_passed,
    )
    if checked.broken:
        run.tell(f"    broken: {checked.broken.partition(chr(10))[0].rstrip(':')}")


def _go_back(run: Run) -> None:
    """Back to the last green commit; what was done since is kept, and its features are open."""
    journal = run.journal
    green = journal.green or journal.base
    ref = run.workspace.return_to(green, journal.sessions[-1].session)

    def is_in_green(commit: str) -> bool:
        return bool(commit) and bool(wip.contains(run.checkout, green, commit))

    features = {
        name: select.undo_since(
            state,
            green,
            is_in_green=is_in_green(state.worked_at),
            commit_in_green=is_in_green(state.commit),
        )
        for name, state in journal.features.items()
    }
    note = (
        f"{count_of(journal.repairs, 'session')} did not repair what broke, so the branch is "
        f"back at {green[:10]}, where everything worked. What was done since is kept at {ref}."
    )
    run.tell(f"    {note}")
    run.save(features=features, broken="", repairs=0, current="", notes=(note,))
