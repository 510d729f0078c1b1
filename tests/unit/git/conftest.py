from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from support.git_lab import Lab

if TYPE_CHECKING:
    from pathlib import Path


def _programs() -> list[str]:
    """The gits to test with: those of HANDOFF_TEST_GITS, paths as in PATH, else the machine's."""
    listed = os.environ.get("HANDOFF_TEST_GITS", "")
    wanted = listed.split(os.pathsep) if listed else ["git"]
    programs = [shutil.which(program) for program in wanted]
    if None in programs:
        raise pytest.UsageError(f"not a program: {wanted[programs.index(None)]}")
    return [program for program in programs if program]


def _version(program: str) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture(params=_programs(), ids=_version)
def git_program(request: pytest.FixtureRequest) -> str:
    """The git of this test, as an absolute path."""
    program: str = request.param
    return program


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, git_program: str) -> Lab:
    """A home of its own for git; the machine's configuration and identity do not reach in."""
    folder = os.path.dirname(git_program)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return Lab(tmp_path, monkeypatch)


@pytest.fixture
def signs_with_ssh(lab: Lab) -> None:
    """Leave out a git that is older than signatures by SSH: it refuses such a configuration."""
    if lab.git_version() < (2, 34):
        pytest.skip("git signs with SSH keys since 2.34")
