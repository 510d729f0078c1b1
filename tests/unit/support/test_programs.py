"""What programs beside the package call in it is there: no type checker reads them."""

from __future__ import annotations

import ast
import importlib.util
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

PROGRAMS = sorted([*ROOT.glob("benchmarks/*.py"), *ROOT.glob("scripts/*.py")])


def modules(tree: ast.Module) -> Iterator[tuple[str, ModuleType]]:
    """The package's modules that a program imports, each by the name it has there."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith("handoff"):
            continue
        parent = importlib.import_module(node.module or "")
        for alias in node.names:
            name = f"{node.module}.{alias.name}"
            if not hasattr(parent, alias.name):
                importlib.import_module(name)  # a module, or an error that names it
            if importlib.util.find_spec(name) if hasattr(parent, "__path__") else None:
                yield alias.asname or alias.name, importlib.import_module(name)


def missing(source: str) -> list[str]:
    """The names that a program takes of a module which has none such, also by a tuple of both."""
    tree = ast.parse(source)
    known = dict(modules(tree))
    taken = [
        (node.value.id, node.attr)
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    ]
    taken += [
        (node.elts[0].id, str(node.elts[1].value))
        for node in ast.walk(tree)
        if isinstance(node, ast.Tuple) and len(node.elts) > 1
        if isinstance(node.elts[0], ast.Name) and isinstance(node.elts[1], ast.Constant)
    ]
    return [
        f"{owner}.{name}"
        for owner, name in taken
        if owner in known and not hasattr(known[owner], name)
    ]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_a_program_takes_what_is_there(program: Path) -> None:
    """A benchmark that names a function of before fails only when somebody runs it."""
    assert missing(program.read_text()) == []


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
def test_a_program_finds_its_modules(program: Path) -> None:
    """Also those of the tests, whose folder it puts on the path itself."""
    if program.name == "make_prices.py" and sys.version_info < (3, 11):
        pytest.skip("genai-prices needs 3.11")
    code = "import runpy, sys; runpy.run_path(sys.argv[1], run_name='imported')"
    env = {**os.environ, "PYTHONPATH": str(program.parent)}
    subprocess.run([sys.executable, "-c", code, program], check=True, env=env)


@pytest.mark.parametrize(
    "taking", ["run.no_such_thing()", "steps = [(run, 'no_such_thing', 'a label')]"]
)
def test_what_is_missing_is_seen(taking: str) -> None:
    """By an attribute, and by a module with a name beside it."""
    assert missing(f"from handoff.git import run\n{taking}") == ["run.no_such_thing"]
