"""Where a conversation goes on, from a transcript's end to its beginning: past what a person took
back (`branches`). Standard library only: the hooks load this.
"""

from __future__ import annotations

from handoff.client.transcript import branches

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.client.transcript.branches import Span


class Before:
    """Goes through the end of a transcript from its last line to its first. Each line is given
    behind the one before it, so that nothing is looked at twice.
    """

    def __init__(self, content: bytes, *, whole: bool) -> None:
        """`whole`: there is no more of the transcript than `content`."""
        self._content = content
        self._whole = whole
        self._search = branches.Search()
        self._found: tuple[bytes, int] = (b"", -1)
        self._first_follower: int | None = None
        self._no_prompt: Span = (len(content), len(content))

    def line(self, start: int, end: int) -> int | None:
        """Where the conversation before the line `content[start:end]` ends: at the line's start,
        or, if the line begins a turn that takes something back, behind the line of its parent.

        None if its parent stands before `content`, so that more of the transcript is needed.
        """
        content = self._content
        parent = branches.parent_of_turn(content, start, end)
        if parent is None:
            return start
        parent_start = self._place(parent, start)
        if parent_start < 0 and parent:
            return start if self._whole else None
        behind = content.find(b"\n", parent_start, start) + 1 if parent_start >= 0 else 0
        if self._has_prompt(behind, start) and (parent or self._has_follower(start)):
            return behind
        return start if self._whole or parent else None

    def _place(self, parent: bytes, end: int) -> int:
        """Where the record of this name stands in front of `end`, -1 if it does not."""
        known, at = self._found
        if parent and (parent != known or at >= end):
            at = self._search.back(self._content, parent, 0, end)
            self._found = (parent, at)
        return at if parent else -1

    def _has_prompt(self, start: int, end: int) -> bool:
        """Whether there is a prompt in these lines, the last of which may be known to have none."""
        known_from, known_to = self._no_prompt
        unknown_to = known_from if known_from <= end <= known_to else end
        if start < unknown_to and branches.has_prompt(self._content, start, unknown_to):
            return True
        if start < known_from:
            self._no_prompt = (start, end)
        return False

    def _has_follower(self, end: int) -> bool:
        """Whether a record in front of `end` has a parent."""
        if self._first_follower is None:
            self._first_follower = self._content.find(branches.FOLLOWS)
        return 0 <= self._first_follower < end
