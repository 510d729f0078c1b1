"""`handoff redact` as a filter, and the user's own patterns in the configuration."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from handoff.config import config_file
from support.paths import ROOT
from support.secret_table import make_secret

if TYPE_CHECKING:
    from pathlib import Path

FILTER = "import sys; from handoff.cli import main; sys.argv = ['handoff', 'redact']; main()"


def load(path: Path, text: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The patterns in force, and what is wrong."""
    path.write_text(text)
    config, problems = config_file.load([str(path)])
    return config.redact_patterns, [str(problem).removeprefix(f"{path}:") for problem in problems]


def filtered(data: bytes, home: Path) -> subprocess.CompletedProcess[bytes]:
    """`handoff redact` in a process of its own, with a home of its own."""
    env = {"PATH": os.defpath, "HOME": str(home), "PYTHONPATH": str(ROOT / "plugin")}
    return subprocess.run(
        [sys.executable, "-c", FILTER], input=data, env=env, cwd=home, capture_output=True
    )


def test_without_configuration_there_are_no_own_patterns(tmp_path: Path) -> None:
    """Nothing besides what everybody has redacted."""
    assert load(tmp_path / "config.yaml", "mode: write\n") == ([], [])


def test_a_pattern_has_a_kind_of_its_own_or_none(tmp_path: Path) -> None:
    """A bare expression, and one with the name that its mark shall say."""
    text = "redact:\n  patterns:\n    - 'ACME-[0-9]{8}'\n    - employee: 'E-[0-9]{6}'\n"

    patterns, problems = load(tmp_path / "config.yaml", text)

    assert patterns == [("custom pattern", "ACME-[0-9]{8}"), ("employee", "E-[0-9]{6}")]
    assert problems == []


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("'(unclosed'", "is not a valid regular expression"),
        ("'a*'", "matches the empty string"),
        ("''", "must be a regular expression"),
        ("[a, b]", "must be a regular expression"),
        ("{a: b, c: d}", "must be a regular expression"),
        ("'bad]kind': 'x'", "has an invalid kind"),
        (f"'{'a' * 501}'", "is over 500 characters"),
    ],
)
def test_a_mistake_is_named_and_the_others_count(tmp_path: Path, entry: str, words: str) -> None:
    """With its line and its number in the list."""
    text = f"redact:\n  patterns:\n    - 'first-1'\n    - {entry}\n    - 'third-3'\n"

    patterns, problems = load(tmp_path / "config.yaml", text)

    assert [pattern for _, pattern in patterns] == ["first-1", "third-3"]
    assert len(problems) == 1
    assert problems[0].startswith("4: redact.patterns: entry 2 ")
    assert words in problems[0]


def test_patterns_that_are_no_list_are_named(tmp_path: Path) -> None:
    """The key keeps its default."""
    patterns, problems = load(tmp_path / "config.yaml", "redact:\n  patterns: 'x'\n")

    assert patterns == []
    assert problems == ["2: redact.patterns must be a list of regular expressions"]


def test_the_team_sets_no_patterns(tmp_path: Path) -> None:
    """A pattern of somebody else's could blank the user's briefs, or hang them."""
    team = tmp_path / "team.yaml"
    team.write_text("redact:\n  patterns: ['.']\n")

    config, problems = config_file.load([str(tmp_path / "user.yaml"), str(team)])

    assert config.redact_patterns == []
    assert "cannot be set in the team's file" in str(problems[0])


def test_the_filter_copies_bytes_and_lines(tmp_path: Path) -> None:
    """Bytes that are no UTF-8, carriage returns and a missing last line's end stay."""
    secret = make_secret("ghp_{w36}", random.Random(1)).encode()

    ran = filtered(b"caf\xe9 \xff\r\nx " + secret + b"\r\n\r\nend", tmp_path)

    assert ran.stdout == b"caf\xe9 \xff\r\nx [redacted: github token]\r\n\r\nend"
    assert (ran.stderr, ran.returncode) == (b"", 0)


def test_the_filter_obeys_the_user_and_names_mistakes(tmp_path: Path) -> None:
    """The good pattern works, the bad one is told on stderr."""
    place = tmp_path / ".config" / "handoff"
    place.mkdir(parents=True)
    (place / "config.yaml").write_text("redact:\n  patterns:\n    - 'ACME-[0-9]{3}'\n    - '('\n")

    ran = filtered(b"by ACME-123\n", tmp_path)

    assert ran.stdout == b"by [redacted: custom pattern]\n"
    assert (
        b"config.yaml:4: redact.patterns: entry 2 is not a valid regular expression" in ran.stderr
    )
    assert ran.returncode == 0


def test_the_library_is_loaded_only_where_it_is_needed(tmp_path: Path) -> None:
    """Its import takes 100 ms; what it alone knows is found with it."""
    password = make_secret("AP6{w20}", random.Random(2))
    code = (
        "import sys; from handoff.redact.redact import redact\n"
        "redact('an ordinary text, key = value, and AP6 alone')\n"
        "print('detect_secrets' in sys.modules)\n"
        f"print(redact('artifactory {password} x')); print('detect_secrets' in sys.modules)\n"
    )
    env = {"PATH": os.defpath, "HOME": str(tmp_path), "PYTHONPATH": str(ROOT / "plugin")}

    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)

    first, redacted, *_ = ran.stdout.splitlines()
    assert first == "False"
    assert password not in redacted
