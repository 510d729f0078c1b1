"""Frozen files: whatever a session does to them, what was accepted is what is run."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from handoff.base.errors import HandoffError
from handoff.git import run as git
from handoff.specs import frozen, globs, manifest
from handoff.specs.model import Acceptance, Tampering
from support import made_specs

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.repo import Repo

TEST = "tests/test_sum.py"
GREEN = "def test_it():\n    assert True\n"


def checkout_of(repo: Repo) -> git.Checkout:
    found = git.find_checkout(str(repo.root))
    assert found is not None
    return found


@pytest.fixture
def accepted(repo: Repo) -> Acceptance:
    """A test, its helper and a manifest, committed and accepted."""
    for path, text in {
        TEST: made_specs.TEST,
        "tests/conftest.py": "# ours\n",
        "tests/run.sh": "#!/bin/sh\n",
        "package.json": json.dumps({"scripts": {"test": "jest"}}, indent=4),
    }.items():
        (repo.root / path).parent.mkdir(exist_ok=True)
        (repo.root / path).write_text(text)
    (repo.root / "tests/run.sh").chmod(0o755)
    repo.git("add", ".")
    repo.git("commit", "-qm", "Tests")
    commit = repo.git("rev-parse", "HEAD").strip()
    feature = made_specs.feature("sum")
    patterns = frozen.find_globs([feature], ["package.json", "tests/run.sh"])
    checkout = checkout_of(repo)
    files = frozen.find_files(frozen.list_tree(checkout, commit), [feature], patterns)
    return Acceptance("id", "", 0, commit, "", "", patterns, files)


def _replace(root: Path) -> None:
    (root / TEST).write_text(GREEN)


def _delete(root: Path) -> None:
    (root / TEST).unlink()


def _rename(root: Path) -> None:
    (root / TEST).rename(root / "tests/other.py")


def _make_huge(root: Path) -> None:
    (root / TEST).write_text(made_specs.TEST + "#" * 5_000_000)


def _make_folder(root: Path) -> None:
    (root / TEST).unlink()
    (root / TEST / "below").mkdir(parents=True)


def _lock(root: Path) -> None:
    (root / TEST).write_text(GREEN)
    (root / TEST).chmod(0)


def _link_file(root: Path) -> None:
    (root / "outside.py").write_text(GREEN)
    (root / TEST).unlink()
    (root / TEST).symlink_to("../outside.py")


def _link_folder(root: Path) -> None:
    shutil.move(root / "tests", root / "elsewhere")
    (root / "elsewhere/test_sum.py").write_text(GREEN)
    (root / "tests").symlink_to("elsewhere")


def _make_pipe(root: Path) -> None:
    (root / TEST).unlink()
    os.mkfifo(root / TEST)


def _file_for_folder(root: Path) -> None:
    shutil.rmtree(root / "tests")
    (root / "tests").write_text("no folder")


ATTACKS = (
    _replace, _delete, _rename, _make_huge, _make_folder, _lock, _link_file, _link_folder,
    _make_pipe, _file_for_folder,
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__.strip("_"))
def test_put_back(repo: Repo, accepted: Acceptance, attack: Callable[[Path], None]) -> None:
    """The accepted bytes are back in a file of their own, and nothing is written through a link."""
    attack(repo.root)
    checkout = checkout_of(repo)
    found = frozen.find_tampering(checkout, accepted)
    assert TEST in [one.path for one in found]
    assert frozen.restore(checkout, accepted, {}) == found
    path = repo.root / TEST
    assert path.read_text() == made_specs.TEST
    assert not path.is_symlink() and not path.parent.is_symlink()
    for outside in ("outside.py", "elsewhere/test_sum.py"):
        assert not (repo.root / outside).exists() or (repo.root / outside).read_text() == GREEN
    assert frozen.find_tampering(checkout, accepted) == []


def test_mode(repo: Repo, accepted: Acceptance) -> None:
    """The executable bit is as accepted."""
    (repo.root / "tests/run.sh").chmod(0o644)
    (repo.root / TEST).chmod(0o755)
    found = frozen.restore(checkout_of(repo), accepted, {})
    assert found == [Tampering("tests/run.sh", "changed"), Tampering(TEST, "changed")]
    assert os.access(repo.root / "tests/run.sh", os.X_OK)
    assert not (repo.root / TEST).stat().st_mode & 0o100


@pytest.mark.parametrize("path", [
    "conftest.py", "tests/sub/conftest.py", "pytest.ini", "sitecustomize.py", "jest.config.js",
    "tests/__init__.py",
])  # fmt: skip
def test_added(repo: Repo, accepted: Acceptance, path: str) -> None:
    """What runners load by name is removed, an ignored one too; git still has its bytes."""
    (repo.root / ".git/info/exclude").write_text(f"{os.path.basename(path)}\n")
    (repo.root / path).parent.mkdir(exist_ok=True)
    (repo.root / path).write_text("evil = 1\n")
    blob = repo.git("hash-object", "--no-filters", path).strip()
    found = frozen.restore(checkout_of(repo), accepted, {})
    assert found == [Tampering(path, "added")]
    assert not (repo.root / path).exists()
    assert repo.git("cat-file", "blob", blob) == "evil = 1\n"


def test_added_behind_a_repository(repo: Repo, accepted: Acceptance) -> None:
    """A `.git` beside the accepted tests does not hide what is added there."""
    (repo.root / "tests/.git").mkdir()
    (repo.root / "tests/__init__.py").write_text("evil = 1\n")
    assert Tampering("tests/__init__.py", "added") in frozen.restore(
        checkout_of(repo), accepted, {}
    )


def test_other_repositories_and_packages_stay(repo: Repo, accepted: Acceptance) -> None:
    """What is no test surrounding of this repository is left alone."""
    for folder in ("vendor/.git", "vendor", "node_modules/x", ".venv/lib"):
        (repo.root / folder).mkdir(parents=True, exist_ok=True)
        (repo.root / folder / "conftest.py").write_text("")
    assert frozen.restore(checkout_of(repo), accepted, {}) == []


def test_what_git_is_told_is_of_no_use(repo: Repo, accepted: Acceptance) -> None:
    """No filter runs, no replaced object is read, and no flag of the index hides a change."""
    trace = repo.root.parent / "ran"
    (repo.root / ".gitattributes").write_text("* filter=evil diff=evil\n")
    for key in ("filter.evil.smudge", "filter.evil.clean", "diff.evil.textconv"):
        repo.git("config", key, f"touch {trace}; cat")
    repo.git("update-index", "--assume-unchanged", TEST)
    repo.git("update-index", "--skip-worktree", "tests/conftest.py")
    (repo.root / TEST).write_text(GREEN)
    (repo.root / "tests/conftest.py").write_text("evil = 1\n")
    green = repo.git("hash-object", "-w", "--no-filters", TEST).strip()
    repo.git("replace", "-f", accepted.files[TEST], green)
    (repo.root / "conftest.py").write_text("evil = 1\n")
    trace.unlink(missing_ok=True)  # by git as the test runs it
    found = frozen.restore(checkout_of(repo), accepted, {})
    assert [one.path for one in found] == ["tests/conftest.py", TEST, "conftest.py"]
    assert (repo.root / TEST).read_text() == made_specs.TEST
    assert not trace.exists()


def test_own_files(repo: Repo, accepted: Acceptance) -> None:
    """The build's own files get the bytes that code gave them."""
    own = ".handoff/specs/id/state.json"
    found = frozen.restore(checkout_of(repo), accepted, {own: b"{}\n"})
    assert found == [Tampering(own, "deleted")]
    assert (repo.root / own).read_bytes() == b"{}\n"


def test_object_is_gone(repo: Repo, accepted: Acceptance) -> None:
    """An accepted file that git does not have is an error; the one on disk is not removed."""
    lost = replace(accepted, files={**accepted.files, "tests/conftest.py": "1" * 40})
    with pytest.raises(HandoffError, match=r"tests/conftest\.py"):
        frozen.restore(checkout_of(repo), lost, {})
    assert (repo.root / "tests/conftest.py").exists()


def test_folder_target(repo: Repo, accepted: Acceptance) -> None:
    """All tracked files below a folder that a target names are frozen."""
    tree = frozen.list_tree(checkout_of(repo), accepted.commit)
    feature = made_specs.feature("all", target="tests")
    below = {path for path in tree if path.startswith("tests/")}
    assert len(below) == 3
    assert frozen.find_files(tree, [feature], ()).keys() == below


@pytest.mark.parametrize(("now", "after"), [
    ({"scripts": {"test": "jest"}, "dependencies": {"a": "1"}}, None),
    ({"scripts": {"test": "true"}, "dependencies": {"a": "1"}},
     {"scripts": {"test": "jest"}, "dependencies": {"a": "1"}}),
    ({"scripts": {"test": "jest"}, "jest": {"bail": 0}}, {"scripts": {"test": "jest"}}),
])  # fmt: skip
def test_manifest(now: dict[str, object], after: dict[str, object] | None) -> None:
    """Only what tests are run by is put back; the rest, and the indentation, is as it is now."""
    raw = json.dumps(now, indent=4).encode() + b"\n"
    want = raw if after is None else json.dumps(after, indent=4).encode() + b"\n"
    assert manifest.put_back(raw, b'{"scripts": {"test": "jest"}}') == want


def test_broken_manifest() -> None:
    """What is no JSON is restored whole."""
    assert manifest.put_back(b"{,", b'{"scripts": {}}') == b'{"scripts": {}}'


@pytest.mark.parametrize(("glob", "path", "matches"), [
    ("**/conftest.py", "conftest.py", True), ("**/conftest.py", "a/b/conftest.py", True),
    ("**/conftest.py", "a/Conftest.py", False), ("*.ini", "a/b.ini", False),
    ("a/**", "a/b\n/c", True), ("a?c", "a/c", False), ("[ab].py", "b.py", True),
    ("[!ab].py", "b.py", False), ("[z-a].py", "[z-a].py", True), ("a.b", "axb", False),
])  # fmt: skip
def test_globs(glob: str, path: str, matches: bool) -> None:
    """Globs mean the same everywhere, and none is an error."""
    assert bool(globs.compile_globs([glob]).fullmatch(path)) is matches
