"""The initializer: headless sessions that write a spec, one after another until it is sound.

Each is given a brief for the role `planner`, in the spec's worktree. What it wrote is checked and
committed by code, and its brief is finished by code whatever it says. Other files that it changed
stay as they are, uncommitted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.authoring import gather, write_brief
from handoff.authoring.compose import compose_brief
from handoff.authoring.model import WriteOptions
from handoff.base.errors import HandoffError
from handoff.brief import document
from handoff.brief.sections import TASK
from handoff.git import status
from handoff.launch import plan, runners
from handoff.launch import start as launch_start
from handoff.specs import new_spec, publish
from handoff.store import across_worktrees, brief_files, claims, finish, places, trusted_prompts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handoff.launch.progress import Progress
    from handoff.launch.run_record import StartResult
    from handoff.runtime import Runtime
    from handoff.specs.model import Spec
    from handoff.specs.new_spec import Wish
    from handoff.specs.publish import CheckedSpec
    from handoff.store.places import Place

ROLE = "planner"
MAX_SESSIONS = 3
_MIN_USD = 0.01  # that a session can be given


@dataclass(frozen=True)
class Planned:
    """What the sessions left: the spec as it was checked, each session's result, and `others`, the
    paths of changed files that are in no commit.
    """

    checked: CheckedSpec
    sessions: tuple[StartResult, ...]
    others: tuple[str, ...]

    @property
    def cost_usd(self) -> float:
        """What the sessions cost, as far as that is known."""
        return sum(session.cost_usd or 0.0 for session in self.sessions)

    @property
    def is_stopped(self) -> bool:
        """Whether the last session was ended by a signal, such as Ctrl-C."""
        return bool(self.sessions) and self.sessions[-1].code in (129, 130, 143)


def write(
    spec: Spec,
    wish: Wish,
    place: Place,
    runtime: Runtime,
    asked: Mapping[str, Any],
    tell: Callable[[str], None],
    show: Callable[[Progress], object] | None = None,
) -> Planned:
    """Have sessions write the spec in `place`, its worktree, until it is sound; three at most.

    Another one follows only where the last ended by itself: not after Ctrl-C, an error or a limit.
    `asked` is what the command line says about the sessions; its budget is for all of them.
    """
    sessions: list[StartResult] = []
    checked = publish.CheckedSpec(spec.id, spec.root, spec)
    left = asked.get("budget_usd")
    while len(sessions) < MAX_SESSIONS:
        now = {**asked, "budget_usd": round(left, 4)} if left else asked
        done = _run(checked, wish, place, runtime, now, tell, show)
        sessions.append(done)
        place = places.after_programs(place)
        new_spec.restore_quote(spec, wish.text)
        checked = publish.check(spec.id, place, runtime)
        _finish(done.id, checked, place, runtime)
        left = left - (done.cost_usd or 0.0) if left else left
        is_over = done.code != 0 or done.stopped or (left is not None and left < _MIN_USD)
        if checked.committed or is_over:
            break
    return Planned(checked, tuple(sessions), _list_others(place))


def _run(
    checked: CheckedSpec,
    wish: Wish,
    place: Place,
    runtime: Runtime,
    asked: Mapping[str, Any],
    tell: Callable[[str], None],
    show: Callable[[Progress], object] | None,
) -> StartResult:
    """One session, to its end, with a brief of its own."""
    prompts = trusted_prompts.load(runtime, place.root)
    text = new_spec.describe_format(checked.id, place.root, runtime)
    if checked.problems:
        order = prompts.render("spec_fix", format=text)
    else:
        order = prompts.render("spec_order", format=text)
    brief_id = _write_brief(checked, wish, place, runtime)
    orders = plan.LaunchOptions(runners.PRINT, asked, prompt=order)
    try:
        planned = plan.plan_start(brief_id, runtime, place, orders)
        for note in planned.notes:
            tell(note)
        return launch_start.carry_out(planned, runtime, show)
    except HandoffError:
        _finish(brief_id, checked, place, runtime)  # nothing was started
        raise


def _write_brief(checked: CheckedSpec, wish: Wish, place: Place, runtime: Runtime) -> str:
    """Store and commit the brief of a session: the user's words, or what is wrong; its id."""
    task = [new_spec.quote(wish.text)] if wish.text.strip() else []
    task += [f"- {problem}" for problem in checked.problems]
    words = document.Words(f"Write the spec {checked.id}", {TASK: "\n".join(task) or wish.title})
    material = gather.collect_material(runtime, "", place)
    config = runtime.config(place.root)
    orders = WriteOptions(kind="task", model=ROLE)
    composed = compose_brief(words, "person", material, orders, runtime, config)
    return write_brief.save(composed, material, runtime, config).id


def _finish(brief_id: str, checked: CheckedSpec, place: Place, runtime: Runtime) -> None:
    """Finish the brief of a session that ended, if that is still open."""
    located = across_worktrees.find([place], brief_id, runtime)
    if located is None or located[1].folder != brief_files.OPEN:
        return
    done = checked.committed
    outcome = (
        f"The spec {checked.id} is sound: {done.describe()}."
        if done
        else "\n".join(
            [
                f"The spec {checked.id} is not written yet.",
                "",
                *(f"- {p}" for p in checked.problems),
            ]
        )
    )
    finish.finish(located[0], [located[1]], outcome, runtime, runtime.config(place.root))
    claims.forget(runtime.home, brief_id)


def _list_others(place: Place) -> tuple[str, ...]:
    """The changed files outside .handoff, as far as they are listed."""
    if place.checkout is None:
        return ()
    return tuple(file.path for file in status.read_state(place.checkout).dirty_files)
