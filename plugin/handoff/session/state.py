"""What is remembered of a session between two hooks: `<state>/sessions/<session_id>.json`."""

from __future__ import annotations

import os

from handoff.base import file_io, locks, paths
from handoff.client import settings_read

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from handoff.config.model import Config


# What fires once a climb, besides the lines themselves (policy.NOTICE, policy.HANDOFF).
MODEL_TOLD_NOTICE = "model_told_notice"
MODEL_TOLD_HANDOFF = "model_told_handoff"
TOLD_HELD = "told_held"
TOLD_COLD = "told_cold"
WAITED = "waited"  # the handoff line was passed at a turn's end that was none to hand over at
_OF_A_CLIMB = (
    *("fired", "first_tokens", "asked_at", "settled", "order", "no_mod", "postponed"),
    *("gated", "refused", "asked_in", "asked_size", "asks", "waits", "waits_since"),
)
_LONG_QUIET = 12 * 3600
_MOST_LEFT = 5  # lines for the user's next prompt


class SessionState:
    """One session as the hooks remember it. Missing values read as empty. `is_saved`: whether the
    next hook will know them too.
    """

    __slots__ = ("is_saved", "values")

    def __init__(self, values: dict[str, Any], *, is_saved: bool = True) -> None:
        self.values = values
        self.is_saved = is_saved

    def text(self, key: str) -> str:
        """A text: `transcript`, `cwd`, `project`, `model`, `source`, `picked` (a brief's id)."""
        value = self.values.get(key)
        return value if isinstance(value, str) else ""

    @property
    def is_known(self) -> bool:
        """Whether its start was seen."""
        return bool(self.values)

    @property
    def fired(self) -> dict[str, int]:
        """Line or message -> tokens at which it fired in this climb."""
        value = self.values.get("fired")
        found = value if isinstance(value, dict) else {}
        return {name: at for name, at in found.items() if isinstance(at, int)}

    def window_env(self, env: Mapping[str, str]) -> Mapping[str, str]:
        """`env` with what was set about windows and compaction when the session started, and
        nothing else about them: another terminal may have variables that it has not.
        """
        value = self.values.get("window_env")
        if not isinstance(value, dict):
            return env
        others = {name: env[name] for name in env if name not in settings_read.VARIABLES}
        return {**others, **{name: set_ for name, set_ in value.items() if isinstance(set_, str)}}

    def adapt(self, config: Config) -> Config:
        """`config` with what the user set for this session alone: mode, a postponed line."""
        mode, postponed = self.text("mode"), self.values.get("postponed") is True
        return config.adapted(mode, postponed=postponed) if mode or postponed else config

    @property
    def order(self) -> dict[str, Any]:
        """What the mod was told to do and has not done, {} if nothing (see `relaying`)."""
        value = self.values.get("order")
        return value if isinstance(value, dict) else {}

    @property
    def began_in_budget(self) -> bool:
        """Whether cost and caps were once seen under their handoff lines in this session."""
        return self.values.get("began_in_budget") is True

    @property
    def first_tokens(self) -> int | None:
        """Tokens with which this climb began, where that is known without the transcript."""
        value = self.values.get("first_tokens")
        return value if isinstance(value, int) else None

    @property
    def climb_offset(self) -> int:
        """Bytes of the transcript that were there when this climb began."""
        value = self.values.get("climb_offset")
        return value if isinstance(value, int) and value > 0 else 0

    @property
    def asked_at(self) -> float:
        """When the handoff of this climb was asked for (epoch seconds), 0 if it was not."""
        value = self.values.get("asked_at")
        return float(value) if isinstance(value, (int, float)) else 0.0

    def is_over(self, now: float) -> bool:
        """Whether the session has ended, or its client is gone (or quiet for half a day: then the
        process of that number is likely another one's).
        """
        if self.values.get("ended") or not self.is_known:
            return True
        try:
            if now - os.stat(self.text("transcript")).st_mtime > _LONG_QUIET:
                return True
        except OSError:
            pass  # it has said nothing yet
        pid = self.number("client_pid")
        if pid <= 0:
            return True
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        except OSError:
            pass  # it is there, and somebody else's
        return False

    @property
    def passed_the_line(self) -> bool:
        """Whether the handoff line was passed in this climb and no brief was written since."""
        return self.has_passed_the_line and not self.brief_of_climb

    @property
    def has_passed_the_line(self) -> bool:
        """Whether the handoff line was passed in this climb, whatever was written since."""
        return any(name in self.fired for name in ("handoff", MODEL_TOLD_HANDOFF, WAITED))

    @property
    def is_handing_over(self) -> bool:
        """Whether the model was asked for a brief and the turn that writes it is not over."""
        return bool(self.asked_at) and not self.values.get("settled")

    @property
    def tokens_of_last_brief(self) -> int:
        """Tokens of context that this climb's last brief by a model covers, 0 without one."""
        brief = self.brief_of_climb
        tokens = brief.get("tokens") if brief.get("author") == "model" else 0
        return tokens if isinstance(tokens, int) else 0

    @property
    def briefs(self) -> list[dict[str, Any]]:
        """Briefs this session wrote, oldest first: `{id, at, author, stopgap, …}`, the `root` of
        each one's work tree, and where it was committed (`git.commit_result.load`);
        `transcript_size` are the bytes that its transcript had then.
        """
        value = self.values.get("briefs")
        return [b for b in value if isinstance(b, dict)] if isinstance(value, list) else []

    @property
    def written_into(self) -> set[str]:
        """The roots of the work trees that this session wrote its briefs and tasks into."""
        tasks = self.values.get("delegated")
        entries = [*self.briefs, *(tasks if isinstance(tasks, list) else [])]
        roots = {entry.get("root") for entry in entries if isinstance(entry, dict)}
        return {root for root in roots if isinstance(root, str) and root}

    @property
    def sent(self) -> list[dict[str, Any]]:
        """Calls of `handoff write` that no hook has looked at yet (`session.sent_briefs`)."""
        value = self.values.get("sent")
        return [c for c in value if isinstance(c, dict)] if isinstance(value, list) else []

    @property
    def last_brief(self) -> dict[str, Any]:
        """The newest brief of this session, {} if there is none."""
        return self.briefs[-1] if self.briefs else {}

    def number(self, key: str) -> int:
        """A count: `brief_count`, and what it was when the climb began or a brief was asked for
        (`climb_briefs`, `asked_briefs`). Counts, because clocks can go back.
        """
        value = self.values.get(key)
        return value if isinstance(value, int) else 0

    @property
    def brief_of_climb(self) -> dict[str, Any]:
        """The newest brief of this climb, {} if there is none."""
        return self.last_brief if self.number("brief_count") > self.number("climb_briefs") else {}

    @property
    def brief_as_asked(self) -> dict[str, Any]:
        """The newest brief since the model was asked for one, {} if there is none."""
        return self.last_brief if self.number("brief_count") > self.number("asked_briefs") else {}


def load(home: str, session_id: str) -> SessionState:
    """The state of a session; empty for one that was never seen or whose id is no id."""
    path = paths.session_file(home, "sessions", session_id)
    return SessionState(file_io.read_json(path) if path else {})


def update(
    home: str, session_id: str, change: Callable[[dict[str, Any]], object]
) -> SessionState | None:
    """Apply `change` to the state's values under its lock and save it.

    Returns the new state, or None when `change` returned False (nothing is saved then) or the id
    is no id. A state that cannot be read at the moment is left alone: the new one is of this event
    alone then, and not saved.
    """
    path = paths.session_file(home, "sessions", session_id)
    if path is None:
        return None
    with locks.locked(os.path.join(home, "locks", session_id)):
        values: dict[str, Any] = {}
        try:
            values, is_saved = file_io.load_json(path), True
        except OSError:
            is_saved = False
        if change(values) is False:
            return None
        if is_saved:
            file_io.write_json(path, values)
    return SessionState(values, is_saved=is_saved)


def fire(home: str, session_id: str, name: str, tokens: int, **more: object) -> bool:
    """Mark `name` as fired in this climb; False if it already was (another hook was first), or if
    that cannot be kept: it would fire again and again.
    """

    def change(values: dict[str, Any]) -> bool:
        fired = values.get("fired")
        if not isinstance(fired, dict):
            fired = {}
        if name in fired:
            return False
        values.update(more, fired={**fired, name: tokens})
        return True

    found = update(home, session_id, change)
    return found is not None and found.is_saved


def fire_handoff(
    home: str, session_id: str, tokens: int, *, at: float, trigger: str, **more: object
) -> bool:
    """Mark that a brief is asked for, `at` epoch seconds; False if this climb had its handoff."""
    asked = {
        "asked_briefs": load(home, session_id).number("brief_count"),
        "settled": False,
        "asked_in": None,
        "waits": "",
        **more,
    }
    return fire(home, session_id, "handoff", tokens, asked_at=at, trigger=trigger, **asked)


def due_again(session: SessionState) -> dict[str, Any]:
    """The session's values with the handoff of this climb due again."""
    kept = {name: at for name, at in session.fired.items() if name != "handoff"}
    return {"fired": kept, "settled": True, "order": {}, "asked_in": None}


def say_next(home: str, session_id: str, text: str) -> None:
    """Leave `text` for the user's next prompt, behind what was left before: some events' answers
    are shown to nobody.
    """

    def add(values: dict[str, Any]) -> None:
        left = [line for line in str(values.get("say_next") or "").split("\n") if line]
        values["say_next"] = "\n".join([*left, text][-_MOST_LEFT:])

    update(home, session_id, add)


def take_said(home: str, session_id: str) -> str:
    """The text left for the next prompt, once."""
    taken: list[object] = []
    update(home, session_id, lambda values: taken.append(values.pop("say_next", "")))
    return str(taken[0]) if taken else ""


def new_climb(values: dict[str, Any], offset: int) -> None:
    """Forget this climb: every line may fire again. `offset` is the transcript's size in bytes."""
    number = values.get("climb")
    values["climb"] = number + 1 if isinstance(number, int) else 1
    values["climb_briefs"] = values.get("brief_count", 0)
    values["climb_offset"] = offset
    for key in _OF_A_CLIMB:
        values.pop(key, None)
