"""Which files the commands that verify a task name, or are known to read: pure, by their words.

A file that such a command names may be the work itself (`python3 app.py --check`). It counts as
part of the verification only where the name or the program says so: the argument of a program that
runs tests, a shell script that is run, or a file whose name speaks of checking.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handoff.facts import shell_commands, test_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from handoff.redact.redact import Clean

_RUNNERS = re.compile(
    r"(?:pytest|py\.test|unittest|nose2|trial|jest|vitest|mocha|ava|tap|playwright|cypress|rspec|"
    r"phpunit|pest|bats|prove|behave|cucumber|busted|karma|jasmine|nox|tox)\Z"
)
# Programs, and the files that they take their orders from (in the folder where they run).
_READ_BY = {
    **dict.fromkeys(("make", "gmake"), ("Makefile", "makefile", "GNUmakefile")),
    **dict.fromkeys(("npm", "npx", "yarn", "pnpm", "bun"), ("package.json",)),
    "just": ("justfile", "Justfile", ".justfile"),
    "task": ("Taskfile.yml", "Taskfile.yaml"),
    "rake": ("Rakefile", "rakefile"),
    "invoke": ("tasks.py",),
    "deno": ("deno.json", "deno.jsonc"),
    "composer": ("composer.json",),
    "ant": ("build.xml",),
}
_INTERPRETERS = re.compile(
    r"(?:sh|bash|zsh|dash|ksh|source|\.|python[\d.]*|pypy3?|node|tsx|ruby|perl|php|lua|run)\Z"
)
_CHECKS = re.compile(r"test|spec|check|verif|e2e|smoke|accept|assert|validat", re.IGNORECASE)
_SCRIPT = re.compile(r".+\.(?:sh|bash|zsh|bats)\Z")
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*\Z")
_MOST_WORDS = 400


def named_paths(commands: Iterable[Clean]) -> frozenset[str]:
    """The paths (POSIX, from the root) that commands name as what verifies, whether they exist or
    not: files, and folders whose tests are meant. `tests.test_notes.Case` names all that it may
    stand for.
    """
    found: set[str] = set()
    for line in commands:
        for simple in shell_commands.split(line):
            found |= set(_of_command(simple.words[:_MOST_WORDS], simple.folder))
    return frozenset(path for path in found if path)


def _of_command(words: tuple[str, ...], folder: str) -> Iterator[str]:
    names = [word.rpartition("/")[2] for word in words]
    is_runner = any(_RUNNERS.match(name) for name in names[:6])
    for name in names[:3]:
        for path in _READ_BY.get(name, ()):
            yield _joined(folder, path)
    for number, word in enumerate(words):
        before = next((name for name in reversed(names[:number]) if name[:1] != "-"), "")
        is_run = number == 0 or _INTERPRETERS.match(before) is not None
        for part in dict.fromkeys((word, word.partition("=")[2])):
            path = _joined(folder, re.split(r"::|:\d+\Z", part, maxsplit=1)[0])
            if not path or part.startswith("-"):
                continue
            says_so = _SCRIPT.match(path) is not None or _CHECKS.search(path) is not None
            if is_runner or test_files.is_test_file(path) or (is_run and says_so):
                yield path
            if (is_runner or (is_run and says_so and "-m" in words)) and _MODULE.match(part):
                yield from _of_module(part, folder)


def _of_module(name: str, folder: str) -> Iterator[str]:
    """Dotted names: a module, a package, or a class or function in one of these."""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        path = _joined(folder, "/".join(parts[:count]))
        yield f"{path}.py"
        if count == len(parts):
            yield path


def _joined(folder: str, path: str) -> str:
    """A path from the root, "" for one that is outside, or no plain path."""
    if path.startswith(("/", "~")) or folder.startswith(("/", "~")) or re.search(r"[$`*?\n]", path):
        return ""
    parts: list[str] = []
    for part in f"{folder}/{path}".split("/"):
        if part == "..":
            if not parts:
                return ""
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
