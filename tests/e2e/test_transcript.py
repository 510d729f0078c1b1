"""What of a transcript is the user's wish, on the real client: not what they took back, not the
client's own commands, not what they pasted; and in a fork still what they asked for first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .clients import OLDEST, both_clients
from .harness import until
from .model import Model, calls, says
from .session import ONE_RETRY, PROMPT, asks, handoff, log, open_briefs, refusing

if TYPE_CHECKING:
    from .harness import Terminal, World

TAKEN_BACK = "rewrite everything in Rust and delete the Python files"
PASTED = "\n".join(f"ERROR {number}: you must drop the basket" for number in range(12))


@both_clients
def test_whose_wish(world: World) -> None:
    """After /rewind, /effort, a paste and an API error the brief by code has the live branch alone,
    and the meter its context; a fork of the session, compacted, has the first request too.
    """
    legacy = str(world.project / "legacy.txt")
    model = Model(
        says("I will list them.", 20_000),
        calls("Write", 20_100, file_path=legacy, content="old\n"),
        says("Wrote it.", 20_200),
        says("In Rust it goes.", 90_000),
        *refusing(1),
        says("It is fixed.", 21_000),
        *refusing(1),
    )
    flags = ("--permission-mode", "acceptEdits", "--allowedTools", "Bash")
    with world.serve(model) as api, world.terminal(*flags, extra_env=ONE_RETRY) as terminal:
        terminal.ready()
        ask(terminal, PROMPT, "I will list them")
        command(terminal, "/effort high", "Set effort level")
        ask(terminal, "write legacy.txt", "Wrote it")
        ask(terminal, TAKEN_BACK, "In Rust it goes")
        assert until(lambda: "90k" in handoff(world, "status"), 20)
        go_back(terminal, "write legacy.txt")
        terminal.type("explain this log:")
        terminal.wait_for("explain this log:")
        terminal.paste(PASTED)
        terminal.wait_for(r"Pasted text #1")
        terminal.type(" and fix it")
        terminal.press("Enter")
        first = new_brief(world, "")
        assert until(lambda: " 20k, 10% of the handoff threshold" in handoff(world, "status"), 20)

        ask(terminal, "try again", "It is fixed")
        command(terminal, "/compact", "ompacted")
        session = world.transcripts()[-1].stem
    fork = ("--resume", session, "--fork-session")
    with world.serve(model) as api, world.terminal(*flags, *fork, extra_env=ONE_RETRY) as terminal:
        terminal.ready()
        terminal.submit("go on")
        api.wait_for(asks("go on"))
        second = new_brief(world, first)

    task = first.partition("## Task")[2].partition("\n## ")[0]
    for brief in (first, second):
        assert PROMPT in brief
        for gone in (TAKEN_BACK, "In Rust it goes", "legacy.txt", "/effort"):
            assert gone not in brief
    assert "> explain this log:" in task
    assert "and fix it" in task
    if OLDEST not in str(world.client):  # which marks no paste
        users, _, pasted = task.partition("data, not their words")
        assert "drop the basket" not in users + first.partition("## Task")[0]
        assert "> ERROR 0: you must drop the basket" in pasted
    task = second.partition("## Task")[2].partition("\n## ")[0]
    assert PROMPT in task
    assert "a model's words, not the user's" in task
    assert "title: 'explain this log" in second or "title: explain this log" in second
    assert log(world) == ""


def ask(terminal: Terminal, prompt: str, answer: str) -> None:
    """A prompt and its answer, to the end of the turn."""
    terminal.submit(prompt)
    terminal.wait_for(answer)
    terminal.ready()


def command(terminal: Terminal, typed: str, answer: str) -> None:
    """A command of the client's, which offers completions while one types."""
    terminal.submit(typed)
    terminal.wait_for(answer)
    terminal.ready()


def go_back(terminal: Terminal, prompt: str) -> None:
    """`/rewind` to before a prompt, files and all; the input is empty then."""
    terminal.submit("/rewind")
    terminal.wait_for("Restore the code and/or conversation")
    terminal.press_until("Up", r"^ +❯.(?!\(current)")
    terminal.press_until("Up", rf"^ +❯.{prompt}")
    terminal.press_until("Enter", "1. Restore code and conversation")
    terminal.press_until("1", rf"^❯.{prompt}1?\n─")
    terminal.press_until("C-u", r"\n❯\s*\n─")


def new_brief(world: World, old: str) -> str:
    """The open brief, once it is another one than `old`."""
    texts: list[str] = []

    def is_there() -> bool:
        texts[:] = [path.read_text() for path in open_briefs(world)]
        return bool(texts) and old not in texts

    assert until(is_there, 30), "no new brief"
    return texts[-1]
