"""The brief of a session that writes a spec: what the user asks, the rules, and what was wrong."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from handoff.base import truncate
from handoff.brief import document
from handoff.brief.sections import CONSTRAINTS, NEXT_STEP, STATE, TASK
from handoff.redact import redact
from handoff.specs import lint, new_spec, spec_folder

if TYPE_CHECKING:
    from collections.abc import Sequence

    from handoff.config.model import Config
    from handoff.prompts.texts import Prompts
    from handoff.runtime import Runtime
    from handoff.specs.new_spec import Wish

PLANNER = "planner"  # a value of `for`, which routes can match (`config.launch.ROLES`)
TRIGGER = "spec"
_MAX_PROBLEMS = 30
_MAX_PROBLEM_CHARS = 400


def label_of(spec_id: str) -> str:
    """The label of the briefs of a spec's planning."""
    return f"spec-{spec_id[-4:]}"


def new_id(title: str, runtime: Runtime) -> str:
    """The id of the next brief."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(runtime.now))
    named = redact.without_marks(redact.redact(f"plan {title}"))
    return document.new_id(named, stamp, os.urandom(2))


def compose(
    brief_id: str,
    spec_id: str,
    wish: Wish,
    problems: Sequence[str],
    runtime: Runtime,
    config: Config,
    prompts: Prompts,
) -> document.Brief:
    """The brief of a planner's session, without secrets. `problems` are what the session before it
    left, in sentences.
    """
    clean = redact.cleaner(config)
    folder = spec_folder.relative_path(spec_id)
    sections = {
        TASK: _task(spec_id, wish, folder),
        CONSTRAINTS: prompts.render("planner_rules", id=spec_id, folder=folder),
        NEXT_STEP: _next_step(problems),
        STATE: prompts.render("spec_format", id=spec_id, folder=folder, target=lint.TARGET),
    }
    return document.Brief(
        id=brief_id,
        title=clean(f"Plan: {wish.title}"),
        created=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(runtime.now)),
        kind="task",
        author="snapshot",
        trigger=TRIGGER,
        target={"model": PLANNER},
        labels=(label_of(spec_id),),
        sections={name: clean(text) for name, text in sections.items()},
    )


def _task(spec_id: str, wish: Wish, folder: str) -> str:
    parts = [f"Write the spec `{spec_id}` in `{folder}`, with a red test for each feature."]
    if wish.text.strip():
        parts.append(f"What the user asks for, in their words:\n\n{new_spec.quote(wish.text)}")
    if wish.features:
        parts.append(
            f"The {len(wish.features)} features in `{folder}/features.json` are given by the user. "
            "Add only `verify` and `after` to each, write its test, and write spec.md. Do not add, "
            "remove, reorder or reword a feature: code puts the list back."
        )
    return "\n\n".join(parts)


def _next_step(problems: Sequence[str]) -> str:
    if not problems:
        return "Look at the project, then write the spec."
    listed = "\n".join(
        f"> - {truncate.keep_head(' '.join(one.split()), _MAX_PROBLEM_CHARS)}"
        for one in problems[:_MAX_PROBLEMS]
    )
    more = len(problems) - _MAX_PROBLEMS
    rest = f"\n> - and {more} more" if more > 0 else ""
    return (
        "A session before this one wrote the files that are there. Fix what is wrong with them "
        f"first:\n\n{listed}{rest}"
    )
