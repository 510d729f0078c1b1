"""Sentences that tell a secret only if the value can be nothing else.

`if it asks for the password, enter X`, `the password must be X`, `my password, X,`, `X, the password`.
"""

from __future__ import annotations

import re

from handoff.redact.prose_words import (
    ASKED,
    BY,
    ENTER,
    ENTER_PARTICLES,
    MUST_BE,
    POINTERS,
    REPLACED,
    STATES,
    WHEN_PARTICLES,
)
from handoff.redact.told_values import is_strong

_REACH = 110  # characters of a line before a noun or a value that are read
_MAX_WORDS = 8
# `password (staging): X`, `パスワード（検証環境）：X`
BRACKET = re.compile(
    r"[ \t]?(?:\([^()\[\]{}=\"'\n]{1,30}\)|\[[^()\[\]{}=\"'\n]{1,30}\]|（[^（）\n]{1,20}）)(?=[ \t]*[:：=]|[ \t]+[^\W\d])"
)
_BELOW = re.compile(
    r"(?:[ \t][\w-]{1,20}){0,3}[ \t]?[:：][ \t]*\r?\n(?:[ \t]*```\w*\r?\n)?[ \t>]{0,12}`?(?P<value>[!-~]{6,80}?)`?[ \t]*\r?(?:\n|\Z)"
)
_FIRST = re.compile(
    rf"[\"'`*»”“」』’)]{{0,3}}(?:,|，|、|\s[-–—])\s?(?:{POINTERS}(?:\s+[^\s.,;:()=/\"'`]{{1,16}}){{0,3}}\s|(?:这是|这就是|これが|それが)[^\x00-\u2fff]{{0,8}})\Z",
    re.IGNORECASE,
)
_VERBS = frozenset(
    (
        *STATES,
        "must",
        "should",
        "has",
        "can",
        "will",
        "muss",
        "doit",
        "debe",
        "deve",
        "does",
        "isn't",
        "needs",
    )
)
_ASKED = re.compile(
    "|".join(word if word[0] >= "\u3000" else rf"(?<![^\W\d_]){word}" for word in ASKED)
)


def leads(low: str, noun: int, between: str, found: tuple[int, int], *, is_key: bool) -> bool:
    """What says so only of a value that can be nothing else: `must be X`, `my password, X,`."""
    if (
        between.endswith(" =")
        and not is_key
        and low[found[1] : found[1] + 1] in ("", "\n", ".", ",")
    ):
        between = between[:-2] + " be"
    if any(sign in between for sign in '(){}[];<>|"='):
        return False
    parts = between.split()
    if len(parts) > _MAX_WORDS or not parts:
        return False
    last = parts[-1].strip(",")
    line = low.rfind("\n", max(0, noun - _REACH), noun) + 1
    head = low[max(line, noun - _REACH) : noun]
    behind = low[found[1] : found[1] + 1]
    if between.strip() in (",", "，", "、") and not is_key:
        return behind in ("", "\n", ",", ".", "，", "、", "。", ")") and _is_sentence(head)
    if last in MUST_BE or (
        last in BY
        and not REPLACED.isdisjoint(
            (*parts, *(word.strip(".,") for word in low[found[1] : found[1] + 40].split()[:2]))
        )
    ):
        return True
    if is_entered(between, is_asked=_ASKED.search(head + between) is not None):
        return True
    return not is_key and _is_genitive(parts)


def is_entered(between: str, *, is_asked: bool) -> bool:
    """`… asked for the password, enter X`."""
    last = between.split()[-1:] or [""]
    if last[0].endswith((*ENTER_PARTICLES, *WHEN_PARTICLES)) and last[0][-1] >= "\u3000":
        return True
    return is_asked and last[0] in ENTER


def _is_genitive(parts: list[str]) -> bool:
    """Russian words without a verb: `пароль от базы X`."""
    return (
        len(parts) <= 3
        and all("а" <= part[0] <= "я" for part in parts)
        and len(parts[-1]) > 3
        and parts[-1][-1] in "аяыиуюе"
    )


def _is_sentence(head: str) -> bool:
    """Whether a line's beginning is one of a sentence, not of code."""
    return not any(sign in head for sign in "(={[;`|") and (
        bool(head.strip()) or head[-1:] >= "\u3000"
    )


def below_label(text: str, end: int) -> tuple[int, int] | None:
    """A value alone on the line below its label."""
    match = _BELOW.match(text, end)
    return match.span("value") if match and is_strong(match["value"]) else None


def comes_first(text: str, found: tuple[int, int], at: int) -> bool:
    """Whether a value before its noun is told: `X, the password for …`, `use X when it asks for the …`."""
    line = text.rfind("\n", max(0, found[0] - _REACH), found[0]) + 1
    head = text[max(line, found[0] - _REACH) : found[0]].strip("\"'`*(«“”„「『‘_[< \t-").lower()
    if _FIRST.match(text, found[1], at) and (not head or head[-1] in ".:!?。："):
        behind = re.match(r"[\w)]*\s+(\w+)", text[at : at + 40])
        return behind is None or behind[1].lower() not in _VERBS
    between = text[found[1] : at].lower()
    return (
        head.split()[-1:] != []
        and head.split()[-1] in ENTER
        and _ASKED.search(between) is not None
        and "." not in between
    )
