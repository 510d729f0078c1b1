"""What the architecture page names is there by that name."""

from __future__ import annotations

import importlib
import re

import pytest

from handoff.client.hook_io import EVENTS
from support.paths import ROOT

NAMED = re.compile(r"`(?:handoff\.)?([a-z]\w*(?:\.[A-Za-z_]\w*)+)`")
FILES = re.compile(r"`([\w/]+/\w+\.(?:py|js|json|md|sh))`")


def page() -> str:
    return (ROOT / "docs" / "architecture.md").read_text()


def packages() -> set[str]:
    return {path.name for path in (ROOT / "plugin" / "handoff").iterdir() if path.is_dir()}


def named() -> list[str]:
    return [name for name in NAMED.findall(page()) if name.partition(".")[0] in packages()]


def resolve(name: str) -> object:
    """What a dotted name stands for. Raises ImportError or AttributeError where nothing does."""
    parts = name.split(".")
    count = len(parts)
    while count > 1:
        try:
            value: object = importlib.import_module(".".join(["handoff", *parts[:count]]))
        except ModuleNotFoundError:
            count -= 1
        else:
            break
    else:
        value = importlib.import_module(f"handoff.{parts[0]}")
    for part in parts[count:]:
        value = getattr(value, part)
    return value


@pytest.mark.parametrize("name", named())
def test_a_name_of_the_page_is_there(name: str) -> None:
    """A function, class or module that a reader looks for."""
    assert resolve(name) is not None


def test_the_page_names_many() -> None:
    """The pattern still finds them."""
    assert len(named()) > 40


@pytest.mark.parametrize("file", FILES.findall(page()))
def test_a_file_of_the_page_is_there(file: str) -> None:
    """Named from the repository's top, or from the package's."""
    assert any((ROOT / top / file).is_file() for top in ("", "plugin/handoff"))


def test_each_event_has_its_row() -> None:
    """A newcomer finds where an event is answered."""
    rows = page().partition("| event | answered in |")[2].partition("\n\n")[0]
    names = re.findall(r"^\| ([A-Z][\w, ]+?) \|", rows, re.MULTILINE)
    assert sorted(name for cell in names for name in cell.split(", ")) == sorted(EVENTS.values())
