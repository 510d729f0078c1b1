"""A `git commit` of the user's that waits in its editor, while a session hands off."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

from .model import Model, says
from .session import PROMPT, log, open_briefs, work

if TYPE_CHECKING:
    from pathlib import Path

    from .harness import World


def test_the_users_commit_comes_first(world: World, tmp_path: Path) -> None:
    """The screen says that the brief's commit is at its ref and why, and so does the next session;
    the user's commit goes through. No reflog is needed for any of that.
    """
    world.git("config", "core.logAllRefUpdates", "false")
    shutil.rmtree(world.project / ".git" / "logs")
    opened, go = tmp_path / "opened", tmp_path / "go"
    for pipe in (opened, go):
        os.mkfifo(pipe)
    editor = tmp_path / "editor"
    editor.write_text(f'#!/bin/sh\necho >"{opened}"\nread line <"{go}"\necho Mine >"$1"\n')
    editor.chmod(0o755)
    (world.project / "mine.txt").write_text("mine\n")
    world.git("add", "mine.txt")
    with subprocess.Popen(
        ["git", "commit", "--quiet"],
        cwd=world.project,
        env={**world.basic_env, "GIT_EDITOR": str(editor)},
    ) as users:
        opened.read_text()
        try:
            with (
                world.serve(Model(*work(world), says("I go on.", 8_000))),
                world.terminal() as shown,
            ):
                shown.ready()
                shown.submit(PROMPT)
                screen = _joined(
                    shown.wait_for(r"(?s)written, not on the branch:.*handoff\s+commit")
                )
                (brief,) = open_briefs(world)
                why = f"(`git commit` is running here, process {users.pid})"
                assert f"kept at refs/handoff/{brief.stem} {why}" in screen

                shown.submit("/clear")
                screen = _joined(
                    shown.wait_for(r"(?s)picked up “List every price.*Type “continue”")
                )
                assert "ago; not on the branch: commit" in screen
                assert f"kept at refs/handoff/{brief.stem} {why}" in screen
        finally:
            go.write_text("\n")
    assert users.returncode == 0
    assert world.git("log", "-1", "--format=%s").strip() == "Mine"
    assert log(world) == ""


def _joined(screen: str) -> str:
    """The words on the screen, whatever lines they are broken into."""
    return " ".join(screen.split())
