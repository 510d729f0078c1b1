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


def main() -> None:
    module, name, carried_out = POINTS[sys.argv[1]]
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
