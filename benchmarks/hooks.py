"""What a hook below the thresholds costs: whole-process wall time beside Python's own start.

    python benchmarks/hooks.py [--rounds N] [--big MEGABYTES]

Every case is run in turn, N rounds, in one run, so that noise hits all alike; medians and ratios
are printed, with the peak memory of the hook. The floors are `python3 -I -S -c pass` and the same
with the three modules that any hook needs to read JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
RUN = str(ROOT / "hooks" / "run.sh")  # what the client's shell reads; it starts hook.py
HOOK = str(ROOT / "hooks" / "hook.py")
PYTHON = os.path.realpath(sys.executable)
EVENTS = ("stop", "post-tool-batch", "user-prompt-submit", "statusline")
ANSWER = json.dumps(
    {
        "type": "assistant",
        "message": {
            "id": "m1",
            "model": "claude-opus-5-5",
            "content": [{"type": "text", "text": "hi there"}],
            "usage": {"input_tokens": 5, "cache_read_input_tokens": 50_000, "output_tokens": 9},
        },
    }
)
# A child's rusage holds its parent's memory from before exec; the kernel's own mark does not.
WATCHED = """
import os, sys
def tell(_, leave=os._exit):
    with open("/proc/self/status") as file:
        sys.stderr.write(next(line for line in file if line.startswith("VmHWM")))
    sys.stderr.flush()
    leave(0)
os._exit = tell
sys.argv = sys.argv[1:]
path = sys.argv[0]
exec(compile(open(path).read(), path, "exec"), {"__name__": "__main__", "__file__": path})
"""
FILLER = json.dumps({"type": "user", "message": {"role": "user", "content": "x" * 3000}})


def main() -> None:
    """Run all cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=60)
    parser.add_argument("--big", type=int, default=1000, help="size of the big transcript in MB")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        small = transcript(home / "small.jsonl", 1)
        big = transcript(home / "big.jsonl", asked.big)
        cases = {"pass": ([PYTHON, "-I", "-S", "-c", "pass"], b"")}
        cases["import json, os, sys"] = ([PYTHON, "-I", "-S", "-c", "import json, os, sys"], b"")
        for event in EVENTS:
            for name, path in (("1 MB", small), (f"{asked.big} MB", big)):
                cases[f"{event}, {name}"] = (["/bin/sh", RUN, event], payload(home, path))
        report(measure(cases, home, asked.rounds))
    print(f"\n{platform.python_version()}, {platform.system()}, {os.cpu_count()} cores")


def transcript(path: Path, megabytes: int) -> Path:
    """A transcript of that size, far below the thresholds."""
    block = (FILLER + "\n") * 300 + ANSWER + "\n"
    with path.open("w") as file:
        for _ in range(max(1, megabytes * 1_000_000 // len(block))):
            file.write(block)
    return path


def payload(home: Path, path: Path) -> bytes:
    """The event's JSON for a session that is known."""
    session = f"s-{path.stem}"
    state = home / "state" / "sessions" / f"{session}.json"
    state.parent.mkdir(parents=True, exist_ok=True)
    known = {"project": str(home), "transcript": str(path), "model": "claude-opus-5-5"}
    state.write_text(json.dumps(known))
    event = {"session_id": session, "transcript_path": str(path), "cwd": str(home)}
    as_hook = {"last_assistant_message": "hi there", "prompt": "x"}
    # Without a cost of the client's: the status line counts it from the transcript, incrementally.
    window = {"total_input_tokens": 50_005, "context_window_size": 1_000_000, "used_percentage": 5}
    as_status = {"model": {"id": "claude-opus-5-5"}, "context_window": window}
    return json.dumps({**event, **as_hook, **as_status}).encode()


def measure(
    cases: dict[str, tuple[list[str], bytes]], home: Path, rounds: int
) -> dict[str, tuple[float, float]]:
    """Median milliseconds and peak megabytes (0: not measured) of each case."""
    env = {
        "PATH": os.defpath,
        "HOME": str(home),
        "HANDOFF_HOME": str(home / "state"),
        "CLAUDE_PLUGIN_ROOT": str(ROOT),
    }
    (home / "state" / "env" / "bin").mkdir(parents=True)
    (home / "state" / "env" / "bin" / "python").symlink_to(PYTHON)
    (home / "state" / "env" / "handoff-ready").touch()
    times: dict[str, list[float]] = {name: [] for name in cases}
    for _ in range(rounds):
        for name, (command, stdin) in cases.items():
            began = time.perf_counter()
            done = subprocess.run(command, env=env, input=stdin, capture_output=True, check=True)
            times[name].append((time.perf_counter() - began) * 1000)
            shows = name.startswith("statusline")
            assert bool(done.stdout) == shows, f"{name} said {done.stdout!r}"
    return {
        name: (statistics.median(times[name]), peak(command, stdin, env))
        for name, (command, stdin) in cases.items()
    }


def peak(command: list[str], stdin: bytes, env: dict[str, str]) -> float:
    """The most memory a hook held, in megabytes; 0 for what is no hook."""
    if RUN not in command:
        return 0.0
    watched = [PYTHON, "-I", "-S", "-c", WATCHED, HOOK, *command[2:]]
    done = subprocess.run(watched, env=env, input=stdin, capture_output=True, check=True)
    return int(done.stderr.split()[1]) / 1024


def report(figures: dict[str, tuple[float, float]]) -> None:
    """Print the table in Markdown."""
    floor, loaded = figures["pass"][0], figures["import json, os, sys"][0]
    print("| case | ms | x pass | x json | peak MB |\n| --- | --- | --- | --- | --- |")
    for name, (median, peak) in figures.items():
        ratios = f"{median / floor:.2f} | {median / loaded:.2f}"
        print(f"| {name} | {median:.1f} | {ratios} | {peak:.1f} |")


if __name__ == "__main__":
    main()
