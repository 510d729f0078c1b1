"""The client's side of the hooks, event by event, in a real repository."""

from __future__ import annotations

import datetime
import json
import os
from typing import TYPE_CHECKING, Any

from handoff.hooks import dispatch
from handoff.runtime import Runtime
from handoff.store import places

if TYPE_CHECKING:
    from support.repo import Repo

DAY = 86_400
WRITE = "handoff write <<'BRIEF'\n# Fix the race\n## Task\nDo fix the race.\nBRIEF"


class Client:
    """The client's side of the hooks: events of one session in one repository."""

    def __init__(self, repo: Repo, session: str = "s1", **env: str) -> None:
        self.repo = repo
        self.session = session
        self.transcript = repo.state.parent / f"{session}.jsonl"
        self.env = {**os.environ, "CLAUDE_PROJECT_DIR": str(repo.root), **env}
        self.later = 0.0

    def __call__(self, event: str, **fields: Any) -> dict[str, Any]:
        """Fire an event; the hook's answer, {} if it said nothing. The log must stay empty."""
        payload = {
            "session_id": self.session,
            "transcript_path": str(self.transcript),
            "cwd": str(self.repo.root),
            **fields,
        }
        now = Runtime(self.env, full=True).now + self.later
        runtime = Runtime(self.env, full=True, now=now)
        output = dispatch.answer(event, json.dumps(payload).encode(), runtime)
        self.check_log()
        return json.loads(output) if output else {}

    def check_log(self) -> None:
        """Nothing went wrong."""
        log = self.repo.state / "log" / "handoff.log"
        assert not log.exists(), log.read_text()

    def start(self, source: str = "startup", **fields: Any) -> dict[str, Any]:
        """SessionStart."""
        return self("session-start", source=source, **fields)

    def works(
        self, *tokens: int, prompt: str = "List the prices", command: str = "", failed: str = ""
    ) -> None:
        """Add a prompt ("": none) and answers at so many tokens, each with a tool call, to the
        transcript, in this moment: a Read, or a shell's `command`, which `failed` with that text.
        """
        at = Runtime(self.env, full=True).now + self.later
        with self.transcript.open("a") as file:
            if prompt:
                file.write(_line("user", {"role": "user", "content": prompt}, at))
            for number, count in enumerate(tokens):
                name = f"{self.session}-{count}-{number}"
                used = {"input_tokens": 1, "cache_read_input_tokens": count - 1, "output_tokens": 5}
                given = {"file_path": str(self.repo.root / "app.py")}
                tool = {"type": "tool_use", "id": name, "name": "Read", "input": given}
                if command:
                    tool |= {"name": "Bash", "input": {"command": command}}
                message = {"id": name, "model": "claude-opus-5-5", "content": [tool], "usage": used}
                file.write(_line("assistant", {"role": "assistant", **message}, at))
                content = f"Exit code 1\n{failed}" if failed else "print('hello')"
                about = {"tool_use_id": name, "content": content, "is_error": bool(failed)}
                result = {"type": "tool_result", **about}
                file.write(_line("user", {"role": "user", "content": [result]}, at))

    def interrupts(self) -> None:
        """A person presses Escape."""
        content = [{"type": "text", "text": "[Request interrupted by user]"}]
        self.notes({"type": "user", "message": {"role": "user", "content": content}})

    def blocks(self) -> None:
        """A Stop hook of somebody else makes the turn go on, as the client records it."""
        message = {"role": "user", "content": "Stop hook feedback:\nGo on with the work"}
        self.notes({"type": "user", "isMeta": True, "message": message})

    def notes(self, record: dict[str, Any]) -> None:
        """Add a record to the transcript."""
        with self.transcript.open("a") as file:
            file.write(json.dumps(record) + "\n")

    def brief(self, *arguments: str, title: str = "Fix the race") -> str:
        """Write a brief by hand in this session; its id."""
        from handoff.authoring import gather, model, write_brief
        from handoff.brief import document
        from handoff.redact.redact import redact

        runtime = Runtime(self.env, full=True)
        words = document.parse_words(redact(f"# {title}\n## Task\nDo {title}.\n"))
        material = gather.collect_material(
            runtime, self.session, places.session_place(runtime, self.session, str(self.repo.root))
        )
        kind = "task" if "task" in arguments else "continue"
        config = runtime.config(str(self.repo.root))
        return write_brief.write(words, material, model.WriteOptions(kind), runtime, config).id


def _line(kind: str, message: dict[str, Any], at: float) -> str:
    stamp = datetime.datetime.fromtimestamp(at, datetime.timezone.utc).isoformat()
    return json.dumps({"type": kind, "message": message, "timestamp": stamp}) + "\n"


def context(answer: dict[str, Any]) -> str:
    """What an answer tells the model."""
    return str(answer.get("hookSpecificOutput", {}).get("additionalContext", ""))
