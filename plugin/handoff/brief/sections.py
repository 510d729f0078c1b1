"""The sections of a brief: their names, and Markdown split into them at its headings."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TASK, CONSTRAINTS, NEXT_STEP, STATE = "Task", "Constraints", "Next step", "State"
DECISIONS, VERIFY, QUESTIONS = "Decisions", "Verify", "Questions"
FACTS, LOOK_BACK, OUTCOME, FINDINGS = "Facts", "Look back", "Outcome", "Findings"
EARLIER = "Earlier sessions"
WORD_SECTIONS = (TASK, CONSTRAINTS, NEXT_STEP, STATE, DECISIONS, VERIFY, QUESTIONS)
# What stands under Look back where there is nothing to look into.
NO_TRANSCRIPT = (
    "Its session kept no transcript (the client was started with --no-session-persistence, or the "
    "file is gone), so there are no facts from it and nothing to look up."
)
CODE_SECTIONS = (FINDINGS, EARLIER, FACTS, LOOK_BACK, OUTCOME)

_MARKS = frozenset("#`~ ")  # what a line that is more than text can begin with
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_FENCE_END = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*")
_OTHER_NAMES = {
    "goal": TASK, "objective": TASK, "tasks": TASK,
    "constraint": CONSTRAINTS, "user constraints": CONSTRAINTS, "requirements": CONSTRAINTS,
    "next": NEXT_STEP, "next steps": NEXT_STEP, "first step": NEXT_STEP,
    "status": STATE, "current state": STATE, "progress": STATE,
    "decision": DECISIONS, "decisions and dead ends": DECISIONS, "dead ends": DECISIONS,
    "verification": VERIFY, "how to verify": VERIFY,
    "question": QUESTIONS, "open questions": QUESTIONS,
}  # fmt: skip


def split_sections(text: str) -> tuple[str, dict[str, str]]:
    """The first `#` heading and the text under each `##`; "" is what stands before the first.

    Headings inside code fences are code. A fence that is open at the end is closed, so that what is
    put behind the text is not swallowed.
    """
    title, heading, fence = "", "", ""
    bodies: dict[str, list[str]] = {"": []}
    for line, is_text, open_fence in _lines(text):
        fence = open_fence
        if not is_text:
            pass
        elif line.startswith("## "):
            heading = _heading(line)
            bodies.setdefault(heading, [])
            continue
        elif line.startswith("# ") and not title and heading == "":
            title = line[2:].strip()
            continue
        bodies[heading].append(line)
    if fence:
        bodies[heading].append(fence)
    return title, {name: body for name, lines in bodies.items() if (body := _body(lines))}


def find_lines(text: str) -> dict[str, int]:
    """The number of the line in a brief's file on which the text of each section begins."""
    found: dict[str, int] = {}
    name = ""
    for number, (line, is_text, _) in enumerate(_lines(text), 1):
        if is_text and line.startswith("## "):
            name = find_section_name(_heading(line)) or TASK
        elif name and line.strip():
            found.setdefault(name, number)
    return found


def _lines(text: str) -> Iterator[tuple[str, bool, str]]:
    """Each line, whether it may be a heading, and the fence of code that is open behind it."""
    fence = ""
    for line in text.split("\n"):
        is_text = False
        if fence:
            end = _FENCE_END.fullmatch(line)
            fence = "" if end and end[1].startswith(fence) else fence
        elif line[:1] in _MARKS:
            fence = _fence(line)
            is_text = not fence
        yield line, is_text, fence


def find_section_name(heading: str) -> str:
    """The name of the section that a heading means; the heading itself where it means none."""
    plain = " ".join(heading.lower().split()).rstrip(":.")
    for name in (*WORD_SECTIONS, *CODE_SECTIONS):
        if plain == name.lower():
            return name
    return _OTHER_NAMES.get(plain, heading)


def _fence(line: str) -> str:
    """The marks that open a fence of code, "" where none does.

    What stands behind backticks that open one holds none: ```this``` is code in a line.
    """
    mark = _FENCE.match(line)
    if mark is None or (mark[1][0] == "`" and line.find("`", mark.end()) >= 0):
        return ""
    return mark[1]


def _heading(line: str) -> str:
    """The words of a `##` line, without the marks that may close it. Linear in its length."""
    end = len(line)
    while end > 3 and (line[end - 1] == "#" or line[end - 1].isspace()):
        end -= 1
    return line[3:end].strip()


def _body(lines: list[str]) -> str:
    """The lines without blank ones around them; the first keeps its indentation, it may be code."""
    first = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    return "\n".join(lines[first:]).rstrip()
