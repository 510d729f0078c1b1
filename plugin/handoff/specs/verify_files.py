"""The files that the targets of a spec's verify commands are in."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.git import objects
from handoff.git import run as git
from handoff.git.head import read_head
from handoff.store import brief_files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from handoff.git.run import Checkout
    from handoff.specs.model import Spec

MAX_BYTES = 4 * 1024 * 1024  # of one file
MAX_FILES = 2_000


@dataclass(frozen=True)
class VerifyFiles:
    """What the targets name: the `contents` of the files by their paths from the root, the targets
    that are `missing`, and `problems`, why a file cannot be committed, in sentences.
    """

    contents: Mapping[str, bytes]
    missing: tuple[str, ...]
    problems: tuple[str, ...]


def read(spec: Spec, checkout: Checkout, besides: Collection[str] = ()) -> VerifyFiles:
    """The files of all targets, those in folders as far as git does not ignore them, and the files
    `besides`, which tests read.

    An executable file is only in `contents` if HEAD has it as it is, as a commit of ours would take
    its right away. Raises HandoffError for what is no regular file.
    """
    targets = {feature.verify.path for feature in spec.features if feature.verify}
    paths: list[str] = []
    missing = []
    for target in sorted(targets):
        full = os.path.join(checkout.root, target)
        if os.path.isdir(full):
            paths += _list_folder(checkout, target)
        elif os.path.lexists(full):
            paths.append(target)
        else:
            missing.append(target)
    paths += besides
    problems = []
    if len(paths) > MAX_FILES:
        problems.append(f"The targets name over {MAX_FILES:,} files; name fewer.")
        paths = []
    contents, executable = {}, []
    for path in dict.fromkeys(paths):
        full = os.path.join(checkout.root, path)
        raw = brief_files.read_regular(full, path, MAX_BYTES)
        if len(raw) > MAX_BYTES:
            problems.append(f"{path} is over {MAX_BYTES // 1024 // 1024} MiB.")
            continue
        contents[path] = raw
        executable += [path] if os.stat(full).st_mode & stat.S_IXUSR else []
    problems += [
        f"{path} is executable: commit it yourself, then check the spec again."
        for path in _not_in_head(checkout, {path: contents[path] for path in executable})
    ]
    unchanged = set(executable)
    kept = {path: raw for path, raw in contents.items() if path not in unchanged}
    return VerifyFiles(kept, tuple(missing), tuple(problems))


def read_head_blobs(checkout: Checkout, paths: Iterable[str]) -> dict[str, str]:
    """Path -> blob of the files in HEAD's commit that `paths` (files or folders) name."""
    if read_head(checkout).sha is None:
        return {}
    answer = git.run(checkout, "ls-tree", "-r", "-z", "--full-tree", "HEAD", "--", *paths)
    blobs = {}
    listed = git.check_result(answer, f"read HEAD of {checkout.root}")
    for line in os.fsdecode(listed).split("\0")[:-1]:
        about, _, path = line.partition("\t")
        _, kind, blob = about.split(" ")
        if kind == "blob":
            blobs[path] = blob
    return blobs


def _list_folder(checkout: Checkout, folder: str) -> list[str]:
    """The files in a folder, tracked or not, but ignored ones and links."""
    command = ("ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", folder)
    answer = git.run(checkout, *command, settings={"core.quotePath": "false"})
    listed = git.check_result(answer, f"list the files in {folder}").split(b"\0")
    paths = [os.fsdecode(path) for path in listed if path]
    return [
        path
        for path in paths
        if os.path.isfile(full := os.path.join(checkout.root, path)) and not os.path.islink(full)
    ]


def _not_in_head(checkout: Checkout, contents: Mapping[str, bytes]) -> list[str]:
    """The paths of which HEAD does not have these bytes."""
    if not contents:
        return []
    blobs = read_head_blobs(checkout, contents)
    known = objects.read_blobs(checkout, blobs.values(), MAX_BYTES)
    return [path for path, raw in contents.items() if known.get(blobs.get(path, "")) != raw]
