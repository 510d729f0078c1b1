"""The statements in a brief checked against its session's facts and the repository as it is."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from handoff.authoring import gather
from handoff.base.errors import HandoffError
from handoff.brief import document, lint
from handoff.client import hook_io
from handoff.git import run as git
from handoff.git import status
from handoff.redact import redact
from handoff.session import state, transitions
from handoff.store import brief_files, drafts, lookup, places, trust, trusted_prompts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.authoring.gather import Material
    from handoff.brief.lint import Finding
    from handoff.facts.model import Facts
    from handoff.runtime import Runtime
    from handoff.store.places import Place

_CONTINUE = "continue"
_MAX_SENT_BACK = 8
_MAX_FILE_BYTES = 2 * 1024 * 1024
_LIST_SECONDS = 3.0
_ASKED = 50  # paths and commits that git is asked about, one run each
_SHA = re.compile(r"[0-9a-f]{4,64}")


def find_contradictions(
    sections: Mapping[str, str], facts: Facts, place: Place, runtime: Runtime
) -> tuple[lint.Finding, ...]:
    """What is wrong in a brief's words; () also when the check itself fails, which is logged."""
    try:
        return lint.check(sections, facts, make_lookups(place, facts.cwd))
    except Exception:  # noqa: BLE001 - a brief is never lost to its check
        redact.note_bug(runtime.home, "lint")
        return ()


def send_back(
    brief: document.Brief, findings: tuple[lint.Finding, ...], material: Material, runtime: Runtime
) -> None:
    """Give contradictions back to the model that wrote them: once a cycle for the session's own
    brief, once for each task. The brief is kept as a draft. Raises HandoffError then.

    Outside a session nobody is known who could be asked twice: there it never does.
    """
    wrong = [finding for finding in findings if finding.contradicts]
    if not wrong or not material.session_id:
        return
    if not keep_draft(brief, material, runtime):
        return
    clean = redact.cleaner(runtime.config(material.place.root))
    prompts = trusted_prompts.load(runtime, material.place.root)
    raise HandoffError(
        prompts.render("brief_contradicted", findings=clean(lint.render(findings))),
        prompts.render("brief_contradicted_fix"),
    )


def keep_draft(brief: document.Brief, material: Material, runtime: Runtime) -> bool:
    """Keep a brief that is sent back to its model as its draft; False if one was in this cycle."""
    key = _key(brief)
    may_send = transitions.send_back_draft(
        runtime.home, material.session_id, key, brief.id, at_most=_MAX_SENT_BACK
    )
    if may_send is None:
        return False
    drafts.save(material.place, brief, runtime)
    return True


def held_back(material: Material, runtime: Runtime) -> document.Brief | None:
    """The session's brief that was sent back in this cycle and never came again."""
    session = state.load(runtime.home, material.session_id)
    brief_id = session.drafts_sent_back.get(_CONTINUE, "")
    for stored in drafts.read_all(material.place, runtime) if brief_id else ():
        if stored.brief is not None and stored.brief.id == brief_id:
            return stored.brief
    return None


def settle_draft(brief: document.Brief, material: Material, runtime: Runtime) -> None:
    """A brief was stored: the draft of what it was before it was fixed goes."""
    session = state.load(runtime.home, material.session_id)
    brief_id = session.drafts_sent_back.get(_key(brief), "")
    for stored in drafts.read_all(material.place, runtime) if brief_id else ():
        if stored.brief is not None and stored.brief.id == brief_id != brief.id:
            drafts.remove(stored.path)


def _key(brief: document.Brief) -> str:
    return (
        _CONTINUE if brief.kind == "continue" else f"task: {' '.join(brief.title.lower().split())}"
    )


def make_lookups(place: Place, cwd: str = "") -> lint.Lookups:
    """What the repository says when it is asked. Nothing outside of its root is looked at."""
    root = os.path.realpath(place.root)
    inside = os.path.relpath(os.path.realpath(cwd), root) if cwd else "."
    bases = [root] if inside.startswith("..") else list(dict.fromkeys([root, f"{root}/{inside}"]))

    def there(path: str) -> str:
        for base in bases:
            full = os.path.realpath(os.path.join(base, path))
            if full.startswith(root + os.sep) and os.path.lexists(full):
                return full
        return ""

    def text_of(path: str) -> str | None:
        full = there(path)
        if not os.path.isfile(full) or os.path.getsize(full) > _MAX_FILE_BYTES:
            return None
        return Path(full).read_text("utf-8", "replace")

    checkout = place.checkout
    names = cache(lambda: _names(checkout) if checkout else None)

    asked: set[str] = set()

    @cache
    def is_known(path: str) -> bool:
        known = names()
        if known is None or checkout is None or ".." in path.split("/"):
            return True
        if any(f"/{name}".endswith(f"/{path}") for name in known):
            return True
        asked.add(path)
        return len(asked) > _ASKED or _is_ignored(checkout, path)

    @cache
    def has_commit(sha: str) -> bool:
        asked.add(sha)
        return checkout is None or len(asked) > _ASKED or _has_commit(checkout, sha)

    return lint.Lookups(
        has_commit=has_commit,
        has_file=lambda path: bool(there(path)),
        has_folder=lambda path: os.path.isdir(os.path.join(root, path)),
        is_known=is_known,
        text_of=text_of,
        dirty=lambda: _dirty(checkout) if checkout else None,
    )


def _has_commit(checkout: git.Checkout, sha: str) -> bool:
    """Whether there is such a commit; also where git cannot say (ambiguous)."""
    if not _SHA.fullmatch(sha):
        return True
    answer = git.run(checkout, "cat-file", "-e", sha + "^{commit}", seconds=_LIST_SECONDS)
    is_ambiguous = "is ambiguous" in answer.err  # git 2.39 then says the other one too
    return is_ambiguous or (answer.code != 1 and "Not a valid object name" not in answer.err)


def _is_ignored(checkout: git.Checkout, path: str) -> bool:
    """Whether git would ignore a path; also where it cannot say."""
    try:
        return git.is_ignored(checkout, path)
    except HandoffError:
        return True


def _dirty(checkout: git.Checkout) -> tuple[str, ...] | None:
    now = status.read_state(checkout)
    if not now.complete:
        return None
    return tuple(file.path for file in now.dirty_files if file.status != "??")


def _names(checkout: git.Checkout) -> tuple[str, ...] | None:
    """Every file that git tracks or would add; None where it cannot say."""
    answer = git.run(
        checkout,
        *("ls-files", "-z", "--cached", "--others", "--exclude-standard"),
        seconds=_LIST_SECONDS,
    )
    return tuple(git.decode_path(answer.out).split("\0")) if answer.code == 0 else None


@dataclass(frozen=True)
class CheckResult:
    """What is wrong in a brief, and whether there was a session's transcript to hold it against:
    without one only the repository was asked, which knows nothing of tests and commands.
    """

    findings: tuple[Finding, ...]
    has_facts: bool


def check(name: str, session: str, runtime: Runtime, place: Place) -> CheckResult:
    """The findings in the brief, or in the words for one, that `name` holds ("-" is stdin).

    In a session's shell none are made of a brief that others wrote: they quote what it states. The
    facts are those of the session given, else the one this runs in, else the brief's own.
    """
    text = lookup.read_source(name, runtime, place).decode("utf-8", "replace")
    own = ""
    try:
        brief = document.parse(text.encode(), name)
    except HandoffError:
        clean = redact.cleaner(runtime.config(place.root))
        sections = document.parse_words(clean(text)).sections
    else:
        sections, own = brief.sections, str(brief.session.get("id") or "")
        if name != "-" and hook_io.current_session(runtime.env):
            _check_trusted(text.encode(), brief, runtime, place)
    session_id = gather.current_session(runtime, session) or own
    cwd = os.path.join(place.root, place.directory)
    read = gather.read_facts(runtime, session_id, cwd)
    of_session = places.session_place(runtime, session_id, cwd, near=place)
    findings = find_contradictions(sections, read.facts, of_session, runtime)
    return CheckResult(findings, has_facts=os.path.isfile(read.transcript))


def _check_trusted(raw: bytes, brief: document.Brief, runtime: Runtime, place: Place) -> None:
    relative = brief_files.relative_path(brief_files.OPEN, brief.id)
    stored = brief_files.StoredBrief(relative, relative, brief_files.OPEN, raw, brief)
    origin = trust.TrustCheck(place, runtime).classify(stored)
    is_draft = any(item.raw == raw for item in drafts.read_all(place, runtime))
    if not origin.is_trusted and not is_draft:
        raise trust.explain_refusal(stored, origin)
