"""`bin/handoff`: it starts the plugin's own files in the private environment, wherever it is called
from and whatever the shell's environment holds.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from handoff import __version__
from handoff.install import environment, launcher
from support.paths import ROOT

LAUNCHER = ROOT / "bin" / "handoff"
SHELLS = [shell for shell in ("bash", "dash") if shutil.which(shell)]
FUNCTIONS = ("cd", "command", "echo", "pwd", "readlink", "dirname", "test", "printf", "python")


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment with a state directory whose Python prints what it was started with."""
    python = tmp_path / "state" / "env" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\n/usr/bin/printf '%s\\n' \"$@\"\n")
    python.chmod(0o755)
    (tmp_path / "state" / "env" / "handoff-ready").touch()
    return {"PATH": os.defpath, "HOME": str(tmp_path), "HANDOFF_HOME": str(tmp_path / "state")}


def run(*command: str, env: dict[str, str], cwd: Path | None = None) -> list[str]:
    """The lines that a command prints; it says nothing on stderr."""
    done = subprocess.run(command, env=env, cwd=cwd, capture_output=True, text=True, timeout=20)

    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout.splitlines()


def copy(folder: Path) -> Path:
    """A plugin's folder with the launcher in it."""
    (folder / "bin").mkdir(parents=True)
    shutil.copytree(ROOT / "hooks", folder / "hooks")
    return Path(shutil.copy(LAUNCHER, folder / "bin" / "handoff"))


@pytest.mark.parametrize("shell", SHELLS)
def test_however_it_is_called(shell: str, env: dict[str, str], tmp_path: Path) -> None:
    """By path, from its folder, by links of any kind, by the PATH: always its own plugin."""
    own = copy(tmp_path / "plug in")
    expected = ["-I", str(tmp_path / "plug in" / "plugin"), "list", "a b"]
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "absolute").symlink_to(own)
    (tmp_path / "a" / "relative").symlink_to("../plug in/bin/handoff")
    (tmp_path / "a" / "handoff").symlink_to("relative")
    astray = {**env, "CDPATH": str(tmp_path / "other")}
    (tmp_path / "other" / "bin").mkdir(parents=True)
    (tmp_path / "other" / "plug in" / "bin").mkdir(parents=True)

    calls = [
        (own, tmp_path),
        ("bin/handoff", own.parents[1]),
        ("./handoff", own.parent),
        ("handoff", own.parent),
        ("plug in/bin/handoff", tmp_path),
        ("a/absolute", tmp_path),
        ("a/relative", tmp_path),
        ("a/handoff", tmp_path),
    ]
    for name, folder in calls:
        assert run(shell, str(name), "list", "a b", env=astray, cwd=folder) == expected
    by_path = {**astray, "PATH": f"{tmp_path / 'a'}:{os.defpath}"}
    assert run("handoff", "list", "a b", env=by_path, cwd=tmp_path) == expected


def test_no_program_of_the_path_is_run(env: dict[str, str], tmp_path: Path) -> None:
    """Nothing that comes first on the PATH is run on the way, linked or not."""
    evil = tmp_path / "evil"
    evil.mkdir()
    for name in ("dirname", "readlink", "python", "python3", "env", "sh", "pwd", "handoff"):
        (evil / name).write_text(f"#!/bin/sh\n/usr/bin/touch {tmp_path}/ran\n")
        (evil / name).chmod(0o755)
    link = tmp_path / "link"
    link.symlink_to(LAUNCHER)

    for called in (LAUNCHER, link):
        for path in (str(evil), f":{evil}", f".:{evil}"):
            lines = run(str(called), "list", env={**env, "PATH": path}, cwd=evil)
            assert lines == ["-I", str(ROOT / "plugin"), "list"]
    assert not (tmp_path / "ran").exists()


def test_no_function_or_start_up_file_of_bash_is_run(env: dict[str, str], tmp_path: Path) -> None:
    """Where /bin/sh is bash, functions left in the environment do not count."""
    bash = shutil.which("bash")
    assert bash is not None
    (tmp_path / "sh").symlink_to(bash)
    start = tmp_path / "start"
    start.write_text(f"/usr/bin/touch {tmp_path}/ran\n")
    link = tmp_path / "link"
    link.symlink_to(LAUNCHER)
    body = f"() {{ /usr/bin/touch {tmp_path}/ran; }}"
    astray = {f"BASH_FUNC_{name}%%": body for name in FUNCTIONS}
    astray |= {"BASH_ENV": str(start), "ENV": str(start)}

    for called in (LAUNCHER, link):
        lines = run(str(tmp_path / "sh"), str(called), "list", env={**env, **astray})
        assert lines == ["-I", str(ROOT / "plugin"), "list"]
    assert not (tmp_path / "ran").exists()


def test_no_variable_leads_python_to_other_modules(tmp_path: Path) -> None:
    """The interpreter takes its own modules and the plugin's, whatever PYTHON… variables say."""
    state = tmp_path / "state"
    state.mkdir()
    (state / "env").symlink_to(sys.prefix)
    (tmp_path / "handoff").mkdir()
    for name in ("handoff/__init__.py", "sitecustomize.py", "usercustomize.py", "click.py"):
        (tmp_path / name).write_text("raise SystemExit('evil')\n")
    env = {
        "PATH": os.defpath,
        "HOME": str(tmp_path),
        "HANDOFF_HOME": str(state),
        "PYTHONHOME": str(tmp_path),
        "PYTHONPATH": str(tmp_path),
        "PYTHONSTARTUP": str(tmp_path / "click.py"),
        "PYTHONUSERBASE": str(tmp_path),
        "VIRTUAL_ENV": str(tmp_path),
    }

    assert run(str(LAUNCHER), "--version", env=env, cwd=tmp_path) == [
        f"handoff, version {__version__}"
    ]


def test_the_environment_beside_the_plugin_serves_another_state(
    env: dict[str, str], tmp_path: Path
) -> None:
    """With a HANDOFF_HOME that has no environment, what install.sh built is used."""
    own = copy(tmp_path / "share" / "plugin")
    (tmp_path / "share" / "env").mkdir()
    (tmp_path / "state" / "env").rename(tmp_path / "share" / "env" / "digest")
    (tmp_path / "share" / "env" / environment.CURRENT).symlink_to("digest")

    lines = run(str(own), "list", env=env)
    assert lines == ["-I", str(tmp_path / "share" / "plugin" / "plugin"), "list"]


def test_without_an_environment_it_says_what_to_do(tmp_path: Path) -> None:
    """Where nothing is built yet, the message names the installer of this plugin, and HANDOFF_HOME
    if that is why.
    """
    for more, words in (({}, ""), ({"HANDOFF_HOME": f"{tmp_path}/x"}, "HANDOFF_HOME names")):
        env = {"PATH": os.defpath, "HOME": str(tmp_path), **more}
        done = subprocess.run(
            [LAUNCHER, "list"], env=env, capture_output=True, text=True, timeout=20
        )

        assert done.returncode == 1
        assert f"{ROOT}/install.sh" in done.stderr
        assert words in done.stderr
        assert ("HANDOFF_HOME" in done.stderr) == bool(words)


def test_the_command_of_a_wheel_is_known(tmp_path: Path) -> None:
    """By what pipx, uv and pip write into it; an empty element of the PATH is this folder."""
    program = tmp_path / "handoff"
    program.write_text("#!/bin/python\nfrom handoff.cli import main\n")
    assert launcher.find_command(str(tmp_path)) == ""
    program.chmod(0o755)

    assert launcher.find_command(f"/nowhere:{tmp_path}") == str(program)
    assert launcher.is_from_wheel(str(program))
    assert not launcher.is_from_wheel(str(LAUNCHER))
    assert launcher.find_shadowing(str(tmp_path)) == str(program)
    assert launcher.find_shadowing(str(LAUNCHER.parent)) == ""
