"""What a session left, kept at `refs/handoff/wip/<session>`, and its worktree put back to a commit.

The commit at the ref has the tree of the worktree as it was left, and as parents HEAD and every
other commit that nothing else would hold. It is there before anything is taken away; after a kill
between any two steps the same call finishes the work, and what is kept already is kept once.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.git import killed, leftovers, set_aside
from handoff.git import run as git
from handoff.git.head import read_head
from handoff.git.operation import find_operation

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.git.leftovers import Leftovers

PREFIX = "refs/handoff/wip/"
_ROUNDS = 5
_A = {"am": "An"}


@dataclass(frozen=True)
class Order:
    """How a worktree has to be: HEAD on `branch` (a full name; "": detached) at `target`, clean.

    What is lost by that is kept at `ref`, with the `tips`, as far as `target` does not have them.
    `folder` takes what no commit can hold. `notes` go into the commit's message, a line each.
    """

    ref: str
    session: str
    branch: str
    target: str
    folder: str
    tips: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Kept:
    """The commit at a ref: what it changes against its first parent, and its notes."""

    sha: str
    tree: str
    parents: tuple[str, ...]
    notes: tuple[str, ...]


def ref_of(session: str) -> str:
    """The ref that keeps what a session left."""
    return f"{PREFIX}{session}"


def read_kept(checkout: git.Checkout, ref: str) -> Kept | None:
    """What a ref keeps, None where it is not there."""
    sha = resolve(checkout, ref)
    if not sha:
        return None
    answer = git.run(
        checkout, "log", "-1", "--no-color", "--format=%T%x00%P%x00%B", sha, "--",
        env=git.NO_REPLACING,
    )  # fmt: skip
    text = git.decode_path(git.check_result(answer, f"read {ref}"))
    tree, parents, message = text.split("\0", 2)
    notes = tuple(line[2:] for line in message.splitlines() if line.startswith("- "))
    return Kept(sha, tree, tuple(parents.split()), notes)


def list_paths(checkout: git.Checkout, kept: Kept) -> list[str]:
    """The paths that differed from HEAD."""
    return leftovers.list_changed(checkout, kept.parents[0], kept.sha) if kept.parents else []


def settle(checkout: git.Checkout, order: Order) -> tuple[str, ...]:
    """Have the worktree as it is ordered; the notes of that. Raises HandoffError when git refuses,
    and when something keeps writing there.
    """
    before: Leftovers | None = None
    for _ in range(_ROUNDS):
        left = leftovers.read(checkout)
        if before is not None:
            left = _delete_kept(checkout, left, before)
        head = read_head(checkout)
        found = [*order.tips, head.sha or "", *killed.read_heads(checkout)]
        lost = [sha for sha in dict.fromkeys(found) if sha and _is_lost(checkout, sha, order)]
        left, submodules = _open_submodules(checkout, left)
        order = replace(order, notes=(*order.notes, *_operation_note(checkout)))
        if left or lost:
            moves = set_aside.plan(order.folder, left.to_move)
            commits = {path: keep_all(sub, order) for path, sub in submodules.items()}
            _keep(checkout, order, left, head.sha or "", lost, commits, moves)
            for path, target in moves.items():
                set_aside.move(os.path.join(os.fsencode(checkout.root), path), target)
        is_there = (head.branch or "") == order.branch and head.sha == order.target
        if is_there and not left and not find_operation(checkout):
            return order.notes
        killed.end_operations(checkout)
        _settle_submodules(checkout, order, submodules)
        _put_head(checkout, order)
        before = left
    raise HandoffError(
        f"{checkout.root} does not stay clean: something keeps writing there.",
        "End it, then try again: git status shows what is written.",
    )


def keep_all(checkout: git.Checkout, order: Order) -> str:
    """Keep what is uncommitted in a submodule, and its commit; the commit that has both."""
    left = leftovers.read(checkout)
    left, submodules = _open_submodules(checkout, left)
    commits = {path: keep_all(sub, order) for path, sub in submodules.items()}
    head = resolve(checkout, "HEAD")
    if left or head:
        _keep(checkout, replace(order, notes=()), left, head, [head], commits, {})
    kept = read_kept(checkout, order.ref)
    return kept.sha if kept else head


def resolve(checkout: git.Checkout, name: str) -> str:
    """The commit of a name, "" without one."""
    asked = ("rev-parse", "--quiet", "--verify", f"{name}^{{commit}}")
    answer = git.run(checkout, *asked, env=git.NO_REPLACING)
    return git.decode_path(answer.out).strip() if answer.code == 0 else ""


def contains(checkout: git.Checkout, commit: str, other: str) -> bool | None:
    """Whether the history of `commit` has `other`; None where one of them is no commit here."""
    if commit == other:
        return True
    asked = ("merge-base", "--is-ancestor", other, commit)
    code = git.run(checkout, *asked, env=git.NO_REPLACING).code
    return {0: True, 1: False}.get(code)


def _is_lost(checkout: git.Checkout, sha: str, order: Order) -> bool:
    return contains(checkout, order.target, sha) is False


def _operation_note(checkout: git.Checkout) -> list[str]:
    name = find_operation(checkout)
    return [f"{_A.get(name, 'A')} {name} was in progress; it was ended."] if name else []


def _keep(
    checkout: git.Checkout,
    order: Order,
    left: Leftovers,
    head: str,
    lost: list[str],
    commits: Mapping[bytes, str],
    moves: Mapping[bytes, str],
) -> None:
    """Have a commit at the ref that holds all of it, unless the one there does already."""
    old = read_kept(checkout, order.ref)
    tree = leftovers.write_tree(checkout, old.sha if old else head, left, commits)
    moved = [set_aside.describe(path, left.to_move[path], moves[path]) for path in moves]
    notes = [*(old.notes if old else ()), *order.notes, *moved]
    if old:
        is_new = any(contains(checkout, old.sha, sha) is False for sha in lost)
        if tree == old.tree and not is_new and set(notes) <= {*old.notes, *order.notes}:
            return
    parents = [*(old.parents[:1] if old else ()), *([head] if head else [])]
    if left.staged:
        staged = leftovers.write_staged_tree(checkout, head, left)
        words = f"handoff: what session {order.session} had staged\n"
        parents.append(leftovers.write_commit(checkout, staged, parents[-1:], words))
    parents += [*lost, *([old.sha] if old else ())]
    message = f"handoff: what session {order.session} left\n"
    message += "\n" + "".join(f"- {note}\n" for note in dict.fromkeys(notes)) if notes else ""
    commit = leftovers.write_commit(checkout, tree, parents, message)
    reason = f"handoff: kept: what session {order.session} left"
    command = ("update-ref", "--create-reflog", "-m", reason, order.ref, commit)
    answer = git.run(checkout, *command, old.sha if old else "0" * len(commit), seconds=None)
    git.check_result(answer, f"write {order.ref} in {checkout.common_dir}")


def _put_head(checkout: git.Checkout, order: Order) -> None:
    """HEAD, the index and the tracked files as they are ordered. No hook runs; the user's filters
    do, which make the files what they have to be, but not those of a submodule.
    """
    what = f"check out {order.target[:12]} in {checkout.root}"
    log = ("-m", f"handoff: after session {order.session}")
    commands: list[tuple[str, ...]] = []
    if not order.branch or resolve(checkout, order.branch) != order.target:
        moved = order.branch or "HEAD"
        commands.append(("update-ref", "--no-deref", *log, moved, order.target))
    if order.branch:
        commands.append(("symbolic-ref", *log, "HEAD", order.branch))
    for command in (*commands, ("reset", "--quiet", "--hard", order.target)):
        answer = git.run(
            checkout,
            *command,
            env=git.NO_REPLACING,  # what the commit has, not what a session has git read for it
            settings=leftovers.CLOSELY,
            seconds=None,
            filters=bool(order.branch),
        )
        git.check_result(answer, what)


def _delete_kept(checkout: git.Checkout, left: Leftovers, kept: Leftovers) -> Leftovers:
    """Delete the untracked files that are kept as they are; what is left besides."""
    gone = {
        path
        for path, stamp in left.untracked.items()
        if path in kept.modes and kept.untracked.get(path) == stamp
    }
    root = os.fsencode(checkout.root)
    for path in sorted(gone):
        whole = os.path.join(root, path)
        try:
            os.unlink(whole)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise set_aside.refused(whole, error) from None
        _remove_empty(os.path.dirname(whole), root)
    return replace(
        left,
        modes={path: mode for path, mode in left.modes.items() if path not in gone},
        untracked={path: stamp for path, stamp in left.untracked.items() if path not in gone},
    )


def _remove_empty(folder: bytes, root: bytes) -> None:
    while folder != root:
        try:
            os.rmdir(folder)
        except OSError:
            return
        folder = os.path.dirname(folder)


# Submodules: each has a repository of its own, where the same is done


def _open_submodules(
    checkout: git.Checkout, left: Leftovers
) -> tuple[Leftovers, dict[bytes, git.Checkout]]:
    """The submodules that differ, by path; one that has no repository of its own is moved."""
    opened: dict[bytes, git.Checkout] = {}
    broken: dict[bytes, str] = {}
    for path in left.submodules:
        folder = os.path.join(checkout.root, os.fsdecode(path))
        try:
            found = git.find_checkout(folder)
        except HandoffError:
            found = None
        if found and found.root == os.path.realpath(folder) and resolve(found, "HEAD"):
            opened[path] = found
        else:
            broken[path] = leftovers.REPOSITORY
    if broken:
        others = tuple(path for path in left.submodules if path not in broken)
        left = replace(left, submodules=others, to_move={**left.to_move, **broken})
    return left, opened


def _settle_submodules(
    checkout: git.Checkout, order: Order, submodules: Mapping[bytes, git.Checkout]
) -> None:
    """Have each at the commit that the target names; one that it does not name is left to the next
    round, which finds a repository there that is not tracked.
    """
    for path, sub in submodules.items():
        name = os.fsdecode(path)
        answer = git.run(checkout, "ls-tree", "-z", "--full-tree", order.target, "--", name)
        listed = git.check_result(answer, f"read {order.target}").decode("utf-8", "replace")
        mode, _, rest = listed.partition(" ")
        wanted = rest.partition(" ")[2][: len(order.target)]
        if mode != "160000":
            continue
        if not resolve(sub, wanted):
            raise HandoffError(
                f"The submodule {plain_text.one_line(name, 200)} lacks the commit {wanted[:12]}.",
                f"Get it, then try again: git -C {checkout.root} submodule update --init",
            )
        folder = os.path.join(order.folder, name)
        settle(sub, Order(order.ref, order.session, "", wanted, folder))
