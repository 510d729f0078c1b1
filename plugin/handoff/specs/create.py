"""A new spec's files, written into a worktree."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base import file_io
from handoff.base.errors import HandoffError
from handoff.redact import redact
from handoff.specs import features, spec_file, spec_folder
from handoff.specs.model import Spec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from handoff.redact.redact import Redactor
    from handoff.runtime import Runtime
    from handoff.specs.model import Feature
    from handoff.store.places import Place

_UNKNOWN = "Not described yet."


def create(
    title: str,
    text: str,
    features: Iterable[Feature],
    place_or_root: Place | str,
    runtime: Runtime,
    spec_id: str = "",
) -> Spec:
    """Write spec.md and features.json of a new spec into a worktree, and return it; nothing is
    committed. `text` is the user's wish, which becomes its Goal, or all of spec.md behind the front
    matter if it has a heading. `spec_id` is its id, a new one by default. Secrets are taken out of
    all texts.
    """
    root = place_or_root if isinstance(place_or_root, str) else place_or_root.root
    clean = redact.cleaner(runtime.config(root))
    named = " ".join(clean(title).split())[: spec_file.MAX_TITLE_CHARS].strip() or "A new spec"
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(runtime.now))
    spec_id = spec_id or spec_folder.new_id(named, runtime)
    listed = _without_secrets(tuple(features), clean)
    return put(Spec(spec_id, named, created, root, listed, text=_body(named, clean(text))))


def put(spec: Spec) -> Spec:
    """Write both files of a spec into the worktree at its `root`; the spec with their bytes."""
    whole = replace(
        spec, raw_spec=spec_file.render(spec), raw_features=features.render(spec.features)
    )
    files = {spec_file.FILE: whole.raw_spec, features.FILE: whole.raw_features}
    write_files(spec.root, spec.id, files)
    return whole


def write_files(root: str, spec_id: str, files: Mapping[str, bytes]) -> None:
    """Write files of a spec, each whole or not at all. Raises HandoffError where its folder cannot
    be made.
    """
    relative = spec_folder.relative_path(spec_id)
    folder = Path(root)
    for part in relative.split("/"):
        folder /= part
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise HandoffError(f"{folder} is not a directory.", "Move it away and try again.")
        folder.mkdir(exist_ok=True)
    for name, raw in files.items():
        file_io.write_atomic(os.path.join(folder, name), raw, mode=0o644)


def _without_secrets(listed: tuple[Feature, ...], clean: Redactor) -> tuple[Feature, ...]:
    texts = (text for one in listed for text in (one.category, one.description, *one.steps))
    clean = clean.prepare(texts)
    return tuple(
        replace(
            one,
            category=clean(one.category),
            description=clean(one.description),
            steps=tuple(map(clean, one.steps)),
        )
        for one in listed
    )


def _body(title: str, text: str) -> str:
    """spec.md behind the front matter."""
    wish = text.replace("\r\n", "\n").strip() or _UNKNOWN
    if any(line.startswith(("# ", "## ")) for line in wish.split("\n")):
        return wish if wish.startswith("# ") else f"# {title}\n\n{wish}"
    sections = {name: wish if name == spec_file.SECTIONS[0] else "" for name in spec_file.SECTIONS}
    parts = [f"## {name}\n\n{body or _UNKNOWN}" for name, body in sections.items()]
    return "\n\n".join([f"# {title}", *parts]) + "\n"
