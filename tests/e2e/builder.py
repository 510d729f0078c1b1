"""Scripted models for builds: what the sessions of `handoff build` do with their feature."""

from __future__ import annotations

import contextlib
import re
import shlex
import socket
import subprocess
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from handoff.demo.api import Reply

from .model import runs, says
from .notes_app import PIECES

if TYPE_CHECKING:
    from pathlib import Path

    from handoff.demo.api import Request

    from .harness import World
    from .starter import Ran, Starter

_BRIEF = re.compile(r'<handoff-brief id="([^"]+)">\n# (\w+): ')
FIX_FIRST = "Fix this first"
ALL_PASS = "All features pass."
ALWAYS_GREEN = "import unittest\nclass Test(unittest.TestCase):\n    def test(self): assert True\n"


class Given(NamedTuple):
    """What a session was given: its `number` among the build's sessions (from 0), its feature, and
    its first request.
    """

    number: int
    feature: str
    first: Request


class Builder:
    """A model whose sessions are each given one feature; a subclass says what one does.

    `sessions` has the ids in order, `features` what each was given, `firsts` the first requests.
    `held` holds the first answer of the session of that number (from 0) until `hold` is set.
    """

    words = "It is built, tested and committed."

    def __init__(self, *, held: int = -1) -> None:
        self.sessions: list[str] = []
        self.features: list[str] = []
        self.firsts: list[Request] = []
        self.hold = threading.Event()
        self._held = held
        self._lock = threading.Lock()

    def __call__(self, request: Request, _: int) -> Reply:
        with self._lock:
            if request.session_id in self.sessions:
                return says(self.words, 9_500)
            found = _BRIEF.search(request.text)
            assert found, f"this session was given no feature:\n{request.new_text[-3000:]}"
            self.sessions.append(request.session_id)
            self.features.append(found[2])
            self.firsts.append(request)
            number = len(self.sessions) - 1
            given = Given(number, found[2], request)
        reply = runs(self.work(given), 9_000)
        return replace(reply, hold=self.hold if number == self._held else None)

    def work(self, given: Given, /) -> str:
        """The command that a session runs first."""
        raise NotImplementedError


class Honest(Builder):
    """Builds its feature and commits it."""

    def work(self, given: Given, /) -> str:
        return build(given.feature)


class Liar(Builder):
    """Writes nothing, and says that everything works; in a quickstart's own list of features,
    outside of the repository, it enters that as well.
    """

    words = ALL_PASS

    def __init__(self, feature_list: Path) -> None:
        super().__init__()
        self._list = feature_list

    def work(self, _: Given, /) -> str:
        script = (
            "import json, sys; path = sys.argv[1]; found = json.load(open(path)); "
            "[entry.update(passes=True) for entry in found]; json.dump(found, open(path, 'w'))"
        )
        return f"python3 -c {shlex.quote(script)} {shlex.quote(str(self._list))}"


class Tamperer(Honest):
    """Its first session does not build: it changes what is to be built and how that is verified,
    and commits it. The sessions behind are honest.
    """

    def __init__(self, spec: str) -> None:
        super().__init__()
        self.folder = f".handoff/specs/{spec}"

    def work(self, given: Given, /) -> str:
        if given.number:
            return build(given.feature)
        script = (
            f"import json; path = '{self.folder}/features.json'; found = json.load(open(path))[:-2]"
            "; found[0]['steps'] = ['Do nothing']; json.dump(found, open(path, 'w')); "
            "verified = {'state': 'verified', 'commit': 'HEAD', 'exit_code': 0}; "
            f"state = {{name: verified for name in {list(PIECES)}}}; "
            f"json.dump(state, open('{self.folder}/state.json', 'w'))"
        )
        passes = "import unittest\nunittest.TestCase.run = lambda self, result=None: None\n"
        return "\n".join([
            f"python3 -c {shlex.quote(script)}",
            write(PIECES[given.feature].test_path, ALWAYS_GREEN),
            write("tests/__init__.py", passes),
            write("conftest.py", "def pytest_runtest_makereport(call): call.excinfo = None\n"),
            write("sitecustomize.py", passes),
            write("unittest.py", "raise SystemExit(0)\n"),
            commit("Make everything pass"),
        ])  # fmt: skip


# What that session changed, from the root, besides the spec's own files.
TAMPERED = ("tests/test_f1.py", "tests/__init__.py", "conftest.py", "sitecustomize.py",
            "unittest.py")  # fmt: skip


class TestWriter(Honest):
    """Also writes the test of its feature: one that always passes, or an `honest_test`."""

    __test__ = False  # it is no test

    def __init__(self, *, honest_test: bool = False) -> None:
        super().__init__()
        self._honest_test = honest_test

    def work(self, given: Given, /) -> str:
        piece = PIECES[given.feature]
        test = piece.test_file if self._honest_test else ALWAYS_GREEN
        return "\n".join([
            f"[ -e {piece.test_path} ] || {write(piece.test_path, test)}",
            build(given.feature),
        ])  # fmt: skip


class ManyAtOnce(Honest):
    """Its first session builds `together`; the others their feature."""

    def __init__(self, *together: str) -> None:
        super().__init__()
        self.together = together

    def work(self, given: Given, /) -> str:
        return build(*self.together) if given.number == 0 else build(given.feature)


class Breaker(Honest):
    """The session that builds f2 breaks f1; one that is told to fix something first repairs that.
    `in_vain` sessions that are told so do not.
    """

    def __init__(self, *, in_vain: int = 0) -> None:
        super().__init__()
        self.told: list[int] = []
        self._in_vain = in_vain

    def work(self, given: Given, /) -> str:
        if FIX_FIRST in given.first.text:
            self.told.append(given.number)
            return build("f1", given.feature) if len(self.told) > self._in_vain else "true"
        if given.feature == "f2" and not self.told:
            broken = write(
                PIECES["f1"].path, "def run(notes, text):\n    return ['broken by f2']\n"
            )
            return f"{broken}\n{build('f2')}"
        return build(given.feature)


class DirtyEnder(Honest):
    """Its first session ends with changed and new files, and with a server on `port` that has left
    its process group. The one behind it looks at what it finds: `seen` has a line for each of
    these, empty if all is clean.
    """

    def __init__(self, world: World, worktree: Path) -> None:
        super().__init__()
        self.port = free_port()
        self.seen: list[str] = ["the second session did not begin"]
        self.user_status = ""
        self._world, self._worktree = world, worktree

    def work(self, given: Given, /) -> str:
        if given.number == 0:
            serve = f"python3 -m http.server {self.port} --bind 127.0.0.1"
            try_it = f"import socket; socket.create_connection(('127.0.0.1', {self.port}))"
            return "\n".join([
                "echo '# half of it' >> notes/__init__.py",
                "echo half > left-behind.txt",
                f"setsid nohup {serve} >/dev/null 2>&1 </dev/null &",
                f"for n in $(seq 100); do python3 -c {shlex.quote(try_it)} 2>/dev/null && break; "
                "sleep 0.1; done",
            ])  # fmt: skip
        if given.number == 1:
            self.seen = git_in(self._world, self._worktree, "status", "--porcelain").splitlines()
            self.seen += [f"port {self.port} is taken"] if is_taken(self.port) else []
            self.user_status = self._world.git("status", "--porcelain")
        return build(given.feature)


class Capped(Honest):
    """At the usage cap of a subscription (`harness.SUBSCRIBED`) until `resets_at` (epoch seconds):
    requests before are refused.
    """

    def __init__(self, resets_at: float) -> None:
        super().__init__()
        self.resets_at = int(resets_at)
        self.refused: list[str] = []

    def __call__(self, request: Request, number: int) -> Reply:
        if time.time() >= self.resets_at:
            return super().__call__(request, number)
        if request.session_id not in self.refused:
            self.refused.append(request.session_id)
        return capped(self.resets_at)


def capped(resets_at: int) -> Reply:
    """The API's refusal of a subscription that has used up its five hours."""
    kind = "anthropic-ratelimit-unified"
    return Reply(
        status=429,
        error_type="rate_limit_error",
        error_message="This request would exceed your account's rate limit.",
        headers={
            f"{kind}-status": "rejected",
            f"{kind}-reset": str(resets_at),
            f"{kind}-representative-claim": "five_hour",
            f"{kind}-5h-status": "rejected",
            f"{kind}-5h-utilization": "1.0",
            f"{kind}-5h-reset": str(resets_at),
            "x-should-retry": "false",
        },
    )


def build(*features: str) -> str:
    """The command that builds features, in one commit."""
    pieces = [PIECES[name] for name in dict.fromkeys(features)]
    written = [write(piece.path, piece.source) for piece in pieces]
    return "\n".join([*written, commit(f"Build {' and '.join(features)}")])


def write(path: str, text: str) -> str:
    """The command that writes a file."""
    return f"cat > {shlex.quote(path)} <<'END_OF_FILE'\n{text}END_OF_FILE"


def commit(subject: str) -> str:
    """The command that commits everything, also where nothing has changed."""
    return f"git add --all && git commit --quiet --allow-empty -m {shlex.quote(subject)}"


def git_in(world: World, directory: Path, *arguments: str) -> str:
    """What git prints in another directory than the project."""
    command = ["git", *arguments]
    done = subprocess.run(
        command, cwd=directory, env=world.basic_env, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def free_port() -> int:
    """A port on loopback that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def is_taken(port: int) -> bool:
    """Whether somebody listens on a port."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 2):
        return True
    return False


def worktree_of(world: World, spec: str) -> Path:
    """The worktree that a spec is built in."""
    return world.root / "project.handoff" / spec


def accept(start: Starter, spec: str) -> None:
    """The user's consent to a spec."""
    done = start("spec", "accept", spec, "--yes", env=start.world.basic_env)
    assert done.code == 0, done.err


def journal_of(ran: Ran) -> Any:
    """The journal that a command has printed."""
    found = ran.json
    return found[0] if isinstance(found, list) else found


def states_of(journal: Any) -> dict[str, str]:
    """How far each feature is."""
    return {name: str(one["state"]) for name, one in journal["features"].items()}
