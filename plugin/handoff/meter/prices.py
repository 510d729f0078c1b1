"""What tokens cost: the list prices by model and date, and the user's own.

`prices.json` beside this file is made by scripts/make_prices.py. The user's file,
`$XDG_CONFIG_HOME/handoff/prices.json`, has the same shape; a model in it replaces ours. A row is

    {"from": "2026-03-13", "input": 5, "output": 25, "write_5m": 6.25, "write_1h": 10, "read": 0.5,
     "search": 10, "us": 1.1, "above": {"tokens": 200000, …}, "fast": {…}}

in dollars per million tokens; `search` is dollars per 1,000 web searches, `us` what US-only
inference multiplies token prices by, `above` holds the prices of a whole request whose prompt is
longer than `tokens`, `fast` those of fast mode, `from` the first day (UTC) of a price. A model has
one row or a list of them, oldest first.
"""

from __future__ import annotations

import math
import os

from handoff.base import paths, quickjson

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from handoff.client.transcript.charges import Charge

_BUILT_IN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "prices.json")
_TOKENS = ("input", "output", "write_5m", "write_1h", "read")
_HINT = (
    'Write it as {"models": {"<id>": {"input": 5, "output": 25, "write_5m": 6.25, "write_1h": 10, '
    '"read": 0.5}}}; until then the built-in prices are used.'
)


class Row:
    """The prices of one model at one time; see the module's words for the units."""

    __slots__ = (
        "above", "above_tokens", "fast", "input", "output", "read", "search", "us", "write_1h",
        "write_5m",
    )  # fmt: skip

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.input: float = given["input"]
        self.output: float = given["output"]
        self.write_5m: float = given["write_5m"]
        self.write_1h: float = given["write_1h"]
        self.read: float = given["read"]
        self.search: float | None = given.get("search")
        self.us: float = given.get("us", 1)
        above, fast = given.get("above"), given.get("fast")
        self.above_tokens: int = above["tokens"] if above else 0
        self.above: Row | None = Row(above) if above else None
        self.fast: Row | None = Row(fast) if fast else None

    def nanos(self, charge: Charge) -> int | None:
        """What a charge costs, in billionths of a dollar; None when searches have no price."""
        _, used, write_5m, write_1h, read, output, searches, fast, us = charge
        row = self
        if fast and self.fast is not None:
            row = self.fast
        elif self.above is not None and used + write_5m + write_1h + read > self.above_tokens:
            row = self.above
        micros = (
            used * row.input
            + write_5m * row.write_5m
            + write_1h * row.write_1h
            + read * row.read
            + output * row.output
        )
        if us:
            micros *= self.us
        if not searches:
            return round(micros * 1000)
        if self.search is None:
            return None
        return round(micros * 1000 + searches * self.search * 1_000_000)


class Prices:
    """A table of prices. `problem` says what is wrong with the user's file, "" if nothing is."""

    __slots__ = ("_aliases", "_found", "_models", "problem")

    def __init__(
        self, models: Mapping[str, Any], aliases: Mapping[str, str], problem: str = ""
    ) -> None:
        self._models = models
        self._aliases = aliases
        self._found: dict[tuple[str, str], Row | None] = {}
        self.problem = problem

    def row(self, model: str, day: str = "") -> Row | None:
        """The prices of `model` on `day` (YYYY-MM-DD, "" for the newest); None when unknown."""
        key = (model, day)
        if key not in self._found:
            self._found[key] = self._look_up(model, day)
        return self._found[key]

    def newest(self, family: str) -> str:
        """The newest model of a family (`sonnet`) that has a price, "" if none has."""
        from handoff.meter import windows

        known = ((windows.family_and_version(name), name) for name in self._models)
        models = [(about[1], name) for about, name in known if about and about[0] == family]
        return max(models)[1] if models else ""

    def nanos(self, charge: Charge, day: str = "") -> int | None:
        """What a charge costs, in billionths of a dollar; None when a price is unknown."""
        row = self.row(charge.model, day)
        return None if row is None else row.nanos(charge)

    def _look_up(self, model: str, day: str) -> Row | None:
        name = plain_name(model)
        rows = self._models.get(name) or self._models.get(self._aliases.get(name, ""))
        if not rows:
            return None
        rows = rows if isinstance(rows, list) else [rows]
        valid = [row for row in rows if not day or row.get("from", "") <= day]
        return Row(valid[-1]) if valid else None


def plain_name(model: str) -> str:
    """A model's id without what does not change its price: maker, region, date, version, `[1m]`.

    `us.anthropic.claude-sonnet-4-5-20250929-v1:0` -> `claude-sonnet-4-5`.
    """
    name = model.lower().replace("[1m]", "").rpartition("/")[2]
    start = name.find("claude-")
    if start < 0:
        return name
    words = name[start:].partition("@")[0].partition(":")[0].replace(".", "-").split("-")
    while len(words) > 2 and _is_tail(words[-1]):
        words.pop()
    return "-".join(words)


def load(env: Mapping[str, str]) -> Prices:
    """The prices that hold here: the built-in ones with the user's own over them."""
    with open(_BUILT_IN, "rb") as file:
        table = quickjson.loads(file.read())
    own, problem = _own(user_file(env))
    return Prices({**table["models"], **own}, table["aliases"], problem)


def user_file(env: Mapping[str, str]) -> str:
    """The user's own price file, beside the configuration."""
    return os.path.join(os.path.dirname(paths.config_file(env)), "prices.json")


def prices_stamp(env: Mapping[str, str]) -> str:
    """What changes when a price file does, so that costs counted with other prices are seen."""
    return f"{_stamp(_BUILT_IN)} {_stamp(user_file(env))}"


def _is_tail(word: str) -> bool:
    return (
        (word.isdecimal() and len(word) == 8)
        or (word[:1] == "v" and word[1:].isdecimal())
        or word == "latest"
    )


def _own(path: str) -> tuple[dict[str, Any], str]:
    """The user's models, and what is wrong: then there are none, so that no half of it counts."""
    try:
        with open(path, "rb") as file:
            given = quickjson.loads(file.read())
    except FileNotFoundError:
        return {}, ""
    except OSError as error:
        return {}, f"{path} cannot be read: {error.strerror}. {_HINT}"
    except (ValueError, RecursionError) as error:
        return {}, f"{path} is not JSON: {error}. {_HINT}"
    models = given.get("models") if isinstance(given, dict) else None
    if not isinstance(models, dict):
        return {}, f'{path} has no object "models". {_HINT}'
    own = {}
    for model, rows in models.items():
        for at, row in enumerate(rows if isinstance(rows, list) else [rows]):
            wrong = _wrong(row)
            if wrong:
                where = f"models.{model}[{at}]" if isinstance(rows, list) else f"models.{model}"
                return {}, f"{path}: {where}: {wrong}. {_HINT}"
        own[plain_name(model)] = rows
    return own, ""


def _wrong(row: object, within: str = "") -> str:
    """What is wrong with a row of the user's, "" if nothing is."""
    if not isinstance(row, dict):
        return f"{within or 'the row'} is not an object"
    known = {"above": ("tokens",), "fast": ()}.get(
        within, ("from", "search", "us", "above", "fast")
    )
    for name in row:
        if name not in _TOKENS and name not in known:
            return f"{name} is not a known price; known: {', '.join((*_TOKENS, *known))}"
    for name in (*_TOKENS, *(("tokens",) if within == "above" else ())):
        if name not in row:
            return f"{within + '.' if within else ''}{name} is missing"
    for name, value in row.items():
        if name in ("above", "fast"):
            wrong = _wrong(value, name)
            if wrong:
                return wrong
        elif name == "from":
            if not _is_day(value):
                return f"from is {value!r}, not a date such as 2026-03-13"
        elif type(value) not in (int, float) or not 0 <= value < math.inf:
            return f"{name} is {value!r}, not a number of 0 or more"
    return ""


def _is_day(value: object) -> bool:
    if not isinstance(value, str) or len(value) != 10:
        return False
    return value[4] == value[7] == "-" and (value[:4] + value[5:7] + value[8:]).isdecimal()


def _stamp(path: str) -> str:
    try:
        stat = os.stat(path)
    except OSError:
        return "-"
    return f"{stat.st_size}:{stat.st_mtime_ns}"
