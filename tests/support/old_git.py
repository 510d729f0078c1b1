"""A stand-in for git 2.30: it refuses what came later, in that git's own words.

`old_git.py REAL [ARGUMENTS]...` is such a git, which has all the rest done by the REAL one. The
words and exit codes were taken from git 2.30.2; the versions are those of git's release notes.
"""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path

VERSION = "git version 2.30.2"
_WITH_VALUE = ("-C", "-c", "--git-dir", "--work-tree", "--namespace")
_ENVIRONMENT = (  # what it does not hear of
    *("GIT_CONFIG_COUNT", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_ATTR_SOURCE"),
    *("GIT_NO_LAZY_FETCH", "GIT_DEFAULT_REF_FORMAT", "GIT_ADVICE", "GIT_ATTR_GLOBAL"),
)
_BEFORE = ("--config-env", "--attr-source", "--no-lazy-fetch", "--no-advice")  # 2.31 to 2.46
_VERBS = (  # 2.36 to 2.54
    *("hook", "refs", "replay", "backfill", "diagnose", "diff-pairs", "last-modified", "repo"),
    *("history", "url-parse"),
)
_OPTIONS = {  # verb -> options that it does not know
    "branch": ("omit-empty", "recurse-submodules"),
    "cat-file": ("batch-command", "filter", "mailmap", "use-mailmap"),
    "check-attr": ("source",),
    "clone": ("bundle-uri", "also-filter-submodules", "reject-shallow", "ref-format", "revision"),
    "commit": ("trailer",),
    "config": ("comment", "show-names", "value", "url"),
    "diff-tree": ("merge-base",),
    "fetch": ("porcelain", "refetch", "negotiate-only"),
    "for-each-ref": ("exclude", "omit-empty", "stdin", "include-root-refs", "start-after"),
    "init": ("ref-format",),
    "ls-files": ("deduplicate", "format", "sparse"),
    "ls-remote": ("branches",),
    "ls-tree": ("format", "object-only"),
    "rev-parse": ("path-format", "exclude-hidden"),  # 2.30 prints them
    "reflog": ("list", "drop", "write"),
    "show-ref": ("exists",),
    "stash": ("staged",),
    "symbolic-ref": ("no-recurse", "recurse"),
    "update-index": ("show-index-version",),
    "update-ref": ("batch-updates",),
    "worktree": ("orphan", "reason", "relative-paths"),
}
_SWITCHES = {"cat-file": ("Z", "z"), "worktree": ("z",)}
_HISTORY = ("log", "rev-list", "show", "diff")
_OF_HISTORY = (
    *("since-as-filter", "remerge-diff", "exclude-first-parent-only", "diff-merges", "dd"),
    *("no-commit-header", "commit-header", "disk-usage", "exclude-hidden", "maximal-only"),
)
_FIELDS = re.compile(r"%\(((?:ahead-behind|is-base|describe)\b[^)]*)\)")


def refusal(arguments: list[str]) -> tuple[str, int] | None:
    """What git 2.30 says of these arguments, and its exit code; None if it takes them."""
    rest = iter(arguments)
    for word in rest:
        if word.startswith(_BEFORE):
            return f"unknown option: {word}", 129
        if word in _WITH_VALUE:
            next(rest, "")
        elif not word.startswith("-"):
            return _of_verb(word, list(rest))
    return None


def _of_verb(verb: str, words: list[str]) -> tuple[str, int] | None:
    if verb in _VERBS:
        return f"git: '{verb}' is not a git command. See 'git --help'.", 1
    if verb == "config" and words[:1] and words[0] in ("get", "set", "unset", "list", "edit"):
        return f"error: key does not contain a section: {words[0]}", 2
    if verb == "merge-tree" and "--write-tree" in words:
        return "fatal: unknown rev --write-tree", 128
    if verb == "sparse-checkout" and words[:1] == ["check-rules"]:
        return "usage: git sparse-checkout (init|list|set|add|reapply|disable) <options>", 129
    options = words[: words.index("--")] if "--" in words else words
    return next(filter(None, (_of_option(verb, word) for word in options)), None)


def _of_option(verb: str, word: str) -> tuple[str, int] | None:
    name = word.lstrip("-").partition("=")[0] if word.startswith("--") else ""
    if name in _OPTIONS.get(verb, ()):
        return f"error: unknown option `{word[2:]}'", 129
    if verb in _HISTORY and name in _OF_HISTORY and word != "--diff-merges=off":
        return f"fatal: unrecognized argument: {word}", 128
    if field := _FIELDS.search(word):
        return f"fatal: unknown field name: {field[1]}", 128
    if word[:1] == "-" and word[1:] in _SWITCHES.get(verb, ()):
        return f"error: unknown switch `{word[1:]}'", 129
    return None


def install(folder: Path, real: str) -> None:
    """Put it into `folder` as `git`, in front of the `real` one."""
    program = folder / "git"
    program.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -I -S "{Path(__file__).resolve()}" "{real}" "$@"\n'
    )
    program.chmod(0o755)


def main() -> None:
    """Be git 2.30."""
    real, *arguments = sys.argv[1:]
    if arguments in (["version"], ["--version"]):
        print(VERSION)
        return
    refused = refusal(arguments)
    if refused:
        words, code = refused
        print(words, file=sys.stderr)
        sys.exit(code)
    env = {name: value for name, value in os.environ.items() if name not in _ENVIRONMENT}
    os.execve(real, [real, *arguments], env)


if __name__ == "__main__":
    main()
