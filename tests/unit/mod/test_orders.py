"""The hooks' side of the mod: what it is told to draw and to do, and what happens if it does not.

The mod is played here by the file that it writes; its own tests are in `tests/mod`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from handoff.base.errors import HandoffError
from handoff.cli import cli
from handoff.config.model import Config
from handoff.meter import context as context_module
from handoff.mod import modes
from handoff.prompts.texts import render_prompt
from handoff.runtime import Runtime
from handoff.session import handoff_transitions, state
from support.client import context
from support.configuration import configure
from support.modded import Modded, at_work, hand_over

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo


@pytest.fixture
def client(repo: Repo) -> Modded:
    return at_work(repo)


def test_the_line_is_an_order_to_the_mod(client: Modded) -> None:
    """The meter line shows that a brief is written, nothing else is said; when the command comes it
    gets the reason, and the end of its turn says why, where the brief is, and how to undo it.
    """
    assert client.ends_turn(205_000) == {}
    assert client.told()["meter"]["now"] == "the brief is being written"
    assert client.order["do"] == "handoff"
    assert client.order["turn"] == "p1"

    output = client.runs_handoff("h1")
    assert output.startswith("handoff: context 205k, over the 200k handoff threshold.")
    assert not client.order

    client.brief()
    answer = client.ends_turn(206_000, "h1")
    first, then, undo = answer["systemMessage"].split("\n")
    cause = "context 205k, over the 200k handoff threshold"
    assert first.startswith(f"handoff: {cause}: brief “Fix the race” written, committed as ")
    assert then == "Run /clear to continue in a fresh session, or keep typing to stay in this one."
    assert undo.startswith("To undo: git revert ")
    assert not client.order
    assert client.ends_turn(207_000) == {}


def test_the_figures_are_the_clients_own(client: Modded) -> None:
    """The mod's tokens count, not what the transcript has by then."""
    client.works(20_000)
    client.tell(205_000, "p1")
    assert client("stop", prompt_id="p1") == {}
    assert "205k" in client.order["reason"]


@pytest.mark.parametrize(
    "how",
    [
        {"prompt_id": "other"},
        {"env": {"CLAUDE_CODE_SESSION_ATTENDED": "0"}},
        {"says": {"interactive": False}},
    ],
)
def test_without_a_mod_that_hears_the_hooks_do_it(client: Modded, how: dict[str, Any]) -> None:
    """A mod that did not hear of this turn, `-p`, nobody there: the model is given the command."""
    client.env.update(how.get("env", {}))
    client.works(205_000)
    client.tell(205_000, "p1", **how.get("says", {}))
    answer = client("stop", prompt_id=how.get("prompt_id", "p1"), last_assistant_message="Hm.")
    by_name = "Call the Skill tool with handoff:handoff" in context(answer)
    assert by_name == ("env" not in how)
    assert by_name or "handoff write <<'BRIEF'" in context(answer)


@pytest.mark.parametrize(
    "fields",
    [
        {"background_tasks": [{"type": "subagent", "status": "running"}]},
        {"permission_mode": "plan"},
        {"agent_id": "a1"},
    ],
)
def test_no_order_while_something_else_is_on(client: Modded, fields: dict[str, Any]) -> None:
    """A subagent's end, background tasks, a plan to be approved; not even an order from before."""
    client.ends_turn(205_000)
    client.says["held"] = "typing"
    assert client.ends_turn(205_500, **fields) == {}
    if "agent_id" not in fields:
        assert not client.order


def test_what_is_held_comes_with_the_next_turn(client: Modded) -> None:
    """Somebody typed: the same order holds for the next turn, and nothing is said twice."""
    client.ends_turn(205_000)
    first = client.order
    client.says["held"] = "typing"
    assert client.ends_turn(205_500) == {}
    assert client.order == {**first, "turn": "p2"}


def test_what_is_held_outlasts_a_turn_with_background_tasks(client: Modded) -> None:
    """That turn's end says nothing of the order; the one after it gives it again."""
    client.ends_turn(205_000)
    client.says["held"] = "typing"
    busy = [{"type": "subagent", "status": "running"}]
    assert client.ends_turn(205_200, background_tasks=busy) == {}
    assert not client.order
    assert client.ends_turn(205_400) == {}
    assert client.order["turn"] == "p3"


@pytest.mark.parametrize("mode", ["off", "notify"])
def test_a_mode_that_writes_nothing_takes_the_order_back(client: Modded, mode: str) -> None:
    """What was held while the user typed is not done behind their back."""
    client.ends_turn(205_000)
    client.says["held"] = "typing"
    modes.set_mode(mode, "s1", Runtime(client.env, full=True))
    client.ends_turn(205_500)
    assert not client.order
    assert not state.load(str(client.repo.state), "s1").is_handing_over


def test_a_slow_hook_beside_the_turn_takes_nothing_back(
    client: Modded, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It read a fallen context before the turn's end and asks for a new cycle after it: what the
    turn's end ordered stands.
    """
    handoff_transitions.fire_once(str(client.repo.state), "s1", state.TOLD_HELD, 205_000)
    measure = context_module.measure

    def slow(*args: Any, **more: Any) -> Any:
        monkeypatch.setattr(context_module, "measure", measure)
        reading = measure(*args, **more)
        client.ends_turn(206_000)
        return reading

    monkeypatch.setattr(context_module, "measure", slow)
    client("post-tool-batch", tool_calls=[])
    assert client.order["do"] == "handoff"
    assert state.load(str(client.repo.state), "s1").is_handing_over


def test_an_order_left_undone_falls_to_the_hooks(client: Modded) -> None:
    """The mod says nothing of it: the next turn's end takes it back and asks the model itself, and
    in this cycle the mod is not asked again.
    """
    client.ends_turn(205_000)
    answer = client.ends_turn(205_500)
    assert "Call the Skill tool with handoff:handoff" in context(answer)
    assert not client.order
    client.brief()
    answer = client.ends_turn(206_000, "p2", stop_hook_active=True)
    assert "written, committed as" in answer["systemMessage"]


def test_an_order_just_begun_gets_one_turn_more(client: Modded) -> None:
    """A prompt of the user came before the command: never both ways."""
    client.ends_turn(205_000)
    client.says["took"] = client.order["id"]
    assert client.ends_turn(205_500) == {}
    assert "Call the Skill tool with handoff:handoff" in context(client.ends_turn(206_000))


def test_by_hand_it_counts_as_done(client: Modded) -> None:
    """The user typed /handoff while the order waited: the mod has nothing left to do."""
    client.ends_turn(205_000)
    client.says["held"] = "typing"
    client.runs_handoff("p2")
    client.brief()
    assert "written" in client.ends_turn(206_000, "p2")["systemMessage"]
    assert client.ends_turn(206_500) == {}
    assert not client.order


def test_auto_mode(client: Modded, repo: Repo, own_home: Path) -> None:
    """The brief is committed: the mod is to clear; the session after that is given the brief, is
    told its first prompt, and knows how many came before it.
    """
    configure(own_home, "mode: auto\nauto: {cooldown_s: 0}\n")
    state.update(str(repo.state), "s1", lambda session: session.values.update(chain=2))
    answer = hand_over(client)
    assert "A fresh session continues from it;" in answer["systemMessage"]
    assert "Run /clear" not in answer["systemMessage"]
    order = client.order
    assert (order["do"], order["turn"], order["seconds"]) == ("clear", "h1", 5)

    second = Modded(repo, "s2")
    second.tell(None, "", parent="s1", order=order["id"])
    client("session-end", reason="clear")
    assert "<handoff-brief" in context(second.start("clear"))
    assert second.order == {
        "id": order["id"], "do": "go", "turn": "", "prompt": render_prompt("auto_prompt")
    }  # fmt: skip
    assert state.load(str(repo.state), "s2").chain == 3
    second("user-prompt-submit", prompt=render_prompt("auto_prompt"))
    second("user-prompt-submit", prompt="/handoff:handoff")
    assert state.load(str(repo.state), "s2").chain == 3
    second.ends_turn(30_000)
    assert not second.order
    second("user-prompt-submit", prompt="now look at the basket")
    assert state.load(str(repo.state), "s2").chain == 0


@pytest.mark.parametrize(("parent", "order"), [("", ""), ("s1", "another"), ("s9", "another")])
def test_a_clear_by_hand_is_not_auto_modes(
    client: Modded, repo: Repo, own_home: Path, parent: str, order: str
) -> None:
    """The countdown was stopped, the user cleared: picked up, but nothing goes on by itself."""
    configure(own_home, "mode: auto\n")
    hand_over(client)
    second = Modded(repo, "s2")
    second.tell(None, "", parent=parent, order=order)
    client("session-end", reason="clear")
    assert "<handoff-brief" in context(second.start("clear"))
    assert not second.order
    assert state.load(str(repo.state), "s2").chain == 0


def test_auto_mode_that_nobody_sits_at(client: Modded, repo: Repo, own_home: Path) -> None:
    """Its next session is given the brief that it was cleared for; a /clear is not enough."""
    configure(own_home, "mode: auto\nauto: {attended_only: false}\n")
    hand_over(client)
    order = client.order
    client("session-end", reason="clear")
    alone = {"CLAUDE_CODE_SESSION_ATTENDED": "0"}
    other = Modded(repo, "s3", **alone)
    other.tell(None, "", parent="s1", order="another")
    assert not context(other.start("clear"))
    second = Modded(repo, "s2", **alone)
    second.tell(None, "", parent="s1", order=order["id"])
    assert f'<handoff-brief id="{order["brief"]}">' in context(second.start("clear"))
    assert second.order["do"] == "go"


def test_auto_mode_whose_brief_went_elsewhere(client: Modded, repo: Repo, own_home: Path) -> None:
    """Nothing is submitted into a session that was not given the brief."""
    configure(own_home, "mode: auto\n")
    hand_over(client)
    order = client.order
    client("session-end", reason="clear")
    Modded(repo, "s3").start("clear")
    second = Modded(repo, "s2")
    second.tell(None, "", parent="s1", order=order["id"])
    answer = second.start("clear")
    assert "Auto mode stops." in answer["systemMessage"]
    assert not second.order


@pytest.mark.parametrize(
    ("config", "values", "why"),
    [
        ("mode: auto", {"chain": 5}, "5 sessions in a row started"),
        ("mode: auto\nauto: {max_chain: 1}", {"chain": 1}, "1 sessions in a row started"),
        ("mode: auto", {"continued_at": -30}, r"the last one started 3\d s ago"),
        ("mode: auto", {"continued_at": -130}, ""),
        ("mode: auto", {"continued_at": 1000}, ""),  # the clock was set back
        ("mode: auto", {}, ""),
        ("mode: auto\ncommit: off", {}, ""),
        ("mode: write", {}, None),
    ],
)
def test_when_a_session_may_start_the_next(
    client: Modded, repo: Repo, own_home: Path, config: str, values: dict[str, Any], why: str | None
) -> None:
    """At most so many in a row, and not too soon; with nothing against it, it may."""
    import re
    import time

    configure(own_home, config)
    if "continued_at" in values:
        values = {"continued_at": time.time() + values["continued_at"]}
    state.update(str(repo.state), "s1", lambda session: session.values.update(values))
    message = hand_over(client)["systemMessage"]
    assert bool(client.order) == (why == "")
    assert ("Auto mode does not start" in message) == bool(why)
    assert re.search(why or "", message)
    assert ("Run /clear" in message) == (why != "")


def test_a_brief_that_is_not_committed_starts_nothing(
    client: Modded, repo: Repo, own_home: Path
) -> None:
    """Outside git there is nothing that auto mode could be undone with."""
    configure(own_home, "mode: auto")
    (repo.root / ".git").rename(repo.root.parent / "git")
    assert (
        "Auto mode does not start a fresh session: the brief is not committed."
        in hand_over(client)["systemMessage"]
    )


def test_the_plan_of_the_meter(client: Modded, own_home: Path) -> None:
    """Lines in tokens and what happens there, quiet far below; off when the user wants it so."""
    client.ends_turn(30_000)
    caps = {"cost_usd": None, "five_hour": 90, "seven_day": 95}
    assert client.told()["meter"] == {
        "show": True, "window": 1_000_000, "quiet": 72_000, "tokens": None,
        "limits": {
            "warn": {**caps, "context": 120_000, "five_hour": 75, "seven_day": 85},
            "handoff": {**caps, "context": 200_000},
        },
        "steps": [
            [120_000, "warning", ""],
            [200_000, "brief", "brief after this turn"],
            [967_000, "compacts", ""],
        ],
        "at_handoff": "brief", "now": "", "over": "brief after this turn",
        "idle": "",
    }  # fmt: skip
    client.ends_turn(205_000)
    assert client.told()["meter"]["now"] == "the brief is being written"
    client.runs_handoff("h1")
    client.brief()
    client.ends_turn(206_000, "h1")
    assert client.told()["meter"]["now"] == "brief written, run /clear"
    configure(own_home, "meter: false")
    client.ends_turn(206_100)
    assert client.told()["meter"] == {"show": False}


@pytest.mark.parametrize(("author", "idle"), [("snapshot", "snapshot written"), ("model", "")])
def test_what_code_wrote_meanwhile_is_drawn(client: Modded, author: str, idle: str) -> None:
    """Until the prompt that is told of it."""
    client.ends_turn(30_000)
    brief = {"id": "b", "at": 1.0, "author": author, "title": "Fix it"}

    def wrote(session: state.SessionState) -> None:
        session.values.update(briefs=[brief], brief_count=1, say_next="handoff: saved.")

    state.update(str(client.repo.state), "s1", wrote)
    client.ends_turn(30_000, "p2")
    assert client.told()["meter"]["idle"] == idle
    client("user-prompt-submit", prompt="go on")
    client.ends_turn(31_000, "p3")
    assert client.told()["meter"]["idle"] == ""


def test_a_brief_just_stored_is_drawn_at_once(client: Modded) -> None:
    """Not only at the end of the turn that wrote it."""
    client.ends_turn(205_000)
    client.runs_handoff("h1")
    client.brief()
    assert client.told()["meter"]["now"] == "brief written, run /clear"
    assert client.told()["order"] is None


def test_the_mode_of_one_session(client: Modded, repo: Repo) -> None:
    """It counts at once, for this session only, and auto mode takes it along."""
    runtime = Runtime(client.env, full=True)
    assert modes.set_mode("auto", "s1", runtime).startswith("Mode auto in this session")
    assert client.told()["meter"]["steps"][1][:2] == [200_000, "fresh session"]
    hand_over(client)
    order = client.order
    second = Modded(repo, "s2")
    second.tell(None, "", parent="s1", order=order["id"])
    client("session-end", reason="clear")
    second.start("clear")
    assert modes.set_mode("", "s2", runtime).startswith("Mode auto")
    assert modes.set_mode("off", "s2", runtime) == "Mode off in this session: handoff does nothing."
    assert second.ends_turn(205_000) == {}
    assert second.told()["meter"] == {"show": False}
    with pytest.raises(HandoffError, match="Unknown mode"):
        modes.set_mode("sprint", "s2", runtime)
    with pytest.raises(HandoffError, match="Unknown session"):
        modes.set_mode("off", "s9", runtime)


def test_later(client: Modded) -> None:
    """The line is a tenth higher, once a cycle; an order that waits is taken back."""
    runtime = Runtime(client.env, full=True)
    client.ends_turn(205_000)
    assert modes.postpone_handoff("s1", runtime) == "s1"
    assert not client.order
    assert client.ends_turn(215_000) != {}  # the notice, for the first time
    assert not client.order
    with pytest.raises(HandoffError, match="already been raised once"):
        modes.postpone_handoff("s1", runtime)
    client.ends_turn(221_000)
    assert client.order["do"] == "handoff"


def test_a_line_is_postponed_in_every_part() -> None:
    """Percents, tokens, dollars, caps; a cap never beyond 99 %."""
    values = {"context": ["70%", 200_000], "cost_usd": 2.0, "five_hour": 95.0, "seven_day": None}
    config = Config({"mode": "write", "thresholds": {"handoff": values, "warn": values}})
    later = config.adapted("", postponed=True)
    raised = later.threshold("handoff")
    assert raised["context"] == ["77%", 220_000]
    assert raised["cost_usd"] == pytest.approx(2.2)
    assert (raised["five_hour"], raised["seven_day"]) == (99.0, None)
    assert later.threshold("warn") == values
    assert config.threshold("handoff") == values


def test_half_a_file_of_the_mod_is_nothing(client: Modded, repo: Repo) -> None:
    """The mod writes in place: what is torn is neither read nor moved aside."""
    path = repo.state / "mod" / "s1.json"
    client.works(205_000)
    path.write_text(path.read_text()[:40])
    assert "Call the Skill tool with handoff:handoff" in context(client("stop", prompt_id="p1"))
    assert path.exists()
    assert not list((repo.state / "mod").glob("*.broken"))


def test_the_end_leaves_nothing_of_the_mods(client: Modded, repo: Repo) -> None:
    """Its files go with the session."""
    client.ends_turn(30_000)
    client("session-end", reason="other")
    assert not list((repo.state / "mod").iterdir())
    assert not list((repo.state / "next").iterdir())


def test_the_command_line(client: Modded) -> None:
    """`handoff session mode` and `handoff session later`, as the mod runs them."""
    runner = CliRunner()
    own = ["--session", "s1"]
    assert "Mode write in this session" in runner.invoke(cli, ["session", "mode", *own]).output
    assert (
        "Mode notify in this session"
        in runner.invoke(cli, ["session", "mode", "notify", *own]).output
    )
    client.tell(30_000, "p1")
    assert "now 220k tokens" in runner.invoke(cli, ["session", "later", *own]).output
    with pytest.raises(HandoffError, match="does not belong to a session"):
        runner.invoke(cli, ["session", "later"], catch_exceptions=False)


def test_born_over_the_threshold_by_the_feed(repo: Repo) -> None:
    """The client's own figures have the first answer before the transcript: it is told once, and
    never handed off, also when the transcript has it.
    """
    client = Modded(repo)
    client.tell(None, "")
    client.start(model="claude-opus-5-5")
    client.transcript.write_text("")
    client.tell(230_000, "p1")
    answer = client("stop", prompt_id="p1", last_assistant_message="")
    assert "This session began over its handoff threshold" in answer["systemMessage"]
    assert client.ends_turn(230_000, "p2") == {}
    assert not state.load(str(repo.state), "s1").is_handing_over


def test_a_session_without_a_transcript_passes_its_line(repo: Repo) -> None:
    """It was seen under the threshold once."""
    client = Modded(repo)
    client.tell(None, "")
    client.start(model="claude-opus-5-5")
    client.tell(30_000, "p1")
    assert client("stop", prompt_id="p1", last_assistant_message="") == {}
    client.tell(205_000, "p2")
    client("stop", prompt_id="p2", last_assistant_message="")
    assert client.order["do"] == "handoff"
