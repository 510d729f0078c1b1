"""The files of `handoff spec export`, written to a directory."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from handoff.base import file_io
from handoff.base.errors import HandoffError
from handoff.specs import quickstart, spec_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.specs.model import Spec


def read_progress(spec: Spec) -> str:
    """The text of a spec's progress.md, "" if it has none."""
    path = os.path.join(spec.root, spec_folder.relative_path(spec.id, spec_folder.PROGRESS))
    if not os.path.lexists(path):
        return ""
    return spec_folder.read_file(spec.root, spec.id, spec_folder.PROGRESS).decode(
        "utf-8", "replace"
    )


def write(folder: str, files: Mapping[str, bytes], *, force: bool) -> list[str]:
    """Write files into a directory, which is made if need be; their paths.

    Raises HandoffError where one is there already, unless `force`; then nothing is written.
    """
    there = [name for name in files if os.path.lexists(os.path.join(folder, name))]
    if there and not force:
        raise HandoffError(
            f"{', '.join(there)} {'is' if len(there) == 1 else 'are'} already in {folder}. Nothing "
            "was written.",
            "Choose another directory, or add --force to overwrite.",
        )
    try:
        os.makedirs(folder, exist_ok=True)
    except OSError as error:
        raise HandoffError(f"{folder} cannot be created: {error.strerror}.") from None
    paths = []
    for name, raw in files.items():
        path = os.path.join(folder, name)
        file_io.write_atomic(path, raw, mode=0o755 if name == quickstart.INIT else 0o644)
        paths.append(path)
    return paths
