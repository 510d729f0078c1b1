"""How the command line is laid out: commands in groups, with examples, and help for a typo."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# A name without a command is passed over.
GROUPS = (
    ("Daily", ("status", "list", "show", "write", "pickup", "done")),
    ("Run", ("start", "relay", "run", "wait", "verify")),
    ("Build", ("spec", "build")),
    ("Look back", ("recall", "why", "usage")),
    ("Team", ("push", "claim", "trust")),
    ("Tidy", ("drop", "prune", "commit")),
    ("Setup", ("install", "doctor", "config", "providers")),
)
MORE = ("completion", "demo", "session", "statusline")
EXIT_CODES = (
    ("0", "success"),
    ("1", "something you can fix; the message says how"),
    ("2", "wrong usage"),
    ("3", "a bug in handoff; the message names its log file"),
    ("130", "stopped by Ctrl-C"),
)


class Command(click.Command):
    """A command with examples, which its help shows last."""

    def __init__(self, *args: Any, examples: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, each on its own line."""
        super().format_epilog(ctx, formatter)
        _write_examples(self.examples, formatter)


class Group(click.Group):
    """A command with commands of its own. A name that it does not know gets the nearest one."""

    command_class = Command

    def __init__(self, *args: Any, examples: Sequence[str] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.examples = tuple(examples)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command that the first of `args` names. Raises UsageError when there is none."""
        name = args[0]
        if self.get_command(ctx, name) is None and not name.startswith("-"):
            ctx.fail(f"No such command {name[:40]!r}.{self._suggest(ctx, name)}")
        return super().resolve_command(ctx, args)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, each on its own line."""
        super().format_epilog(ctx, formatter)
        _write_examples(self.examples, formatter)

    def _suggest(self, ctx: click.Context, name: str) -> str:
        from difflib import get_close_matches

        shown = [known for known in self.list_commands(ctx) if not self.commands[known].hidden]
        near = get_close_matches(name[:40], shown, n=1)
        return f" Did you mean {near[0]!r}?" if near else ""


class MainGroup(Group):
    """The command line as a whole: its help has the commands in `GROUPS`, then the exit codes."""

    group_class = Group

    def sections(self) -> Iterator[tuple[str, list[tuple[str, click.Command]]]]:
        """Each group with its commands, as far as there are any."""
        for title, names in GROUPS:
            present = [(name, self.commands[name]) for name in names if name in self.commands]
            if present:
                yield title, present

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - the signature is click's
        formatter: click.HelpFormatter,
    ) -> None:
        """One list for each group, in the same columns, and the names of the rest."""
        sections = list(self.sections())
        width = max((len(name) for _, rows in sections for name, _ in rows), default=0)
        for title, rows in sections:
            with formatter.section(title):
                formatter.write_dl([
                    (name.ljust(width), short_help(command))
                    for name, command in rows
                ])  # fmt: skip
        more = [name for name in MORE if name in self.commands]
        if more:
            formatter.write_paragraph()
            formatter.write_text(f"More: {', '.join(more)}")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands, the options, and the exit codes."""
        self.format_commands(ctx, formatter)
        click.Command.format_options(self, ctx, formatter)
        with formatter.section("Exit codes"):
            formatter.write_dl(EXIT_CODES)


def short_help(command: click.Command) -> str:
    """A command's help in one line, without a full stop."""
    return command.get_short_help_str(limit=200).rstrip(".")


def _write_examples(examples: Sequence[str], formatter: click.HelpFormatter) -> None:
    if examples:
        with formatter.section("Examples"):
            for example in examples:
                formatter.write(f"{'':{formatter.current_indent}}{example}\n")
