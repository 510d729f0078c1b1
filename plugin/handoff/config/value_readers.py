"""What a value in `routes`, `providers` and `runners` may be: readers that return or raise.

Each takes a plain value and raises ValueError with what it must be. Where a key may have been put
by mistake, the message does not repeat it.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from handoff.config import presets
from handoff.config.yaml_nodes import AmbiguousError, show_value

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Read = Callable[[Any], Any]

MAX_ITEMS = 100
MODEL = re.compile(r"[A-Za-z0-9~@][A-Za-z0-9~@:./_\[\]+-]{0,199}")
_SIZE = re.compile(r"([<>])\s*(\d{1,6}(?:\.\d+)?)\s*(k?)")
_LEAST_SIZE = 100  # tokens of a brief, without a unit: fewer are hardly meant as tokens
_HOST = re.compile(r"[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?|[0-9A-Fa-f.]*:[0-9A-Fa-f:.]+")
_FIELD = presets.FIELD


def suggest(word: str, known: Sequence[str]) -> str:
    """What to write instead of a word that is not known."""
    if word.lower() in ("token", "key", "api_key", "apikey", "password", "auth_token"):
        return "a key is never written here: token_env names the variable that holds it"
    matches = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {matches[0]}?" if matches else f"known: {', '.join(known)}"


def choice(known: Sequence[str]) -> Read:
    """One of the known words."""

    def read(value: Any) -> str:
        if value not in known:
            matches = difflib.get_close_matches(str(value), known, n=1)
            hint = f" (did you mean {matches[0]}?)" if matches else ""
            raise ValueError(f"one of {', '.join(known)}, not {show_value(value)}{hint}")
        return str(value)

    return read


def word(pattern: re.Pattern[str], what: str) -> Read:
    """A text of one form. What does not fit is not shown: it may be a key at the wrong place."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(what)
        return value

    return read


def items(of: Read, what: str) -> Read:
    """A list, each item of one kind."""

    def read(value: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) > MAX_ITEMS:
            raise ValueError(what)
        return [of(item) for item in value]

    return read


def argument(value: Any) -> str:
    """An argument of a program."""
    if not isinstance(value, str) or "\0" in value or len(value) > 2000:
        raise ValueError("a list of strings, one for each argument")
    return value


def program(value: Any) -> list[str]:
    """A program and its arguments. Its path is whole: another folder has another program."""
    words: list[str] = items(argument, "a list: a program and its arguments")(value)
    _check_program(words)
    return words


def number(low: float, high: float, what: str, *, whole: bool = False) -> Read:
    """A number within limits, both included."""

    def read(value: Any) -> float | int:
        kinds = int if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
            raise ValueError(f"{what} from {low} to {high}, not {show_value(value)}")
        return int(value) if whole else float(value)

    return read


def size(value: Any) -> list[Any]:
    """`< 2k`, `> 1500`: tokens of the brief; compiled to the sign and the number."""
    match = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        raise ValueError(f'a size in tokens, such as "< 2k" or "> 1500", not {show_value(value)}')
    if not match[3] and float(match[2]) < _LEAST_SIZE:
        sign, number = match[1], match[2]
        raise AmbiguousError(f"{sign} {number} means {number} tokens; write {sign} {number}k")
    return [match[1], round(float(match[2]) * (1000 if match[3] else 1))]


def address(value: Any) -> str:
    """The address of an endpoint, without a slash or `/v1` at its end."""
    wrong = ValueError("an address such as https://host/path, without a user name or key in it")
    try:
        is_text = isinstance(value, str) and re.fullmatch(r"[!-~]+", value)
        parts = urlsplit(value) if is_text else None
        if parts is None or parts.scheme not in ("http", "https"):
            raise wrong
        if not _HOST.fullmatch(parts.hostname or ""):
            raise wrong
        if parts.username or parts.password or parts.query or parts.fragment or parts.port == 0:
            raise wrong
    except ValueError:
        raise wrong from None
    return re.sub(r"(/|/v1)+$", "", str(value))  # the client adds /v1 itself


def models(value: Any) -> dict[str, str]:
    """Names of models, each with the endpoint's name for it."""
    if not isinstance(value, dict):
        raise ValueError("a mapping of model names, such as {sonnet: their-name}")
    read = word(MODEL, "a mapping of model names, such as {sonnet: their-name}")
    return {read(key): read(name) for key, name in value.items()}


def command(value: Any) -> list[Any]:
    """A runner's command: texts, and lists of texts that may be left out (`launch.runners`)."""
    what = "a list of arguments; a list inside it is left out when its field is empty"
    if not isinstance(value, list):
        raise ValueError(what)
    flat = []
    for item in value:
        words = item if isinstance(item, list) else [item]
        if not all(isinstance(word, str) and "\0" not in word for word in words):
            raise ValueError(what)
        flat += words
    _check_program(value)
    for field in (field for word in flat for field in _FIELD.findall(word)):
        if field not in presets.FIELDS:
            known = ", ".join(f"{{{name}}}" for name in presets.FIELDS)
            raise ValueError(f"made of the fields {known}, not {show_value(field)}")
    if not any(f"{{{name}}}" in word for word in flat for name in ("prompt", "brief_path")):
        raise AmbiguousError("must contain {prompt} or {brief_path}")
    return value


def _check_program(value: list[Any]) -> None:
    """Raise ValueError unless the first word is a program, the same for any brief and folder."""
    first = value[0] if value else None
    if not isinstance(first, str) or not first or _FIELD.search(first):
        raise ValueError("a list that begins with the program's name, without a {field} in it")
    if "/" in first and not first.startswith("/"):
        raise ValueError(
            "a list that begins with a program on the PATH or its absolute path (without ~)"
        )
