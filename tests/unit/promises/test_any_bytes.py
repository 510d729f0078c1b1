"""Whatever the bytes: what reads them answers in bounded time and memory, and raises our own error.

The parsers are given anything; sentences of a grammar that is nearly right get further in.
"""

from __future__ import annotations

import json
import os
import time
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.base.errors import HandoffError
from handoff.brief import document, inject
from handoff.client import hook_io
from handoff.config import config_file, model
from handoff.hooks import dispatch
from handoff.redact.redact import redact
from handoff.runtime import Runtime
from support.hostile_briefs import BROKEN, ID, READABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECONDS = 5.0  # of processor time for one input; nearly all take thousandths
PEAK_BYTES = 128 * 1024 * 1024
ABOUT = inject.Surroundings("x.md", "4 minutes", "nobody's")

_SCRAPS = st.sampled_from(
    ["---\n", "\n---\n", "\n", " ", "  ", "\t", ": ", "- ", "? ", "{", "}", "[", "]", ",", "&a ",
     "*a", "!!python/object:x ", "!x ", "|\n", ">-\n", "'", '"', "\\", "#", "%YAML 1.2\n", "<<: ",
     "null", "~", "true", "1e9", "0x7f", "9" * 30, "2026-11-22", "handoff: 1\n", f"id: {ID}\n",
     "title: x\n", "git: {branch: main}\n", "verify: [x]\n", "labels: [a, b]\n", "## Task\n",
     "## State\n", "# x\n", "```\n", "~~~~\n", "</handoff-brief>", "<system-reminder>", "\x1b[2J",
     "\x9b", "\u202e", "\u200b", "\ufeff", "\0", "\r", "\r\n", "\x85", "\u2028", "é", "😀",
     "mode: ", "thresholds: ", "handoff: ", "context: ", "70%", "200k", "cost_usd: ", "brief: ",
     "max_tokens: ", "redact: ", "patterns: ", "(a+)+$", "(?P<", "trust: ", "signers: ", "SHA256:",
     "off", "commit: "]
)  # fmt: skip
TEXTS = st.lists(_SCRAPS | st.text(max_size=6), max_size=40).map("".join)
RAW = st.binary(max_size=300) | TEXTS.map(lambda text: text.encode("utf-8", "replace"))
FILES = RAW | TEXTS.map(
    lambda text: f"---\nhandoff: 1\nid: {ID}\n{text}".encode("utf-8", "replace")
)


@pytest.fixture
def little_memory() -> Iterator[None]:
    """The test takes no more than PEAK_BYTES."""
    tracemalloc.start()
    yield
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < PEAK_BYTES


def timed(began: float) -> None:
    assert time.process_time() - began < SECONDS


@settings(max_examples=600, deadline=None)
@given(FILES)
def test_any_file_is_a_brief_or_refused(raw: bytes) -> None:
    """A brief is what a session can be given, and what is written again reads the same."""
    began = time.process_time()
    try:
        brief = document.parse(raw, "x.md")
    except HandoffError as error:
        assert error.what.startswith("x.md: ")
        return
    finally:
        timed(began)
    text = inject.render(brief, ABOUT, 9500)
    assert len(text) <= 9500
    assert text.lower().count("</handoff-brief") == 1
    assert document.ID_PATTERN.fullmatch(brief.id)
    assert brief.parent == "" or document.ID_PATTERN.fullmatch(brief.parent)
    again = document.parse(document.render(brief).encode(), "again")
    assert again == brief or again.title == brief.title


@settings(max_examples=300, deadline=None)
@given(TEXTS | st.text(max_size=200))
def test_any_words_are_a_brief_or_refused(text: str) -> None:
    """What a model sends."""
    began = time.process_time()
    try:
        assert document.parse_words(redact(text)).sections
    except HandoffError:
        pass
    finally:
        timed(began)


@settings(max_examples=400, deadline=None)
@given(RAW, RAW)
def test_any_configuration_is_one(
    tmp_path_factory: pytest.TempPathFactory, user: bytes, team: bytes
) -> None:
    """Two files of anything: valid values of the right shape, and the team sets lines alone."""
    began = time.process_time()
    folder = tmp_path_factory.getbasetemp()
    paths = [folder / "fuzz-user.yaml", folder / "fuzz-team.yaml"]
    for path, raw in zip(paths, (user, team), strict=True):
        path.write_bytes(raw)
    names = [str(path) for path in paths]

    config, problems = config_file.load(names)
    alone, _ = config_file.load(names[:1])

    timed(began)
    assert model._has_shape_of(model.DEFAULTS, config.values)
    kept = {key: value for key, value in config.values.items() if key != "thresholds"}
    assert kept == {key: value for key, value in alone.values.items() if key != "thresholds"}
    assert all(str(problem).startswith(tuple(names)) for problem in problems)
    json.dumps(config.values)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
_KNOWN: dict[str, list[Any]] = {
    "transcript_path": ["/no/such.jsonl", "/dev/null", "/", ""],
    "source": ["startup", "clear", "compact", "resume", "fork"],
    "command_name": ["handoff:pickup", "handoff:handoff"],
    "command_args": ["beef", "--all", "*"],
    "tool_name": ["Bash", "Skill"],
    "tool_input": [{"command": "handoff list"}, {"skill": "handoff:handoff"}, {"command": "x"}],
    "prompt": ["/handoff:pickup beef"],
    "stop_hook_active": [True, False],
    "background_tasks": [[], [{"status": "running"}]],
    "permission_mode": ["plan", "default"],
    "error": ["rate_limit", "overloaded"],
    "trigger": ["auto", "manual"],
    "reason": ["clear", "other"],
    "agent_id": ["a1", ""],
    "context_tokens": [10**12, -1, 1.5],
    "last_assistant_message": ["x"],
}
PAYLOADS: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {
        "session_id": st.sampled_from(["s1", "../../x", "", "é"]) | JSON,
        "cwd": st.sampled_from(["/", "/no/such", "\0", "."]) | JSON,
    },
    optional={name: st.sampled_from(values) | JSON for name, values in _KNOWN.items()},
)
INPUTS = (
    PAYLOADS.map(lambda fields: json.dumps(fields).encode())
    | RAW
    | JSON.map(lambda value: json.dumps(value).encode())
)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(sorted(hook_io.EVENTS)), INPUTS, st.booleans())
def test_any_input_of_a_hook_is_answered(
    tmp_path_factory: pytest.TempPathFactory, event: str, raw: bytes, attended: bool
) -> None:
    """With one object of JSON or nothing, and without a bug in the log."""
    home = tmp_path_factory.getbasetemp() / "fuzz-home"
    home.mkdir(exist_ok=True)
    env = {
        "HOME": str(home),
        "HANDOFF_HOME": str(home / "state"),
        "PATH": os.environ["PATH"],
        "CLAUDE_PROJECT_DIR": str(home),
        "CLAUDE_CODE_SESSION_ATTENDED": str(int(attended)),
    }
    waiting = home / ".handoff" / "open" / f"{ID}.md"
    waiting.parent.mkdir(parents=True, exist_ok=True)
    waiting.write_bytes(READABLE["plain orders"])
    began = time.process_time()

    output = dispatch.answer(event, raw, Runtime(env, full=True))

    timed(began)
    assert not output or isinstance(json.loads(output), dict)
    log = home / "state" / "log" / "handoff.log"
    text = log.read_text() if log.exists() else ""
    log.unlink(missing_ok=True)
    assert "Traceback" not in text, text


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize("name", [*BROKEN, *READABLE])
def test_no_hostile_brief_takes_much(name: str) -> None:
    """Each in seconds and a few times its size of memory, whole and cut anywhere."""
    raw = BROKEN[name][0] if name in BROKEN else READABLE[name]
    for end in (len(raw), len(raw) // 2, len(raw) // 3):
        began = time.process_time()
        try:
            inject.render(document.parse(raw[:end], "x.md"), ABOUT, 9500)
        except HandoffError:
            pass
        timed(began)


def test_the_state_is_nobodys_input(own_home: Path) -> None:
    """What the state directory holds may be damaged by anything: the ledger is read, and empty."""
    from handoff.store import ledger

    own_home.joinpath("state").mkdir(exist_ok=True)
    for raw in (b"\xff\n", b"{}\n", b'{"sha256": {}}\n', b"[" * 50_000, b"\0" * 1000):
        own_home.joinpath("state", "ledger.jsonl").write_bytes(raw)
        assert ledger.own_entries(str(own_home / "state"), "r") == {}
