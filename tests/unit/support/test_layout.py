"""Where tests are: beside nothing that another one needs, and where what they test is."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TESTS = ROOT / "tests"
ACROSS_PACKAGES = {"journeys", "promises", "support"}


def imports(path: Path) -> Iterator[str]:
    """Every module, or name of a module, that a file imports, with all its parts."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module or ''}.{alias.name}" for alias in node.names)


def test_no_test_is_imported() -> None:
    """What several tests need is in tests/support, or in a helper module beside them."""
    assert [
        f"{path.relative_to(TESTS)} imports {name}"
        for path in sorted(TESTS.rglob("*.py"))
        for name in imports(path)
        if not name.startswith("handoff.")
        if any(part == "conftest" or part.startswith("test_") for part in name.split("."))
    ] == []


def test_unit_tests_mirror_the_packages() -> None:
    """Each folder of tests/unit has the name of a package, but for what goes across them; nothing
    but tests lies in it.
    """
    unit = TESTS / "unit"
    for folder in (path for path in unit.rglob("*") if (path / "__init__.py").exists()):
        name = folder.relative_to(unit)
        assert name.parts[0] in ACROSS_PACKAGES or (ROOT / "plugin" / "handoff" / name).is_dir()
    for path in unit.rglob("*.py"):
        assert path.name.startswith("test_") or path.name in ("conftest.py", "__init__.py"), path
