"""Where the client compacts a session by itself, and who says so.

The client's own figure comes first, since it knows what no hook sees (`--autocompact`, settings
from a server); else the rules of docs/client.md, "Windows". Where the client was seen to compact
earlier than that, it counts until one of these says something else.
"""

from __future__ import annotations

from handoff.client import compact_settings
from handoff.meter import windows

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.client.compact_settings import CompactSetting
    from handoff.meter.feed import ClientCompaction

# Who says where the client compacts.
VARIABLE, SETTING, CLIENT, OBSERVED, DEFAULT = (
    "variable", "setting", "client", "observed", "default",
)  # fmt: skip


class Seen:
    """The client compacted at `tokens`, where otherwise `expected` (None: never) was known; `told`:
    by the client's own figure.
    """

    __slots__ = ("expected", "tokens", "told")

    def __init__(self, tokens: int, expected: int | None, *, told: bool) -> None:
        self.tokens = tokens
        self.expected = expected
        self.told = told


class Rules:
    """What decides it besides the client's own figure: `variables`, `settings` (the strongest
    first), and where the client was `seen` to compact, by model.
    """

    __slots__ = ("seen", "settings", "variables")

    def __init__(
        self,
        variables: Mapping[str, str],
        settings: Sequence[CompactSetting] = (),
        seen: Mapping[str, Seen] | None = None,
    ) -> None:
        self.variables = variables
        self.settings = settings
        self.seen = seen or {}


class Point:
    """`tokens` at which the client compacts `model` by itself, None if it never does.

    `source` says who says so, `name` the variable or the setting's key, `path` its file. `told`:
    the client gave its own figure. `expected` is the point without what was observed.
    """

    __slots__ = ("expected", "model", "name", "path", "source", "tokens", "told")

    def __init__(
        self, tokens: int | None, source: str = DEFAULT, name: str = "", path: str = ""
    ) -> None:
        self.tokens = self.expected = tokens
        self.source = source
        self.name = name
        self.path = path
        self.model = ""
        self.told = False

    @property
    def source_name(self) -> str:
        """Who says so, for a person."""
        names = {
            CLIENT: "the client's own figure",
            OBSERVED: "as observed before",
            DEFAULT: "the client's default",
        }
        return names.get(self.source) or (f"{self.name} in {self.path}" if self.path else self.name)


def compaction_point(
    model: str, size: int, rules: Rules, told: ClientCompaction | None = None
) -> Point:
    """Where the client compacts a session with `model` in a window of `size` tokens."""
    chosen = _by_rules(model, size, rules)
    if told is not None:
        tokens = windows.lower_point(told.tokens, rules.variables) if told.tokens else None
        if tokens != chosen.tokens:
            chosen = Point(tokens, CLIENT)
        chosen.told = True
    seen = rules.seen.get(model)
    if seen and (seen.expected, seen.told) == (chosen.tokens, chosen.told):
        lower = Point(seen.tokens, OBSERVED)
        lower.expected, lower.told, chosen = chosen.tokens, chosen.told, lower
    chosen.model = model
    return chosen


def _by_rules(model: str, size: int, rules: Rules) -> Point:
    env = rules.variables
    off = windows.is_off(env)
    if off:
        return Point(None, VARIABLE, off)
    enabled = next((entry for entry in rules.settings if entry.enabled is not None), None)
    if enabled is not None and not enabled.enabled:
        return Point(None, SETTING, compact_settings.ENABLED, enabled.path)
    asked, path = _asked(model, rules.settings)
    tokens = windows.compact_point(model, size, env, asked)
    without = {name: value for name, value in env.items() if name != windows.PERCENT}
    if tokens != windows.compact_point(model, size, without, asked):
        return Point(tokens, VARIABLE, windows.PERCENT)
    if windows.forced_window(env):
        return Point(tokens, VARIABLE, windows.WINDOW)
    return Point(tokens, SETTING, compact_settings.WINDOW, path) if asked else Point(tokens)


def _asked(model: str, settings: Sequence[CompactSetting]) -> tuple[int | None, str]:
    """The window that the settings ask for, and the file: the first one that names any for the
    model, under its own name before other spellings of it, or for all models.
    """
    known = windows.family_and_version(model)
    for entry in settings:
        spellings = (
            name for name in entry.windows if known and windows.family_and_version(name) == known
        )
        name = model if model in entry.windows else next(spellings, "")
        window = entry.windows.get(name, entry.window)
        if window is not None:
            return (window if isinstance(window, int) else None), entry.path
    return None, ""
