"""What is written down of the command line elsewhere is as the command line has it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

from handoff.authoring import model
from handoff.cli import browse, cli
from handoff.config import presets
from handoff.facts import own_calls
from handoff.hooks import permissions, rescue_sent_briefs
from handoff.maintenance import listing

ROOT = Path(__file__).parents[3]
TEXTS = (
    *(ROOT / name for name in ("README.md", "install.sh", "bin/handoff")),
    *sorted(
        path
        for folder in ("docs", "commands", "hooks")
        for path in (ROOT / folder).iterdir()
        if path.is_file()
    ),
    *sorted((ROOT / "plugin").rglob("*.py")),
)
# A call in a text ends with the line, the quotation, or a shell's next command.
CALL = re.compile(r"(?<![\w/.@:-])handoff (?P<verb>[a-z][a-z-]+)(?P<rest>[^`\"\n;|&]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*[a-z]")
# Without text there is nothing that a hook could store.
OF_SNAPSHOTS = {"--from-facts", "--transcript", "--stdout", "--max-chars"}
VALUES: dict[str, Any] = {"--kind": "task", "--effort": presets.EFFORTS[0], "--budget-usd": 1.5,
                          "--max-turns": 7}  # fmt: skip


def takes_value(option: click.Parameter) -> bool:
    """Whether an option stands before a value."""
    return isinstance(option, click.Option) and not option.is_flag and not option.count


def options_of(command: click.Command) -> dict[str, click.Parameter]:
    """The options of a command by each of their names."""
    given = [one for one in command.params if isinstance(one, click.Option)]
    return {name: one for one in given for name in (*one.opts, *one.secondary_opts)}


@pytest.mark.parametrize("verb", [*permissions.APPROVED])
def test_approved_calls_are_read_as_the_command_line_reads_them(verb: str) -> None:
    """An option that stands before a value does so for both: what was checked is what runs."""
    known = options_of(cli.commands[verb])
    flags = [name for name in permissions.APPROVED[verb] if not takes_value(known[name])]
    for name in permissions.APPROVED[verb]:
        option = known[name]
        words = [name] if name in flags else [name, str(_value(name, option))]
        call = own_calls.parse(f"handoff {verb} {' '.join(words)}")
        assert call is not None
        assert call.options == [name]
        assert call.values(*flags) == ({} if name in flags else {name: [words[1]]})
        context = click.Context(cli.commands[verb], resilient_parsing=True, **cli.context_settings)
        parsed, rest, _ = cli.commands[verb].make_parser(context).parse_args(list(words))
        assert rest == []
        assert name in flags or parsed[option.name] in (words[1], [words[1]])
        assert option.name in parsed


def _value(name: str, option: click.Parameter) -> object:
    kind = option.type
    return VALUES.get(name, kind.choices[0] if isinstance(kind, click.Choice) else 5)


def test_verbs_that_read_standard_input_alone_have_one_operand() -> None:
    """What such a verb opens is named by its operand, and by no option that is approved."""
    for verb in permissions._STDIN_ONLY:
        (operand,) = (one for one in cli.commands[verb].params if isinstance(one, click.Argument))
        assert operand.nargs == 1
        assert not operand.required


def test_a_brief_is_stored_with_the_options_that_it_was_sent_with() -> None:
    """A hook that stores what `handoff write` could not reads the same from the call."""
    options = options_of(cli.commands["write"])
    flags = {name for name, option in options.items() if not takes_value(option)}
    assert set(rescue_sent_briefs._FLAGS) == flags

    plain = model.WriteOptions("continue")
    wanted = {
        "--kind": replace(plain, kind="task"),
        "--label": replace(plain, labels=("5",)),
        "--for": replace(plain, model="5"),
        "--verify": replace(plain, verify=("5",)),
        "--goal": replace(plain, goal="5"),
        "--effort": replace(plain, target={"effort": VALUES["--effort"]}),
        "--budget-usd": replace(plain, target={"budget_usd": 1.5}),
        "--max-turns": replace(plain, target={"max_turns": 7}),
        "--shared": replace(plain, shared=True),
        "--json": plain,
    }
    assert wanted.keys() == options.keys() - {"--session", *OF_SNAPSHOTS}
    for name, orders in wanted.items():
        value = "" if name in flags else f" {_value(name, options[name])}"
        call = own_calls.parse(f"handoff write {name}{value}")
        assert call is not None
        assert rescue_sent_briefs._orders(call) == orders


def test_states_of_briefs() -> None:
    """`list` takes those that it shows."""
    assert browse.STATES == listing.STATES


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_calls_in_texts(path: Path) -> None:
    """Documentation, prompts and messages name verbs and options that there are."""
    text = path.read_text()
    quoted = re.findall(r"`handoff ([a-z][a-z-]+)[^`\n]*`", text)
    assert set(quoted) <= cli.commands.keys()
    for call in CALL.finditer(text):
        command: click.Command | None = cli.commands.get(call["verb"])
        words = call["rest"].split()
        if isinstance(command, click.Group) and words and words[0] in command.commands:
            command = command.commands[words[0]]
        if command is not None:
            named = OPTION.findall(call["rest"].partition(" -- ")[0])
            assert {*named} <= {*options_of(command), "--help"}, call[0]


def test_options_that_the_slash_command_offers() -> None:
    """`/handoff` hands them to `handoff write` as they are."""
    text = (ROOT / "commands/handoff.md").read_text()
    offered = {*OPTION.findall(text)}
    assert offered <= options_of(cli.commands["write"]).keys()
    assert offered <= {*permissions.APPROVED["write"]}
