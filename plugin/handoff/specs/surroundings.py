"""What else is frozen around accepted tests: what they read, and what would be loaded in the place
of them or of their runner.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handoff.facts import test_files
from handoff.specs import globs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

# Top-level modules of runners, and those of the standard library that runners load: one of that
# name at the root, or in the test's folder, would be loaded instead. Names that projects use for
# modules of their own (calendar, json, platform, types, …) are not here.
_MODULES = (
    "unittest", "pytest", "_pytest", "pluggy", "iniconfig", "doctest", "nose2",
    "argparse", "ast", "bdb", "contextlib", "dataclasses", "difflib", "dis", "fnmatch", "functools",
    "gettext", "importlib", "inspect", "itertools", "linecache", "opcode", "pathlib", "pprint",
    "reprlib", "runpy", "shlex", "shutil", "subprocess", "tempfile", "textwrap", "threading",
    "tokenize", "traceback", "typing", "warnings", "weakref", "zipfile",
)  # fmt: skip
_LOADED = ("py", "pyc", "so", "*.so", "pyd", "*.pyd")  # how Python's modules end
# Installed plugins are found by these on the path, and the root is on it.
_PLUGINS = ("*.dist-info/**", "*.egg-info/entry_points.txt")
_NAMED_AS_TEST = re.compile(r"(?:test_.+|.+[._-](?:test|spec|cy|e2e)|.+Tests?|.+Spec|tests?)\.\w+")


def find_globs(targets: Iterable[str]) -> list[str]:
    """The globs of what would be loaded instead of the runner of these targets, or of the tests."""
    found: dict[str, None] = dict.fromkeys(_PLUGINS)
    folders = {"": None}
    for target in sorted(targets):
        parts = target.split("/")
        above = ["/".join(parts[:depth]) for depth in range(1, len(parts))]
        if above and test_files.is_test_file(f"{above[-1]}/_"):
            folders[above[-1]] = None
        found |= dict.fromkeys(f"{globs.escape(folder)}/__init__.py" for folder in above)
        found |= dict.fromkeys(
            f"{globs.escape(folder)}.{end}"
            for folder in above
            if test_files.is_test_file(f"{folder}/_")
            for end in _LOADED
        )
        found |= dict.fromkeys(find_shadows(target))
    for folder in folders:
        within = f"{globs.escape(folder)}/" if folder else ""
        for module in _MODULES:
            found |= dict.fromkeys(f"{within}{module}.{end}" for end in _LOADED)
        found |= {f"{within}{module}/**": None for module in _MODULES[:7]}
        found |= {f"{within}{module}/__init__.*": None for module in _MODULES[7:]}
    return [*found]


def find_shadows(path: str) -> list[str]:
    """The globs of what Python would load instead of a file."""
    if not path.endswith(".py"):
        return []
    stem = globs.escape(path.removesuffix(".py"))
    return [f"{stem}/__init__.*", *(f"{stem}.{end}" for end in _LOADED[1:])]


def find_material(tree: Mapping[str, object], targets: Collection[str]) -> set[str]:
    """The files of a commit that tests read: all in the folders of tests that targets are in, but
    for the tests there that no target names.
    """
    tops = {_top_of(target) for target in targets} - {""}
    folders = tuple(f"{top}/" for top in tops)
    return {
        path
        for path in tree
        if path.startswith(folders)
        and test_files.is_test_file(path)
        and (path.endswith(".snap") or not _NAMED_AS_TEST.fullmatch(path.rpartition("/")[2]))
    }


def _top_of(target: str) -> str:
    """The outermost folder of tests that a target is in, else its own folder."""
    parts = target.split("/")[:-1]
    for depth in range(1, len(parts) + 1):
        folder = "/".join(parts[:depth])
        if test_files.is_test_file(f"{folder}/_"):
            return folder
    return "/".join(parts)
