"""The state of a session has one schema, and is changed by named transitions alone."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from handoff.base import fields
from handoff.session import delegated, handoff_transitions, state, transitions
from handoff.session.field import Field
from handoff.session.state import SessionState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PACKAGE = Path(__file__).resolve().parents[3] / "plugin" / "handoff"
LOADED = re.compile(r"\bstate\.load\(")
FIELDS = {name: one for name, one in vars(SessionState).items() if isinstance(one, Field)}
ORDER = {"id": "t1-1", "do": "handoff", "turn": "t1"}


@pytest.fixture
def home(tmp_path: Path) -> str:
    """A state directory."""
    return str(tmp_path)


def saved(home: str) -> SessionState:
    """The session's state as it is in its file; only keys of the schema are there."""
    session_state = state.load(home, "s1")
    assert set(session_state.values) <= set(FIELDS)
    return session_state


def given(home: str, **values: Any) -> SessionState:
    """A session with these values."""
    file = Path(home, "sessions", "s1.json")
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(values))
    return saved(home)


# Who may touch the state.


def names_of_the_state(tree: ast.Module) -> set[str]:
    """The names in a module that hold a session's state, by how they are made or declared."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.arg) and "SessionState" in ast.unparse(node.annotation or node):
            names.add(node.arg)
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            source = ast.unparse(node.value)
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            if LOADED.search(source) or source.endswith((".session", "SessionState({})")):
                names |= {ast.unparse(target) for target in targets}
    return names


def touches(tree: ast.Module) -> Iterator[str]:
    """Where a module goes around the transitions: it calls `update`, takes the values themselves
    or sets a field of a state.
    """
    names = names_of_the_state(tree)
    for node in ast.walk(tree):
        source = ast.unparse(node) if isinstance(node, (ast.Call, ast.Attribute)) else ""
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("state.update", "update"):
            yield source
        if isinstance(node, ast.Attribute):
            owner = ast.unparse(node.value)
            is_state = owner in names or owner.endswith(".session") or LOADED.search(owner)
            if is_state and node.attr == "values":
                yield source
            if is_state and isinstance(node.ctx, (ast.Store, ast.Del)) and node.attr in FIELDS:
                yield source


def test_no_other_package_changes_the_state() -> None:
    """Modules outside `session/` read typed attributes and call transitions."""
    touching = {
        f"{path.relative_to(PACKAGE)}: {touch}"
        for path in PACKAGE.rglob("*.py")
        if path.parent.name != "session"
        for touch in touches(ast.parse(path.read_text()))
    }
    # A session of a relay or queue, whose `values` are a start's.
    assert {one for one in touching if not one.startswith("loops/")} == set()


@pytest.mark.parametrize(
    "line",
    [
        "state.update(runtime.home, 's1', lambda values: values.update(order={}))",
        "session = state.load(home, 's1')\nsession.values['order'] = {}",
        "state.load(home, 's1').values.get('order')",
        "event.session.values.get('order')",
        "def f(before: state.SessionState):\n    before.order = {}",
        "event.session.settled = True",
    ],
)
def test_a_way_around_is_seen(line: str) -> None:
    """The test above finds what it is for."""
    assert list(touches(ast.parse(line)))


def test_each_field_is_read() -> None:
    """What nobody reads is not kept."""
    read = {
        node.attr
        for path in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)
    }
    assert set(FIELDS) <= read


@pytest.mark.parametrize("name", FIELDS)
@pytest.mark.parametrize("value", [None, True, -1, 1.5, "text", [1, {}], {"a": 1, "b": []}])
def test_a_value_of_another_type_reads_as_the_default(name: str, value: object) -> None:
    """What another version or a person wrote is not believed, and does not raise."""
    usual, value_read = getattr(SessionState({}), name), getattr(SessionState({name: value}), name)
    assert usual is None or type(value_read) is type(usual)


@pytest.mark.parametrize(
    ("read", "value", "expected"),
    [
        (fields.text, "a", "a"),
        (fields.text, 1, ""),
        (fields.optional_text, "", ""),
        (fields.optional_text, 1, None),
        (fields.integer, 7, 7),
        (fields.integer, -1, 0),
        (fields.integer, True, 0),
        (fields.integer, 1.0, 0),
        (fields.count, 0, 0),
        (fields.count, False, None),
        (fields.count, 10**400, None),
        (fields.named_counts, {"a": 1, "b": 10**400}, {"a": 1}),
        (fields.number, 7, 7.0),
        (fields.number, 7.5, 7.5),
        (fields.number, True, None),
        (fields.number, "7", None),
        (fields.number, float("nan"), None),
        (fields.number, 10**400, None),
        (fields.flag, True, True),
        (fields.flag, 1, False),
        (fields.mapping, {"a": 1}, {"a": 1}),
        (fields.mapping, [], {}),
        (fields.mappings, [{"a": 1}, 2], [{"a": 1}]),
        (fields.mappings, {}, []),
        (fields.named_texts, {"a": "b", "c": 1}, {"a": "b"}),
        (fields.named_counts, {"a": 1, "b": "c", "d": True, "e": -1}, {"a": 1}),
    ],
)
def test_what_a_field_reads(
    read: Callable[[object], object], value: object, expected: object
) -> None:
    """A value of its type as it is, any other as the default."""
    value_read = read(value)
    assert (value_read, type(value_read)) == (expected, type(expected))


def test_what_is_none_of_a_list_is_passed_over() -> None:
    """Entries that are whole are kept."""
    session_state = SessionState(
        {"briefs": [1, {"id": "a"}, None], "fired": {"warn": 5, "x": "y", "z": True}}
    )
    assert (session_state.briefs, session_state.fired) == ([{"id": "a"}], {"warn": 5})


# Each transition: what it changes.


def test_a_start_keeps_what_it_is_not_told(home: str) -> None:
    """A start without a transcript or a model leaves those; the end of before is forgotten."""
    given(home, transcript="/t", model="opus[1m]", cwd="/old", ended=True, shadowed_by="/x")

    session_state = transitions.record_start(
        home, "s1", project="/p", transcript="", cwd="/new", model="", client_pid=7,
        client_start="",
        window_variables={"DISABLE_COMPACT": "1"}, shadow=None, first_tokens=5_000,
    )  # fmt: skip

    assert session_state is not None
    assert session_state.values == saved(home).values
    assert (session_state.project, session_state.transcript, session_state.cwd) == (
        "/p",
        "/t",
        "/new",
    )
    assert (session_state.model, session_state.client_pid, session_state.ended) == (
        "opus[1m]",
        7,
        False,
    )
    assert (session_state.shadowed_by, session_state.first_tokens) == ("/x", 5_000)
    assert session_state.window_env({"A": "b"}) == {"A": "b", "DISABLE_COMPACT": "1"}


def test_a_start_after_a_compaction_begins_a_cycle(home: str) -> None:
    """What fired is forgotten; a file that has one of our names is not another one's any more."""
    given(home, fired={"handoff": 9}, cycle=2, brief_count=3, shadowed_by="/x")

    transitions.record_start(
        home, "s1", project="/p", transcript="/t", cwd="/p", model="m", client_pid=7,
        client_start="",
        window_variables={}, shadow="", compacted_at=400,
    )  # fmt: skip

    session_state = saved(home)
    assert (session_state.fired, session_state.cycle, session_state.cycle_offset) == ({}, 3, 400)
    assert (session_state.cycle_briefs, session_state.shadowed_by) == (3, "")


def test_a_move(home: str) -> None:
    """The transcript alone, or the directory with it."""
    given(home, project="/p", cwd="/p", transcript="/t")

    transitions.move_session(home, "s1", "/u")
    assert (saved(home).transcript, saved(home).project) == ("/u", "/p")

    transitions.move_session(home, "s1", "/v", "/q", "/q/x")
    assert (saved(home).transcript, saved(home).project, saved(home).cwd) == ("/v", "/q", "/q/x")


def test_the_end_and_a_failure(home: str) -> None:
    """Each is one word; the next turn that ends has got over the failure."""
    transitions.mark_failed(home, "s1")
    transitions.mark_ended(home, "s1")
    assert (saved(home).failed, saved(home).ended) == (True, True)

    handoff_transitions.close_turn(home, "s1", waits=False)
    assert (saved(home).failed, saved(home).settled) == (False, True)


def test_messages_are_taken_once_and_not_too_many(home: str) -> None:
    """The last four are kept for the next prompt, with all their lines."""
    said = [f"handoff: message {number}.\nAnd more." for number in range(6)]
    for message in said:
        transitions.leave_message(home, "s1", message)

    text, left = transitions.take_messages(home, "s1")
    assert text == "\n".join(said[2:])
    assert left is not None
    assert left.say_next == saved(home).say_next == ""
    assert transitions.take_messages(home, "s1") == ("", None)


@pytest.mark.parametrize("is_stopgap", [True, False])
def test_a_brief(is_stopgap: bool, home: str) -> None:
    """It is counted, and hands the session over if it is no stopgap; fifty are kept."""
    given(home, briefs=[{"id": str(number)} for number in range(50)], brief_count=60)

    transitions.record_brief(home, "s1", {"id": "new"}, calls=12, is_stopgap=lambda _: is_stopgap)

    session_state = saved(home)
    assert (session_state.last_brief, len(session_state.briefs)) == (
        {"id": "new", "stopgap": is_stopgap},
        50,
    )
    assert (session_state.brief_count, session_state.work_at_brief) == (61, 12)
    assert session_state.handed_over == (not is_stopgap)


def test_a_brief_that_is_elsewhere(home: str) -> None:
    """Its entry, or its task's, says where; without a place the entry goes, and so does the work
    that it had.
    """
    given(home, briefs=[{"id": "a", "root": "/p"}], delegated=[{"id": "b"}], work_at_brief=4)

    transitions.replace_brief(home, "s1", "a", {"root": "/q"})
    transitions.replace_brief(home, "s1", "b", {"root": "/q"})
    assert saved(home).briefs == [{"id": "a", "root": "/q"}]
    assert saved(home).delegated == [{"id": "b", "root": "/q"}]

    transitions.replace_brief(home, "s1", "a", {})
    assert (saved(home).briefs, saved(home).work_at_brief) == ([], 0)
    assert saved(home).delegated


def test_a_handoff_is_counted_by_the_work_before_it(home: str) -> None:
    """Tool calls since the handoff before; all of them where the count began anew."""
    given(home, work_at_brief=12, work_at_handoff=5)
    assert transitions.count_handoff(home, "s1")[0] == 7
    assert transitions.count_handoff(home, "s1")[0] == 0

    given(home, work_at_brief=3, work_at_handoff=12)
    assert transitions.count_handoff(home, "s1")[0] == 3


def test_a_draft_goes_back_once_a_cycle(home: str) -> None:
    """Each brief once, and not too many; in the next cycle again."""
    assert transitions.send_back_draft(home, "s1", "continue", "d1", at_most=2)
    assert not transitions.send_back_draft(home, "s1", "continue", "d2", at_most=2)
    assert transitions.send_back_draft(home, "s1", "task: a", "d3", at_most=2)
    assert not transitions.send_back_draft(home, "s1", "task: b", "d4", at_most=2)
    assert saved(home).drafts_sent_back == {"continue": "d1", "task: a": "d3"}

    handoff_transitions.begin_cycle(home, "s1", 0, 10, saved(home))
    assert saved(home).drafts_sent_back == {}
    assert transitions.send_back_draft(home, "s1", "continue", "d5", at_most=2)


def test_a_pick_up_has_two_steps(home: str) -> None:
    """In between a hook may die; a brief that was not given leaves the one of before."""
    transitions.begin_pickup(home, "s1", "a")
    assert (saved(home).picking, saved(home).picked) == ("a", "")
    transitions.end_pickup(home, "s1", "a")
    assert (saved(home).picking, saved(home).picked) == ("", "a")

    transitions.begin_pickup(home, "s1", "b")
    transitions.end_pickup(home, "s1")
    assert (saved(home).picking, saved(home).picked) == ("", "a")
    transitions.forget_picked(home, "s1")
    assert saved(home).picked == ""


def test_the_facts_of_before_a_compaction(home: str) -> None:
    """The brief that has them is named."""
    transitions.keep_compaction_brief(home, "s1", "a")
    assert saved(home).compaction_brief == "a"


@pytest.mark.parametrize("mode", ["", "auto"])
def test_auto_mode_leads_on(mode: str, home: str) -> None:
    """The chain is one longer, the mode comes along; a person's word begins the count anew."""
    before = SessionState({"chain": 2, "mode": mode})
    transitions.begin_continuation(home, "s1", before, 7.5, ORDER)
    session_state = saved(home)
    assert (
        session_state.chain,
        session_state.continued_at,
        session_state.mode,
        session_state.order,
    ) == (3, 7.5, mode, ORDER)

    transitions.restart_chain(home, "s1")
    assert saved(home).chain == 0


def test_tasks_are_told_once(home: str) -> None:
    """What was told is forgotten, what goes on is kept; no more than fifty are waited for."""
    for number in range(52):
        delegated.record_task(home, "s1", f"t{number}", "Title", "/p")
    assert [task["id"] for task in saved(home).delegated] == [f"t{n}" for n in range(2, 52)]

    told = {f"t{number}" for number in range(51)}
    delegated.replace_told(home, "s1", told, [{"id": "next"}])
    assert [task["id"] for task in saved(home).delegated] == ["t51", "next"]


# The handoff of a cycle.


def test_a_cycle_begins_unless_another_hook_was_faster(home: str) -> None:
    """Whoever saw what no longer is so changes nothing."""
    known = given(home, fired={"warn": 100})
    handoff_transitions.fire_once(home, "s1", "handoff", 200)
    assert handoff_transitions.begin_cycle(home, "s1", 9, 50, known) is None

    known = saved(home)
    session_state = handoff_transitions.begin_cycle(home, "s1", 9, 50, known)
    assert session_state is not None
    assert (session_state.fired, session_state.first_tokens, session_state.cycle_offset) == (
        {},
        50,
        9,
    )

    handoff_transitions.order_handoff(home, "s1", 200, ORDER, at=1.0, trigger="context")
    assert handoff_transitions.begin_cycle(home, "s1", 9, 50, saved(home)) is None


def test_a_session_seen_under_its_threshold(home: str) -> None:
    """The first tokens stay what they are; cost and caps were once in budget."""
    handoff_transitions.note_under_threshold(home, "s1", 10, in_budget=False)
    handoff_transitions.note_under_threshold(home, "s1", 20, in_budget=True)
    handoff_transitions.note_under_threshold(home, "s1", 30, in_budget=False)
    assert (saved(home).first_tokens, saved(home).began_in_budget) == (10, True)


def test_an_order_and_a_question_are_one_handoff(home: str) -> None:
    """A cycle has one, by the mod or by `Stop`; taken back, it is due again."""
    given(home, brief_count=4, waits="agents", asks=1)
    session_state = handoff_transitions.order_handoff(home, "s1", 200, ORDER, at=5.0, trigger="cap")
    assert session_state is not None
    assert (session_state.fired, session_state.order, session_state.trigger) == (
        {"handoff": 200},
        ORDER,
        "cap",
    )
    assert (session_state.asked_at, session_state.asked_briefs, session_state.waits) == (5.0, 4, "")
    assert session_state.is_handing_over
    asking: dict[str, Any] = {
        "at": 6.0,
        "trigger": "context",
        "turn": "p2",
        "size": 9,
        "settled": False,
    }
    assert handoff_transitions.ask_handoff(home, "s1", 210, **asking) is None

    handoff_transitions.take_back_handoff(home, "s1", no_mod=True)
    session_state = saved(home)
    assert (session_state.fired, session_state.order, session_state.no_mod) == ({}, {}, True)
    assert not session_state.is_handing_over

    session_state = handoff_transitions.ask_handoff(home, "s1", 210, **asking)
    assert session_state is not None
    assert (session_state.asked_in, session_state.asked_size, session_state.asks) == ("p2", 9, 2)
    assert session_state.is_handing_over
    handoff_transitions.take_back_handoff(home, "s1")
    assert (saved(home).asked_in, saved(home).no_mod) == (None, True)


def test_a_settled_handoff_is_over(home: str) -> None:
    """Nothing is ordered any more, and the threshold does not fire again."""
    handoff_transitions.order_handoff(home, "s1", 200, ORDER, at=5.0, trigger="context")
    handoff_transitions.settle_handoff(home, "s1")
    session_state = saved(home)
    assert (session_state.order, session_state.is_handing_over, session_state.fired) == (
        {},
        False,
        {"handoff": 200},
    )


def test_a_turn_that_the_user_stopped(home: str) -> None:
    """What was asked for is over; what waits goes on waiting only if it is said so."""
    handoff_transitions.order_handoff(home, "s1", 200, ORDER, at=5.0, trigger="context")
    handoff_transitions.give_order(home, "s1", ORDER, waits="agents")
    handoff_transitions.close_turn(home, "s1", waits=True)
    assert (saved(home).is_handing_over, saved(home).order) == (False, {})
    assert saved(home).waits == "agents"

    handoff_transitions.close_turn(home, "s1", waits=False)
    assert saved(home).waits == ""


def test_the_gate_refuses_a_few_calls(home: str) -> None:
    """With the first the handoff counts as asked for; after the last none is refused."""
    given(home, brief_count=1)
    session_state = handoff_transitions.count_refusal(home, "s1", 970, at=5.0, at_most=2)
    assert session_state is not None
    assert (session_state.refused, session_state.gated, session_state.trigger) == (
        1,
        True,
        "context",
    )
    assert (session_state.fired, session_state.asked_briefs) == ({"handoff": 970}, 1)
    assert session_state.is_handing_over

    assert handoff_transitions.count_refusal(home, "s1", 980, at=6.0, at_most=2)
    assert (saved(home).refused, saved(home).asked_at) == (2, 5.0)
    assert handoff_transitions.count_refusal(home, "s1", 990, at=7.0, at_most=2) is None


def test_a_handoff_that_waits(home: str) -> None:
    """Since when is kept; the same again changes nothing."""
    assert handoff_transitions.delay_handoff(home, "s1", "2 agents", 200, since=5.0)
    assert handoff_transitions.delay_handoff(home, "s1", "2 agents", 210, since=6.0) is None
    assert handoff_transitions.delay_handoff(home, "s1", "1 agent", 220, since=7.0)
    session_state = saved(home)
    assert (session_state.waits, session_state.waits_since) == ("1 agent", 5.0)
    assert (session_state.fired, session_state.passed_threshold) == ({state.WAITED: 200}, True)


@pytest.mark.parametrize("due_again", [True, False])
def test_the_users_word_for_one_session(due_again: bool, home: str) -> None:
    """A mode, or a threshold put higher; what was ordered is taken back or not."""
    for change in (_silence, handoff_transitions.postpone_handoff):
        given(home)
        handoff_transitions.order_handoff(home, "s1", 200, ORDER, at=5.0, trigger="context")
        session_state = change(home, "s1", due_again=due_again)
        assert session_state is not None
        assert (session_state.mode == "notify") != session_state.postponed
        assert session_state.is_handing_over == (not due_again)
        assert session_state.order == ({} if due_again else ORDER)


def _silence(home: str, session_id: str, *, due_again: bool) -> SessionState | None:
    return handoff_transitions.set_mode(home, session_id, "notify", due_again=due_again)
