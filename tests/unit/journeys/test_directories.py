"""A repository of many packages: a brief is for the directory that its session is in."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from handoff.authoring import gather, model, write_brief
from handoff.base.errors import HandoffError
from handoff.brief import document
from handoff.launch import eligibility
from handoff.pickup import candidates
from handoff.runtime import Runtime
from handoff.store import places
from support.agents import install
from support.client import Client, context

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo
    from support.store_program import Store

PACKAGES = (".", "packages/a", "packages/b", "packages/a/deep")


@pytest.fixture
def monorepo(repo: Repo) -> Repo:
    for name in PACKAGES:
        folder = repo.root / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "code.py").write_text("pass\n")
    repo.git("add", ".")
    repo.git("commit", "--quiet", "--message=Packages")
    return repo


def started_in(repo: Repo, directory: str, session: str) -> Client:
    """A session started in a directory of the repository."""
    return Client(repo, session, CLAUDE_PROJECT_DIR=str(repo.root / directory))


def start(client: Client) -> dict[str, object]:
    return client.start(cwd=client.env["CLAUDE_PROJECT_DIR"])


def brief_of(repo: Repo, directory: str, *, session: str = "s1", shared: bool = False) -> str:
    """A brief that a session in a directory wrote; its id. The session is over."""
    from handoff.brief import document
    from handoff.redact.redact import redact

    writer = started_in(repo, directory, session)
    start(writer)
    runtime = Runtime(writer.env, full=True)
    words = document.parse_words(redact(f"# Work in {directory}\n## Task\nGo on.\n"))
    material = gather.collect_material(
        runtime, session, places.session_place(runtime, session, str(repo.root))
    )
    config = runtime.config(str(repo.root))
    written = write_brief.write(words, material, model.WriteOptions(shared=shared), runtime, config)
    writer("session-end", reason="other")
    return written.id


@pytest.mark.parametrize("reader", PACKAGES)
@pytest.mark.parametrize("writer", PACKAGES)
def test_a_brief_is_for_its_directory(monorepo: Repo, writer: str, reader: str) -> None:
    """It is given to a session in the very directory; one elsewhere, above or below, is told of it
    once, and nothing is claimed.
    """
    brief = brief_of(monorepo, writer)
    answer = start(started_in(monorepo, reader, "s2"))
    if writer == reader:
        assert f'<handoff-brief id="{brief}">' in context(answer)
        return
    where = "the root of the repository" if writer == "." else f"the directory {writer}"
    why = f"it belongs to {where}. To pick it up: /handoff:pickup {brief}"
    told = f"handoff: brief {brief} was not picked up: {why}"
    assert answer == {"systemMessage": told}
    assert start(started_in(monorepo, reader, "s3")) == {}
    assert brief in context(start(started_in(monorepo, writer, "s4")))


def test_each_package_has_its_own(monorepo: Repo) -> None:
    """Two sessions at once, each with a brief: each directory's next session gets that one."""
    briefs = {
        name: brief_of(monorepo, name, session=f"w{number}")
        for number, name in enumerate(("packages/a", "packages/b"))
    }
    for name, brief in briefs.items():
        given = context(start(started_in(monorepo, name, name[-1])))
        assert f'<handoff-brief id="{brief}">' in given


@pytest.mark.parametrize("how", ["the call", "the configuration"])
def test_shared_on_purpose(monorepo: Repo, own_home: Path, how: str) -> None:
    """A brief for the whole repository says no directory, and is given anywhere in it."""
    if how == "the configuration":
        config = own_home / ".config" / "handoff" / "config.yaml"
        config.parent.mkdir(parents=True)
        config.write_text("brief: {shared: true}\n")
    brief = brief_of(monorepo, "packages/a", shared=how == "the call")
    assert "directory:" not in monorepo.briefs()[0].read_text().partition("\n---\n")[0]
    assert f'<handoff-brief id="{brief}">' in context(
        start(started_in(monorepo, "packages/b", "s2"))
    )


def test_a_cd_changes_no_directory(monorepo: Repo) -> None:
    """The directory is the session's, not the one that its shell is in."""
    writer = started_in(monorepo, "packages/a", "s1")
    start(writer)
    writer("stop", cwd=str(monorepo.root / "packages/b"))
    runtime = Runtime(writer.env, full=True)
    material = gather.collect_material(
        runtime, "s1", places.session_place(runtime, "s1", str(monorepo.root / "packages/b"))
    )
    assert material.git["directory"] == "packages/a"


def test_by_hand(monorepo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """`handoff list` names the directory. A brief is taken anywhere by its ID; without one the
    directory's own comes first.
    """
    first = brief_of(monorepo, "packages/a", session="w1")
    second = brief_of(monorepo, "packages/b", session="w2")
    rows = {row["id"]: row["directory"] for row in handoff.answer("list")}
    assert rows == {first: "packages/a", second: "packages/b"}
    handoff("list")
    assert re.search(r"Work in packages/a +in packages/a\n", handoff.out)

    monkeypatch.chdir(monorepo.root / "packages/b")
    assert f'<handoff-brief id="{second}">' in handoff.answer("pickup")["text"]
    assert f'<handoff-brief id="{first}">' in handoff.answer("pickup", first)["text"]


def test_the_command_shares(monorepo: Repo, handoff: Store) -> None:
    """`handoff write --shared`, and without it the directory of the shell where no session is."""
    wanted = {handoff.write("One"): ".", handoff.write("Two", "--shared"): ""}
    assert {row["id"]: row["directory"] for row in handoff.answer("list")} == wanted


def test_words_of_others_stay_marked(monorepo: Repo) -> None:
    """A brief of others narrows at most where it is offered: its directory makes nothing of it."""
    brief = brief_of(monorepo, "packages/a")
    path = monorepo.briefs()[0]
    path.write_text(path.read_text().replace("directory: packages/a", "directory: packages/b"))
    runtime = Runtime(started_in(monorepo, "packages/b", "s2").env, full=True)
    place = places.locate(str(monorepo.root / "packages/b"))
    (candidate,) = candidates.find_candidates(place, runtime, 7, candidates.try_read_head(place))
    assert candidate.id == brief
    assert "changed since" in candidate.why_not


def test_started_in_its_directory(
    monorepo: Repo, handoff: Store, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`handoff start` starts a brief's session in the directory that the brief is for, also in a
    work tree of its own; in the root where that directory is gone or is a link out of it.
    """
    out = install(programs, "claude")
    monkeypatch.chdir(monorepo.root / "packages/a")
    brief = handoff.write("Work in a")
    started = monorepo.root / "packages/a"
    assert handoff.json("start", brief, "--dry-run")["directory"] == str(started)
    handoff("start", brief, "--print", "--worktree")
    client_run = json.loads(out.read_text())
    assert client_run["cwd"] == f"{monorepo.root}.handoff/{brief}/packages/a"
    assert client_run["env"]["HANDOFF_PICKUP"] == brief

    other = handoff.write("Work in a, too")
    monkeypatch.chdir(monorepo.root)
    started.rename(monorepo.root.parent / "gone")
    started.symlink_to(monorepo.root.parent / "gone")
    assert handoff.json("start", other, "--dry-run")["directory"] == str(monorepo.root)


def test_settings_of_the_directory_are_looked_at(
    monorepo: Repo, handoff: Store, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the client would read there may not send the session elsewhere."""
    out = install(programs, "claude")
    settings = monorepo.root / "packages/a/.claude/settings.json"
    settings.parent.mkdir()
    settings.write_text('{"env": {"ANTHROPIC_BASE_URL": "https://example.org"}}')
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-secret")
    monkeypatch.chdir(monorepo.root / "packages/a")
    brief = handoff.write("Work in a")
    assert handoff("start", brief, "--print", "--provider", "openrouter") == 1
    assert f"{settings} sets ANTHROPIC_BASE_URL" in handoff.err
    assert not out.exists()


def test_a_directory_that_no_path_can_name(monorepo: Repo) -> None:
    """A refusal says which brief it is, and what to do."""
    brief = document.Brief("20260101-000000-x-0000", "X", "", git={"directory": "packages\0/a"})
    root = str(monorepo.root)
    with pytest.raises(HandoffError, match="handoff drop 20260101-000000-x-0000") as caught:
        eligibility.directory_in(root, brief, root)
    assert "packages\\x00/a" in caught.value.what
