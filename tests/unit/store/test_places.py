"""How often a command runs git, counted by a `git` first on the PATH; and where it looks."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from handoff.git import run as git
from support.runs import TOLD, install

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo
    from support.store_program import Store

BRIEF = "# Another\n## Task\nDo it.\n"
# A session that changes its work tree, and ends without a word of it.
WORKS = """
from pathlib import Path
Path("made.txt").write_text("made")
Path("app.py").write_text("print('changed')")
"""
# A session that names a program in the repository's configuration, which git would run to see
# whether a file of the same size is another one.
PLANTS = """
import subprocess
from pathlib import Path
subprocess.run(["git", "config", "filter.planted.clean", {clean!r}], check=True)
Path(".gitattributes").write_text("* filter=planted\\n")
Path("app.py").write_text(Path("app.py").read_text().upper())
"""


@pytest.fixture
def runs(programs: Path) -> Path:
    """A file with a line for each run of git."""
    log = programs.parent / "git.log"
    real = shutil.which("git", path="/usr/bin:/bin")
    (programs / "git").write_text(f'#!/bin/sh\necho "$*" >> {log}\nexec {real} "$@"\n')
    (programs / "git").chmod(0o755)
    git.version()  # GitPython asks for git's version when it is imported
    return log


@pytest.fixture
def located(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The directories around which git was asked for a repository."""
    asked = []
    find = git.find_checkout

    def noting(directory: str) -> git.Checkout | None:
        asked.append(directory)
        return find(directory)

    monkeypatch.setattr(git, "find_checkout", noting)
    return asked


def count(log: Path) -> int:
    """How often git ran; the log is empty then."""
    lines = log.read_text().splitlines() if log.exists() else []
    log.unlink(missing_ok=True)
    return len(lines)


@pytest.mark.parametrize("code", ["", WORKS])
def test_a_session_of_a_relay(
    code: str, handoff: Store, programs: Path, runs: Path, located: list[str]
) -> None:
    """A repository is found once; git is not asked again for what only a session can change."""
    install(programs, "claude", code + TOLD)
    task = handoff.write("A task")
    count(runs)
    located.clear()
    handoff("relay", task, "--max-sessions", "1")
    assert "1 session, $0.25" in handoff.err
    assert count(runs) <= 10
    assert len(located) == 1


@pytest.mark.parametrize(
    "words",
    ["list", "list --all --tree", "start {} --print", "pickup {}", "pickup {} --release",
     "show {} --history", "show {} --inject", "wait {} --timeout 0", "commit",
     "prune --yes", "drop {}",
     "claim {}", "start {} --dry-run", "write", "relay {}"],
)  # fmt: skip
def test_a_command_finds_its_repository_once(
    words: str, handoff: Store, programs: Path, located: list[str]
) -> None:
    install(programs, "claude", TOLD)
    task = handoff.write("A task", "--verify", "true")
    located.clear()
    handoff(*words.format(task).split(), stdin=BRIEF if words == "write" else None)
    assert len(located) == 1


@pytest.mark.parametrize("verb", ["relay", "run"])
def test_a_program_that_a_session_named_does_not_run(
    verb: str, repo: Repo, handoff: Store, programs: Path
) -> None:
    """What the repository's configuration names is asked anew after each session."""
    trace = repo.root.parent / "planted.txt"
    install(programs, "claude", PLANTS.format(clean=f"touch {trace}; cat") + TOLD)
    handoff(verb, handoff.write("A task"))
    assert not trace.exists()
    assert repo.git("config", "filter.planted.clean")
