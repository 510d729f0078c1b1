"""What is known of providers and of other agents before anybody configures anything: tables only.

Sources: OpenRouter's and LiteLLM's guides for Claude Code (autumn 2026), the client's documentation
on gateways, Bedrock and Vertex, and the other agents' own help. docs/starting.md says which of them
were run.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

CLAUDE = "claude"  # the runner that is the client itself
ANTHROPIC = "anthropic"  # the provider that is the client's own login
FAMILIES = ("opus", "sonnet", "haiku", "fable")
MODES = ("default", "manual", "acceptEdits", "auto", "dontAsk", "plan", "bypassPermissions")
EFFORTS = ("low", "medium", "high", "xhigh", "max")
LACKS = ("tools", "caching", "thinking", "betas", "count_tokens")

PROVIDERS: dict[str, dict[str, Any]] = {
    "anthropic": {"type": "anthropic"},
    "openrouter": {
        "type": "compatible",
        "base_url": "https://openrouter.ai/api",
        "token_env": "OPENROUTER_API_KEY",
        "models": {family: f"~anthropic/claude-{family}-latest" for family in FAMILIES},
        "without": ["betas"],
    },
    "litellm": {
        "type": "compatible",
        "base_url": "http://127.0.0.1:4000",
        "token_env": "LITELLM_API_KEY",
        "without": ["betas"],
    },
    "bedrock": {"type": "bedrock"},
    "vertex": {"type": "vertex"},
}
# What an entry of one's own starts from.
NO_PROVIDER: dict[str, Any] = {
    "type": "compatible",
    "base_url": "",
    "token_env": "",
    "token_command": [],
    "models": {},
    "without": [],
    "keep": [],
}

# A list inside a command is left out when a field in it has no value.
RUNNERS: dict[str, dict[str, Any]] = {
    "codex": {
        "command": ["codex", ["--model", "{model}"], "{prompt}"],
        "print": ["codex", "exec", "--sandbox", "workspace-write", ["--model", "{model}"],
                  "{prompt}"],
        "keep": ["OPENAI_API_KEY", "CODEX_API_KEY"],
    },
    "opencode": {
        "command": ["opencode", ["--model", "{model}"], "--prompt", "{prompt}"],
        "print": ["opencode", "run", ["--model", "{model}"], "{prompt}"],
    },
    "gemini": {
        "command": ["gemini", ["--model", "{model}"], "--prompt-interactive", "{prompt}"],
        "print": ["gemini", ["--model", "{model}"], "--approval-mode", "auto_edit",
                  "--prompt", "{prompt}"],
        "keep": ["GEMINI_API_KEY", "GOOGLE_API_KEY"],
    },
}  # fmt: skip
NO_RUNNER: dict[str, Any] = {"command": [], "print": [], "keep": []}
FIELD = re.compile(r"\{([A-Za-z_]\w*)\}")  # other braces are arguments' own
FIELDS = ("brief_path", "prompt", "model", "id")  # of a runner's command
