"""Turns' ends that are none, and turns that other hooks make go on: what becomes of the handoff."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from handoff.client.transcript import continued_turns
from handoff.hooks import turn_end
from support.client import Client, context
from support.configuration import configure
from support.modded import Modded, hand_over

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

ASKS = "Call the Skill tool with handoff:handoff"
AGENT = {"id": "a1", "type": "subagent", "status": "running"}
LASTING = [
    {"id": "b1", "type": "shell", "status": "running", "command": "npm run dev"},
    {"id": "b2", "type": "monitor", "status": "running"},
    {"id": "t1", "type": "teammate", "status": "running"},
    {"id": "c1", "type": "cloud session", "status": "running"},
]


@pytest.fixture
def client(repo: Repo) -> Client:
    new_client = Client(repo)
    new_client.start()
    new_client.works(20_000, 205_000)
    return new_client


@pytest.fixture
def modded(repo: Repo) -> Modded:
    new_client = Modded(repo)
    new_client.tell(None, "")
    new_client.start(model="claude-opus-5-5")
    new_client.works(20_000)
    return new_client


def ends(client: Client, turn: str, **fields: Any) -> dict[str, Any]:
    """A Stop of the turn `turn`."""
    return client("stop", prompt_id=turn, **fields)


def goes_on(client: Client, tokens: int, turn: str) -> dict[str, Any]:
    """Another hook blocked: the model worked on, and the turn ends once more."""
    client.blocks()
    if isinstance(client, Modded):
        return client.ends_turn(tokens, turn, stop_hook_active=True)
    client.works(tokens, prompt="")
    return ends(client, turn, stop_hook_active=True)


def test_what_runs_until_it_is_stopped_is_not_waited_for(client: Client) -> None:
    """A dev server, a watcher, a teammate, a session elsewhere: the brief is asked for."""
    assert ASKS in context(client("stop", background_tasks=LASTING))


def test_agents_are_waited_for_ten_minutes(client: Client) -> None:
    """Their reports are still to be worked on; one that hangs does not hold the brief for ever."""
    busy = {"background_tasks": [*LASTING, AGENT]}
    assert client("stop", **busy) == {}
    client.later = turn_end.PATIENCE_SECONDS - 5
    assert client("stop", **busy) == {}
    client.later = turn_end.PATIENCE_SECONDS + 5
    assert ASKS in context(client("stop", **busy))


def test_agents_that_are_done_are_not_waited_for(client: Client) -> None:
    """The client may list what has ended."""
    done = [{**AGENT, "status": "completed"}, "torn", None]
    assert ASKS in context(client("stop", background_tasks=done))


@pytest.mark.parametrize("fields", [{"permission_mode": "plan"}, {"background_tasks": [AGENT]}])
def test_a_session_that_ends_while_the_brief_waits(
    repo: Repo, client: Client, fields: dict[str, Any]
) -> None:
    """It passed the threshold: code writes the brief."""
    client("stop", **fields)
    client("session-end", reason="prompt_input_exit")
    (brief,) = repo.briefs()
    assert "author: snapshot" in brief.read_text()


def test_the_meter_says_what_is_waited_for(modded: Modded) -> None:
    """No brief is promised for this turn's end, and none once it may be written."""
    modded.ends_turn(205_000, background_tasks=[AGENT, AGENT])
    waits = "brief waits: 2 agents of this session still running"
    assert modded.told()["meter"]["now"] == waits
    assert not modded.order
    modded.ends_turn(205_500, permission_mode="plan")
    assert modded.told()["meter"]["now"] == f"brief waits: {turn_end.PLANS}"
    modded.ends_turn(206_000)
    assert modded.order["do"] == "handoff"
    assert modded.told()["meter"]["now"] == "the brief is being written"


def test_another_hook_that_blocks_hides_nothing(client: Client) -> None:
    """The threshold is passed in a turn that another's hook made go on: the model is asked."""
    assert ASKS in context(ends(client, "p1", stop_hook_active=True))


def test_the_model_is_asked_again_where_another_hook_spoke_too(repo: Repo, client: Client) -> None:
    """It followed the other hook: three times at most, then code writes the brief."""
    assert ASKS in context(ends(client, "p1"))
    for tokens in (206_000, 207_000):
        assert ASKS in context(goes_on(client, tokens, "p1"))
    assert not repo.briefs()
    message = goes_on(client, 208_000, "p1")["systemMessage"]
    assert "the model wrote no brief, so handoff saved a snapshot" in message
    assert goes_on(client, 209_000, "p1") == {}
    assert len(repo.briefs()) == 1


def test_a_brief_beside_another_hook_is_told_once(client: Client) -> None:
    """The model wrote it although another hook spoke too."""
    ends(client, "p1")
    client.brief()
    assert "written, committed as" in goes_on(client, 206_000, "p1")["systemMessage"]
    assert goes_on(client, 207_000, "p1") == {}


def test_the_model_is_asked_again_where_the_turn_ended_first(repo: Repo, client: Client) -> None:
    """The client overrules hooks that block on and on: what we said then was not answered."""
    assert ASKS in context(ends(client, "p1", stop_hook_active=True))
    client.works(206_000)
    assert ASKS in context(ends(client, "p2"))
    client.works(206_500, prompt="")
    ends(client, "p2", stop_hook_active=True)
    assert "author: snapshot" in repo.briefs()[0].read_text()


def test_a_brief_that_comes_with_the_next_prompt_is_told(client: Client) -> None:
    """The client delivers then what it did not in the turn before."""
    ends(client, "p1", stop_hook_active=True)
    client.blocks()
    client.brief()
    client.works(206_000)
    assert "written, committed as" in ends(client, "p2")["systemMessage"]


def test_an_order_waits_for_the_real_end_of_its_turn(repo: Repo, modded: Modded) -> None:
    """Another hook blocks: the mod still has its order, no model is blamed, the meter says so."""
    modded.ends_turn(205_000, "p1")
    order = modded.order
    for tokens in (206_000, 207_000):
        assert goes_on(modded, tokens, "p1") == {}
        assert {**modded.order, "continued": 0} == {**order, "continued": 0}
    assert modded.told()["meter"]["now"] == "brief waits: another hook keeps this turn going"
    assert not repo.briefs()
    assert modded.runs_handoff("h1").startswith(
        "handoff: context 205k, over the 200k handoff threshold"
    )
    modded.brief()
    assert "written, committed as" in modded.ends_turn(207_500, "h1")["systemMessage"]


@pytest.mark.parametrize("step", [1_000, 25_000])
def test_an_order_that_waits_too_long_falls_to_the_hooks(modded: Modded, step: int) -> None:
    """A loop or a goal: after three more ends of the turn, or a tenth more context, the model is
    asked in that turn.
    """
    modded.ends_turn(205_000, "p1")
    asked_at = []
    for number in range(1, 5):
        if ASKS in context(goes_on(modded, 205_000 + number * step, "p1")):
            asked_at.append(number)
            assert not modded.order
            modded.brief()
    assert asked_at == [4 if step == 1_000 else 1]


def test_no_order_for_a_turn_that_goes_on_with_an_agent(modded: Modded) -> None:
    """The turn that it was given for ends while an agent works; the next one has it again."""
    modded.ends_turn(205_000, "p1")
    first = modded.order
    modded.ends_turn(205_500, "p1", stop_hook_active=True, background_tasks=[AGENT])
    assert not modded.order
    assert modded.told()["meter"]["now"].startswith("brief waits: 1 agent")
    assert modded.ends_turn(206_000, "p2") == {}
    assert modded.order["id"] == first["id"]
    assert modded.order["turn"] == "p2"


def test_a_teammates_message_is_no_hooks_work(modded: Modded) -> None:
    """It starts a turn of the same id: what was held holds for that one, and nothing is asked."""
    modded.ends_turn(205_000, "p1")
    order = modded.order
    modded.says["held"] = "typing"
    assert modded.ends_turn(205_500, "p1") == {}
    assert modded.order == order
    modded.says.update(held="", took=order["id"])
    assert modded.ends_turn(206_000, "p1") == {}


def test_a_teammates_message_after_escape_writes_nothing(repo: Repo, client: Client) -> None:
    """The person stopped the turn that was to write the brief, and that stands."""
    ends(client, "p1")
    client.interrupts()
    client.works(206_000, prompt="")
    assert ends(client, "p1") == {}
    assert not repo.briefs()


def test_auto_mode_waits_for_the_real_end_of_its_turn(modded: Modded, own_home: Path) -> None:
    """Another hook makes the turn go on that wrote the brief."""
    configure(own_home, "mode: auto\n")
    hand_over(modded)
    order = modded.order
    assert order["do"] == "clear"
    assert goes_on(modded, 207_000, "h1") == {}
    assert modded.order == order


def test_auto_mode_stops_once_the_work_went_on(modded: Modded, own_home: Path) -> None:
    """The brief is not where the session is any more: the user is told."""
    configure(own_home, "mode: auto\n")
    hand_over(modded)
    goes_on(modded, 240_000, "h1")
    assert not modded.order
    assert (
        "auto mode does not start a fresh session:"
        in modded("user-prompt-submit", prompt="and now?")["systemMessage"]
    )


def test_auto_mode_goes_on_with_what_its_end_added(
    modded: Modded, repo: Repo, own_home: Path
) -> None:
    """A few calls after the brief: the session's end brings it up to date, and that is gone on
    with.
    """
    configure(own_home, "mode: auto\n")
    hand_over(modded)
    order = modded.order
    modded.works(207_000, 207_500, 208_000, prompt="")
    modded("session-end", reason="clear")
    (brief,) = repo.briefs()
    assert brief.stem != order["brief"]
    second = Modded(repo, "s2")
    second.tell(None, "", parent="s1", order=order["id"])
    assert f'<handoff-brief id="{brief.stem}">' in context(second.start("clear"))
    assert second.order["do"] == "go"


def test_auto_mode_stops_behind_a_persons_prompt(modded: Modded, own_home: Path) -> None:
    """The brief was asked for in the turn before: what the user said since is not cleared away."""
    configure(own_home, "mode: auto\n")
    modded.says["interactive"] = False
    assert ASKS in context(modded.ends_turn(205_000, "p1", stop_hook_active=True))
    modded.says["interactive"] = True
    modded.brief()
    message = modded.ends_turn(206_000, "p2")["systemMessage"]
    assert (
        "Auto mode does not start a fresh session: the brief was asked for before your last prompt."
        in message
    )
    assert not modded.order


def attached(*texts: str) -> dict[str, Any]:
    attachment = {"type": "hook_additional_context", "hookEvent": "Stop", "content": list(texts)}
    return {"type": "attachment", "attachment": attachment}


def user(text: str, **more: Any) -> dict[str, Any]:
    return {"type": "user", "message": {"role": "user", "content": text}, **more}


@pytest.mark.parametrize(
    ("record", "another", "interrupted"),
    [
        (user("Stop hook feedback:\ngo on", isMeta=True), True, False),
        (user("Stop hook feedback:\ngo on"), False, False),
        (attached("go on"), True, False),
        (attached("handoff: context 205k, over the 200k handoff threshold"), False, False),
        (attached("handoff: context 205k, over the 200k handoff threshold", "go on"), True, False),
        (user("[Request interrupted by user for tool use]"), False, True),
        (user("what is [Request interrupted by user]?"), False, False),
        ({"type": "user", "message": None, "x": "[Request interrupted by user"}, False, False),
    ],
)
def test_why_a_turn_went_on(
    tmp_path: Path, record: dict[str, Any], another: bool, interrupted: bool
) -> None:
    """By the client's records behind our words, not by what stood there before."""
    path = tmp_path / "s.jsonl"
    before = json.dumps(user("Stop hook feedback:\nold", isMeta=True)) + "\n"
    path.write_text(before + json.dumps(record) + "\n{torn [Request interrupted by user\n")
    assert continued_turns.is_continued_by_another(str(path), len(before)) is another
    assert continued_turns.was_interrupted(str(path), len(before)) is interrupted
    assert not continued_turns.is_continued_by_another(str(tmp_path / "none"), 0)
