"""A failure after a pick-up, on the real client: the snapshot is no poorer than the brief."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.brief import document

from .clients import both_clients
from .harness import HANDS_FREE, until
from .model import Model, runs, says
from .session import (
    ONE_RETRY,
    PROMPT,
    asks,
    log,
    open_briefs,
    refusing,
    sessions,
    wait_for_brief,
    work,
)

if TYPE_CHECKING:
    from .harness import World

TESTS = "python3 -m unittest -q"
WORDS = {
    "Task": "receipt() in till/receipt.py should list every price before the total.",
    "Constraints": "“never touch till/basket.py”",
    "Next step": "Join one line per price in till/receipt.py.",
    "State": "The loop is there; the join is not.",
    "Decisions": "No template engine: it is too slow at the till.",
    "Verify": f"`{TESTS}` passes.",
    "Questions": "Which currency?",
}
BRIEF = "# List every price on the receipt\n" + "\n".join(
    f"## {name}\n{text}" for name, text in WORDS.items()
)
WRITE = f"handoff write --verify '{TESTS}' <<'BRIEF'\n{BRIEF}\nBRIEF"


@both_clients
def test_a_rate_limit_after_a_pickup(world: World) -> None:
    """A session picks a model's brief up, runs the tests, and gets a 429: all sections stand word
    for word in the snapshot, with how the tests went, and the session after it is given them.
    """
    model = Model(
        *work(world), runs(TESTS, 20_000), *refusing(1), says("On.", 9_000), command=WRITE
    )
    with (
        world.serve(model) as api,
        world.terminal(*HANDS_FREE, extra_env=ONE_RETRY) as terminal,
    ):
        terminal.ready()
        terminal.submit(PROMPT)
        wait_for_brief(world)
        (first,) = open_briefs(world)
        terminal.wait_for(r"brief “List every price on the receipt” written")
        terminal.submit("/clear")
        terminal.wait_for("picked up")
        terminal.submit("please proceed")
        terminal.wait_for(r"Request rejected \(429\)", 40)
        assert until(lambda: first not in open_briefs(world), 20), "no snapshot"
        (second,) = open_briefs(world)
        terminal.ready()
        terminal.submit("/clear")
        assert until(lambda: second.stem in [s.get("picked") for s in sessions(world)], 20)
        terminal.ready()
        terminal.submit("go on")
        given = api.wait_for(asks("go on"))
        terminal.wait_for("On.")

    brief = document.parse(second.read_bytes(), second.name)
    assert (brief.author, brief.trigger, brief.parent) == ("snapshot", "cap", first.stem)
    assert (brief.title, brief.verify) == ("List every price on the receipt", (TESTS,))
    for name, text in WORDS.items():
        assert text in brief.sections[name]
        assert text in given.text
    assert f"- ran: `{TESTS}` (" in brief.sections["State"]
    assert "[ran since: " in brief.sections["Verify"]
    assert "429" not in brief.sections["Next step"]
    assert f'<handoff-brief id="{second.stem}">' in given.text
    assert log(world) == ""
