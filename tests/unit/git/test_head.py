"""Where HEAD is: branch and commit."""

from __future__ import annotations

import pytest

from handoff.base.errors import HandoffError
from handoff.git.head import Head, is_on_branch, read_branches, read_head
from support.git_lab import Lab, checkout


def test_head_of_a_branch(lab: Lab) -> None:
    """By its full name, also after a commit on it; another branch is another HEAD."""
    repo = lab.repo()
    known = read_head(checkout(repo))
    assert known == Head("refs/heads/main", repo.sha())
    repo.git("commit", "--allow-empty", "-qm", "second")
    assert is_on_branch(checkout(repo), known)
    repo.git("checkout", "-qb", "side")
    assert not is_on_branch(checkout(repo), known)
    assert read_branches(checkout(repo)) == {"refs/heads/main", "refs/heads/side"}


def test_head_of_a_broken_branch(lab: Lab) -> None:
    """A branch whose commit is gone is an error, not an unborn branch."""
    repo = lab.repo()
    repo.git_path("refs/heads/main").write_text("1" * 40 + "\n")

    with pytest.raises(HandoffError, match="read HEAD"):
        read_head(checkout(repo))
