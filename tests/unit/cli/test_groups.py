"""The help: commands in groups, whole at 80 columns, with examples that the command line takes."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

import click
import pytest

from handoff.cli import cli
from handoff.cli.groups import EXIT_CODES, GROUPS, MORE, short_help

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.program import Program

HIDDEN = {"hook", "lint", "redact", "enter", "idle"}
TO_COME = {"install"}


def walk(group: click.Group, before: str = "") -> Iterator[tuple[str, click.Command]]:
    """All commands with the words that name them."""
    for name, command in group.commands.items():
        yield f"{before}{name}", command
        if isinstance(command, click.Group):
            yield from walk(command, f"{before}{name} ")


COMMANDS = dict(walk(cli))
VISIBLE = {name: command for name, command in COMMANDS.items() if not command.hidden}


def test_every_command_has_its_place() -> None:
    """Each is in one group, among the rest, or hidden; at most 26 are listed with their help."""
    grouped = [name for _, names in GROUPS for name in names]

    assert len(grouped) == len({*grouped, *MORE}) - len(MORE) <= 26
    assert {*grouped, *MORE, *HIDDEN} - TO_COME == {*cli.commands} - TO_COME
    assert {name for name, command in cli.commands.items() if command.hidden} == HIDDEN


def test_the_first_page(handoff: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is cut off at 80 columns; the commands end with the names of the rest, and the page
    with the exit codes.
    """
    monkeypatch.setenv("COLUMNS", "80")
    assert handoff("--help") == 0

    lines = handoff.out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "..." not in handoff.out.partition("\n")[2]
    assert [line for line in lines if line.startswith("More: ")]
    for title, names in GROUPS:
        at = lines.index(f"{title}:")
        listed = [line.split()[0] for line in lines[at + 1 : at + 1 + len(names)] if line]
        assert [name for name in names if name in cli.commands] == listed[: len(names)]
    assert lines[-len(EXIT_CODES) - 1] == "Exit codes:"


@pytest.mark.parametrize("name", VISIBLE)
def test_each_is_described(name: str, handoff: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line under 60 characters, with every option explained and at least one example; the
    page fits 80 columns.
    """
    monkeypatch.setenv("COLUMNS", "80")
    command = VISIBLE[name]

    assert 8 < len(short_help(command)) < 60
    assert short_help(command)[0].isupper()
    assert handoff(*name.split(), "-h") == 0
    assert max(map(len, handoff.out.splitlines())) <= 80
    assert name == "session" or "\nExamples:\n  handoff " in handoff.out
    for option in command.params:
        if isinstance(option, click.Option) and not option.hidden:
            assert (option.help or "")[:1].isupper(), option.name


@pytest.mark.parametrize("name", VISIBLE)
def test_examples_are_calls_that_it_takes(name: str) -> None:
    """With the options that there are, and as many arguments as it needs."""
    for example in getattr(VISIBLE[name], "examples", ()):
        words = shlex.split(re.split("[<>]", example)[0])
        assert " ".join(words).startswith(f"handoff {name}")
        command: click.Command = cli
        rest = words[1:]
        while isinstance(command, click.Group) and rest and rest[0] in command.commands:
            command = command.commands[rest.pop(0)]
        with click.Context(command, info_name=name, **cli.context_settings) as context:
            command.parse_args(context, rest)


@pytest.mark.parametrize(
    ("words", "hint"),
    [
        (["lsit"], "No such command 'lsit'. Did you mean 'list'?"),
        (["session", "mod"], "No such command 'mod'. Did you mean 'mode'?"),
        (["providers", "chekc"], "No such command 'chekc'. Did you mean 'check'?"),
        (["snapshot"], "No such command 'snapshot'."),
        (["hok"], "No such command 'hok'."),
        (["list", "--al"], "No such option"),
        (["list", "--al"], "--all"),
    ],
)
def test_a_typo_gets_the_nearest_name(handoff: Program, words: list[str], hint: str) -> None:
    """Of those that are shown; exit code 2."""
    assert handoff(*words) == 2
    assert hint in handoff.err
    assert "Did you mean 'hook'" not in handoff.err


def test_the_version(handoff: Program) -> None:
    """By its short option too."""
    assert handoff("-V") == 0
    short = handoff.out
    assert handoff("--version") == 0
    assert short == handoff.out


MEANINGS = {"--json", "--force", "--yes", "--worktree", "--model", "--session"}


@pytest.mark.parametrize("option", sorted(MEANINGS))
def test_an_option_of_one_name_takes_the_same_everywhere(option: str) -> None:
    """A flag is a flag in every command, and a value has the same name."""
    kinds = {
        (one.is_flag, one.metavar)
        for command in VISIBLE.values()
        for one in command.params
        if isinstance(one, click.Option) and option in one.opts
    }
    assert len(kinds) == 1
