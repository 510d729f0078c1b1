"""Every unit test has a home, a state directory and a git configuration of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from handoff.git import execute, gitpython
from support import old_git
from support.repo import Repo
from support.store_program import Store

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from support.endpoint import Endpoint


# The same examples on every run: what a change breaks is that change's. HANDOFF_TEST_RANDOM=1
# looks for new ones. No example has a time limit: the machine may be busy.
settings.register_profile("same", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None)
settings.load_profile("random" if os.environ.get("HANDOFF_TEST_RANDOM") else "same")


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """No test sees the real home, the real client's variables or the real git configuration."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("CLAUDE", "ANTHROPIC", "XDG_", "GIT_", "HANDOFF_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.setenv("HANDOFF_HOME", str(home / "state"))
    return home


@pytest.fixture(autouse=True, scope="session")
def git_runs() -> Iterator[list[list[str]]]:
    """What git is started with in this process, of the test that runs."""
    started: list[list[str]] = []

    def noting(start: execute.Starter) -> execute.Starter:
        def note(
            command: Sequence[str], env: Mapping[str, str], stdin: int
        ) -> subprocess.Popen[bytes]:
            started.append(list(command))
            return start(command, env, stdin)

        return note

    with pytest.MonkeyPatch.context() as patch, execute.started_by(noting(execute.start_directly)):
        patch.setattr(gitpython, "start", noting(gitpython.start))
        yield started


@pytest.fixture(autouse=True)
def nothing_newer(git_runs: list[list[str]]) -> Iterator[None]:
    """Whatever a test is about, git is asked for nothing that 2.30 does not know."""
    git_runs.clear()
    yield
    assert not [
        command
        for command in git_runs
        if "--no-pager" in command and old_git.refusal(command[command.index("--no-pager") :])
    ]


@pytest.fixture
def repo(tmp_path: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch) -> Repo:
    """A repository, which is the working directory too."""
    root = tmp_path.resolve() / "project"
    root.mkdir()
    new_repo = Repo(root, own_home / "state")
    new_repo.git("init", "--quiet", "--initial-branch=main")
    (root / "app.py").write_text("print('hello')\n")
    new_repo.git("add", ".")
    new_repo.git("commit", "--quiet", "--message=Start")
    monkeypatch.chdir(root)
    return new_repo


@pytest.fixture
def handoff(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Store:
    """The command line, run in this process."""
    return Store(monkeypatch, capsys)


@pytest.fixture
def programs(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for programs, first on a short PATH; no key of a provider is in the environment."""
    folder = repo.root.parent / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin")
    for name in ("OPENROUTER_API_KEY", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    return folder


@pytest.fixture
def endpoints() -> Iterator[list[Endpoint]]:
    """Those that a test opens; all are closed."""
    opened: list[Endpoint] = []
    yield opened
    for endpoint in opened:
        endpoint.close()
