from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from . import small_disk
from .lab import Place, Writer

if TYPE_CHECKING:
    from collections.abc import Iterator

_MEMORY = "/dev/shm"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what stood for the disk that is full: another machine may have another."""
    terminalreporter.write_line(f"full disk: {small_disk.MEANING[small_disk.mechanism()]}")


@pytest.fixture(scope="session")
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: a disk would spend most of the time on fsync."""
    where = _MEMORY if os.access(_MEMORY, os.W_OK | os.X_OK) else None
    with tempfile.TemporaryDirectory(prefix="handoff-fault-", dir=where) as folder:
        yield Path(folder).resolve()


@pytest.fixture(scope="session")
def writer(memory: Path) -> Iterator[Writer]:
    """The process that runs the product, with everything imported."""
    new_writer = Writer(memory)
    place = Place.new(memory / "warm", new_writer)
    new_writer.ask(place.order("write", stdin="# Warm\n\n## Task\n\nDo it.\n", do="warm"))
    yield new_writer
    new_writer.close()


@pytest.fixture
def base(memory: Path) -> Iterator[Path]:
    """Where a test makes its place."""
    with tempfile.TemporaryDirectory(dir=memory) as folder:
        yield Path(folder) / "place"
