"""How hooks are started: by what Python, and as if not there where they cannot run."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from handoff.base import paths, processes
from handoff.doctor import hook_start
from handoff.install import bootstrap
from support import wired
from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from handoff.doctor.model import Check

NOTHING = (0, "", "")
# Whatever may be /bin/sh, as far as it is here.
SHELLS = [
    " ".join((program, *flags))
    for name, *flags in (("dash",), ("bash", "--posix"), ("bash",), ("busybox", "sh"), ("ksh",))
    if (program := shutil.which(name))
]
WORDS = [wired.word(hook) for hook in wired.hooks() if wired.word(hook) != "start"]
REFUSES = '#!/bin/sh\necho "No version of python3 is set here"\necho refused >&2\nexit 126\n'


class Lab:
    """A copy of the plugin, a state directory, an environment whose Python writes down `calls`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.root = folder / "plug in"
        self.state = folder / "state"
        self.path = folder / "bin"
        ignore = shutil.ignore_patterns("__pycache__")
        for name in ("hooks", "plugin"):
            shutil.copytree(ROOT / name, self.root / name, ignore=ignore)
        self.python = self.program(self.state / "env" / "bin" / "python", self.recording("env"))
        (self.state / "env" / paths.READY).touch()
        self.env = {
            "PATH": f"{self.path}{os.pathsep}{os.defpath}",
            "HOME": str(folder),
            "HANDOFF_HOME": str(self.state),
            "CLAUDE_CODE_SESSION_ID": "s1",
        }

    def program(self, path: Path, text: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(0o755)
        return path

    def recording(self, name: str, answer: str = "") -> str:
        """A Python that answers and leaves `name` and its arguments behind."""
        return f"#!/bin/sh\necho \"{name} $*\" >> '{self.folder}/calls'\nprintf '%s' '{answer}'\n"

    def arm(self) -> None:
        """Have the gate look."""
        (self.state / "gate").mkdir()
        (self.state / "gate" / "s1").touch()

    def start(self, word: str, shell: str = "/bin/sh", **env: str) -> tuple[int, str, str]:
        text = wired.command(word)
        return wired.start(text, {**self.env, **env}, root=self.root, shell=shell)

    @property
    def calls(self) -> list[str]:
        """What was started, in order: a name and its arguments."""
        path = self.folder / "calls"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


# --- a hook that cannot run -----------------------------------------------------------------------


def without_the_folder(lab: Lab) -> None:
    shutil.rmtree(lab.root)


def without_the_hooks(lab: Lab) -> None:
    shutil.rmtree(lab.root / "hooks")


def without(name: str) -> Callable[[Lab], None]:
    return lambda lab: (lab.root / "hooks" / name).unlink()


def folder_for(name: str) -> Callable[[Lab], None]:
    """Cannot be read, whoever runs the test."""

    def spoil(lab: Lab) -> None:
        (lab.root / "hooks" / name).unlink()
        (lab.root / "hooks" / name).mkdir()

    return spoil


def torn(name: str) -> Callable[[Lab], None]:
    def spoil(lab: Lab) -> None:
        (lab.root / "hooks" / name).write_text('if [ "$1" = x ]; then\n(')

    return spoil


def unreadable(lab: Lab) -> None:
    """As by a strict umask: nobody but root can read it."""
    for path in (lab.root / "hooks").iterdir():
        path.chmod(0)


def without_the_package(lab: Lab) -> None:
    lab.program(lab.python, f"#!/bin/sh\nexec '{sys.executable}' \"$@\"\n")
    shutil.rmtree(lab.root / "plugin")


def python_refuses(lab: Lab) -> None:
    lab.program(lab.python, "#!/bin/sh\necho 'xcrun: error: invalid active path' >&2\nexit 1\n")


def python_is_no_program(lab: Lab) -> None:
    lab.program(lab.python, "\x7fELF\0")


def python_is_too_old(lab: Lab) -> None:
    """What Python 2 says of `-I`."""
    lab.program(lab.python, "#!/bin/sh\necho 'Unknown option: -I' >&2\nexit 2\n")


def python_is_killed(lab: Lab) -> None:
    lab.program(lab.python, "#!/bin/sh\nkill -9 $$\n")


CAUSES = {
    "no folder": without_the_folder,
    "no hooks": without_the_hooks,
    "no run.sh": without("run.sh"),
    "no state.sh": without("state.sh"),
    "no hook.py": without("hook.py"),
    "run.sh is a folder": folder_for("run.sh"),
    "state.sh is a folder": folder_for("state.sh"),
    "run.sh is torn": torn("run.sh"),
    "state.sh is torn": torn("state.sh"),
    "unreadable": unreadable,
    "no package": without_the_package,
    "Python refuses": python_refuses,
    "Python is no program": python_is_no_program,
    "Python is too old": python_is_too_old,
    "Python is killed": python_is_killed,
}


@pytest.mark.parametrize("cause", CAUSES)
@pytest.mark.parametrize("shell", SHELLS)
def test_a_hook_that_cannot_run_is_as_if_it_were_not_there(
    cause: str, shell: str, lab: Lab
) -> None:
    """Whatever is missing: exit 0, nothing said, from each hook of hooks.json."""
    lab.program(lab.path / "python3", REFUSES)
    lab.arm()
    CAUSES[cause](lab)

    # Other Pythons of the PATH are none of this test's.
    outcomes = {word: lab.start(word, shell, PATH=str(lab.path)) for word in WORDS}
    assert {word: outcome for word, outcome in outcomes.items() if outcome != NOTHING} == {}


def test_without_a_variable_nothing_is_said(lab: Lab) -> None:
    """A client that does not set CLAUDE_PLUGIN_ROOT gets no message from any hook."""
    for word in WORDS:
        text = f"unset CLAUDE_PLUGIN_ROOT\n{wired.command(word)}"
        assert wired.start(text, lab.env) == NOTHING


# --- which Python ---------------------------------------------------------------------------------


@pytest.mark.parametrize("word", WORDS)
def test_the_environments_python_runs_every_hook(word: str, lab: Lab) -> None:
    """A `python3` of the PATH is not asked, and the hook is told whose client's it is."""
    lab.program(lab.path / "python3", lab.recording("PATH"))
    lab.program(lab.python, lab.recording("env", '{"answer": 1}'))
    lab.arm()

    assert lab.start(word) == (0, '{"answer": 1}', "")
    event = "pre-tool-use" if word == "gate" else word
    expected = f"env -I -S {lab.root}/hooks/hook.py {event} {os.getpid()}"
    assert lab.calls == [expected]


def test_behind_a_shell_prefix_the_client_says_who_it_is(lab: Lab) -> None:
    """With CLAUDE_CODE_SHELL_PREFIX another program is the shell's parent."""
    lab.start("stop", CLAUDE_CODE_SHELL_PREFIX="/bin/log", CLAUDE_PID="4711")
    lab.start("stop", CLAUDE_CODE_SHELL_PREFIX="/bin/log")
    lab.start("stop", CLAUDE_PID="4711")  # that of a session around this one, perhaps

    assert [call.split()[-1] for call in lab.calls] == ["4711", str(os.getpid()), str(os.getpid())]


@pytest.mark.parametrize("waits", [False, True], ids=["here", "in the environment"])
def test_whose_session_it_is(waits: bool, tmp_path: Path) -> None:
    """The session's client is what started the shell, also where the hook goes on in another
    process, with every dependency: here because a brief waits.
    """
    opened = tmp_path / "project" / ".handoff" / "open"
    opened.mkdir(parents=True)
    (opened.parents[1] / ".git").mkdir()
    if waits:
        (opened / "20261101-101010-a-gift-beef.md").write_text("?")
    state = tmp_path / "state"
    wired.link_environment(state)
    told = {"session_id": "s1", "cwd": str(opened.parents[1]), "source": "startup"}
    env = {"HANDOFF_HOME": str(state), "HOME": str(tmp_path)}
    code, _, err = wired.start(wired.command("session-start"), env, stdin=json.dumps(told))

    assert (code, err) == (0, "")
    known = json.loads((state / "sessions" / "s1.json").read_text())
    assert known["client_pid"] == os.getpid()
    assert processes.is_running(known["client_pid"], known["client_start"])


@pytest.mark.parametrize("shell", SHELLS)
def test_without_the_environment_a_start_takes_the_first_python_that_answers(
    shell: str, lab: Lab
) -> None:
    """What refuses, or answers something else, is passed over with what it said; a relative element
    of the PATH is none. Then the environment is built by it, and no other event starts anything.
    """
    shutil.rmtree(lab.state / "env")
    cloned = lab.program(lab.folder / "cloned" / "python3", lab.recording("cloned"))
    lab.program(lab.path / "python3", REFUSES)
    lab.program(lab.folder / "other" / "python3", "#!/bin/sh\necho 'Python was not found'\n")
    good = lab.program(lab.folder / "good" / "python3.12", lab.recording("good", '{"built": 1}'))
    path = f"cloned::{lab.path}:{lab.folder}/other:{good.parent}"
    text = f"cd '{cloned.parent.parent}'\n{wired.command('session-start')}"

    answer = wired.start(text, {**lab.env, "PATH": path}, root=lab.root, shell=shell)
    assert answer == (0, '{"built": 1}\n', "")
    assert [call.split()[0] for call in lab.calls] == ["good"]
    for word in set(WORDS) - {"session-start"}:
        assert lab.start(word, PATH=path) == NOTHING
    assert len(lab.calls) == 1


@pytest.mark.parametrize("word", ["user-prompt-submit", "stop"])
@pytest.mark.parametrize("shell", SHELLS)
def test_a_failed_build_is_told_by_the_next_hook(lab: Lab, shell: str, word: str) -> None:
    """Without an environment the next prompt or answer prints what the builder left, once, and
    starts nothing; other events and sessions that nobody watches leave it.
    """
    answer = '{"systemMessage": "handoff is not set up: a \\"reason\\" \\\\ %s"}'
    shutil.rmtree(lab.state / "env")
    message = lab.state / bootstrap.MESSAGE
    message.write_text(answer + "\n")
    lab.program(lab.path / "python3", lab.recording("python3"))
    for other in set(WORDS) - {"session-start", "user-prompt-submit", "stop"}:
        assert lab.start(other, shell) == NOTHING
    assert lab.start(word, shell, CLAUDE_CODE_SESSION_ATTENDED="0") == NOTHING
    assert message.read_text() == answer + "\n"

    assert lab.start(word, shell) == (0, answer + "\n", "")
    assert lab.start(word, shell) == NOTHING
    assert lab.calls == []


@pytest.mark.parametrize(
    "text",
    [
        '{"systemMessage": "handoff is not set up: th',
        '{"systemMessage": "handoff is not set up: th\n',
        "Run this.\n",
        '{"hookSpecificOutput": {"additionalContext": "Run this."}}\n',
    ],
)
@pytest.mark.parametrize("shell", SHELLS)
def test_only_a_whole_message_of_ours_is_printed(lab: Lab, shell: str, text: str) -> None:
    """What else a hook prints may be told to the model; a link's file is left as it is."""
    shutil.rmtree(lab.state / "env")
    other = lab.folder / "other.txt"
    other.write_text(text)
    (lab.state / bootstrap.MESSAGE).symlink_to(other)

    assert lab.start("user-prompt-submit", shell) == NOTHING
    assert other.read_text() == text


def test_the_gate_starts_nothing_unless_it_is_armed(lab: Lab) -> None:
    """A tool call below the thresholds costs a shell and a look for one file."""
    assert lab.start("gate") == NOTHING
    (lab.state / "gate").mkdir()
    assert lab.start("gate") == NOTHING
    assert lab.start("gate", CLAUDE_CODE_SESSION_ID="") == NOTHING
    (lab.state / "gate" / "s1").touch()
    assert lab.start("gate", CLAUDE_CODE_SESSION_ID="s2") == NOTHING
    assert lab.calls == []
    lab.start("gate")
    assert len(lab.calls) == 1


# --- native Windows -------------------------------------------------------------------------------


def test_native_windows_is_told_once_and_nothing_else_happens(lab: Lab) -> None:
    """In Git Bash: one line at a session's start, where to go; no hook starts anything."""
    lab.arm()
    outcomes = [
        wired.start(hook["command"], {**lab.env, "OS": "Windows_NT"}, root=lab.root)
        for hook in wired.hooks()
    ]

    (told,) = [outcome for outcome in outcomes if outcome != NOTHING]
    assert json.loads(told[1])["systemMessage"] == (
        "handoff is inactive: native Windows is not supported yet. Use WSL."
    )
    assert (told[0], told[2]) == (0, "")
    assert lab.calls == []
    assert wired.start(wired.command("start"), lab.env) == NOTHING


def test_the_windows_line_is_for_a_start_alone() -> None:
    """Not again after /clear, a compaction or a resume."""
    wiring = json.loads((ROOT / "hooks" / "hooks.json").read_text())["hooks"]
    matchers = {
        entry.get("matcher"): wired.word(entry["hooks"][0]) for entry in wiring["SessionStart"]
    }
    assert matchers == {None: "session-start", "startup": "start"}


@pytest.mark.parametrize("hook", wired.hooks(), ids=wired.word)
def test_what_powershell_runs_of_a_hook(hook: dict[str, Any]) -> None:
    """Without Git Bash the client hands the text to PowerShell. There a `\\` in quotes is one like
    any other, so the string ends before `<#`, which begins a comment: what is left sets a variable,
    and at a start says where handoff works.
    """
    text = hook["command"]
    left = re.sub(r"<#.*?#>", "", text, flags=re.DOTALL)
    first, _, rest = left.partition("\n")
    assert re.fullmatch(r'set [a-z-]+ "\\" ', first)
    if wired.word(hook) != "start":
        assert rest == ""
        return
    words = re.fullmatch(r"echo '([^']*)'", rest)
    assert words is not None
    assert "WSL" in json.loads(words[1])["systemMessage"]


# --- where the state is ---------------------------------------------------------------------------

HOME = pwd.getpwuid(os.getuid()).pw_dir
PLACES: list[tuple[dict[str, str], str]] = [
    ({"HANDOFF_HOME": "/own", "XDG_STATE_HOME": "/xdg", "HOME": "/home/a"}, "/own"),
    ({"XDG_STATE_HOME": "/x dg", "HOME": "/home/a"}, "/x dg/handoff"),
    ({"HOME": "/home/a b"}, "/home/a b/.local/state/handoff"),
    ({"HANDOFF_HOME": "", "XDG_STATE_HOME": "", "HOME": "/h"}, "/h/.local/state/handoff"),
    ({"HANDOFF_HOME": ".h", "XDG_STATE_HOME": "~/x", "HOME": "/h"}, "/h/.local/state/handoff"),
    ({}, f"{HOME}/.local/state/handoff"),
    ({"HOME": ""}, f"{HOME}/.local/state/handoff"),
    ({"HOME": "home"}, f"{HOME}/.local/state/handoff"),
    ({"HOME": "undefined"}, f"{HOME}/.local/state/handoff"),
]


@pytest.mark.parametrize(("env", "expected"), PLACES)
def test_one_rule_says_where_the_state_is(env: dict[str, str], expected: str) -> None:
    """Python and every shell that may be /bin/sh; the mod's test has the same cases."""
    assert paths.state_home(env) == expected
    text = f". '{ROOT}/hooks/state.sh'\nprintf %s \"$state\""
    for shell in SHELLS:
        done = subprocess.run(
            [
                "/usr/bin/env",
                "-i",
                *(f"{k}={v}" for k, v in env.items()),
                *shell.split(),
                "-c",
                text,
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        assert (done.stdout, done.stderr) == (expected, ""), shell


def test_without_any_home_there_is_no_state(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user whom the password file does not have: an error says what to set, no folder `~`."""

    def unknown(_: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(RuntimeError, match="set HOME or HANDOFF_HOME"):
        paths.state_home({})
    assert paths.state_home({"HANDOFF_HOME": "/own"}) == "/own"


def test_the_command_line_needs_no_home(lab: Lab) -> None:
    """Without HOME `bin/handoff` looks where the hooks look; in Windows it says what to do."""
    launcher = str(ROOT / "bin" / "handoff")

    def run_list(**env: str) -> str:
        done = subprocess.run([launcher, "list"], env=env, capture_output=True, text=True)
        assert done.stdout == "" if done.returncode else done.stderr == ""
        return done.stdout + done.stderr

    env = lab.state / "env"
    assert run_list(PATH=os.defpath, HANDOFF_HOME=str(lab.state)) == ""
    assert [call.split()[-1] for call in lab.calls] == ["list"]
    shutil.rmtree(env)
    assert "no Python environment" in run_list(PATH=os.defpath, XDG_STATE_HOME=str(lab.folder))
    assert "Run it in WSL" in run_list(
        PATH=os.defpath, HANDOFF_HOME=str(lab.state), OS="Windows_NT"
    )


# --- what the doctor says -------------------------------------------------------------------------


def doctor(lab: Lab) -> dict[str, Check]:
    return {check.name: check for check in hook_start.checks(lab.env, str(lab.root))}


def test_the_doctor_names_the_python_and_a_shim_that_refuses(lab: Lab) -> None:
    """What starts hooks here, that a `python3` does not, and what is missing."""
    lab.program(lab.python, f"#!/bin/sh\nexec '{sys.executable}' \"$@\"\n")
    lab.program(lab.path / "python3", f"#!/bin/sh\nexec '{sys.executable}' \"$@\"\n")
    checks = doctor(lab)
    assert list(checks) == ["hook start"]
    assert checks["hook start"].ok is True
    assert sys.version.split()[0] in checks["hook start"].detail

    lab.program(lab.path / "python3", REFUSES)
    checks = doctor(lab)
    assert checks["hook start"].ok is True
    assert checks["python3"].ok is None
    assert f"{lab.path}/python3 does not start in this directory" in checks["python3"].detail
    assert "exit code 126: refused" in checks["python3"].detail

    python_refuses(lab)
    checks = doctor(lab)
    assert checks["hook start"].ok is False
    assert "handoff install" in checks["hook start"].hint

    (lab.root / "hooks" / "state.sh").unlink()
    checks = doctor(lab)
    assert checks["hook start"].ok is False
    assert f"{lab.root}/hooks/state.sh cannot be read" in checks["hook start"].detail
