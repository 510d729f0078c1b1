"""`handoff verify`: the only way in which a text of a brief is ever run, and by whom."""

from __future__ import annotations

import ast
import io
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import handoff
from handoff.config import model
from support.store_program import Store

if TYPE_CHECKING:
    from support.repo import Repo

PACKAGE = Path(handoff.__file__).parent


@pytest.fixture
def program(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Store:
    return Store(monkeypatch, capsys)


def changed(repo: Repo) -> None:
    """Make the one brief one that this machine did not write so."""
    (path,) = repo.briefs()
    path.write_text(path.read_text() + "\nAnd more.\n")


def test_own(repo: Repo, program: Store) -> None:
    """Own commands are shown, then run at the root by a shell, in order; all pass: exit code 0."""
    brief_id = program.write("It", "--verify", "pwd", "--verify", "test -f app.py && echo found")
    (repo.root / "below").mkdir()
    program.patch.chdir(repo.root / "below")

    assert program("verify", brief_id[-4:]) == 0
    assert program.out.splitlines() == [str(repo.root), "found", f"{brief_id}: 2 of 2 passed."]
    shown = program.err.index(" run in ")
    assert shown < program.err.index("[1/2] pwd") < program.err.index("[2/2] test -f app.py")


def test_one_fails(repo: Repo, program: Store) -> None:
    """A command that fails does not stop the next; the exit code is 1 and the summary has it."""
    brief_id = program.write("It", "--verify", "echo no; exit 3", "--verify", "true")
    assert program("verify", brief_id) == 1
    assert "exit code 3" in program.err
    assert f"{brief_id}: 1 of 2 passed." in program.out

    verification = program.answer("verify", brief_id)
    assert (verification["passed"], verification["own"]) == (1, True)
    assert [(c["code"], c["passed"], c["tail"]) for c in verification["commands"]] == [
        (3, False, "no"),
        (0, True, ""),
    ]


def test_time_limit(repo: Repo, program: Store) -> None:
    """A command that takes too long is ended with all that it started."""
    brief_id = program.write("It", "--verify", "sleep 300 & echo $!; wait")
    began = time.monotonic()
    verification = program.answer("verify", brief_id, "--timeout", "0.5")

    assert time.monotonic() - began < 60
    assert verification["commands"][0]["code"] is None
    assert _is_gone(int(verification["commands"][0]["tail"]))


def _is_gone(pid: int) -> bool:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            os.kill(pid, 0)
        except (ProcessLookupError, FileNotFoundError):
            return True
        if state == "Z":
            return True
    return False


def test_background(repo: Repo, program: Store) -> None:
    """What a command leaves running does not keep us waiting, and is ended."""
    brief_id = program.write("It", "--verify", "sleep 300 & echo $!")
    began = time.monotonic()
    verification = program.answer("verify", brief_id, "--timeout", "200")
    assert time.monotonic() - began < 100
    assert verification["commands"][0]["code"] == 0
    assert _is_gone(int(verification["commands"][0]["tail"]))


def test_output_is_clean(repo: Repo, program: Store) -> None:
    """Secrets and terminal escapes in the output reach neither screen nor JSON."""
    key = "sk-ant-api03-" + "Ab3" * 12
    halves = f"a=sk-ant-api03-; printf '%s%s\\n\\033[2Jred\\n' $a {'Ab3' * 12}"
    brief_id = program.write("It", "--verify", halves)
    program("verify", brief_id)
    assert key not in program.out
    assert "[redacted: anthropic key]" in program.out
    assert "\x1b" not in program.out
    (command,) = program.answer("verify", brief_id)["commands"]
    assert key not in command["tail"]
    assert "\x1b" not in command["tail"]


def test_no_input(repo: Repo, program: Store) -> None:
    """A command is given no input: one that asks gets the end at once."""
    brief_id = program.write("It", "--verify", "cat; echo over")
    ours, theirs = os.pipe()
    os.write(theirs, b"typed ahead\n")
    os.close(theirs)
    saved = os.dup(0)
    os.dup2(ours, 0)
    try:
        assert program("verify", brief_id) == 0
    finally:
        os.dup2(saved, 0)
        os.close(saved)
        os.close(ours)
    assert program.out.startswith("over\n")


def test_no_commands(repo: Repo, program: Store) -> None:
    """A brief without commands says so."""
    assert program("verify", program.write("It")) == 1
    assert "has no verify commands" in program.err


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def at_terminal(program: Store, *arguments: str, typed: str = "") -> int:
    """Run it as at a terminal, where a person types something."""
    from handoff import cli

    program.patch.setattr(sys, "argv", ["handoff", *arguments])
    program.patch.setattr(sys, "stdin", Terminal(typed))
    program.patch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    with pytest.raises(SystemExit) as ended:
        cli.main()
    program.out, program.err = program.captured()
    return int(ended.value.code or 0)


@pytest.mark.parametrize(
    ("typed", "options", "runs"),
    [
        ("yes\n", [], True),
        ("y\n", [], False),
        ("\n", [], False),
        ("no\n", [], False),
        ("", [], False),
        ("", ["--yes"], True),
    ],
)
def test_changed(repo: Repo, program: Store, typed: str, options: list[str], runs: bool) -> None:
    """Commands of a changed brief are shown, and run only after `yes` at a terminal."""
    brief_id = program.write("It", "--verify", "touch ran")
    changed(repo)

    code = at_terminal(program, "verify", brief_id, *options, typed=typed)
    assert (repo.root / "ran").exists() is runs
    assert (code == 0) is runs
    assert "NOT written on this machine" in program.err
    assert "    touch ran" in program.err


@pytest.mark.parametrize("options", [[], ["--yes"], ["--json"], ["--yes", "--json"]])
def test_changed_without_a_person(repo: Repo, program: Store, options: list[str]) -> None:
    """Without a terminal they are refused, also with --yes, also if stdin says yes."""
    brief_id = program.write("It", "--verify", "touch ran")
    changed(repo)
    assert program("verify", brief_id, *options, stdin="yes\n") == 1
    assert "Nothing was run" in program.err
    assert not (repo.root / "ran").exists()


def test_changed_in_a_session(repo: Repo, program: Store) -> None:
    """In a session's shell a terminal is not enough: what types there may be the model."""
    brief_id = program.write("It", "--verify", "touch ran")
    changed(repo)
    program.patch.setenv("CLAUDE_CODE_SESSION_ID", "s1")
    assert at_terminal(program, "verify", brief_id, "--yes", typed="yes\n") == 1
    assert "outside any session" in program.err
    assert not (repo.root / "ran").exists()


@pytest.mark.parametrize("hidden", ["\\u202E", "\\x1b[2K", "\\u2800", "\\x08"])
def test_hidden_characters(repo: Repo, program: Store, hidden: str) -> None:
    """A command that would not show as it is is not even asked about."""
    brief_id = program.write("It", "--verify", "touch ran")
    (path,) = repo.briefs()
    path.write_text(
        path.read_text().replace("verify: [touch ran]", f'verify: ["touch{hidden} ran"]')
    )
    assert hidden in path.read_text()

    assert at_terminal(program, "verify", brief_id, typed="yes\n") == 1
    assert "invisible characters" in program.err
    assert not any(char in program.err for char in "\u202e\x1b\u2800\x08")


# That nothing else starts a program from a brief or from the team's configuration

MODULES = {"subprocess", "multiprocessing", "pty", "asyncio", "concurrent", "ctypes", "runpy"}
CALLS = {"eval", "exec", "__import__", "import_module", "Popen"}
OF_OS = ("system", "popen", "posix_spawn", "spawn", "exec", "fork", "startfile")

# Every module that starts a program, and where that program's name comes from: none of it from a
# brief or from the team's configuration.
MAY_START = {
    "git/execute.py",  # git, with arguments of ours
    "git/gitpython.py",  # the same, through GitPython
    "meter/token_counter.py",  # our own module, to fetch a vocabulary
    "meter/history.py",  # our own module, to read transcripts
    "launch/client_program.py",  # the client on the PATH, and npm
    "cli/install.py",  # the plugin's own install.sh, by the system's bash
    "process/signals.py",  # none: it waits for what process/execute.py started
    "process/execute.py",  # `handoff start`: the client, or an agent of the user's configuration
    "process/tmux.py",  # tmux, and in its window the same
    "process/supervisor.py",  # `handoff relay` and `run`: by our own module, what `start` would
    "process/keeper.py",  # that module: becomes the command that it was given
    "process/identity.py",  # ps
    "git/running_commit.py",  # ps, where there is no /proc
    "launch/providers.py",  # `handoff start`: the user's own command that prints a key
    "demo/stage.py",  # the client, in the demo
    "install/environment.py",  # python and uv, to build the environment
    "install/bootstrap.py",  # our own command line, in the environment
    "redact/detect_secrets_net.py",  # detect-secrets' detectors, by names of ours
    "doctor/hook_start.py",  # the doctor: our own hook, and the python3 of the PATH
    "authoring/editor.py",  # $VISUAL or $EDITOR
    "status/wrapped_command.py",  # the user's own status line
    "build/app.py",  # the `start` command of an accepted spec
    "build/ready.py",  # its `ready` command
    "build/processes.py",  # ps, where there is no /proc
    "loops/verification.py",  # what this file is about
}


def starts_programs(path: Path) -> bool:
    """Whether a file of Python uses anything that starts a program or loads code by its name."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules = {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules = {str(node.module).partition(".")[0]}
            if node.module == "os" and any(a.name.startswith(OF_OS) for a in node.names):
                return True
        else:
            modules = set()
        name = node.id if isinstance(node, ast.Name) else getattr(node, "attr", "")
        of_os = isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "os"
        if modules & MODULES or name in CALLS or (of_os and name.startswith(OF_OS)):
            return True
    return False


def test_what_starts_programs() -> None:
    """Programs are started by known modules alone; a new one has to be thought about here."""
    files = sorted(PACKAGE.rglob("*.py"))
    starters = {str(path.relative_to(PACKAGE)) for path in files if starts_programs(path)}
    assert starters <= MAY_START
    assert "loops/verification.py" in starters


def of_features(name: str) -> bool:
    """Whether a module is about specs: a feature's `verify` is another one, and runs only what the
    user accepted.
    """
    return name.startswith(("specs/", "build/")) or name in (
        "cli/specs.py", "cli/spec_accept.py", "cli/views/specs.py", "cli/views/build_plan.py",
        "cli/views/build_screens.py",
    )  # fmt: skip


def test_who_reads_the_commands() -> None:
    """A brief's `verify` is read where it is written down, cleaned, carried on, told and run, and
    nowhere else; it is run by the verb, and by `relay`, which asks first
    (tests/unit/cli/test_loops.py).
    """
    readers, callers = set(), set()
    for path in sorted(PACKAGE.rglob("*.py")):
        name = str(path.relative_to(PACKAGE))
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Attribute) and node.attr == "verify" and not of_features(name):
                readers.add(name)
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                callers |= {name for alias in node.names if alias.name.endswith("verification")}
    writers = {"brief/document.py", "authoring/compose.py", "authoring/by_code.py"}
    writers.add("authoring/write_brief.py")  # hands them to who freezes the tests that they name
    assert readers <= writers | {"brief/inject.py", "loops/verification.py"}
    callers.discard("specs/run.py")  # takes only the shell: it runs what the user accepted
    assert callers == {"cli/maintenance.py", "loops/relay_order.py", "loops/relay_verify.py"}


def test_the_teams_configuration_names_no_command(tmp_path: Path) -> None:
    """No key of the team's configuration holds a command, and that file cannot add one."""
    from handoff.config import config_file

    def keys(values: dict[str, object], before: str = "") -> set[str]:
        names = set()
        for key, value in values.items():
            names.add(before + key)
            if isinstance(value, dict):
                names |= keys(value, f"{before}{key}.")
        return names

    known = keys(model.DEFAULTS)
    words = ("command", "run", "exec", "shell", "hook", "editor", "program", "verify", "provider")
    # These two hold commands of the user's own, and are the user's file's alone.
    assert {key for key in known if any(word in key for word in words)} == {"providers", "runners"}
    assert {"providers", "runners", "routes"}.isdisjoint(config_file._TEAM_KEYS)
    team = tmp_path / "config.yaml"
    team.write_text("".join(f"{word}: touch ran\n" for word in words))
    config, problems = config_file.load([str(tmp_path / "none.yaml"), str(team)])
    assert len(problems) == len(words)
    assert keys(config.values) == known
