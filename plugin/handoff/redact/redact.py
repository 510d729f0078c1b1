"""Secrets out of a text, before it reaches disk, commit, log or screen.

A secret becomes `[redacted: kind]`; one that runs over several lines becomes a mark on each, so a
line stays a line. What is known by its shape is found anywhere, what is known by the words beside
it needs a value that is no reference to another place. A second net are detect-secrets' detectors.

`Clean` is the type of a text that was looked through. Only this module makes one, and whatever
derives something from a text (a name, a path, a title) takes one: what is derived then holds no
secret either, and mypy says where a text was not looked through.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NewType

from handoff.base import log, truncate
from handoff.base.errors import HandoffError
from handoff.redact import detect_secrets_net, find, pieces

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    Pattern = tuple[str, re.Pattern[str]]
    from handoff.config.model import Config

Clean = NewType("Clean", str)

_MAX_ROUNDS = 5
_REACH = 500  # characters around a mark that are looked at again
_LINE = re.compile(r"[^\r\n]+")
# What a terminal obeys and what is not seen, raw or as `visible_text`, JSON and shells write it.
# The letters in it would pass for the beginning of the word that stands behind it.
_UNSEEN = re.compile(
    r"\x1b(?:\[[0-9;]*[A-Za-z])?|\\(?:(?:x1|u001)[bB](?:\[[0-9;]*[A-Za-z])?|(?:0?33|e)\[[0-9;]*[A-Za-z]"
    r"|x(?:[01][0-9a-f]|7f|[89][0-9a-f]|ad)|u(?:200[b-f]|202[a-e]|206[0-9a-f]|feff))"
)
# No line of a text, and nothing that a secret can run over.
_BETWEEN = "\n\n---\0---\n\n"


@dataclass(frozen=True)
class Redactor:
    """Takes secrets out of texts. `own` are the user's patterns, kind and regular expression
    (`config.model.Config.redact_patterns`). Calling it raises HandoffError when it cannot be done: then
    nothing of the text may be written.
    """

    own: tuple[tuple[str, str], ...] = ()
    _known: dict[str, Clean] = field(default_factory=dict, compare=False, repr=False)

    def __call__(self, text: str) -> Clean:
        """`text` without its secrets; everything else as it was, line for line."""
        known = self._known.get(text)
        return redact(text, self.own) if known is None else known

    def prepare(self, texts: Iterable[str]) -> Redactor:
        """A redactor that has looked through these texts already, all in one go, which takes a
        part of the time.
        """
        wanted = [text for text in dict.fromkeys(texts) if text and text not in self._known]
        if not wanted:
            return self
        cleaned = redact(_BETWEEN.join(wanted), self.own).split(_BETWEEN)
        if len(cleaned) != len(wanted):  # a key that begins in one text and ends in another
            return self
        known = {text: Clean(part) for text, part in zip(wanted, cleaned, strict=True)}
        known_clean: dict[str, Clean] = {
            part: part for part in known.values()
        }  # asked again of what came out
        return Redactor(self.own, {**self._known, **known_clean, **known})


def redact(text: str, own: Sequence[tuple[str, str]] = ()) -> Clean:
    """`text` without its secrets, by our patterns and by `own`; see `Redactor`."""
    return Clean("".join(stream(io.StringIO(text, newline="").read, own)))


def clean_judged(text: str) -> Clean:
    """A text as it is, for code that only judges it and keeps nothing of it."""
    return Clean(text)


def keep_head(text: Clean, most: int) -> Clean:
    """The beginning of a text, cut between words."""
    return Clean(truncate.keep_head(text, most))


def matches(pattern: re.Pattern[str], text: Clean) -> Clean:
    """What of a text matches a pattern without groups, with blanks between."""
    return Clean(" ".join(pattern.findall(text)))


def without_marks(text: Clean) -> Clean:
    """The text without what stands where secrets were."""
    return Clean(find.MARK.sub(" ", text)) if "[redacted: " in text else text


def stream(read: Callable[[int], str], own: Sequence[tuple[str, str]] = ()) -> Iterator[Clean]:
    """What `read` gives (as a text file's `read`) without its secrets, piece by piece.

    The memory it takes does not grow with the text. Raises HandoffError like `redact`; what came
    before is then checked, what follows is not given.
    """
    try:
        patterns = [(kind, re.compile(pattern)) for kind, pattern in own]
        for piece in pieces.split_stream(read):
            yield Clean(_clean(piece, patterns))
    except OSError:
        raise
    except Exception as error:  # whatever it is: unchecked text must not be written
        raise HandoffError(
            f"The text could not be checked for secrets ({type(error).__name__}), "
            "so it was not written.",
            "If your configuration has `redact.patterns`, remove them and try again; "
            "otherwise report a bug.",
        ) from error


def spans(text: str, own: Iterable[Pattern] = ()) -> list[find.Span]:
    """Start, end and kind of each secret, in order and without overlap."""
    marks = [match.span() for match in find.MARK.finditer(text)]
    shown = _UNSEEN.sub(_blanks, text) if "\x1b" in text or "\\" in text else text
    secrets = find.spans(shown)
    for kind, pattern in own:
        for match in pattern.finditer(text):
            start, end = match.span(1 if pattern.groups and match[1] is not None else 0)
            if end > start:
                secrets.append((start, end, kind))
    known = find.merge_spans(secrets, marks)
    return find.merge_spans([*known, *detect_secrets_net.find(shown, known)], marks)


def _blanks(unseen: re.Match[str]) -> str:
    return " " * len(unseen[0])


def _clean(text: str, own: Sequence[Pattern]) -> str:
    secrets = spans(text, own)
    for _ in range(_MAX_ROUNDS):
        if not secrets:
            break
        text, marks = _replaced(text, secrets)
        # A secret right behind another one is by itself now.
        secrets = [
            span for start, end in _around(marks, text) for span in _within(text, start, end, own)
        ]
    return text


def _replaced(text: str, secrets: Iterable[find.Span]) -> tuple[str, list[tuple[int, int]]]:
    """The text with marks for secrets, and where the marks are."""
    kept: list[str] = []
    marks = []
    at = size = 0
    for start, end, kind in secrets:
        mark = _mark(text[start:end], kind)
        kept += [text[at:start], mark]
        size += start - at + len(mark)
        marks.append((size - len(mark), size))
        at = end
    return "".join([*kept, text[at:]]), marks


def _around(marks: Iterable[tuple[int, int]], text: str) -> list[tuple[int, int]]:
    """The marks with what stands around them, in whole lines."""
    areas: list[tuple[int, int]] = []
    for start, end in marks:
        first = text.rfind("\n", 0, max(0, start - _REACH)) + 1
        line = text.find("\n", end + _REACH)
        last = line if line >= 0 else len(text)
        if areas and first <= areas[-1][1]:
            areas[-1] = (areas[-1][0], max(last, areas[-1][1]))
        else:
            areas.append((first, last))
    return areas


def _within(text: str, start: int, end: int, own: Sequence[Pattern]) -> Iterator[find.Span]:
    for first, last, kind in spans(text[start:end], own):
        if kind == "private key":  # was found before, when more of the text could say what it is
            continue
        yield start + first, start + last, kind


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


def cleaner(config: Config) -> Redactor:
    """What takes secrets out of a text, by our patterns and the user's own."""
    return Redactor(tuple(config.redact_patterns))


def note_bug(home: str, where: str) -> str:
    """Log the exception in flight without the secrets in its words; the log's path, or ""."""
    return log.note_bug(home, where, Redactor())


def note(home: str, where: str, message: str) -> None:
    """Log a message that may quote a text, without secrets."""
    log.note(home, where, Redactor()(message))
