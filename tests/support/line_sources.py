"""Ordinary lines, to count false alarms on: lines of code, and lines that tools print."""

from __future__ import annotations

import json
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.paths import ROOT
from support.tool_output import OUTPUT

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_CHARS = 4_000_000  # of one source
_TEXTS = set(".py .md .json .yaml .yml .toml .lock .sum .js .ts .txt .log .diff .tf .xml".split())  # noqa: SIM905
_OWN = ("redact", "secret", "ordinary_lines", "tool_output")  # files that hold shapes on purpose
_SESSION_LINES = 400  # of each session


def code(transcripts: Path | None) -> dict[str, str]:
    """Name and text of each source of code."""
    texts = {
        "Python's standard library": folder(Path(sysconfig.get_path("stdlib")), "*.py"),
        "site-packages": folder(Path(sysconfig.get_path("purelib")), "*/*.py"),
        "this repository, without its tests": folder(ROOT, "[!t]*/**/*"),
    }
    if transcripts:
        texts["published sessions: what was written"] = _joined(transcripts, "tool_use")
    return texts


def tool_output(transcripts: Path | None) -> dict[str, str]:
    """Name and text of each source of what tools print."""
    history = ("git", "-C", str(ROOT), "log")
    texts = {
        "git log": output(*history),
        "git log -p, without the tests": output(*history, "-p", "--", ".", ":!*redact*", ":!tests"),
        "pip list": output(sys.executable, "-m", "pip", "list", "-v"),
        "kubectl, terraform, docker, npm and others, written": OUTPUT,
    }
    if transcripts:
        texts["published sessions: tool results"] = _joined(transcripts, "tool_result")
        texts["published sessions: prose"] = _joined(transcripts, "text")
    return texts


def named(places: list[Path]) -> dict[str, str]:
    """Name and text of each file or folder."""
    return {
        place.name: folder(place, "**/*") if place.is_dir() else read(place) for place in places
    }


def folder(place: Path, pattern: str) -> str:
    """The texts in a folder, but for those that are about secrets."""
    texts: list[str] = []
    size = 0
    for path in sorted(place.glob(pattern)):
        inside = path.relative_to(place)
        hidden = any(part.startswith(".") for part in inside.parts)
        if hidden or path.suffix not in _TEXTS or any(word in str(inside) for word in _OWN):
            continue
        if path.is_file() and size < MAX_CHARS:
            texts.append(read(path))
            size += len(texts[-1])
    return "\n".join(texts)


def read(path: Path) -> str:
    """The text of a file, as much of it as counts."""
    return path.read_text(encoding="utf-8", errors="replace")[:MAX_CHARS]


def output(*command: str) -> str:
    """What a command prints."""
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False
    ).stdout


def _joined(place: Path, kind: str) -> str:
    texts: list[str] = []
    size = 0
    for path in sorted(place.glob("**/*.jsonl"))[::3]:
        with path.open(encoding="utf-8", errors="replace") as file:
            for row in file.readlines(20_000_000)[:_SESSION_LINES]:
                message = json.loads(row).get("message")
                content = message.get("content") if isinstance(message, dict) else None
                blocks = content if isinstance(content, list) else [{"type": "text", "x": content}]
                for block in blocks:
                    if isinstance(block, dict) and block.get("type") == kind and size < MAX_CHARS:
                        texts += _strings(block)
                        size += sum(map(len, texts[-9:]))
    return "\n".join(dict.fromkeys(texts))


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key not in ("signature", "data", "id", "tool_use_id"):
                yield from _strings(item)
