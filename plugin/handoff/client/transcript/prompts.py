"""What a person said, told apart from what the client puts into their mouth."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from handoff.client.transcript import elements
from handoff.client.transcript.events import Background, Interrupted, Prompt

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.client.transcript.events import Source

# Commands of the client's own (2.1.38 to 2.1.332): what follows their name is set, not asked for.
_BUILT_IN = frozenset(
    re.findall(
        r"\S+",
        "add-dir agents allowed-tools app autocompact background bashes bg branch btw bug "
        "chrome clear color compact config context continue copy cost desktop diff doctor "
        "effort exit export extra-usage fast feedback fork heapdump help hooks ide init "
        "insights install-github-app install-slack-app keybindings login logout mcp memory "
        "mobile model new output-style passes permissions plan plugin plugins powerup "
        "privacy-settings quit release-notes reload-plugins remote-control remote-env rename "
        "reset resume rewind sandbox settings skills stats status statusline stickers tag "
        "tasks terminal-setup theme think-back todos upgrade usage vim voice web-setup",
    )
)
_ASKS = frozenset({"plan"})  # but for these: the rest is what the user wants done
_OWN = re.compile(r"handoff(?::[\w-]+)?\Z")
_WITH_GOAL = ("handoff", "handoff:handoff")  # of ours: what stands behind them is the user's
_TAG = r"<{0}(?:\s[^>]*)?>(.*?)</{0}>"
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
    "Goal set: ",
)
_SLASH = re.compile(r"/([\w:.-]+)(?:\s+(.*))?\Z", re.DOTALL)


def read_prompt(
    text: str, at: str, source: Source = "typed"
) -> Iterator[Prompt | Background | Interrupted]:
    """The events in one text of a user record: a person's words, or what else it stands for."""
    text = elements.remove_added(text).strip()
    if text.startswith("[Request interrupted by user"):
        yield Interrupted(at)
    elif text.startswith("<command-"):
        yield from _slash_command(text, at)
    elif text.startswith("<bash-input"):
        shell = _SHELL.match(text)
        if shell:
            yield Prompt("! " + shell[1].strip(), at, "shell")
    elif text.startswith("<task-notification"):
        yield from read_notification(text, at)
    elif text and not text.startswith(_NOT_TYPED) and not _MACHINE.match(text):
        slash = _SLASH.match(text)
        if slash is None or "/" in slash[1]:
            yield Prompt(text, at, source)
        else:
            yield from _command(slash[1], (slash[2] or "").strip(), at, slash[1] in _BUILT_IN)


def local_command(text: str) -> str:
    """A command of the client's own as it was typed, "" if the text is not the client's note of
    one. It notes commands that are prompts in another order (2.1.38 to 2.1.332).
    """
    if not text.lstrip().startswith("<command-name>"):
        return ""
    name, arguments = _named(text)
    return f"/{name} {arguments}".strip()


def read_summary(text: str) -> str:
    """A compaction's summary alone, without the client's sentences around it."""
    begin, separator, rest = text.partition("\nSummary:\n")
    told = rest if separator else begin
    return told.partition("\n\nIf you need specific details from before compaction")[0].strip()


def read_notification(text: str, at: str) -> Iterator[Background]:
    """What became of a background task, from the client's `<task-notification>`."""
    field = {name: match[1].strip() for name, p in _NOTE_FIELD.items() if (match := p.search(text))}
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
    name, arguments = _named(text)
    if name:
        yield from _command(name, arguments, at, text.startswith("<command-name>"))


def _named(text: str) -> tuple[str, str]:
    """The name and the arguments in the client's note of a command."""
    name, given = _COMMAND_NAME.search(text), _COMMAND_ARGUMENTS.search(text)
    return name[1].strip().lstrip("/") if name else "", given[1].strip() if given else ""


def _command(name: str, arguments: str, at: str, is_clients: bool) -> Iterator[Prompt]:
    """What a person asked for by a command: with one of the client's own mostly nothing, and with
    one of ours no more than a goal behind it.
    """
    asks = name in _WITH_GOAL and bool(arguments) if _OWN.match(name) else not is_clients
    if asks or (name in _ASKS and arguments):
        yield Prompt(f"/{name} {arguments}".strip(), at, "command")
