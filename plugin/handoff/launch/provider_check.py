"""`handoff providers`: who can answer sessions, and whether each does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.base.errors import HandoffError
from handoff.client import settings_env
from handoff.config import value_readers
from handoff.launch import environment, probe, providers
from handoff.launch.plan import settled
from handoff.runtime import find_root

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from handoff.runtime import Here

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
class Checked:
    """What came of checking one provider. `ok` is None where nothing could be asked."""

    name: str
    ok: bool | None
    found: str
    mend: str


def rows(here: Here, cwd: str) -> list[Row]:
    """All providers."""
    known = providers.known(settled(here, cwd).values["providers"])
    return [
        Row(p.name, p.type, p.base_url, _where_key(p, here.env), dict(p.models), p.without)
        for p in known.values()
    ]


def check(wanted: Sequence[str], here: Here, cwd: str, model: str = "") -> list[Checked]:
    """Ask each of the `wanted` providers once; without names, those that have a key or are named in
    the configuration.
    """
    configured = settled(here, cwd).values["providers"]
    known = providers.known(configured)
    if missing := [name for name in wanted if name not in known]:
        raise HandoffError(f"There is no provider {missing[0]}.", f"Known: {', '.join(known)}.")
    used = {entry["name"] for entry in configured} | {providers.usual(here.env)}
    names = wanted or [
        name for name, p in known.items() if name in used or here.env.get(p.token_env or "", "")
    ]
    found = []
    for name in names:
        verdict = _check(known[name], here, cwd, model)
        found.append(Checked(name, verdict.ok, verdict.found, verdict.mend))
    return found


def _check(provider: providers.Provider, here: Here, cwd: str, model: str) -> probe.Verdict:
    settings = settings_env.names(here.env, find_root(cwd))
    if provider.type in _CLOUD:
        return _cloud(provider, {name for name in here.env if here.env[name]} | settings.keys())
    for name, path in settings.items():
        if environment.is_of_a_provider(name):
            fails = provider.type == "compatible"
            return probe.Verdict(
                False if fails else None,
                f"{path} sets {name} for every session.",
                "Take it out of `env` there." if fails else 'To try it: claude -p "Hi"',
            )
    try:
        address, headers = _address(provider, here.env)
    except HandoffError as error:
        return probe.Verdict(False, error.what, error.mend)
    if not headers:
        return probe.Verdict(
            None,
            "the client's own login is used; its key is the client's alone.",
            'To try it: claude -p "Hi"',
        )
    asked = provider.model(model) if model else probe.model_to_try(dict(provider.models))
    if not asked and provider.type == "compatible":
        return probe.Verdict(
            None,
            "no model is known to ask for.",
            f"Name one with --model, or map them: providers.{provider.name}.models",
        )
    verdict = probe.ask(address, headers, asked or _DEFAULT_MODEL)
    lacks = f" Configured as without {', '.join(provider.without)}." if provider.without else ""
    return probe.Verdict(verdict.ok, verdict.found + lacks, verdict.mend)


def _address(provider: providers.Provider, env: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Where to ask and with which headers, the key among them; no headers where none is at hand."""
    if provider.type == "compatible":
        token = providers.key(provider, env)
        return provider.base_url, providers.headers(token)
    base = env.get("ANTHROPIC_BASE_URL", "") or _API
    try:
        value_readers.address(base)
    except ValueError as error:
        raise HandoffError(f"ANTHROPIC_BASE_URL is not {error}.", "Mend it.") from None
    if token := env.get("ANTHROPIC_AUTH_TOKEN", ""):
        token = providers.usable(token, "ANTHROPIC_AUTH_TOKEN")
        return base.rstrip("/"), {"authorization": f"Bearer {token}"}
    if key := env.get("ANTHROPIC_API_KEY", ""):
        return base.rstrip("/"), {"x-api-key": providers.usable(key, "ANTHROPIC_API_KEY")}
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
        "its variables are set; only the client can sign a request.",
        "To try it: handoff start",
    )


def as_json(found: Sequence[Row | Checked]) -> list[dict[str, Any]]:
    """The stable JSON of `handoff providers` and `handoff providers check`."""
    return [dict(vars(item)) for item in found]


def _where_key(provider: providers.Provider, env: Mapping[str, str]) -> str:
    if provider.token_command:
        return f"printed by {provider.token_command[0]}"
    if provider.token_env:
        return f"{provider.token_env} ({'set' if env.get(provider.token_env) else 'not set'})"
    return "none" if provider.type == "compatible" else "the client's own"
