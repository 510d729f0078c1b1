#!/usr/bin/env python3
"""Run the presets of other agents for real: each command line by `handoff start`, against a
scripted endpoint on loopback. By hand, with the agents installed:

    npm install --prefix DIR @openai/codex opencode-ai @google/gemini-cli
    python scripts/run_agents.py DIR/node_modules/.bin

Needs handoff's own Python environment (tests/run makes one). Each agent has a home of its own, a
proxy that leads nowhere, and a key of another provider that must not arrive.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "plugin"))

from handoff.demo.stage import Stage  # noqa: E402

SAID = "the agent did it"
BRIEF = "# Say hello\n## Task\nPut hello into greeting.txt.\n"
OWN, OTHER = "own-key", "key-of-another-provider"


def main(folder: str) -> int:
    """Run each agent; 0 if all were given the brief, answered, and sent no other key."""
    results = [run(name, folder) for name in SETUPS]
    return 0 if all(results) else 1


def run(name: str, folder: str) -> bool:
    """Run one agent and say what came of it."""
    asked: list[tuple[str, str, bytes]] = []
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(asked))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with tempfile.TemporaryDirectory() as root:
        stage = Stage(Path(root))
        stage.make_repository()
        stage.link_environment()
        env = {
            **stage.basic_env,
            "PATH": f"{Path(folder).resolve()}{os.pathsep}{stage.basic_env['PATH']}",
            "HTTPS_PROXY": "http://127.0.0.1:9",
            "NO_PROXY": "127.0.0.1,localhost",
            "OPENROUTER_API_KEY": OTHER,
        }
        model, more = SETUPS[name](stage.home, f"http://127.0.0.1:{server.server_port}")
        handoff = [str(ROOT / "bin" / "handoff")]
        written = subprocess.run(
            [*handoff, "write", "--kind", "task", "--json"],
            input=BRIEF, cwd=stage.project, env=env, capture_output=True, text=True, check=True,
        )  # fmt: skip
        brief_id = json.loads(written.stdout)["id"]
        done = subprocess.run(
            [*handoff, "start", brief_id, "--runner", name, "--print", "--model", model, "--json"],
            cwd=stage.project, env=env | more, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip
    server.shutdown()
    server.server_close()
    marks = (b"handoff-brief id=", brief_id.encode(), b"Carry out the task")
    given = any(all(mark in body for mark in marks) for _, _, body in asked)
    leaked = any(OTHER in headers or OTHER.encode() in body for _, headers, body in asked)
    ended = json.loads(done.stdout or "{}")
    # It only talks, so the brief stays open and the command ends with 1.
    settled = (ended.get("code"), ended.get("state"), done.returncode) == (0, "open", 1)
    good = settled and SAID in ended.get("result", "") and given and not leaked
    paths = [path for path, _, _ in asked]
    print(f"{name:<10} {'ok' if good else 'FAIL'}: exit code {ended.get('code')}, brief given: "
          f"{given}, other key sent: {leaked}, asked: {paths}")  # fmt: skip
    if not good:
        print(done.stdout[-2000:], done.stderr[-2000:], sep="\n")
    return good


def handler(asked: list[tuple[str, str, bytes]]) -> type[BaseHTTPRequestHandler]:
    """An endpoint that says one thing in the three formats."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            asked.append((self.path, str(self.headers), body))
            for ending, events in ANSWERS.items():
                if ending in self.path:
                    text = "".join(f"data: {json.dumps(event)}\n\n" for event in events)
                    self.answer(200, text.encode(), "text/event-stream")
                    return
            self.do_GET()

        def do_GET(self) -> None:
            self.answer(404, b"{}", "application/json")

        def answer(self, code: int, body: bytes, kind: str) -> None:
            self.send_response(code)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def codex(home: Path, url: str) -> tuple[str, dict[str, str]]:
    """The model's name and the variables; the agent's configuration is written."""
    write(home / ".codex" / "config.toml",
          'model_provider = "loop"\n[model_providers.loop]\nname = "loop"\n'
          'wire_api = "responses"\n'
          f'base_url = "{url}/v1"\nenv_key = "OPENAI_API_KEY"\n')  # fmt: skip
    return "scripted", {"OPENAI_API_KEY": OWN}


def opencode(home: Path, url: str) -> tuple[str, dict[str, str]]:
    """The same for OpenCode."""
    options = {"baseURL": f"{url}/v1", "apiKey": OWN}
    loop = {"npm": "@ai-sdk/openai-compatible", "options": options, "models": {"scripted": {}}}
    write(home / ".config" / "opencode" / "opencode.json",
          json.dumps({"autoupdate": False, "provider": {"loop": loop}}))  # fmt: skip
    return "loop/scripted", {}


def gemini(home: Path, url: str) -> tuple[str, dict[str, str]]:
    """The same for Gemini CLI."""
    security = {"auth": {"selectedType": "gemini-api-key"}, "folderTrust": {"enabled": False}}
    write(home / ".gemini" / "settings.json", json.dumps({"security": security}))
    return "scripted", {"GEMINI_API_KEY": OWN, "GOOGLE_GEMINI_BASE_URL": url}


def write(path: Path, text: str) -> None:
    """A file with its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


SETUPS = {"codex": codex, "opencode": opencode, "gemini": gemini}
_ITEM = {"type": "message", "role": "assistant", "id": "m",
         "content": [{"type": "output_text", "text": SAID, "annotations": []}]}  # fmt: skip
_USAGE = {"input_tokens": 5, "output_tokens": 3, "total_tokens": 8}
_DELTA = {"role": "assistant", "content": SAID}
ANSWERS: dict[str, list[dict[str, Any]]] = {
    "/responses": [
        {"type": "response.created", "response": {"id": "r"}},
        {"type": "response.output_item.done", "output_index": 0, "item": _ITEM},
        {"type": "response.completed", "response": {"id": "r", "output": [_ITEM], "usage": _USAGE}},
    ],
    "/chat/completions": [
        {"id": "c", "choices": [{"index": 0, "delta": _DELTA, "finish_reason": None}]},
        {"id": "c", "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
    ],
    "GenerateContent": [
        {"candidates": [{"index": 0, "finishReason": "STOP",
                         "content": {"role": "model", "parts": [{"text": SAID}]}}]},
    ],
}  # fmt: skip

if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
