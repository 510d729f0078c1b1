"""What the real client gives the next session of a brief that is longer than it takes whole."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .clients import both_clients
from .model import Model, says
from .session import PROMPT, asks, log, open_briefs, work

if TYPE_CHECKING:
    from .harness import World

# A character each of one, two and four bytes in UTF-16 or UTF-8, so that no other count fits.
STATE = "\n".join(f"{n} 値札を読む 🧾🎉 𠮷野家 the receipt is read" for n in range(500))
RULES = "\n".join(f"- rule {n}: 触らない till/basket.py 🚫" for n in range(40))
BRIEF = f"""# List every price 🧾
## Task
receipt() should list every price before the total.
## Constraints
{RULES}
## Next step
Join one line per price in till/receipt.py.
## State
{STATE}"""


@both_clients
def test_a_long_brief_of_emoji_arrives_whole(world: World) -> None:
    """At the highest limit that can be set the client shows no preview: what is injected is there
    to its end, and the rest is in the named file from the named line on.
    """
    world.configure("brief: {inject_chars: 9900, max_tokens: 30000}\nheadless: write\n")
    command = f"handoff write --verify 'python3 -m unittest' <<'BRIEF'\n{BRIEF}\nBRIEF"
    model = Model(*work(world), says("I go on.", 8_000), command=command)
    with world.serve(model) as api, world.terminal() as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for(r"brief “List every price 🧾” written, committed as", 40)
        (brief,) = open_briefs(world)
        terminal.submit("/clear")
        terminal.wait_for("picked up “List every price")
        terminal.submit("please proceed")
        text = api.wait_for(asks("please proceed")).text

    assert "persisted-output" not in text
    injected = text[text.index("This session continues earlier work") :]
    injected = injected[: injected.index("OUTCOME on a line of its own.")]
    assert 9_500 < len(injected.encode("utf-16-le")) // 2 <= 9_900
    assert RULES in injected
    assert "Join one line per price in till/receipt.py." in injected
    assert "Verify with: `python3 -m unittest`." in injected.partition("</handoff-brief>")[2]
    rest = re.search(r"State from line (\d+).*Read (/.*\.md) from line \1\b", injected)
    assert rest is not None
    assert rest[2].endswith(f"/.handoff/open/{brief.name}")
    shown = injected.partition("## State\n")[2].partition("\n[…]")[0]
    line = brief.read_text().split("\n")[int(rest[1]) - 1]
    assert line == STATE.split("\n")[shown.count("\n") + 1]
    assert log(world) == ""
