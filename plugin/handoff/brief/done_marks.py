"""What of a brief's words is done by evidence, marked at the line's end; the words stay.

Only what the session's facts show beyond doubt: a command that the line names was run, a commit or
a completed task says what the line says, a question was answered. In any doubt there is no mark.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handoff.base import quoting
from handoff.brief.since import result_of

if TYPE_CHECKING:
    from handoff.facts.model import CommandUse, Facts

_MARKS = re.compile(r"((?: \[(?:ran|committed|completed|answered) since[^\[\]\n]*\])+)[ \t]*\Z")
_MARK = re.compile(r" \[((?:ran|committed|completed|answered) since)([^\[\]\n]*)\]")
_QUOTE = re.compile(r"\s*>")
_ITEM = re.compile(r"\s*(?:[-*+>]\s+|\d{1,3}[.)]\s+|\[[ xX]\]\s+)*")
_CODE = re.compile(r"`([^`\n]+)`")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_WORD = re.compile(r"\w+")
_QUOTES = str.maketrans("", "", "\"'")
_LEAST_WORDS = 3  # of a subject or task that says the same as a line
_ANSWER_CHARS = 80
_MAX_LINE_CHARS = 2_000


def mark(text: str, facts: Facts) -> str:
    """The text with what the (newer) facts show as done marked; code in fences stays as it is."""
    commands = {_spelt(one.text): one for one in facts.commands if one.ok is not None}
    lines, fence = [], ""
    for line in text.split("\n"):
        opened = _FENCE.match(line)
        if opened and (not fence or opened[1].startswith(fence)):
            fence = "" if fence else opened[1]
        is_plain = not fence and not opened and len(line) <= _MAX_LINE_CHARS
        lines.append(_marked(line, commands, facts) if is_plain else line)
    return "\n".join(lines)


def disarm(text: str) -> str:
    """A model's words, in which nothing is a mark."""
    return _MARK.sub(r" \\[\1\2]", text)


def _marked(line: str, commands: dict[str, CommandUse], facts: Facts) -> str:
    if not line.strip():
        return line
    before = _MARKS.search(line)
    words = line[: before.start()] if before else line
    marks = dict(_MARK.findall(before[1])) if before else {}
    said = _ITEM.sub("", words, count=1).strip()
    marks |= _ran(said, commands)
    if not _QUOTE.match(words):  # what somebody said is not a list of what to do
        marks |= _done(said, facts)
    return words + "".join(f" [{kind}{more}]" for kind, more in marks.items())


def _ran(said: str, commands: dict[str, CommandUse]) -> dict[str, str]:
    named = [code for code in _CODE.findall(said) if _spelt(code) in commands]
    if _spelt(said) in commands:
        named.append(said)
    told = {code: result_of(commands[_spelt(code)]) for code in named}
    if not told:
        return {}
    if len(told) == 1:
        return {"ran since": f": {next(iter(told.values()))}"}
    return {"ran since": ": " + ", ".join(f"`{code}` {how}" for code, how in told.items())}


def _done(said: str, facts: Facts) -> dict[str, str]:
    marks = {}
    for commit in facts.commits:
        if _says_the_same(said, commit.subject):
            sha = commit.sha[:12]
            marks["committed since"] = f": {sha}" if sha.isalnum() else ""
    if any(_says_the_same(said, task) for task in facts.done):
        marks["completed since"] = ""
    for reply in facts.replies:
        if reply.answer and _says_the_same(said, reply.question):
            answer = quoting.line(reply.answer)
            if len(answer) <= _ANSWER_CHARS and not set("[]") & set(answer):
                marks["answered since"] = f": “{answer}”"
    return marks


def _says_the_same(line: str, other: str) -> bool:
    """Whether two lines have the same words, in the same order, and enough of them."""
    words = _WORD.findall(other.lower())
    return len(words) >= _LEAST_WORDS and words == _WORD.findall(line.lower())


def _spelt(command: str) -> str:
    """A command as it is compared: blanks and quotes do not matter, nor a prompt's `$`."""
    return " ".join(command.translate(_QUOTES).removeprefix("$ ").split())
