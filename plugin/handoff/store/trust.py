"""Whether a brief is trusted and why, how an untrusted one is shown, and how a person allows it."""

from __future__ import annotations

import difflib
import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from handoff.base import plain_text, quoting, utf16
from handoff.base.errors import HandoffError
from handoff.brief import marking
from handoff.prompts.texts import BUILT_IN
from handoff.redact import redact
from handoff.store import (
    brief_files,
    finished_briefs,
    ledger,
    originals,
    reopened,
    signatures,
    versions,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from handoff.prompts.texts import Prompts
    from handoff.redact.redact import Redactor
    from handoff.runtime import Runtime
    from handoff.store.places import Place

Kind = Literal["own", "signed", "allowed", "changed", "elsewhere"]

# UTF-16 units of an untrusted brief in a session: a longer context is replaced by a preview.
MAX_CHARS = 9000
_DIFF_LINES = 2000
_DIFF_WIDTH = 500


@dataclass(frozen=True)
class Origin:
    """Whose exactly these bytes are.

    `own`: this machine wrote them, as `entry` says; `reformatted` says that the file has them in
    another form by now (`TrustCheck.as_written`). `signed`: a commit with a listed key's signature
    brought them. `allowed`: they are of others, and a person here let sessions be given them.
    `changed`: this machine wrote a brief of this id with other bytes, which may be no brief any
    more. `elsewhere`: all else; `of_another_repository` says that this machine wrote it, for
    another one.
    """

    kind: Kind
    entry: ledger.Entry | None = None
    signed: signatures.Signed | None = None
    of_another_repository: bool = False
    reformatted: bool = False

    @property
    def is_trusted(self) -> bool:
        """Whether it is given to a session as its own work. What is untrusted is data."""
        return self.kind in ("own", "signed")

    @property
    def may_be_given(self) -> bool:
        """Whether a session may be given it at all, if only as data."""
        return self.is_trusted or self.kind == "allowed"

    @property
    def label(self) -> str:
        """Where it comes from, in words of our own."""
        if self.signed:
            return f"brought by the commit {self.signed.sha[:12]}, signed by a key you list"
        if self.of_another_repository:
            return "written on this machine for another repository"
        if self.reformatted:
            return (
                "this machine's own, given as it was written: its file was only reformatted since"
            )
        return {
            "own": "this machine's own and unchanged",
            "changed": "written on this machine and changed since",
        }.get(self.kind, "not written on this machine")


class TrustCheck:
    """What is known of briefs in one place, read once: ledger, consents, the user's signers.

    After `max_signatures` looks for a signature (10 ms each) the other briefs count as unsigned.
    """

    def __init__(self, place: Place, runtime: Runtime, *, max_signatures: float = math.inf) -> None:
        self._place = place
        self._own = ledger.own_entries(runtime.home, place.key)
        self._consents = ledger.read_consents(runtime.home, place.key)
        self._reopened = reopened.Reopened(place, runtime, self._own.values())
        self._ids = {entry.id for entry in self._own.values()}
        self._signers = runtime.config(place.root).signers if place.checkout else []
        self._signatures_left = max_signatures
        self._home = runtime.home
        self._everywhere: Collection[str] | None = None

    def classify(self, stored: brief_files.StoredBrief) -> Origin:
        """Whose a brief is. Looks for a signature only where that would decide it."""
        sha = ledger.digest_bytes(stored.raw)
        if stored.brief is None:
            return Origin("changed" if _name(stored) in self._ids else "elsewhere")
        if sha in self._own:
            return Origin("own", entry=self._own[sha], reformatted=bool(stored.on_disk))
        if self._signers and self._signatures_left and self._place.checkout:
            self._signatures_left -= 1
            signer = signatures.find_signer(
                self._place.checkout, stored.relative, stored.raw, self._signers
            )
            if signer:
                return Origin("signed", signed=signer)
        if sha in self._consents:
            return Origin("allowed")
        if stored.brief.id in self._ids:
            return Origin("changed")
        if self._everywhere is None:
            self._everywhere = ledger.all_entries(self._home).keys()
        return Origin("elsewhere", of_another_repository=sha in self._everywhere)

    def as_written(self, stored: brief_files.StoredBrief) -> brief_files.StoredBrief:
        """The brief as this machine wrote it, where its file was changed in form alone."""
        return originals.as_written(stored, self._home, self._own)

    def is_own(self, raw: bytes) -> bool:
        """Whether this machine wrote exactly these bytes for this repository."""
        return ledger.digest_bytes(raw) in self._own

    def is_end(self, raw: bytes) -> bool:
        """Whether a file in `done` finishes a brief of this machine, whoever wrote its Outcome."""
        return finished_briefs.is_known(raw, self._own)

    def ended(self, stored: brief_files.StoredBrief) -> ledger.EndedBrief | None:
        """How an open brief was put away before (`reopened.Reopened`)."""
        return self._reopened.ended(stored)

    def sort(self, names: Sequence[str]) -> tuple[list[str], list[str]]:
        """The names of briefs' files, those whose id this machine knows apart from the others."""
        known = self._ids | {consent.id for consent in self._consents.values()}
        by_id = {name: name.removesuffix(".md") in known for name in names}
        return [n for n in names if by_id[n]], [n for n in names if not by_id[n]]


def record_consent(
    stored: brief_files.StoredBrief, place: Place, runtime: Runtime, *, given: bool = True
) -> None:
    """Record a person's word on exactly these bytes. Only call it where a person gave it."""
    if stored.brief is None:
        raise HandoffError(stored.problem, f"Look at {marking.mark_path(stored.relative)}.")
    ledger.record_consent(
        runtime.home,
        ledger.Consent(
            ledger.digest_bytes(stored.raw), stored.brief.id, place.key, runtime.now, given=given
        ),
    )


def explain_refusal(stored: brief_files.StoredBrief, origin: Origin) -> HandoffError:
    """Why an untrusted brief is not given to a session, and what a person does about it."""
    name = _name(stored)
    return HandoffError(
        f"{name} was {origin.label}: only a person can allow it in a session.",
        f"In a session, type /handoff:pickup {name}, in a terminal: handoff trust {name}",
    )


def as_data(
    stored: brief_files.StoredBrief,
    origin: Origin,
    place: Place,
    clean: Redactor,
    *,
    changes: Iterable[str] = (),
    prompts: Prompts = BUILT_IN,
) -> str:
    """An untrusted brief for a session: named as data and fenced, redacted, cut to `MAX_CHARS`."""
    fenced, note = clean(fence_text(stored, place, changes, clean)), ""
    if utf16.count_units(fenced) > MAX_CHARS:
        fenced = redact.keep_head(fenced, len(utf16.keep_units(fenced, MAX_CHARS)))
        note = " " + prompts.render("untrusted_cut", characters=f"{MAX_CHARS:,}")
    allowed = ""
    if origin.kind == "allowed":
        allowed = " " + prompts.render("untrusted_allowed")
    return prompts.render(
        "untrusted_brief",
        id=_name(stored),
        path=plain_text.one_line(stored.relative, 200),
        origin=origin.label,
        allowed=allowed,
        cut=note,
        text=fenced,
    )


def fence_text(
    stored: brief_files.StoredBrief,
    place: Place,
    changes: Iterable[str] = (),
    clean: Callable[[str], str] = str,
) -> str:
    """A brief whole, every line behind a bar, first its author and commit: none of it is ours.

    `clean` takes secrets out before the text is quoted (the escape of a hidden character would
    hide the beginning of a token); without it they are shown.
    """
    lines = [*_about(stored, place), *(f"changed since it was written: {one}" for one in changes)]
    text = "\n".join([*lines, "", stored.raw.decode("utf-8", "replace")])
    return quoting.quotation(clean(text.rstrip("\r\n")), "| ")


def diff_brief(stored: brief_files.StoredBrief, place: Place, runtime: Runtime) -> str:
    """What was changed in a brief of this machine: a unified diff from the bytes it was written as.

    Raises HandoffError when it was not changed, or git does not hold the original any more.
    """
    entries = ledger.own_entries(runtime.home, place.key)
    name = _name(stored)
    now = (
        stored.raw if stored.brief else brief_files.read_content(place.root, stored.relative) or b""
    )
    wanted = {sha for sha, entry in entries.items() if entry.id == name}
    if ledger.digest_bytes(now) in wanted:
        raise HandoffError(f"{name} is unchanged since this machine wrote it.")
    if not wanted:
        raise HandoffError(
            f"{name} was not written on this machine for this repository: there is nothing to "
            "compare."
        )
    paths = [
        brief_files.relative_path(folder, name) for folder in (brief_files.OPEN, brief_files.DONE)
    ]
    original = (
        versions.find_bytes(place.checkout, paths, wanted) if place.checkout is not None else None
    )
    if original is None:
        raise HandoffError(
            f"The original of {name} is not available: git has no version of it.",
            f"Read all of it before you allow it: handoff trust {name}"
            if stored.brief
            else f"Look at {marking.mark_path(stored.relative)}.",
        )
    lines = difflib.unified_diff(
        _lines(original),
        _lines(now),
        "as this machine wrote it",
        "as it is now",
        lineterm="",
    )
    return plain_text.printable("\n".join(lines))


def _name(stored: brief_files.StoredBrief) -> str:
    """Its id; of what cannot be read, what the file's name says."""
    return stored.brief.id if stored.brief else marking.mark_name(Path(stored.path).stem)


def _about(stored: brief_files.StoredBrief, place: Place) -> list[str]:
    """Who committed it. These are others' words, so they are quoted too."""
    commit = (
        versions.find_origin(place.checkout, stored.relative, stored.raw)
        if place.checkout is not None
        else None
    )
    if commit is None:
        return ["commit: not committed"]
    day = time.strftime("%Y-%m-%d", time.gmtime(min(commit.time, 2**33)))
    since = "" if commit.same else " (changed since, not committed)"
    return [
        f"author: {plain_text.one_line(commit.author, 120)}",
        f"commit: {commit.sha}, {day}{since}",
    ]


def _lines(raw: bytes) -> list[str]:
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n")
    lines = text.split("\n", _DIFF_LINES)[:_DIFF_LINES]
    return [line if len(line) <= _DIFF_WIDTH else line[:_DIFF_WIDTH] + "…" for line in lines]
