"""The environment of a started program: the user's own, without the keys of other providers.

A session gets the key of the provider that answers it and no other provider's: what it runs can
read its environment. It also gets nothing of the session that started it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.config import presets
from handoff.git import environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_AWS = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN",
)  # fmt: skip
_GOOGLE = ("GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_OAUTH_ACCESS_TOKEN")
_MANTLE = (
    "CLAUDE_CODE_USE_MANTLE", "CLAUDE_CODE_SKIP_MANTLE_AUTH", "ANTHROPIC_BEDROCK_MANTLE_BASE_URL",
    "AWS_BEARER_TOKEN_BEDROCK", *_AWS,
)  # fmt: skip
# The variables that the client itself reads, by whom they are for: the types of providers, and
# other clouds of the client's, whose first one is the switch. Source: its documentation, and the
# names in the program of 2.1.330.
_OF_TYPE = {
    "anthropic": (
        "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL",
        "ANTHROPIC_CUSTOM_HEADERS", "ANTHROPIC_UNIX_SOCKET", "ANTHROPIC_PROFILE",
        "ANTHROPIC_IDENTITY_TOKEN", "ANTHROPIC_IDENTITY_TOKEN_FILE", "CLAUDE_CODE_USE_GATEWAY",
        "CLAUDE_CODE_API_BASE_URL", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_OAUTH_REFRESH_TOKEN",
        "CLAUDE_CODE_API_KEY_FILE_DESCRIPTOR", "CLAUDE_CODE_OAUTH_TOKEN_FILE_DESCRIPTOR",
    ),
    "bedrock": (
        "CLAUDE_CODE_USE_BEDROCK", "CLAUDE_CODE_SKIP_BEDROCK_AUTH", "ANTHROPIC_BEDROCK_BASE_URL",
        *_MANTLE,
    ),
    "vertex": (
        "CLAUDE_CODE_USE_VERTEX", "CLAUDE_CODE_SKIP_VERTEX_AUTH", "ANTHROPIC_VERTEX_BASE_URL",
        *_GOOGLE,
    ),
    "compatible": (),
}  # fmt: skip
_OTHERS = {
    "mantle": _MANTLE,
    "foundry": (
        "CLAUDE_CODE_USE_FOUNDRY", "CLAUDE_CODE_SKIP_FOUNDRY_AUTH", "ANTHROPIC_FOUNDRY_API_KEY",
        "ANTHROPIC_FOUNDRY_AUTH_TOKEN", "ANTHROPIC_FOUNDRY_BASE_URL", "ANTHROPIC_FOUNDRY_RESOURCE",
    ),
    "anthropic_aws": (
        "CLAUDE_CODE_USE_ANTHROPIC_AWS", "CLAUDE_CODE_SKIP_ANTHROPIC_AWS_AUTH",
        "ANTHROPIC_AWS_API_KEY", "ANTHROPIC_AWS_BASE_URL", "ANTHROPIC_AWS_WORKSPACE_ID", *_AWS,
    ),
    "anthropic_google_cloud": (
        "CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD", "CLAUDE_CODE_SKIP_ANTHROPIC_GOOGLE_CLOUD_AUTH",
        "ANTHROPIC_GOOGLE_CLOUD_BASE_URL", "ANTHROPIC_GOOGLE_CLOUD_PROJECT",
        "ANTHROPIC_GOOGLE_CLOUD_WORKSPACE_ID", *_GOOGLE,
    ),
}  # fmt: skip
# Names of models are a provider's: they stay with the one that the environment is set for.
_MODELS = (
    "ANTHROPIC_MODEL", "ANTHROPIC_DEFAULT_MODEL", "ANTHROPIC_CUSTOM_MODEL_OPTION",
    "ANTHROPIC_SMALL_FAST_MODEL", "CLAUDE_CODE_SUBAGENT_MODEL",
    *(f"ANTHROPIC_DEFAULT_{name}_MODEL" for name in ("OPUS", "SONNET", "HAIKU", "FABLE")),
)  # fmt: skip
_KEYS = (
    "AZURE_API_KEY", "AZURE_OPENAI_API_KEY", "CEREBRAS_API_KEY", "CODEX_API_KEY", "COHERE_API_KEY",
    "DASHSCOPE_API_KEY", "DEEPSEEK_API_KEY", "FIREWORKS_API_KEY", "GEMINI_API_KEY",
    "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY", "GROQ_API_KEY", "HF_TOKEN",
    "HUGGINGFACE_API_KEY", "HUGGING_FACE_HUB_TOKEN", "KIMI_API_KEY", "LITELLM_API_KEY",
    "LITELLM_MASTER_KEY", "MINIMAX_API_KEY", "MISTRAL_API_KEY", "MOONSHOT_API_KEY",
    "NVIDIA_API_KEY", "OPENAI_API_KEY", "OPENAI_ACCESS_TOKEN", "OPENROUTER_API_KEY",
    "PERPLEXITY_API_KEY", "REPLICATE_API_TOKEN", "SAMBANOVA_API_KEY", "TOGETHER_API_KEY",
    "XAI_API_KEY", "ZAI_API_KEY", "ZHIPUAI_API_KEY",
)  # fmt: skip
# What a session sets for its own hooks and shell.
_OF_A_SESSION = (
    "AI_AGENT", "CLAUDECODE", "CLAUDE_CODE_CHILD_NOTES_DIR", "CLAUDE_CODE_CHILD_SESSION",
    "CLAUDE_CODE_ENTRYPOINT", "CLAUDE_CODE_EXECPATH", "CLAUDE_CODE_MESSAGING_SOCKET",
    "CLAUDE_CODE_MESSAGING_TOKEN", "CLAUDE_CODE_SESSION_ID", "CLAUDE_CODE_SESSION_ATTENDED",
    "CLAUDE_CODE_SSE_PORT", "CLAUDE_EFFORT", "CLAUDE_ENV_FILE", "CLAUDE_PID", "CLAUDE_PLUGIN_DATA",
    "CLAUDE_PLUGIN_ROOT", "CLAUDE_PROJECT_DIR", "HANDOFF_PICKUP", "HANDOFF_RELAY",
)  # fmt: skip
_OPTION_OF_A_PLUGIN = "CLAUDE_PLUGIN_OPTION_"
_TRUE = ("1", "true", "yes", "on")


@dataclass(frozen=True)
class Environment:
    """A program's whole environment. `added` and `removed` are names, against the user's own.

    It never shows a value: not in a message, not in a traceback.
    """

    values: Mapping[str, str]
    added: tuple[str, ...]
    removed: tuple[str, ...]

    def __repr__(self) -> str:
        return f"Environment(added={self.added}, removed={self.removed})"


def is_of_a_provider(name: str) -> bool:
    """Whether a variable is a provider's: a key, an address, a switch, or the name of a model."""
    tables = (_KEYS, _MODELS, *_OF_TYPE.values(), *_OTHERS.values())
    return any(name in names for names in tables)


def is_on(switch: str) -> bool:
    """Whether the client takes the value of a variable for yes."""
    return switch.strip().lower() in _TRUE


def build(
    env: Mapping[str, str],
    added: Mapping[str, str],
    *,
    of_type: str = "",
    is_usual: bool = False,
    keep: Iterable[str] = (),
    secret: Iterable[str] = (),
) -> Environment:
    """`env` with `added`, for a provider of a type ("": not the client, so none of its variables).

    `is_usual`: it is the one that `env` is set for, so its models' names hold too, and so does
    another cloud of the client's that is switched on. `keep` are keys that stay all the same;
    `secret` are the names under which the user keeps other keys. What a git hook has set never
    stays: it would lead the program's git to another worktree or index than its own.
    """
    kinds = {of_type} & _OF_TYPE.keys()
    if is_usual and of_type == presets.ANTHROPIC:
        kinds |= {kind for kind, names in _OTHERS.items() if is_on(env.get(names[0], ""))}
    tables = {**_OF_TYPE, **_OTHERS}
    of_providers = {name for names in tables.values() for name in names}
    of_providers |= {*_KEYS, *secret, *(() if is_usual else _MODELS)}
    kept = {*keep, *(name for kind in kinds for name in tables[kind])}
    drop = (of_providers - kept) | {*_OF_A_SESSION, *environment.ASTRAY}
    drop |= {name for name in env if name.startswith(_OPTION_OF_A_PLUGIN)}
    removed = [name for name in env if name in drop and name not in added]
    plain = {name: value for name, value in env.items() if name not in drop}
    return Environment({**plain, **added}, tuple(sorted(added)), tuple(sorted(removed)))
