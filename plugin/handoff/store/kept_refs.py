"""Briefs as git has them: on the branch, in its history, beside it at `refs/handoff/<id>`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from handoff.base.errors import HandoffError
from handoff.brief import document
from handoff.git import commit, objects
from handoff.git import run as git
from handoff.store import brief_files
from handoff.store.finished_briefs import finishes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from handoff.store.places import Place

KEPT = "kept"
REFS = "refs/handoff/"
_PATH = re.compile(
    rf"{re.escape(brief_files.FOLDER)}/({brief_files.OPEN}|{brief_files.DONE})/({document.ID_PATTERN.pattern})\.md"
)
_NO_BLOB = re.compile("0+")


class Change(NamedTuple):
    """What a commit makes of one path: its blob before and after, None where there is none."""

    old: str | None
    new: str | None


@dataclass(frozen=True)
class Kept:
    """One `refs/handoff/<id>`: its commit, when that was made (epoch seconds), and what it changes
    of briefs, by path.
    """

    id: str
    ref: str
    sha: str
    time: int
    changes: Mapping[str, Change]


def split_path(path: str) -> tuple[str, str]:
    """The folder and the id of a brief's path, ("", "") for what is no brief's."""
    match = _PATH.fullmatch(path)
    return (match[1], match[2]) if match else ("", "")


def refs(checkout: git.Checkout, skipping: Collection[str] = ()) -> list[Kept]:
    """The commits kept beside the branch, oldest id first, but for those of the ids in `skipping`.

    Other refs below `refs/handoff/` are not briefs' and are left out.
    """
    form = "--format=%(refname)%00%(objectname)%00%(objecttype)%00%(committerdate:unix)"
    listed = git.good(
        git.run(checkout, "for-each-ref", form, REFS), f"list the refs of {checkout.root}"
    )
    found = []
    for line in git.text(listed).splitlines():
        ref, sha, kind, time = line.split("\0")
        brief_id = ref.removeprefix(REFS)
        is_brief = kind == "commit" and document.ID_PATTERN.fullmatch(brief_id)
        if is_brief and brief_id not in skipping:
            found.append((brief_id, ref, sha, int(time or 0)))
    changes = _changes(checkout, [sha for _, _, sha, _ in found])
    return [Kept(*about, changes.get(about[2], {})) for about in found]


def on_branch(checkout: git.Checkout, head: git.Head | None = None) -> dict[str, str]:
    """Path -> blob of every brief in HEAD's commit. `head` is where HEAD is, if that is known."""
    if (head or git.head(checkout)).sha is None:
        return {}
    answer = git.run(
        checkout, "ls-tree", "-r", "-z", "--full-tree", "HEAD", f"{brief_files.FOLDER}/"
    )
    found = {}
    listed = git.good(answer, f"read HEAD of {checkout.root}")
    for line in os.fsdecode(listed).split("\0")[:-1]:
        fields, _, path = line.partition("\t")
        _, kind, blob = fields.split(" ")
        if kind == "blob" and _PATH.fullmatch(path):
            found[path] = blob
    return found


def blobs(checkout: git.Checkout, paths: Collection[str]) -> dict[str, str]:
    """Path -> the blob that `git add` would make of a brief's file now; nothing is written."""
    wanted = [path for path in paths if _PATH.fullmatch(path)]
    if not wanted:
        return {}
    listed = "".join(f"{os.path.join(checkout.root, path)}\n" for path in wanted)
    answer = git.run(checkout, "hash-object", "--stdin-paths", stdin=os.fsencode(listed))
    ids = git.text(git.good(answer, f"read the briefs of {checkout.root}")).split()
    return dict(zip(wanted, ids, strict=True))


def contents(checkout: git.Checkout, wanted: Iterable[str]) -> dict[str, bytes]:
    """Blob -> its bytes; one that is missing, or too large for a brief, is left out."""
    return objects.contents(checkout, wanted, document.MAX_BYTES)


def reasons(checkout: git.Checkout, refs: Collection[str]) -> dict[str, str]:
    """Ref -> why its commit was kept beside the branch, as its reflog says; "" where it does not.

    The reflog stays on this machine, so a reason may name processes and paths.
    """
    if not refs:
        return {}
    asked = ("log", "--walk-reflogs", "--format=%gD%x00%gs")
    found: dict[str, str] = {}
    for line in git.text(git.run(checkout, *asked, *sorted(refs), "--").out).splitlines():
        selector, _, message = line.partition("\0")
        reason = message.removeprefix(commit.BECAUSE) if message.startswith(commit.BECAUSE) else ""
        found.setdefault(selector.partition("@{")[0], reason)  # the newest comes first
    return found


def in_history(checkout: git.Checkout, path: str, blob: str) -> bool:
    """Whether a commit of HEAD's history put exactly this blob at this path, or took it away."""
    asked = ("log", "-1", "--format=%H", f"--find-object={blob}", "HEAD", "--", path)
    answer = git.run(checkout, *asked)
    return answer.code == 0 and bool(answer.out.strip())


def delete(checkout: git.Checkout, ref: str, sha: str) -> bool:
    """Delete a ref if it still is at `sha`."""
    return git.run(checkout, "update-ref", "-d", ref, sha, seconds=None).code == 0


def put_back(checkout: git.Checkout, ref: str, sha: str, now_at: str) -> bool:
    """Point a ref at the commit that it had, if it still is at `now_at`."""
    command = ("update-ref", "--create-reflog", "-m", "handoff: kept", ref, sha, now_at)
    return git.run(checkout, *command, seconds=None).code == 0


def _changes(checkout: git.Checkout, commits: list[str]) -> dict[str, dict[str, Change]]:
    """Commit -> the briefs' paths it changes against its parent."""
    if not commits:
        return {}
    command = ("diff-tree", "--stdin", "-r", "-z", "--root", "--no-renames", "--raw", "--always")
    out = objects.fed(checkout, (*command, "--", brief_files.FOLDER), sorted(set(commits)))
    found: dict[str, dict[str, Change]] = {}
    fields = iter(os.fsdecode(out).split("\0")[:-1])
    changes: dict[str, Change] = {}
    for field in fields:
        if not field.startswith(":"):
            changes = found.setdefault(field, {})
            continue
        path = next(fields)
        _, _, old, new, _ = field.split(" ")
        if _PATH.fullmatch(path):
            changes[path] = Change(*(None if _NO_BLOB.fullmatch(b) else b for b in (old, new)))
    return found


def beside(place: Place, known: Iterable[Kept] | None = None) -> list[brief_files.Stored]:
    """The briefs that no file of the work tree has, at the refs that keep them. A file in `done`
    has one only if it is that brief. `known` are all of those `refs`, if they have been read.
    """
    if place.checkout is None:
        return []
    in_tree = {Path(name).stem for name in brief_files.names(place.root, brief_files.OPEN)}
    found = []
    held: dict[str, tuple[Kept, str, str]] = {}
    listed = refs(place.checkout, skipping=in_tree) if known is None else known
    for ref in (ref for ref in listed if ref.id not in in_tree):
        for folder in (brief_files.OPEN, brief_files.DONE):  # finished counts before open
            path = brief_files.relative_path(folder, ref.id)
            if blob := ref.changes.get(path, Change(None, None)).new:
                held[ref.id] = (ref, path, blob)
    texts = contents(place.checkout, [blob for _, _, blob in held.values()])
    for ref, path, blob in held.values():
        if blob not in texts:
            continue
        raw = texts[blob]
        done = brief_files.content(place.root, brief_files.relative_path(brief_files.DONE, ref.id))
        if done == raw or finishes(done, raw):
            continue
        if in_history(place.checkout, path, blob):
            continue  # the branch had it, and it was taken off
        brief, problem = None, ""
        try:
            brief = document.parse(raw, f"{ref.ref}:{path}")
        except HandoffError as error:
            problem = error.what
        found.append(brief_files.Stored(ref.ref, ref.ref, KEPT, raw, brief, problem))
    return found
