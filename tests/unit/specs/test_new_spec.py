"""A new spec's files: the user's words by code, word for word."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from handoff.base.errors import HandoffError
from handoff.runtime import Runtime
from handoff.specs import new_spec, spec_file, spec_folder
from handoff.store import places

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

TEXT = "A till prints receipts. It has totals.\n\n## Not a heading\n"
QUOTE = "> A till prints receipts. It has totals.\n>\n> ## Not a heading"


def read(root: str, spec_id: str) -> str:
    return spec_folder.read_file(root, spec_id, spec_file.FILE).decode()


def test_the_users_words_are_a_quote_in_a_worktree(repo: Repo) -> None:
    """They stand under Goal, and the user's worktree is left alone."""
    runtime = Runtime(os.environ, full=True)
    spec, place = new_spec.prepare(
        new_spec.Wish(TEXT), places.locate(str(repo.root)), runtime, here=False
    )

    assert f"## Goal\n\n{QUOTE}\n" in read(place.root, spec.id)
    assert place.root == f"{repo.root}.handoff/{spec.id}"
    assert spec.title == "A till prints receipts"
    assert not (repo.root / ".handoff" / "specs").exists()
    assert repo.git("branch", "--list", f"handoff/{spec.id}")


@pytest.mark.parametrize("text", ["", "x" * (new_spec.MAX_CHARS + 1)])
def test_nothing_or_too_much(text: str) -> None:
    """It is refused before anything is made."""
    with pytest.raises(HandoffError):
        new_spec.read_wish(text, "")


def test_an_imported_list(tmp_path: Path) -> None:
    """Its features are enough without a text; `passes` is not kept, and nothing verifies them."""
    path = tmp_path / "feature_list.json"
    path.write_text(json.dumps([{"category": "functional", "description": "Print a total",
                                 "steps": ["Print it"], "passes": True}]))  # fmt: skip
    wish = new_spec.read_wish("", str(path))

    assert [(one.id, one.verify, dict(one.extra)) for one in wish.features] == [
        ("print-a-total", None, {})
    ]
