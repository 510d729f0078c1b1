"""A new spec: whole files of a sound form, without secrets, and nothing committed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from handoff.base.errors import HandoffError
from handoff.runtime import Runtime
from handoff.specs import create, spec_folder
from handoff.store import places
from support.made_specs import feature

if TYPE_CHECKING:
    from support.repo import Repo

KEY = "sk-ant-api03-" + "Ab3" * 12


def runtime() -> Runtime:
    return Runtime(os.environ, full=True)


def test_a_wish_becomes_the_goal(repo: Repo) -> None:
    """The other sections are there to be filled in; git has nothing of it."""
    head = repo.git("rev-parse", "HEAD")
    spec = create.create(
        "  A   till ", "A till.\r\nWith receipts.", [feature("a")], str(repo.root), runtime()
    )
    read = spec_folder.read(str(repo.root), spec.id)

    assert read.title == "A till"
    assert "## Goal\n\nA till.\nWith receipts.\n\n## Users and stories\n" in read.text
    assert read.features == (feature("a"),)
    assert repo.git("rev-parse", "HEAD") == head


def test_a_text_with_headings_is_taken_whole(repo: Repo) -> None:
    """A person's own spec keeps its form."""
    spec = create.create("Till", "## Goal\n\nMine.\n", [], places.locate(str(repo.root)), runtime())

    assert spec_folder.read(str(repo.root), spec.id).text == "# Till\n\n## Goal\n\nMine.\n"


def test_secrets_are_taken_out(repo: Repo) -> None:
    """Of the id, of the text and of every feature."""
    secret = feature("a", description=f"Call it with {KEY}", steps=(f"Send {KEY}",))
    spec = create.create(f"Use {KEY}", f"With {KEY}", [secret], str(repo.root), runtime())

    assert KEY.lower() not in spec.id
    for raw in (spec.raw_spec, spec.raw_features):
        assert KEY.encode() not in raw


def test_a_link_in_its_place(repo: Repo) -> None:
    """Nothing is written through it."""
    away = repo.root.parent / "away"
    away.mkdir()
    os.symlink(away, repo.root / ".handoff")

    with pytest.raises(HandoffError, match="is not a directory"):
        create.create("Till", "x", [], str(repo.root), runtime())
    assert not list(away.iterdir())
