"""Repositories with a user's work in them, a process to break, and what must hold afterwards."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from handoff.brief import document

from .steps import Fault

SESSION, LATER = "11111111-aaaa-4aaa-8aaa-111111111111", "22222222-bbbb-4bbb-8bbb-222222222222"
NOTHING = Fault()
CLOCK = 1_795_000_000.0
_TESTS = Path(__file__).resolve().parents[1]
PYTHONPATH = f"{_TESTS.parent / 'plugin'}:{_TESTS}"


@dataclass(frozen=True)
class Run:
    """One run of the product that ended (or that is paused: `code` is None)."""

    code: int | None
    steps: list[str] = field(default_factory=list)
    out: str = ""
    err: str = ""


class Writer:
    """The process that runs the product: see `writer`."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self._scratch = 0
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": PYTHONPATH, "HOME": str(base)}
        env |= {"PYTHONDONTWRITEBYTECODE": "1", "LANG": "C.UTF-8"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "fault.writer"],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Send an order; its answer."""
        assert self._process.stdin and self._process.stdout
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "the writer has died"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        """End it."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(30)
        assert self._process.stdout
        self._process.stdout.close()


@dataclass(frozen=True)
class Place:
    """A home and a repository below `base`."""

    base: Path
    writer: Writer

    @property
    def root(self) -> Path:
        return self.base / "repo"

    @property
    def state(self) -> Path:
        return self.base / "home" / "state"

    @classmethod
    def new(cls, base: Path, writer: Writer, *, commit: bool = True) -> Place:
        """A repository in which a user works: staged, changed, untracked and stashed files."""
        place = cls(base, writer)
        place.root.mkdir(parents=True)
        (base / "home").mkdir()
        (base / "tmp").mkdir()
        place.git("init", "--quiet", "--template=", "--initial-branch=main")
        if commit:
            for name in ("kept.txt", "staged.txt", "changed.txt", "stashed.txt", "src/a.py"):
                place.write(name, f"{name}\n")
            place.git("add", ".")
            place.git("commit", "--quiet", "--message=Start")
            place.write("stashed.txt", "mine, stashed\n")
            place.git("stash", "--quiet")
            place.git("repack", "-a", "-d", "-q")
        place.write("staged.txt", "mine, staged\n")
        place.git("add", "staged.txt")
        place.write("staged.txt", "mine, and changed again\n")
        place.write("changed.txt", "mine, changed\n")
        place.write("new.txt", "mine, untracked\n")
        return place

    def save(self) -> None:
        """Keep it as it is now, for `restore`."""
        shutil.copytree(self.base, self._saved, symlinks=True)

    def restore(self) -> None:
        """Make it what it was at `save`, under the same path."""
        shutil.rmtree(self.base)
        shutil.copytree(self._saved, self.base, symlinks=True)

    @property
    def _saved(self) -> Path:
        return self.base.with_name(f"{self.base.name}.saved")

    def write(self, name: str, text: str) -> None:
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)

    @property
    def env(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.base / "home"),
            "HANDOFF_HOME": str(self.state),
            "TMPDIR": str(self.base / "tmp"),
            "LANG": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CEILING_DIRECTORIES": str(self.base),
            "GIT_AUTHOR_DATE": "@1795334400 +0000",
            "GIT_COMMITTER_DATE": "@1795334400 +0000",
            "GIT_AUTHOR_NAME": "Robin",
            "GIT_AUTHOR_EMAIL": "robin@example.org",
            "GIT_COMMITTER_NAME": "Robin",
            "GIT_COMMITTER_EMAIL": "robin@example.org",
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def git(self, *arguments: str, ok: bool = True) -> str:
        """What git prints in the repository."""
        done = subprocess.run(
            ["git", *arguments], cwd=self.root, env=self.env, capture_output=True, text=True
        )
        assert not ok or done.returncode == 0, (arguments, done.stderr)
        return done.stdout

    def order(
        self, *argv: str, stdin: str = "", fault: Fault = NOTHING, **more: Any
    ) -> dict[str, Any]:
        order = {
            "do": "run",
            "argv": argv,
            "stdin": stdin,
            "cwd": str(self.root),
            "env": {**self.env, **more.pop("env", {})},
            "base": str(self.base / "run"),
            "fault": asdict(fault),
            "clock": CLOCK,
            "chance": 0,
            "patch": {},
        }
        return order | more

    def run(self, *argv: str, stdin: str = "", fault: Fault = NOTHING, **more: Any) -> Run:
        """Run the product here: `handoff <argv>`, or the hook in ("hook", event)."""
        answer = self.writer.ask(self.order(*argv, stdin=stdin, fault=fault, **more))
        return Run(None) if answer.get("paused") else Run(**answer)

    def resume(self) -> Run:
        """Let a paused run go on; its end."""
        return Run(**self.writer.ask({"do": "resume"}))

    def hook(self, event: str, session: str, fault: Fault = NOTHING, **more: Any) -> Run:
        """One event of a client."""
        payload = {
            "session_id": session,
            "transcript_path": str(self.base / f"{session}.jsonl"),
            "cwd": str(self.root),
            **more.pop("fields", {}),
        }
        env = {"CLAUDE_PROJECT_DIR": str(self.root)}
        return self.run("hook", event, stdin=json.dumps(payload), fault=fault, env=env, **more)

    def brief(self, title: str, *arguments: str, **more: Any) -> Run:
        """`handoff write` of a short brief."""
        text = f"# {title}\n\n## Task\n\nDo {title}, all of it.\n"
        return self.run("write", "--json", *arguments, stdin=text, **more)

    def names(self, folder: str) -> set[str]:
        """The ids of the briefs in a folder."""
        return {path.stem for path in (self.root / ".handoff" / folder).glob("*.md")}

    def fingerprint(self) -> str:
        """What is on disk, but for git's objects, process numbers and times."""
        contents = []
        for top in (self.root, self.state):
            for folder, folders, names in os.walk(top):
                folders[:] = sorted(name for name in folders if name != "objects")
                for name in sorted(names):
                    path = Path(folder, name)
                    shown = re.sub(r"\.\d+\.tmp$", ".tmp", str(path.relative_to(self.base)))
                    skipped = shown.endswith(".git/index")
                    contents.append(f"{shown} {b'' if skipped else path.read_bytes()!r}")
        return "\n".join([*contents, self.git("ls-files", "--stage")])


@dataclass(frozen=True)
class Work:
    """All that is the user's own."""

    files: dict[str, bytes]
    staged: tuple[str, ...]
    stash: str
    status: tuple[str, ...]
    head: str = field(compare=False)

    @classmethod
    def of(cls, place: Place) -> Work:
        refs = place.git("for-each-ref", "--format=%(refname) %(objectname)").split()
        named = dict(zip(refs[::2], refs[1::2], strict=True))
        skipped = (".git", ".handoff")
        files = {
            str(path.relative_to(place.root)): path.read_bytes()
            for path in sorted(place.root.rglob("*"))
            if path.is_file() and path.relative_to(place.root).parts[0] not in skipped
        }
        return cls(
            files=files,
            staged=_not_ours(place.git("ls-files", "--stage")),
            stash=named.get("refs/stash", ""),
            status=_not_ours(place.git("status", "--porcelain")),
            head=named.get("refs/heads/main", ""),
        )


def _not_ours(listed: str) -> tuple[str, ...]:
    return tuple(line for line in listed.splitlines() if ".handoff" not in line)


def check_whole(place: Place, before: Work) -> None:
    """What must hold at any moment, whatever was killed: git is sound, the user's work untouched,
    every brief whole.
    """
    checked = subprocess.run(
        ["git", "fsck", "--no-progress", "--no-dangling"],
        cwd=place.root,
        env=place.env,
        capture_output=True,
        text=True,
    )
    assert (checked.returncode, checked.stdout) == (0, ""), checked
    assert not list((place.root / ".git").rglob("*.lock"))
    assert Work.of(place) == before
    if before.head:
        place.git("merge-base", "--is-ancestor", before.head, "HEAD")
    for path in (place.root / ".handoff").rglob("*.md"):
        raw = path.read_bytes()
        assert document.parse(raw, path.name).id == path.stem
        assert raw.endswith(b"\n")


def check_settled(place: Place, before: Work) -> None:
    """What must hold after the next start: each brief is in one place, committed, nothing lies
    about.
    """
    check_whole(place, before)
    assert not place.names("open") & place.names("done")
    assert place.git("status", "--porcelain", "--untracked-files=all", "--", ".handoff") == ""
    assert place.git("rev-list", "--min-parents=2", "--branches") == ""
    assert list((place.state / "pending").glob("*.json")) == []
    log = place.state / "log" / "handoff.log"
    assert not log.exists(), log.read_text()


def debris(place: Place) -> list[Path]:
    """Temporary files, in the repository and in the state directory."""
    temporary = [path for top in (place.root, place.base / "home") for path in top.rglob(".*.tmp*")]
    return [*temporary, *(place.base / "tmp").iterdir()]


def age_debris(place: Place) -> None:
    """Have what lies about be two minutes old."""
    for path in debris(place):
        os.utime(path, (CLOCK - 120, CLOCK - 120))
