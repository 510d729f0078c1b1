"""What a person said, told apart from what the client puts into their mouth."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from handoff.client.events import Background, Interrupted, Prompt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.client.events import Source

_BUILT_IN = re.compile(
    r"(?:add-dir|agents|bug|clear|compact|config|context|cost|doctor|effort|exit|export|"
    r"fast|feedback|help|hooks|ide|init|install-github-app|login|logout|mcp|memory|"
    r"mobile|model|output-style|permissions|plan|plugin|privacy-settings|quit|release-|"
    r"notes|reload-plugins|remote-control|rename|resume|rewind|sandbox|stats|status|"
    r"statusline|tasks|terminal-setup|theme|upgrade|usage|vim|voice)\Z"
)
_TAG = r"<{0}(?:\s[^>]*)?>(.*?)</{0}>"
# Up to the last end mark: what the client adds quotes files, which may hold an end mark too.
_ADDED = re.compile(r"<(system-reminder|ide_\w+|user-memory-input)\b[^>]*>.*</\1>", re.DOTALL)
_COMMAND_NAME = re.compile(_TAG.format("command-name"), re.DOTALL)
_COMMAND_ARGUMENTS = re.compile(_TAG.format("command-args"), re.DOTALL)
_SHELL = re.compile(_TAG.format("bash-input"), re.DOTALL)
_NOTE_FIELD = {
    name: re.compile(_TAG.format(name), re.DOTALL)
    for name in ("task-id", "status", "summary", "result")
}
# A machine's whole message is one element with a hyphen in its name: <task-notification>, ...
_MACHINE = re.compile(r"<[a-z]+(?:-[a-z]+)+(?:\s[^>]*)?>|<(?:tick|subagent_hand_back|channel)[\s>]")
_NOT_TYPED = (
    "Caveat: The messages below",
    "This session is being continued from a previous conversation",
    "[Image: source",
    '{"task_id"',
    "API Error",
)
_SLASH = re.compile(r"/([\w:.-]+)(?:\s+(.*))?\Z", re.DOTALL)


def said(
    text: str, at: str, source: Source = "typed"
) -> Iterator[Prompt | Background | Interrupted]:
    """The events in one text of a user record: a person's words, or what else it stands for."""
    if "<" in text:
        text = _ADDED.sub("", text)
    text = text.strip()
    if text.startswith("[Request interrupted by user"):
        yield Interrupted(at)
    elif text.startswith("<command-"):
        yield from _slash_command(text, at)
    elif text.startswith("<bash-input"):
        shell = _SHELL.match(text)
        if shell:
            yield Prompt("! " + shell[1].strip(), at, "shell")
    elif text.startswith("<task-notification"):
        yield from notice(text, at)
    elif text and not text.startswith(_NOT_TYPED) and not _MACHINE.match(text):
        slash = _SLASH.match(text)
        if slash is None or "/" in slash[1]:
            yield Prompt(text, at, source)
        elif slash[2] or not _BUILT_IN.match(slash[1]):
            yield Prompt(text, at, "command")


def notice(text: str, at: str) -> Iterator[Background]:
    """What became of a background task, from the client's `<task-notification>`."""
    field = {name: found[1].strip() for name, p in _NOTE_FIELD.items() if (found := p.search(text))}
    if field.get("task-id"):
        told = "\n".join(t for t in (field.get("summary"), field.get("result")) if t)
        yield Background(field["task-id"], field.get("status", ""), told, at)


def is_person(record: dict[str, Any]) -> bool:
    """Whether a user record may hold a person's words, by its flags."""
    get = record.get
    if get("isMeta") or get("isCompactSummary") or get("isVisibleInTranscriptOnly"):
        return False
    if get("promptSource") == "system":
        return False  # a program's, also where the origin does not say so
    origin = get("origin")
    return not isinstance(origin, dict) or origin.get("kind", "human") == "human"


def _slash_command(text: str, at: str) -> Iterator[Prompt]:
    name = _COMMAND_NAME.search(text)
    given = _COMMAND_ARGUMENTS.search(text)
    arguments = given[1].strip() if given else ""
    if name and (arguments or not _BUILT_IN.match(name[1].strip().lstrip("/"))):
        command = "/" + name[1].strip().lstrip("/")
        yield Prompt(f"{command} {arguments}".strip(), at, "command")
