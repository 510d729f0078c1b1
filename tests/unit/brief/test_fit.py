"""The size of a brief: facts first, then the end of the least needed section, nothing silently."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.brief.document import Brief, parse, render
from handoff.brief.fit import NEVER_CUT, fit
from handoff.brief.sections import (
    CONSTRAINTS,
    DECISIONS,
    EARLIER,
    FACTS,
    LOOK_BACK,
    NEXT_STEP,
    QUESTIONS,
    STATE,
    TASK,
    VERIFY,
    WORD_SECTIONS,
)
from handoff.client.transcript import events as ev
from handoff.facts.gather import gather_facts
from handoff.meter import token_estimate

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.brief.fit import Body

ID = "20261122-073812-fix-9f3a"


def size(text: str) -> int:
    return round(token_estimate.estimate_tokens(text))


def brief(**sections: str) -> Brief:
    named = {name.replace("_", " ").capitalize(): body for name, body in sections.items()}
    return Brief(ID, "Fix it", "2026-11-22T07:38:12Z", sections={**named, LOOK_BACK: "recall it"})


def events() -> list[ev.Event]:
    """A session with many requests and files."""
    session_events: list[ev.Event] = [ev.Place("/r", "main", "s", "2.1.330", "")]
    for number in range(60):
        session_events.append(
            ev.Prompt(f"Change number {number} of the receipt in the till", "", "typed")
        )
        session_events.append(
            ev.Call(f"c{number}", "Edit", "edit", (f"/r/src/f{number}.py",), "", "x", "")
        )
        session_events.append(ev.Result(f"c{number}", True, "updated", ""))
        session_events.append(ev.Answer("Done.", "m", ev.Usage(0, 0, 0, 0), "", "", 1))
    return session_events


FACTS_OF = gather_facts(events(), "/r")
LINES = "\n".join(f"- decision {number} of many, with its why" for number in range(400))


def fitted(long_brief: Brief, most: int) -> tuple[Brief, tuple[str, ...]]:
    return fit(long_brief, FACTS_OF, most, size, str)


@pytest.mark.parametrize("most", [400, 800, 2500, 6000])
def test_facts_fill_the_room_and_no_more(most: int) -> None:
    """The whole file counts; facts take what the words leave, to within a tenth."""
    fitting, cut = fitted(brief(task="Do it."), most)

    assert cut == ()
    assert size(render(fitting)) <= most
    assert list(fitting.sections)[-2:] == [FACTS, LOOK_BACK]
    if most <= 800:
        assert size(render(fitting)) > most * 0.75


def test_facts_give_way_to_words() -> None:
    """Where the words leave little room there are few facts, and the words are whole."""
    fitting, cut = fitted(brief(task="Do it.", decisions=LINES[:1800]), 1000)

    assert cut == ()
    assert size(fitting.sections[FACTS]) < 300
    assert fitting.sections[DECISIONS] == LINES[:1800]


def test_words_that_fill_it_leave_room_for_the_last_requests() -> None:
    """The user's words are not pushed out by a model's; nothing but them stands in that room."""
    fitting, cut = fitted(brief(task="Do it.", decisions=LINES), 1000)

    assert cut == (DECISIONS,)
    assert "- Change number 59 of the receipt" in fitting.sections[FACTS]
    assert "Edited" not in fitting.sections[FACTS]


def carried(number: int) -> Body:
    """A section of so many lines, as many as fit, at least one of ten characters."""

    def body(sections: Mapping[str, str], chars: int) -> str:
        assert FACTS not in sections
        return "\n".join(f"- line {n:02d} of it" for n in range(number))[:chars]

    return body


@pytest.mark.parametrize("lines", [3, 400])
@pytest.mark.parametrize("words", ["Do it.", LINES])
def test_earlier_sessions_keep_their_share(lines: int, words: str) -> None:
    """A fifth where the words fill the rest, three tenths where facts do; before the facts."""
    long_brief = brief(task=words, constraints="Never x.")
    fitting, _ = fit(long_brief, FACTS_OF, 1000, size, str, earlier=carried(lines))

    assert size(render(fitting)) <= 1000
    names = [*fitting.sections]
    assert names.index(EARLIER) == names.index(FACTS) - 1
    told = size(fitting.sections[EARLIER])
    most = 320 if words == "Do it." else 260
    assert told < 40 if lines == 3 else most - 160 < told <= most


def test_earlier_sessions_take_what_facts_leave() -> None:
    """More than a fifth, where the session itself did little."""
    few = gather_facts(events()[:3], "/r")
    fitting, _ = fit(brief(task="Do it."), few, 1000, size, str, earlier=carried(400))

    assert size(render(fitting)) <= 1000
    assert size(fitting.sections[EARLIER]) > 500


def test_words_over_the_budget_are_cut_with_a_note() -> None:
    """From the end of the least needed section; whole lines, counted."""
    long_brief = brief(task="Do it.", constraints="Never x.", next_step="Run it.", decisions=LINES)
    fitting, cut = fitted(long_brief, 1000)

    assert cut == (DECISIONS,)
    assert size(render(fitting)) <= 1000
    kept, _, note = fitting.sections[DECISIONS].rpartition("\n")
    assert LINES.startswith(kept + "\n")
    left = 400 - kept.count("\n") - 1
    assert note == f"(cut for length: {left} more lines)"


def test_the_least_needed_goes_first() -> None:
    """Questions, Verify, Decisions, State, and last the task."""
    long = {name: f"{name} " + "word " * 600 for name in WORD_SECTIONS}
    long_brief = Brief(ID, "T", "", sections=long)
    for most, cut in (
        (5000, (QUESTIONS,)),
        (3600, (QUESTIONS, VERIFY, DECISIONS)),
        (2400, (QUESTIONS, VERIFY, DECISIONS, STATE, TASK)),
    ):
        fitting, names = fitted(long_brief, most)
        assert names[: len(cut)] == cut or names == cut
        assert fitting.sections[CONSTRAINTS] == long[CONSTRAINTS]
        assert fitting.sections[NEXT_STEP] == long[NEXT_STEP]


def test_a_fence_that_is_cut_is_closed() -> None:
    """What stands behind a cut section is not swallowed by its code."""
    code = "It fails so:\n```\n" + "trace line\n" * 900 + "```"
    fitting, _ = fitted(brief(task="Do it.", state=code, next_step="Run it."), 600)

    again = parse(render(fitting).encode(), "x")
    assert again.sections[NEXT_STEP] == "Run it."
    assert "cut for length" in again.sections[STATE]


BODIES = st.text(max_size=60) | st.builds(
    lambda text, count: text * count,
    st.sampled_from(["word ", "a line of words\n", "```\ncode\n```\n", "日本語", "x", "\n\n"]),
    st.integers(1, 1500),
)


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from([*WORD_SECTIONS, "Notes"]), BODIES),
    st.integers(200, 3000),
    st.integers(0, 300),
)
def test_no_brief_is_too_long_but_for_what_is_never_cut(
    sections: dict[str, str], most: int, lines: int
) -> None:
    """At most the budget, or little more than what is never cut and the notes take."""
    whole = Brief(ID, "T", "", sections=sections)
    fitting, cut = fit(whole, FACTS_OF, most, size, str, earlier=carried(lines))
    kept = {name: body for name, body in sections.items() if name in NEVER_CUT}
    note = "(cut for length: 1000 more words)"
    rest = {name: min(body, note, key=size) for name, body in sections.items() if name not in kept}
    least = size(render(Brief(ID, "T", "", sections={**kept, **rest})))

    assert size(render(fitting)) <= max(most, least + 20)
    for name, body in kept.items():
        assert fitting.sections[name] == body
    for name in sections:
        assert fitting.sections[name] == sections[name] or name in cut
