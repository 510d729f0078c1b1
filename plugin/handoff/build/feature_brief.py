"""The brief of one feature: what a build's session is given. Its size does not grow with the list.

It holds that feature, the counts, what broke, and the last notes.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import truncate
from handoff.brief import document
from handoff.brief.sections import CONSTRAINTS, DECISIONS, NEXT_STEP, STATE, TASK
from handoff.build.select import MAX_ATTEMPTS
from handoff.redact import redact
from handoff.specs import model, spec_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.config.model import Config
    from handoff.prompts.texts import Prompts
    from handoff.runtime import Runtime
    from handoff.specs.model import Feature, FeatureState, Spec

BUILDER = "builder"  # a value of `for`, which routes can match (`config.launch.ROLES`)
_MAX_TAIL_CHARS = 3_000
_MAX_NOTES_CHARS = 2_000
_MAX_NOTE_CHARS = 400


@dataclass(frozen=True)
class Bearings:
    """What a session has to know besides its feature. `command` verifies it, "" where nothing does;
    `head` and `branch` are the commit and the branch that it starts at; `counts` are the features
    by state; `broken` the lines of what has to be fixed first; `progress` the end of progress.md;
    `notes` what code did to the files of the session before.
    """

    command: str
    counts: Mapping[str, int]
    broken: str = ""
    progress: str = ""
    notes: tuple[str, ...] = ()
    head: str = ""
    branch: str = ""


def label_of(spec: Spec) -> str:
    """The label of the briefs of a spec's build."""
    return f"build-{spec.id[-4:]}"


def new_id(feature: Feature, runtime: Runtime) -> str:
    """The id of a feature's next brief."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(runtime.now))
    title = redact.without_marks(redact.redact(_title(feature)))
    return document.new_id(title, stamp, os.urandom(2))


def compose(
    brief_id: str,
    spec: Spec,
    feature: Feature,
    state: FeatureState,
    bearings: Bearings,
    runtime: Runtime,
    config: Config,
    prompts: Prompts,
) -> document.Brief:
    """The brief of a feature, without secrets."""
    clean = redact.cleaner(config)
    sections = {
        TASK: _task(spec, feature),
        CONSTRAINTS: _rules(spec, feature, bearings, prompts),
        NEXT_STEP: _next_step(feature, state, bearings),
        STATE: _state(spec, bearings),
        DECISIONS: _notes(bearings),
    }
    return document.Brief(
        id=brief_id,
        title=clean(_title(feature)),
        created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(runtime.now)),
        kind="task",
        author="snapshot",
        trigger="build",
        git={"head": bearings.head, "branch": bearings.branch},
        target={"model": BUILDER},
        verify=(clean(bearings.command),) if bearings.command else (),
        labels=(label_of(spec),),
        sections={name: clean(text) for name, text in sections.items() if text},
    )


def _title(feature: Feature) -> str:
    return f"{feature.id}: {truncate.keep_head(_line(feature.description), 120)}"


def _task(spec: Spec, feature: Feature) -> str:
    path = spec_folder.relative_path(spec.id, "spec.md")
    steps = "\n".join(f"{number}. {_line(step)}" for number, step in enumerate(feature.steps, 1))
    category = f" ({_line(feature.category)})" if feature.category.strip() else ""
    head = f"Build one feature of the spec “{_line(spec.title)}” ({path}): `{feature.id}`"
    return f"{head}{category}.\n\n{_line(feature.description)}\n\nSteps that must work:\n{steps}"


def _rules(spec: Spec, feature: Feature, bearings: Bearings, prompts: Prompts) -> str:
    folder = spec_folder.relative_path(spec.id)
    how = f"`{bearings.command}`" if bearings.command else "no command"
    app = f"\n- Start the app with `{spec.start}`; end it before you stop." if spec.start else ""
    smoke = f"\n- Smoke test: `{spec.smoke}`." if spec.smoke else ""
    rules = prompts.render("build_rules", feature=feature.id, command=how, folder=folder)
    return f"{rules}{app}{smoke}"


def _next_step(feature: Feature, state: FeatureState, bearings: Bearings) -> str:
    parts = []
    if bearings.broken:
        parts.append(
            "**Fix this first.** It worked before and fails now, at the commit that you start at:"
            f"\n\n{_quoted(bearings.broken)}"
        )
    if state.attempts:
        parts.append(
            f"Attempt {state.attempts + 1} of {MAX_ATTEMPTS} at `{feature.id}`. The last one: "
            f"{state.reason}."
        )
    if state.tail and not bearings.broken:
        parts.append(f"The last lines that its verify command printed:\n\n{_quoted(state.tail)}")
    parts.append(f"Read what is there, then build `{feature.id}`, check it end to end, commit it.")
    return "\n\n".join(parts)


def _state(spec: Spec, bearings: Bearings) -> str:
    counts = ", ".join(
        f"{bearings.counts[state]} {state}"
        for state in model.STATES
        if bearings.counts.get(state) or state == model.VERIFIED
    )
    count = sum(bearings.counts.values())
    text = f"Of {count} features: {counts}. Code counts, in "
    text += f"`{spec_folder.relative_path(spec.id, 'state.json')}`; `git log` has the commits."
    return text


def _notes(bearings: Bearings) -> str:
    lines = [f"- {truncate.keep_head(note, _MAX_NOTE_CHARS)}" for note in bearings.notes[:20]]
    parts = []
    if lines:
        parts.append("What code found after the last session:\n" + "\n".join(lines))
    if bearings.progress:
        progress = truncate.keep_tail(bearings.progress, _MAX_NOTES_CHARS)
        parts.append(f"The last sessions (progress.md):\n\n{_quoted(progress)}")
    return "\n\n".join(parts)


def _line(text: str) -> str:
    """A text of the spec on one line, so that none of it is a heading."""
    return " ".join(text.split())


def _quoted(text: str) -> str:
    """Others' lines as a quotation: nothing in them is a heading or an instruction of ours."""
    return "\n".join(f"> {line}" for line in truncate.keep_tail(text, _MAX_TAIL_CHARS).splitlines())
