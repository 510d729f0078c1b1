"""A claim that git cannot read is not called somebody else's ref."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from support import repository_damage

if TYPE_CHECKING:
    from support.repo import Repo
    from support.store_program import Store


@pytest.mark.parametrize("verb", ["cat-file -t", "log"])
def test_git_is_ended(
    verb: str, repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own words would have the claim taken away."""
    repo.git("init", "--quiet", "--bare", "../shared.git")
    repo.git("remote", "add", "origin", "../shared.git")
    task = handoff.write("A task")
    assert handoff("claim", task, "--remote") == 0
    repository_damage.other_git(repo, monkeypatch, verb, "kill -9 $$")
    assert handoff("claim", "--list", "--remote") == 1
    assert "took too long" in handoff.err
    assert "--delete" not in handoff.err
