"""A repository's configuration as git reads it, of every scope, listed in one run."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

LIST = ("config", "--list", "--null", "--show-scope", "--show-origin")
_FALSE = ("false", "no", "off", "0", "")


class Entry(NamedTuple):
    """One setting. `key` has section and name in small letters; `value` is "true" where none is
    written. `scope` and `origin` are those of `git config --show-scope --show-origin`, the path in
    `file:PATH` made absolute.
    """

    scope: str
    origin: str
    key: str
    value: str


@dataclass(frozen=True)
class Config:
    """All settings, in the order in which git reads them: the last one of a key counts."""

    entries: tuple[Entry, ...] = ()

    def text(self, key: str) -> str:
        """The value of a key, "" where it is not set."""
        return self.get(key) or ""

    def get(self, key: str) -> str | None:
        """The value of a key, None where it is not set."""
        return next((entry.value for entry in reversed(self.entries) if entry.key == key), None)

    def is_true(self, key: str) -> bool:
        """Whether a key is set to anything but git's words for no."""
        return is_true(self.text(key))

    def below(self, section: str) -> Iterator[Entry]:
        """The settings whose key begins with `section` and a dot."""
        return (entry for entry in self.entries if entry.key.startswith(f"{section}."))

    def is_of(self, common_dir: str) -> bool:
        """Whether the repository's own file is among what was read: git, which was not told of any
        repository, has found and accepted that one then.
        """
        own = os.path.realpath(os.path.join(common_dir, "config"))
        return any(
            os.path.realpath(entry.origin.removeprefix("file:")) == own
            for entry in self.entries
            if entry.scope == "local"
        )


def is_true(value: str) -> bool:
    """Whether git takes a value for yes, as far as it is a boolean."""
    return value.lower() not in _FALSE


def parse(listed: str, root: str) -> Config:
    """What git answered to `LIST` in the folder `root`."""
    fields = listed.split("\0")[:-1]
    entries = []
    for scope, origin, line in zip(fields[0::3], fields[1::3], fields[2::3], strict=False):
        key, has_value, value = line.partition("\n")
        kind, colon, place = origin.partition(":")
        place = os.path.join(root, place) if kind == "file" else place
        entries.append(Entry(scope, kind + colon + place, key, value if has_value else "true"))
    return Config(tuple(entries))
