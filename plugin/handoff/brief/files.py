"""Paths as a session writes them, brought to one form: relative to the repository's root."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_IN_TEXT = re.compile(r"[\w.@+~:\\/-]*\.[A-Za-z][A-Za-z0-9]{0,11}\b(?![/\\(]\w)")
_IN_COMMAND = re.compile(r"[\w./\\:~@+-]*[/.]\w[\w./\\:~@+-]*")
_NOT_OURS = re.compile(
    r"(?:^|/)(?:node_modules|\.git|site-packages|dist-packages|__pycache__|\.venv|target/debug)/|"
    r"/tasks/\w+\.output$|/tool-results/|^/(?:dev|proc|sys|usr|bin|lib|opt|etc)/|^/?(?:\w+:)?//|\.{3}"
)
_FILE_NAME = re.compile(
    r"(?!\.+\Z)(?:.*[^.]\.[A-Za-z][\w-]{0,14}|\.[a-z][\w.-]{2,}|[A-Z][a-z]+file|LICENSE|README)\Z"
)
_URL = re.compile(r"https?:/|^www\.|\.(?:com|org|io|net|dev|cc)(?:/|$)")


class Paths:
    """Knows the root, and which folders exist in it as far as the session has shown."""

    def __init__(self, root: str) -> None:
        self.root = re.sub(r"^/private/", "/", _slashes(root).rstrip("/"))
        self.folders: set[str] = set()
        self.names: dict[str, str] = {}

    def relative(self, path: str, folder: str = "") -> str:
        """`path` relative to the root; absolute if outside; "" for what is no file of anyone's."""
        given = _slashes(path).strip("\"'")
        given = re.sub(r"^/private/", "/", given)
        if self.root[1:2] == ":":
            given = re.sub(r"^/([A-Za-z])/", r"\1:/", given)  # Git Bash on Windows
        if not given.startswith(("/", "~")) and given[1:2] != ":":
            given = _joined(folder, given)
        given = re.sub(r"/\.(?=/|$)", "", given)
        while (shorter := re.sub(r"(?:^|/)(?!\.\.)[^/]+/\.\.(?=/|$)", "", given)) != given:
            given = shorter
        given = given[2:] if given.startswith("./") else given
        if self.root and given.lower().startswith(self.root.lower() + "/"):
            given = given[len(self.root) + 1 :]
        return given.strip("/") if self.is_inside(given) else given

    def is_inside(self, path: str) -> bool:
        """Whether a path, as `relative` gives it, is in the repository."""
        return not path.startswith(("/", "~", "..")) and path[1:2] != ":"

    def learn(self, path: str) -> None:
        """Remember a file of the repository, and the folders it stands in."""
        name = path.rsplit("/", 1)[-1]
        self.names[name] = path if self.names.get(name, path) == path else ""
        while "/" in path:
            path = path.rsplit("/", 1)[0]
            if path in self.folders:
                return
            self.folders.add(path)

    def in_text(self, text: str, folder: str = "") -> Iterator[str]:
        """Files of the repository that an output names, as far as anything is known of them.

        That is: the path is absolute, or its top folder is known, or a bare name is that of exactly
        one known file.
        """
        for token in dict.fromkeys(_IN_TEXT.findall(text)):
            if "/" in token or "\\" in token:
                yield from self._settled(token, folder)
            elif self.names.get(token):
                yield self.names[token]

    def in_command(self, command: str, folder: str = "") -> Iterator[str]:
        """Files of the repository that a command names."""
        for token in dict.fromkeys(_IN_COMMAND.findall(command)):
            yield from self._settled(token, folder)

    def _settled(self, token: str, folder: str) -> Iterator[str]:
        if _URL.search(token):
            return
        token = re.sub(r"(?::\d+)+:?$", "", token)
        given_inside = self.is_inside(_slashes(token))
        candidates = dict.fromkeys((self.relative(token, folder), self.relative(token)))
        for known in (self._has_folder, self._has_top):
            for path in candidates:
                right = not given_inside or known(path)
                if right and self.is_inside(path) and is_file_like(path):
                    yield path
                    return

    def _has_folder(self, path: str) -> bool:
        return "/" not in path or path.rpartition("/")[0] in self.folders

    def _has_top(self, path: str) -> bool:
        return path.partition("/")[0] in self.folders


def is_file_like(path: str) -> bool:
    """Whether a path could be a file that somebody works on."""
    name = path.rsplit("/", 1)[-1]
    return _FILE_NAME.match(name) is not None and not _NOT_OURS.search(path)


def worth_keeping(path: str) -> bool:
    """Whether a path that a tool worked on belongs into a brief."""
    return bool(path) and not _NOT_OURS.search(path)


def _slashes(path: str) -> str:
    return re.sub(r"/{2,}", "/", path.replace("\\", "/"))


def _joined(folder: str, path: str) -> str:
    folder = _slashes(folder).rstrip("/")
    return f"{folder}/{path}" if folder and folder != "." else path
