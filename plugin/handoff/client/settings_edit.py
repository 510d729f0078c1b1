"""The client's settings file: one top-level key changed, every other byte left as it is.

The file is the user's, often under version control, often a link. It is edited as text: what is not
plain JSON is refused with its place, never fixed.
"""

from __future__ import annotations

import codecs
import json
import os
import re
import stat
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.base import file_io
from handoff.base.errors import HandoffError

if TYPE_CHECKING:
    from collections.abc import Callable

BACKUP_SUFFIX = ".before-handoff"
_MAX_BYTES = 16 * 1024 * 1024
_BLANKS = re.compile(r"[ \t\n\r]*")
_HINT = "Fix it by hand, or put the status line there yourself (docs/configuration.md)."


@dataclass(frozen=True)
class Member:
    """A top-level member: its key, and where key and value stand in the text."""

    key: str
    key_start: int
    start: int
    end: int


@dataclass(frozen=True)
class Document:
    """A settings file's text, which holds one JSON object."""

    text: str
    members: tuple[Member, ...]

    def raw(self, key: str) -> str | None:
        """The value of `key` as it is written, None if it is not there."""
        named = next((member for member in self.members if member.key == key), None)
        return self.text[named.start : named.end] if named else None

    def value(self, key: str) -> Any:
        """The value of `key`, None if it is not there."""
        raw = self.raw(key)
        return None if raw is None else json.loads(raw)

    @property
    def filling(self) -> str:
        """What an object without members has between its braces: `with_member` replaces it."""
        return "" if self.members else self.text[self._open + 1 : self._close]

    def with_value(self, key: str, raw: str) -> str:
        """The text with another value for `key`, which must be there."""
        member = self.members[self._place(key)]
        return self.text[: member.start] + raw + self.text[member.end :]

    def with_member(self, key: str, value: Any) -> str:
        """The text with `key` added at the end of the object, written as its neighbours are."""
        name = json.dumps(key, ensure_ascii=False)
        if not self.members:
            before, after = self.text[: self._open + 1], self.text[self._close :]
            eol = "\r\n" if "\r\n" in self.text else "\n"
            gap = f"{eol}  "
            return f"{before}{gap}{name}: {self.render(value, gap)}{eol}{after}"
        first, last = self.members[0], self.members[-1]
        gap = self.text[self._open + 1 : first.key_start]
        added = f",{gap}{name}: {self.render(value, gap)}"
        return self.text[: last.end] + added + self.text[last.end :]

    def without(self, key: str, filling: str = "") -> str:
        """The text without `key`, which must be there; `filling` is what an empty object holds.

        What `with_member` added goes, and nothing else.
        """
        at = self._place(key)
        member = self.members[at]
        if len(self.members) == 1:
            return self.text[: self._open + 1] + filling + self.text[self._close :]
        if at:
            return self.text[: self.members[at - 1].end] + self.text[member.end :]
        return self.text[: member.key_start] + self.text[self.members[1].key_start :]

    def render(self, value: Any, gap: str | None = None) -> str:
        """`value` as JSON in the file's own layout; `gap` is the blank in front of a member."""
        if gap is None:
            gap = self.text[self._open + 1 : self.members[0].key_start] if self.members else "\n  "
        eol = "\r\n" if "\r\n" in gap else "\n" if "\n" in gap else "\r" if "\r" in gap else ""
        if not eol:
            return json.dumps(value, ensure_ascii=False)
        indent = gap.rpartition(eol)[2]
        return json.dumps(value, ensure_ascii=False, indent=indent or None).replace(
            "\n", eol + indent
        )

    @property
    def _open(self) -> int:
        return self.text.index("{")

    @property
    def _close(self) -> int:
        return self.text.rindex("}")

    def _place(self, key: str) -> int:
        return [member.key for member in self.members].index(key)


def parse(text: str, name: str = "the settings") -> Document:
    """The document in `text`. Raises HandoffError with line and column for what is no object of
    plain JSON, or names a key twice: the client would take one of the two, and no edit is safe.
    """
    if not text.strip(" \t\r\n"):
        raise HandoffError(f"{name} is empty.", "Write {} into it, or remove it.")
    try:
        value = json.loads(text, object_pairs_hook=_Pairs, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise HandoffError(
            f"{name}:{error.lineno}:{error.colno} is not plain JSON: {error.msg}.", _HINT
        ) from None
    except _Twice as error:
        line = _line_of_second(text, error.key)
        raise HandoffError(f"{name}:{line}: duplicate key {error}.", _HINT) from None
    except (ValueError, RecursionError) as error:
        raise HandoffError(f"{name} is not plain JSON: {error}.", _HINT) from None
    if not isinstance(value, _Pairs):
        raise HandoffError(f"{name} is not a JSON object.", _HINT)
    return Document(text, tuple(_members(text)))


def read(path: str) -> bytes | None:
    """The file's bytes, None if there is none. Raises HandoffError for what is no file."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with open(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise HandoffError(f"{path} is not a regular file.", _HINT)
            content = file.read(_MAX_BYTES + 1)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise HandoffError(f"{path} cannot be read: {error.strerror}.", _HINT) from None
    if len(content) > _MAX_BYTES:
        raise HandoffError(f"{path} is larger than {_MAX_BYTES} bytes.", _HINT)
    return content


def decode(content: bytes, name: str) -> tuple[str, bytes]:
    """The text, and the byte order mark in front of it (or b"")."""
    mark = codecs.BOM_UTF8 if content.startswith(codecs.BOM_UTF8) else b""
    try:
        return content[len(mark) :].decode("utf-8"), mark
    except UnicodeDecodeError as error:
        raise HandoffError(
            f"{name} is not UTF-8 (byte {error.start + len(mark)}).", _HINT
        ) from None


def edit(path: str, change: Callable[[Document | None], str | None]) -> str:
    """Replace the file by what `change` makes of it; the path of the backup, "" if there is none.

    `change` gets None if there is no file, and returns the new text, or None to have no file. Mode,
    owner, byte order mark and a symbolic link are kept. Raises HandoffError, with nothing written,
    when the file cannot be parsed or written, or somebody else wrote it meanwhile.
    """
    target = os.path.realpath(path)
    before = read(target)
    if before is None:
        after = change(None)
        content = None if after is None else _encode(after, b"", path)
    else:
        text, mark = decode(before, path)
        after = change(parse(text, path))
        content = None if after is None else _encode(after, mark, path)
    if content == before:
        return ""
    try:
        return _replace(target, before, content)
    except OSError as error:
        raise HandoffError(f"{target} cannot be written: {error.strerror}.", _HINT) from None


def _replace(target: str, before: bytes | None, content: bytes | None) -> str:
    """Put `content` in place of `before`; the path of the backup, "" if there is none."""
    if before is None:
        file_io.make_private(os.path.dirname(target))
        _require_unchanged(target, before)
        file_io.write_atomic(target, content or b"")
        return ""
    about = os.stat(target)
    if os.geteuid() not in (0, about.st_uid):
        raise HandoffError(f"{target} belongs to another user.", _HINT)
    if content is None:
        _require_unchanged(target, before)
        os.unlink(target)
        return ""
    backup = target + BACKUP_SUFFIX
    older = read(backup)
    _write(backup, before, about)
    _require_unchanged(target, before)
    _write(target, content, about)
    if older == content:  # it is again what it was before the last edit
        os.unlink(backup)
        return ""
    return backup


def _require_unchanged(path: str, before: bytes | None) -> None:
    if read(path) != before:
        raise HandoffError(f"{path} was changed by another program at the same time.", "Try again.")


def _write(path: str, content: bytes, like: os.stat_result) -> None:
    """Write a file whole, with the mode and the owner of another."""
    file_io.write_atomic(path, content)
    try:
        os.chown(path, like.st_uid, like.st_gid)
    except PermissionError:
        pass  # a group that is not ours to give
    os.chmod(path, stat.S_IMODE(like.st_mode))


def _encode(text: str, mark: bytes, name: str) -> bytes:
    try:
        return mark + text.encode("utf-8")
    except UnicodeEncodeError:
        raise HandoffError(f"{name} would no longer be valid UTF-8.", _HINT) from None


class _Twice(Exception):  # noqa: N818 - never seen outside
    def __init__(self, key: str) -> None:
        super().__init__(json.dumps(key, ensure_ascii=False))
        self.key = key


class _Pairs(dict[str, Any]):
    """An object; one that names a key twice is refused."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        if len(self) < len(pairs):
            keys = [key for key, _ in pairs]
            raise _Twice(next(key for at, key in enumerate(keys) if key in keys[:at]))


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _line_of_second(text: str, key: str) -> int:
    """The line of the second `key` at the top; of the member that has it twice inside, else."""
    members = _members(text)
    starts = [member.key_start for member in members if member.key == key][1:]
    for member in members:
        if starts:
            break
        try:
            json.loads(text[member.start : member.end], object_pairs_hook=_Pairs)
        except _Twice:
            starts = [member.key_start]
    return text.count("\n", 0, starts[0]) + 1 if starts else 1


def _members(text: str) -> list[Member]:
    """The top-level members of an object that is known to be valid JSON."""
    decoder = json.JSONDecoder()
    members = []
    at = _skip(text, text.index("{") + 1)
    while text[at] == '"':
        key, end = decoder.raw_decode(text, at)
        start = _skip(text, _skip(text, end) + 1)
        stop = decoder.raw_decode(text, start)[1]
        members.append(Member(key, at, start, stop))
        at = _skip(text, stop)
        if text[at] == ",":
            at = _skip(text, at + 1)
    return members


def _skip(text: str, at: int) -> int:
    blanks = _BLANKS.match(text, at)
    return blanks.end() if blanks else at
