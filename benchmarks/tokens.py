"""How near the counts of tokens come to the client's own, on published sessions.

    python benchmarks/tokens.py [TRANSCRIPT...]     (default: ../shared/corpus)

Truth is the growth of the context from one request to the next, less what the model wrote itself,
where nothing but tool results was added between them. Four counts are held against it: characters
by a constant, the estimate as it is, the estimate calibrated on the session's earlier figures, and
tiktoken calibrated likewise (only where its vocabulary is on disk). A "brief" is as many results of
a session in a row as make 2,500 tokens.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "plugin"))

from handoff.client.transcript import events as ev  # noqa: E402
from handoff.client.transcript import reader  # noqa: E402
from handoff.meter import token_counter, token_estimate  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BRIEF = 2500
Errors = dict[tuple[str, str, str], list[float]]


def main() -> None:
    """Measure all and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("transcripts", nargs="*", type=Path)
    asked = parser.parse_args()
    files = asked.transcripts or sorted((ROOT.parent / "shared" / "corpus").glob("*/*.jsonl"))
    counts: dict[str, Callable[[str], float]] = {
        "3.6 characters a token": lambda text: len(text) / 3.6,
        "estimate": token_estimate.estimate_tokens,
        "estimate, calibrated": token_estimate.estimate_tokens,
    }
    if token_counter.has_vocabulary(token_counter.vocabulary_folder(os.environ)):
        counts["tiktoken"] = counts["tiktoken, calibrated"] = token_counter.base_ratio(os.environ)
    else:
        print(
            "tiktoken: not measured, its vocabulary is not on disk "
            "(handoff doctor --fetch-tokens)\n"
        )
    errors: Errors = defaultdict(list)
    seen: set[tuple[int, str]] = set()
    spent = size = 0.0
    for file in files:
        model, samples = _samples(str(file), seen)
        started = time.perf_counter()
        for sample in samples:
            token_estimate.estimate_tokens(sample.text)
        spent += time.perf_counter() - started
        size += sum(len(sample.text) for sample in samples)
        for name, count in counts.items():
            _measure(errors, name, count, model, samples)
    print(
        f"{'count':24}{'of':9}{'model':20}{'n':>6}{'median':>9}{'90 %':>8}{'in 10 %':>9}{'bias':>8}"
    )
    for (name, of, model), values in sorted(errors.items()):
        if len(values) >= 5:
            print(f"{name:24}{of:9}{model:20}{_row(values)}")
    print(f"\nestimate: {size / 1e6 / max(spent, 1e-9):.1f} million characters a second")


def _samples(path: str, seen: set[tuple[int, str]]) -> tuple[str, list[token_estimate.Sample]]:
    """The model of a session, and its samples; what a fork repeats counts once."""
    model = ""

    def watched() -> Iterator[ev.Event]:
        nonlocal model
        for event in reader.read(path):
            if isinstance(event, ev.Answer):
                model = event.model
            yield event

    samples = [
        s for s in token_estimate.read_samples(watched()) if (s.tokens, s.text[:200]) not in seen
    ]
    seen.update((s.tokens, s.text[:200]) for s in samples)
    return model, samples


def _measure(
    errors: Errors,
    name: str,
    count: Callable[[str], float],
    model: str,
    samples: list[token_estimate.Sample],
) -> None:
    by_constant = name == "3.6 characters a token"
    scale = 1.0 if by_constant else token_estimate.model_ratio(model, tiktoken=name == "tiktoken")
    sums = [0.0, 0.0]
    for number, sample in enumerate(samples):
        if name.endswith("calibrated"):
            known = token_estimate.calibrate_ratio(samples[:number], count)
            if known is None:
                continue
            scale = known
        counted = scale * (count(sample.text) + 33 * sample.pieces)
        errors[name, "result", model].append(counted / sample.tokens - 1)
        sums = [sums[0] + counted, sums[1] + sample.tokens]
        if sums[1] >= BRIEF:
            errors[name, "brief", model].append(sums[0] / sums[1] - 1)
            sums = [0.0, 0.0]


def _row(values: list[float]) -> str:
    sizes = sorted(map(abs, values))
    within = sum(size <= 0.1 for size in sizes) / len(sizes)
    last = sizes[int(0.9 * (len(sizes) - 1))]
    return (
        f"{len(values):6}{statistics.median(sizes):9.1%}{last:8.1%}{within:9.0%}"
        f"{statistics.mean(values):+8.1%}"
    )


if __name__ == "__main__":
    main()
