"""The brief as a document: its fields, its sections, and Markdown to and from them.

Format version 1 (docs/brief.md): YAML front matter, then sections in the order of need. A brief is
read as data: front matter goes through a loader that makes only strings, lists and mappings,
without aliases, within limits of size and depth.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from handoff.base import fields, plain_text
from handoff.base.errors import HandoffError
from handoff.brief import frontmatter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.redact.redact import Clean

FORMAT_VERSION = 1
MAX_BYTES = 1024 * 1024
_MAX_TITLE_CHARS = 200
_MAX_VERSION_CHARS = 10
_MAX_ID_CHARS = 120  # it is a file's name, here and in the state directory

TASK, CONSTRAINTS, NEXT_STEP, STATE = "Task", "Constraints", "Next step", "State"
DECISIONS, VERIFY, QUESTIONS = "Decisions", "Verify", "Questions"
FACTS, LOOK_BACK, OUTCOME, FINDINGS = "Facts", "Look back", "Outcome", "Findings"
WORD_SECTIONS = (TASK, CONSTRAINTS, NEXT_STEP, STATE, DECISIONS, VERIFY, QUESTIONS)
# What stands under Look back where there is nothing to look into.
NO_TRANSCRIPT = (
    "Its session kept no transcript (the client was started with --no-session-persistence, or the "
    "file is gone), so there are no facts from it and nothing to look up."
)
CODE_SECTIONS = (FINDINGS, FACTS, LOOK_BACK, OUTCOME)

ID_PATTERN = re.compile(r"[0-9]{8}-[0-9]{6}-[a-z0-9]+(?:-[a-z0-9]+)*-[0-9a-f]{4}")
_MARKS = frozenset("#`~ ")  # what a line that is more than text can begin with
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_FENCE_END = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*")
_KEYS = ("id", "title", "kind", "author", "created", "trigger", "session", "reading", "git", "for",
         "parent", "verify", "labels")  # fmt: skip
_OTHER_NAMES = {
    "goal": TASK, "objective": TASK, "tasks": TASK,
    "constraint": CONSTRAINTS, "user constraints": CONSTRAINTS, "requirements": CONSTRAINTS,
    "next": NEXT_STEP, "next steps": NEXT_STEP, "first step": NEXT_STEP,
    "status": STATE, "current state": STATE, "progress": STATE,
    "decision": DECISIONS, "decisions and dead ends": DECISIONS, "dead ends": DECISIONS,
    "verification": VERIFY, "how to verify": VERIFY,
    "question": QUESTIONS, "open questions": QUESTIONS,
}  # fmt: skip


@dataclass(frozen=True)
class Brief:
    """One brief. `sections` maps a heading to its text, in the order they stand in the file.

    `created` is UTC as `YYYY-MM-DDTHH:MM:SSZ`; `session`, `reading`, `git` and `target` (the front
    matter's `for`) are as DESIGN's "The brief" lists them; `extra` holds unknown keys, inert.
    """

    id: str
    title: str
    created: str
    kind: str = "continue"
    author: str = "model"
    trigger: str = "manual"
    session: Mapping[str, Any] = field(default_factory=dict)
    reading: Mapping[str, Any] = field(default_factory=dict)
    git: Mapping[str, Any] = field(default_factory=dict)
    target: Mapping[str, Any] = field(default_factory=dict)
    parent: str = ""
    verify: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    sections: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Words:
    """What a model (or a person) wrote of a brief: a title and the sections that code does not."""

    title: str
    sections: Mapping[str, str]


def new_id(title: Clean, stamp: str, random: bytes) -> str:
    """`YYYYMMDD-HHMMSS-<slug>-<4 hex>` from a title, a UTC stamp `YYYYMMDD-HHMMSS`, two bytes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain))[:40].strip("-")
    return f"{stamp}-{slug or 'brief'}-{random[:2].hex()}"


def parse_words(text: Clean) -> Words:
    """Read what a model wrote. Lenient: text before any section is the task, a title is made up.

    Front matter and the sections that code writes are left out: facts are not the model's to state.
    Raises HandoffError when there is nothing to hand over.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    title, sections = _sections(_without_front(plain))
    known: dict[str, str] = {}
    for heading, body in sections.items():
        name = _section_name(heading) or TASK
        if name not in CODE_SECTIONS and body:
            known[name] = f"{known[name]}\n\n{body}" if name in known else body
    if not known and title:
        known[TASK] = title
    if not known:
        raise HandoffError(
            "The brief is empty: nothing was written to standard input.",
            "Send Markdown with `# Title`, `## Task`, `## Next step`: "
            "handoff write <<'BRIEF' … BRIEF",
        )
    if TASK not in known:
        raise HandoffError(
            f"The brief has no `## Task` section (it has: {', '.join(known)}).",
            "Say in `## Task` what is to be done, the goal first, and send the whole brief again.",
        )
    order = [*WORD_SECTIONS, *(name for name in known if name not in WORD_SECTIONS)]
    return Words(
        title=_one_line(title) or _one_line(known[TASK])[:80].strip() or "A brief without a title",
        sections={name: known[name] for name in order if name in known},
    )


def render(brief: Brief) -> str:
    """The brief as Markdown with front matter; ends with one newline."""
    front: dict[str, Any] = {
        "handoff": FORMAT_VERSION,
        "id": brief.id,
        "title": brief.title,
        "kind": brief.kind,
        "author": brief.author,
        "created": brief.created,
        "trigger": brief.trigger,
        "session": dict(brief.session),
        "reading": dict(brief.reading),
        "git": dict(brief.git),
        "for": dict(brief.target),
        "parent": brief.parent,
        "verify": list(brief.verify),
        "labels": list(brief.labels),
    }
    kept = {key: value for key, value in front.items() if value not in ("", {}, [])} | dict(
        brief.extra
    )
    return f"---\n{frontmatter.write(kept)}---\n\n{body(brief)}"


def body(brief: Brief) -> str:
    """The Markdown below the front matter."""
    parts = "\n\n".join(f"## {name}\n\n{text}" for name, text in brief.sections.items())
    return f"# {brief.title}\n\n{parts}\n"


def with_body(brief: Brief, text: str) -> Brief:
    """The brief with a title and sections from Markdown as `body` makes it."""
    title, sections = _sections(text)
    return replace(brief, title=_one_line(title) or brief.title, sections=sections)


def parse(raw: bytes, name: str) -> Brief:
    """The brief in a file's bytes. `name` (the file) is for the error's words.

    Raises HandoffError for what is no brief, is too large, or is of a newer format.
    """
    if len(raw) > MAX_BYTES:
        raise HandoffError(f"{name}: over {MAX_BYTES} bytes, so it was not read as a brief.")
    try:
        text = raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise HandoffError(f"{name}: not UTF-8, so it was not read as a brief.") from None
    head, separator, rest = text.removeprefix("---\n").partition("\n---\n")
    if not text.startswith("---\n") or not separator:
        raise HandoffError(f"{name}: no front matter between `---` lines, so it is no brief.")
    front = frontmatter.read(head, name)
    version = str(front.pop("handoff", ""))
    if version != str(FORMAT_VERSION):
        is_number = version.isdecimal() and version.isascii() and len(version) < _MAX_VERSION_CHARS
        version = version if is_number else "unknown" if version else "missing"
        raise HandoffError(
            f"{name}: format {version}; this handoff reads format {FORMAT_VERSION}.",
            "Update handoff: run ./install.sh of the newer version.",
        )
    brief_id = _id(front.get("id"))
    if not brief_id:
        raise HandoffError(f"{name}: its `id` is not one of a brief.")
    sections: dict[str, str] = {}
    for heading, body in _sections(rest)[1].items():
        section = _section_name(heading) or TASK
        sections[section] = f"{sections[section]}\n\n{body}" if section in sections else body
    return Brief(
        id=brief_id,
        title=_one_line(fields.text(front.get("title"))) or brief_id,
        created=fields.text(front.get("created")),
        kind="task" if front.get("kind") == "task" else "continue",
        author="snapshot" if front.get("author") == "snapshot" else "model",
        trigger=fields.text(front.get("trigger")),
        session=dict(fields.mapping(front.get("session"))),
        reading=_figures(front.get("reading")),
        git=_figures(front.get("git"), keep=("head", "branch", "worktree", "directory")),
        target=dict(fields.mapping(front.get("for"))),
        parent=_id(front.get("parent")),
        verify=tuple(fields.texts(front.get("verify"))),
        labels=tuple(fields.texts(front.get("labels"))),
        sections=sections,
        extra={key: value for key, value in front.items() if key not in _KEYS},
    )


def _sections(text: str) -> tuple[str, dict[str, str]]:
    """The first `#` heading and the text under each `##`; "" is what stands before the first.

    Headings inside code fences are code. A fence that is open at the end is closed, so that what is
    put behind the text is not swallowed.
    """
    title, heading, fence = "", "", ""
    bodies: dict[str, list[str]] = {"": []}
    for line in text.split("\n"):
        if fence:
            end = _FENCE_END.fullmatch(line)
            fence = "" if end and end[1].startswith(fence) else fence
        elif line[:1] not in _MARKS:
            pass
        elif opened := _fence(line):
            fence = opened
        elif line.startswith("## "):
            heading = _heading(line)
            bodies.setdefault(heading, [])
            continue
        elif line.startswith("# ") and not title and heading == "":
            title = line[2:].strip()
            continue
        bodies[heading].append(line)
    if fence:
        bodies[heading].append(fence)
    return title, {name: body for name, lines in bodies.items() if (body := _body(lines))}


def _fence(line: str) -> str:
    """The marks that open a fence of code, "" where none does.

    What stands behind backticks that open one holds none: ```this``` is code in a line.
    """
    mark = _FENCE.match(line)
    if mark is None or (mark[1][0] == "`" and line.find("`", mark.end()) >= 0):
        return ""
    return mark[1]


def _heading(line: str) -> str:
    """The words of a `##` line, without the marks that may close it. Linear in its length."""
    end = len(line)
    while end > 3 and (line[end - 1] == "#" or line[end - 1].isspace()):
        end -= 1
    return line[3:end].strip()


def _body(lines: list[str]) -> str:
    """The lines without blank ones around them; the first keeps its indentation, it may be code."""
    first = next((at for at, line in enumerate(lines) if line.strip()), len(lines))
    return "\n".join(lines[first:]).rstrip()


def _section_name(heading: str) -> str:
    plain = " ".join(heading.lower().split()).rstrip(":.")
    for name in (*WORD_SECTIONS, *CODE_SECTIONS):
        if plain == name.lower():
            return name
    return _OTHER_NAMES.get(plain, heading)


def _without_front(text: str) -> str:
    start = text.lstrip("\n ")
    if start.startswith("---\n"):
        _, separator, rest = start[4:].partition("\n---\n")
        return rest if separator else text
    return text


def _one_line(text: str) -> str:
    """The text on one line, its control and formatting characters escaped."""
    return " ".join(plain_text.printable(text).split())[:_MAX_TITLE_CHARS].strip()


def _id(value: Any) -> str:
    """A brief's id, "" for what is none."""
    text = fields.text(value)
    return text if len(text) <= _MAX_ID_CHARS and ID_PATTERN.fullmatch(text) else ""


def _figures(value: Any, keep: tuple[str, ...] = ()) -> dict[str, Any]:
    """A mapping whose numbers and nulls are values again; those under `keep` stay texts."""
    return {
        key: None if item == "null" else item if key in keep else _number(item)
        for key, item in fields.mapping(value).items()
    }


def _number(item: Any) -> Any:
    if isinstance(item, str) and re.fullmatch(r"\d{1,15}", item):
        return int(item)
    if isinstance(item, str) and re.fullmatch(r"\d{1,9}\.\d{1,9}", item):
        return float(item)
    return item
