"""The ledger: the bytes of every brief this machine wrote, which is what makes a brief its own.

`<state>/ledger.jsonl`, one object a line: `{sha256, id, repo, worktree, session, at, identity}`. A
brief is own when exactly its bytes were recorded for this repository; every other one is of others.
Only line ends do not count: git changes them on checkout where `core.autocrlf` says so.

`<state>/ended.jsonl` holds the open briefs that were finished or dropped on this machine, whoever
wrote them: what brings such a file back into `open` does not make it a new brief.
`{id, repo, worktree, at, how, identity}`; the last line on the same id counts.

`<state>/consents.jsonl` holds the sha256 of untrusted briefs that a person at this machine allowed:
`{sha256, id, repo, at, given, identity}`. The last line on the same bytes counts.
"""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from handoff.base import file_io, state_file
from handoff.base.errors import HandoffError
from handoff.git import repo_id

if TYPE_CHECKING:
    from collections.abc import Iterator

_TYPES: dict[str, tuple[type, ...]] = {"str": (str,), "float": (int, float), "bool": (bool,)}


@dataclass(frozen=True)
class Entry:
    """One brief as it was written. `repo` is the shared git directory (or the project directory
    outside git), `worktree` the top of the worktree, `at` epoch seconds. `identity` is that of
    `git.repo_id`: `record` enters it.
    """

    sha256: str
    id: str
    repo: str
    worktree: str
    session: str
    at: float
    identity: str = ""


def digest_bytes(raw: bytes) -> str:
    """The sha256 of a brief's bytes, in hex; line ends as written, whatever git made of them."""
    return hashlib.sha256(raw.replace(b"\r\n", b"\n")).hexdigest()


def record(home: str, entry: Entry) -> None:
    """Add an entry, durably. Call it before the brief is written: an entry without a file is
    harmless, a file without an entry would be untrusted.
    """
    _append(home, _file(home), entry)


def _append(home: str, path: Path, line: Entry | EndedBrief | Consent) -> None:
    file_io.make_private(home)
    values = {**asdict(line), "identity": repo_id.ensure(home, line.repo)}
    file_io.append_line(str(path), json.dumps(values).encode())


def own_entries(home: str, repo: str) -> dict[str, Entry]:
    """sha256 -> entry of every brief written here for `repo`. Damaged lines are passed over.

    A repository is the same one as long as its identity is: also where it was moved to, and not a
    new one in its place. A copy is another as long as the first is where it was.
    """
    entries: dict[str, Entry] = {}
    now = repo_id.read(repo)
    for entry in _entries(home):
        if _is_of(entry, repo, now):
            entries[entry.sha256] = entry
    return entries


def all_entries(home: str) -> dict[str, Entry]:
    """sha256 -> entry of every brief written here, for whatever repository."""
    return {entry.sha256: entry for entry in _entries(home)}


def _entries(home: str) -> Iterator[Entry]:
    return (Entry(**values) for values in _lines(_file(home), Entry))


@dataclass(frozen=True)
class Consent:
    """A person's word on an untrusted brief's bytes in the repository `repo`: given, or taken back.

    `identity` is that of `git.repo_id`: `record_consent` enters it.
    """

    sha256: str
    id: str
    repo: str
    at: float
    given: bool = True
    identity: str = ""


@dataclass(frozen=True)
class EndedBrief:
    """An open brief that was put away here at `at` (epoch seconds); `how`: finished or dropped.

    `repo`, `worktree` and `identity` are as in Entry: `record_ended` enters the identity.
    """

    id: str
    repo: str
    worktree: str
    at: float
    how: str
    identity: str = ""


def record_ended(home: str, ended: EndedBrief) -> None:
    """Add that a brief was put away, durably. Twice is as good as once."""
    _append(home, _ended(home), ended)


def read_ended(home: str, repo: str) -> dict[str, EndedBrief]:
    """Id -> how and when a brief of `repo` was put away here last.

    They go with a repository as the entries of `own_entries` do.
    """
    now = repo_id.read(repo)
    endings = (EndedBrief(**values) for values in _lines(_ended(home), EndedBrief))
    return {line.id: line for line in endings if _is_of(line, repo, now)}


def record_consent(home: str, consent: Consent) -> None:
    """Add a person's word, durably."""
    _append(home, _consents(home), consent)


def read_consents(home: str, repo: str) -> dict[str, Consent]:
    """sha256 -> the consent that counts, for every untrusted brief allowed for `repo`.

    They go with a repository as the entries of `own_entries` do.
    """
    latest: dict[str, Consent] = {}
    now = repo_id.read(repo)
    for values in _lines(_consents(home), Consent):
        consent = Consent(**values)
        if _is_of(consent, repo, now):
            latest[consent.sha256] = consent
    return {sha: consent for sha, consent in latest.items() if consent.given is True}


def _is_of(line: Entry | Consent | EndedBrief, repo: str, now: str) -> bool:
    """Whether a line was made for `repo`, whose identity is `now`."""
    if line.repo == repo:
        return line.identity in ("", now)
    if line.identity:
        return repo_id.is_moved(line.identity, line.repo, now)
    return repo == os.path.join(line.repo, ".git")  # the folder was made a repository since


def files(home: str) -> tuple[Path, ...]:
    """Where the ledger's files are, whether they are there or not."""
    return _file(home), _ended(home), _consents(home)


def _lines(path: Path, kind: type[Entry | Consent | EndedBrief]) -> Iterator[dict[str, Any]]:
    """The lines of a file whose fields are those of `kind`, by name and type.

    Raises HandoffError when the file is there and cannot be read: none would be own then.
    """
    try:
        raw = state_file.read(str(path))
    except OSError as error:
        raise HandoffError(
            f"{path} cannot be read ({error.strerror}), so ownership of briefs cannot be checked.",
            f"It must be a file you can read and write: ls -ld {path}",
        ) from None
    if raw is None:
        return
    wanted = {field.name: field.type for field in fields(kind)}
    needed = wanted.keys() - {"identity"}  # no line had it once
    for line in raw.splitlines():
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if not isinstance(values, dict) or not needed <= values.keys() <= wanted.keys():
            continue
        if all(isinstance(values[key], _TYPES[str(wanted[key])]) for key in values):
            yield values


def _file(home: str) -> Path:
    return Path(home) / "ledger.jsonl"


def _ended(home: str) -> Path:
    return Path(home) / "ended.jsonl"


def _consents(home: str) -> Path:
    return Path(home) / "consents.jsonl"
