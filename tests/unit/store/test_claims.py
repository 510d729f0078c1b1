"""Claims: one session gets a brief, and which sessions get none. The hooks are driven for real."""

from __future__ import annotations

import functools
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from handoff.base import file_io
from handoff.base.errors import HandoffError
from handoff.cli.views import briefs as briefs_view
from handoff.maintenance import claim, listing
from handoff.pickup import offer
from handoff.runtime import Runtime
from handoff.session import state
from handoff.store import claim_rules, claims, places
from support.at_once import _fork, at_once
from support.client import DAY, Client, context
from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.program import Program
    from support.repo import Repo

HOUR = 3600
BRIEF = "20261122-073812-x-9f3a"
PROCESSES, ROUNDS = 50, 10


@pytest.fixture
def client(repo: Repo) -> Client:
    return Client(repo)


@pytest.fixture
def home(own_home: Path) -> str:
    return str(own_home / "state")


def take(home: str, session: str, at: float = 1.0) -> str:
    return claims.take_claim(home, BRIEF, session, at).session


def test_one_of_fifty_gets_it(home: str) -> None:
    """Fifty processes at once, ten times: one has the brief, and every other is told that one."""

    def rounds(number: int) -> list[str]:
        sessions = []
        for brief in range(ROUNDS):
            together.wait(60)
            sessions.append(claims.take_claim(home, f"{BRIEF}{brief}", f"s{number}", 1.0).session)
        return sessions

    together = _fork.Barrier(PROCESSES)
    told = at_once(PROCESSES, rounds)

    for brief in range(ROUNDS):
        owner = claims.owner(home, f"{BRIEF}{brief}")
        assert owner
        assert [answer[brief] for answer in told] == [owner] * PROCESSES


def test_sessions_opened_at_once(repo: Repo, client: Client) -> None:
    """Of eight sessions that start at once one is given the brief; no other hears its text."""
    brief = client.brief()
    answers = at_once(8, lambda number: Client(repo, f"t{number}").start())

    (winner,) = [number for number, answer in enumerate(answers) if context(answer)]
    assert claims.owner(str(repo.state), brief) == f"t{winner}"
    for number, answer in enumerate(answers):
        if number != winner and answer:
            assert "another session picked up brief" in answer["systemMessage"]
            assert f" first: t{winner}." in answer["systemMessage"]


def test_lost_in_the_last_moment(
    repo: Repo, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session that is overtaken between looking and claiming is told who has the brief."""
    brief = client.brief()
    original = offer._deliver

    def overtaken(*given: Any) -> dict[str, Any]:
        claims.claim(str(repo.state), brief, "faster", 1.0)
        return original(*given)

    monkeypatch.setattr(offer, "_deliver", overtaken)
    state.update(str(repo.state), "faster", lambda s: s.values.update(client_pid=os.getpid()))
    answer = Client(repo, "slow").start()

    assert context(answer) == ""
    assert " first: faster." in answer["systemMessage"]
    assert not state.load(str(repo.state), "slow").picking


def test_a_claim_can_be_given_back(home: str) -> None:
    """The owner may claim again; another may not, until it is released; releasing twice is fine."""
    assert [take(home, "one"), take(home, "one"), take(home, "two")] == ["one"] * 3
    claims.release(home, BRIEF)
    claims.release(home, BRIEF)
    assert take(home, "two") == "two"


def test_only_the_claim_that_was_seen_is_replaced(home: str) -> None:
    """Two that saw the same ended claim: the second meets the first one's, and leaves it."""
    take(home, "gone")
    seen = claims.read(home, BRIEF)

    assert claims.take_claim(home, BRIEF, "one", 2.0, instead_of=seen).session == "one"
    assert claims.take_claim(home, BRIEF, "two", 2.0, instead_of=seen).session == "one"
    claims.take_claim(home, BRIEF, "gone", 3.0, instead_of=claims.read(home, BRIEF))
    assert claims.take_claim(home, BRIEF, "two", 4.0, instead_of=seen).session == "gone"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b'{"session": 1, "at": 1}', b'{"session": "s", "at": "x"}', b"\xff"],
)
def test_a_damaged_claim(repo: Repo, client: Client, content: bytes) -> None:
    """It stops nothing and counts as somebody's for a day, so that no two sessions have the brief;
    a person can release it.
    """
    brief = client.brief()
    path = repo.state / "claims" / f"{brief}.json"
    path.parent.mkdir()
    path.write_bytes(content)

    assert Client(repo, "s2").start() == {}
    with pytest.raises(HandoffError, match="is claimed by an unknown session"):
        offer.pick_up_by_hand(
            brief, "s2", Runtime(client.env, full=True), places.locate(str(repo.root))
        )
    assert path.read_bytes() == content
    late = Client(repo, "s3")
    late.later = DAY + HOUR
    assert brief in context(late.start())
    path.write_bytes(content)
    claims.release(str(repo.state), brief)
    assert brief in context(Client(repo, "s4").start())


def test_a_session_that_never_says_anything(repo: Repo, client: Client) -> None:
    """A claim of a session that is open counts, but not for ever: nothing heard for a day ends it.
    What is heard (a hook of the session) keeps it.
    """
    brief = client.brief()
    silent = Client(repo, "silent")
    assert brief in context(silent.start())
    state_file = repo.state / "sessions" / "silent.json"
    now = state_file.stat().st_mtime

    def start(session: str, hours: float) -> str:
        later = Client(repo, session)
        later.later = hours * HOUR
        return context(later.start())

    assert start("s3", 23) == ""
    os.utime(state_file, (now + 20 * HOUR, now + 20 * HOUR))
    assert start("s4", 30) == ""
    assert brief in start("s5", 45)


def test_a_clock_that_was_set_back(repo: Repo, client: Client) -> None:
    """A claim from the far future ends too."""
    brief = client.brief()
    claims.claim(
        str(repo.state), brief, "none (by hand)", Runtime(client.env, full=True).now + 9 * DAY
    )
    assert brief in context(Client(repo, "s2").start())


def test_a_claim_by_hand_ends(repo: Repo, client: Client) -> None:
    """One taken in a shell, of which nothing more is heard, counts for a day."""
    brief = client.brief()
    claims.claim(str(repo.state), brief, "none (by hand)", Runtime(client.env, full=True).now)
    assert context(Client(repo, "s2").start()) == ""
    late = Client(repo, "s3")
    late.later = DAY + HOUR
    assert brief in context(late.start())


def test_another_shell_is_another_owner(repo: Repo, client: Client) -> None:
    """Two terminals are two owners: the second is told of the first, which may ask again."""
    brief = client.brief()

    def by_hand() -> str:
        return offer.pick_up_by_hand(
            brief, "", Runtime(client.env, full=True), places.locate(str(repo.root))
        )[1]

    def in_another_terminal(_: int) -> str:
        os.setsid()
        try:
            return by_hand()
        except HandoffError as error:
            return error.what

    assert brief in by_hand()
    assert brief in by_hand()
    (told,) = at_once(1, in_another_terminal)
    assert f"is claimed by hand, in shell {os.getsid(0)}" in told


def test_a_session_that_used_it_and_crashed(
    repo: Repo, client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its claim has ended, so a person may have the brief picked up; by itself no session is given
    it, also when the next one that had it said nothing.
    """
    brief = client.brief()
    used = Client(repo, "used")
    used.start()
    used.works(9_000)
    state.update(str(repo.state), "used", lambda s: s.values.update(client_pid=dead_process()))
    runtime = Runtime(client.env, full=True)

    told = Client(repo, "s3").start()
    assert context(told) == ""
    assert (
        f"brief {brief} was not picked up: session used already picked it up"
        in told["systemMessage"]
    )
    (row,) = listing.list_rows(runtime, places.locate(str(repo.root)), everything=False)
    assert (row.state, row.claimed_by, row.used_by) == ("open", "", "used")
    briefs_view.show([row])
    assert "used by session used\n" in capsys.readouterr().out
    (held,) = claim.list_claims(runtime, places.locate(str(repo.root)), None)
    assert held.state == "used"

    fourth = Client(repo, "s4")
    fourth.start("resume")
    _, text = offer.pick_up_by_hand("", "s4", runtime, places.locate(str(repo.root)))
    assert brief in text
    assert "session used picked it up before: see what it did" in text
    assert claims.owner(str(repo.state), brief) == "s4"
    fourth("session-end", reason="prompt_input_exit")
    assert context(Client(repo, "s5").start()) == ""
    asked = Client(repo, "s6", CLAUDE_CODE_SESSION_ATTENDED="0", HANDOFF_PICKUP=brief)
    assert brief in context(asked.start())
    claim_rules.give_back(brief, "s6", runtime)
    assert context(Client(repo, "s7").start()) == ""


def test_a_used_brief_that_is_released(repo: Repo, client: Client, handoff: Program) -> None:
    """A person's --release lets it be picked up by itself again; the only other brief comes first
    where none is named.
    """
    brief = client.brief("task")
    other = Client(repo, "another").brief("task", title="Another")
    runtime = Runtime(client.env, full=True)
    used = Client(repo, "used")
    used.start("resume")
    offer.pick_up_by_hand(brief, "used", runtime, places.locate(str(repo.root)))
    used.works(9_000)
    used("session-end", reason="other")

    assert other in offer.pick_up_by_hand("", "s3", runtime, places.locate(str(repo.root)))[1]
    assert brief in offer.pick_up_by_hand(brief, "s4", runtime, places.locate(str(repo.root)))[1]
    assert claims.read(str(repo.state), brief) == claims.Claim("s4", runtime.now)
    assert handoff("claim", "--release", brief) == 0
    assert claims.read(str(repo.state), brief) is None


def dead_process() -> int:
    child = subprocess.Popen(["true"])
    child.wait()
    return child.pid


def test_a_brief_that_went_on_without_the_session(repo: Repo, client: Client) -> None:
    """A session that got the brief, said nothing and was closed, and is opened again when another
    has it: both person and model are told once, and its own next brief does not replace that one.
    """
    brief = client.brief()
    first = Client(repo, "first")
    assert brief in context(first.start())
    first("session-end", reason="prompt_input_exit")
    assert brief in context(Client(repo, "second").start())
    first.start("resume")

    told = first("user-prompt-submit", prompt="go on")
    assert f"the brief {brief}, which this session was given, is with another" in context(told)
    assert "second" in told["systemMessage"]
    assert first("user-prompt-submit", prompt="go on") == {}
    assert "picked" not in state.load(str(repo.state), "first").values
    assert Client(repo, "second")("user-prompt-submit", prompt="go on") == {}


class Killed(BaseException):
    """What a kill looks like in the same process: nothing of ours catches it."""


@pytest.mark.parametrize("step", ["picking", "claimed", "picked"])
def test_killed_between_claim_and_delivery(
    repo: Repo, client: Client, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """A start that dies at any step until the answer is out: the session's next prompt delivers
    the brief, or it goes to the next session; it is never lost, and delivered once.
    """
    brief = client.brief()
    seen: list[str] = []

    def dying(write: Callable[..., Any], path: str, value: dict[str, Any]) -> Any:
        written = write(path, value)
        seen.append("claimed" if "/claims/" in path else "picking" if "picking" in value else "")
        if seen[-1] == step or (step == "picked" and "picked" in value):
            raise Killed
        return written

    second = Client(repo, "second")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        for name in ("write_json", "create_json"):
            patch.setattr(file_io, name, functools.partial(dying, getattr(file_io, name)))
        second.start()

    if step == "picked":  # nothing tells this session's from a delivered one: the next one gets it
        second("session-end", reason="other")
        assert brief in context(Client(repo, "third").start())
        return
    second.works(9_000)  # it answers something, without the brief
    third = Client(repo, "third")
    assert context(third("session-start", source="resume")) == ""
    assert brief in context(second("user-prompt-submit", prompt="hello"))
    assert second("user-prompt-submit", prompt="hello") == {}
    assert context(Client(repo, "fourth").start()) == ""


def test_killed_and_never_asked_again(repo: Repo, client: Client) -> None:
    """A session that claimed a brief, was not given it, and worked on: at its end the brief goes
    to the next one, because it was not used.
    """
    brief = client.brief()
    second = Client(repo, "second")
    second.start("resume")
    claims.claim(str(repo.state), brief, "second", 1.0)
    state.update(str(repo.state), "second", lambda session: session.values.update(picking=brief))
    second.works(9_000)
    second("session-end", reason="other")
    assert brief in context(Client(repo, "third").start())


def test_who_gets_none(repo: Repo, client: Client, tmp_path: Path) -> None:
    """No claim is made by `-p` runs that did not ask, subagents, resumed sessions, another worktree
    or another branch; each of the last two is told, the others hear nothing.
    """
    brief = client.brief()
    other = tmp_path / "other"
    repo.git("worktree", "add", "--quiet", str(other), "-b", "other")

    assert Client(repo, "p", CLAUDE_CODE_SESSION_ATTENDED="0").start() == {}
    assert Client(repo, "q", CLAUDE_CODE_ENTRYPOINT="sdk-cli").start() == {}
    assert Client(repo, "a").start(agent_id="a1") == {}
    assert Client(repo, "a")("user-prompt-submit", prompt="x", agent_id="a1") == {}
    assert Client(repo, "r").start("resume") == {}
    there = Client(repo, "w", CLAUDE_PROJECT_DIR=str(other))
    told = there("session-start", source="startup", cwd=str(other))
    assert context(told) == ""
    assert "it belongs to another worktree" in told["systemMessage"]
    repo.git("checkout", "--quiet", "-b", "third")
    told = Client(repo, "b").start()
    assert context(told) == ""
    assert "it belongs to the branch main" in told["systemMessage"]
    assert claims.owner(str(repo.state), brief) == ""

    repo.git("checkout", "--quiet", "main")
    assert brief in context(Client(repo, "s2").start())


def test_a_run_that_asks(repo: Repo, client: Client) -> None:
    """HANDOFF_PICKUP gives a `-p` run its brief once; a second run that asks for it has a line in
    the log and no text.
    """
    brief = client.brief("task")
    asked = {"CLAUDE_CODE_SESSION_ATTENDED": "0", "HANDOFF_PICKUP": brief}
    assert brief in context(Client(repo, "p1", **asked).start())
    assert claims.owner(str(repo.state), brief) == "p1"
    with pytest.raises(AssertionError, match="no such brief is free"):
        Client(repo, "p2", **asked).start()
    assert claims.owner(str(repo.state), brief) == "p1"


def test_what_was_asked_for_is_over_after_clear(repo: Repo, client: Client) -> None:
    """HANDOFF_PICKUP is for the session it started: after /clear the rules are the ordinary ones,
    so a relay goes on.
    """
    first = client.brief("task")
    asked = Client(repo, "asked", HANDOFF_PICKUP=first)
    assert first in context(asked.start())
    second = asked.brief(title="The rest")
    asked("session-end", reason="clear")
    assert second in context(Client(repo, "next", HANDOFF_PICKUP=first).start("clear"))


def test_prompts_stay_cheap(repo: Repo, client: Client) -> None:
    """Each prompt of a session that has a brief looks whose it is, by the standard library alone
    and without the modules that cost milliseconds.
    """
    client.brief()
    second = Client(repo, "second")
    second.start()
    payload = {"session_id": "second", "prompt": "go on", "cwd": str(repo.root)}
    code = (
        f"import os, sys; sys.path.insert(0, {str(ROOT / 'plugin')!r})\n"
        "from handoff.hooks import dispatch\n"
        "from handoff.runtime import Runtime\n"
        "runtime = Runtime(os.environ, full=False)\n"
        f"text = dispatch.answer('user-prompt-submit', {json.dumps(payload).encode()!r}, runtime)\n"
        "assert not text and 'handoff.store.claims' in sys.modules\n"
        "print(*sys.modules)"
    )
    command = [sys.executable, "-I", "-S", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    slow = {
        "typing",
        "dataclasses",
        "pathlib",
        "subprocess",
        "yaml",
        "git",
        "inspect",
        "json",
        "re",
    }
    assert not slow & set(done.stdout.split())


def test_clear_before_the_first_prompt(repo: Repo, client: Client) -> None:
    """/clear in a session that was given the brief and said nothing: the new one is given it."""
    brief = client.brief()
    opened = Client(repo, "opened")
    assert brief in context(opened.start())
    opened("session-end", reason="clear")
    assert brief in context(Client(repo, "cleared").start("clear"))


def test_when_a_claim_ends(home: str) -> None:
    """`ends_at`: a day after it was made by hand; with its session where a client runs that."""
    runtime = Runtime({"HANDOFF_HOME": home}, full=True, now=5.0)
    state.update(home, "open", lambda session: session.values.update(client_pid=1))
    assert claim_rules.ends_at(claims.Claim("shell", 5.0), runtime) == 5.0 + DAY
    assert claim_rules.ends_at(claims.Claim("open", 5.0), runtime) is None
