"""The golden briefs: made from their transcripts, and the transcripts by the real client.

What they are for: tests/golden/README.md.
"""

from __future__ import annotations

import argparse
import json
import re
import tempfile
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff.authoring import compose
from handoff.authoring.gather import Material
from handoff.authoring.model import WriteOptions
from handoff.brief import document, inject, snapshot
from handoff.brief.lint import Lookups, check
from handoff.client.transcript import reader
from handoff.config.model import Config
from handoff.demo.api import Reply, ToolUse, Usage
from handoff.demo.stage import SOURCES
from handoff.facts.gather import gather_facts
from handoff.redact.redact import redact
from handoff.runtime import Runtime
from handoff.store.places import Place
from support.golden_sessions import PROJECT, SESSIONS, Session
from support.paths import ROOT

if TYPE_CHECKING:
    from handoff.demo.api import Request

HERE = ROOT / "tests" / "golden"
MOMENT = 1795334400.0  # 2026-11-22T08:00:00Z
_KEPT = ("type", "message", "timestamp", "sessionId", "cwd", "gitBranch", "version", "isMeta")
_MESSAGE = ("role", "content", "id", "model", "usage", "stop_reason")
_USAGE = (
    "input_tokens",
    "cache_creation_input_tokens",
    "cache_read_input_tokens",
    "output_tokens",
)
_API_ID = re.compile(r"\b(?:msg|toolu)_[A-Za-z0-9]+")
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def main() -> None:
    """Make them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--client", type=Path, help="the client's program: transcripts anew")
    asked = parser.parse_args()
    for session in SESSIONS:
        folder = HERE / session.name
        folder.mkdir(exist_ok=True)
        if asked.client:
            (folder / "transcript.jsonl").write_text(record(session, asked.client))
        brief, injected = make_brief(session)
        (folder / "brief.md").write_text(brief)
        (folder / "injected.md").write_text(injected + "\n")
        print(f"{session.name}: {len(brief)} characters")


def make_brief(session: Session, home: str = "/nonexistent") -> tuple[str, str]:
    """The brief of a session, and what the next one is given, the same every time."""
    folder = HERE / session.name
    file = str(folder / "transcript.jsonl")
    facts = gather_facts(reader.read(file), PROJECT)
    words_file = folder / "words.md"
    words = (
        document.parse_words(redact(words_file.read_text()))
        if words_file.exists()
        else snapshot.compose_words(facts)
    )
    assert words is not None
    findings = check(words.sections, facts, _lookups()) if words_file.exists() else ()
    about = {"id": facts.session, "client": f"claude-code {facts.client}", "model": facts.model}
    git = {"branch": "main", "head": "5f2c0de1" * 5, "dirty": None, "worktree": "main"}
    place = Place(PROJECT, PROJECT, None, "not a git repository")
    material = Material(place, facts.session, facts, about, {"tokens": 205_000}, git, file)
    runtime = Runtime({"HOME": home}, full=True, now=MOMENT, home=f"{home}/state")
    orders = WriteOptions(kind=session.kind, trigger="context", goal=session.goal)
    author = "model" if words_file.exists() else "snapshot"
    brief = compose.compose_brief(
        words, author, material, orders, runtime, Config(), findings
    ).brief
    fixed = f"{brief.id[:-4]}9f3a"
    path = f".handoff/open/{fixed}.md"
    surroundings = inject.Surroundings(path, "4 minutes", "this machine's own and unchanged")
    texts = document.render(brief), inject.render(brief, surroundings, 9500)
    return texts[0].replace(brief.id, fixed), texts[1].replace(brief.id, fixed)


def _lookups() -> Lookups:
    return Lookups(
        has_commit=lambda _: False,
        has_file=SOURCES.__contains__,
        has_folder=lambda name: name in ("till", "tests"),
        is_known=lambda path: any(name.endswith(f"/{path}") for name in SOURCES),
        text_of=SOURCES.get,
        dirty=lambda: ("till/receipt.py",),
    )


def record(session: Session, client: Path) -> str:
    """The session's transcript as the real client writes it, without what changes or says nothing
    about the conversation.
    """
    harness = import_module("e2e.harness")
    with tempfile.TemporaryDirectory() as folder:
        world = harness.World(Path(folder), client, plugin=False, environment=False)
        steps = [step for _, turn in session.turns for step in turn]
        answers = 0

        def answer(_: Request, __: int) -> Reply:
            nonlocal answers
            step = steps[answers] if answers < len(steps) else "Nothing left to say."
            answers += 1
            usage = Usage(input=2, cache_read=20_000 + 1_000 * answers, output=50)
            if isinstance(step, str):
                return Reply(step, usage=usage)
            given = json.loads(json.dumps(step[1]).replace(PROJECT, str(world.project)))
            return Reply("", [ToolUse(step[0], given)], usage=usage)

        with world.serve(answer):
            for number, (prompt, _) in enumerate(session.turns):
                more = ("--continue",) if number else ()
                done = world.print(prompt, *harness.HANDS_FREE, *more)
                assert done.returncode == 0, done
        lines = world.transcripts()[-1].read_text().splitlines()
        return _plain([json.loads(line) for line in lines], world)


def _plain(records: list[dict[str, Any]], world: Any) -> str:
    kept: list[str] = []
    for full_record in records:
        if full_record["type"] not in ("user", "assistant") or full_record.get("isSidechain"):
            continue
        message = {
            key: full_record["message"][key] for key in _MESSAGE if key in full_record["message"]
        }
        if "usage" in message:
            message["usage"] = {key: message["usage"][key] for key in _USAGE}
        one = {key: full_record[key] for key in _KEPT if key in full_record} | {"message": message}
        seconds = 2 * len(kept)
        one["timestamp"] = f"2026-11-22T07:{seconds // 60:02}:{seconds % 60:02}.000Z"
        kept.append(json.dumps(one, ensure_ascii=False))
    text = "\n".join(kept) + "\n"
    for real, name in ((str(world.project), PROJECT), (str(world.home), "/home/robin")):
        text = text.replace(real, name)
    text = _numbered(text, _UUID, "00000000-0000-4000-8000-{:012}")
    text = _numbered(text, _API_ID, "id_{}")
    return re.sub(r"in \d\.\d+s", "in 0.001s", text)


def _numbered(text: str, pattern: re.Pattern[str], form: str) -> str:
    """The text with what matches replaced by numbers, the same by the same."""
    names: dict[str, str] = {}
    return pattern.sub(lambda match: names.setdefault(match[0], form.format(len(names) + 1)), text)
