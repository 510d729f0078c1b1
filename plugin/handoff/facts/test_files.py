"""Which files of a repository are tests, or configure the programs that run tests, by their names.

The conventions of the ecosystems as one table. A name says nothing of the content: a file that is a
test under no convention is one only if a command names it (`facts.test_commands`).
"""

from __future__ import annotations

import configparser
import json
import re
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# Folders that hold tests and what these read: fixtures, snapshots, helpers.
_FOLDERS = frozenset({
    "tests", "test", "__tests__", "__mocks__", "__snapshots__", "spec", "e2e", "cypress",
    "testdata", "integration_tests", "integration-tests", "androidtest",
})  # fmt: skip
# Folders in which nothing is a test of this repository: installed, generated, or our own.
SKIPPED_FOLDERS = frozenset({
    ".git", ".hg", ".svn", ".handoff", "node_modules", "bower_components", "site-packages",
    "__pycache__", ".venv", "venv", ".tox", ".nox", "vendor",
    ".claude", ".worktrees",  # worktrees of their own
})  # fmt: skip
_TESTS = re.compile(
    r"""(?: test_.+\.pyi? | .+_test\.py | tests?\.py                            # Python
        | .+_test\.go                                                          # Go
        | .+\.(?:test|spec|cy|e2e)\.(?:js|jsx|ts|tsx|mjs|cjs|mts|cts|vue|svelte)
        | .+\.snap                                                             # JavaScript
        | .+_(?:spec|test)\.rb | test_.+\.rb                                   # Ruby
        | .+(?:Test|Tests|IT|Spec)\.(?:java|kt|kts|scala|groovy)               # JVM
        | .+Test\.php | .+\.phpt                                               # PHP
        | .+Tests?\.(?:cs|fs|vb|swift)                                         # .NET, Swift
        | .+_test\.(?:exs|dart|rs|c|cc|cpp|cxx|jl) | test_.+\.(?:c|cc|cpp|cxx|jl|el|R)
        | test-.+\.[Rr] | .+\.bats | .+\.feature | .+\.t
        )\Z""",
    re.VERBOSE,
)
# Files that do nothing but tell a program how to run tests, or are loaded by each Python.
_CONFIGURATION = re.compile(
    r"""(?: conftest\.py | \.?pytest\.(?:ini|toml) | tox\.(?:ini|toml) | noxfile\.py | \.coveragerc
        | (?:sitecustomize|usercustomize)\.py
        | (?:jest|vitest|playwright|cypress|wdio|ava|nightwatch|testcafe|web-test-runner)
          (?:[.-][\w-]+)*\.config\.\w+ | vitest\.workspace\.\w+ | cypress\.json
        | (?:jest|vitest)\.setup\.\w+ | karma\.conf\.\w+ | wdio\.conf\.\w+ | wdio\..+\.conf\.\w+
        | \.mocharc(?:\.\w+)? | \.nycrc(?:\.\w+)? | \.c8rc(?:\.\w+)? | \.taprc
        | \.rspec | phpunit(?:\.dist)?\.xml | phpunit\.xml\.dist | Pest\.php
        | nextest\.toml | \.bats\.conf | behave\.ini
        )\Z""",
    re.VERBOSE,
)
_TOOLS = ("pytest", "tox", "nox", "coverage", "poe", "taskipy", "hatch", "pdm", "nose2")
_PACKAGE_KEYS = ("scripts", "jest", "mocha", "ava", "vitest", "c8", "nyc", "tap", "jasmine")
_CFG_SECTIONS = ("tool:pytest", "pytest", "aliases", "nosetests", "unittest", "tool:nosetests")


def is_test_file(path: str) -> bool:
    """Whether a file (POSIX path from the root) is a test, what a test reads, or its configuration,
    by the names of the file and of the folders that it is in.
    """
    *folders, name = path.split("/")
    if not SKIPPED_FOLDERS.isdisjoint(folders):
        return False
    in_tests = any(folder.lower() in _FOLDERS for folder in folders)
    return in_tests or _TESTS.match(name) is not None or is_test_configuration(path)


def is_test_configuration(path: str) -> bool:
    """Whether the file tells programs how to run tests. Of the files that do more than that
    (`package.json`, `pyproject.toml`, `setup.cfg`), only `settings_of` tells what they say of it.
    """
    name = path.rpartition("/")[2]
    return _CONFIGURATION.match(name) is not None or name in _READERS


def settings_of(path: str, raw: bytes) -> Any:
    """What the file says of running tests: a value to compare. Of a file that is about nothing else
    these are its bytes; so they are of one that cannot be read.
    """
    read = _READERS.get(path.rpartition("/")[2])
    if read is None:
        return raw
    try:
        return read(raw.decode())
    except (ValueError, RecursionError, configparser.Error):
        return raw


def is_shared_with_code(path: str) -> bool:
    """Whether the file also says what is no matter of tests, so that work may have to change it."""
    return path.rpartition("/")[2] in _READERS


def _of_package(text: str) -> Any:
    values = json.loads(text)
    return {key: values[key] for key in _PACKAGE_KEYS if key in values}


def _of_pyproject(text: str) -> Any:
    if sys.version_info >= (3, 11):
        import tomllib

        tool = tomllib.loads(text).get("tool", {})
        return {key: tool[key] for key in _TOOLS if key in tool}
    raise ValueError("this Python reads no TOML")


def _of_setup_cfg(text: str) -> Any:
    parser = configparser.RawConfigParser(strict=False)
    parser.read_string(text)
    return {name: dict(parser[name]) for name in _CFG_SECTIONS if parser.has_section(name)}


_READERS: dict[str, Callable[[str], Any]] = {
    "package.json": _of_package,
    "pyproject.toml": _of_pyproject,
    "setup.cfg": _of_setup_cfg,
}
