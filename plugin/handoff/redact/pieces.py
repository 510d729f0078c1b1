"""A long text in pieces that can be looked at one by one, cut where no secret runs over the cut."""

from __future__ import annotations

import re

from handoff.redact import blocks, find, named_values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_CHARS = 64 * 1024  # of a piece, where its lines allow it
_MAX_CHARS = 1024 * 1024  # of a line; a longer one is cut between two words
_BACK = 16 * 1024  # how far before a piece's end a good place is looked for
_CONTEXT = re.compile(rf"(?i){named_values.NOUN}|authorization|bearer|://|\s-u\b|--user")
_CONTEXT_CHARS = 100


def split_stream(read: Callable[[int], str]) -> Iterator[str]:
    """The pieces of what `read` gives, in order; together they are the text."""
    held, ended = "", False
    while not ended:
        while len(held) < _CHARS and not ended:
            got = read(_CHARS - len(held))
            held += got
            ended = not got
        if ended:
            break
        while not (cut := _place(held)):
            got = read(len(held))
            held += got
            if not got:
                ended = True
                break
        if cut:
            yield held[:cut]
            held = held[cut:]
    if held:
        yield held


def _place(text: str) -> int:
    """Where `text` can be cut; 0 where more of it must be seen first."""
    end = len(text)
    key = blocks.is_open(text)
    if key >= 0 and end - key < blocks.MAX_KEY_CHARS:
        end = key
    low = max(0, end - _BACK)
    if (blank := text.rfind("\n\n", low, end)) >= 0:
        return blank + 2
    at = text.rfind("\n", 0, end)
    while at > low and text[max(0, at - 2) : at].rstrip("\r").endswith(("\\", ":")):
        at = text.rfind("\n", 0, at)  # the next line goes on with this one
    if at >= 0:
        return at + 1
    return _between_words(text) if len(text) >= _MAX_CHARS else 0


def _between_words(text: str) -> int:
    """A place in one long line: behind a word that names no secret, and in none."""
    end = len(text) - _BACK
    at = end
    for match in re.finditer(r"\s", text[end - _BACK : end]):
        place = end - _BACK + match.end()
        if not _CONTEXT.search(text, place - _CONTEXT_CHARS, place):
            at = place
    for start, stop, _ in find.spans(text):
        if start < at < stop:
            return stop
    return at
