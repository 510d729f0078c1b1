"""Briefs of sessions whose project folder was removed before they ended, in `<state>/stranded`.

Nobody is shown what a session's end answers, so the next session that a person starts says where
they are, once; `handoff doctor` names them until they are taken away.
"""

from __future__ import annotations

import os

from handoff.base import file_io

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.brief.document import Brief
    from handoff.runtime import Runtime

_UNTOLD = "untold"


def keep_brief(brief: Brief, project: str, runtime: Runtime) -> str:
    """Keep a brief whose `project` is gone; its path."""
    from handoff.base import plain_text
    from handoff.brief import document

    folder = _folder(runtime.home)
    file_io.make_private(folder)
    path = os.path.join(folder, f"{brief.id}.md")
    file_io.write_atomic(path, document.render(brief).encode())
    title = plain_text.one_line(brief.title, 80)
    line = (
        f"handoff: {project} was removed before its session ended. Its brief “{title}” is kept at "
        f"{path}; `handoff doctor` says how to use it."
    )
    file_io.append_line(os.path.join(folder, _UNTOLD), line.encode("utf-8", "replace"))
    return path


def take_untold(runtime: Runtime) -> str:
    """What a person was not told yet, once; "" mostly."""
    path = os.path.join(_folder(runtime.home), _UNTOLD)
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        os.unlink(path)
    except (OSError, ValueError):
        return ""
    return text.rstrip("\n")


def paths(home: str) -> list[str]:
    """The briefs that are kept, oldest first."""
    folder = _folder(home)
    names = sorted(os.listdir(folder)) if os.path.isdir(folder) else []
    return [os.path.join(folder, name) for name in names if name.endswith(".md")]


def _folder(home: str) -> str:
    return os.path.join(home, "stranded")
