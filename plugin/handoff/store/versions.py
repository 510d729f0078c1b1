"""The versions of a brief's file that git holds: who committed it, and which bytes it once had."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.brief import document
from handoff.git import run as git
from handoff.store import ledger

if TYPE_CHECKING:
    from collections.abc import Collection

_SECONDS = 5.0
_VERSIONS = 50
_BLOBS = re.compile(rb":\d+ \d+ [0-9a-f]+ ([0-9a-f]+) [A-Z]\d*\0")


@dataclass(frozen=True)
class CommitOrigin:
    """The last commit of HEAD that changed a file. `author` is as written there: anybody's words.

    `time` is epoch seconds; `same` whether the file now has the bytes that the commit gave it.
    """

    sha: str
    author: str
    time: int
    same: bool


def find_origin(checkout: git.Checkout, path: str, raw: bytes) -> CommitOrigin | None:
    """Where the file at `path` (POSIX, from the root), which has `raw` now, comes from.

    None when HEAD has no commit of it, or git could not say in time.
    """
    form = "--format=tformat:%H%x00%an <%ae>%x00%at"
    answer = git.run(checkout, "log", "-1", form, "HEAD", "--", path, seconds=_SECONDS)
    fields = git.decode_path(answer.out).rstrip("\n").split("\0")
    if answer.code or len(fields) != 3 or not fields[2].isdigit():
        return None
    return CommitOrigin(fields[0], fields[1], int(fields[2]), holds(checkout, fields[0], path, raw))


def holds(checkout: git.Checkout, commit: str, path: str, raw: bytes) -> bool:
    """Whether the commit's file at `path` is `raw`, byte for byte but for line ends of a checkout.

    By the blob's id, so nothing is read and no filter is run.
    """
    answer = git.run(
        checkout, "rev-parse", "--quiet", "--verify", f"{commit}:{path}", env=git.NO_REPLACING
    )
    blob = git.decode_path(answer.out).strip()
    contents = {raw, raw.replace(b"\r\n", b"\n")}
    return answer.code == 0 and blob in {_blob_id(each, len(blob)) for each in contents}


def find_bytes(
    checkout: git.Checkout, paths: Collection[str], digests: Collection[str]
) -> bytes | None:
    """The newest version of any of `paths`, in any commit of any ref, whose sha256 is in `digests`.

    None when git does not hold it, or could not say in time.
    """
    asked = ("log", "--all", "--raw", "--no-abbrev", "--no-renames", "--format=", "-z")
    answer = git.run(checkout, *asked, f"--max-count={_VERSIONS}", "--", *paths, seconds=_SECONDS)
    blobs = dict.fromkeys(git.decode_path(blob) for blob in _BLOBS.findall(answer.out))
    for blob in blobs:
        size = git.run(checkout, "cat-file", "-s", blob)
        if size.code or int(size.out) > document.MAX_BYTES:
            continue
        content = git.run(checkout, "cat-file", "blob", blob)
        if content.code == 0 and ledger.digest_bytes(content.out) in digests:
            return content.out
    return None


def _blob_id(raw: bytes, length: int) -> str:
    """The id git gives a blob; repositories of 64 digits use SHA-256."""
    digest = hashlib.sha256() if length == 64 else hashlib.sha1(usedforsecurity=False)
    digest.update(b"blob %d\0" % len(raw) + raw)
    return digest.hexdigest()
