"""What a brief's commit costs in a large repository, beside plumbing and beside `git commit`.

    python benchmarks/commits.py [--rounds N] [--files N] [--commits N] [--folder DIRECTORY]

Two repositories are made, one of one file and one commit, one of 100,000 files and 10,000 commits
(`git fast-import`, then checked out), in a temporary folder that goes afterwards. Each case in
turn, medians of all rounds, the whole process from start to end but where a case says inside:

- floor: `git commit-tree` of HEAD's tree and `git update-ref`, and nothing else;
- peer: `git add` of one new file and `git commit --only` of it;
- inside: `commit_files`, which is the commit's part of a write, without Python's start;
- `handoff write` of a short brief without a session, and what `git status` takes of it.
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
from collections import defaultdict
from pathlib import Path

import process

ROOT = Path(__file__).resolve().parents[1]
HANDOFF = [sys.executable, "-I", str(ROOT / "plugin")]
WORDS = "# List every price on the receipt\n## Task\nreceipt() should list every price.\n"
FLOOR, PEER = "floor: commit-tree, update-ref", "peer: git add, git commit --only"
INSIDE, WRITE, STATUS = "inside: commit_files", "`handoff write`", "`git status` alone"
CASES = (FLOOR, PEER, INSIDE, STATUS, WRITE)


def main() -> None:
    """Make the repositories, run all cases and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--commits", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, help="Where the temporary folder is made.")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.child:
        child(asked.child)
        return
    with tempfile.TemporaryDirectory(dir=asked.folder) as folder:
        places = [
            Place(Path(folder, "small"), files=1, commits=1),
            Place(Path(folder, "large"), files=asked.files, commits=asked.commits),
        ]
        spent: dict[str, dict[Place, list[float]]] = defaultdict(lambda: defaultdict(list))
        for number in range(asked.rounds + 1):
            for place in places:
                for case in CASES:
                    milliseconds = 1000 * place.seconds(case, number)
                    if number:  # the first fills the caches
                        spent[case][place].append(milliseconds)
    head = " | ".join(f"{p.files:,} files, {p.commits:,} commits, ms | to the peer" for p in places)
    print(f"| case | {head} |\n| --- |{' ---: |' * 2 * len(places)}")
    for case, by_place in spent.items():
        cells = []
        for place in places:
            took, peer = (statistics.median(by[place]) for by in (by_place, spent[PEER]))
            cells.append(f"{took:.0f} | {took / peer:.2f}")
        print(f"| {case} | {' | '.join(cells)} |")
    asked = subprocess.run(["git", "--version"], check=True, capture_output=True, text=True)
    version = asked.stdout.strip()
    print(f"\n{platform.python_version()}, {platform.system()}, {os.cpu_count()} cores, {version}")


class Place:
    """A repository of so many files and commits, checked out, and a home of its own."""

    def __init__(self, base: Path, *, files: int, commits: int) -> None:
        self.base, self.files, self.commits = base, files, commits
        self.root = base / "repository"
        self.root.mkdir(parents=True)
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(base),
            "HANDOFF_HOME": str(base / "state"),
            "GIT_AUTHOR_NAME": "x",
            "GIT_AUTHOR_EMAIL": "x@localhost",
            "GIT_COMMITTER_NAME": "x",
            "GIT_COMMITTER_EMAIL": "x@localhost",
        }
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("fast-import", "--quiet", stdin=history(files, commits))
        self.git("reset", "--quiet", "--hard", "main")
        self.git("status")  # the index knows size and times of all files

    def git(self, *arguments: str, stdin: str = "") -> str:
        """What git prints."""
        return self.run(["git", *arguments], stdin)[1]

    def run(self, command: list[str], stdin: str = "") -> tuple[float, str]:
        """Seconds of a process here, and what it printed."""
        return process.run(command, self.root, self.env, stdin)

    def seconds(self, case: str, number: int) -> float:
        """What a case takes."""
        if case == FLOOR:
            start = time.perf_counter()
            commit = self.git("commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "floor").strip()
            self.git("update-ref", "HEAD", commit)
            return time.perf_counter() - start
        if case == PEER:
            name = f"peer-{number}.md"
            (self.root / name).write_text(WORDS)
            start = time.perf_counter()
            self.git("add", name)
            self.git("commit", "--quiet", "--only", "--message=peer", "--", name)
            return time.perf_counter() - start
        if case == STATUS:
            return self.run(["git", "status", "--porcelain=v2", "-z", "--no-renames"])[0]
        if case == WRITE:
            return self.run([*HANDOFF, "write"], WORDS)[0]
        told = self.run([sys.executable, __file__, "--child", f"20261122-0738-x-{number:04x}"])[1]
        return float(json.loads(told))


def history(files: int, commits: int) -> str:
    """All files in the first commit, two hundred in a folder; the others change one each."""
    names = [f"src/part{i // 10_000}/room{i // 200 % 50}/file{i}.txt" for i in range(files)]
    lines = []
    for number in range(commits):
        message = f"change {number}"
        lines.append(
            f"commit refs/heads/main\ncommitter x <x@localhost> {1_700_000_000 + number} +0000"
        )
        lines.append(f"data {len(message)}\n{message}")
        for name in names if not number else (names[number % files],):
            text = f"{name} {number}\n"
            lines.append(f"M 100644 inline {name}\ndata {len(text)}\n{text}")
    return "\n".join([*lines, "done", ""])


def child(brief_id: str) -> None:
    """Commit one file by the product's own code; print the seconds that this took."""
    sys.path.insert(0, str(ROOT / "plugin"))
    from handoff.git import commit, gitpython
    from handoff.git import run as git

    path = f".handoff/open/{brief_id}.md"
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_text(WORDS)
    with gitpython.in_use():
        checkout = git.find_checkout(".")  # runs git: GitPython is imported by now
        assert checkout
        start = time.perf_counter()
        done = commit.commit_files(checkout, {path: WORDS.encode()}, "inside", "branch", brief_id)
        seconds = time.perf_counter() - start
    assert done.on_branch, done.reason
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
