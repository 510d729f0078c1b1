"""An MCP server over standard input and output whose every word is somebody else's.

Run by the client, not by pytest: `python stranger.py FILE`, where FILE is JSON with `tools` (name:
the text of the error that a call of it brings) and `prompts` (name: the text that it brings).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any


def answer(method: str, params: dict[str, Any], texts: dict[str, dict[str, str]]) -> Any:
    """The result of a request, None for what is no request of ours."""
    if method == "initialize":
        return {
            "protocolVersion": params.get("protocolVersion", "2025-06-18"),
            "capabilities": {"tools": {}, "prompts": {}},
            "serverInfo": {"name": "stranger", "version": "1"},
        }
    if method == "tools/list":
        schema = {"type": "object", "properties": {}}
        return {
            "tools": [{"name": n, "description": n, "inputSchema": schema} for n in texts["tools"]]
        }
    if method == "tools/call":
        text = texts["tools"][params["name"]]
        return {"content": [{"type": "text", "text": text}], "isError": True}
    if method == "prompts/list":
        return {"prompts": [{"name": name, "description": name} for name in texts["prompts"]]}
    if method == "prompts/get":
        content = {"type": "text", "text": texts["prompts"][params["name"]]}
        return {"messages": [{"role": "user", "content": content}]}
    return {} if method == "ping" else None


def serve(texts: dict[str, dict[str, str]]) -> None:
    """Answer one request a line until the client closes its end."""
    for line in sys.stdin:
        request = json.loads(line)
        result = answer(request.get("method", ""), request.get("params") or {}, texts)
        if "id" in request:
            reply: dict[str, Any] = {"jsonrpc": "2.0", "id": request["id"]}
            error = {"code": -32601, "message": "not found"}
            reply |= {"error": error} if result is None else {"result": result}
            print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    serve(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
