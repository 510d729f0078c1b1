"""A world of its own for the real client: home, configuration, repository, terminal.

Nothing of the user's client is read, written or inherited: the environment is built from an
allow-list, and all paths lie in the test's temporary directory.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import time
import uuid
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff.demo.api import ScriptedApi, default_helper
from handoff.demo.stage import Stage
from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handoff.demo.api import Reply, Request, Script

COLUMNS, LINES = 120, 40
TMUX_NAMES = ("TMUX", "TMUX_PANE", "TERM_PROGRAM", "TERM_PROGRAM_VERSION")
# As root the client refuses to skip permissions: this is the nearest to "ask nothing".
HANDS_FREE = ("--permission-mode", "acceptEdits", "--allowedTools", "Bash")
# A subscription's login instead of a key: what the client says of caps, it says with one only.
SUBSCRIBED = {"ANTHROPIC_API_KEY": "", "CLAUDE_CODE_OAUTH_TOKEN": "sk-ant-oat01-dummy-0123456789"}

# What a session's end does is waited for: the client's own limit, 1.5 s, is not kept on a machine
# that runs three of these tests at once.
UNHURRIED = {"CLAUDE_CODE_SESSIONEND_HOOKS_TIMEOUT_MS": "20000"}


@dataclass(frozen=True)
class Printed:
    """What one run with `-p` left behind."""

    stdout: str
    stderr: str
    returncode: int

    @cached_property
    def json(self) -> dict[str, Any]:
        """The result object of `--output-format json`."""
        try:
            result = json.loads(self.stdout)
        except ValueError:
            result = None
        assert isinstance(result, dict), f"no JSON result, exit {self.returncode}: {self}"
        return result


class World(Stage):
    """A temporary home with a repository, and the client in it.

    `root` is an empty directory; `client` is the client's program. `plugin` loads the checkout's
    plugin, `git` makes the project a repository with one commit, `environment` gives the plugin
    the Python environment of this test run. Use `serve` before the client.
    """

    def __init__(
        self,
        root: Path,
        client: Path,
        *,
        plugin: bool = True,
        git: bool = True,
        environment: bool = True,
    ) -> None:
        super().__init__(root)
        self.client = client
        self.flags: list[str] = ["--plugin-dir", str(ROOT)] if plugin else []
        self._api: ScriptedApi | None = None
        self._terminals: list[Terminal] = []
        if git:
            self.make_repository()
        if environment:
            self.link_environment()

    @property
    def client_env(self) -> dict[str, str]:
        """The client's whole environment."""
        assert self._api is not None, "start the API first: with world.serve(script) as api"
        return {**self.env(self._api.url), **UNHURRIED}

    def serve(
        self, script: Script, helper: Callable[[Request], Reply] = default_helper
    ) -> ScriptedApi:
        """The scripted API that the client talks to from now on; enter it with `with`."""
        self._api = ScriptedApi(script, helper)
        return self._api

    def print(
        self,
        prompt: str,
        *flags: str,
        extra_env: Mapping[str, str] | None = None,
        output: str = "json",
        timeout: float = 60,
        directory: Path | None = None,
    ) -> Printed:
        """Run `claude -p` to its end, in the project or another `directory`; `output` is its output
        format.
        """
        command = [str(self.client), "-p", prompt, "--output-format", output, *self.flags, *flags]
        child = subprocess.Popen(
            command,
            cwd=directory or self.project,
            env={**self.client_env, **(extra_env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        try:
            stdout, stderr = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired as error:
            raise AssertionError(f"no end after {timeout:g} s: {shlex.join(command)}") from error
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
                child.communicate()
        return Printed(stdout, stderr, child.returncode)

    def terminal(
        self,
        *args: str,
        extra_env: Mapping[str, str] | None = None,
        directory: Path | None = None,
        size: tuple[int, int] = (COLUMNS, LINES),
    ) -> Terminal:
        """Start the interactive client, in the project or another `directory`; use it with `with`,
        or leave the end to `close`.

        In permission mode `default` unless `args` name another: 2.1.330 starts in `auto`, whose
        check runs on the real API only, so that every tool call would stop in a dialog.
        """
        mode = [] if "--permission-mode" in args else ["--permission-mode", "default"]
        command = [str(self.client), *self.flags, *mode, *args]
        env = {**self.client_env, **(extra_env or {})}
        terminal = Terminal(command, directory or self.project, env, size)
        self._terminals.append(terminal)
        return terminal

    def configure(self, text: str) -> None:
        """Write the user's configuration of the plugin. A `-p` run, which is the quickest session,
        writes its brief like any other unless `text` says what it does.
        """
        text = text if "headless:" in text else f"{text.rstrip()}\nheadless: write\n"
        path = self.home / ".config" / "handoff" / "config.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def transcripts(self) -> list[Path]:
        """The sessions' transcripts, the one written last at the end."""
        paths = self.config.glob("projects/*/*.jsonl")
        return sorted(paths, key=lambda path: path.stat().st_mtime_ns)

    def close(self) -> None:
        """End every terminal that is still open."""
        for terminal in self._terminals:
            terminal.close()


class Terminal:
    """A program in a tmux of its own, of `size` columns and lines; `close` ends both."""

    def __init__(
        self,
        command: list[str],
        directory: Path,
        env: Mapping[str, str],
        size: tuple[int, int] = (COLUMNS, LINES),
    ) -> None:
        self._socket = f"handoff-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._env = dict(env)
        self._closed = False
        # Without tmux's own variables the client behaves as in a plain terminal.
        plain = ["env", *(f"-u{name}" for name in TMUX_NAMES), f"TERM={env['TERM']}", *command]
        keep = ["set-option", "-g", "remain-on-exit", "on", ";"]
        columns, lines = map(str, size)
        new = ["new-session", "-d", "-x", columns, "-y", lines, "-c", str(directory)]
        self._tmux("-f", "/dev/null", "start-server", ";", *keep, *new, "--", *plain)
        self._pid = int(self._tmux("list-panes", "-F", "#{pane_pid}"))

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def type(self, text: str) -> None:
        """Type `text` as it is, without Enter."""
        self._tmux("send-keys", "-l", "--", text)

    def paste(self, text: str) -> None:
        """Paste `text`, as a terminal does that tells what is pasted from what is typed."""
        self._tmux("set-buffer", "--", text, ";", "paste-buffer", "-p")

    def press(self, *keys: str) -> None:
        """Press keys by their tmux names: Enter, Escape, C-c, Up, …"""
        self._tmux("send-keys", *keys)

    def press_until(self, key: str, pattern: str) -> None:
        """Press a key until the screen matches: a dialog is drawn before it takes keys, and there
        may be more to cycle through.
        """
        for _ in range(8):
            self.press(key)
            if until(lambda: _shows(self.screen(), pattern), 3):
                return
        self.wait_for(pattern, 1)

    def submit(self, text: str) -> None:
        """Type `text`, see it arrive, press Enter (at once it would count as pasted).

        A slow 2.1.197 may leave the command that it ran in the prompt: `text` replaces it.
        """
        self.type(text)
        if not until(lambda: self._is_typed(text), 5):
            self.press("C-u")
            until(lambda: _without_blanks(text) not in self._typed(), 3)
            self.type(text)
            assert until(lambda: self._is_typed(text), 20), self.screen()
        self.press("Enter")

    def _is_typed(self, text: str) -> bool:
        """Whether the prompt begins with `text`; behind it the client may offer more."""
        return self._typed().startswith(_without_blanks(text))

    def _typed(self) -> str:
        """What stands in the prompt, without white space: the client wraps and pads it."""
        match = re.search(r"─\n❯(.*?)(?:\n─|\Z)", self.screen(), re.DOTALL)
        return _without_blanks(match[1]) if match else ""

    def screen(self, *, history: bool = False) -> str:
        """What the terminal shows; with `history` also what has scrolled away."""
        return self._tmux("capture-pane", "-p", *(["-S", "-"] if history else []))

    def coloured_screen(self) -> str:
        """What the terminal shows, with the escapes that colour it."""
        return self._tmux("capture-pane", "-p", "-e")

    def wait_for(self, pattern: str, timeout: float = 20) -> str:
        """The first screen that matches; AssertionError with the last screen after `timeout` s. A
        blank also stands for a line's end: where the client wraps depends on the length of paths.
        """
        screen = ""

        def matches() -> bool:
            nonlocal screen
            screen = self.screen()
            return _shows(screen, pattern)

        assert until(matches, timeout), f"no {pattern!r} after {timeout:g} s:\n{screen}"
        return screen

    def ready(self, timeout: float = 30) -> str:
        """Wait until the client takes a prompt."""
        return self.wait_for(r"^─+\n❯.*\n─+$", timeout)

    def close(self) -> None:
        """End the program as a closed window does, and make sure that it is gone."""
        if self._closed:
            return
        self._closed = True
        socket = self._tmux("display-message", "-p", "#{socket_path}").strip()
        self._tmux("kill-server")
        Path(socket).unlink(missing_ok=True)
        if not until(lambda: not Path(f"/proc/{self._pid}").exists(), 25):
            os.kill(self._pid, signal.SIGKILL)

    def _tmux(self, *args: str) -> str:
        command = ["tmux", "-L", self._socket, *args]
        done = subprocess.run(command, env=self._env, capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, f"{shlex.join(command)}: {done.stderr}"
        return done.stdout


def _shows(screen: str, pattern: str) -> bool:
    wrapped = re.sub(r"\\? (?![+*?{])", r"(?: +|\\s*\\n\\s*)", pattern)
    return re.search(wrapped, screen, re.MULTILINE) is not None


def _without_blanks(text: str) -> str:
    return "".join(text.split())


def until(check: Callable[[], bool], timeout: float) -> bool:
    """Whether `check` came true in time. The one place that polls: nothing announces a screen."""
    deadline = time.monotonic() + timeout
    while not check():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
