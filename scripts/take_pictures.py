r"""Take the pictures of the documentation from the real client, in a real terminal.

    HANDOFF_TEST_CLIENTS=<directory with <version>/node_modules/.bin/claude> \
        python scripts/take_pictures.py

It plays the scenes with the tests' harness, reads the screen with its colours from tmux and lets
rich draw it as SVG.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "plugin"), str(ROOT / "tests")]

from rich.console import Console  # noqa: E402
from rich.text import Text  # noqa: E402

from e2e.harness import Terminal, World  # noqa: E402
from e2e.model import Model, calls, says  # noqa: E402

PROMPT = "List every price on the receipt, never touch till/basket.py"


def draw(terminal: Terminal, title: str, path: Path) -> None:
    """Save what `terminal` shows as SVG, without the empty space above the prompt."""
    text = re.sub(r"\n{4,}", "\n\n", terminal.coloured_screen().strip("\n"))
    console = Console(record=True, width=120, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text), soft_wrap=True)
    path.write_text(console.export_svg(title=title))
    print(path.relative_to(ROOT))


def pick_up(world: World, runtime: Path) -> None:
    """The main job: a brief is written, /clear, the next session has it."""
    receipt = str(world.project / "till" / "receipt.py")
    model = Model(
        calls("Read", 20_000, file_path=receipt),
        says("The receipt shows the total only. I will list each price above it.", 205_000),
        says(
            "Next step: one line per price above the total. till/basket.py stays as it is.", 8_000
        ),
    )
    with world.serve(model), world.terminal() as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for("written, committed as")
        terminal.submit("/clear")
        terminal.wait_for("picked up")
        terminal.submit("go on")
        terminal.wait_for("stays as it is")
        terminal.wait_for(r"✻ \w+ for")
        terminal.wait_for(r"context 8k")
        draw(terminal, "a fresh session", runtime / "pick-up.svg")


def auto_mode(world: World, runtime: Path) -> None:
    """The meter between the thresholds, then the countdown of auto mode."""
    world.configure("mode: auto\n")
    model = Model(
        says("The receipt shows the total only. I will list each price above it.", 150_000),
        says("Each price has its line now; the total comes last.", 205_000),
    )
    with world.serve(model), world.terminal() as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for("fresh session at 200k")
        terminal.wait_for(r"✻ \w+ for")
        draw(terminal, "the meter", runtime / "meter.svg")
        terminal.submit("go on")
        terminal.wait_for(r"goes on in 4 s", 60)
        draw(terminal, "the countdown", runtime / "countdown.svg")


def main() -> None:
    """Play the scenes, each in a world of its own."""
    clients = Path(os.environ["HANDOFF_TEST_CLIENTS"])
    client = clients / "2.1.330" / "node_modules" / ".bin" / "claude"
    for scene in (pick_up, auto_mode):
        with tempfile.TemporaryDirectory(prefix="handoff-") as folder:
            world = World(Path(folder), client)
            scene(world, ROOT / "docs" / "pictures")
            world.close()


if __name__ == "__main__":
    main()
