"""The packages: each has its layer and is no larger than it may be, and no modules go in a circle.

What may import what is import-linter's (pyproject.toml).
"""

from __future__ import annotations

import ast
import re
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
LIBRARY = ROOT / "plugin"
MAX_SHARE = 0.12  # of all lines


def modules() -> dict[str, Path]:
    """Every module of the package by its name."""
    names = {}
    for path in LIBRARY.glob("handoff/**/*.py"):
        parts = path.relative_to(LIBRARY).with_suffix("").parts
        names[".".join(parts).removesuffix(".__init__")] = path
    return names


def imported(path: Path, known: set[str]) -> set[str]:
    """The modules that one imports when it runs: at its top, or in a function."""
    names = set()
    tree = ast.parse(path.read_text())
    guarded = (
        n for n in tree.body if isinstance(n, ast.If) and "TYPE_CHECKING" in ast.dump(n.test)
    )
    for_types = {node for block in guarded for node in ast.walk(block)}
    for node in ast.walk(tree):
        if node in for_types:
            continue
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            parts = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= {name if name in known else str(node.module) for name in parts}
    return names & known


def packages() -> dict[str, int]:
    """Lines of every package and module right below `handoff`."""
    lines: dict[str, int] = {}
    for name, path in modules().items():
        package = ".".join(name.split(".")[:2])
        lines[package] = lines.get(package, 0) + path.read_text().count("\n")
    del lines["handoff"]
    return lines


def test_no_imports_in_a_circle() -> None:
    """Also not through imports that are made late."""
    known = modules()
    graph = {name: imported(path, set(known)) - {name} for name, path in known.items()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" imports ".join(reversed(error.args[1])))


def test_no_package_is_large() -> None:
    """Who looks for something in it reads an eighth of the code at most."""
    lines = packages()
    most = MAX_SHARE * sum(lines.values())
    large = [
        f"{name}: {count} lines, {count - most:.0f} too many"
        for name, count in lines.items()
        if count > most
    ]
    assert not large


def test_every_package_has_its_layer() -> None:
    """A new one has to be put somewhere; what is gone goes from the list too."""
    text = (ROOT / "pyproject.toml").read_text()
    listed = re.search(r"\nlayers = \[(.*?)\]", text, re.DOTALL)
    assert listed
    names = re.findall(r"handoff\.\w+", listed[1])
    assert sorted(names) == sorted(packages())
