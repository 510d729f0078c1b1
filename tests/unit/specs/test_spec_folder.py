"""Specs in a repository: found in any of its worktrees, and read with care."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from handoff.base.errors import HandoffError
from handoff.specs import features, spec_folder
from handoff.store import places
from handoff.store.match_id import NoMatchError
from support.made_specs import feature, put_spec

if TYPE_CHECKING:
    from pathlib import Path

    from handoff.specs.model import Spec
    from support.repo import Repo


def folder_of(spec: Spec, root: Path) -> Path:
    return root / spec_folder.relative_path(spec.id)


def test_what_was_created_is_read(repo: Repo) -> None:
    """The very values and bytes, by a part of the id."""
    spec = put_spec(repo, feature("a"), feature("b", "a"))
    place = places.locate(str(repo.root))

    assert spec_folder.find("till", place).raw_features == spec.raw_features
    assert spec_folder.read(str(repo.root), spec.id).features == spec.features
    assert [one.id for one in spec_folder.list_specs(place)] == [spec.id]
    with pytest.raises(NoMatchError, match="No spec matches 'nothing' in this repository"):
        spec_folder.find("nothing", place)


def test_one_of_another_worktree_is_found(repo: Repo) -> None:
    """Each spec is there once: its own worktree's, else this worktree's, else any other's."""
    spec = put_spec(repo, feature("a"))
    repo.git("add", "-A")
    repo.git("commit", "-qm", "Spec")
    own = repo.root.parent / "project.handoff" / spec.id
    other = repo.root.parent / "other"
    for path in (other, own):
        repo.git("worktree", "add", "-q", "--detach", str(path))
    here = places.locate(str(repo.root))

    assert spec_folder.find(spec.id, here).root == str(own)
    assert [one.root for one in spec_folder.list_specs(here)] == [str(own)]
    repo.git("worktree", "remove", "--force", str(own))
    assert spec_folder.find(spec.id, here).root == str(repo.root)
    assert spec_folder.find(spec.id, places.locate(str(other))).root == str(other)
    repo.git("rm", "-rqf", ".handoff")
    assert spec_folder.find(spec.id, here).root == str(other)


def test_what_cannot_be_read_is_named(repo: Repo) -> None:
    """In the list it is passed over and said; asked for, it is an error."""
    spec = put_spec(repo, feature("a"))
    (folder_of(spec, repo.root) / "features.json").write_text("[{]")
    (repo.root / ".handoff" / "specs" / "odd name").mkdir()
    place = places.locate(str(repo.root))

    assert spec_folder.list_specs(place) == []
    broken, odd = spec_folder.list_problems(place)
    assert broken.startswith(f"{spec.id}: features.json, line 1, column 3: it is not JSON")
    assert "'odd name': its name is not the id of a spec" in odd
    with pytest.raises(HandoffError, match=r"features\.json, line 1"):
        spec_folder.find(spec.id, place)


def test_no_link_is_followed(repo: Repo, tmp_path: Path) -> None:
    """Neither as a file, nor as a folder on the way."""
    spec = put_spec(repo, feature("a"))
    folder = folder_of(spec, repo.root)
    away = tmp_path / "away"
    (folder / "features.json").rename(away)
    os.symlink(away, folder / "features.json")
    with pytest.raises(HandoffError, match=r"features\.json: cannot be read"):
        spec_folder.read(str(repo.root), spec.id)

    specs = folder.parent
    specs.rename(tmp_path / "specs")
    os.symlink(tmp_path / "specs", specs)
    with pytest.raises(HandoffError, match=r"\.handoff/specs is not a directory"):
        spec_folder.read(str(repo.root), spec.id)
    assert spec_folder.list_ids(str(repo.root)) == []


def test_no_pipe_is_read(repo: Repo) -> None:
    """What is no regular file is refused, and never waited for."""
    spec = put_spec(repo, feature("a"))
    path = folder_of(spec, repo.root) / "spec.md"
    path.unlink()
    os.mkfifo(path)

    with pytest.raises(HandoffError, match=r"spec\.md: not a regular file"):
        spec_folder.read(str(repo.root), spec.id)


def test_problems_of_both_files(repo: Repo) -> None:
    """All at once, before anything can be linted."""
    spec = put_spec(repo, feature("a"))
    found, problems = spec_folder.inspect_bytes(
        str(repo.root), spec.id, b"---\nid: x\nstart: []\n---\n", b'[{"id": 1}, 2]'
    )

    assert found is None
    assert {problem.partition(":")[0] for problem in problems} == {
        "spec.md", "features.json, entry 1", "features.json, entry 2",
    }  # fmt: skip
    assert features.first_of(problems).what.endswith(f"({len(problems) - 1} more problems)")


def test_another_specs_id(repo: Repo) -> None:
    """A copied folder is not the spec that it was copied from."""
    spec = put_spec(repo, feature("a"))
    copied = f"{spec.id[:-4]}0000"
    folder_of(spec, repo.root).rename(folder_of(spec, repo.root).parent / copied)

    with pytest.raises(HandoffError, match=f"its `id` is not the name of its folder, {copied}"):
        spec_folder.read(str(repo.root), copied)
