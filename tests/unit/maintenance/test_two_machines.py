"""`handoff claim --remote` and `handoff push`: two machines, real git, one bare repository."""

from __future__ import annotations

import json
import multiprocessing
import os
import re
import select
import signal
import subprocess
from dataclasses import asdict, dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from handoff.authoring import gather, model, write_brief
from handoff.base.errors import HandoffError
from handoff.git import remote
from handoff.git import run as git_run
from handoff.hooks import permissions
from handoff.maintenance import claim as maintenance_claim
from handoff.maintenance import push as maintenance_push
from handoff.runtime import Runtime
from handoff.store import claims, places, shared_claims
from support.at_once import at_once

if TYPE_CHECKING:
    from pathlib import Path

    from support.program import Program

HOUR = 3600


@dataclass(frozen=True)
class Machine:
    """One person's clone, with a state directory of its own."""

    root: Path
    home: str

    def git(self, *words: str, stdin: str = "") -> str:
        """What git prints in the clone."""
        return git(self.root, *words, stdin=stdin)

    def runtime(self, later: float = 0.0) -> Runtime:
        """The surroundings of a command, so many seconds from now."""
        env = {**os.environ, "HANDOFF_HOME": self.home}
        return Runtime(env, full=True, now=Runtime(env, full=True).now + later)

    def brief(self, title: str = "Fix the race") -> str:
        """Write and commit a brief; its id."""
        from handoff.brief import document
        from handoff.redact.redact import redact

        runtime = self.runtime()
        words = document.parse_words(redact(f"# {title}\n## Task\nDo {title}.\n"))
        material = gather.collect_material(
            runtime, "", places.session_place(runtime, "", str(self.root))
        )
        config = runtime.config(str(self.root))
        return write_brief.write(words, material, model.WriteOptions("task"), runtime, config).id

    def commit(self, name: str = "work.txt") -> str:
        """A commit of the user's own; its sha."""
        (self.root / name).write_text(name)
        self.git("add", name)
        self.git("commit", "--quiet", f"--message=Add {name}")
        return self.git("rev-parse", "HEAD").strip()

    def claim(
        self, brief: str, on: str | None = "", *, later: float = 0.0
    ) -> list[maintenance_claim.ClaimRow]:
        """`handoff claim BRIEF --remote`."""
        return maintenance_claim.claim(
            brief, "", self.runtime(later), places.locate(str(self.root)), on
        )

    def release(self, brief: str) -> str:
        """`handoff claim BRIEF --release --remote`."""
        return maintenance_claim.release(brief, self.runtime(), places.locate(str(self.root)), "")

    def push(self, wanted: str = "", **how: bool) -> maintenance_push.Report:
        """`handoff push`."""
        chosen = {"with_commits": False, "dry_run": False, **how}
        return maintenance_push.push(places.locate(str(self.root)), wanted, **chosen)

    def owner(self, brief: str) -> str:
        """Who has the brief on this machine."""
        return claims.owner(self.home, brief)


def git(where: Path, *words: str, stdin: str = "") -> str:
    done = subprocess.run(
        ["git", *words], cwd=where, capture_output=True, text=True, input=stdin, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """The bare repository that both machines know as `origin`."""
    path = tmp_path.resolve() / "origin.git"
    path.mkdir()
    git(path, "init", "--quiet", "--bare", "--initial-branch=main")
    return path


@pytest.fixture
def ada(bare: Path, tmp_path: Path) -> Machine:
    machine = clone(bare, tmp_path, "Ada")
    machine.commit("start.txt")
    machine.git("push", "--quiet", "origin", "HEAD:main")
    return machine


@pytest.fixture
def bob(ada: Machine, bare: Path, tmp_path: Path) -> Machine:
    """The other machine; it has what Ada has pushed when it is asked for."""
    return clone(bare, tmp_path, "Bob")


def clone(bare: Path, base: Path, who: str) -> Machine:
    root = base.resolve() / who.lower()
    git(bare, "clone", "--quiet", str(bare), str(root))
    git(root, "checkout", "--quiet", "-B", "main")
    git(root, "config", "user.name", who)
    git(root, "config", "user.email", f"{who.lower()}@example.org")
    return Machine(root, str(base / f"state-{who}"))


def shared_brief(ada: Machine, bob: Machine) -> str:
    """A brief that Ada wrote and pushed and Bob pulled."""
    brief = ada.brief()
    assert ada.push().is_complete
    bob.git("pull", "--quiet", "origin", "main")
    return brief


def refs(where: Path) -> dict[str, str]:
    lines = git(where, "for-each-ref", "--format=%(refname) %(objectname)").splitlines()
    return dict(line.split(" ") for line in lines)


# Claims


def test_one_machine_wins(ada: Machine, bob: Machine) -> None:
    """Whoever is first has the brief; the other is told who and since when, and has no claim of its
    own left; after the release the other gets it.
    """
    brief = shared_brief(ada, bob)
    claimed, there = ada.claim(brief)

    assert (claimed.remote, there.remote, there.who, there.ours) == ("", "origin", "Ada", True)
    with pytest.raises(HandoffError, match=r"claimed on origin by Ada since 20\d\d-.* UTC \(less"):
        bob.claim(brief)
    assert bob.owner(brief) == ""
    with pytest.raises(HandoffError, match="claimed on origin by Ada"):
        bob.release(brief)
    assert ada.release(brief) == brief
    assert ada.owner(brief) == ""
    assert bob.claim(brief)[1].who == "Bob"
    with pytest.raises(HandoffError, match="claimed on origin by Bob"):
        ada.claim(brief)


def test_both_at_once(ada: Machine, bob: Machine, bare: Path) -> None:
    """Both claim five briefs at the same moment: each is one machine's, and the other is told."""
    briefs = [ada.brief(f"Number {number}") for number in range(5)]
    ada.push()
    bob.git("pull", "--quiet", "origin", "main")
    for brief in briefs:
        told = at_once(2, partial(_claim_as, brief, (ada, bob)))

        lost = [answer for answer in told if isinstance(answer, HandoffError)]
        (held,) = [answer for answer in told if isinstance(answer, list)]
        assert len(lost) == 1
        assert f"claimed on origin by {held[1].who} since" in lost[0].what
        assert sorted([bool(ada.owner(brief)), bool(bob.owner(brief))]) == [False, True]
        assert shared_claims.PREFIX + brief in refs(bare)


def _claim_as(
    brief: str, machines: tuple[Machine, ...], number: int
) -> list[maintenance_claim.ClaimRow]:
    return machines[number].claim(brief)


def test_what_builds_keep_is_not_pushed(ada: Machine) -> None:
    """Leftovers of sessions and accepted specs stay on this machine."""
    for name in ("wip/s1", "specs/20261101-000000-shop-0001"):
        ada.git("update-ref", f"refs/handoff/{name}", "HEAD")
    report = ada.push(with_commits=True)

    assert report.is_complete
    assert not [item for item in report.refs if "wip/" in item.ref or "specs/" in item.ref]
    listed = ada.git("ls-remote", "origin")
    assert "wip/" not in listed
    assert "specs/" not in listed


def test_overtaken_between_look_and_push(
    ada: Machine, bob: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim that arrives after the look is met by the remote's compare-and-swap."""
    brief = shared_brief(ada, bob)
    overtaken_by(ada, brief, monkeypatch)
    with pytest.raises(HandoffError, match="claimed on origin by Ada"):
        bob.claim(brief)
    assert bob.owner(brief) == ""


def overtaken_by(other: Machine, brief: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the other machine claim when the next one has looked and is about to push."""
    write = shared_claims.write

    def slow(*given: Any) -> str:
        monkeypatch.setattr(shared_claims, "write", write)
        other.claim(brief)
        return write(*given)

    monkeypatch.setattr(shared_claims, "write", slow)


def test_a_claim_on_a_remote_ends(ada: Machine, bob: Machine) -> None:
    """After a day another machine may take it over; before that its owner can renew it."""
    brief = shared_brief(ada, bob)
    ada.claim(brief)
    ada.claim(brief, later=20 * HOUR)
    with pytest.raises(HandoffError, match="claimed on origin by Ada"):
        bob.claim(brief, later=30 * HOUR)
    assert bob.claim(brief, later=45 * HOUR)[1].who == "Bob"
    with pytest.raises(HandoffError, match="claimed on origin by Bob"):
        ada.claim(brief, later=46 * HOUR)


def test_a_namesake_is_another_machine(
    ada: Machine, bob: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two machines of one person, in the same second and the same kind of shell, where one looks
    before the other has pushed: still one wins.
    """
    brief = shared_brief(ada, bob)
    for key in ("user.name", "user.email"):
        bob.git("config", key, ada.git("config", key).strip())
    now = ada.runtime().now
    monkeypatch.setattr("time.time", lambda: now)
    overtaken_by(ada, brief, monkeypatch)
    with pytest.raises(HandoffError, match="claimed on origin by Ada"):
        bob.claim(brief)


def test_what_a_claim_tells_the_world(ada: Machine, bob: Machine, bare: Path) -> None:
    """The identity of the user's commits, the time in UTC and the session: nothing else."""
    brief = shared_brief(ada, bob)
    maintenance_claim.claim(brief, "0b5c-session", ada.runtime(), places.locate(str(ada.root)), "")
    commit = git(bare, "cat-file", "commit", shared_claims.PREFIX + brief)

    head, _, message = commit.partition("\n\n")
    assert [line.split(" ")[0] for line in head.splitlines()] == ["tree", "author", "committer"]
    assert "author Ada <ada@example.org>" in head
    assert head.endswith("+0000")
    keys = [line.partition(": ")[0] for line in message.splitlines() if line]
    assert keys == ["handoff", "Session", "Until", "Key"]
    assert "Session: 0b5c-session\n" in message
    assert os.uname().nodename not in commit
    assert git(bare, "ls-tree", shared_claims.PREFIX + brief) == ""


def test_nothing_is_left_in_the_clone(ada: Machine, bob: Machine) -> None:
    """Claiming and looking leave refs, FETCH_HEAD, index and work tree of a clone as they were."""
    brief = shared_brief(ada, bob)

    def seen() -> list[object]:
        own = sorted((bob.root / ".git").iterdir())
        files = [(path.name, path.read_bytes() if path.is_file() else b"") for path in own]
        return [refs(bob.root), files, bob.git("status", "--porcelain")]

    before = seen()
    ada.claim(brief)
    with pytest.raises(HandoffError):
        bob.claim(brief)
    maintenance_claim.list_claims(bob.runtime(), places.locate(str(bob.root)), "")
    assert seen() == before


@pytest.mark.parametrize("kind", ["shallow", "partial", "worktree", "submodule"])
def test_kinds_of_clones(ada: Machine, bare: Path, tmp_path: Path, kind: str) -> None:
    """A shallow or partial clone, a linked work tree and a submodule claim, look and push alike."""
    brief = ada.brief()
    ada.commit()
    ada.push(with_commits=True)
    git(bare, "config", "uploadpack.allowFilter", "true")
    root, address = tmp_path.resolve() / "other", f"file://{bare}"
    if kind == "shallow":
        git(bare, "clone", "--quiet", "--depth=1", address, str(root))
    elif kind == "partial":
        git(bare, "clone", "--quiet", "--filter=blob:none", address, str(root))
    elif kind == "worktree":
        ada.git("worktree", "add", "--quiet", str(root), "-b", "side")
    else:
        git(tmp_path, "init", "--quiet", str(tmp_path / "super"))
        allowed = ("-c", "protocol.file.allow=always")
        git(tmp_path / "super", *allowed, "submodule", "--quiet", "add", address, "below")
        root = tmp_path.resolve() / "super" / "below"
    for key, value in {"user.name": "Cy", "user.email": "cy@example.org"}.items():
        git(root, "config", key, value)
    other = Machine(root, str(tmp_path / "state-cy"))
    before = other.git("rev-list", "--count", "HEAD")

    assert other.claim(brief)[1].who == "Cy"
    with pytest.raises(HandoffError, match="claimed on origin by Cy"):
        Machine(ada.root, str(tmp_path / "state-third")).claim(brief)
    assert other.git("rev-list", "--count", "HEAD") == before
    other.brief("Second")
    assert other.push().is_complete
    assert other.git("rev-parse", "HEAD").strip() in refs(bare).values()


def test_sha256(tmp_path: Path) -> None:
    """Claims and pushes of a repository whose object names are sha256."""
    bare = tmp_path.resolve() / "bare.git"
    root = tmp_path.resolve() / "ada"
    git(tmp_path, "init", "--quiet", "--bare", "--object-format=sha256", str(bare))
    git(tmp_path, "init", "--quiet", "--object-format=sha256", str(root))
    git(root, "remote", "add", "origin", str(bare))
    machine = Machine(root, str(tmp_path / "state"))
    brief = machine.brief()
    assert machine.push().is_complete
    assert machine.claim(brief)[1].ours
    assert len(refs(bare)[shared_claims.PREFIX + brief]) == 64


def test_lists(ada: Machine, bob: Machine) -> None:
    """--list shows the claims here; with --remote those of all, and which are this machine's."""
    brief = shared_brief(ada, bob)
    ada.claim(brief)
    (local,) = maintenance_claim.list_claims(ada.runtime(), places.locate(str(ada.root)), None)
    (mine,) = maintenance_claim.list_claims(ada.runtime(), places.locate(str(ada.root)), "origin")
    (theirs,) = maintenance_claim.list_claims(bob.runtime(), places.locate(str(bob.root)), "")

    assert (local.remote, local.state, local.until != "") == ("", "held", True)
    assert (mine.ours, theirs.ours, theirs.who) == (True, False, "Ada")
    assert maintenance_claim.list_claims(bob.runtime(), places.locate(str(bob.root)), None) == []
    (ended,) = maintenance_claim.list_claims(
        bob.runtime(25 * HOUR), places.locate(str(bob.root)), ""
    )
    assert ended.state == "ended"


def test_a_finished_brief_can_be_released(ada: Machine, bob: Machine, bare: Path) -> None:
    """The claim on a brief in `done` is still its owner's to take away."""
    brief = shared_brief(ada, bob)
    ada.claim(brief)
    (ada.root / ".handoff" / "done").mkdir()
    open_, done = (ada.root / ".handoff" / name / f"{brief}.md" for name in ("open", "done"))
    open_.rename(done)
    ada.release(brief)
    ada.release(brief)
    assert shared_claims.PREFIX + brief not in refs(bare)


def test_a_local_claim_comes_first(ada: Machine, bob: Machine, bare: Path) -> None:
    """Where another session of this machine has the brief nothing is asked of the remote; a claim
    that was there before a failure stays.
    """
    brief = shared_brief(ada, bob)
    claims.claim(ada.home, brief, f"none (by hand, in shell {os.getsid(0) + 1})", ada.runtime().now)
    with pytest.raises(HandoffError, match="is claimed by hand, in "):
        ada.claim(brief)
    assert shared_claims.PREFIX + brief not in refs(bare)

    ada.claim(brief, None, later=25 * HOUR)
    bob.claim(brief)
    with pytest.raises(HandoffError, match="claimed on origin by Bob"):
        ada.claim(brief)
    assert ada.owner(brief)


def test_hostile_words_in_a_claim(ada: Machine, bob: Machine, bare: Path) -> None:
    """A name or session of somebody else's reaches the screen without escapes and on one line; a
    ref that is no claim is named, with what takes it away.
    """
    brief = shared_brief(ada, bob)
    tree = git(bare, "mktree")
    env = {"GIT_AUTHOR_NAME": "Eve\x1b[31m\u202e" + "x" * 500, "GIT_AUTHOR_EMAIL": "e"}
    message = "handoff: claim\n\nSession: \x1b]0;owned\x07\nUntil: not a time\n"
    forged = subprocess.run(
        ["git", "-c", "user.name=x", "-c", "user.email=x", "commit-tree", tree.strip()],
        cwd=bare, env={**os.environ, **env}, input=message, capture_output=True, text=True,
        check=True,
    ).stdout.strip()  # fmt: skip
    git(bare, "update-ref", shared_claims.PREFIX + brief, forged)
    with pytest.raises(HandoffError) as told:
        bob.claim(brief)
    assert "claimed on origin by Eve" in told.value.what
    assert not {"\x1b", "\x07", "\u202e", "\n"} & set(told.value.what)
    assert len(told.value.what) < 600
    assert bob.claim(brief, later=25 * HOUR)

    blob = git(bare, "hash-object", "-w", "--stdin", stdin="no claim").strip()
    git(bare, "update-ref", shared_claims.PREFIX + brief, blob)
    with pytest.raises(HandoffError, match="is not a claim of handoff") as told:
        ada.claim(brief)
    assert f"git push origin --delete {shared_claims.PREFIX}{brief}" in told.value.hint
    assert ada.owner(brief) == ""


# What can be in the way: one clear error, nothing claimed, nothing asked


@pytest.mark.parametrize(
    ("address", "what", "hint"),
    [
        ("https://127.0.0.1:1/x.git", "cannot be reached", "Check the network"),
        ("http://u:geheim@127.0.0.1:1/x.git", "cannot be reached", "Check the network"),
        ("/nowhere/x.git", "has no repository there", "git remote -v"),
        ("ext::sh -c exit% 1", "transport 'ext' not allowed", "Fix this"),
    ],
)
def test_a_remote_that_is_not_there(
    ada: Machine, bob: Machine, address: str, what: str, hint: str
) -> None:
    """No network, no repository, a transport that runs commands: said, and nothing is claimed."""
    brief = shared_brief(ada, bob)
    ada.git("remote", "add", "other", address)
    for act in (lambda: ada.claim(brief, "other"), lambda: ada.push("other")):
        with pytest.raises(HandoffError, match=what) as told:
            act()
        assert hint in told.value.hint
        assert "geheim" not in str(told.value)
    assert ada.owner(brief) == ""


def test_no_password_in_an_error() -> None:
    """An address in git's words is shown without user and password, whatever git leaves in it."""
    answer = git_run.GitResult(128, b"", "fatal: repository 'https://me:geheim@host/x' not found")
    with pytest.raises(HandoffError, match="'https://host/x' not found"):
        remote._good(answer, remote.Remote("host", "host"), "read")


def test_no_such_remote(ada: Machine) -> None:
    """The remotes there are get named; without any, how to add one."""
    brief = ada.brief()
    with pytest.raises(HandoffError, match="No remote 'up' in") as told:
        ada.claim(brief, "up")
    assert "Its remotes: origin" in told.value.hint
    ada.git("remote", "remove", "origin")
    with pytest.raises(HandoffError, match="has no remote"):
        ada.push()
    assert ada.owner(brief) == ""


def test_a_remote_with_rules(ada: Machine, bob: Machine, bare: Path) -> None:
    """A remote that does not take refs/handoff: its own words, and what to do."""
    brief = shared_brief(ada, bob)
    refuse(bare, "refs/handoff/*")
    with pytest.raises(HandoffError, match=r"hook declined.*not here, please") as told:
        ada.claim(brief)
    assert "refs/handoff/*" in told.value.hint
    assert ada.owner(brief) == ""


def refuse(bare: Path, pattern: str) -> None:
    hook = bare / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(
        f'#!/bin/sh\ncase "$1" in {pattern}) echo "not here, please" >&2; exit 1;; esac\n'
    )
    hook.chmod(0o755)


@pytest.mark.parametrize(
    "words", ["Permission denied (publickey).", "Host key verification failed."]
)
def test_a_remote_that_wants_a_person(ada: Machine, bob: Machine, words: str) -> None:
    """What ssh would ask a person is answered with no; the error says how to sign in by oneself."""
    brief = shared_brief(ada, bob)
    ada.git("config", "core.sshCommand", f"echo '{words}' >&2; exit 255; :")
    ada.git("remote", "add", "host", "ssh://example.invalid/x.git")
    with pytest.raises(HandoffError, match=r"The remote host (refused access|is not among ssh)"):
        ada.claim(brief, "host")


def test_nobody_is_asked(
    ada: Machine, bob: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """ssh has no terminal, and every askpass program says no, also one that the user has set."""
    for name in ("GIT_ASKPASS", "SSH_ASKPASS"):
        monkeypatch.setenv(name, "/bin/echo")
    brief = shared_brief(ada, bob)
    seen = tmp_path / "seen"
    script = f"env >{seen}; test -t 0 && echo tty >>{seen}; (exec </dev/tty) 2>/dev/null && echo tty >>{seen}; exit 1; :"  # noqa: E501
    ada.git("config", "core.sshCommand", script)
    ada.git("remote", "add", "host", "ssh://example.invalid/x.git")
    with pytest.raises(HandoffError):
        ada.claim(brief, "host")
    lines = seen.read_text().splitlines()
    assert {"GIT_TERMINAL_PROMPT=0", "GIT_ASKPASS=false", "SSH_ASKPASS=false",
            "SSH_ASKPASS_REQUIRE=force", "GCM_INTERACTIVE=never"} <= set(lines)  # fmt: skip
    assert "tty" not in lines


def test_a_remote_that_says_nothing(
    ada: Machine, bob: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A remote that hangs is given up after the limit and what waits for it ended; the claim here
    is given back.
    """
    brief = shared_brief(ada, bob)
    listening = hanging_remote(ada, tmp_path)
    monkeypatch.setattr(remote, "SECONDS", 1.0)
    with pytest.raises(HandoffError, match="The remote host did not answer in time"):
        ada.claim(brief, "host")
    assert ada.owner(brief) == ""
    assert heard(listening) == b"up\n"
    assert heard(listening) == b""  # the end: nobody holds it open any more
    os.close(listening)


def test_ctrl_c(ada: Machine, bob: Machine, tmp_path: Path) -> None:
    """Ctrl-C ends a call that hangs, long before its limit, with what it started; nothing is
    claimed.
    """
    brief = shared_brief(ada, bob)
    listening = hanging_remote(ada, tmp_path)

    def stopped() -> None:
        with pytest.raises(KeyboardInterrupt):
            ada.claim(brief, "host")

    process = multiprocessing.get_context("fork").Process(target=stopped)
    process.start()
    assert heard(listening) == b"up\n"
    os.kill(process.pid or 0, signal.SIGINT)
    process.join(remote.SECONDS / 2)
    assert process.exitcode == 0
    assert heard(listening) == b""
    os.close(listening)
    assert ada.owner(brief) == ""


def hanging_remote(machine: Machine, folder: Path) -> int:
    """Add `host`, whose ssh hangs; a descriptor where it says that it is up, and ends with it."""
    alive = folder / "alive"
    os.mkfifo(alive)
    listening = os.open(alive, os.O_RDONLY | os.O_NONBLOCK)
    machine.git("config", "core.sshCommand", f"exec 9>{alive}; echo up >&9; exec sleep 600; :")
    machine.git("remote", "add", "host", "ssh://example.invalid/x.git")
    return listening


def heard(listening: int) -> bytes:
    """What comes next, waited for."""
    assert select.select([listening], [], [], 60)[0]
    return os.read(listening, 10)


def test_only_these_verbs_reach_a_remote(ada: Machine) -> None:
    """No session may run them without asking: they are not among the approved commands."""
    for command in ("handoff push", "handoff claim x --remote", "handoff claim x"):
        assert not permissions.is_own(command)
    assert permissions.is_own("handoff list")


# Push


def test_push_of_briefs_alone(ada: Machine, bare: Path) -> None:
    """Commits of briefs go to the branch; the words say what went, and how to undo it."""
    ada.brief()
    dry = ada.push(dry_run=True)
    assert refs(bare)["refs/heads/main"] != ada.git("rev-parse", "HEAD").strip()
    report = ada.push()

    assert refs(bare)["refs/heads/main"] == ada.git("rev-parse", "HEAD").strip()
    (went,) = report.refs
    assert (went.state, went.own, went.others) == ("pushed", 1, 0)
    assert report.lines() == [
        "Pushed main to origin: 1 commit by handoff.",
        f"  To undo: git revert {went.sha[:12]}, then git push",
    ]
    assert dry.lines() == ["Would push main to origin: 1 commit by handoff."]
    assert ada.push().lines() == ["Nothing to push: origin is up to date."]


def test_other_commits_are_held_back(ada: Machine, bare: Path) -> None:
    """A commit of the user's keeps branch and kept refs at home, until they say --with-commits."""
    ada.commit()
    ada.brief()
    ada.git("checkout", "--quiet", "--detach")
    ada.brief("Kept")
    ada.git("checkout", "--quiet", "main")
    before = refs(bare)
    report = ada.push()

    assert refs(bare) == before
    assert [(ref.state, ref.own, ref.others) for ref in report.refs] == [
        ("held", 1, 1),
        ("held", 2, 1),
    ]
    assert not report.is_complete
    assert "Not pushed: main: 1 other commit would be pushed too." in report.lines()
    assert report.lines()[-1] == "  To push them too: handoff push --with-commits"
    assert ada.push(with_commits=True).is_complete
    assert refs(bare)["refs/heads/main"] == ada.git("rev-parse", "main").strip()


def test_a_kept_brief_goes_by_its_ref(ada: Machine, bare: Path) -> None:
    """A brief that could not be on the branch is pushed as refs/handoff/<id>, with how to undo."""
    ada.git("checkout", "--quiet", "--detach")
    brief = ada.brief()
    report = ada.push()

    (went,) = report.refs
    ref = f"refs/handoff/{brief}"
    assert (went.ref, went.state, went.undo) == (ref, "pushed", f"git push origin --delete {ref}")
    assert refs(bare)[ref] == ada.git("rev-parse", ref).strip()
    ada.git(*went.undo.split()[1:])
    assert ref not in refs(bare)


@pytest.mark.parametrize("kind", ["merge", "empty", "both"])
def test_what_is_no_commit_of_a_brief(ada: Machine, kind: str) -> None:
    """A merge, a commit of nothing, and one that touches a brief and more are not handoff's own."""
    if kind == "merge":
        ada.git("checkout", "--quiet", "-b", "side")
        ada.brief("Side")
        ada.git("checkout", "--quiet", "main")
        ada.brief("Main")
        ada.git("merge", "--quiet", "--no-edit", "side")
    elif kind == "empty":
        ada.git("commit", "--quiet", "--allow-empty", "--message=Nothing")
    else:
        ada.brief()
        (ada.root / ".handoff" / "note").write_text("x")
        (ada.root / "note").write_text("x")
        ada.git("add", ".")
        ada.git("commit", "--quiet", "--message=Both")
    (branch,) = ada.push().refs
    assert (branch.state, branch.others) == ("held", 1)


def test_never_by_force(ada: Machine, bob: Machine, bare: Path) -> None:
    """Where the remote went on, the push is refused and says what to do; nothing changes there."""
    bob.commit("bob.txt")
    bob.git("push", "--quiet", "origin", "main")
    before = refs(bare)
    ada.brief()
    report = ada.push()

    assert refs(bare) == before
    assert report.refs[0].state == "refused"
    assert "git pull first" in report.lines()[0]


def test_the_users_pre_push_hook_runs(ada: Machine, bare: Path, tmp_path: Path) -> None:
    """It is the user's own check of what leaves: for `push` it runs where they have it and can say
    no; for a dry run and a claim it does not run. No other hook ever runs.
    """
    hooks = tmp_path / "hooks"
    hooks.mkdir()
    seen = tmp_path / "seen"
    for name in ("pre-push", "pre-commit", "post-commit", "reference-transaction"):
        (hooks / name).write_text(f'#!/bin/sh\necho "{name} $1" >>{seen}\n')
        (hooks / name).chmod(0o755)
    ada.git("config", "core.hooksPath", str(hooks))
    brief = ada.brief()
    ada.push(dry_run=True)
    ada.claim(brief)
    assert not seen.exists()
    assert ada.push().is_complete
    assert "pre-push origin" in seen.read_text()
    # Led by ours, git in a repository that the hook makes for its tests would change this one.
    (hooks / "pre-push").write_text(
        f"#!/bin/sh\nenv >{seen}\ngit -C / rev-parse && exit 1\nexit 0\n"
    )
    ada.brief("Another")
    assert ada.push().is_complete
    assert not re.search("^GIT_(DIR|WORK_TREE|CONFIG_PARAMETERS)=", seen.read_text(), re.MULTILINE)

    ada.git("config", "--unset", "core.hooksPath")
    own = ada.root / ".git" / "hooks" / "pre-push"
    own.parent.mkdir(exist_ok=True)
    own.write_text("#!/bin/sh\necho 'the tests fail' >&2\nexit 1\n")
    own.chmod(0o755)
    before = refs(bare)
    ada.brief("Second")
    with pytest.raises(HandoffError, match="the tests fail"):
        ada.push()
    assert refs(bare) == before


def test_nothing_else_goes_along(ada: Machine, bare: Path) -> None:
    """Neither tags (push.followTags) nor claims, other branches or a mirror's deletions."""
    ada.git("config", "push.followTags", "true")
    ada.git("config", "remote.origin.mirror", "true")
    ada.git("branch", "other")
    ada.brief()
    ada.git("tag", "-a", "v1", "-m", "v1")
    ada.git("update-ref", "refs/handoff/claims/x", "HEAD")
    git(bare, "update-ref", "refs/heads/theirs", "refs/heads/main")
    assert ada.push().is_complete
    assert set(refs(bare)) == {"refs/heads/main", "refs/heads/theirs"}


@pytest.mark.parametrize(
    ("config", "to_push", "to_share"),
    [
        ({}, "origin", "origin"),
        ({"branch.main.remote": "fork"}, "fork", "fork"),
        ({"remote.pushDefault": "fork"}, "fork", "origin"),
        ({"branch.main.pushRemote": "fork", "branch.main.remote": "origin"}, "fork", "origin"),
        ({"branch.main.remote": "."}, "origin", "origin"),
    ],
)
def test_which_remote(
    ada: Machine, bare: Path, config: dict[str, str], to_push: str, to_share: str
) -> None:
    """As git chooses: the push goes where `git push` goes, claims go where others fetch from."""
    ada.git("config", "--remove-section", "branch.main")
    ada.git("remote", "add", "fork", str(bare))
    for key, value in config.items():
        ada.git("config", key, value)
    checkout = places.locate(str(ada.root)).checkout
    assert checkout
    assert remote.choose(checkout, "", to_push=True).name == to_push
    assert remote.choose(checkout, "", to_push=False).name == to_share


def test_another_address_to_push_to(ada: Machine, tmp_path: Path) -> None:
    """Where pushes go to another address than fetches, claims are made and read there."""
    other = tmp_path.resolve() / "push.git"
    other.mkdir()
    git(other, "init", "--quiet", "--bare", "--initial-branch=main")
    ada.git("remote", "set-url", "--push", "origin", str(other))
    brief = ada.brief()
    ada.claim(brief)
    assert shared_claims.PREFIX + brief in refs(other)
    (held,) = maintenance_claim.list_claims(ada.runtime(), places.locate(str(ada.root)), "")
    assert held.ours
    assert ada.push(with_commits=True).is_complete
    assert "refs/heads/main" in refs(other)


def test_the_branch_on_the_remote(ada: Machine, bare: Path) -> None:
    """With push.default=upstream a branch goes to its upstream's name, else to its own."""
    ada.git("checkout", "--quiet", "-b", "local", "--track", "origin/main")
    ada.brief()
    ada.git("config", "push.default", "upstream")
    ada.push()
    assert set(refs(bare)) == {"refs/heads/main"}
    ada.git("config", "push.default", "current")
    ada.brief("Second")
    report = ada.push()
    assert refs(bare)["refs/heads/local"] == ada.git("rev-parse", "HEAD").strip()
    assert report.refs[0].undo == "git push origin --delete local"
    assert ", a new ref." in report.lines()[0]


# The command line


def test_commands(
    ada: Machine,
    monkeypatch: pytest.MonkeyPatch,
    handoff: Program,
) -> None:
    """claim, --list, --release and push print what programs and people need; exit codes 0, 1, 2."""
    brief = ada.brief()
    monkeypatch.chdir(ada.root)
    monkeypatch.setenv("HANDOFF_HOME", ada.home)

    assert handoff("claim", brief[-4:]) == 0
    assert f"To release it: handoff claim {brief} --release\n" in handoff.out
    assert [held["remote"] for held in handoff.json("claim", brief, "--remote")] == ["", "origin"]
    (held,) = handoff.json("claim", "--list", "--remote", "origin")
    assert (
        held.keys()
        == asdict(maintenance_claim.ClaimRow("", "", "", "", "", "", "", ours=True)).keys()
    )
    assert handoff("claim", "--list") == 0
    assert handoff.out.split("\n")[1].startswith(brief)
    assert handoff.json("claim", brief, "--release", "--remote") == {"id": brief, "released": True}
    assert handoff("claim", "--list", "--remote") == 0
    assert (handoff.out, handoff.err) == ("", "No brief is claimed.\n")
    assert handoff("claim", "--remote", brief) == 2
    assert handoff("claim", brief, "--remote", "nosuch") == 1

    assert handoff("push", "--dry-run") == 0
    report = handoff.json("push")
    assert (report["remote"], report["refs"][0]["state"]) == ("origin", "pushed")
    ada.commit()
    assert handoff("push", "--json") == 1
    assert json.loads(handoff.out)["refs"][0]["others"] == 1
    assert handoff("push", "--with-commits") == 0
