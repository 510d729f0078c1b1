"""Make the man page of the commands' own help: `scripts/make_man.py [FILE]`.

Without FILE it is written to `docs/handoff.1`. Run it after a change of a command's help; a test
compares.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import click

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "handoff.1"
FILES = (
    ("~/.config/handoff/config.yaml", "the configuration; `handoff config` shows it"),
    ("~/.local/state/handoff/", "the state directory, with the log in log/handoff.log"),
    (".handoff/open/, .handoff/done/", "the briefs of a repository"),
)
ENVIRONMENT = (
    ("HANDOFF_HOME", "the state directory, as an absolute path"),
    ("VISUAL, EDITOR", "the editor of `handoff commit --edit`"),
)


def make() -> str:
    """The page, in roff."""
    from handoff import __version__
    from handoff.cli import cli
    from handoff.cli.groups import EXIT_CODES, MORE

    sections = [
        f'.TH HANDOFF 1 "" "handoff {__version__}" "User Commands"',
        f".SH NAME\nhandoff \\- {escape('hand a Claude Code session over to a fresh one')}",
        ".SH SYNOPSIS\n.B handoff\n.I COMMAND\n[\\fIOPTIONS\\fR] [\\fIARGUMENTS\\fR]",
        ".SH DESCRIPTION\n" + paragraphs(cli.help or ""),
    ]
    listed = [*cli.sections(), ("More", [(n, cli.commands[n]) for n in MORE if n in cli.commands])]
    for title, commands in listed:
        sections.append(f".SH {title.upper()}")
        sections += [
            describe(name, found) for one, command in commands for name, found in walk(one, command)
        ]
    sections += [
        ".SH EXIT STATUS\n" + table(EXIT_CODES),
        ".SH ENVIRONMENT\n" + table(ENVIRONMENT),
        ".SH FILES\n" + table(FILES),
        ".SH SEE ALSO\n.BR claude (1),\n.BR git (1)",
    ]
    return "\n".join(sections) + "\n"


def walk(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    """A command and those inside it, with the words that name them."""
    import click

    yield name, command
    if isinstance(command, click.Group):
        for inner, found in sorted(command.commands.items()):
            yield from walk(f"{name} {inner}", found)


def describe(name: str, command: click.Command) -> str:
    """A command's part of the page."""
    import click

    from handoff.cli import cli

    context = click.Context(command, info_name=name, **cli.context_settings)
    usage = " ".join(["handoff", name, *command.collect_usage_pieces(context)])
    options = [
        (record[0], record[1])
        for one in command.params
        if isinstance(one, click.Option) and (record := one.get_help_record(context))
    ]
    examples = "\n".join(map(escape, getattr(command, "examples", ())))
    parts = [f".SS {escape(usage)}", paragraphs(command.help or ""), table(options)]
    if examples:
        parts.append(f".PP\nExamples:\n.PP\n.RS 4\n.nf\n{examples}\n.fi\n.RE")
    return "\n".join(part for part in parts if part)


def paragraphs(text: str) -> str:
    """Paragraphs of plain text."""
    blocks = (" ".join(block.split()) for block in text.split("\n\n"))
    return "\n.PP\n".join(escape(block) for block in blocks if block)


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Names with what they mean."""
    return "\n".join(f".TP\n.B {escape(name)}\n{escape(words)}" for name, words in rows)


def escape(text: str) -> str:
    """Plain text in roff; what is quoted in backticks is bold."""
    plain = text.replace("\\", "\\e").replace("-", "\\-")
    plain = re.sub(r"`([^`]+)`", r"\\fB\1\\fR", plain)
    return re.sub(r"^([.'])", r"\\&\1", plain, flags=re.MULTILINE)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT / "plugin"))
    to = Path(sys.argv[1]) if sys.argv[1:] else PAGE
    to.parent.mkdir(parents=True, exist_ok=True)
    to.write_text(make(), "utf-8")
