"""Briefs by code in a real repository: a failure leaves no poorer brief than there was."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handoff.brief import document
from handoff.meter import token_counter
from support.client import Client, context

if TYPE_CHECKING:
    from handoff.brief.document import Brief
    from support.program import Program
    from support.repo import Repo

WORDS = {
    "Task": "The receipt lists every price.",
    "Constraints": "“never touch till/basket.py”",
    "Next step": "Join one line per price.",
    "State": "Half of it is done.",
    "Decisions": "No template engine.",
    "Verify": "- `make test`",
    "Questions": "Which currency?",
    "Rollout": "Behind the flag.",
}
TEXT = "# List every price\n" + "\n".join(f"## {name}\n{text}" for name, text in WORDS.items())
OPTIONS = ("--verify", "make test", "--label", "till", "--for", "opus", "--shared")
FAILURES = {
    "cap": ("stop-failure", {"error": "rate_limit"}),
    "compact": ("pre-compact", {"trigger": "auto"}),
}


@pytest.fixture
def parent(repo: Repo, handoff: Program) -> str:
    """A brief that a model wrote, in another session; its id."""
    Client(repo, "s0").start()
    return str(handoff.json("write", "--session", "s0", *OPTIONS, stdin=TEXT)["id"])


def the_brief(repo: Repo) -> Brief:
    """The one that is open."""
    (path,) = repo.briefs()
    return document.parse(path.read_bytes(), path.name)


def fails(client: Client, kind: str = "cap") -> None:
    """No model can answer any more."""
    event, fields = FAILURES[kind]
    client(event, **fields)


def check_words(brief: Brief) -> None:
    """Every word of the parent is there."""
    for name, text in WORDS.items():
        assert text in brief.sections[name], name


@pytest.mark.parametrize("kind", FAILURES)
def test_a_failure_after_a_pickup(repo: Repo, parent: str, kind: str) -> None:
    """All sections, the title, and what the front matter orders are in the snapshot; the brief
    before it is done, continued by it.
    """
    client = Client(repo, "s1")
    assert parent in context(client.start())
    client.works(20_000, prompt="go on", command="make test")
    fails(client, kind)
    brief = the_brief(repo)

    check_words(brief)
    assert (brief.author, brief.parent, brief.title) == ("snapshot", parent, "List every price")
    assert (brief.verify, brief.labels) == (("make test",), ("till",))
    assert brief.target == {"model": "opus"}
    assert "directory" not in brief.git
    assert "`make test` (passed)" in brief.sections["State"]
    assert brief.sections["Verify"] == "- `make test` [ran since: passed]"
    assert f"Continued by {brief.id}." in repo.briefs("done")[0].read_text()


def test_three_failures_in_a_row(repo: Repo, parent: str) -> None:
    """Each session is given the snapshot of the one before, and leaves no poorer one."""
    for number in (1, 2, 3):
        client = Client(repo, f"s{number}")
        assert "List every price" in context(client.start())
        client.works(20_000, prompt="go on", command=f"make step{number}")
        fails(client)
        client("session-end", reason="other")
    brief = the_brief(repo)

    check_words(brief)
    assert all(f"make step{number}" in brief.sections["State"] for number in (1, 2, 3))
    assert document.body(brief).count("No model wrote this brief") == 1
    assert brief.verify == ("make test",)


def test_requests_in_a_row_of_failures(repo: Repo, parent: str) -> None:
    """Each request of three sessions stands in the Task once, the newest as the next step, and no
    label stands under another.
    """
    said = "Give each price two decimals.", "Write the tests for it too.", "go on then"
    for number, prompt in enumerate(said):
        client = Client(repo, f"s{number + 1}")
        client.start()
        client.works(20_000, prompt=prompt, command=f"make step{number}")
        fails(client)
        client("session-end", reason="other")
    brief = the_brief(repo)
    task, step = brief.sections["Task"], brief.sections["Next step"]

    check_words(brief)
    assert brief.title == said[1]
    assert task.count(said[0]) == task.count(said[1]) == step.count(said[1]) == 1
    assert task.count("asked for last") == step.count("asked for last") == 1
    assert said[0] not in step
    assert not any(request in brief.sections["State"] for request in said)


def test_two_failures_in_one_session(repo: Repo, parent: str) -> None:
    """What the session did stands in one block, of both times."""
    client = Client(repo, "s1")
    client.start()
    client.works(20_000, prompt="go on", command="make step1")
    fails(client, "compact")
    client.works(21_000, prompt="go on", command="make step2")
    fails(client)
    brief = the_brief(repo)

    check_words(brief)
    assert brief.sections["State"].count("Since then") == 1
    assert "make step1" in brief.sections["State"]
    assert "make step2" in brief.sections["State"]


def test_refused_at_once(repo: Repo, parent: str) -> None:
    """A session that did nothing writes nothing: the next one is given the same brief."""
    client = Client(repo, "s1")
    client.start()
    client.notes({"type": "user", "message": {"role": "user", "content": "go on"}})
    fails(client)
    client("session-end", reason="other")

    assert the_brief(repo).id == parent
    assert parent in context(Client(repo, "s2").start())


def test_work_after_the_models_own_brief(repo: Repo, handoff: Program) -> None:
    """A session that goes on after its brief and fails: its words stay, and only what came after
    them is told as new.
    """
    client = Client(repo, "s1")
    client.start()
    client.works(20_000, prompt="List every price", command="make lint")
    client("stop")
    handoff("write", "--session", "s1", *OPTIONS, stdin=TEXT)
    client.later = 60
    client.works(21_000, prompt="go on", command="make test")
    fails(client)
    brief = the_brief(repo)

    check_words(brief)
    assert (brief.author, brief.title) == ("snapshot", "List every price")
    assert "make test" in brief.sections["State"]
    assert "make lint" not in brief.sections["State"]
    assert "asked: " not in brief.sections["State"]


def test_a_brief_picked_up_after_the_sessions_own(
    repo: Repo, handoff: Program, parent: str
) -> None:
    """Both are put away for the snapshot, so the words of both are in it."""
    client = Client(repo, "s1")
    client.start("resume")
    client.works(20_000, prompt="Rename it", command="make lint")
    client.brief(title="Rename the till")
    assert handoff("pickup", parent, "--session", "s1") == 0
    client.later = 60
    client.works(21_000, prompt="go on", command="make test")
    fails(client)
    brief = the_brief(repo)

    check_words(brief)
    assert "Do Rename the till." in brief.sections["Task"]
    assert len(repo.briefs("done")) == 2


def test_a_compaction_for_a_goal(repo: Repo, parent: str) -> None:
    """`/compact handoff: <goal>`: the goal comes first, and the brief's words follow."""
    client = Client(repo, "s1")
    client.start()
    client.works(20_000, prompt="go on")
    client("pre-compact", trigger="manual", custom_instructions="handoff: sort the prices")
    brief = the_brief(repo)

    check_words(brief)
    assert brief.title == "sort the prices"
    assert "> sort the prices\n\nBefore that" in brief.sections["Next step"]


def test_a_new_request_after_the_pickup(repo: Repo, parent: str) -> None:
    """It is where to begin; what the brief said follows."""
    client = Client(repo, "s1")
    client.start()
    client.works(20_000, prompt="Write the manual page for it first")
    fails(client)
    brief = the_brief(repo)

    check_words(brief)
    assert brief.title == "Write the manual page for it first"
    assert brief.sections["Next step"].startswith("Continue with what the user asked for last:")


@pytest.mark.parametrize("lines", [40, 110, 400])
def test_the_size_holds(repo: Repo, handoff: Program, lines: int) -> None:
    """What happened since and the facts give way before a word; what comes first is never cut."""
    decided = "\n".join(f"- decided {n}: not that, it is slow there" for n in range(lines))
    text = TEXT.replace(WORDS["Decisions"], f"{WORDS['Decisions']}\n{decided}")
    Client(repo, "s0").start()
    handoff("write", "--session", "s0", stdin=text)
    before = the_brief(repo)
    client = Client(repo, "s1")
    client.start()
    for step in range(30):
        client.works(20_000 + step, prompt="go on", command=f"make step{step}")
    fails(client)
    after = the_brief(repo)

    assert token_counter.make_counter({})(document.render(after)) <= 2500
    for name in ("Task", "Constraints", "Next step"):
        assert WORDS[name] in after.sections[name]
    if "cut for length" not in document.body(before):
        assert decided in after.sections["Decisions"]
        check_words(after)
    else:
        assert "Since then" not in after.sections["State"]


def test_a_models_brief_keeps_the_orders(repo: Repo, parent: str, handoff: Program) -> None:
    """A brief that a model writes without options is for what the one it continues was for."""
    client = Client(repo, "s1")
    assert parent in context(client.start())
    handoff("write", "--session", "s1", stdin=TEXT)
    brief = the_brief(repo)

    assert (brief.parent, brief.verify, brief.labels) == (parent, ("make test",), ("till",))
    assert brief.target["model"] == "opus"
    handoff("write", "--session", "s1", "--verify", "make lint", stdin=TEXT)
    assert (the_brief(repo).verify, the_brief(repo).labels) == (("make lint",), ("till",))
    handoff("write", "--session", "s1", stdin=TEXT)
    assert the_brief(repo).verify == ("make lint",)


def test_a_goal_is_not_verified_by_the_whole(repo: Repo, parent: str, handoff: Program) -> None:
    """What shows that all of it is done does not show that a part is."""
    assert parent in context(Client(repo, "s1").start())
    handoff("write", "--session", "s1", "--goal", "the parser alone", stdin=TEXT)

    assert (the_brief(repo).verify, the_brief(repo).labels) == ((), ("till",))


def test_a_finished_brief_orders_nothing(repo: Repo, parent: str, handoff: Program) -> None:
    """What a session writes after its brief is done is about something else."""
    assert parent in context(Client(repo, "s1").start())
    handoff("done", parent, "--force", "--outcome", "All done.")
    handoff("write", "--session", "s1", stdin=TEXT)

    assert (the_brief(repo).verify, the_brief(repo).labels) == ((), ())
