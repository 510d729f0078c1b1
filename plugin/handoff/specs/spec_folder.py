"""Specs in a repository: `.handoff/specs/<id>/`, in any of its worktrees.

The files are anybody's: nothing here follows a symbolic link, reads what is no regular file, or
takes one of unlimited size.
"""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.brief import document
from handoff.git import worktrees
from handoff.redact import redact
from handoff.specs import features, lint, spec_file, strict_json
from handoff.specs.model import Spec
from handoff.store import brief_files
from handoff.store.match_id import match_id

if TYPE_CHECKING:
    from handoff.runtime import Runtime
    from handoff.store.places import Place

FOLDER = "specs"
STATE, PROGRESS = "state.json", "progress.md"
_LIST_HINT = "`handoff spec list` shows all specs."
_SOURCE_BYTES = max(spec_file.MAX_BYTES, strict_json.MAX_BYTES)


def list_specs(place: Place) -> list[Spec]:
    """The specs of this worktree and the others of its repository, oldest first; what cannot be
    read is passed over (`list_problems`). Each is there once, as `find` finds it.
    """
    return _read_all(place)[0]


def list_problems(place: Place) -> list[str]:
    """What `list_specs` passes over, and why, in sentences."""
    return _read_all(place)[1]


def find(wanted: str, place: Place) -> Spec:
    """The spec that `wanted` names by a part of its id: that of its own worktree
    (`<repository>.handoff/<id>`), where it is built, else this worktree's, else any other's.

    Raises NoMatchError when there is none, HandoffError when there are several, or it cannot be
    read.
    """
    root, spec_id = locate(wanted, place)
    return read(root, spec_id)


def locate(wanted: str, place: Place) -> tuple[str, str]:
    """The worktree and the id of what `find` finds, before it is read."""
    known = _find_roots(place)
    spec_id = match_id(wanted, known, "spec", "in this repository", _LIST_HINT)
    return known[spec_id], spec_id


def read(root: str, spec_id: str) -> Spec:
    """The spec in the worktree at `root`. Raises HandoffError, which names the file and the entry
    that cannot be read.
    """
    spec, problems = inspect(root, spec_id)
    if spec is None:
        raise features.first_of(problems)
    return spec


def inspect(root: str, spec_id: str) -> tuple[Spec | None, list[str]]:
    """The spec, None if it cannot be read; and everything that is wrong with it, in sentences, with
    what `lint` finds where it can be read.
    """
    contents: dict[str, bytes] = {}
    problems = []
    for name in (spec_file.FILE, features.FILE):
        try:
            contents[name] = read_file(root, spec_id, name)
        except HandoffError as error:
            problems.append(error.what)
    if problems:
        return None, problems
    return inspect_bytes(root, spec_id, contents[spec_file.FILE], contents[features.FILE])


def inspect_bytes(
    root: str, spec_id: str, raw_spec: bytes, raw_features: bytes
) -> tuple[Spec | None, list[str]]:
    """The same of files with these bytes."""
    problems = []
    head, listed = None, None
    try:
        head, found = spec_file.read(raw_spec)
        problems += found
        if head["id"] and head["id"] != spec_id:
            problems.append(f"{spec_file.FILE}: its `id` is not the name of its folder, {spec_id}.")
    except HandoffError as error:
        problems.append(error.what)
    try:
        listed, found = features.read(raw_features)
        problems += found
    except HandoffError as error:
        problems.append(error.what)
    if problems or head is None or listed is None:
        return None, problems
    spec = Spec(root=root, features=listed, raw_spec=raw_spec, raw_features=raw_features, **head)
    return spec, lint.find_problems(spec)


def read_file(root: str, spec_id: str, name: str) -> bytes:
    """The bytes of one of a spec's files. Raises HandoffError for none that may be read."""
    folder = relative_path(spec_id)
    parts = folder.split("/")
    for depth in range(1, len(parts) + 1):
        part = os.path.join(root, *parts[:depth])
        if os.path.islink(part) or not os.path.isdir(part):
            raise HandoffError(f"{'/'.join(parts[:depth])} is not a directory.")
    return brief_files.read_regular(os.path.join(root, folder, name), name, _SOURCE_BYTES)


def new_id(title: str, runtime: Runtime) -> str:
    """The id of a new spec: the time, the title without its secrets, and two random bytes."""
    stamp = time.strftime("%Y%m%d-%H%M%S", time.gmtime(runtime.now))
    return document.new_id(redact.Redactor()(title), stamp, os.urandom(2))


def relative_path(spec_id: str, name: str = "") -> str:
    """The path of a spec's folder, or of the file `name` in it, from the root, with slashes."""
    folder = f"{brief_files.FOLDER}/{FOLDER}/{spec_id}"
    return f"{folder}/{name}" if name else folder


def list_ids(root: str) -> list[str]:
    """The ids of what could be specs in the worktree at `root`, oldest first."""
    return [name for name in _list_names(root) if document.ID_PATTERN.fullmatch(name)]


def _list_names(root: str) -> list[str]:
    above = os.path.join(root, brief_files.FOLDER)
    folder = os.path.join(above, FOLDER)
    if os.path.islink(above) or os.path.islink(folder):
        return []
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError:
        return []


def _find_roots(place: Place) -> dict[str, str]:
    """The worktree that each spec is taken from, by its id, oldest first."""
    found: dict[str, str] = {}
    for root in _list_roots(place):
        for spec_id in list_ids(root):
            own = place.checkout and worktrees.path_of(place.checkout, spec_id)
            found[spec_id] = root if root == own else found.get(spec_id, root)
    return dict(sorted(found.items()))


def _list_roots(place: Place) -> list[str]:
    """The worktree, and the others of the repository that are there."""
    if place.checkout is None:
        return [place.root]
    others = (path for path in worktrees.list_paths(place.checkout) if path != place.root)
    return [place.root, *filter(os.path.isdir, others)]


def _read_all(place: Place) -> tuple[list[Spec], list[str]]:
    specs, problems = [], []
    for spec_id, root in _find_roots(place).items():
        try:
            specs.append(read(root, spec_id))
        except HandoffError as error:
            problems.append(f"{spec_id}: {error.what}")
    for name in _list_names(place.root):
        if not document.ID_PATTERN.fullmatch(name):
            shown = plain_text.one_line(name, 80)
            problems.append(f"{relative_path('')}{shown!r}: its name is not the id of a spec.")
    return specs, problems
