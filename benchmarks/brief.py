"""What a snapshot of a large transcript costs beside a bare loop, and where `handoff write` spends.

    python benchmarks/brief.py [--rounds N] [--transcripts DIRECTORY] [--megabytes N]

The large transcript is published sessions one behind the other, as one session. The floor is
`orjson.loads` on every line of it. `inside` is the work alone, `whole` the process from start to
end; each case in a process of its own, in turn, medians of all rounds, with the peak memory.
`write` stores and commits a brief in a repository of one commit: without a session, with the
largest published one, and with the large one.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import itertools
import json
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
HANDOFF = [sys.executable, "-I", str(ROOT / "plugin")]
WORDS = """# List every price on the receipt
## Task
receipt() in till/receipt.py should list every price before the total.
## Constraints
"never touch till/basket.py"
## Next step
Join one line per price in till/receipt.py.
## State
In progress, nothing is proven.
"""
FLOOR = "bare loop of orjson.loads"
SNAPSHOT = "snapshot --stdout"


def main() -> None:
    """Run all cases and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--transcripts", type=Path, default=CORPUS)
    parser.add_argument("--megabytes", type=int, default=52)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        child(*asked.child)
        return
    files = sorted(asked.transcripts.rglob("*.jsonl"), key=lambda file: file.stat().st_size)
    with tempfile.TemporaryDirectory() as folder:
        place = Place(Path(folder))
        large = place.transcript("large", files, asked.megabytes * 1_000_000)
        largest = place.transcript("largest", files[-1:], 0)
        snapshots(place, large, asked.rounds)
        writes(place, {"none": None, "largest": largest, "large": large}, asked.rounds)
    print(f"\n{platform.python_version()}, {platform.system()}, {os.cpu_count()} cores")


class Place:
    """A machine of its own: a home, a configuration of the client, and a repository."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.repository = root / "repository"
        self.repository.mkdir()
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(root),
            "CLAUDE_CONFIG_DIR": str(root / "claude"),
            "HANDOFF_HOME": str(root / "state"),
        }
        for command in ("init -q", "commit -q --allow-empty -m start"):
            author = ["-c", "user.name=x", "-c", "user.email=x@localhost"]
            git = ["git", "-C", str(self.repository), *author, *command.split()]
            subprocess.run(git, env=self.env, check=True)

    def transcript(self, name: str, files: list[Path], size: int) -> Path:
        """Sessions one behind the other, at least so many bytes, where the client would keep it."""
        path = self.root / "claude" / "projects" / "-repository" / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as out:  # not held: a child's peak begins with its parent's size
            for file in itertools.cycle(files):
                with file.open("rb") as part:
                    out.writelines(
                        itertools.takewhile(lambda _: out.tell() < size, part) if size else part
                    )
                if out.tell() >= size:
                    return path
        raise AssertionError("no transcripts")

    def run(self, command: list[str], stdin: str = "") -> tuple[float, str]:
        """Seconds of a process here, and what it printed."""
        return process.run(command, self.repository, self.env, stdin)


def snapshots(place: Place, transcript: Path, rounds: int) -> None:
    """A snapshot of a large transcript, beside the floor."""
    whole: dict[str, list[float]] = defaultdict(list)
    inside: dict[str, list[dict[str, Any]]] = defaultdict(list)
    command = [*HANDOFF, "write", "--from-facts", "--transcript", str(transcript), "--stdout"]
    for _ in range(rounds):
        for case in (FLOOR, SNAPSHOT):
            seconds, printed = place.run(
                [sys.executable, __file__, "--child", case, str(transcript)]
            )
            inside[case].append(json.loads(printed))
            whole[case].append(seconds if case == FLOOR else place.run(command)[0])
    print(f"transcript of {transcript.stat().st_size / 1e6:.1f} MB\n")
    print("| case | inside, ms | to the floor | whole, ms | to the floor | peak, MB |")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for case, figures in inside.items():
        work = [statistics.median(f["ms"] for f in inside[c]) for c in (case, FLOOR)]
        all_of_it = [1000 * statistics.median(whole[c]) for c in (case, FLOOR)]
        print(
            f"| {case} | {work[0]:.0f} | {work[0] / work[1]:.2f} | {all_of_it[0]:.0f} | "
            f"{all_of_it[0] / all_of_it[1]:.2f} | {max(f['mb'] for f in figures):.0f} |"
        )


def writes(place: Place, transcripts: dict[str, Path | None], rounds: int) -> None:
    """`handoff write` as a whole process, and where the time goes."""
    whole: dict[str, list[float]] = defaultdict(list)
    parts: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for _ in range(rounds):
        for name, path in transcripts.items():
            session = ["--session", path.stem] if path else []
            whole[name].append(place.run([*HANDOFF, "write", *session], WORDS)[0])
            told = place.run(
                [sys.executable, __file__, "--child", "write", path.stem if path else ""], WORDS
            )[1]
            for part, milliseconds in json.loads(told).items():
                parts[part][name].append(milliseconds)
    names = list(transcripts)
    print(f"\n| `handoff write`, ms | {' | '.join(names)} |")
    print("| --- |" + " ---: |" * len(names))
    for part, by_name in parts.items():
        print(
            f"| {part} | "
            + " | ".join(f"{statistics.median(by_name[n]):.0f}" for n in names)
            + " |"
        )
    print(
        "| **whole** | "
        + " | ".join(f"{1000 * statistics.median(whole[n]):.0f}" for n in names)
        + " |"
    )


def child(case: str, argument: str) -> None:
    """Do one case in this process and print its figures."""
    sys.path.insert(0, str(ROOT / "plugin"))
    if case == "write":
        print(json.dumps(profile(argument)))
        return
    work = bare if case == FLOOR else snapshot
    start = time.perf_counter()
    seconds = work(argument) or time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": 1000 * seconds, "mb": peak}))


def bare(path: str) -> float:
    """The floor, in seconds."""
    import orjson

    start = time.perf_counter()
    with open(path, "rb") as file:
        for line in file:
            try:
                orjson.loads(line)
            except ValueError:
                pass
    return time.perf_counter() - start


def snapshot(path: str) -> float:
    """A snapshot's work without the imports, in seconds."""
    from handoff.brief import snapshot
    from handoff.client.transcript import reader
    from handoff.facts import gather as gather_facts
    from handoff.redact import redact

    start = time.perf_counter()
    facts = gather_facts.gather_facts(reader.read(path, reader.RECENT), "")
    redact.redact(snapshot.compose_text(facts, 10_000))
    return time.perf_counter() - start


def profile(session: str) -> dict[str, float]:
    """Milliseconds of a `handoff write` by part, with a clock around each of its steps."""
    start = time.perf_counter()
    from handoff import cli
    from handoff.authoring import compose, fact_check, write_brief
    from handoff.facts import gather
    from handoff.git import status
    from handoff.store import places

    spent: dict[str, float] = {"imports": time.perf_counter() - start}
    steps: list[tuple[Any, str, str]] = [
        (places, "session_place", "find the repository"),
        (gather, "gather_facts", "facts of the transcript"),
        (status, "read_state", "state of the worktree"),
        (fact_check, "find_contradictions", "claims against facts"),
        (compose, "compose_brief", "redact and fit"),
        (write_brief, "_store", "store and commit"),
    ]
    for module, name, label in steps:
        setattr(module, name, timed(getattr(module, name), label, spent))
    sys.argv = ["handoff", "write", *(["--session", session] if session else [])]
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        cli.main()
    spent["the rest"] = time.perf_counter() - start - sum(spent.values())
    return {label: 1000 * seconds for label, seconds in spent.items()}


def timed(step: Callable[..., Any], label: str, spent: dict[str, float]) -> Callable[..., Any]:
    """`step` with what it takes added to `spent`."""

    def run(*arguments: Any, **options: Any) -> Any:
        with clock(label, spent):
            return step(*arguments, **options)

    return run


@contextlib.contextmanager
def clock(label: str, spent: dict[str, float]) -> Iterator[None]:
    """Add the time of a block."""
    start = time.perf_counter()
    try:
        yield
    finally:
        spent[label] = spent.get(label, 0.0) + time.perf_counter() - start


if __name__ == "__main__":
    main()
