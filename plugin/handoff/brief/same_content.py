"""Whether two files say the same and differ in form alone, as formatters of Markdown make them.

White space, wrapping, the marks of lists, quotes, fences and emphasis, escapes and the layout of
tables and front matter do not count, and neither do the numbers of a list behind its first one; a
word, a heading's depth and all else do. Measured on what
prettier 3, mdformat 1, markdownlint-cli and pre-commit's fixers make of briefs. In doubt they
differ: who is told that they are the same gives out the one that was there first.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.brief import frontmatter

if TYPE_CHECKING:
    from collections.abc import Iterator

# What formatters add to a file, at most: the rest would be anybody's to read through.
_TIMES, _MORE = 4, 10_000
_MAX_MARKS = 20  # of quotes and lists inside each other
_BREAK = "---"
_QUOTE = re.compile(r"[ \t]*>")
_ITEM = re.compile(r"[ \t]*(?:[-*+]|(\d{1,9})[.)])(?=[ \t]|$)")
_RULE = re.compile(r"([-*_])(?:[ \t]*\1){2,}")
_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*([^`]*)")
_TABLE = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?")
_CODE = re.compile(r"(?<!`)(`+)(?!`)(.{1,4000}?)(?<!`)\1(?!`)")
_EMPHASIS = re.compile(r"(?<![\w\\*_])(_{1,3})(?=[^\s_])([^*_`]{1,2000}?)(?<=[^\s\\])\1(?![\w_])")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_IN_CODE = str.maketrans("\\`_*", "\0\1\2\3")  # in a fence they are no marks
_LINK = re.compile(r"<(https?://[^\s<>]+)>")


def is_same(one: bytes, other: bytes) -> bool:
    """Whether the file `other`, which may be anybody's, differs from `one` at most in form. Never
    where it is no UTF-8, or so much longer that no formatter made it.
    """
    if one == other:
        return True
    try:
        text, other_text = one.decode("utf-8"), other.decode("utf-8")
    except UnicodeDecodeError:
        return False
    if len(other_text) > _TIMES * len(text) + _MORE or _letters(text) != _letters(other_text):
        return False
    (front, body), (other_front, other_body) = _parts(text), _parts(other_text)
    if front is not None and other_front is None:
        # A formatter that knows no front matter takes it for a rule and a heading.
        return _normal(f"{_BREAK}\n## {' '.join(front.split())}\n\n{body}") == _normal(other_body)
    return _same_front(front, other_front) and _normal(body) == _normal(other_body)


def _letters(text: str) -> str:
    """What no formatter changes: quick to compare."""
    return "".join(filter(str.isalpha, text))


def _parts(text: str) -> tuple[str | None, str]:
    """The front matter, None without one, and the rest."""
    text = text.replace("\r\n", "\n").removeprefix("\ufeff")
    if not text.startswith("---\n"):
        return None, text
    front, separator, rest = text[4:].partition("\n---\n")
    return (front, rest) if separator else (None, text)


def _same_front(one: str | None, other: str | None) -> bool:
    if one is None or other is None or one == other:
        return one == other
    try:
        return frontmatter.read(one, "") == frontmatter.read(other, "")
    except HandoffError:
        return False


def _normal(text: str) -> str:
    """The words of a text and what says more than form, one blank between them."""
    joined = " ".join(_words(text))
    parts, at = [], 0
    for code in _CODE.finditer(joined):
        parts += [_prose(joined[at : code.start()]), f"`{code[2].strip()}`"]
        at = code.end()
    return "".join([*parts, _prose(joined[at:])])


def _prose(text: str) -> str:
    """Text outside of code: one kind of emphasis, no escapes."""
    starred = _EMPHASIS.sub(
        lambda match: f"{'*' * len(match[1])}{match[2]}{'*' * len(match[1])}", text
    )
    return _ESCAPE.sub(r"\1", _LINK.sub(r"\1", starred))


def _words(text: str) -> Iterator[str]:
    fence = ""
    is_numbered = False
    for line in text.split("\n"):
        number, content = _without_marks(line)
        if number and not is_numbered:
            yield number
        is_numbered = (is_numbered or bool(number)) and not content.startswith("#")
        fence_match = _FENCE.fullmatch(content)
        if fence_match and (not fence or (content.startswith(fence) and not fence_match[2])):
            fence = "" if fence else fence_match[1]
            if fence_match[2]:
                yield f"```{fence_match[2].strip()}"
        elif fence:
            yield from content.translate(_IN_CODE).split()
        elif _RULE.fullmatch(content):
            yield _BREAK
        elif "|" in content and "-" in content and _TABLE.fullmatch(content):
            yield re.sub(r"-+", "-", content.replace(" ", "").strip("|"))
        elif content.startswith("|"):
            yield from content.replace("|", " | ").split()
        elif content.endswith("\\") and not content.endswith("\\\\"):
            yield from content[:-1].split()  # a line that ends here, as two blanks say it too
        else:
            yield from content.split()


def _without_marks(line: str) -> tuple[str, str]:
    """The line without the marks of the quotes and lists that it stands in; first the number of
    such a list, "" without one.
    """
    at, number = 0, ""
    for _ in range(_MAX_MARKS):
        if _RULE.fullmatch(line[at:].strip()):
            break
        mark = _QUOTE.match(line, at) or _ITEM.match(line, at)
        if mark is None:
            break
        number = mark[1] or number if mark.re is _ITEM else number
        at = mark.end()
    return number, line[at:].strip()
