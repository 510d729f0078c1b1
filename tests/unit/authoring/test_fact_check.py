"""Contradictions go back once, a brief is never lost to its check, and drafts wait for review."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from handoff.authoring import fact_check
from handoff.brief import lint
from handoff.git import run as git
from support.client import Client, context
from support.program import BRIEF, Program

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

WRONG = "# Fix it\n## Task\nFix the race.\n## Next step\nRead app.py\n## State\nAll tests pass.\n"
RIGHT = WRONG.replace("All tests pass.", "Two tests fail.")


@pytest.fixture
def session(repo: Repo) -> str:
    """A session whose last test run failed, known to the client."""
    folder = repo.state.parent / ".claude" / "projects" / "p"
    folder.mkdir(parents=True)
    run = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "pytest -q"}}
    out = {"type": "tool_result", "tool_use_id": "t1", "content": "2 failed, 10 passed in 1s"}
    prompt = "Fix the race, and never touch the lock"
    (folder / "s1.jsonl").write_text(
        record("user", prompt) + record("assistant", [run], id="m1") + record("user", [out])
    )
    return "s1"


def record(kind: str, content: object, **more: Any) -> str:
    message: dict[str, Any] = {"role": kind, "content": content, "model": "m", **more}
    return json.dumps({"type": kind, "message": message, "sessionId": "s1"}) + "\n"


def configure(repo: Repo, text: str) -> None:
    path = repo.state.parent / ".config" / "handoff" / "config.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def editor(monkeypatch: pytest.MonkeyPatch, folder: Path, script: str) -> None:
    """An editor that is a shell script; `$1` is the file."""
    path = folder / "editor.sh"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    monkeypatch.setenv("EDITOR", str(path))


def test_a_contradiction_goes_back_once(repo: Repo, handoff: Program, session: str) -> None:
    """The first time nothing is stored but a draft; the second time it is, with the finding in it,
    and the draft is gone.
    """
    assert handoff("write", "--session", session, stdin=WRONG) == 1
    assert "“All tests pass.”: the last run of `pytest -q` failed: 2 failed" in handoff.err
    assert "send the whole brief once more" in handoff.err
    assert not repo.briefs()
    assert len(list((repo.state / "drafts").glob("*/*.md"))) == 1

    written = handoff.json("write", "--session", session, stdin=WRONG)
    assert written["findings"] == [
        "“All tests pass.”: the last run of `pytest -q` failed: 2 failed, 10 passed."
    ]
    text = repo.briefs()[0].read_text()
    assert text.index("## State") < text.index("## Findings") < text.index("## Facts")
    assert not list((repo.state / "drafts").glob("*/*.md"))


def test_a_fixed_brief_has_no_findings(repo: Repo, handoff: Program, session: str) -> None:
    """What was wrong and was fixed leaves no trace."""
    handoff("write", "--session", session, stdin=WRONG)
    assert handoff.json("write", "--session", session, stdin=RIGHT)["findings"] == []
    assert "## Findings" not in repo.briefs()[0].read_text()
    assert not list((repo.state / "drafts").glob("*/*.md"))


def test_each_task_goes_back_once(repo: Repo, handoff: Program, session: str) -> None:
    """Task briefs are counted by title; in the next cycle the session's own goes back again."""
    task = ("write", "--session", session, "--kind", "task")
    assert handoff(*task, stdin=WRONG) == 1
    assert handoff(*task, stdin=WRONG.replace("# Fix it", "# Other")) == 1
    assert handoff(*task, stdin=WRONG) == 0
    assert handoff("write", "--session", session, stdin=WRONG) == 1
    assert handoff("write", "--session", session, stdin=WRONG) == 0

    path = repo.state / "sessions" / "s1.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "cycle": 1}))
    assert handoff("write", "--session", session, stdin=WRONG) == 1


def test_outside_a_session_it_is_stored_at_once(repo: Repo, handoff: Program) -> None:
    """Nobody is known who could be asked again: findings are shown in the brief."""
    state = "## State\nThe lock and `tests/none.py` are done.\n"
    (repo.root / "tests").mkdir()
    written = handoff.json("write", stdin=BRIEF + state)

    assert written["findings"] == [
        "“The lock and `tests/none.py` are done.”: there is no file tests/none.py."
    ]


def test_what_was_sent_back_is_not_lost(repo: Repo, handoff: Program, session: str) -> None:
    """When the model never sends it again, a snapshot stores the model's words."""
    handoff("write", "--session", session, stdin=WRONG)
    written = handoff.json("write", "--from-facts", "--session", session)

    assert written["author"] == "model"
    assert len(written["findings"]) == 1
    assert "Fix the race." in repo.briefs()[0].read_text()
    assert not list((repo.state / "drafts").glob("*/*.md"))


def test_a_check_that_fails_loses_nothing(
    repo: Repo, handoff: Program, session: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A bug in the check is logged and the brief is stored."""

    def broken(*_: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr(lint, "check", broken)
    assert handoff("write", "--session", session, stdin=WRONG) == 0

    assert len(repo.briefs()) == 1
    assert "KeyError: 'surprise'" in (repo.state / "log" / "handoff.log").read_text()


def test_what_git_knows(repo: Repo, handoff: Program) -> None:
    """Commits, clean trees, files and names are looked up in the real repository."""
    head = repo.git("rev-parse", "HEAD").strip()
    (repo.root / "src").mkdir()
    (repo.root / "src" / "lock.py").write_text("def acquire(): ...\n")
    (repo.root / "app.py").write_text("changed\n")
    state = (
        f"Committed as {head[:10]}.\nCommitted as 0badc0de1.\nThe working tree is clean.\n"
        "The lock and `src/lock.py::acquire` are done.\nThe rest and `src/lock.py::free`.\n"
        "Created `src/gone.py` with the lock.\n"
    )
    assert handoff("lint", "--json", stdin=BRIEF + "## State\n" + state) == 1
    findings = json.loads(handoff.out)

    assert [(item["reason"], item["contradicts"]) for item in findings] == [
        ("this repository has no commit 0badc0de1", True),
        ("git has uncommitted changes in app.py", True),
        ("there is no file src/gone.py", True),
        ("src/lock.py does not contain free", False),
    ]


def test_lint_of_a_file(repo: Repo, handoff: Program, session: str) -> None:
    """`lint` takes words, a brief's file or its id; exit 1 only for contradictions."""
    path = repo.root / "words.md"
    path.write_text(WRONG)
    assert handoff("lint", str(path), "--session", session) == 1
    assert handoff.out.startswith("contradicted: “All tests pass.”")
    handoff("write", "--session", session, stdin=RIGHT)
    assert handoff("lint", repo.briefs()[0].stem) == 0
    assert handoff("lint", "no-such-brief") == 1
    assert handoff("lint") == 2


def test_lint_without_a_session(repo: Repo, handoff: Program, session: str) -> None:
    """What only a session's transcript could tell is not called right; what git knows is told."""
    for asked in ((), ("--session", "unknown")):
        assert handoff("lint", *asked, stdin=WRONG) == 0
        assert "Not checked: statements about tests and commands" in handoff.err
        assert "No other statement in its State was found to be wrong." in handoff.err
        assert handoff("lint", "--json", *asked, stdin=WRONG) == 0
        assert json.loads(handoff.out) == []
        assert "Not checked" in handoff.err
    assert handoff("lint", stdin=f"{WRONG}Committed as 0badc0de1.\n") == 1
    assert "Not checked" in handoff.err
    assert handoff("lint", "--session", session, stdin=RIGHT) == 0
    assert handoff.err == "No statement in its State was found to be wrong.\n"


def test_nothing_outside_the_repository_is_looked_at(repo: Repo, handoff: Program) -> None:
    """A link that leads out of the repository, or a path that does, tells nothing."""
    outside = repo.root.parent / "outside"
    outside.mkdir()
    (outside / "secret.py").write_text("KEY = 1\n")
    (repo.root / "src").symlink_to(outside)
    state = "## State\nThe key and `src/secret.py::NONE` are done, with `../outside/x.py`.\n"

    handoff("lint", "--json", stdin=BRIEF + state)
    assert all("does not contain" not in item["reason"] for item in json.loads(handoff.out))


def test_render(repo: Repo, handoff: Program, session: str) -> None:
    """`render --inject` is what the next session is given, within its limit."""
    brief = handoff.json("write", "--session", session, stdin=BRIEF)["id"]
    assert handoff("show", brief, "--inject") == 0
    assert f'<handoff-brief id="{brief}">' in handoff.out
    assert f'handoff recall {brief} "question"' in handoff.out
    assert len(handoff.out) <= 9500
    assert handoff.json("show", str(repo.briefs()[0]))["text"].startswith("---\nhandoff: 1\n")
    assert handoff("show", "no-such-brief") == 1


def at_the_threshold(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> Client:
    """A session that ran failing tests, crossed the handoff threshold and was asked for a brief."""
    client = Client(repo)
    client.start()
    client.works(20_000, 205_000)
    run = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "pytest -q"}}
    out = {"type": "tool_result", "tool_use_id": "t1", "content": "2 failed, 10 passed in 1s"}
    with client.transcript.open("a") as file:
        file.write(record("assistant", [run], id="m9", usage={"input_tokens": 206_000}))
        file.write(record("user", [out]))
    assert "handoff write" in context(client("stop"))
    monkeypatch.setenv("CLAUDE_CODE_SESSION_ID", "s1")
    return client


def test_a_model_that_does_not_fix_its_brief(
    repo: Repo, handoff: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the turn's end its words are stored with what was found, and the user is told so."""
    client = at_the_threshold(repo, monkeypatch)
    assert handoff("write", stdin=WRONG) == 1

    message = client("stop", stop_hook_active=True)["systemMessage"]
    assert "did not correct its brief; it was saved with the problems listed in it" in message
    assert "## Findings" in repo.briefs()[0].read_text()


def test_a_draft_at_the_threshold(
    repo: Repo, handoff: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With `brief.review` the user is told how to commit it, and no snapshot is written."""
    configure(repo, "brief: {review: true}\n")
    client = at_the_threshold(repo, monkeypatch)
    written = handoff.json("write", stdin=RIGHT)

    message = client("stop", stop_hook_active=True)["systemMessage"]
    assert f"To commit it: handoff commit --edit {written['id'][-4:]}" in message
    assert not repo.briefs()


# --- review -------------------------------------------------------------------------------------


def test_review_leaves_a_draft(
    repo: Repo, handoff: Program, session: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Without a terminal the brief waits outside the repository; `edit` opens it in $EDITOR and
    commits what it has become, redacted.
    """
    configure(repo, "brief: {review: true}\n")
    head = repo.git("rev-parse", "HEAD")
    written = handoff.json("write", "--session", session, stdin=BRIEF)
    assert written["draft"] is True
    assert f"handoff commit --edit {written['id']}" in written["reason"]
    assert not repo.briefs()
    assert repo.git("rev-parse", "HEAD") == head
    assert repo.git("status", "--porcelain") == ""
    (row,) = handoff.json("list")
    assert (row["id"], row["state"]) == (written["id"], "draft")

    key = "sk-ant-api03-" + "Ab3" * 12
    editor(monkeypatch, tmp_path, f'sed -i "s/token race/token race, with {key}/" "$1"')
    done = handoff.json("commit", "--edit", written["id"][-4:])
    assert done["id"] == written["id"]
    assert done["on_branch"] is True
    assert "token race, with [redacted: anthropic key]" in repo.briefs()[0].read_text()
    assert [row["state"] for row in handoff.json("list")] == ["open"]
    assert handoff.json("list")[0]["trusted"] is True


@pytest.mark.parametrize(
    ("script", "why"),
    [
        ("exit 3", "exited with code 3"),
        (': >"$1"', "no front matter"),
        (
            'echo x >>"$1"; sed -i "s/^id: .*/id: 20261101-101010-a-gift-beef/" "$1"',
            "not the file's name",
        ),
    ],
)
def test_an_edit_that_goes_wrong_keeps_the_draft(
    repo: Repo,
    handoff: Program,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    script: str,
    why: str,
) -> None:
    """An editor that fails, an emptied file, another id: nothing is committed, the draft stays."""
    configure(repo, "brief: {review: true}\n")
    written = handoff.json("write", stdin=BRIEF)
    editor(monkeypatch, tmp_path, script)

    assert handoff("commit", "--edit", written["id"]) == 1
    assert why in handoff.err
    assert not repo.briefs()
    assert os.path.exists(written["path"])


def test_edit_without_an_editor(
    repo: Repo, handoff: Program, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No terminal and no $EDITOR, or no such draft: exit 1, with what to do."""
    configure(repo, "brief: {review: true}\n")
    monkeypatch.delenv("EDITOR", raising=False)
    monkeypatch.delenv("VISUAL", raising=False)
    written = handoff.json("write", stdin=BRIEF)

    assert handoff("commit", "--edit", written["id"]) == 1
    assert "neither $VISUAL nor $EDITOR is set" in handoff.err
    assert handoff("commit", "--edit", "nothing") == 1
    assert "No draft matches" in handoff.err
    monkeypatch.setenv("EDITOR", "/no/such/editor")
    assert handoff("commit", "--edit", written["id"]) == 1
    assert "cannot be started" in handoff.err


def test_review_is_the_user_s_to_set(repo: Repo, handoff: Program) -> None:
    """The team's configuration cannot switch it, and it is true or false."""
    team = repo.root / ".handoff" / "config.yaml"
    team.parent.mkdir()
    team.write_text("brief: {review: true}\n")
    assert handoff("config") == 1
    assert "brief cannot be set in the team's file" in handoff.err
    configure(repo, "brief: {review: maybe}\n")
    assert handoff("config") == 1
    assert "true or false" in handoff.err


@pytest.mark.parametrize(
    ("err", "there"),
    [
        ("fatal: Not a valid object name 5b43^{commit}", False),
        ("error: short object ID 5b43 is ambiguous\nfatal: Not a valid object name 5b43", True),
    ],
)
def test_a_short_name_of_several_commits(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, err: str, there: bool
) -> None:
    """git (2.39) says of it what it says of none, and that it is ambiguous: it is not denied."""
    checkout = git.find_checkout(str(repo.root))
    assert checkout
    monkeypatch.setattr(git, "run", lambda *_, **__: git.GitResult(128, b"", err))

    assert fact_check._has_commit(checkout, "5b43") is there
