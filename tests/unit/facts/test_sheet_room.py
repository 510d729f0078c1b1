"""What a sheet shows in how much room."""

from __future__ import annotations

import pytest

from handoff.facts import fact_sheet
from handoff.facts.model import FileUse
from support.made_facts import asks, command, make_facts


def file(path: str) -> FileUse:
    """A file that was read, and is as likely to be needed as not."""
    return FileUse(path, 0, 1, 0, 0, False, False, 3, 0.5, ())


@pytest.mark.parametrize(
    ("size", "label", "inline"),
    [
        (1_000, "**Requests**", True),
        (2_000, "**Requests**", False),
        (4_000, "**Requests, newest first**", False),
    ],
)
def test_labels_are_short_in_little_room(size: int, label: str, inline: bool) -> None:
    """And commands stand in one line in the least."""
    facts = make_facts(commands=(command("make lint"),), **asks("Make the export faster, please"))
    lines = fact_sheet.render(facts, size).split("\n")

    assert label in lines
    assert any(line.startswith("**Commands**: ") for line in lines) is inline


def test_a_file_comes_before_how_a_command_ended() -> None:
    """In little room; in more there is room for both."""
    commands = tuple(command(f"make part{number}") for number in range(12))
    files = tuple(file(f"src/module_{number:02}.py") for number in range(60))
    facts = make_facts(commands=commands, files=files)
    little, ample = (fact_sheet.render(facts, size) for size in (1_200, 8_000))

    assert all(f"`make part{number}`" in little for number in range(12))
    assert files[30].path in little
    assert little.count(" ok") < ample.count(" ok") == 12


def test_names_give_way_to_files_in_little_room() -> None:
    """Names are searched for, files are what is worked on."""
    names = tuple(f"someFunction{number}" for number in range(60))
    files = tuple(file(f"src/module_{number:02}.py") for number in range(60))
    facts = make_facts(names=names, files=files)

    assert "**Names" not in fact_sheet.render(facts, 1_000)
    assert names[40] in fact_sheet.render(facts, 4_000)
