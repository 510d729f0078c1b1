"""What `PreToolUse` approves: one call of the plugin's own command line, and nothing else."""

from __future__ import annotations

import json
import os
import pwd
import shlex
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.cli.console import cli
from handoff.client.hook_io import Payload
from handoff.facts import own_calls
from handoff.hooks import gate, permissions
from handoff.hooks.event import Event
from handoff.hooks.permissions import is_own
from handoff.install import launcher as install_launcher
from handoff.runtime import Runtime

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

SHELLS = [shell for shell in ("bash", "dash", "zsh") if shutil.which(shell)]

# A command, the arguments that handoff must be given, what it must read.
OWN: list[tuple[str, list[str], str]] = [
    ("handoff list", ["list"], ""),
    ("handoff list --all --json", ["list", "--all", "--json"], ""),
    ("  handoff   status\t--json  ", ["status", "--json"], ""),
    ("\nhandoff list\n\n", ["list"], ""),
    ("handoff write", ["write"], ""),
    ("handoff lint --json <<'B'\n# T\nB", ["lint", "--json"], "# T\n"),
    (
        "handoff write --kind task --effort high --budget-usd 2 --max-turns=60",
        ["write", "--kind", "task", "--effort", "high", "--budget-usd", "2", "--max-turns=60"],
        "",
    ),
    ("handoff wait 9f3a --timeout 600", ["wait", "9f3a", "--timeout", "600"], ""),
    ("handoff write --goal 'faster CLI'", ["write", "--goal", "faster CLI"], ""),
    (
        "handoff recall 9f3a why is 'the lock' needed --max-tokens 900",
        ["recall", "9f3a", "why", "is", "the lock", "needed", "--max-tokens", "900"],
        "",
    ),
    (
        'handoff recall 9f3a --file src/a.py --command "pytest -q" --around=12 --json',
        ["recall", "9f3a", "--file", "src/a.py", "--command", "pytest -q", "--around=12", "--json"],
        "",
    ),
    ("handoff done 20261122-073812-a-9f3a", ["done", "20261122-073812-a-9f3a"], ""),
    ("handoff done 9f --outcome '$done; `yes`'", ["done", "9f", "--outcome", "$done; `yes`"], ""),
    (
        'handoff done 9f --outcome "it\'s > done & dusted"',
        ["done", "9f", "--outcome", "it's > done & dusted"],
        "",
    ),
    ("handoff done 9f --outcome -", ["done", "9f", "--outcome", "-"], ""),
    ("handoff done 9f --outcome ''", ["done", "9f", "--outcome", ""], ""),
    (
        "handoff done 9f --outcome - <<'OUTCOME'\nAll 12 pass.\nOUTCOME",
        ["done", "9f", "--outcome", "-"],
        "All 12 pass.\n",
    ),
    ("handoff write <<'BRIEF'\n# T\n## Task\nx\nBRIEF", ["write"], "# T\n## Task\nx\n"),
    ("handoff write <<'BRIEF'\n# T\nBRIEF\n\n", ["write"], "# T\n"),
    ("handoff write << 'BRIEF' \n# T\nBRIEF", ["write"], "# T\n"),
    (
        'handoff write <<"BRIEF"\n$HOME `id` $(id) \\ !! * \\\nBRIEF',
        ["write"],
        "$HOME `id` $(id) \\ !! * \\\n",
    ),
    ("handoff write <<'E_1'\n\n\nE_1", ["write"], "\n\n"),
    ("handoff write <<'BRIEF'\nBRIEF", ["write"], ""),
    (
        "handoff write <<'BRIEF'\n BRIEF\nBRIEF \nBRIEF;\n\tBRIEF\n'BRIEF'\nBRIEF",
        ["write"],
        " BRIEF\nBRIEF \nBRIEF;\n\tBRIEF\n'BRIEF'\n",
    ),
    (
        "handoff write <<'BRIEF'\n<<'OTHER'\nrm -rf x\nOTHER\nBRIEF",
        ["write"],
        "<<'OTHER'\nrm -rf x\nOTHER\n",
    ),
    (
        "handoff write --kind task --label a --label=b --for opus --verify 'pytest -q x' --json"
        " <<'BRIEF'\nµ “q” 日本 🎉\nBRIEF",
        [
            *("write", "--kind", "task", "--label", "a", "--label=b", "--for", "opus"),
            *("--verify", "pytest -q x", "--json"),
        ],
        "µ “q” 日本 🎉\n",
    ),
    (
        "handoff write --label a,b:c@d%e+f/g.h_i-j=k",
        ["write", "--label", "a,b:c@d%e+f/g.h_i-j=k"],
        "",
    ),
    (
        "handoff write '--json' --label \"a b\" <<'B'\nx\nB",
        ["write", "--json", "--label", "a b"],
        "x\n",
    ),
    (
        "handoff write --label 'a  {b,c} * ? [d] ~ =ls !! # <(x) ; |'",
        ["write", "--label", "a  {b,c} * ? [d] ~ =ls !! # <(x) ; |"],
        "",
    ),
]

HEREDOC = "handoff write <<'BRIEF'\nx\nBRIEF"
NOT_OWN: list[str] = [
    # nothing, or nearly
    "",
    " ",
    "\n",
    "handoff",
    "handoff ",
    "#handoff list",
    # what opens a path, or any session
    "handoff lint /etc/passwd",
    "handoff lint --json x",
    "handoff lint ''",
    "handoff lint --session 1234",
    "handoff show /etc/passwd",
    "handoff commit --edit 9f3a",
    "handoff doctor --fetch-tokens",
    "handoff recall --transcript /etc/passwd x",
    "handoff recall 9f3a --transcript=/etc/passwd x",
    "handoff recall --session 1234 x",
    "handoff recall -- --session 1234 x",
    "handoff recall 9f3a x > y",
    # a second command
    "handoff list; rm -rf x",
    "handoff list;rm x",
    "handoff list ;",
    "handoff list && rm x",
    "handoff list || rm x",
    "handoff list | sh",
    "handoff list |& sh",
    "handoff list & rm x",
    "handoff list &",
    "rm x; handoff list",
    "true && handoff list",
    "! handoff list",
    "time handoff list",
    "{ handoff list; }",
    "(handoff list)",
    "if handoff list; then rm x; fi",
    "cd /tmp && handoff write <<'B'\nx\nB",
    # lines
    "handoff list\nrm x",
    "handoff list\n\nrm x",
    "rm x\nhandoff list",
    "handoff list \\\n; rm x",
    "handoff \\\nlist",
    "handoff write --label 'a\nb'",
    "handoff list\r\nrm x",
    "handoff list\rrm x",
    "handoff list\x0brm",
    "handoff list\x0c",
    "handoff list\x85rm",
    "handoff list\u2028rm x",
    "handoff list\0",
    "handoff write <<'BRIEF'\nx\0y\nBRIEF",
    "handoff write <<'BRIEF'\r\nx\r\nBRIEF",
    # what a shell expands
    "handoff done $(rm x)",
    "handoff done `rm x`",
    "handoff done ${HOME}",
    "handoff done $HOME",
    "handoff done $'a\\nb'",
    'handoff done $"a"',
    "handoff done $((1+1))",
    'handoff done "$(rm x)"',
    'handoff done "`rm x`"',
    'handoff done "$HOME"',
    'handoff done "a\\"; rm x; \\""',
    'handoff done "!!"',
    "handoff done !!",
    "handoff done !rm",
    "handoff done ^a^b",
    "handoff done <(rm x)",
    "handoff done >(rm x)",
    "handoff done =(rm x)",
    "handoff done =rm",
    "handoff done ~/x",
    "handoff done ~root",
    "handoff done {a,b}",
    "handoff done {1..9}",
    "handoff done *",
    "handoff done ?",
    "handoff done [a-z]",
    "handoff done a*(e:rm:)",
    "handoff done a#b",
    "handoff list # rm",
    "handoff done \\a",
    # redirects
    "handoff list > x",
    "handoff list >x",
    "handoff list >> x",
    "handoff list >| x",
    "handoff list 2> x",
    "handoff list 2>&1",
    "handoff list &> x",
    "handoff list <> x",
    "handoff write < /etc/passwd",
    "handoff write <&3",
    "handoff list > x <<'B'\ny\nB",
    # here-documents
    "handoff write <<BRIEF\n$(rm x)\nBRIEF",
    "handoff write <<\\BRIEF\nx\nBRIEF",
    "handoff write <<B'RIEF'\nx\nBRIEF",
    "handoff write <<'BR'IEF\nx\nBRIEF",
    "handoff write <<'BRIEF\"\nx\nBRIEF",
    "handoff write <<'BRIEF'\nx",
    "handoff write <<'BRIEF'",
    "handoff write <<'BRIEF'\nx\nBRIEF\nrm x",
    "handoff write <<'BRIEF'\nx\nBRIEF\nrm x\nBRIEF",
    "handoff write <<'BRIEF'\nBRIEF\nrm x\nBRIEF",
    "handoff write <<'BRIEF'\nx\nBRIEF ",
    "handoff write <<'BRIEF'\nx\nBRIEF; rm x",
    "handoff write <<'BRIEF'\nx\n BRIEF",
    "handoff write <<'BRIEF'; rm x\nx\nBRIEF",
    "handoff write <<'BRIEF' && rm x\nx\nBRIEF",
    "handoff write <<'BRIEF' | sh\nrm x\nBRIEF",
    "handoff write <<'BRIEF' > x\nx\nBRIEF",
    "handoff write <<'BRIEF' --session y\nx\nBRIEF",
    "handoff write <<-'BRIEF'\n\trm x\n\tBRIEF\nrm x\nBRIEF",
    "handoff write <<-'BRIEF'\nx\nBRIEF",
    "handoff write <<'A' <<'B'\nx\nA\ny\nB",
    "handoff write <<'A'\nx\nA\nhandoff write <<'B'\ny\nB",
    "handoff write <<<'x'",
    "handoff write <<< $(rm x)",
    "handoff write <<''\nx\n\n",
    "handoff write <<'A B'\nx\nA B",
    "handoff write <<'$(rm x)'\nx\n$(rm x)",
    "handoff write 3<<'BRIEF'\nx\nBRIEF",
    "handoff write --json<<'BRIEF'\nx\nBRIEF",
    "handoff write --label 'a<<'BRIEF'\nx\nBRIEF",
    "<<'BRIEF' handoff write\nx\nBRIEF",
    "sh <<'BRIEF'\nhandoff list\nBRIEF",
    # another program, or perhaps
    "/usr/bin/handoff list",
    "./handoff list",
    "bin/handoff list",
    "~/bin/handoff list",
    "\\handoff list",
    "'handoff' list",
    '"handoff" list',
    "hand''off list",
    "handoff.sh list",
    "handoffx list",
    "Handoff list",
    "HANDOFF list",
    "=handoff list",
    "env handoff list",
    "PATH=. handoff list",
    "A=1 handoff list",
    "sudo handoff list",
    "command handoff list",
    "exec handoff list",
    "builtin handoff list",
    "alias handoff=rm; handoff list",
    "$HANDOFF list",
    "handoff() { rm x; }; handoff list",
    "handoff () list",
    "handoff=rm list",
    "rm handoff list",
    # characters that look alike
    "h\u0430ndoff list",
    "handoff\u00a0list",
    "handoff list\u00a0--all",
    "handoff\u3000list",
    "\u200bhandoff list",
    "handoff list\u200b",
    "\ufeffhandoff list",
    "handoff list \u037e rm x",
    "handoff list \uff1b rm x",
    "handoff wr\u0456te",
    "handoff done \u2018a\u2019",
    # verbs that show, start or change more
    "handoff config",
    "handoff pickup 9f3a",
    "handoff demo",
    "handoff hook stop",
    "handoff run",
    "handoff start 9f3a",
    "handoff spec new --here <<'SPEC'\nA command line for notes.\nSPEC",
    "handoff spec check 9f3a",
    "handoff spec accept 9f3a --yes",
    "handoff doctor",
    "handoff write --from-facts",
    "handoff write --from-facts --transcript /etc/passwd --stdout",
    "handoff session mode off",
    "handoff show 9f3a",
    "handoff --version",
    "handoff --help",
    "handoff --json list",
    "handoff 'list'",
    "handoff li''st",
    "handoff LIST",
    "handoff list=",
    # options that open a file, or speak for another session
    "handoff status --transcript /etc/passwd",
    "handoff status --transcript=/etc/passwd",
    "handoff status '--transcript' /etc/passwd",
    'handoff status "--transcript=/etc/passwd"',
    "handoff status --session x",
    "handoff write --session ../../x",
    "handoff write '--session=../../x'",
    "handoff write -- x",
    "handoff write --config x",
    "handoff list -a",
    "handoff list --help",
    "handoff done x --json=1 --force",
    # quotes that do not close
    "handoff done 'a",
    'handoff done "a',
    "handoff done 'a''b'",
    "handoff done 'a'b",
    "handoff done a'b'",
    'handoff done a"b"',
    "handoff done 'a'\"b\"",
    "handoff done 'a\tb'",
]


@dataclass(frozen=True)
class Ran:
    """One run of the fake `handoff`."""

    argv: list[str]
    stdin: str


class Stage:
    """A directory with nothing in it and a PATH with nothing on it but a `handoff` that records.

    `launcher` is another one that records, at a path that needs quotes.
    """

    def __init__(self, root: Path) -> None:
        self.folder, self.records, self.path = root / "cwd", root / "records", root / "bin"
        for directory in (self.folder, self.records, self.path):
            directory.mkdir()
        self.launcher = root / "plug in" / "bin" / "handoff"
        self.launcher.parent.mkdir(parents=True)
        at = shlex.quote(str(self.records))
        for fake in (self.path / "handoff", self.launcher):
            fake.write_text(
                f"#!/bin/sh\nprintf '%s\\0' \"$@\" >{at}/$$.argv\n/bin/cat >{at}/$$.stdin\n"
                "echo ran\nexit 7\n"
            )
            fake.chmod(0o755)

    def run(self, command: str, shell: str = "bash") -> list[Ran]:
        """Run it, see that nothing else happened, and say how handoff was called."""
        program = shutil.which(shell)
        assert program is not None
        for left in self.records.iterdir():
            left.unlink()
        quiet = {"bash": ["--noprofile", "--norc"], "zsh": ["-f"]}.get(shell, [])
        done = subprocess.run(
            [program, *quiet, "-c", command],
            cwd=self.folder,
            env={"PATH": str(self.path), "HOME": str(self.folder), "LANG": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=20,
        )
        runs = []
        for argv in sorted(self.records.glob("*.argv")):
            stdin = argv.with_suffix(".stdin")
            words = argv.read_bytes().decode().split("\0")[:-1]
            runs.append(Ran(words, stdin.read_bytes().decode()))

        assert (done.stdout, done.stderr, done.returncode) == (b"ran\n", b"", 7)
        assert list(self.folder.iterdir()) == []
        return runs


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """One stage is enough: every run leaves it as it was."""
    return Stage(tmp_path_factory.mktemp("stage"))


@pytest.mark.parametrize("shell", SHELLS)
@pytest.mark.parametrize(("command", "argv", "stdin"), OWN)
def test_own_commands_are_approved_and_run_once(
    command: str, argv: list[str], stdin: str, shell: str, stage: Stage
) -> None:
    """What is approved runs one program, handoff, with the words and the text that stand there."""
    assert is_own(command)
    assert stage.run(command, shell) == [Ran(argv, stdin)]
    assert stage.run(pinned(command, str(stage.launcher)), shell) == [Ran(argv, stdin)]


@pytest.mark.parametrize("shell", [shell for shell in SHELLS if shell != "dash"])
@pytest.mark.parametrize(("command", "argv", "stdin"), OWN)
def test_own_commands_mean_the_same_inside_eval(
    command: str, argv: list[str], stdin: str, shell: str, stage: Stage
) -> None:
    """The client runs a command by `eval`, with its input from nowhere: that changes nothing."""
    assert stage.run(f"eval {shlex.quote(command)} </dev/null", shell) == [Ran(argv, stdin)]


@pytest.mark.parametrize("command", NOT_OWN)
def test_everything_else_is_left_to_the_client(command: str) -> None:
    """A command that is not one plain call of handoff gets no answer: the client's rules decide."""
    assert not is_own(command)
    assert answer_to(_bash(command)) is None


@pytest.mark.parametrize("more", [";x", "&", "|x", "\nx", " >x", " $(x)", " `x`", "\\", "'", '"'])
@pytest.mark.parametrize("command", [command for command, _, _ in OWN])
def test_a_hostile_end_undoes_the_approval(command: str, more: str) -> None:
    """No approved command stays approved with the start of something else behind it."""
    assert not is_own(command + more)


def test_an_approved_bash_call_is_allowed_with_a_reason() -> None:
    """The answer has the shape of a PreToolUse decision, and the whole input that is to run."""
    assert answer_to(_bash(HEREDOC, description="Write", timeout=600_000)) == {
        "hookSpecificOutput": {
            "hookEventName": "PreToolUse",
            "permissionDecision": "allow",
            "permissionDecisionReason": "handoff: its own command, and nothing else",
            "updatedInput": {
                "command": pinned(HEREDOC),
                "description": "Write",
                "timeout": 600_000,
            },
        }
    }


@pytest.mark.parametrize(
    "more",
    [
        {"description": "Write the brief"},
        {"timeout": 60_000},
        {"dangerouslyDisableSandbox": False, "run_in_background": False},
        {"run_in_background": None},
    ],
)
def test_what_only_describes_a_bash_call_does_not_matter(more: dict[str, Any]) -> None:
    """A description, a time limit and switches that are off leave the call approved, and stay."""
    answer = answer_to(_bash(HEREDOC, **more))

    assert answer is not None
    given = answer["hookSpecificOutput"]["updatedInput"]
    assert given == {"command": pinned(HEREDOC), **more}


@pytest.mark.parametrize(
    "fields",
    [
        {"tool_input": {"command": HEREDOC, "dangerouslyDisableSandbox": True}},
        {"tool_input": {"command": HEREDOC, "dangerouslyDisableSandbox": "false"}},
        {"tool_input": {"command": HEREDOC, "run_in_background": True}},
        {"tool_input": {"command": HEREDOC, "shell": "/tmp/evil"}},
        {"tool_input": {"command": HEREDOC, "env": {"PATH": "."}}},
        {"tool_input": {"command": [HEREDOC]}},
        {"tool_input": {"command": {"a": HEREDOC}}},
        {"tool_input": {"cmd": HEREDOC}},
        {"tool_input": HEREDOC},
        {"tool_input": [HEREDOC]},
        {"tool_input": None},
        {"tool_name": "bash"},
        {"tool_name": "BashOutput"},
        {"tool_name": "PowerShell"},
        {"tool_name": "Write"},
        {"tool_name": "mcp__x__Bash"},
        {"tool_name": ["Bash"]},
        {"tool_name": None},
        {"tool_name": ""},
    ],
)
def test_other_calls_with_the_same_command_are_not_approved(fields: dict[str, Any]) -> None:
    """Not outside the sandbox, not in the background, not with what is not known, no other tool."""
    call = {"tool_name": "Bash", "tool_input": {"command": HEREDOC}, **fields}

    assert answer_to(Payload(call)) is None


@pytest.mark.parametrize(
    "args",
    [
        None,
        "",
        "fix the race",
        "use `x`, then “y” — (see [3]) & go on...",
        "a\nb",
        "now! and here!",
        "--for opus --label tokens --verify 'pytest -q' tidy #12",
        "die Größe prüfen; 日本語。",
    ],
)
def test_the_skill_of_the_command_is_approved(args: str | None) -> None:
    """The model may call `/handoff` with any goal that is only words."""
    given = {"skill": "handoff:handoff"} if args is None else _skill("handoff:handoff", args)

    answer = answer_to(Payload({"tool_name": "Skill", "tool_input": given}))

    assert answer is not None
    assert answer["hookSpecificOutput"]["permissionDecision"] == "allow"
    assert "updatedInput" not in answer["hookSpecificOutput"]


@pytest.mark.parametrize(
    "args",
    [
        "@/etc/passwd",
        "look at @~/.ssh/id_rsa",
        'look at @"/a file"',
        "@rel.txt",
        "(@rel.txt)",
        "a\n@rel.txt",
        "@agent-x do it",
        "@server:resource://x",
        "mail robin@example.org",
        "the @decorator",
        "\uff20rel.txt",
        "\ufe6brel.txt",
        "!`rm -rf x`",
        "fix it\n```!\nrm -rf x\n```",
        "!important",
        "now! `x`",
        "`x`!y",
        "${CLAUDE_PLUGIN_ROOT}",
        "$ARGUMENTS",
        "$1",
        "{{x}}",
        "a\\b",
        "a\u200bb",
        "a\0b",
        "\ud800",
    ],
)
@pytest.mark.parametrize("fields", [{}, {"permission_mode": "plan"}, {"agent_id": "a1"}])
def test_a_goal_in_which_the_client_may_put_something_is_asked_about(
    args: str, fields: dict[str, Any]
) -> None:
    """What the client expands in a command's arguments, or may one day, is the user's to allow. No
    answer would not do: the client runs the call then, and reads the file, without a question.
    """
    call = {"tool_name": "Skill", "tool_input": _skill("handoff:handoff", args), **fields}

    answer = answer_to(Payload(call))

    assert answer is not None
    assert answer["hookSpecificOutput"]["permissionDecision"] == "ask"


@pytest.mark.parametrize(
    "name",
    [
        "/handoff:handoff",
        " handoff:handoff",
        "handoff:handoff\n",
        " /handoff:handoff ",
        "\ufeff/handoff:handoff",
        "\u00a0handoff:handoff\u2028",
    ],
)
def test_a_name_that_the_client_trims_is_asked_about_too(name: str) -> None:
    """The client drops blanks around a skill's name and a slash in front, then runs the command."""
    call = {"tool_name": "Skill", "tool_input": _skill(name, "look at @/etc/passwd")}

    answer = answer_to(Payload(call))

    assert answer is not None
    assert answer["hookSpecificOutput"]["permissionDecision"] == "ask"


@pytest.mark.parametrize(
    ("tool", "given"),
    [
        *(
            ("Skill", _name)
            for _name in (
                {"skill": "handoff"},
                {"skill": "handoff:pickup"},
                {"skill": "handoff:handoff "},
                {"skill": " handoff:handoff"},
                {"skill": "/handoff:handoff"},
                {"skill": "Handoff:Handoff"},
                {"skill": "evil:handoff"},
                {"skill": "handoff:handoff:x"},
                {"skill": "handoff:handoff\n"},
                {"skill": ["handoff:handoff"]},
                {"skill": None},
                {"command": "handoff:handoff"},
                {"skill": "handoff:handoff", "args": "x", "model": "y"},
                {},
                None,
                "handoff:handoff",
            )
        ),
        ("Task", {"skill": "handoff:handoff"}),
        ("SlashCommand", {"skill": "handoff:handoff"}),
        ("skill", {"skill": "handoff:handoff"}),
        ("Bash", {"skill": "handoff:handoff"}),
    ],
)
def test_other_skills_are_not_approved(tool: str, given: object) -> None:
    """Only `handoff:handoff`, letter for letter, and with a goal alone."""
    assert answer_to(Payload({"tool_name": tool, "tool_input": given})) is None


# By place in a command: what belongs there, and what would like to.
WORDS = (
    ["--json", "-", "a", "9f3a", "a/b.c", "'a b'", '"a b"', "''", "'$(x)'", '"a\'b"', "a=b", "@",
     "%s", "+x", "1", ":", "'`x`'", "x=1", "'--json'", "'日 本'", "'=x'", "'~'", "'*'"],
    ["$(echo evil)", "`echo evil`", ";echo evil", "&& echo evil", "|echo", "> evil", "2>evil",
     "<evil", "*", "~", "{a,b}", "\\", "'", '"', '"$HOME"', "$HOME", "&", "(echo)", "#", "!!",
     "<(echo evil)", "'--session' x", "--session", "\u00a0", "$'a'", "a'b'", "=ls", "=1"],
)  # fmt: skip
OPTIONS = {
    "write": ["--kind", "--label", "--label=a", "--for", "--verify", "--json"],
    "done": ["--outcome", "--outcome=x", "--json"],
    "list": ["--all", "--json"],
    "status": ["--json"],
    "recall": ["--file", "--around", "--command=a", "--max-tokens", "--session", "--transcript"],
    "config": ["--json"],
}
STARTS = ["", " ", "\n", " \t"], ["A=1 ", "echo evil;", "\\", "./", "\ufeff", "(", "'"]
BLANKS = [" ", "  ", "\t", " \t"], ["\u00a0", "\n", "\\\n", "", "\r", "\x0b"]
TAGS = ["'E'", '"E"', " 'E'", "'E' "], ["E", "\\E", "-'E'", "'E';echo evil", "'E' >evil", "<'E'"]
BODY = (
    ["# T", "$(echo evil)", "`echo evil`", " E", "E ", "'E'", "\tE", "E;echo evil", "", "\\",
     "<<'F'", "F", "日本", "\u2028", '"', "'"],
    ["E", "E\necho evil", "E\n\nE"],
)  # fmt: skip
ENDS = ["", "\n", "\n\n"], [" ", ";echo evil", "\necho evil", "&", "\nE", "\r", "|echo", "\n#"]


@st.composite
def commands(draw: st.DrawFn) -> str:
    """A call of handoff; every third has hostile pieces, every fourth a character too much."""
    hostile = draw(st.integers(0, 2)) == 0

    def piece(choice: tuple[list[str], list[str]]) -> str:
        wanted = choice[0] + choice[1] if hostile else choice[0]
        return draw(st.sampled_from(wanted))

    verb = draw(st.sampled_from(["write", "write", "done", "list", "status"]))
    verb = draw(st.sampled_from([*OPTIONS])) if hostile else verb
    words = [piece((WORDS[0] + OPTIONS[verb], WORDS[1])) for _ in range(draw(st.integers(0, 4)))]
    line = piece(STARTS) + "handoff" + "".join(piece(BLANKS) + word for word in (verb, *words))
    if draw(st.booleans()):
        body = "".join(f"\n{piece(BODY)}" for _ in range(draw(st.integers(0, 5))))
        line += f" <<{piece(TAGS)}{body}\nE"
    line += piece(ENDS)
    if draw(st.integers(0, 3)) == 0:
        at = draw(st.integers(0, len(line)))
        line = line[:at] + draw(st.characters(codec="utf-8")) + line[at:]
    return line


@settings(max_examples=500, deadline=None)
@given(command=commands())
def test_whatever_is_approved_runs_handoff_once_and_nothing_else(
    command: str, stage: Stage
) -> None:
    """Any approved text, in a real shell: one program, its words as POSIX reads them, its text."""
    if is_own(command):
        line, _, body = command.strip("\n").partition("\n")
        argv = shlex.split(line.partition("<<")[0])[1:]
        stdin = body.rpartition("\n")[0] + "\n" if "\n" in body else ""

        assert stage.run(command) == [Ran(argv, stdin)]
        assert stage.run(pinned(command, str(stage.launcher))) == [Ran(argv, stdin)]


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60), st.integers(0, 40))
def test_no_text_makes_the_check_fail(text: str, at: int) -> None:
    """Any text at all is judged without an error; inside a command it is judged again."""
    for command in (text, HEREDOC[:at] + text + HEREDOC[at:], f"handoff list {text}"):
        assert is_own(command) in (True, False)


@pytest.mark.parametrize(
    "command",
    [
        "handoff write " + "--label a " * 100_000,
        "handoff write <<'B'\n" + "x\n" * 500_000 + "B",
        "handoff done '" + "a" * 5_000_000,
        "handoff done " + "'a' " * 200_000 + "'",
        "handoff" + " " * 2_000_000,
        "handoff write <<'" + "B" * 1_000_000,
    ],
)
def test_long_commands_are_judged_at_once(command: str) -> None:
    """No length makes the check slow: its work is one pass."""
    assert is_own(command) in (True, False)


# What is approved, and why all else is not: a new verb has to be put on one side.
NOT_APPROVED = {
    "build": "starts sessions",
    "claim": "takes a brief from other sessions; --remote reaches the network",
    "commit": "moves the branch",
    "completion": "--install writes a file for the shell",
    "config": "shows the configuration; a person's",
    "demo": "starts a client",
    "doctor": "starts programs",
    "drop": "takes briefs away",
    "enter": "becomes a session",
    "hook": "plays the client",
    "idle": "the mod's",
    "install": "installs, and removes",
    "pickup": "counts as a person's consent",
    "providers": "names providers",
    "providers check": "sends requests",
    "prune": "takes briefs away",
    "push": "reaches the network",
    "redact": "reads and prints whatever it is sent",
    "relay": "starts sessions",
    "run": "starts sessions",
    "session": "does nothing alone",
    "session breaker": "--close changes what happens automatically",
    "session later": "changes when the session is handed over",
    "session mode": "changes the mode",
    "show": "prints what others wrote, and opens any path it is given",
    "spec": "does nothing alone",
    "spec accept": "is a person's word",
    "spec check": "moves the branch",
    "spec drop": "takes a spec away",
    "spec edit": "starts an editor",
    "spec export": "writes files anywhere",
    "spec list": "prints what others wrote",
    "spec new": "starts sessions",
    "spec show": "prints what others wrote",
    "start": "starts sessions",
    "statusline": "--install changes the client's settings",
    "trust": "changes trust",
    "usage": "a person's",
    "verify": "runs a brief's commands",
    "why": "a person's",
}


def verbs(group: click.Group, before: str = "") -> Iterator[str]:
    """The names of all verbs of the command line, those inside others too."""
    for name, command in group.commands.items():
        yield before + name
        if isinstance(command, click.Group):
            yield from verbs(command, f"{before}{name} ")


def test_every_verb_is_approved_or_has_a_reason() -> None:
    """The command line itself says which verbs there are: a new one has to be classified."""
    assert {*verbs(cli)} == {*permissions.APPROVED, *NOT_APPROVED}
    for verb in NOT_APPROVED:
        assert not is_own(f"handoff {verb}")
        assert not is_own(f"handoff {verb} 9f3a --json")


@pytest.mark.parametrize("verb", [*permissions.APPROVED])
def test_approved_options_are_options_of_the_verb(verb: str) -> None:
    """No option is approved that does not exist; those that could do more are not in the list."""
    known = {o for one in cli.commands[verb].params for o in (*one.opts, *one.secondary_opts)}
    left = {o for o in known if o.startswith("-")} - {*permissions.APPROVED[verb]}

    assert {*permissions.APPROVED[verb]} <= known
    assert left <= {"--session", "--transcript", "--watch", "--force", "--from-facts", "--stdout",
                    "--max-chars", "--width"}  # fmt: skip


@pytest.mark.parametrize("verb", [*permissions.APPROVED])
@pytest.mark.parametrize(
    ("fields", "reads_only"),
    [
        ({"permission_mode": "plan"}, True),
        ({"agent_id": "a1", "agent_type": "general-purpose"}, True),
        ({"agent_type": "reviewer"}, False),  # the main conversation of `claude --agent`
        ({"permission_mode": "dontAsk"}, False),
        ({"permission_mode": "acceptEdits"}, False),
        ({"permission_mode": "bypassPermissions"}, False),
    ],
)
def test_what_writes_is_not_approved_in_plan_mode_or_in_a_subagent(
    verb: str, fields: dict[str, Any], reads_only: bool
) -> None:
    """A session that plans may not write, and a subagent's words are not the session's."""
    answer = answer_to(_bash(f"handoff {verb}", fields))

    allowed = answer is not None and answer["hookSpecificOutput"]["permissionDecision"] == "allow"
    assert allowed is not (reads_only and verb in ("write", "done"))


@pytest.mark.parametrize(
    "fields", [{"permission_mode": "plan"}, {"agent_id": "a1", "agent_type": "x"}]
)
def test_the_skill_is_not_approved_in_plan_mode_or_in_a_subagent(fields: dict[str, Any]) -> None:
    """A hand-off is written by the main conversation, when it may write."""
    call = {"tool_name": "Skill", "tool_input": _skill("handoff:handoff", "x"), **fields}

    assert answer_to(Payload(call)) is None


@pytest.mark.parametrize(
    "command",
    [
        HEREDOC,
        "cat brief.md | handoff write",
        "cd /tmp && handoff write < brief.md",
        "/plugin/bin/handoff write <<'B'\nx\nB",
        "HANDOFF_HOME=/x '/plug in/bin/handoff' write <<'B'\nx\nB",
        "(handoff write --kind task)",
        "env A=1 handoff write",
    ],
)
def test_a_subagents_brief_is_refused(command: str) -> None:
    """Nothing in a subagent's shell tells whose it is: only the hook can keep its words from
    becoming the session's brief, whoever would say yes to the command.
    """
    answer = answer_to(_bash(command, {"agent_id": "a1"}))

    assert answer is not None
    assert answer["hookSpecificOutput"]["permissionDecision"] == "deny"
    assert "main conversation" in answer["hookSpecificOutput"]["permissionDecisionReason"]


@pytest.mark.parametrize(
    "command",
    ["grep -rn 'handoff write' docs", "handoff list && ls", "echo handoff write", "handoff done x"],
)
def test_other_commands_of_a_subagent_get_no_answer(command: str) -> None:
    """What only talks of it, or does something else, is left to the client."""
    assert answer_to(_bash(command, {"agent_id": "a1"})) is None


# The call that runs


@pytest.mark.parametrize(
    ("launcher", "state", "start"),
    [
        ("/p/bin/handoff", "/s", "HANDOFF_HOME=/s /p/bin/handoff"),
        ("/p q/bin/handoff", "/s t", "HANDOFF_HOME='/s t' '/p q/bin/handoff'"),
        ("/p'q/bin/handoff", "/$s", "HANDOFF_HOME='/$s' \"/p'q/bin/handoff\""),
        ("/p~/bin/handoff", "/é", "HANDOFF_HOME='/é' '/p~/bin/handoff'"),
    ],
)
@pytest.mark.parametrize(("command", "argv", "stdin"), OWN)
def test_only_the_program_is_replaced(
    command: str, argv: list[str], stdin: str, launcher: str, state: str, start: str
) -> None:
    """Arguments and here-document stay byte for byte, and the new call is recognised."""
    changed = pinned(command, launcher, state)
    call = own_calls.parse(changed)

    assert changed == command.replace("handoff", start, 1)
    assert call is not None
    assert (call.program, call.state) == (launcher, state)
    assert [call.verb, *call.arguments] == argv
    assert call.pinned(launcher, state) == changed
    assert is_own(changed, launcher)
    assert gate.is_own(_bash(changed))


@pytest.mark.parametrize("path", ["/a'$b/bin/handoff", "/a\nb/bin/handoff"])
def test_a_path_that_cannot_be_quoted_is_not_approved(path: str) -> None:
    """Where the grammar cannot hold the path, the client asks."""
    call = own_calls.parse("handoff list")

    assert call is not None
    assert call.pinned(path, "/s") is None
    assert call.pinned("/p/bin/handoff", path) is None


@pytest.mark.parametrize(
    "command",
    [
        "{launcher} list",
        "'{launcher}' list",
        '"{launcher}" list',
        "HANDOFF_HOME='{state}' {launcher} list",
        "HANDOFF_HOME='{state}' handoff list",
    ],
)
def test_the_path_is_approved_too(command: str) -> None:
    """A model that copies the path, with or without quotes, is not asked for it."""
    given = command.format(launcher=install_launcher.launcher_path(), state=STATE)
    answer = answer_to(_bash(given))

    assert answer is not None
    assert answer["hookSpecificOutput"]["updatedInput"]["command"] == pinned("handoff list")


@pytest.mark.parametrize(
    "command",
    [
        "/elsewhere/bin/handoff list",
        "{launcher}/../handoff list",
        "HANDOFF_HOME=/elsewhere {launcher} list",
        "HANDOFF_HOME=/elsewhere handoff list",
        "HANDOFF_HOME= handoff list",
        "HANDOFF_HOME='{state}'handoff list",
        "HANDOFF_HOME='{state}'",
        "HANDOFF_HOME=$(x) handoff list",
        "XDG_STATE_HOME='{state}' handoff list",
        "PATH=/x HANDOFF_HOME='{state}' handoff list",
        "'{launcher}'x list",
        "'{launcher} list'",
        "'{launcher}' 'list'",
    ],
)
def test_other_paths_are_not_approved(command: str) -> None:
    """Only this launcher, and only with this state directory."""
    given = command.format(launcher=install_launcher.launcher_path(), state=STATE)

    assert answer_to(_bash(given)) is None


LEADS_ASTRAY = [
    "PATH={evil}:$PATH",
    "cd {evil}; PATH=:$PATH",
    "cd {evil}; PATH=.:$PATH",
    "handoff() {{ echo evil; }}",
    "handoff() {{ echo evil; }}; export -f handoff",
    "shopt -s expand_aliases; alias handoff='echo evil; handoff'",
    "hash -p {evil}/handoff handoff",
    "export HANDOFF_HOME={evil}",
]


@pytest.mark.parametrize("before", LEADS_ASTRAY)
def test_no_shell_leads_to_another_program(before: str, stage: Stage, tmp_path: Path) -> None:
    """PATH, functions, aliases and remembered paths of the shell do not count for a path."""
    evil = tmp_path / "handoff"
    evil.write_text("#!/bin/sh\necho evil\n")
    evil.chmod(0o755)
    line = before.format(evil=tmp_path)

    assert stage.run(f"{line}\n{pinned('handoff list', str(stage.launcher))}") == [
        Ran(["list"], "")
    ]


# The user's own rules


@pytest.mark.parametrize("kind", ["deny", "ask"])
@pytest.mark.parametrize(
    "rule",
    [
        "Bash(handoff list)",
        "Bash(handoff list:*)",
        "Bash(handoff:*)",
        "Bash(handoff *)",
        "Bash(handoff list *)",
        "Bash(hand*)",
        "Bash(*list*--all)",
        "Bash(*)",
    ],
)
@pytest.mark.parametrize("place", ["user", "project", "local"])
def test_a_rule_on_the_command_still_counts(
    kind: str, rule: str, place: str, tmp_path: Path
) -> None:
    """The client holds its rules against the changed call: one on the call as it was is kept."""
    files = {
        "user": tmp_path / "config" / "settings.json",
        "project": tmp_path / "project" / ".claude" / "settings.json",
        "local": tmp_path / "project" / ".claude" / "settings.local.json",
    }
    files[place].parent.mkdir(parents=True)
    files[place].write_text(json.dumps({"permissions": {kind: ["Read(x)", rule]}}))
    env = {
        "CLAUDE_CONFIG_DIR": str(tmp_path / "config"),
        "CLAUDE_PROJECT_DIR": str(tmp_path / "project"),
    }

    assert answer_to(_bash("handoff list --all"), env) is None
    assert answer_to(_bash("handoff  list  --all"), env) is None
    # Nor does it let the same call through in the forms that the grammar knows besides.
    assert answer_to(_bash(f"{install_launcher.launcher_path()} list --all"), env) is None
    assert answer_to(_bash(f"'{install_launcher.launcher_path()}' list --all"), env) is None
    assert answer_to(_bash(f"HANDOFF_HOME='{STATE}' handoff list --all"), env) is None
    assert answer_to(_bash(f"HANDOFF_HOME='{STATE}' handoff list --all")) is not None


@pytest.mark.parametrize(
    "text",
    [
        '{"permissions": {"deny": ["Bash(handoff done:*)", "Bash(*rm *)", "Bash(ls)", "Web"]}}',
        '{"permissions": {"deny": ["Bash(*list*list*)", "Bash(list*)", "Bash(handoff)x"]}}',
        '{"permissions": {"allow": ["Bash(handoff list:*)"]}}',
        '{"permissions": {"deny": [1, null, {}], "ask": "Bash(handoff list)"}}',
        '{"permissions": ["Bash(handoff list)"]}',
        '{"permissions": null, "deny": ["Bash(handoff list)"]}',
        "{",
        "",
    ],
)
def test_other_rules_change_nothing(text: str, tmp_path: Path) -> None:
    """A rule on another command, and a file that is no settings, leave the call approved."""
    (tmp_path / "settings.json").write_text(text)

    assert answer_to(_bash("handoff list"), {"CLAUDE_CONFIG_DIR": str(tmp_path)}) is not None


@pytest.mark.parametrize("name", ["HANDOFF_HOME", "XDG_STATE_HOME", "HOME"])
def test_no_state_directory_of_the_shells_own_folder_is_approved(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The launcher finds its interpreter there: a relative one would be another in each folder that
    the shell goes to, a cloned one among them.
    """
    monkeypatch.chdir(tmp_path)
    around = Runtime({"CLAUDE_CONFIG_DIR": "/nowhere", "HOME": "/h", name: ".state"}, full=False)

    answer = permissions.pre_tool_use(_event(_bash("handoff list"), around))

    assert answer is not None
    command = answer["hookSpecificOutput"]["updatedInput"]["command"]
    home = pwd.getpwuid(os.getuid()).pw_dir if name == "HOME" else "/h"
    assert command.startswith(f"HANDOFF_HOME={home}/.local/state/handoff ")
    lost = Runtime({"HOME": "/h"}, full=False, home=".state")
    assert permissions.pre_tool_use(_event(_bash("handoff list"), lost)) is None


STATE = "/var/lib/handoff state"


def _event(payload: Payload, runtime: Runtime) -> Event:
    return Event("pre-tool-use", payload, runtime)


def answer_to(payload: Payload, env: dict[str, str] | None = None) -> dict[str, Any] | None:
    """What `PreToolUse` answers, with a state directory of that name."""
    around = {"CLAUDE_CONFIG_DIR": "/nowhere", **(env or {})}
    return permissions.pre_tool_use(_event(payload, Runtime(around, full=False, home=STATE)))


def pinned(command: str, launcher: str = "", state: str = STATE) -> str:
    """The command as it is to run."""
    call = own_calls.parse(command)
    assert call is not None
    changed = call.pinned(launcher or install_launcher.launcher_path(), state)
    assert changed is not None
    return changed


def _bash(command: str, fields: dict[str, Any] | None = None, **more: Any) -> Payload:
    given = {"command": command, **more}
    return Payload({"tool_name": "Bash", "tool_input": given, **(fields or {})})


def _skill(name: str, args: str) -> dict[str, Any]:
    return {"skill": name, "args": args}
