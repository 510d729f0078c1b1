"""Runners whose command stands in a file that a session could write."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handoff.specs.runner_definition import find_problem

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("runner", "there", "frozen", "why"),
    [
        ("python3 -m pytest -q {target}", "", "", ""),
        ("npm test -- {target}", "", "", "npm needs package.json, which does not exist"),
        ("npm test -- {target}", "package.json", "", ""),
        ("CI=1 /usr/bin/npm test {target}", "", "", "npm needs package.json"),
        ("make check T={target}", "", "", "make needs Makefile, which does not exist"),
        ("make check T={target}", "Makefile", "", "Makefile says what make runs"),
        ("make check T={target}", "Makefile", "Makefile", ""),
        ("cd web && yarn test {target}", "", "", "yarn needs package.json"),
        ("tox -e py -- {target}", "tox.ini", "tox.ini", ""),
        ("echo 'unbalanced {target}", "", "", ""),
    ],
)
def test_problems(tmp_path: Path, runner: str, there: str, frozen: str, why: str) -> None:
    if there:
        (tmp_path / there).touch()
    found = find_problem(runner, str(tmp_path), {frozen})
    assert found.startswith(why) and bool(found) == bool(why)
