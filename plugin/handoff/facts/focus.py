"""The facts for one goal of many: what has to do with it first, what has not is worth little.

By words alone: those of the goal in a path, in names that edits put into a file, in a command, in a
request. What shares none is not wrong to show, only less likely to be needed.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handoff.facts.model import CommandUse, Facts, FileUse

_Use = TypeVar("_Use", "FileUse", "CommandUse")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_a-zA-Z]+")
_UNPARTED = re.compile(r"[\u30a1-\u30ff]{2,}|[\u3400-\u9fff\uf900-\ufaff]{2,}")
_MIN_WORD_CHARS = 3
_NOT_FOR_IT = 0.25  # what the chance of being needed is worth without a word in common
_ENDINGS = re.compile(r"(?:ies|ing|ed|es|er|s|y|e)\Z")
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "a add all an and are as at be but by can change code do does down file files fix for from "
        "get give go has have how if in into is it its make more new not of on one only or our "
        "please put remove session should so some task tasks than that the their them then there "
        "these this to up use used user want was way we what when which with work write you your",
    )
)
_OPTION = re.compile(
    r"""--(?:for|label|verify|kind|effort|budget-usd|max-turns)(?:=|\s+)(?:'[^']*'|"[^"]*"|\S+)"""
    r"|--shared(?!\S)"
)


def goal_of(arguments: str) -> str:
    """The goal in a command's arguments: what is left without its options."""
    return " ".join(_OPTION.sub(" ", arguments).split())


def for_goal(facts: Facts, goal: str) -> Facts:
    """The facts ranked for a goal; as they are for a goal without a telling word.

    Of the requests those stay that share a word, or the newest, if none does.
    """
    wanted = _stems(goal)
    if not wanted:
        return facts
    requests = tuple(request for request in facts.requests if wanted & _stems(request.text))
    return replace(
        facts,
        requests=requests or facts.requests[:1],
        files=_ranked(facts.files, [f"{f.path} {' '.join(f.names)}" for f in facts.files], wanted),
        commands=_ranked(facts.commands, [c.text for c in facts.commands], wanted),
        commits=_first(facts.commits, [commit.subject for commit in facts.commits], wanted),
        tasks=_first(facts.tasks, [task.text for task in facts.tasks], wanted),
        names=_first(facts.names, list(facts.names), wanted),
        agents=_first(facts.agents, [agent.task for agent in facts.agents], wanted),
    )


def _ranked(uses: Iterable[_Use], texts: list[str], wanted: set[str]) -> tuple[_Use, ...]:
    weighed = [
        replace(use, likely=_likelier(use.likely, len(wanted & _stems(text))))
        for use, text in zip(uses, texts, strict=True)
    ]
    return tuple(sorted(weighed, key=lambda use: -use.likely))


def _likelier(likely: float, shared: int) -> float:
    return 1 - (1 - likely) / (1 + shared) ** 2 if shared else likely * _NOT_FOR_IT


_Any = TypeVar("_Any")


def _first(items: Iterable[_Any], texts: list[str], wanted: set[str]) -> tuple[_Any, ...]:
    pairs = zip(items, texts, strict=True)
    return tuple(item for item, _ in sorted(pairs, key=lambda p: not wanted & _stems(p[1])))


def _stems(text: str) -> set[str]:
    """The telling words of a text without their endings; humps and underscores part words."""
    words = (part for word in _WORD.findall(text) for part in _parts(word.lower()))
    return {
        _ENDINGS.sub("", word) if len(word) > _MIN_WORD_CHARS + 1 else word
        for word in words
        if word not in _COMMON and (len(word) >= _MIN_WORD_CHARS or not word.isascii())
    }


def _parts(word: str) -> Iterable[str]:
    """A word, or what tells in a run of a script without blanks: katakana words and pairs of
    ideograms.
    """
    if word.isascii() or not _UNPARTED.search(word):
        return (word,)
    return [
        run[at : at + 2] if run[0] >= "\u3400" else run
        for run in _UNPARTED.findall(word)
        for at in (range(len(run) - 1) if run[0] >= "\u3400" else (0,))
    ]
