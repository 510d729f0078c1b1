"""Globs of frozen files, and those that are frozen in every spec.

`**` stands for any folders, `*` and `?` for characters of one name, `[…]` for one of them. Paths
are POSIX, from the root of the repository; upper and lower case differ.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

# What runners load by its name alone, so that a new file can change what every test says. Not here
# is what work changes legitimately: of pyproject.toml, setup.cfg and package.json only the settings
# of runners are frozen (`specs.runner_settings`), and a Makefile has to be named by the spec.
BUILT_IN = (
    # pytest and unittest (docs.pytest.org, "Configuration"; docs.python.org, "site")
    "**/conftest.py", "pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml", "tox.ini",
    ".coveragerc", "**/sitecustomize.py", "**/usercustomize.py",
    # JavaScript
    "**/jest.config.*", "**/jest.setup.*", "**/vitest.config.*", "**/vitest.workspace.*",
    "**/playwright.config.*", "**/cypress.config.*", "**/karma.conf.*", "**/.mocharc*",
    "**/ava.config.*",
    # others
    "phpunit.xml*", ".rspec", "**/spec_helper.rb", "**/rails_helper.rb", "**/test_helper.exs",
    "**/testthat.R", ".cargo/config*", "nextest.toml",
)  # fmt: skip


def compile_globs(globs: Iterable[str]) -> re.Pattern[str]:
    """What matches a path that any of the globs matches."""
    return re.compile("|".join(f"(?:{_safe(glob)})" for glob in globs) or r"(?!)", re.DOTALL)


def escape(path: str) -> str:
    """The glob that matches this path alone."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in path)


def _safe(glob: str) -> str:
    """The same for one; a glob with a range that has no meaning, as `[z-a]`, is a plain name."""
    translated = _translate(glob)
    try:
        re.compile(translated)
    except re.error:
        return re.escape(glob)
    return translated


def _translate(glob: str) -> str:
    """A glob as a regular expression for `fullmatch`."""
    parts = []
    at = 0
    while at < len(glob):
        if glob.startswith("**/", at) and (at == 0 or glob[at - 1] == "/"):
            parts.append("(?:[^/]+/)*")
            at += 3
        elif glob.startswith("**", at):
            parts.append(".*")
            at += 2
        elif glob[at] == "*":
            parts.append("[^/]*")
            at += 1
        elif glob[at] == "?":
            parts.append("[^/]")
            at += 1
        elif glob[at] == "[" and (end := glob.find("]", at + 2)) > 0:
            inner = glob[at + 1 : end].replace("\\", "\\\\").replace("[", "\\[")
            inner = f"^{inner[1:]}" if inner[:1] in "!^" else inner
            parts.append(f"[{inner}]")
            at = end + 1
        else:
            parts.append(re.escape(glob[at]))
            at += 1
    return "".join(parts)
