"""One commit of a few files: what is in it, whose it is, and what happens when others get in."""

from __future__ import annotations

import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handoff.base.errors import HandoffError
from handoff.git import commit, execute, index, objects
from handoff.git.commit import Known, commit_files
from handoff.git.commit_result import Committed
from handoff.git.head import read_head
from support.git_lab import BRIEF, ID, TEXT, Lab, Picture, Repo, checkout, hand_off
from support.git_states import STATES, merge_with_conflict
from support.paths import short_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

DONE = f".handoff/done/{ID}.md"


def test_a_move_is_one_commit(lab: Lab) -> None:
    """A path removed and another added are one commit; the emptied folder is gone from the tree."""
    repo = lab.repo()
    hand_off(repo)
    repo.write(DONE, "done\n")
    (repo.root / BRIEF).unlink()

    done = commit_files(checkout(repo), {BRIEF: None, DONE: b"done\n"}, "Finish", "branch", ID)

    assert done == Committed(repo.sha(), "refs/heads/main", on_branch=True, reason="")
    changed = repo.git("diff-tree", "-r", "--no-renames", "--name-status", "HEAD~1", "HEAD")
    assert changed.split() == ["A", DONE, "D", BRIEF]
    assert repo.git("ls-tree", "--name-only", "HEAD:.handoff") == "done\n"
    assert repo.status() == ""


def read_all(repo: Repo, paths: list[str]) -> Known:
    """All that can be known beforehand of a commit of these paths."""
    here = checkout(repo)
    head = read_head(here)
    return Known(head, index.read(here, paths), objects.read_folders(here, head.sha, paths))


@pytest.mark.parametrize("moves", [("--detach",), ("-b", "other")], ids=["detached", "switched"])
def test_head_on_no_or_another_branch_since_it_was_read(lab: Lab, moves: tuple[str, ...]) -> None:
    """What was known of HEAD counts no more when it is elsewhere, at the same commit or not."""
    repo = lab.repo()
    repo.write(BRIEF, TEXT.decode())
    old, known = repo.sha(), read_all(repo, [BRIEF])
    repo.git("checkout", "-q", *moves)

    done = commit_files(checkout(repo), {BRIEF: TEXT}, "Hand off", "branch", ID, known=known)

    assert repo.sha("main") == old
    if moves == ("--detach",):
        assert (done.on_branch, done.ref) == (False, f"refs/handoff/{ID}")
        assert "HEAD is detached" in done.reason
        assert repo.sha("HEAD") == old
    else:
        assert (done.on_branch, done.ref) == (True, "refs/heads/other")


def test_the_last_file_can_be_removed(lab: Lab) -> None:
    """Where nothing is left of a repository, the commit has the empty tree."""
    repo = lab.repo(commit=False)
    hand_off(repo)
    (repo.root / BRIEF).unlink()

    commit_files(checkout(repo), {BRIEF: None}, "Drop", "branch", ID)

    assert repo.git("ls-tree", "HEAD") == ""
    assert repo.status() == ""


def test_removing_what_is_not_there(lab: Lab) -> None:
    """A removal of what HEAD has not is nothing to commit: HEAD is the answer."""
    repo = lab.repo()
    head = repo.sha()

    done = commit_files(checkout(repo), {BRIEF: None, "doc": None}, "Drop", "branch", ID)

    assert done == Committed(head, "refs/heads/main", on_branch=True, reason="")
    assert repo.git("ls-files", "doc") == "doc/c.md\n"


def test_nothing_to_commit_before_the_first_commit(lab: Lab) -> None:
    """A removal in a repository without a commit is an error that says so."""
    with pytest.raises(HandoffError, match="nothing to commit"):
        commit_files(checkout(lab.repo(commit=False)), {BRIEF: None}, "Drop", "branch", ID)


def test_again_is_nothing(lab: Lab) -> None:
    """The same call again makes no commit and does not even write the index."""
    repo = lab.repo()
    first = hand_off(repo)
    before = Picture.of(repo)

    again = hand_off(repo)

    assert again == first
    assert Picture.of(repo).index == before.index
    assert Picture.of(repo).refs == before.refs


def test_again_after_a_kill_between_index_and_branch(lab: Lab) -> None:
    """Killed before the branch moved, the brief is staged; the next call commits it."""
    repo = lab.repo()
    repo.write(BRIEF, TEXT.decode())
    repo.git("add", BRIEF)

    done = hand_off(repo)

    assert done.on_branch
    assert repo.status() == ""


def test_the_user_removed_it_from_the_index(lab: Lab) -> None:
    """A brief that HEAD has and the index has not is put back into the index."""
    repo = lab.repo()
    hand_off(repo)
    repo.git("rm", "-q", "--cached", BRIEF)

    hand_off(repo)

    assert repo.status() == ""


def test_the_message_comes_through(lab: Lab) -> None:
    """Message and reflog are as given, whatever the configured encoding."""
    repo = lab.repo()
    repo.git("config", "i18n.commitEncoding", "ISO-8859-1")
    message = "Hand off: Ümläut\n\n# no comment\n\n\n  indented\n"

    commit_files(checkout(repo), {BRIEF: TEXT}, message, "branch", ID)

    raw = repo.git("cat-file", "commit", "HEAD")
    assert raw.partition("\n\n")[2] == message
    assert "encoding" not in raw.partition("\n\n")[0]
    assert "\thandoff: Hand off: Ümläut\n" in repo.git_path("logs/refs/heads/main").read_text()


@pytest.mark.parametrize("mode", ["branch", "ref"])
def test_a_ref_is_written_over_with_a_reflog(mode: str, lab: Lab) -> None:
    """A second commit of one brief takes the place of the first on its ref; the reflog has both."""
    repo = merge_with_conflict(lab)
    first = hand_off(repo)

    how = "branch" if mode == "branch" else "ref"
    second = commit_files(checkout(repo), {DONE: b"done\n"}, "Finish", how, ID)  # type: ignore[arg-type]

    assert repo.sha(f"refs/handoff/{ID}") == second.sha
    assert repo.sha(f"refs/handoff/{ID}@{{1}}") == first.sha


def test_a_kept_commit_can_be_put_on_the_branch_later(lab: Lab) -> None:
    """After the merge is done, the same call puts the brief on the branch."""
    repo = merge_with_conflict(lab)
    assert not hand_off(repo).on_branch
    repo.git("checkout", "-q", "--ours", "a.txt")
    repo.git("add", "a.txt")
    repo.git("commit", "-qm", "merged")

    assert hand_off(repo).on_branch
    assert repo.status() == ""
    assert len(repo.git("rev-list", "--parents", "-1", "HEAD~1").split()) == 3


def test_work_tree_without_the_file(lab: Lab) -> None:
    """A file that is not in the work tree is committed all the same, and not written there."""
    repo = lab.repo()

    done = commit_files(checkout(repo), {BRIEF: TEXT}, "m", "branch", ID)

    assert done.on_branch
    assert repo.git("show", f"HEAD:{BRIEF}").encode() == TEXT
    assert not (repo.root / ".handoff").exists()


# Others get in


def test_index_lock_held(lab: Lab) -> None:
    """While another process holds the index, the branch is not moved and a ref keeps the commit."""
    repo = lab.repo()
    lock = repo.git_path("index.lock")
    lock.touch()
    before = Picture.of(repo)
    repo.write(BRIEF, TEXT.decode())

    done = commit_files(checkout(repo), {BRIEF: TEXT}, "m", "branch", ID, wait=0.05)

    assert (done.ref, done.on_branch) == (f"refs/handoff/{ID}", False)
    assert done.reason == f"another git process holds {lock}"
    assert lock.exists()
    assert Picture.of(repo).index == before.index
    assert repo.sha() == repo.sha("main") != done.sha


def test_index_lock_let_go(lab: Lab) -> None:
    """When the other process is done in time, the commit goes onto the branch."""
    repo = lab.repo()
    lock = repo.git_path("index.lock")
    lock.touch()
    release = threading.Timer(0.1, lock.unlink)
    release.start()

    done = hand_off(repo)
    release.join()

    assert done.on_branch


def moving(lab: Lab, script: str) -> Repo:
    """A repository in which `script` runs between our reading of HEAD and our moving of it.

    Another process is let in before git first changes the index.
    """
    repo = lab.repo()
    calls = lab.base / "calls"
    lab.wrap_git(
        f"if [ $verb = update-index ]; then echo >>{calls}; if [ $(wc -l <{calls}) = 1 ]; then\n"
        f"(cd {repo.root}; {script}) >/dev/null; fi; fi"
    )
    return repo


MOVE = "git update-ref refs/heads/main $(git commit-tree -p HEAD -m theirs HEAD^{tree})"


def test_the_branch_moves_once(lab: Lab) -> None:
    """A commit that got in between stays, and ours comes on top of it."""
    repo = moving(lab, MOVE)

    done = hand_off(repo)

    assert done.on_branch
    subjects = repo.git("log", "--format=%s").splitlines()
    assert subjects == ["Hand off: Fix the race", "theirs", "first"]
    assert repo.status() == ""


def test_others_went_on_since_all_was_read(lab: Lab) -> None:
    """A commit, and what is staged, of between then and now are kept: both were read again."""
    repo = lab.repo()
    known = read_all(repo, [BRIEF, DONE])
    repo.write(".handoff/open/theirs.md", "theirs\n")
    repo.git("add", ".handoff")
    repo.git("commit", "-qm", "theirs")
    repo.write("a.txt", "staged\n")
    repo.git("add", "a.txt")
    staged, tip = repo.git("ls-files", "--stage", "a.txt"), repo.sha()
    repo.write(BRIEF, TEXT.decode())

    done = commit_files(checkout(repo), {BRIEF: TEXT}, "Hand off", "branch", ID, known=known)

    assert done == Committed(repo.sha(), "refs/heads/main", on_branch=True, reason="")
    assert repo.sha("HEAD~1") == tip
    names = repo.git("diff-tree", "-r", "--name-only", "HEAD~1", "HEAD").split()
    assert names == [BRIEF]
    assert repo.git("ls-files", "--stage", "a.txt") == staged
    assert repo.git("status", "--porcelain").splitlines() == ["M  a.txt"]


@pytest.mark.parametrize("moved", [MOVE, "true"])
def test_the_branch_is_switched(moved: str, lab: Lab) -> None:
    """If HEAD goes to another branch under us, that one gets the brief and is named."""
    repo = moving(lab, f"git branch topic; {moved}; git symbolic-ref HEAD refs/heads/topic")

    done = hand_off(repo)

    assert done == Committed(repo.sha("topic"), "refs/heads/topic", on_branch=True, reason="")
    assert repo.git("ls-tree", "main", ".handoff") == ""
    assert repo.status() == ""


def test_told_to_end_while_the_branch_moves(lab: Lab) -> None:
    """Once the branch has the commit its files stay staged: else the user's next commit would take
    them away.
    """
    repo = lab.repo()
    repo.write(BRIEF, TEXT.decode())
    lab.wrap_git('[ "$verb" != update-ref ] || { git "$@"; kill -INT $PPID; exit 0; }')

    with pytest.raises(KeyboardInterrupt):
        commit_files(checkout(repo), {BRIEF: TEXT}, "Hand off", "branch", ID)

    assert repo.git("log", "-1", "--format=%s") == "Hand off\n"
    assert repo.status() == ""


def test_told_to_end_while_the_branch_moves_elsewhere(lab: Lab) -> None:
    """Where it has another commit instead, the index is given back."""
    repo = lab.repo()
    repo.write(BRIEF, TEXT.decode())
    lab.wrap_git(
        f'[ "$verb" != update-ref ] || {{ git -C {repo.root} reset -q --soft '
        f'"$(git -C {repo.root} commit-tree -m other -p HEAD HEAD^{{tree}})"; '
        'git "$@"; kill -INT $PPID; exit 1; }'
    )

    with pytest.raises(KeyboardInterrupt):
        commit_files(checkout(repo), {BRIEF: TEXT}, "Hand off", "branch", ID)

    assert repo.git("log", "-1", "--format=%s") == "other\n"
    assert repo.status() == "?? .handoff/\0"


def test_no_time_left_after_the_branch_moved(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A commit that is made is told of, although git can be asked no more on which branch."""
    repo = lab.repo()
    repo.write(BRIEF, TEXT.decode())
    here = checkout(repo)
    move, deadline = commit._move, execute._deadline

    def move_and_run_out(work: commit._Work, ref: str, new: str, old: str | None) -> bool:
        repo.git("checkout", "-q", "-b", "other")  # so that git is asked
        moved = move(work, ref, new, old)
        deadline.set(0.0)
        return moved

    monkeypatch.setattr(commit, "_move", move_and_run_out)
    with execute.within(60):
        done = commit_files(here, {BRIEF: TEXT}, "Hand off", "branch", ID)

    assert (done.sha, done.on_branch) == (repo.sha("other"), True)
    assert repo.status() == ""


def test_the_branch_keeps_moving(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """If others move it for longer than we try, a ref keeps the commit and that is said."""
    monkeypatch.setattr(commit, "_MOVING_SECONDS", 0.0)
    repo = moving(lab, MOVE)

    done = hand_off(repo)

    assert done.ref == f"refs/handoff/{ID}"
    assert "kept updating the branch" in done.reason
    assert repo.git("ls-files", ".handoff") == ""


def test_the_lock_of_a_reftable(lab: Lab) -> None:
    """Refs in a reftable have one lock, and nothing is committed while another process has it."""
    repo = STATES["reftable"].build(lab)
    lock = repo.git_path("reftable/tables.list.lock")
    lock.touch()
    before = Picture.of(repo)

    with pytest.raises(HandoffError, match=r"git could not write refs/handoff/") as raised:
        hand_off(repo)

    assert raised.value.hint == f"Remove {lock} if no other git process is running."
    assert Picture.of(repo).staged == before.staged


def test_the_branch_is_locked(lab: Lab) -> None:
    """Where the branch cannot be had, a ref keeps the commit and the index is as it was."""
    repo = lab.repo()
    repo.git_path("refs/heads/main.lock").touch()
    before = Picture.of(repo)

    done = hand_off(repo)

    assert done.ref == f"refs/handoff/{ID}"
    assert done.reason == f"another git process holds {repo.git_path('refs/heads/main.lock')}"
    assert Picture.of(repo).staged == before.staged
    assert repo.git("ls-files", ".handoff") == ""
    assert repo.sha() == repo.sha(f"{done.sha}^")


def test_an_operation_begins_under_us(lab: Lab) -> None:
    """A merge that begins while we commit is noticed, and the entry the user had comes back."""
    repo = moving(lab, f"{MOVE}; git rev-parse HEAD >.git/MERGE_HEAD")
    blob = repo.git("hash-object", "-w", "--stdin", stdin=b"the user's own version").strip()
    repo.git("update-index", "--add", "--cacheinfo", f"100755,{blob},{BRIEF}")
    before = repo.git("ls-files", "--stage")

    done = hand_off(repo)

    assert done.reason == "a merge is in progress"
    assert (lab.base / "calls").read_text() == "\n\n"
    assert repo.git("ls-files", "--stage") == before
    assert repo.git("log", "--format=%s", "main").splitlines() == ["theirs", "first"]


def test_many_at_once(lab: Lab) -> None:
    """Eight at once in one work tree: all on the branch, one after the other, no lock left."""
    repo = lab.repo()
    checked_out = checkout(repo)

    def one(number: int) -> Committed:
        path = f".handoff/open/{number}.md"
        repo.write(path, "x\n")
        return commit_files(checked_out, {path: b"x\n"}, f"brief {number}", "branch", str(number))

    with ThreadPoolExecutor(8) as pool:
        done = list(pool.map(one, range(8)))

    assert all(committed.on_branch for committed in done)
    assert repo.git("rev-list", "--count", "HEAD") == "9\n"
    assert repo.git("rev-list", "--min-parents=2", "HEAD") == ""
    assert repo.status() == ""
    assert not list(repo.git_path("").glob("**/*.lock"))


def test_the_clients_environment_does_not_lead_astray(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Called from a git hook of another repository, the commit still lands in this one."""
    repo = lab.repo()
    other = lab.repo("other")
    before = Picture.of(other)
    repo.write(BRIEF, TEXT.decode())
    with monkeypatch.context() as inside:
        inside.setenv("GIT_DIR", str(other.root / ".git"))
        inside.setenv("GIT_INDEX_FILE", str(other.root / ".git/index"))
        inside.setenv("GIT_OBJECT_DIRECTORY", str(other.root / ".git/objects"))
        inside.setenv("GIT_WORK_TREE", str(other.root))
        inside.setenv("GIT_COMMON_DIR", str(other.root / ".git"))
        done = commit_files(checkout(repo), {BRIEF: TEXT}, "m", "branch", ID)

    assert repo.sha() == done.sha
    assert repo.status() == ""
    assert Picture.of(other) == before


# What cannot be committed


@pytest.mark.parametrize("below", ["file", "link"])
def test_something_else_where_the_folder_should_be(below: str, lab: Lab) -> None:
    """A file or a symbolic link at `.handoff` is named; nothing is written through it."""
    repo = lab.repo()
    if below == "file":
        repo.write(".handoff", "mine\n")
    else:
        (repo.root / ".handoff").symlink_to(lab.base)
    before = Picture.of(repo)

    with pytest.raises(HandoffError, match=r"\.handoff is a (file|symbolic link)"):
        commit_files(checkout(repo), {BRIEF: TEXT}, "m", "branch", ID)

    assert Picture.of(repo) == before


def test_a_file_in_the_last_commit_where_the_folder_should_be(lab: Lab) -> None:
    """A `.handoff` that HEAD has as a file is not replaced."""
    repo = lab.repo()
    repo.write(".handoff", "mine\n")
    repo.git("add", ".")
    repo.git("commit", "-qm", "a file")
    (repo.root / ".handoff").unlink()
    before = Picture.of(repo)

    with pytest.raises(HandoffError, match=r"'\.handoff' is not a folder in the last commit"):
        hand_off(repo)

    assert Picture.of(repo).index == before.index


def test_a_folder_in_the_last_commit_where_the_file_should_be(lab: Lab) -> None:
    """A folder with the name of the file is not replaced."""
    with pytest.raises(HandoffError, match="'doc' is a folder"):
        commit_files(checkout(lab.repo()), {"doc": b"x"}, "m", "branch", ID)


def test_a_staged_file_where_the_folder_should_be(lab: Lab) -> None:
    """A `.handoff` that the user staged as a file stays staged; a ref keeps the commit."""
    repo = lab.repo()
    repo.write(".handoff", "mine\n")
    repo.git("add", ".")
    (repo.root / ".handoff").unlink()
    before = Picture.of(repo)

    done = hand_off(repo)

    assert not done.on_branch
    assert "did not add the files to its index" in done.reason
    assert Picture.of(repo).index == before.index


@pytest.mark.parametrize(
    "path", ["", "/x", "x/", "../x", "a/../x", "./x", "a//x", ".git/config", "a/.GIT/x", "a\0b"]
)
def test_a_malformed_path_is_a_bug(path: str, lab: Lab) -> None:
    """A path that is not plain and below the root is refused before anything is written."""
    with pytest.raises(ValueError, match="not a plain path"):
        commit_files(checkout(lab.repo()), {path: b"x"}, "m", "branch", ID)


@pytest.mark.parametrize("ref_id", ["", "../x", "a b", "-x", "x.lock", "x" * 200, "a/b", "a\n"])
def test_a_malformed_id_is_a_bug(ref_id: str, lab: Lab) -> None:
    """An id that could name another ref is refused."""
    with pytest.raises(ValueError, match="malformed id"):
        commit_files(checkout(lab.repo()), {BRIEF: b"x"}, "m", "ref", ref_id)


def test_a_path_below_another_is_a_bug(lab: Lab) -> None:
    """A path cannot be a file and a folder at once."""
    with pytest.raises(ValueError, match="lies below another"):
        commit_files(checkout(lab.repo()), {"x/y": b"", "x": b""}, "m", "branch", ID)


# Whose commit it is


def people(repo: Repo) -> set[str]:
    return set(repo.git("log", "-1", "--format=%an <%ae>%n%cn <%ce>").splitlines())


def test_the_users_identity(lab: Lab) -> None:
    """The commit is the user's."""
    repo = lab.repo()
    hand_off(repo)

    assert people(repo) == {"Ada <ada@example.org>"}


def test_identity_by_role_and_environment(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """`author.*`, `committer.*` and git's environment variables hold, as for `git commit`."""
    repo = lab.repo()
    repo.git("config", "author.email", "author@example.org")
    monkeypatch.setenv("GIT_COMMITTER_NAME", "Bob")
    hand_off(repo)

    assert people(repo) == {"Ada <author@example.org>", "Bob <ada@example.org>"}


@pytest.mark.parametrize(
    ("missing", "expected"),
    [
        (("name", "email"), "handoff <handoff@localhost>"),
        (("name",), "handoff <ada@example.org>"),
        (("email",), "Ada <handoff@localhost>"),
    ],
)
def test_no_identity(missing: tuple[str, ...], expected: str, lab: Lab) -> None:
    """What the user has not configured has a named stand-in, never git's guess."""
    repo = lab.repo()
    for part in missing:
        repo.git("config", f"user.{part}", " ")
    hand_off(repo)

    assert people(repo) == {expected}


# Signatures


def signing(lab: Lab, **config: str) -> Repo:
    repo = lab.repo()
    for key, value in {"commit.gpgsign": "true", **config}.items():
        repo.git("config", key.replace("_", "."), value)
    return repo


def ssh_key(lab: Lab, passphrase: str) -> str:
    key = lab.base / "key"
    make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-f", str(key)]
    subprocess.run(make, check=True, stdin=subprocess.DEVNULL)
    return str(key)


@pytest.mark.usefixtures("signs_with_ssh")
def test_signed_by_an_ssh_key(lab: Lab) -> None:
    """With a key that needs no passphrase the commit is signed and on the branch."""
    repo = signing(lab, gpg_format="ssh", user_signingkey=ssh_key(lab, ""))

    assert hand_off(repo).on_branch
    assert "BEGIN SSH SIGNATURE" in repo.git("cat-file", "commit", "HEAD")
    assert people(repo) == {"Ada <ada@example.org>"}


@pytest.mark.usefixtures("signs_with_ssh")
def test_an_ssh_key_that_would_ask(lab: Lab) -> None:
    """With a key that needs a passphrase nobody is asked: a ref keeps the commit, unsigned."""
    repo = signing(lab, gpg_format="ssh", user_signingkey=ssh_key(lab, "secret"))
    before = Picture.of(repo)

    done = hand_off(repo)

    assert done.reason == "the commit must be signed, and signing needs your input"
    assert "gpgsig" not in repo.git("cat-file", "commit", done.sha)
    assert Picture.of(repo).index == before.index


@pytest.fixture
def gnupg(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A home for gpg, which has sockets there; its agent ends with the test."""
    with short_folder() as home:
        monkeypatch.setenv("GNUPGHOME", str(home))
        yield str(home)
        subprocess.run(["gpgconf", "--kill", "all"], check=False, capture_output=True)


def gpg_key(passphrase: str) -> None:
    make = ["gpg", "--batch", "--quiet", "--pinentry-mode", "loopback", "--passphrase", passphrase]
    make += ["--quick-gen-key", "Ada <ada@example.org>", "ed25519", "sign"]
    subprocess.run(make, check=True, capture_output=True)
    subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=True)  # forget the passphrase


def test_signed_by_gpg(lab: Lab, gnupg: str) -> None:
    """With a key that needs no passphrase gpg signs, through the user's own `gpg.program`."""
    gpg_key("")
    own = lab.base / "own gpg"
    own.write_text(f'#!/bin/sh\necho ran >>{lab.base}/own-ran\nexec gpg "$@"\n')
    own.chmod(0o755)
    repo = signing(lab, gpg_program=str(own))

    assert hand_off(repo).on_branch
    assert "BEGIN PGP SIGNATURE" in repo.git("cat-file", "commit", "HEAD")
    assert (lab.base / "own-ran").exists()


def test_gpg_that_would_ask(lab: Lab, gnupg: str) -> None:
    """With a locked key gpg is told not to ask: a ref keeps the commit."""
    gpg_key("secret")
    done = hand_off(signing(lab))

    assert not done.on_branch
    assert done.reason == "the commit must be signed, and signing needs your input"


def test_a_signature_that_takes_too_long(lab: Lab) -> None:
    """A program that waits (for a touch on a token, say) is ended after the limit."""
    slow = lab.base / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    repo = signing(lab, gpg_program=str(slow))

    done = commit_files(checkout(repo), {BRIEF: TEXT}, "m", "branch", ID, sign_wait=0.2)

    assert done.reason == "the commit must be signed, and signing took too long"


@pytest.mark.usefixtures("signs_with_ssh")
@pytest.mark.parametrize(
    "config",
    [{"gpg_format": "x509"}, {"gpg_format": "ssh", "gpg_ssh_program": "/usr/bin/op-ssh-sign"}],
)
def test_a_signing_program_that_may_show_a_window(config: dict[str, str], lab: Lab) -> None:
    """A program that handoff cannot keep from asking is not started."""
    done = hand_off(signing(lab, **config))

    assert done.reason == "the commit must be signed, and the signing program may ask for input"


@pytest.mark.usefixtures("signs_with_ssh")
def test_no_debris(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """No temporary file is left behind."""
    scratch = lab.base / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    hand_off(signing(lab, gpg_format="ssh", user_signingkey=ssh_key(lab, "")))

    assert list(scratch.iterdir()) == []
    assert not list(Path(lab.base, "repo").rglob("*tmp*"))
