"""spec.md: what is to be built in words, and in its front matter how it is started and verified."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any

from handoff.base import plain_text
from handoff.base.errors import HandoffError
from handoff.brief import document, frontmatter
from handoff.specs import features

if TYPE_CHECKING:
    from handoff.specs.model import Spec

FILE = "spec.md"
MAX_BYTES = 1024 * 1024
MAX_TITLE_CHARS = 200
SECTIONS = ("Goal", "Users and stories", "Design", "Data", "Out of scope")
_TEXTS = ("id", "title", "created", "start", "ready", "smoke")
_LISTS = ("frozen", "env")
KEYS = (*_TEXTS[:3], "runners", *_TEXTS[3:], *_LISTS)


def parse(raw: bytes, name: str = FILE) -> dict[str, Any]:
    """The fields of `Spec` that the file's bytes have. `name` (the file) is for the words of the
    HandoffError, which names the first problem.
    """
    head, problems = read(raw, name)
    if problems:
        raise features.first_of(problems)
    return head


def read(raw: bytes, name: str = FILE) -> tuple[dict[str, Any], list[str]]:
    """The same with everything that is of a wrong form, in sentences.

    Raises HandoffError for what has no front matter that can be read.
    """
    front, text = _split(raw, name)
    problems = []
    for key in (key for key in front if key not in KEYS):
        near = difflib.get_close_matches(key, KEYS, n=1)
        hint = f"; did you mean `{near[0]}`?" if near else "."
        problems.append(f"{name}: unknown key `{plain_text.one_line(key, 40)}`{hint}")
    head: dict[str, Any] = {"text": text}
    for key in _TEXTS:
        value = front.get(key, "")
        head[key] = value if isinstance(value, str) else ""
        if not isinstance(value, str):
            problems.append(f"{name}: its `{key}` is not a string (text in quotes).")
    for key in _LISTS:
        value = front.get(key, [])
        is_list = isinstance(value, list) and all(isinstance(item, str) for item in value)
        head[key] = tuple(value) if is_list else ()
        if not is_list:
            problems.append(f"{name}: its `{key}` is not a list of strings.")
    runners = front.get("runners", {})
    is_named = isinstance(runners, dict) and all(isinstance(v, str) for v in runners.values())
    head["runners"] = {str(k): v for k, v in runners.items()} if is_named else {}
    if not is_named:
        problems.append(f"{name}: its `runners` are not a map of names to commands.")
    if not document.ID_PATTERN.fullmatch(head["id"]):
        problems.append(f"{name}: its `id` is not the id of a spec.")
    head["title"] = plain_text.one_line(head["title"], MAX_TITLE_CHARS)
    return head, problems


def render(spec: Spec) -> bytes:
    """The file's bytes: what is empty is left out of its front matter."""
    values: dict[str, Any] = {
        "id": spec.id,
        "title": spec.title,
        "created": spec.created,
        "runners": dict(spec.runners),
        "start": spec.start,
        "ready": spec.ready,
        "smoke": spec.smoke,
        "frozen": list(spec.frozen),
        "env": list(spec.env),
    }
    front = frontmatter.write({key: value for key, value in values.items() if value})
    text = spec.text.strip("\n") or f"# {spec.title}"
    return f"---\n{front}---\n\n{text}\n".encode()


def _split(raw: bytes, name: str) -> tuple[dict[str, Any], str]:
    """The front matter as values, and the text behind it."""
    if len(raw) > MAX_BYTES:
        raise HandoffError(f"{name}: it is over {MAX_BYTES // 1024 // 1024} MiB.")
    try:
        text = raw.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise HandoffError(f"{name}: it is not UTF-8.") from None
    head, separator, rest = text.removeprefix("---\n").partition("\n---\n")
    if not text.startswith("---\n") or not separator:
        raise HandoffError(f"{name}: it has no front matter between `---` lines.")
    return frontmatter.read(head, name), rest.strip("\n") + "\n"
