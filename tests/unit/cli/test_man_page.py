"""The man page: made of the commands, whole, as it is committed, and roff that a reader takes."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
from typing import Any

import click
import pytest

from handoff.cli import cli
from support.paths import ROOT

SCRIPT = ROOT / "scripts" / "make_man.py"


def load() -> Any:
    spec = importlib.util.spec_from_file_location("make_man", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


MAN = load()


def test_it_is_up_to_date() -> None:
    """Nobody writes it by hand."""
    assert MAN.PAGE.read_text("utf-8") == MAN.make(), "run scripts/make_man.py"


def test_every_visible_command_is_in_it() -> None:
    """With all its options; the hidden ones are not."""
    page = MAN.make()
    for name, command in cli.commands.items():
        assert (f'.SS handoff {name} ' in page or f".SS handoff {name}\n" in page
                ) is not command.hidden  # fmt: skip
        for option in command.params if not command.hidden else ():
            if isinstance(option, click.Option) and not option.hidden:
                assert MAN.escape(option.opts[0]) in page
    for code in ("0", "1", "2", "3", "130"):
        assert f".TP\n.B {code}\n" in page


@pytest.mark.parametrize(
    ("text", "roff"),
    [
        ("--json", "\\-\\-json"),
        (".handoff is", "\\&.handoff is"),
        ("'x' and `git log`", "\\&'x' and \\fBgit log\\fR"),
        ("a\\b", "a\\eb"),
    ],
)
def test_plain_text_stays_plain(text: str, roff: str) -> None:
    """What roff would take for a request or an escape is none."""
    assert MAN.escape(text) == roff


@pytest.mark.skipif(not shutil.which("groff"), reason="groff is not installed")
def test_it_is_valid() -> None:
    """groff has no warning about it."""
    ran = subprocess.run(
        ["groff", "-man", "-Tutf8", "-ww", "-z", str(MAN.PAGE)], capture_output=True, text=True
    )
    assert (ran.returncode, ran.stderr) == (0, "")
