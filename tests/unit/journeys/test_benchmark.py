"""`benchmarks/journeys.py` counts what it says, and no journey does more than its limits allow."""

from __future__ import annotations

import ast
import importlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
PROGRAM = """import os, sys, threading
from library import once
once(), once()
thread = threading.Thread(target=once)
thread.start(), thread.join()
os.stat(sys.argv[1])
with open(sys.argv[1] + "/sessions/s1.json") as file:
    os.fsync(file.fileno())
open(sys.argv[1] + "/sessions/s2.json", "w").close()
os._exit(0)
"""


def benchmark() -> Any:
    """The benchmark's module."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(ROOT / "benchmarks"))
        return importlib.import_module("journeys")


JOURNEYS = benchmark()


@pytest.mark.parametrize("name", JOURNEYS.JOURNEYS)
def test_a_journey_keeps_its_limits(name: str) -> None:
    """As `LIMITS` has them; and it was seen at all."""
    figures, git_runs = JOURNEYS.run(name, ROOT)
    assert not JOURNEYS.over_limit({name: figures})
    assert figures.git == len(git_runs)
    assert bool(git_runs) == (name not in ("stop", "status line"))
    assert figures.calls > figures.modules > 10
    assert figures.state


def test_a_figure_over_its_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is named with its limit; what has no limit may be anything."""
    monkeypatch.setattr(JOURNEYS, "LIMITS", {("write", "git"): 2, ("write", "fsyncs"): 4})
    figures = JOURNEYS.Figures(9, 9, 3, 4, 9, 9, 9, 9)
    over = JOURNEYS.over_limit({"write": figures, "relay": figures})
    assert over == ["write: git is 3, the limit is 2"]


def test_the_probe_counts(tmp_path: Path) -> None:
    """Calls in the library alone, in every thread; what is read and synced; up to an `os._exit`."""
    library, state, reports = tmp_path / "library", tmp_path / "state", tmp_path / "reports"
    for folder in (library, state / "sessions", reports):
        folder.mkdir(parents=True)
    (library / "__init__.py").write_text("def once():\n    return [n for n in (1, 2)]\n")
    (state / "sessions" / "s1.json").touch()
    (tmp_path / "program.py").write_text(PROGRAM)
    probe = str(ROOT / "benchmarks" / "probe.py")
    told = [reports, library, state, tmp_path / "program.py", state]
    subprocess.run([sys.executable, probe, *map(str, told)], check=True)
    (report,) = (ast.literal_eval(path.read_text()) for path in reports.iterdir())
    assert report["argv"] == [str(tmp_path / "program.py"), str(state)]
    assert (report["calls"], report["modules"], report["fsyncs"]) == (3, ["__init__.py"], 1)
    assert report["reads"] == [f"sessions{os.sep}s1.json"]
