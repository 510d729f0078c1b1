"""How many secrets go, how many ordinary lines are touched, and what it costs.

    python benchmarks/redact.py [--seeds N] [--transcripts FOLDER] [FILE_OR_FOLDER ...]

The secrets are made from the table of the tests, N of each row, and put into its settings. One is
gone when no eight characters of it in a row are left. Ordinary lines: Python's standard library,
this repository, its history, `pip list`, the files named, and the texts of published sessions.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import statistics
import subprocess
import sys
import sysconfig
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "plugin"), str(ROOT / "tests")]

from handoff.redact.redact import redact  # noqa: E402
from support.secret_table import PROVIDERS, make_secret, settings  # noqa: E402 - after the path is set

MAX_CHARS = 4_000_000  # of one source
TEXTS = {
    ".py",
    ".md",
    ".json",
    ".yaml",
    ".yml",
    ".toml",
    ".lock",
    ".sum",
    ".js",
    ".ts",
    ".txt",
    ".log",
    ".diff",
}
OWN = ("redact", "secret", "ordinary_lines")  # files that hold shapes on purpose


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--transcripts", type=Path)
    parser.add_argument("--show", action="store_true", help="print what was missed or touched")
    parser.add_argument("places", type=Path, nargs="*")
    asked = parser.parse_args()
    print(f"{len(PROVIDERS)} kinds of {len({row[0] for row in PROVIDERS})} providers\n")
    recall(asked.seeds, show=asked.show)
    ordinary(sources(asked.places, asked.transcripts), show=asked.show)
    cost()
    print(f"\n{platform.python_version()}, {platform.system()}")


def recall(seeds: int, *, show: bool) -> None:
    """The part of secrets that are gone, for each setting."""
    there: Counter[str] = Counter()
    gone: Counter[str] = Counter()
    for seed in range(seeds):
        chance = random.Random(seed)
        for provider, noun, template, alone in PROVIDERS:
            secret = make_secret(template, chance)
            for setting, texts in settings(provider, noun, secret, alone=alone).items():
                for text in texts:
                    redacted = redact(text)
                    there[setting] += 1
                    gone[setting] += not left(secret, redacted, text)
                    if show and left(secret, redacted, text):
                        print("missed:", redacted[:150])
    print("| setting | texts | gone |\n| --- | --- | --- |")
    for setting, count in there.items():
        print(f"| {setting} | {count:,} | {gone[setting] / count:.2%} |")


def left(secret: str, redacted: str, text: str) -> bool:
    """Whether eight characters of the secret in a row are left that are nowhere else."""
    if secret.startswith("https://"):
        return secret in redacted
    elsewhere = text.replace(secret, " ") + "[redacted: rubygems key]"
    pieces = {secret[at : at + 8] for at in range(len(secret) - 7)}
    return any(piece in redacted and piece not in elsewhere for piece in pieces)


def sources(places: list[Path], transcripts: Path | None) -> dict[str, str]:
    """Name and text of each kind of ordinary lines."""
    texts = {
        "standard library": folder(Path(sysconfig.get_path("stdlib")), "*.py"),
        "this repository": folder(ROOT, "**/*"),
        "its history": output(
            "git", "-C", str(ROOT), "log", "-p", "--", ".", ":!*redact*", ":!*secret*"
        ),
        "pip list": output(sys.executable, "-m", "pip", "list", "-v"),
    }
    for place in places:
        texts[place.name] = folder(place, "**/*") if place.is_dir() else read(place)
    if transcripts:
        texts["published sessions"] = "\n".join(read_texts(transcripts))
    return texts


def folder(place: Path, pattern: str) -> str:
    """The texts in a folder, but for those that are about secrets."""
    paths = (
        path for path in sorted(place.glob(pattern)) if path.suffix in TEXTS and path.is_file()
    )
    inside = (
        path
        for path in paths
        if not any(part.startswith(".") for part in path.relative_to(place).parts)
    )
    return "\n".join(
        read(path)
        for path in inside
        if not any(word in str(path.relative_to(place)) for word in OWN)
    )


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")[:MAX_CHARS]


def output(*command: str) -> str:
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False
    ).stdout


def read_texts(place: Path) -> list[str]:
    """Every text of every third session."""
    texts: list[str] = []

    def walk(value: Any) -> None:
        if isinstance(value, str):
            texts.append(value)
        elif isinstance(value, list):
            for item in value:
                walk(item)
        elif isinstance(value, dict):
            for key, item in value.items():
                if key not in ("signature", "data"):
                    walk(item)

    for path in sorted(place.glob("**/*.jsonl"))[::3]:
        with path.open(encoding="utf-8", errors="replace") as file:
            for row in file.readlines(20_000_000)[:400]:
                walk(json.loads(row).get("message"))
    return texts


def ordinary(texts: dict[str, str], *, show: bool) -> None:
    """The part of lines that are touched, for each source."""
    print("\n| ordinary lines of | lines | touched | |\n| --- | --- | --- | --- |")
    all_lines = all_touched = 0
    for name, text in texts.items():
        before = text[:MAX_CHARS].split("\n")
        after = redact(text[:MAX_CHARS]).split("\n")
        touched = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
        count = sum(bool(line.strip()) for line in before)
        all_lines, all_touched = all_lines + count, all_touched + len(touched)
        print(f"| {name} | {count:,} | {len(touched)} | {len(touched) / max(1, count):.3%} |")
        for line, redacted in touched if show else ():
            print("touched:", line.strip()[:110], "->", redacted.strip()[:110])
    print(f"| all | {all_lines:,} | {all_touched} | {all_touched / max(1, all_lines):.3%} |")


def cost() -> None:
    """Milliseconds: the import, 10,000 characters of code, a line of a megabyte."""
    code = read(ROOT / "plugin" / "handoff" / "config/config_file.py")[:10_000]
    start = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT / 'plugin')!r})"]
    load = [*start[:2], start[2] + "; import handoff.redact.redact"]
    words = " ".join(read(ROOT / "README.md").split())
    line = (words * (1_000_000 // len(words) + 1))[:1_000_000]
    print("\n| what | ms |\n| --- | --- |")
    print(f"| import | {took(lambda: output(*load), 9) - took(lambda: output(*start), 9):.0f} |")
    print(f"| 10,000 characters of code | {took(lambda: redact(code), 21):.1f} |")
    print(f"| a line of a megabyte | {took(lambda: redact(line), 3):.0f} |")


def took(work: Any, rounds: int) -> float:
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main()
