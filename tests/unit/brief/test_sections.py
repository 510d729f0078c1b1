"""A brief's sections: where one begins, and which one a heading means."""

from __future__ import annotations

import pytest

from handoff.brief.sections import (
    FACTS,
    NEXT_STEP,
    QUESTIONS,
    STATE,
    TASK,
    find_section_name,
    split_sections,
)


@pytest.mark.parametrize(
    ("heading", "name"),
    [
        ("Task", TASK),
        ("TASK:", TASK),
        ("Goal", TASK),
        ("next  steps", NEXT_STEP),
        ("Open questions.", QUESTIONS),
        ("facts", FACTS),
        ("Notes", "Notes"),
        ("", ""),
    ],
)
def test_the_section_that_a_heading_means(heading: str, name: str) -> None:
    """By its name or another word for it; any other heading is a section of its own."""
    assert find_section_name(heading) == name


def test_what_stands_before_the_first_section() -> None:
    """It has no name; the first title counts, and blank lines around a text do not."""
    text = "# T\nintro\n\n## Task ##\n\n  a\n\n## Empty\n \n## Notes\n# U\n"
    assert split_sections(text) == ("T", {"": "intro", TASK: "  a", "Notes": "# U"})


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```\n## Verify\n```\n## State\ns", {TASK: "```\n## Verify\n```", STATE: "s"}),
        ("~~~\n## Verify\n```\n~~~\n## State\ns", {TASK: "~~~\n## Verify\n```\n~~~", STATE: "s"}),
        (
            "````\n```\n## Verify\n```\n````\n## State\ns",
            {TASK: "````\n```\n## Verify\n```\n````", STATE: "s"},
        ),
        ("```py\n## x\n```   \n## State\ns", {TASK: "```py\n## x\n```", STATE: "s"}),
        ("```\n## x\n``` y\n```\n## State\ns", {TASK: "```\n## x\n``` y\n```", STATE: "s"}),
        ("   ```\n## x\n  ```\n## State\ns", {TASK: "   ```\n## x\n  ```", STATE: "s"}),
        ("```pytest -q```\n## State\ns", {TASK: "```pytest -q```", STATE: "s"}),
        ("``` `x` ```\n## State\ns", {TASK: "``` `x` ```", STATE: "s"}),
        ("    ```\n## State\ns", {TASK: "    ```", STATE: "s"}),
        ("``x``\n## State\ns", {TASK: "``x``", STATE: "s"}),
        ("```\n## Verify\nv", {TASK: "```\n## Verify\nv\n```"}),
        ("~~~~ x\n## Verify", {TASK: "~~~~ x\n## Verify\n~~~~"}),
        ("    ## indented\nx", {TASK: "    ## indented\nx"}),
    ],
)
def test_headings_in_code_are_code(text: str, expected: dict[str, str]) -> None:
    """Fences of either kind and any length; one that is left open is closed at the end."""
    assert split_sections("## Task\n" + text) == ("", expected)
