"""The journal of a repository's queue: `<state>/queues/<repository>.json`, its sessions in order.

Several `handoff run` may work in one repository: whoever changes the journal holds its lock, and
each session in it that is not settled is cared for by the process that watches its run.
"""

from __future__ import annotations

import hashlib
import os
from dataclasses import asdict
from typing import TYPE_CHECKING

from handoff.base import file_io, locks
from handoff.loops import session as loops_session
from handoff.loops import wait_for_caps

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handoff.loops.session import Session
    from handoff.loops.wait_for_caps import CapWaits

FOLDER = "queues"
_LOCK_SECONDS = 60.0  # a plan is made under it
_KEPT = 300


class Journal:
    """One repository's queue. In its `with` it is this process's alone."""

    def __init__(self, home: str, repo: str) -> None:
        name = hashlib.sha256(repo.encode(errors="surrogateescape")).hexdigest()[:16]
        self._repo = repo
        self._path = os.path.join(home, FOLDER, f"{name}.json")
        self._lock = locks.Lock(os.path.join(home, "locks", f"queue-{name}"), _LOCK_SECONDS)

    def __enter__(self) -> Journal:
        self._lock.__enter__()
        return self

    def __exit__(self, *problem: object) -> None:
        self._lock.__exit__(*problem)

    def sessions(self) -> list[Session]:
        """All that it holds, oldest first."""
        return loops_session.read_sessions(file_io.load_json(self._path).get("sessions"))

    def put(self, session: Session) -> None:
        """Enter a session, or what became of it. For use in the `with`."""
        known = self.sessions()
        names = [one.session for one in known]
        if session.session in names:
            known[names.index(session.session)] = session
        else:
            known.append(session)
        self._save(known)

    def drop(self, session: Session) -> None:
        """Forget a session that never began. For use in the `with`."""
        self._save(one for one in self.sessions() if one.session != session.session)

    def waits(self) -> CapWaits:
        """The resets of usage caps that it was waited for: nothing where that is damaged."""
        return wait_for_caps.read_waits(file_io.load_json(self._path).get("caps"), [])

    def put_waits(self, waits: CapWaits) -> None:
        """Enter how many resets were waited for. For use in the `with`."""
        self._save(self.sessions(), waits)

    def _save(self, sessions: Iterable[Session], waits: CapWaits | None = None) -> None:
        caps = asdict(self.waits() if waits is None else waits)
        held = list(sessions)
        old = [one.session for one in held if one.verdict][:-_KEPT]
        kept = [one.as_json() for one in held if one.session not in old]
        file_io.write_json(self._path, {"repo": self._repo, "caps": caps, "sessions": kept})
