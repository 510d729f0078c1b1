"""How sessions are started, from the configuration: `routes`, `providers`, `runners`.

Each is compiled to a list of mappings that JSON can hold. An entry with a mistake is ignored and
reported with its line: a route that lost its budget or its provider must not start anything. No key
is ever in the configuration, and no message repeats a value where one may have been put by mistake.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from handoff.config import presets, value_readers
from handoff.config.yaml_nodes import to_plain, word_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Tell = Callable[[int, str], None]
    Read = Callable[[Any], Any]

# What a brief's `for` may say instead of a model: a kind of work, which a route gives to a model.
ROLES = ("planner", "builder", "evaluator", "proposer")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


def routes(node: yaml.Node, tell: Tell) -> list[dict[str, Any]]:
    """The routes, in their order, each with its `line`, its `when` and what it `use`s."""
    if not isinstance(node, yaml.SequenceNode):
        tell(node.start_mark.line + 1, "routes must be a list of entries")
        return []
    entries = []
    for number, item in enumerate(_most(node, "routes", tell), 1):
        line = item.start_mark.line + 1
        read = _mapping(item, f"routes: entry {number}", {"when": None, **_USE}, tell)
        if read is None:
            continue
        when: Any = {}
        if (inner := read.pop("when", None)) is not None:
            when = _mapping(inner, f"routes: entry {number}: when", _WHEN, tell)
            if when is None:
                continue
        entries.append({"line": line, "when": when, "use": read})
    return entries


def providers(node: yaml.Node, tell: Tell) -> list[dict[str, Any]]:
    """The providers by name, each laid over its preset if it has one."""
    entries = []
    for name, line, read in _named(node, "providers", _PROVIDER, tell):
        base = _preset(name, read, presets.PROVIDERS, f"providers.{name}", line, tell)
        if base is None:
            continue
        provider = {**presets.NO_PROVIDER, **base, **read, "name": name, "line": line}
        if read.keys() & {"token_env", "token_command"}:  # the one that is given replaces the other
            provider.update({key: presets.NO_PROVIDER[key] for key in ("token_env", "token_command")
                         if key not in read})  # fmt: skip
        if provider["type"] == "compatible" and not provider["base_url"]:
            tell(line, f"providers.{name} needs base_url; it is ignored")
        else:
            entries.append(provider)
    return entries


def runners(node: yaml.Node, tell: Tell) -> list[dict[str, Any]]:
    """The runners by name, each laid over its preset if it has one."""
    entries = []
    for name, line, read in _named(node, "runners", _RUNNER, tell):
        base = _preset(name, read, presets.RUNNERS, f"runners.{name}", line, tell)
        if base is None:
            continue
        runner = {**presets.NO_RUNNER, **base, **read, "name": name, "line": line}
        if name == presets.CLAUDE:
            tell(line, "runners.claude is the client itself; choose another name")
        elif not runner["command"] and not runner["print"]:
            tell(line, f"runners.{name} needs command; it is ignored")
        else:
            entries.append(runner)
    return entries


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
                hint = value_readers.suggest(name, names)
                tell(route["line"], f"routes: unknown {key} {name}; {hint}")


def read_target(target: Mapping[str, Any]) -> dict[str, Any]:
    """What a brief's `for` asks for, without what is not of the form that a route's would need."""
    values = {}
    for key in OF_A_BRIEF:
        read, value = _USE[key], target.get(key)
        try:
            if isinstance(value, str) and key in ("budget_usd", "max_turns"):
                value = float(value) if key == "budget_usd" else int(value)
            if value is not None and read is not None:
                values[key] = read(value)
        except ValueError:
            continue
    return values


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
        tell(node.start_mark.line + 1, f"{name} must be a mapping; it is ignored")
        return None
    values: dict[str, Any] = {}
    good = True
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else "(a list or mapping)"
        try:
            if key not in spec:
                raise LookupError(f"unknown key {key}; {value_readers.suggest(key, list(spec))}")
            if key in values:
                raise LookupError(f"duplicate key {key}")
            read = spec[key]
            values[key] = value_node if read is None else read(to_plain(value_node))
        except LookupError as error:
            good = False
            tell(line, f"{name}: {error.args[0]}; the entry is ignored")
        except ValueError as error:
            good = False
            tell(line, f"{name}: {word_problem(key, error)}; the entry is ignored")
    return values if good else None


def _named(
    node: yaml.Node, name: str, spec: Mapping[str, Read | None], tell: Tell
) -> list[tuple[str, int, dict[str, Any]]]:
    if not isinstance(node, yaml.MappingNode):
        tell(node.start_mark.line + 1, f"{name} must be a mapping of names")
        return []
    entries: dict[str, tuple[str, int, dict[str, Any]]] = {}
    for key_node, value_node in _most(node, name, tell):
        line = key_node.start_mark.line + 1
        key = key_node.value if isinstance(key_node, yaml.ScalarNode) else ""
        if not _NAME.fullmatch(key):
            tell(line, f"{name}: a name may hold letters, digits, `.`, `-` and `_` only")
        elif key in entries:
            tell(line, f"duplicate key {name}.{key}; the first one is used")
        elif (read := _mapping(value_node, f"{name}.{key}", spec, tell)) is not None:
            entries[key] = (key, line, read)
    return list(entries.values())


def _most(node: yaml.CollectionNode, name: str, tell: Tell) -> list[Any]:
    """The entries of a section, at most as many as are read."""
    if len(node.value) > value_readers.MAX_ITEMS:
        line = node.start_mark.line + 1
        tell(line, f"{name}: only the first {value_readers.MAX_ITEMS} entries are used")
    return list(node.value[: value_readers.MAX_ITEMS])


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
        tell(
            line,
            f"{where}: unknown preset {wanted}; {value_readers.suggest(wanted, list(known))}; "
            "the entry is ignored",
        )
        return None
    return known.get(wanted, {})


_NAMES = value_readers.items(
    value_readers.word(_VARIABLE, "names of environment variables"),
    "a list of names of environment variables",
)
_WHEN: dict[str, Read | None] = {
    "kind": value_readers.choice(("continue", "task")),
    "label": value_readers.word(re.compile(r"\S.{0,99}"), "a label of at most 100 characters"),
    "for": value_readers.word(value_readers.MODEL, "a word as in `handoff write --for WORD`"),
    "size": value_readers.size,
}
_USE: dict[str, Read | None] = {
    "model": value_readers.word(
        value_readers.MODEL, "a model's name, or one of opus, sonnet, haiku, fable"
    ),
    "effort": value_readers.choice(presets.EFFORTS),
    "provider": value_readers.word(_NAME, "a provider's name"),
    "runner": value_readers.word(_NAME, "a runner's name"),
    "permission_mode": value_readers.choice(presets.MODES),
    "allowed_tools": value_readers.items(
        value_readers.argument, "a list of tools, such as [Bash, Edit]"
    ),
    "budget_usd": value_readers.number(0.01, 100_000, "an amount in dollars"),
    "max_turns": value_readers.number(1, 100_000, "a whole number of turns", whole=True),
    "args": value_readers.items(value_readers.argument, "a list of strings, one for each argument"),
}
_PROVIDER: dict[str, Read | None] = {
    "preset": value_readers.word(_NAME, f"one of {', '.join(presets.PROVIDERS)}"),
    "type": value_readers.choice(("anthropic", "compatible", "bedrock", "vertex")),
    "base_url": value_readers.address,
    "token_env": value_readers.word(
        _VARIABLE, "the name of the environment variable that holds the key"
    ),
    "token_command": value_readers.program,
    "models": value_readers.models,
    "without": value_readers.items(
        value_readers.choice(presets.LACKS), f"a list of {', '.join(presets.LACKS)}"
    ),
    "keep": _NAMES,
}
_RUNNER: dict[str, Read | None] = {
    "preset": value_readers.word(_NAME, f"one of {', '.join(presets.RUNNERS)}"),
    "command": value_readers.command,
    "print": value_readers.command,
    "keep": _NAMES,
}
OF_A_BRIEF = ("model", "effort", "provider", "budget_usd", "max_turns")
