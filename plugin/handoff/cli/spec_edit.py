"""The dialogue of `handoff spec edit`: the editor, the mistakes, once more, or the text is kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from handoff.authoring import editor
from handoff.base.errors import HandoffError
from handoff.base.wording import count_of
from handoff.cli.console import say

if TYPE_CHECKING:
    from handoff.runtime import Runtime
    from handoff.specs.edit import Edit
    from handoff.specs.model import Spec
    from handoff.store.places import Place


@dataclass(frozen=True)
class EditResult:
    """A spec that was edited; `commit` is "" where nothing was changed. `reopened` are features
    that had another state, and are open again.
    """

    id: str
    root: str
    commit: str = ""
    where: str = ""
    reopened: tuple[str, ...] = ()


def run(wanted: str, runtime: Runtime, place: Place) -> EditResult:
    """Have a spec edited, and commit it. Raises HandoffError where it cannot be, or has mistakes
    and is not edited again.
    """
    from handoff.build import spec_states
    from handoff.build.journal import lock_build
    from handoff.specs import edit as spec_edit
    from handoff.specs import model, publish, spec_folder

    root, spec_id = spec_folder.locate(wanted, place)
    checkout = publish.checkout_at(root, place)
    with lock_build(runtime.home, spec_id):
        begun = spec_edit.begin(root, spec_id, runtime.home)
        if begun.is_continued:
            say(f"This continues the edit that was kept in {begun.folder}.", err=True)
        spec = _ask(begun, runtime)
        if not spec_edit.is_changed(begun, spec):
            spec_edit.end(begun)
            return EditResult(spec_id, root)
        old = spec_edit.as_it_was(begun)
        before = spec_states.read(old, runtime.home).features if old else {}
        spec_states.carry(old, spec, runtime.home)
        committed = spec_edit.apply(begun, spec, checkout)
        after = spec_states.read(spec, runtime.home).features
    reopened = [
        name
        for name, state in before.items()
        if name in after and state.state != model.OPEN and after[name].state == model.OPEN
    ]
    return EditResult(spec_id, root, committed.sha, committed.describe(), tuple(reopened))


def _ask(begun: Edit, runtime: Runtime) -> Spec:
    """The spec as the user leaves it, once it has no mistakes."""
    from handoff.specs import edit as spec_edit

    again = f"handoff spec edit {begun.spec_id}"
    while True:
        for path in begun.paths:
            editor.edit(path, runtime.env, again)
        spec, problems = spec_edit.inspect(begun, runtime)
        if spec is not None and not problems:
            return spec
        for problem in problems:
            say(problem, err=True)
        if not (editor.is_terminal() and click.confirm("Edit it again?", default=True, err=True)):
            raise HandoffError(
                f"The edited text has {count_of(len(problems), 'problem')}, so {begun.spec_id} was "
                f"left as it is. Your text is kept in {begun.folder}.",
                f"To continue with it: {again}",
            )
