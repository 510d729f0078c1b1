"""A session without a transcript, and one whose state directory cannot be written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model import WRITE, Model, runs
from .session import PROMPT, log, open_briefs

if TYPE_CHECKING:
    from .harness import World


def test_without_a_transcript(world: World) -> None:
    """`--no-session-persistence`: the brief says that there are no facts, and promises nothing."""
    with world.serve(Model(runs(WRITE, 20_000))):
        done = world.print(PROMPT, "--no-session-persistence", "--allowedTools", "Bash")
    assert done.returncode == 0
    assert world.transcripts() == []
    text = open_briefs(world)[0].read_text()
    assert "Its session kept no transcript" in text
    assert "handoff recall" not in text
    assert log(world) == ""


def test_a_state_directory_that_cannot_be_written(world: World) -> None:
    """The start of the client says so, under its banner, with the path and what to do."""
    away = {"HANDOFF_HOME": "/proc/handoff"}  # not even root makes one there
    with world.serve(Model()), world.terminal(extra_env=away) as terminal:
        terminal.wait_for(r"handoff: the state directory /proc/handoff cannot be written")
        terminal.wait_for(r"HANDOFF_HOME\s+to\s+another\s+directory")
