"""What the pages and the comments name is there: files by their paths, modules by their names."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "plugin" / "handoff"
BASES = (ROOT, PACKAGE, ROOT / "tests", ROOT / "tests" / "unit")
PAGES = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md", ROOT / "benchmarks" / "README.md"])
SOURCES = sorted(
    path
    for folder in ("plugin", "hooks", "scripts", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
)
NAMES = {path.name for path in (*SOURCES, *(ROOT / "tests").rglob("*.py"))}
# In quotes of Markdown: a path with a folder, or the name of a file of Python alone.
FILE = re.compile(r"`((?:[\w-]+/)*[\w-]+\.py|(?:[\w-]+/)+[\w-]+\.(?:js|sh))\b[^`]*`")
ELSEWHERE = re.compile(r"(?:till|workflows)/|(?:file|path|cli)\.py")  # a project's own, an example
PACKAGES = "|".join(sorted(path.parent.name for path in PACKAGE.glob("*/__init__.py")))
# `handoff.` and a module, or a package with a module and what is in it.
DOTTED = re.compile(
    rf"(?<![\w./~-])handoff((?:\.(?!md\b|log\b)\w+)+)\b|`((?:{PACKAGES})(?:\.\w+){{2,}})\b[^`]*`"
)
LINK = re.compile(r"\]\(([^)#]+)(?:#[^)]*)?\)")


def missing(text: str, beside: Path) -> list[str]:
    """The files and modules that a text names and that are not there."""
    files = {name for name in FILE.findall(text) if not ELSEWHERE.match(name)} - NAMES
    lost = [name for name in files if not any((base / name).exists() for base in (*BASES, beside))]
    dotted = [one.removeprefix(".") or two for one, two in DOTTED.findall(text)]
    return lost + [name for name in dotted if not is_there(name.split("."))]


def is_there(names: list[str]) -> bool:
    """Whether the names lead from package to module, and on to what the last file defines."""
    place, *rest = PACKAGE, *names
    while rest and (place / rest[0]).is_dir():
        place /= rest.pop(0)
    file = place / f"{rest[0]}.py" if rest else place
    if rest and file.is_file():
        rest.pop(0)
    else:
        file = place / "__init__.py"
    source = file.read_text() if rest else ""
    return all(re.search(rf"^\s*(?:def|class) {name}\b|^{name}\b", source, re.M) for name in rest)


def words(source: str) -> str:
    """The docstrings and the comments of a module."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)]
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return "\n".join([ast.get_docstring(node) or "" for node in nodes] + comments)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_page_names_what_is_there(page: Path) -> None:
    """Also in its links."""
    text = page.read_text()
    assert not missing(text, page.parent)
    links = [link for link in LINK.findall(text) if "://" not in link]
    assert not [link for link in links if not (page.parent / link).exists()]


def test_comments_name_what_is_there() -> None:
    """And docstrings."""
    lost = {
        str(path.relative_to(ROOT)): names
        for path in SOURCES
        if (names := missing(words(path.read_text()), path.parent))
    }
    assert not lost


def test_the_index_has_every_page() -> None:
    """Once."""
    index = (ROOT / "docs" / "README.md").read_text()
    listed = [link for link in LINK.findall(index) if "/" not in link]
    assert sorted(listed) == sorted(page.name for page in (ROOT / "docs").glob("[a-z]*.md"))
