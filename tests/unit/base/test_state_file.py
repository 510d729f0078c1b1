"""State files that are damaged, in the way, or unreadable: no session start loses its brief."""

from __future__ import annotations

import errno
import io
import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.base import file_io, quickjson, state_file
from handoff.base.errors import HandoffError
from handoff.config import config_file
from handoff.loops import relay_journal
from handoff.runtime import Runtime
from handoff.session import breaker, state
from handoff.store import claims, ledger
from support.client import Client, context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from support.repo import Repo
    from support.store_program import Store


def folder(path: Path) -> None:
    path.mkdir()
    (path / "kept").write_text("x")


def deep(path: Path) -> None:
    path.write_text("[" * 200_000)


def deep_object(path: Path) -> None:
    path.write_text('{"a":' * 200_000)


def garbage(path: Path) -> None:
    path.write_bytes(b"\xff\x00{nonsense")


def empty(path: Path) -> None:
    path.touch()


def a_list(path: Path) -> None:
    path.write_text("[1, 2]")


def pipe(path: Path) -> None:
    os.mkfifo(path)


def loop(path: Path) -> None:
    path.symlink_to(path.name)


DAMAGES = (folder, deep, deep_object, garbage, empty, a_list, pipe, loop)
NO_FILES = (folder, pipe, loop)
# What a session's start, its turns and its end read or write, besides claims and the ledger.
FILES = (
    *("sessions/s1.json", "sessions/s2.json", "feed/s2.json", "mod/s2.json", "next/s2.json"),
    *(
        "caps.json",
        "compaction.json",
        "announced.json",
        "repositories.json",
        "breaker.json",
        "config-cache.json",
        "statusline.json",
    ),
    *("pending/x.json", "why/s2.jsonl", "growth/s2.json", "gate/s2", "consents.jsonl"),
    *("locks/s2", "locks/claims", "locks/announced", "locks/breaker", "runs.jsonl"),
)


def put(repo: Repo, name: str, damage: Callable[[Path], object]) -> Path:
    """Have that in the place of a state file."""
    path = repo.state / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        path.unlink()
    damage(path)
    return path


@pytest.mark.parametrize(
    ("names", "damage"),
    [
        *[((name,), damage) for name in FILES for damage in (folder, deep)],
        *[(FILES, damage) for damage in DAMAGES],
    ],
    ids=lambda part: (
        part.__name__ if callable(part) else "all" if len(part) > 1 else part[0].replace("/", " ")
    ),
)
def test_damaged_state_files(
    repo: Repo, handoff: Store, names: tuple[str, ...], damage: Callable[[Path], None]
) -> None:
    """One, or all of them: the session gets its brief, works, hands over and ends; the doctor comes
    to its end.
    """
    (repo.root / ".handoff").mkdir()
    (repo.root / ".handoff/config.yaml").write_text("thresholds: {handoff: {context: 150k}}\n")
    brief = Client(repo).brief()
    for name in names:
        put(repo, name, damage)
    second = Tolerant(repo, "s2")
    assert brief in context(second.start())
    second.works(20_000, 155_000)
    assert "handoff write" in context(second("stop"))
    second("session-end", reason="other")
    assert len(repo.briefs()) == 1
    assert handoff("doctor") in (0, 1)
    assert handoff("status", "--session", "s2") == 0


class Tolerant(Client):
    """A client whose log may hold a note, and no traceback."""

    def check_log(self) -> None:
        log = self.repo.state / "log" / "handoff.log"
        assert not log.exists() or "Traceback" not in log.read_text(), log.read_text()


class Deaf(Client):
    """A client whose log may hold anything."""

    def check_log(self) -> None:
        pass


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["sessions/s2.json", "breaker.json", "pending/x.json"])
def test_what_is_moved_aside_is_named(
    repo: Repo, handoff: Store, name: str, damage: Callable[[Path], None]
) -> None:
    """It is kept, under a name that the doctor knows; a second one does not take its place."""
    for number in (1, 2):
        path = put(repo, name, damage)
        client = Tolerant(repo, "s2")
        if name == "pending/x.json" and number == 1:
            Client(repo).brief()
        client.start()
        runtime = Runtime(client.env, full=True)
        breaker.record_handoff(
            str(repo.root), "s2", 9, runtime.config(str(repo.root)), runtime.home, runtime.now
        )
        assert path.is_file() or not os.path.lexists(path)
    kept = sorted(entry.name for entry in path.parent.glob("*.broken"))
    assert kept == sorted([f"{path.name}.broken", f"{path.name}.2.broken"])
    handoff("doctor")
    assert f"{path.name}.2.broken" in handoff.out
    assert ("rm -r" in handoff.out) == (damage is folder)


REFUSALS = [errno.EACCES, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ESTALE]


class Unreadable:
    """Has a file that cannot be opened at the moment."""

    def __init__(self, path: Path, number: int, monkeypatch: pytest.MonkeyPatch) -> None:
        self.opened = os.open

        def refuse(name: Any, flags: int, *more: Any, **given: Any) -> int:
            if os.fspath(name) == str(path) and not flags & os.O_CREAT:
                raise OSError(number, os.strerror(number), str(path))
            return self.opened(name, flags, *more, **given)

        monkeypatch.setattr(os, "open", refuse)


@pytest.mark.parametrize("number", REFUSALS)
@pytest.mark.parametrize(
    "name",
    ["sessions/s2.json", "caps.json", "compaction.json", "announced.json", "breaker.json",
     "feed/s2.json", "pending/x.json", "mod/s2.json", "statusline.json", "why/s2.jsonl",
     "config-cache.json"],
)  # fmt: skip
def test_what_cannot_be_read_now_is_left_alone(
    repo: Repo, monkeypatch: pytest.MonkeyPatch, name: str, number: int
) -> None:
    """The session gets its brief; the file is what it was, and in its place."""
    brief = Client(repo).brief()
    path = put(repo, name, lambda path: path.write_text('{"handed_over": true, "at": 1}\n'))
    with monkeypatch.context() as patch:
        Unreadable(path, number, patch)
        client = Tolerant(repo, "s2")
        assert brief in context(client.start())
        client("stop")
        if name != "mod/s2.json":  # it goes with its session
            client("session-end", reason="other")
    if name != "why/s2.jsonl":  # lines are added to it without a look
        assert path.read_text() == '{"handed_over": true, "at": 1}\n'
    assert not list(repo.state.glob("**/*.broken"))


def test_what_there_is_no_memory_for_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may be whole: only what does not parse is moved."""
    path = tmp_path / "s1.json"
    path.write_text('{"at": 1}\n')

    def exhaust(_: object) -> None:
        raise MemoryError

    with monkeypatch.context() as patch:
        patch.setattr(quickjson, "loads", exhaust)
        with pytest.raises(MemoryError):
            file_io.read_json(str(path))
    assert file_io.read_json(str(path)) == {"at": 1}


@pytest.mark.parametrize("number", [errno.EIO, errno.ESTALE])
def test_what_fails_while_it_is_read_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A disk or a server can fail behind the opening of a file, too."""
    path = tmp_path / "s1.json"
    path.write_text('{"at": 1}\n')

    class Failing(io.BytesIO):
        def read(self, *_: object) -> bytes:
            raise OSError(number, os.strerror(number))

    def opened(descriptor: int, *_: object) -> Failing:
        os.close(descriptor)
        return Failing()

    with monkeypatch.context() as patch:
        patch.setattr("builtins.open", opened)
        assert file_io.read_json(str(path)) == {}
        with pytest.raises(OSError, match=os.strerror(number)):
            file_io.load_json(str(path))
    assert file_io.read_json(str(path)) == {"at": 1}


def test_nothing_fires_that_cannot_be_kept(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a state that cannot be read the model is not asked for a brief at every turn's end."""
    client = Client(repo)
    client.start()
    client.works(20_000, 205_000)
    Unreadable(repo.state / "sessions/s1.json", errno.EIO, monkeypatch)
    assert client("stop") == {}
    assert client("post-tool-batch", tool_calls=[]) == {}


@pytest.mark.parametrize("damage", NO_FILES)
def test_a_ledger_that_is_no_file(repo: Repo, damage: Callable[[Path], None]) -> None:
    """It is moved aside: what was written is untrusted from then on, and said; what is written is
    this machine's own again.
    """
    Client(repo).brief()
    (repo.state / "ledger.jsonl").unlink()
    path = put(repo, "ledger.jsonl", damage)
    assert (
        "1 brief not written here, so not picked up" in Client(repo, "s2").start()["systemMessage"]
    )
    assert os.path.lexists(f"{path}.broken")
    second = Client(repo).brief(title="Second")
    assert second in context(Client(repo, "s3").start())


def test_a_ledger_that_cannot_be_read_now(
    repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows whose the briefs are: a session's start and every verb say that, no brief
    becomes a stranger's, and nothing is moved.
    """
    Client(repo).brief()
    path = repo.state / "ledger.jsonl"
    before = path.read_bytes()
    Unreadable(path, errno.EACCES, monkeypatch)
    message = Client(repo, "s2").start()["systemMessage"]
    assert "ledger.jsonl cannot be read (Permission denied)" in message
    assert handoff("list") == 1
    assert "ledger.jsonl cannot be read (Permission denied)" in handoff.err
    monkeypatch.undo()
    assert path.read_bytes() == before


@pytest.mark.parametrize("damage", [garbage, deep, a_list, empty])
def test_a_claim_that_cannot_be_read(
    repo: Repo, handoff: Store, damage: Callable[[Path], None]
) -> None:
    """It counts as somebody's, and the doctor names it."""
    brief = Client(repo).brief()
    put(repo, f"claims/{brief}.json", damage)
    assert context(Client(repo, "s2").start()) == ""
    assert claims.owner(str(repo.state), brief) == claims.UNKNOWN
    handoff("doctor")
    assert "its brief stays claimed" in handoff.out


@pytest.mark.parametrize("damage", NO_FILES)
def test_what_is_no_claim(repo: Repo, damage: Callable[[Path], None]) -> None:
    """No hook of ours made a folder or a pipe: it is moved aside, and the brief is free."""
    brief = Client(repo).brief()
    put(repo, f"claims/{brief}.json", damage)
    assert brief in context(Client(repo, "s2").start())


@pytest.mark.parametrize(
    "entry",
    [
        {"root": "\0", "id": "x", "message": "m", "put": {}, "take": {}},
        {"root": "ROOT", "id": "../x", "message": "m", "put": {".handoff/x": "y"}, "take": {}},
        {"root": "ROOT", "id": "x", "message": "m", "put": {"../../x": "y"}, "take": {}},
        {"root": "ROOT", "id": "x", "message": "m", "put": {"a\0b": "y"}, "take": {"a\0b": "y"}},
        {"root": "ROOT", "id": "x", "message": "\ud800", "put": {"a": "\ud800"}, "take": {}},
        {"root": "ROOT", "id": "x", "message": "m", "put": {"": "y"}, "take": {}},
    ],
)
def test_an_entry_that_nobody_could_carry_out(repo: Repo, entry: dict[str, Any]) -> None:
    """It does not stop the session, and not the next one either; nothing is written outside."""
    brief = Client(repo).brief()
    text = json.dumps(entry).replace("ROOT", str(repo.root))
    put(repo, "pending/x.json", lambda path: path.write_text(text))
    before = sorted(repo.root.parent.iterdir())
    assert brief in context(Deaf(repo, "s2").start())
    assert Deaf(repo, "s3").start() == {}
    assert sorted(repo.root.parent.iterdir()) == before


def test_folders_that_are_files(repo: Repo, handoff: Store) -> None:
    """A file in the place of a folder of the state directory is named by the doctor."""
    repo.state.mkdir()
    (repo.state / "sessions").write_text("x")
    assert handoff("doctor") == 1
    assert f"{repo.state}/sessions is not a directory" in handoff.out


def test_a_configuration_that_cannot_be_read_now(
    repo: Repo, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is named, not moved, and its absence is not remembered: it counts again at once."""
    path = own_home / ".config/handoff/config.yaml"
    path.parent.mkdir(parents=True)
    path.write_text("mode: notify\n")
    runtime = Runtime(os.environ, full=True)
    with monkeypatch.context() as patch:
        Unreadable(path, errno.EACCES, patch)
        assert runtime.config(str(repo.root)).mode == "write"
        (problem,) = config_file.load([str(path)])[1]
        assert "cannot be read: Permission denied" in str(problem)
    assert runtime.config(str(repo.root)).mode == "notify"
    assert path.read_text() == "mode: notify\n"


def test_a_journal_that_cannot_be_read_now(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relay whose journal is not at hand does not begin anew, with a budget of its own."""
    path = put(repo, "relays/t.json", lambda path: path.write_text('{"task": "t"}'))
    Unreadable(path, errno.EIO, monkeypatch)
    with pytest.raises(HandoffError, match=r"t\.json cannot be read: Input/output error"):
        relay_journal.load(str(repo.state), "t")


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_whatever_is_in_a_file(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """What is read is an object, or nothing; what is no object is kept aside, byte for byte; and
    the file can be written again.
    """
    path = tmp_path_factory.mktemp("state") / "x.json"
    path.write_bytes(content)
    members = file_io.read_json(str(path))
    assert isinstance(members, dict)
    aside = path.with_name(path.name + state_file.SUFFIX)
    assert path.exists() != aside.exists()
    assert (aside if aside.exists() else path).read_bytes() == content
    file_io.update_json(str(path), lambda value: value.update(new=1))
    assert file_io.read_json(str(path))["new"] == 1


def test_the_last_of_many_is_replaced(tmp_path: Path) -> None:
    """No more than nine of one name are kept."""
    path = tmp_path / "x.json"
    for number in range(12):
        path.write_text(str(number))
        state_file.set_aside(str(path))
    kept = {entry.read_text() for entry in tmp_path.iterdir()}
    assert kept == {*map(str, range(8)), "11"}


def test_a_state_that_is_of_this_event_alone(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`update` gives what it made, and says that it is not saved."""
    home = own_home / "state"
    state.update(str(home), "s1", lambda session: session.values.update(a=1))
    Unreadable(home / "sessions/s1.json", errno.EIO, monkeypatch)
    session_state = state.update(str(home), "s1", lambda session: session.values.update(b=2))
    assert session_state is not None
    assert (session_state.values, session_state.is_saved) == ({"b": 2}, False)
    assert ledger.files(str(home))
