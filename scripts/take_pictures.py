r"""Take the pictures of the documentation from the real client, in a real terminal.

    HANDOFF_TEST_CLIENTS=<directory with <version>/node_modules/.bin/claude> \
        python scripts/take_pictures.py

It plays the scenes with the tests' harness and reads the screen with its colours from tmux. Rich
draws the still pictures as SVG, `moving_picture.py` the one that moves.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "plugin"), str(ROOT / "tests")]

from moving_picture import COMMON, Film, animate  # noqa: E402
from rich.console import Console  # noqa: E402
from rich.text import Text  # noqa: E402

from e2e.harness import HANDS_FREE, Terminal, World  # noqa: E402
from e2e.model import Model, calls, says  # noqa: E402

if TYPE_CHECKING:
    from handoff.demo.api import Reply, Request

PROMPT = "List every price on the receipt, never touch till/basket.py"
OLD = '    return f"Total: {total(prices) / 100:.2f}"'
NEW = """    lines = [f"{price / 100:.2f}" for price in prices]
    return "\\n".join([*lines, f"Total: {total(prices) / 100:.2f}"])"""
BRIEF = """# List every price on the receipt
## Task
receipt() in till/receipt.py lists every price before the total.
## Constraints
"never touch till/basket.py"
## Next step
Print one line for an empty basket in till/receipt.py.
## State
receipt() prints a line for each price. An empty basket has none yet.
## Decisions
Prices are printed in cents / 100 with two digits, as the total is.
## Verify
python -m unittest"""


def draw(world: World, terminal: Terminal, title: str, path: Path) -> None:
    """Save what `terminal` shows as SVG, without the empty space above the prompt and the name of
    the temporary folder.
    """
    text = terminal.coloured_screen().replace(str(world.project), "~/till")
    text = re.sub(r"\n{4,}", "\n\n", text.strip("\n")).translate(COMMON)
    console = Console(record=True, width=120, file=io.StringIO(), force_terminal=True)
    console.print(Text.from_ansi(text), soft_wrap=True)
    path.write_text(console.export_svg(title=title))
    print(path.relative_to(ROOT))


def handoff(world: World, folder: Path) -> None:
    """The main job: the meter fills, a brief is written and committed, the next session has it."""
    receipt = str(world.project / "till" / "receipt.py")
    model = Model(
        calls("Read", 38_000, file_path=receipt),
        says("The receipt shows the total only. I will print each price above it.", 64_000),
        calls("Edit", 97_000, file_path=receipt, old_string=OLD, new_string=NEW),
        says("Each price has its line now. The test for an empty basket still fails.", 148_000),
        says("An empty basket needs a line of its own; I have not written it yet.", 204_000),
        says("Next: one line for an empty basket. till/basket.py stays as it is.", 21_000),
        command=f"handoff write <<'BRIEF'\n{BRIEF}\nBRIEF",
    )
    size = (100, 26)

    def answer(request: Request, number: int) -> Reply:
        """As slow as a model, or nobody could read along."""
        time.sleep(1.2)
        return model(request, number)

    def screen() -> str:
        """Without the name of the temporary folder."""
        return terminal.coloured_screen().replace(str(world.project), "~/till")

    with world.serve(answer), world.terminal(*HANDS_FREE, size=size) as terminal:
        terminal.ready()
        film = Film(screen, size[1])
        film.caption = "A session works, and the meter above the prompt fills."
        for prompt, tokens in ((PROMPT, "64k"), ("do it", "148k")):
            _type(film, terminal, prompt)
            film.until(rf"\b{tokens}\b")
            film.take(1.6)
        film.caption = "Past the handoff threshold the session is asked for its brief."
        _type(film, terminal, "and an empty basket?")
        film.until("❯ /handoff")
        film.caption = "Code checks it, adds the facts and commits it, alone."
        film.until("committed")
        film.until(r"✻ \w+ for")
        film.take(3)
        film.caption = "/clear starts a fresh session, which picks the brief up."
        _type(film, terminal, "/clear")
        film.until("(?i)picked up")
        film.take(2.5)
        film.caption = "It knows the task, the constraints and the next step."
        _type(film, terminal, "continue")
        film.until("stays as it is")
        film.until(r"\b21k\b")
    moving = animate(film.cut(), "handoff: from a full session to a fresh one", *size)
    (folder / "handoff.svg").write_text(moving)
    print(f"docs/pictures/handoff.svg, {len(moving) // 1000} kB")


def _type(film: Film, terminal: Terminal, text: str) -> None:
    """Type as a person does, and press Enter."""
    for at in range(0, len(text), 6):
        terminal.type(text[at : at + 6])
        time.sleep(0.15)
        film.take(0.15)
    terminal.wait_for(re.escape(text[-20:]))
    film.take(0.5)
    terminal.press("Enter")


def auto_mode(world: World, folder: Path) -> None:
    """The meter between the thresholds, then the countdown of auto mode."""
    world.configure("mode: auto\n")
    model = Model(
        says("The receipt shows the total only. I will list each price above it.", 150_000),
        says("Each price has its line now; the total comes last.", 205_000),
    )
    with world.serve(model), world.terminal() as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for("150k.* at 200k")
        terminal.wait_for(r"✻ \w+ for")
        draw(world, terminal, "the meter", folder / "meter.svg")
        terminal.submit("continue")
        terminal.wait_for(r"in 4 s", 60)
        draw(world, terminal, "the countdown", folder / "countdown.svg")


def main() -> None:
    """Play the scenes, each in a world of its own."""
    clients = Path(os.environ["HANDOFF_TEST_CLIENTS"])
    client = clients / "2.1.330" / "node_modules" / ".bin" / "claude"
    for scene in (handoff, auto_mode):
        with tempfile.TemporaryDirectory(prefix="handoff-") as folder:
            world = World(Path(folder), client)
            scene(world, ROOT / "docs" / "pictures")
            world.close()


if __name__ == "__main__":
    main()
