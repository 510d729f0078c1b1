"""What is said before a client is downloaded for the demo."""

from __future__ import annotations

from handoff.client import versions

# 2.1.330 for Linux: compressed 173 MB, unpacked 381 MB.
_SIZE = "about 170 MB, 380 MB on disk"


def describe(why: str, folder: str) -> str:
    """What is said before a client is fetched: how much, from where, and where it stays."""
    return (
        f"{why[:1].upper()}{why[1:]}. Downloading Claude Code {versions.FETCHED} from npm: "
        f"{_SIZE}, in {folder} (delete it to free the space). To use a client that you have: "
        "handoff demo --client PATH"
    )
