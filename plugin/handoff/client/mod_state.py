"""What the mod (`hooks/mod.js`) says of its session: `<state>/mod/<session_id>.json`.

The client's own figures in the feed's shape (`meter/feed.py`), and besides: `turn`, the prompt id
of the turn at whose end it was written; `interactive`; `took`, the last order that the mod began;
`held`, why it left one for a later turn; `said`, what it told the user last of `say` in `next/`;
`shadowed`, our command names that another command has too; `commands`, the bare names that it
registered (`handoff`, `pickup`, `handoffs`); `answers`, the model of auto mode's route once that
has answered; `parent` and `order`, the session and the order that a /clear by the mod came from.
The mod writes it in place, so half of it may be there: that reads as nothing.
"""

from __future__ import annotations

from handoff.base import fields, paths, quickjson, state_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from handoff.client.hook_io import Payload


HELD_SHADOWED = "shadowed"  # `held`: the name of the command to run was not ours alone


class Mod:
    """What the mod said last; every part is "" or False where it said nothing."""

    __slots__ = ("values",)

    def __init__(self, values: dict[str, Any]) -> None:
        self.values = values

    def text(self, key: str) -> str:
        """`turn`, `took`, `held`, `parent`, `order` or `model`."""
        return fields.text(self.values.get(key))

    @property
    def is_interactive(self) -> bool:
        """Whether the client has a screen and a prompt: a mod runs with `-p` too."""
        return self.values.get("interactive") is True

    @property
    def is_shadowed(self) -> bool:
        """Whether the client lists another command of one of our names, or does not list ours."""
        return bool(self.values.get("shadowed"))

    @property
    def commands(self) -> list[str]:
        """The commands that work by their bare names here."""
        return fields.texts(self.values.get("commands"))

    def is_at(self, payload: Payload) -> bool:
        """Whether it is alive: it heard of the end of this very turn just before."""
        return bool(self.text("turn")) and self.text("turn") == payload.text("prompt_id")


def load(home: str, session_id: str) -> Mod:
    """What the mod of a session said; empty where there is none."""
    path = paths.session_file(home, "mod", session_id)
    try:
        values = quickjson.loads((state_file.read(path) or b"") if path else b"")
    except (OSError, ValueError, RecursionError):
        values = None
    return Mod(fields.mapping(values))
