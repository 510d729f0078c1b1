"""Paths as a session writes them, brought to one form: relative to the repository's root."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handoff.redact import redact

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.facts.shell_commands import Simple
    from handoff.redact.redact import Clean

_IN_TEXT = re.compile(r"(?<![\w.@+~:\\/-])[\w.@+~:\\/-]*\.[A-Za-z][A-Za-z0-9]{0,11}\b(?![/\\(]\w)")
_PLACE = re.compile(r"(?::\d+)+:?$")  # `file.py:12:3`
_HERE = re.compile(r"/\.(?=/|$)")
_UP = re.compile(r"(?:^|/)(?!\.\.)[^/]+/\.\.(?=/|$)")
_NOT_OURS = re.compile(
    r"(?:^|/)(?:node_modules|\.git|site-packages|dist-packages|__pycache__|\.venv|target/debug)/|"
    r"/tasks/\w+\.output$|/tool-results/|^/(?:dev|proc|sys|usr|bin|lib|opt|etc)/|^/?(?:\w+:)?//|\.{3}"
)
# Endings of files that people write and read; other words with a dot are mostly code.
ENDING = (
    r"(?:[chm]|cc|cpp|cxx|hpp|hh|cs|go|rs|py|pyi|ipynb|rb|erb|php|pl|pm|lua|jl|kt|kts|java|scala|"
    r"swift|mm|dart|ex|exs|erl|hs|ml|mli|clj|cljs|elm|nim|zig|asm|sol|r|sql|proto|graphql|gql|"
    r"[mc]?[jt]sx?|vue|svelte|astro|html?|css|scss|sass|less|svg|xml|xsl|xaml|mdx?|rst|txt|adoc|tex|"
    r"json[5cl]?|ya?ml|toml|ini|cfg|conf|env|properties|lock|mod|sum|work|gradle|sbt|cmake|mk|nix|"
    r"sh|bash|zsh|fish|ps1|psm1|bat|cmd|csproj|sln|tf|tfvars|hcl|csv|tsv|log|diff|patch|tmpl|tpl|"
    r"j2|hbs|ejs|pug|snap|feature|http|pem|png|jpe?g|gif|webp|ico|pdf|pen|zip|example|local|sample)"
)
_FILE_NAME = re.compile(
    rf"(?![-.]*\Z)(?!\.{ENDING}\Z)(?!-)(?:\.?[^.].*)?\.{ENDING}\Z", re.IGNORECASE
)
_BARE_NAME = re.compile(
    "(?:Makefile|Dockerfile|Procfile|Gemfile|Rakefile|Jenkinsfile|Vagrantfile|LICENSE|CODEOWNERS)"
)
_SPECIAL_NAME = re.compile(
    rf"(?!\.(?!env\Z){ENDING}\Z)(?:\.[a-z][\w.-]{{2,}}|\w*{_BARE_NAME.pattern})\Z"
)
# From one dot to the next, as most lines have none.
_NAMING_LINE = re.compile(
    rf"^(?:[^\n.]*\.)+?(?:(?<=\w\.){ENDING}\b|(?<![^\s/\\\"'`]\.)[a-z])[^\n]*",
    re.IGNORECASE | re.MULTILINE,
)
_TWO_NAMES = re.compile(rf"\w\.{ENDING}/", re.IGNORECASE)  # "a.go/b.go" means both
_PATH_LIKE = re.compile(r"[\w.@+~:\\/-]+\Z")
_SCRIPT = re.compile(r"[ \n();]")
_URL = re.compile(r"https?:/|^www\.|\.(?:com|org|io|net|dev|cc)(?:/|$)")


class Paths:
    """Knows the root, and which folders exist in it as far as the session has shown."""

    def __init__(self, root: str) -> None:
        self.root = _slashes(root).rstrip("/").removeprefix("/private")
        self.folders: set[str] = set()
        self.names: dict[str, str] = {}
        self._known: dict[tuple[str, str], str] = {}
        self._meant: dict[tuple[str, str], list[str]] = {}

    def relative(self, path: str, folder: str = "") -> str:
        """`path`, written in `folder`, relative to the root; absolute if outside."""
        key = (path, folder)
        if key not in self._known:
            if len(self._known) > 20_000:
                self._known.clear()
            self._known[key] = self._relative(path, folder)
        return self._known[key]

    def _relative(self, path: str, folder: str) -> str:
        given = _slashes(path).strip("\"'").removeprefix("/private")
        if self.root[1:2] == ":":
            given = re.sub(r"^/([A-Za-z])/", r"\1:/", given)  # Git Bash on Windows
        if not given.startswith(("/", "~")) and given[1:2] != ":":
            given = _joined(folder, given)
        if "/." in given:
            given = _HERE.sub("", given)
        given = given.removeprefix("./")
        while ".." in given and (shorter := _UP.sub("", given)) != given:
            given = shorter
        if self.root and given.lower().startswith(self.root.lower() + "/"):
            given = given[len(self.root) + 1 :]
        return given.strip("/") if self.is_inside(given) else given

    def is_inside(self, path: str) -> bool:
        """Whether a path, as `relative` gives it, is in the repository."""
        return not path.startswith(("/", "~", "..")) and path[1:2] != ":"

    def learn(self, path: str) -> None:
        """Remember a file that surely is in the repository, and the folders it stands in."""
        name = path.rsplit("/", 1)[-1]
        self.names[name] = path if self.names.get(name, path) == path else ""
        while "/" in path:
            path = path.rsplit("/", 1)[0]
            if path in self.folders:
                return
            self.folders.add(path)

    def in_text(self, text: Clean, folder: str = "") -> Iterator[str]:
        """Files of the repository that an output names; bare names only if they are known to be."""
        yield from self._in_words(redact.without_marks(text), folder)

    def _in_words(self, text: str, folder: str) -> Iterator[str]:
        for token in dict.fromkeys(_IN_TEXT.findall(text)):
            if "/" in token or "\\" in token:
                yield from self._settled(token, folder)
            elif self.names.get(token.removeprefix("@")):
                yield self.names[token.removeprefix("@")]

    def in_command(self, command: Simple, folder: str = "") -> Iterator[str]:
        """Files of the repository that a command's words name; a script is read as a text."""
        for word in dict.fromkeys(command.words):
            if _SCRIPT.search(word) or len(word) > 300:
                yield from self._in_words(word, folder)
            elif not word.startswith("-"):
                yield from self._settled(word, folder)

    def _settled(self, token: str, folder: str) -> Iterator[str]:
        """The file that a token means: best one whose folder is known, or at least its top."""
        key = (token, folder)
        if key not in self._meant:
            self._meant[key] = self._candidates(token, folder)
        candidates = self._meant[key]
        for known in (self._has_folder, self.is_known):
            for path in candidates:
                if known(path):
                    yield path
                    return
        yield from candidates[:1]

    def _candidates(self, token: str, folder: str) -> list[str]:
        if "." not in token and not _BARE_NAME.search(token):
            return []
        if not _PATH_LIKE.match(token) or _URL.search(token):
            return []
        token = _PLACE.sub("", token) if ":" in token else token
        tokens = (token[1:], token) if token.startswith("@") else (token,)  # "@a.py" mentions a.py
        readings = dict.fromkeys(self.relative(t, f) for t in tokens for f in (folder, ""))
        candidates = [path for path in readings if self.is_inside(path) and is_file_like(path)]
        if candidates and not self.is_inside(_slashes(token)):
            self.learn(candidates[0])
        return candidates

    def _has_folder(self, path: str) -> bool:
        return "/" not in path or path.rpartition("/")[0] in self.folders

    def is_known(self, path: str) -> bool:
        """Whether a path's top folder is one that tools have worked in."""
        return "/" not in path or path.partition("/")[0] in self.folders


def naming_lines(text: str) -> str:
    """The lines of a text in which a file may be named, whole."""
    return "\n".join(dict.fromkeys(_NAMING_LINE.findall(text)))


def is_file_like(path: str) -> bool:
    """Whether a path, found in a text, is likely a file that somebody works on."""
    name = path.rsplit("/", 1)[-1]
    named = _FILE_NAME.match(name) or _SPECIAL_NAME.match(name)
    return named is not None and not _NOT_OURS.search(path) and not _TWO_NAMES.search(path)


def worth_keeping(path: str) -> bool:
    """Whether a path that a tool worked on belongs into a brief."""
    return bool(path) and not _NOT_OURS.search(path)


def _slashes(path: str) -> str:
    path = path.replace("\\", "/")
    return re.sub(r"/{2,}", "/", path) if "//" in path else path


def _joined(folder: str, path: str) -> str:
    folder = _slashes(folder).rstrip("/")
    return f"{folder}/{path}" if folder and folder != "." else path
