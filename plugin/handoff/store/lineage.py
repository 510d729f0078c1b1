"""The lineage of briefs: who came from whom, by the front matter's `parent`.

Parents that are missing, and circles, are harmless: a circle is cut where it would close.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(frozen=True)
class Node:
    """One brief in its lineage; `depth` 0 is a first ancestor."""

    id: str
    depth: int


def find_roots(parents: Mapping[str, str]) -> list[str]:
    """The ids whose parent is not among them, and one of each circle; oldest id first."""
    first_ids: list[str] = []
    seen: set[str] = set()
    for brief_id in sorted(parents):
        first = _first(brief_id, parents)
        if first not in seen:
            seen.add(first)
            first_ids.append(first)
    return sorted(first_ids)


def list_below(brief_id: str, parents: Mapping[str, str]) -> list[Node]:
    """The brief and all that came from it, each before what came from it."""
    children = _children(parents)
    nodes: list[Node] = []
    seen: set[str] = set()
    waiting = [Node(brief_id, 0)]
    while waiting:
        node = waiting.pop()
        if node.id in seen:
            continue
        seen.add(node.id)
        nodes.append(node)
        waiting += [Node(c, node.depth + 1) for c in reversed(children.get(node.id, []))]
    return nodes


def list_chain(brief_id: str, parents: Mapping[str, str]) -> list[Node]:
    """The ancestors of a brief, first one first, itself, and all that came from it.

    A parent that is not among `parents` is the first node: it is named, though it is not there.
    """
    above = _ancestors(brief_id, parents)
    missing = parents.get(above[0], "")
    if missing and missing not in parents:
        above.insert(0, missing)
    nodes = [Node(name, depth) for depth, name in enumerate(above[:-1])]
    depth = len(nodes)
    known = set(above[:-1])
    under = [n for n in list_below(brief_id, parents) if n.id not in known]
    return [*nodes, *(Node(n.id, n.depth + depth) for n in under)]


def with_ancestors(ids: Iterable[str], parents: Mapping[str, str]) -> set[str]:
    """The ids and those of their ancestors that are there."""
    return {name for brief_id in ids for name in _ancestors(brief_id, parents)}


def _ancestors(brief_id: str, parents: Mapping[str, str]) -> list[str]:
    """From the first ancestor that is there down to the brief itself."""
    line = [brief_id]
    seen = {brief_id}
    while True:
        parent = parents.get(line[-1], "")
        if not parent or parent not in parents or parent in seen:
            return line[::-1]
        seen.add(parent)
        line.append(parent)


def _first(brief_id: str, parents: Mapping[str, str]) -> str:
    """The first ancestor; of a circle, the same one whichever of it is asked for."""
    line = _ancestors(brief_id, parents)
    closing = parents.get(line[0], "")
    circle = line[: line.index(closing) + 1] if closing in line else line[:1]
    return min(circle)


def _children(parents: Mapping[str, str]) -> dict[str, list[str]]:
    children: dict[str, list[str]] = {}
    for brief_id in sorted(parents):
        children.setdefault(parents[brief_id], []).append(brief_id)
    return children
