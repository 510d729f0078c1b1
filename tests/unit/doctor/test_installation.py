"""The doctor on the installation: environment, plugin files, command."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handoff.base import paths
from handoff.doctor import installation
from handoff.install import launcher, plugin_link
from handoff.runtime import Runtime
from support.paths import ROOT

if TYPE_CHECKING:
    from handoff.doctor.model import Check


class Lab:
    """A home with a state directory, and the checks that are made there."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        self.state = folder / ".local/state/handoff"
        self.state.mkdir(parents=True)
        self.bin = folder / ".local/bin"
        self.bin.mkdir()
        self.env = {"HOME": str(folder), "PATH": f"{self.bin}:{os.defpath}"}

    def check(self, name: str, **env: str) -> Check:
        runtime = Runtime({**self.env, **env}, full=True)
        return next(one for one in installation.checks(runtime) if one.name == name)

    def program(self, text: str) -> Path:
        path = self.bin / "handoff"
        path.write_text(text)
        path.chmod(0o755)
        return path


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    return Lab(tmp_path)


def test_a_linked_command(lab: Lab) -> None:
    """What install.sh links is ours, in a session too."""
    (lab.bin / "handoff").symlink_to(launcher.launcher_path())
    for env in ({}, {"CLAUDE_CODE_SESSION_ID": "s1"}):
        check = lab.check("command", **env)
        assert (check.ok, check.detail) == (True, f"`handoff` is {lab.bin}/handoff")


def test_a_command_that_only_sessions_find(lab: Lab) -> None:
    """The client adds the plugin's bin/ to a session's PATH: the hint links it for the shell."""
    path = f"{os.defpath}:{ROOT}/bin"
    check = lab.check("command", PATH=path, CLAUDE_CODE_SESSION_ID="s1")
    assert check.ok is None
    assert check.hint == f"For your own shell, run: {ROOT}/bin/handoff install --link"

    assert lab.check("command", PATH=path).ok is True


def test_no_command_on_the_path(lab: Lab) -> None:
    """A link is made, or where there is one its folder belongs on the PATH."""
    check = lab.check("command", PATH=os.defpath)
    assert check.ok is None
    assert check.hint == f"For your own shell, run: {ROOT}/bin/handoff install --link"

    lab.program("")
    check = lab.check("command", PATH=os.defpath)
    assert check.hint == f"For your own shell, add {lab.bin} to your PATH."


def test_the_command_of_a_wheel(lab: Lab) -> None:
    """That of pipx, uv or pip is ours; any other program is an error."""
    path = lab.program("#!/bin/python\nfrom handoff.cli import main\nmain()\n")
    check = lab.check("command")
    assert (check.ok, check.detail) == (True, f"`handoff` is the package's command: {path}")

    lab.program("#!/bin/sh\n")
    check = lab.check("command")
    assert check.ok is False
    assert str(path) in check.detail


def test_an_older_plugin_than_the_command(lab: Lab) -> None:
    """After an upgrade of the wheel alone, sessions still run the version before."""
    assert lab.check("plugin files").ok is True
    older = lab.home / "older"
    (older / "plugin" / "handoff").mkdir(parents=True)
    (older / "plugin" / "handoff" / "__init__.py").write_text('"""x"""\n__version__ = "0.0.1"\n')
    Path(plugin_link.link_path(str(lab.state))).symlink_to(older)
    check = lab.check("plugin files")

    assert check.ok is None
    assert f"sessions run 0.0.1 from {older}" in check.detail
    assert "handoff install" in check.hint


def test_an_environment_elsewhere(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a HANDOFF_HOME that has none, the check says that the variable is why."""
    prefix = lab.home / "env"
    (prefix / "bin").mkdir(parents=True)
    (prefix / "bin" / "python").touch()
    (prefix / "bin" / "python").chmod(0o755)
    monkeypatch.setattr("sys.prefix", str(prefix))
    assert "hooks do nothing" in lab.check("environment", HANDOFF_HOME=f"{lab.home}/x").detail

    (prefix / paths.READY).touch()
    check = lab.check("environment", HANDOFF_HOME=f"{lab.home}/x")
    assert check.ok is False
    assert "where HANDOFF_HOME leads" in check.detail
    assert "hooks do nothing" in lab.check("environment").detail
    (lab.state / "env").symlink_to(prefix)
    assert lab.check("environment").ok is True
