"""`handoff spec new` with the real client: a sentence becomes a spec with failing tests."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from .harness import HANDS_FREE
from .model import runs, says
from .starter import Starter

if TYPE_CHECKING:
    from .harness import World

SENTENCE = "A till prints receipts with totals, discounts and taxes."
IDS = [f"receipt-{number}" for number in range(1, 7)]
WRITE = """python3 - <<'PY'
import glob, json, os, re
folder = glob.glob(".handoff/specs/*")[0]
features = [{"id": i, "category": "functional", "description": "Have " + i, "steps": ["Look"],
             "verify": {"run": "py", "target": "tests/test_" + i.replace("-", "_") + ".py"}}
            for i in IDS]
BAD
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
PASSES, NO_STEPS = 'features[0]["passes"] = True', 'features[1]["steps"] = []'
CHECK = "handoff spec check $(ls .handoff/specs)"


def script(bad: str) -> str:
    return WRITE.replace("IDS", json.dumps(IDS)).replace("BAD", bad)


def test_one_sentence(world: World) -> None:
    """Six features with failing tests, in one commit of exactly these files on the spec's branch;
    the mistakes of a first try come back from `spec check`; the user's sentence stands as they said
    it; their worktree and what they staged stay as they were.
    """
    start = Starter(world)
    (world.project / "staged.py").write_text("x = 1\n")
    subprocess.run(["git", "add", "staged.py"], cwd=world.project, check=True)
    before = git(world.project, "status", "--porcelain")
    replies = [
        runs(script(PASSES), 9_000),
        runs(CHECK, 9_100),
        runs(script(NO_STEPS), 9_200),
        runs(CHECK, 9_300),
        runs(script(""), 10_000),
        runs(CHECK, 10_500),
        says("The spec is sound.", 11_000),
    ]
    with world.serve(lambda _, index: replies[index]) as api:
        done = start("spec", "new", SENTENCE, "--json", env=world.client_env)
        requests = api.main_requests

    assert done.code == 0, done.err
    root, spec_id = Path(done.json["root"]), done.json["id"]
    folder = f".handoff/specs/{spec_id}"
    assert "Write a spec for the task" in requests[0].new_text
    assert SENTENCE in requests[0].text
    assert "remove `passes`" in requests[2].text
    assert "it has no steps" in requests[4].text
    text = (root / folder / "spec.md").read_text()
    assert f"> {SENTENCE}" in text
    features = json.loads((root / folder / "features.json").read_text())
    assert [feature["id"] for feature in features] == IDS
    assert "passes" not in (root / folder / "features.json").read_text()
    tests = [f"tests/test_{one.replace('-', '_')}.py" for one in IDS]
    commits = git(root, "log", "--format=%H", "--", folder).split()
    assert len(commits) == 1
    named = git(root, "show", "--name-only", "--format=", commits[0]).split("\n")
    assert named == [f"{folder}/features.json", f"{folder}/spec.md", *tests]
    assert all(subprocess.run([sys.executable, path], cwd=root, check=False,
                              capture_output=True).returncode for path in tests)  # fmt: skip
    assert "notes.txt" in done.err
    assert git(root, "status", "--porcelain") == "?? notes.txt"
    assert not list((root / ".handoff" / "open").glob("*.md"))
    assert git(world.project, "status", "--porcelain") == before


def git(root: Path, *words: str) -> str:
    done = subprocess.run(["git", *words], cwd=root, check=True, capture_output=True, text=True)
    return done.stdout.strip()


PREPARE = f"handoff spec new --here <<'SPEC'\n{SENTENCE}\nSPEC"


def test_in_a_session(world: World) -> None:
    """`/handoff:spec` has the session's own model write the spec in its own worktree, by the format
    that code prints; a second session is neither started nor allowed to be.
    """
    replies = [
        runs(PREPARE, 9_000),
        runs(f"handoff spec new '{SENTENCE}'", 9_500),
        runs(script(""), 10_000),
        runs(CHECK, 10_500),
        says("Accept it with handoff spec accept.", 11_000),
    ]
    with world.serve(lambda _, index: replies[index]) as api:
        printed = world.print(f"/handoff:spec {SENTENCE}", *HANDS_FREE)
        requests = api.main_requests

    assert printed.returncode == 0, printed.stderr
    assert f"nothing of it implemented yet: {SENTENCE}" in requests[0].text
    assert "features.json is a JSON list" in requests[1].text
    assert "A session writes a spec itself." in requests[2].text
    [folder] = (world.project / ".handoff" / "specs").iterdir()
    assert f"## Goal\n\n{SENTENCE}\n" in (folder / "spec.md").read_text()  # a model passed it on
    subject = git(world.project, "log", "-1", "--format=%s", "--", str(folder))
    assert subject.startswith("handoff: add spec ")
    assert not Path(f"{world.project}.handoff").exists()
