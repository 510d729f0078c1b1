"""Briefs that a model sent in a shell which may not write, stored by a hook of its session.

The client's sandbox keeps the state directory from a session's commands, not from its hooks. The
transcript has the whole call. Only a call of the main conversation counts that `PreToolUse` noted
as exactly ours (`session.sent_briefs`), and that failed for this reason alone; each is taken once.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from handoff.authoring import model, snapshot, submit
from handoff.base import unwritable
from handoff.base.errors import HandoffError
from handoff.client.transcript import reader
from handoff.client.transcript.events import Call, Result
from handoff.facts import own_calls
from handoff.hooks import permissions
from handoff.install import launcher
from handoff.redact import redact
from handoff.session import sent_briefs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from handoff.authoring.snapshot import Conversation
    from handoff.runtime import Runtime

_CONTINUE = "continue"
# The options of `handoff write` that take no value.
_FLAGS = ("--from-facts", "--json", "--shared", "--stdout")


def store(payload: Conversation, runtime: Runtime) -> list[model.WrittenBrief]:
    """Store what was sent since the last look and could not be stored; of each brief the last text.

    What cannot be stored here either is in the log.
    """
    noted = sent_briefs.take_calls(payload.session_id, runtime)
    path = payload.transcript
    if not noted or not os.path.isfile(path):
        return []
    calls = {}
    results = {}
    for event in reader.read(path, reader.RECENT):
        if isinstance(event, Call) and event.id in noted:
            calls[event.id] = event.command
        elif isinstance(event, Result) and event.id in calls:
            results[event.id] = event
    sent_briefs.put_back(payload.session_id, [noted[i] for i in noted if i not in results], runtime)
    failed = _failed((calls[i], noted[i], result) for i, result in results.items())
    return list(_stored(failed, payload, runtime))


def store_or_snapshot(
    payload: Conversation, trigger: str, runtime: Runtime
) -> model.WrittenBrief | None:
    """Store what was sent, then write a snapshot unless nothing was done since: the model's words
    come first.
    """
    store(payload, runtime)
    return snapshot.write_if_worked(payload, trigger, runtime)


def _failed(ran: Iterable[tuple[str, dict[str, Any], Result]]) -> list[own_calls.OwnCall]:
    """The last call of each brief, where that one may not write.

    It must be the one that was noted: some gateways give its id to a call of each turn.
    """
    last: dict[str, own_calls.OwnCall] = {}
    for command, noted, result in ran:
        call = own_calls.parse(command)
        if call is None or not permissions.is_own(command, launcher.launcher_path()):
            continue
        if not sent_briefs.is_of(noted, call.text):
            continue
        key = _key(call)
        last.pop(key, None)
        if not result.refused and _says_unwritable(result):
            last[key] = call
    return list(last.values())


def _says_unwritable(result: Result) -> bool:
    """Whether the call failed because nothing may be written there. Its output says so, in a line
    of ours: an old client in its sandbox, with zsh, takes every exit code for success.
    """
    ours = (line for line in result.text.splitlines() if line.startswith("handoff: "))
    return any(unwritable.REASON in line for line in ours)


def _key(call: own_calls.OwnCall) -> str:
    """What says that a call sends the same brief as another one: a session has one of its own, and
    its tasks are told apart by their titles, those without one by all that they say.
    """
    kind = call.values(*_FLAGS).get("--kind", [_CONTINUE])[-1]
    if kind == _CONTINUE:
        return kind
    titles = (line for line in call.text.splitlines() if line.startswith("# "))
    return f"{kind} {next(titles, call.text).strip()}"


def _stored(
    calls: Iterable[own_calls.OwnCall], payload: Conversation, runtime: Runtime
) -> Iterator[model.WrittenBrief]:
    for call in calls:
        try:
            yield submit.submit_brief(
                call.text,
                _orders(call),
                payload.session_id,
                payload.cwd,
                runtime,
                transcript=payload.transcript,
                sends_back=False,
            )
        except HandoffError as error:
            redact.note(runtime.home, "handoff write, by a hook", str(error))


def _orders(call: own_calls.OwnCall) -> model.WriteOptions:
    """The options of a call, which `handoff write` itself has checked before it failed."""
    given = call.values(*_FLAGS)
    budget, turns = (given.get(name, [""])[-1] for name in ("--budget-usd", "--max-turns"))
    asked = {
        "effort": given.get("--effort", [""])[-1],
        "budget_usd": float(budget) if budget else None,
        "max_turns": int(turns) if turns else None,
    }
    return model.WriteOptions(
        kind=given.get("--kind", [_CONTINUE])[-1],
        labels=tuple(given.get("--label", ())),
        verify=tuple(given.get("--verify", ())),
        model=given.get("--for", [""])[-1],
        goal=given.get("--goal", [""])[-1],
        target={name: value for name, value in asked.items() if value},
        shared="--shared" in call.options,
    )
