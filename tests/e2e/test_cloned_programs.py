"""Programs that stand in cloned files, on the real client: led there, handoff runs none of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from .clients import both_clients
from .model import Model, runs, says
from .session import log

if TYPE_CHECKING:
    from pathlib import Path

    from .harness import World

BRIEF_ID = "20261122-073812-fix-the-receipt-9f3a"
BRIEF = f"""---
handoff: 1
id: {BRIEF_ID}
title: Fix the receipt
kind: task
author: model
created: 2026-11-22T07:38:12Z
---

# Fix the receipt

## Task

List every price.
"""


def clone_with_a_trap(world: World, *folders: str) -> Path:
    """Commit what a stranger's repository can hold: folders that look like bare repositories, whose
    configuration names programs for every Markdown file. Returns the file that they would make.
    """
    ran = world.project / "RAN"
    for folder in folders:
        vendor = world.project / folder
        up = os.path.relpath(world.project, vendor)
        for name, text in {
            "HEAD": "ref: refs/heads/main\n",
            "objects/.keep": "",
            "refs/heads/.keep": "",
            "config": "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
            f'\tworktree = {up}\n[filter "x"]\n\tclean = "touch {ran}; cat"\n',
        }.items():
            (vendor / name).parent.mkdir(parents=True, exist_ok=True)
            (vendor / name).write_text(text)
    (world.project / ".gitattributes").write_text("*.md filter=x\n")
    brief = world.project / ".handoff" / "open" / f"{BRIEF_ID}.md"
    brief.parent.mkdir(parents=True)
    brief.write_text(BRIEF)
    world.git("add", "--force", ".")
    world.git("commit", "--quiet", "--message=What was cloned")
    return ran


@both_clients
def test_a_folder_that_looks_like_a_bare_repository(world: World) -> None:
    """In permission mode `default`: the model is led into two such folders, one in node_modules,
    which asks nobody, and finishes a brief there, which we approve. No program of the folder runs,
    and the brief is finished and committed in the repository that was cloned.
    """
    ran = clone_with_a_trap(world, "vendor", "node_modules/pkg")
    model = Model(
        runs("cd vendor && ls", 20_000),
        runs("handoff list", 21_000),
        runs("cd ../node_modules/pkg && ls", 22_000),
        runs(f"handoff done {BRIEF_ID}", 23_000),
        says("All done.", 24_000),
    )
    with world.serve(model):
        done = world.print("Look at vendor", "--permission-mode", "default")

    assert done.json["result"] == "All done."
    assert done.json["permission_denials"] == []
    assert not ran.exists()
    files = world.git("show", "--name-only", "--no-renames", "--format=", "HEAD").split()
    assert f".handoff/done/{BRIEF_ID}.md" in files
    assert f".handoff/open/{BRIEF_ID}.md" in files
    assert log(world) == ""
