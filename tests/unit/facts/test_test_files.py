"""Which files are tests by the conventions of the ecosystems, and what configures them."""

from __future__ import annotations

import sys

import pytest

from handoff.facts import test_files

TESTS = [
    "tests/test_notes.py", "tests/data/in.json", "test_a.py", "a_test.py", "src/pkg/a_test.go",
    "web/a.test.ts", "web/a.spec.jsx", "web/__tests__/a.js", "web/__snapshots__/a.js.snap",
    "spec/models/user_spec.rb", "src/test/java/AppTest.java", "src/AppIT.java",
    "tests/AppTest.php", "App.Tests/UserTests.cs", "test/a_test.exs", "lib/a_test.dart",
    "check.bats", "features/a.feature", "e2e/login.ts", "cypress/x.js", "t/basic.t",
]  # fmt: skip
CONFIGURATION = [
    "conftest.py", "src/deep/conftest.py", "pytest.ini", "tox.ini", "jest.config.js",
    "vitest.config.mts", "playwright.config.ts", ".mocharc.json", "phpunit.xml", ".rspec",
    "sitecustomize.py", "noxfile.py", "package.json", "pyproject.toml", "setup.cfg",
    "vitest.e2e.config.ts",
]  # fmt: skip
WORK = [
    "app.py", "src/latest.py", "contest.py", "Makefile", "src/testing_ground.go",
    "attestation.rb", "web/spec.ts", "README.md", "node_modules/x/test/a.js",
    "vendor/a/a_test.go", ".handoff/specs/a/spec.md",
]  # fmt: skip


@pytest.mark.parametrize("path", TESTS)
def test_tests(path: str) -> None:
    """A test, or what tests read, is one by its name or its folder's."""
    assert test_files.is_test_file(path)
    assert not test_files.is_test_configuration(path)


@pytest.mark.parametrize("path", CONFIGURATION)
def test_configuration(path: str) -> None:
    """What tells programs how to run tests is frozen like tests."""
    assert test_files.is_test_configuration(path)
    assert test_files.is_test_file(path)


@pytest.mark.parametrize("path", WORK)
def test_work(path: str) -> None:
    """The work itself, installed packages and our own folder are not."""
    assert not test_files.is_test_file(path)


def test_settings() -> None:
    """Of a file that is about more than tests only what it says of tests counts."""
    settings = test_files.settings_of
    package = b'{"scripts": {"test": "jest"}, "dependencies": {}}'
    more = b'{"dependencies": {"left-pad": "1"}, "scripts": {"test": "jest"}}'
    assert settings("package.json", package) == settings("a/package.json", more)
    assert settings("package.json", package) != settings("package.json", b'{"scripts": {}}')
    assert settings("package.json", package) != settings("package.json", b"broken")
    cfg = b"[metadata]\nname = a\n[tool:pytest]\naddopts = -q\n"
    assert settings("setup.cfg", cfg) == settings("setup.cfg", cfg.replace(b"= a", b"= b"))
    assert settings("setup.cfg", cfg) != settings("setup.cfg", cfg.replace(b"-q", b"--co"))
    assert settings("conftest.py", b"a") != settings("conftest.py", b"b")


@pytest.mark.skipif(sys.version_info < (3, 11), reason="this Python reads no TOML")
def test_settings_of_pyproject() -> None:
    """However the tables are written."""
    table = b'[project]\nname = "a"\n[tool.pytest.ini_options]\naddopts = "-q"\n'
    dotted = b'[tool]\npytest.ini_options.addopts = "-q"\n'
    assert test_files.settings_of("pyproject.toml", table) == test_files.settings_of(
        "pyproject.toml", dotted
    )
