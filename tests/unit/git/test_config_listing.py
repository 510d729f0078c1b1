"""A program that another process names in git's configuration meanwhile is switched off as well."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from handoff.base.errors import HandoffError
from handoff.git import config, config_listing, status
from handoff.git import run as git
from handoff.git.commit import commit_files
from support.git_lab import BRIEF, ID, TEXT, Lab, Repo, checkout

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

ON_A_BRANCH = "includeIf.onbranch:topic.path"


def program(lab: Lab) -> str:
    """A program that leaves its name in the traces."""
    path = lab.base / "planted"
    path.write_text(f"#!/bin/sh\necho planted >>{lab.traces}\ncat\n")
    path.chmod(0o755)
    return str(path)


def plant(lab: Lab, repo: Repo, *where: str) -> None:
    """Name a filter in one of git's files, and give it something to do."""
    repo.git("config", *where, "filter.planted.clean", program(lab))
    use(repo)


def use(repo: Repo) -> None:
    """Changes, of the same size, of files that the filter stands before."""
    repo.write(".gitattributes", "* filter=planted\n")
    repo.write("a.txt", "eno\nowt\neerht\n")


def included(lab: Lab, repo: Repo, *, exists: bool, key: str = "include.path") -> Path:
    """A file that the repository's configuration includes."""
    file = lab.base / "included"
    if exists:
        file.write_text("[color]\n\tui = false\n")
    repo.git("config", key, "../../included")
    return file


def look_and_commit(repo_checkout: git.Checkout) -> None:
    assert "a.txt" in status.read_state(repo_checkout).unsure
    assert commit_files(repo_checkout, {BRIEF: TEXT}, "m", "branch", ID).on_branch


def test_in_the_repositorys_file(lab: Lab) -> None:
    repo = lab.repo()
    repo_checkout = checkout(repo)
    plant(lab, repo)
    look_and_commit(repo_checkout)
    assert not lab.traces.exists()


@pytest.mark.parametrize("name", ["xdg/git/config", ".gitconfig"])
def test_in_the_users_file(name: str, lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in one that was not there."""
    monkeypatch.delenv("GIT_CONFIG_GLOBAL")
    repo = lab.repo()
    repo_checkout = checkout(repo)
    (lab.base / "xdg/git").mkdir(parents=True)
    plant(lab, repo, "--file", str(lab.base / name))
    look_and_commit(repo_checkout)
    assert not lab.traces.exists()


def test_in_a_work_trees_own_file(lab: Lab) -> None:
    repo = lab.repo()
    repo.git("config", "extensions.worktreeConfig", "true")
    repo_checkout = checkout(repo)
    plant(lab, repo, "--worktree")
    look_and_commit(repo_checkout)
    assert not lab.traces.exists()


@pytest.mark.parametrize("exists", [True, False], ids=["changed", "made"])
def test_in_an_included_file(lab: Lab, *, exists: bool) -> None:
    repo = lab.repo()
    file = included(lab, repo, exists=exists)
    repo_checkout = checkout(repo)
    plant(lab, repo, "--file", str(file))
    look_and_commit(repo_checkout)
    assert not lab.traces.exists()


def test_by_another_branch(lab: Lab) -> None:
    """A file may be included on a branch alone."""
    repo = lab.repo()
    file = included(lab, repo, exists=True, key=ON_A_BRANCH)
    repo.git("config", "--file", str(file), "filter.planted.clean", program(lab))
    repo.git("branch", "topic")
    repo_checkout = checkout(repo)
    repo.git("symbolic-ref", "HEAD", "refs/heads/topic")
    use(repo)
    look_and_commit(repo_checkout)
    assert not lab.traces.exists()


def test_by_a_branch_that_leads_to_another(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """HEAD may lead to a branch over one that is a symbolic ref."""
    monkeypatch.setattr(config_listing, "_CLOCK_TICK_NS", 0)  # the files were written just now
    repo = lab.repo()
    file = included(lab, repo, exists=True, key=ON_A_BRANCH)
    repo.git("config", "--file", str(file), "filter.planted.clean", program(lab))
    repo.git("branch", "topic")
    repo.git("symbolic-ref", "refs/heads/alias", "refs/heads/main")
    repo.git("symbolic-ref", "HEAD", "refs/heads/alias")
    repo_checkout = checkout(repo)
    repo.git("symbolic-ref", "refs/heads/alias", "refs/heads/topic")
    use(repo)
    assert "a.txt" in status.read_state(repo_checkout).unsure
    assert not lab.traces.exists()


def test_within_one_tick_of_the_clock(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was written just now may be written again with the same times: what git read of
    it counts for one run.
    """
    monkeypatch.setattr(config_listing, "_CLOCK_TICK_NS", 3_600_000_000_000)
    repo_checkout = checkout(lab.repo())
    assert not repo_checkout.listing.is_current()


def test_while_git_lists_it(lab: Lab) -> None:
    """What is written after git has read a file is seen by the next run."""
    repo = lab.repo()
    lab.wrap_git(
        f"if [ $verb = config ] && [ ! -e {lab.base}/once ]; then\n"
        f'touch {lab.base}/once\ngit "$@"\n'
        f"git -C {repo.root} config filter.planted.clean {program(lab)}\nexit 0\nfi"
    )
    repo_checkout = checkout(repo)
    use(repo)
    look_and_commit(repo_checkout)
    assert not lab.traces.exists()


def test_with_the_times_of_before(lab: Lab) -> None:
    """A file of the same size that was given back its times is another one still."""
    repo = lab.repo()
    clean = program(lab)
    repo.git("config", "filter.plantee.clean", clean)
    repo_checkout = checkout(repo)
    file = repo.root / ".git/config"
    before = file.stat()
    file.write_text(file.read_text().replace("plantee", "planted"))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    use(repo)
    look_and_commit(repo_checkout)
    assert not lab.traces.exists()


def test_a_required_filter(lab: Lab) -> None:
    repo = lab.repo()
    repo_checkout = checkout(repo)
    plant(lab, repo)
    repo.git("config", "filter.planted.required", "true")
    with pytest.raises(HandoffError, match="requires the filter 'planted' for"):
        commit_files(repo_checkout, {BRIEF: TEXT}, "m", "branch", ID)


def test_a_configuration_that_git_cannot_read(lab: Lab) -> None:
    """Nothing is run on what it said before; when it can be read again, git runs again."""
    repo = lab.repo()
    repo_checkout = checkout(repo)
    whole = (repo.root / ".git/config").read_text()
    repo.write(".git/config", "[core\n")
    broken = status.read_state(repo_checkout)
    assert not broken.complete
    assert "bad config line 1" in broken.problem
    repo.write(".git/config", f'{whole}[filter "a=b"]\n\tclean = cat\n')
    assert "cannot switch off" in status.read_state(repo_checkout).problem
    repo.write(".git/config", whole)
    assert status.read_state(repo_checkout).complete


def test_git_is_not_asked_again_for_nothing(
    lab: Lab, git_runs: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config_listing, "_CLOCK_TICK_NS", 0)  # the files were written just now
    repo = lab.repo()
    file = included(lab, repo, exists=False)

    def lists() -> Sequence[list[str]]:
        return [command for command in git_runs if set(config.LIST) <= set(command)]

    repo_checkout = checkout(repo)
    look = [status.read_state(repo_checkout) for _ in range(3)]
    commit_files(repo_checkout, {BRIEF: TEXT}, "m", "branch", ID)
    assert all(state.complete for state in look)
    assert len(lists()) == 1
    subprocess.run(["git", "config", "--file", str(file), "color.ui", "false"], check=True)
    status.read_state(repo_checkout)
    status.read_state(repo_checkout)
    assert len(lists()) == 2
    assert repo_checkout.config.text("color.ui") == "false"


@pytest.mark.usefixtures("signs_with_ssh")
@pytest.mark.parametrize("key", ["gpg.ssh.program", "gpg.ssh.defaultKeyCommand"])
def test_a_program_that_signs(key: str, lab: Lab) -> None:
    """It is settled before git signs, and what is named in that moment is not started."""
    repo = lab.repo()
    repo.git("config", "commit.gpgsign", "true")
    repo.git("config", "gpg.format", "ssh")
    if key == "gpg.ssh.program":
        repo.git("config", "user.signingKey", str(lab.base / "key"))
    lab.wrap_git(
        f"if [ $verb = commit-tree ]; then git -C {repo.root} config {key} {program(lab)}; fi"
    )
    commit_files(checkout(repo), {BRIEF: TEXT}, "m", "branch", ID)
    assert not lab.traces.exists()
