"""Commands, skills and workflows that the client runs, or may run, under one of our names.

A plugin's command is named `plugin:command`, but the name is not reserved: what a project or a user
calls the same is run instead, typed or called by the model. Where the client looks, and what names
a command there: docs/client.md, "Names of commands" (2.1.330 and 2.1.197). Of two plugins of one
name only the first one's commands and hooks are loaded, so a hook of ours need not look for those.

Hot path: a session's start looks once. Folders of skills and workflows are listed, never walked.
"""

from __future__ import annotations

import os

from handoff.base import paths
from handoff.client import settings_read
from handoff.client.transcript import tail

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

NAMES = ("handoff:handoff", "handoff:pickup", "handoff:spec")

# What is larger cannot be judged in time, so it counts as one of our names.
_MAX_BYTES = 1024 * 1024
_MAX_ENTRIES = 1000
# What stands around a name that is a whole YAML or JavaScript string.
_BEFORE, _AFTER, _BLANKS = "'\"`[{, \t\n", "'\"`]},#\n", " \t"
_HEX_ESCAPES = {"x": 2, "u": 4, "U": 8}


def find(
    env: Mapping[str, str], directories: Iterable[str], added: Iterable[str] = ()
) -> list[str]:
    """The files that give the client a command of one of our names, in no order.

    `directories` are where the session was started and where it works, `added` those of
    `client.added_directories`. What cannot be judged counts: see `_MAX_BYTES`, `_MAX_ENTRIES`.
    """
    return list(
        dict.fromkeys(
            path
            for folder in _folders(env, directories, added)
            for path in (*_commands(folder), *_skills(folder), *_workflows(folder))
        )
    )


def _folders(
    env: Mapping[str, str], directories: Iterable[str], added: Iterable[str]
) -> Iterator[str]:
    """Every folder whose `commands`, `skills` and `workflows` the client may read."""
    yield settings_read.config_dir(env)
    yield os.path.join(paths.home(env), ".claude")
    places = [os.path.dirname(path) for path in settings_read.MANAGED]
    for directory in dict.fromkeys(directories):
        places += _upwards(directory) if os.path.isabs(directory) else ()
    for place in dict.fromkeys([*places, *added]):
        yield os.path.join(place, ".claude")


def _upwards(directory: str) -> Iterator[str]:
    """`directory` and all above it, and the main worktree of a linked one on the way.

    The client stops at the repository's root. What is above costs a look and is no stranger's.
    """
    at = os.path.normpath(directory)
    above = ""
    while at != above:
        yield at
        main = _main_worktree(os.path.join(at, ".git"))
        if main:
            yield main
        above, at = at, os.path.dirname(at)


def _main_worktree(git_file: str) -> str:
    """The main worktree of the linked one with this `.git` file; "" for anything else."""
    try:
        with open(git_file, "rb", opener=tail.open_regular) as file:
            git_dir = os.fsdecode(file.read(4096))
    except OSError:
        return ""  # a folder: the main worktree itself; or not there
    git_dir = git_dir.partition("\0")[0].removeprefix("gitdir:").strip()
    folder = os.path.join(os.path.dirname(git_file), git_dir)
    common, _, entry = os.path.normpath(folder).rpartition("/worktrees/")
    return os.path.dirname(common) if common and "/" not in entry else ""


def _commands(folder: str) -> Iterator[str]:
    """`a/b.md`, `a:b.md` and a SKILL.md (in any case) in a folder of that name are `a:b`."""
    commands = os.path.join(folder, "commands")
    if not os.path.isdir(commands):
        return
    for name in NAMES:
        for stem in (name, name.replace(":", "/")):
            path = os.path.join(commands, stem)
            if os.path.lexists(f"{path}.md"):
                yield f"{path}.md"
            yield from (
                os.path.join(path, entry) for entry in _list(path) if entry.lower() == "skill.md"
            )


def _skills(folder: str) -> Iterator[str]:
    """A skill goes by its folder's name, for 2.1.197 also by the `name` of its front matter."""
    skills = os.path.join(folder, "skills")
    entries = _list(skills)
    if len(entries) > _MAX_ENTRIES:
        yield skills
        return
    for entry in entries:
        path = os.path.join(skills, entry, "SKILL.md")
        is_named = entry in NAMES and os.path.lexists(path)
        if is_named or _holds_name(path, front_matter=True):
            yield path


def _workflows(folder: str) -> Iterator[str]:
    """A workflow goes by the `name` of its `meta`, a literal in the script."""
    workflows = os.path.join(folder, "workflows")
    entries = [entry for entry in _list(workflows) if entry.endswith(".js")]
    if len(entries) > _MAX_ENTRIES:
        yield workflows
        return
    for entry in entries:
        path = os.path.join(workflows, entry)
        if _holds_name(path):
            yield path


def _list(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _holds_name(path: str, *, front_matter: bool = False) -> bool:
    """Whether a whole string in the file is one of our names, or the file cannot be judged."""
    try:
        with open(path, "rb", opener=tail.open_regular) as file:
            raw = file.read(_MAX_BYTES + 1)
    except OSError:
        return False  # nor can the client read it
    if len(raw) > _MAX_BYTES:
        return True
    if b"handoff" not in raw and b"\\" not in raw:
        return False
    text = raw.decode("utf-8", "replace").replace("\r\n", "\n").replace("\r", "\n")
    if front_matter:
        text = _front_matter(text)
    if "\\" in text:
        text = _unescaped(text)
    return any(_is_whole(text, name) for name in NAMES)


def _front_matter(text: str) -> str:
    """What stands between the first two lines of `---`; all of it where the second is missing."""
    text = text.lstrip("\ufeff \t\n")
    at = text.find("\n")
    if at < 0 or text[:at].rstrip() != "---":
        return ""
    start = at + 1
    while (at := text.find("\n---", at)) >= 0:
        end = text.find("\n", at + 1)
        if text[at + 1 : end if end >= 0 else None].rstrip() == "---":
            return text[start : at + 1]
        at += 1
    return text[start:]


def _is_whole(text: str, name: str) -> bool:
    at = text.find(name)
    while at >= 0:
        rest = text[at + len(name) : at + len(name) + 80].lstrip(_BLANKS)
        if (not at or text[at - 1] in _BEFORE) and (not rest or rest[0] in _AFTER):
            return True
        at = text.find(name, at + 1)
    return False


def _unescaped(text: str) -> str:
    r"""`text` with the escapes of YAML and JavaScript resolved: `\x6f`, `\u{6f}`, `\:`, a line's
    end. It is for finding a name, so what is not escaped text may come out wrong.
    """
    pieces = []
    at = 0
    while (backslash := text.find("\\", at)) >= 0:
        pieces.append(text[at:backslash])
        char, at = text[backslash + 1 : backslash + 2], backslash + 2
        digits = ""
        if char == "u" and text.startswith("{", at):
            digits, _, _ = text[at + 1 : at + 9].partition("}")
            width = len(digits) + 2
        elif char in _HEX_ESCAPES:
            width = _HEX_ESCAPES[char]
            digits = text[at : at + width]
        code = int(digits, 16) if digits and _is_hex(digits) else -1
        if 0 <= code < 0x110000:
            pieces.append(chr(code))
            at += width
        elif char == "\n":
            while text[at : at + 1] in (" ", "\t"):
                at += 1
        else:
            pieces.append(char)
    return "".join([*pieces, text[at:]])


def _is_hex(digits: str) -> bool:
    return all(char in "0123456789abcdefABCDEF" for char in digits)
