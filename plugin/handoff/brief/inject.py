"""What the next session is given of a brief: facts about it, then its text, most needed first."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import quoting, truncate, utf16
from handoff.brief import document, shares
from handoff.brief.sections import (
    CONSTRAINTS,
    DECISIONS,
    EARLIER,
    FACTS,
    FINDINGS,
    LOOK_BACK,
    NEXT_STEP,
    NO_TRANSCRIPT,
    QUESTIONS,
    STATE,
    TASK,
    VERIFY,
    find_lines,
)
from handoff.prompts.texts import BUILT_IN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handoff.brief.document import Brief
    from handoff.prompts.texts import Prompts

_ORDER = (
    TASK,
    CONSTRAINTS,
    NEXT_STEP,
    STATE,
    FINDINGS,
    DECISIONS,
    VERIFY,
    QUESTIONS,
    EARLIER,
    FACTS,
)
_AUTHORS = {
    "model": "the session's model",
    "snapshot": "code, without a model",
    "person": "a person",
}
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_BACKTICKS = re.compile(r"`+")
_MAX_CHANGES_CHARS = 700
_MAX_VERIFY_CHARS = 500
_TRIES = 3
# What stands around the brief of a role whose work code looks at (`config.launch.ROLES`).
_FRAMES = {"builder": "build_injected", "planner": "planner_injected"}


@dataclass(frozen=True)
class Surroundings:
    """What is known of a brief besides what it says: file, age in words, what changed since it.

    `file` is the absolute path, for the model to read what is left out, and `text` what the file
    holds: lines are counted in it. Without them the path and the brief's own form are taken.
    """

    path: str
    age: str
    origin: str
    changes: tuple[str, ...] = ()
    file: str = ""
    text: str = ""


def render(
    brief: Brief,
    about: Surroundings,
    limit: int,
    *,
    clean: Callable[[str], str] = str,
    prompts: Prompts = BUILT_IN,
) -> str:
    """The text a session is given, at most `limit` UTF-16 units, as the client counts; of the rest
    is said where it is: file and line.

    `clean` takes secrets out of the parts before their length is taken, since a mark is longer than
    a short secret; and of the whole, since putting together may bring a name beside its secret.
    """
    room = limit
    for _ in range(_TRIES):
        text = clean(_render(brief, about, room, clean, prompts))
        excess = utf16.count_units(text) - limit
        if excess <= 0:
            return text
        room -= excess
    return utf16.keep_units(text, limit)


def _render(
    brief: Brief,
    about: Surroundings,
    limit: int,
    clean: Callable[[str], str],
    prompts: Prompts,
) -> str:
    frame = _frame(brief, about, prompts)
    frame_name = _FRAMES.get(str(brief.target.get("model")), "brief_injected")
    around = prompts.render(frame_name, **frame, sections="", left_out="")
    room = limit - utf16.count_units(around)
    # How to look back is said behind the brief, where no length cuts it.
    others = [name for name in brief.sections if name not in (*_ORDER, LOOK_BACK)]
    parts = {
        name: clean(_part(name, body))
        for name in (*_ORDER, *others)
        if (body := brief.sections.get(name))
    }
    reserved = 0
    while True:
        shown = shares.share_room(parts, room - reserved)
        note = _note(shown, brief, about, prompts)
        if utf16.count_units(note) <= reserved:
            text = "".join(part.text for part in shown.values())
            whole = prompts.render(frame_name, **frame, sections=text, left_out=note)
            return utf16.keep_units(whole, limit)
        reserved = utf16.count_units(note)  # may leave out more, which makes it longer


def _note(
    shown: Mapping[str, shares.Shown], brief: Brief, about: Surroundings, prompts: Prompts
) -> str:
    """Which sections are cut, and from which line of the file each can be read; "" if none is."""
    if all(part.is_whole for part in shown.values()):
        return ""
    lines = find_lines(about.text or document.render(brief))
    rest = {
        name: lines.get(name, 1) + max(part.lines - 1, 0)  # its heading is one of them
        for name, part in shown.items()
        if not part.is_whole
    }
    sections = quoting.line(", ".join(f"{name} from line {line}" for name, line in rest.items()))
    path = about.file or about.path
    first = min(rest.values())
    return prompts.render("brief_left_out", sections=sections, path=path, line=first) + "\n"


def _part(name: str, body: str) -> str:
    return quoting.visible(f"## {name}\n{body}\n\n")


def _frame(brief: Brief, about: Surroundings, prompts: Prompts) -> dict[str, str]:
    """What stands around the sections, by field."""
    changes = quoting.line("; ".join(about.changes)) or "nothing in the repository"
    if len(changes) > _MAX_CHANGES_CHARS:
        changes = truncate.keep_head(changes, _MAX_CHANGES_CHARS - 2).rstrip() + " …"
    return {
        "origin": about.origin,
        "age": about.age,
        "author": _AUTHORS.get(brief.author, _AUTHORS["model"]),
        "path": about.path,
        "changes": changes,
        "cap": _cap(brief, prompts),
        "id": brief.id,
        "title": quoting.visible(brief.title),
        "verify": _verify(brief, about, prompts),
        "look_back": _look_back(brief, prompts),
    }


def _verify(brief: Brief, about: Surroundings, prompts: Prompts) -> str:
    """The commands that the brief's front matter names to verify the work; "" if it names none."""
    shown: list[str] = []
    for command in brief.verify:
        line = quoting.line(command)
        longest = max(map(len, _BACKTICKS.findall(line)), default=0)
        fence = "`" * (longest + 1)
        blank = " " if longest else ""
        shown.append(f"{fence}{blank}{line}{blank}{fence}")
        if len("; ".join(shown)) > _MAX_VERIFY_CHARS:
            rest = len(brief.verify) - len(shown) + 1
            shown[-1] = f"{rest} more: see {about.path}"
            break
    return prompts.render("brief_verify", commands="; ".join(shown)) + "\n" if shown else ""


def _cap(brief: Brief, prompts: Prompts) -> str:
    """When the usage cap that the brief was written for starts again; "" for any other brief."""
    resets_at = str(brief.reading.get("resets_at", ""))
    if not _MOMENT.fullmatch(resets_at):
        return ""
    return prompts.render("brief_cap", resets_at=resets_at) + "\n"


def _look_back(brief: Brief, prompts: Prompts) -> str:
    """How to ask for what the brief leaves out, or that nobody can; "" outside a session."""
    look_back = brief.sections.get(LOOK_BACK, "")
    if look_back == NO_TRANSCRIPT:
        return f"{NO_TRANSCRIPT}\n"
    return prompts.render("brief_look_back", id=brief.id) + "\n" if look_back else ""
