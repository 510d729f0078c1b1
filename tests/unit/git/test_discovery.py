"""Which repository a directory is in: what git itself says, but for folders of cloned files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handoff.base.errors import HandoffError
from handoff.git import discovery, fingerprint, status
from handoff.git import run as git
from handoff.git.discovery import find_root
from support.git_lab import BRIEF, TEXT, Lab, Repo, checkout, hand_off

if TYPE_CHECKING:
    from collections.abc import Callable


def bare_looking(folder: Path, config: str) -> None:
    """Files that a clone can hold and that git takes for a bare repository."""
    for name, text in {
        "HEAD": "ref: refs/heads/main\n",
        "objects/.keep": "",
        "refs/heads/.keep": "",
        "config": config,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def trapped(lab: Lab, *folders: str) -> Repo:
    """A clone with such folders, whose configuration names a filter for every Markdown file."""
    repo = lab.repo()
    for folder in folders:
        up = os.path.relpath(repo.root, repo.root / folder)
        bare_looking(
            repo.root / folder,
            f"[core]\n\trepositoryformatversion = 0\n\tbare = false\n\tworktree = {up}\n"
            f'[filter "x"]\n\tclean = "touch {lab.traces}; cat"\n',
        )
    repo.write(".gitattributes", "*.md filter=x\n")
    repo.git("add", "--force", ".")
    repo.git("commit", "-qm", "trap")
    return repo


@pytest.mark.parametrize("folder", ["vendor", "node_modules/a/b", "."])
def test_a_folder_that_looks_like_a_bare_repository(folder: str, lab: Lab) -> None:
    """The repository around it is found, read and committed to, and nothing that it names runs."""
    repo = trapped(lab, folder)
    repo.write("doc/c.md", "changed\n")

    repo_checkout = git.find_checkout(str(repo.root / folder / "refs/heads"))

    assert repo_checkout == checkout(repo)
    assert find_root(str(repo.root / folder / "refs")) == str(repo.root)
    assert [file.path for file in status.read_state(repo_checkout).dirty_files] == ["doc/c.md"]
    assert fingerprint.read(repo_checkout).mark
    assert hand_off(repo).on_branch
    assert repo.git("cat-file", "blob", f"HEAD:{BRIEF}") == TEXT.decode()
    assert not lab.traces.exists()


def test_git_is_told_its_repository(lab: Lab) -> None:
    """Every run of git says where the repository is; one asks whether git accepts what was found,
    in the folder that holds `.git`.
    """
    repo = trapped(lab, "vendor")
    runs = lab.base / "runs"
    lab.wrap_git(f'echo "$PWD $*" >>{runs}')

    checked_out = checkout(Repo(repo.root / "vendor"))
    status.read_state(checked_out)
    fingerprint.read(checked_out)
    hand_off(repo)

    lines = runs.read_text().splitlines()
    searching = [line for line in lines if f" --git-dir={repo.root}/.git " not in line]
    assert len(lines) >= 8
    assert all("-c safe.bareRepository=explicit" in line for line in lines)
    assert all(f" -C {repo.root} config --list " in line for line in searching)
    assert all(line in searching or f" --work-tree={repo.root} " in line for line in lines)


def _link(lab: Lab) -> Path:
    repo = lab.repo()
    (repo.root / ".git").rename(lab.base / "elsewhere")
    (repo.root / ".git").symlink_to("../elsewhere")
    return repo.root / "src"


def _relative_gitfile(lab: Lab) -> Path:
    repo = lab.repo()
    (repo.root / ".git").rename(lab.base / "elsewhere")
    (repo.root / ".git").write_text("gitdir: ../elsewhere\n")
    return repo.root / "src"


def _bare(lab: Lab, at: str) -> Repo:
    lab.repo().git("clone", "-q", "--bare", ".", f"../{at}")
    return Repo(lab.base / at)


def _worktree_in_a_bare_repository(lab: Lab) -> Path:
    _bare(lab, "top.git").git("worktree", "add", "-q", "inner", "main")
    return lab.base / "top.git/inner/src"


def _worktree_beside_a_hidden_bare_repository(lab: Lab) -> Path:
    bare = _bare(lab, "top/.bare")
    (lab.base / "top/.git").write_text("gitdir: ./.bare\n")
    bare.git("worktree", "add", "-q", "../inner", "main")
    return lab.base / "top/inner/src"


def _worktree_configuration(lab: Lab) -> Path:
    main = lab.repo()
    main.git("config", "extensions.worktreeConfig", "true")
    main.git("worktree", "add", "-q", "../linked")
    Repo(lab.base / "linked").git("config", "--worktree", "core.bare", "false")
    return lab.base / "linked/src"


def _core_worktree_above(lab: Lab) -> Path:
    repo = lab.repo()
    inner = repo.root / "inner"
    inner.mkdir()
    (repo.root / ".git").rename(inner / ".git")
    Repo(inner).git("config", "core.worktree", str(repo.root))
    return inner


def _no_git_directory_in_between(lab: Lab) -> Path:
    folder = lab.repo().root / "src/deep"
    (folder / ".git").mkdir(parents=True)
    return folder


def _submodule_below(lab: Lab) -> Path:
    lab.repo("library")
    top = lab.repo("top")
    top.git("submodule", "--quiet", "add", "../library", "lib")
    return top.root / "lib/src"


@pytest.mark.parametrize(
    "build",
    [
        _link,
        _relative_gitfile,
        _worktree_in_a_bare_repository,
        _worktree_beside_a_hidden_bare_repository,
        _worktree_configuration,
        _core_worktree_above,
        _no_git_directory_in_between,
        _submodule_below,
    ],
)
def test_as_git_says(build: Callable[[Lab], Path], lab: Lab) -> None:
    """Work tree, git directory and shared directory are those that git finds."""
    directory = build(lab)

    repo_checkout = git.find_checkout(str(directory))

    assert repo_checkout
    asked = ("--show-toplevel", "--absolute-git-dir", "--git-common-dir")
    top, git_dir, common = Repo(directory).git("rev-parse", *asked).splitlines()
    assert repo_checkout.root == top
    assert repo_checkout.git_dir == str(Path(git_dir).resolve())
    assert repo_checkout.common_dir == str((directory / common).resolve())
    assert status.read_state(repo_checkout).complete


def test_a_bare_repository_has_no_work_tree(lab: Lab) -> None:
    """Where `.git` itself is a bare repository that is said, with what to do."""
    _worktree_beside_a_hidden_bare_repository(lab)

    with pytest.raises(HandoffError, match=r"top/\.bare is a bare repository") as caught:
        git.find_checkout(str(lab.base / "top"))

    assert "git worktree add" in caught.value.hint
    assert git.find_checkout(str(lab.base / "top/.bare/refs")) is None


def test_a_work_tree_elsewhere(lab: Lab) -> None:
    """Where `core.worktree` names another place, a directory outside it is no part of it."""
    repo = lab.repo()
    (lab.base / "other").mkdir()
    repo.git("config", "core.worktree", str(lab.base / "other"))

    with pytest.raises(HandoffError, match="is outside the worktree"):
        git.find_checkout(str(repo.root / "src"))


def test_a_git_folder_that_is_none(lab: Lab) -> None:
    """An empty `.git` folder, with no repository above it, is named."""
    (lab.base / "plain/.git").mkdir(parents=True)

    with pytest.raises(HandoffError, match=r"plain/\.git is not a git directory"):
        git.find_checkout(str(lab.base / "plain"))


def test_a_damaged_repository(lab: Lab) -> None:
    """A repository without HEAD is named, and not taken for the lack of one."""
    repo = lab.repo()
    (repo.root / ".git/HEAD").unlink()

    with pytest.raises(HandoffError, match=r"lacks a valid HEAD, objects or refs"):
        git.find_checkout(str(repo.root / "src"))


def test_ceilings_hold(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search stops below GIT_CEILING_DIRECTORIES, but not where it begins."""
    repo = lab.repo()
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", f"relative:{repo.root}")

    assert discovery.locate(str(repo.root / "src")) is None
    assert find_root(str(repo.root / "src")) == str(repo.root / "src")
    assert find_root(str(repo.root)) == str(repo.root)


def test_it_stays_on_one_file_system(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search does not cross a mount point, unless git is told to."""
    repo = lab.repo()
    monkeypatch.setattr(discovery, "_device", lambda folder: 1 + folder.endswith("/src"))

    assert find_root(str(repo.root / "src")) == str(repo.root / "src")
    monkeypatch.setenv("GIT_DISCOVERY_ACROSS_FILESYSTEM", "true")
    assert find_root(str(repo.root / "src")) == str(repo.root)


def test_nothing_is_waited_for(lab: Lab) -> None:
    """A pipe in the place of HEAD or of a gitfile does not stop a hook."""
    folder = lab.base / "pipes"
    for name in ("objects", "refs"):
        (folder / ".git" / name).mkdir(parents=True)
    os.mkfifo(folder / ".git/HEAD")

    assert find_root(str(folder)) == str(folder)
    assert not discovery.is_git_directory(str(folder / ".git"))
