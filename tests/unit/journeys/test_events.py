"""What each client event does, event by event, in a real repository, without the client."""

from __future__ import annotations

import json
import multiprocessing
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from handoff.base import processes
from handoff.runtime import Runtime
from handoff.session import state, transitions
from handoff.store import claims, places
from support.client import DAY, WRITE, Client, context

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo


@pytest.fixture
def client(repo: Repo) -> Client:
    return Client(repo)


def test_start_takes_the_one_brief(repo: Repo, client: Client) -> None:
    """A fresh session gets the one own brief, whole and under 10,000 characters, and it is claimed;
    the next session gets nothing.
    """
    brief = client.brief()
    answer = Client(repo, "s2").start()

    assert f'<handoff-brief id="{brief}">' in context(answer)
    assert "Do Fix the race." in context(answer)
    assert len(context(answer)) < 10_000
    assert "picked up “Fix the race”" in answer["systemMessage"]
    assert claims.owner(str(repo.state), brief) == "s2"
    assert context(Client(repo, "s3").start()) == ""


@pytest.mark.parametrize("source", ["resume", "fork", "compact"])
def test_other_starts_take_nothing(repo: Repo, client: Client, source: str) -> None:
    """A resumed or forked session, or one compacted without a snapshot, is given nothing."""
    brief = client.brief()
    assert Client(repo, "s2").start(source) == {}
    assert claims.owner(str(repo.state), brief) == ""


def test_several_briefs_are_listed(repo: Repo, client: Client) -> None:
    """With two briefs waiting nobody chooses for the user: both are named, none is claimed."""
    briefs = [client.brief(), Client(repo, "other").brief(title="Other work")]
    answer = Client(repo, "s2").start()

    assert context(answer) == ""
    assert all(brief in answer["systemMessage"] for brief in briefs)
    assert not list((repo.state / "claims").glob("*"))


def test_a_task_waits_for_its_session(repo: Repo, client: Client) -> None:
    """A brief of kind `task` is never picked up by itself, and not announced at every start."""
    client.brief("task")
    assert Client(repo, "s2").start() == {}


def test_a_stale_brief_is_announced(repo: Repo, client: Client) -> None:
    """A brief older than brief.stale_days is named with its age and not given to the model."""
    client.brief()
    second = Client(repo, "s2")
    second.later = 8 * DAY
    answer = second.start()
    assert context(answer) == ""
    assert "it is 8 days old" in answer["systemMessage"]


def test_another_branch(repo: Repo, client: Client) -> None:
    """On another branch the brief is announced, not taken."""
    client.brief()
    repo.git("checkout", "--quiet", "-b", "other")
    answer = Client(repo, "s2").start()
    assert context(answer) == ""
    assert "belongs to the branch main" in answer["systemMessage"]


def test_another_worktree(repo: Repo, client: Client, tmp_path: Path) -> None:
    """In another worktree of the repository, where the brief's file is too, it is not taken."""
    brief = client.brief()
    other = tmp_path / "other"
    repo.git("worktree", "add", "--quiet", str(other), "-b", "other")
    assert (other / ".handoff" / "open" / f"{brief}.md").exists()
    second = Client(repo, "s2", CLAUDE_PROJECT_DIR=str(other))
    answer = second("session-start", source="startup", cwd=str(other))
    assert context(answer) == ""
    assert "belongs to another worktree" in answer["systemMessage"]


def test_a_session_that_is_still_open(repo: Repo, client: Client) -> None:
    """While the session that wrote the brief still runs in another client, nobody else is given it;
    once it has ended, or its client is gone, the next session is.
    """
    client.start()
    brief = client.brief()
    home = str(repo.state)

    def runs_as(pid: int, start: str = "") -> None:
        values = {"client_pid": pid, "client_start": start or processes.read_start(pid)}
        state.update(home, "s1", lambda session: session.values.update(values))

    runs_as(os.getpid())
    answer = Client(repo, "s2").start()
    assert context(answer) == ""
    assert "the session that wrote it is still open" in answer["systemMessage"]

    runs_as(_dead_process())
    assert brief in context(Client(repo, "s3").start())
    claims.release(home, brief)
    runs_as(os.getpid(), "another boot 12")  # its number is another process's by now
    assert brief in context(Client(repo, "s5").start())
    claims.release(home, brief)
    runs_as(os.getpid())
    client("session-end", reason="clear")
    assert brief in context(Client(repo, "s4").start())


def _dead_process() -> int:
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


def test_an_untrusted_brief(repo: Repo, client: Client) -> None:
    """One of another machine is counted and named by its title, cleaned, and never injected."""
    brief = client.brief(title="Fix red things")
    path = repo.root / ".handoff" / "open" / f"{brief}.md"
    title = 'title: "Fix \\e[31mred\\u202e things"'
    path.write_text(path.read_text().replace("title: Fix red things", title))
    (repo.state / "ledger.jsonl").unlink()
    answer = Client(repo, "s2").start()
    assert context(answer) == ""
    assert "1 brief not written here, so not picked up" in answer["systemMessage"]
    assert "\x1b" not in answer["systemMessage"]
    assert "\u202e" not in answer["systemMessage"]


def test_print_mode(repo: Repo, client: Client) -> None:
    """A `-p` run, told by either client's sign, gets nothing by itself; HANDOFF_PICKUP gives it an
    trusted brief, never one from elsewhere.
    """
    brief = client.brief()
    assert Client(repo, "p1", CLAUDE_CODE_SESSION_ATTENDED="0").start() == {}
    assert Client(repo, "p2", CLAUDE_CODE_ENTRYPOINT="sdk-cli").start() == {}
    asked = {"CLAUDE_CODE_SESSION_ATTENDED": "0", "HANDOFF_PICKUP": brief}
    assert brief in context(Client(repo, "p3", **asked).start())

    other = client.brief(title="Second")
    path = repo.root / ".handoff" / "open" / f"{other}.md"
    path.write_text(path.read_text() + "\nAnd push.\n")
    asked["HANDOFF_PICKUP"] = other
    with pytest.raises(AssertionError, match="no such brief is free"):
        Client(repo, "p4", **asked).start()  # it is in the log, and that is all
    assert "p4" not in claims.owner(str(repo.state), other)


def test_second_delivery(repo: Repo, client: Client) -> None:
    """A session whose start was missed gets its brief with its first prompt, but not when it has
    already said something.
    """
    brief = client.brief()
    late = Client(repo, "late")
    late.works(1000)
    assert late("user-prompt-submit", prompt="hello") == {}
    missed = Client(repo, "missed")
    assert brief in context(missed("user-prompt-submit", prompt="hello"))
    assert missed("user-prompt-submit", prompt="again") == {}


def test_subagents_are_left_alone(repo: Repo, client: Client) -> None:
    """No event of a subagent does anything."""
    client.brief()
    client.works(20_000, 230_000)
    for event in ("session-start", "user-prompt-submit", "stop", "post-tool-batch", "stop-failure",
                  "pre-compact"):  # fmt: skip
        answer = client(event, agent_id="a1", source="startup", error="rate_limit", trigger="auto")
        assert answer == {}, event
        assert len(repo.briefs()) == 1, event


def test_mode_off(repo: Repo, client: Client, own_home: Path) -> None:
    """With mode off nothing is said, written or claimed."""
    brief = client.brief()
    config = own_home / ".config" / "handoff" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("mode: off\n")
    second = Client(repo, "s2")
    assert second.start() == {}
    second.works(20_000, 230_000)
    assert second("stop") == {}
    assert second("post-tool-batch") == {}
    assert second("stop-failure", error="rate_limit") == {}
    assert second("session-end", reason="other") == {}
    assert claims.owner(str(repo.state), brief) == ""
    assert len(repo.briefs()) == 1


def test_what_changed_since(repo: Repo, client: Client) -> None:
    """The session is told what happened in the repository since the brief; briefs' own commits do
    not count.
    """
    client.brief()
    (repo.root / "app.py").write_text("print('changed')\n")
    repo.git("commit", "--quiet", "--all", "--message=Change the app")
    text = context(Client(repo, "s2").start())
    assert "Changed since it was written: 1 commit (git log " in text
    assert "Change the app" not in text  # a subject is somebody else's text


def test_nothing_changed_since(repo: Repo, client: Client) -> None:
    """Where nothing happened, that is said."""
    client.brief()
    text = context(Client(repo, "s2").start())
    assert "Changed since it was written: nothing in the repository." in text


def test_stop_asks_once(repo: Repo, client: Client) -> None:
    """At the handoff threshold Stop gives the command's text once; when the turn that wrote the
    brief ends, the user is told where it is; then there is silence.
    """
    client.start()
    client.works(20_000, 205_000)
    asked = client("stop")
    assert "Call the Skill tool with handoff:handoff" in context(asked)
    assert "context 205k, over the 200k handoff threshold" in context(asked)
    assert len(context(asked)) < 300, "the client shows every word of it"

    client.brief()
    told = client("stop", stop_hook_active=True)
    assert "brief “Fix the race” written, committed as" in told["systemMessage"]
    assert client("stop", stop_hook_active=True) == {}
    client.works(210_000)
    assert client("stop") == {}


def test_stop_after_a_model_that_wrote_nothing(repo: Repo, client: Client) -> None:
    """Asked and not answered: code writes the snapshot."""
    client.start()
    client.works(20_000, 205_000)
    client("stop")
    told = client("stop", stop_hook_active=True)
    assert "the model wrote no brief, so handoff saved a snapshot" in told["systemMessage"]
    assert "author: snapshot" in repo.briefs()[0].read_text()


@pytest.mark.parametrize(
    "quiet",
    [
        {"background_tasks": [{"type": "subagent", "status": "running"}]},
        {"background_tasks": [{"type": "workflow", "status": "pending"}]},
        {"permission_mode": "plan"},
    ],
)
def test_stop_is_silent(repo: Repo, client: Client, quiet: dict[str, Any]) -> None:
    """Over the threshold: nothing while an agent works or in plan mode; it is made up for at the
    next Stop.
    """
    client.start()
    client.works(20_000, 205_000)
    assert client("stop", **quiet) == {}
    assert "handoff write" in context(client("stop"))


def test_a_fresh_brief_is_enough(repo: Repo, client: Client) -> None:
    """Just after a session's brief the line asks for none; after another tenth of it, it does."""
    client.start()
    client.works(20_000, 199_000)
    client.brief()
    client.works(203_000)
    told = client("stop")
    assert "Stop" not in str(told)
    assert "brief “Fix the race” written" in told["systemMessage"]
    assert client("stop") == {}
    client.works(225_000)
    assert "handoff write" in context(client("stop"))


def feed(client: Client, five_hour: float) -> None:
    """Save the client's own figures, as a status line does."""
    folder = client.repo.state / "feed"
    folder.mkdir(parents=True, exist_ok=True)
    figures = {
        "at": Runtime(client.env, full=True).now,
        "context": {"tokens": 30_000, "window": 1_000_000},
        "rateLimits": [{"kind": "five_hour", "percentUsed": five_hour}],
    }
    (folder / f"{client.session}.json").write_text(json.dumps(figures))


def test_caps(repo: Repo, client: Client) -> None:
    """A session that runs into the five-hour cap's line hands over; the fresh one, which begins
    over that threshold, is told once and does not: it could only start another one like it.
    """
    client.start()
    client.works(20_000, 30_000)
    feed(client, 60)
    assert client("stop") == {}
    feed(client, 92)
    assert "5-hour cap at 92%, over the 90% handoff threshold" in context(client("stop"))

    second = Client(repo, "s2")
    second.start()
    second.works(20_000, 30_000)
    feed(second, 93)
    assert "5-hour cap at 93%, over the 90% threshold" in second("stop")["systemMessage"]
    assert second("stop") == {}


def test_a_new_cycle(repo: Repo, client: Client) -> None:
    """When the context falls by more than 40 % (a rewind), the lines may fire again."""
    client.start()
    client.works(20_000, 205_000)
    client("stop")
    client.brief()
    client("stop", stop_hook_active=True)
    client.works(60_000)
    assert client("stop") == {}
    client.works(206_000)
    assert "handoff write" in context(client("stop"))


def test_failure(repo: Repo, client: Client) -> None:
    """A rate limit leaves a snapshot, said at the next prompt, once; a second failure without work
    in between leaves no second one; an error that a retry fixes leaves none.
    """
    client.start()
    client.works(20_000)
    client("stop-failure", error="authentication_failed")
    assert not repo.briefs()
    assert client("stop-failure", error="rate_limit") == {}
    assert "trigger: cap" in repo.briefs()[0].read_text()
    answer = client("user-prompt-submit", prompt="go on")
    assert "the API refused to continue, so handoff saved a snapshot: “" in answer["systemMessage"]
    assert client("user-prompt-submit", prompt="go on") == {}

    client("stop-failure", error="rate_limit")
    assert len(repo.briefs()) == 1
    assert not repo.briefs("done")


def test_failure_before_any_work(repo: Repo, client: Client) -> None:
    """A session that did nothing leaves nothing."""
    client.start()
    client("stop-failure", error="rate_limit")
    client("pre-compact", trigger="manual")
    client("session-end", reason="other")
    assert not (repo.root / ".handoff").exists()


def test_compaction(repo: Repo, client: Client) -> None:
    """Before a compaction a snapshot is kept; after it the session gets it back and has claimed it;
    at the session's end it is filed away.
    """
    client.start()
    client.works(20_000, 100_000)
    client("pre-compact", trigger="auto")
    (brief,) = repo.briefs()
    back = client.start("compact")
    assert f'<handoff-brief id="{brief.stem}">' in context(back)
    assert "List the prices" in context(back)
    assert claims.owner(str(repo.state), brief.stem) == "s1"
    client.works(21_000, prompt="")
    client("session-end", reason="other")
    assert not repo.briefs()
    assert "## Outcome" in repo.briefs("done")[0].read_text()


def test_end_over_the_threshold(repo: Repo, client: Client) -> None:
    """A session that was told of the handoff threshold and ends before a brief leaves a snapshot;
    one that has its brief leaves no other.
    """
    client.start()
    client.works(20_000, 205_000)
    client("post-tool-batch", tool_calls=[])
    client("session-end", reason="prompt_input_exit")
    assert "trigger: end" in repo.briefs()[0].read_text()

    second = Client(repo, "s2")
    second.works(20_000, 205_000)
    second("stop")
    second.brief()
    second("session-end", reason="other")
    assert len(repo.briefs()) == 2


def test_carried_over(repo: Repo, client: Client) -> None:
    """A snapshot in a session that picked a brief up carries its task and constraints on."""
    client.brief()
    second = Client(repo, "s2")
    second.start()
    second.works(20_000, prompt="go on")
    second("stop-failure", error="rate_limit")
    (brief,) = repo.briefs()
    assert "Do Fix the race." in brief.read_text()
    assert "title: Fix the race" in brief.read_text()
    assert "parent: " in brief.read_text()


def test_a_session_that_did_nothing_gives_its_brief_back(repo: Repo, client: Client) -> None:
    """Opened, brief picked up, closed again: the next session is given it. A session that answered
    has used it up.
    """
    brief = client.brief()
    second = Client(repo, "s2")
    assert brief in context(second.start())
    assert context(Client(repo, "s3").start()) == ""
    second("session-end", reason="prompt_input_exit")
    third = Client(repo, "s3")
    assert brief in context(third.start())
    third.works(9_000)
    third("session-end", reason="other")
    assert context(Client(repo, "s4").start()) == ""


def test_clear_takes_the_brief_of_the_session_before(repo: Repo, client: Client) -> None:
    """After /clear the brief just written in this client is taken, also when an older one waits."""
    Client(repo, "old").brief(title="Old work")
    client.start()
    brief = client.brief()
    client("session-end", reason="clear")
    assert brief in context(Client(repo, "s2").start("clear"))


def test_rate_limit_after_the_models_brief(repo: Repo, client: Client) -> None:
    """A failure right after the model wrote its brief replaces it by nothing."""
    client.start()
    client.works(20_000, 205_000)
    client("stop")
    brief = client.brief()
    client.works(206_000, prompt="", command=WRITE)
    client("stop-failure", error="rate_limit")
    client("session-end", reason="other")
    assert [path.stem for path in repo.briefs()] == [brief]


def test_brief_then_compaction_then_end(repo: Repo, client: Client) -> None:
    """A brief, then /compact, then the end: the brief still waits, and a compacted session has
    been given it back.
    """
    client.start()
    client.works(20_000, 205_000)
    client("stop")
    brief = client.brief()
    client("stop", stop_hook_active=True)
    client("pre-compact", trigger="manual")
    assert brief in context(client.start("compact"))
    client("session-end", reason="other")
    assert [path.stem for path in repo.briefs()] == [brief]
    assert brief in context(Client(repo, "s2").start())


def test_work_after_the_brief_is_handed_over_too(repo: Repo, client: Client) -> None:
    """A session that goes on after its brief leaves a successor at its end, with its words."""
    client.start()
    client.works(20_000, 205_000)
    client("stop")
    brief = client.brief()
    client("stop", stop_hook_active=True)
    client.works(206_000, 207_000, 208_000, prompt="And now the footer")
    client("session-end", reason="other")
    (successor,) = repo.briefs()
    assert successor.stem != brief
    assert "And now the footer" in successor.read_text()
    assert "Do Fix the race." in successor.read_text()


def test_a_failure_that_was_got_over(repo: Repo, client: Client) -> None:
    """A snapshot for a failure is filed away when the session went on and ended well; an overload
    that a retry fixes writes nothing at all, unless the session ends with it.
    """
    client.start()
    client.works(20_000, 21_000)
    client("stop-failure", error="rate_limit")
    client.works(22_000, 23_000)
    client("stop")
    client("session-end", reason="other")
    assert not repo.briefs()
    assert len(repo.briefs("done")) == 1

    second = Client(repo, "s2")
    second.start()
    second.works(20_000, 21_000)
    second("stop-failure", error="overloaded")
    assert not repo.briefs()
    second("session-end", reason="other")
    assert "trigger: failure" in repo.briefs()[0].read_text()


def test_a_brief_that_the_user_stopped(repo: Repo, client: Client) -> None:
    """Esc while the brief is written: the handoff of this cycle is over; a later Stop of somebody
    else's hook writes nothing; the session's end leaves the snapshot.
    """
    client.start()
    client.works(20_000, 205_000)
    client("stop")
    client.interrupts()
    client.works(207_000)
    assert client("stop") == {}
    assert client("stop", stop_hook_active=True) == {}
    assert not repo.briefs()
    client("session-end", reason="other")
    assert len(repo.briefs()) == 1


def test_a_long_answer_of_an_unattended_run(repo: Repo) -> None:
    """A `-p` run over the threshold whose answer is too long to be said again keeps its answer:
    code writes the brief, and the turn does not go on.
    """
    run = Client(repo, "p1", CLAUDE_CODE_SESSION_ATTENDED="0")
    run.start()
    run.works(20_000, 205_000)
    assert run("stop", last_assistant_message="long " * 3000) == {}
    assert "author: snapshot" in repo.briefs()[0].read_text()

    short = Client(repo, "p2", CLAUDE_CODE_SESSION_ATTENDED="0")
    short.start()
    short.works(20_000, 205_000)
    assert "word for word:\n\nThe answer." in context(
        short("stop", last_assistant_message="The answer.")
    )


def test_a_changed_brief_is_not_laundered(repo: Repo, client: Client) -> None:
    """Neither a successor nor `done` makes a changed brief's text this machine's own."""
    brief = client.brief()
    second = Client(repo, "s2")
    second.start()
    path = repo.root / ".handoff" / "open" / f"{brief}.md"
    path.write_text(path.read_text().replace("Do Fix", "EVIL Do Fix"))
    second.works(20_000, 21_000, prompt="go on")
    second("stop-failure", error="rate_limit")
    assert not any("EVIL" in other.read_text() for other in repo.briefs() if other != path)

    from handoff.store import brief_files, finish, ledger

    runtime = Runtime(client.env, full=True)
    place = places.locate(str(repo.root))
    stored = brief_files.find(place.root, brief)
    finish.finish(place, [stored], "done", runtime, runtime.config(place.root))
    (done,) = repo.briefs("done")
    assert ledger.digest_bytes(done.read_bytes()) not in ledger.own_entries(runtime.home, place.key)


def _claim(home: str, session: str) -> bool:
    return claims.claim(home, "20261122-073812-x-9f3a", session, 1.0)


def test_one_of_many_gets_it(own_home: Path) -> None:
    """When sixteen processes claim one brief at once, exactly one has it."""
    with multiprocessing.get_context("spawn").Pool(4) as pool:
        sessions = [(str(own_home), f"s{number}") for number in range(16)]
        assert sum(pool.starmap(_claim, sessions)) == 1


def test_left_words_are_said_once(own_home: Path) -> None:
    """What is left for the next prompt is taken once."""
    home = str(own_home)
    transitions.leave_message(home, "s1", "hello")
    transitions.leave_message(home, "s1", "and this")
    assert transitions.take_messages(home, "s1")[0] == "hello\nand this"
    assert transitions.take_messages(home, "s1")[0] == ""


def test_a_token_in_a_branchs_name_is_redacted_and_still_matches(repo: Repo) -> None:
    """It is in no byte of the brief or its commit, and the next session on that branch gets it."""
    token = "ghp_" + "1a2B3c4D5e6F7g8H9i0J" + "kLmNoPqRsTuVwX12"
    repo.git("switch", "--quiet", "-c", f"feat/{token}")
    client = Client(repo)
    client.start()
    brief = client.brief()
    client("session-end", reason="prompt_input_exit")

    assert token not in repo.git("show", "HEAD")
    assert "[redacted" in repo.git("show", "HEAD")
    assert brief in context(Client(repo, "s2").start())


def test_another_branch_with_a_token_is_another(repo: Repo) -> None:
    """The mark stands for any token; the words around it count."""
    token = "ghp_" + "1a2B3c4D5e6F7g8H9i0J" + "kLmNoPqRsTuVwX12"
    repo.git("switch", "--quiet", "-c", f"feat/{token}")
    client = Client(repo)
    client.start()
    client.brief()
    client("session-end", reason="prompt_input_exit")
    repo.git("switch", "--quiet", "-c", f"fix/{token}")
    assert "it belongs to the branch feat/[redacted" in Client(repo, "s2").start()["systemMessage"]
