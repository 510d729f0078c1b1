"""What a user is told to type: the bare name only where the mod registered it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from handoff.client.mod_state import Mod
from handoff.runtime import Runtime
from handoff.session import command_names
from handoff.session.files import SessionFiles
from support.modded import Modded

if TYPE_CHECKING:
    from support.repo import Repo

ALL = ["handoff", "pickup", "handoffs"]


@pytest.mark.parametrize(
    ("values", "typed"),
    [
        ({"commands": ALL, "shadowed": []}, "/handoff"),
        ({"commands": ["pickup"], "shadowed": []}, "/handoff:handoff"),
        ({"commands": ALL, "shadowed": ["handoff:pickup"]}, "/handoff:handoff"),
        ({"commands": []}, "/handoff:handoff"),
        ({"commands": "handoff"}, "/handoff:handoff"),
        ({}, "/handoff:handoff"),
    ],
)
def test_name(values: dict[str, Any], typed: str) -> None:
    """The bare name where it works, the full one where another command has it or no mod runs."""
    assert command_names.name_command("handoff", Mod(values)) == typed


def test_of_a_session(repo: Repo) -> None:
    """A session's files say it: by what the mod wrote last."""
    client = Modded(repo)
    client.tell(None, "", commands=ALL)
    runtime = Runtime(client.env, full=True)
    files = SessionFiles("s1", runtime)

    assert command_names.handoff_command(files) == "/handoff"
    assert command_names.handoff_command(SessionFiles("s2", runtime)) == "/handoff:handoff"


def test_a_command_without_a_bare_name() -> None:
    """`/spec` is left to other plugins: the mod registers none, so the full name is told."""
    mod = Mod({"commands": ALL, "shadowed": []})
    assert command_names.name_command("spec", mod) == "/handoff:spec"
