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
from handoff.git.head import Head, read_head
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
class KeptRef:
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


def list_refs(checkout: git.Checkout, skipping: Collection[str] = ()) -> list[KeptRef]:
    """The commits kept beside the branch, oldest id first, but for those of the ids in `skipping`.

    Other refs below `refs/handoff/` are not briefs' and are left out.
    """
    form = "--format=%(refname)%00%(objectname)%00%(objecttype)%00%(committerdate:unix)"
    listed = git.check_result(
        git.run(checkout, "for-each-ref", form, REFS), f"list the refs of {checkout.root}"
    )
    entries = []
    for line in git.decode_path(listed).splitlines():
        ref, sha, kind, time = line.split("\0")
        brief_id = ref.removeprefix(REFS)
        is_brief = kind == "commit" and document.ID_PATTERN.fullmatch(brief_id)
        if is_brief and brief_id not in skipping:
            entries.append((brief_id, ref, sha, int(time or 0)))
    changes = _changes(checkout, [sha for _, _, sha, _ in entries])
    return [KeptRef(*about, changes.get(about[2], {})) for about in entries]


def list_leftovers(checkout: git.Checkout) -> list[KeptRef]:
    """The refs that keep what sessions of builds left; none of them is a brief's."""
    from handoff.git import wip  # only `prune` needs it

    form = "--format=%(refname)%00%(objectname)%00%(committerdate:unix)"
    listed = git.check_result(
        git.run(checkout, "for-each-ref", form, wip.PREFIX), f"list the refs of {checkout.root}"
    )
    lines = (line.split("\0") for line in git.decode_path(listed).splitlines())
    return [
        KeptRef(ref.removeprefix(REFS), ref, sha, int(time or 0), {}) for ref, sha, time in lines
    ]


def read_branch(checkout: git.Checkout, head: Head | None = None) -> dict[str, str]:
    """Path -> blob of every brief in HEAD's commit. `head` is where HEAD is, if that is known."""
    if (head or read_head(checkout)).sha is None:
        return {}
    answer = git.run(
        checkout, "ls-tree", "-r", "-z", "--full-tree", "HEAD", f"{brief_files.FOLDER}/"
    )
    blobs = {}
    listed = git.check_result(answer, f"read HEAD of {checkout.root}")
    for line in os.fsdecode(listed).split("\0")[:-1]:
        fields, _, path = line.partition("\t")
        _, kind, blob = fields.split(" ")
        if kind == "blob" and _PATH.fullmatch(path):
            blobs[path] = blob
    return blobs


def blobs(checkout: git.Checkout, paths: Collection[str]) -> dict[str, str]:
    """Path -> the blob that `git add` would make of a brief's file now; nothing is written.

    "", which no blob is, for a file that is too large for a brief: git would read it whole.
    """
    files = {path: os.path.join(checkout.root, path) for path in paths if _PATH.fullmatch(path)}
    wanted = [path for path, file in files.items() if not _is_too_large(file)]
    if not wanted:
        return dict.fromkeys(files, "")
    listed = "".join(f"{files[path]}\n" for path in wanted)
    answer = git.run(checkout, "hash-object", "--stdin-paths", stdin=os.fsencode(listed))
    ids = git.decode_path(git.check_result(answer, f"read the briefs of {checkout.root}")).split()
    return dict.fromkeys(files, "") | dict(zip(wanted, ids, strict=True))


def _is_too_large(path: str) -> bool:
    try:
        return os.path.getsize(path) > document.MAX_BYTES
    except OSError:  # which git then names
        return False


def read_contents(checkout: git.Checkout, wanted: Iterable[str]) -> dict[str, bytes]:
    """Blob -> its bytes; one that is missing, or too large for a brief, is left out."""
    return objects.read_blobs(checkout, wanted, document.MAX_BYTES)


def read_reasons(checkout: git.Checkout, refs: Collection[str]) -> dict[str, str]:
    """Ref -> why its commit was kept beside the branch, as its reflog says; "" where it does not.

    The reflog stays on this machine, so a reason may name processes and paths.
    """
    if not refs:
        return {}
    asked = ("log", "--walk-reflogs", "--format=%gD%x00%gs")
    reasons_by_ref: dict[str, str] = {}
    for line in git.decode_path(git.run(checkout, *asked, *sorted(refs), "--").out).splitlines():
        selector, _, message = line.partition("\0")
        reason = message.removeprefix(commit.BECAUSE) if message.startswith(commit.BECAUSE) else ""
        reasons_by_ref.setdefault(selector.partition("@{")[0], reason)  # the newest comes first
    return reasons_by_ref


class BranchHistory:
    """The texts of briefs that the branch ever had: read by one run of git, and only if asked."""

    def __init__(self, checkout: git.Checkout) -> None:
        self._checkout = checkout
        self._texts: set[tuple[str, str]] | None = None

    def had(self, path: str, blob: str) -> bool:
        """Whether a commit of HEAD's history put exactly this blob at this path, or took it away.
        False where git cannot say in time.
        """
        if self._texts is None:
            asked = ("log", "--format=", "--raw", "--no-abbrev", "--no-renames", "-z", "HEAD")
            answer = git.run(self._checkout, *asked, "--", f"{brief_files.FOLDER}/")
            fields = iter(os.fsdecode(answer.out if answer.code == 0 else b"").split("\0"))
            changes = [(about, next(fields, "")) for about in fields if about.startswith(":")]
            self._texts = {(name, text) for about, name in changes for text in about.split()[2:4]}
        return (path, blob) in self._texts


class BlobTexts:
    """The bytes of blobs. All that are `likely` to be asked for come with the first one."""

    def __init__(self, checkout: git.Checkout, likely: Iterable[str] = ()) -> None:
        self._checkout = checkout
        self._likely = frozenset(likely)
        self._texts: dict[str, bytes | None] = {}

    def get(self, blob: str | None) -> bytes | None:
        """A blob's bytes; None without one, or if it is missing or too large for a brief."""
        if blob and blob not in self._texts:
            wanted = {blob, *self._likely}
            self._likely = frozenset()
            self._texts |= {**dict.fromkeys(wanted), **read_contents(self._checkout, wanted)}
        return self._texts.get(blob) if blob else None


def delete(checkout: git.Checkout, ref: str, sha: str) -> bool:
    """Delete a ref if it still is at `sha`."""
    return git.run(checkout, "update-ref", "-d", ref, sha, seconds=None).code == 0


def delete_all(checkout: git.Checkout, kept: Collection[KeptRef]) -> int:
    """Delete those refs that still are where they were; how many went."""
    orders = "".join(f"delete {item.ref} {item.sha}\n" for item in kept)
    answer = git.run(checkout, "update-ref", "--stdin", stdin=orders.encode(), seconds=None)
    if answer.code == 0:
        return len(kept)
    return sum(delete(checkout, item.ref, item.sha) for item in kept)  # one of them has moved


def put_back(checkout: git.Checkout, ref: str, sha: str, now_at: str) -> bool:
    """Point a ref at the commit that it had, if it still is at `now_at`."""
    command = ("update-ref", "--create-reflog", "-m", "handoff: kept", ref, sha, now_at)
    return git.run(checkout, *command, seconds=None).code == 0


def _changes(checkout: git.Checkout, commits: list[str]) -> dict[str, dict[str, Change]]:
    """Commit -> the briefs' paths it changes against its parent."""
    if not commits:
        return {}
    command = ("diff-tree", "--stdin", "-r", "-z", "--root", "--no-renames", "--raw", "--always")
    out = objects.feed_ids(checkout, (*command, "--", brief_files.FOLDER), sorted(set(commits)))
    by_commit: dict[str, dict[str, Change]] = {}
    fields = iter(os.fsdecode(out).split("\0")[:-1])
    changes: dict[str, Change] = {}
    for field in fields:
        if not field.startswith(":"):
            changes = by_commit.setdefault(field, {})
            continue
        path = next(fields)
        _, _, old, new, _ = field.split(" ")
        if _PATH.fullmatch(path):
            changes[path] = Change(*(None if _NO_BLOB.fullmatch(b) else b for b in (old, new)))
    return by_commit


def read_beside(
    place: Place, known: Iterable[KeptRef] | None = None
) -> list[brief_files.StoredBrief]:
    """The briefs that no file of the worktree has, at the refs that keep them. A file in `done`
    has one only if it is that brief. `known` are all of those `refs`, if they have been read.
    """
    if place.checkout is None:
        return []
    in_tree = {Path(name).stem for name in brief_files.list_names(place.root, brief_files.OPEN)}
    stored = []
    held: dict[str, tuple[KeptRef, str, str]] = {}
    listed = list_refs(place.checkout, skipping=in_tree) if known is None else known
    for ref in (ref for ref in listed if ref.id not in in_tree):
        for folder in (brief_files.OPEN, brief_files.DONE):  # finished counts before open
            path = brief_files.relative_path(folder, ref.id)
            if blob := ref.changes.get(path, Change(None, None)).new:
                held[ref.id] = (ref, path, blob)
    texts = read_contents(place.checkout, [blob for _, _, blob in held.values()])
    history = BranchHistory(place.checkout)
    for ref, path, blob in held.values():
        if blob not in texts:
            continue
        raw = texts[blob]
        done = brief_files.read_content(
            place.root, brief_files.relative_path(brief_files.DONE, ref.id)
        )
        if done == raw or finishes(done, raw):
            continue
        if history.had(path, blob):
            continue  # the branch had it, and it was taken off
        brief, problem = None, ""
        try:
            brief = document.parse(raw, f"{ref.ref}:{path}")
        except HandoffError as error:
            problem = error.what
        stored.append(brief_files.StoredBrief(ref.ref, ref.ref, KEPT, raw, brief, problem))
    return stored
