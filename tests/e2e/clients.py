"""The clients that the tests run with."""

from __future__ import annotations

import os

import pytest

# `tests/run canary` names a client that came out since; every test then runs on that one alone.
EXTRA = os.environ.get("HANDOFF_TEST_CLIENT", "")
NEWEST = EXTRA or "2.1.330"
OLDEST = "2.1.197"
both_clients = pytest.mark.parametrize("client_path", [NEWEST, OLDEST], indirect=True)
