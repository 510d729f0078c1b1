"""The client's program: any version from the oldest supported one on is used as it is."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from handoff.base.errors import HandoffError
from handoff.client import versions
from handoff.demo import steps
from handoff.doctor import checks
from handoff.launch import client_program
from handoff.runtime import Runtime
from handoff.store import places

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo


def program(folder: Path, code: str) -> str:
    """A `claude` in a new folder; the folder, as the PATH has it."""
    folder.mkdir()
    (folder / "claude").write_text(f"#!/bin/sh\n{code}\n")
    (folder / "claude").chmod(0o755)
    return str(folder)


def says(folder: Path, version: str) -> str:
    """A `claude` that prints a version."""
    return program(folder, f'echo "{version}"')


def on_path(*folders: str) -> dict[str, str]:
    return {"PATH": os.pathsep.join((*folders, "/usr/bin", "/bin")), "HOME": "/nonexistent"}


def no_fetching(*_: object) -> str:
    raise AssertionError("a client was fetched")


@pytest.mark.parametrize(
    ("version", "is_enough"),
    [
        ("2.1.197", True),
        ("2.1.332", True),
        ("2.1.1000", True),
        ("2.10.0", True),
        ("3.0.0-beta.2", True),
        ("2.1.332.1", True),
        ("2.1.198-rc.1+build.5", True),
        ("2.1.197-beta.1", False),
        ("2.1.99", False),
        ("2.0.500", False),
        ("1.99.999", False),
        ("not a version", False),
        ("", False),
    ],
)
def test_versions_are_compared(version: str, is_enough: bool) -> None:
    """By their numbers, part by part; a pre-release comes before its release."""
    assert (
        client_program.version_numbers(version) >= client_program.version_numbers(versions.OLDEST)
    ) is is_enough


@pytest.mark.parametrize(
    ("printed", "version"),
    [
        ("2.1.332 (Claude Code)\n", "2.1.332"),
        ("2.1.332-beta.1 (Claude Code)", "2.1.332-beta.1"),
        ("2.1.332\n", "2.1.332"),
        ("v2.1.332", "2.1.332"),
        ("mise claude@latest installed\n2.1.332 (Claude Code)\n", "2.1.332"),
        ("20.11.1 is the Node.js in use\n2.1.332 (Claude Code)\n", "2.1.332"),
        ("claude, a text adventure, 3.2.1", ""),
        ("2.1", ""),
        ("2.1.332x", ""),
        ("", ""),
    ],
)
def test_what_it_prints(printed: str, version: str) -> None:
    """The version stands at the begin of a line, whatever a wrapper prints around it."""
    assert client_program.read_version(printed) == version


@pytest.mark.parametrize("version", ["2.1.331", "2.1.332", "2.2.0", "3.0.0-beta.1"])
def test_a_newer_client_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """The demo takes the client on the PATH that is newer than what the tests run."""
    monkeypatch.setattr(client_program, "install", no_fetching)
    env = on_path(says(tmp_path / "bin", f"{version} (Claude Code)"))
    report = steps.Report()
    assert steps._client(env, "", report, lambda _: None) == str(tmp_path / "bin/claude")
    assert report.client == version


def test_several_on_the_path(tmp_path: Path) -> None:
    """The first that can be used is chosen, and why those before it are not is known."""
    old = says(tmp_path / "old", "2.1.196 (Claude Code)")
    other = program(tmp_path / "other", "exit 3")
    new = says(tmp_path / "new", "2.1.332 (Claude Code)")
    (tmp_path / "link").mkdir()
    (tmp_path / "link/claude").symlink_to(tmp_path / "new/claude")
    env = on_path(old, other, new, str(tmp_path / "link"))
    client, refused = client_program.choose(env)
    assert client == client_program.Client(f"{new}/claude", "2.1.332")
    assert [item.problem for item in refused] == [
        f"{old}/claude is 2.1.196, older than 2.1.197",
        f"`{other}/claude --version` failed with exit code 3",
    ]
    assert client_program.find_all(env) == [f"{old}/claude", f"{other}/claude", f"{new}/claude"]


@pytest.mark.parametrize("folder", ["", ".", "bin"])
def test_the_working_directory_is_not_searched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    """An empty or relative part of the PATH would run a file that a repository brings."""
    monkeypatch.chdir(tmp_path)
    program(tmp_path / "bin", "touch ran")
    program_here = tmp_path / "claude"
    program_here.symlink_to("bin/claude")
    assert client_program.find_all({"PATH": f"{folder}:/nonexistent"}) == []


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("echo Hello", "printed no version"),
        ("exit 1", "failed with exit code 1"),
        ("printf '\\377\\376'", "printed no version"),
        ("read line || exit 4", "failed with exit code 4"),  # nothing waits for input
        ("sleep 60 & sleep 60", "did not answer within 1 s"),
    ],
)
def test_one_that_is_not_a_client(tmp_path: Path, code: str, problem: str) -> None:
    """What answers otherwise, fails or hangs is named with its reason."""
    folder = program(tmp_path / "bin", code)
    check = client_program.check(f"{folder}/claude", on_path(folder), seconds=1)
    assert (check.version, check.problem) == ("", f"`{folder}/claude --version` {problem}")


def test_one_that_cannot_be_started(tmp_path: Path) -> None:
    """A script whose interpreter is missing."""
    (tmp_path / "claude").write_text("#!/nonexistent/sh\n")
    (tmp_path / "claude").chmod(0o755)
    check = client_program.check(str(tmp_path / "claude"), on_path())
    assert check.problem == f"{tmp_path}/claude cannot be started: No such file or directory"


def test_only_an_old_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where npm is missing too, it is said why the client that is there is not used."""
    monkeypatch.setattr(shutil, "which", _without_npm(shutil.which))
    old = says(tmp_path / "old", "2.1.100 (Claude Code)")
    env = {**on_path(old), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    with pytest.raises(HandoffError) as raised:
        steps._client(env, "", steps.Report(), lambda _: None)
    assert f"{old}/claude is 2.1.100, older than 2.1.197, and npm" in raised.value.what
    assert "Install Claude Code 2.1.197 or later" in raised.value.hint


@pytest.mark.parametrize(("version", "ok"), [("2.1.332", True), ("2.1.196", False), ("", False)])
def test_the_named_one(tmp_path: Path, version: str, ok: bool) -> None:
    """A client that is named is used or refused, never replaced by another."""
    folder = says(tmp_path / "bin", version)
    if ok:
        assert steps._client(on_path(), f"{folder}/claude", steps.Report(), lambda _: None)
        return
    with pytest.raises(HandoffError) as raised:
        steps._client(on_path(), f"{folder}/claude", steps.Report(), lambda _: None)
    assert str(folder) in raised.value.what
    assert "2.1.197 or later with --client" in raised.value.hint


@pytest.mark.parametrize(
    ("printed", "ok", "words"),
    [
        ("2.1.332 (Claude Code)", True, "2.1.332 at "),
        ("2.1.332-beta.1 (Claude Code)", True, "2.1.332-beta.1 at "),
        ("2.1.196 (Claude Code)", False, "2.1.196, older than 2.1.197"),
        ("Hello", False, "printed no version"),
    ],
)
def test_doctor(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, printed: str, ok: bool, words: str
) -> None:
    """The doctor compares too, and names the other clients on the PATH."""
    first = says(tmp_path / "first", printed)
    second = says(tmp_path / "second", "2.1.330 (Claude Code)")
    monkeypatch.setenv("PATH", os.pathsep.join((first, second, os.environ["PATH"])))
    place = places.locate(str(repo.root))
    doctor_checks = {one.name: one for one in checks.checks(Runtime(os.environ, full=True), place)}
    assert doctor_checks["client"].ok is ok
    assert words in doctor_checks["client"].detail
    assert f"{second}/claude" in doctor_checks["client"].detail
    assert doctor_checks["mod"].ok is None


def _without_npm(which: object) -> object:
    def look(name: str, path: str = "") -> object:
        return None if name == "npm" else which(name, path=path)  # type: ignore[operator]

    return look
