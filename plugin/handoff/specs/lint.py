"""What is wrong with a spec that can be read: all of it at once, each problem as a sentence."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from handoff.base import plain_text
from handoff.specs import features, spec_file

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from handoff.specs.model import Feature, Spec

TARGET = "{target}"
MAX_TARGET_CHARS = 300
_MAX_COMMAND_CHARS = 2_000
_PATH = re.compile(r"[A-Za-z0-9._/+@-]+")
_TEST_NAME = re.compile(r"[\w\[\]-]+")
_RUNNER = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,31}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LOOPBACK = re.compile(r"localhost|127(\.[0-9]{1,3}){3}|::1")
_KEPT_OUT = (".git", ".handoff")


def find_problems(spec: Spec) -> list[str]:
    """Everything that is wrong with a spec; [] for a sound one. It looks at the disk only for
    symbolic links on the way to a target.
    """
    return [
        *_text_problems(spec),
        *_command_problems(spec),
        *_list_problems(spec),
        *_feature_problems(spec),
        *_order_problems(spec.features),
    ]


def find_target_problem(target: str, root: str) -> str:
    """Why a target is none, as a clause; "" for a plain path inside the worktree at `root`, with or
    without `::name` parts.
    """
    path, *names = target.split("::")
    parts = path.split("/")
    if not _PATH.fullmatch(path) or len(target) > MAX_TARGET_CHARS:
        return "is not a plain path (letters, digits and ._/+@-)"
    if path.startswith(("/", "-")) or any(part in ("", ".", "..") for part in parts):
        return "is not a plain path from the root of the repository"
    if any(part.lower() in _KEPT_OUT for part in parts):
        return "is inside .git or .handoff"
    if any(not _TEST_NAME.fullmatch(name) for name in names):
        return "has a test name behind `::` that is not made of letters, digits, `_`, `-` and []"
    return _link_problem(path, root)


def find_cycles(after: Mapping[str, Sequence[str]]) -> list[list[str]]:
    """Cycles in an order, each as `[a, b, a]` for a after b after a; one for each group of entries
    that wait for each other. Names that are not in `after` are passed over.
    """
    left = {name: {other for other in others if other in after} for name, others in after.items()}
    cycles = []
    while left := _waiting(left):
        path = [min(left)]
        while path.count(path[-1]) == 1:
            path.append(min(left[path[-1]]))
        cycle = path[path.index(path[-1]) :]
        first = cycle.index(min(cycle))
        cycle = [*cycle[first:-1], *cycle[:first]]
        cycles.append([*cycle, cycle[0]])
        left = {
            name: others.difference(cycle) for name, others in left.items() if name not in cycle
        }
    return cycles


def _waiting(left: Mapping[str, set[str]]) -> dict[str, set[str]]:
    """Those that lead to a cycle: each waits for one that waits itself."""
    now = dict(left)
    waited: dict[str, list[str]] = {}
    for name, others in now.items():
        for other in others:
            waited.setdefault(other, []).append(name)
    missing = {name: len(others) for name, others in now.items()}
    ready = [name for name, count in missing.items() if not count]
    while ready:
        done = ready.pop()
        del now[done]
        for name in waited.get(done, ()):
            missing[name] -= 1
            ready += [name] if not missing[name] else []
    return {name: {other for other in others if other in now} for name, others in now.items()}


def _link_problem(path: str, root: str) -> str:
    """What is wrong with where a path leads on this disk, as far as it exists."""
    top = os.path.realpath(root)
    real = os.path.realpath(os.path.join(top, path))
    inside = os.path.relpath(real, top).split(os.sep)
    if inside[0] == os.pardir:
        return "leads out of the repository, by a symbolic link"
    if any(part.lower() in _KEPT_OUT for part in inside):
        return "leads into .git or .handoff, by a symbolic link"
    return ""


def _text_problems(spec: Spec) -> Iterator[str]:
    if not spec.title:
        yield f"{spec_file.FILE}: it has no `title`."
    if not any(line and not line.startswith("#") for line in spec.text.splitlines()):
        yield f"{spec_file.FILE}: it has no text below its front matter."


def _command_problems(spec: Spec) -> Iterator[str]:
    name = spec_file.FILE
    for runner, command in spec.runners.items():
        shown = f"{name}: the runner `{plain_text.one_line(runner, 40)}`"
        if not _RUNNER.fullmatch(runner):
            yield f"{shown} needs a name of up to 32 letters, digits, `_` and `-`."
        if TARGET not in command:
            yield f"{shown} has no `{TARGET}` in its command."
        yield from _unfit(shown, command)
    for key, command in (("start", spec.start), ("ready", spec.ready), ("smoke", spec.smoke)):
        yield from _unfit(f"{name}: `{key}`", command)
    if spec.ready and not spec.start:
        yield f"{name}: it has `ready`, but no `start`."
    if _URL.match(spec.ready) and not _is_loopback(spec.ready):
        yield (
            f"{name}: `ready` is not a URL on this machine, such as http://127.0.0.1:8000/: "
            f"{plain_text.one_line(spec.ready, 80)}"
        )


def _unfit(shown: str, command: str) -> Iterator[str]:
    """What the user could not see in a command that they are asked to accept."""
    if len(command) > _MAX_COMMAND_CHARS:
        yield f"{shown} is over {_MAX_COMMAND_CHARS:,} characters; put it into a script."
    if plain_text.printable(command) != command:
        yield f"{shown} has control or invisible characters."


def _is_loopback(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    is_plain = parts.scheme in ("http", "https") and parts.username is None and port != 0
    return is_plain and bool(_LOOPBACK.fullmatch(host)) and not re.search(r"\s", url)


def _list_problems(spec: Spec) -> Iterator[str]:
    name = spec_file.FILE
    for glob in spec.frozen:
        parts = glob.split("/")
        is_outside = glob.startswith(("/", "-", "!", "~")) or any(p in ("", "..") for p in parts)
        if is_outside or plain_text.printable(glob) != glob or "\\" in glob:
            shown = plain_text.one_line(glob, 80)
            yield f"{name}: `frozen` has {shown!r}, which is not a glob inside the repository."
        elif parts[0].lower() in _KEPT_OUT:
            yield f"{name}: `frozen` has {glob!r}, which is inside .git or .handoff."
    for variable in spec.env:
        if not _VARIABLE.fullmatch(variable):
            shown = plain_text.one_line(variable, 80)
            yield f"{name}: `env` has {shown!r}, which is not the name of a variable."


def _feature_problems(spec: Spec) -> Iterator[str]:
    if not spec.features:
        yield f"{features.FILE}: it has no features."
    first: dict[str, int] = {}
    for number, feature in enumerate(spec.features, 1):
        label = features.label(features.FILE, number, feature)
        if first.setdefault(feature.id, number) != number:
            yield f"{label}: its id is already that of entry {first[feature.id]}."
        if not feature.description.strip():
            yield f"{label}: it has no description."
        if not feature.steps:
            yield f"{label}: it has no steps."
        elif not all(step.strip() for step in feature.steps):
            yield f"{label}: it has an empty step."
        yield from (f"{label}: {what}." for what in _verify_problems(feature, spec))


def _verify_problems(feature: Feature, spec: Spec) -> Iterator[str]:
    if feature.verify is None:
        return
    run, target = feature.verify.run, feature.verify.target
    if run not in spec.runners:
        known = ", ".join(spec.runners) or "none"
        shown = plain_text.one_line(run, 40)
        yield f"its runner {shown!r} is not in {spec_file.FILE} (known: {known})"
    problem = find_target_problem(target, spec.root)
    if problem:
        yield f"its target {plain_text.one_line(target, 80)!r} {problem}"


def _order_problems(listed: Iterable[Feature]) -> Iterator[str]:
    order: dict[str, list[str]] = {}
    every = list(listed)
    known = {feature.id for feature in every}
    for number, feature in enumerate(every, 1):
        order.setdefault(feature.id, []).extend(feature.after)
        for other in (other for other in feature.after if other not in known):
            label = features.label(features.FILE, number, feature)
            shown = plain_text.one_line(other, 80)
            yield f"{label}: its `after` names {shown!r}, which is not a feature."
    for cycle in find_cycles(order):
        yield f"{features.FILE}: these features wait for each other: {' -> '.join(cycle)}."
