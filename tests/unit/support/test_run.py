"""`tests/run` itself, on a small checkout: what it prints, when it fails, what it leaves."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from support.paths import ROOT

SCRIPTS = ("install.sh", "tests/run", ".ci/run", "bin/handoff", "hooks/run.sh", "hooks/state.sh")
COPIED = (*SCRIPTS, ".gitignore", "pyproject.toml", "plugin/handoff/__init__.py",
          "tests/conftest.py", "tests/support/record.py", "tests/support/summary.py")  # fmt: skip
PASSES = "def test_passes():\n    pass\n"
CLIENT = '#!/bin/sh\n[ "$1" != --version ] || echo "9.9.9 (Claude Code)"\n'


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with one test a step; but for pytest the tools do nothing."""
    root = tmp_path / "checkout"
    for name in COPIED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, root / name)
    for folder in ("unit", "fault", "e2e"):
        (root / "tests" / folder).mkdir()
        (root / "tests" / folder / f"test_{folder}.py").write_text(PASSES)
    cache = tmp_path / "cache"
    tools = cache / "venv" / "bin"
    tools.mkdir(parents=True)
    for name in ("ruff", "mypy", "lint-imports", "tmux", "bwrap", "socat", "shellcheck"):
        program(tools / name, "#!/bin/sh\n")
    program(tools / "python", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    program(tools / "pytest", f'#!/bin/sh\nexec "{sys.executable}" -m pytest "$@"\n')
    stamp = subprocess.check_output(["cksum"], input=(root / "pyproject.toml").read_bytes())
    (cache / "venv" / ".stamp").write_bytes(stamp)
    client = cache / "clients" / "9.9.9" / "node_modules" / ".bin" / "claude"
    client.parent.mkdir(parents=True)
    program(client, CLIENT)
    for name, value in {
        "HANDOFF_TEST_CACHE": str(cache),
        "HANDOFF_TEST_CLIENT": "9.9.9",
        "HANDOFF_TEST_JOBS": "0",
        "PYTEST_XDIST_AUTO_NUM_WORKERS": "0",
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
    }.items():
        monkeypatch.setenv(name, value)
    git(root, "init", "--quiet")
    git(root, "add", ".")
    git(root, "commit", "--quiet", "--message=Start")
    return root


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


def git(root: Path, *words: str) -> None:
    author = ["-c", "user.name=Robin", "-c", "user.email=r@example.org"]
    subprocess.run(["git", *author, *words], cwd=root, check=True, capture_output=True)


def run(root: Path, *words: str) -> tuple[int, str]:
    """Its exit code, and what it prints but for times and how wide its columns are."""
    command = [str(root / "tests" / "run"), *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return done.returncode, re.sub(
        r" +\d+ s +| +\d+ s$", " N s ", done.stdout + done.stderr, flags=re.MULTILINE
    )


def test_all_steps(checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each step's output when it ends, and at last what failed, what was skipped and why; a failed
    step does not keep the others from running. A developer's own changes are no leftovers, and
    nothing is left in memory.
    """
    noted = tmp_path / "noted"
    monkeypatch.delenv("TMPDIR", raising=False)
    (checkout / "tests" / "fault" / "test_fault.py").write_text(
        "import pathlib, tempfile\n"
        f"def test_passes():\n    pathlib.Path({str(noted)!r}).write_text(tempfile.mkdtemp())\n"
    )
    (checkout / "mine.txt").write_text("not committed\n")
    (checkout / "tests" / "unit" / "test_unit.py").write_text(
        "import pytest\n"
        "def test_fails():\n    assert not 'this is why'\n"
        "@pytest.mark.skip(reason='no fish here')\ndef test_skipped():\n    pass\n" + PASSES
    )
    code, shown = run(checkout)

    assert code == 1, shown
    assert "assert not 'this is why'" in shown.partition("== summary")[0]
    assert shown.partition("== summary\n")[2].splitlines() == [
        *(f"  {name} N s passed" for name in ("format", "lint", "types", "layers", "shell")),
        "  unit N s FAILED  3 tests, 1 failed, 1 skipped",
        "  fault N s passed  1 tests",
        *(f"  {name} N s passed" for name in ("validate", "mod")),
        "  e2e N s passed  1 tests",
        "  all N s ",
        "failed:",
        "  tests/unit/test_unit.py::test_fails",
        "skipped:",
        "  1 x unit: no fish here",
        "tests/run: FAILED: unit",
    ]
    temporary = Path(noted.read_text())
    assert not temporary.is_relative_to("/dev/shm") or not temporary.parent.exists()
    shutil.rmtree(temporary, ignore_errors=True)


def test_leftovers(checkout: Path) -> None:
    """A step that passes fails all the same if it leaves something, and that is named: files, those
    that git ignores too, and changes, also of what was changed before.
    """
    (checkout / "changed").write_text("x")
    git(checkout, "add", "changed")
    (checkout / "tests" / "fault" / "test_fault.py").write_text(
        "def test_leaves():\n"
        "    for name in ('ran', 'x.pyo', 'install.sh', 'changed'):\n"
        "        with open(name, 'a') as file:\n            file.write('# more')\n"
    )
    code, shown = run(checkout, "fault")

    assert code == 1
    assert "[100%]" in shown
    assert "the checkout is not as it was" in shown
    left = [
        re.sub("[0-9a-f]{40}", "bytes", line[2:]) for line in shown.splitlines() if line[:2] == "> "
    ]
    assert left == ["AM changed", " M install.sh", "?? ran", "!! x.pyo", "bytes"]


def test_one_file(checkout: Path) -> None:
    """Arguments may name the tests; nothing else of the step runs."""
    code, shown = run(checkout, "e2e", "tests/unit/test_unit.py")
    assert code == 0, shown
    assert "[100%]" in shown
