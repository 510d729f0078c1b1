"""A claim that the facts contradict, on the real client: it goes back to the model, once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .model import BRIEF, Model, runs, says
from .session import log, open_briefs

if TYPE_CHECKING:
    from handoff.demo.api import Reply, Request

    from .harness import World

CLAIM = BRIEF.replace("In progress, nothing is proven.", "The prices are listed. All tests pass.")
WRITE = f"handoff write <<'BRIEF'\n{CLAIM}\nBRIEF"


class Stubborn(Model):
    """Sends the same brief again when it comes back."""

    def __init__(self, *replies: Reply) -> None:
        super().__init__(*replies, command=WRITE)
        self.sent_back: list[str] = []

    def __call__(self, request: Request, number: int) -> Reply:
        if "is not stored yet" in request.new_text:
            self.sent_back.append(request.new_text)
            return runs(WRITE, self.tokens)
        return super().__call__(request, number)


def test_a_contradiction_goes_back_once(world: World) -> None:
    """The tests failed, the brief says that they pass: the model is told why, its second attempt is
    stored and committed without a key press, and the finding stands in it.
    """
    model = Stubborn(runs("python3 -m unittest -q", 20_000), says("Two of them fail.", 205_000))
    with world.serve(model), world.terminal("--allowedTools=Bash(python3:*)") as terminal:
        terminal.ready()
        terminal.submit("List every price on the receipt")
        terminal.wait_for(r"brief “List every price on the receipt” written, committed as", 40)

    (told,) = model.sent_back
    assert "“All tests pass.”: the last run of `python3 -m unittest -q` failed" in told
    (brief,) = open_briefs(world)
    text = brief.read_text()
    assert text.count("the last run of `python3 -m unittest -q` failed") == 1
    assert text.index("## State") < text.index("## Findings") < text.index("## Facts")
    assert f'handoff recall {brief.stem} "what you need"' in text
    assert not list((world.state / "drafts").glob("*/*.md"))
    assert log(world) == ""
