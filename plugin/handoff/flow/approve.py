"""`PreToolUse`: the plugin's own calls run without a key press, and nothing else does.

An allow-list grammar, not a shell parser: what it does not recognise whole is left to the client's
own rules. A call is approved when it is

- the Skill tool for `handoff:handoff`, with a goal that brings no `` !`command` `` along, or
- one Bash command `handoff VERB WORDS…`, alone or with one quoted here-document that ends the
  command. VERB only writes into handoff's own files or prints; each word is plain or quoted text in
  which no shell expands anything.
"""

from __future__ import annotations

import os
import re

from handoff import paths
from handoff.client import hookio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

# Verb -> the options it may carry. Nothing here starts a program, opens a path that the command
# names, or changes a mode: `recall` looks into transcripts of this machine's own briefs only.
_OPTIONS: dict[str, tuple[str, ...]] = {
    "write": (
        *(
            "--kind",
            "--label",
            "--for",
            "--verify",
            "--goal",
            "--effort",
            "--budget-usd",
            "--max-turns",
        ),
        "--json",
    ),
    "wait": ("--timeout", "--json"),
    "done": ("--outcome", "--json"),
    "list": (
        *("--all", "--kind", "--label", "--state", "--own", "--foreign", "--tree"),
        "--json",
    ),
    "status": ("--json",),
    "lint": ("--json",),
    "recall": ("--file", "--command", "--around", "--max-tokens", "--json"),
}
_STDIN_ONLY = ("lint",)  # would open any path it is given
# No `~`, `=` at the start, globs or braces: those are where shells expand an unquoted word.
_WORD = re.compile(
    r"""[A-Za-z0-9_./:@%+,-][A-Za-z0-9_./:@%+,=-]*  # plain
      | '[^'\x00-\x1f\x7f]*'                        # single-quoted: nothing expands
      | "[^"$`\\!\x00-\x1f\x7f]*"                   # double-quoted without what expands
    """,
    re.VERBOSE,
)
_HERE_DOCUMENT = re.compile(r"""<<(['"])([A-Za-z_][A-Za-z0-9_]{0,40})\1\Z""")


def pre_tool_use(payload: hookio.Payload, search_path: str = "") -> dict[str, Any] | None:
    """The answer to one `PreToolUse` event: allow, or nothing.

    `search_path` is the client's PATH: where another program has our name, it is not ours to allow.
    """
    if payload.tool == "Skill" and payload.tool_input("skill") == "handoff:handoff":
        # The client puts the goal into the command's text, and only then looks for what to run.
        if any(mark in payload.tool_input("args") for mark in ("!`", "```!")):
            return None
        return hookio.allow("handoff: writing this session's brief")
    command = payload.tool_input("command")
    if (
        payload.tool == "Bash"
        and payload.runs_plainly
        and is_own(command)
        and not shadowing(search_path)
    ):
        return hookio.allow("handoff: its own command, and nothing else")
    return None


def shadowing(search_path: str) -> str:
    """The other program that `handoff` means on `search_path`, "" if it means ours.

    The client puts the plugin's `bin/` last. A copy of our own launcher (install.sh makes one) is
    ours too.
    """
    for folder in search_path.split(os.pathsep):
        path = os.path.join(folder, "handoff")
        if folder and os.path.isfile(path) and os.access(path, os.X_OK):
            return "" if _content(path) == _content(_launcher()) else path
    return ""


def _launcher() -> str:
    return os.path.join(paths.plugin_root(), "bin", "handoff")


def _content(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(8192)
    except OSError:
        return path.encode("utf-8", "surrogateescape")


def is_own(command: str) -> bool:
    """Whether `command` is exactly one call of the plugin's own command line."""
    if "\r" in command or "\0" in command:
        return False
    # A tag with a blank behind it ends no here-document: only line ends may go.
    first, found, rest = command.strip("\n").partition("\n")
    words = _words(first)
    if words is None or len(words) < 2 or words[0] != "handoff":
        return False
    here = _HERE_DOCUMENT.match(words[-1])
    if here:
        words = words[:-1]
        # The first line that is the tag ends the document: it must be the command's last line.
        body = rest.split("\n") if found else []
        if here[2] not in body or body.index(here[2]) != len(body) - 1:
            return False
    elif found:
        return False
    allowed = _OPTIONS.get(words[1])
    if allowed is None:
        return False
    given = [word[1:-1] if word[0] in "'\"" else word for word in words[2:]]
    options = [word.split("=", 1)[0] for word in given if word.startswith("-") and word != "-"]
    if words[1] in _STDIN_ONLY and any(word == "-" or word[:1] != "-" for word in given):
        return False
    return all(option in allowed for option in options)


def _words(line: str) -> list[str] | None:
    """The words of a line, quotes and a closing `<<'TAG'` kept; None if any is not plain."""
    words: list[str] = []
    at, end = 0, len(line)
    while at < end:
        if line[at] in " \t":
            at += 1
            continue
        if words and line.startswith("<<", at):
            rest = "<<" + line[at + 2 :].strip(" \t")
            return [*words, rest] if _HERE_DOCUMENT.match(rest) else None
        match = _WORD.match(line, at)
        if match is None or (match.end() < end and line[match.end()] not in " \t"):
            return None
        words.append(match[0])
        at = match.end()
    return words
