"""What a start of a brief would do: model, provider, runner, command, environment; nothing is done.

A session of the client is told by `HANDOFF_PICKUP` which brief is its own; its start claims and
injects it as always (`pickup.offer`). Another agent has no such hook: the brief is claimed for this
terminal, and its text, the same, is part of the command.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from handoff.base import paths
from handoff.base.errors import HandoffError
from handoff.client import settings_env
from handoff.git import worktrees
from handoff.launch import client_program, eligibility, environment, providers, routes, runners
from handoff.launch import notes as launch_notes
from handoff.meter import token_counter
from handoff.store import trusted_prompts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.brief.document import Brief
    from handoff.config.model import Config
    from handoff.runtime import Runtime
    from handoff.store.places import Place

TEXT = "<the brief's text>"  # in a plan, where the brief is not claimed yet


@dataclass(frozen=True)
class LaunchOptions:
    """What the command line says. `asked` holds what comes before brief and routes."""

    mode: str
    asked: Mapping[str, Any]
    worktree: bool = False
    prompt: str = ""


@dataclass(frozen=True)
class Plan:
    """All that a start does. `command` is whole but for another agent's prompt; no value of a key
    is in it. `notes` say what the user should know before.
    """

    brief: Brief
    place: Place
    orders: LaunchOptions
    choice: routes.Choice
    provider: providers.Provider | None
    runner: runners.Runner | None
    command: list[str]
    directory: str
    worktree: worktrees.Worktree | None
    raw: bytes
    notes: tuple[str, ...]

    @property
    def started_in(self) -> str:
        """Where in `directory`, the top of a worktree, its program is started."""
        return eligibility.directory_in(self.directory, self.brief, self.place.root)

    def as_json(self, env: environment.Environment) -> dict[str, Any]:
        """The stable JSON of `handoff start --dry-run`."""
        return {
            "id": self.brief.id,
            "mode": self.orders.mode,
            "command": self.command,
            "directory": self.started_in,
            "branch": self.worktree.branch if self.worktree else None,
            "environment": {"set": list(env.added), "removed": list(env.removed)},
            "values": dict(self.choice.values),
            "origins": dict(self.choice.origins),
            "verdicts": [asdict(verdict) for verdict in self.choice.verdicts],
            "notes": list(self.notes),
        }


def load_config(runtime: Runtime, root: str) -> Config:
    """The configuration. Raises HandoffError for any mistake in the user's own file or prompts: a
    session must not go to another model or provider, or begin with another text, because of a slip.
    """
    loaded, users = runtime.read_config(root), paths.config_file(runtime.env)
    own = [str(problem) for problem in loaded.problems if problem.path == users]
    own += [problem.what for problem in trusted_prompts.find_problems(runtime)]
    if own:
        raise HandoffError("\n".join(own), "Nothing was started. Fix this first.")
    return loaded.config


def choose_route(
    brief_id: str, runtime: Runtime, place: Place, asked: Mapping[str, Any]
) -> routes.Choice:
    """What a brief would be started on, whoever wrote it; nothing is started."""
    stored, brief = eligibility.find_brief(brief_id, place, runtime)
    return _choice(brief, stored.raw, load_config(runtime, place.root), runtime, asked)


def plan_start(brief_id: str, runtime: Runtime, place: Place, orders: LaunchOptions) -> Plan:
    """What a start would do. Raises HandoffError when the brief may not be started, or cannot."""
    stored, brief = eligibility.find_brief(brief_id, place, runtime)
    eligibility.check(stored, brief, place, runtime)
    config = load_config(runtime, place.root)
    choice = _choice(brief, stored.raw, config, runtime, orders.asked)
    worktree = _worktree(place, brief) if orders.worktree else None
    directory = worktree.path if worktree else place.root
    prompts = trusted_prompts.load(runtime, place.root)
    nobody = f" {prompts.render('unattended_run')}" if orders.mode == runners.PRINT else ""
    if routes.is_client(choice):
        if config.mode == "off":
            raise HandoffError(
                "`mode: off` is set, so no session is given a brief.",
                "Set `mode: notify` or `mode: write` in your configuration.",
            )
        provider = _provider(choice, config, runtime, orders.mode)
        check_settings(provider, runtime, place.root)
        program = client_program.find(runtime.env)
        if program is None:
            raise HandoffError(
                "The client (claude) is not on the PATH.",
                "Install Claude Code (npm install -g @anthropic-ai/claude-code), then try again.",
            )
        model = provider.model(choice.text("model"))
        named = {"HANDOFF_PICKUP": brief.id}
        text = orders.prompt or prompts.render("start_prompt") + nobody
        command = runners.client_command(program, orders.mode, text, choice, model, named)
        return Plan(brief, place, orders, choice, provider, None, command, directory, worktree,
                    stored.raw, tuple(launch_notes.client_notes(
                        brief, choice, orders.mode, provider, runtime)))  # fmt: skip
    runner = _runner(choice, config)
    text = orders.prompt or prompts.render("agent_prompt") + nobody
    fields = {"prompt": f"{TEXT}\n\n{text}", "id": brief.id, "model": choice.text("model"),
              "brief_path": os.path.join(directory, stored.relative)}  # fmt: skip
    command = runners.render(runner.template(orders.mode), fields) + choice.texts("args")
    program = shutil.which(command[0], path=paths.program_path(runtime.env))
    if program is None:
        raise HandoffError(
            f"{command[0]}, the program of the runner {runner.name}, is not on the PATH.",
            "Install it, or name another runner with --runner.",
        )
    command[0] = os.path.abspath(program)  # it is started in another directory
    return Plan(brief, place, orders, choice, None, runner, command, directory, worktree,
                stored.raw, tuple(launch_notes.agent_notes(brief, choice)))  # fmt: skip


def build_environment(
    planned: Plan, runtime: Runtime, config: Config, token: str = ""
) -> environment.Environment:
    """The started program's environment; without the provider's key unless `token` is it."""
    known = providers.all_providers(config.values["providers"])
    names = {p.token_env for p in known.values() if p.token_env}
    provider, runner = planned.provider, planned.runner
    # A relative one would be another place where the program is started.
    own = {"HANDOFF_HOME": runtime.home} if runtime.env.get("HANDOFF_HOME") else {}
    env = {**runtime.env, **own}
    if provider is None:
        # What an agent knows of handoff is its command line.
        path = f"{runtime.env.get('PATH') or os.defpath}{os.pathsep}{paths.plugin_root()}/bin"
        keep = runner.keep if runner else ()
        return environment.build(env, {"PATH": path}, keep=keep, secret=names)
    added = providers.client_variables(provider, token)
    if planned.orders.mode != runners.BACKGROUND:  # there the client's own settings bring it
        added["HANDOFF_PICKUP"] = planned.brief.id
    return environment.build(
        env,
        added,
        of_type=provider.type,
        is_usual=provider.type == providers.usual_provider(runtime.env),
        keep=provider.keep,
        secret=names,
    )


def check_settings(provider: providers.Provider, runtime: Runtime, root: str) -> None:
    """Raise HandoffError where the client's settings files send a session in `root` elsewhere: what
    their `env` sets wins over the environment.
    """
    wanted = providers.client_variables(provider, "")
    for name, path in settings_env.read_names(runtime.env, root).items():
        if name in wanted or (wanted and environment.is_of_a_provider(name)):
            raise HandoffError(
                f"{path} sets {name} for every session and so overrides {provider.name}'s.",
                f"Remove {name} from `env` there, and set it in your shell or in a provider.",
            )


def _choice(
    brief: Brief, raw: bytes, config: Config, runtime: Runtime, asked: Mapping[str, Any]
) -> routes.Choice:
    size = token_counter.make_counter(runtime.env)(raw.decode("utf-8", "replace"))
    traits = routes.Traits(brief.kind, brief.labels, brief.target, size)
    return routes.choose(traits, config.values["routes"], asked)


def _worktree(place: Place, brief: Brief) -> worktrees.Worktree:
    checkout = place.need_checkout("cannot have worktrees", "Leave --worktree out.")
    return worktrees.plan_worktree(checkout, brief.id)


def _provider(
    choice: routes.Choice, config: Config, runtime: Runtime, mode: str
) -> providers.Provider:
    known = providers.all_providers(config.values["providers"])
    name = choice.text("provider") or providers.usual_provider(runtime.env)
    if name not in known:
        raise HandoffError(
            f"Unknown provider {name} ({choice.origins['provider']}).",
            f"Known: {', '.join(known)}. Add yours under `providers` in your configuration.",
        )
    if "tools" in known[name].without:
        raise HandoffError(
            f"{name} does not support tools (providers.{name}.without), which a session needs.",
            "Choose another provider with --provider.",
        )
    if mode == runners.BACKGROUND and not _is_in_force(known[name], runtime.env):
        raise HandoffError(
            f"--bg cannot use {name}: sessions in the client's background share one environment.",
            "Use --tmux or --print.",
        )
    return known[name]


def _is_in_force(provider: providers.Provider, env: Mapping[str, str]) -> bool:
    """Whether the environment is set for exactly this provider already."""
    usual = providers.usual_provider(env)
    wanted = providers.client_variables(provider, "")
    is_set = all(
        env.get(name) == value
        or (environment.is_on(value) and environment.is_on(env.get(name, "")))
        for name, value in wanted.items()
    )
    return (provider.name, provider.type) == (usual, usual) and is_set


def _runner(choice: routes.Choice, config: Config) -> runners.Runner:
    known = runners.all_runners(config.values["runners"])
    name = choice.text("runner")
    if name not in known:
        raise HandoffError(
            f"Unknown runner {name} ({choice.origins['runner']}).",
            f"Known: claude, {', '.join(known)}. Add yours under `runners` in your configuration.",
        )
    return known[name]
