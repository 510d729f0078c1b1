"""`handoff start` with the real client: the brief arrives, no key but the provider's goes out."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from handoff.demo.api import Reply, ScriptedApi
from support import old_git
from support.paths import ROOT, short_folder

from .clients import both_clients
from .harness import Terminal, until
from .model import runs, says
from .starter import OTHER_KEYS, Starter, works

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handoff.demo.api import Request

    from .harness import World


TOKEN = "sk-or-v1-the-only-one"
ASTRAY = {  # each would send the client past the endpoint, or is of the session that starts it
    "CLAUDE_CODE_USE_MANTLE": "1",
    "CLAUDE_CODE_USE_ANTHROPIC_AWS": "1",
    "ANTHROPIC_UNIX_SOCKET": "/nonexistent",
    "CLAUDE_CODE_MESSAGING_TOKEN": "sk-of-the-outer-session",
    "GIT_INDEX_FILE": "/nonexistent/index",
}


@pytest.fixture
def start(world: World) -> Starter:
    return Starter(world)


def asks(words: str) -> Callable[[Request], bool]:
    """Whether a request of the main thread holds these words."""
    return lambda request: request.is_main and words in request.text


def sent_keys(request: Request) -> set[str]:
    """Every value of a header that carries a key."""
    names = ("authorization", "x-api-key", "proxy-authorization", "x-goog-api-key")
    return {request.headers[name] for name in names if request.headers.get(name)}


@pytest.mark.smoke
@both_clients
def test_to_the_end(world: World, start: Starter) -> None:
    """`--print`: the session is given the brief by its start, does it, and finishes it; the result,
    the session and the cost are the client's own.
    """
    replies: list[Reply] = []
    with world.serve(lambda _, index: replies[index]) as api:
        brief_id = start.write()
        replies += works(start, brief_id)
        done = start("start", brief_id, "--print", "--json")

        assert done.code == 0, done.err
        assert done.json["result"] == "The file says hello."
        assert done.json["problem"] == ""
        assert done.json["cost_usd"] > 0
        assert f'<handoff-brief id="{brief_id}">' in api.main_requests[0].text
        assert "Carry out the task of the handoff brief" in api.main_requests[0].new_text
    assert (world.project / "greeting.txt").read_text() == "hello\n"
    finished = (world.project / ".handoff" / "done" / f"{brief_id}.md").read_text()
    assert "Done; greeting.txt says hello." in finished


@both_clients
def test_an_endpoint_like_openrouter(world: World, start: Starter) -> None:
    """A session there sends that provider's key and the mapped model, and no other key: neither one
    of the environment nor the one that the client keeps from its login. What it runs sees none.
    """
    kept = "sk-ant-kept-by-the-client-0123456789"
    state = json.loads((world.config / ".claude.json").read_text())
    state["primaryApiKey"] = kept
    state["customApiKeyResponses"] = {"approved": [kept[-20:]], "rejected": []}
    (world.config / ".claude.json").write_text(json.dumps(state))
    with world.serve([runs("env > seen.txt", 9_000), says("Seen.", 9_500)]) as api:
        start.configure(
            f"providers:\n  openrouter: {{base_url: {api.url}, "
            "models: {sonnet: maker/sonnet-9, haiku: maker/haiku-9}}\nroutes:\n- use_below\n",
            provider="openrouter",
        )
        brief_id = start.write("--for", "sonnet")
        env = {**world.client_env, **ASTRAY}
        done = start("start", brief_id, "--print", env=env, OPENROUTER_API_KEY=TOKEN)

        assert done.code == 0, done.err
        assert {request.model for request in api.main_requests} == {"maker/sonnet-9"}
        assert {request.model for request in api.requests} <= {"maker/sonnet-9", "maker/haiku-9"}
        for request in api.requests:
            assert sent_keys(request) == {f"Bearer {TOKEN}", TOKEN}
        assert f'<handoff-brief id="{brief_id}">' in api.main_requests[0].text
    seen = (world.project / "seen.txt").read_text()
    for secret in (*OTHER_KEYS.values(), kept, "sk-ant-dummy"):
        assert secret not in seen
    assert "sk-of-the-outer-session" not in seen
    assert "OPENROUTER_API_KEY" not in seen  # it has it as the client's own variable
    output = done.out + done.err
    logs = "".join(path.read_text() for path in (world.state).rglob("*") if path.is_file()
                   and path.suffix in (".log", ".json", ".jsonl"))  # fmt: skip
    assert TOKEN not in output + logs


@both_clients
def test_a_key_that_is_refused(world: World, start: Starter) -> None:
    """401: the command fails with the endpoint's words, the brief waits as before, and `providers
    check` says it plainly.
    """
    refused = Reply(status=401, error_message="No auth credentials found",
                    headers={"x-should-retry": "false"})  # fmt: skip
    with ScriptedApi(lambda *_: refused, lambda _: refused) as api:
        start.configure(_endpoint(api.url), provider="here")
        brief_id = start.write()
        done = start("start", brief_id, "--print", env=world.basic_env, HERE_KEY="wrong-key")
        checked = start("providers", "check", "here", env=world.basic_env, HERE_KEY="wrong-key")

    assert done.code == 1
    assert "No auth credentials found" in done.err or "401" in done.err
    assert checked.code == 1
    assert "FAIL  here  the key was refused (HTTP 401)." in checked.out
    assert "wrong-key" not in done.out + done.err + checked.out + checked.err
    (row,) = start("list", "--json", env=world.basic_env).json
    assert row["state"] == "open"


def test_an_endpoint_that_is_down(world: World, start: Starter) -> None:
    """Nobody listens: the run fails, the brief waits, and the check names the address."""
    with ScriptedApi([]) as api:
        url = api.url
    start.configure(_endpoint(url), provider="here")
    brief_id = start.write()
    done = start("start", brief_id, "--print", env=world.basic_env, HERE_KEY=TOKEN,
                 CLAUDE_CODE_MAX_RETRIES="0")  # fmt: skip
    checked = start("providers", "check", "here", env=world.basic_env, HERE_KEY=TOKEN)

    assert done.code == 1
    assert checked.code == 1
    assert f"{url} cannot be reached: Connection refused." in checked.out
    (row,) = start("list", "--json", env=world.basic_env).json
    assert row["state"] == "open"


def test_a_run_that_is_ended(world: World, start: Starter) -> None:
    """SIGTERM ends the session too, before the command: no client goes on, and spends, alone. What
    it cost until then is told.
    """
    works, over = threading.Event(), threading.Event()

    def answer(_: Request, index: int) -> Reply:
        if index:
            works.set()
            over.wait(60)
        return runs("true", 9_000)

    with world.serve(answer):
        process = subprocess.Popen(
            start.command("start", start.write(), "--print", "--json"),
            cwd=world.project,
            env=start.env(world.client_env),
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        try:
            assert works.wait(60)
            assert until(lambda: _has_answer(world), 30)
            (client,) = _children(process.pid)
            process.terminate()

            done = json.loads(process.communicate(timeout=60)[0])
            assert process.returncode == 143
            assert (done["problem"], done["state"]) == ("it was stopped", "open")
            assert done["cost_usd"], done
            assert not Path(f"/proc/{client}").exists()
        finally:
            over.set()
            process.kill()
            process.wait()


def _has_answer(world: World) -> bool:
    """Whether a transcript holds what an answer cost: the client writes it beside its work."""
    paths = (world.config / "projects").glob("*/*.jsonl")
    return any('"output_tokens"' in path.read_text() for path in paths)


def _children(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def test_without_a_client(world: World, start: Starter) -> None:
    """No client on the PATH: one error with what to do, and nothing is claimed."""
    brief_id = start.write()
    (start.bin / "claude").unlink()
    env = {**world.basic_env, "PATH": "/usr/bin:/bin"}
    done = start("start", brief_id, "--print", env=env)

    assert done.code == 1
    assert "The client (claude) is not on the PATH.\nInstall Claude Code" in done.err
    (row,) = start("list", "--json", env=world.basic_env).json
    assert row["state"] == "open"


@both_clients
def test_settings_that_would_win(world: World, start: Starter) -> None:
    """The client's settings file puts its `env` over the environment, so a start that it would send
    elsewhere is refused, by the variable's name.
    """
    settings = {
        "env": {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "ANTHROPIC_AUTH_TOKEN": "secret-5"}
    }
    (world.config / "settings.json").write_text(json.dumps(settings))
    start.configure(_endpoint("http://127.0.0.1:8"), provider="here")
    brief_id = start.write()
    done = start("start", brief_id, "--print", env=world.basic_env, HERE_KEY=TOKEN)

    assert done.code == 1
    assert "sets ANTHROPIC_BASE_URL for every session and so overrides here's" in done.err
    assert "secret-5" not in done.err


@both_clients
def test_in_a_worktree(world: World, start: Starter) -> None:
    """`--worktree`: the session works on a branch of its own beside the repository, with the brief;
    the user's own work tree stays as it was. git 2.30 is enough for that, and for the wait.
    """
    old_git.install(start.bin, shutil.which("git") or "git")
    replies: list[Reply] = []
    with world.serve(lambda _, index: replies[index]) as api:
        brief_id = start.write()
        replies += works(start, brief_id)
        done = start("start", brief_id, "--print", "--worktree", "--json")

        assert done.code == 0, done.err
        assert done.json["problem"] == ""
        assert f'<handoff-brief id="{brief_id}">' in api.main_requests[0].text
    waited = start("wait", brief_id, "--timeout", "1", "--json", env=world.basic_env)
    assert [one["state"] for one in waited.json] == ["finished"]
    beside = world.root / "project.handoff" / brief_id
    assert (beside / "greeting.txt").read_text() == "hello\n"
    assert not (world.project / "greeting.txt").exists()
    assert world.git("branch", "--show-current").strip() == "main"
    listed = world.git("ls-tree", "-r", "--name-only", f"handoff/{brief_id}")
    assert f".handoff/done/{brief_id}.md" in listed
    assert world.git("status", "--porcelain") == ""


def test_two_tasks_on_two_models(world: World, start: Starter) -> None:
    """Routes send one brief to one model and another to another; `start --dry-run` says why."""
    args = json.dumps({"args": ["--plugin-dir", str(ROOT), "--verbose"]})[1:-1]
    start.configure(
        "routes:\n"
        f"- {{when: {{label: docs}}, model: haiku, {args}}}\n"
        f"- {{when: {{kind: task}}, model: opus, {args}}}\n"
    )
    with world.serve([says("One.", 5_000), says("Two.", 5_000)]) as api:
        docs, other = start.write("--label", "docs"), start.write()
        for brief_id in (docs, other):
            assert "changed nothing" in start("start", brief_id, "--print").err
        first, second = api.main_requests

    assert ("haiku" in first.model, "opus" in second.model) == (True, True)
    output = start("start", other, "--dry-run", env=world.basic_env).out
    assert "route on line 2: no, it has no label docs" in output
    assert "route on line 3: yes, as kind task" in output
    assert "model: opus (the route on line 3)" in output


@both_clients
def test_in_this_terminal(world: World, start: Starter) -> None:
    """Without an option the terminal becomes the session; it begins with the brief."""
    with world.serve([says("I begin.", 6_000)]) as api:
        brief_id = start.write()
        env = start.env(world.client_env)
        with Terminal(start.command("start", brief_id), world.project, env) as terminal:
            first = api.wait_for(lambda request: request.is_main)
            terminal.wait_for("I begin.")

        assert f'<handoff-brief id="{brief_id}">' in first.text


@both_clients
def test_in_a_tmux_window(world: World, start: Starter) -> None:
    """`--tmux`: the session runs in a window; its environment comes over a socket, so that neither
    tmux nor an argument list ever has a key.
    """
    with short_folder() as folder, world.serve([says("I begin.", 6_000)]) as api:
        tmux = {"TMUX_TMPDIR": str(folder)}
        brief_id = start.write()
        try:
            done = start("start", brief_id, "--tmux", TMUX_TMPDIR=str(folder))
            assert done.code == 0, done.err
            assert "runs in the tmux window handoff:" in done.out
            first = api.wait_for(lambda request: request.is_main)
            shown = _tmux(world, tmux, "show-environment", "-g")
            shown += _tmux(world, tmux, "list-panes", "-a", "-F", "#{pane_start_command}")
        finally:
            _tmux(world, tmux, "kill-server")

        assert f'<handoff-brief id="{brief_id}">' in first.text
    assert world.client_env["ANTHROPIC_API_KEY"] not in shown
    assert "sk-openai-1" not in shown


def test_without_tmux(world: World, start: Starter) -> None:
    """No tmux: one error with what to do instead, and nothing is claimed."""
    brief_id = start.write()
    for name in ("git", "sh", "env", "readlink", "dirname"):
        folder = next(p for p in ("/usr/bin", "/bin") if os.path.exists(f"{p}/{name}"))
        (start.bin / name).symlink_to(f"{folder}/{name}")
    done = subprocess.run(
        start.command("start", brief_id, "--tmux"),
        cwd=world.project,
        env={**world.basic_env, "PATH": str(start.bin)},
        capture_output=True,
        text=True,
    )

    assert done.returncode == 1
    assert "tmux is not on the PATH." in done.stderr


def _endpoint(url: str) -> str:
    return (
        f"providers:\n  here: {{base_url: {url}, token_env: HERE_KEY, "
        "models: {sonnet: maker/sonnet-9}}\nroutes:\n- use_below\n"
    )


def _tmux(world: World, tmux: Mapping[str, str], *arguments: str) -> str:
    done = subprocess.run(
        ["tmux", *arguments], env={**world.basic_env, **tmux}, capture_output=True, text=True
    )
    return done.stdout


def test_in_the_background(world: World, start: Starter) -> None:
    """`--bg`: each of two sessions of one background service is given its own brief, though they
    share the service's environment.
    """
    with world.serve(lambda *_: says("I begin.", 6_000)) as api:
        briefs = [start.write(), start.write()]
        try:
            for brief_id in briefs:
                done = start("start", brief_id, "--bg")
                assert done.code == 0, done.err
            for brief_id in briefs:
                api.wait_for(asks(f'<handoff-brief id="{brief_id}">'))
        finally:
            _end_service(world)


def _end_service(world: World) -> None:
    """End what the client left running in the background: what has this world's home."""
    home = f"HOME={world.home}".encode()
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if home in (folder / "environ").read_bytes().split(b"\0"):
                os.kill(int(folder.name), signal.SIGKILL)
        except OSError:
            continue  # it is another user's, or over
