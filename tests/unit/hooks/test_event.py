"""One event reads each file about its session once."""

from __future__ import annotations

import os
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from handoff.client import hook_io
from handoff.hooks.event import Event
from handoff.runtime import Runtime
from handoff.session import state, transitions
from support.client import Client
from support.configuration import configure
from support.modded import Modded

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

_OPENED: list[tuple[str, bool]] = []  # path, and whether by the builtin `open`
_IS_COUNTING = [False]
ONCE = {"mod": 1, "feed": 1, "compaction": 1, "config": 1, "settings": 1}
NONE = dict.fromkeys(ONCE, 0)


def _note(event: str, args: tuple[Any, ...]) -> None:
    if not _IS_COUNTING[0] or event != "open":
        return
    path, mode, flags = args
    if (flags or 0) & (os.O_WRONLY | os.O_RDWR):
        return
    # What is opened with an `opener` is told twice.
    if mode is not None or _OPENED[-1:] != [(str(path), True)]:
        _OPENED.append((str(path), mode is not None))


sys.addaudithook(_note)  # for good, as there is no way to remove one


class Reads:
    """How often the files about a session were opened for reading while this was entered."""

    def __init__(self, repo: Repo, home: Path, session: str = "s1") -> None:
        kinds = ("sessions", "mod", "feed")
        self.paths = {kind: repo.state / kind / f"{session}.json" for kind in kinds}
        self.paths["compaction"] = repo.state / "compaction.json"
        self.paths["config"] = repo.state / "config-cache.json"
        self.paths["settings"] = home / ".claude" / "settings.json"

    def __enter__(self) -> None:
        _OPENED.clear()
        _IS_COUNTING[0] = True

    def __exit__(self, *_: object) -> None:
        _IS_COUNTING[0] = False

    @property
    def counts(self) -> dict[str, int]:
        """Kind of file -> how often."""
        opened = Counter(path for path, _ in _OPENED)
        return {kind: opened[str(path)] for kind, path in self.paths.items()}


@pytest.fixture
def home(repo: Repo, own_home: Path) -> Path:
    """The user's home with settings of the client, and a configuration that is compiled already."""
    (own_home / ".claude").mkdir()
    (own_home / ".claude" / "settings.json").write_text("{}")
    configure(own_home, "mode: write\n")
    Client(repo, "before").start()
    return own_home


@pytest.fixture
def client(repo: Repo, home: Path) -> Modded:
    """A client with the mod, in a session below its thresholds."""
    client = Modded(repo)
    client.start()
    client.ends_turn(20_000)
    return client


def test_a_stop_over_the_line_with_the_mod(client: Modded, repo: Repo, home: Path) -> None:
    """The order to the mod is the one change: the state is read again for that, under its lock."""
    client.works(205_000)
    client.tell(205_000, "p9")
    reads = Reads(repo, home)

    with reads:
        client("stop", prompt_id="p9", last_assistant_message="")

    assert client.order["do"] == "handoff"
    assert reads.counts == {"sessions": 2, **ONCE}


def test_a_stop_over_the_line_without_a_mod(repo: Repo, home: Path) -> None:
    """The model is given the command's text, which has the facts in it: the same holds."""
    client = Client(repo)
    client.start()
    client.works(20_000)
    client("stop")
    client.works(205_000)
    reads = Reads(repo, home)

    with reads:
        answer = client("stop", last_assistant_message="")

    assert "additionalContext" in answer["hookSpecificOutput"]
    assert reads.counts == {"sessions": 2, **ONCE}


def test_a_stop_below_the_lines(client: Modded, repo: Repo, home: Path) -> None:
    """Nothing is changed, so the state is read once."""
    client.works(21_000)
    client.tell(21_000, "p9")
    reads = Reads(repo, home)

    with reads:
        client("stop", prompt_id="p9", last_assistant_message="")

    assert reads.counts == {"sessions": 1, **ONCE}


@pytest.mark.parametrize(("tokens", "changes"), [(21_000, 0), (205_000, 1)])
def test_a_batch_of_tools(
    tokens: int, changes: int, client: Modded, repo: Repo, home: Path
) -> None:
    """Over the threshold the model is told, once: that it was is the one change."""
    client.works(tokens)
    client.tell(tokens, "p9")
    reads = Reads(repo, home)

    with reads:
        answer = client("post-tool-batch", tool_calls=[])

    assert bool(answer) == bool(changes)
    assert reads.counts == {"sessions": 1 + changes, **ONCE}


def test_a_start(repo: Repo, home: Path) -> None:
    """The start of a session is written down: one change."""
    client = Modded(repo, "s3")
    reads = Reads(repo, home, "s3")

    with reads:
        client.start()

    assert reads.counts == {"sessions": 2, **NONE, "mod": 1, "config": 1}


def test_a_start_that_resumes_beside_the_mod(client: Modded, repo: Repo, home: Path) -> None:
    """The mod is told what to draw, from the same reads."""
    reads = Reads(repo, home)

    with reads:
        client.start("resume")

    assert reads.counts == {"sessions": 2, **ONCE}


@pytest.mark.parametrize("message", ["", "handoff: something"])
def test_a_prompt(message: str, client: Modded, repo: Repo, home: Path) -> None:
    """Nothing but the state is looked at; what was left to say is taken in one change."""
    if message:
        transitions.leave_message(str(repo.state), "s1", message)
    reads = Reads(repo, home)

    with reads:
        answer = client("user-prompt-submit", prompt="x")

    assert answer.get("systemMessage", "") == message
    assert reads.counts == {"sessions": 1 + bool(message), **NONE, "mod": bool(message)}


@pytest.mark.parametrize(
    ("tool", "given", "counts"),
    [
        ("Bash", {"command": "ls"}, {}),
        ("Bash", {"command": "handoff list"}, {"settings": 1}),
        ("Skill", {"skill": "handoff:handoff"}, {"mod": 1}),
        ("Read", {"file_path": "/x"}, {}),
    ],
)
def test_a_tool_call(
    tool: str,
    given: dict[str, str],
    counts: dict[str, int],
    client: Modded,
    repo: Repo,
    home: Path,
) -> None:
    """Whether it is approved depends on the rules of the client's settings, read once."""
    reads = Reads(repo, home)

    with reads:
        client("pre-tool-use", tool_name=tool, tool_input=given, tool_use_id="t")

    assert reads.counts == {"sessions": 1, **NONE, **counts}


def test_a_tool_call_at_the_gate(client: Modded, repo: Repo, home: Path) -> None:
    """The refusal is one change, and all that it is about is read once."""
    client.ends_turn(150_000)
    client.works(940_000)
    client.tell(940_000, "p9")
    client("post-tool-batch", tool_calls=[])
    assert (repo.state / "gate" / "s1").exists()
    client.works(975_000)
    client.tell(975_000, "p9")
    reads = Reads(repo, home)

    with reads:
        answer = client("pre-tool-use", tool_name="Bash", tool_input={"command": "ls"})

    assert answer["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert reads.counts == {"sessions": 2, **ONCE}


def test_an_event_goes_on_with_what_a_transition_returned(tmp_path: Path) -> None:
    """What it adopts is its state from then on; one that changed nothing leaves it as it was."""
    payload = hook_io.Payload({"session_id": "s1", "cwd": "/somewhere"})
    event = Event("stop", payload, Runtime({}, full=False, home=str(tmp_path)))
    assert (event.session.is_known, event.project) == (False, "/somewhere")

    assert event.adopt(transitions.move_session(event.home, "s1", "/t.jsonl", "/p", "/p/x"))
    assert (event.session.transcript, event.project) == ("/t.jsonl", "/p")
    assert not event.adopt(None)
    assert event.project == "/p"

    transitions.mark_ended(event.home, "s1")
    assert not event.session.ended
    event.reload()
    assert event.session.ended
    assert state.load(event.home, "s1").values == event.session.values


def test_a_session_has_its_own_configuration(tmp_path: Path) -> None:
    """A mode that is set in mid-event counts from then on."""
    event = Event(
        "stop", hook_io.Payload({}), Runtime({"HOME": "/h"}, full=False, home=str(tmp_path))
    )
    assert event.config.mode == "write"

    event.adopt(state.SessionState({"mode": "notify"}))

    assert event.config.mode == "notify"
