"""No program that git's configuration names runs, but those that docs/safety.md lists."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

import pytest

from handoff.base.errors import HandoffError
from handoff.git import (
    config,
    configured_programs,
    fingerprint,
    history,
    index,
    objects,
    status,
    worktrees,
)
from handoff.git import run as git
from handoff.git.commit import commit_files
from handoff.git.head import read_branches
from handoff.store import kept_refs, signatures, versions
from support.git_lab import BRIEF, ID, TEXT, Lab, Picture, Repo, checkout, hand_off

if TYPE_CHECKING:
    from pathlib import Path


def program(lab: Lab, name: str, does: str = "cat") -> str:
    """A program that leaves its name in `traces` while hooks are armed."""
    path = lab.base / "programs" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n[ ! -e {lab.base}/armed ] || echo {name} >>{lab.traces}\n{does}\n")
    path.chmod(0o755)
    return str(path)


def configured(lab: Lab, *, everywhere: bool = False) -> Repo:
    """A repository whose own configuration (or the user's) names a program for everything."""
    repo = lab.repo()
    where = ["--global"] if everywhere else []
    for key in (
        *("filter.x.clean", "filter.x.smudge", "filter.y.process", "filter.z w.clean"),
        *("diff.external", "diff.x.textconv", "diff.x.command", "core.fsmonitor", "core.pager"),
        *("pager.log", "pager.status", "core.editor", "sequence.editor", "core.askPass"),
        *("core.sshCommand", "core.gitProxy", "core.alternateRefsCommand", "credential.helper"),
        *("gpg.program", "gpg.ssh.program", "merge.x.driver", "trailer.x.command"),
        *("interactive.diffFilter", "uploadpack.packObjectsHook", "submodule.x.update"),
        *("hook.x.command", "filter.x.y.clean", "gc.recentObjectsHook"),
    ):
        name = key.replace(" ", "_")
        does = {"filter.y.process": "exit 1", "core.fsmonitor": "exit 1"}.get(key, "cat")
        repo.git("config", *where, key, program(lab, name, does))
    for event in ("reference-transaction", "post-index-change", "pre-commit"):
        repo.git("config", *where, "--add", "hook.x.event", event)
    for verb in ("status", "log", "diff", "rev-parse", "update-ref"):
        repo.git("config", *where, f"alias.{verb}", f"!{program(lab, 'alias')}")
    repo.git("config", *where, "log.showSignature", "true")
    repo.git("config", *where, "submodule.recurse", "true")
    repo.git("config", *where, "fetch.recurseSubmodules", "true")
    lines = ("*.txt filter=x diff=x merge=x", "*.py filter=y", "*.md diff=x")
    repo.write(".gitattributes", "\n".join(lines) + "\n*.cfg filter=x.y\n")
    for path in ("a.txt", "src/b.py", "doc/c.md", "setup.cfg"):
        repo.write(path, "changed\n")
    return repo


def test_what_the_configuration_names_is_switched_off() -> None:
    """Also hooks in it, which git runs from 2.54 on: the machine's own may be older."""
    named = configured_programs.find(
        config.parse("global\0f\0hook.x.command\nrun\0local\0f\0filter.y.clean\ncat\0", "/")
    )
    assert {"hook.x.enabled=false", "filter.y.clean="} <= set(named.off())
    assert named.off(filters=False) == ["hook.x.enabled=false"]


@pytest.mark.parametrize("everywhere", [False, True], ids=["repository", "user"])
def test_looking_runs_no_program(lab: Lab, *, everywhere: bool) -> None:
    """All that reads a repository, and writing and committing a brief, starts none of them."""
    repo = configured(lab, everywhere=everywhere)
    base = repo.sha()
    linked = str(repo.root.with_name("linked"))  # else git is not asked for any
    repo.git("worktree", "add", "-q", "--no-checkout", "--detach", linked)
    lab.arm()

    checked_out = checkout(repo)
    now = status.read_state(checked_out)
    marked = fingerprint.read(checked_out)
    git.is_ignored(checked_out, "a.txt")
    read_branches(checked_out)
    history.list_commits(checked_out, base)
    history.changed_paths(checked_out, base)
    kept_refs.list_refs(checked_out)
    kept_refs.BranchHistory(checked_out).had("a.txt", repo.sha("HEAD:a.txt"))
    versions.find_origin(checked_out, "a.txt", b"changed\n")
    versions.find_bytes(checked_out, ["a.txt"], ["0"])
    signatures.find_signer(checked_out, "a.txt", b"one\ntwo\nthree\n", ["SHA256:none"])
    index.read(checked_out, ["a.txt"])
    worktrees.list_paths(checked_out)
    done = hand_off(repo)
    kept_refs.blobs(checked_out, [BRIEF])
    changed = fingerprint.has_changed(checked_out, marked.mark, fingerprint.read(checked_out).mark)

    assert lab.disarm() == []
    assert done.on_branch
    assert changed is False
    assert {file.path for file in now.dirty_files} == {".gitattributes", "setup.cfg", "doc/c.md"}
    assert set(now.unsure) == {"a.txt", "src/b.py"}


def test_a_filter_that_cannot_be_switched_off(lab: Lab) -> None:
    """A name that `-c` would read as another key is an error, and nothing runs."""
    repo = lab.repo()
    repo.git("config", "filter.a=b.clean", program(lab, "clean"))
    repo.write(".gitattributes", "*.txt filter=a=b\n")
    lab.arm()

    with pytest.raises(HandoffError, match="'a=b', which handoff cannot switch off") as caught:
        git.find_checkout(str(repo.root))

    assert "filter.a=b.clean" in caught.value.hint
    assert lab.disarm() == []


def test_a_git_of_the_work_tree(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty or relative element of PATH does not make a file of the work tree git or gpg."""
    repo = lab.repo()
    repo.git("config", "commit.gpgsign", "true")
    for name in ("git", "gpg", "env"):
        os.symlink(program(lab, name, "exit 1"), repo.root / name)
    monkeypatch.chdir(repo.root)
    monkeypatch.setenv("PATH", f":.:bin:{os.environ['PATH']}")
    monkeypatch.setenv("GIT_PREFIX", "astray")
    lab.arm()

    status.read_state(checkout(repo))
    hand_off(repo)

    assert lab.disarm() == []


def test_a_submodules_programs(lab: Lab) -> None:
    """Work in a submodule counts, and its own configuration's programs do not run for that."""
    lab.repo("library")
    top = lab.repo("top")
    top.git("submodule", "--quiet", "add", "../library", "lib")
    top.git("commit", "-qm", "lib")
    lib = Repo(top.root / "lib")
    lib.git("config", "filter.x.clean", program(lab, "clean"))
    lib.write(".gitattributes", "*.txt filter=x\n")
    checked_out = checkout(top)
    lab.arm()

    before = fingerprint.read(checked_out).mark
    lib.write("src/b.py", "changed\n")
    after = fingerprint.read(checked_out).mark
    lib.write("a.txt", "changed\n")

    assert len({before, after, fingerprint.read(checked_out).mark}) == 3
    assert status.read_state(checked_out).complete
    assert lab.disarm() == []


# What is reported of files that a filter stands before


def pointer(content: bytes) -> str:
    """What Git LFS stores in place of a file (its specification, version 1)."""
    oid = hashlib.sha256(content).hexdigest()
    size = len(content)
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {size}\n"


def with_lfs(lab: Lab) -> Repo:
    """A repository with Git LFS set up, and one file of it, as after a fresh checkout."""
    repo = lab.repo()
    clean = program(lab, "clean", "exec cat >/dev/null")
    repo.git("config", "filter.lfs.clean", clean)
    repo.git("config", "filter.lfs.required", "true")
    repo.write(".gitattributes", "*.bin filter=lfs diff=lfs merge=lfs -text\n")
    blob = repo.git("hash-object", "-w", "--stdin", stdin=pointer(b"large\n" * 99).encode()).strip()
    repo.git("update-index", "--add", "--cacheinfo", f"100644,{blob},big.bin")
    repo.git("add", ".gitattributes")
    repo.git("commit", "-qm", "lfs")
    repo.write("big.bin", "large\n" * 99)
    return repo


def test_a_file_of_git_lfs(lab: Lab) -> None:
    """It is dirty only if it is not what its pointer says: other bytes, of whatever size."""
    repo = with_lfs(lab)
    lab.arm()
    checked_out = checkout(repo)

    clean = status.read_state(checked_out)
    repo.write("big.bin", "large\n" * 98 + "larg3\n")
    same_size = status.read_state(checked_out)
    repo.write("big.bin", "larger\n")
    other_size = status.read_state(checked_out)

    assert (clean.dirty_files, clean.dirty, clean.work, clean.unsure) == ((), None, None, ())
    for now in (same_size, other_size):
        assert [(file.status, file.path) for file in now.dirty_files] == [(" M", "big.bin")]
    assert len({same_size.dirty, other_size.dirty, None}) == 3
    assert lab.disarm() == []


def test_a_staged_file_of_git_lfs(lab: Lab) -> None:
    """What is staged is told, and that the file is as staged."""
    repo = with_lfs(lab)
    new = b"other\n" * 99
    blob = repo.git("hash-object", "-w", "--stdin", stdin=pointer(new).encode()).strip()
    repo.git("update-index", "--cacheinfo", f"100644,{blob},big.bin")
    repo.write("big.bin", new.decode())

    now = status.read_state(checkout(repo))

    assert [(file.status, file.path) for file in now.dirty_files] == [("M ", "big.bin")]


def test_a_file_that_only_its_filter_knows(lab: Lab) -> None:
    """A file of another filter that was written again is called neither dirty nor clean; that it
    was written still counts as work, and so does each change of it.
    """
    repo = lab.repo()
    repo.git("config", "filter.strip.clean", program(lab, "clean"))
    repo.write(".gitattributes", "*.txt filter=strip\n")
    repo.git("add", ".")
    repo.git("commit", "-qm", "attributes")
    checked_out = checkout(repo)
    untouched = fingerprint.read(checked_out).mark
    lab.arm()

    repo.write("a.txt", "output\n")
    first, mark = status.read_state(checked_out), fingerprint.read(checked_out).mark
    repo.write("a.txt", "other output\n")
    second = status.read_state(checked_out)

    assert (first.dirty_files, first.dirty_count, first.dirty) == ((), 0, None)
    assert first.unsure == second.unsure == ("a.txt",)
    assert len({first.work, second.work, None}) == 3
    assert mark != untouched
    assert lab.disarm() == []


# The brief's own blob


def test_a_required_filter_costs_the_commit(lab: Lab) -> None:
    """Where git would refuse a brief that did not pass a filter (git-crypt), nothing is stored."""
    repo = lab.repo()
    repo.git("config", "filter.crypt.clean", program(lab, "clean"))
    repo.git("config", "filter.crypt.required", "true")
    repo.git_path("info/attributes").write_text("* filter=crypt\n")
    before = Picture.of(repo)
    repo.write(BRIEF, TEXT.decode())
    lab.arm()

    with pytest.raises(HandoffError, match="requires the filter 'crypt' for"):
        commit_files(checkout(repo), {BRIEF: TEXT}, "m", "branch", ID)

    assert lab.disarm() == []
    assert Picture.of(repo).index == before.index
    assert Picture.of(repo).refs == before.refs
    repo.git_path("info/attributes").write_text("* filter=crypt\n.handoff/** -filter\n")
    assert commit_files(checkout(repo), {BRIEF: TEXT}, "m", "branch", ID).on_branch


@pytest.mark.parametrize(("setting", "stored"), [("true", b"a\nb\n"), ("false", b"a\r\nb\r\n")])
def test_line_ends_are_gits(setting: str, stored: bytes, lab: Lab) -> None:
    """A brief that an editor gave CR LF is stored as by `git add`, but through no filter."""
    repo = lab.repo()
    repo.git("config", "core.autocrlf", setting)
    repo.git("config", "filter.x.clean", program(lab, "clean", "tr a-z A-Z"))
    repo.write(".gitattributes", "*.md filter=x\n")
    lab.arm()

    checked_out = checkout(repo)
    blob = objects.add_blob(objects.New(checked_out), checked_out, BRIEF, b"a\r\nb\r\n")

    assert lab.disarm() == []
    assert repo.git("cat-file", "blob", blob).encode() == stored


# Where programs do run


def test_a_new_work_tree_is_checked_out_by_filters(lab: Lab) -> None:
    """The files of a started session's work tree are what the user's filters make of them."""
    repo = lab.repo()
    repo.git("config", "filter.x.smudge", "tr a-z A-Z")
    repo.git_path("info/attributes").write_text("*.txt filter=x\n")
    checked_out = checkout(repo)
    wanted = worktrees.plan_worktree(checked_out, ID)
    lab.arm()

    worktrees.add_worktree(checked_out, wanted)

    assert lab.disarm() == []
    linked = Repo(lab.base / "repo.handoff" / ID)
    assert (linked.root / "a.txt").read_text() == "ONE\nTWO\nTHREE\n"
    assert checkout(linked).common_dir == checked_out.common_dir
    worktrees.add_worktree(checkout(linked), worktrees.plan_worktree(checkout(linked), f"{ID}x"))
    assert (lab.base / "repo.handoff" / f"{ID}x/src/b.py").exists()


@pytest.mark.parametrize("key", ["gpg.program", "gpg.ssh.program", "gpg.ssh.defaultKeyCommand"])
def test_a_signing_program_named_in_the_work_tree(key: str, lab: Lab) -> None:
    """A file of the work tree that the configuration includes does not say what signs."""
    repo = lab.repo()
    section, _, name = key.rpartition(".")
    section = section.replace("gpg.ssh", 'gpg "ssh"')
    repo.write("tools/gitconfig", f"[{section}]\n\t{name} = {program(lab, 'sign')}\n")
    repo.git("config", "include.path", "../tools/gitconfig")
    repo.git("config", "commit.gpgsign", "true")
    lab.arm()

    done = hand_off(repo)

    assert lab.disarm() == []
    assert not done.on_branch
    assert f"{key.lower()} is set in {_config(repo)}, not in your own configuration" in done.reason


def _config(repo: Repo) -> Path:
    return repo.root / ".git/../tools/gitconfig"
