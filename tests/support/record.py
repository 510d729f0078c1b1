"""What a run of tests leaves for the summary of `tests/run`: what failed, and why some skipped."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pytest

VARIABLE = "HANDOFF_TEST_RECORD"  # the file; without it nothing is written


class Record:
    """Collects reports; with pytest-xdist those of all workers come to the one that is asked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._ran: set[str] = set()
        self._noted: list[dict[str, Any]] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that failed or was skipped, in whichever phase."""
        self._ran.add(report.nodeid)
        if report.failed:
            self._noted.append({"failed": report.nodeid})
        elif report.skipped:
            self._noted.append({"skipped": report.nodeid, "reason": _reason(report)})

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a module that could not be read, or that is skipped whole."""
        if report.failed:
            self._noted.append({"failed": report.nodeid})
        elif report.skipped:
            self._noted.append({"skipped": report.nodeid, "reason": _reason(report)})

    def pytest_sessionfinish(self) -> None:
        """Write it down."""
        lines = [{"tests": len(self._ran)}, *self._noted]
        self._path.write_text("".join(json.dumps(line) + "\n" for line in lines))


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Why a test was skipped, "" where nothing says so."""
    about = report.longrepr
    text = str(about[2]) if isinstance(about, tuple) else str(getattr(report, "wasxfail", ""))
    return text.removeprefix("Skipped: ")


def register(config: pytest.Config) -> None:
    """Record this run where `tests/run` asked for it; the workers of pytest-xdist do not."""
    path = os.environ.get(VARIABLE)
    if path and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Record(Path(path)))
