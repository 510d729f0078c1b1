"""Drafts: briefs that wait for a person's review, or that the model was asked to fix.

They are kept in the state directory, by worktree: a draft is not committed, may still hold what
its reader wants out of it, and must not lie in a worktree where `git add .` would take it along.
`where.json` beside them says which repository's they are: they follow one that was moved, and are
not shown in a new one at its old path, nor in a copy.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff.base import file_io
from handoff.base.errors import HandoffError
from handoff.brief import document
from handoff.git import repo_id
from handoff.store import brief_files
from handoff.store.match_id import match_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.runtime import Runtime
    from handoff.store.places import Place

DRAFT = "draft"
_WHERE = "where.json"


def save(place: Place, brief: document.Brief, runtime: Runtime) -> str:
    """Keep a draft; its path."""
    folder = _folder(place, runtime)
    file_io.make_private(str(folder))
    _mark(folder, place, runtime)
    path = str(folder / f"{brief.id}.md")
    file_io.write_atomic(path, document.render(brief).encode())
    return path


def read_all(place: Place, runtime: Runtime) -> list[brief_files.StoredBrief]:
    """The drafts of a place, oldest first; one that cannot be read comes with its problem."""
    folder = _folder(place, runtime)
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    return [_read(folder / name) for name in names if name.endswith(".md")]


def find(place: Place, wanted: str, runtime: Runtime) -> brief_files.StoredBrief:
    """The draft of that ID, or of a part of it; HandoffError when none matches, or several do."""
    known = {Path(item.path).stem: item for item in read_all(place, runtime)}
    return known[match_id(wanted, known, "draft")]


def remove(path: str) -> None:
    """Take a draft away, if it is there."""
    Path(path).unlink(missing_ok=True)


def _read(path: Path) -> brief_files.StoredBrief:
    try:
        raw = path.read_bytes()
        brief = document.parse(raw, str(path))
        if brief.id != path.stem:
            raise HandoffError(f"{path}: its `id` is {brief.id}, not the file's name.")
    except OSError as error:
        return brief_files.StoredBrief(
            str(path), str(path), DRAFT, b"", None, f"{path}: {error.strerror}."
        )
    except HandoffError as error:
        return brief_files.StoredBrief(str(path), str(path), DRAFT, b"", None, error.what)
    return brief_files.StoredBrief(str(path), str(path), DRAFT, raw, brief)


def _folder(place: Place, runtime: Runtime) -> Path:
    """Where the drafts of a worktree are; brought there from where they were before a move."""
    name = hashlib.sha256(place.root.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    folder = Path(runtime.home) / "drafts" / name
    now = repo_id.read(place.key) if place.checkout else ""
    other = str(_marked(folder).get("identity") or now)
    if other != now:  # of a repository that was here before
        _move(folder, folder.with_name(f"{name}.{other[:8]}"))
    if now and not folder.exists() and folder.parent.is_dir():
        for former in sorted(folder.parent.iterdir()):
            if _is_former(_marked(former), place, now):
                _move(former, folder)
                _mark(folder, place, runtime)
                break
    return folder


def _is_former(marked: Mapping[str, Any], place: Place, now: str) -> bool:
    """Whether a folder was that of this worktree, before it or its repository was moved."""
    known, repo = (str(marked.get(key) or "") for key in ("identity", "repo"))
    is_ours = (known, repo) == (now, place.key) or repo_id.is_moved(known, repo, now)
    return is_ours and marked.get("worktree") == _worktree(place)


def _marked(folder: Path) -> dict[str, Any]:
    path = folder / _WHERE
    return file_io.read_json(str(path)) if path.exists() else {}


def _mark(folder: Path, place: Place, runtime: Runtime) -> None:
    known = repo_id.ensure(runtime.home, place.key)
    marked = {"identity": known, "repo": place.key, "worktree": _worktree(place)}
    if known and _marked(folder) != marked:
        file_io.write_json(str(folder / _WHERE), marked)


def _worktree(place: Place) -> str:
    return place.checkout.worktree if place.checkout else ""


def _move(folder: Path, to: Path) -> None:
    try:
        os.rename(folder, to)
    except OSError:
        pass  # another process was first, or there are drafts already
