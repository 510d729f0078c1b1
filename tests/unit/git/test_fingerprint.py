"""What counts as a change of a work tree, between two marks of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from handoff.git import fingerprint, history
from handoff.store import places
from support.repo import Repo

if TYPE_CHECKING:
    from pathlib import Path


def test_the_mark_of_a_work_tree(repo: Repo) -> None:
    """A session's file, commit or branch changes it; a brief, or a commit of briefs, does not."""
    checkout = places.locate(str(repo.root)).checkout
    assert checkout is not None

    def mark() -> str:
        return fingerprint.read(checkout).mark

    def is_new() -> bool:
        """Whether it is another than at every moment of `seen`."""
        return all(fingerprint.has_changed(checkout, old, mark()) for old in seen)

    def brief(name: str) -> None:
        path = repo.root / ".handoff" / "open" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("a brief")

    seen = [mark()]
    brief("a.md")
    assert not is_new()
    repo.git("add", ".handoff")
    repo.git("commit", "--quiet", "--message=A brief")
    repo.git("commit", "--quiet", "--allow-empty", "--message=Nothing")
    assert not is_new()
    (repo.root / "new").mkdir()
    for name, text in (("app.py", "changed"), ("new/a", "1"), ("new/a", "2"), ("new/b", "")):
        (repo.root / name).write_text(text)
        assert is_new()
        seen.append(mark())
    repo.git("add", ".")
    repo.git("commit", "--quiet", "--message=Work")
    assert is_new()
    seen.append(mark())
    repo.git("checkout", "--quiet", "-b", "other")
    assert is_new()


def test_a_submodule_that_is_to_be_ignored(repo: Repo) -> None:
    """That its commit is another is a change, whatever .gitmodules says of it."""
    checkout = places.locate(str(repo.root)).checkout
    assert checkout is not None
    shas = [repo.git("rev-parse", "HEAD").strip(), "1" * 40]
    (repo.root / ".gitmodules").write_text(
        '[submodule "lib"]\n\tpath = lib\n\turl = ./lib\n\tignore = all\n'
    )
    (repo.root / "lib").mkdir()
    repo.git("add", ".gitmodules")
    marks = []
    for sha in shas:
        repo.git("update-index", "--add", "--cacheinfo", f"160000,{sha},lib")
        repo.git("commit", "--quiet", "--message=Submodule")
        marks.append(fingerprint.read(checkout).mark)

    assert fingerprint.has_changed(checkout, *marks)
    since = repo.git("rev-parse", "HEAD~1").strip()
    assert [changed.path for changed in history.changed_paths(checkout, since)] == ["lib"]


def test_marks_of_what_git_cannot_compare(tmp_path: Path, repo: Repo) -> None:
    """Outside git, without a mark, and where the commit of before is gone or is none, it is not
    known what changed; before the first commit there was nothing.
    """
    checkout = places.locate(str(repo.root)).checkout
    assert checkout is not None
    now = fingerprint.read(checkout).mark
    work, _, sha = now.partition(" ")
    assert fingerprint.has_changed(None, now, now) is None
    assert fingerprint.has_changed(checkout, "", now) is None
    assert fingerprint.has_changed(checkout, now, "") is None
    for unknown in ("0" * len(sha), "--output=x", f"{sha}^"):
        assert fingerprint.has_changed(checkout, f"{work} {unknown}", now) is None
    assert fingerprint.has_changed(checkout, f"{work} ", now)
    assert not (repo.root / "x").exists()

    new = Repo(tmp_path / "new", tmp_path / "state")
    new.root.mkdir()
    new.git("init", "--quiet")
    unborn = places.locate(str(new.root)).checkout
    assert unborn is not None
    first = fingerprint.read(unborn).mark
    new.git("commit", "--quiet", "--allow-empty", "--message=Nothing")
    assert fingerprint.has_changed(unborn, first, fingerprint.read(unborn).mark) is False
