"""A commit as git itself would write it, where that is certain: it then goes to git with its trees.

What only git can say is left to `git commit-tree`: a name or an email that it would clean up or
refuse, a date in words, a signature. Noncharacters of Unicode (U+FFFE) stay here as they are: git
takes them for bytes of another encoding.
"""

from __future__ import annotations

import os
import re
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.git.author import Author

# What git leaves as it is: it takes out some characters (ident.c), and spaces and marks at an end.
_PLAIN = re.compile(
    r"[^\x00-\x20.,:;<>\"\\'\x7f](?:[^\x00-\x1f<>\x7f]*[^\x00-\x20.,:;<>\"\\'\x7f])?"
)
# The one form of a date that is not read differently by any version (`git help date-formats`).
_EXACT = re.compile(r"@([0-9]{1,10}) ((?!-0000)[+-][0-9]{2}[0-5][0-9])")


def build(tree: str, parent: str | None, by: Author, message: bytes) -> bytes | None:
    """The body of an unsigned commit of a tree, made now; None where only git can say it."""
    if b"\0" in message:
        return None
    lines = [f"tree {tree}".encode(), *([f"parent {parent}".encode()] if parent else [])]
    for role in ("author", "committer"):
        date = _date(os.environ, role)
        name, email = by.names.get(role, ("", ""))
        if not date or not _PLAIN.fullmatch(name) or not _PLAIN.fullmatch(email):
            return None
        lines.append(os.fsencode(f"{role} {name} <{email}> {date}"))  # in bytes as it was read
    head = b"\n".join([*lines, b"", b""])
    try:
        head.decode()
    except UnicodeDecodeError:
        return None  # the configuration is not in UTF-8
    return head + message


def _date(env: Mapping[str, str], role: str) -> str:
    """The time now, or what the environment says of it; "" where that takes git to read."""
    given = env.get(f"GIT_{role.upper()}_DATE")
    if given is not None:
        exact = _EXACT.fullmatch(given)
        return f"{int(exact[1])} {exact[2]}" if exact else ""
    now = time.time()
    minutes = time.localtime(now).tm_gmtoff // 60
    hours, rest = divmod(abs(minutes), 60)
    return f"{int(now)} {'-' if minutes < 0 else '+'}{hours:02}{rest:02}"
