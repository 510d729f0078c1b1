"""The command line, killed by its own hand at a point that no clock would hit.

`python -m fault.killed POINT ARGUMENTS…`; `POINTS` are a function, and whether it was carried out.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
from typing import Any

POINTS = {
    "entered": ("handoff.loops.supervise", "start_session", False),
    "started": ("handoff.loops.supervise", "start_session", True),
    "settling": ("handoff.loops.settle", "settle", False),
    "settled": ("handoff.loops.settle", "settle", True),
    "saved": ("handoff.process.supervisor", "Watch.forget", False),
}
# Of a build: before and after every step of a round.
_BUILD_STEPS = (
    ("handoff.build.record", "commit"),
    ("handoff.loops.supervise", "start_session"),
    ("handoff.loops.settle", "settle"),
    ("handoff.process.supervisor", "Watch.forget"),
    ("handoff.build.processes", "end_processes"),
    ("handoff.build.workspace", "Workspace.clean_up"),
    ("handoff.specs.frozen", "restore"),
    ("handoff.build.checks", "Checks.verify"),
    ("handoff.build.checks", "Checks.check"),
    ("handoff.build.journal", "save"),
)
BUILD_POINTS = {
    f"{'after' if carried_out else 'before'} {name}": (module, name, carried_out)
    for module, name in _BUILD_STEPS
    for carried_out in (False, True)
}


def main() -> None:
    module, name, carried_out = {**POINTS, **BUILD_POINTS}[sys.argv[1]]
    owner: Any = importlib.import_module(module)
    *classes, name = name.split(".")
    for part in classes:
        owner = getattr(owner, part)
    real = getattr(owner, name)

    def killed(*arguments: Any, **named: Any) -> None:
        if carried_out:
            real(*arguments, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, killed)
    sys.argv = ["handoff", *sys.argv[2:]]
    from handoff.cli import main as handoff

    handoff()


if __name__ == "__main__":
    main()
