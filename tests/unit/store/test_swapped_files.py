"""Files swapped while a program runs: all is put back exactly, also after a kill at any step."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from handoff.base.errors import HandoffError
from handoff.store import swapped_files
from handoff.store.swap_plan import LINK, Put

FROZEN = Put(b"assert wanted\n", 0o100644)
_STEPS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.symlink", "shutil.rmtree")


def picture(root: Path) -> dict[str, tuple[int, int, str]]:
    """Every path below: its mode, its time of change if it is a file, and its content or target."""
    entries = {}
    for folder, folders, names in os.walk(root):
        for name in (*folders, *names):
            path = Path(folder, name)
            about = path.lstat()
            if path.is_symlink():
                entries[str(path)] = (about.st_mode, 0, os.readlink(path))
            elif path.is_dir():
                entries[str(path)] = (about.st_mode, 0, "")
            else:
                entries[str(path)] = (about.st_mode, about.st_mtime_ns, path.read_text())
    return entries


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A worktree after a session: tests changed, deleted, replaced by links and by a folder."""
    root = tmp_path / "worktree"
    (root / "tests").mkdir(parents=True)
    changed = root / "tests" / "test_changed.py"
    changed.write_text("assert True\n")
    changed.chmod(0o755)
    os.utime(changed, ns=(10**18, 10**18 + 7))
    (root / "tests" / "conftest.py").write_text("pass_all()\n")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "test_x.py").write_text("not ours\n")
    (root / "tests" / "test_link.py").symlink_to("../../outside/test_x.py")
    (root / "linked").symlink_to("../outside")
    (root / "tests" / "test_folder.py").mkdir()
    (root / "tests" / "test_folder.py" / "inside").write_text("kept\n")
    return root


FILES = {
    "tests/test_changed.py": FROZEN,
    "tests/conftest.py": None,
    "tests/test_link.py": FROZEN,
    "linked/test_x.py": FROZEN,
    "linked/deep/test_y.py": FROZEN,
    "tests/test_folder.py": FROZEN,
    "gone/deep/test_z.py": FROZEN,
    "tests/to_test.py": Put(b"test_changed.py", LINK),
}


def test_swap(root: Path, tmp_path: Path) -> None:
    """In between each file is the given one; afterwards everything is as it was: content, mode,
    time, links, folders. What a link led to was never touched.
    """
    before, outside = picture(root), picture(tmp_path / "outside")
    home = str(tmp_path / "state")
    with swapped_files.swapped(home, str(root), FILES):
        for path, put in FILES.items():
            if put is FROZEN:
                assert (root / path).read_bytes() == FROZEN.raw
                assert not (root / path).is_symlink()
        assert not (root / "tests" / "conftest.py").exists()
        assert os.readlink(root / "tests" / "to_test.py") == "test_changed.py"
        assert picture(tmp_path / "outside") == outside
        swapped_files.recover(home)  # of another process: this one is at work
        assert (root / "gone/deep/test_z.py").exists()

    assert picture(root) == before
    assert picture(tmp_path / "outside") == outside
    assert swapped_files.list_left(home) == []


def test_what_is_written_meanwhile(root: Path, tmp_path: Path) -> None:
    """A frozen file that is changed during the run does not stay; a copy goes to the trash."""
    before = picture(root)
    with swapped_files.swapped(str(tmp_path / "state"), str(root), FILES):
        (root / "tests" / "test_changed.py").write_text("edited by hand\n")
        (root / "tests" / "conftest.py").write_text("written by the run\n")
    assert picture(root) == before
    kept = {path.read_text() for path in (tmp_path / "state" / "trash").iterdir()}
    assert kept == {"edited by hand\n", "written by the run\n"}


def _dies_at(step: int, home: str, root: str) -> bool:
    """Swap and put back in a process that is killed at its step of that number; whether it was."""
    child = os.fork()
    if child == 0:
        count = 0

        def count_steps(event: str, arguments: object) -> None:
            nonlocal count
            if event in _STEPS:
                count += 1
                if count == step:
                    os._exit(9)

        sys.addaudithook(count_steps)
        try:
            with swapped_files.swapped(home, root, FILES):
                pass
        finally:
            os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9


def test_killed_at_every_step(root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next start puts all back, and leaves nothing of its own in the worktree."""
    monkeypatch.setattr(os, "fsync", lambda _: None)  # no power is cut here
    before, outside = picture(root), picture(tmp_path / "outside")
    home, step = str(tmp_path / "state"), 1
    while _dies_at(step, home, str(root)):
        swapped_files.recover(home, str(root))

        assert picture(root) == before, step
        assert picture(tmp_path / "outside") == outside, step
        assert swapped_files.list_left(home) == []
        step += 1
    assert step > 60


def test_a_damaged_journal(root: Path, tmp_path: Path) -> None:
    """It is named and kept: it has the only copy of the session's files."""
    path = tmp_path / "state" / "swapped" / "0123456789abcdef.json"
    path.parent.mkdir(parents=True)
    path.write_text(f'{{"root": "{root}", "was": [{{}}]}}')
    with pytest.raises(HandoffError, match="is damaged"):
        swapped_files.recover(str(tmp_path / "state"), str(root))
    assert path.exists()
