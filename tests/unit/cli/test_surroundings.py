"""What around a command is broken is said and fixed, and is no bug: each runs as a program."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from handoff.cli.console import cli
from support.paths import ROOT
from support.program import BRIEF

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo


README = ROOT / "README.md"


def shell(repo: Repo, script: str, cwd: bytes | None = None) -> tuple[int, str, str]:
    """Run a line of sh where `$h` is handoff; exit code, output and error output."""
    run = f"{sys.executable} -c 'from handoff import cli; cli.main()'"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = ["/bin/sh", "-c", script.replace("$h", run)]
    done = subprocess.run(
        command,
        cwd=cwd or repo.root,
        env=env,
        input=BRIEF.encode(),
        capture_output=True,
        check=False,
    )
    return done.returncode, done.stdout.decode(), done.stderr.decode()


@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("mkdir gone && cd gone && rmdir ../gone && $h list", "working directory was deleted"),
        ("$h write <&-", "The brief is empty"),
        ("$h list >/dev/full", "No space left on device"),
        ("$h list --json >/dev/full", "No space left on device"),
        ("$h doctor >/dev/full", "No space left on device"),
        (
            "$h write >/dev/null && $h done the --outcome \"$(printf '\\377')\"",
            "is not valid UTF-8",
        ),
    ],
)
def test_it_is_said_and_no_bug(repo: Repo, script: str, message: str) -> None:
    """Exit code 1, one message, nothing in the log."""
    if "list >" in script:
        assert shell(repo, "$h write")[0] == 0
    code, _, err = shell(repo, script)

    assert (code, message in err) == (1, True), err
    assert err.count("handoff: ") == 1
    assert "Traceback" not in err
    assert not (repo.state / "log").exists()


@pytest.mark.parametrize("script", ["$h redact <&-", "$h list >&-", "$h list 2>&-", "$h list <&-"])
def test_a_closed_stream_is_an_empty_one(repo: Repo, script: str) -> None:
    """Nothing to read, and nobody to tell."""
    assert shell(repo, script) == (0, "", shell(repo, script)[2])
    assert not (repo.state / "log").exists()


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
def test_no_number_of_seconds(repo: Repo, number: str) -> None:
    """It is refused before anything runs."""
    assert shell(repo, "$h write --verify 'touch ran' >/dev/null")[0] == 0
    code, _, err = shell(repo, f"$h verify --timeout={number} --yes the")

    assert code == 2
    assert "--timeout" in err
    assert not (repo.root / "ran").exists()


def test_a_directory_whose_name_is_no_text(repo: Repo, tmp_path: Path) -> None:
    """A brief is written there, and it is this machine's own."""
    odd = os.fsencode(tmp_path) + b"/\xff"
    os.mkdir(odd)
    subprocess.run(["git", "init", "--quiet"], cwd=odd, check=True)

    code, _, err = shell(repo, "$h write", cwd=odd)

    assert (code, err) == (0, "")
    code, out, _ = shell(repo, "$h list --json", cwd=odd)
    assert '"trusted": true' in out


def test_a_folder_in_the_ledgers_place(repo: Repo) -> None:
    """It is moved aside and named by the doctor; briefs can be written again."""
    assert shell(repo, "$h write")[0] == 0
    (repo.state / "ledger.jsonl").rename(repo.state / "kept")
    (repo.state / "ledger.jsonl").mkdir()

    assert shell(repo, "$h list")[0] == 0
    _, out, _ = shell(repo, "$h doctor")
    assert "ledger.jsonl.broken could not be read as state of handoff" in out
    assert shell(repo, "$h write")[0] == 0


def test_the_doctor_tries_to_make_the_state_directory(repo: Repo) -> None:
    """Rights alone do not tell; what was made for the trial is gone again."""
    _, out, _ = shell(repo, "HANDOFF_HOME=/proc/nope $h doctor")
    assert "FAIL  state" in out
    _, out, _ = shell(repo, f"HANDOFF_HOME={repo.root}/new/state $h doctor")
    assert "ok    state" in out
    assert not (repo.root / "new").exists()


def test_a_relative_state_directory_does_not_count(repo: Repo, own_home: Path) -> None:
    """It would be another one in each folder: the state is where it is without the variable."""
    code, _, err = shell(repo, "HANDOFF_HOME=near $h write")
    assert (code, err) == (0, "")
    assert not (repo.root / "near").exists()
    assert (own_home / ".local" / "state" / "handoff" / "ledger.jsonl").is_file()


def test_every_command_has_json() -> None:
    """But the hidden ones, of which some are the client's, groups, and the one that runs a
    script.
    """
    without = {
        name
        for name, verb in cli.commands.items()
        if not verb.hidden and not any(option.name == "as_json" for option in verb.params)
    }

    assert without == {"install", "session", "spec"}


@pytest.mark.parametrize("where", [".git", ".git/hooks", "../bare.git", "../bare.git/refs"])
def test_no_brief_goes_into_a_git_directory(repo: Repo, where: str) -> None:
    """It would lie among git's own files; a work tree is asked for."""
    repo.git("init", "--quiet", "--bare", "../bare.git")
    code, _, err = shell(repo, f"cd {where} && $h write")

    assert code == 1
    assert "is inside a git directory" in err
    assert not list(repo.root.parent.glob("**/.handoff"))
    assert not list((repo.state / "pending").glob("*"))


def test_a_submodule_in_the_folders_place_is_named(repo: Repo) -> None:
    """The brief is written, why it is not committed is said in our words, and so by the doctor."""
    repo.git("clone", "--quiet", ".", "../module")
    repo.git("-c", "protocol.file.allow=always", "submodule", "add", "../module", ".handoff")
    repo.git("commit", "--quiet", "--message=A submodule")

    _, out, _ = shell(repo, "$h write")
    assert "not committed (.handoff is a submodule, so " in out
    assert "git mv .handoff handoff-module" in out
    code, out, _ = shell(repo, "$h doctor")
    assert code == 1
    assert "FAIL  git" in out
