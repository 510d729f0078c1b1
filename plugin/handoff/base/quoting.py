r"""Others' text made fit to be quoted: it stays readable, and nothing in it works as markup.

Whatever code puts into a brief or before a model and did not write itself (tool output, file names,
commit subjects, subagents' reports, errors, another's brief) goes through here. A backslash takes
the effect: `<\system-reminder>`, `Human\:`, as the client does with subagents' reports (2.1.330).
Everything is idempotent.
"""

from __future__ import annotations

import re

from handoff.base import plain_text

# A word of an element's name, and what may stand between two: any dash or blank, seen or not.
_JOINED = r"(?:[^\w<>]|_){0,3}"
# Elements that the client, a chat template or a brief gives a meaning. `<div>`, `Vec<String>` and
# `<file.txt` are code and stay as they are.
_ELEMENT = re.compile(
    rf"""<(?=[^\w<>\\]{{0,4}}(?:
    (?:handoff|system|task|command|local|user){_JOINED}
        (?:brief|reminder|note|notification|name|message|args|command|contents|memory|prompt)
    |(?:system|user|human|assistant|task|command|local|bash|tool|function|handoff|teammate|agent
        |cross|coordinator|subagent|webhook|mcp|persisted|pasted|ide|claude|non|partial|previous
        |interrupted|truncated|new|cc|session|background|hook|repl|harness|antml)[-_:]\w
    ))""",
    re.IGNORECASE | re.VERBOSE,
)
# What stands for a role or a template in a chat; in a brief's own words `<user>` is a placeholder.
_TURN = re.compile(
    r"<(?=[^\w<>\\]{0,4}(?:system|user|human|assistant|developer|instructions?|channel|teammate"
    r"|invoke|parameter|thinking|tick)(?:\s[^<>]*)?/?>|\|\w{2,20}\|>|</?SYS>)",
    re.IGNORECASE,
)
_TOKEN = re.compile(r"\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_RESULTS)\])")
_ROLE = re.compile(
    r"(?:(?<![\w.@/\\-])(?:Human|Assistant|System|User|HUMAN|ASSISTANT|SYSTEM|USER)"
    r"|^[^\w\n]{0,8}(?i:human|assistant|system|user))[ \t]{0,2}(?=[:：](?![\w/:=]))",
    re.MULTILINE,
)
_ROLE_END = re.compile(r"[nmtrNMTR][ \t]{0,2}[:：]")  # of each of them: quick to look for
_FENCE = re.compile(r"(?<![\\`~])(?=`{3}|~{3})")
_HEADING = re.compile(r"#{1,6}(?=\s|\Z)")
# Words on one line, without a sign that anything above begins or ends with: the most are such.
_PLAIN = re.compile(r"[A-Za-z0-9_./,()=+*-]+(?: [A-Za-z0-9_./,()=+*-]+)*")


def visible(text: str) -> str:
    """A brief's own words: printable, with no element of the client's or ours in effect."""
    return _ELEMENT.sub(r"<\\", plain_text.printable(text))


def inert(text: str) -> str:
    """Others' words, line for line: no element, chat token or role takes effect.

    Its lines may still open a heading or a fence: put them behind a mark, or use `line`.
    """
    text = _TOKEN.sub(r"[\\", _TURN.sub(r"<\\", visible(text)))
    return _ROLE.sub(r"\g<0>\\", text) if _ROLE_END.search(text) else text


def line(text: str) -> str:
    """Others' words on one line, which opens neither a heading nor a fence wherever it stands."""
    if _PLAIN.fullmatch(text):
        return text
    joined = inert(" ".join(inert(text).split()))  # again: blanks less, a tag may be one only now
    if "```" in joined or "~~~" in joined:
        joined = _FENCE.sub(r"\\", joined)
    return f"\\{joined}" if _HEADING.match(joined) else joined


def quoted(text: str) -> str:
    """Others' words on one line between quotes, which nothing in them ends."""
    words = line(text).replace("“", '"').replace("”", '"')
    return f"“{words}”"


def quotation(text: str, mark: str = "> ") -> str:
    """Others' words as a quotation: every line behind the mark, so that none begins anything."""
    return "\n".join(f"{mark}{part}".rstrip() for part in inert(text).splitlines())
