"""Sessions with secrets in every place that a session has, and a look for their pieces.

The secrets are made from the table of the redaction's tests. Of each the random parts are known, so
that a piece of one can be told from the words that its issuer puts around it.
"""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support.secret_table import PROVIDERS, make_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

PIECE = 6  # characters of a secret that must not be left together
# Of hex alone it takes more: git's and the ledger's digests are new in each run, and hold any six.
HEX_PIECE = 12
_HEX = re.compile(r"[0-9a-f]+")
_FILL = re.compile(r"\{(?:U|[wluhdaLbB2]\d+)\}")


@dataclass(frozen=True)
class Secret:
    """A made-up secret. `alone`: its shape gives it away, else the words beside it do; `begins`: it
    begins as its issuer's do, and so is known in a path too.
    """

    name: str
    value: str
    parts: tuple[str, ...]
    alone: bool
    begins: bool = False

    @property
    def assigned(self) -> str:
        """As it stands in a file of settings."""
        return f"{self.name.upper()}={self.value}"

    def left_in(self, text: str) -> str:
        """A piece of it that stands in a text, "" if none does."""
        for part in self.parts:
            for at in range(len(part) - PIECE + 1):
                piece = part[at : at + PIECE]
                if _HEX.fullmatch(piece):
                    begin = max(0, min(at, len(part) - HEX_PIECE))
                    piece = part[begin : begin + HEX_PIECE]
                if piece in text:
                    return piece
        return ""


def secrets(seed: int) -> list[Secret]:
    """One of each kind of the table."""
    chance = random.Random(seed)
    planted = []
    for provider, noun, template, alone in PROVIDERS:
        parts: list[str] = []

        def fill(match: re.Match[str], parts: list[str] = parts) -> str:
            parts.append(make_secret(match[0], chance))
            return parts[-1]

        value = _FILL.sub(fill, template)
        name = "_".join(f"{provider} {noun}".replace(".", " ").replace("-", " ").split())
        begins = alone and template[0] != "{" and not value.strip("{}").startswith("http")
        planted.append(Secret(name, value, tuple(parts), alone, begins))
    return planted


# --- where a session can hold one ----------------------------------------------------------------


def _record(kind: str, **fields: Any) -> dict[str, Any]:
    about = {"cwd": "/r", "gitBranch": "main", "sessionId": "s-1", "version": "2.1.330"}
    return {"parentUuid": None, "isSidechain": False, "type": kind, **about, **fields}


def _user(content: Any, **fields: Any) -> dict[str, Any]:
    return _record("user", message={"role": "user", "content": content}, **fields)


def _model(*blocks: dict[str, Any], key: str) -> dict[str, Any]:
    usage = {"input_tokens": 2, "cache_read_input_tokens": 30, "cache_creation_input_tokens": 4}
    message = {"id": key, "role": "assistant", "model": "m-1", "content": list(blocks)}
    return _record("assistant", message=message | {"usage": {**usage, "output_tokens": 7}})


def _said(text: str) -> list[dict[str, Any]]:
    return [_model({"type": "text", "text": text}, key=f"m{random.random()}")]


def _called(name: str, given: dict[str, Any], out: str = "ok", **how: Any) -> list[dict[str, Any]]:
    key = f"t{random.random()}"
    block = {"type": "tool_result", "tool_use_id": key, "content": out, **how}
    call = {"type": "tool_use", "id": key, "name": name, "input": given}
    return [_model(call, key=f"m{key}"), _user([block])]


def _ran(command: str, out: str = "ok", **how: Any) -> list[dict[str, Any]]:
    return _called("Bash", {"command": command, "description": "run it"}, out, **how)


def _asked(text: str) -> list[dict[str, Any]]:
    given = {"questions": [{"question": text, "options": []}]}
    return _called("AskUserQuestion", given, f'"Which one?"="{text}"')


# Each puts a text that holds a secret into one field of the records.
PLACES: dict[str, Callable[[str], list[dict[str, Any]]]] = {
    "prompt": lambda s: [_user(f"Use this for the tests: {s}")],
    "queued prompt": lambda s: [_record("queue-operation", operation="enqueue", content=s)],
    "slash command": lambda s: [
        _user(f"<command-name>/deploy</command-name>\n<command-args>{s}</command-args>")
    ],
    "shell command": lambda s: [_user(f"<bash-input>echo {s}</bash-input>")],
    "answer": lambda s: _said(f"The file holds {s} now, and fetch_user reads it from there."),
    "edit": lambda s: _called(
        "Edit", {"file_path": "/r/.env", "old_string": s, "new_string": f"A_B=1\n{s}\nC_D=2"}
    ),
    "multi edit": lambda s: _called(
        "MultiEdit", {"file_path": "/r/a.py", "edits": [{"old_string": s, "new_string": s}]}
    ),
    "write": lambda s: _called("Write", {"file_path": "/r/conf.yaml", "content": f"x: 1\n{s}\n"}),
    "notebook": lambda s: _called("NotebookEdit", {"notebook_path": "/r/n.ipynb", "new_source": s}),
    "bash command": lambda s: _ran(f"make deploy && export {s}"),
    "bash output": lambda s: _ran("cat .env", f"src/app.py:1\n{s}\nsrc/b.py"),
    "failing output": lambda s: _ran("pytest -q", f"Exit code 1\nerror: {s}\n", is_error=True),
    "here-document": lambda s: _ran(f"cat > .env <<'END'\n{s}\nEND\nmake test"),
    "background command": lambda s: _ran(
        f"npm run serve -- --port 80 # {s}", "Command running in background with ID: b1"
    ),
    "grep command": lambda s: _ran(f"grep -rn '{s}' src"),
    "grep": lambda s: _called("Grep", {"pattern": s, "path": "/r"}, f"src/a.py:1:{s}"),
    "read": lambda s: _called("Read", {"file_path": "/r/.env"}, f"     1→{s}\n     2→X_Y=1"),
    "mcp": lambda s: _called("mcp__db__query", {"query": s}, f'{{"some_field": "{s}"}}'),
    "mcp error": lambda s: _called("mcp__db__query", {"title": s}, s, is_error=True),
    "todo": lambda s: _called("TodoWrite", {"todos": [{"content": s, "status": "in_progress"}]}),
    "task": lambda s: _called("TaskCreate", {"subject": s, "description": s}, "Task #7 created"),
    "agent": lambda s: _called("Task", {"description": s, "prompt": s}, f"Done. {s}"),
    "question": _asked,
    "plan": lambda s: _called("ExitPlanMode", {"plan": f"# Plan\n1. {s}"}, "approved your plan"),
    "web": lambda s: _called("WebFetch", {"url": f"https://x.example/?{s}", "prompt": s}, s),
    "skill": lambda s: _called("Skill", {"skill": "deploy", "args": s}, s),
    "summary": lambda s: [_user(f"What was done: {s}", isCompactSummary=True)],
    "commit": lambda s: _ran(f"git commit -qm 'Set {s}'", ""),
    "commit line": lambda s: _ran("git commit -F x", f"[main abc1234] Set {s}\n 1 file changed"),
    "API error": lambda s: [
        {
            **_model({"type": "text", "text": f"API Error: {s}"}, key="e"),
            "isApiErrorMessage": True,
        }
    ],
}
# Here nothing can stand beside it: only what its shape gives away can be known.
NAMES: dict[str, Callable[[str], list[dict[str, Any]]]] = {
    "path": lambda s: _called("Edit", {"file_path": f"/r/{s}/a.py", "new_string": "x"}),
    "file name": lambda s: _called("Write", {"file_path": f"/r/{s}.md", "content": "x"}),
    "outside path": lambda s: _called("Read", {"file_path": f"/srv/{s}/b.py"}),
    "path in output": lambda s: _ran("ls", f"src/{s}/c.py\n"),
    "branch": lambda s: [{**_user("go on with the work"), "gitBranch": s}],
    "folder": lambda s: [{**_user("go on with it there"), "cwd": f"/r/{s}"}],
}


def session(chosen: Iterable[Secret]) -> Iterator[dict[str, Any]]:
    """Records of a session: the first secrets in names, the others one in each place."""
    yield _user("Make the deploy script read its settings from a file.")
    yield from _said("I look at it first.")
    left = list(chosen)
    for put in NAMES.values():
        plain = next((s for s in left if s.begins and re.fullmatch(r"[\w.-]+", s.value)), None)
        if plain:
            left.remove(plain)
            yield from put(plain.value)
    for put, secret in zip(PLACES.values(), left, strict=False):
        yield from put(secret.assigned)
    yield from _said("Now the tests.")


def dump(records: Iterable[dict[str, Any]]) -> str:
    """The records as the client writes them."""
    lines = []
    for number, record in enumerate(records):
        at = f"2026-11-30T10:{number // 60 % 60:02}:{number % 60:02}.000Z"
        lines.append(json.dumps({"timestamp": at, **record}, separators=(",", ":")))
    return "\n".join(lines) + "\n"
