"""What `spec check` commits beside a spec's own files."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from handoff.git import worktrees
from handoff.runtime import Runtime
from handoff.specs import publish
from handoff.store import places
from support.made_specs import feature, put_spec

if TYPE_CHECKING:
    from support.repo import Repo


def test_what_tests_read_goes_with_a_spec_of_its_own_worktree(repo: Repo) -> None:
    """Else it would be put away as a leftover when the build begins, and every test would fail."""
    runtime = Runtime(os.environ, full=True)
    repo.git("commit", "--quiet", "--allow-empty", "--message=First")
    place = places.locate(str(repo.root))
    checkout = place.need_checkout("x", "y")
    spec = put_spec(repo, feature("a"))
    own = worktrees.plan_worktree(checkout, spec.id)
    worktrees.add_worktree(checkout, own)
    for path in (f".handoff/specs/{spec.id}", "tests"):
        target = os.path.join(own.path, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        os.rename(repo.root / path, target)
    for name in ("tests/__init__.py", "tests/helpers.py", "conftest.py", "other.py"):
        with open(os.path.join(own.path, name), "w") as file:
            file.write("# new\n")

    checked = publish.check(spec.id, place, runtime)

    assert checked.uncommitted == ()
    tracked = repo.git("ls-tree", "-r", "--name-only", f"handoff/{spec.id}").split()
    wanted = {"tests/__init__.py", "tests/helpers.py", "conftest.py", "tests/test_a.py"}
    assert wanted <= set(tracked)
    assert "other.py" not in tracked


def test_the_users_own_files_are_named_and_left(repo: Repo) -> None:
    """In the user's worktree only what the spec names is committed."""
    spec = put_spec(repo, feature("a"))
    (repo.root / "conftest.py").write_text("# half of it\n")
    repo.git("add", "conftest.py")

    checked = publish.check(spec.id, places.locate(str(repo.root)), Runtime(os.environ, full=True))

    assert checked.uncommitted == ("conftest.py",)
    assert "conftest.py" not in repo.git("ls-tree", "-r", "--name-only", "HEAD").split()
    assert repo.git("diff", "--cached", "--name-only").split() == ["conftest.py"]
