"""The relay on the real client: one session starts the next, and stops when it shall."""

from __future__ import annotations

import re
import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from .conftest import OLDEST
from .harness import until
from .model import ASKS_FOR_A_BRIEF, REPORTED, WRITE, calls, runs, says
from .test_main_job import log, open_briefs, sessions

if TYPE_CHECKING:
    from handoff.demo.api import Reply, Request

    from .harness import World

PROMPT = "List every price on the receipt, never touch till/basket.py"
GO = "Go on with the handoff brief"
STOPPED = r"relay stopped"


class Relay:
    """A model whose task has `steps`, of which each turn does one and is full then."""

    def __init__(self, world: World, steps: int) -> None:
        self.world = world
        self.steps = steps
        self.done: list[tuple[str, int]] = []
        self.asked: list[Request] = []
        self.firsts: dict[str, Request] = {}

    def __call__(self, request: Request, _: int) -> Reply:
        self.firsts.setdefault(request.session_id, request)
        if REPORTED in request.new_text:
            return says("The brief is written.", 206_000)
        if ASKS_FOR_A_BRIEF in request.new_text:
            self.asked.append(request)
            return runs(WRITE, 206_000)
        if any(result.text for result in request.tool_results):
            return says(f"Step {len(self.done)} is done.", self._full())
        if len(self.done) == self.steps:
            return says("All is done.", 30_000)
        self.done.append((request.session_id, len(self.done) + 1))
        receipt = str(self.world.project / "till" / "receipt.py")
        return calls("Read", 20_000, file_path=receipt)

    def _full(self) -> int:
        return 205_000 if len(self.done) < self.steps else 30_000


def briefs(world: World) -> list[dict[str, Any]]:
    """The front matter of every brief in the project, oldest first."""
    found = []
    for path in sorted((world.project / ".handoff").glob("*/*.md")):
        lines = path.read_text().partition("\n---\n")[0].splitlines()
        pairs = (line.partition(": ")[::2] for line in lines if ": " in line)
        found.append({"folder": path.parent.name, **{key.strip(): value for key, value in pairs}})
    return found


def test_three_sessions_with_nobody_at_the_keyboard(world: World) -> None:
    """In permission mode `default`: three sessions do three steps, each brief is committed and
    picked up by the next, and the chain is recorded. The fourth relay is one too many.
    """
    world.configure("mode: relay\nrelay: {cooldown_s: 0, countdown_s: 1, max_chain: 2}\n")
    model = Relay(world, 9)
    with world.serve(model), world.terminal() as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for(r"\(relay\.max_chain\)", 60)
        screen = terminal.screen()

    ids = [session for session, _ in model.done]
    assert len(set(ids)) == 3, ids
    assert [step for _, step in model.done] == [1, 2, 3]
    found = briefs(world)
    assert len(found) == 3
    assert [one["author"] for one in found] == ["model"] * 3
    assert [one.get("parent", "") for one in found[1:]] == [one["id"] for one in found[:2]]
    for one, session in zip(found[:2], ids[1:], strict=True):
        assert f'<handoff-brief id="{one["id"]}">' in model.firsts[session].text
        assert GO in model.firsts[session].new_text
    commits = world.git("log", "--format=%s", "--", ".handoff").splitlines()
    assert len(commits) >= 3
    assert world.git("status", "--porcelain") == ""
    assert len(model.asked) == 3, "one handoff a climb"
    assert "/clear starts a fresh session" in re.sub(r"\s+", " ", screen)
    states = {one["transcript"].rpartition("/")[2][:36]: one for one in sessions(world)}
    assert [states[name].get("chain", 0) for name in ids] == [0, 1, 2]
    assert not list((world.state / "next").glob("*")), "nothing is left to do"
    assert not list((world.state / "mod").glob("*"))
    assert log(world) == ""


def test_whoever_is_there_comes_first(world: World) -> None:
    """While somebody types nothing is handed over; Escape stops the countdown; text that was typed
    before a relay is in the prompt after it.
    """
    world.configure("mode: relay\nrelay: {cooldown_s: 0, countdown_s: 3}\n")
    first, brief = threading.Event(), threading.Event()
    model = Relay(world, 9)

    def script(request: Request, index: int) -> Reply:
        reply = model(request, index)
        if reply.text.startswith("Step 1 "):
            return hold(reply, first)
        return (
            hold(reply, brief) if len(model.asked) == 2 and reply.text.startswith("The") else reply
        )

    with world.serve(script), world.terminal() as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for("Read(ing| 1 file)")
        terminal.type("half a thought")
        first.set()
        terminal.wait_for("writing a brief for a fresh session")
        terminal.wait_for(r"✻ \w+ for")
        assert until(lambda: "typing" in mod_says(world), 10)
        assert not model.asked
        terminal.press("C-u")
        terminal.submit("go on then")
        terminal.wait_for(r"a fresh session goes on in \d s · Escape stops it", 30)
        terminal.press("Escape")
        terminal.wait_for(STOPPED)
        terminal.wait_for(r"206k of 1M .* brief written, /clear goes on from it")
        assert len({session for session, _ in model.done}) == 1

        terminal.submit("/clear")
        terminal.wait_for("picked up")
        terminal.submit("go on here")
        assert until(lambda: len(model.asked) == 2, 30)
        terminal.type("half typed text")
        brief.set()
        terminal.wait_for(r"^❯\sGo on with the handoff brief", 30)
        terminal.wait_for(r"^❯\s(?=half typed text)")
        assert until(lambda: len({session for session, _ in model.done}) == 3, 20)
    assert log(world) == ""


@pytest.mark.parametrize("client_path", [OLDEST], indirect=True)
def test_a_client_without_mods(world: World) -> None:
    """2.1.197 ignores the mod: the brief is written as ever, and the user told to /clear."""
    world.configure("mode: relay\n")
    with world.serve(Relay(world, 2)), world.terminal() as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for(r"runs no mod\.", 30)
        assert not re.search(r"\d+k of \d", terminal.screen())
        assert len(open_briefs(world)) == 1
        terminal.submit("/clear")
        terminal.wait_for("picked up")
    assert not (world.state / "mod").exists()
    assert log(world) == ""


def hold(reply: Reply, until_set: threading.Event) -> Reply:
    """The reply, held."""
    return replace(reply, hold=until_set)


def mod_says(world: World) -> str:
    """All that the mod wrote for the hooks."""
    return "".join(path.read_text() for path in (world.state / "mod").glob("*.json"))
