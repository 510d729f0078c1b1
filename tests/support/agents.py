"""Programs that stand in for agents."""

from __future__ import annotations

import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

AGENT = """#!{python}
import json, os, sys
json.dump({{"argv": sys.argv[1:], "env": dict(os.environ), "cwd": os.getcwd()}}, open({out!r}, "w"))
{work}
print("agent: done")
sys.exit({code})
"""


def install(folder: Path, name: str, code: int = 0, work: str = "") -> Path:
    """An agent that writes down how it was started, and runs the Python of `work`; where it does
    the former.
    """
    out = folder.parent / f"{name}.json"
    program = folder / name
    program.write_text(AGENT.format(python=sys.executable, out=str(out), code=code, work=work))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return out
