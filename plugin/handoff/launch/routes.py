"""Routes: what a brief is started on. Pure: a brief's traits and the configuration to a choice.

The first route that matches counts. What is said on the command line comes before what the brief
says, that before the route; but a route that matched by `for` translates the brief's word for a
model, so it comes first. A budget is the lowest of those given.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from handoff.config import launch, presets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

KEYS = ("model", "effort", "provider", "runner", "permission_mode", "allowed_tools", "budget_usd",
        "max_turns", "args")  # fmt: skip
_LOWEST = ("budget_usd", "max_turns")
_NAMES = {
    "permission_mode": "permission mode", "allowed_tools": "allowed tools", "budget_usd": "budget",
    "max_turns": "turns", "args": "arguments",
}  # fmt: skip


@dataclass(frozen=True)
class Traits:
    """What routes look at. `target` is the brief's `for`; `tokens` its size."""

    kind: str
    labels: tuple[str, ...]
    target: Mapping[str, Any]
    tokens: int


@dataclass(frozen=True)
class Verdict:
    """One route: its line in the configuration, whether it matches, and why or why not."""

    line: int
    matches: bool
    why: str


@dataclass(frozen=True)
class Choice:
    """What is used. `values` has those of `KEYS` that are set; `origins` says who set each.

    `verdicts` are the routes down to the one that matched; `role` is what the brief is for where
    that is a role, which sets no value by itself.
    """

    values: Mapping[str, Any]
    origins: Mapping[str, str]
    verdicts: tuple[Verdict, ...] = field(default=())
    role: str = ""

    def text(self, key: str) -> str:
        """A text among the values, "" if it is not set."""
        return str(self.values.get(key, ""))

    def texts(self, key: str) -> list[str]:
        """A list of texts among the values."""
        return [str(item) for item in self.values.get(key, ())]

    def lines(self) -> list[str]:
        """For people: the verdicts, and each value with where it comes from."""
        lines = [f"route on line {v.line}: {'yes' if v.matches else 'no'}, {v.why}"
                for v in self.verdicts]  # fmt: skip
        if not any(v.matches for v in self.verdicts):
            lines.append("no route matches" if lines else "no routes are configured")
        if self.role:
            lines.append(f"for: {self.role} (the brief)")
        for key, value in self.values.items():
            shown = " ".join(value) if isinstance(value, list) else value
            shown = f"${value:g}" if key == "budget_usd" else shown
            lines.append(f"{_NAMES.get(key, key)}: {shown} ({self.origins[key]})")
        return lines


def choose(traits: Traits, routes: Sequence[Mapping[str, Any]], asked: Mapping[str, Any]) -> Choice:
    """What a brief is started on; `asked` is what the command line says."""
    verdicts, route = _first(traits, routes)
    used = dict(route["use"]) if route else {}
    brief = _from_brief(traits)
    by_route = dict.fromkeys(used, f"the route on line {route['line']}") if route else {}
    by_brief = dict.fromkeys(brief, "the brief")
    by_for = bool(route and "for" in route["when"])
    layers = (
        [(brief, by_brief), (used, by_route)] if by_for else [(used, by_route), (brief, by_brief)]
    )
    values: dict[str, Any] = {}
    origins: dict[str, str] = {}
    given = {key: value for key, value in asked.items() if value}
    for layer, names in (*layers, (given, dict.fromkeys(given, "the command line"))):
        for key in KEYS:
            if key not in layer or (
                key in _LOWEST and layer is not given and values.get(key, layer[key]) < layer[key]
            ):
                continue
            values[key], origins[key] = layer[key], names[key]
    ordered = {key: values[key] for key in KEYS if key in values}
    wanted = traits.target.get("model")
    role = wanted if isinstance(wanted, str) and wanted in launch.ROLES else ""
    return Choice(ordered, origins, tuple(verdicts), role)


def _first(
    traits: Traits, routes: Sequence[Mapping[str, Any]]
) -> tuple[list[Verdict], Mapping[str, Any] | None]:
    verdicts = []
    for route in routes:
        misses = _misses(traits, route["when"])
        why = "; ".join(misses) or _words(route["when"])
        verdicts.append(Verdict(int(route["line"]), not misses, why))
        if not misses:
            return verdicts, route
    return verdicts, None


def _misses(traits: Traits, when: Mapping[str, Any]) -> list[str]:
    """Why a route does not match."""
    misses = []
    if "kind" in when and when["kind"] != traits.kind:
        misses.append(f"its kind is {traits.kind}, not {when['kind']}")
    if "label" in when and when["label"] not in traits.labels:
        misses.append(f"it has no label {when['label']}")
    if "for" in when and when["for"] != traits.target.get("model"):
        misses.append(f"it is not for {when['for']}")
    if "size" in when:
        sign, limit = when["size"]
        fits = traits.tokens < limit if sign == "<" else traits.tokens > limit
        if not fits:
            misses.append(f"it has {traits.tokens} tokens, not {sign} {limit}")
    return misses


def _words(when: Mapping[str, Any]) -> str:
    parts = [f"{key} {' '.join(map(str, value)) if key == 'size' else value}"
             for key, value in when.items()]  # fmt: skip
    return "as " + ", ".join(parts) if parts else "it has no conditions"


def _from_brief(traits: Traits) -> dict[str, Any]:
    """What the brief's `for` asks for, as far as it is of the right form.

    Only names and limits: nothing in a brief gives a session a permission, a program or arguments.
    A role is for routes to match, never the name of a model.
    """
    values = launch.read_target(traits.target)
    if values.get("model") in launch.ROLES:
        del values["model"]
    return values


def is_client(choice: Choice) -> bool:
    """Whether the client itself is started, no other agent."""
    return choice.text("runner") in ("", presets.CLAUDE)
