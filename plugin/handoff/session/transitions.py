"""How a session's state changes over its life: start, moves, briefs, pick-up, messages, end.

Each transition is one change under the state's lock (`state.update`); it returns the new state, or
None where nothing was changed. What concerns the handoff of a cycle: `handoff_transitions`.
"""

from __future__ import annotations

from handoff.session import handoff_transitions, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from handoff.session.state import SessionState

MAX_MESSAGES = 4  # for the user's next prompt
_MAX_BRIEFS = 50
_MAX_UNTOLD = 20


def record_start(
    home: str,
    session_id: str,
    *,
    project: str,
    transcript: str,
    cwd: str,
    model: str,
    client_pid: int,
    client_start: str,
    window_variables: dict[str, str],
    shadow: str | None,
    headless: bool = False,
    first_tokens: int | None = None,
    compacted_at: int | None = None,
) -> SessionState | None:
    """A session starts, or goes on after it was resumed, cleared or compacted.

    What `transcript`, `cwd` or `model` do not say ("") stays as it was; so does what has our
    command names, for None. `first_tokens`: the context that a resumed one begins with.
    `compacted_at`: bytes of the transcript at a compaction, which begins a cycle.
    """

    def change(session: SessionState) -> None:
        session.project = project
        session.client_pid, session.client_start = client_pid, client_start
        session.window_variables = window_variables
        session.transcript = transcript or session.transcript
        session.cwd = cwd or session.cwd
        session.model = model or session.model
        session.headless = headless
        del session.ended
        if shadow is not None:
            session.shadowed_by = shadow
        if compacted_at is not None:
            handoff_transitions.forget_cycle(session, compacted_at)
        if first_tokens is not None and session.first_tokens is None:
            session.first_tokens = first_tokens

    return state.update(home, session_id, change)


def move_session(
    home: str, session_id: str, transcript: str, project: str = "", cwd: str = ""
) -> SessionState | None:
    """Its transcript is elsewhere now, and so is its directory if a `project` is given."""

    def change(session: SessionState) -> None:
        session.transcript = transcript
        if project:
            session.project, session.cwd = project, cwd

    return state.update(home, session_id, change)


def mark_failed(home: str, session_id: str) -> SessionState | None:
    """The API refused to go on."""

    def change(session: SessionState) -> None:
        session.failed = True

    return state.update(home, session_id, change)


def mark_ended(home: str, session_id: str) -> SessionState | None:
    """The session is over."""

    def change(session: SessionState) -> None:
        session.ended = True

    return state.update(home, session_id, change)


def leave_message(home: str, session_id: str, text: str) -> SessionState | None:
    """Leave `text` for the user's next prompt, behind what was left before."""

    def change(session: SessionState) -> None:
        left = split_messages(session.say_next)
        session.say_next = "\n".join([*left, text][-MAX_MESSAGES:])

    return state.update(home, session_id, change)


def split_messages(text: str) -> list[str]:
    """The messages that were left, each with its lines: all begin with the product's name."""
    if not text:
        return []
    first, *others = text.split("\nhandoff: ")
    return [first, *(f"handoff: {other}" for other in others)]


def take_messages(home: str, session_id: str) -> tuple[str, SessionState | None]:
    """The text left for the next prompt, once; and the state without it."""
    text = ""

    def change(session: SessionState) -> bool:
        nonlocal text
        text = session.say_next
        del session.say_next
        return bool(text)

    session = state.update(home, session_id, change)
    return text, session


def record_brief(
    home: str,
    session_id: str,
    entry: dict[str, Any],
    *,
    calls: int,
    is_stopgap: Callable[[SessionState], bool],
) -> SessionState | None:
    """The session wrote a brief (an entry of `SessionState.briefs`) after so many tool calls."""

    def change(session: SessionState) -> None:
        stopgap = is_stopgap(session)
        session.briefs = [*session.briefs, {**entry, "stopgap": stopgap}][-_MAX_BRIEFS:]
        session.brief_count += 1
        session.work_at_brief = calls
        if not stopgap:
            session.handed_over = True

    return state.update(home, session_id, change)


def leave_untold(home: str, session_id: str, entry: dict[str, Any]) -> SessionState | None:
    """The model stored a brief (an entry of `SessionState.untold`): the user is to be told."""

    def change(session: SessionState) -> None:
        session.untold = [*session.untold, entry][-_MAX_UNTOLD:]

    return state.update(home, session_id, change)


def take_untold(home: str, session_id: str) -> tuple[list[dict[str, Any]], SessionState | None]:
    """The briefs to tell the user of, once; and the state without them."""
    entries: list[dict[str, Any]] = []

    def change(session: SessionState) -> bool:
        entries[:] = session.untold
        del session.untold
        return bool(entries)

    session = state.update(home, session_id, change)
    return entries, session


def replace_brief(
    home: str, session_id: str, brief_id: str, where: Mapping[str, Any]
) -> SessionState | None:
    """A brief or task of the session is elsewhere now; with an empty `where` it is no more."""

    def changed(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
        others = [entry for entry in entries if where or entry.get("id") != brief_id]
        return [{**e, **where} if e.get("id") == brief_id else e for e in others]

    def change(session: SessionState) -> None:
        session.briefs = changed(session.briefs)
        session.delegated = changed(session.delegated)
        if not where:
            session.work_at_brief = 0  # nothing of the session's work is written down

    return state.update(home, session_id, change)


def count_handoff(home: str, session_id: str) -> tuple[int, SessionState | None]:
    """A handoff that nobody asked for was made: the tool calls since the one before."""
    calls = 0

    def change(session: SessionState) -> None:
        nonlocal calls
        done, before = session.work_at_brief, session.work_at_handoff
        calls = done - before if done >= before else done
        session.work_at_handoff = done

    session = state.update(home, session_id, change)
    return calls, session


def send_back_draft(
    home: str, session_id: str, key: str, draft_id: str, at_most: int
) -> SessionState | None:
    """A brief goes back to the model once a cycle for each `key`; None if it may not again."""

    def change(session: SessionState) -> bool:
        drafts = session.drafts_sent_back
        if key in drafts or len(drafts) >= at_most:
            return False
        session.sent_back = {"cycle": session.cycle, "drafts": {**drafts, key: draft_id}}
        return True

    return state.update(home, session_id, change)


def begin_pickup(home: str, session_id: str, brief_id: str) -> SessionState | None:
    """The session is about to be given a brief."""

    def change(session: SessionState) -> None:
        session.picking = brief_id

    return state.update(home, session_id, change)


def end_pickup(home: str, session_id: str, brief_id: str = "") -> SessionState | None:
    """The session was given the brief, or none."""

    def change(session: SessionState) -> None:
        del session.picking
        session.picked = brief_id or session.picked

    return state.update(home, session_id, change)


def forget_picked(home: str, session_id: str) -> SessionState | None:
    """The brief that the session was given is another one's now."""

    def change(session: SessionState) -> None:
        del session.picked

    return state.update(home, session_id, change)


def keep_compaction_brief(home: str, session_id: str, brief_id: str) -> SessionState | None:
    """Remember the brief that has the facts of before a compaction."""

    def change(session: SessionState) -> None:
        session.compaction_brief = brief_id

    return state.update(home, session_id, change)


def begin_continuation(
    home: str, session_id: str, before: SessionState, now: float, order: dict[str, Any] | None
) -> SessionState | None:
    """Auto mode in the session `before` led here; `order`: what the mod is to do first."""

    def change(session: SessionState) -> None:
        session.chain = before.chain + 1
        session.continued_at = now
        session.mode = before.mode or session.mode
        if order is not None:
            session.order = order

    return state.update(home, session_id, change)


def restart_chain(home: str, session_id: str) -> SessionState | None:
    """A person said something: auto mode counts anew."""

    def change(session: SessionState) -> None:
        session.chain = 0

    return state.update(home, session_id, change)
