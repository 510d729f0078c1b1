"""A small application to build: notes on the command line, six features, the tests red at first."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from .harness import World

SPEC = "20261122-090000-notes-on-the-command-line-4dbe"
RUNNER = "python3 -m unittest -q {target}"
FROZEN = ("tests/__init__.py", "tests/helpers.py", "conftest.py", "sitecustomize.py", "unittest.py")

SOURCES = {
    "notes/__init__.py": '"""Notes on the command line: a module for each command."""\n',
    "notes/__main__.py": '''"""Run a command on the notes, which are lines on stdin."""

import importlib
import sys


def main(words):
    if not words:
        print("usage: python3 -m notes COMMAND [WORD]...")
        return
    command = importlib.import_module(f"notes.{words[0]}")
    notes = [] if sys.stdin is None or sys.stdin.isatty() else sys.stdin.read().splitlines()
    print("\\n".join(command.run(notes, *words[1:])))


main(sys.argv[1:])
''',
    "tests/helpers.py": '''"""What the tests share."""

NOTES = ["Buy milk", "Call Robin", "buy bread"]
''',
}


@dataclass(frozen=True)
class Piece:
    """One feature: `module` is the file that it needs, with `source`; `test` is an assertion on
    `run` of that module.
    """

    id: str
    module: str
    description: str
    steps: tuple[str, ...]
    source: str
    test: str

    @property
    def path(self) -> str:
        return f"notes/{self.module}.py"

    @property
    def test_path(self) -> str:
        return f"tests/test_{self.id}.py"

    @property
    def test_file(self) -> str:
        return (
            "import unittest\n\nfrom tests.helpers import NOTES\n\n\n"
            f"class {self.id.title()}Test(unittest.TestCase):\n"
            f"    def test_{self.module}(self):\n"
            f"        from notes.{self.module} import run\n\n"
            f"        {self.test}\n"
        )


def _piece(name: str, module: str, does: str, arguments: str, returns: str, test: str) -> Piece:
    source = f"def run({arguments}):\n    return {returns}\n"
    steps = (f"Run the `{module}` command on three notes", f"See that `{module}` {does}")
    description = f"The command `{module}` {does}"
    return Piece(name, module, description, steps, source, f"self.assertEqual({test})")


PIECES = {
    piece.id: piece
    for piece in (
        _piece("f1", "add", "puts a note behind the others", "notes, text", "[*notes, text]",
               'run(NOTES, "Rest"), [*NOTES, "Rest"]'),
        _piece("f2", "number", "prints each note behind its number", "notes",
               '[f"{n} {note}" for n, note in enumerate(notes, 1)]',
               'run(NOTES)[1], "2 Call Robin"'),
        _piece("f3", "search", "finds notes by a word in any case", "notes, word",
               "[note for note in notes if word.lower() in note.lower()]",
               'run(NOTES, "BUY"), ["Buy milk", "buy bread"]'),
        _piece("f4", "done", "takes a note away by its number", "notes, number",
               "[note for n, note in enumerate(notes, 1) if n != int(number)]",
               'run(NOTES, "2"), ["Buy milk", "buy bread"]'),
        _piece("f5", "count", "says how many notes there are", "notes",
               '[f"{len(notes)} notes"]', 'run(NOTES), ["3 notes"]'),
        _piece("f6", "quote", "prints each note in quotation marks", "notes",
               """[f'"{note}"' for note in notes]""", """run(NOTES)[0], '"Buy milk"'"""),
    )
}  # fmt: skip


def write_spec(
    world: World,
    wanted: Collection[str] = tuple(PIECES),
    *,
    spec: str = SPEC,
    after: Mapping[str, Sequence[str]] | None = None,
    untested: Collection[str] = (),
    more: int = 0,
) -> str:
    """Commit the application, a spec of the `wanted` features and their tests, all red; its id.

    There is no test file for the `untested` features, though a target names it; `more` further
    features have no verify at all.
    """
    pieces = [piece for piece in PIECES.values() if piece.id in wanted]
    features: list[dict[str, object]] = [
        {
            "id": piece.id,
            "category": "functional",
            "description": piece.description,
            "steps": list(piece.steps),
            "after": list((after or {}).get(piece.id, ())),
            "verify": {"run": "py", "target": piece.test_path},
        }
        for piece in pieces
    ]
    features += [
        {
            "id": f"m{number}",
            "category": "style",
            "description": f"The output number {number} is set in columns",
            "steps": [f"Print output number {number}", f"Compare its columns, number {number}"],
        }
        for number in range(1, more + 1)
    ]
    frozen = "".join(f"- {glob}\n" for glob in FROZEN)
    files = {
        **SOURCES,
        **{piece.test_path: piece.test_file for piece in pieces if piece.id not in untested},
        f".handoff/specs/{spec}/features.json": json.dumps(features, indent=2) + "\n",
        f".handoff/specs/{spec}/spec.md": (
            f"---\nid: {spec}\ntitle: Notes on the command line\ncreated: '2026-11-22T09:00:00Z'\n"
            f"runners:\n  py: {RUNNER}\nsmoke: python3 -m notes\nfrozen:\n{frozen}---\n\n"
            "# Notes on the command line\n\n## Goal\n\nNotes that are kept as lines of text.\n\n"
            "## Users and stories\n\nOne person, in a shell.\n\n"
            "## Design\n\nA module for each command.\n\n"
            "## Data\n\nLines on stdin.\n\n## Out of scope\n\nStoring notes.\n"
        ),
    }
    for name, text in files.items():
        path = world.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    world.git("add", ".")
    world.git("commit", "--quiet", "--message=Say what is to be built")
    return spec
