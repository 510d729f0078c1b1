"""Statements checked against facts: contradicted, not found, or left alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.brief.clauses import clauses
from handoff.brief.lint import MAX_FINDINGS, Finding, Lookups, check, render
from handoff.client.transcript import events as ev
from handoff.facts.gather import gather_facts

if TYPE_CHECKING:
    from handoff.facts.model import Facts

FILES = {
    "src/auth.py": "class RefreshLock:\n    def acquire(self): ...\n",
    "src/deep/store.py": "def save(): ...\n",
    "tests/test_auth.py": "def test_refresh(): ...\n",
}


def lookups(dirty: tuple[str, ...] | None = ("src/auth.py", "notes.txt")) -> Lookups:
    """A repository with FILES, the commit abc1234 and two changed files."""
    return Lookups(
        has_commit="abc1234def".startswith,
        has_file=lambda path: path in FILES,
        has_folder=lambda path: path in ("src", "tests", "docs"),
        is_known=lambda path: any(f"/{known}".endswith(f"/{path}") for known in FILES),
        text_of=FILES.get,
        dirty=lambda: dirty,
    )


def session(*runs: tuple[str, str, bool]) -> Facts:
    """A session that edited src/auth.py and ran commands: line, output, whether it went well."""
    events: list[ev.Event] = [ev.Place("/r", "main", "s", "2.1.330", "")]
    events.append(ev.Call("e", "Edit", "edit", ("/r/src/auth.py",), "", "x", ""))
    events.append(ev.Result("e", True, "updated", ""))
    for number, (line, out, ok) in enumerate(runs):
        events.append(ev.Call(f"c{number}", "Bash", "command", (), line, "", ""))
        events.append(ev.Result(f"c{number}", ok, out, ""))
    return gather_facts(events, "/r")


FAILED = session(
    ("mypy src", "Success: no issues found", True),
    ("npm run build", "error TS2304: Cannot find name", False),
    ("git commit -m 'Fix'", "[main 9f8e7d6] Fix\n 1 file changed", True),
    ("pytest -q tests/test_auth.py", "1 passed in 0.1s", True),
    ("pytest -q", "FAILED tests/test_auth.py\n2 failed, 10 passed in 1.2s", False),
)
PASSED = session(
    ("pytest -q", "2 failed, 10 passed in 1.2s", False), ("pytest -q", "12 passed in 1s", True)
)


def check_state(state: str, facts: Facts = FAILED, about: Lookups | None = None) -> list[Finding]:
    return list(check({"State": state}, facts, about or lookups()))


@pytest.mark.parametrize(
    "state",
    [
        "All tests pass.",
        "all tests are passing",
        "The full test suite is green.",
        "Done and proven: the tests pass.",
        "- Done: auth rewritten, all tests pass",
        "- [x] All 12 tests pass ✅",
        "**Done**\n- Fixed the race. Tests pass.",
        "## Done and proven\n\nThe whole suite passes now.",
        "The race is fixed (all tests pass).",
        "The race is fixed; all tests passed.",
        "`pytest -q` passes.",
        "Fixed the race, `pytest -q` is green.",
        "Done and proven by `pytest -q`.",
        "`pytest -q`: 12 passed",
        "Verified with `pytest -q`",
        "All tests still pass.",
        "The build succeeds: `npm run build` passes.",
    ],
)
def test_a_pass_that_the_last_run_contradicts(state: str) -> None:
    """The last run failed by its own figures, or alone in its line: the statement goes back."""
    (finding,) = check_state(state)

    assert finding.contradicts
    assert "the last run of `" in finding.reason
    assert "` failed" in finding.reason


@pytest.mark.parametrize(
    "state",
    [
        # negations and doubts
        "Tests do not pass.",
        "The tests are not yet passing.",
        "Not all tests pass.",
        "No tests pass.",
        "The tests never passed.",
        "Tests don't pass.",
        "Tests aren't green.",
        "The tests pass, except two.",
        "Only the unit tests pass.",
        "Most tests pass.",
        "Some tests pass; two fail.",
        "10 of 12 tests passed, 2 failed.",
        "Almost all tests pass.",
        "The tests probably pass.",
        "I think all tests pass.",
        "The tests seem to pass.",
        "It is unclear whether all tests pass.",
        "Unverified: all tests pass.",
        "All tests pass, but the suite was run without auth.",
        "The user says all tests pass.",
        # plans, questions, conditions, wishes
        "Next: make all tests pass.",
        "All tests should pass.",
        "All tests must pass before the release.",
        "Done when all tests pass.",
        "Goal: all tests pass.",
        "To do: get the suite green.",
        "Run the suite until all tests pass.",
        "If all tests pass, commit.",
        "Do all tests pass?",
        "We want all tests to pass.",
        "I will make the tests pass.",
        "The tests would pass with a lock.",
        "Once the lock is in, all tests pass.",
        "Make sure the tests pass.",
        "Why the tests pass is open.",
        # other times and places
        "All tests passed before the rename.",
        "Earlier all tests were green.",
        "All tests were passing.",
        "Previously: all tests pass.",
        "All tests pass on main.",
        "All tests pass in CI.",
        "All tests pass upstream.",
        "On the old branch all tests pass.",
        # something narrower than the last run, or another thing
        "`pytest -q tests/test_auth.py` passes.",
        "The auth tests pass.",
        "The new tests pass.",
        "Tests for the parser pass.",
        "Frontend: all tests pass.",
        "`mypy src` passes.",
        "`cargo test` passes.",
        "`ruff check` is green.",
        "The token passes through the lock.",
        "The green button has tests.",
        "A passing mention of tests.",
        "The review passed.",
        # under a label that takes it back, quoted, or code
        "Failing:\n- all tests pass",
        "**Not done**\n- All tests pass",
        "## Open\nAll tests pass.",
        "Done, not proven: all tests pass.",
        "- [ ] All tests pass",
        "> All tests pass.",
        "```\nAll tests pass.\n```",
        "In progress: all tests pass",
        # other languages
        "Alle Tests sind grün.",
        "Die Tests sind noch nicht green.",
        "Tous les tests passent.",
        "Los tests pasan.",
        "すべてのテストは pass していない",
        "所有 tests 还没有 pass",
        "Тесты не pass",
        # hashes, commits, cleanliness
        "Committed as abc1234.",
        "Committed as 9f8e7d6.",
        "The commit 0badc0de1 is gone after the rebase.",
        "The commit 1234567 is a number.",
        "Docker image sha256 0badc0de1 is built.",
        "Not everything is committed.",
        "Next: everything is committed.",
        "Nothing is committed yet.",
        "The working tree is not clean.",
        "Make sure the working tree is clean.",
        "The lock is committed.",
        # files and names
        "`src/auth.py` holds the lock and `brief_files.py` the rest.",
        "`deep/store.py` was split and the rest follows.",
        "Create `src/new.py` with the lock.",
        "Next: `src/new.py` with the lock.",
        "`src/old.py` is deleted and the imports follow.",
        "`src/neu.py` muss noch angelegt werden.",
        "`src/neu.py` fehlt noch",
        "Look at `lib/unknown.py` and the docs.",
        "Docs are at https://example.org/src/none.py and the wiki.",
        "`src/*.py` and `src/<name>.py` and `src/{a,b}.py` are typed.",
        "`~/src/none.py` and `/src/none.py` and `../src/none.py`.",
        "Node.js/Vue.js and and/or.py are the stack.",
        "`RefreshLock` in `src/auth.py` is done.",
        "`src/auth.py:RefreshLock` and `src/auth.py:12` and `src/auth.py::acquire`.",
        "Add `release()` in `src/auth.py` with the lock.",
        "",
    ],
)
def test_what_is_left_alone(state: str) -> None:
    """A false alarm costs more than a miss: whatever is not plainly wrong is no finding."""
    assert check_state(state) == []


def test_a_later_success_settles_it() -> None:
    """Only the last run counts."""
    assert check_state("All tests pass. `pytest -q` passes.", PASSED) == []


def test_of_several_in_one_line_it_is_not_known_which_failed() -> None:
    """A chain that failed says nothing of each part, unless a part's own figures do."""
    chain = session(("ruff check . && mypy src", "Found 3 errors", False))
    assert check_state("`ruff check .` passes. `mypy src` passes.", chain) == []

    chain = session(("ruff check . && pytest -q", "All checks passed!\n12 passed in 1s", False))
    assert check_state("All tests pass. `pytest -q` passes.", chain) == []


def test_a_module_that_is_run_selects_nothing() -> None:
    """`python -m unittest` is all tests; `pytest -m slow` is some."""
    whole = session(
        ("python3 -m unittest -q", "Ran 2 tests in 0.001s\n\nFAILED (failures=1)", False)
    )
    assert len(check_state("All tests pass.", whole)) == 1
    assert (
        check_state("All tests pass.", session(("pytest -m slow", "1 failed in 1s", False))) == []
    )


def test_no_run_no_finding() -> None:
    """Without any test run there is nothing that contradicts."""
    assert check_state("All tests pass. `pytest -q` passes.", session()) == []


@pytest.mark.parametrize(
    ("state", "reason", "contradicts"),
    [
        ("Fixed and committed as 0badc0de1.", "no commit 0badc0de1", True),
        ("Commits: abc1234, deadbee1.", "no commit deadbee1", True),
        ("All changes are committed.", "uncommitted changes in src/auth.py", True),
        ("Everything is committed.", "uncommitted changes in src/auth.py", True),
        ("The working tree is clean.", "in src/auth.py, notes.txt", True),
        ("There are no uncommitted changes.", "in src/auth.py, notes.txt", True),
        ("Created `src/lock.py` with the lock.", "no file src/lock.py", True),
        ("The lock lives in src/lock.py.", "no file src/lock.py", True),
        ("The lock and `src/lock.py` are done.", "no file src/lock.py", False),
        ("`src/auth.py::test_none` and the rest are done.", "does not contain test_none", False),
        ("`RefreshLok` in `src/auth.py` is done.", "does not contain RefreshLok", False),
    ],
)
def test_what_git_and_the_files_say(state: str, reason: str, contradicts: bool) -> None:
    """Commits, uncommitted work, files, and names in files."""
    (finding,) = check_state(state)

    assert reason in finding.reason
    assert finding.contradicts is contradicts


def test_dirty_files_of_somebody_else() -> None:
    """What the session did not touch does not contradict "all is committed"."""
    assert check_state("Everything is committed.", about=lookups(("notes.txt",))) == []
    assert check_state("The working tree is clean.", about=lookups(None)) == []
    assert check_state("The working tree is clean.", about=lookups(())) == []


def test_only_the_state_is_checked() -> None:
    """Tasks and plans may speak of what is not there."""
    sections = {"Task": "All tests pass.", "Next step": "Create src/x.py", "Verify": "Tests pass."}
    assert check(sections, FAILED, lookups()) == ()


def test_findings_are_few_and_sorted() -> None:
    """Contradictions first, each once, not more than a reader takes in."""
    many = "\n".join(f"- the name and `src/n{n}.py` are done" for n in range(30))
    listed = check_state(f"{many}\nAll tests pass.\nAll tests pass.")

    assert len(listed) == MAX_FINDINGS
    assert [finding.contradicts for finding in listed[:2]] == [True, False]
    assert render(tuple(listed[:1])) == (
        "- “All tests pass.”: the last run of `pytest -q` failed: 2 failed, 10 passed."
    )
    assert render(()) == ""


PIECES = st.lists(
    st.sampled_from(
        ["All tests pass", "`pytest -q`", "not", "src/auth.py", "commit 0badc0de1", "\n- ", ": ",
         "**", "```\n", ", ", "(", ")", "`",
         "## Done\n", "> ", "[ ] ", "is clean", "the", "é", "\0", "::x"]
    ) | st.text(max_size=8)
).map(" ".join)  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(PIECES)
def test_any_state_is_checked_without_an_error(state: str) -> None:
    """Whatever stands there; and no clause has what its line has not."""
    for finding in check_state(state):
        assert finding.statement
    for clause in clauses(state):
        assert "\ue000" not in clause.text
