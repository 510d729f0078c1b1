"""What happened since a brief was written: a block of lines by code, at the end of State.

One block a session, the newest first. A session's own block is made anew each time; those of
earlier sessions get shorter, and the oldest goes first.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff.base import quoting, truncate
from handoff.base.wording import count_of
from handoff.facts import last_words, short_answers
from handoff.facts.goal import find_goal
from handoff.prompts.texts import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from handoff.facts.model import CommandUse, Facts
    from handoff.prompts.texts import Prompts

MAX_CHARS = 3_000  # of all blocks of a brief
_OLD_CHARS = 500  # of an earlier session's block
_OLD_BLOCKS = 4
_SAID_CHARS = 1_200
_SUMMARY_CHARS = 700
_ITEM_CHARS = 200
_MIN_CHARS = 120  # a block with less says nothing
_SESSION_CHARS = 8
_NAMED = re.compile(r"[\w-]+")
_LEFT_OUT = re.compile(r"- \(notes of (\d+) earlier sessions? left out\)")
_QUOTE = "  > "
_CUT = "(cut for length:"  # a line of `brief.fit`


@dataclass(frozen=True)
class Base:
    """When the words were written that are carried on: `calls` tool calls into this session, at
    `at` (UTC, as in front matter). Of another session's brief all is newer: 0 and "".
    """

    calls: int = 0
    at: str = ""


@dataclass(frozen=True)
class Block:
    """What one session did, line by line, most needed first; `session` is the begin of its id."""

    session: str
    lines: tuple[str, ...]


def newer(facts: Facts, base: Base, known: str) -> Facts:
    """The facts from `base` on. `known` is the text of the brief: what it names is not new."""
    requests = tuple(one for one in facts.requests if not base.at or one.at[:19] > base.at[:19])
    asked = {text for one in facts.requests for text in (one.text, short_answers.describe(one))}
    # A goal that stands in no request was given for this brief (`/compact handoff: <goal>`).
    given = facts.goal if facts.goal not in asked else ""
    most = facts.calls - base.calls
    return replace(
        facts,
        goal=given or find_goal(requests),
        requests=requests,
        files=tuple(one for one in facts.files if one.age < most),
        commands=tuple(one for one in facts.commands if one.age < most),
        failures=tuple(one for one in facts.failures if one.age < most),
        commits=tuple(
            one for one in facts.commits if not base.calls or (one.sha or one.subject) not in known
        ),
        done=() if base.calls else facts.done,
    )


def describe(facts: Facts, session: str) -> Block:
    """The block of the session whose (newer) facts these are."""
    return Block(name_session(session), tuple(_lines(facts)))


def name_session(session: str) -> str:
    """How a session is named in its block: the begin of its id."""
    return "".join(_NAMED.findall(session))[:_SESSION_CHARS] or "unknown"


def _lines(facts: Facts) -> Iterator[str]:
    at_work = [_short(task.text) for task in facts.tasks if task.state == "in_progress"]
    yield from _listed("in progress", at_work, 2)
    yield from _listed("tasks completed", map(_short, facts.done), 6)
    yield from _listed(
        "committed", (f"{one.sha} {_told(one.subject)}".strip() for one in facts.commits), 8
    )
    yield from _listed("ran", map(_ran, _by_need(facts)), 6)
    yield from _listed("edited", (_short(one.path) for one in facts.files if one.edits), 10)
    if facts.stopped:
        yield f"- stopped by: {_told(facts.stopped)}"
    if facts.summary:
        yield "- the client's summary at a compaction (a model's words):"
        yield from _quoted(truncate.keep_head(facts.summary, _SUMMARY_CHARS))
    said = last_words.render(facts, _SAID_CHARS).removeprefix(last_words.HEADING).strip()
    if said:
        yield "- the model said last (statements, not facts):"
        yield from _quoted(said)


def render(block: Block, prompts: Prompts) -> str:
    """The block as it stands in a brief."""
    return "\n".join([prompts.render("snapshot_since", session=block.session), *block.lines])


def split(text: str, prompts: Prompts) -> tuple[str, list[Block], int]:
    """A State without the blocks at its end, the blocks, and how many were left out before."""
    lines = text.split("\n")
    heads = [_head_pattern(one) for one in (prompts, BUILT_IN)]
    begin = next((at for at, line in enumerate(lines) if _session_of(line, heads)), len(lines))
    blocks: list[Block] = []
    left_out, own, behind = 0, True, []
    for line in lines[begin:]:
        if session := _session_of(line, heads):
            blocks.append(Block(session, ()))
            own = True
        elif own and (counted := _LEFT_OUT.fullmatch(line)):
            left_out += int(counted[1])
        elif own and line.startswith(("- ", "  ")):
            blocks[-1] = replace(blocks[-1], lines=(*blocks[-1].lines, line))
        elif line.strip() and not line.startswith(_CUT):
            own = False
            behind.append(line)
        elif not own:
            behind.append(line)
    kept = "\n".join([*lines[:begin], *behind]).strip("\n")
    return kept.rstrip(), blocks, left_out


def disarm(text: str, prompts: Prompts) -> str:
    """A model's words, in which nothing begins a block."""
    heads = [_head_pattern(one) for one in (prompts, BUILT_IN)]
    return "\n".join(f"\\{one}" if _session_of(one, heads) else one for one in text.split("\n"))


def join(new: Block, old: Iterable[Block], left_out: int, most: int, prompts: Prompts) -> str:
    """The blocks within `most` characters, the oldest cut first; "" where there is no room.

    An earlier block of the same session is replaced by the new one.
    """
    earlier = [block for block in old if block.session != new.session]
    parts = [render(kept, prompts)] if (kept := _within(new, most)).lines else []
    room = most - sum(map(len, parts))
    taken = 0
    for block in earlier[:_OLD_BLOCKS]:
        shorter = _within(_without_words(block), min(room, _OLD_CHARS))
        if not shorter.lines:
            break
        parts.append(render(shorter, prompts))
        room -= len(parts[-1]) + 2
        taken += 1
    left_out += len(earlier) - taken
    if left_out and parts:
        parts[-1] += f"\n- (notes of {count_of(left_out, 'earlier session')} left out)"
    return "\n\n".join(parts)


def _within(block: Block, most: int) -> Block:
    """The block with as many whole lines as there is room for."""
    kept: list[str] = []
    room = most - _MIN_CHARS // 2
    for line in block.lines:
        if len(line) + 1 > room:
            if line.startswith(_QUOTE) and room > _MIN_CHARS:
                kept.append(truncate.keep_head(line, room - 2).rstrip() + " …")
            break
        kept.append(line)
        room -= len(line) + 1
    if kept and kept[-1].endswith("):"):  # a label with nothing under it
        kept.pop()
    return replace(block, lines=tuple(kept))


def _without_words(block: Block) -> Block:
    """An earlier session's block without what its model said, and what it stopped by."""
    lines = (line for line in block.lines if not line.startswith(("- stopped by: ", "  ")))
    return replace(block, lines=tuple(line for line in lines if not line.endswith("):")))


def _by_need(facts: Facts) -> list[CommandUse]:
    """Commands with a result: what fails first, then the last ones."""
    failing = {one.head for one in facts.failures}
    known = [one for one in facts.commands if one.ok is not None]
    return sorted(known, key=lambda one: (one.head not in failing, one.age))


def _ran(command: CommandUse) -> str:
    return f"`{_short(command.text).replace('`', chr(39))}` ({result_of(command)})"


def result_of(command: CommandUse) -> str:
    """How a command went last, in a word or its counts."""
    if command.counts is not None and (command.counts.failed or command.ok):
        return str(command.counts)
    return "passed" if command.ok else "failed"


def _listed(label: str, items: Iterable[str], most: int) -> Iterator[str]:
    """One line with the first items, "" if there are none."""
    told = list(items)
    if told:
        more = [f"and {len(told) - most} more"] if len(told) > most else []
        yield f"- {label}: {'; '.join([*told[:most], *more])}"


def _short(text: str) -> str:
    line = quoting.line(truncate.keep_head(text, 4 * _ITEM_CHARS))
    if len(line) <= _ITEM_CHARS:
        return line
    return truncate.keep_head(line, _ITEM_CHARS - 1).rstrip() + "…"


def _told(text: str) -> str:
    """What somebody other than the user said, in quotes."""
    return quoting.quoted(_short(text))


def _quoted(text: str) -> list[str]:
    return quoting.quotation(text, _QUOTE).split("\n")


def _head_pattern(prompts: Prompts) -> re.Pattern[str]:
    before, _, after = prompts.render("snapshot_since", session="\0").partition("\0")
    return re.compile(f"{re.escape(before)}([\\w-]{{1,{_SESSION_CHARS}}}){re.escape(after)}")


def _session_of(line: str, heads: list[re.Pattern[str]]) -> str:
    return next((match[1] for head in heads if (match := head.fullmatch(line))), "")
