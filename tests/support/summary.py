"""The summary of `tests/run`: python -m support.summary FOLDER SECONDS STEP...

FOLDER holds of each step `STEP.result`, its exit code and its seconds, and of each that runs pytest
`STEP.jsonl` (`record`). The exit code is 1 if a step failed or has no result.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Step:
    """How one step went; `seconds` is None if it did not come to its end."""

    name: str
    passed: bool
    seconds: int | None
    tests: int = 0
    failed: list[str] = field(default_factory=list)
    skipped: Counter[str] = field(default_factory=Counter)  # how many, by reason

    @property
    def row(self) -> str:
        """Its line of the table."""
        time = "-" if self.seconds is None else _duration(self.seconds)
        counts = [f"{self.tests} tests"] * bool(self.tests)
        counts += [f"{len(self.failed)} failed"] * bool(self.failed)
        counts += [f"{self.skipped.total()} skipped"] * bool(self.skipped)
        result = "passed" if self.passed else "FAILED"
        return f"  {self.name:<10}{time:>10}  {result}  {', '.join(counts)}".rstrip()


def read_step(folder: Path, name: str) -> Step:
    """The step, by its files."""
    result = folder / f"{name}.result"
    if not result.exists():
        return Step(name, passed=False, seconds=None)
    code, seconds = map(int, result.read_text().split())
    step = Step(name, code == 0, seconds)
    record = folder / f"{name}.jsonl"
    if not record.exists():
        return step
    lines = [json.loads(line) for line in record.read_text().splitlines()]
    failed = dict.fromkeys(line["failed"] for line in lines if "failed" in line)
    skipped = Counter(str(line["reason"]) for line in lines if "skipped" in line)
    tests = sum(line.get("tests", 0) for line in lines)
    return Step(name, step.passed, seconds, tests, list(failed), skipped)


def summarize(steps: list[Step], seconds: int) -> str:
    """The table of the steps, then each failed test and each reason why tests were skipped."""
    lines = ["== summary", *(step.row for step in steps), f"  {'all':<10}{_duration(seconds):>10}"]
    if any(step.failed for step in steps):
        lines += ["failed:", *(f"  {test}" for step in steps for test in step.failed)]
    if any(step.skipped for step in steps):
        lines.append("skipped:")
        lines += [
            f"  {count} x {step.name}: {reason or 'no reason given'}"
            for step in steps
            for reason, count in sorted(step.skipped.items())
        ]
    failed = [step.name for step in steps if not step.passed]
    lines.append(f"tests/run: FAILED: {' '.join(failed)}" if failed else "tests/run: all passed")
    return "\n".join(lines)


def _duration(seconds: int) -> str:
    minutes, rest = divmod(seconds, 60)
    return f"{minutes} min {rest:2} s" if minutes else f"{rest} s"


def main() -> int:
    """Print it."""
    folder, seconds, *names = sys.argv[1:]
    steps = [read_step(Path(folder), name) for name in names]
    print(summarize(steps, int(seconds)))
    return int(not all(step.passed for step in steps))


if __name__ == "__main__":
    sys.exit(main())
