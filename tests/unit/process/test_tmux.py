"""A program in a tmux window."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import tempfile
from typing import TYPE_CHECKING

from handoff.process import tmux as process_tmux
from support.paths import short_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest


@contextlib.contextmanager
def tmux_server(home: Path) -> Iterator[dict[str, str]]:
    """An environment with a tmux server of its own, which ends."""
    tmux = shutil.which("tmux")
    assert tmux
    with short_folder() as sockets:
        env = {"PATH": os.environ["PATH"], "HOME": str(home), "TMUX_TMPDIR": str(sockets)}
        try:
            yield env
        finally:
            subprocess.run([tmux, "kill-server"], env=env, check=False, capture_output=True)


def test_a_folder_that_tmux_would_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name with `#(…)` in it is a name, for tmux too; the program runs in that folder."""
    folder = tmp_path / "a#(touch ran)#{b}"
    folder.mkdir()
    monkeypatch.chdir(tmp_path)  # where tmux would run it
    fifo = tmp_path / "where"
    os.mkfifo(fifo)
    with tmux_server(tmp_path) as env:
        process_tmux.in_tmux(["sh", "-c", f"pwd > {fifo}"], str(folder), env, "name", env)
        assert fifo.read_text().strip() == str(folder)
    assert not list(tmp_path.rglob("ran"))


def test_a_long_tmpdir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A TMPDIR too long for a socket's path does not keep a window from being opened."""
    folder = tmp_path / ("x" * 120)
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    fifo = tmp_path / "where"
    os.mkfifo(fifo)
    with tmux_server(tmp_path) as env:
        process_tmux.in_tmux(["sh", "-c", f"pwd > {fifo}"], str(tmp_path), env, "name", env)
        assert fifo.read_text().strip() == str(tmp_path)
