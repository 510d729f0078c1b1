"""Shell completion: what is offered, and whose files are written."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from handoff.install import completion_file
from support.client import Client
from support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

    from support.program import Program
    from support.repo import Repo


def offered(handoff: Program, patch: pytest.MonkeyPatch, *words: str) -> list[str]:
    """What bash is offered for the last of the words."""
    with patch.context() as asked:
        asked.setenv("_HANDOFF_COMPLETE", "bash_complete")
        asked.setenv("COMP_WORDS", " ".join(["handoff", *words]))
        asked.setenv("COMP_CWORD", str(len(words)))
        handoff()
    assert handoff.err == ""
    return [line.partition(",")[2] for line in handoff.out.splitlines() if line]


def test_commands_and_options(handoff: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that are shown."""
    assert offered(handoff, monkeypatch, "pr") == ["providers", "prune"]
    assert offered(handoff, monkeypatch, "ho") == []
    assert offered(handoff, monkeypatch, "session", "m") == ["mode"]
    assert offered(handoff, monkeypatch, "verify", "--ti") == ["--timeout"]


@pytest.mark.parametrize("command", ["show", "done", "start", "relay", "pickup", "drop", "recall"])
def test_ids(repo: Repo, handoff: Program, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    """Open briefs by their beginning, one by any part; where none matches, a finished one."""
    done, brief = Client(repo).brief("task"), Client(repo).brief("task")
    handoff("done", done)

    assert offered(handoff, monkeypatch, command, "20") == [brief]
    assert offered(handoff, monkeypatch, command, brief[-4:]) == [brief]
    assert offered(handoff, monkeypatch, command, done[-4:]) == [done]
    assert offered(handoff, monkeypatch, command, "nothing") == (
        ["nothing"] if command == "show" else []
    )


def test_sessions(repo: Repo, handoff: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those that handoff knows."""
    Client(repo, "one").start()

    assert offered(handoff, monkeypatch, "status", "--session", "o") == ["one"]


def test_outside_a_repository(
    handoff: Program, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Nothing, and no error: a shell's prompt is no place for one."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".handoff").write_text("no folder")

    assert offered(handoff, monkeypatch, "done", "2") == []


@pytest.mark.parametrize("shell", completion_file.SHELLS)
def test_install_and_undo(
    handoff: Program, own_home: Path, monkeypatch: pytest.MonkeyPatch, shell: str
) -> None:
    """It says what it wrote and how to undo it; twice is as good as once; no rc file changes."""
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    before = {path for path in own_home.rglob("*") if path.is_file()}
    told = handoff.json("completion", shell, "--install")
    assert handoff("completion", shell, "--install") == 0

    assert f"Wrote {told['path']}\n" in handoff.out
    assert told["undo"] in handoff.out
    assert {path for path in own_home.rglob("*") if path.is_file()} - before == {
        own_home / told["path"]
    }
    assert handoff("completion", shell) == 0
    with open(told["path"]) as file:
        assert file.read().startswith(handoff.out.rstrip())
    assert "2>/dev/null" in handoff.out
    assert handoff("completion", shell, "--uninstall") == 0
    assert not os.path.exists(told["path"])
    assert handoff("completion", shell, "--uninstall") == 0
    assert "no completion" in handoff.out


@pytest.mark.parametrize("shell", ["bash", "zsh"])
def test_the_line_for_an_rc_file_is_quoted(monkeypatch: pytest.MonkeyPatch, shell: str) -> None:
    """A home may have any name."""
    monkeypatch.setattr(completion_file, "_BASH_COMPLETION", ())
    env = {"HOME": "/home/a b;c"}
    path = completion_file.path_of(shell, env)
    assert f"'{env['HOME']}/" in completion_file.next_step(shell, path, env)


@pytest.mark.parametrize("link", [True, False])
def test_a_file_of_anothers_stays(handoff: Program, own_home: Path, link: bool) -> None:
    """Neither is it overwritten nor removed, nor what a link leads to."""
    path = own_home / completion_file.path_of("fish", {"HOME": str(own_home)})
    path.parent.mkdir(parents=True)
    target = own_home / "mine" if link else path
    target.write_text("# Written by me\n")
    if link:
        path.symlink_to(target)

    for option in ("--install", "--uninstall"):
        assert handoff("completion", "fish", option) == 1
        assert "handoff did not write it. Nothing was changed." in handoff.err
    assert target.read_text() == "# Written by me\n"


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is not installed")
def test_in_bash(repo: Repo, handoff: Program, tmp_path: Path) -> None:
    """The script that is printed completes a brief's ID in a real shell."""
    brief = Client(repo).brief("task")
    handoff("completion", "bash")
    (tmp_path / "script").write_text(handoff.out)
    program = tmp_path / "handoff"
    program.write_text(f'#!/bin/sh\nexec {json.dumps(_python())} "{ROOT}/plugin" "$@"\n')
    program.chmod(0o755)
    asks = (
        f'. "{tmp_path}/script"; COMP_WORDS=({program} show {brief[:3]}); COMP_CWORD=2; '
        f'_handoff_completion {program}; echo "${{COMPREPLY[@]}}"'
    )
    answer = subprocess.run(["bash", "-c", asks], capture_output=True, text=True, cwd=repo.root)

    assert answer.stdout == f"{brief}\n"


def _python() -> str:
    import sys

    return sys.executable
