"""The environment is built once, in the background, whole or not at all: real hooks, a staged uv.

The staged `uv` stands first on the PATH. It stops in `uv pip install` until the test opens a gate
(a FIFO), so that each test decides what happens while a build is under way.
"""

from __future__ import annotations

import ast
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from handoff import __version__
from handoff.base import paths
from handoff.install import bootstrap, ready_file
from handoff.install import environment as install_environment
from support import wired
from support.paths import ROOT
from support.waiting import until

RUN_BEFORE_3_10 = (
    "hooks/hook.py",
    "plugin/handoff/__init__.py",
    "plugin/handoff/hooks/start.py",
    "plugin/handoff/install/bootstrap.py",
    "plugin/handoff/install/environment.py",
    "plugin/handoff/install/ready_file.py",
    "plugin/handoff/install/script_steps.py",
    "plugin/handoff/base/errors.py",
    "plugin/handoff/base/file_io.py",
    "plugin/handoff/base/local_lock.py",
    "plugin/handoff/base/locks.py",
    "plugin/handoff/base/log.py",
    "plugin/handoff/base/paths.py",
    "plugin/handoff/base/processes.py",
    "plugin/handoff/base/quickjson.py",
    "plugin/handoff/base/state_file.py",
)
UV = f"""#!/bin/sh
echo "$PPID" >> "$LAB/$1.calls"
for last; do :; done
case $1 in
  venv)
    mkdir -p "$last/bin"
    printf '#!/bin/sh\\nexec "{sys.executable}" "$@"\\n' > "$last/bin/python"
    chmod +x "$last/bin/python" ;;
  pip)
    read -r answer < "$LAB/gate"
    echo "error: $answer"
    [ "$answer" = go ] ;;
esac
"""


class Lab:
    """A state directory, a plugin's data directory and a staged uv."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "state"
        self.data = folder / "data"
        self.gate = folder / "gate"
        self.others = 0
        os.mkfifo(self.gate)
        uv = folder / "bin" / "uv"
        uv.parent.mkdir()
        uv.write_text(UV)
        uv.chmod(0o755)
        self.env = {
            "PATH": f"{uv.parent}:{os.environ['PATH']}",
            "HOME": str(folder),
            "HANDOFF_HOME": str(self.home),
            "CLAUDE_PLUGIN_DATA": str(self.data),
            "LAB": str(folder),
            "PIP_NO_INDEX": "1",
        }

    def start_as_wired(self) -> subprocess.Popen[str]:
        """The same, by the shell text of hooks.json."""
        return self.start("/bin/sh", "-c", wired.command("session-start"))

    def start(self, *command: str) -> subprocess.Popen[str]:
        """The hook of a session that starts."""
        hook = subprocess.Popen(
            command or [sys.executable, "-I", "-S", ROOT / "hooks/hook.py", "session-start"],
            env={**self.env, "CLAUDE_PLUGIN_ROOT": str(ROOT)},
            cwd=self.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert hook.stdin is not None
        payload = {
            "session_id": "s1",
            "transcript_path": str(self.folder / "t.jsonl"),
            "cwd": str(self.folder),
            "hook_event_name": "SessionStart",
            "source": "startup",
        }
        hook.stdin.write(json.dumps(payload))
        hook.stdin.close()
        hook.stdin = None
        return hook

    def told(self, hook: subprocess.Popen[str] | None = None) -> str:
        """What the hook tells the user; comes back when its output is closed, as the client."""
        stdout, stderr = (hook or self.start()).communicate(timeout=20)
        assert stderr == ""
        if not stdout:
            return ""
        answer = json.loads(stdout)
        assert list(answer) == ["systemMessage"]
        return str(answer["systemMessage"])

    def let_uv(self, answer: str) -> None:
        """Wait until uv installs, and have it succeed (`go`) or fail with `answer`."""
        with self.gate.open("w") as gate:
            gate.write(answer + "\n")

    def wait_for_builders(self) -> None:
        """Come back when no builder, and nothing a builder started, is left."""
        with (self.data / install_environment.LOCK).open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)

    def wait_for_hooks(self) -> None:
        """Come back when no hook, nor a builder that one left behind, is there (by /proc)."""

        def is_ours(process: Path) -> bool:
            try:
                command = (process / "cmdline").read_bytes()
                return b"hook.py" in command and (
                    os.fsencode(self.folder) in (process / "environ").read_bytes()
                )
            except OSError:
                return False

        assert until(lambda: not any(map(is_ours, Path("/proc").glob("[0-9]*"))))

    @property
    def environment(self) -> Path:
        return self.home / "env"

    def build(self) -> None:
        """Have this version's environment built by a session's start."""
        self.told()
        self.let_uv("go")
        self.wait_for_builders()

    def build_here(self, *, wait: bool) -> str:
        """Build in this process, as a session (which does not wait) or install.sh does."""
        build = install_environment.build
        return build(str(ROOT), str(self.data), self.env, lambda _: None, wait=wait)

    def of_version(self, version: str, moved: Path | None = None) -> Path:
        """Another version's environment: a new one, or the one that is `moved`."""
        self.others += 1
        folder = self.data / "env" / f"other-{self.others}"
        if moved:
            moved.rename(folder)
        else:
            (folder / "bin").mkdir(parents=True)
            (folder / "bin/python").symlink_to(sys.executable)
        (folder / paths.READY).write_text(f"{version}\n")
        return folder

    def link(self, folder: Path) -> None:
        """Have the state directory lead to an environment."""
        self.environment.unlink()
        self.environment.symlink_to(folder)

    def is_ready(self) -> bool:
        return paths.environment_python(self.env) is not None

    def calls(self, command: str) -> list[int]:
        """The process ids of the builders that called `uv COMMAND`."""
        path = self.folder / f"{command}.calls"
        return [int(line) for line in path.read_text().split()] if path.exists() else []


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_first_start_tells_once_and_builds_behind_it(lab: Lab) -> None:
    """The first start says one line and is over while the build runs; later ones say nothing."""
    first = lab.told()
    assert "in the background" in first
    assert not lab.is_ready()

    lab.let_uv("go")
    lab.wait_for_builders()

    assert lab.is_ready()
    assert (lab.environment / paths.READY).read_text().strip() == __version__
    assert lab.told() == ""
    assert len(lab.calls("pip")) == 1


def test_two_starts_build_once(lab: Lab) -> None:
    """Of sessions that start at once one builds; the others leave it to that one."""
    hooks = [lab.start() for _ in range(4)]
    for hook in hooks:
        lab.told(hook)
    lab.let_uv("go")
    lab.wait_for_builders()

    assert lab.is_ready()
    assert len(lab.calls("venv")) == 1


def test_build_outlives_the_session(lab: Lab) -> None:
    """The build is in a session of its own: what is sent to the hook's process group misses it."""
    hook = lab.start()
    lab.told(hook)
    with lab.gate.open("w") as gate:  # opens when uv installs
        (builder,) = lab.calls("pip")
        assert os.getsid(builder) not in (os.getsid(0), builder)
        assert os.getpgid(builder) != hook.pid
        gate.write("go\n")
    lab.wait_for_builders()

    assert lab.is_ready()


def test_killed_builder_is_followed_by_another(lab: Lab) -> None:
    """kill -9 of the builder: its installer keeps others out while it lives; then one builds."""
    lab.told()
    with lab.gate.open("w") as gate:
        os.kill(lab.calls("pip")[0], signal.SIGKILL)
        lab.told()
        lab.wait_for_hooks()  # that of this start found the lock held
        with (
            (lab.data / install_environment.LOCK).open("w") as lock,
            pytest.raises(BlockingIOError),
        ):
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        gate.write("go\n")
    lab.wait_for_builders()
    assert not lab.is_ready()
    assert not lab.environment.is_symlink()

    lab.told()
    lab.let_uv("go")
    lab.wait_for_builders()

    assert lab.is_ready()


def test_failure_is_told_once_an_hour(lab: Lab) -> None:
    """A failed build is told once with its reason; after an hour it is tried and told again."""
    lab.told()
    lab.let_uv("tcp connect error")
    failed = lab.home / bootstrap.FAILED
    _wait_for(failed)
    told = lab.told()
    assert told.startswith("handoff is not set up: ")
    assert f"{ROOT}/install.sh" in told
    assert "handoff.log" in told
    assert lab.told() == ""
    assert not list((lab.data / "env").iterdir())

    an_hour_ago = time.time() - 3700
    os.utime(failed, (an_hour_ago, an_hour_ago))
    assert lab.told() == ""
    lab.let_uv("go")
    lab.wait_for_builders()

    assert lab.is_ready()
    assert lab.told() == ""


@pytest.mark.parametrize("text", ['{"systemMessage": "handoff is', "Run this.\n", "[]\n"])
def test_half_a_message_is_not_told(lab: Lab, text: str) -> None:
    """A session's start would tell its model what is no answer."""
    lab.home.mkdir()
    (lab.home / bootstrap.FAILED).write_text("no reason\n")
    (lab.home / bootstrap.MESSAGE).write_text(text)

    assert lab.told() == ""


def test_unwritable_places_are_named(lab: Lab) -> None:
    """Where nothing can be written the user is told so, and no build is begun."""
    lab.data.parent.joinpath("file").write_text("")
    lab.env["CLAUDE_PLUGIN_DATA"] = str(lab.folder / "file" / "data")

    assert str(lab.folder / "file") in lab.told()
    assert lab.told() == ""
    assert lab.calls("venv") == []


@pytest.mark.parametrize("python", [None, "#!/bin/sh\nexit 1\n", "no program"])
def test_dead_environment_is_rebuilt(python: str | None, lab: Lab) -> None:
    """An environment whose Python has gone, or starts no more (a system's upgrade), is built anew,
    by the session's start that hooks.json wires.
    """
    lab.told()
    lab.let_uv("go")
    lab.wait_for_builders()
    program = lab.environment / "bin" / "python"
    program.unlink() if python is None else program.write_text(python)

    assert "in the background" in lab.told(lab.start_as_wired())
    lab.let_uv("go")
    lab.wait_for_builders()

    assert lab.is_ready()
    assert lab.told(lab.start_as_wired()) == ""
    assert len(lab.calls("venv")) == 2


def test_older_environment_serves_until_the_new_one_stands(lab: Lab) -> None:
    """After an update the old environment stays linked, nothing is said; and then it is kept for
    the sessions that still run, but none that is older, unless a process runs in it.
    """
    lab.build()
    old = lab.of_version("0.0.1", lab.environment.resolve())
    oldest, in_use = lab.of_version("0.0.0"), lab.of_version("0.0.0")
    unfinished = lab.data / "env" / "unfinished"
    unfinished.mkdir()
    lab.link(old)
    with subprocess.Popen([in_use / "bin/python", "-c", "input()"], stdin=subprocess.PIPE) as runs:
        assert lab.told() == ""
        assert lab.environment.resolve() == old
        lab.let_uv("go")
        lab.wait_for_builders()
        runs.communicate()

    assert (lab.environment / paths.READY).read_text().strip() == __version__
    assert lab.environment.resolve() != old
    assert old.exists()
    assert in_use.exists()
    assert not oldest.exists()
    assert not unfinished.exists()


def test_a_newer_environment_is_left_to_it(lab: Lab) -> None:
    """A session from before an update uses the newer version's, and builds and removes nothing; who
    installs an older version means to.
    """
    lab.build()
    own = lab.environment.resolve()
    newer = lab.of_version("99.0.0")
    lab.link(newer)

    assert lab.told() == ""
    lab.wait_for_builders()
    assert lab.build_here(wait=False) == ""
    assert lab.environment.resolve() == newer
    assert len(lab.calls("venv")) == 1

    assert lab.build_here(wait=True) == ""
    assert lab.environment.resolve() == own
    assert newer.exists()
    assert len(lab.calls("venv")) == 1


def test_a_newer_environment_that_is_dead_is_replaced(lab: Lab) -> None:
    """Its version does not count where its Python is gone."""
    lab.build()
    newer = lab.of_version("99.0.0")
    (newer / "bin/python").unlink()
    lab.link(newer)

    lab.told()
    assert until(lab.is_ready)


def test_versions_with_the_same_dependencies_share_one(lab: Lab) -> None:
    """The newer one only notes that it is served: no older one's takes its place then."""
    lab.build()
    shared = lab.environment.resolve()
    (shared / paths.READY).write_text("0.0.1\n")

    assert lab.told() == ""
    assert until(lambda: (shared / paths.READY).read_text().strip() == __version__)
    lab.wait_for_builders()

    assert lab.environment.resolve() == shared
    assert len(lab.calls("venv")) == 1


def test_what_names_an_environment(tmp_path: Path) -> None:
    """Dependencies and Pythons, whatever else the project says of itself."""
    project = (ROOT / "pyproject.toml").read_text()
    click = '  "click>=8.1,<9",\n'
    assert click in project
    (tmp_path / "pyproject.toml").write_text(project)
    own = install_environment.digest(str(tmp_path))
    assert own == install_environment.digest(str(ROOT))
    for words, is_same in (
        (project.replace("description", "summary"), True),
        (project.replace(click, click + '  "other",\n'), False),
        (project.replace(click, ""), False),
        (project.replace("click>=8.1", "click>=8.2"), False),
        (project.replace('">=3.10"', '">=3.11"'), False),
        ("[project]\ndependencies = []\n", False),
    ):
        (tmp_path / "pyproject.toml").write_text(words)
        assert (install_environment.digest(str(tmp_path)) == own) is is_same


@pytest.mark.parametrize(
    ("version", "than", "older"),
    [
        ("0.1.0", "0.1.0", False),
        ("0.1.0", "0.2.0", True),
        ("0.9.0", "0.10.0", True),
        ("1.0.0", "0.10.0", False),
        ("", "0.1.0", True),
        ("garbage", "0.1.0", True),
    ],
)
def test_order_of_versions(version: str, than: str, *, older: bool) -> None:
    """By their numbers; what is no version is older than all."""
    assert ready_file.is_older(version, than) is older


def test_reason_is_the_registry(lab: Lab) -> None:
    """What pip and uv say without a network becomes one plain reason; a password is not logged."""
    messages: list[str] = []
    script = "echo 'error: tcp connect error for https://me:secret@index'; exit 2"
    with pytest.raises(Exception, match="registry cannot be reached"):
        install_environment._run(["sh", "-c", script], lab.env, messages.append, 2)

    assert "https://***@index" in messages[0]
    assert "secret" not in messages[0].splitlines()[1]


@pytest.mark.parametrize("name", RUN_BEFORE_3_10)
def test_old_pythons_can_read_it(name: str) -> None:
    """What runs before a new enough Python is found parses on 3.7."""
    ast.parse((ROOT / name).read_text(), feature_version=(3, 7))


def _wait_for(path: Path) -> None:
    deadline = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < deadline, f"no {path}"
        time.sleep(0.02)
