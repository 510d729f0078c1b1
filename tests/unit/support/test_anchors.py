"""A link to a place on a page leads to a heading there."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

PAGES = sorted([*ROOT.glob("docs/*.md"), ROOT / "README.md"])
ANCHOR = re.compile(r"\]\(([^)#:\s]*)#([^)]+)\)")
MAX_README = 370


def headings(page: Path) -> set[str]:
    """The anchors of a page, as GitHub makes them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title).strip().lower().replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_an_anchor_is_a_heading(page: Path) -> None:
    """Of this page or of the one that is named."""
    lost = [
        f"{target}#{anchor}"
        for target, anchor in ANCHOR.findall(page.read_text())
        if anchor not in headings(page.parent / target if target else page)
    ]
    assert not lost


def test_the_readme_is_read_to_its_end() -> None:
    """Somebody who has only the README needs no other page, and no patience."""
    assert len((ROOT / "README.md").read_text().splitlines()) <= MAX_README
