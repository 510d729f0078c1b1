"""How sessions are started, from the configuration: `routes`, `providers`, `runners`.

Each is compiled to a list of mappings that JSON can hold. An entry with a mistake is left out and
told with its line: a route that lost its budget or its provider must not start anything. No key is
ever in the configuration, and no message repeats a value where one may have been put by mistake.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from handoff import presets
from handoff.yamlnodes import plain, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Tell = Callable[[int, str], None]
    Read = Callable[[Any], Any]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_MODEL = re.compile(r"[A-Za-z0-9~@][A-Za-z0-9~@:./_\[\]+-]{0,199}")
_SIZE = re.compile(r"([<>])\s*(\d{1,6}(?:\.\d+)?)\s*(k?)")
_FIELD = re.compile(r"\{([^{}]*)\}")
_MOST = 100


def routes(node: yaml.Node, tell: Tell) -> list[dict[str, Any]]:
    """The routes, in their order, each with its `line`, its `when` and what it `use`s."""
    if not isinstance(node, yaml.SequenceNode):
        tell(node.start_mark.line + 1, "routes should be a list: the first that matches counts")
        return []
    found = []
    for number, item in enumerate(node.value[:_MOST], 1):
        line = item.start_mark.line + 1
        read = _mapping(item, f"routes: entry {number}", {"when": None, **_USE}, tell)
        if read is None:
            continue
        when: Any = {}
        if (inner := read.pop("when", None)) is not None:
            when = _mapping(inner, f"routes: entry {number}: when", _WHEN, tell)
            if when is None:
                continue
        found.append({"line": line, "when": when, "use": read})
    return found


def providers(node: yaml.Node, tell: Tell) -> list[dict[str, Any]]:
    """The providers by name, each laid over its preset if it has one."""
    found = []
    for name, line, read in _named(node, "providers", _PROVIDER, tell):
        base = _preset(name, read, presets.PROVIDERS, f"providers.{name}", line, tell)
        if base is None:
            continue
        made = {**presets.NO_PROVIDER, **base, **read, "name": name, "line": line}
        if read.keys() & {"token_env", "token_command"}:  # the one that is given replaces the other
            made.update({key: presets.NO_PROVIDER[key] for key in ("token_env", "token_command")
                         if key not in read})  # fmt: skip
        if made["type"] == "compatible" and not made["base_url"]:
            tell(line, f"providers.{name} needs base_url; it is left out")
        else:
            found.append(made)
    return found


def runners(node: yaml.Node, tell: Tell) -> list[dict[str, Any]]:
    """The runners by name, each laid over its preset if it has one."""
    found = []
    for name, line, read in _named(node, "runners", _RUNNER, tell):
        base = _preset(name, read, presets.RUNNERS, f"runners.{name}", line, tell)
        if base is None:
            continue
        made = {**presets.NO_RUNNER, **base, **read, "name": name, "line": line}
        if name == presets.CLAUDE:
            tell(line, "runners.claude is the client itself; give yours another name")
        elif not made["command"] and not made["print"]:
            tell(line, f"runners.{name} needs command; it is left out")
        else:
            found.append(made)
    return found


def check(values: Mapping[str, Any], tell: Tell) -> None:
    """Tell the routes' names that nothing has; such a route starts nothing."""
    known = {
        "provider": [*presets.PROVIDERS, *(entry["name"] for entry in values["providers"])],
        "runner": [presets.CLAUDE, *presets.RUNNERS, *(e["name"] for e in values["runners"])],
    }
    for route in values["routes"]:
        for key, names in known.items():
            name = route["use"].get(key)
            if name is not None and name not in names:
                tell(route["line"], f"routes: no {key} {name}; {_near(name, names)}")


def wanted(target: Mapping[str, Any]) -> dict[str, Any]:
    """What a brief's `for` asks for, without what is not of the form that a route's would need."""
    found = {}
    for key in _OF_A_BRIEF:
        read, value = _USE[key], target.get(key)
        try:
            if isinstance(value, str) and key in ("budget_usd", "max_turns"):
                value = float(value) if key == "budget_usd" else int(value)
            if value is not None and read is not None:
                found[key] = read(value)
        except ValueError:
            continue
    return found


def is_right(key: str, value: Any) -> bool:
    """Whether a value is of the form that a route's `key` needs."""
    read = _USE[key]
    try:
        return read is not None and read(value) == value
    except ValueError:
        return False


def _mapping(
    node: yaml.Node, name: str, spec: Mapping[str, Read | None], tell: Tell
) -> dict[str, Any] | None:
    """The keys of a mapping, read as `spec` says (None: the node itself); None after a mistake."""
    if not isinstance(node, yaml.MappingNode):
        tell(node.start_mark.line + 1, f"{name} should hold keys of its own; it is left out")
        return None
    found: dict[str, Any] = {}
    good = True
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "of several parts"
        try:
            if key not in spec:
                raise LookupError(f"unknown key {key}; {_near(key, list(spec))}")
            if key in found:
                raise LookupError(f"{key} is there twice")
            read = spec[key]
            found[key] = value_node if read is None else read(plain(value_node))
        except LookupError as error:
            good = False
            tell(line, f"{name}: {error.args[0]}; the entry is left out")
        except ValueError as error:
            good = False
            tell(line, f"{name}: {key} should be {error}; the entry is left out")
    return found if good else None


def _named(
    node: yaml.Node, name: str, spec: Mapping[str, Read | None], tell: Tell
) -> list[tuple[str, int, dict[str, Any]]]:
    if not isinstance(node, yaml.MappingNode):
        tell(node.start_mark.line + 1, f"{name} should hold keys of its own: a name each")
        return []
    found: dict[str, tuple[str, int, dict[str, Any]]] = {}
    for key_node, value_node in node.value[:_MOST]:
        line = key_node.start_mark.line + 1
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
        if not _NAME.fullmatch(key):
            tell(line, f"{name}: a name should be of letters, digits, `.`, `-` and `_`")
        elif key in found:
            tell(line, f"{name}.{key} is there twice; the first one counts")
        elif (read := _mapping(value_node, f"{name}.{key}", spec, tell)) is not None:
            found[key] = (key, line, read)
    return list(found.values())


def _preset(
    name: str,
    read: dict[str, Any],
    known: Mapping[str, dict[str, Any]],
    where: str,
    line: int,
    tell: Tell,
) -> dict[str, Any] | None:
    wanted = read.pop("preset", name if name in known else "")
    if wanted and wanted not in known:
        tell(line, f"{where}: no preset {wanted}; {_near(wanted, list(known))}; it is left out")
        return None
    return known.get(wanted, {})


def _near(word: str, known: Sequence[str]) -> str:
    if word.lower() in ("token", "key", "api_key", "apikey", "password", "auth_token"):
        return "a key is never written here: token_env names the variable that holds it"
    near = difflib.get_close_matches(word, known, n=1)
    return f"did you mean {near[0]}?" if near else f"known: {', '.join(known)}"


def _choice(known: Sequence[str]) -> Read:
    def read(value: Any) -> str:
        if value not in known:
            near = difflib.get_close_matches(str(value), known, n=1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise ValueError(f"one of {', '.join(known)}, not {shown(value)}{hint}")
        return str(value)

    return read


def _word(pattern: re.Pattern[str], what: str) -> Read:
    """A text of one form. What does not fit is not shown: it may be a key at the wrong place."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or not pattern.fullmatch(value):
            raise ValueError(what)
        return value

    return read


def _list(of: Read, what: str) -> Read:
    def read(value: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) > _MOST:
            raise ValueError(what)
        return [of(item) for item in value]

    return read


def _texts(value: Any) -> str:
    if not isinstance(value, str) or "\0" in value or len(value) > 2000:
        raise ValueError("a list of texts, each an argument of its own")
    return value


def _number(low: float, high: float, what: str, *, whole: bool = False) -> Read:
    def read(value: Any) -> float | int:
        kinds = int if whole else (int, float)
        if isinstance(value, bool) or not isinstance(value, kinds) or not low <= value <= high:
            raise ValueError(f"{what}, not {shown(value)}")
        return int(value) if whole else float(value)

    return read


def _size(value: Any) -> list[Any]:
    """`< 2k`, `> 1500`: tokens of the brief; compiled to the sign and the number."""
    found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        raise ValueError(f'tokens of the brief, as "< 2k" or "> 1500", not {shown(value)}')
    return [found[1], int(float(found[2]) * (1000 if found[3] else 1))]


def _url(value: Any) -> str:
    wrong = ValueError("an address as https://host/path, without a name or key in it")
    try:
        parts = urlsplit(value) if isinstance(value, str) else None
        if parts is None or parts.scheme not in ("http", "https") or not parts.hostname:
            raise wrong
        if parts.username or parts.password or parts.query or parts.fragment or parts.port == 0:
            raise wrong
    except ValueError:
        raise wrong from None
    return str(value).rstrip("/").removesuffix("/v1")  # the client adds /v1 itself


def _models(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise ValueError("names of models: sonnet: their-name")
    read = _word(_MODEL, "names of models: sonnet: their-name")
    return {read(key): read(name) for key, name in value.items()}


def _command(value: Any) -> list[Any]:
    what = "a list of arguments; a list inside it is left out when its field is empty"
    if not isinstance(value, list) or not value or not isinstance(value[0], str) or not value[0]:
        raise ValueError(what)
    flat = []
    for item in value:
        words = item if isinstance(item, list) else [item]
        if not all(isinstance(word, str) and "\0" not in word for word in words):
            raise ValueError(what)
        flat += words
    for field in (field for word in flat for field in _FIELD.findall(word)):
        if field not in presets.FIELDS:
            known = ", ".join(f"{{{name}}}" for name in presets.FIELDS)
            raise ValueError(f"made with the fields {known}, not {shown(field)}")
    if not any(f"{{{name}}}" in word for word in flat for name in ("prompt", "brief_path")):
        raise ValueError("told the brief: it has neither {prompt} nor {brief_path}")
    return value


_NAMES = _list(_word(_VARIABLE, "names of environment variables"), "a list of variables' names")
_WHEN: dict[str, Read | None] = {
    "kind": _choice(("continue", "task")),
    "label": _word(re.compile(r"\S.{0,99}"), "a label, as a text"),
    "for": _word(_MODEL, "a word, as given to `handoff write --for`"),
    "size": _size,
}
_USE: dict[str, Read | None] = {
    "model": _word(_MODEL, "a model's name, or one of opus, sonnet, haiku, fable"),
    "effort": _choice(presets.EFFORTS),
    "provider": _word(_NAME, "a provider's name"),
    "runner": _word(_NAME, "a runner's name"),
    "permission_mode": _choice(presets.MODES),
    "allowed_tools": _list(_texts, "a list of tools, as [Bash, Edit]"),
    "budget_usd": _number(0.01, 100_000, "dollars"),
    "max_turns": _number(1, 100_000, "a whole number of turns", whole=True),
    "args": _list(_texts, "a list of texts, each an argument of its own"),
}
_PROVIDER: dict[str, Read | None] = {
    "preset": _word(_NAME, f"one of {', '.join(presets.PROVIDERS)}"),
    "type": _choice(("anthropic", "compatible", "bedrock", "vertex")),
    "base_url": _url,
    "token_env": _word(_VARIABLE, "the name of the environment variable that holds the key"),
    "token_command": _list(_texts, "a list: the program that prints the key, and its arguments"),
    "models": _models,
    "without": _list(_choice(presets.LACKS), f"a list of {', '.join(presets.LACKS)}"),
    "keep": _NAMES,
}
_RUNNER: dict[str, Read | None] = {
    "preset": _word(_NAME, f"one of {', '.join(presets.RUNNERS)}"),
    "command": _command,
    "print": _command,
    "keep": _NAMES,
}
_OF_A_BRIEF = ("model", "effort", "provider", "budget_usd", "max_turns")
