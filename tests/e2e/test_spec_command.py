"""`/handoff:spec` on the real client: the session's own model writes a spec, code checks it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from .model import calls, runs, says
from .session import log
from .starter import Starter

if TYPE_CHECKING:
    from handoff.demo.api import Reply, Request

    from .harness import World

WORDS = "A command line for notes. User: adds a note, and finds it again."
RUNNER = "runners:\n  py: python3 -m unittest -q {target}\n"
FEATURES = [
    {
        "id": name,
        "category": "functional",
        "description": description,
        "steps": ["Run `python3 notes.py add milk`", f"Run `python3 notes.py {name} milk`"],
        "passes": False,
        "verify": {"run": "py", "target": f"tests/test_{name}.py"},
    }
    for name, description in (("add", "A note can be added"), ("find", "A word finds a note"))
]
TEST = (
    "import pathlib\nimport unittest\n\n\nclass NotesTest(unittest.TestCase):\n"
    "    def test_it(self):\n        self.assertTrue(pathlib.Path('notes.py').exists())\n"
)


class Writer:
    """A model that does what the command says, but forgets once that `passes` is code's, and tries
    to accept its own spec. `seen` are the requests, one for each step.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.seen: list[Request] = []
        self.id = ""

    def __call__(self, request: Request, index: int) -> Reply:
        self.seen.append(request)
        found = re.search(r"Prepared the spec (\S+) in", request.new_text)
        self.id = found[1] if found else self.id
        project = self.world.project
        spec_file, features = (
            str(project / ".handoff" / "specs" / self.id / name)
            for name in ("spec.md", "features.json")
        )
        sound = [{k: v for k, v in entry.items() if k != "passes"} for entry in FEATURES]
        prepare = f"handoff spec new --here <<'SPEC'\n{WORDS}\nSPEC"
        steps = (
            runs(prepare, 9_000),
            calls("Read", 9_100, file_path=spec_file),
            calls("Edit", 9_200, file_path=spec_file,
                  old_string="title: ", new_string=f"{RUNNER}title: "),
            calls("Read", 9_300, file_path=features),
            calls("Write", 9_400, file_path=features, content=json.dumps(FEATURES)),
            *(
                calls("Write", 9_500, content=TEST,
                        file_path=str(project / "tests" / f"test_{name}.py"))
                for name in ("add", "find")
            ),
            runs(f"handoff spec check {self.id}", 9_700),
            calls("Write", 9_800, file_path=features, content=json.dumps(sound)),
            runs(f"handoff spec check {self.id}", 9_900),
            runs(f"handoff spec accept {self.id} --yes", 10_000),
            says(f"Two features. Read it, then run: handoff spec accept {self.id}", 10_100),
        )  # fmt: skip
        return steps[index]


def test_a_session_writes_a_spec(world: World) -> None:
    """The model is given the format and told its mistake; one commit has the spec and its tests,
    and what the user staged stays staged. The session cannot accept the spec, the user can.
    """
    (world.project / "mine.txt").write_text("not yet\n")
    world.git("add", "mine.txt")
    head = world.git("rev-parse", "HEAD")
    writer = Writer(world)
    hands_free = ("--permission-mode", "acceptEdits", "--allowedTools=Bash")
    with world.serve(writer), world.terminal(*hands_free) as terminal:
        terminal.ready()
        terminal.submit(f"/handoff:spec {WORDS}")
        terminal.wait_for(r"Two features\. Read it, then run", 60)

    typed, form, *rest, problems, _, committed, refused = writer.seen
    assert f"with nothing implemented yet: {WORDS}" in typed.new_text
    assert "python3 -m unittest -q {target}" in form.new_text
    assert f"The spec is two files in .handoff/specs/{writer.id}:" in form.new_text
    assert [result.is_error for request in rest for result in request.tool_results] == [False] * 6
    assert "features.json, entry 1 (add): remove `passes`" in problems.new_text
    assert "Nothing was committed" in problems.new_text
    assert f"handoff spec accept {writer.id}" in committed.new_text
    assert "Only a person can accept a spec" in refused.new_text

    folder = f".handoff/specs/{writer.id}"
    assert world.git("rev-parse", "HEAD~1") == head
    names = world.git("show", "--name-only", "--format=", "HEAD").split()
    assert names == [
        f"{folder}/features.json", f"{folder}/spec.md", "tests/test_add.py", "tests/test_find.py",
    ]  # fmt: skip
    assert world.git("status", "--porcelain").split() == ["A", "mine.txt"]
    assert f"## Goal\n\n{WORDS}\n" in (world.project / folder / "spec.md").read_text()
    assert not list((world.state / "specs").glob("*.json"))
    assert log(world) == ""

    accepted = Starter(world)("spec", "accept", writer.id, "--yes", env=world.basic_env)
    assert accepted.code == 0, accepted.err
    assert "2 of 2 features can be verified" in accepted.out
