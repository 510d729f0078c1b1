"""How much of what a session needed next is in a snapshot made before, by size and category.

    python benchmarks/brief_coverage.py TOOL [--transcripts DIRECTORY] [--plugin DIRECTORY]

TOOL is a program that makes cases of published sessions and scores a brief: a module with
`load_cases`, `score_brief` and `summarise`. Cases are split by session with a fixed hash, sessions
that repeat each other's responses together: two thirds to tune on, one third that is only
reported. `--plugin` measures another version of the code.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import re
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
SIZES = (10_000, 4_000, 2_000, 1_000)
PARTS = ("tuned on", "reported")
_MESSAGE = re.compile(rb'"id":"(msg_\w+)"')


def main() -> None:
    """Score all cases at all sizes and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tool", type=Path)
    parser.add_argument("--transcripts", type=Path, default=CORPUS)
    parser.add_argument("--plugin", type=Path, default=ROOT / "plugin")
    asked = parser.parse_args()
    sys.path.insert(0, str(asked.plugin))
    tool = load(asked.tool)
    groups = group_sessions(asked.transcripts)
    rows: dict[tuple[str, int], list[Any]] = {}
    with tempfile.TemporaryDirectory() as cache:
        for case in tool.load_cases(asked.transcripts, Path(cache)):
            part = part_of(groups[Path(case["transcript"]).stem])
            for size, text in snapshots(case["transcript"]).items():
                rows.setdefault((part, size), []).append(tool.score_brief(case, text))
    categories = tool.CATEGORIES
    print("| part | cases | characters | score |", " | ".join(categories), "|")
    print("| --- |", "---: |" * (3 + len(categories)))
    for part in PARTS:
        for size in SIZES:
            told = tool.summarise(rows[part, size])
            recall = " | ".join(f"{told['recall'][category]:.3f}" for category in categories)
            print(f"| {part} | {told['cases']} | {size:,} | {told['score']:.3f} | {recall} |")


def load(path: Path) -> Any:
    """A program as a module."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        sys.exit(f"{path} is not a Python program.")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def group_sessions(transcripts: Path) -> dict[str, str]:
    """The group of each session: sessions that share a response are of one."""
    group: dict[str, str] = {}
    owner: dict[bytes, str] = {}
    for path in sorted(transcripts.rglob("*.jsonl")):
        session = path.name.split("__")[0].removesuffix(".jsonl")
        messages = set(_MESSAGE.findall(path.read_bytes()))
        joined = {group[owner[message]] for message in messages if message in owner}
        name = min({session, group.get(session, session), *joined})
        joined.add(group.get(session, session))
        group[session] = name
        group = {one: name if of in joined else of for one, of in group.items()}
        owner.update(dict.fromkeys(messages, session))
    return group


def part_of(group: str) -> str:
    """The part of a group, by a hash that never changes."""
    return PARTS[int(hashlib.sha1(group.encode()).hexdigest(), 16) % 3 == 2]


def snapshots(transcript: str) -> dict[int, str]:
    """The snapshot of a session at each size."""
    from handoff.brief import snapshot
    from handoff.client.transcript import reader
    from handoff.facts import gather
    from handoff.redact import redact

    facts = gather.gather_facts(reader.read(transcript, reader.RECENT), "")
    return {size: redact.redact(snapshot.compose_text(facts, size))[:size] for size in SIZES}


if __name__ == "__main__":
    main()
