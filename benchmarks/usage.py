"""What `handoff usage` costs beside a bare loop over the same lines, and beside ccusage.

    python benchmarks/usage.py [--rounds N] [--transcripts DIRECTORY] [--ccusage PROGRAM]

The floor is `orjson.loads` on every line of every transcript, one core. All cases are run in turn,
each round in processes of their own, so that noise hits all alike; medians and ratios are printed,
with the peak memory. `inside` is the work alone, `whole` the process from start to end. Without
--ccusage its version 20 is fetched from npm into a temporary directory. Last, every sum by day and
model in which the two programs differ. Needs orjson.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORPUS = ROOT.parent / "shared" / "corpus"
CCUSAGE = "ccusage@20.0.24"
FLOOR = "bare loop of orjson.loads"
CASES = {
    FLOOR: "bare",
    "first pass, one process": "one",
    "first pass, two processes": "two",
    "second pass": "again",
}


def main() -> None:
    """Run all cases and print the table, then the differences in dollars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--transcripts", type=Path, default=CORPUS)
    parser.add_argument("--ccusage", default="")
    parser.add_argument("--child", choices=CASES.values(), help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        child(asked.child)
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        # Copies: ccusage does not follow links.
        shutil.copytree(asked.transcripts, home / "claude" / "projects")
        ccusage = asked.ccusage or fetch(home / "npm")
        figures = measure(home, ccusage, asked.rounds)
        report(figures)
        compare(home, ccusage)
    print(f"\n{platform.python_version()}, {platform.system()}, {os.cpu_count()} cores")


def child(case: str) -> None:
    """Do one case in this process; print seconds and the peak memory of it and its workers."""
    sys.path.insert(0, str(ROOT / "plugin"))
    home = os.environ["HANDOFF_HOME"]
    if case in ("one", "two"):
        shutil.rmtree(home, ignore_errors=True)
    if case == "bare":
        import orjson

        paths = sorted(Path(os.environ["CLAUDE_CONFIG_DIR"]).glob("projects/**/*.jsonl"))
        start = time.perf_counter()
        for path in paths:
            with path.open("rb") as file:
                for line in file:
                    try:
                        orjson.loads(line)
                    except ValueError:
                        pass
    else:
        from handoff.meter import history

        start = time.perf_counter()
        history.collect_usage(os.environ, home, workers=1 if case == "one" else 2)
    seconds = time.perf_counter() - start
    kinds = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    print(json.dumps([seconds, *(resource.getrusage(kind).ru_maxrss for kind in kinds)]))


def environment(home: Path) -> dict[str, str]:
    """The environment of every case."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TZ": "UTC",
        "CLAUDE_CONFIG_DIR": str(home / "claude"),
        "HANDOFF_HOME": str(home / "state"),
    }


def fetch(folder: Path) -> str:
    """ccusage, installed into `folder`."""
    folder.mkdir()
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(folder)]
    subprocess.run([*command, CCUSAGE], check=True, stdout=subprocess.DEVNULL)
    return str(folder / "node_modules" / ".bin" / "ccusage")


def measure(home: Path, ccusage: str, rounds: int) -> dict[str, list[tuple[float, float, float]]]:
    """By case and round: seconds inside, seconds of the whole process, peak megabytes."""
    env = environment(home)
    figures: dict[str, list[tuple[float, float, float]]] = {}
    for number in range(rounds + 1):
        for name, case in CASES.items():
            start = time.perf_counter()
            command = [sys.executable, __file__, "--child", case]
            done = subprocess.run(command, env=env, check=True, capture_output=True)
            whole = time.perf_counter() - start
            inside, own, workers = json.loads(done.stdout)
            peak = (own if own > workers else workers) / 1024
            if number:  # the first round warms the page cache
                figures.setdefault(name, []).append((inside, whole, peak))
        start = time.perf_counter()
        process = subprocess.Popen(ccusage_command(ccusage), env=env, stdout=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        whole = time.perf_counter() - start
        if status:
            sys.exit(f"{ccusage} ended with {status}.")
        if number:
            figures.setdefault("ccusage", []).append((whole, whole, used.ru_maxrss / 1024))
    return figures


def ccusage_command(program: str) -> list[str]:
    """What ccusage is asked for: the same, without the network."""
    return [program, "claude", "daily", "--json", "--offline", "--breakdown", "--timezone", "UTC"]


def report(figures: dict[str, list[tuple[float, float, float]]]) -> None:
    """The medians as a table."""
    floor = statistics.median(inside for inside, _, _ in figures[FLOOR])
    print("| case | inside, ms | to the floor | whole, ms | peak, MB |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, rounds in figures.items():
        inside, whole, peak = (statistics.median(column) for column in zip(*rounds, strict=True))
        alone = "" if name == "ccusage" else f"{inside * 1000:.1f}"
        ratio = "" if name == "ccusage" else f"{inside / floor:.3f}"
        print(f"| {name} | {alone} | {ratio} | {whole * 1000:.0f} | {peak:.0f} |")


def compare(home: Path, ccusage: str) -> None:
    """Every sum by day and model that is not the same in both programs."""
    env = environment(home)
    sys.path.insert(0, str(ROOT / "plugin"))
    code = "import sys; sys.path.insert(0, sys.argv.pop(1)); from handoff.cli import main; main()"
    ours = [sys.executable, "-c", code, str(ROOT / "plugin"), "usage", "--json"]
    mine = json.loads(subprocess.run(ours, env=env, check=True, capture_output=True).stdout)
    done = subprocess.run(ccusage_command(ccusage), env=env, check=True, capture_output=True)
    theirs = json.loads(done.stdout)
    left = {
        (row["day"], row["model"]): (
            [row["input"], row["write_5m"] + row["write_1h"], row["read"], row["output"]],
            row["cost_usd"],
        )
        for row in mine["rows"]
    }
    names = ("inputTokens", "cacheCreationTokens", "cacheReadTokens", "outputTokens")
    right = {
        (day["date"], model["modelName"]): ([model[name] for name in names], model["cost"])
        for day in theirs["daily"]
        for model in day["modelBreakdowns"]
    }
    usd = (mine["total"]["priced_usd"], theirs["totals"]["totalCost"])
    print(f"\nhandoff ${usd[0]:.4f}, ccusage ${usd[1]:.4f}")
    same = 0
    for key in sorted({*left, *right}):
        one, two = left.get(key), right.get(key)
        if one and two and one[0] == two[0] and abs((one[1] or 0) - two[1]) < 1e-6:
            same += 1
        else:
            print(*key, "handoff", one, "ccusage", two)
    print(f"{same} of {len({*left, *right})} sums by day and model are the same")


if __name__ == "__main__":
    main()
