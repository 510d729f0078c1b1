"""What the user is told of briefs at a turn's end: where each is, how to continue, how to undo it.

One sentence a line, the first one with the product's name in front.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from handoff.git import commit_result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from handoff.session.cap_resets import Cap

STAY_OR_CLEAR = "Run /clear to continue in a fresh session, or keep typing to stay in this one."
_NAME = "handoff: "

Entry = dict[str, Any]  # of `SessionState.untold`


def report(entries: Sequence[Entry]) -> str:
    """What to say of the briefs that the model stored in this turn; "" for none."""
    continued = [entry for entry in entries if entry.get("kind") == "continue"][-1:]
    tasks = [entry for entry in entries if entry.get("kind") != "continue"]
    texts = [report_one(entry) for entry in continued]
    if tasks:
        texts.append(_report_tasks(tasks))
    return "\n".join(texts)


def report_one(entry: Entry, *, cause: str = "", then: str = STAY_OR_CLEAR, more: str = "") -> str:
    """The lines on a brief that continues its session; `cause` says why it was written now, `then`
    how to continue, `more` is the last line.
    """
    title = entry.get("title")
    if entry.get("draft"):
        lines = [
            f"brief “{title}” is a draft for your review.",
            f"To commit it: handoff commit --edit {short_id(entry)}",
        ]
        return _NAME + "\n".join(lines)
    because = f"{cause}: " if cause else ""
    return say(f"{because}brief “{title}” written, {_where(entry)}.", entry, then, more)


def say(first: str, entry: Mapping[str, Any], then: str, more: str = "") -> str:
    """The `first` sentence, `then`, how to undo the brief's commit, what `more` there is, and where
    the first commit in a repository of others goes.
    """
    lines = (first, then, commit_result.load(entry).then(), more, str(entry.get("notice") or ""))
    return _NAME + "\n".join(line for line in lines if line)


def without_name(text: str) -> str:
    """A report for where the client puts the product's name in front itself."""
    return text.removeprefix(_NAME)


def past_a_cap(entry: Mapping[str, Any], cap: Cap | None) -> str:
    """How to continue where a usage cap is in the way: /clear does not help."""
    until = f"wait until {cap.local}" if cap else "wait until the cap resets"
    start = f"handoff start {short_id(entry)}"
    return f"Continue on another model or provider ({start} --model … or --provider …), or {until}."


def short_id(entry: Mapping[str, Any]) -> str:
    """The end of a brief's ID, which names it in every command."""
    return str(entry.get("id") or "").rpartition("-")[2]


def describe_snapshot(entry: Mapping[str, Any]) -> str:
    """`saved a snapshot: “Title”, committed as …`."""
    return f"saved a snapshot: {describe(entry)}"


def describe(entry: Mapping[str, Any]) -> str:
    """`“Title”, committed as …`."""
    return f"“{entry.get('title')}”, {_where(entry)}"


def _report_tasks(tasks: Sequence[Entry]) -> str:
    if len(tasks) == 1:
        (task,) = tasks
        start = f"To start it: handoff start {short_id(task)}"
        return say(f"task brief “{task.get('title')}” written, {_where(task)}.", task, start)
    lines = [f"{_NAME}{len(tasks)} task briefs written."]
    for task in tasks:
        undo = commit_result.load(task).then()
        row = f"“{task.get('title')}” ({short_id(task)}), {_where(task)}."
        lines.append(f"{row} {undo}" if undo else row)
    return "\n".join([*lines, "To start one: handoff start ID"])


def _where(entry: Mapping[str, Any]) -> str:
    where = commit_result.load(entry).describe()
    problem = entry.get("problem")
    return f"{where}, without git's state ({problem})" if problem else where
