"""What six journeys do: calls, modules entered, git runs, fsyncs, state reads. Nothing is timed.

    python benchmarks/journeys.py [--checkout DIRECTORY] [--compare DIRECTORY] [--git JOURNEY]

The journeys: a Stop over the threshold (the mod runs `/handoff`), `handoff write`, a brief picked
up at a session's start, the status line, `handoff start --print`, and one session of a `handoff
relay`. Each begins in a repository and a state directory of its own, and is started as the client
or a person starts it: by `hooks/run.sh` or `bin/handoff` of the checkout. A program stands in for
`claude`.

All is counted from outside, so any version of the code can be held against another:

- calls of the package's own functions, and modules of it in which one was called: `probe.py`, which
  runs in the place of the plugin's interpreter;
- runs of git: a `git` that is first on the PATH; not what git itself starts;
- fsyncs, and reads of the session's state, of the mod's file, of the feed and of the configuration
  (files opened for reading; a change of the state reads it once more, under its lock).

A relay waits for its session, so its calls differ a little from run to run. What the stand-in
starts (the hooks of its session, `handoff write`) is not the relay's, and not counted.

`--checkout`: whose code runs; without it, the code that this file belongs to. `--compare`: another
checkout, whose figures stand before the arrow. `--git JOURNEY` lists git's runs, and nothing else.
Ends with 1 if a figure is over its limit in `LIMITS`.
"""

from __future__ import annotations

import argparse
import ast
import itertools
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).resolve().parents[1]
PROBE = Path(__file__).resolve().with_name("probe.py")
# What a figure may be at most: (journey, column) -> limit. A unit test holds the code to it.
LIMITS = {
    ("write", "git"): 7,
    ("pick-up", "git"): 9,
    ("start --print", "git"): 4,
    ("relay", "git"): 9,  # five of them commit the finished brief
    ("stop", "state"): 2,  # one of them under the lock of a change
    ("stop", "mod"): 1,
    ("stop", "feed"): 1,
}
SESSION = "11111111-aaaa-4aaa-8aaa-111111111111"
SUCCESSOR = "22222222-aaaa-4aaa-8aaa-222222222222"
TURN = "33333333-aaaa-4aaa-8aaa-333333333333"
MODEL = "claude-opus-5-5"
WORDS = """# List every price on the receipt
## Task
receipt() in till/receipt.py should list every price before the total.
## Constraints
"never touch till/basket.py"
## Next step
Join one line per price in till/receipt.py.
"""
# The plugin's interpreter: the real one, with the probe before whatever it runs.
INTERPRETER = """#!/bin/sh
flags=
for word; do
  case $word in -c) exec {python} "$@" ;; -*) flags="$flags $word"; shift ;; *) break ;; esac
done
exec {python} $flags {probe} {reports} {library} {state} "$@"
"""
GIT = """#!/bin/sh
printf '%s\\0' "$PPID" "$#" "$@" >>{log}
exec {git} "$@"
"""
# A session of `claude -p`: its start, a change, a brief for the next one, its end, its result.
CLIENT = """#!{python}
import json, os, subprocess, sys
if "--version" in sys.argv:
    sys.exit(print("2.1.330 (Claude Code)"))
given = [word.partition("=")[2] for word in sys.argv if word.startswith("--session-id=")]
session = given[0] if given else {session!r}
env = dict(os.environ, CLAUDE_PLUGIN_ROOT={root!r}, CLAUDE_CODE_SESSION_ID=session,
           CLAUDE_CODE_SESSION_ATTENDED="0", CLAUDE_PROJECT_DIR=os.getcwd())
def start(*command, stdin):
    subprocess.run(command, input=stdin, text=True, env=env, check=True, stdout=subprocess.DEVNULL)
def fire(event, **more):
    about = {{"session_id": session, "transcript_path": "", "cwd": os.getcwd(), **more}}
    start("/bin/sh", {root!r} + "/hooks/run.sh", event, stdin=json.dumps(about))
fire("session-start", source="startup")
if {writes!r}:
    with open("till/receipt.py", "a") as file:
        file.write("# one step\\n")
    start({root!r} + "/bin/handoff", "write", stdin={words!r})
fire("session-end", reason="other")
print(json.dumps({{"session_id": session, "total_cost_usd": 0.25, "num_turns": 2, "result": "Done.",
                  "subtype": "success", "modelUsage": {{}}}}))
"""


@dataclass(frozen=True)
class Figures:
    """What a journey did; the fields are the table's columns.

    The last four are reads: of the session's state, the mod's file, the feed, the configuration.
    """

    calls: int
    modules: int
    git: int
    fsyncs: int
    state: int
    mod: int
    feed: int
    config: int


COLUMNS = [field.name for field in fields(Figures)]
HEADINGS = [
    "calls", "modules", "git runs", "fsyncs", "session state", "mod's file", "feed", "configuration"
]  # fmt: skip


def main() -> None:
    """Run all journeys, print the table, and say what is over its limit."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--checkout", type=Path, default=ROOT, help="whose code runs")
    parser.add_argument("--compare", type=Path, help="the code of before")
    parser.add_argument("--git", choices=JOURNEYS, help="list git's runs of one journey")
    asked = parser.parse_args()
    if asked.git:
        for arguments in run(asked.git, asked.checkout)[1]:
            print(shlex.join(without_options(arguments)))
        return
    after = measure(asked.checkout)
    report(after, measure(asked.compare) if asked.compare else None)
    over = over_limit(after)
    print("".join(f"\n{line}" for line in over), end="\n" if over else "")
    sys.exit(bool(over))


def measure(checkout: Path) -> dict[str, Figures]:
    """The figures of every journey with a checkout's code."""
    return {name: run(name, checkout)[0] for name in JOURNEYS}


def run(name: str, checkout: Path) -> tuple[Figures, list[list[str]]]:
    """The figures of one journey, and what git was run with."""
    with tempfile.TemporaryDirectory() as folder:
        machine = Machine(Path(folder).resolve(), checkout.resolve())
        verb, journey = JOURNEYS[name]
        go = journey(machine)
        machine.forget()
        go()
        return machine.figures(verb)


def without_options(arguments: list[str]) -> list[str]:
    """A command of git without the options that stand before it."""
    words = iter(arguments)
    for word in words:
        if word in ("-c", "-C"):
            next(words)
        elif not word.startswith("-"):
            return [word, *words]
    return arguments


def report(after: dict[str, Figures], before: dict[str, Figures] | None) -> None:
    """Print the table in Markdown."""
    print(f"| journey | {' | '.join(HEADINGS)} |\n| --- |{' ---: |' * len(HEADINGS)}")
    for name, figures in after.items():
        cells = []
        for column in COLUMNS:
            now = f"{getattr(figures, column):,}"
            cells.append(f"{getattr(before[name], column):,} → {now}" if before else now)
        print(f"| {name} | {' | '.join(cells)} |")


def over_limit(measured: dict[str, Figures]) -> list[str]:
    """A sentence for each figure that is over its limit."""
    return [
        f"{journey}: {column} is {count}, the limit is {limit}"
        for (journey, column), limit in LIMITS.items()
        if journey in measured and (count := getattr(measured[journey], column)) > limit
    ]


class Machine:
    """A home, a state directory, a repository and a client of its own, for one checkout."""

    def __init__(self, base: Path, root: Path) -> None:
        self.base, self.root = base, root
        self.state, self.project = base / "state", base / "project"
        self.reports, self.log, self.bin = base / "reports", base / "git.log", base / "bin"
        self.transcript = base / "claude" / "projects" / "-project" / f"{SESSION}.jsonl"
        for folder in (self.state / "env" / "bin", self.reports, self.bin, self.project / "till"):
            folder.mkdir(parents=True)
        self.transcript.parent.mkdir(parents=True)
        self.env = {
            "PATH": f"{self.bin}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(base),
            "CLAUDE_CONFIG_DIR": str(base / "claude"),
            "HANDOFF_HOME": str(self.state),
        }
        self._install_interpreter()
        git = shutil.which("git")
        assert git, "git is not on the PATH"
        write_program(self.bin / "git", GIT.format(log=shlex.quote(str(self.log)), git=git))
        self.install_client(writes=False)
        self._make_repository()

    def _install_interpreter(self) -> None:
        parts = {
            "python": os.path.abspath(sys.executable),
            "probe": PROBE,
            "reports": self.reports,
            "library": self.root / "plugin" / "handoff",
            "state": self.state,
        }
        quoted = {name: shlex.quote(str(part)) for name, part in parts.items()}
        write_program(self.state / "env" / "bin" / "python", INTERPRETER.format(**quoted))
        (self.state / "env" / "handoff-ready").touch()

    def install_client(self, *, writes: bool) -> None:
        """A `claude` on the PATH; `writes`: its sessions change something and write a brief."""
        text = CLIENT.format(
            python=sys.executable, session=SUCCESSOR, root=str(self.root), writes=writes,
            words=WORDS,
        )  # fmt: skip
        write_program(self.bin / "claude", text)

    def _make_repository(self) -> None:
        (self.project / "till" / "receipt.py").write_text("def receipt(): ...\n")
        author = ["-c", "user.name=x", "-c", "user.email=x@localhost"]
        for command in ("init -q -b main", "add .", "commit -q -m start"):
            self.run(["git", *author, *command.split()])
        for key in ("name", "email"):
            self.run(["git", "config", f"user.{key}", "x@localhost"])

    def run(self, command: list[str], stdin: str = "", **env: str) -> str:
        """What a program prints. Raises CalledProcessError, with its words, when it fails."""
        done = subprocess.run(
            command, check=False, input=stdin, env={**self.env, **env}, cwd=self.project,
            capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode:
            sys.stderr.write(done.stderr)
            done.check_returncode()
        return done.stdout

    def fire(self, event: str, session: str = SESSION, **fields: Any) -> str:
        """A client event of a session with a person at it; what the hook answered."""
        about = {
            "session_id": session,
            "transcript_path": str(self.transcript.with_name(f"{session}.jsonl")),
            "cwd": str(self.project),
            **fields,
        }
        return self.run(
            ["/bin/sh", str(self.root / "hooks" / "run.sh"), event],
            json.dumps(about),
            CLAUDE_PLUGIN_ROOT=str(self.root),
            CLAUDE_PROJECT_DIR=str(self.project),
            CLAUDE_CODE_SESSION_ID=session,
            CLAUDE_CODE_SESSION_ATTENDED="1",
        )

    def handoff(self, *arguments: str, stdin: str = "", **env: str) -> str:
        """The command line; what it printed."""
        return self.run([str(self.root / "bin" / "handoff"), *arguments], stdin, **env)

    def work(self, tokens: int) -> None:
        """A prompt and an answer that edited a file, at so many tokens of context."""
        call, path = f"call-{tokens}", str(self.project / "till" / "receipt.py")
        edit = {"file_path": path, "old_string": "...", "new_string": "pass"}
        usage = {"input_tokens": 1, "cache_read_input_tokens": tokens - 1, "output_tokens": 5}
        answer = {"id": f"msg-{tokens}", "model": MODEL, "usage": usage}
        tool = {"type": "tool_use", "id": call, "name": "Edit", "input": edit}
        result = {"type": "tool_result", "tool_use_id": call, "content": "The file was updated."}
        with self.transcript.open("a") as file:
            for kind, content, more in (
                ("user", "List every price.", {}),
                ("assistant", [tool], answer),
                ("user", [result], {}),
                ("assistant", [{"type": "text", "text": "It is done."}], answer),
            ):
                message = {"role": kind, "content": content, **more}
                record = {"type": kind, "message": message, "timestamp": "2026-01-01T00:00:00Z"}
                file.write(json.dumps(record) + "\n")

    def tell_mod(self, tokens: int) -> None:
        """What the mod says at the end of the turn."""
        reading = {
            "at": time.time(),
            "context": {"tokens": tokens, "window": 1_000_000},
            "cost": {"usd": 0.5},
            "model": MODEL,
            "session": SESSION,
            "turn": TURN,
            "interactive": True,
        }
        (self.state / "mod").mkdir(exist_ok=True)
        (self.state / "mod" / f"{SESSION}.json").write_text(json.dumps(reading))

    def figures_line(self, tokens: int) -> str:
        """The status line; what it shows."""
        window = {"total_input_tokens": tokens, "context_window_size": 1_000_000}
        return self.fire(
            "statusline",
            model={"id": MODEL},
            workspace={"project_dir": str(self.project)},
            cost={"total_cost_usd": 0.5},
            context_window={**window, "used_percentage": tokens / 10_000},
        )

    def forget(self) -> None:
        """Count from here on."""
        for path in self.reports.iterdir():
            path.unlink()
        self.log.write_text("")

    def figures(self, verb: str) -> tuple[Figures, list[list[str]]]:
        """What the processes that were started with `verb` did, and what they ran git with."""
        every = [ast.literal_eval(path.read_text()) for path in self.reports.iterdir()]
        ours = [report for report in every if verb in report["argv"][1:3]]
        assert ours, f"no process of {verb}"
        pids = {str(report["pid"]) for report in ours}
        runs = [words for pid, *words in self._git_runs() if pid in pids]
        reads = [path for report in ours for path in report["reads"]]
        return Figures(
            calls=sum(report["calls"] for report in ours),
            modules=len({module for report in ours for module in report["modules"]}),
            git=len(runs),
            fsyncs=sum(report["fsyncs"] for report in ours),
            state=sum(path.startswith("sessions" + os.sep) for path in reads),
            mod=sum(path.startswith("mod" + os.sep) for path in reads),
            feed=sum(path.startswith("feed" + os.sep) for path in reads),
            config=sum(path.startswith("config") for path in reads),
        ), runs

    def _git_runs(self) -> list[list[str]]:
        """Of each run of git its parent's process id and its arguments."""
        words = iter(self.log.read_text().split("\0")[:-1])
        return [[pid, *itertools.islice(words, int(next(words)))] for pid in words]


def write_program(path: Path, text: str) -> None:
    """A file that can be started."""
    path.write_text(text)
    path.chmod(0o755)


def stop(machine: Machine) -> Callable[[], None]:
    """The turn ends over the threshold; the mod is told to run /handoff."""
    machine.tell_mod(20_000)
    machine.fire("session-start", source="startup", model=MODEL)
    machine.work(20_000)
    machine.tell_mod(20_000)
    machine.fire("stop", prompt_id="before", last_assistant_message="It is done.")
    machine.figures_line(20_000)
    machine.work(800_000)
    machine.tell_mod(800_000)

    def go() -> None:
        answer = machine.fire("stop", prompt_id=TURN, last_assistant_message="It is done.")
        order = json.loads((machine.state / "next" / f"{SESSION}.json").read_text())["order"]
        assert order["do"] == "handoff", answer

    return go


def write(machine: Machine) -> Callable[[], None]:
    """The model sends its brief from the session's shell."""
    machine.fire("session-start", source="startup", model=MODEL)
    machine.work(800_000)

    def go() -> None:
        shown = machine.handoff("write", stdin=WORDS, CLAUDE_CODE_SESSION_ID=SESSION)
        assert "committed" in shown, shown

    return go


def pick_up(machine: Machine) -> Callable[[], None]:
    """A session starts in the client, and is given the brief that the last one left."""
    write(machine)()

    def go() -> None:
        answer = machine.fire("session-start", SUCCESSOR, source="startup", model=MODEL)
        assert "List every price" in answer, answer

    return go


def status_line(machine: Machine) -> Callable[[], None]:
    """An answer came; below the threshold."""
    machine.fire("session-start", source="startup", model=MODEL)
    machine.work(20_000)
    machine.figures_line(20_000)

    def go() -> None:
        assert machine.figures_line(20_500)

    return go


def start(machine: Machine) -> Callable[[], None]:
    """A brief is started as a headless session, which does nothing but begin and end."""
    return lambda: start_or_relay(machine, write_task(machine), "start", "--print")


def relay(machine: Machine) -> Callable[[], None]:
    """A relay of one session, which changes something and writes a brief for the next."""
    machine.install_client(writes=True)
    return lambda: start_or_relay(machine, write_task(machine), "relay", "--max-sessions", "1")


def write_task(machine: Machine) -> str:
    """A brief for another session; its id."""
    written = json.loads(machine.handoff("write", "--kind", "task", "--json", stdin=WORDS))
    return str(written["id"])


def start_or_relay(machine: Machine, brief_id: str, verb: str, *options: str) -> None:
    """Start sessions for a brief; a relay that has had all its sessions ends with 1."""
    command = [str(machine.root / "bin" / "handoff"), verb, brief_id, *options, "--json"]
    done = subprocess.run(
        command, check=False, env=machine.env, cwd=machine.project, capture_output=True, text=True
    )
    assert brief_id in done.stdout, done.stderr


JOURNEYS: dict[str, tuple[str, Callable[[Machine], Callable[[], None]]]] = {
    "stop": ("stop", stop),
    "write": ("write", write),
    "pick-up": ("session-start", pick_up),
    "status line": ("statusline", status_line),
    "start --print": ("start", start),
    "relay": ("relay", relay),
}

if __name__ == "__main__":
    main()
