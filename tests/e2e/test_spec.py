"""`handoff spec new` with the real client: a session writes, code checks and commits."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .builder import git_in, worktree_of
from .harness import HANDS_FREE
from .model import runs, says
from .notes_app import PIECES, SOURCES
from .planner import Planner, entries, write_features, write_head, write_tests
from .starter import Starter

if TYPE_CHECKING:
    from .harness import World

WISH = "Notes on the command line: add, number, search, done, count and quote."
CHECK = "handoff spec check {spec}"


@pytest.fixture
def start(world: World) -> Starter:
    """In an existing project whose user has one file staged and one untracked."""
    for name, text in SOURCES.items():
        path = world.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    world.git("add", ".")
    world.git("commit", "--quiet", "--message=Begin")
    (world.project / "mine.txt").write_text("staged\n")
    world.git("add", "mine.txt")
    (world.project / "new.txt").write_text("untracked\n")
    return Starter(world)


def state_of(world: World) -> tuple[str, ...]:
    """The user's own worktree: its branch, commit, index and files."""
    asked = (("branch", "--show-current"), ("rev-parse", "HEAD"), ("status", "--porcelain"),
             ("diff", "--cached"))  # fmt: skip
    return tuple(world.git(*one) for one in asked)


def commit_paths(world: World, worktree: Path, subject: str) -> list[list[str]]:
    """The paths of each commit whose subject begins with `subject`, oldest first."""
    log = git_in(
        world, worktree, "log", "--reverse", "--format=%x00%s", "--name-only", "main..HEAD"
    )
    found = [one.strip().split("\n") for one in log.split("\0") if one.strip()]
    return [[path for path in lines[1:] if path] for lines in found if lines[0].startswith(subject)]


def spec_paths(spec: str) -> list[str]:
    return [
        f".handoff/specs/{spec}/features.json",
        f".handoff/specs/{spec}/spec.md",
        *(piece.test_path for piece in PIECES.values()),
    ]


def test_a_sentence_becomes_a_spec(world: World, start: Starter) -> None:
    """Six features and their red tests, in one commit of exactly these, on a branch of their own;
    the user's words stand in the spec, no `passes` anywhere. Accepted, all six can be verified.

    The session first sets `passes` and leaves out steps: `spec check` tells it, and it corrects.
    """
    before = state_of(world)
    wrong, no_steps = entries(), entries()
    wrong[0]["passes"] = True
    no_steps[1]["steps"] = []
    model = Planner([
        "\n".join([write_features("{spec}", wrong), write_head("{spec}"), write_tests(), CHECK]),
        "\n".join([write_features("{spec}", no_steps), CHECK]),
        "\n".join([write_features("{spec}", entries()), "echo more > extra.txt", CHECK]),
    ])  # fmt: skip
    with world.serve(model):
        ran = start("spec", "new", WISH, "--json")
    assert ran.code == 0, ran.err
    told = ran.json
    spec, worktree = told["id"], worktree_of(world, told["id"])

    assert len(model.firsts) == 1
    assert f"> {WISH}" in model.firsts[0].text
    assert "handoff spec check" in model.firsts[0].text
    assert "remove `passes`" in model.seen[0][0]
    assert "entry 2 (f2)" in model.seen[0][1]
    assert f"handoff spec accept {spec}" in model.seen[0][2]
    assert told["features"] == [*PIECES]
    assert told["others"] == ["extra.txt"]
    assert told["sessions"][0]["cost_usd"] == pytest.approx(told["cost_usd"])
    first, *others = commit_paths(world, worktree, "handoff: add spec")
    assert sorted(first) == sorted(spec_paths(spec))
    assert others == [[f".handoff/specs/{spec}/spec.md"]]  # the words that code put back
    assert git_in(world, worktree, "branch", "--show-current").strip() == f"handoff/{spec}"
    assert git_in(world, worktree, "status", "--porcelain") == "?? extra.txt\n"
    text = (worktree / f".handoff/specs/{spec}/spec.md").read_text()
    assert f"## Goal\n\n> {WISH}\n\nThe best notes in the world.\n" in text
    listed = (worktree / f".handoff/specs/{spec}/features.json").read_text()
    assert [one["id"] for one in json.loads(listed)] == [*PIECES]
    assert "passes" not in listed + text
    assert state_of(world) == before
    assert list((worktree / ".handoff/open").glob("*.md")) == []

    accepted = start("spec", "accept", spec, "--yes", env=world.basic_env)
    assert accepted.code == 0, accepted.err
    assert "6 of 6 features can be verified" in accepted.out
    assert "f1: python3 -m unittest -q tests/test_f1.py" in accepted.out


def test_problems_go_to_the_next_session(world: World, start: Starter) -> None:
    """Ctrl-C ends a session, and what it wrote stays. To continue starts another one, whose brief
    names the mistakes. What three cannot fix is an error that names all of it. Once somebody has
    fixed the files, to continue commits them without a session.
    """
    wrong = [{**one, "verify": {"run": "no", "target": "../x"}} for one in entries()[:1]]
    bad = "\n".join([write_features("{spec}", wrong), write_head("{spec}"), write_tests()])
    model = Planner([bad], ["true"], held=0)
    with world.serve(model):
        run = subprocess.Popen(
            start.command("spec", "new", WISH), cwd=world.project, env=start.env(world.client_env),
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        )  # fmt: skip
        assert model.is_held.wait(60)
        run.send_signal(signal.SIGINT)
        stopped = run.communicate(timeout=60)[0]
        model.hold.set()
        failed = start("spec", "new", "--continue", model.spec[-4:])
        worktree = worktree_of(world, model.spec)
        fixed = write_features(model.spec, entries())
        subprocess.run(["sh", "-c", fixed], cwd=worktree, check=True)
        ended = start("spec", "new", "--continue", model.spec[-4:], "--json")

    assert run.returncode == 130, stopped
    assert f"handoff spec new --continue {model.spec}" in stopped
    assert failed.code == 1, failed.err
    assert len(model.firsts) == 4
    told = failed.out.splitlines()
    assert told and all("f1" in line for line in told), failed.out
    assert all(f"> - {line}" in model.firsts[1].text for line in told)
    assert "> - " not in model.firsts[0].text
    assert f"handoff spec new --continue {model.spec}" in failed.err
    assert ended.code == 0, ended.err
    assert ended.json["features"] == [*PIECES]
    assert len(ended.json["sessions"]) == 4
    assert git_in(world, worktree, "status", "--porcelain") == ""


def test_an_imported_list(world: World, start: Starter) -> None:
    """Its features stay as they are, whatever the session made of them; the session adds how each
    is verified. Without a session they can only be claimed.
    """
    own = [
        {**{k: v for k, v in one.items() if k != "verify"}, "passes": False} for one in entries()
    ]
    path = world.root / "feature_list.json"
    path.write_text(json.dumps(own))
    changed: list[dict[str, Any]] = [{**one} for one in entries()[:-1]]
    changed[0]["description"] = "Something easier"
    changed.append({**changed[0], "id": "easy"})
    model = Planner([
        "\n".join([write_features("{spec}", changed), write_head("{spec}"), write_tests(), CHECK])
    ])  # fmt: skip
    with world.serve(model):
        ran = start("spec", "new", "--import", str(path), "--json")
        assert ran.code == 0, ran.err
        plain = start("spec", "new", "--import", str(path), "--no-session")
    assert plain.code == 0, plain.err

    listed = json.loads(
        (worktree_of(world, ran.json["id"]) / f".handoff/specs/{ran.json['id']}/features.json")
        .read_text()
    )  # fmt: skip
    keys = ("category", "description", "steps")
    assert [{k: one[k] for k in keys} for one in listed] == [
        {k: one[k] for k in keys} for one in own
    ]
    assert sum("verify" in one for one in listed) == 5
    assert len(ran.json["notes"]) == 3
    assert len(model.firsts) == 1
    assert "can only be claimed: 6 features" in plain.out
    assert re.search(r"handoff spec accept \S+", plain.out)


SENTENCE = "A till prints receipts with totals, discounts and taxes."
IDS = [f"receipt-{number}" for number in range(1, 7)]
WRITE = """python3 - <<'PY'
import glob, json, os, re
folder = glob.glob(".handoff/specs/*")[0]
features = [{"id": i, "category": "functional", "description": "Have " + i, "steps": ["Look"],
             "verify": {"run": "py", "target": "tests/test_" + i.replace("-", "_") + ".py"}}
            for i in IDS]
open(folder + "/features.json", "w").write(json.dumps(features))
text = open(folder + "/spec.md").read()
if "runners:" not in text:
    text = text.replace("\\n---\\n", "\\nrunners: {py: 'python3 {target}'}\\n---\\n", 1)
open(folder + "/spec.md", "w").write(text)
os.makedirs("tests", exist_ok=True)
for feature in features:
    open(feature.get("verify", {}).get("target", "tests/x.py"), "w").write("import till\\n")
open("notes.txt", "w").write("mine")
PY
"""
CHECK_HERE = "handoff spec check $(ls .handoff/specs)"

PREPARE = f"handoff spec new --here <<'SPEC'\n{SENTENCE}\nSPEC"


def test_in_a_session(world: World) -> None:
    """`/handoff:spec` has the session's own model write the spec in its own worktree, by the format
    that code prints; a second session is neither started nor allowed to be.
    """
    replies = [
        runs(PREPARE, 9_000),
        runs(f"handoff spec new '{SENTENCE}'", 9_500),
        runs(WRITE.replace("IDS", json.dumps(IDS)), 10_000),
        runs(CHECK_HERE, 10_500),
        says("Accept it with handoff spec accept.", 11_000),
    ]
    with world.serve(lambda _, index: replies[index]) as api:
        printed = world.print(f"/handoff:spec {SENTENCE}", *HANDS_FREE)
        requests = api.main_requests

    assert printed.returncode == 0, printed.stderr
    assert f"with nothing implemented yet: {SENTENCE}" in requests[0].text
    assert "features.json is a JSON list" in requests[1].text
    assert "A session writes a spec itself." in requests[2].text
    [folder] = (world.project / ".handoff" / "specs").iterdir()
    assert f"## Goal\n\n{SENTENCE}\n" in (folder / "spec.md").read_text()  # a model passed it on
    subject = world.git("log", "-1", "--format=%s", "--", str(folder))
    assert subject.startswith("handoff: add spec ")
    assert not Path(f"{world.project}.handoff").exists()
