"""Words of other people in what a command prints.

A title, a label, a person's or a file's name that this machine did not write can be an order to a
model. `mark_words` is the one form in which such text stands in the output of a command;
`mark_name` and `mark_path` are for files in messages.
"""

from __future__ import annotations

from handoff.base import plain_text, quoting
from handoff.brief import document

MARK = "untrusted data"
_NAME_CHARS = 80
_PATH_CHARS = 160


def mark_words(text: str, width: int, *, for_model: bool) -> str:
    """`text` on one line of at most `width` characters, with what hides in it escaped.

    `for_model` (it is printed in a session's shell): named as untrusted data, in double quotes that
    nothing inside can end, and with no markup in it. An empty text stays empty.
    """
    line = plain_text.one_line(text, width)
    if not for_model or not line:
        return line
    return f'{MARK}: "{_held(line)}"'


def mark_trusted(text: str, *, for_model: bool) -> str:
    """Words of a trusted brief or our own: of the client's marks alone they must hold none."""
    return quoting.visible(text) if for_model else plain_text.printable(text)


def mark_name(stem: str) -> str:
    """The name of a brief's file for a message: an ID as it is, any other one in quotes."""
    if document.ID_PATTERN.fullmatch(stem):
        return stem
    return f'"{_held(plain_text.one_line(stem, _NAME_CHARS))}"'


def mark_path(relative: str) -> str:
    """The path of a brief's file for a message, in quotes where its name is not an ID."""
    stem = relative.rpartition("/")[2].removesuffix(".md")
    if document.ID_PATTERN.fullmatch(stem):
        return relative
    return f'"{_held(plain_text.one_line(relative, _PATH_CHARS))}"'


def _held(line: str) -> str:
    return line.replace('"', "'").replace("<", "<\\")
