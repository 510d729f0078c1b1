"""`handoff spec edit`: a spec's two files in the user's editor, and back if nothing is wrong.

What is edited are copies in the state directory, `<state>/spec-edits/<id>/`. They stay there until
the spec has them, so no text is lost; the next edit continues with them.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import file_io
from handoff.base.errors import HandoffError
from handoff.specs import create, features, publish, spec_file, spec_folder
from handoff.specs import state_file as spec_states
from handoff.specs.carry_states import carry_states
from handoff.store import brief_files

if TYPE_CHECKING:
    from handoff.git.commit_result import Committed
    from handoff.git.run import Checkout
    from handoff.runtime import Runtime
    from handoff.specs.model import Spec

FOLDER = "spec-edits"
FILES = (spec_file.FILE, features.FILE)
_BASE = "base.json"


@dataclass(frozen=True)
class Edit:
    """An edit that was begun: `folder` has the copies; `raw` are the spec's bytes by file name when
    it was. `is_continued`: the copies were left by an earlier edit.
    """

    root: str
    spec_id: str
    folder: str
    raw: dict[str, bytes]
    is_continued: bool

    @property
    def paths(self) -> list[str]:
        """The files to edit."""
        return [os.path.join(self.folder, name) for name in FILES]


def begin(root: str, spec_id: str, home: str) -> Edit:
    """Copy the spec's files, or take the copies that an earlier edit left.

    Raises HandoffError where the spec was changed since that edit.
    """
    raw = {name: spec_folder.read_file(root, spec_id, name) for name in FILES}
    folder = os.path.join(home, FOLDER, spec_id)
    digests = {name: hashlib.sha256(content).hexdigest() for name, content in raw.items()}
    base = file_io.read_json(os.path.join(folder, _BASE))
    if base:
        if base != digests:
            raise HandoffError(
                f"{spec_id} was changed since the edit that is kept in {folder}.",
                "Copy what you need from there, remove that folder, and edit the spec again.",
            )
        return Edit(root, spec_id, folder, raw, is_continued=True)
    file_io.make_private(folder)
    for name, content in raw.items():
        file_io.write_atomic(os.path.join(folder, name), content)
    file_io.write_json(os.path.join(folder, _BASE), digests)
    return Edit(root, spec_id, folder, raw, is_continued=False)


def inspect(edit: Edit, runtime: Runtime) -> tuple[Spec | None, list[str]]:
    """The spec as it was edited, and what is wrong with it."""
    raw = {
        name: brief_files.read_regular(os.path.join(edit.folder, name), name, 8 * 1024 * 1024)
        for name in FILES
    }
    spec, problems = spec_folder.inspect_bytes(
        edit.root, edit.spec_id, raw[spec_file.FILE], raw[features.FILE]
    )
    if spec is not None:
        problems += publish.find_secrets(spec, runtime)
    return spec, problems


def as_it_was(edit: Edit) -> Spec | None:
    """The spec before the edit, None if it could not be read."""
    raw_spec, raw_features = (edit.raw[name] for name in FILES)
    return spec_folder.inspect_bytes(edit.root, edit.spec_id, raw_spec, raw_features)[0]


def is_changed(edit: Edit, spec: Spec) -> bool:
    """Whether the edited files are others than the spec's."""
    return [spec.raw_spec, spec.raw_features] != [edit.raw[name] for name in FILES]


def apply(edit: Edit, spec: Spec, checkout: Checkout) -> Committed:
    """Write an edited spec in place and commit it, with its state.json if it has one.

    Raises HandoffError where the spec was changed meanwhile: the copies stay.
    """
    for name, content in edit.raw.items():
        if spec_folder.read_file(edit.root, edit.spec_id, name) != content:
            raise HandoffError(
                f"{name} of {edit.spec_id} was changed while you edited it; it was left as it is.",
                f"Your text is in {edit.folder}.",
            )
    files = {spec_file.FILE: spec.raw_spec, features.FILE: spec.raw_features}
    states = _carried(edit, spec)
    if states is not None:
        files[spec_states.FILE] = states
    create.write_files(edit.root, edit.spec_id, files)
    paths = {spec_folder.relative_path(spec.id, name): raw for name, raw in files.items()}
    committed = publish.put(checkout, spec.id, "edit spec", paths)
    end(edit)
    return committed


def end(edit: Edit) -> None:
    """Take the copies away."""
    shutil.rmtree(edit.folder, ignore_errors=True)


def read_states(root: str, spec_id: str) -> bytes | None:
    """The bytes of a spec's state.json, None if there is none.

    Raises HandoffError for one that may not be read.
    """
    path = os.path.join(root, spec_folder.relative_path(spec_id, spec_states.FILE))
    if not os.path.lexists(path):
        return None
    return spec_folder.read_file(root, spec_id, spec_states.FILE)


def _carried(edit: Edit, new: Spec) -> bytes | None:
    """state.json for the edited spec; None where there is none. Nothing is carried from a spec that
    could not be read.
    """
    raw = read_states(edit.root, edit.spec_id)
    if raw is None:
        return None
    old = as_it_was(edit)
    states = carry_states(old, new, spec_states.parse(raw)) if old else {}
    return spec_states.render(states, [feature.id for feature in new.features])
