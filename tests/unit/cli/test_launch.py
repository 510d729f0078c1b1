"""`handoff start`, `routes`, `providers` on the command line; programs stand in for agents."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from handoff.base.errors import HandoffError
from handoff.launch import plan, runners, start
from handoff.runtime import Runtime
from handoff.store import places
from support.agents import install
from support.configuration import configure
from support.endpoint import Endpoint, error

if TYPE_CHECKING:
    from support.repo import Repo
    from support.store_program import Store

KEY = "sk-or-v1-secret"


def state_of(handoff: Store, brief_id: str) -> str:
    return str(next(row["state"] for row in handoff.json("list") if row["id"] == brief_id))


# dry run


def test_a_dry_run_names_and_never_shows(
    repo: Repo, handoff: Store, programs: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The exact command, the variables' names, where each choice comes from; no value, and nothing
    is run, claimed or made.
    """
    install(programs, "claude")
    witness = repo.root.parent / "ran"
    configure(
        own_home,
        f"providers: {{openrouter: {{token_command: [touch, {witness}]}}}}\n"
        "routes:\n- {provider: openrouter, effort: low, budget_usd: 2, "
        "permission_mode: acceptEdits}\n",
    )
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    brief_id = handoff.write("A task", "--for", "sonnet")
    dry_run = handoff.json("start", brief_id, "--print", "--worktree", "--dry-run")
    handoff("start", brief_id, "--print", "--worktree", "--dry-run")
    output = handoff.out + handoff.err

    assert dry_run["command"][0] == str(programs / "claude")
    assert dry_run["command"][1] == "-p"
    assert dry_run["command"][3:] == [
        "--output-format=json", "--max-budget-usd=2", "--model=~anthropic/claude-sonnet-latest",
        "--effort=low", "--permission-mode=acceptEdits",
    ]  # fmt: skip
    assert {"ANTHROPIC_AUTH_TOKEN", "HANDOFF_PICKUP"} <= set(dry_run["environment"]["set"])
    assert dry_run["environment"]["removed"] == ["OPENAI_API_KEY"]
    assert dry_run["branch"] == f"handoff/{brief_id}"
    assert dry_run["directory"] == str(repo.root.parent / "project.handoff" / brief_id)
    assert KEY not in output + json.dumps(dry_run)
    assert "model: sonnet (the brief)" in output
    assert "budget: $2 (the route on line 3)" in output
    assert not witness.exists()
    assert not Path(dry_run["directory"]).exists()
    assert state_of(handoff, brief_id) == "open"


# what is not started


def test_only_trusted_briefs_are_started(repo: Repo, handoff: Store, programs: Path) -> None:
    """A brief that was changed, or came from elsewhere, is data: nothing is started with it."""
    install(programs, "claude")
    brief_id = handoff.write("A task")
    path = repo.root / ".handoff" / "open" / f"{brief_id}.md"
    path.write_text(path.read_text() + "\nAnd push.\n")

    assert handoff("start", brief_id, "--dry-run") == 1
    assert "only briefs that this machine wrote" in handoff.err


def test_a_brief_that_somebody_has(repo: Repo, handoff: Store, programs: Path) -> None:
    """A claimed brief is not started again."""
    install(programs, "claude")
    brief_id = handoff.write("A task")
    handoff("pickup", brief_id)

    assert handoff("start", brief_id, "--print") == 1
    assert f"{brief_id} is claimed" in handoff.err


def test_a_brief_that_is_finished(repo: Repo, handoff: Store, programs: Path) -> None:
    """It is not said to be missing."""
    brief_id = handoff.write("A task")
    handoff("done", brief_id)

    assert handoff("start", brief_id, "--dry-run") == 1
    assert f"{brief_id} was finished on 20" in handoff.err
    assert f"it is in .handoff/done/{brief_id}.md.\nIts outcome: handoff show" in handoff.err


def test_a_mistake_in_the_configuration(
    repo: Repo, handoff: Store, programs: Path, own_home: Path
) -> None:
    """A slip must not send a task elsewhere: the start says file and line, and does nothing."""
    install(programs, "claude")
    configure(own_home, "routes:\n- {modle: haiku}\n")
    brief_id = handoff.write("A task")

    assert handoff("start", brief_id, "--dry-run") == 1
    assert "config.yaml:2: routes: entry 1: unknown key modle; did you mean model?" in handoff.err
    assert "Nothing was started." in handoff.err


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (["--print"], "The client (claude) is not on the PATH."),
        (["--runner", "codex"], "codex, the program of the runner codex, is not on the PATH."),
        (["--runner", "codex", "--bg"], "codex cannot run in the background"),
        (["--runner", "nobody"], "Unknown runner nobody (the command line)."),
        (["--provider", "nobody"], "Unknown provider nobody (the command line)."),
    ],
)
def test_what_is_missing(
    options: list[str], problem: str, repo: Repo, handoff: Store, programs: Path
) -> None:
    """One error that names it, and the brief stays free."""
    brief_id = handoff.write("A task")

    assert handoff("start", brief_id, *options) == 1
    assert problem in handoff.err
    assert state_of(handoff, brief_id) == "open"


@pytest.mark.parametrize(
    "entry",
    ["{type: compatible, base_url: 'http://h'}", "{models: {haiku: x}}", "{without: [betas]}"],
)
def test_the_background_has_one_environment(
    entry: str, repo: Repo, handoff: Store, programs: Path, own_home: Path
) -> None:
    """A provider that needs variables cannot be had there, also under the usual one's name."""
    install(programs, "claude")
    brief_id = handoff.write("A task")

    assert handoff("start", brief_id, "--bg", "--dry-run") == 0
    configure(own_home, f"providers: {{anthropic: {entry}}}")
    assert handoff("start", brief_id, "--bg", "--dry-run") == 1
    assert "--bg cannot use anthropic" in handoff.err


def test_a_word_that_is_no_model(repo: Repo, handoff: Store, programs: Path) -> None:
    """It reaches no command line, and that is said: the task is done on another model then."""
    install(programs, "claude")
    brief_id = handoff.write("A task", "--for", "--add-dir=/")

    handoff("start", brief_id, "--dry-run")
    assert "--add-dir" not in handoff.out
    assert "Ignoring the brief's model: invalid value." in handoff.err


def test_mode_off(repo: Repo, handoff: Store, programs: Path, own_home: Path) -> None:
    """Where the plugin is told to do nothing, a session would start without its brief."""
    install(programs, "claude")
    configure(own_home, "mode: off\n")
    brief_id = handoff.write("A task")

    assert handoff("start", brief_id, "--dry-run") == 1
    assert "`mode: off` is set" in handoff.err


def test_nobody_waits(handoff: Store, tmp_path: Path) -> None:
    """The window's own program, started by hand, is an error and no bug."""
    assert handoff("enter", str(tmp_path / "none")) == 1
    assert "Nothing is listening on" in handoff.err


def test_no_key(repo: Repo, handoff: Store, programs: Path) -> None:
    """Without the provider's key nothing is started: the client would take another."""
    out = install(programs, "claude")
    brief_id = handoff.write("A task")

    assert handoff("start", brief_id, "--print", "--provider", "openrouter") == 1
    assert "There is no key for openrouter: OPENROUTER_API_KEY is not set." in handoff.err
    assert not out.exists()


def test_no_terminal(repo: Repo, handoff: Store, programs: Path) -> None:
    """Without a terminal a session cannot be in it."""
    install(programs, "claude")
    brief_id = handoff.write("A task")

    assert handoff("start", brief_id, stdin="") == 1
    assert "An interactive session needs a terminal." in handoff.err


def test_a_settings_file_that_wins(
    repo: Repo, handoff: Store, programs: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client's settings would send the session elsewhere, with their own key."""
    install(programs, "claude")
    (own_home / ".claude").mkdir()
    settings = {"env": {"ANTHROPIC_API_KEY": "sk-other"}}
    (own_home / ".claude" / "settings.json").write_text(json.dumps(settings))
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    brief_id = handoff.write("A task")

    assert handoff("start", brief_id, "--print", "--provider", "openrouter") == 1
    assert "sets ANTHROPIC_API_KEY for every session" in handoff.err
    assert "sk-other" not in handoff.err


def answers(folder: Path, out: str) -> None:
    """A client that prints this and no more: it has no plugin."""
    program = folder / "claude"
    program.write_text(f"#!{sys.executable}\nprint({out!r})\n")
    program.chmod(0o755)


RESULT = {"type": "result", "session_id": "s-1", "result": "Hello.", "total_cost_usd": 0.5}


@pytest.mark.parametrize(
    "out",
    [
        json.dumps(RESULT),
        json.dumps([{"type": "system", "session_id": "s-1"}, RESULT]),  # with --verbose
        f"a warning\nanother\n{json.dumps(RESULT)}",
    ],
)
def test_a_client_without_the_plugin(out: str, repo: Repo, handoff: Store, programs: Path) -> None:
    """The run failed where the session never had the brief, also if nobody ever had."""
    answers(programs, out)
    brief_id = handoff.write("A task")
    done = handoff.answer("start", brief_id, "--print")

    assert (done["session"], done["result"], done["cost_usd"]) == ("s-1", "Hello.", 0.5)
    assert "the session was not given the brief: is the plugin installed?" in done["problem"]
    assert handoff("start", brief_id, "--print") == 1


@pytest.mark.parametrize(
    "out",
    ["", "no JSON", "[]", "5", "[" * 100_000, '{"result": [1], "session_id": 5}',
     '{"session_id": "s", "total_cost_usd": NaN, "num_turns": true}',
     '{"session_id": "s", "total_cost_usd": -5}',  # it would add to a budget
     '{"session_id": "s", "total_cost_usd": 1' + "0" * 4000 + "}"],
)  # fmt: skip
def test_a_client_that_prints_anything(
    out: str, repo: Repo, handoff: Store, programs: Path
) -> None:
    """It is no bug of ours, and no figure that is none is told."""
    answers(programs, out)
    done = handoff.answer("start", handoff.write("A task"), "--print")

    assert (done["cost_usd"], done["turns"], done["result"]) == (None, None, "")
    assert done["problem"]


@pytest.mark.parametrize(
    ("option", "value"), [("--budget-usd", "nan"), ("--budget-usd", "inf"), ("--model", "-x")]
)
def test_a_value_that_is_none(option: str, value: str, repo: Repo, handoff: Store) -> None:
    """It never reaches the client, where it might mean no limit."""
    assert handoff("start", handoff.write("A task"), f"{option}={value}") == 2
    assert f"{option} must be" in handoff.err


# other agents


def test_two_starts_at_once(
    repo: Repo, handoff: Store, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A claim by hand is the terminal's: of two starts in one, both planned, one gets the brief."""
    install(programs, "codex")
    brief_id = handoff.write("A task")
    around = Runtime(os.environ, full=True)
    orders = plan.LaunchOptions(runners.PRINT, {"runner": "codex"})
    first, second = (
        plan.plan_start(brief_id, around, places.locate(str(repo.root)), orders) for _ in range(2)
    )
    start.prepare(first, around)

    with pytest.raises(HandoffError, match="is claimed"):
        start.prepare(second, around)


def test_where_the_state_is(
    repo: Repo, handoff: Store, programs: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A relative HANDOFF_HOME does not count, and what is started is given the folder that does."""
    out = install(programs, "codex")
    (repo.root / "sub").mkdir()
    monkeypatch.chdir(repo.root / "sub")
    monkeypatch.setenv("HANDOFF_HOME", os.path.relpath(repo.state))
    handoff("start", handoff.write("A task"), "--runner", "codex", "--print")

    state = own_home / ".local" / "state" / "handoff"
    assert json.loads(out.read_text())["env"]["HANDOFF_HOME"] == str(state), handoff.err


def test_another_agent(
    repo: Repo, handoff: Store, programs: Path, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is given the brief's text and path as arguments of their own, and no key but its own; what
    it changed makes an outcome by code.
    """
    out = install(programs, "my agent", work="open('made.txt', 'w').write('made')")
    configure(
        own_home,
        "runners:\n  mine:\n    print: ['my agent', [--model, '{model}'], '{brief_path}', "
        "'{prompt}']\n"
        "    keep: [GEMINI_API_KEY]\n",
    )
    monkeypatch.setenv("GEMINI_API_KEY", "its own")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    brief_id = handoff.write("A $(touch pwned) task; rm -rf {model}")
    assert handoff("start", brief_id, "--runner", "mine", "--print") == 0, handoff.err
    assert handoff.out.strip() == "agent: done"
    started = json.loads(out.read_text())
    path, prompt = started["argv"]

    assert path == str(repo.root / ".handoff" / "open" / f"{brief_id}.md")
    assert f'<handoff-brief id="{brief_id}">' in prompt
    assert "# A $(touch pwned) task; rm -rf {model}" in prompt
    assert "Carry out the task" in prompt
    assert started["cwd"] == str(repo.root)
    assert started["env"]["GEMINI_API_KEY"] == "its own"
    assert KEY not in json.dumps(started)
    done = (repo.root / ".handoff" / "done" / f"{brief_id}.md").read_text()
    assert "By code, unverified" in done
    assert "> agent: done" in done
    assert "- changed, not committed: made.txt" in done


@pytest.mark.parametrize("name", ["codex", "claude"])
def test_a_program_on_a_relative_path(
    name: str, repo: Repo, handoff: Store, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a folder of the repository holds is not run in place of an installed program."""
    (repo.root / "sub").mkdir()
    out = install(programs, name)
    (programs / name).rename(repo.root / "sub" / name)
    brief_id = handoff.write("A task")
    monkeypatch.chdir(repo.root / "sub")
    monkeypatch.setenv("PATH", ".:/usr/bin:/bin")
    code = handoff("start", brief_id, *(["--runner", name] if name == "codex" else []), "--print")

    assert code == 1 and "on the PATH" in handoff.err
    assert not out.exists()
    assert state_of(handoff, brief_id) == "open"


def test_another_agent_that_fails(repo: Repo, handoff: Store, programs: Path) -> None:
    """Its exit code is told, and the command fails."""
    install(programs, "codex", code=7)
    brief_id = handoff.write("A task")

    assert handoff("start", brief_id, "--runner", "codex", "--print") == 1
    assert "codex ended with exit code 7" in handoff.err
    assert state_of(handoff, brief_id) == "open"


def test_another_agent_that_cannot_start(repo: Repo, handoff: Store, programs: Path) -> None:
    """The brief is given back."""
    install(programs, "codex").touch()
    (programs / "codex").write_text("#!/nonexistent/interpreter\n")
    brief_id = handoff.write("A task")

    assert handoff("start", brief_id, "--runner", "codex", "--print") == 1
    assert state_of(handoff, brief_id) == "open"


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("", ["codex", "exec", "--sandbox", "workspace-write", "{id} $(x)"]),
        ("gpt", ["codex", "exec", "--sandbox", "workspace-write", "--model", "gpt", "{id} $(x)"]),
    ],
)
def test_a_template(model: str, expected: list[str]) -> None:
    """A group whose field is empty is left out; what stands in a field is not looked into."""
    template = runners.all_runners([])["codex"].template(runners.PRINT)
    fields: dict[str, Any] = {"prompt": "{id} $(x)", "model": model, "id": "i", "brief_path": "/p"}

    assert runners.render(template, fields) == expected


# worktree


def test_a_worktree(repo: Repo, handoff: Store, programs: Path) -> None:
    """The session works beside the repository on a branch of its own, where the brief is too, even
    if it was not committed; a second start goes on there.
    """
    out = install(programs, "codex")
    brief_id = handoff.write("A task")
    repo.git("reset", "--quiet", "--soft", "HEAD~1")  # the brief is in the work tree alone
    assert handoff("start", brief_id, "--runner", "codex", "--print", "--worktree") == 1
    assert "changed nothing" in handoff.err
    started = json.loads(out.read_text())
    beside = repo.root.parent / "project.handoff" / brief_id

    assert started["cwd"] == str(beside)
    assert (beside / ".handoff" / "open" / f"{brief_id}.md").exists()
    assert repo.git("-C", str(beside), "branch", "--show-current").strip() == f"handoff/{brief_id}"
    assert repo.git("branch", "--show-current").strip() == "main"
    (beside / "half.txt").write_text("half done\n")
    assert handoff("start", brief_id, "--runner", "codex", "--print", "--worktree") == 1
    assert (beside / "half.txt").exists()


def test_a_worktree_whose_place_is_taken(repo: Repo, handoff: Store, programs: Path) -> None:
    """What is there is not touched, and the brief stays free."""
    install(programs, "codex")
    brief_id = handoff.write("A task")
    beside = repo.root.parent / "project.handoff" / brief_id
    beside.mkdir(parents=True)
    (beside / "mine.txt").write_text("mine\n")

    assert handoff("start", brief_id, "--runner", "codex", "--print", "--worktree") == 1
    assert "git could not create the worktree" in handoff.err
    assert [path.name for path in beside.iterdir()] == ["mine.txt"]
    assert state_of(handoff, brief_id) == "open"


@pytest.mark.parametrize("is_there", [True, False])
def test_finished_in_its_work_tree(
    is_there: bool, repo: Repo, handoff: Store, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits to be merged is not done a second time, neither there nor here; also when the work
    tree is gone and the branch is left.
    """
    out = install(programs, "codex")
    brief_id = handoff.write("A task")
    handoff("start", brief_id, "--runner", "codex", "--print", "--worktree")
    beside = repo.root.parent / "project.handoff" / brief_id
    monkeypatch.chdir(beside)
    assert handoff("done", brief_id) == 0, handoff.err
    monkeypatch.chdir(repo.root)
    handoff("pickup", "--release", brief_id)
    out.unlink()
    if not is_there:
        repo.git("worktree", "remove", str(beside))

    for more in ([], ["--worktree"]):
        assert handoff("start", brief_id, "--runner", "codex", "--print", *more) == 1
        assert f"{brief_id} is finished in " in handoff.err
    assert not out.exists()


def test_the_worktree_of_a_submodule(
    repo: Repo, handoff: Store, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is beside the whole repository, not among git's own files, and leaves that clean."""
    out = install(programs, "codex")
    source = repo.root.parent / "source"
    repo.git("clone", "--quiet", str(repo.root), str(source))
    repo.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(source), "lib")
    repo.git("commit", "--quiet", "--message=Library")
    monkeypatch.chdir(repo.root / "lib")
    brief_id = handoff.write("A task")
    handoff("start", brief_id, "--runner", "codex", "--print", "--worktree")

    beside = repo.root.parent / "project.handoff" / brief_id
    assert json.loads(out.read_text())["cwd"] == str(beside), handoff.err
    assert "??" not in repo.git("status", "--porcelain")


# routes and providers


def test_routes_and_providers(
    repo: Repo,
    handoff: Store,
    programs: Path,
    own_home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What would be used and why; who there is, and where each key comes from."""
    install(programs, "claude")
    configure(own_home, "routes:\n- {when: {label: docs}, model: haiku}\n- {model: opus}\n")
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    brief_id = handoff.write("A task")
    choice = handoff.json("start", brief_id, "--dry-run")
    rows = {row["name"]: row for row in handoff.json("providers")}
    handoff("providers")

    assert choice["values"] == {"model": "opus"}
    assert [v["matches"] for v in choice["verdicts"]] == [False, True]
    assert rows["openrouter"]["key"] == "OPENROUTER_API_KEY (set)"
    assert rows["litellm"]["key"] == "LITELLM_API_KEY (not set)"
    assert KEY not in handoff.out + json.dumps(rows)


def test_checking_without_a_key(
    repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No request is made where there is nothing to make it with, and that is said."""
    monkeypatch.delenv("OPENROUTER_API_KEY", raising=False)

    assert handoff("providers", "check", "openrouter") == 1
    assert "There is no key for openrouter: OPENROUTER_API_KEY is not set." in handoff.out
    assert handoff("providers", "check", "anthropic") == 0
    assert "it uses the client's own login" in handoff.out


def test_checking_a_broken_key(
    repo: Repo, handoff: Store, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that no header can hold is told by its variable's name: in no message, in no log."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", f"{KEY}\nsecond: line")
    code = handoff("providers", "check", "anthropic")
    logs = [path.read_text() for path in (own_home / "state").rglob("*.log")]

    assert code == 1
    assert "ANTHROPIC_API_KEY is not a key" in handoff.out
    assert KEY not in handoff.out + handoff.err + "".join(logs)


def test_checking_an_endpoint_without_a_key(
    repo: Repo, handoff: Store, own_home: Path, endpoints: list[Endpoint]
) -> None:
    """It is asked as a session's client asks it: with both headers, and a word for a key. What it
    says is not cut where no key could be.
    """
    endpoints.append(Endpoint(400, error("llama3.1 is not a model")))
    configure(
        own_home,
        f"providers: {{x: {{base_url: '{endpoints[0].url}', models: {{haiku: llama3.1}}}}}}",
    )

    assert handoff("providers", "check", "x") == 1
    assert "It says: llama3.1 is not a model" in handoff.out
    (_, headers, _) = endpoints[0].asked[0]
    assert (headers["authorization"], headers["x-api-key"]) == ("Bearer no-key", "no-key")


@pytest.mark.parametrize("address", ["https://me:pass-word@h", "https://a..b", "https://[::1"])
def test_checking_a_broken_address(
    address: str, repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of the environment's is told by its name: there may be a password in it."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    monkeypatch.setenv("ANTHROPIC_BASE_URL", address)

    assert handoff("providers", "check", "anthropic") == 1
    assert "ANTHROPIC_BASE_URL is not an address such as https://host/path" in handoff.out
    assert "pass-word" not in handoff.out + handoff.err


def test_checking_what_the_settings_set(
    repo: Repo, handoff: Store, own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client's settings count, also those at the top of the work tree that one is deep in."""
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    (repo.root / ".claude").mkdir()
    (repo.root / "deep").mkdir()
    settings = {
        "env": {"AWS_REGION": "eu-1", "AWS_PROFILE": "x", "ANTHROPIC_BASE_URL": "https://y"}
    }
    (repo.root / ".claude" / "settings.json").write_text(json.dumps(settings))
    monkeypatch.chdir(repo.root / "deep")

    assert handoff("providers", "check", "bedrock", "anthropic") == 0
    assert "only the client can sign a request, so none was made." in handoff.out
    assert "settings.json sets ANTHROPIC_BASE_URL for every session." in handoff.out


def test_settings_of_the_worktree(
    repo: Repo, handoff: Store, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A new work tree has HEAD's settings for the client, also where the user took them away."""
    out = install(programs, "claude")
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    settings = repo.root / ".claude" / "settings.json"
    settings.parent.mkdir()
    settings.write_text(json.dumps({"env": {"ANTHROPIC_BASE_URL": "https://elsewhere"}}))
    repo.git("add", ".")
    repo.git("commit", "--quiet", "--message=Settings")
    settings.unlink()
    brief_id = handoff.write("A task")

    assert handoff("start", brief_id, "--print", "--provider", "openrouter", "--worktree") == 1
    assert "sets ANTHROPIC_BASE_URL for every session" in handoff.err
    assert not out.exists()
