"""Drafts: briefs that wait for a person's review, or that the model was asked to mend.

They are kept in the state directory, by repository: a draft is not committed, may still hold what
its reader wants out of it, and must not lie in a work tree where `git add .` would take it along.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import subprocess
from pathlib import Path
from typing import IO, TYPE_CHECKING

from handoff import fsio
from handoff.brief import document
from handoff.errors import HandoffError
from handoff.repo import store

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.flow.here import Here
    from handoff.flow.material import Place

DRAFT = "draft"


def save(place: Place, brief: document.Brief, here: Here) -> str:
    """Keep a draft; its path."""
    folder = _folder(place, here)
    fsio.make_private(str(folder))
    path = str(folder / f"{brief.id}.md")
    fsio.write_atomic(path, document.render(brief).encode())
    return path


def read_all(place: Place, here: Here) -> list[store.Stored]:
    """The drafts of a place, oldest first; one that cannot be read comes with its problem."""
    folder = _folder(place, here)
    names = sorted(os.listdir(folder)) if folder.is_dir() else []
    return [_read(folder / name) for name in names if name.endswith(".md")]


def find(place: Place, wanted: str, here: Here) -> store.Stored:
    """The draft whose id holds `wanted`; HandoffError when there is none, or more than one."""
    found = [item for item in read_all(place, here) if wanted in Path(item.path).stem]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(Path(item.path).stem for item in found)
        raise HandoffError(f"{wanted!r} fits {len(found)} drafts: {names}.", "Give more of the id.")
    raise HandoffError(f"There is no draft {wanted!r} here.", "`handoff list` shows drafts.")


def remove(path: str) -> None:
    """Take a draft away, if it is there."""
    Path(path).unlink(missing_ok=True)


def is_terminal() -> bool:
    """Whether a person can edit here: output goes to a terminal, and there is one to read from."""
    try:
        return os.isatty(1) and os.isatty(2) and os.path.exists(os.ctermid())
    except OSError:
        return False


def edit(path: str, env: Mapping[str, str]) -> None:
    """Open a file in the user's editor and wait for its end. Raises HandoffError if it fails."""
    editor = env.get("VISUAL") or env.get("EDITOR") or ("vi" if is_terminal() else "")
    if not editor:
        raise HandoffError(
            "There is no terminal to edit in, and neither $VISUAL nor $EDITOR is set.",
            f"The draft is at {path}; `handoff edit` in a terminal opens it.",
        )
    try:
        command = [*shlex.split(editor), path]
        with _terminal() as source:
            code = subprocess.run(command, stdin=source, check=False).returncode
    except (OSError, ValueError) as error:
        raise HandoffError(f"The editor {editor!r} cannot be started: {error}.") from None
    if code:
        raise HandoffError(
            f"The editor {editor!r} ended with code {code}: nothing was committed.",
            f"The draft stays at {path}.",
        )


def _terminal() -> IO[bytes]:
    try:
        return open("/dev/tty", "rb") if is_terminal() else open(os.devnull, "rb")
    except OSError:
        return open(os.devnull, "rb")


def _read(path: Path) -> store.Stored:
    try:
        raw = path.read_bytes()
        brief = document.parse(raw, str(path))
        if brief.id != path.stem:
            raise HandoffError(f"{path}: its `id` is {brief.id}, another one's.")
    except OSError as error:
        return store.Stored(str(path), str(path), DRAFT, b"", None, f"{path}: {error.strerror}.")
    except HandoffError as error:
        return store.Stored(str(path), str(path), DRAFT, b"", None, error.what)
    return store.Stored(str(path), str(path), DRAFT, raw, brief)


def _folder(place: Place, here: Here) -> Path:
    name = hashlib.sha256(place.root.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    return Path(here.home) / "drafts" / name
