"""An operation that the user has not finished."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.git.operation import find_operation
from support.git_lab import checkout
from support.git_states import merge_with_conflict

if TYPE_CHECKING:
    from support.git_lab import Lab


def test_the_operation_ends_with_it(lab: Lab) -> None:
    """Each kind of it: `git_states`."""
    repo = merge_with_conflict(lab)
    assert find_operation(checkout(repo)) == "merge"
    repo.git("merge", "--abort")
    assert find_operation(checkout(repo)) is None
