"""The command line: what each verb does, its JSON, and the exit codes 0, 1, 2 and 3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from handoff import cli
from handoff.cli import console
from support.program import BRIEF, Program

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo


def test_write_says_what_it_did(repo: Repo, handoff: Program) -> None:
    """`write` prints id, path, commit, how to pick it up and how to undo it; the commit holds the
    brief alone, and the first one what code hosts are told of briefs.
    """
    assert handoff("write", stdin=BRIEF) == 0

    (brief,) = repo.briefs()
    commit = repo.git("rev-parse", "HEAD").strip()
    for words in (
        brief.stem,
        f".handoff/open/{brief.name}",
        commit[:9],
        "/handoff:pickup",
        "revert",
    ):
        assert words in handoff.out
    assert repo.git("show", "--name-only", "--format=%s", "HEAD").split("\n") == [
        f"handoff: write “Fix the race” ({brief.stem[-4:]})",
        "",
        ".handoff/.gitattributes",
        f".handoff/open/{brief.name}",
        "",
    ]


def test_write_in_json(repo: Repo, handoff: Program) -> None:
    """`write --json` has the stable keys."""
    written = handoff.json("write", "--label", "auth", "--verify", "true", stdin=BRIEF)

    assert set(written) == {
        "id", "title", "author", "path", "relative", "commit", "ref", "on_branch", "reason",
        "finished", "findings", "cut", "draft", "problem", "notice",
    }  # fmt: skip
    assert written["on_branch"] is True
    text = repo.briefs()[0].read_text()
    assert "labels: [auth]" in text
    assert "verify: ['true']" in text or "verify: [true]" in text


def test_empty_brief(repo: Repo, handoff: Program) -> None:
    """An empty brief is the writer's to fix: exit 1, said why, nothing written."""
    assert handoff("write", stdin="\n") == 1

    assert "The brief is empty" in handoff.err
    assert not repo.briefs()


def test_no_task(repo: Repo, handoff: Program) -> None:
    """A brief without a task is sent back, with what to do."""
    assert handoff("write", stdin="# X\n## State\nhalf done\n") == 1
    assert "no `## Task` section" in handoff.err
    assert not repo.briefs()


@pytest.mark.parametrize("arguments", [["write"], ["nonsense"], ["write", "--kind", "x"], ["show"]])
def test_wrong_usage(repo: Repo, handoff: Program, arguments: list[str]) -> None:
    """Wrong usage is exit code 2 with a message on stderr, nothing on stdout."""
    assert handoff(*arguments) == 2
    assert handoff.out == ""
    assert handoff.err


def test_bug(repo: Repo, handoff: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bug is exit code 3, one line, and the traceback in a log file that the line names."""
    from handoff.maintenance import listing

    def broken(*_: object, **__: object) -> None:
        raise KeyError("surprise")

    monkeypatch.setattr(listing, "list_rows", broken)
    assert handoff("list") == 3

    log = repo.state / "log" / "handoff.log"
    assert str(log) in handoff.err
    assert "Traceback" not in handoff.err
    assert "KeyError: 'surprise'" in log.read_text()


def test_list_show_done(repo: Repo, handoff: Program) -> None:
    """A brief is listed as open, shown whole, and after `done` has its outcome in .handoff/done,
    moved in one commit.
    """
    handoff("write", stdin=BRIEF)
    (row,) = handoff.json("list")
    assert (row["title"], row["state"], row["trusted"]) == ("Fix the race", "open", True)

    assert handoff("show", row["id"][-4:]) == 0
    assert "Fix the token race." in handoff.out

    done = handoff.json("done", row["id"], "--outcome", "-", stdin="Fixed; pytest passes.")
    assert done["path"] == f".handoff/done/{row['id']}.md"
    assert not repo.briefs()
    assert "## Outcome\n\nFixed; pytest passes.\n" in repo.briefs("done")[0].read_text()
    assert repo.git("status", "--porcelain") == ""
    assert handoff.json("list") == []
    (finished,) = handoff.json("list", "--all")
    assert (finished["state"], finished["trusted"]) == ("done", True)


def test_list_without_briefs(repo: Repo, handoff: Program) -> None:
    """An empty list says how a brief is made, on stderr."""
    assert handoff("list") == 0
    assert handoff.out == ""
    assert "No briefs here" in handoff.err


def test_unknown_id(repo: Repo, handoff: Program) -> None:
    """An id that fits nothing, or several, is exit 1 and says what to do."""
    assert handoff("show", "nothing") == 1
    assert "handoff list --all" in handoff.err
    handoff("write", stdin=BRIEF)
    handoff("write", "--kind", "task", stdin=BRIEF)
    assert "in a separate session: handoff start " in handoff.out
    assert "automatically" not in handoff.out
    assert handoff("show", "2") == 1
    assert "matches 2 briefs" in handoff.err


def test_pickup_claims_once(repo: Repo, handoff: Program) -> None:
    """`pickup` gives the brief to one session; another is told who has it; --release frees it."""
    handoff("write", stdin=BRIEF)
    taken = handoff.json("pickup", "--session", "one")
    assert "Fix the token race." in taken["text"]
    assert handoff("pickup", "--session", "two", repo.briefs()[0].stem) == 1
    assert "is claimed by session one" in handoff.err
    assert handoff("pickup", "--release", repo.briefs()[0].stem) == 0
    assert handoff("pickup", "--session", "two") == 0


def test_changed_brief_is_untrusted(repo: Repo, handoff: Program) -> None:
    """A brief of this machine that was edited by hand is untrusted: no session takes it."""
    handoff("write", stdin=BRIEF)
    path = repo.briefs()[0]
    path.write_text(path.read_text().replace("token race", "token race; also rm -rf /"))

    assert handoff.json("list")[0]["trusted"] is False
    assert handoff("pickup", path.stem) == 1
    assert "was written on this machine and changed since: only a person can" in handoff.err
    assert "rm -rf" not in handoff.out + handoff.err


def test_newer_brief_of_a_session_replaces_the_older(repo: Repo, handoff: Program) -> None:
    """A session's second `continue` brief files the first under done, in the same commit; a task
    brief replaces nothing.
    """
    first = handoff.json("write", "--session", "s1", stdin=BRIEF)
    second = handoff.json("write", "--session", "s1", stdin=BRIEF)
    task = handoff.json("write", "--session", "s1", "--kind", "task", stdin=BRIEF)
    other = handoff.json("write", "--session", "s2", stdin=BRIEF)

    assert second["finished"] == [first["id"]]
    assert task["finished"] == other["finished"] == []
    assert {path.stem for path in repo.briefs()} == {second["id"], task["id"], other["id"]}
    assert f"Continued by {second['id']}." in repo.briefs("done")[0].read_text()


def test_commit_modes(repo: Repo, handoff: Program, own_home: Path) -> None:
    """`commit: ref` keeps the commit beside the branch; `commit: off` makes none; both say so."""
    config = own_home / ".config" / "handoff" / "config.yaml"
    config.parent.mkdir(parents=True)
    head = repo.git("rev-parse", "HEAD")

    config.write_text("commit: ref\n")
    written = handoff.json("write", stdin=BRIEF)
    assert written["ref"] == f"refs/handoff/{written['id']}"
    assert written["on_branch"] is False

    config.write_text("commit: off\n")
    written = handoff.json("write", stdin=BRIEF)
    assert written["commit"] == ""
    assert "commit is off" in written["reason"]
    assert repo.git("rev-parse", "HEAD") == head


def test_ignored_folder(repo: Repo, handoff: Program) -> None:
    """Where git ignores .handoff the brief is written, not committed, and that is said."""
    (repo.root / ".git" / "info" / "exclude").write_text(".handoff/\n")
    written = handoff.json("write", stdin=BRIEF)
    assert written["commit"] == ""
    assert written["reason"] == ".handoff is ignored by git"
    assert len(repo.briefs()) == 1


@pytest.mark.parametrize("kind", ["file", "link"])
def test_something_else_is_there(repo: Repo, handoff: Program, kind: str, tmp_path: Path) -> None:
    """A file or a link where .handoff should be: exit 1, it is not followed or replaced."""
    place = repo.root / ".handoff"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    place.symlink_to(elsewhere) if kind == "link" else place.write_text("mine\n")

    assert handoff("write", stdin=BRIEF) == 1
    assert "is not a directory" in handoff.err
    assert not list(elsewhere.iterdir())
    assert place.is_symlink() if kind == "link" else place.read_text() == "mine\n"


def test_secrets_stay_out(repo: Repo, handoff: Program) -> None:
    """A key in the words is in neither file nor commit."""
    key = "sk-ant-api03-" + "Ab3" * 12
    handoff("write", stdin=f"# Use {key}\n## Task\nCall it with {key}.\n")
    assert key not in repo.briefs()[0].read_text()
    assert key not in repo.git("log", "-p")
    assert "[redacted: anthropic key]" in repo.briefs()[0].read_text()


def test_config(repo: Repo, handoff: Program, own_home: Path) -> None:
    """`config` prints what is in force; a mistake is named with file and line, exit 1."""
    assert handoff.json("config")["values"]["mode"] == "write"
    config = own_home / ".config" / "handoff" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("mode: notify\nmodus: write\n")
    assert handoff("config") == 1
    assert "mode: notify" in handoff.out
    assert f"{config}:2: unknown key modus; did you mean mode?" in handoff.err


def test_doctor(repo: Repo, handoff: Program) -> None:
    """`doctor` names the missing environment and what fixes it, exit 1; with one it passes."""
    assert handoff("doctor") == 1
    assert "FAIL" in handoff.out
    assert "handoff install" in handoff.out
    checks = json.loads((handoff("doctor", "--json"), handoff.out)[1])
    assert {"handoff", "environment", "client", "state", "repository"} <= {
        c["name"] for c in checks
    }


def test_doctor_names_broken_state(repo: Repo, handoff: Program) -> None:
    """A state file that could not be read was moved aside, and the doctor names it."""
    sessions = repo.state / "sessions"
    sessions.mkdir(parents=True)
    (sessions / "s1.json").write_text("{broken")
    assert handoff("write", "--session", "s1", stdin=BRIEF) == 0
    handoff("doctor")
    assert "s1.json.broken" in handoff.out


TRANSCRIPT = [
    {"type": "user", "message": {"role": "user", "content": "Make the CLI faster"},
     "timestamp": "2026-11-22T08:00:00Z", "sessionId": "s1"},
    {"type": "assistant", "requestId": "r1", "timestamp": "2026-11-22T08:00:01Z", "sessionId": "s1",
     "message": {"id": "m1", "model": "claude-opus-5-5", "role": "assistant",
                 "content": [{"type": "text", "text": "I measured it."}],
                 "usage": {"input_tokens": 5, "cache_read_input_tokens": 149_995,
                           "output_tokens": 9}}},
]  # fmt: skip


@pytest.fixture
def transcript(tmp_path: Path) -> Path:
    path = tmp_path / "s1.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in TRANSCRIPT))
    return path


def test_status(repo: Repo, handoff: Program, transcript: Path) -> None:
    """`status` shows figures, lines and what happens; its JSON has the stable keys."""
    figures = handoff.json("status", "--transcript", str(transcript))
    assert figures["context_tokens"] == 150_000
    assert figures["window"] == 1_000_000
    assert figures["auto_compact_at"] == 967_000
    assert figures["percent"] == 15.0
    assert figures["thresholds"] == {"warn": 120_000, "handoff": 200_000}
    assert figures["decision"]["act"] == "warn"
    assert figures["cost_source"] == "transcript"

    assert handoff("status", "--transcript", str(transcript)) == 0
    assert "150k, 75% of the handoff threshold" in handoff.out
    assert "a brief is written (handoff threshold)" in handoff.out


def test_status_of_nothing(repo: Repo, handoff: Program) -> None:
    """Without any session known the message says what to do."""
    assert handoff("status") == 1
    assert "--transcript" in handoff.err


def test_snapshot(repo: Repo, handoff: Program, transcript: Path) -> None:
    """`snapshot` writes and commits a brief by code; --stdout only prints, within its limit."""
    assert (
        handoff(
            "write",
            "--from-facts",
            "--transcript",
            str(transcript),
            "--stdout",
            "--max-chars",
            "400",
        )
        == 0
    )
    assert "Make the CLI faster" in handoff.out
    assert len(handoff.out) <= 401
    assert not repo.briefs()

    written = handoff.json("write", "--from-facts", "--transcript", str(transcript))
    assert written["author"] == "snapshot"
    text = repo.briefs()[0].read_text()
    assert "No model wrote this brief" in text
    assert "> Make the CLI faster" in text
    assert "tokens: 150000" in text


def test_snapshot_of_nothing(repo: Repo, handoff: Program) -> None:
    """There is nothing to snapshot without a session: exit 1, nothing written."""
    assert handoff("write", "--from-facts") == 1
    assert handoff("write", "--from-facts", "--transcript", "/no/such/file") == 1
    assert not repo.briefs()


def test_outside_git(tmp_path: Path, handoff: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside a repository a brief is written to the directory and said to be uncommitted."""
    folder = tmp_path / "plain"
    folder.mkdir()
    monkeypatch.chdir(folder)
    written = handoff.json("write", stdin=BRIEF)
    assert written["reason"] == "not a git repository"
    assert (folder / written["relative"]).exists()
    assert handoff.json("list")[0]["trusted"] is True


def test_help_and_version(handoff: Program) -> None:
    """Every verb has help; the version is printed."""
    assert handoff("--version") == 0
    assert "handoff, version" in handoff.out
    for verb in cli.cli.commands:
        assert handoff(verb, "--help") == 0
        assert len(handoff.out.splitlines()) > 3


def test_the_users_own_patterns(repo: Repo, handoff: Program, own_home: Path) -> None:
    """What the user has redacted besides is in neither brief nor outcome."""
    config = own_home / ".config" / "handoff" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("redact:\n  patterns:\n    - customer: 'CUST-[0-9]+'\n")
    written = handoff.json("write", "--label", "CUST-77", stdin=f"{BRIEF}For CUST-12345.\n")
    assert "CUST-" not in repo.briefs()[0].read_text()
    assert "[redacted: customer]" in repo.briefs()[0].read_text()
    handoff("done", written["id"], "--outcome", "Told CUST-9.")
    assert "CUST-" not in repo.briefs("done")[0].read_text()


def test_dollars_without_noise(capsys: pytest.CaptureFixture[str]) -> None:
    """JSON has no digits that only adding up left; what is not in dollars is as it was."""
    console.print_json(
        {"cost_usd": 0.1 + 0.2, "rows": [{"usd": 1e-7, "share": 0.1 + 0.2, "left_usd": None}]}
    )
    assert json.loads(capsys.readouterr().out) == {
        "cost_usd": 0.3, "rows": [{"usd": 0.0, "share": 0.1 + 0.2, "left_usd": None}],
    }  # fmt: skip
