"""`handoff demo` as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from support.paths import ROOT

from .clients import NEWEST, OLDEST

if TYPE_CHECKING:
    from pathlib import Path

    from .harness import World


def demo(world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the demo by the plugin's own command line."""
    command = [str(ROOT / "bin" / "handoff"), "demo", *arguments]
    return subprocess.run(command, env=world.basic_env, capture_output=True, text=True, timeout=120)


@pytest.mark.smoke
@pytest.mark.parametrize("client_path", [NEWEST, OLDEST], indirect=True)
def test_demo(world: World) -> None:
    """Every step happens and has its evidence; nothing is left behind; under 60 seconds."""
    done = demo(world, "--json", "--client", str(world.client))

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["passed"] is True
    assert len(report["steps"]) == 11
    assert all(step["ok"] and step["evidence"] for step in report["steps"])
    assert report["seconds"] < 60
    assert report["folder"] == ""
    assert not list((world.home / "tmp").glob("handoff-demo-*"))


def test_a_build(world: World) -> None:
    """`--build`: every step happens and has its evidence, code counts otherwise than the model,
    nothing is left behind, and it takes less than 90 seconds.
    """
    done = demo(world, "--build", "--json", "--client", str(world.client))

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["passed"] is True
    assert len(report["steps"]) == 15
    assert all(step["ok"] and step["evidence"] for step in report["steps"])
    evidence = {step["name"]: step["evidence"] for step in report["steps"]}
    counted = evidence["3 of 3 features verified by code"]
    assert "1, 3, 2, 3, 3 of 3; by code: 1, 1, 2, 2, 3" in counted
    assert report["seconds"] < 90
    assert report["folder"] == ""
    assert not list((world.home / "tmp").glob("handoff-demo-*"))


def test_demo_on_the_path(world: World, tmp_path: Path) -> None:
    """The client on the PATH is used as it is, however new, behind a wrapper script, and though an
    older one comes first.
    """
    for name, code in (
        ("old", 'echo "2.1.196 (Claude Code)"'),
        ("new", f'[ "$1" = --version ] || exec "{world.client}" "$@"; echo "3.0.12 (Claude Code)"'),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "claude").write_text(f"#!/bin/sh\n{code}\n")
        (tmp_path / name / "claude").chmod(0o755)
    path = f"{tmp_path}/old:{tmp_path}/new:{world.basic_env['PATH']}"
    command = [str(ROOT / "bin" / "handoff"), "demo", "--json"]
    env = {**world.basic_env, "PATH": path}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=120)

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert (report["client"], report["passed"]) == ("3.0.12", True)
    assert str(tmp_path / "new" / "claude") in report["steps"][0]["evidence"]
    assert not (world.home / ".cache" / "handoff" / "clients").exists()


def test_demo_that_fails(world: World, tmp_path: Path) -> None:
    """With a client that does nothing the demo says which step did not happen, keeps its files for
    a look, and exits 1.
    """
    fake = tmp_path / "claude"
    fake.write_text('#!/bin/sh\n[ "$1" = --version ] && echo "2.1.330 (Claude Code)"\nexit 0\n')
    fake.chmod(0o755)
    done = demo(world, "--client", str(fake))

    assert done.returncode == 1
    assert "✗ session 1 worked" in done.stdout
    assert "Look at" in done.stderr
    assert os.listdir(world.home / "tmp")


def test_demo_without_a_client(world: World, tmp_path: Path) -> None:
    """Without a client and without npm the message says what to install."""
    tools = tmp_path / "tools"
    tools.mkdir()
    for name in ("sh", "readlink", "dirname", "git"):
        path = next(
            f"{folder}/{name}"
            for folder in os.environ["PATH"].split(":")
            if os.access(f"{folder}/{name}", os.X_OK)
        )
        (tools / name).symlink_to(path)
    command = [str(ROOT / "bin" / "handoff"), "demo"]
    env = {**world.basic_env, "PATH": str(tools)}
    done = subprocess.run(command, env=env, capture_output=True, text=True, timeout=60)

    assert done.returncode == 1
    assert "No client is on the PATH, and npm" in done.stderr
    assert "Install Claude Code 2.1.197 or later, or npm" in done.stderr
