"""A brief that the model sent in a shell which may not write is stored by a hook of its session."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from handoff.base import unwritable
from handoff.base.errors import HandoffError
from handoff.cli import cli
from handoff.facts import own_calls
from handoff.hooks import rescue_sent_briefs
from support.client import WRITE, Client, context
from support.sandboxed import KEPT, sends

if TYPE_CHECKING:
    from support.repo import Repo

TASK = (
    "handoff write --kind task --shared --for sonnet --label till --label=paper --budget-usd 2.5 "
    "--verify 'make all' --json <<'BRIEF'\n# {}\n## Task\nPrint it.\nBRIEF"
)


@pytest.fixture
def client(repo: Repo) -> Client:
    """A session that has worked."""
    new_client = Client(repo)
    new_client.start()
    new_client.works(20_000)
    return new_client


def briefs(repo: Repo) -> list[str]:
    return [path.read_text() for path in repo.briefs()]


def test_at_the_turns_end(repo: Repo, client: Client) -> None:
    """The brief is the model's, whole and committed, and the user is told; once."""
    assert sends(client, WRITE)["hookSpecificOutput"]["permissionDecision"] == "allow"
    message = client("stop")["systemMessage"]
    assert "brief “Fix the race” written" in message
    assert "committed as" in message
    (text,) = briefs(repo)
    assert "author: model" in text
    assert "Do fix the race." in text
    assert "handoff write" not in text

    assert client("stop") == {}
    client("session-end", reason="other")
    assert briefs(repo) == [text]


def test_when_it_was_asked_for(repo: Repo, client: Client) -> None:
    """At the threshold it counts as the brief that was asked for, not as none."""
    client.works(205_000)
    assert "handoff write" in context(client("stop"))
    sends(client, WRITE)
    message = client("stop", stop_hook_active=True)["systemMessage"]
    assert message.startswith("handoff: brief “Fix the race” written, committed as")
    assert "author: model" in briefs(repo)[0]


@pytest.mark.parametrize(
    ("event", "fields"),
    [
        ("session-end", {"reason": "other"}),
        ("pre-compact", {"trigger": "auto"}),
        ("stop-failure", {"error": "rate_limit"}),
    ],
)
def test_where_the_turn_never_ends(
    repo: Repo, client: Client, event: str, fields: dict[str, str]
) -> None:
    """Interrupted, compacted or refused: the model's words come before a snapshot."""
    sends(client, WRITE)
    client(event, **fields)
    (text,) = briefs(repo)
    assert "author: model" in text


def test_the_options_of_the_call(repo: Repo, client: Client) -> None:
    """They hold as if the command itself had stored it, and each task is a brief."""
    sends(client, TASK.format("Paper"))
    sends(client, TASK.format("Ink"))
    client("stop")
    texts = briefs(repo)
    assert sorted("# Paper" in text for text in texts) == [False, True]
    for text in texts:
        assert "kind: task" in text
        assert "for: {model: sonnet, budget_usd: 2.5}" in text
        assert "labels: [till, paper]" in text
        assert "verify: [make all]" in text


def test_tasks_without_titles(repo: Repo, client: Client) -> None:
    """That they begin with the same heading does not make them one."""
    for wish in ("Order paper.", "Order ink."):
        sends(client, TASK.replace("# {}\n", "").replace("Print it.", wish))
    client("stop")
    assert sorted("Order ink." in text for text in briefs(repo)) == [False, True]


def test_every_flag_is_known() -> None:
    """One that is not known would take the next option for its value."""
    flags = {name for option in cli.commands["write"].params
             if getattr(option, "is_flag", False) for name in option.opts}  # fmt: skip
    assert flags == set(rescue_sent_briefs._FLAGS)
    call = own_calls.parse(TASK)
    assert call is not None
    orders = rescue_sent_briefs._orders(call)
    assert (orders.shared, orders.model) == (True, "sonnet")


def test_the_last_text_counts(repo: Repo, client: Client) -> None:
    """What was fixed and sent again is stored once, in its last form."""
    sends(client, WRITE)
    sends(client, WRITE.replace("Do fix", "Do really fix"))
    client("stop")
    (text,) = briefs(repo)
    assert "Do really fix" in text
    assert not list((repo.root / ".handoff" / "done").glob("*.md"))


def test_one_that_was_stored_after_all(repo: Repo, client: Client) -> None:
    """Sent again outside of the sandbox, it is there already."""
    sends(client, WRITE)
    sends(client, WRITE, failed="")
    assert client("stop") == {}
    assert briefs(repo) == []


def test_a_failure_that_the_client_takes_for_success(repo: Repo, client: Client) -> None:
    """An old client in its sandbox, with zsh, has no exit code; a line of ours says what happened,
    and the same words in another line do not.
    """
    for failed in (KEPT, f"Brief 1: {KEPT}"):
        sends(client, WRITE, failed=failed)
        text = client.transcript.read_text()
        text = text.replace("Exit code 1\\n", "").replace('"is_error": true', '"is_error": false')
        client.transcript.write_text(text)
        told = client("stop")
        assert len(briefs(repo)) == 1
    assert "author: model" in briefs(repo)[0]
    assert told == {}


@pytest.mark.parametrize(
    "failed", ["handoff: The text has no ## Task.", "The user doesn't want to proceed", "Killed"]
)
def test_what_failed_for_another_reason(repo: Repo, client: Client, failed: str) -> None:
    """It was answered: nothing of it is stored behind the user's back."""
    sends(client, WRITE, failed=failed)
    assert client("stop") == {}
    assert briefs(repo) == []


def test_only_what_the_hook_saw(repo: Repo, client: Client) -> None:
    """A call that is not exactly ours, a subagent's, one in plan mode, and one that only stands in
    the transcript are not stored.
    """
    sends(client, f"true; {WRITE}")
    sends(client, WRITE, agent_id="a1")
    sends(client, WRITE, permission_mode="plan")
    client.works(90_000, prompt="", command=WRITE, failed=KEPT)
    assert client("stop") == {}
    assert briefs(repo) == []


def test_a_result_that_is_written_late(repo: Repo, client: Client) -> None:
    """A call without its result is looked for once more, and then forgotten."""
    call = {"tool_name": "Bash", "tool_input": {"command": WRITE}}
    for tokens in (40_000, 50_000):
        client("pre-tool-use", tool_use_id=f"s1-{tokens}-0", **call)
    client("stop")
    client.works(40_000, prompt="", command=WRITE, failed=KEPT)
    assert "written" in client("stop")["systemMessage"]
    client.works(50_000, prompt="", command=WRITE, failed=KEPT)
    assert client("stop") == {}
    assert len(briefs(repo)) == 1


def write(repo: Repo, monkeypatch: pytest.MonkeyPatch, session: str = "s1") -> str:
    """What `handoff write` says where it may write nothing but the project."""
    may, home = os.access, str(repo.state)
    text = WRITE.partition("\n")[2].removesuffix("BRIEF")
    with monkeypatch.context() as patch:
        patch.setattr(os, "access", lambda path, how: not path.startswith(home) and may(path, how))
        patch.setenv("SANDBOX_RUNTIME", "1")
        patch.setenv("CLAUDE_CODE_SESSION_ID", session)
        patch.chdir(repo.root)
        with pytest.raises(HandoffError) as raised:
            CliRunner().invoke(
                cli, ["write"], input=text, catch_exceptions=False, standalone_mode=False
            )
    return str(raised.value)


def test_what_the_command_says(repo: Repo, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """It promises what the hook keeps, and nothing where no hook saw the call or there is no
    transcript; the setting that opens the state directory stands there in any case.
    """
    setting = f"add {repo.state} to sandbox.filesystem.allowWrite"
    kept = "stored and committed when this turn ends"
    output = write(repo, monkeypatch)
    assert "Nothing was changed." in output
    assert setting in output

    call = {"tool_name": "Bash", "tool_input": {"command": WRITE}}
    client("pre-tool-use", tool_use_id="s1-40000-0", **call)
    output = write(repo, monkeypatch)
    assert kept in output
    assert setting in output

    client.transcript.unlink()
    assert kept not in write(repo, monkeypatch)
    assert briefs(repo) == []


@pytest.mark.parametrize(
    ("number", "path", "sandboxed", "words"),
    [
        (errno.EROFS, "/s/ledger.jsonl", True, "add /s to sandbox.filesystem.allowWrite"),
        (errno.EPERM, "/s", True, "add /s to sandbox.filesystem.allowWrite"),
        (errno.EACCES, "/s/locks/x", False, "ls -ld /s"),
        (errno.EROFS, "/r/.handoff/open/x.md", True, "add /r/.handoff/open/x.md to sandbox"),
        (errno.EROFS, "/r/.handoff/open/x.md", False, ""),
        (errno.ENOSPC, "/s/ledger.jsonl", True, ""),
        (errno.EROFS, None, True, ""),
    ],
)
def test_what_any_other_command_says(
    number: int, path: str | None, sandboxed: bool, words: str
) -> None:
    """An error of the state directory names what fixes it, and in the sandbox the setting."""
    env = {"SANDBOX_RUNTIME": "1"} if sandboxed else {}
    error = OSError(number, "x", path) if path else OSError(number, "x")
    told = unwritable.explain(error, "/s", env)
    assert words in str(told) if words else told is None


def test_only_the_text_that_was_noted(repo: Repo, client: Client) -> None:
    """Some gateways give one id to a call of each turn: an earlier text is not stored again."""
    call = {"tool_name": "Bash", "tool_input": {"command": WRITE}}
    earlier = WRITE.replace("Do fix the race.", "An earlier text.")
    client.works(30_000, prompt="", command=earlier, failed=KEPT)
    client("pre-tool-use", tool_use_id=f"{client.session}-30000-0", **call)
    client("stop")
    assert briefs(repo) == []
