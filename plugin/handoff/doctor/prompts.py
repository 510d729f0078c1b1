"""Prompts that replace the built-in ones, of the user or the repository: which are used."""

from __future__ import annotations

import difflib
import os
from typing import TYPE_CHECKING

from handoff.base import paths
from handoff.doctor.model import Check
from handoff.prompts import texts
from handoff.store import trusted_prompts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.runtime import Runtime

_NAME = "prompt"


def checks(runtime: Runtime, root: str) -> Iterator[Check]:
    """One check for each override in use or in doubt; none where there is none.

    Of the repository's only files with the name of a prompt are named: others may have made them.
    """
    folder = paths.prompt_folder(runtime.env)
    for name in texts.names():
        yield from _check(folder, name, "yours")
    for file in _files(folder):
        name = file.removesuffix(texts.SUFFIX)
        if name not in texts.names():
            near = difflib.get_close_matches(name, texts.names(), n=1)
            meant = f"Did you mean {near[0]}{texts.SUFFIX}? " if near else ""
            yield Check(
                _NAME,
                False,
                f"{os.path.join(folder, file)}: no prompt has this name",
                f"{meant}docs/configuration.md lists the names.",
            )
    team = os.path.join(root, trusted_prompts.TEAM_FOLDER)
    for name in texts.names():
        try:
            raw = texts.read_override(team, name)
        except texts.PromptError as error:
            yield Check(_NAME, None, error.what, error.hint)
            continue
        if raw is None:
            continue
        if trusted_prompts.is_consented(name, raw, root, runtime):
            yield from _check(team, name, "the repository's, trusted")
        else:
            yield Check(
                _NAME,
                None,
                f"{os.path.join(team, name + texts.SUFFIX)} is not trusted, so it is ignored",
                f"To read and trust it: handoff trust prompts/{name}{texts.SUFFIX}",
            )


def _check(folder: str, name: str, whose: str) -> Iterator[Check]:
    try:
        if texts.read_checked(folder, name) is not None:
            path = os.path.join(folder, name + texts.SUFFIX)
            yield Check(_NAME, True, f"{name} is {whose}: {path}")
    except texts.PromptError as error:
        yield Check(_NAME, False, error.what, f"{error.hint} The built-in text is used until then.")


def _files(folder: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder) if not name.startswith("."))
    except OSError:
        return []
