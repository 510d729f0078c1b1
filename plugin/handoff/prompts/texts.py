"""Read a prompt's text and fill in its fields; the user's own text comes before the built-in one.

Standard library only, also on the hot path. A file is read when its text is needed, not before.
"""

from __future__ import annotations

import os
from stat import S_ISREG

from handoff.base.errors import HandoffError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MAX_BYTES = 4096  # of an override: two of them and the facts must fit into one answer of a hook
SUFFIX = ".md"
_FOLDER = os.path.dirname(os.path.abspath(__file__))


class PromptError(HandoffError):
    """A text that cannot be used: its file, the line (from 1; 0 means the whole file), why, and
    what to do.
    """

    def __init__(self, path: str, line: int, reason: str, hint: str = "") -> None:
        super().__init__(f"{path}:{line}: {reason}" if line else f"{path}: {reason}", hint)
        self.path = path
        self.line = line
        self.reason = reason


class Prompts:
    """The texts in force: the user's, then the repository's that a person trusts, then our own.

    `user` and `team` are folders, "" for none. `is_trusted` is asked about the name and bytes of
    each of the team's texts before it counts. A text with a mistake is told to `report`, and the
    next one counts.
    """

    __slots__ = ("_is_trusted", "_report", "_team", "_user")

    def __init__(
        self,
        user: str = "",
        team: str = "",
        is_trusted: Callable[[str, bytes], bool] | None = None,
        report: Callable[[PromptError], None] | None = None,
    ) -> None:
        self._user = user
        self._team = team if is_trusted else ""
        self._is_trusted = is_trusted
        self._report = report

    def render(self, name: str, /, **fields: object) -> str:
        """The text `name` with its fields filled in.

        Raises PromptError where a text of our own names a field that is not given: a bug.
        """
        for folder in (self._user, self._team):
            path = os.path.join(folder, name + SUFFIX)
            try:
                raw = _read(path) if folder else None
                if raw is None or (folder == self._team and not self._trusts(name, raw)):
                    continue
                text = check(raw, path, fields)
            except PromptError as error:
                if self._report:
                    self._report(error)
                continue
            return _fill(text, path, fields)
        path = os.path.join(_FOLDER, name + SUFFIX)
        return _fill(_built_in(name), path, fields)

    def _trusts(self, name: str, raw: bytes) -> bool:
        return self._is_trusted is not None and self._is_trusted(name, raw)


BUILT_IN = Prompts()


def render_prompt(name: str, /, **fields: object) -> str:
    """Our own text `name` with its fields filled in, whatever overrides it."""
    return BUILT_IN.render(name, **fields)


def names() -> list[str]:
    """The names of all prompts, sorted."""
    return sorted(n.removesuffix(SUFFIX) for n in os.listdir(_FOLDER) if n.endswith(SUFFIX))


def fields_of(name: str) -> tuple[str, ...]:
    """The fields of our own text `name`, each once, in the order in which they stand in it."""
    return tuple(dict.fromkeys(field for _, field in _pieces(_built_in(name)) if field))


def read_override(folder: str, name: str) -> bytes | None:
    """The bytes of an override, None where there is none. PromptError if unreadable."""
    return _read(os.path.join(folder, name + SUFFIX))


def read_checked(folder: str, name: str) -> str | None:
    """The text of an override, None where there is none. Raises PromptError for a mistake in it."""
    raw = read_override(folder, name)
    path = os.path.join(folder, name + SUFFIX)
    return None if raw is None else check(raw, path, fields_of(name))


def check(raw: bytes, path: str, fields: Iterable[str]) -> str:
    """The text of an override at `path`, which must use each of `fields` and no other.

    Raises PromptError, with the line.
    """
    if len(raw) > MAX_BYTES:
        raise PromptError(path, 0, f"is over {MAX_BYTES} bytes and was not read", "Shorten it.")
    try:
        text = _clean(raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise PromptError(path, line, "is not UTF-8", "Save it as UTF-8.") from None
    if "\0" in text:
        line = text[: text.index("\0")].count("\n") + 1
        raise PromptError(path, line, "contains a NUL character", "Remove it.")
    wanted = list(fields)
    known = f"Its fields: {', '.join('{' + field + '}' for field in wanted) or 'none'}."
    if not text.strip():
        raise PromptError(path, 1, "is empty", f"Write the text, or remove the file. {known}")
    line, used = 1, set()
    for literal, field in _pieces(text):
        line += literal.count("\n")
        if field and field not in wanted:
            raise PromptError(path, line, f"unknown field {{{field}}}", known)
        used.add(field)
    for field in wanted:
        if field not in used:
            raise PromptError(path, line, f"the field {{{field}}} is missing", known)
    return text


def _built_in(name: str) -> str:
    with open(os.path.join(_FOLDER, name + SUFFIX), encoding="utf-8") as file:
        return _clean(file.read())


def _clean(text: str) -> str:
    """The text without the end of its last line, which editors add."""
    return text.replace("\r\n", "\n").removesuffix("\n")


def _read(path: str) -> bytes | None:
    """The start of a regular file, one byte over the limit at most; None where there is none."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise _unreadable(path, error.strerror) from None
    try:
        if not S_ISREG(os.fstat(descriptor).st_mode):
            raise _unreadable(path, "it is not a regular file")
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise _unreadable(path, error.strerror) from None
    finally:
        os.close(descriptor)


def _unreadable(path: str, why: str | None) -> PromptError:
    return PromptError(
        path,
        0,
        f"cannot be read: {why or 'unknown'}",
        f"It must be a file that you own: ls -ld {path}",
    )


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """The text in pieces: what stands before a field, and the field's name ("" at the end).

    A brace that does not enclose a name of small letters, digits and `_` is text.
    """
    literal, *rest = text.split("{")
    for piece in rest:
        name, brace, after = piece.partition("}")
        if brace and name.isascii() and name.isidentifier() and name.islower():
            yield literal, name
            literal = after
        else:
            literal += "{" + piece
    yield literal, ""


def _fill(text: str, path: str, fields: dict[str, object]) -> str:
    """The text with each field's value in its place. A value may hold braces: it is not parsed."""
    parts: list[str] = []
    line = 1
    for literal, field in _pieces(text):
        line += literal.count("\n")
        if field and field not in fields:
            raise PromptError(path, line, f"the field {{{field}}} is not given")
        parts += (literal, str(fields[field]) if field else "")
    return "".join(parts)
