"""The doctor: what is active, what is not, and the one thing that fixes it."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from handoff.client import settings_read, versions
from handoff.config.model import Config
from handoff.doctor import activity, checks
from handoff.install import launcher
from handoff.runtime import Runtime
from handoff.session import breaker
from handoff.status import status_line_install
from handoff.store import places
from support.client import Client

if TYPE_CHECKING:
    from handoff.doctor.model import Check
    from support.repo import Repo


def look(repo: Repo, version: str = "2.1.330") -> dict[str, Check]:
    """Each check by its name."""
    runtime = Runtime(Client(repo).env, full=True)
    return {
        one.name: one for one in activity.checks(runtime, places.locate(str(repo.root)), version)
    }


def settings(home: Path, **values: Any) -> Path:
    path = home / ".claude" / "settings.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(values))
    return path


def test_nothing_yet(repo: Repo) -> None:
    """Before the first session nothing is wrong, and each check says what would bring it."""
    all_checks = look(repo)
    assert {name: one.ok for name, one in all_checks.items()} == {
        "hooks": None,
        "mod": None,
        "feed": None,
        "status line": None,
        "git identity": None,
    }
    assert all_checks["status line"].hint.endswith("handoff statusline --install")
    assert all_checks["git identity"].hint == (
        "git config --global user.name 'Your Name' && "
        "git config --global user.email you@example.org"
    )


@pytest.mark.parametrize("path", ["{other}:{ours}", ":{ours}", ".:{ours}"])
def test_another_program_of_our_name(path: str, repo: Repo, monkeypatch: Any) -> None:
    """A `handoff` that comes before ours on the PATH is named; an empty element is the folder that
    one is in. Behind ours, or where it cannot be run, it does not matter.
    """
    other = repo.root / "other"
    other.mkdir()
    (other / "handoff").write_text("#!/bin/sh\n")
    monkeypatch.chdir(other)
    ours = Path(launcher.launcher_path()).parent
    search = path.format(other=other, ours=ours)

    assert command(repo, search).ok
    (other / "handoff").chmod(0o755)
    check = command(repo, search)
    assert check.ok is False
    assert check.detail.endswith("/handoff")
    assert command(repo, f"{ours}:{other}").ok


def command(repo: Repo, search: str) -> Check:
    """What the doctor says of `handoff` on that PATH."""
    runtime = Runtime({**Client(repo).env, "PATH": f"{search}:/usr/bin:/bin"}, full=True)
    place = places.locate(str(repo.root))
    return next(one for one in checks.checks(runtime, place) if one.name == "command")


def test_all_active(repo: Repo, own_home: Path) -> None:
    """A session that was heard, its mod, the feed, our status line and a git identity are named."""
    Client(repo).start()
    (repo.state / "mod").mkdir()
    (repo.state / "mod" / "s1.json").write_text('{"turn": "t"}')
    repo.git("config", "user.name", "Robin")
    repo.git("config", "user.email", "r@example.org")
    status_line_install.install(Runtime(Client(repo).env, full=True), str(repo.root))
    all_checks = look(repo)
    assert {one.ok for one in all_checks.values()} == {True}, all_checks
    assert "session s1" in all_checks["hooks"].detail
    assert "come from the mod" in all_checks["feed"].detail


def test_a_feed_by_the_status_line(repo: Repo) -> None:
    """Without a mod the status line's feed is one too."""
    Client(repo).start()
    (repo.state / "feed").mkdir()
    (repo.state / "feed" / "s1.json").write_text("{}")
    assert "from the status line" in look(repo)["feed"].detail


@pytest.mark.parametrize(
    ("version", "words"),
    [("2.1.197", "2.1.197 does not support mods"), ("2.1.287", "not seen"), ("", "not seen")],
)
def test_clients_without_mods(repo: Repo, version: str, words: str) -> None:
    """An older client is told apart from a newer one whose mod was not heard."""
    assert words in look(repo, version)["mod"].detail


@pytest.mark.parametrize(
    ("values", "name", "words", "hint"),
    [
        ({"disableAllHooks": True}, "hooks allowed", "so no hook", "Remove it from "),
        (
            {"enabledPlugins": {"handoff@market": False}},
            "plugin allowed",
            "handoff@market is disabled",
            "claude plugin enable handoff@market",
        ),
    ],
)
def test_forbidden(
    repo: Repo, own_home: Path, values: dict[str, Any], name: str, words: str, hint: str
) -> None:
    """What the user's settings turn off is a fault, with the file and what fixes it."""
    path = settings(own_home, **values)
    check = look(repo)[name]
    assert check.ok is False
    assert words in check.detail
    assert str(path) in check.detail
    assert check.hint.startswith(hint)


@pytest.mark.parametrize(
    "values",
    [
        {"disableAllHooks": False},
        {"disableAllHooks": "true"},
        {"allowManagedHooksOnly": True},  # counts in managed settings alone
        {"enabledPlugins": {"handoff@market": True, "handoffs@market": False}},
        {"enabledPlugins": []},
    ],
)
def test_allowed(repo: Repo, own_home: Path, values: dict[str, Any]) -> None:
    """What does not turn us off is no fault."""
    settings(own_home, **values)
    assert not any(one.ok is False for one in look(repo).values())


@pytest.mark.parametrize(
    "opened", ["{state}", "{state}/**", "/", "//{state}", "~/state", "{relative}"]
)
def test_sandbox(repo: Repo, own_home: Path, opened: str) -> None:
    """A sandbox that keeps a session's commands from the state directory is named with the setting
    that opens it; one that lets them is not, whichever file says so.
    """
    path = settings(own_home, sandbox={"enabled": True, "filesystem": {"allowWrite": ["/else", 1]}})
    check = look(repo)["sandbox"]
    assert str(path) in check.detail
    assert check.hint.startswith(f"To allow it, add {repo.state} to sandbox.filesystem.allowWrite")

    ours = repo.root / ".claude" / "settings.json"
    ours.parent.mkdir()
    names = {"state": repo.state, "relative": os.path.relpath(repo.state, repo.root)}
    allowed = {"allowWrite": [opened.format(**names)]}
    ours.write_text(json.dumps({"sandbox": {"filesystem": allowed}}))
    assert "sandbox" not in look(repo)
    ours.write_text(json.dumps({"sandbox": {"enabled": False}}))
    assert "sandbox" not in look(repo)


def test_managed(repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Managed settings are named; what they forbid only their owner can allow."""
    path = tmp_path / "managed-settings.json"
    path.write_text('{"allowManagedHooksOnly": true}')
    monkeypatch.setattr(settings_read, "MANAGED", (str(path),))
    all_checks = look(repo)
    assert all_checks["managed settings"].ok is None
    assert all_checks["hooks allowed"].ok is False
    assert "whoever manages this machine" in all_checks["hooks allowed"].hint


def test_an_open_breaker(repo: Repo) -> None:
    """An open breaker is named with what closes it."""
    for _ in range(3):
        now = Runtime(Client(repo).env, full=True).now
        breaker.record_handoff(str(repo.root), "s", 99, Config(), str(repo.state), now)
    check = look(repo)["breaker"]
    assert "3 handoffs within 15 minutes" in check.detail
    assert check.hint == "To close it: handoff session breaker --close"


def test_damaged_settings(repo: Repo, own_home: Path) -> None:
    """Settings that cannot be read stop nothing."""
    settings(own_home).write_text("{")
    assert not any(one.ok is False for one in look(repo).values())


def test_where_the_client_compacts(repo: Repo, own_home: Path) -> None:
    """It is said with who says so; a line that lies above it, and a point that was only seen, can
    be fixed.
    """
    client = Client(repo)
    client.start()
    assert "compaction" not in look(repo)
    client.works(20_000)
    check = look(repo)["compaction"]
    detail = "the client compacts claude-opus-5-5 at 967k (the client's default)"
    assert (check.ok, check.detail, check.hint) == (True, detail, "")

    seen = {"at": 118_000, "expected": 967_000, "told": False, "seen": time.time()}
    (repo.state / "compaction.json").write_text(json.dumps({"claude-opus-5-5": seen}))
    check = look(repo)["compaction"]
    assert (check.ok, "at 118k (as observed before)" in check.detail) == (None, True)
    assert check.hint.endswith(f"rm {repo.state / 'compaction.json'}")

    path = settings(own_home, autoCompactWindow=150_000)
    check = look(repo)["compaction"]
    assert (check.ok, f"at 117k (autoCompactWindow in {path})" in check.detail) == (True, True)
    config = own_home / ".config" / "handoff" / "config.yaml"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text("thresholds: {handoff: {context: 200k}}\n")
    check = look(repo)["compaction"]
    assert (check.ok, "the handoff threshold at 200k is never reached" in check.detail) == (
        False,
        True,
    )


def look_at_all(repo: Repo, directory: Path | None = None) -> list[Check]:
    """All checks."""
    runtime = Runtime(dict(os.environ), full=True)
    return checks.checks(runtime, places.locate(str(directory or repo.root)))


@pytest.mark.parametrize("inside", [True, False])
def test_without_git(
    repo: Repo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, inside: bool
) -> None:
    """It is git that is not there, whether or not there is a repository: said once, with where to
    get it.
    """
    (tmp_path / "empty").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "empty"))

    all_checks = look_at_all(repo, None if inside else tmp_path)

    (check,) = (one for one in all_checks if one.name in ("git", "repository"))
    assert check.ok is False
    assert check.detail.startswith("git was not found on the PATH, so briefs are written but not")
    assert "apt install git" in check.hint


def test_outside_of_a_repository(repo: Repo, tmp_path: Path) -> None:
    """With git it is the directory that has no repository."""
    details = {one.name: one.detail for one in look_at_all(repo, tmp_path)}
    assert details["repository"] == (
        "not a git repository, so briefs are written but not committed"
    )


@pytest.mark.parametrize(
    ("version", "ok"), [("2.1.197", True), (versions.NEWEST_TESTED, True), ("2.99.0", None)]
)
def test_a_client_newer_than_what_was_tested(
    version: str, ok: bool | None, repo: Repo, programs: Path
) -> None:
    """It is used all the same; the doctor says up to which version that was tried."""
    client = programs / "claude"
    client.write_text(f"#!/bin/sh\necho '{version} (Claude Code)'\n")
    client.chmod(0o755)

    (check,) = (one for one in look_at_all(repo) if one.name == "client")

    assert check.ok is ok
    assert check.detail.startswith(f"{version} at {client}")
    is_named = f"newest version that handoff was tested with is {versions.NEWEST_TESTED}"
    assert (is_named in check.detail) is (ok is None)
