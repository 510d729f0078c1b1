r"""Take the pictures of the documentation from the real client, in a real terminal.

    HANDOFF_TEST_CLIENTS=<directory with <version>/node_modules/.bin/claude> \
        python docs/pictures/take.py

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

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "plugin"), str(ROOT / "tests")]

from rich.console import Console  # noqa: E402
from rich.text import Text  # noqa: E402

from e2e.harness import Terminal, World  # noqa: E402
from e2e.model import Model, calls, says  # noqa: E402


def draw(terminal: Terminal, title: str, path: Path) -> None:
    """Save what `terminal` shows as SVG, without the empty space above the prompt."""
    text = re.sub(r"\n{4,}", "\n\n", terminal.coloured_screen().strip("\n"))
    console = Console(record=True, width=120, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text), soft_wrap=True)
    path.write_text(console.export_svg(title=title))
    print(path.relative_to(ROOT))


def main() -> None:
    """Play the main job and draw the pick-up."""
    clients = Path(os.environ["HANDOFF_TEST_CLIENTS"])
    client = clients / "2.1.330" / "node_modules" / ".bin" / "claude"
    here = Path(__file__).parent
    with tempfile.TemporaryDirectory(prefix="handoff-") as folder:
        world = World(Path(folder), client)
        receipt = str(world.project / "till" / "receipt.py")
        model = Model(
            calls("Read", 20_000, file_path=receipt),
            says("The receipt shows the total only. I will list each price above it.", 205_000),
            says(
                "Next step: one line per price above the total. till/basket.py stays as it is.",
                8_000,
            ),
        )
        with world.serve(model), world.terminal() as terminal:
            terminal.ready()
            terminal.submit("List every price on the receipt, never touch till/basket.py")
            terminal.wait_for("written, committed as")
            terminal.submit("/clear")
            terminal.wait_for("picked up")
            terminal.submit("go on")
            terminal.wait_for("stays as it is")
            terminal.wait_for(r"✻ \w+ for")
            draw(terminal, "a fresh session", here / "pick-up.svg")
        world.close()


if __name__ == "__main__":
    main()
