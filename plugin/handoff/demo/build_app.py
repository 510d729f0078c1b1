"""What `handoff demo --build` builds: expenses on the command line, three features, tests first."""

from __future__ import annotations

import json
from dataclasses import dataclass

SPEC = "20261122-090000-expenses-7c1e"
SHORT = SPEC[-4:]  # what a person types
FOLDER = f".handoff/specs/{SPEC}"

_LEDGER = "2026-03-01,2.50,Coffee beans\n2026-03-09,4.00,Bread\n2026-04-02,1.20,Coffee filter\n"


@dataclass(frozen=True)
class Feature:
    """One feature: the command `id` of the application, `test` the assertions on it, `source` what
    an honest session writes.
    """

    id: str
    description: str
    steps: tuple[str, ...]
    test: str
    source: str

    @property
    def path(self) -> str:
        """The module that the feature needs, from the root."""
        return f"expenses/{self.id}.py"

    @property
    def test_path(self) -> str:
        """Its test, from the root."""
        return f"tests/test_{self.id}.py"

    @property
    def test_file(self) -> str:
        """The test as the user accepts it: it runs the application on a file of expenses."""
        return (
            "import tempfile\nimport unittest\nfrom pathlib import Path\n\n"
            "from expenses.__main__ import main\n\n"
            f"LEDGER = {_LEDGER!r}\n\n\n"
            f"class {self.id.title()}Test(unittest.TestCase):\n"
            f"    def test_{self.id}(self):\n"
            "        with tempfile.TemporaryDirectory() as folder:\n"
            '            file = Path(folder, "expenses.csv")\n'
            '            file.write_text(LEDGER, encoding="utf-8")\n'
            + "".join(f"            {line}\n" for line in self.test.splitlines())
        )


FEATURES = (
    Feature(
        "add",
        "The command `add` enters an expense",
        ("Run `add 2026-04-11 3.80 Tea`", "See that the file ends with this expense"),
        'main(["add", "2026-04-11", "3.80", "Tea"], file)\n'
        'self.assertEqual(file.read_text(), LEDGER + "2026-04-11,3.80,Tea\\n")',
        '"""Enter an expense."""\n\nimport csv\n\n\n'
        "def run(file, date, amount, *words):\n"
        '    with file.open("a", encoding="utf-8", newline="") as ledger:\n'
        '        row = (date, amount, " ".join(words))\n'
        '        csv.writer(ledger, lineterminator="\\n").writerow(row)\n'
        '    return f"Entered {amount}."\n',
    ),
    Feature(
        "total",
        "The command `total` prints the sum of each month",
        ("Run `total`", "See a line with the sum of each month"),
        'self.assertEqual(main(["total"], file), "2026-03 6.50\\n2026-04 1.20")',
        '"""Print the sum of each month."""\n\nimport csv\nfrom decimal import Decimal\n\n\n'
        "def run(file):\n"
        "    sums = {}\n"
        '    with file.open(encoding="utf-8", newline="") as ledger:\n'
        "        for date, amount, _ in csv.reader(ledger):\n"
        "            sums[date[:7]] = sums.get(date[:7], 0) + Decimal(amount)\n"
        '    return "\\n".join(f"{month} {amount}" for month, amount in sorted(sums.items()))\n',
    ),
    Feature(
        "search",
        "The command `search` finds expenses by a word, in upper or lower case",
        ("Run `search coffee`", "See the two expenses with that word, and no other"),
        'found = main(["search", "coffee"], file).splitlines()\n'
        'self.assertEqual([line[-6:] for line in found], [" beans", "filter"])',
        '"""Find expenses by a word."""\n\n\n'
        "def run(file, word):\n"
        '    lines = file.read_text(encoding="utf-8").splitlines()\n'
        '    return "\\n".join(line for line in lines if word.lower() in line.lower())\n',
    ),
)

_SOURCES = {
    ".gitignore": "__pycache__/\n",
    "README.md": "# expenses\n\nExpenses in a CSV file, on the command line.\n",
    "expenses/__init__.py": '"""Expenses on the command line: a module for each command."""\n',
    "expenses/__main__.py": (
        '"""Run a command on expenses.csv."""\n\n'
        "import importlib\nimport sys\nfrom pathlib import Path\n\n\n"
        'def main(words, file=Path("expenses.csv")):\n'
        "    if not words:\n"
        '        return "Usage: python3 -m expenses COMMAND [WORD]..."\n'
        '    command = importlib.import_module(f"expenses.{words[0]}")\n'
        "    return command.run(file, *words[1:])\n\n\n"
        'if __name__ == "__main__":\n'
        "    print(main(sys.argv[1:]))\n"
    ),
    "tests/__init__.py": "",
}
_SPEC_FILE = f"""---
id: {SPEC}
title: Expenses on the command line
created: '2026-11-22T09:00:00Z'
runners:
  py: python3 -m unittest -q {{target}}
smoke: python3 -m expenses
---

# Expenses on the command line

## Goal

Enter expenses, find them again, and see what a month cost.

## Users and stories

One person, in a shell.

## Design

A module for each command, with a function `run`.

## Data

A CSV file: date, amount, text.

## Out of scope

Currencies.
"""


def files() -> dict[str, str]:
    """Everything that is committed before the build, by path from the root: the application without
    its features, their tests, and the spec.
    """
    features = [
        {
            "id": one.id,
            "category": "functional",
            "description": one.description,
            "steps": list(one.steps),
            "verify": {"run": "py", "target": one.test_path},
        }
        for one in FEATURES
    ]
    return {
        **_SOURCES,
        **{one.test_path: one.test_file for one in FEATURES},
        f"{FOLDER}/spec.md": _SPEC_FILE,
        f"{FOLDER}/features.json": json.dumps(features, indent=2) + "\n",
    }
