"""The brief as a document: its fields, and Markdown with front matter to and from them.

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
from handoff.brief.sections import (
    CODE_SECTIONS,
    TASK,
    WORD_SECTIONS,
    find_section_name,
    split_sections,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.redact.redact import Clean

FORMAT_VERSION = 1
MAX_BYTES = 1024 * 1024
_MAX_TITLE_CHARS = 200
_MAX_VERSION_CHARS = 10
_MAX_ID_CHARS = 120  # it is a file's name, here and in the state directory

ID_PATTERN = re.compile(r"[0-9]{8}-[0-9]{6}-[a-z0-9]+(?:-[a-z0-9]+)*-[0-9a-f]{4}")
_KEYS = ("id", "title", "kind", "author", "created", "trigger", "session", "reading", "git", "for",
         "parent", "verify", "labels")  # fmt: skip
_AUTHORS = ("model", "snapshot", "person")


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
    """What a model (or a person) wrote of a brief: a title and the sections that code does not.

    `missing` says what a whole brief has and this text has not, for an error's words.
    """

    title: str
    sections: Mapping[str, str]
    missing: tuple[str, ...] = ()


def new_id(title: Clean, stamp: str, random: bytes) -> str:
    """`YYYYMMDD-HHMMSS-<slug>-<4 hex>` from a title, a UTC stamp `YYYYMMDD-HHMMSS`, two bytes."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    slug = "-".join(re.findall(r"[a-z0-9]+", plain))[:40].strip("-")
    return f"{stamp}-{slug or 'brief'}-{random[:2].hex()}"


def parse_words(text: Clean) -> Words:
    """Read what a model wrote. Lenient: text before any section is the task, and a title is made up
    where there is none; who needs a whole brief looks at `missing`.

    Front matter and the sections that code writes are left out: facts are not the model's to state.
    Raises HandoffError when there is nothing to hand over.
    """
    plain = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    title, sections = split_sections(_without_front(plain))
    known: dict[str, str] = {}
    for heading, body in sections.items():
        name = find_section_name(heading) or TASK
        if name not in CODE_SECTIONS and body:
            known[name] = f"{known[name]}\n\n{body}" if name in known else body
    if not known and not title:
        raise HandoffError(
            "The brief is empty: there was no text on standard input.",
            "Send Markdown with `# Title`, `## Task`, `## Next step`: "
            "handoff write <<'BRIEF' … BRIEF",
        )
    has_task = any(find_section_name(name) == TASK for name in sections) or (
        bool(title) and TASK in known
    )
    lacks = {"no title (`# …`)": not _one_line(title), "no `## Task` section": not has_task}
    missing = tuple(part for part, is_missing in lacks.items() if is_missing)
    first = known.get(TASK) or next(iter(known.values()), title)
    known = known or {TASK: title}
    order = [*WORD_SECTIONS, *(name for name in known if name not in WORD_SECTIONS)]
    return Words(
        title=_one_line(title) or _one_line(first)[:80].strip() or "A brief without a title",
        sections={name: known[name] for name in order if name in known},
        missing=missing,
    )


def words_of(brief: Brief) -> Words:
    """The title and the sections of a brief that code did not write."""
    sections = {n: text for n, text in brief.sections.items() if n not in CODE_SECTIONS}
    return Words(brief.title, sections)


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
    title, sections = split_sections(text)
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
        raise HandoffError(f"{name}: no front matter between `---` lines, so it is not a brief.")
    front = frontmatter.read(head, name)
    version = str(front.pop("handoff", ""))
    if version != str(FORMAT_VERSION):
        is_number = version.isdecimal() and version.isascii() and len(version) < _MAX_VERSION_CHARS
        version = version if is_number else "unknown" if version else "missing"
        raise HandoffError(
            f"{name}: format {version}; this handoff reads format {FORMAT_VERSION}.",
            "Update handoff to read it.",
        )
    brief_id = _id(front.get("id"))
    if not brief_id:
        raise HandoffError(f"{name}: its `id` is not a valid brief ID.")
    sections: dict[str, str] = {}
    for heading, body in split_sections(rest)[1].items():
        section = find_section_name(heading) or TASK
        sections[section] = f"{sections[section]}\n\n{body}" if section in sections else body
    return Brief(
        id=brief_id,
        title=_one_line(fields.text(front.get("title"))) or brief_id,
        created=fields.text(front.get("created")),
        kind="task" if front.get("kind") == "task" else "continue",
        author=str(author) if (author := front.get("author")) in _AUTHORS else "model",
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
