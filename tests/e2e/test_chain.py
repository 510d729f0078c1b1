"""A chain of three sessions on the real client, with a 429 in the middle: what the user said in the
first and what was decided in the second is in the third one's first request.
"""

from __future__ import annotations

import json
import re
import threading
from typing import TYPE_CHECKING

import pytest

from .clients import both_clients
from .harness import HANDS_FREE, until
from .model import ASKS_FOR_A_BRIEF, REPORTED, Model, calls, runs, says
from .session import NO_BREAKER, ONE_RETRY, asks, handoff, hold, log, open_briefs, refusing
from .starter import DONE, Starter

if TYPE_CHECKING:
    from pathlib import Path

    from handoff.demo.api import Reply, Request

    from .harness import Terminal, World

CONSTRAINT = "Never change the public API of parser.py, and keep Python 3.9 working."
PROMPT = f"{CONSTRAINT} List every price on the receipt."
MEANWHILE = "The total must stay on a line of its own"
QUESTION = "Which sign stands in front of a price?"
ANSWER = "The word EUR"
REFUSED = "do not install anything, use unittest"
# Neither brief repeats what the user said: code must carry it.
FIRST = """# List every price on the receipt
## Task
receipt() in till/receipt.py should list every price before the total.
## Next step
Put one line per price into till/receipt.py.
## Decisions
Lines are joined with a newline, because the printer cuts wrapped ones."""
FIRST_STEP = "Put one line per price into till/receipt.py."
FIRST_DECISION = "Lines are joined with a newline, because the printer cuts wrapped ones."
SECOND = """# Format every price on the receipt
## Task
receipt() uses format_price() for every line.
## Next step
Call format_price() in receipt().
## Decisions
Prices are formatted in till/prices.py, because two callers need it."""
SECOND_STEP = "Call format_price() in receipt()."
SECOND_DECISION = "Prices are formatted in till/prices.py, because two callers need it."
NO_MODEL = "No model wrote this brief"
API_ERROR = re.compile(r"\b429\b|rejected|Too many requests")
GO = "please proceed"


def writes(brief: str) -> str:
    return f"handoff write <<'BRIEF'\n{brief}\nBRIEF"


def given(request: Request) -> str:
    """The brief that a session's first request holds."""
    return request.text.partition("<handoff-brief ")[2].partition("</handoff-brief>")[0]


def section(brief: str, name: str) -> str:
    return brief.partition(f"\n## {name}\n")[2].partition("\n## ")[0]


def check_third(first: Request, next_step: str, *decisions: str) -> None:
    """What the third session is told before anything else."""
    brief = given(first)
    assert CONSTRAINT in brief
    for decision in decisions:
        assert decision in brief
    assert next_step in section(brief, "Next step")
    assert not API_ERROR.search(section(brief, "Next step"))
    assert brief.count(NO_MODEL) <= 1
    assert "till/prices.py" in brief


def answer_all(terminal: Terminal, busy: threading.Event) -> None:
    """What the user does while the first session works: types on, chooses, refuses with words."""
    terminal.submit(MEANWHILE)
    terminal.wait_for(MEANWHILE)
    busy.set()
    terminal.wait_for(re.escape(QUESTION), 40)
    terminal.wait_for(rf"❯ 1\. {ANSWER}")
    terminal.press_until("Enter", rf"→ {ANSWER}")
    screen = terminal.wait_for(r"^ +[34]\. No$", 40)
    for number in range(2, 5 if "4. No" in screen else 4):
        terminal.press_until("Down", rf"❯ {number}\. ")
    terminal.press_until("Tab", r"❯ [34]\. No, .+")
    terminal.type(REFUSED)
    terminal.wait_for(REFUSED)
    terminal.press("Enter")


@both_clients
def test_by_clear(world: World) -> None:
    """Three sessions by /handoff and /clear. In the first the user rules something out, types on
    while the model works, answers its question, and refuses a call with words; the second decides
    in a brief, works on and makes a file, and is cut off by a 429.
    """
    busy = threading.Event()
    prices, notes = (str(world.project / "till" / name) for name in ("prices.py", "notes.md"))
    choice = {"label": ANSWER, "description": "As printed"}, {"label": "None", "description": "-"}
    question = {"question": QUESTION, "header": "Sign", "options": choice, "multiSelect": False}
    read = calls("Read", 20_000, file_path=str(world.project / "till" / "receipt.py"))
    model = Model(
        hold(read, busy),
        calls("Write", 20_500, file_path=notes, content="The printer is 40 columns wide.\n"),
        calls("AskUserQuestion", 21_000, questions=[question]),
        runs("python3 fetch.py rich", 22_000),
        says("I use unittest then.", 23_000),
        says("I begin with the prices.", 20_000),
        calls("Write", 31_000, file_path=prices, content="def format_price(p):\n    return p\n"),
        *refusing(1),
        says("I go on.", 8_000),
        command=writes(FIRST),
        tokens=30_000,
    )
    with world.serve(model) as api:
        with world.terminal("--permission-mode", "acceptEdits", extra_env=ONE_RETRY) as terminal:
            terminal.ready()
            terminal.submit(PROMPT)
            api.wait_for(asks(CONSTRAINT))
            answer_all(terminal, busy)
            terminal.wait_for(r"I use unittest then\.", 40)
            hand_over(terminal)
            terminal.submit("/clear")
            terminal.wait_for("picked up")
            terminal.submit(GO)
            terminal.wait_for(r"I begin with the prices\.", 40)

            model.command = writes(SECOND)
            hand_over(terminal)
            (own,) = open_briefs(world)
            terminal.submit("carry on here")
            terminal.wait_for(r"Request rejected \(429\)", 40)
            assert until(lambda: len(set(open_briefs(world)) - {own}) == 1, 20), "no snapshot"
            assert until(lambda: own not in open_briefs(world), 20), "two briefs"
            (snapshot,) = open_briefs(world)
            terminal.ready()
            terminal.submit("/clear")
            terminal.wait_for("picked up")
            terminal.submit("and now the third")
            third = api.wait_for(asks("and now the third"))
            terminal.wait_for(r"I go on\.")

    found = handoff(world, "recall", snapshot.stem, "public API of the parser")
    assert re.search(rf"\[turn [0-9a-f]{{4}}:1, [^]]+: the user said\]\n> {CONSTRAINT}", found)
    assert "author: snapshot" in snapshot.read_text()
    assert "till/notes.md" in given(third), "the first session's, and not committed"
    second = next(r for r in api.main_requests if GO in r.new_text)
    is_recorded = "user_reject" in "".join(p.read_text() for p in world.transcripts())
    for request in (second, third):
        brief = given(request)
        said = [CONSTRAINT, MEANWHILE, QUESTION, ANSWER]
        if is_recorded:  # 2.1.197 does not say who refused: the words may be somebody else's
            said.append(REFUSED)
        assert not [words for words in said if words not in brief]
    refusal = f"{REFUSED} (refusing the call: “Bash: python3 fetch.py rich”)"
    assert refusal in given(third) if is_recorded else f"(unconfirmed) {refusal}" in given(second)
    check_third(third, SECOND_STEP, SECOND_DECISION, FIRST_DECISION)
    assert log(world) == ""


def hand_over(terminal: Terminal) -> None:
    """`/handoff`, to the end of its turn."""
    terminal.ready()
    terminal.submit("/handoff:handoff")
    terminal.wait_for(r"The brief is written\.[^●]*says: handoff: brief", 40)
    terminal.ready()


class Capped:
    """A model of sessions that are started one after another: the first is full at once and writes
    FIRST; the second writes SECOND if `decides`, makes a file, and is refused then; the third
    finishes its brief.
    """

    def __init__(self, prices: Path, *, decides: bool) -> None:
        write = calls("Write", 21_000, file_path=str(prices), content="def format_price(): ...\n")
        decision = [runs(writes(SECOND), 20_000)] if decides else []
        self.second = [*decision, write]
        self.sessions: list[str] = []
        self.firsts: list[Request] = []

    def __call__(self, request: Request, _: int) -> Reply:
        if request.session_id not in self.sessions:
            self.sessions.append(request.session_id)
            self.firsts.append(request)
        number = self.sessions.index(request.session_id)
        if number == 0:
            return self._first(request)
        if number == 1:
            return self.second.pop(0) if self.second else refusing(1)[0]
        brief = re.search(r'<handoff-brief id="([^"]+)"', request.text)
        assert brief
        finished = "Done; greeting" in json.dumps(request.body["messages"])
        return says("All done.", 24_000) if finished else runs(DONE.format(brief[1]), 23_000)

    def _first(self, request: Request) -> Reply:
        if REPORTED in request.new_text:
            return says("The brief is written.", 206_000)
        if ASKS_FOR_A_BRIEF in request.new_text:
            return runs(writes(FIRST), 206_000)
        if any(result.text for result in request.tool_results):
            return says("I have read it.", 205_000)
        return runs("cat till/receipt.py", 20_000)


@pytest.mark.parametrize("decides", [True, False], ids=["own-brief", "parents-brief"])
def test_by_relay(world: World, decides: bool) -> None:
    """`handoff relay` from the brief of a session with the user: its first session makes a file and
    is refused by the API, with a brief of its own or without; the next one is told all.
    """
    start = Starter(world)
    start.configure(f"headless: write\n{NO_BREAKER}routes:\n- use_below\n")
    model = Capped(world.project / "till" / "prices.py", decides=decides)
    with world.serve(model):
        world.print(PROMPT, *HANDS_FREE)
        (first,) = open_briefs(world)
        env = {**world.client_env, **ONE_RETRY}
        relayed = start("relay", first.stem, "--yes", "--json", env=env)
    assert relayed.code == 0, (relayed.out, relayed.err)
    verdicts = [one["verdict"] for one in relayed.json["sessions"]]
    assert len(model.sessions) == 3, (verdicts, relayed.err)
    next_step = SECOND_STEP if decides else FIRST_STEP
    decisions = [SECOND_DECISION] if decides else []
    check_third(model.firsts[2], next_step, FIRST_DECISION, *decisions)
    assert log(world) == ""
