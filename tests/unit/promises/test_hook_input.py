"""Promise 1: a hook answers valid JSON for its event or nothing, exit 0, whatever the input.

Many inputs are given to `dispatch.answer` in this process; a good part goes through the launcher
as the client runs it, `python3 -I -S hooks/hook.py EVENT`, without and with the environment.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from handoff import __version__
from handoff.client import hook_io
from handoff.hooks import dispatch
from handoff.runtime import NeedsEnvironment, Runtime
from support.hook_shapes import EVENTS, problems
from support.paths import ROOT
from support.wired import word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HOOK = ROOT / "hooks" / "hook.py"
WIRING = HOOK.with_name("hooks.json")
# The gate's shell hands on to another event's hook; the notice for Windows is no hook of ours.
WORDS = {"gate": "pre-tool-use", "start": "session-start"}
SECONDS = 9.0  # the client's shortest time limit for a hook is 10
SESSION = "0f1e2d3c-aaaa-4bbb-8ccc-1234567890ab"

# What the client gives each event besides the common fields. `#` sets a second payload apart.
PAYLOADS: dict[str, dict[str, Any]] = {
    "session-start": {"source": "startup", "model": "claude-opus-5-5"},
    "session-start#resume": {"source": "resume", "context_tokens": 5_000},
    "session-start#compact": {"source": "compact", "model": "claude-opus-5-5"},
    "user-prompt-submit": {"prompt": "go on", "session_title": "t"},
    "user-prompt-expansion": {"command_name": "handoff:handoff", "command_args": "goal"},
    "user-prompt-expansion#pickup": {"command_name": "handoff:pickup", "command_args": "9f3a"},
    "pre-tool-use": {"tool_name": "Bash", "tool_input": {"command": "handoff list"}},
    "pre-tool-use#skill": {"tool_name": "Skill", "tool_input": {"skill": "handoff:handoff"}},
    "post-tool-use": {"tool_name": "Skill", "tool_input": {"skill": "handoff:handoff"}},
    "post-tool-batch": {"tool_calls": [{"tool_name": "Read", "tool_input": {}}]},
    "stop": {
        "stop_hook_active": False,
        "last_assistant_message": "",
        "background_tasks": [],
        "session_crons": [],
    },
    "stop#active": {"stop_hook_active": True, "last_assistant_message": ""},
    "stop-failure": {"error": "rate_limit", "last_assistant_message": "no"},
    "pre-compact": {"trigger": "auto", "custom_instructions": ""},
    "session-end": {"reason": "clear"},
}
WRONG: list[Any] = [
    None, True, False, 0, -1, 1.5, 10**30, 10**400, float("nan"), float("inf"), "", "x", "\n\n## x",
    "a\0b", "\ud800", "\U0001f389\u2028", "../../x", "/", "/dev/null", "a" * 300, "a/" * 3000,
    [], {}, [[]], {"a": {}}, [None, 1, "x", {}],
]  # fmt: skip
SESSION_IDS = [
    "",
    ".",
    "..",
    "../../x",
    "/etc/x",
    "a/b",
    "a\0b",
    "a" * 129,
    "a" * 100_000,
    "é",
    " ",
]


def answered(tokens: int) -> str:
    """A transcript's line of an answer given `tokens` of context, with one call."""
    call = {"type": "tool_use", "id": "t1", "name": "Bash", "input": {"command": "pytest -q"}}
    message = {
        "id": "m1",
        "model": "claude-opus-5-5",
        "content": [{"type": "text", "text": "It is done."}, call],
        "usage": {"input_tokens": tokens},
    }
    return json.dumps(
        {"type": "assistant", "timestamp": "2026-11-22T07:38:12Z", "message": message}
    )


ASKED = json.dumps({"type": "user", "message": {"content": "fix the token refresh race, please"}})
OVER_THE_THRESHOLD = f"{ASKED}\n{answered(100)}\n{answered(250_000)}\n".encode()


class Desk:
    """A home, a state directory and a project of its own, with a session over its handoff
    threshold."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.home, self.state, self.project = root / "home", root / "state", root / "project"
        for directory in (self.home, self.state, self.project):
            directory.mkdir()
        self.transcript = root / "t.jsonl"
        self.transcript.write_bytes(OVER_THE_THRESHOLD)
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "HANDOFF_HOME": str(self.state),
            "LANG": "C.UTF-8",
            "CLAUDE_CODE_SESSION_ATTENDED": "1",
            "GIT_CONFIG_NOSYSTEM": "1",
        }
        self.remember()

    def remember(self, **values: Any) -> None:
        """Put the session's state where the hooks look for it."""
        known = {
            "project": str(self.project),
            "transcript": str(self.transcript),
            "fired": {"handoff": 200_000},
            "asked_at": 1.0,
            **values,
        }
        folder = self.state / "sessions"
        folder.mkdir(exist_ok=True)
        (folder / f"{SESSION}.json").write_text(json.dumps(known))

    def forget(self) -> None:
        """A session that nobody has seen."""
        (self.state / "sessions" / f"{SESSION}.json").unlink(missing_ok=True)

    def link_environment(self) -> None:
        """Give the hooks the environment of this test run, marked as ready."""
        folder = self.root / "env"
        folder.mkdir()
        for entry in Path(sys.prefix).iterdir():
            if entry.name != "handoff-ready":
                (folder / entry.name).symlink_to(entry)
        (folder / "handoff-ready").write_text(f"{__version__}\n")
        (self.state / "env").symlink_to(folder)

    def add_brief(self) -> None:
        """A brief from elsewhere waits in the project."""
        folder = self.project / ".handoff" / "open"
        folder.mkdir(parents=True)
        name = "20261122-073812-a-9f3a"
        (folder / f"{name}.md").write_text(
            f"---\nhandoff: 1\nid: {name}\ntitle: T\n---\n\n# T\n\n## Task\n\nx\n"
        )
        (folder / "broken.md").write_bytes(b"\xff---\n\0")

    def payload(self, kind: str, **more: Any) -> dict[str, Any]:
        """A valid payload of PAYLOADS, with the common fields."""
        return {
            "session_id": SESSION,
            "transcript_path": str(self.transcript),
            "cwd": str(self.project),
            "hook_event_name": EVENTS[event_of(kind)],
            "prompt_id": "p1",
            "permission_mode": "default",
            "effort": {"level": "high"},
            **PAYLOADS[kind],
            **more,
        }

    @property
    def log(self) -> str:
        """The plugin's log."""
        path = self.state / "log" / "handoff.log"
        return path.read_text(errors="replace") if path.is_file() else ""

    @property
    def bugs(self) -> list[str]:
        """Where exceptions that nobody expected came from, and what they were."""
        return re.findall(r"^  File .*\n    .*\n(?:[ ~^]*\n)?\S.*", self.log, re.MULTILINE)

    def answer(self, kind: str, raw: bytes, *, full: bool = False) -> list[str]:
        """What is wrong with the answer given in this process."""
        event = event_of(kind)
        try:
            output = dispatch.answer(event, raw, Runtime(self.env, full=full))
        except NeedsEnvironment:
            return []
        return problems(event, f"{output}\n".encode() if output else b"")

    def launch(self, kind: str, raw: bytes, **options: Any) -> list[str]:
        """What is wrong with a run of the launcher, as the client starts it."""
        event = event_of(kind)
        began = time.monotonic()
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(HOOK), event],
            input=raw,
            env=self.env,
            cwd=self.project,
            capture_output=True,
            timeout=60,
            **options,
        )
        took = time.monotonic() - began
        wrong = problems(event, done.stdout)
        wrong += [f"exit {done.returncode}"] if done.returncode else []
        wrong += [f"on stderr: {done.stderr.decode(errors='replace')}"] if done.stderr else []
        return wrong + ([f"took {took:.1f} s"] if took > SECONDS else [])


def event_of(kind: str) -> str:
    """`stop#active` -> `stop`."""
    return kind.partition("#")[0]


def encoded(payload: dict[str, Any]) -> bytes:
    """A payload as JSON, with what Python can escape and the client's JSON cannot."""
    return json.dumps(payload).encode()


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A desk; this process's environment shows to it too. Nothing waits for a disk."""
    new_desk = Desk(tmp_path)
    for name in [name for name in os.environ if name.startswith(("CLAUDE", "HANDOFF", "XDG_"))]:
        monkeypatch.delenv(name)
    for name, value in new_desk.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(new_desk.project)
    monkeypatch.setattr(os, "fsync", lambda *_: None)
    return new_desk


def nested(depth: int) -> str:
    """An array in an array in an array."""
    return "[" * depth + "]" * depth


# Inputs that are no payload, made from one that is.
RAW: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "blank": lambda _: b" \n\t ",
    "null": lambda _: b"null",
    "true": lambda _: b"true",
    "number": lambda _: b"17",
    "huge number": lambda _: b"9" * 100_000,
    "infinity": lambda _: b"1e999",
    "string": lambda _: b'"stop"',
    "array": lambda _: b"[]",
    "array of payloads": lambda good: b"[" + good + b"]",
    "empty object": lambda _: b"{}",
    "not json": lambda _: b"<?xml version='1.0'?>",
    "single quotes": lambda good: good.replace(b'"', b"'"),
    "unquoted keys": lambda _: b"{session_id: x}",
    "torn": lambda good: good[:-1],
    "torn in a string": lambda good: good[: len(good) // 2],
    "one brace": lambda _: b"{",
    "too many braces": lambda good: good + b"}",
    "garbage behind": lambda good: good + b"garbage",
    "two payloads": lambda good: good + b"\n" + good,
    "comma at the end": lambda good: good[:-1] + b",}",
    "nul bytes": lambda _: b"\0" * 1000,
    "nul bytes around": lambda good: b"\0" + good + b"\0",
    "nul byte inside": lambda good: good.replace(b"session", b"ses\0sion", 1),
    "invalid utf-8": lambda good: good.replace(b"default", b"\xff\xfe\x80"),
    "invalid utf-8 alone": lambda _: b"\xc3\x28\xa0\xa1",
    "latin-1": lambda good: good.replace(b"default", "é".encode("latin-1")),
    "utf-8 mark": lambda good: b"\xef\xbb\xbf" + good,
    "utf-16": lambda good: good.decode().encode("utf-16"),
    "utf-32": lambda good: good.decode().encode("utf-32"),
    "gzip": lambda _: b"\x1f\x8b\x08\0\0\0\0\0",
    "deep array": lambda _: nested(100_000).encode(),
    "deep object": lambda _: b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "deep field": lambda good: good[:-1] + b',"tool_input":' + nested(50_000).encode() + b"}",
    "field of braces": lambda good: good[:-1] + b',"x":"' + b"}" * 500_000 + b'"}',
    "big field": lambda good: good[:-1] + b',"prompt":"' + b"\\u00e9" * 200_000 + b'"}',
    "big number": lambda good: good[:-1] + b',"context_tokens":' + b"9" * 4000 + b"}",
    "too big number": lambda good: good[:-1] + b',"context_tokens":' + b"9" * 5000 + b"}",
    "NaN": lambda good: good[:-1] + b',"context_tokens":NaN,"x":-Infinity}',
    "lone surrogates": lambda good: good[:-1] + b',"prompt":"\\ud83d","cwd":"/\\udc00"}',
    "session twice": lambda good: good[:-1] + b',"session_id":["x"]}',
    "many fields": lambda good: good[:-1] + b',"k":1' * 10_000 + b"}",
    "carriage returns": lambda good: good.replace(b",", b",\r\n"),
    "form feeds": lambda good: good.replace(b",", b",\x0c"),
}  # fmt: skip


def test_every_wired_event_is_tested() -> None:
    """The table above has a payload for each event that hooks.json wires, and no other."""
    wiring = json.loads(WIRING.read_text())["hooks"]
    words = {
        name: {WORDS.get(word(hook), word(hook)) for entry in entries for hook in entry["hooks"]}
        for name, entries in wiring.items()
    }

    assert words == {name: {word} for word, name in EVENTS.items()}
    assert {event_of(kind) for kind in PAYLOADS} == set(EVENTS)
    assert EVENTS == hook_io.EVENTS


@pytest.mark.parametrize("name", RAW)
def test_no_raw_input_breaks_a_hook(name: str, desk: Desk) -> None:
    """What is no payload gets no wrong answer from any event, and is no bug in the log."""
    for kind in PAYLOADS:
        raw = RAW[name](encoded(desk.payload(kind)))

        assert desk.answer(kind, raw) == [], kind
    assert desk.bugs == []


@pytest.mark.parametrize("kind", PAYLOADS)
def test_no_wrong_field_breaks_a_hook(kind: str, desk: Desk) -> None:
    """Every field, missing or with a value of every wrong kind: a right answer or none."""
    good = desk.payload(kind)
    for field in good:
        bad = [{**good, field: value} for value in WRONG]
        bad.append({name: value for name, value in good.items() if name != field})
        for payload in bad:
            desk.remember()

            assert desk.answer(kind, encoded(payload)) == [], (field, payload.get(field))
    assert desk.bugs == []


@pytest.mark.parametrize("session_id", SESSION_IDS, ids=lambda text: repr(text[:9]))
@pytest.mark.parametrize("kind", PAYLOADS)
def test_no_session_id_names_another_place(kind: str, session_id: str, desk: Desk) -> None:
    """An id that is none is nobody's session: no file is written for it, here or elsewhere."""
    before = set(desk.root.rglob("*"))

    assert desk.answer(kind, encoded(desk.payload(kind, session_id=session_id))) == []
    new = set(desk.root.rglob("*")) - before
    # What belongs to no session (where the plugin is, a log) stands right in the state directory.
    assert {path.relative_to(desk.state).parts[0] for path in new} <= {"plugin", "log"}


TRANSCRIPTS: dict[str, bytes] = {
    "empty": b"",
    "zeros": b"\0" * 100_000,
    "not utf-8": b"\xff\xfe\x80" * 1000 + b"\n",
    "not json": b"usage\n" * 100,
    "arrays": b"[]\n[1]\nnull\n" * 10,
    "torn last line": OVER_THE_THRESHOLD + OVER_THE_THRESHOLD[:-9],
    "nul bytes inside": OVER_THE_THRESHOLD.replace(b"fix", b"f\0x") + b"\0\0\0",
    "invalid utf-8 inside": OVER_THE_THRESHOLD.replace(b"fix", b"f\xffx"),
    "lone surrogates": OVER_THE_THRESHOLD.replace(b"fix", b"\\ud83d").replace(
        b"pytest", b"\\udc00"
    ),
    "nested": b'{"usage":' * 30_000,
    "wrong types": b'{"type":"assistant","message":{"content":{"a":1},"usage":[]}}\n'
    b'{"type":"user","message":{"content":[1,null,{"type":"text","text":5}]}}\n'
    b'{"type":[],"message":7,"timestamp":{},"cwd":[],"usage":1}\n' + OVER_THE_THRESHOLD,
    "huge numbers": answered(10**300).encode() + b"\n",
    "a line of 5 MB": OVER_THE_THRESHOLD + json.dumps({"type": "user", "x": "é" * 10**6}).encode(),
    "crlf": OVER_THE_THRESHOLD.replace(b"\n", b"\r\n"),
}


@pytest.mark.parametrize("full", [False, True], ids=["hot", "full"])
@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_no_transcript_breaks_a_hook(name: str, full: bool, desk: Desk) -> None:
    """Whatever is in the transcript: every event answers rightly or not at all."""
    desk.transcript.write_bytes(TRANSCRIPTS[name])
    for kind in PAYLOADS:
        desk.remember(fired={}, asked_at=0)

        assert desk.answer(kind, encoded(desk.payload(kind)), full=full) == [], kind


def make_fifo(path: Path) -> None:
    """A pipe that nobody writes to: who opens it plainly waits for ever."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def make_loop(path: Path) -> None:
    """A link to itself."""
    path.unlink(missing_ok=True)
    path.symlink_to(path)


def make_folder(path: Path) -> None:
    """A directory where a file is looked for."""
    path.unlink(missing_ok=True)
    path.mkdir()


def make_unreadable(path: Path) -> None:
    """A file without any permission (root reads it all the same)."""
    path.chmod(0)


PLACES: dict[str, Callable[[Path], None]] = {
    "missing": lambda path: path.unlink(),
    "folder": make_folder,
    "pipe": make_fifo,
    "loop of links": make_loop,
    "unreadable": make_unreadable,
}


@pytest.mark.parametrize("full", [False, True], ids=["hot", "full"])
@pytest.mark.parametrize("name", PLACES)
def test_no_place_of_the_transcript_breaks_a_hook(name: str, full: bool, desk: Desk) -> None:
    """A transcript that is missing, a directory, a pipe…: nothing blocks, nothing is wrong."""
    PLACES[name](desk.transcript)
    for kind in PAYLOADS:
        desk.remember()

        assert desk.answer(kind, encoded(desk.payload(kind)), full=full) == [], kind


def spoil_state(desk: Desk, content: bytes) -> None:
    """Put `content` into every file that a hook reads from the state directory."""
    for name in (f"sessions/{SESSION}.json", f"feed/{SESSION}.json", "config-cache.json",
                 "ledger.jsonl"):  # fmt: skip
        path = desk.state / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)


def damaged(**values: Any) -> bytes:
    """A state whose values are of the wrong kind."""
    return json.dumps({"project": "/", "fired": {"warn": 1}, **values}).encode()


STATES: dict[str, bytes] = {
    "empty": b"",
    "not json": b"{",
    "torn": b'{"fired": {"handoff": 20',
    "array": b"[1]",
    "null": b"null",
    "not utf-8": b"\xff\xfe",
    "zeros": b"\0" * 4096,
    "nested": b"[" * 100_000,
    "feed of wrong kinds": b'{"context": [], "cost": 1, "rateLimits": [[]], "model": {}, "at": ""}',
    "huge feed": b'{"context": {"tokens": 1' + b"0" * 400 + b'}, "at": 1e300}',
    "fired is a list": damaged(fired=[]),
    "fired is a text": damaged(fired="handoff"),
    "fired at a text": damaged(fired={"handoff": "x", "warn": None}),
    "fired at a huge number": damaged(fired={"warn": 10**400}),
    "texts for times": damaged(asked_at="x", brief_count=[], cycle="x", cycle_offset=-1),
    "huge times": damaged(asked_at=10**400, brief_count=10**400, cycle_offset=10**400),
    "briefs of wrong kinds": damaged(briefs=[None, {}, {"at": "x"}], asked_at=1),
    "numbers for texts": damaged(project=7, transcript=[], model={}, picked=1, trigger=0),
}


@pytest.mark.parametrize("name", STATES)
def test_no_state_breaks_a_hook(name: str, desk: Desk) -> None:
    """A state directory full of damage: every event answers rightly or not at all."""
    for kind in PAYLOADS:
        spoil_state(desk, STATES[name])

        assert desk.answer(kind, encoded(desk.payload(kind))) == [], kind


CONFIGS: dict[str, bytes] = {
    "not yaml": b"mode: [",
    "tabs": b"\tmode: off",
    "not utf-8": b"mode: \xff",
    "a list": b"- off",
    "aliases": b"a: &a [x, x]\nb: [*a, *a]",
    "brackets": b"mode: " + b"[" * 60_000,
    "wrong types": b"mode: 7\nlines: [1]\ncommit: {}\nbrief: null\nextra: 1",
    "no lines at all": b"thresholds: {warn: {context: null}, handoff: {context: []}}",
    "too long": b"# " + b"x" * 100_000,
    "zeros": b"\0" * 100,
    "objects": b"thresholds: {handoff: {context: !!python/object/apply:os.system [exit]}}",
}


@pytest.mark.parametrize("name", CONFIGS)
def test_no_configuration_breaks_a_hook(name: str, desk: Desk) -> None:
    """A broken configuration, the user's or the team's: the events go on with the defaults."""
    for path in (desk.home / ".config/handoff/config.yaml", desk.project / ".handoff/config.yaml"):
        path.parent.mkdir(parents=True)
        path.write_bytes(CONFIGS[name])
        for kind in PAYLOADS:
            desk.remember()

            assert desk.answer(kind, encoded(desk.payload(kind)), full=kind == "stop") == [], kind
    assert desk.bugs == []


# From here on: the launcher itself, as a process.


def launched(desk: Desk, runs: Sequence[tuple[str, bytes]]) -> dict[str, list[str]]:
    """Launch all of them, two at a time; what is wrong, by kind and the input's start."""
    with ThreadPoolExecutor(2) as pool:
        all_wrong = pool.map(lambda run: desk.launch(*run), runs)
        return {
            f"{run[0]} {run[1][:60]!r}": wrong
            for run, wrong in zip(runs, all_wrong, strict=True)
            if wrong
        }


@pytest.mark.parametrize("kind", PAYLOADS)
def test_the_launcher_survives_broken_input(kind: str, desk: Desk) -> None:
    """Without the environment: exit 0, nothing on stderr, a right answer or none."""
    good = desk.payload(kind)
    cheap = [name for name in RAW if name not in ("single quotes", "carriage returns", "gzip")]
    runs = [RAW[name](encoded(good)) for name in cheap[::3]]
    runs += [encoded({**good, "session_id": name}) for name in ("../../x", "a" * 129)]
    runs += [encoded({**good, "transcript_path": name}) for name in ("a\0b", 7)]

    assert launched(desk, [(kind, raw) for raw in runs]) == {}


@pytest.mark.parametrize("kind", PAYLOADS)
def test_the_launcher_with_the_environment_survives_broken_input(kind: str, desk: Desk) -> None:
    """With the environment the same holds for what is behind it."""
    desk.link_environment()
    desk.add_brief()
    good = desk.payload(kind)
    runs = [
        encoded(good),
        encoded({**good, "transcript_path": str(desk.project)}),
        encoded({**good, "cwd": "/nowhere/\ud800", "transcript_path": "\0"}),
        RAW["torn"](encoded(good)),
    ]

    assert launched(desk, [(kind, raw) for raw in runs]) == {}


def test_without_the_environment_full_events_are_silent(desk: Desk) -> None:
    """What needs the environment says nothing while there is none: no line, no log."""
    desk.add_brief()
    desk.forget()
    for kind in ("session-start", "pre-compact", "stop-failure", "post-tool-use"):
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(HOOK), kind],
            input=encoded(desk.payload(kind)),
            env=desk.env,
            capture_output=True,
            timeout=60,
        )

        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b""), kind
    assert desk.log == ""


def test_with_the_environment_full_events_answer(desk: Desk) -> None:
    """The same events do something once the environment is there: it is really entered. What is
    done before a compaction is not said there.
    """
    desk.link_environment()
    for kind in ("pre-compact", "post-tool-use", "user-prompt-expansion"):
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(HOOK), kind],
            input=encoded(desk.payload(kind)),
            env=desk.env,
            capture_output=True,
            timeout=60,
        )

        assert (done.returncode, done.stderr) == (0, b""), kind
        assert bool(done.stdout) == (kind != "pre-compact"), (kind, desk.log)
        assert not done.stdout or problems(kind, done.stdout) == []
    assert list((desk.project / ".handoff" / "open").glob("*.md"))


@pytest.mark.parametrize("word", ["", "no-such-event", "Stop", "../stop", "--help", "stop\n"])
def test_an_unknown_event_is_answered_by_nothing(word: str, desk: Desk) -> None:
    """A word that is no event, or none at all: exit 0 and silence."""
    arguments = [word] if word else []
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(HOOK), *arguments],
        input=encoded(desk.payload("stop")),
        env=desk.env,
        capture_output=True,
        timeout=60,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("kind", PAYLOADS)
def test_a_stdin_that_stays_open_is_not_waited_for(kind: str, desk: Desk) -> None:
    """The end of the JSON value is enough: the hook ends while the client still holds the pipe."""
    with subprocess.Popen(
        [sys.executable, "-I", "-S", str(HOOK), event_of(kind)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=desk.env,
    ) as child:
        assert child.stdin is not None
        began = time.monotonic()
        child.stdin.write(encoded(desk.payload(kind)))
        child.stdin.flush()
        code = child.wait(SECONDS)
        took = time.monotonic() - began
        stdout, stderr = child.communicate()

    assert (code, stderr, problems(event_of(kind), stdout)) == (0, b"", [])
    assert took < hook_io.INPUT_SECONDS


def test_a_value_that_never_ends_is_given_up(desk: Desk) -> None:
    """Half a value, no value and a value that is no object, on pipes that stay open."""
    children = []
    for raw in (b"", b'{"session_id":', b"[1]", b'{"a":1}}'):
        child = subprocess.Popen(
            [sys.executable, "-I", "-S", str(HOOK), "stop"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=desk.env,
        )
        assert child.stdin is not None
        child.stdin.write(raw)
        child.stdin.flush()
        children.append(child)
    for child in children:
        with child:
            assert child.wait(SECONDS) == 0
            assert child.communicate() == (b"", b"")


@pytest.mark.parametrize("redirect", [">&-", "<&-", "2>&-", "<&- >&- 2>&-", "</dev/null"])
@pytest.mark.parametrize("environment", [False, True], ids=["alone", "environment"])
def test_closed_descriptors_break_nothing(redirect: str, environment: bool, desk: Desk) -> None:
    """Without a stdout to answer on, or a stdin to read: exit 0 and no word on stderr."""
    if environment:
        desk.link_environment()
    raw = desk.root / "payload.json"
    raw.write_bytes(encoded(desk.payload("post-tool-use")))
    done = subprocess.run(
        [
            *("sh", "-c", f'exec "$@" <"$0" {redirect}', str(raw)),
            *(sys.executable, "-I", "-S", str(HOOK), "post-tool-use"),
        ],
        env=desk.env,
        cwd=desk.project,
        capture_output=True,
        timeout=60,
    )

    assert (done.returncode, done.stderr) == (0, b"")
    assert problems("post-tool-use", done.stdout) == []


@pytest.mark.parametrize("environment", [False, True], ids=["alone", "environment"])
def test_a_reader_that_left_breaks_nothing(environment: bool, desk: Desk) -> None:
    """The client closed its end of stdout before the answer: exit 0, nothing on stderr."""
    if environment:
        desk.link_environment()
    kind = "post-tool-use" if environment else "pre-tool-use"
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-S", str(HOOK), kind],
            input=encoded(desk.payload(kind)),
            stdout=writing,
            stderr=subprocess.PIPE,
            env=desk.env,
            timeout=60,
        )
    finally:
        os.close(writing)

    assert (done.returncode, done.stderr) == (0, b"")


def state_is_a_file(desk: Desk) -> None:
    """`$HANDOFF_HOME` names a file."""
    desk.env["HANDOFF_HOME"] = str(desk.transcript)


def state_is_nowhere(desk: Desk) -> None:
    """`$HANDOFF_HOME` names a place where nothing can be made, not even by root."""
    desk.env["HANDOFF_HOME"] = "/proc/handoff"


def state_is_read_only(desk: Desk) -> None:
    """The state directory cannot be written (root can)."""
    desk.state.chmod(0o500)


def state_is_full_of_folders(desk: Desk) -> None:
    """Directories where the files should be."""
    desk.forget()
    for name in (
        f"sessions/{SESSION}.json",
        f"locks/{SESSION}",
        "log/handoff.log/x",
        "env/bin",
    ):
        (desk.state / name).mkdir(parents=True)


def no_home(desk: Desk) -> None:
    """No `$HOME`, no `$HANDOFF_HOME` that is a path, no `$PATH`."""
    desk.env.clear()
    desk.env["HANDOFF_HOME"] = "/proc/\x01"


@pytest.mark.parametrize(
    "spoil",
    [state_is_a_file, state_is_nowhere, state_is_read_only, state_is_full_of_folders, no_home],
)
def test_no_state_directory_breaks_the_launcher(spoil: Callable[[Desk], None], desk: Desk) -> None:
    """Where nothing can be remembered, a hook does without, and says nothing about it."""
    spoil(desk)
    runs = [(kind, encoded(desk.payload(kind))) for kind in PAYLOADS]

    wrong = launched(desk, runs)
    desk.state.chmod(0o700)

    assert wrong == {}


@pytest.mark.parametrize("name", PLACES)
def test_no_place_of_the_transcript_holds_the_launcher(name: str, desk: Desk) -> None:
    """A pipe, a directory, a loop as transcript: every event ends in time."""
    PLACES[name](desk.transcript)
    desk.remember(fired={}, asked_at=0)
    kinds = ("post-tool-batch", "stop", "session-start#compact", "session-end")

    assert launched(desk, [(kind, encoded(desk.payload(kind))) for kind in kinds]) == {}


@pytest.mark.parametrize("end", [b"\n", b""], ids=["whole", "torn"])
def test_a_line_of_50_megabytes_is_read_in_time(end: bytes, desk: Desk) -> None:
    """In the transcript, before and behind the last answer."""
    line = b'{"type":"user","usage":"' + b"x" * 50_000_000
    desk.transcript.write_bytes(OVER_THE_THRESHOLD + line + (b'"}' + end if end else b""))
    desk.remember(fired={}, asked_at=0)

    assert desk.launch("stop", encoded(desk.payload("stop"))) == []
    assert desk.launch("post-tool-batch", encoded(desk.payload("post-tool-batch"))) == []


def test_a_payload_of_50_megabytes_is_read_in_time(desk: Desk) -> None:
    """A tool's result can be this large; so can one that is nothing but closing braces."""
    for filler in (b"x", b"}"):
        raw = encoded(desk.payload("post-tool-batch"))[:-1] + b',"x":"' + filler * 50_000_000

        assert desk.launch("post-tool-batch", raw + b'"}') == []


def test_a_payload_over_the_limit_is_left_alone(desk: Desk) -> None:
    """More than any client sends is not kept in memory; the hook ends, the client is not held."""
    raw = b'{"x":"' + b"x" * (hook_io.MAX_PAYLOAD_BYTES + 100_000) + b'"}'

    assert desk.launch("stop", raw) == []


def test_broken_configurations_do_not_hold_the_launcher(desk: Desk) -> None:
    """With the environment, a hostile team file costs no more than it should."""
    desk.link_environment()
    team = desk.project / ".handoff" / "config.yaml"
    team.parent.mkdir()
    for name in ("brackets", "aliases", "objects"):
        team.write_bytes(CONFIGS[name])

        assert desk.launch("stop", encoded(desk.payload("stop"))) == []
    team.unlink()
    team.symlink_to("/dev/zero")
    assert desk.launch("stop", encoded(desk.payload("stop"))) == []
    team.unlink()
    os.mkfifo(team)
    assert desk.launch("stop", encoded(desk.payload("stop"))) == []
