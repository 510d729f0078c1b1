"""A stage for the real client: a home of its own, a repository, a pseudo-terminal, no network.

The environment is built from an allow-list: nothing of the user's own client is read, written or
inherited. Facts about what the client needs: docs/client.md, "Run it without account or network".
"""

from __future__ import annotations

import contextlib
import json
import os
import pty
import shlex
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

from handoff import __version__
from handoff.base import paths
from handoff.git import run as git

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

DUMMY_KEY = "sk-ant-dummy-0123456789abcdefghij"
_COLUMNS, _LINES = 110, 36
_END_SECONDS = 5

SOURCES = {
    ".gitignore": "__pycache__/\n",
    "README.md": "# till\n\nAdds up what is in the basket.\n",
    "till/__init__.py": '"""A small till."""\n',
    "till/basket.py": (
        '"""What the customer wants."""\n\n\n'
        "def total(prices: list[int]) -> int:\n"
        '    """The sum in cents."""\n'
        "    return sum(prices)\n"
    ),
    "till/receipt.py": (
        '"""What the customer is given."""\n\n'
        "from till.basket import total\n\n\n"
        "def receipt(prices: list[int]) -> str:\n"
        '    return f"Total: {total(prices) / 100:.2f}"\n'
    ),
    "tests/__init__.py": "",
    "tests/test_receipt.py": (
        "import unittest\n\n"
        "from till.receipt import receipt\n\n\n"
        "class ReceiptTest(unittest.TestCase):\n"
        "    def test_total(self):\n"
        '        self.assertEqual(receipt([150, 250]), "Total: 4.00")\n\n'
        "    def test_lines(self):\n"
        '        self.assertIn("1.50", receipt([150, 250]))\n'
    ),
}


class Stage:
    """Home, state and a small repository of `sources` below `root`, an empty directory."""

    def __init__(self, root: Path, sources: Mapping[str, str] = SOURCES) -> None:
        root = root.resolve()
        self.root = root
        self.sources = sources
        self.home = root / "home"
        self.config = self.home / ".claude"
        self.state = root / "handoff"
        self.project = root / "project"
        for directory in (self.config, self.state, self.home / "tmp", self.project):
            directory.mkdir(parents=True)
        self.write_client_config()
        self.write_sources()

    @property
    def basic_env(self) -> dict[str, str]:
        """The environment without an API: what git and handoff's own commands need."""
        return {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(self.home),
            "TERM": "xterm-256color",
            "LANG": "C.UTF-8",
            "TMPDIR": str(self.home / "tmp"),
            "CLAUDE_CONFIG_DIR": str(self.config),
            "HANDOFF_HOME": str(self.state),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_DATA_HOME": str(self.home / ".local/share"),
            "XDG_STATE_HOME": str(self.home / ".local/state"),
        }

    def env(self, api_url: str) -> dict[str, str]:
        """The client's whole environment, with the API at `api_url`."""
        return {
            **self.basic_env,
            "ANTHROPIC_BASE_URL": api_url,
            "ANTHROPIC_API_KEY": DUMMY_KEY,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            # Else a terminal session asks downloads.claude.ai and github.com for a marketplace.
            "CLAUDE_CODE_DISABLE_OFFICIAL_MARKETPLACE_AUTOINSTALL": "1",
            "DISABLE_AUTOUPDATER": "1",
        }

    def write_client_config(self) -> None:
        """Answer the client's first-run questions: theme, key, trust in the project."""
        trusted = {"hasTrustDialogAccepted": True, "hasCompletedProjectOnboarding": True}
        config = {
            "hasCompletedOnboarding": True,
            "lastOnboardingVersion": "2.1.330",
            "theme": "dark",
            "customApiKeyResponses": {"approved": [DUMMY_KEY[-20:]], "rejected": []},
            "projects": {str(self.project): trusted},
        }
        # With CLAUDE_CONFIG_DIR the client looks for this file there, not in the home.
        (self.config / ".claude.json").write_text(json.dumps(config), encoding="utf-8")

    def write_sources(self) -> None:
        """Put the small project's files in place."""
        for name, text in self.sources.items():
            path = self.project / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")

    def make_repository(self, subject: str = "A till that adds up") -> None:
        """Make the project a repository with one commit."""
        for arguments in (
            ("init", "--quiet", "--initial-branch=main"),
            ("config", "user.name", "Robin Example"),
            ("config", "user.email", "robin@example.org"),
            ("add", "."),
            ("commit", "--quiet", f"--message={subject}"),
        ):
            self.git(*arguments)

    def git(self, *arguments: str) -> str:
        """Run git in the project and return what it prints. Raises HandoffError if it fails."""
        root = str(self.project)
        there = git.Checkout(root, f"{root}/.git", f"{root}/.git", "main")
        answer = git.run(there, *arguments, env=self.basic_env)
        return git.check_result(answer, f"run {arguments[0]} in {self.project}").decode()

    @property
    def command_line(self) -> str:
        """The plugin's own command line."""
        return os.path.join(paths.plugin_root(), "bin", "handoff")

    def link_environment(self) -> None:
        """Give the hooks on stage the Python environment this program runs in."""
        link = Path(paths.environment_link(self.basic_env))
        if (Path(sys.prefix) / paths.READY).exists():
            link.symlink_to(sys.prefix)
            return
        # Not one that handoff built: the demo runs from a wheel, whose environment serves as well.
        (link / "bin").mkdir(parents=True)
        program = link / "bin" / "python"
        program.write_text(
            f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n', encoding="utf-8"
        )
        program.chmod(0o755)
        (link / paths.READY).write_text(f"{__version__}\n", encoding="utf-8")


class Terminal:
    """A program in a pseudo-terminal that nobody types into; use it with `with`."""

    def __init__(self, command: list[str], directory: Path, env: Mapping[str, str]) -> None:
        self._reader, terminal = pty.openpty()
        self._output = bytearray()
        self._process = subprocess.Popen(
            command,
            cwd=directory,
            env={**env, "COLUMNS": str(_COLUMNS), "LINES": str(_LINES)},
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
            start_new_session=True,
        )
        os.close(terminal)
        self._drain = threading.Thread(target=self._read, daemon=True)
        self._drain.start()

    def __enter__(self) -> Terminal:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def has_ended(self) -> bool:
        """Whether the program is over by itself."""
        return self._process.poll() is not None

    @property
    def output(self) -> str:
        """The last of what it printed, for a failure's report."""
        return bytes(self._output[-4000:]).decode("utf-8", "replace")

    def end(self) -> None:
        """End the program as a closed window does, and make sure that it is gone."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        self._drain.join(_END_SECONDS)

    def _read(self) -> None:
        try:
            while chunk := os.read(self._reader, 1 << 16):
                self._output += chunk
                del self._output[:-65536]
        except OSError:
            pass  # the other end is closed
        finally:
            os.close(self._reader)


class Command:
    """A program whose lines are read as it prints them; use it with `with`, which ends it.

    It has a process group of its own and no input, and is asked to end after `seconds`.
    """

    def __init__(
        self, command: list[str], directory: Path, env: Mapping[str, str], seconds: float
    ) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=directory,
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        self._clock = threading.Timer(seconds, self._process.send_signal, [signal.SIGINT])
        self._clock.daemon = True
        self._clock.start()

    def __enter__(self) -> Command:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    @property
    def lines(self) -> Iterator[str]:
        """What it prints on stdout and stderr, line by line, until it ends."""
        for line in self._process.stdout or ():
            yield line.rstrip()

    @property
    def code(self) -> int:
        """Its exit code; waits for its end."""
        return self._process.wait()

    def end(self) -> None:
        """Tell it to end, twice if need be, as Ctrl-C does; then make sure that it is gone."""
        self._clock.cancel()
        for asked in (signal.SIGINT, signal.SIGINT, None):
            if self._process.poll() is not None:
                break
            if asked is None:
                os.killpg(self._process.pid, signal.SIGKILL)
            else:
                self._process.send_signal(asked)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
        if self._process.stdout is not None:
            self._process.stdout.close()
