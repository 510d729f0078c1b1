"""The client's tools: calls and results, translated."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from handoff.base import truncate
from handoff.client.transcript.events import (
    Background,
    Call,
    Replied,
    Result,
    Todo,
    TodoChange,
    TodoList,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.client.transcript.events import Event, Kind, State

HEAD, TAIL = 24_000, 12_000  # characters kept of a result
MAX_DETAIL_CHARS = 6_000

_KINDS: dict[str, Kind] = {
    "Read": "read",
    "NotebookRead": "read",
    "Edit": "edit",
    "MultiEdit": "edit",
    "NotebookEdit": "edit",
    "Write": "create",
    "Bash": "command",
    "PowerShell": "command",
    "Grep": "search",
    "Glob": "search",
    "LS": "search",
    "TodoWrite": "task",
    "TaskCreate": "task",
    "TaskUpdate": "task",
    "TaskList": "task",
    "TaskGet": "task",
    "AskUserQuestion": "question",
    "ExitPlanMode": "plan",
    "Task": "agent",
    "Agent": "agent",
    "Skill": "skill",
    "EnterWorktree": "move",
    "ExitWorktree": "move",
    "WebFetch": "web",
    "WebSearch": "web",
}
_DETAILS: dict[Kind, tuple[str, ...]] = {
    "search": ("pattern", "path"),
    "plan": ("plan",),
    "web": ("url", "query"),
}
_PATHS = ("file_path", "notebook_path", "filePath", "path")
# Names of the fields in calls and results: they tell nothing of the work in which they stand.
FIELDS = frozenset(
    re.findall(
        r"\w+",
        "file_path filePath notebook_path old_string oldString new_string newString "
        "new_source replace_all replaceAll edit_mode cell_id cell_type output_mode head_limit "
        "subagent_type run_in_background runInBackground task_id taskId tool_use tool_use_id "
        "toolUseId tool_result tool_use_error tool_name toolName tool_input toolInput "
        "toolUseResult is_error isError agentId agent_id agentType session_id sessionId "
        "isSidechain parentUuid shell_id shellId active_form activeForm blockedBy "
        "addBlockedBy multiSelect structuredPatch originalFile userModified numFiles numLines "
        "totalLines startLine isImage noOutputExpected returnCodeInterpretation "
        "totalToolUseCount totalDurationMs totalTokens allowed_domains blocked_domains "
        "stop_reason stopReason input_tokens output_tokens cache_creation_input_tokens "
        "cache_read_input_tokens ",
    )
)
_STOPS = frozenset({"TaskStop", "KillShell", "KillBash"})
_SCHEDULES = frozenset({"CronCreate", "ScheduleWakeup"})
_STATES = frozenset({"pending", "in_progress", "completed", "deleted"})
_BACKGROUND = re.compile(
    r"(?:background(?:ed by user)? with ID: |Monitor started \(task )([\w-]+)"
    r"|\AAsync agent launched[\s\S]*?\bagentId: ([\w-]+)"
)
_BACKGROUND_MARKS = ("with ID: ", "Monitor started", "agentId: ")
_CREATED = "File created"
_ANSWERED = re.compile(r'"((?:[^"\\]|\\.)+)"="((?:[^"\\]|\\.)*)"')
_TASK_NUMBER = re.compile(r"#([\w-]+)")
_TASK_LINE = re.compile(r"^#([\w-]+) \[(\w+)\] (.+)$", re.MULTILINE)
# What the client says of a task stands in front of the task's own output.
_TASK_OUTPUT = re.compile(
    r"\s*<retrieval_status>\w+</retrieval_status>\s*<task_id>([\w-]+)</task_id>"
    r"(?:(?!<output>)[\s\S])*?<status>(\w+)</status>"
)
_OUTPUT = re.compile(r"<output>\s*([\s\S]*?)\s*(?:</output>|\Z)")
_APPROVED_PLAN = re.compile(r"## Approved Plan[^\n]*\n+([\s\S]+)")
_AGENT_FOOTER = re.compile(r"\n*(?:agentId: \w+ \(|<usage>|\[Subagent result)[\s\S]*\Z")


def clean(value: object) -> str:
    """A text that can be written as UTF-8, or "" for what is no text."""
    if not isinstance(value, str):
        return ""
    if value.isascii():
        return value
    try:
        value.encode()
    except UnicodeEncodeError:  # half of a surrogate pair, escaped in the JSON
        return value.encode("utf-8", "replace").decode()
    return value


def bounded(text: str, head: int = HEAD, tail: int = TAIL) -> str:
    """Head and tail of a long text, with what is left out counted."""
    if len(text) <= head + tail:
        return text
    first, last = truncate.first_line(text, head), truncate.last_line(text, tail)
    if len(first) + len(last) >= len(text):
        return text
    return f"{first}\n[... {len(text) - len(first) - len(last)} characters ...]\n{last}"


def read_call(block: dict[str, Any], at: str) -> Call:
    """The call in one `tool_use` block, whatever its input looks like."""
    given = block.get("input")
    if not isinstance(given, dict):
        given = {}
    tool = clean(block.get("name"))
    kind: Kind = _KINDS.get(tool, "other")
    paths = tuple(
        dict.fromkeys(filter(None, (clean(given[key]) for key in _PATHS if key in given)))
    )
    command = clean(given.get("command")) if kind == "command" or tool == "Monitor" else ""
    detail = bounded(clean(_detail(kind, given)), MAX_DETAIL_CHARS, 0)
    return Call(clean(block.get("id")), tool, kind, paths, command, detail, at)


def _detail(kind: Kind, given: dict[str, Any]) -> object:
    if kind in ("edit", "create"):
        edits = given.get("edits")
        if isinstance(edits, list):
            return "\n".join(clean(e.get("new_string")) for e in edits if isinstance(e, dict))
        return given.get("new_string") or given.get("content") or given.get("new_source")
    if kind == "question":
        asked = given.get("questions")
        asked = asked if isinstance(asked, list) else []
        return "\n".join(clean(q.get("question")) for q in asked if isinstance(q, dict))
    if kind == "skill":
        return f"{clean(given.get('skill'))} {clean(given.get('args'))}".strip()
    if kind in ("agent", "task"):
        both = ("description", "prompt") if kind == "agent" else ("subject", "description")
        return "\n".join(text for key in both if (text := clean(given.get(key))))
    keys = _DETAILS.get(kind, ("description", "title", "query", "task_id", "bash_id"))
    return next((given[key] for key in keys if given.get(key)), "")


def read_todos(call: Call, block: dict[str, Any]) -> Iterator[Event]:
    """What a call says beyond itself: the state of the task list."""
    given = block.get("input")
    if not isinstance(given, dict):
        return
    if call.tool == "TodoWrite" and isinstance(given.get("todos"), list):
        items = [item for item in given["todos"] if isinstance(item, dict)]
        yield TodoList(
            tuple(
                Todo(str(number), clean(i.get("content")), _state(i.get("status")) or "pending")
                for number, i in enumerate(items, 1)
            ),
            call.at,
        )
    elif call.tool == "TaskUpdate" and given.get("taskId"):
        state = _state(given.get("status"))
        yield TodoChange(clean(str(given["taskId"])), clean(given.get("subject")), state, call.at)


def read_call_result(
    block: dict[str, Any], call: Call | None, at: str, *, refused: bool = False
) -> Result:
    """The result in one `tool_result` block; `made` is its call, if it is in the transcript.

    Whether it failed is the client's to say (`is_error`), never its text's.
    """
    text = text_of(block.get("content"))
    ok = not block.get("is_error")
    background = ""
    if call is not None and ok:
        if call.kind in ("command", "agent", "other"):
            background = _background(text[:2000])
        if call.kind == "plan" and (plan := _APPROVED_PLAN.search(text)):
            text = plan[1]
        elif call.kind == "agent":
            text = _AGENT_FOOTER.sub("", text)
    created = ok and call is not None and call.kind == "create" and text.startswith(_CREATED)
    key = clean(block.get("tool_use_id"))
    return Result(key, ok, bounded(text), at, refused, background, created)


def _background(text: str) -> str:
    """The id of what a result says goes on running, or ""."""
    if not any(mark in text for mark in _BACKGROUND_MARKS):
        return ""
    match = _BACKGROUND.search(text)
    return (match[1] or match[2]) if match else ""


def read_effects(got: Result, call: Call | None, copy: object) -> Iterator[Event]:
    """What a result says beyond itself. `copy` is the client's structured copy, if it was kept."""
    if call is None or not got.ok:
        return
    if call.tool == "TaskCreate":
        number = _TASK_NUMBER.search(got.text)
        if number:
            yield TodoChange(number[1], call.detail.partition("\n")[0], "pending", got.at)
    elif call.tool == "TaskList":
        for number_, state, text in _TASK_LINE.findall(got.text):
            yield TodoChange(number_, text, _state(state), got.at)
    elif call.tool == "AskUserQuestion":
        yield from _replies(got, copy)
    elif call.tool in ("TaskOutput", "AgentOutputTool", "BashOutput"):
        output = _TASK_OUTPUT.match(got.text)
        if output and output[2] != "running":
            result_text = _OUTPUT.search(got.text)
            yield Background(output[1], output[2], result_text[1] if result_text else "", got.at)


def stopped_task(block: dict[str, Any]) -> str:
    """The id of the background task that a call stops, or ""."""
    given = block.get("input")
    if clean(block.get("name")) in _STOPS and isinstance(given, dict):
        return clean(given.get("task_id") or given.get("shell_id"))
    return ""


def scheduled_prompt(block: dict[str, Any]) -> str:
    """The prompt that a call has the client give the model later, or "": the model's own words,
    which the client queues like a person's (2.1.330, 2.1.197).
    """
    given = block.get("input")
    if clean(block.get("name")) in _SCHEDULES and isinstance(given, dict):
        return clean(given.get("prompt"))
    return ""


def _replies(got: Result, copy: object) -> Iterator[Replied]:
    answers = copy.get("answers") if isinstance(copy, dict) else None
    if not isinstance(answers, dict):
        answers = dict(_ANSWERED.findall(got.text))
    for question, given in answers.items():
        answer = ", ".join(map(clean, given)) if isinstance(given, list) else clean(given)
        if answer:
            yield Replied(clean(question), answer, got.at)


def _state(value: object) -> State | None:
    return cast("State", value) if isinstance(value, str) and value in _STATES else None


def text_of(content: object) -> str:
    """The text of a result, its blocks joined by lines."""
    if isinstance(content, list):
        parts = (part.get("text") for part in content if isinstance(part, dict))
        return "\n".join(text for part in parts if (text := clean(part)))
    return clean(content)
