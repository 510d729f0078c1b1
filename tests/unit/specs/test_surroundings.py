"""What accepted tests read is frozen, and what would be loaded in their place is removed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from handoff.git import run as git
from handoff.runtime import Runtime
from handoff.specs import acceptance, frozen, run, spec_folder, surroundings
from handoff.store import places
from support import made_specs

if TYPE_CHECKING:
    from pathlib import Path

    from handoff.specs.model import Acceptance, Spec
    from support.repo import Repo

TEST = "import helpers\n\ndef test_it():\n    assert helpers.total() == 3\n"
RUNNER = f"{sys.executable} -m pytest -q -p no:cacheprovider {{target}}"


@pytest.fixture
def spec(repo: Repo) -> Spec:
    """A red test that reads a module and data beside it, committed."""
    made = made_specs.put_spec(repo, made_specs.feature("sum"), runners={"py": RUNNER})
    for path, text in {
        "tests/test_sum.py": TEST,
        "tests/helpers.py": "def total():\n    return 2\n",
        "tests/data/prices.json": "[1, 2]\n",
        "tests/test_other.py": "def test_other():\n    assert True\n",
        "pyproject.toml": '[project]\nname = "till"\n',
    }.items():
        (repo.root / path).parent.mkdir(exist_ok=True)
        (repo.root / path).write_text(text)
    repo.git("add", "-A")
    repo.git("commit", "-qm", "Spec")
    return spec_folder.read(str(repo.root), made.id)


def accept(repo: Repo, spec: Spec) -> Acceptance:
    runtime = Runtime(os.environ, full=True, home=str(repo.state))
    done = acceptance.accept(spec, places.locate(str(repo.root)), runtime, lambda _: None)
    assert done.proves(spec.features[0])
    return done


def verify(repo: Repo, spec: Spec) -> bool:
    runtime = Runtime(os.environ, full=True, home=str(repo.state))
    return run.run_verify(spec.features[0], spec, str(repo.root), runtime).passed


def restore(repo: Repo, accepted: Acceptance) -> list[str]:
    checkout = git.find_checkout(str(repo.root))
    assert checkout is not None
    found = frozen.restore(checkout, accepted, {})
    assert frozen.find_tampering(checkout, accepted) == []
    return [one.path for one in found]


def test_material(repo: Repo, spec: Spec) -> None:
    """Modules and data of the tests' folder are frozen; tests that no target names are not."""
    accepted = accept(repo, spec)
    assert {"tests/test_sum.py", "tests/helpers.py", "tests/data/prices.json"} <= {*accepted.files}
    assert "tests/test_other.py" not in accepted.files
    assert "app.py" not in accepted.files


ATTACKS = {
    "tests/helpers.py": "def total():\n    return 3\n",
    "tests/helpers/__init__.py": "def total():\n    return 3\n",
    "pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--co"\n',
    "setup.cfg": "[tool:pytest]\naddopts = --co\n",
    "tests/setup.cfg": "[tool:pytest]\naddopts = --co\n",
    "pluggy.py": "import os\nos._exit(0)\n",
    "traceback.py": "import os\nos._exit(0)\n",
    "tests/inspect.py": "",
    "conftest.py": "import os\nos._exit(0)\n",
    "evil.py": "import os\nos._exit(0)\n",
}


@pytest.mark.parametrize("path", [path for path in ATTACKS if path != "evil.py"])
def test_it_stays_red(repo: Repo, spec: Spec, path: str) -> None:
    """With any of these the test passed, or could; put back, it fails as before the work."""
    accepted = accept(repo, spec)
    (repo.root / path).parent.mkdir(exist_ok=True)
    (repo.root / path).write_text(ATTACKS[path])
    assert restore(repo, accepted) == [path]
    assert not verify(repo, spec)


def test_plugin_of_the_root(repo: Repo, spec: Spec) -> None:
    """pytest loads a plugin that metadata in the root names, also one that git ignores."""
    accepted = accept(repo, spec)
    (repo.root / ".gitignore").write_text("*.dist-info\n")
    (repo.root / "evil.py").write_text(ATTACKS["evil.py"])
    folder = repo.root / "evil-1.dist-info"
    folder.mkdir()
    (folder / "METADATA").write_text("Metadata-Version: 2.1\nName: evil\nVersion: 1\n")
    (folder / "entry_points.txt").write_text("[pytest11]\nevil = evil\n")
    assert verify(repo, spec), "the trap itself must work"
    assert "evil-1.dist-info/entry_points.txt" in restore(repo, accepted)
    assert not verify(repo, spec)


def test_settings_above_the_worktree(repo: Repo, spec: Spec) -> None:
    """Runners look above the worktree: handoff's own folder there holds no configuration."""
    accepted = accept(repo, spec)
    tree = repo.root.parent / f"{repo.root.name}.handoff" / "x"
    repo.git("worktree", "add", "-q", "-b", "x", str(tree))
    (tree / "pyproject.toml").unlink()
    (tree.parent / "pytest.ini").write_text("[pytest]\naddopts = --co\n")
    (tree.parent / "notes.txt").write_text("mine\n")
    checkout = git.find_checkout(str(tree))
    assert checkout is not None
    found = [one.path for one in frozen.restore(checkout, accepted, {})]
    assert found == ["../pytest.ini"]
    assert not (tree.parent / "pytest.ini").exists()
    assert (tree.parent / "notes.txt").exists()


def test_work_stays(repo: Repo, spec: Spec) -> None:
    """New tests, new helpers, modules of the work and dependencies are the session's."""
    accepted = accept(repo, spec)
    for path in (
        "tests/test_new.py",
        "tests/more.py",
        "till/io.py",
        "till/types.py",
        "calendar.py",
    ):
        (repo.root / path).parent.mkdir(exist_ok=True)
        (repo.root / path).write_text("")
    (repo.root / "pyproject.toml").write_text('[project]\nname = "till"\ndependencies = ["a"]\n')
    (repo.root / "package.json").write_text(json.dumps({"scripts": {"start": "node ."}}))
    assert restore(repo, accepted) == []


def test_unittest_runs_the_file(repo: Repo) -> None:
    """A package of the test's name would be loaded instead of it, and have no tests."""
    (repo.root / "tests").mkdir()
    (repo.root / "tests/test_sum.py").write_text("assert 0\n")
    (repo.root / "tests/test_sum").mkdir()
    (repo.root / "tests/test_sum/__init__.py").write_text("")
    (repo.root / "tests.py").write_text("")
    command = [sys.executable, "-c", "import tests"]
    assert subprocess.run(command, cwd=repo.root, check=False).returncode == 0
    found = surroundings.find_globs(["tests/test_sum.py"])
    assert {"tests/test_sum/__init__.*", "tests/__init__.py", "tests.py"} <= {*found}


def test_relative_path(tmp_path: Path) -> None:
    """No program is looked up in the worktree."""
    env = run.environment({"PATH": f".{os.pathsep}{os.pathsep}bin{os.pathsep}/usr/bin"}, ())
    assert env["PATH"] == "/usr/bin"
