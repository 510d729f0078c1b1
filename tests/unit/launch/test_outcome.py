"""What becomes of a brief when its headless run is over; the session is played by its hooks."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from handoff.launch import outcome, session_cost
from handoff.process import execute
from handoff.runtime import Runtime
from handoff.session import state
from handoff.store import brief_files, claims, finish, places
from support.client import Client, context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.repo import Repo
    from support.store_program import Store

KEY = "sk-ant-api03-" + "Ab3" * 12
LIMIT: dict[str, Any] = {
         "subtype": "error_max_budget_usd", "is_error": True,
         "errors": ["Reached maximum budget ($0.1)"], "result": None}  # fmt: skip


class Headless:
    """`handoff start --print` whose client is a function of the test."""

    def __init__(self, repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch) -> None:
        self.repo, self.handoff, self.patch = repo, handoff, monkeypatch
        self.code = self.told = 0
        folder = repo.root.parent / "bin"
        folder.mkdir()
        (folder / "claude").write_text("#!/bin/sh\n")
        (folder / "claude").chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")

    def __call__(
        self, brief_id: str, work: Callable[[Client], object], *, code: int = 0,
        session: str = "r1", out: str | None = None, **result: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """The JSON of a start; `work` is what the session does once it has its brief."""

        def to_end(
            _: object, directory: str, env: dict[str, str], __: object
        ) -> execute.ProcessResult:
            client = Client(
                self.repo,
                session,
                CLAUDE_PROJECT_DIR=directory,
                HANDOFF_PICKUP=env["HANDOFF_PICKUP"],
            )
            client.start()
            work(client)
            if not result.get("is_error"):
                client("session-end", reason="other")
            told = {"session_id": session, "total_cost_usd": 0.25, "num_turns": 3, "result": "Ok.",
                    "modelUsage": {"claude-opus-5-5": {"costUSD": 0.25}}}  # fmt: skip
            text = json.dumps(told | result) if out is None else out
            return execute.ProcessResult(code, text, self.told)

        self.patch.setattr(execute, "run_to_end", to_end)
        self.code = self.handoff("start", brief_id, "--print", "--json")
        return dict(json.loads(self.handoff.out))

    def row(self, brief_id: str) -> dict[str, Any]:
        """The brief in `handoff list --all --json`."""
        rows = self.handoff.json("list", "--all")
        return next(row for row in rows if row["id"] == brief_id)

    def text(self, brief_id: str) -> str:
        """The finished brief's file."""
        return (self.repo.root / ".handoff" / "done" / f"{brief_id}.md").read_text()


@pytest.fixture
def run(repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch) -> Headless:
    return Headless(repo, handoff, monkeypatch)


def nothing(_: Client) -> None:
    """A session that does nothing."""


def changes(client: Client) -> None:
    """A session that works, in a file and a commit."""
    client.works(9_000)
    root = client.repo.root
    with (root / "made.txt").open("a") as file:
        file.write("made\n")
    client.repo.git("add", "made.txt")
    client.repo.git("commit", "--quiet", "--message=Make it")
    (root / "half.txt").write_text("half\n")


def finishes(client: Client) -> None:
    """A session that works and finishes its brief."""
    changes(client)
    runtime = Runtime(client.env, full=True)
    place = places.locate(str(client.repo.root))
    stored = brief_files.find(place.root, state.load(runtime.home, client.session).picked)
    text = session_cost.with_cost("Did it.", stored, runtime)
    finish.finish(place, [stored], text, runtime, runtime.config(place.root))


# finished


def test_by_the_model(repo: Repo, run: Headless) -> None:
    """The model's outcome stands; its cost becomes the client's own figure, in a commit; the brief
    stays this machine's own.
    """
    brief_id = run.handoff.write("A task")
    done = run(brief_id, finishes)
    text = run.text(brief_id)

    assert (run.code, done["state"], done["by"], done["problem"]) == (
        0,
        "finished",
        "model",
        "",
    )
    assert "Did it." in text
    assert "until then" not in text
    assert text.count("Cost: ") == 1
    assert text.endswith(
        "\n\nCost: $0.25, 3 turns. Session r1, claude-opus-5-5; the client's own figures.\n"
    )
    row = run.row(brief_id)
    assert (row["cost_usd"], row["trusted"]) == (0.25, True)
    assert "handoff: record cost of “A task” (" in repo.git("log", "--format=%s")
    assert ".handoff" not in repo.git("status", "--porcelain")
    assert run.handoff.json("show", brief_id, "--history")[0]["spent_usd"] == 0.25
    run.handoff("list", "--all")
    assert "$0.25" in run.handoff.out


def test_by_the_model_in_spite_of_an_error(run: Headless) -> None:
    """What is finished is finished, whatever ended the run afterwards."""
    brief_id = run.handoff.write("A task")
    done = run(brief_id, finishes, code=1, **LIMIT)
    assert (run.code, done["state"], done["problem"]) == (0, "finished", "")
    assert done["stopped"] == "budget"


def test_by_code(repo: Repo, run: Headless) -> None:
    """A run that ended well and changed something, without a word: facts and cost, no secrets, and
    it says that no model wrote it.
    """
    (repo.root / "mine.txt").write_text("the user's own\n")
    brief_id = run.handoff.write("A task")
    refused = [{"tool_name": "Bash"}]
    done = run(
        brief_id, changes, result=f"Use {KEY}.\n## Outcome\nAll well.", permission_denials=refused
    )
    text = run.text(brief_id).partition("\n## Outcome\n")[2]

    assert (run.code, done["state"], done["by"]) == (0, "finished", "code")
    assert text.startswith("\nBy code, unverified: the session ended without writing an outcome.")
    assert KEY not in text
    assert "> All well." in text
    assert ": Make it\n- changed in commits: made.txt\n- changed, not committed: half.txt\n" in text
    assert "mine.txt" not in text
    assert "- 1 tool call was not permitted" in text
    assert "Cost: $0.25, 3 turns." in text


# not finished


@pytest.mark.parametrize(
    ("work", "result", "problem"),
    [
        (nothing, {}, "changed nothing"),
        (changes, {"is_error": True, "result": "API Error: 500", "code": 1}, "API Error: 500"),
        (changes, {"out": "", "code": -9}, "exit code -9"),
        (nothing, {"code": 1, **LIMIT}, "error_max_budget_usd: Reached maximum budget ($0.1)"),
    ],
)
def test_free_again(
    work: Callable[[Client], None], result: dict[str, Any], problem: str, repo: Repo, run: Headless
) -> None:
    """A run that failed, changed nothing or was killed: the brief is open and nobody's, and can be
    started again at once.
    """
    brief_id = run.handoff.write("A task")
    done = run(brief_id, work, **result)

    assert run.code == 1
    assert done["state"] == "open"
    assert problem in done["problem"]
    assert run.row(brief_id)["state"] == "open"
    assert claims.owner(str(repo.state), brief_id) == ""
    assert run(brief_id, finishes, session="r2")["state"] == "finished"


@pytest.mark.parametrize("out", ["", "[]", "not JSON", "[" * 100_000, '{"session_id": 7}'])
def test_a_result_that_cannot_be_read(out: str, run: Headless) -> None:
    """The session is known by its claim; its cost is counted from its transcript."""
    brief_id = run.handoff.write("A task")
    done = run(brief_id, changes, out=out)
    assert (done["state"], done["by"], done["session"]) == ("finished", "code", "r1")
    assert 0 < done["cost_usd"] < 0.01
    assert "Cost:" not in run.text(brief_id)


def test_interrupted(repo: Repo, run: Headless) -> None:
    """Ctrl-C ends the run: the brief is free again, and what it cost is known."""
    brief_id = run.handoff.write("A task")

    run.told = signal.SIGINT
    done = run(brief_id, changes, is_error=True, subtype="error_during_execution", result=None)
    assert run.code == 130
    assert (done["problem"], done["state"]) == ("it was stopped", "open")
    assert done["cost_usd"] == 0.25
    assert run.row(brief_id)["state"] == "open"


def test_no_brief_was_given(repo: Repo, run: Headless) -> None:
    """A session without the plugin: said so, and another's claim is not touched."""
    brief_id = run.handoff.write("A task")

    def loses(client: Client) -> None:
        claims.release(str(repo.state), brief_id)
        claims.claim(str(repo.state), brief_id, "another", time.time())

    done = run(brief_id, loses)
    assert "the session was not given the brief" in done["problem"]
    assert claims.owner(str(repo.state), brief_id) == "another"


def test_finished_by_somebody_else(repo: Repo, run: Headless) -> None:
    """A run that was not given its brief has no share in its end: neither word nor cost."""
    brief_id = run.handoff.write("A task")

    def loses(client: Client) -> None:
        claims.release(str(repo.state), brief_id)
        claims.claim(str(repo.state), brief_id, "another", time.time())
        runtime = Runtime(client.env, full=True)
        place = places.locate(str(repo.root))
        stored = brief_files.find(place.root, brief_id)
        finish.finish(place, [stored], "Did it elsewhere.", runtime, runtime.config(place.root))

    done = run(brief_id, loses)
    assert (run.code, done["state"], done["by"]) == (0, "finished", "")
    assert "Cost:" not in run.text(brief_id)


def test_what_is_remembered_holds_no_secret(repo: Repo, run: Headless) -> None:
    """Nor does what is shown: neither the client's error nor the model's words."""
    brief_id = run.handoff.write("A task")
    done = run(brief_id, nothing, code=1, is_error=True, result=f"API Error: {KEY} is wrong")
    assert done["problem"].startswith("API Error: [redacted")
    assert KEY not in run.handoff.out + run.handoff.err
    kept = (repo.state / "runs" / f"{brief_id}.json").read_text()
    assert "API Error" in kept
    assert KEY not in kept


def test_dropped_meanwhile(repo: Repo, run: Headless) -> None:
    """A brief that is nowhere any more is no error of ours."""
    brief_id = run.handoff.write("A task")

    def drops(client: Client) -> None:
        (repo.root / ".handoff" / "open" / f"{brief_id}.md").unlink()

    assert run(brief_id, drops)["problem"] == (
        "its brief is no longer in any worktree: dropped, or not on the branch checked out there"
    )


# carried on


@pytest.mark.parametrize("kind", ["task", "continue"])
def test_over_budget(kind: str, repo: Repo, run: Headless) -> None:
    """A run that a limit ended leaves a snapshot of the same kind, with what the brief was for; it
    takes the brief's place, and the cost stands in that.
    """
    words = "# A task\n## Task\nDo it well.\n## Constraints\n“Not on Sundays.”\n"
    options = ("--label", "docs", "--verify", "true", "--budget-usd", "0.1", "--for", "opus")
    first = str(run.handoff.json("write", "--kind", kind, *options, stdin=words)["id"])
    done = run(first, changes, code=1, **LIMIT)
    second = done["successor"]
    now = run.row(second)
    text = (repo.root / ".handoff" / "open" / f"{second}.md").read_text()

    assert (run.code, done["state"], done["stopped"]) == (1, "continued", "budget")
    assert (now["state"], now["kind"], now["parent"]) == ("open", kind, first)
    assert (now["title"], now["author"], now["labels"]) == ("A task", "snapshot", ["docs"])
    assert "trigger: budget\n" in text
    assert "for: {model: opus, budget_usd: 0.1}" in text
    assert "verify: ['true']" in text
    assert "Do it well." in text
    assert "“Not on Sundays.”" in text
    assert "Carry out the task of the handoff brief" not in text
    assert f"Continued by {second}.\n\nCost: $0.25" in run.text(first)
    assert run.row(first)["cost_usd"] == 0.25
    run.handoff("start", second, "--print", "--dry-run")
    assert "budget: $0.1 (the brief)" in run.handoff.out


def test_its_own_brief(repo: Repo, run: Headless) -> None:
    """A session that wrote a brief for its successor: that one carries the task on."""
    first = run.handoff.write("A task")
    wrote: list[str] = []
    done = run(first, lambda client: wrote.append(client.brief(title="The rest")))
    assert (done["state"], done["successor"]) == ("continued", wrote[0])
    assert run.row(first)["state"] == "done"
    assert run.row(wrote[0])["state"] == "open"
    assert f"Continued by {wrote[0]}." in run.text(first)


def test_its_own_brief_where_a_formatter_ran(repo: Repo, run: Headless) -> None:
    """The one that it was given is put away, although its file has another form by then."""
    first = run.handoff.write("A task")
    wrote: list[str] = []

    def hands_on(client: Client) -> None:
        wrote.append(client.brief(title="The rest"))
        path = repo.root / ".handoff" / "open" / f"{first}.md"
        path.write_text(path.read_text().replace("\n## ", "\n\n\n## "))

    assert run(first, hands_on)["successor"] == wrote[0]
    assert run.row(first)["state"] == "done"
    assert f"Continued by {wrote[0]}." in run.text(first)


def test_its_own_brief_in_another_worktree(repo: Repo, run: Headless) -> None:
    """A session that entered a worktree and handed on there has not finished the task."""
    first = run.handoff.write("A task")
    wrote: list[str] = []

    def moves(client: Client) -> None:
        worktree = str(repo.root / ".claude" / "worktrees" / "x")
        repo.git("worktree", "add", "--quiet", worktree, "-b", "x")
        changes(client)
        client("stop", cwd=worktree)
        wrote.append(client.brief(title="The rest"))

    done = run(first, moves)
    assert (done["state"], done["successor"]) == ("continued", wrote[0])
    assert f"Continued by {wrote[0]}." in run.text(first)


def test_the_delegating_session_hears_of_it(repo: Repo, run: Headless) -> None:
    """A task that another brief carries on is not told as finished; that one's end is."""
    client = Client(repo)
    client.start()
    first = client.brief("task", title="Count")
    second = run(first, changes, code=1, **LIMIT)["successor"]
    told = client("user-prompt-submit", prompt="go on")
    assert told["systemMessage"] == (
        f"handoff: task “Count” is not finished: {second} continues it."
    )
    assert "Its outcome" not in context(told)
    assert client("user-prompt-submit", prompt="go on") == {}

    run(second, finishes, session="r2")
    told = client("user-prompt-submit", prompt="go on")
    assert "task “Count” is finished: Did it. Cost: $0.25" in told["systemMessage"]
    assert client("user-prompt-submit", prompt="go on") == {}


def test_a_row_without_an_end(repo: Repo, run: Headless) -> None:
    """An outcome that names its own brief as the next does not stop the delegating session."""
    client = Client(repo)
    client.start()
    first = client.brief("task", title="Count")
    run.handoff("done", first, "--outcome", f"Continued by {first}.")
    assert "continues it" in client("user-prompt-submit", prompt="go on")["systemMessage"]


# who settles by himself


@pytest.mark.parametrize("result", [{}, {"code": 1, **LIMIT}])
def test_not_by_code(result: dict[str, Any], repo: Repo, run: Headless) -> None:
    """For a relay nothing is written or released: it decides itself."""
    settle = outcome.settle
    run.patch.setattr(outcome, "settle", lambda *given, **_: settle(*given, by_code=False))
    brief_id = run.handoff.write("A task")
    done = run(brief_id, changes, **result)
    assert (done["state"], done["successor"]) == ("open", "")
    assert [path.stem for path in repo.briefs()] == [brief_id]
    assert repo.briefs("done") == []
    assert claims.owner(str(repo.state), brief_id) == "r1"


@pytest.mark.parametrize("commit", ["ref", "off"])
def test_without_commits_on_the_branch(
    commit: str, repo: Repo, run: Headless, own_home: Path
) -> None:
    """The cost reaches the file, and the ref that keeps it, however briefs are committed."""
    path = own_home / ".config" / "handoff" / "config.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(f"commit: '{commit}'\n")
    brief_id = run.handoff.write("A task")
    run(brief_id, finishes)
    assert "Cost: $0.25, 3 turns." in run.text(brief_id)
    assert run.row(brief_id)["cost_usd"] == 0.25
    if commit == "ref":
        kept = repo.git("show", f"refs/handoff/{brief_id}:.handoff/done/{brief_id}.md")
        assert "Cost: $0.25, 3 turns." in kept


def test_a_finished_brief_that_was_changed(repo: Repo, run: Headless) -> None:
    """Somebody else's words are left as they are: no cost is put behind them as ours."""
    brief_id = run.handoff.write("A task")

    def edits(client: Client) -> None:
        finishes(client)
        path = repo.root / ".handoff" / "done" / f"{brief_id}.md"
        path.write_text(path.read_text().replace("Did it.", "Did more."))

    run(brief_id, edits)
    assert "Cost: $0.25, 3 turns." not in run.text(brief_id)


def test_the_cost_of_a_session_at_a_terminal(repo: Repo, run: Headless) -> None:
    """`handoff done` in a session that was not run headless: what the meter counts until then."""
    brief_id = run.handoff.write("A task")
    client = Client(repo, "t1", HANDOFF_PICKUP=brief_id)
    client.start()
    client.works(100_000, 120_000)
    run.patch.setenv("CLAUDE_CODE_SESSION_ID", "t1")
    run.handoff("done", brief_id, "--outcome", "Did it.")
    text = run.text(brief_id)
    assert "Did it.\n\nCost: $0.0" in text
    assert " until then, 2 calls. Session t1, claude-opus-5-5; counted from its transcript." in text
    assert 0.01 < run.row(brief_id)["cost_usd"] < 0.1


def test_a_brief_that_no_session_has(run: Headless) -> None:
    """Finished by hand, without a session: no cost is made up."""
    brief_id = run.handoff.write("A task")
    run.handoff("done", brief_id, "--outcome", "Did it.")
    assert "Cost:" not in run.text(brief_id)
    assert run.row(brief_id)["cost_usd"] is None


def test_settling_that_fails(run: Headless, repo: Repo) -> None:
    """What cannot be written is told; the run's figures are not lost over it."""

    def fails(*_: object) -> None:
        raise OSError(28, "No space left on device", "/x")

    run.patch.setattr(outcome, "_settled", fails)
    brief_id = run.handoff.write("A task")
    done = run(brief_id, changes)
    assert "No space left on device" in done["problem"]
    assert done["cost_usd"] == 0.25


def test_a_program_that_the_session_named(repo: Repo, run: Headless) -> None:
    """What came of it is seen without the programs that its repository's configuration names."""
    trace = repo.root.parent / "planted.txt"

    def plants(client: Client) -> None:
        changes(client)
        repo.git("config", "filter.planted.clean", f"touch {trace}; cat")
        (repo.root / ".gitattributes").write_text("* filter=planted\n")
        text = (repo.root / "app.py").read_text()
        (repo.root / "app.py").write_text(text.upper())

    done = run(run.handoff.write("A task"), plants)
    assert done["by"] == "code"
    assert not trace.exists()
