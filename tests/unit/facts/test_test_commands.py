"""Which paths verify commands name as what verifies."""

from __future__ import annotations

import pytest

from handoff.facts import test_commands
from handoff.redact import redact


@pytest.mark.parametrize(
    ("command", "named"),
    [
        ("python3 -m unittest -q checks.notes", {"checks/notes.py", "checks.notes"}),
        ("python3 -m unittest checks.notes.NotesCase.test_a", {"checks/notes.py"}),
        ("pytest checks/a.py::test_one", {"checks/a.py"}),
        ("make check", {"Makefile"}),
        ("npm test", {"package.json"}),
        ("cd web && npm run test", {"web/package.json"}),
        ("sh tools/run.sh", {"tools/run.sh"}),
        ("bash -c './verify.sh --all'", {"verify.sh"}),
        ("python3 tools/check_all.py", {"tools/check_all.py"}),
        ("CI=1 timeout 30 npx vitest run web/a.js", {"web/a.js", "package.json"}),
    ],
)
def test_named(command: str, named: set[str]) -> None:
    """The scripts, modules and files that a command runs as the check."""
    assert named <= test_commands.named_paths([redact.clean_judged(command)])


@pytest.mark.parametrize(
    ("command", "work"),
    [
        ("python3 app.py --selftest | grep -q ok", "app.py"),
        ("test -f app.py && grep -q done notes.txt", "notes.txt"),
        ("grep -c valid src/validate.py", "src/validate.py"),
        ("ruff check src", "src"),
        ("cat ../outside/test_a.py", "outside/test_a.py"),
        ("sh /opt/check.sh", "opt/check.sh"),
    ],
)
def test_work_is_not_named(command: str, work: str) -> None:
    """What a command looks at may be the work; what is outside is nobody's to freeze."""
    assert work not in test_commands.named_paths([redact.clean_judged(command)])
