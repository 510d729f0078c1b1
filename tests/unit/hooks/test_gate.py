"""The gate: who is refused, how often, and that nothing else is."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from handoff.client import hook_io
from handoff.config.model import Config
from handoff.hooks import gate
from handoff.meter import windows
from handoff.meter.context import Reading
from handoff.runtime import Runtime
from handoff.session import breaker, hard_limit, state
from support.client import Client, context

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

# Claude Opus compacts at 67,000 then; the default handoff threshold is at 46,900.
SMALL = {"CLAUDE_CODE_AUTO_COMPACT_WINDOW": "100000"}


@pytest.fixture
def client(repo: Repo) -> Client:
    return Client(repo, **SMALL)


@pytest.mark.parametrize(
    ("reading", "largest", "lines", "env", "hard"),
    [
        (Reading(1, 1_000_000, 967_000), 0, ["200k"], {}, 962_000),
        (Reading(1, 1_000_000, 967_000), 600, ["200k"], {}, 962_000),
        (Reading(1, 1_000_000, 967_000), 75_900, ["200k"], {}, 891_100),
        (Reading(1, 200_000, 167_000), 75_900, [], {}, 91_100),
        (Reading(1, 200_000, 167_000), 75_900, ["70%"], {}, 116_900),
        (Reading(1, 200_000, None), 12_000, [], {}, 165_000),
        (Reading(1, 1_000_000, None), 12_000, [], {}, 965_000),
        (Reading(1, 200_000, None), 0, [], {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": "8000"}, 184_000),
        (Reading(1, None, None), 12_000, ["200k"], {}, None),
    ],
)
def test_the_hard_limit(
    reading: Reading, largest: int, lines: list[str], env: dict[str, str], hard: int | None
) -> None:
    """The client's own point less the largest growth (5,000 at least), never below the handoff
    line; where the client does not compact, the point where it refuses.
    """
    values = Config().values
    context = [int(x[:-1]) * 1000 if x[-1] == "k" else x for x in lines]
    parts = {**values["thresholds"]["handoff"], "context": context}
    config = Config({**values, "thresholds": {**values["thresholds"], "handoff": parts}})
    assert hard_limit.compute_limit(reading, largest, config, env) == hard


def test_the_refusal_point() -> None:
    """(W - R) - 3,000, as docs/client.md says."""
    assert windows.refusal_point(200_000, {}) == 177_000
    assert windows.refusal_point(1_000_000, {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": "64000"}) == 977_000


@pytest.mark.parametrize(
    ("tool", "given", "own"),
    [
        ("Bash", {"command": "handoff write <<'BRIEF'\n# T\nBRIEF"}, True),
        ("Bash", {"command": "handoff"}, True),
        ("Bash", {"command": "cat handoff"}, False),
        ("Bash", {"command": "handoffs write"}, False),
        ("Bash", {"command": ""}, False),
        ("Bash", {}, False),
        ("Skill", {"skill": "handoff:handoff"}, True),
        ("Skill", {"skill": "other:handoff"}, False),
        ("Read", {"file_path": "handoff"}, False),
    ],
)
def test_own_calls(tool: str, given: dict[str, str], own: bool) -> None:
    """The plugin's own calls are told from all others by tool and first word."""
    payload = hook_io.Payload({"tool_name": tool, "tool_input": given})
    assert gate.is_own(payload) is own


def calls(client: Client, tool: str = "Read", **more: Any) -> str:
    """The answer to a tool call: the reason of a refusal, "" if it may run (or is not judged)."""
    given = more.pop("tool_input", {"file_path": "app.py"})
    answer = client("pre-tool-use", tool_name=tool, tool_input=given, **more)
    specific = answer.get("hookSpecificOutput", {})
    if specific.get("permissionDecision") != "deny":
        return ""
    return str(specific["permissionDecisionReason"])


def climbs(client: Client, *tokens: int) -> None:
    """Start, and answers at so many tokens, each seen by the hook beside the turn."""
    client.start()
    for count in tokens:
        client.works(count)
        client("post-tool-batch", tool_calls=[])


def armed(client: Client) -> bool:
    """Whether the gate is armed."""
    return (client.repo.state / "gate" / client.session).exists()


def test_armed_only_near_the_hard_limit(repo: Repo, client: Client) -> None:
    """Far below nothing is armed; two steps before the hard limit it is; after a compaction's fall
    it is not any more.
    """
    climbs(client, 20_000, 30_000)
    assert hard_limit.largest_growth(str(repo.state), "s1") == 10_000
    assert not armed(client)
    assert calls(client) == ""
    client.works(48_000)
    client("post-tool-batch", tool_calls=[])
    assert hard_limit.largest_growth(str(repo.state), "s1") == 18_000
    assert armed(client)
    client.works(9_000)
    client("post-tool-batch", tool_calls=[])
    assert not armed(client)


def test_a_hook_that_is_overtaken_changes_nothing(repo: Repo, client: Client) -> None:
    """Hooks run beside the turn: one that read an older answer and ends later does not disarm the
    gate, and the next answer is no larger growth for it.
    """
    climbs(client, 30_000, 40_000, 50_000)
    assert armed(client)
    config, runtime = Config(), Runtime(client.env, full=True)
    older = Reading(40_000, 1_000_000, 67_000)
    hard_limit.arm_gate("s1", older, state.load(runtime.home, "s1"), config, runtime)
    assert armed(client)
    client.works(52_000)
    client("post-tool-batch", tool_calls=[])
    assert hard_limit.largest_growth(str(repo.state), "s1") == 10_000


def test_refused_until_the_brief_is_there(repo: Repo, client: Client) -> None:
    """Past the hard limit a call is refused with how to write the brief, and the second one
    shortly; own calls, a subagent's, and those of plan mode pass; with the brief, everything
    passes; the turn's end says where it is.
    """
    climbs(client, 20_000, 38_000, 50_000)
    first = calls(client)
    assert "handoff write <<'BRIEF'" in first
    assert "this call was not run: the context holds about 50k tokens" in first
    assert "compacts then" in first
    assert len(calls(client, "Bash", tool_input={"command": "ls"})) < 120
    assert calls(client, "Skill", tool_input={"skill": "handoff:handoff"}) == ""
    assert calls(client, "Bash", tool_input={"command": "handoff status"}) == ""
    assert calls(client, agent_id="a1") == ""
    assert calls(client, permission_mode="plan") == ""

    client.brief()
    assert calls(client) == ""
    assert "brief “Fix the race” written, committed as" in client("stop")["systemMessage"]
    assert client("stop") == {}
    assert not armed(client)


def test_what_was_added_since_the_last_answer_counts(client: Client) -> None:
    """A long result behind the last answer is part of what the next request holds."""
    climbs(client, 20_000, 38_000, 46_000)
    assert armed(client)
    assert calls(client) == ""
    with client.transcript.open("a") as file:
        result = {"type": "tool_result", "tool_use_id": "x", "content": "word " * 3_000}
        message = {"role": "user", "content": [result]}
        file.write(json.dumps({"type": "user", "message": message}) + "\n")
    assert "handoff write" in calls(client)


def test_three_refusals_and_no_more(repo: Repo, client: Client) -> None:
    """Eight calls at once: three are refused, whatever the order; after that none in this cycle."""
    climbs(client, 20_000, 38_000, 50_000)
    with ThreadPoolExecutor(8) as pool:
        refused = [reason for reason in pool.map(lambda _: calls(client), range(8)) if reason]
    assert len(refused) == 3
    assert sum("<<'BRIEF'\n#" in reason for reason in refused) == 1
    assert calls(client) == ""
    assert (
        "the model wrote no brief, so handoff saved a snapshot" in client("stop")["systemMessage"]
    )
    assert "trigger: context" in repo.briefs()[0].read_text()


@pytest.mark.parametrize(
    "busy",
    [
        {"background_tasks": [{"type": "subagent", "status": "running"}]},
        {"permission_mode": "plan"},
    ],
)
def test_told_when_the_turn_is_really_over(
    repo: Repo, client: Client, busy: dict[str, Any]
) -> None:
    """While something still runs, or in plan mode, the end of the handoff waits."""
    climbs(client, 20_000, 38_000, 50_000)
    assert calls(client)
    client.brief()
    assert client("stop", **busy) == {}
    assert "written, committed as" in client("stop")["systemMessage"]


def test_a_disk_that_takes_nothing(repo: Repo, client: Client) -> None:
    """Where neither growth nor decisions can be kept, the lines act all the same."""
    client.start()
    for name in ("growth", "gate", "why"):
        (repo.state / name).write_text("in the way")
    client.works(20_000, 50_000)
    assert "handoff write" in context(client("stop"))


@pytest.mark.parametrize("mode", ["off", "notify"])
def test_modes_without_briefs(client: Client, own_home: Path, mode: str) -> None:
    """Without leave to write nothing is armed; leave taken back later opens an armed gate."""
    climbs(client, 20_000, 38_000, 50_000)
    assert armed(client)
    state.update(str(client.repo.state), "s1", lambda session: session.values.update(mode=mode))
    assert calls(client) == ""


def test_born_over(client: Client) -> None:
    """A session that began over its handoff threshold is never refused a call."""
    climbs(client, 50_000, 60_000)
    assert calls(client) == ""


def test_an_open_breaker(repo: Repo, client: Client) -> None:
    """Where handoffs by themselves are stopped, no call is refused for one."""
    for _ in range(3):
        now = Runtime(client.env, full=True).now
        breaker.record_handoff(str(repo.root), "x", 99, Config(), str(repo.state), now)
    climbs(client, 20_000, 38_000, 50_000)
    assert calls(client) == ""


def test_nobody_watches(repo: Repo) -> None:
    """A run with `-p` is told to go on with its work afterwards: its end is its result."""
    client = Client(repo, **SMALL, CLAUDE_CODE_SESSION_ATTENDED="0")
    climbs(client, 20_000, 38_000, 50_000)
    assert "go on with the work" in calls(client)


def test_without_compaction(repo: Repo) -> None:
    """Without auto-compaction the threshold is before the point where the client stops."""
    client = Client(repo, DISABLE_AUTO_COMPACT="1", CLAUDE_CODE_DISABLE_1M_CONTEXT="1")
    client.start()
    climbs(client, 20_000, 95_000, 130_000)
    assert armed(client)
    assert calls(client) == ""
    climbs(client, 139_000)
    assert calls(client) == ""
    client.works(141_000)
    assert "the next request is refused then" in calls(client)


def test_the_stop_hook_asks_no_second_time(repo: Repo, client: Client) -> None:
    """A handoff by the gate is this cycle's: the turn's end asks for none."""
    climbs(client, 20_000, 38_000, 50_000)
    assert calls(client)
    client.brief()
    client("stop")
    client.works(52_000)
    assert "handoff write" not in context(client("stop"))


def test_nothing_is_left_behind(repo: Repo, client: Client) -> None:
    """A session's end takes the gate's files away."""
    climbs(client, 20_000, 38_000, 50_000)
    client("session-end", reason="other")
    assert not list((repo.state / "gate").iterdir())
    assert not list((repo.state / "growth").iterdir())
