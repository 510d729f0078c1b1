"""A brief put together: a model's words, findings about them, facts, how to look back; sized.

Each part is redacted before it is put together, since what is quoted, cut or joined is harder to
know, and the whole once more, since putting together may bring a name beside its secret.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from handoff.authoring import calibrate
from handoff.brief import carried, document, earlier_items, earlier_sessions, fit, lint
from handoff.brief.sections import CODE_SECTIONS, FINDINGS, LOOK_BACK, NO_TRANSCRIPT, STATE, TASK
from handoff.config import launch
from handoff.facts import focus
from handoff.meter import token_counter
from handoff.redact import redact
from handoff.session import cap_resets, state
from handoff.store import chain_records, trusted_prompts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handoff.authoring.gather import Material
    from handoff.authoring.model import WriteOptions
    from handoff.config.model import Config
    from handoff.facts.model import Facts
    from handoff.prompts.texts import Prompts
    from handoff.runtime import Runtime


@dataclass(frozen=True)
class Composed:
    """A brief as it would be stored, and the names of the sections that were cut for length.
    `chain` is what its session and the ones before leave to the next one, its own first.
    """

    brief: document.Brief
    cut: tuple[str, ...]
    chain: tuple[carried.EarlierSession, ...] = ()


def compose_brief(
    words: document.Words,
    author: str,
    material: Material,
    orders: WriteOptions,
    runtime: Runtime,
    config: Config,
    findings: tuple[lint.Finding, ...] = (),
) -> Composed:
    """The whole brief, redacted, at most `brief.max_tokens` long."""
    clean = redact.cleaner(config)
    prompts = trusted_prompts.load(runtime, material.place.root)
    now = time.gmtime(runtime.now)
    title = clean(words.title)
    stamp = time.strftime("%Y%m%d-%H%M%S", now)
    brief_id = document.new_id(redact.without_marks(title), stamp, os.urandom(2))
    created = time.strftime("%Y-%m-%dT%H:%M:%SZ", now)
    sections = _cleaned(words.sections, clean)
    told = clean(lint.render(findings))
    carries = orders.carries
    kind = carries.kind if carries else orders.kind
    picked = state.load(runtime.home, material.session_id).picked if kind == "continue" else ""
    parent = carries.id if carries else picked
    brief = document.Brief(
        id=brief_id,
        title=title,
        created=created,
        kind=kind,
        author=author,
        trigger=orders.trigger,
        session=material.session,
        reading=_reading(material, orders, runtime),
        git=_git(_scoped(material, orders, config), clean),
        target=_target(orders, clean),
        parent=parent,
        verify=tuple(clean(command) for command in (carries or orders).verify),
        labels=tuple(clean(label) for label in (carries or orders).labels),
        sections=_placed(sections, told, _look_back(brief_id, material, prompts)),
    )
    own = carried.summarize(
        brief_id, created, material.session_id, material.place.root, material.facts, sections
    )
    earlier = chain_records.load(parent, material.place, runtime)
    ratio = calibrate.session_ratio(material.session_id, runtime)
    model = str(material.session.get("model") or "")
    sized, cut = fit.fit(
        brief,
        _facts(material, words, orders),
        config.brief("max_tokens"),
        token_counter.make_counter(runtime.env, model=model, ratio=ratio),
        clean,
        prompts=prompts,
        earlier=_earlier(earlier_items.Carried(earlier, own, material.uncommitted), prompts),
    )
    return Composed(_cleaned_whole(sized, clean), cut, (own, *earlier))


def _earlier(what: earlier_items.Carried, prompts: Prompts) -> fit.Body | None:
    """What makes the section on the earlier sessions, for the words that a brief has in the end;
    None where there were none.
    """
    note = prompts.render("earlier_note")
    recall = f'`handoff recall {what.own.mark} "…"`'
    offered: dict[tuple[tuple[str, str], ...], earlier_items.Offered] = {}

    def body(sections: Mapping[str, str], max_chars: int) -> str:
        words = {name: text for name, text in sections.items() if name not in CODE_SECTIONS}
        key = tuple(words.items())  # asked for in several sizes
        if key not in offered:
            offered[key] = earlier_items.offer(what, words)
        return earlier_sessions.render(offered[key], max_chars, note=note, recall=recall)

    return body if what.earlier else None


def _target(orders: WriteOptions, clean: Callable[[str], str]) -> dict[str, Any]:
    """What the brief is for: model and limits; texts redacted."""
    target = {**({"model": orders.model} if orders.model else {}), **orders.target}
    if orders.carries:
        target = {**orders.carries.target, **launch.read_target(orders.carries.target)}
    return _strings(target, clean)


def _reading(material: Material, orders: WriteOptions, runtime: Runtime) -> dict[str, Any]:
    """The figures, with the cap that a brief was written for and when it starts again."""
    cap = cap_resets.next_reset(material.session_id, runtime) if orders.trigger == "cap" else None
    cap_figures = {"cap": cap.kind, "resets_at": cap.utc} if cap else {}
    return {**material.reading, **cap_figures}


def _facts(material: Material, words: document.Words, orders: WriteOptions) -> Facts:
    """The session's facts, ranked for the goal of a brief that has one of its own."""
    goal = orders.goal
    if orders.kind == "task" and not goal:
        goal = f"{words.title}\n{words.sections.get(TASK, '')}"
    return focus.for_goal(material.facts, goal) if goal else material.facts


def redact_brief(brief: document.Brief, config: Config) -> document.Brief:
    """A brief that a person has edited, redacted again."""
    clean = redact.cleaner(config)
    edited = replace(
        brief,
        title=clean(brief.title),
        git=_git(brief.git, clean),
        target=_strings(brief.target, clean),
        verify=tuple(clean(command) for command in brief.verify),
        labels=tuple(clean(label) for label in brief.labels),
        sections=_cleaned(brief.sections, clean),
        extra={},
    )
    return _cleaned_whole(edited, clean)


def _cleaned(sections: Mapping[str, str], clean: Callable[[str], str]) -> dict[str, str]:
    """The sections without secrets, also in their headings; those with the same one become one."""
    kept: dict[str, str] = {}
    for name, text in sections.items():
        heading, safe = clean(name), clean(text)
        kept[heading] = f"{kept[heading]}\n\n{safe}" if heading in kept else safe
    return kept


def _cleaned_whole(brief: document.Brief, clean: Callable[[str], str]) -> document.Brief:
    """A brief of clean parts, looked through as the one text that it has become."""
    text = document.body(brief)
    safe = clean(text)
    return brief if safe == text else document.with_body(brief, safe)


def _scoped(material: Material, orders: WriteOptions, config: Config) -> dict[str, Any]:
    """Git's state, without the directory for a brief that is for the whole repository."""
    shared = orders.shared or config.brief("shared")
    return {key: value for key, value in material.git.items() if key != "directory" or not shared}


def _strings(values: Mapping[str, Any], clean: Callable[[str], str]) -> dict[str, Any]:
    return {key: clean(item) if isinstance(item, str) else item for key, item in values.items()}


def _git(figures: Mapping[str, Any], clean: Callable[[str], str]) -> dict[str, Any]:
    """Git's state, its names of people's choice redacted. Pick-up compares them in that form."""
    texts = ("branch", "worktree", "directory", "problem")
    return {**figures, **{name: clean(str(figures[name])) for name in texts if figures.get(name)}}


def _placed(words: Mapping[str, str], findings: str, look_back: str) -> dict[str, str]:
    """Words with what code says between and behind them; facts come later, before `Look back`."""
    placed: dict[str, str] = {}
    for name, text in words.items():
        placed[name] = text
        if name == STATE and findings:
            placed[FINDINGS] = findings
    if look_back:
        placed[LOOK_BACK] = look_back
    return placed


def _look_back(brief_id: str, material: Material, prompts: Prompts) -> str:
    """How to ask the transcript for what the brief leaves out, or that there is none; "" outside a
    session.
    """
    if not material.session.get("id"):
        return ""
    if not os.path.isfile(material.transcript):
        return NO_TRANSCRIPT
    return prompts.render("look_back", id=brief_id)
