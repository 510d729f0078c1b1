"""A session for a feature: its brief, its plan, its start."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.build import feature_brief, processes, record
from handoff.git import fingerprint
from handoff.launch import plan, routes, runners, start
from handoff.loops import supervise, verdicts
from handoff.specs import progress_file, spec_folder
from handoff.store import brief_files, trusted_prompts

if TYPE_CHECKING:
    from handoff.brief.document import Brief
    from handoff.build.run import Run
    from handoff.launch.plan import Plan
    from handoff.runtime import Runtime
    from handoff.specs.model import Feature


def begin(run: Run, feature: Feature) -> None:
    """Start the next session; it is in the journal before."""
    runtime = run.runtime()
    brief_id = _prepare_brief(run, feature, runtime)
    planned = _plan(run, brief_id, runtime)
    prepared = start.prepare(planned, runtime, fingerprint.read)
    session = supervise.new_session(planned, brief_id, runtime, before=prepared.before.mark)
    attempt = run.journal.features[feature.id].attempts + 1
    session = replace(
        session, feature=feature.id, attempt=attempt, head=run.head(),
        branch=run.journal.branch,
    )  # fmt: skip
    repairs = run.journal.repairs + bool(run.journal.broken)
    run.save(sessions=(*run.journal.sessions, session), notes=(), repairs=repairs)
    run.watch = supervise.watch_session(run.home, session)
    cap = f", at most ${session.cap_usd:.2f}" if session.cap_usd is not None else ""
    count = len(run.journal.sessions)
    run.tell(f"[{count}/{run.journal.most}] {feature.id}, attempt {attempt}{cap}")
    for note in planned.notes if count == run.journal.since + 1 else ():
        run.tell(f"handoff: {note}")
    env = {**prepared.env, processes.MARK: session.session}
    try:
        supervise.start_session(planned, replace(prepared, env=env), session, run.watch)
    except HandoffError as error:
        failed = supervise.mark_failed(session, error, runtime, seconds=0.0, cost_usd=0.0)
        run.enter_settled(failed)
        raise


def _prepare_brief(run: Run, feature: Feature, runtime: Runtime) -> str:
    """The id of the brief of the next session, which is in place and committed."""
    journal = run.journal
    is_open = f"{journal.brief}.md" in brief_files.list_names(run.place.root)
    is_same = feature.id == journal.current
    if journal.brief and is_same and is_open:
        run.commit(None)
        return journal.brief
    brief_id = journal.brief if is_same and journal.brief else ""
    brief_id = brief_id or feature_brief.new_id(feature, runtime)
    run.save(current=feature.id, brief=brief_id)
    run.commit(_compose(run, brief_id, feature, runtime))
    return brief_id


def _compose(run: Run, brief_id: str, feature: Feature, runtime: Runtime) -> Brief:
    journal, config = run.journal, runtime.config(run.place.root)
    progress = record.render_files(journal, run.spec)
    text = progress[spec_folder.relative_path(run.spec.id, record.PROGRESS)].decode()
    bearings = feature_brief.Bearings(
        command=run.checks.command_of(feature),
        counts=journal.counts(),
        broken=journal.broken,
        progress=progress_file.last_entries(text),
        notes=journal.notes,
        head=run.head(),
        branch=journal.branch,
    )
    prompts = trusted_prompts.load(runtime, run.place.root)
    state = journal.features[feature.id]
    return feature_brief.compose(
        brief_id, run.spec, feature, state, bearings, runtime, config, prompts
    )


def _plan(run: Run, brief_id: str, runtime: Runtime) -> Plan:
    """The next session's plan. What is left of the build's budget caps the session's own."""
    asked = dict(run.journal.asked)
    prompt = trusted_prompts.load(runtime, run.place.root).render("build_prompt")
    orders = plan.LaunchOptions(runners.PRINT, asked, prompt=prompt)
    planned = plan.plan_start(brief_id, runtime, run.place, orders)
    if not routes.is_client(planned.choice):
        raise HandoffError(
            f"{planned.choice.text('runner')} cannot build: only the client's sessions are "
            "given a feature.",
            "Use --runner claude.",
        )
    left = verdicts.remaining_budget(run.journal.sessions, run.journal.budget_usd)
    own = planned.choice.values.get("budget_usd")
    if left is None or (own is not None and own <= left):
        return planned
    orders = replace(orders, asked={**asked, "budget_usd": round(left, 4)})
    return plan.plan_start(brief_id, runtime, run.place, orders)
