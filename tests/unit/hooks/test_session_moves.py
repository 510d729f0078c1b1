"""A session that moves: where it is, what its briefs belong to, what comes along."""

from __future__ import annotations

import errno
import shutil
from typing import TYPE_CHECKING, Any

import pytest

from handoff.base import file_io
from handoff.client import hook_io, session_directory
from handoff.client.transcript import folders
from handoff.hooks import session_moves
from handoff.hooks.event import Event
from handoff.runtime import Runtime
from handoff.session import state
from support.client import WRITE, Client, context
from support.paths import short_folder
from support.sandboxed import sends

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.repo import Repo


class Mover(Client):
    """A client that keeps its transcript in a folder named after its directory, as the real one."""

    def __init__(self, repo: Repo, session: str = "s1") -> None:
        super().__init__(repo, session)
        self.projects = repo.state.parent / "projects"
        self.directory = repo.root
        self.transcript = self._place(repo.root)
        self.transcript.parent.mkdir(parents=True, exist_ok=True)

    def __call__(self, event: str, **fields: Any) -> dict[str, Any]:
        return super().__call__(event, **{"cwd": str(self.directory), **fields})

    def move(self, directory: Path) -> None:
        """What /cd does, and EnterWorktree on a client that takes the transcript along."""
        there = self._place(directory)
        there.parent.mkdir(parents=True, exist_ok=True)
        self.transcript = self.transcript.rename(there)
        self.directory = directory

    def move_before_start(self, directory: Path) -> None:
        """Be started in another directory."""
        self.directory, self.transcript = directory, self._place(directory)

    def _place(self, directory: Path) -> Path:
        return self.projects / folders.folder_name(str(directory)) / f"{self.session}.jsonl"

    @property
    def known(self) -> state.SessionState:
        """What the hooks know of the session."""
        return state.load(str(self.repo.state), self.session)


@pytest.fixture
def client(repo: Repo) -> Mover:
    mover = Mover(repo)
    mover.start()
    mover.works(10_000)
    return mover


@pytest.fixture
def worktree(repo: Repo) -> Path:
    path = repo.root / ".claude" / "worktrees" / "prices"
    repo.git("worktree", "add", "--quiet", str(path), "-b", "prices")
    return path


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose path is short: of one over 200 characters the client cuts the name."""
    with short_folder() as folder:
        yield folder.resolve()


def _payload(cwd: str, folder: str) -> hook_io.Payload:
    return hook_io.Payload({"cwd": cwd, "transcript_path": f"/c/projects/{folder}/s.jsonl"})


@pytest.mark.parametrize(
    ("cwd", "folder", "known", "wanted"),
    [
        ("sub/deep", "", "", ""),  # started, then a `cd` of the Bash tool
        ("sub/deep", "", "sub", ""),  # and back up by /cd, where only the folder tells
        ("sub", "sub", "", "sub"),  # /cd
        ("sub/deep", "sub", "", "sub"),  # /cd, then a `cd`
        ("../else", "", "", ""),  # a `cd` into an added directory
        ("sub", "unknown", "", "sub"),  # a client that names folders otherwise, and moved
        (".claude/worktrees/x/sub", "", "", ".claude/worktrees/x"),  # 2.1.197 enters a worktree
        (".claude/worktrees/x", "", ".claude/worktrees/x", ".claude/worktrees/x"),
        ("sub", "", ".claude/worktrees/x", ""),  # and leaves it
        (".claude/worktrees/x/sub", ".claude/worktrees/x", "", ".claude/worktrees/x"),  # 2.1.330
        (".claude/worktrees/none/sub", "", "", ""),  # no worktree, but a folder of that name
    ],
)
def test_where_a_session_is(short: Path, cwd: str, folder: str, known: str, wanted: str) -> None:
    """The folder of its transcript tells; the Bash tool's directory alone does not."""
    root = short / "r"
    for name in ("sub/deep", ".claude/worktrees/x/sub", ".claude/worktrees/none/sub", "../else"):
        (root / name).mkdir(parents=True)
    (root / ".claude/worktrees/x/.git").write_text("gitdir: /elsewhere\n")
    named = folder if folder == "unknown" else folders.folder_name(str(root / folder))
    at_first = f"/c/projects/{folders.folder_name(str(root))}/s.jsonl"
    directory = session_directory.find(
        _payload(str((root / cwd).resolve()), named),
        {"CLAUDE_PROJECT_DIR": str(root)},
        str(root / known),
        at_first,
    )
    assert directory == str(root / wanted)


@pytest.mark.parametrize(
    ("folder", "directory", "fits"),
    [
        ("-a-b", "/a/b", True),
        ("-a-b", "/a/b/c", False),
        ("-a--", "/a/\N{GREEK SMALL LETTER ALPHA}", True),
        ("-a---", "/a/\N{PARTY POPPER}", True),
        (f"-{'a' * 199}-x1y2z3", f"/{'a' * 250}", True),
        (f"-{'a' * 198}b-x1y2z3", f"/{'a' * 250}", False),
        ("", "", False),
    ],
)
def test_names_of_folders(folder: str, directory: str, fits: bool) -> None:
    """As the client makes them: in UTF-16, and cut after 200 characters with a hash behind."""
    assert folders.is_named(folder, directory) is fits


def test_a_link_is_no_worktree(tmp_path: Path) -> None:
    """A repository may hold one that leads to a worktree of another: nothing is written there."""
    other, worktrees = tmp_path / "other", tmp_path / "repo" / ".claude" / "worktrees"
    for tree in (other, worktrees / "own"):
        tree.mkdir(parents=True)
        (tree / ".git").write_text("gitdir: elsewhere\n")
    (worktrees / "link").symlink_to(other)
    repo = str(tmp_path / "repo")
    folder = folders.folder_name(repo)
    for name, wanted in (("own", f"{worktrees}/own"), ("link", repo)):
        payload = _payload(f"{worktrees}/{name}", folder)
        assert session_directory.find(payload, {"CLAUDE_PROJECT_DIR": repo}) == wanted


def test_a_brief_belongs_where_the_session_is(repo: Repo, client: Mover, worktree: Path) -> None:
    """After a move it is written there, with the facts from before; a session there is given it,
    one where it was before is not.
    """
    client.move(worktree)
    client("stop")
    brief = client.brief()

    assert not repo.briefs()
    path = worktree / ".handoff" / "open" / f"{brief}.md"
    assert "List the prices" in path.read_text().partition("## Facts")[2]
    assert repo.git("show", f"prices:.handoff/open/{brief}.md") == path.read_text()
    assert Mover(repo, "s2").start() == {}
    beside = Mover(repo, "s3")
    beside.move_before_start(worktree)
    assert brief in str(beside.start())


def test_a_cd_is_no_move(repo: Repo, client: Mover) -> None:
    """The Bash tool's directory changes nothing, whatever repository it is in."""
    before = client.known.values
    (repo.root / "sub").mkdir()
    for cwd in (repo.root / "sub", repo.root.parent):
        client("stop", cwd=str(cwd))
    assert client.known.project == before["project"] == str(repo.root)


def test_a_move_that_cannot_be_kept(
    client: Mover, worktree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The state directory has become read-only: our own command is approved all the same."""

    def refuse(path: str, values: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system", path)

    client.move(worktree)
    monkeypatch.setattr(file_io, "write_json", refuse)
    monkeypatch.setattr(client, "check_log", lambda: None)
    answer = client("pre-tool-use", tool_name="Bash", tool_input={"command": WRITE})
    assert answer["hookSpecificOutput"]["permissionDecision"] == "allow"


def test_a_hook_that_comes_late(repo: Repo, client: Mover, worktree: Path) -> None:
    """A hook that ran beside the turn, from before the move, does not bring the session back."""
    before = str(client.transcript)
    client.move(worktree)
    client("stop")
    client("post-tool-batch", cwd=str(repo.root), transcript_path=before)
    assert client.known.project == str(worktree)
    assert client.known.transcript == str(client.transcript)


@pytest.mark.parametrize("event", ["session-end", "stop"])
def test_what_was_sent_before_the_transcript_moved(
    repo: Repo, client: Mover, worktree: Path, event: str
) -> None:
    """An event may name the transcript where it was: what the model sent is found all the same."""
    before = str(client.transcript)
    client.move(worktree)
    client("stop")
    sends(client, WRITE)
    client(event, cwd=str(repo.root), transcript_path=before, reason="other")
    (path,) = (worktree / ".handoff" / "open").glob("*.md")
    assert "author: model" in path.read_text()


def test_the_end_is_no_move(repo: Repo, client: Mover, worktree: Path) -> None:
    """At its end the client is back where it was started: what was done last in the worktree is
    written down there.
    """
    client.move(worktree)
    client("stop")
    brief = client.brief()
    client.works(20_000, 30_000, prompt="and more")
    client.move(repo.root)
    client("session-end", reason="prompt_input_exit")
    assert not repo.briefs()
    (newer,) = (worktree / ".handoff" / "open").glob("*.md")
    assert newer.stem != brief
    assert "and more" in newer.read_text()


def test_the_brief_before_the_move_is_past(repo: Repo, client: Mover, worktree: Path) -> None:
    """A brief that the session goes on from elsewhere is filed away where it is."""
    first = client.brief()
    client.move(worktree)
    client("stop")
    second = client.brief(title="Go on")

    assert not repo.briefs()
    (done,) = repo.briefs("done")
    assert done.stem == first
    assert f"Continued by {second}." in done.read_text()
    assert repo.git("status", "--porcelain", "--", ".handoff") == ""


@pytest.mark.parametrize("kind", ["continue", "task"])
def test_what_was_written_comes_along(repo: Repo, client: Mover, worktree: Path, kind: str) -> None:
    """A worktree that is removed with its branch: the brief is where the session is, unchanged."""
    client.move(worktree)
    client("stop")
    brief = client.brief(kind)
    text = (worktree / ".handoff" / "open" / f"{brief}.md").read_bytes()
    repo.git("worktree", "remove", "--force", str(worktree))
    repo.git("branch", "-D", "prices")
    client.move(repo.root)
    client("stop")

    (path,) = repo.briefs()
    assert path.read_bytes() == text
    verb = "write task" if kind == "task" else "write"
    subject, body = repo.git("log", "-1", "--format=%s%n%b").split("\n", 1)
    assert subject == f"handoff: {verb} “Fix the race” ({brief[-4:]})"
    assert body.startswith("The worktree it was written in was removed.\n")
    client("session-end", reason="clear")
    assert [path.stem for path in repo.briefs()] == [brief]
    assert (brief in str(Mover(repo, "s2").start("clear"))) is (kind == "continue")


def test_what_was_never_committed_comes_along(repo: Repo, client: Mover, worktree: Path) -> None:
    """With `commit: off` git has nothing of it."""
    config = repo.state.parent / ".config" / "handoff" / "config.yaml"
    config.parent.mkdir(parents=True)
    config.write_text("commit: off\n")
    client.move(worktree)
    client("stop")
    brief = client.brief()
    text = (worktree / ".handoff" / "open" / f"{brief}.md").read_bytes()
    repo.git("worktree", "remove", "--force", str(worktree))
    client.move(repo.root)
    client("session-end", reason="other")
    (path,) = repo.briefs()
    assert (path.stem, path.read_bytes()) == (brief, text)


def test_what_is_lost_is_written_anew(repo: Repo, client: Mover, worktree: Path) -> None:
    """Where the state directory has not kept its bytes either, code writes down at the session's
    end what the transcript has.
    """
    client.move(worktree)
    client("stop")
    client.brief()
    shutil.rmtree(repo.state / "originals")
    repo.git("worktree", "remove", "--force", str(worktree))
    client.move(repo.root)
    client("session-end", reason="other")
    (path,) = repo.briefs()
    assert "author: snapshot" in path.read_text()


def test_an_event_from_within_what_is_gone(repo: Repo, client: Mover, worktree: Path) -> None:
    """A hook that ran beside the turn has nowhere to bring a brief: the next one brings it."""
    client.move(worktree)
    client("stop")
    brief = client.brief()
    repo.git("worktree", "remove", "--force", str(worktree))
    client("post-tool-batch")
    client.move(repo.root)
    client("stop")
    assert [path.stem for path in repo.briefs()] == [brief]


def test_nothing_is_asked_of_git_twice(repo: Repo, client: Mover, worktree: Path) -> None:
    """What came along is not looked for again: the next event needs no environment."""
    client.move(worktree)
    client("stop")
    brief = client.brief()
    repo.git("worktree", "remove", "--force", str(worktree))
    client.move(repo.root)
    client("stop")
    assert [path.stem for path in repo.briefs()] == [brief]
    payload = hook_io.Payload({"session_id": client.session, "cwd": str(repo.root)})
    session_moves.follow_move(Event("stop", payload, Runtime(client.env, full=False)))


@pytest.mark.parametrize("is_merged", [True, False])
def test_the_branch_of_a_removed_worktree(
    repo: Repo, client: Mover, worktree: Path, is_merged: bool
) -> None:
    """A brief whose worktree was removed later goes where its branch goes: merged, or checked out
    somewhere else.
    """
    client.move(worktree)
    client("stop")
    brief = client.brief()
    client("session-end", reason="other")
    if is_merged:
        repo.git("merge", "--quiet", "prices")
        assert context(Mover(repo, "s2").start()) == ""
    repo.git("worktree", "remove", "--force", str(worktree))
    if is_merged:
        repo.git("branch", "--delete", "prices")
    else:
        repo.git("checkout", "--quiet", "prices")
    assert f'<handoff-brief id="{brief}">' in context(Mover(repo, "s3").start())
