"""The section `Earlier sessions`: what the sessions before this one asked, ruled out, left open.

What is ranked first comes in first; what does not fit is counted.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from handoff.base import quoting
from handoff.base.wording import count_of
from handoff.brief.carried import CONSTRAINT, DECISION, REQUEST, TASK
from handoff.brief.statements import Said

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from handoff.brief.carried import EarlierSession
    from handoff.brief.earlier_items import Item, Offered

LABELS = {REQUEST: "asked", CONSTRAINT: "constraint", DECISION: "decision", TASK: "open task"}
UNCOMMITTED = "Changed in earlier sessions, still uncommitted"
LEFT_OUT = "Left out for length"
NO_DAY, NO_SESSION = "unknown day", "unknown"

_FILES_SHARE = 6  # of the room, for the files, at most a part of so much


def render(offered: Offered, max_chars: int, *, note: str, recall: str) -> str:
    """The section's body, at most `max_chars` characters; "" where there is nothing, or no room.

    `note` says what the section is, `recall` how to get what is left out.
    """
    earlier, items, files, gone = offered.earlier, offered.items, offered.files, offered.gone
    if not items and not files and not gone:
        return ""
    room = max_chars - len(note) - 2
    file_line = _file_line(files, room // _FILES_SHARE)
    room -= len(file_line) + 1
    lines, left = _take(items, earlier, room)
    if left or gone:
        most = _left_out_line(Counter(gone) + Counter(item.kind for item in items), recall)
        lines, left = _take(items, earlier, room - len(most) - 1)
        gone = Counter(gone) + Counter(item.kind for item in left)
    parts = [part for place in sorted(lines) for part in _block(earlier[place], lines[place])]
    parts += [file_line] if file_line else []
    parts += [_left_out_line(gone, recall)] if gone else []
    body = "\n".join([note, "", *parts])
    return body if len(body) <= max_chars else ""


def header(one: EarlierSession) -> str:
    """The line above what one session left."""
    session = quoting.line(one.session)[:8] or NO_SESSION
    return f"**{one.mark}, {one.day or NO_DAY}, session {session}**"


def _take(
    items: Sequence[Item], earlier: Sequence[EarlierSession], room: int
) -> tuple[dict[int, list[str]], list[Item]]:
    """The lines that there is room for, by session, and the items that are left out. What is short
    is made whole where room is left in the end.
    """
    taken: dict[int, list[Item]] = {}
    left: list[Item] = []
    shown = Said()
    for item in items:
        if item.kind != REQUEST and shown.says(item.text):
            continue
        opens = item.place not in taken
        cost = len(_line(item.kind, item.text)) + 1
        cost += len(header(earlier[item.place])) + 1 if opens else 0
        if cost <= room:
            room -= cost
            taken.setdefault(item.place, []).append(item)
            shown.add(item.text)
        else:
            left.append(item)
    whole: set[int] = set()
    for item in items:
        more = len(item.whole) - len(item.text)
        if 0 < more <= room and item in taken.get(item.place, ()):
            whole.add(id(item))
            room -= more
    lines = {
        place: [_line(one.kind, one.whole if id(one) in whole else one.text) for one in chosen]
        for place, chosen in taken.items()
    }
    return lines, left


def _line(kind: str, text: str) -> str:
    return f"- {LABELS[kind]}: {text}"


def _block(one: EarlierSession, lines: Iterable[str]) -> list[str]:
    return [header(one), *lines]


def _file_line(paths: Sequence[str], room: int) -> str:
    """The paths on a line, as many as fit, with the number of the others; "" for none."""
    if not paths:
        return ""
    shown: list[str] = []
    for path in map(quoting.line, paths):
        if sum(map(len, shown)) + 2 * len(shown) + len(path) > room - len(UNCOMMITTED):
            break
        shown.append(path)
    left = len(paths) - len(shown)
    rest = [f"and {count_of(left, 'more file')}" if shown else count_of(left, "file")]
    rest = rest if left else []
    return f"**{UNCOMMITTED}**: {', '.join([*shown, *rest])}"


def _left_out_line(gone: Mapping[str, int], recall: str) -> str:
    counts = [count_of(gone[kind], kind) for kind in LABELS if gone.get(kind)]
    return f"**{LEFT_OUT}**: {', '.join(counts)} ({recall})"
