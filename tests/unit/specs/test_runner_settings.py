"""One line of a manifest can make every test pass: what configures a runner is as accepted."""

from __future__ import annotations

import json

import pytest

from handoff.specs import runner_settings

CHEAT = '[tool.pytest.ini_options]\naddopts = "--co"\n'
PROJECT = '[project]\nname = "till"\ndependencies = ["a"]\n'


@pytest.mark.parametrize("cheat", [
    CHEAT,
    '[ tool . "pytest" . ini_options ]\naddopts = "--co"\n',
    '[tool]\npytest = {ini_options = {addopts = "--co"}}\n',
    'tool.pytest.ini_options.addopts = "--co"\n',
    '[tool.pytest]\naddopts = ["--co"]\n',
])  # fmt: skip
def test_pyproject(cheat: str) -> None:
    """However it is spelled, it is not there afterwards; without such a file before, none is."""
    now = (cheat + PROJECT).encode()
    after = runner_settings.put_back("pyproject.toml", now, PROJECT.encode())
    assert after is not None
    assert b"addopts" not in after
    assert b'name = "till"' in after
    gone = runner_settings.put_back("pyproject.toml", now, None)
    assert gone is None or b"addopts" not in gone


def test_what_work_changes_stays() -> None:
    """Dependencies, and keys that cannot make a failing test pass, are the session's."""
    fine = PROJECT + '[tool.pytest.ini_options]\npythonpath = ["src"]\nmarkers = ["slow"]\n'
    for accepted in (None, PROJECT.encode(), b""):
        assert runner_settings.put_back("pyproject.toml", fine.encode(), accepted) == fine.encode()


def test_accepted_settings_come_back() -> None:
    """The accepted table replaces the session's; the rest stays."""
    before = (PROJECT + '[tool.pytest.ini_options]\naddopts = "-q"\n').encode()
    now = (PROJECT.replace('"a"', '"a", "b"') + CHEAT + "[tool.ruff]\nline-length = 90\n").encode()
    after = runner_settings.put_back("pyproject.toml", now, before) or b""
    assert b'addopts = "-q"' in after
    assert b"--co" not in after
    assert b'"b"' in after and b"line-length" in after


@pytest.mark.parametrize("name", ["tool:pytest", "pytest"])
def test_setup_cfg(name: str) -> None:
    now = f"[metadata]\nname = till\n[{name}]\naddopts = --co\n".encode()
    after = runner_settings.put_back("setup.cfg", now, b"[metadata]\nname = till\n")
    assert after == b"[metadata]\nname = till\n"


def test_unreadable() -> None:
    """What only another parser can read is as accepted."""
    assert runner_settings.put_back("setup.cfg", b"[pytest]\naddopts --co\n  x\n", b"") in (
        b"",
        b"\n",
    )
    assert runner_settings.put_back("package.json", b"{,", None) is None


def test_package() -> None:
    """Scripts that existed and the configuration of runners are as accepted; new scripts stay."""
    before = {"scripts": {"test": "jest"}, "name": "a"}
    now = {
        "name": "b",
        "scripts": {"test": "true", "start": "node ."},
        "jest": {"testMatch": []},
    }
    after = runner_settings.put_back(
        "package.json", json.dumps(now).encode(), json.dumps(before).encode()
    )
    assert json.loads(after or b"") == {
        "name": "b", "scripts": {"test": "jest", "start": "node ."},
    }  # fmt: skip
    fine = b'{"scripts": {"test": "jest"}}'
    assert runner_settings.put_back("package.json", fine, None) == fine
