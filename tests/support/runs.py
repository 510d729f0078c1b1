"""Programs that stand in for the client in a headless run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """#!{python}
import json, os, sys
with open({log!r}, "a") as log:
    log.write(json.dumps({{"argv": sys.argv[1:], "relay": os.environ.get("HANDOFF_RELAY"),
                          "cwd": os.getcwd()}}) + "\\n")
{code}
"""
TOLD = """
session = next(word[13:] for word in sys.argv if word.startswith("--session-id="))
print(json.dumps({"session_id": session, "total_cost_usd": 0.25, "num_turns": 2, "result": "Hm.",
                  "modelUsage": {}}))
"""


def install(folder: Path, name: str, code: str) -> Path:
    """A program that writes down how it was started and runs `code`; where it writes that."""
    log = folder.parent / f"{name}.log"
    (folder / name).write_text(PROGRAM.format(python=sys.executable, log=str(log), code=code))
    (folder / name).chmod(0o755)
    return log
