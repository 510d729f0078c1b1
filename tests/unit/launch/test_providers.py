"""Providers: which variables a session gets, where a key comes from, what a check says."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.base.errors import HandoffError
from handoff.client import settings_env, settings_read
from handoff.config import presets
from handoff.launch import environment, probe, providers
from handoff.launch.providers import Provider
from support.endpoint import Endpoint, error

if TYPE_CHECKING:
    from pathlib import Path

HERE = Provider("here", "compatible", "http://127.0.0.1:1", "HERE_KEY")
ALL_KEYS = {
    "ANTHROPIC_API_KEY": "k-anthropic",
    "ANTHROPIC_AUTH_TOKEN": "k-token",
    "ANTHROPIC_CUSTOM_HEADERS": "x-key: k-header",
    "CLAUDE_CODE_OAUTH_TOKEN": "k-oauth",
    "AWS_SECRET_ACCESS_KEY": "k-aws",
    "AWS_BEARER_TOKEN_BEDROCK": "k-bedrock",
    "GOOGLE_APPLICATION_CREDENTIALS": "/k-vertex",
    "ANTHROPIC_FOUNDRY_API_KEY": "k-foundry",
    "OPENROUTER_API_KEY": "k-openrouter",
    "LITELLM_API_KEY": "k-litellm",
    "OPENAI_API_KEY": "k-openai",
    "GEMINI_API_KEY": "k-gemini",
    "HERE_KEY": "k-here",
}
OWN = {
    "anthropic": {"k-anthropic", "k-token", "x-key: k-header", "k-oauth"},
    "bedrock": {"k-aws", "k-bedrock"},
    "vertex": {"/k-vertex"},
    "openrouter": {"k-openrouter"},
    "litellm": {"k-litellm"},
    "here": {"k-here"},
}


def built(provider: Provider, env: dict[str, str]) -> environment.Environment:
    token = providers.read_key(provider, env)
    return environment.build(
        env, providers.client_variables(provider, token), of_type=provider.type,
        secret=["HERE_KEY"],
        is_usual=provider.type == providers.usual_provider(env), keep=provider.keep,
    )  # fmt: skip


# environment


def test_every_preset_is_tried() -> None:
    """Its key is among those that may leak, and is known for a provider's."""
    assert set(OWN) == {*presets.PROVIDERS, "here"}
    keys = {row["token_env"] for row in presets.PROVIDERS.values() if "token_env" in row}
    assert keys <= set(ALL_KEYS)
    assert all(environment.is_of_a_provider(key) for key in keys)


@pytest.mark.parametrize("name", OWN)
def test_no_other_key_leaks(name: str) -> None:
    """A session's environment holds its own provider's key under the client's variables, no other
    provider's under any, and everything else of the user's.
    """
    provider = {**providers.all_providers([]), "here": HERE}[name]
    env = {**ALL_KEYS, "PATH": "/bin", "DATABASE_URL": "the user's"}
    built_env = built(provider, env)
    secrets = {
        value for value in ALL_KEYS.values() if value in "\n".join(built_env.values.values())
    }

    assert secrets == OWN[name]
    assert built_env.values["PATH"] == "/bin"
    assert built_env.values["DATABASE_URL"] == "the user's"
    assert {"PATH", "DATABASE_URL"}.isdisjoint({*built_env.added, *built_env.removed})
    assert set(built_env.removed) == set(ALL_KEYS) - set(built_env.values)


@given(st.lists(st.sampled_from(sorted(ALL_KEYS))), st.sampled_from(sorted(OWN)))
def test_no_other_key_leaks_whatever_is_set(names: list[str], name: str) -> None:
    """The same for any part of the keys."""
    provider = {**providers.all_providers([]), "here": HERE}[name]
    env = {key: ALL_KEYS[key] for key in names}
    try:
        built_env = built(provider, env)
    except HandoffError:
        return  # its own is not among them
    values = "\n".join(built_env.values.values())
    assert {value for value in ALL_KEYS.values() if value in values} <= OWN[name]


def test_nothing_of_the_session_that_starts_it() -> None:
    """A session started from another one's shell is no part of that one."""
    env = {"CLAUDE_CODE_SESSION_ID": "a", "CLAUDECODE": "1", "HANDOFF_PICKUP": "old", "HOME": "/h",
           "CLAUDE_CODE_MESSAGING_SOCKET": "/s", "CLAUDE_CODE_MESSAGING_TOKEN": "secret",
           "CLAUDE_EFFORT": "low", "CLAUDE_PID": "7", "CLAUDE_PLUGIN_OPTION_KEY": "k",
           "AI_AGENT": "x"}  # fmt: skip

    assert dict(environment.build(env, {}, of_type="anthropic").values) == {"HOME": "/h"}


def test_nothing_of_a_git_hook() -> None:
    """Started from a hook, a session in another work tree must not commit into the hook's index;
    git's configuration by variables is the user's and stays.
    """
    env = {"GIT_DIR": "/r/.git", "GIT_INDEX_FILE": ".git/index", "GIT_WORK_TREE": "/r",
           "GIT_CONFIG_COUNT": "0", "GIT_AUTHOR_NAME": "Robin"}  # fmt: skip
    built_env = environment.build(env, {}, of_type="anthropic")

    assert dict(built_env.values) == {"GIT_CONFIG_COUNT": "0", "GIT_AUTHOR_NAME": "Robin"}
    assert built_env.removed == ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE")


@pytest.mark.parametrize(
    "switch",
    ["CLAUDE_CODE_USE_MANTLE", "CLAUDE_CODE_USE_ANTHROPIC_AWS", "CLAUDE_CODE_USE_FOUNDRY",
     "CLAUDE_CODE_USE_ANTHROPIC_GOOGLE_CLOUD", "CLAUDE_CODE_USE_GATEWAY", "ANTHROPIC_UNIX_SOCKET"],
)  # fmt: skip
def test_a_switch_to_another_cloud(switch: str) -> None:
    """It would send a session past the endpoint that was chosen; a session on the client as it is
    keeps it, with that cloud's keys.
    """
    env = {switch: "1", "HERE_KEY": "k", "ANTHROPIC_FOUNDRY_API_KEY": "f", "AWS_SESSION_TOKEN": "a"}
    usual = built(providers.all_providers([])["anthropic"], env).values

    assert switch not in built(HERE, env).values
    assert environment.is_of_a_provider(switch)
    assert usual[switch] == "1"
    assert ("ANTHROPIC_FOUNDRY_API_KEY" in usual) == (switch == "CLAUDE_CODE_USE_FOUNDRY")
    assert ("AWS_SESSION_TOKEN" in usual) == (switch[16:] in ("MANTLE", "ANTHROPIC_AWS"))


def test_an_environment_shows_no_value() -> None:
    """Printed, in a traceback or a failed assertion, it gives names only."""
    assert "k-here" not in repr(built(HERE, dict(ALL_KEYS)))


def test_models_stay_with_their_provider() -> None:
    """Names of models hold for the provider that the environment is set for, and no other."""
    env = {"ANTHROPIC_MODEL": "us.anthropic.x", "CLAUDE_CODE_USE_BEDROCK": "1", "HERE_KEY": "k"}
    known = providers.all_providers([])

    assert providers.usual_provider(env) == "bedrock"
    assert built(known["bedrock"], env).values["ANTHROPIC_MODEL"] == "us.anthropic.x"
    assert "ANTHROPIC_MODEL" not in built(known["anthropic"], env).values
    assert "CLAUDE_CODE_USE_BEDROCK" not in built(known["anthropic"], env).values
    assert "ANTHROPIC_MODEL" not in built(HERE, env).values


def test_a_key_that_the_user_keeps() -> None:
    """`keep` lets a session have another key, if the user says so."""
    provider = Provider("here", "compatible", "http://h", "HERE_KEY", keep=("GEMINI_API_KEY",))

    assert built(provider, dict(ALL_KEYS)).values["GEMINI_API_KEY"] == "k-gemini"


def test_an_endpoint_without_a_key_gets_no_login() -> None:
    """With no key of its own the client would send the one of its login: a word takes its place."""
    variables = providers.client_variables(
        Provider("local", "compatible", "http://127.0.0.1:1"), ""
    )

    assert variables["ANTHROPIC_AUTH_TOKEN"] == "no-key"
    assert variables["ANTHROPIC_CUSTOM_HEADERS"] == "x-api-key: no-key"
    assert variables["ANTHROPIC_API_KEY"] == ""


def test_what_an_endpoint_lacks() -> None:
    """The client is told by its own variables; models are mapped for its own calls too."""
    variables = providers.client_variables(
        Provider("x", "compatible", "http://h", models={"haiku": "m/h", "other": "m/o"},
                 without=("caching", "thinking", "betas", "count_tokens")), "t")  # fmt: skip

    assert variables["ANTHROPIC_DEFAULT_HAIKU_MODEL"] == "m/h"
    assert variables["DISABLE_PROMPT_CACHING"] == "1"
    assert variables["MAX_THINKING_TOKENS"] == "0"
    assert variables["CLAUDE_CODE_DISABLE_EXPERIMENTAL_BETAS"] == "1"
    assert "ANTHROPIC_DEFAULT_OPUS_MODEL" not in variables


def test_settings_of_the_administrator(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What each of their files sets for every session is found, as text with a mark in front too;
    a file that the client would not load sets nothing.
    """
    folder = tmp_path / "managed-settings.d"
    folder.mkdir()
    whole = tmp_path / "managed-settings.json"
    whole.write_bytes(b'\xef\xbb\xbf{"env": {"A": "1"}}')
    (folder / "10.json").write_text('{"env": {"B": "2"}}')
    (folder / "20.json").write_text('// no\n{"env": {"C": "3"}}')
    monkeypatch.setattr(settings_read, "MANAGED", (str(whole),))

    names = settings_env.read_names({"HOME": str(tmp_path)}, str(tmp_path))
    assert names == {"A": str(whole), "B": str(folder / "10.json")}


# keys


def test_a_key_that_a_command_prints(tmp_path: Path) -> None:
    """What it prints is the key; no shell looks at its arguments."""
    provider = Provider("x", "compatible", "http://h", token_command=("printf", "%s\n", "$HOME;k"))

    assert providers.read_key(provider, {"PATH": "/usr/bin:/bin"}) == "$HOME;k"


def test_a_command_is_not_taken_from_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty element of the PATH means the current directory: a repository may have the name."""
    (tmp_path / "tok").write_text("#!/bin/sh\necho stolen\n")
    (tmp_path / "tok").chmod(0o755)
    monkeypatch.chdir(tmp_path)
    provider = Provider("x", "compatible", "http://h", token_command=("tok",))
    with pytest.raises(HandoffError, match="tok cannot be run: No such file"):
        providers.read_key(provider, {"PATH": ":/usr/bin:/bin"})


@pytest.mark.parametrize(
    ("command", "problem"),
    [
        (("sh", "-c", "echo secret; exit 3"), "sh ended with exit code 3."),
        (("sh", "-c", "printf 'secret\\nsecond line'"), "What sh printed is not a key"),
        (("true",), "What true printed is not a key"),
        (("yes", "secret"), "What yes printed is not a key"),
        (("sh", "-c", "echo secret; sleep 5 & exec sleep 60"), "sh did not end within 0.5 s."),
        (("/nonexistent/program",), "/nonexistent/program cannot be run: No such file"),
    ],
)
def test_a_command_that_prints_none(
    command: tuple[str, ...], problem: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The error names the program, and nothing that it printed."""
    if "sleep" in problem + command[-1]:
        monkeypatch.setattr(providers, "COMMAND_SECONDS", 0.5)
    provider = Provider("x", "compatible", "http://h", token_command=command)
    with pytest.raises(HandoffError) as raised:
        providers.read_key(provider, {"PATH": "/usr/bin:/bin"})

    assert problem in raised.value.what
    assert "secret" not in str(raised.value)


@pytest.mark.parametrize("value", ["", "  ", "two\nlines", "k\x1b[0m"])
def test_a_variable_that_holds_none(value: str) -> None:
    """A missing or broken key is an error with the variable's name, before anything is started."""
    with pytest.raises(HandoffError, match="HERE_KEY"):
        providers.read_key(HERE, {"HERE_KEY": value})


# check


MESSAGE = {"type": "message", "usage": {"input_tokens": 3, "cache_read_input_tokens": 0}}


@pytest.mark.parametrize(
    ("status", "body", "ok", "detail"),
    [
        (200, MESSAGE, True, "m/h answers, and accepts tools and prompt caching."),
        (200, {"type": "message", "usage": {"input_tokens": 3}}, True, "reports no caching"),
        (200, {"type": "message"}, True, "reports no usage"),
        (200, b"<html>", False, "not in the format of the Messages API"),
        (401, error("bad"), False, "the key was refused (HTTP 401). It says: bad"),
        (403, error(""), False, "the key was refused (HTTP 403)."),
        (402, error("pay"), False, "the account has no credit (HTTP 402)."),
        (404, error("model: m/h"), False, "it has no model m/h (HTTP 404)."),
        (400, error("m/h is not a valid model ID"), False, "it has no model m/h (HTTP 400)."),
        (404, b"nothing", False, "it has no /v1/messages (HTTP 404)."),
        (404, error("No endpoints found that support tool use"), False, "does not accept tools"),
        (400, error("cache_control: unknown field"), False, "it does not accept prompt caching"),
        (429, error("slow"), False, "the key works, but its limit is reached"),
        (503, error("busy"), False, "the endpoint failed (HTTP 503)."),
        (200, b"[" * 100_000, False, "not in the format of the Messages API"),
        (500, b"[" * 100_000, False, "the endpoint failed (HTTP 500)."),
        (418, error("tea"), False, "it refused the request (HTTP 418). It says: tea"),
    ],
)
def test_what_an_answer_means(
    status: int, body: Any, ok: bool, detail: str, endpoints: list[Endpoint]
) -> None:
    """One request, and what is wrong in plain words."""
    endpoints.append(Endpoint(status, body))
    check = probe.probe_endpoint(endpoints[0].url, {"authorization": "Bearer k"}, "m/h")
    (path, headers, sent) = endpoints[0].asked[0]

    assert (check.ok, detail in check.detail) == (ok, True), check
    assert check.ok or check.hint or status == 418
    assert (path, headers["authorization"]) == ("/v1/messages", "Bearer k")
    assert (sent["model"], sent["max_tokens"], len(sent["tools"])) == ("m/h", 1, 1)


def test_a_redirection_is_not_followed(endpoints: list[Endpoint]) -> None:
    """The key goes to the configured address and no further."""
    endpoints.append(Endpoint(200, MESSAGE))
    endpoints.append(Endpoint(307, b"", {"location": endpoints[0].url + "/v1/messages"}))
    check = probe.probe_endpoint(endpoints[1].url, {"authorization": "Bearer k"}, "m/h")

    assert endpoints[0].asked == []
    assert (check.ok, "redirects elsewhere" in check.detail) == (False, True)


def test_an_endpoint_that_repeats_the_key(endpoints: list[Endpoint]) -> None:
    """Its words are shown without it."""
    endpoints.append(Endpoint(401, error("Incorrect API key provided: k-very-secret.")))
    check = probe.probe_endpoint(endpoints[0].url, {"authorization": "Bearer k-very-secret"}, "m/h")

    assert "very-secret" not in check.detail
    assert "Incorrect API key provided: [redacted: key]." in check.detail


@pytest.mark.parametrize("status", ["200 OK", "401 Unauthorized"])
def test_an_endpoint_that_never_ends(status: str) -> None:
    """A byte now and then is no answer: the time given is for the whole of it."""
    over = threading.Event()

    def drip(server: socket.socket) -> None:
        caller, _ = server.accept()
        with caller, contextlib.suppress(OSError):
            caller.sendall(f"HTTP/1.1 {status}\r\ncontent-length: 100000\r\n\r\n".encode())
            while not over.wait(0.02):
                caller.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=(server,))
        thread.start()
        check = probe.probe_endpoint(
            f"http://127.0.0.1:{server.getsockname()[1]}", {}, "m/h", seconds=0.3
        )
        over.set()
        thread.join()

    assert "did not answer within 0.3 s." in check.detail


def test_nobody_there(endpoints: list[Endpoint]) -> None:
    """A port where nobody listens, and a name that does not exist."""
    endpoint = Endpoint(200, MESSAGE)
    endpoint.close()
    down = probe.probe_endpoint(endpoint.url, {}, "m/h")
    unknown = probe.probe_endpoint("http://no-such-host.invalid", {}, "m/h")

    assert f"{endpoint.url} cannot be reached: Connection refused." in down.detail
    assert (down.ok, unknown.ok) == (False, False)
    assert "no-such-host.invalid" in unknown.detail


def test_an_address_of_another_kind() -> None:
    """Only http and https are asked: a file is not read, and nothing is a bug."""
    odd = ("http://me:secret@h", "http://[::1", "https://a..b", "http://h/\u00e4", "http://h/a b")
    for address in ("file:///etc/passwd", "no-scheme", "", *odd):
        assert (
            probe.probe_endpoint(address, {}, "m/h").detail
            == "its address does not begin with http:// or https://."
        )
