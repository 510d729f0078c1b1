"""Secrets out of a text, before it reaches disk, commit, log or screen.

A secret becomes `[redacted: kind]`; one that runs over several lines becomes a mark on each, so a
line stays a line. What is known by its shape is found anywhere, what is known by the words beside
it needs a value that is no reference to another place. A second net are detect-secrets' detectors.
"""

from __future__ import annotations

import io
import re

from handoff.brief.secrets import find, library, pieces
from handoff.errors import HandoffError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_MAX_ROUNDS = 5
_LINE = re.compile(r"[^\r\n]+")


def redact(text: str, own: Sequence[tuple[str, str]] = ()) -> str:
    """`text` without its secrets; everything else as it was, line for line.

    `own` are the user's patterns, kind and regular expression (`config.Config.redact_patterns`).
    Raises HandoffError when it cannot be done: then nothing of the text may be written.
    """
    return "".join(stream(io.StringIO(text, newline="").read, own))


def stream(read: Callable[[int], str], own: Sequence[tuple[str, str]] = ()) -> Iterator[str]:
    """What `read` gives (as a text file's `read`) without its secrets, piece by piece.

    The memory it takes does not grow with the text. Raises HandoffError like `redact`; what came
    before is then checked, what follows is not given.
    """
    try:
        patterns = [(kind, re.compile(pattern)) for kind, pattern in own]
        for piece in pieces.split(read):
            yield _clean(piece, patterns)
    except OSError:
        raise
    except Exception as error:  # whatever it is: unchecked text must not be written
        raise HandoffError(
            f"The text could not be checked for secrets ({type(error).__name__}), "
            "so it was not written.",
            "If your configuration has `redact.patterns`, take them out and try again; "
            "else report this.",
        ) from error


def spans(text: str, own: Iterable[tuple[str, re.Pattern[str]]] = ()) -> list[find.Span]:
    """Start, end and kind of each secret, in order and without overlap."""
    marks = [match.span() for match in find.MARK.finditer(text)]
    found = find.spans(text)
    for kind, pattern in own:
        for match in pattern.finditer(text):
            start, end = match.span(1 if pattern.groups and match[1] is not None else 0)
            if end > start:
                found.append((start, end, kind))
    known = find.merged(found, marks)
    return find.merged([*known, *library.find(text, known)], marks)


def _clean(text: str, own: Sequence[tuple[str, re.Pattern[str]]]) -> str:
    for _ in range(_MAX_ROUNDS):  # a secret right behind another one is by itself in the next round
        found = spans(text, own)
        if not found:
            break
        text = _replaced(text, found)
    return text


def _replaced(text: str, found: Iterable[find.Span]) -> str:
    kept, at = [], 0
    for start, end, kind in found:
        kept += [text[at:start], _mark(text[start:end], kind)]
        at = end
    return "".join([*kept, text[at:]])


def _mark(secret: str, kind: str) -> str:
    """The mark; one for each line of a longer secret, indented and continued as the line was."""
    if "\n" not in secret:
        return f"[redacted: {kind}]"

    def marked(line: re.Match[str]) -> str:
        body = line[0].strip()
        if not body or body == "\\":
            return line[0]
        indent = line[0][: len(line[0]) - len(line[0].lstrip())]
        return f"{indent}[redacted: {kind}]" + ("\\" if body.endswith("\\") else "")

    return _LINE.sub(marked, secret)
