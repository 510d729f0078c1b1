"""Statements in a brief's `State` checked against the facts: contradicted, or not to be found.

Pure: words, facts and lookups in, findings out. Only what is plainly wrong is found: a sentence
with any doubt, plan, question, negation or other tense in it is left alone (see `clauses`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import quoting
from handoff.brief.clauses import Clause, clauses, is_hedged, words_of
from handoff.brief.sections import STATE
from handoff.facts import file_paths

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from handoff.facts.model import CommandUse, Facts

MAX_FINDINGS = 12
_LINES, _LINE_CHARS, _STATE_CHARS = 2_000, 4_000, 100_000
_STATEMENT_CHARS = 160


@dataclass(frozen=True)
class Finding:
    """One statement with the reason why it is doubted. `contradicts`: the facts say the opposite;
    otherwise what it names could not be found.
    """

    statement: str
    reason: str
    contradicts: bool

    def __str__(self) -> str:
        return f"“{self.statement}”: {self.reason}."


@dataclass(frozen=True)
class Lookups:
    """What must be asked of the repository; each is called only for a statement that needs it.

    Paths are as written, relative to the root. `has_file`: it is there now; `is_known`: some file
    of the worktree ends with this path; `has_folder`: the folder is there; `text_of`: a file's
    text, None if it is none; `dirty`: tracked files with uncommitted changes, None if unknown.
    """

    has_commit: Callable[[str], bool]
    has_file: Callable[[str], bool]
    has_folder: Callable[[str], bool]
    is_known: Callable[[str], bool]
    text_of: Callable[[str], str | None]
    dirty: Callable[[], tuple[str, ...] | None]


def check(sections: Mapping[str, str], facts: Facts, lookups: Lookups) -> tuple[Finding, ...]:
    """The findings in a brief's `State`, contradictions first, each statement once.

    Of a longer State than anybody writes only the beginning is looked at.
    """
    findings: dict[str, Finding] = {}
    lines = sections.get(STATE, "").split("\n")[:_LINES]
    for clause in clauses("\n".join(line[:_LINE_CHARS] for line in lines)[:_STATE_CHARS]):
        for finding in (
            *_tests(clause, facts),
            *_commits(clause, facts, lookups),
            *_clean(clause, facts, lookups),
            *_files(clause, facts, lookups),
        ):
            findings.setdefault(f"{finding.statement}\0{finding.reason}", finding)
    return tuple(sorted(findings.values(), key=lambda f: not f.contradicts))[:MAX_FINDINGS]


def render(findings: tuple[Finding, ...]) -> str:
    """The body of a brief's `## Findings`, "" for none."""
    return "\n".join(f"- {quoting.line(str(finding))}" for finding in findings)


# --- tests and other commands ------------------------------------------------------------------

_TESTED = frozenset({"test", "tests", "suite", "testsuite", "test-suite"})
_PASSES = frozenset({"pass", "passes", "passing", "passed", "green", "succeed", "succeeds"})
_NEUTRAL = frozenset(
    re.findall(
        r"\S+",
        "a again all and are as at be been both cleanly complete completed completely "
        "confirmed current currently done entire every everything existing fine full fully "
        "has have i in is it locally now of our out own proof proven ran result results run "
        "runs so state status still suite test test-suite testing tests testsuite the then "
        "these they total verified we well whole with work working works yes ",
    )
)
_PROOF = re.compile(
    r"\b(?:proven|proved|verified|confirmed|checked|tested)\s+(?:by|with|via|using)\s*$"
)
_SHOWN = re.compile(
    r"`\s*(?::|->|=>|→)\s*(?:all\s+)?(?:\d+(?:/\d+)?\s+)?(?:pass(?:ed|es|ing)?|ok|green)\b", re.I
)
_TEST_LIKE = re.compile(r"test|spec|jest|mocha|nox|tox|vitest|playwright|cypress", re.IGNORECASE)
_SELECTS = re.compile(
    r"\s(?:-k|-run|-t|-g|--grep|--filter|--testNamePattern)\b|::|\bpytest\b.*\s-m\b"
)


def _tests(clause: Clause, facts: Facts) -> Iterator[Finding]:
    """A command or the tests said to pass, whose last run failed."""
    if not clause.is_plain:
        return
    words = words_of(clause.text)
    run = None
    if clause.spans:
        before = clause.text.partition("`")[0].lower()
        if len(clause.spans) == 1 and (
            _PASSES.intersection(words) or _PROOF.search(before) or _SHOWN.search(clause.sentence)
        ):
            run = _named(clause.spans[0], facts)
    elif _PASSES.intersection(words) and _TESTED.intersection(words):
        specific = set(words + words_of(clause.label)) - _NEUTRAL - _PASSES
        run = None if specific else _last_tests(facts)
    if run is not None and _failed(run, facts):
        told = f": {run.counts}" if run.counts else f": {run.why[0]}" if run.why else ""
        yield Finding(_quoted(clause), f"the last run of `{_short(run.text)}` failed{told}", True)


def _named(span: str, facts: Facts) -> CommandUse | None:
    """The command that a span names, whole."""
    text = " ".join(span.removeprefix("$ ").split())
    for use in (*facts.commands, *facts.failures):
        if text == use.text or (text == use.head and not _SELECTS.search(use.text)):
            return use
    return None


def _last_tests(facts: Facts) -> CommandUse | None:
    runs = [use for use in facts.commands if use.counts or _TEST_LIKE.search(use.head)]
    last = min(runs, key=lambda use: use.age, default=None)
    # Of several in one command line it is not known which one failed.
    return None if last is None or _SELECTS.search(last.text) else last


def _failed(run: CommandUse, facts: Facts) -> bool:
    """Whether a run surely failed: its own figures say so, or it was alone in its line."""
    if run.ok is not False:
        return False
    if run.counts is not None:
        return run.counts.failed > 0
    return sum(use.age == run.age for use in facts.commands) == 1


# --- commits -----------------------------------------------------------------------------------

_SHA = re.compile(r"(?<![\w./#-])(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{7,40}(?![\w/-]|\.\w)")
_COMMIT_WORD = re.compile(r"\bcommit(?:s|ted)?\b", re.IGNORECASE)
_GONE = re.compile(
    r"\b(?:rebas\w*|amend\w*|squash\w*|dropped|gone|reset|lost|revert\w*|submodule|fork|repo\w*|"
    r"cherry\w*|docker|image|build)\b",
    re.IGNORECASE,
)


def _commits(clause: Clause, facts: Facts, lookups: Lookups) -> Iterator[Finding]:
    """A commit that is named and does not exist."""
    if not (_COMMIT_WORD.search(f"{clause.label} {clause.sentence}") and clause.is_plain):
        return
    if _GONE.search(clause.sentence):
        return
    known = [commit.sha for commit in facts.commits if commit.sha]
    for sha in _SHA.findall(clause.text):
        if any(k.startswith(sha) or sha.startswith(k) for k in known) or lookups.has_commit(sha):
            continue
        yield Finding(_quoted(clause), f"this repository has no commit {sha}", True)


_ALL_COMMITTED = re.compile(
    r"\b(?:everything|all(?: (?:of )?(?:the|my|our|these))?(?: (?:changes|work|edits|files))?)"
    r"(?: (?:is|are|has been|have been))?(?: now| already)? committed\b",
    re.IGNORECASE,
)
_CLEAN = re.compile(
    r"\b(?:(?:the )?(?:git )?(?:work(?:ing)?[ -]?(?:tree|directory|copy)|worktree|git status)"
    r" (?:is |now )*clean"
    r"|(?:there (?:is|are) )?(?:no|nothing) uncommitted(?: (?:changes|work))?)\b",
    re.IGNORECASE,
)


def _clean(clause: Clause, facts: Facts, lookups: Lookups) -> Iterator[Finding]:
    """All said to be committed, while tracked files have changes."""
    everything, clean = _ALL_COMMITTED.search(clause.text), _CLEAN.search(clause.text)
    match = everything or clean
    if match is None or clause.is_planned or is_hedged(clause.sentence.replace(match[0], " ")):
        return
    dirty = lookups.dirty() or ()
    if not clean:  # what was dirty before the session is not its work
        ours = {file.path for file in facts.files if file.edits}
        dirty = tuple(path for path in dirty if path in ours)
    if dirty:
        names = ", ".join(dirty[:3]) + (f" and {len(dirty) - 3} more" if len(dirty) > 3 else "")
        yield Finding(_quoted(clause), f"git has uncommitted changes in {names}", True)


# --- files and what is in them -----------------------------------------------------------------

_PATH = re.compile(
    r"(?<![\w@:/.~$<{*-])(?:\./)?[\w.@+-]+(?:/[\w.@+-]+)+\.[A-Za-z]\w{0,9}(?![\w/*<{(])"
)
_SYMBOL_AFTER = re.compile(r"::?([A-Za-z_]\w{2,60})(?:\(\))?(?=$|[\s`,;.)\]])")
_SYMBOL_BEFORE = re.compile(r"`([A-Za-z_]\w{2,60})(?:\(\))?`\s+(?:is\s+)?(?:in|of|from)\s+`?\Z")
_MADE = re.compile(
    r"\b(?:created|added|wrote|written|implemented|exists?|contains|lives|saved)\b", re.IGNORECASE
)
_ABSENT = re.compile(
    r"\b(?:delet\w+|remov\w+|renam\w+|mov(?:ed|es|ing)|replac\w+|obsolete|gitignored?|generated|"
    r"generates|output|build|temporary|temp|outside|clone|create|creates|add|adds|write|writes|new|"
    r"implement|extract\w*|split\w*|merg\w+)\b",
    re.IGNORECASE,
)


def _files(clause: Clause, facts: Facts, lookups: Lookups) -> Iterator[Finding]:
    """A path that is not there; a name that its file does not hold."""
    if not clause.is_plain:
        return
    for match in _PATH.finditer(clause.text):
        path = match[0].removeprefix("./")
        if not file_paths.is_file_like(path) or _is_elsewhere(path, facts):
            continue
        if not lookups.has_file(path):
            if lookups.is_known(path):
                continue
            is_created = _MADE.search(clause.text) is not None
            named = clause.is_english and not _ABSENT.search(clause.sentence)
            # Only what can be meant from the root: its first folder stands there.
            ours = lookups.has_folder(path.partition("/")[0]) and not is_hedged(clause.line)
            if ours and (is_created or named):
                yield Finding(_quoted(clause), f"there is no file {path}", is_created)
            continue
        name = _SYMBOL_AFTER.match(clause.text, match.end())
        name = name or _SYMBOL_BEFORE.search(clause.text[: match.start()])
        if name and not _ABSENT.search(clause.sentence):
            text = lookups.text_of(path)
            if text is not None and not re.search(rf"(?<!\w){name[1]}(?!\w)", text):
                yield Finding(_quoted(clause), f"{path} does not contain {name[1]}", False)


def _is_elsewhere(path: str, facts: Facts) -> bool:
    """Whether the session worked on such a file outside of the repository, or removed it."""
    return any(
        (file.deleted or file.path.startswith(("/", "~", "..")))
        and f"/{file.path}".endswith(f"/{path}")
        for file in facts.files
    )


def _quoted(clause: Clause) -> str:
    text = " ".join(clause.sentence.split())
    return (
        text if len(text) <= _STATEMENT_CHARS else " ".join(clause.text.split())[:_STATEMENT_CHARS]
    )


def _short(text: str) -> str:
    return text if len(text) <= 80 else text[:79] + "…"
