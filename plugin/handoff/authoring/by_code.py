"""A brief by code put together, and the brief that its session carries on.

Of that one come the words (`brief.carried_words`) and what the front matter orders: `verify`,
`labels`, `for`, and whether it is for the whole repository.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff.authoring import compose
from handoff.brief import carried_words, since, snapshot
from handoff.config import launch
from handoff.session import state
from handoff.store import finish, trusted_prompts

if TYPE_CHECKING:
    from handoff.authoring.gather import Material
    from handoff.authoring.model import WriteOptions
    from handoff.brief.document import Brief
    from handoff.config.model import Config
    from handoff.facts.model import Facts
    from handoff.prompts.texts import Prompts
    from handoff.runtime import Runtime
    from handoff.session.state import SessionState

_CHARS_A_TOKEN = 3
_FRAME_CHARS = 900  # front matter, notes, and how to look back


@dataclass(frozen=True)
class Parent:
    """The brief that a session carries on, and from when on it did: `base`."""

    brief: Brief
    base: since.Base


def compose_snapshot(
    material: Material,
    facts: Facts,
    orders: WriteOptions,
    runtime: Runtime,
    config: Config,
) -> compose.Composed | None:
    """The brief by code alone, of `facts` (the material's, or those for a goal); None when the
    session has neither done nor said anything.

    What happened since gives way before any word of the brief that it carries on, but for what code
    quoted of an earlier session's model.
    """
    prompts = trusted_prompts.load(runtime, material.place.root)
    parent = find_parent(material, orders, runtime, prompts)
    orders = with_front_matter(orders, parent.brief if parent else None)
    room = _room(parent.brief, config) if parent else 0
    for most, shorter in dict.fromkeys(
        ((room, False), (room, True), (room // 3, True), (0, False))
    ):
        words = snapshot.compose_words(
            facts,
            parent.brief if parent else None,
            session=material.session_id,
            base=parent.base if parent else since.Base(),
            room=most,
            shorter=shorter,
            prompts=prompts,
        )
        if words is None:
            return None
        composed = compose.compose_brief(words, "snapshot", material, orders, runtime, config)
        if not composed.cut:
            break
    return composed


def find_parent(
    material: Material, orders: WriteOptions, runtime: Runtime, prompts: Prompts
) -> Parent | None:
    """The open brief that this session carries on: its own last one, or the one it was given; both,
    where it was given one after it had written one. None if there is none that this machine wrote,
    or the order says.
    """
    session = state.load(runtime.home, material.session_id)
    last, picked = _find_open(session, material, runtime)
    if last and carried_words.is_made_anew(last, prompts):
        last = None
    picked = picked or orders.carries
    if last and picked and picked.id not in (last.id, last.parent):
        picked = carried_words.add_words(picked, last, prompts)
        last = None
    brief = last or picked
    return Parent(brief, _base(session)) if brief else None


def carry_orders(orders: WriteOptions, material: Material, runtime: Runtime) -> WriteOptions:
    """The orders of a model's `continue` brief with those of the open brief that it continues,
    where it gives none; but what verifies the whole does not verify a goal.
    """
    if orders.kind != "continue" or not material.session_id:
        return orders
    session = state.load(runtime.home, material.session_id)
    last, picked = _find_open(session, material, runtime)
    all_orders = with_front_matter(orders, last or picked)
    return replace(all_orders, verify=orders.verify) if orders.goal else all_orders


def with_front_matter(orders: WriteOptions, parent: Brief | None) -> WriteOptions:
    """The orders with what the brief that is carried on was for. (`orders.carries` has it.)"""
    if parent is None or orders.carries:
        return orders
    target = {**parent.target, **launch.read_target(parent.target)}
    return replace(
        orders,
        verify=orders.verify or parent.verify,
        labels=orders.labels or parent.labels,
        target={**target, **orders.target},
        shared=orders.shared or (bool(parent.git) and "directory" not in parent.git),
    )


def _find_open(
    session: SessionState, material: Material, runtime: Runtime
) -> tuple[Brief | None, Brief | None]:
    """The last brief that the session wrote, and the one it was given, where they are open."""
    own = finish.own_briefs(material.place, runtime)
    last, picked = (
        stored.brief if (stored := own.get(name)) else None
        for name in (str(session.last_brief.get("id")), session.picked)
    )
    return last, picked


def _base(session: SessionState) -> since.Base:
    """When this session's model last wrote a brief: only what came later is new to that."""
    wrote = [one for one in session.briefs if one.get("author") == "model" and not one.get("draft")]
    at, calls = (wrote[-1].get("at"), wrote[-1].get("calls")) if wrote else (None, None)
    if not isinstance(at, (int, float)) or not isinstance(calls, int):
        return since.Base()
    return since.Base(calls, time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at)))


def _room(brief: Brief, config: Config) -> int:
    """Characters for what happened since: half of what the words leave, the facts get the rest."""
    words = sum(map(len, carried_words.take_words(brief).sections.values()))
    left = int(config.brief("max_tokens")) * _CHARS_A_TOKEN - words - _FRAME_CHARS
    return max(0, min(since.MAX_CHARS, left // 2))
