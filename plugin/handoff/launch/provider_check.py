"""`handoff providers`: who can answer sessions, and whether each does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.base.errors import HandoffError
from handoff.client import settings_env
from handoff.config import value_readers
from handoff.launch import environment, probe, providers
from handoff.launch.plan import load_config
from handoff.runtime import find_root

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from handoff.runtime import Runtime

_API = "https://api.anthropic.com"
_DEFAULT_MODEL = "claude-haiku-4-5"
_CLOUD = {
    "bedrock": (("AWS_BEARER_TOKEN_BEDROCK", "AWS_ACCESS_KEY_ID", "AWS_PROFILE"), "AWS_REGION"),
    "vertex": (
        ("GOOGLE_APPLICATION_CREDENTIALS", "ANTHROPIC_VERTEX_PROJECT_ID"),
        "CLOUD_ML_REGION",
    ),
}


@dataclass(frozen=True)
class Row:
    """One provider, for people and as JSON; `key` says where its key comes from, never the key."""

    name: str
    type: str
    base_url: str
    key: str
    models: dict[str, str]
    without: tuple[str, ...]


@dataclass(frozen=True)
class ProviderCheck:
    """What came of checking one provider. `ok` is None where nothing could be asked."""

    name: str
    ok: bool | None
    detail: str
    hint: str


def list_providers(runtime: Runtime, cwd: str) -> list[Row]:
    """All providers."""
    known = providers.all_providers(load_config(runtime, cwd).values["providers"])
    return [
        Row(p.name, p.type, p.base_url, _where_key(p, runtime.env), dict(p.models), p.without)
        for p in known.values()
    ]


def check_providers(
    wanted: Sequence[str], runtime: Runtime, cwd: str, model: str = ""
) -> list[ProviderCheck]:
    """Ask each of the `wanted` providers once; without names, those that have a key or are named in
    the configuration.
    """
    configured = load_config(runtime, cwd).values["providers"]
    known = providers.all_providers(configured)
    if missing := [name for name in wanted if name not in known]:
        raise HandoffError(f"Unknown provider {missing[0]}.", f"Known: {', '.join(known)}.")
    used = {entry["name"] for entry in configured} | {providers.usual_provider(runtime.env)}
    names = wanted or [
        name for name, p in known.items() if name in used or runtime.env.get(p.token_env or "", "")
    ]
    checked = []
    for name in names:
        verdict = _check(known[name], runtime, cwd, model)
        checked.append(ProviderCheck(name, verdict.ok, verdict.detail, verdict.hint))
    return checked


def _check(provider: providers.Provider, runtime: Runtime, cwd: str, model: str) -> probe.Verdict:
    settings = settings_env.read_names(runtime.env, find_root(cwd))
    if provider.type in _CLOUD:
        return _cloud(
            provider, {name for name in runtime.env if runtime.env[name]} | settings.keys()
        )
    for name, path in settings.items():
        if environment.is_of_a_provider(name):
            fails = provider.type == "compatible"
            return probe.Verdict(
                False if fails else None,
                f"{path} sets {name} for every session.",
                "Remove it from `env` there." if fails else 'To try it: claude -p "Hi"',
            )
    try:
        address, headers = _address(provider, runtime.env)
    except HandoffError as error:
        return probe.Verdict(False, error.what, error.hint)
    if not headers:
        return probe.Verdict(
            None,
            "it uses the client's own login, which handoff cannot read.",
            'To try it: claude -p "Hi"',
        )
    asked = provider.model(model) if model else probe.model_to_try(dict(provider.models))
    if not asked and provider.type == "compatible":
        return probe.Verdict(
            None,
            "it is unknown which model to ask for.",
            f"Name one with --model, or map them: providers.{provider.name}.models",
        )
    verdict = probe.probe_endpoint(address, headers, asked or _DEFAULT_MODEL)
    lacks = f" Configured as without {', '.join(provider.without)}." if provider.without else ""
    return probe.Verdict(verdict.ok, verdict.detail + lacks, verdict.hint)


def _address(provider: providers.Provider, env: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Where to ask and with which headers, the key among them; no headers where none is at hand."""
    if provider.type == "compatible":
        token = providers.read_key(provider, env)
        return provider.base_url, providers.auth_headers(token)
    base = env.get("ANTHROPIC_BASE_URL", "") or _API
    try:
        value_readers.address(base)
    except ValueError as error:
        raise HandoffError(f"ANTHROPIC_BASE_URL is not {error}.", "Fix it.") from None
    if token := env.get("ANTHROPIC_AUTH_TOKEN", ""):
        token = providers.check_key(token, "ANTHROPIC_AUTH_TOKEN")
        return base.rstrip("/"), {"authorization": f"Bearer {token}"}
    if key := env.get("ANTHROPIC_API_KEY", ""):
        return base.rstrip("/"), {"x-api-key": providers.check_key(key, "ANTHROPIC_API_KEY")}
    return base, {}


def _cloud(provider: providers.Provider, given: Collection[str]) -> probe.Verdict:
    """The client signs requests to the clouds itself: here only the variables that are `given`, in
    the environment or by its settings, are looked at.
    """
    keys, region = _CLOUD[provider.type]
    if not any(name in given for name in keys):
        return probe.Verdict(
            None,
            f"none of {', '.join(keys)} is set; the client may find a login elsewhere.",
            "Set one, or log in with the cloud's own command line.",
        )
    if region not in given:
        return probe.Verdict(False, f"{region} is not set.", f"Set {region}.")
    return probe.Verdict(
        None,
        "its variables are set; only the client can sign a request, so none was made.",
        "To try it: handoff start",
    )


def as_json(rows: Sequence[Row | ProviderCheck]) -> list[dict[str, Any]]:
    """The stable JSON of `handoff providers` and `handoff providers check`."""
    return [dict(vars(item)) for item in rows]


def _where_key(provider: providers.Provider, env: Mapping[str, str]) -> str:
    if provider.token_command:
        return f"printed by {provider.token_command[0]}"
    if provider.token_env:
        return f"{provider.token_env} ({'set' if env.get(provider.token_env) else 'not set'})"
    return "none" if provider.type == "compatible" else "the client's own"
