"""`handoff build` with the real client: code says what works, whatever the model says and does."""

from __future__ import annotations

import json
import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from .builder import (
    ALL_PASS,
    TAMPERED,
    Breaker,
    Honest,
    Liar,
    ManyAtOnce,
    Tamperer,
    TestWriter,
    accept,
    git_in,
    journal_of,
    states_of,
    worktree_of,
)
from .clients import both_clients
from .harness import Terminal
from .notes_app import PIECES, SPEC, write_spec
from .starter import Starter

if TYPE_CHECKING:
    from pathlib import Path

    from handoff.demo.api import Request

    from .harness import World


@pytest.fixture
def start(world: World) -> Starter:
    return Starter(world)


def steps_in(request: Request) -> set[str]:
    """The features of which a request has a step."""
    return {
        name for name, piece in PIECES.items() if any(step in request.text for step in piece.steps)
    }


def verify_by_hand(world: World, worktree: Path, *features: str) -> dict[str, bool]:
    """Whether each feature's test passes in a worktree, without handoff."""
    codes = {
        name: subprocess.run(
            ["python3", "-m", "unittest", "-q", PIECES[name].test_path],
            cwd=worktree,
            env=world.basic_env,
            capture_output=True,
        ).returncode
        for name in features
    }
    return {name: code == 0 for name, code in codes.items()}


def subjects(world: World, since: str) -> list[str]:
    """The subjects of a build's commits, oldest first."""
    log = world.git("log", "--reverse", "--format=%s", f"{since}..handoff/{SPEC}")
    return log.splitlines()


@both_clients
def test_six_features_to_green(world: World, start: Starter) -> None:
    """A session for each feature: its first request has the steps of that one alone, one commit is
    its work, the others are of code. Nothing runs before consent, and nothing after the last
    feature; the user's own worktree stays as it is.
    """
    write_spec(world)
    began = world.git("rev-parse", "HEAD").strip()
    model = Honest()
    with world.serve(model):
        early = start("build", SPEC)
        assert (early.code, "accept" in early.err, model.sessions) == (1, True, [])
        accept(start, SPEC)
        ran = start("build", SPEC, "--json")
        assert ran.code == 0, ran.err
        again = start("build", SPEC, "--json")
        assert again.code == 0, again.err

    journal = journal_of(ran)
    assert states_of(journal) == dict.fromkeys(PIECES, "verified")
    assert journal["end"] == "verified"
    assert [one["session"] for one in journal["sessions"]] == model.sessions
    assert [steps_in(first) for first in model.firsts] == [{name} for name in PIECES]
    commits = subjects(world, began)
    assert [one for one in commits if not one.startswith("handoff:")] == [
        f"Build {name}" for name in PIECES
    ]
    worktree = worktree_of(world, SPEC)
    assert all(verify_by_hand(world, worktree, *PIECES).values())
    assert git_in(world, worktree, "status", "--porcelain") == ""
    assert "passes" not in (worktree / ".handoff/specs" / SPEC / "features.json").read_text()
    assert world.git("rev-parse", "HEAD").strip() == began
    assert world.git("status", "--porcelain") == ""
    shown = journal_of(start("build", SPEC, "--show", "--json", env=world.basic_env))
    assert shown["counts"] == {**dict.fromkeys(shown["counts"], 0), "verified": 6}
    costs = [one["cost_usd"] for one in shown["sessions"]]
    assert shown["cost_usd"] == pytest.approx(sum(costs), abs=1e-5)  # they are rounded


def test_the_live_view(world: World, start: Starter) -> None:
    """On a terminal the display says how far it is while a session runs, lines of events stay above
    it, and at the end the commands to go on with are all that is left.
    """
    write_spec(world, ("f1", "f2"))
    model = Honest(held=1)
    with world.serve(model):
        accept(start, SPEC)
        env = start.env(world.client_env)
        with Terminal(start.command("build", SPEC), world.project, env) as terminal:
            shown = terminal.wait_for(r"1 of 2 verified.*\n.*f2 .*\n.*session 2", 60)
            assert re.search(r"^\[1/\d+\] f1", shown, re.MULTILINE), shown
            model.hold.set()
            ended = terminal.wait_for(rf"git merge handoff/{SPEC}", 60)

    assert "2 of 2 features verified" in ended
    assert "session 2" not in ended


def test_a_liar(world: World, start: Starter, capsys: pytest.CaptureFixture[str]) -> None:
    """Who says in every session that all features pass, and writes nothing, has none verified; each
    is blocked after three attempts. The list that the model keeps itself says that all pass.
    """
    write_spec(world)
    spec = world.project / ".handoff" / "specs" / SPEC / "features.json"
    own = world.root / "feature_list.json"
    own.write_text(json.dumps([{**one, "passes": False} for one in json.loads(spec.read_text())]))
    model = Liar(own)
    with world.serve(model):
        accept(start, SPEC)
        ran = start("build", SPEC, "--json", timeout=240)

    journal = journal_of(ran)
    believed = sum(one["passes"] for one in json.loads(own.read_text()))
    verified = journal["counts"]["verified"]
    with capsys.disabled():
        print(f"\n{verified} of 6 verified by code; the model's own list says {believed} of 6")
    assert (ran.code, verified, believed) == (1, 0, 6)
    assert states_of(journal) == dict.fromkeys(PIECES, "blocked")
    assert [one["attempts"] for one in journal["features"].values()] == [3] * 6
    assert model.features == [name for name in PIECES for _ in range(3)]
    assert all(one["words"] == ALL_PASS for one in journal["sessions"])


def test_an_own_test_is_a_claim(world: World, start: Starter) -> None:
    """A feature whose test did not exist when the user accepted, and was written by the builder, is
    claimed, however green that test is; the feature with an accepted test is verified. Once the
    user has accepted the test, which fails without the work, it is verified without a session.
    """
    write_spec(world, ("f1", "f2"), untested=("f1",))
    model = TestWriter(honest_test=True)
    with world.serve(model):
        accept(start, SPEC)
        ran = start("build", SPEC, "--json")
        accept(start, SPEC)
        again = start("build", SPEC, "--json")

    journal = journal_of(ran)
    assert states_of(journal) == {"f1": "claimed", "f2": "verified"}
    assert (ran.code, journal["end"]) == (1, "claimed")
    assert verify_by_hand(world, worktree_of(world, SPEC), "f1") == {"f1": True}
    assert (again.code, states_of(journal_of(again))["f1"]) == (0, "verified"), again.err
    assert len(model.sessions) == 2


def test_tampering(world: World, start: Starter) -> None:
    """What a session does to features, steps, states, tests and the runner's surroundings is undone
    byte for byte, and named to the user and to the next session; the accepted test is run, and red.
    """
    write_spec(world, ("f1", "f2", "f3"))
    model = Tamperer(SPEC)
    kept = ["tests/test_f1.py", "tests/__init__.py", f"{model.folder}/features.json",
            f"{model.folder}/spec.md"]  # fmt: skip
    accepted = {path: (world.project / path).read_bytes() for path in kept}
    with world.serve(model):
        accept(start, SPEC)
        ran = start("build", SPEC)
        journal = journal_of(start("build", SPEC, "--show", "--json"))

    assert ran.code == 0, ran.err
    assert model.features == ["f1", "f1", "f2", "f3"]
    assert states_of(journal) == dict.fromkeys(("f1", "f2", "f3"), "verified")
    assert journal["features"]["f1"]["attempts"] == 1
    worktree = worktree_of(world, SPEC)
    assert {path: (worktree / path).read_bytes() for path in kept} == accepted
    changed = [*TAMPERED, f"{model.folder}/features.json", f"{model.folder}/state.json"]
    for path in changed:
        assert path in ran.err + ran.out
        assert path in model.firsts[1].text
    tracked = git_in(world, worktree, "ls-tree", "-r", "--name-only", "HEAD").splitlines()
    assert not {"conftest.py", "sitecustomize.py", "unittest.py"} & {*tracked}
    states = json.loads((worktree / model.folder / "state.json").read_text())
    assert "HEAD" not in json.dumps(states)


def test_three_in_one_session(world: World, start: Starter) -> None:
    """What works already needs no session: three features that one session built are verified, and
    the next one is given the fourth.
    """
    write_spec(world, ("f1", "f2", "f3", "f4"))
    model = ManyAtOnce("f1", "f2", "f3")
    with world.serve(model):
        accept(start, SPEC)
        ran = start("build", SPEC, "--json")

    assert ran.code == 0, ran.err
    assert model.features == ["f1", "f4"]
    assert set(states_of(journal_of(ran)).values()) == {"verified"}


def test_what_breaks_is_fixed_first(world: World, start: Starter) -> None:
    """The session after the one that broke a feature is given that failure's lines, to fix first;
    then the build goes on to green.
    """
    write_spec(world, ("f1", "f2", "f3"))
    model = Breaker()
    with world.serve(model):
        accept(start, SPEC)
        ran = start("build", SPEC, "--json")

    assert ran.code == 0, ran.err
    assert model.told == [2]
    assert "broken by f2" in model.firsts[2].text
    assert set(states_of(journal_of(ran)).values()) == {"verified"}
    worktree = worktree_of(world, SPEC)
    assert all(verify_by_hand(world, worktree, "f1", "f2", "f3").values())


def test_the_first_request_does_not_grow(world: World, start: Starter) -> None:
    """The first request for a list of 200 features is as long as the one for 6, within 3 %."""
    few, many = SPEC, SPEC.replace("4dbe", "a7f3")
    lengths: dict[str, int] = {}
    write_spec(world, spec=few)
    write_spec(world, spec=many, more=194)
    for spec in (few, many):
        model = Honest()
        with world.serve(model):
            accept(start, spec)
            ran = start("build", spec, "--max-sessions", "1", "--json")
        assert ran.code == 1, ran.err
        (first,) = model.firsts
        lengths[spec] = len(first.text)
        journal: Any = journal_of(ran)
        assert (journal["end"], journal["counts"]["verified"]) == ("sessions", 1)

    assert lengths[many] == pytest.approx(lengths[few], rel=0.03), lengths
