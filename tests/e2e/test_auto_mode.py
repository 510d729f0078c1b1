"""Auto mode on the real client: one session starts the next, and stops when it shall."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import signal
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .clients import OLDEST
from .harness import until
from .model import (
    ASKS_FOR_A_BRIEF,
    REPORTED,
    WRITE,
    calls,
    is_sent_to_the_command,
    runs,
    says,
)
from .session import NO_BREAKER, handoff, hold, log, open_briefs, sessions

if TYPE_CHECKING:
    from handoff.demo.api import Reply, Request

    from .harness import World

PROMPT = "List every price on the receipt, never touch till/basket.py"
GO = "Continue with the handoff brief"
STOPPED = (
    r"● handoff: context 205k, over the 200k handoff threshold: brief “List every price on the "
    r"receipt” written, committed as [0-9a-f]+ on main\. Run /clear to continue in a fresh "
    r"session, or keep typing to stay in this one\. To undo: git revert [0-9a-f]+"
)
TOO_SOON = r"the\s+last\s+one\s+started\s+\d+\s+s\s+ago\s+\(auto\.cooldown_s\)"
OPENS = r"Automatic\s+handoffs\s+are\s+paused\s+here\s+for\s+30\s+minutes"
SESSIONS = 10


class Steps:
    """A model whose task has `steps`, of which each turn does one and is full then."""

    def __init__(self, world: World, steps: int) -> None:
        self.world = world
        self.steps = steps
        self.done: list[tuple[str, int]] = []
        self.asked: list[Request] = []
        self.firsts: dict[str, Request] = {}
        self.models: dict[str, set[str]] = {}

    def __call__(self, request: Request, _: int) -> Reply:
        self.firsts.setdefault(request.session_id, request)
        self.models.setdefault(request.session_id, set()).add(request.model)
        if REPORTED in request.new_text:
            return says("The brief is written.", 206_000)
        if is_sent_to_the_command(request):
            return calls("Skill", 205_500, skill="handoff:handoff")
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
    fields = []
    for path in sorted((world.project / ".handoff").glob("*/*.md")):
        lines = path.read_text().partition("\n---\n")[0].splitlines()
        pairs = (line.partition(": ")[::2] for line in lines if ": " in line)
        fields.append({"folder": path.parent.name, **{key.strip(): value for key, value in pairs}})
    return fields


def test_ten_sessions_with_nobody_at_the_keyboard(world: World) -> None:
    """In permission mode `default`: each session does one step, its brief is committed and picked
    up by the next, which asks for the model of its brief's route, and the chain is recorded. The
    eleventh session is one too many. Nothing stays behind: no order, no lock that is held, no claim
    on what is open, no process, and the client's own settings are as they were.
    """
    auto = f"auto: {{cooldown_s: 0, countdown_s: 1, max_chain: {SESSIONS}}}\n"
    world.configure(f"mode: auto\n{auto}{NO_BREAKER}routes: [{{model: haiku}}]\n")
    model = Steps(world, 99)
    with world.serve(model), world.terminal() as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for("a fresh session on haiku continues in 1 s", 30)
        terminal.wait_for(r"\(auto\.max_chain\)", 240)
        screen = terminal.screen()

    ids = [session for session, _ in model.done]
    assert len(ids) == len(set(ids)) == SESSIONS + 1
    all_briefs = briefs(world)
    assert [one["author"] for one in all_briefs] == ["model"] * len(ids)
    assert [one["folder"] for one in all_briefs] == ["done"] * SESSIONS + ["open"]
    assert [one.get("parent", "") for one in all_briefs[1:]] == [
        one["id"] for one in all_briefs[:-1]
    ]
    for one, session in zip(all_briefs, ids[1:], strict=False):
        assert f'<handoff-brief id="{one["id"]}">' in model.firsts[session].text
        assert GO in model.firsts[session].new_text
        assert model.models[session] == {"claude-haiku-5-5"}
    assert model.models[ids[0]] == {model.firsts[ids[0]].model}
    assert "haiku" not in model.firsts[ids[0]].model
    assert not (world.config / "settings.json").exists()
    commits = world.git("log", "--format=%s", "--", ".handoff").splitlines()
    assert len(commits) == len(ids)
    assert world.git("status", "--porcelain") == ""
    assert len(model.asked) == len(ids), "one handoff a cycle"
    assert "Run /clear to continue in a fresh session" in re.sub(r"\s+", " ", screen)
    states = {one["transcript"].rpartition("/")[2][:36]: one for one in sessions(world)}
    assert [states[name].get("chain", 0) for name in ids] == list(range(SESSIONS + 1))

    assert until(lambda: not processes(world), 10), processes(world)
    assert not list((world.state / "next").glob("*"))
    assert not list((world.state / "mod").glob("*"))
    assert claims(world) == {one["id"] for one in all_briefs[:-1]}
    for path in (world.state / "locks").iterdir():
        with path.open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    assert log(world) == ""


def test_the_breaker_opens(world: World) -> None:
    """Sessions that follow one another too fast: no next session within the cool-down; after three
    handoffs within 15 minutes, and after two in a row that did less work than they cost, the user
    is told and no model is asked, until the user closes the breaker or half an hour is over.
    """
    fast = "mode: auto\nauto: {countdown_s: 1}\n"
    world.configure(f"{fast}breaker: {{least_calls: 0}}\n")
    model = Steps(world, 99)

    def goes_on_to(step: int) -> None:
        known = len(claims(world))
        terminal.submit("/clear")
        assert until(lambda: len(claims(world)) > known, 20)
        terminal.wait_for("picked up")
        terminal.submit("go on here")
        terminal.wait_for(f"Step {step} is done")

    with world.serve(model), world.terminal() as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for(TOO_SOON, 60)
        assert len({session for session, _ in model.done}) == 2
        goes_on_to(3)
        terminal.wait_for(OPENS, 30)
        assert len(model.asked) == 3
        goes_on_to(4)
        terminal.wait_for(r"To\s+resume\s+automatic\s+handoffs")
        assert len(model.asked) == 3
        assert "3 handoffs within 15 minutes" in handoff(world, "session", "breaker")
        assert "closed" in handoff(world, "session", "breaker", "--close")

        world.configure(fast)
        terminal.submit("and now?")  # auto mode did not lead to this session, so one may lead on
        terminal.wait_for(OPENS, 60)
        assert len(model.asked) == 5
        assert "after only 2 and 1 tool calls" in handoff(world, "session", "breaker")
        goes_on_to(7)
        terminal.wait_for(r"To\s+resume\s+automatic\s+handoffs")
        assert len(model.asked) == 5
        half_an_hour_later(world)
        terminal.submit("and now?")
        assert until(lambda: len(model.asked) == 6, 30)

    reasons = "".join(path.read_text() for path in (world.state / "why").glob("*"))
    for reason in ("auto.cooldown_s", "3 handoffs within 15 minutes", "2 and 1 tool calls"):
        assert reason in reasons
    assert log(world) == ""


def claims(world: World) -> set[str]:
    """The briefs that some session has."""
    return {path.stem for path in (world.state / "claims").glob("*.json")}


def half_an_hour_later(world: World) -> None:
    """The breaker opened so much longer ago."""
    path = world.state / "breaker.json"
    known = json.loads(path.read_text())
    for one in known.values():
        one["opened"] -= 1_801
    path.write_text(json.dumps(known))


def processes(world: World) -> dict[int, str]:
    """What runs with this world's state directory in its environment: commands by process id."""
    mark = f"HANDOFF_HOME={world.state}".encode()
    commands = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (entry / "environ").read_bytes():
                words = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
                commands[int(entry.name)] = words
        except OSError:
            continue  # it is gone, or another user's
    return commands


@pytest.mark.smoke
def test_whoever_is_there_comes_first(world: World) -> None:
    """Escape stops the countdown; text that was typed before the clear is in the prompt after it.
    While somebody types nothing is handed over: `test_trigger`.
    """
    world.configure(f"mode: auto\nauto: {{cooldown_s: 0, countdown_s: 3}}\n{NO_BREAKER}")
    brief = threading.Event()
    model = Steps(world, 9)

    def script(request: Request, index: int) -> Reply:
        reply = model(request, index)
        is_second = len(model.asked) == 2 and reply.text.startswith("The")
        return hold(reply, brief) if is_second else reply

    with world.serve(script), world.terminal() as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for(r"a fresh session continues in \d s · Escape stops it", 30)
        terminal.press("Escape")
        terminal.wait_for(STOPPED)
        terminal.wait_for(r"context 206k, over 200k · brief written, run /clear")
        assert len({session for session, _ in model.done}) == 1

        terminal.submit("/clear")
        terminal.wait_for("picked up")
        terminal.submit("go on here")
        assert until(lambda: len(model.asked) == 2, 30)
        terminal.type("half typed text")
        brief.set()
        terminal.wait_for(r"^❯\sContinue with the handoff brief", 30)
        terminal.wait_for(r"^❯\s(?=half typed text)")
        assert until(lambda: len({session for session, _ in model.done}) == 3, 20)
    assert log(world) == ""


def test_in_the_background(world: World) -> None:
    """With `attended_only: false` a session of `claude --bg`, which nobody sits at, is carried on
    by the next one, which is given its brief.
    """
    auto = "auto: {cooldown_s: 0, countdown_s: 1, attended_only: false}\n"
    world.configure(f"mode: auto\n{auto}{NO_BREAKER}")
    model = Steps(world, 2)
    flags = ["--bg", *world.flags, "--permission-mode", "default"]
    with world.serve(model):
        try:
            subprocess.run(
                [world.client, *flags, PROMPT],
                cwd=world.project,
                env=world.client_env,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=60,
                check=True,
            )
            assert until(lambda: len(model.done) == 2, 60)
        finally:
            for pid in processes(world):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    ids = [session for session, _ in model.done]
    assert len(set(ids)) == 2
    for one, session in zip(briefs(world), ids[1:], strict=True):
        assert f'<handoff-brief id="{one["id"]}">' in model.firsts[session].text
        assert GO in model.firsts[session].new_text
    assert log(world) == ""


@pytest.mark.parametrize("client_path", [OLDEST], indirect=True)
def test_a_client_without_mods(world: World) -> None:
    """2.1.197 ignores the mod: the brief is written as ever, and the user told to /clear."""
    world.configure("mode: auto\n")
    with world.serve(Steps(world, 2)), world.terminal() as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for(r"runs no mods\.", 30)
        assert not re.search(r"\d+k of \d", terminal.screen())
        assert len(open_briefs(world)) == 1
        terminal.submit("/clear")
        terminal.wait_for("picked up")
    assert not (world.state / "mod").exists()
    assert log(world) == ""
