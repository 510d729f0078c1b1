"""A call of the plugin's own command line, recognised in the text of a shell command.

The one place that knows what such a call looks like: by the bare name `handoff`, as a model writes
it, or by the launcher's path behind `HANDOFF_HOME=…`, as `PreToolUse` rewrites it. An allow-list
grammar, not a shell parser: what it does not recognise whole is not a call.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

NAME = "handoff"
_STATE = "HANDOFF_HOME="
# The verbs of our command line: another program of its name may have others.
_WRITING = (
    "claim",
    "commit",
    "done",
    "drop",
    "pickup",
    "prune",
    "push",
    "write",
)
_READING = ("lint", "list", "recall", "redact", "show", "verify", "wait", "why")
_STARTING = (
    "build",
    "demo",
    "enter",
    "hook",
    "idle",
    "providers",
    "relay",
    "run",
    "spec",
    "start",
    "trust",
)
_STEERING = ("completion", "config", "doctor", "install", "session", "status", "statusline")
VERBS = frozenset((*_WRITING, *_READING, *_STARTING, *_STEERING, "usage"))
# No `~`, `=` at the start, globs or braces: those are where shells expand an unquoted word.
_PLAIN = r"[A-Za-z0-9_./:@%+,-][A-Za-z0-9_./:@%+,=-]*"
_SINGLE = r"'[^'\x00-\x1f\x7f]*'"  # nothing expands
_DOUBLE = r'"[^"$`\\!\x00-\x1f\x7f]*"'  # without what expands
_WORD = re.compile(f"{_PLAIN}|{_SINGLE}|{_DOUBLE}")
_BLANKS = re.compile(r"[ \t]*")
_HERE_DOCUMENT = re.compile(r"""<<(['"])([A-Za-z_][A-Za-z0-9_]{0,40})\1\Z""")


class OwnCall:
    """One call: `[HANDOFF_HOME=STATE] PROGRAM VERB ARGUMENTS…`, words without their quotes.

    `state` is None where the call names no state directory.
    """

    __slots__ = ("_command", "_end", "_start", "arguments", "program", "state", "verb")

    def __init__(
        self, command: str, at: tuple[int, int], state: str | None, words: Sequence[str]
    ) -> None:
        self._command = command
        self._start, self._end = at
        self.state = state
        self.program, self.verb, *self.arguments = words

    @property
    def options(self) -> list[str]:
        """The names of the options among the arguments, without their values."""
        return [word.split("=", 1)[0] for word in self.arguments if _is_option(word)]

    def values(self, *flags: str) -> dict[str, list[str]]:
        """Option -> its values, as given; `flags` are the options that take none."""
        values: dict[str, list[str]] = {}
        words = iter(self.arguments)
        for word in words:
            name, is_joined, value = word.partition("=")
            if _is_option(word) and name not in flags:
                values.setdefault(name, []).append(value if is_joined else next(words, ""))
        return values

    @property
    def text(self) -> str:
        """What the here-document gives the program on standard input, "" without one."""
        _, _, rest = self._command.strip("\n").partition("\n")
        return rest.rpartition("\n")[0] + "\n" if rest else ""

    @property
    def has_operands(self) -> bool:
        """Whether an argument may be something else than an option."""
        return not all(map(_is_option, self.arguments))

    @property
    def by_name(self) -> str:
        """The same command by the bare name and without a state directory, as rules name it."""
        return f"{NAME}{self._command[self._end :]}"

    def pinned(self, launcher: str, state: str) -> str | None:
        """The same command with the program named by its path and the state directory given.

        All behind the program stays as it is, byte for byte. None where a path cannot be quoted.
        """
        program, home = quoted(launcher), quoted(state)
        if program is None or home is None:
            return None
        before, after = self._command[: self._start], self._command[self._end :]
        return f"{before}{_STATE}{home} {program}{after}"


def parse(command: str) -> OwnCall | None:
    """The call that `command` is, alone or with one quoted here-document that ends it, else None.

    Each word is plain or quoted text in which no shell expands anything. The program is any that
    is called `handoff`: whether it is ours is for the caller to say.
    """
    if "\r" in command or "\0" in command:
        return None
    # A tag with a blank behind it ends no here-document: only line ends may go.
    start = len(command) - len(command.lstrip("\n"))
    first, has_more, rest = command.strip("\n").partition("\n")
    begin, end, state = _program(first)
    words = _words(first, begin)
    if words is None or len(words) < 2 or not _names_plainly(words[0]):
        return None
    here_document = _HERE_DOCUMENT.match(words[-1])
    if here_document:
        words = words[:-1]
        # The first line that is the tag ends the document: it must be the command's last line.
        body = rest.split("\n") if has_more else []
        if here_document[2] not in body or body.index(here_document[2]) != len(body) - 1:
            return None
    elif has_more:
        return None
    if len(words) < 2 or words[1][0] in "'\"":
        return None
    at = (start + _after_blanks(first, 0), start + end)
    return OwnCall(command, at, state, list(map(_unquoted, words)))


def begins_with_call(command: str) -> bool:
    """Whether a command line begins with our program, whatever follows."""
    first = command.strip("\n").partition("\n")[0]
    begin, end, _ = _program(first)
    return _names_plainly(first[begin:end]) and first[end : end + 1] in ("", " ", "\t")


def is_named(program: str) -> bool:
    """Whether a program's word means our command line: its name, alone or at the end of a path."""
    return program == NAME or program.endswith("/" + NAME)


def is_ours(words: Sequence[str]) -> bool:
    """Whether the words of a simple command are a call of ours: the program, and one of its verbs
    or an option.
    """
    named = len(words) > 1 and is_named(words[0])
    return named and (words[1] in VERBS or words[1].startswith("-"))


def quoted(path: str) -> str | None:
    """A path as one word of the grammar above, None where that cannot be."""
    for word in (path, f"'{path}'", f'"{path}"'):
        match = _WORD.match(word)
        if match and match.end() == len(word):
            return word
    return None


def _program(line: str) -> tuple[int, int, str | None]:
    """Where the program's word begins and ends in a line, and the state directory before it."""
    at, state = _after_blanks(line, 0), None
    if line.startswith(_STATE, at):
        value = _WORD.match(line, at + len(_STATE))
        if value and line[value.end() : value.end() + 1] in (" ", "\t"):
            state = _unquoted(value[0])
            at = _after_blanks(line, value.end())
    program = _WORD.match(line, at)
    return at, program.end() if program else at, state


def _names_plainly(word: str) -> bool:
    """Whether a program's word is our bare name, or a path to it with or without quotes."""
    return is_named(_unquoted(word)) and (word == NAME or "/" in word)


def _after_blanks(line: str, at: int) -> int:
    match = _BLANKS.match(line, at)
    return match.end() if match else at


def _words(line: str, at: int) -> list[str] | None:
    """The words of a line, quotes and a closing `<<'TAG'` kept; None if any is not plain."""
    words: list[str] = []
    end = len(line)
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


def _unquoted(word: str) -> str:
    return word[1:-1] if word[:1] in ("'", '"') else word


def _is_option(word: str) -> bool:
    return word.startswith("-") and word != "-"
