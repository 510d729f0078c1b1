"""How many secrets go, how many ordinary lines are altered, and what it costs.

    python benchmarks/redact.py [--seeds N] [--transcripts FOLDER] [FILE_OR_FOLDER ...]

The secrets are made anew from fixed seeds: of each row of the table of providers N, put into its
settings, and of each maker of `support.secret_data` and `support.secret_lines` N for each category.
One is gone when no eight characters of it in a row are left. Ordinary lines are of two sets, code
and what tools print (`support.line_sources`), with the files named as a third; each has its goal.
"""

from __future__ import annotations

import argparse
import importlib
import platform
import random
import statistics
import sys
import time
from collections import Counter
from importlib.util import find_spec
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "plugin"), str(ROOT / "tests")]

from handoff.redact.redact import redact  # noqa: E402
from support import line_sources  # noqa: E402
from support.secret_table import PROVIDERS, make_secret, settings  # noqa: E402

GOALS = {"code": 8_000, "tool output": 12_000, "named": 8_000}  # lines for one false alarm


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--transcripts", type=Path)
    parser.add_argument("--show", action="store_true", help="print what was missed or touched")
    parser.add_argument("--category", help="only the categories with this in their name")
    parser.add_argument("places", type=Path, nargs="*")
    asked = parser.parse_args()
    categories(asked.seeds, asked.category or "", show=asked.show)
    if asked.category:
        return
    print(f"\n{len(PROVIDERS)} kinds of {len({row[0] for row in PROVIDERS})} providers\n")
    recall(asked.seeds, show=asked.show)
    ordinary("code", line_sources.code(asked.transcripts), show=asked.show)
    ordinary("tool output", line_sources.tool_output(asked.transcripts), show=asked.show)
    if asked.places:
        ordinary("named", line_sources.named(asked.places), show=asked.show)
    cost()
    print(f"\n{platform.python_version()}, {platform.system()}")


def categories(seeds: int, name: str, *, show: bool) -> None:
    """The part of secrets that are gone, for each category of the two tables."""
    print("| category | texts | gone |\n| --- | --- | --- |")
    for table in ("secret_data", "secret_lines"):
        if not find_spec(f"support.{table}"):
            continue
        for category, makers in importlib.import_module(f"support.{table}").CATEGORIES.items():
            if name in category:
                missed = list(_missed(category, makers, seeds))
                texts = len(makers) * seeds
                print(f"| {category} | {texts:,} | {1 - len(missed) / texts:.1%} |")
                for text in missed if show else ():
                    print("missed:", repr(text)[:300])


def _missed(category: str, makers: list[Any], seeds: int) -> Any:
    for number, make in enumerate(makers):
        for seed in range(seeds):
            text, secret = make(random.Random(f"{category} {number} {seed}"))
            redacted = redact(text)
            if left(secret, redacted, text):
                yield redacted


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
    size = min(8, len(secret))
    pieces = {secret[at : at + size] for at in range(len(secret) - size + 1)}
    return any(piece in redacted and piece not in elsewhere for piece in pieces)


def ordinary(kind: str, texts: dict[str, str], *, show: bool) -> None:
    """The part of lines that are altered, for each source of one kind."""
    print(f"\n| ordinary lines: {kind} | lines | altered | one in |\n| --- | --- | --- | --- |")
    all_lines = all_touched = 0
    for name, text in texts.items():
        before = text[: line_sources.MAX_CHARS].split("\n")
        after = redact(text[: line_sources.MAX_CHARS]).split("\n")
        touched = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
        count = sum(bool(line.strip()) for line in before)
        all_lines, all_touched = all_lines + count, all_touched + len(touched)
        print(f"| {name} | {count:,} | {len(touched)} | {_one_in(count, len(touched))} |")
        for line, redacted in touched if show else ():
            print("altered:", line.strip()[:150], "->", redacted.strip()[:150])
    print(f"| all | {all_lines:,} | {all_touched} | {_one_in(all_lines, all_touched)} |")
    print(f"| goal | | | {GOALS[kind]:,} |")


def _one_in(lines: int, touched: int) -> str:
    return f"{lines // touched:,}" if touched else "none"


def cost() -> None:
    """Milliseconds: the import, 10,000 characters of code, a line of a megabyte."""
    code = line_sources.folder(ROOT / "plugin" / "handoff" / "config", "*.py")[:10_000]
    start = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT / 'plugin')!r})"]
    load = [*start[:2], start[2] + "; import handoff.redact.redact"]
    words = " ".join(line_sources.read(ROOT / "README.md").split())
    line = (words * (1_000_000 // len(words) + 1))[:1_000_000]
    print("\n| what | ms |\n| --- | --- |")
    begun, loaded = (took(lambda c=c: line_sources.output(*c), 9) for c in (start, load))
    print(f"| import | {loaded - begun:.0f} |")
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
