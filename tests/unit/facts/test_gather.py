"""The facts of a session, and the sheet that shows them: pure functions over hand-made events."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.cli import cli
from handoff.client.transcript import events as ev
from handoff.client.transcript.reader import events, read
from handoff.facts import fact_sheet, last_words, own_calls, shell_commands, test_runs
from handoff.facts.gather import gather_facts
from handoff.facts.model import Facts, Reply
from handoff.redact.redact import redact
from support.paths import CORPUS

HERE = ev.Place("/r", "main", "s", "2.1.330", "T0")


def make_prompt(text: str, at: str = "T1", source: ev.Source = "typed") -> ev.Prompt:
    return ev.Prompt(text, at, source)


def answer(text: str, calls: int = 0) -> ev.Answer:
    return ev.Answer(text, "m", ev.Usage(0, 0, 0, 0), "T1", "", calls)


class Session:
    """Writes a session down, event by event."""

    def __init__(self, *first: ev.Event) -> None:
        self.events: list[ev.Event] = [HERE, *first]
        self.calls = 0

    def add(self, *more: ev.Event) -> Session:
        self.events += more
        return self

    def tool(
        self, kind: ev.Kind, path: str = "", detail: str = "", out: str = "", **how: Any
    ) -> Session:
        """A call of a kind with its result."""
        self.calls += 1
        paths = (path,) if path else ()
        call = ev.Call(f"c{self.calls}", kind, kind, paths, how.get("command", ""), detail, "T1")
        got = ev.Result(
            call.id,
            how.get("ok", True),
            out,
            "T1",
            how.get("refused", False),
            how.get("background", ""),
            how.get("created", False),
        )
        return self.add(call, got)

    def run(self, command: str, out: str = "", ok: bool = True, **how: Any) -> Session:
        return self.tool("command", out=out, ok=ok, command=command, **how)

    def facts(self) -> Facts:
        return gather_facts(self.events, "/r")


# ---- our own calls ---------------------------------------------------------------------

WRITE = "write --kind task <<'BRIEF'\n# A\n## Task\nmake all\nBRIEF-driven work\nBRIEF"


@pytest.mark.parametrize(
    "command",
    [
        f"handoff {WRITE}",
        f"/opt/plug-in/bin/handoff {WRITE}",
        f"HANDOFF_HOME=/home/u/.local/state/handoff /p/bin/handoff {WRITE}",
        f"HANDOFF_HOME='/a b/state' '/a b/bin/handoff' {WRITE}",
        "FOO=1 BAR=2 handoff done 9f3a --outcome 'it works'",
        "env HANDOFF_HOME=/s timeout 60 handoff wait 9f3a",
        "cd /r && handoff recall 9f3a why 2>&1 | head -20",
        "handoff list; handoff doctor",
        "handoff verify 9f3a",
        "handoff start 9f3a --print",
        "handoff --version",
    ],
)
@pytest.mark.parametrize("ok", [True, False])
def test_our_own_calls_are_no_work(command: str, ok: bool) -> None:
    """However our command line is called, and however it went: it is no work, no command and no
    failure, and a failure before it still stands.
    """
    session = Session().run("make all", "Error 1", ok=False)
    session.run(command, "Read-only file system", ok=ok)
    facts = session.tool("skill", detail="handoff:handoff the footer").facts()

    assert facts.calls == 1
    assert [used.head for used in facts.commands] == ["make all"]
    assert [failed.head for failed in facts.failures] == ["make all"]


@pytest.mark.parametrize("command", ["handoff list && make all", "./handoff deploy", "cat handoff"])
def test_work_beside_our_own_calls_counts(command: str) -> None:
    """A line that does more, and another program of the name, are work."""
    assert Session().run(command).facts().calls == 1


def test_every_verb_of_ours_is_known() -> None:
    """What the command line has is what facts leave out."""
    assert cli.commands.keys() == own_calls.VERBS


# ---- requests --------------------------------------------------------------------------


def test_the_goal_is_the_newest_request_that_can_be_one() -> None:
    """What only agrees is a request, but no goal."""
    facts = Session(make_prompt("Fix the login"), make_prompt("ok, go on", "T2")).facts()

    assert facts.goal == "Fix the login"
    assert [r.text for r in facts.requests] == ["ok, go on", "Fix the login"]


# ---- files -----------------------------------------------------------------------------


def test_files_are_counted_relative_to_the_root() -> None:
    """Edits and reads of one file count together, under its path in the repository."""
    session = Session().tool("read", "/r/src/a.py").tool("edit", "/r/src/a.py", "def fetch_user(")
    facts = session.tool("edit", "/r/src/a.py").tool("read", "/elsewhere/b.py").facts()

    first = facts.files[0]
    assert (first.path, first.edits, first.reads) == ("src/a.py", 2, 1)
    assert first.names == ("fetch_user",)
    assert facts.files[1].path == "/elsewhere/b.py"


@pytest.mark.parametrize(
    ("root", "given_path"),
    [
        ("D:\\r", "D:\\r\\src\\a.py"),
        ("D:\\r", "/d/r/src/a.py"),
        ("/private/tmp/r", "/private/tmp/r/src/a.py"),
        ("/r", "/r/./src/b/../a.py"),
        ("/r", "src/a.py"),
        ("/r/", "/r//src/a.py"),
    ],
)
def test_every_spelling_of_a_path_is_the_same_file(root: str, given_path: str) -> None:
    """Windows, Git Bash and doubled or dotted paths come out relative, with slashes."""
    place = ev.Place(root, "main", "s", "v", "T0")
    call = ev.Call("c", "Read", "read", (given_path,), "", "", "T1")
    facts = gather_facts([place, call, ev.Result("c", True, "", "T1")], root)

    assert [f.path for f in facts.files] == ["src/a.py"]


def test_created_and_deleted_files_are_told() -> None:
    """A file the client says it created is so; one removed by a command is so, until it is back."""
    session = Session().tool("create", "/r/new.py", created=True)
    session.tool("create", "/r/old.py", out="The file /r/old.py has been updated")
    facts = session.run("rm /r/old.py").facts()

    told = {f.path: (f.created, f.deleted) for f in facts.files}
    assert told == {"new.py": (True, False), "old.py": (False, True)}


def test_files_only_seen_in_output_are_found() -> None:
    """A path in a traceback or a grep hit counts, if it can be one of the repository."""
    session = Session().tool("read", "/r/src/a.py")
    facts = session.run("x", "src/b.py:12: boom\nsee https://a.io/src/c.py and 3.14 e.g.").facts()

    assert {f.path for f in facts.files} == {"src/a.py", "src/b.py"}


def test_a_file_that_a_tool_was_to_read_at_the_end_is_told() -> None:
    """The session stopped before the result: it is what comes next."""
    call = ev.Call("c9", "Read", "read", ("/r/src/next.py",), "", "", "T1")
    facts = Session(make_prompt("go")).tool("read", "/r/src/first.py").add(call).facts()

    assert [file.path for file in facts.files] == ["src/next.py", "src/first.py"]


def test_a_file_that_an_open_task_names_comes_first() -> None:
    """As one that the user names."""
    todos = ev.TodoList((ev.Todo("1", "split src/b.py", "pending"),), "T")
    session = Session(make_prompt("go")).tool("read", "/r/src/b.py").tool("read", "/r/src/a.py")
    assert session.facts().files[0].path == "src/a.py"

    assert session.add(todos).facts().files[0].path == "src/b.py"


def test_the_middle_of_a_long_report_is_looked_at() -> None:
    """A subagent's findings name files far from both ends."""
    report = "word " * 1_500 + "src/found.py:3 " + "word " * 1_500
    facts = Session(make_prompt("go")).tool("agent", detail="look", out=report).facts()

    assert [file.path for file in facts.files] == ["src/found.py"]


def test_a_command_in_a_subfolder_names_files_of_the_root() -> None:
    """`cd web && cat src/x.ts` reads web/src/x.ts."""
    facts = Session().tool("read", "/r/web/src/y.ts").run("cd web && cat src/x.ts").facts()

    assert "web/src/x.ts" in {f.path for f in facts.files}


def test_recent_work_comes_before_old_work() -> None:
    """Of two files with the same history, the later one is likelier to be needed."""
    session = Session().tool("edit", "/r/old.py")
    for number in range(30):
        session.run(f"echo {number}")
    facts = session.tool("edit", "/r/new.py").facts()

    assert [f.path for f in facts.files] == ["new.py", "old.py"]
    assert facts.files[0].likely > facts.files[1].likely


# ---- commands --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "heads"),
    [
        ("cd src && go test -v ./... 2>&1 | tail -20", ["go test ./..."]),
        ("FOO=1 timeout 60 pnpm --filter api dev", ["pnpm api dev"]),
        ("sudo docker compose up -d", ["docker compose up"]),
        ('git commit -qm "make: a b" && npm run build', ["npm run build"]),
        ("git commit -F - <<'E'\nmake all\nE\n", []),
        ('git commit -m "x <a@b.c>" && make lint', ["make lint"]),
        ("git commit -m @'\nmake all\n'@", []),
        ("ls -la; cat x | grep y", []),
        ("python -m pytest tests", ["python pytest tests"]),
        ("make", ["make"]),
        ("x=$(git rev-parse HEAD); gh pr view 12", ["gh pr view"]),
        ("npm run test:ci", ["npm run test:ci"]),
        ("curl -s https://a.b/c", ["curl https://a.b/c"]),
        ('unbalanced "quote && make all', ["make all"]),
        ("git log a..HEAD; ..HEAD tools; 1mb; notes.md x; make all", ["make all"]),
        ("npm ls | Tee-Object out | ConvertTo-Json 5 | seq 1 3", ["npm ls"]),
        ("handoff list; make all", ["make all"]),
        ("handoff write <<'B'\nmake all\nB", []),
        ("HANDOFF_HOME=/s '/p q/bin/handoff' done 9f3a --outcome 'x'", []),
        ('"/p q/bin/handoff" recall 9f3a why', []),
        ("handoff verify 9f3a", []),
        ("handoff deploy prod", ["handoff deploy prod"]),
        ("", []),
    ],
)
def test_command_lines_are_taken_apart(line: str, heads: list[str]) -> None:
    """What a line runs is named by program and arguments; looking around is left out."""
    assert [
        head for head in shell_commands.command_heads(redact(line)) if not head.startswith("unbal")
    ] == heads


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from("ab \"'\\$<>|&;()\n{}@-./="), max_size=60))
def test_any_command_line_is_taken_apart(line: str) -> None:
    """No command line breaks the parser."""
    shell_commands.command_heads(redact(line))
    shell_commands.commit_subject(redact(line))


def test_a_command_keeps_its_last_result() -> None:
    """Runs of one command count together; the last result and its test figures stand."""
    session = Session().run("pytest -q", "1 failed, 2 passed in 0.1s", ok=False)
    facts = session.run("cd sub && pytest -q -x", "3 passed in 0.1s").facts()

    run = facts.commands[0]
    assert (run.head, run.text, run.folder) == ("pytest", "pytest -q -x", "sub")
    assert (run.runs, run.ok, str(run.counts)) == (2, True, "3 passed")
    assert facts.failures == ()
    assert facts.tests == (run,)


def test_a_failure_stands_until_a_success() -> None:
    """A failed command is told with the lines that say why, as long as it has not succeeded."""
    out = "building\nsrc/a.c:1: error: no\n" + "noise\n" * 5
    facts = Session().run("make all", "Exit code 2\n" + out, ok=False).facts()

    assert [f.head for f in facts.failures] == ["make all"]
    assert facts.failures[0].why == ("src/a.c:1: error: no",)
    assert Session().run("make all", out, ok=False).run("make all").facts().failures == ()


def test_a_failure_behind_a_pipe_is_seen() -> None:
    """`pytest | tail` succeeds as a command; its own figures say that it failed."""
    facts = Session().run("pytest | tail -3", "2 failed, 1 passed in 1s").facts()

    assert facts.failures[0].counts == test_runs.Counts(1, 2)


def test_a_refused_command_is_not_a_failure() -> None:
    """What was never run has no result."""
    facts = Session().run("make all", "no", ok=False, refused=True).facts()

    assert (facts.failures, facts.commands) == ((), ())


@pytest.mark.parametrize(
    ("output", "counts"),
    [
        ("==== 2 failed, 10 passed, 1 skipped in 3.2s ====", (10, 2)),
        ("10 passed in 1s", (10, 0)),
        ("Tests:       1 failed, 4 passed, 5 total", (4, 1)),
        (" Test Files  1 passed (1)\n      Tests  7 passed (7)", (7, 0)),
        ("test result: FAILED. 3 passed; 1 failed; 0 ignored", (3, 1)),
        ("--- FAIL: TestA (0.0s)\nFAIL\nFAIL\tx/y\t0.1s\nok  \tx/z\t0.2s", (1, 1)),
        ("  12 passing (1s)\n  2 failing", (12, 2)),
        ("Ran 5 tests in 0.1s\n\nFAILED (failures=2)", (3, 2)),
        ("Ran 5 tests in 0.1s\n\nOK", (5, 0)),
        ("# pass 3\n# fail 1", (3, 1)),
        ("10 examples, 2 failures", (8, 2)),
        ("OK (5 tests, 10 assertions)", (5, 0)),
        ("100% tests passed, 0 tests failed out of 12", (12, 0)),
        ("\x1b[32m3 passed\x1b[0m", (3, 0)),
        ("all is well", None),
    ],
)
def test_test_runners_figures_are_read(output: str, counts: tuple[int, int] | None) -> None:
    """The summary line of each common runner gives what passed and what failed."""
    figures = test_runs.read_counts(output)

    assert (figures and (figures.passed, figures.failed)) == counts


# ---- commits ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("command", "output", "commit"),
    [
        ("git commit -m 'x'", "[main abc1234] Fix it\n 1 file", ("abc1234", "Fix it")),
        ("git commit -q -m 'Fix it'", "", ("", "Fix it")),
        ("git commit -qF - <<'E'\nFix it\n\nbody\nE", "", ("", "Fix it")),
        ("git commit -qm \"$(cat <<'E'\nFix it\n\nbody\nE\n)\"", "", ("", "Fix it")),
        ("git add . && git commit -q -m \"Fix 'it'\"", "", ("", "Fix 'it'")),
    ],
)
def test_commits_are_found(command: str, output: str, commit: tuple[str, str]) -> None:
    """A commit is known by git's own line, or by its message when git is quiet."""
    facts = Session().run(command, output).facts()

    assert [(c.sha, c.subject) for c in facts.commits] == [commit]


def test_an_amended_commit_replaces_the_one_before() -> None:
    """`--amend` leaves one commit; a failed commit leaves none."""
    session = Session().run("git commit -m a", "[main abc1234] a")
    session.run("git commit --amend -m b", "[main def5678] b")
    facts = session.run("git commit -m c", "nothing to commit", ok=False).facts()

    assert [(c.sha, c.subject) for c in facts.commits] == [("def5678", "b")]


# ---- tasks, questions, agents, processes -----------------------------------------------


def test_open_tasks_stand_with_what_is_in_progress_first() -> None:
    """Completed tasks leave the list; a change without words keeps the old ones."""
    items = (
        ev.Todo("1", "a", "pending"),
        ev.Todo("2", "b", "pending"),
        ev.Todo("3", "c", "pending"),
    )
    facts = Session(
        ev.TodoList(items, "T"),
        ev.TodoChange("2", "", "in_progress", "T"),
        ev.TodoChange("3", "", "completed", "T"),
    ).facts()

    assert [(t.text, t.state) for t in facts.tasks] == [("b", "in_progress"), ("a", "pending")]
    assert facts.done == ("c",)


def test_questions_stand_with_their_answers() -> None:
    """An answered question has its answer; one without an answer is open."""
    asked = ev.Call("q", "AskUserQuestion", "question", (), "", "Which?", "T")
    facts = Session(ev.Replied("Why?", "Because", "T"), asked).facts()

    assert facts.replies == (Reply("Which?", ""), Reply("Why?", "Because", "T"))


def test_an_approved_plan_is_kept_and_a_refused_one_not() -> None:
    """A plan counts once the person has said yes to it."""
    assert Session().tool("plan", detail="# P").facts().plan == "# P"
    assert Session().tool("plan", detail="# P", ok=False, refused=True).facts().plan == ""


def test_subagents_are_followed_to_their_result() -> None:
    """A subagent in the background is running until its notification brings what it said."""
    session = Session().tool("agent", detail="look", out="Async agent", background="a1")

    assert session.facts().agents[0].state == "running"
    done = session.add(ev.Background("a1", "completed", "Found 3.", "T")).facts().agents[0]
    assert (done.task, done.state, done.report) == ("look", "done", "Found 3.")


def test_processes_left_running_are_told_until_they_end() -> None:
    """A background command stands with its ports, and goes when it is stopped."""
    session = Session().run("npm run dev", "http://localhost:5173", background="b1")

    assert [(p.text, p.ports) for p in session.facts().running] == [("npm run dev", (5173,))]
    assert session.add(ev.Background("b1", "killed", "", "T")).facts().running == ()


@pytest.mark.parametrize(
    ("command", "out", "look", "ports"),
    [
        ("python3 -m http.server 8123", "", "", (8123,)),
        ("PORT=3000 npm start", "", "", (3000,)),
        ("npm run dev", "", "Local: http://localhost:5174/", (5174,)),
        ("flask run -p 5001", "", "Running on http://127.0.0.1:5001", (5001,)),
        ("./serve", "", "listening on port 9000, 12:30:45, 3 files", (9000,)),
        ("make watch", "", "built in 300 ms", ()),
    ],
)
@pytest.mark.parametrize("how", ["Read", "Bash", "TaskOutput"])
def test_the_port_of_a_process_left_running(
    command: str, out: str, look: str, ports: tuple[int, ...], how: str
) -> None:
    """Its command names it, or what it printed, wherever the model looked at that."""
    session = Session().run(command, out, background="b7x")
    path = "/tmp/tasks/b7x.output"
    if how == "Read":
        session.tool("read", path, out=look)
    elif how == "Bash":
        session.run(f"tail -5 {path}", look)
    else:
        session.tool("other", detail="b7x", out=look)
    session.run("echo http://localhost:1111", "http://localhost:1111")
    assert [process.ports for process in session.facts().running] == [ports]


def test_what_runs_stands_in_a_crowded_sheet() -> None:
    """With its command and port, and without its secrets."""
    session = Session()
    session.run("TOKEN=ghp_0123456789abcdefghijABCDEFGHIJ012345 npm run dev -- --port 5173",
                "", background="b7x")  # fmt: skip
    for number in range(60):
        request = f"Please look at thing number {number} and say what it is good for"
        session.add(ev.Prompt(request, "T", "typed"))
        session.tool("edit", f"/r/src/mod_{number}.py", detail=f"def thing_{number}(): pass")
        session.run(f"pytest tests/test_{number}.py", "1 failed", ok=False)
    sheet = fact_sheet.render(session.facts(), 1_200)
    left = sheet.partition("**Left running**")[2]
    assert "npm run dev" in left
    assert "on port 5173 (task b7x)" in left
    assert "ghp_0123" not in sheet


def test_names_come_from_searches_edits_and_answers() -> None:
    """Code names are told, plain words and hashes are not."""
    session = (
        Session().tool("search", detail="parse_header").tool("edit", "/r/a.py", "newToken = 1")
    )
    facts = session.add(answer("Use `HttpClient`, commit deadbeef1, plainword.")).facts()

    assert set(facts.names) == {"parse_header", "newToken", "HttpClient"}


@pytest.mark.parametrize(
    ("last", "stopped"),
    [
        (ev.Interrupted("T"), "interrupted by the user"),
        (ev.ApiError("rate_limit", "You've hit your limit", "T"), "You've hit your limit"),
        (answer("Done."), ""),
    ],
)
def test_why_a_session_stopped_is_told(last: ev.Event, stopped: str) -> None:
    """A session that ends in the middle says so in its facts and on the sheet."""
    facts = Session(make_prompt("Fix the login")).add(last).facts()

    assert facts.stopped == stopped
    assert stopped in fact_sheet.render(facts, 500)


JSONABLE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=5,
)
TOOLS = [
    "Bash",
    "Read",
    "Edit",
    "Write",
    "Grep",
    "Agent",
    "TaskCreate",
    "TodoWrite",
    "ExitPlanMode",
]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(TOOLS),
            st.dictionaries(
                st.sampled_from(["command", "file_path", "content", "pattern", "todos", "plan"]),
                JSONABLE,
            ),
            st.text(max_size=60),
            st.booleans(),
        ),
        max_size=5,
    )
)
def test_any_session_has_facts(calls: list[tuple[str, dict[str, Any], str, bool]]) -> None:
    """Whatever tools were given and brought, facts and sheet are made."""
    records: list[dict[str, Any]] = []
    for number, (name, given_, out, failed) in enumerate(calls):
        use = {"type": "tool_use", "id": str(number), "name": name, "input": given_}
        got = {"type": "tool_result", "tool_use_id": str(number), "content": out}
        message = {"id": str(number), "content": [use, {"type": "text", "text": out}]}
        records.append({"type": "assistant", "message": message, "cwd": out})
        records.append({"type": "user", "message": {"content": [got | {"is_error": failed}]}})
        records.append({"type": "user", "message": {"content": out}})
    facts = gather_facts(events(records))

    assert len(fact_sheet.render(facts, 3000)) <= 3000
    fact_sheet.render(facts, 3000).encode()


# ---- the sheet -------------------------------------------------------------------------


def busy() -> Facts:
    """A session with something of everything."""
    session = Session(
        make_prompt("Fix the login, it fails with an empty password"), make_prompt("go on", "T2")
    )
    for number in range(40):
        session.tool("edit", f"/r/src/module_{number}.py", "def some_name(")
        session.run(f"npm run task{number}")
    session.run("make all", "Exit code 2\nerror: it broke", ok=False)
    session.run("git commit -m x", "[main abc1234] Add the form")
    session.add(ev.TodoList((ev.Todo("1", "write the tests", "in_progress"),), "T"))
    session.add(answer("The login fails because `checkPassword` returns early. " * 40))
    return session.facts()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 12_000))
def test_the_sheet_never_exceeds_its_size(size: int) -> None:
    """Whatever the size, the sheet and the conclusions stay within it."""
    facts = busy()

    assert len(fact_sheet.render(facts, size)) <= size
    assert len(last_words.render(facts, size)) <= size


def test_the_sheet_shows_what_matters_first() -> None:
    """In little room stand the request, the open task, the failure and the latest files."""
    sheet = fact_sheet.render(busy(), 900)

    for part in ("Fix the login", "write the tests", "make all", "src/module_39.py", "abc1234"):
        assert part in sheet
    assert "src/module_0.py" not in sheet


def test_what_is_left_out_is_counted() -> None:
    """The sheet says how much more there is of each kind."""
    sheet = fact_sheet.render(busy(), 900)
    (edited,) = (line for line in sheet.splitlines() if line.startswith("**Edited**"))

    assert f"({edited.count('src/module_')} of 40)" in edited


def test_a_long_request_comes_before_many_lesser_things() -> None:
    """One thing that is worth more than all that it takes the room of."""
    request = "Make the login form keep what was typed when " + "the server refuses it, " * 6
    session = Session(make_prompt(request))
    for number in range(60):
        session.tool("edit", f"/r/m{number}.py")
    sheet = fact_sheet.render(session.facts(), 330)

    assert "Make the login form" in sheet
    assert "m59.py" in sheet


def test_requests_with_commits_since_stand_apart() -> None:
    """What is done by evidence comes behind what is not."""
    session = Session(make_prompt("fix the login form now", "T1"))
    session.run("git commit -m x", "[main abc1234] Fix it")
    for number in range(3):
        session.add(make_prompt(f"add the test number {number}", f"T2{number}"))
    sheet = fact_sheet.render(session.facts(), 3000)

    first, then = sheet.split("**Earlier requests, with commits since**")
    assert "fix the login form now" in then
    assert "fix the login form now" not in first
    assert "add the test number 0" in first


def test_a_long_command_keeps_the_words_that_name_it() -> None:
    """Options give way, not what it is run on."""
    options = " ".join(f"--option-{number}=value" for number in range(9))
    facts = Session(make_prompt("go")).run(f"npm run {options} test:unit").facts()

    (line,) = (line for line in fact_sheet.render(facts, 3000).splitlines() if "npm" in line)
    assert line.startswith("- `npm run --option-0=value ")
    assert line.endswith(" … test:unit` ok")


def test_a_long_request_keeps_its_beginning() -> None:
    """A request that does not fit is cut with a mark, its beginning whole."""
    sheet = fact_sheet.render(Session(make_prompt("Start here. " + "word " * 2000)).facts(), 2000)

    assert "Start here. word" in sheet
    assert "…" in sheet


def test_what_is_asked_below_a_pasted_log_is_shown() -> None:
    """A request that is mostly pasted keeps its end, where the question may stand."""
    log = "12:00 INFO all is well\n" * 200
    sheet = fact_sheet.render(
        Session(make_prompt(f"{log}\nWhy is the last line missing?")).facts(), 600
    )

    assert "Why is the last line missing?" in sheet


def test_the_sheet_holds_no_control_characters() -> None:
    """Escape sequences of a terminal do not reach the brief."""
    session = Session(make_prompt("red \x1b[31mtext\x00 here")).run(
        "make \x1b[1mall", "\x1b[31merror", ok=False
    )

    assert not {"\x1b", "\x00"} & set(fact_sheet.render(session.facts(), 2000))


def test_an_empty_session_has_no_facts() -> None:
    """Nothing said and nothing done gives an empty sheet, not an empty heading."""
    facts = gather_facts([], "")

    assert (fact_sheet.render(facts, 1000), last_words.render(facts, 1000)) == ("", "")


def test_conclusions_leave_out_narration_and_long_code() -> None:
    """Words on the way ("Let me look") and long code blocks give way to findings."""
    code = "```py\n" + "x = 1\n" * 50 + "```"
    session = Session(answer("Let me look at the tests first, then the code.", calls=1))
    facts = session.add(answer(f"# Done\nThe cache was stale, because of the key.\n{code}")).facts()

    text = last_words.render(facts, 1000)
    assert "Let me look" not in text
    assert "x = 1" not in text
    assert "\nDone\nThe cache was stale" in text


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus of real sessions is not here")
@pytest.mark.parametrize("size", [1000, 4000, 10_000])
def test_real_sessions_fit_their_sheet(size: int) -> None:
    """Sheets of real sessions keep to their size and hold the last request."""
    for path in sorted(CORPUS.rglob("*.jsonl"))[::9]:
        facts = gather_facts(read(str(path)))
        sheet = fact_sheet.render(facts, size)

        assert len(sheet) <= size
        assert not facts.requests or "**Requests" in sheet
