"""Frozen files: the tests and the runner's surroundings as the user accepted them.

A session may have done anything to them. What is found otherwise is put back from git's objects,
byte for byte, before anything is verified. It is called in a worktree that is clean: what was
uncommitted is kept at a ref by then.

Line ends that git's own conversion makes are no change. No filter runs, and no link is followed: a
link in the place of a file or of its folder is replaced.
"""

from __future__ import annotations

import os
import shutil
import stat
from typing import TYPE_CHECKING

from handoff.base import file_io
from handoff.base.errors import HandoffError
from handoff.git import leftovers, objects
from handoff.git import run as git
from handoff.specs import globs, manifest, runner_settings, surroundings
from handoff.specs.model import Tampering
from handoff.store import brief_files

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from handoff.git.run import Checkout
    from handoff.specs.model import Acceptance, Feature, Spec

MAX_BYTES = 256 * 1024 * 1024
_SKIPPED = frozenset((".git", "node_modules", ".venv", "venv", "__pycache__", ".tox", ".nox"))
EXECUTABLE, _LINK = "100755", "120000"
_FILES = ("100644", EXECUTABLE)
_SECONDS = 120.0
_MAX_MANIFEST = 1024 * 1024
CHANGED, DELETED, ADDED = "changed", "deleted", "added"


def list_tree(checkout: Checkout, commit: str) -> dict[str, tuple[str, str]]:
    """Path -> mode and blob of every file of a commit, links and submodules aside."""
    listed = _list(checkout, commit)
    return {path: entry for path, entry in listed.items() if entry[0] != _LINK}


def _list_links(checkout: Checkout, commit: str) -> set[str]:
    return {path for path, (mode, _) in _list(checkout, commit).items() if mode == _LINK}


def _list(checkout: Checkout, commit: str) -> dict[str, tuple[str, str]]:
    asked = ("ls-tree", "-r", "-z", "--full-tree", commit)
    answer = git.run(checkout, *asked, env=git.NO_REPLACING, seconds=_SECONDS)
    listed = os.fsdecode(git.check_result(answer, f"read {commit} of {checkout.root}"))
    tree = {}
    for line in listed.split("\0")[:-1]:
        about, _, path = line.partition("\t")
        mode, kind, blob = about.split(" ")
        if kind == "blob":
            tree[path] = (mode, blob)
    return tree


def find_globs(features: Collection[Feature], own: Collection[str]) -> tuple[str, ...]:
    """All globs of a spec: its own, the built-in ones, and of what could shadow its tests."""
    targets = {feature.verify.path for feature in features if feature.verify}
    return tuple(dict.fromkeys([*own, *globs.BUILT_IN, *surroundings.find_globs(targets)]))


def find_files(
    tree: Mapping[str, tuple[str, str]], features: Collection[Feature], patterns: Collection[str]
) -> dict[str, str]:
    """Path -> blob of the files of a commit that are frozen: those that targets name, or that are
    in a folder that one names, what these read, and those that the globs match.
    """
    targets = {feature.verify.path for feature in features if feature.verify}
    folders = tuple(f"{target.rstrip('/')}/" for target in targets)
    material = surroundings.find_material(tree, targets)
    matches = globs.compile_globs(patterns).fullmatch
    return {
        path: blob
        for path, (_, blob) in tree.items()
        if path in targets or path in material or path.startswith(folders) or matches(path)
    }


def find_uncommitted(spec: Spec, checkout: Checkout) -> list[str]:
    """The files of the worktree that would be frozen and are not committed as they are."""
    left = leftovers.read(checkout)
    there = {os.fsdecode(path): (mode, "") for path, mode in left.modes.items() if mode in _FILES}
    own = f"{brief_files.FOLDER}/"
    patterns = find_globs(spec.features, spec.frozen)
    return sorted(p for p in find_files(there, spec.features, patterns) if not p.startswith(own))


def find_tampering(checkout: Checkout, acceptance: Acceptance) -> list[Tampering]:
    """The frozen files that are not as they were accepted. Nothing is changed."""
    return _look(checkout, acceptance, {}, put_back=False)


def restore(
    checkout: Checkout, acceptance: Acceptance, extra: Mapping[str, bytes]
) -> list[Tampering]:
    """Put the frozen files back, and the files in `extra` (path -> bytes); what had to be.

    A file that frozen globs match and that was not there when the spec was accepted is removed. Its
    bytes stay in git's objects. Raises HandoffError where git does not have what was accepted.
    """
    return _look(checkout, acceptance, extra, put_back=True)


def _look(
    checkout: Checkout, acceptance: Acceptance, extra: Mapping[str, bytes], *, put_back: bool
) -> list[Tampering]:
    accepted = list_tree(checkout, acceptance.commit)
    blobs = objects.read_blobs(checkout, acceptance.files.values(), MAX_BYTES)
    missing = [path for path, blob in acceptance.files.items() if blob not in blobs]
    if missing:
        raise HandoffError(
            f"git cannot read {missing[0]} of {checkout.root} as it was accepted: its object is "
            "missing or too large.",
            f"Accept the spec again: handoff spec accept {acceptance.spec}",
        )
    wanted = {path: blobs[blob] for path, blob in acceptance.files.items()}
    found = []
    contents = {}
    programs = {path for path, (mode, _) in accepted.items() if mode == EXECUTABLE}
    for path, raw in sorted({**wanted, **extra}.items()):
        how, content = _compare(checkout.root, path, raw, is_executable=path in programs)
        if how:
            found.append(Tampering(path, how))
            contents[path] = content
    for path, content in contents.items() if put_back else ():
        put_file(checkout.root, path, content, 0o755 if path in programs else 0o644)
    found += _look_at_settings(checkout, acceptance, accepted, wanted, put_back=put_back)
    matches = globs.compile_globs(acceptance.globs).fullmatch
    for path in sorted(_walk(checkout.root, acceptance.globs, wanted)):
        if matches(path) and path not in wanted and path not in extra:
            found.append(Tampering(path, ADDED))
            if put_back:
                _remove(checkout, path)
    for path in _find_outside(checkout.root):
        found.append(Tampering(path, ADDED))
        if put_back:
            _remove(checkout, path)
    return found


def _look_at_settings(
    checkout: Checkout,
    acceptance: Acceptance,
    accepted: Mapping[str, tuple[str, str]],
    wanted: Collection[str],
    *,
    put_back: bool,
) -> list[Tampering]:
    """The same for what files that work may change say of running tests."""
    links = _list_links(checkout, acceptance.commit)
    folders = {"", *(path.rpartition("/")[0] for path in wanted)}
    folders |= {"/".join(f.split("/")[:n]) for f in folders for n in range(1, f.count("/") + 1)}
    paths = [f"{f}/{name}".lstrip("/") for f in sorted(folders) for name in runner_settings.NAMES]
    asked = {path: accepted[path][1] for path in paths if path in accepted}
    blobs = objects.read_blobs(checkout, asked.values(), _MAX_MANIFEST)
    found = []
    for path in paths:
        full = os.path.join(checkout.root, path)
        is_link = os.path.islink(full)
        if path in wanted or not (is_link or os.path.isfile(full)):
            continue
        if is_link and path in links:
            continue
        before = blobs.get(asked.get(path, ""))
        now = _read_plain(checkout.root, path)
        name = path.rpartition("/")[2]
        content = before if now is None else runner_settings.put_back(name, now, before)
        if content == now and now is not None:
            continue
        found.append(Tampering(path, ADDED if before is None else CHANGED))
        if put_back and content is None:
            _remove(checkout, path)
        elif put_back and content is not None:
            put_file(checkout.root, path, content, 0o644)
    return found


def _read_plain(root: str, path: str) -> bytes | None:
    """A file that may be any of the user's manifests; None for a link, and what is no file."""
    full = os.path.join(root, path)
    if os.path.islink(full) or _is_behind_a_link(root, path) or not os.path.isfile(full):
        return None
    try:
        with open(full, "rb") as file:
            return file.read(_MAX_MANIFEST)
    except OSError:
        return None


def _find_outside(root: str) -> list[str]:
    """What configures runners in the folder of builds' worktrees, which they look into as well. It
    is handoff's own folder: nobody else keeps files there.
    """
    folder = os.path.dirname(root)
    if not folder.endswith(".handoff"):
        return []
    matches = globs.compile_globs(globs.BUILT_IN).fullmatch
    with os.scandir(folder) as entries:
        files = [entry.name for entry in entries if not entry.is_dir(follow_symlinks=False)]
    return sorted(f"../{name}" for name in files if matches(name) or name in runner_settings.NAMES)


def _compare(root: str, path: str, raw: bytes, *, is_executable: bool) -> tuple[str, bytes]:
    """How a file differs from what it should be ("": not), and what it is to hold."""
    full = os.path.join(root, path)
    try:
        about = os.lstat(full)
    except (FileNotFoundError, NotADirectoryError):
        return DELETED, raw
    if not stat.S_ISREG(about.st_mode) or _is_behind_a_link(root, path):
        return CHANGED, raw
    try:
        with open(full, "rb") as file:
            now = file.read(max(len(raw) * 2 + 4096, _MAX_MANIFEST))
    except OSError:  # a mode that keeps everybody from reading it
        return CHANGED, raw
    if os.path.basename(path) == manifest.NAME:
        content = manifest.put_back(now, raw)
        return ("", now) if content == now else (CHANGED, content)
    is_same = now == raw or now.replace(b"\r\n", b"\n") == raw.replace(b"\r\n", b"\n")
    has_mode = bool(about.st_mode & stat.S_IXUSR) == is_executable
    return ("", raw) if is_same and has_mode else (CHANGED, raw)


def _is_behind_a_link(root: str, path: str) -> bool:
    parts = path.split("/")[:-1]
    return any(
        os.path.islink(os.path.join(root, *parts[:depth])) for depth in range(1, len(parts) + 1)
    )


def put_file(root: str, path: str, raw: bytes, mode: int) -> None:
    """Write a file below the root; what stands in its way, or in its folders', is removed."""
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        part = os.path.join(root, *parts[:depth])
        is_folder = os.path.isdir(part) and not os.path.islink(part)
        if is_folder and depth == len(parts):
            shutil.rmtree(part)
        elif not is_folder and os.path.lexists(part) and depth < len(parts):
            os.unlink(part)
    full = os.path.join(root, path)
    os.makedirs(os.path.dirname(full), exist_ok=True)
    if os.path.islink(full):
        os.unlink(full)
    file_io.write_atomic(full, raw, mode=mode)


def _remove(checkout: Checkout, path: str) -> None:
    full = os.path.join(checkout.root, path)
    if os.path.isfile(full) and not os.path.islink(full):
        os.chmod(full, 0o600)
        kept = git.run(checkout, "hash-object", "-w", "--no-filters", "--", full, seconds=_SECONDS)
        git.check_result(kept, f"keep {path} of {checkout.root} before it is removed")
    os.unlink(full)


def _walk(root: str, patterns: Collection[str], accepted: Collection[str]) -> Iterator[str]:
    """The paths of all files below the root but those of other repositories, and of installed
    packages unless a glob names these. A folder that has `accepted` files is no other repository,
    whatever a session put into it.
    """
    parts = [path.split("/")[:-1] for path in accepted]
    ours = {"", *("/".join(one[:depth]) for one in parts for depth in range(len(one) + 1))}
    named = {part for glob in patterns for part in glob.split("/")}
    skipped = _SKIPPED - (named - {".git"})
    pending = [""]
    while pending:
        folder = pending.pop()
        try:
            entries = list(os.scandir(os.path.join(root, folder)))
        except OSError:
            continue
        if folder not in ours and any(entry.name == ".git" for entry in entries):
            continue
        for entry in entries:
            path = f"{folder}/{entry.name}" if folder else entry.name
            if not entry.is_dir(follow_symlinks=False):
                yield path
            elif entry.name not in skipped:
                pending.append(path)
