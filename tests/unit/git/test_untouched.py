"""Promise 3: a commit of handoff's leaves the user's git work untouched, in any state it is in.

Each state is a real repository. In those where handoff may commit, the index, work tree, stash,
flags, configuration and other refs are the same before and after but for the brief's own entry. In
those where it may not, the index is the same byte for byte and a ref keeps the commit.
"""

from __future__ import annotations

import pytest

from support.git_lab import BRIEF, ID, TEXT, Lab, Picture, hand_off
from support.git_states import STATES


@pytest.mark.parametrize("name", STATES)
def test_leaves_the_users_work_untouched(name: str, lab: Lab) -> None:
    """In every state, what is the user's is the same before and after; no hook runs."""
    repo = STATES[name].build(lab)
    before = Picture.of(repo)
    had_commit = bool(repo.git("rev-parse", "-q", "--verify", "HEAD", ok=False))
    old = repo.sha() if had_commit else ""

    lab.arm()
    done = hand_off(repo)
    ran = lab.disarm()

    after = Picture.of(repo)
    assert ran == []
    assert STATES[name].refused in done.reason
    assert done.on_branch is not bool(STATES[name].refused)
    assert after.staged == before.staged
    assert after.flags == before.flags
    assert after.stash == before.stash
    assert after.config == before.config
    assert {p: f for p, f in after.files.items() if p != BRIEF} == before.files
    assert (repo.root / BRIEF).read_bytes() == TEXT
    assert repo.git("cat-file", "-t", done.sha) == "commit\n"
    assert repo.git("rev-list", "--parents", "-1", done.sha).split()[1:] == [old] * had_commit
    changed = repo.git("diff-tree", "--root", "-r", "-z", "--name-only", "--no-commit-id", done.sha)
    assert changed == BRIEF + "\0"
    others = {line for line in after.refs if not line.endswith("\t" + done.ref)}
    assert others == {line for line in before.refs if not line.endswith("\t" + done.ref)}
    assert repo.sha(done.ref) == done.sha
    if done.on_branch:
        assert after.status == before.status
        assert after.head == before.head or not had_commit
        assert repo.sha() == done.sha
        assert BRIEF not in repo.git("diff-files", "--name-only")
        if name == "without_reflogs":
            assert not repo.git_path("logs").exists()
        else:
            logged = repo.git("reflog", "-1", "--format=%gs")
            assert logged.startswith("handoff: Hand off: Fix the race")
    else:
        assert after.index == before.index
        assert after.head == before.head
        assert repo.sha() == old
        assert done.ref == f"refs/handoff/{ID}"
        assert "?? .handoff/\0" in after.status
        assert after.status.replace("?? .handoff/\0", "") == before.status
    repo.git("fsck", "--no-dangling", "--strict")
    assert not list(repo.git_path("").glob("**/*.lock"))


@pytest.mark.parametrize("name", [name for name, state in STATES.items() if not state.refused])
def test_mode_ref_moves_neither_branch_nor_index(name: str, lab: Lab) -> None:
    """In mode `ref` the index is the same byte for byte, and only `refs/handoff/<id>` is new."""
    repo = STATES[name].build(lab)
    before = Picture.of(repo)

    lab.arm()
    done = hand_off(repo, "ref")
    ran = lab.disarm()

    after = Picture.of(repo)
    assert ran == []
    assert not done.on_branch
    assert done.ref == f"refs/handoff/{ID}"
    assert after.index == before.index
    assert after.head == before.head
    assert {line for line in after.refs if not line.endswith(done.ref)} == set(before.refs)
    assert {p: f for p, f in after.files.items() if p != BRIEF} == before.files


@pytest.mark.parametrize("name", [name for name, state in STATES.items() if not state.refused])
def test_the_users_next_commit_holds_what_they_staged(name: str, lab: Lab) -> None:
    """After a hand-off the user's own commit has their staged paths, and keeps the brief."""
    repo = STATES[name].build(lab)
    if name == "conflicted_stash_pop":
        repo.git("reset", "-q", "--hard")
    staged = repo.git("diff", "--cached", "--name-only", "-z", "--no-renames")
    hand_off(repo)

    repo.git("-c", "user.name=U", "-c", "user.email=u@e", "commit", "-qm", "mine", "--allow-empty")

    mine = repo.git("diff-tree", "-r", "-z", "--name-only", "--no-commit-id", "HEAD")
    assert mine == staged
    assert repo.git("cat-file", "-t", f"HEAD:{BRIEF}") == "blob\n"
