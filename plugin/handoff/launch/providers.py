"""Providers: who answers a session's requests, and the variables that tell the client so.

A key is read from the environment, or from what a command of the user's prints, at the moment when
a session is started or a provider is checked. It is held in memory and in the started program's
environment, and nowhere else.
"""

from __future__ import annotations

import os
import select
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from handoff.base import paths
from handoff.base.errors import HandoffError
from handoff.config import presets
from handoff.launch import environment

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

COMMAND_SECONDS = 60.0
_MAX_KEY_CHARS = 16_384
_NO_KEY = "no-key"
_SWITCHES = {"bedrock": "CLAUDE_CODE_USE_BEDROCK", "vertex": "CLAUDE_CODE_USE_VERTEX"}
_LACK_VARIABLES = {
    "caching": ("DISABLE_PROMPT_CACHING", "1"),
    "thinking": ("MAX_THINKING_TOKENS", "0"),
    "betas": ("CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS", "1"),
}


@dataclass(frozen=True)
class Provider:
    """One provider. `type`: anthropic (the client's own login), compatible, bedrock, vertex.

    `token_env` names the variable that holds the key, `token_command` prints it. `models` maps the
    client's names to the endpoint's. `without` is what the endpoint cannot do. `keep` names keys
    of others that a session there is given all the same.
    """

    name: str
    type: str
    base_url: str = ""
    token_env: str = ""
    token_command: tuple[str, ...] = ()
    models: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()

    def model(self, wanted: str) -> str:
        """The endpoint's name for a model."""
        return self.models.get(wanted, wanted)

    @property
    def names(self) -> list[str]:
        """The variables that a session there is started with, but for their values."""
        return sorted(client_variables(self, ""))


def all_providers(configured: Iterable[Mapping[str, Any]]) -> dict[str, Provider]:
    """All providers by name: the presets, and over them those of the configuration."""
    providers = {name: _made(name, preset) for name, preset in presets.PROVIDERS.items()}
    return providers | {str(entry["name"]): _made(entry["name"], entry) for entry in configured}


def usual_provider(env: Mapping[str, str]) -> str:
    """The provider that the client would use in this environment by itself."""
    switched = [
        name for name, switch in _SWITCHES.items() if environment.is_on(env.get(switch, ""))
    ]
    return switched[0] if switched else presets.ANTHROPIC


def client_variables(provider: Provider, token: str) -> dict[str, str]:
    """What the client's environment needs for a provider, over what it keeps of the user's."""
    if provider.type in _SWITCHES:
        variables = {_SWITCHES[provider.type]: "1"}
    elif provider.type == "compatible":
        variables = {
            "ANTHROPIC_BASE_URL": provider.base_url,
            # Without one the client would send the login that it keeps for Anthropic.
            "ANTHROPIC_AUTH_TOKEN": token or _NO_KEY,
            "ANTHROPIC_API_KEY": "",
            # Beside the token the client sends a key that it keeps, or that its settings'
            # apiKeyHelper prints, as this header (docs/client.md): ours takes its place.
            "ANTHROPIC_CUSTOM_HEADERS": f"x-api-key: {token or _NO_KEY}",
        }
    else:
        variables = {}
    for family in presets.FAMILIES:
        if family in provider.models:
            variables[f"ANTHROPIC_DEFAULT_{family.upper()}_MODEL"] = provider.models[family]
    return variables | dict(
        _LACK_VARIABLES[lack] for lack in provider.without if lack in _LACK_VARIABLES
    )


def auth_headers(token: str) -> dict[str, str]:
    """The headers in which a session's client sends an endpoint its key."""
    return {"authorization": f"Bearer {token or _NO_KEY}", "x-api-key": token or _NO_KEY}


def read_key(provider: Provider, env: Mapping[str, str]) -> str:
    """The provider's key; "" where it needs none, or the client finds it by itself.

    Raises HandoffError, without a word of what was printed, when there is none.
    """
    if provider.token_command:
        return check_key(_printed(provider, env), f"What {provider.token_command[0]} printed")
    if not provider.token_env:
        return ""
    token = env.get(provider.token_env, "").strip()
    if not token:
        raise HandoffError(
            f"There is no key for {provider.name}: {provider.token_env} is not set.",
            f"Set it, or name a command that prints it: providers.{provider.name}.token_command",
        )
    return check_key(token, provider.token_env)


def check_key(token: str, where: str) -> str:
    """A key that may go into a header. Raises HandoffError, which does not repeat it."""
    if not token or len(token) > _MAX_KEY_CHARS or not token.isascii() or not token.isprintable():
        raise HandoffError(
            f"{where} is not a key: a key is one line of plain characters.",
            "Check its value.",
        )
    return token


def _made(name: str, entry: Mapping[str, Any]) -> Provider:
    whole = {**presets.NO_PROVIDER, **entry}
    return Provider(
        name=str(name),
        type=whole["type"],
        base_url=whole["base_url"],
        token_env=whole["token_env"],
        token_command=tuple(whole["token_command"]),
        models=whole["models"],
        without=tuple(whole["without"]),
        keep=tuple(whole["keep"]),
    )


def _printed(provider: Provider, env: Mapping[str, str]) -> str:
    program = provider.token_command[0]
    hint = f"Run it by hand to see why. It is set in providers.{provider.name}.token_command."
    until = time.monotonic() + COMMAND_SECONDS
    try:
        safe = {**env, "PATH": paths.program_path(env)}
        with subprocess.Popen(provider.token_command, stdout=subprocess.PIPE, env=safe) as run:
            try:
                printed = _read(run, until)
                code = run.wait(max(0.0, until - time.monotonic())) if _fits(printed) else 0
            finally:
                run.kill()
    except (subprocess.TimeoutExpired, TimeoutError):
        raise HandoffError(f"{program} did not end within {COMMAND_SECONDS:g} s.", hint) from None
    except OSError as error:
        raise HandoffError(f"{program} cannot be run: {error.strerror}.", hint) from None
    if code:
        raise HandoffError(f"{program} ended with exit code {code}.", hint)
    return printed.decode("utf-8", "replace").strip()


def _read(run: subprocess.Popen[bytes], until: float) -> bytes:
    """What it prints, at most a little more than a key may have; TimeoutError at `until`."""
    printed = b""
    while run.stdout and _fits(printed):
        ready, _, _ = select.select([run.stdout], [], [], max(0.0, until - time.monotonic()))
        if not ready:
            raise TimeoutError
        piece = os.read(run.stdout.fileno(), _MAX_KEY_CHARS)
        if not piece:
            break
        printed += piece
    return printed


def _fits(printed: bytes) -> bool:
    return len(printed) <= _MAX_KEY_CHARS
