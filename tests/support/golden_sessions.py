"""The sessions behind the golden briefs: what the person types, what the scripted model does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

PROJECT = "/work/till"  # how the project's folder is called in the files here
Step = tuple[str, dict[str, Any]] | str  # a tool with its input, or what the model says


@dataclass(frozen=True)
class Session:
    """`turns` are prompts with the model's steps; `kind` and `goal` are the brief's."""

    name: str
    turns: Sequence[tuple[str, Sequence[Step]]]
    kind: str = "continue"
    goal: str = ""


def _read(path: str) -> Step:
    return ("Read", {"file_path": f"{PROJECT}/{path}"})


def _edit(path: str, old: str, new: str) -> Step:
    return ("Edit", {"file_path": f"{PROJECT}/{path}", "old_string": old, "new_string": new})


def _write(path: str, text: str) -> Step:
    return ("Write", {"file_path": f"{PROJECT}/{path}", "content": text})


def _run(command: str) -> Step:
    return ("Bash", {"command": command, "description": "Run it"})


_TOTAL = 'return f"Total: {total(prices) / 100:.2f}"'
_LINES = (
    'lines = [f"{price / 100:.2f}" for price in prices]\n'
    '    return "\\n".join([*lines, f"Total: {total(prices) / 100:.2f}"])'
)
_TESTS = "python3 -m unittest -q"

SESSIONS = (
    # The model claims what the last run contradicts: the brief shows a finding.
    Session(
        "contradiction",
        (
            (
                "The receipt should list every price before the total. "
                "Please never touch till/basket.py.",
                (
                    _read("till/receipt.py"),
                    _edit("till/receipt.py", _TOTAL, _LINES),
                    _run(_TESTS),
                    "The prices are listed now. test_total still expects a single line.",
                ),
            ),
            (
                "Good. Amounts always with two decimals, and the total stays on the last line.",
                ("It does: both are formatted with .2f, and the total is joined last.",),
            ),
        ),
    ),
    # Much was done; the brief is for one goal of it.
    Session(
        "goal",
        (
            (
                "Add a CSV export of the basket in till/export.py, with semicolons: "
                "the accountants' Excel wants them.",
                (
                    _read("till/basket.py"),
                    _write(
                        "till/export.py",
                        '"""The basket for the accountants."""\n\n\n'
                        "def to_csv(prices: list[int]) -> str:\n"
                        '    return ";".join(str(price) for price in prices)\n',
                    ),
                    _run('python3 -c "from till.export import to_csv; print(to_csv([1, 2]))"'),
                    _run("git add till/export.py && git commit -q -m 'Export the basket as CSV'"),
                    "The export writes one line with semicolons, and is committed.",
                ),
            ),
            (
                "Now translate the receipt: Summe instead of Total when LANG is de.",
                (
                    _read("till/receipt.py"),
                    _run("grep -rn Total till tests"),
                    "The word stands in till/receipt.py and in tests/test_receipt.py.",
                ),
            ),
        ),
        kind="task",
        goal="the CSV export needs a header line",
    ),
    # No model wrote it, and the person does not write English.
    Session(
        "snapshot",
        (
            (
                "Der Bon soll die Mehrwertsteuer zeigen, 19 %. Die Summe bleibt, wie sie ist.",
                (
                    _read("till/receipt.py"),
                    _edit(
                        "till/receipt.py",
                        _TOTAL,
                        "tax = round(total(prices) * 19 / 119)\n"
                        '    return f"MwSt: {tax / 100:.2f}\\nTotal: {total(prices) / 100:.2f}"',
                    ),
                    _run(_TESTS),
                    "Die Steuer steht jetzt auf dem Bon. test_total schlägt fehl: er erwartet nur "
                    "die Summe. Als Nächstes passe ich den Test an.",
                ),
            ),
            ("weiter", ("Ich passe tests/test_receipt.py an.",)),
        ),
    ),
)
