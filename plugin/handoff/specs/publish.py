"""A spec's files on the branch of its worktree, each change in a commit of its own.

Exactly the named paths are committed; what the user has staged, and their other files, stay as they
are. A build works from commits: where the branch is not ours to move, it is said why.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import commit, worktrees
from handoff.git.head import read_head
from handoff.git.operation import find_operation
from handoff.redact import redact
from handoff.specs import features, frozen, spec_file, spec_folder, verify_files
from handoff.store import commit_message, places

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.git.commit_result import Committed
    from handoff.git.run import Checkout
    from handoff.runtime import Runtime
    from handoff.specs.model import Spec
    from handoff.store.places import Place

_INIT = "Run `git init` there, commit something, and try again."


@dataclass(frozen=True)
class CheckedSpec:
    """A spec that was looked at: what is wrong with it, or the commit that it is in. `missing` are
    targets that are not there yet, `uncommitted` files that its tests may read and that are left
    to the user.
    """

    id: str
    root: str
    spec: Spec | None
    problems: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    uncommitted: tuple[str, ...] = ()
    committed: Committed | None = None
    is_new: bool = False


def check(wanted: str, place: Place, runtime: Runtime) -> CheckedSpec:
    """Look at the spec that `wanted` names, and commit it with the files that its targets name if
    nothing is wrong with it. Nothing of it is run.

    In a worktree of the spec's own, the new and changed files that these read go with them; in any
    other they may be the user's, and are only named.
    """
    root, spec_id = spec_folder.locate(wanted, place)
    spec, problems = spec_folder.inspect(root, spec_id)
    if spec is not None:
        problems += find_secrets(spec, runtime)
    if spec is None or problems:
        return CheckedSpec(spec_id, root, spec, tuple(problems))
    checkout = checkout_at(root, place)
    besides = frozen.find_uncommitted(spec, checkout)
    is_own = root == worktrees.path_of(checkout, spec_id)
    tests = verify_files.read(spec, checkout, besides if is_own else ())
    if tests.problems:
        return CheckedSpec(spec_id, root, spec, tests.problems)
    before = read_head(checkout).sha
    committed = put(checkout, spec.id, "add spec", {**sources(spec), **tests.contents})
    is_new = committed.sha != before
    return CheckedSpec(
        spec_id,
        root,
        spec,
        missing=tests.missing,
        uncommitted=tuple(path for path in besides if path not in tests.contents),
        committed=committed,
        is_new=is_new,
    )


def find_secrets(spec: Spec, runtime: Runtime) -> list[str]:
    """The lines of a spec's two files that have what looks like a secret, in sentences."""
    clean = redact.cleaner(runtime.config(spec.root))
    problems = []
    for name, raw in ((spec_file.FILE, spec.raw_spec), (features.FILE, spec.raw_features)):
        text = raw.decode("utf-8", "replace")
        lines, cleaned = text.split("\n"), clean(text).split("\n")
        numbers = [n for n, (a, b) in enumerate(zip(lines, cleaned, strict=False), 1) if a != b]
        problems += [
            f"{name}, line {number}: this looks like a secret. Name a variable under `env`, or use "
            "a value that is obviously made up."
            for number in numbers[:20]
        ]
    return problems


def checkout_at(root: str, place: Place) -> Checkout:
    """The worktree at `root`, which a spec is in. Raises HandoffError outside git."""
    near = place if place.root == root else places.locate_near(place, root)
    return near.need_checkout("cannot hold a spec", _INIT)


def put(
    checkout: Checkout,
    spec_id: str,
    verb: str,
    changes: Mapping[str, bytes | None],
    lines: Sequence[str] = (),
) -> Committed:
    """Commit these paths on the branch; `verb` is for the subject, `lines` for the body. Raises
    HandoffError where it is not on the branch.
    """
    operation = find_operation(checkout)
    if operation:
        raise HandoffError(
            f"A {operation} is in progress in {checkout.root}. Nothing was committed.",
            "Finish or abort it (`git status` says how), then try again.",
        )
    if read_head(checkout).branch is None:
        raise HandoffError(
            f"HEAD of {checkout.root} is detached, and a spec has to be on a branch. Nothing was "
            "committed.",
            "Switch to a branch, for example with git switch -c NAME, then try again.",
        )
    message = commit_message.about_spec(verb, spec_id, lines)
    committed = commit.commit_files(checkout, changes, message, "branch", spec_id)
    if not committed.on_branch:
        raise HandoffError(
            f"{spec_id} is {committed.describe()}.",
            "A spec has to be on a branch: fix this and try again.",
        )
    return committed


def sources(spec: Spec) -> dict[str, bytes]:
    """spec.md and features.json by their paths from the root."""
    return {
        spec_folder.relative_path(spec.id, spec_file.FILE): spec.raw_spec,
        spec_folder.relative_path(spec.id, features.FILE): spec.raw_features,
    }
