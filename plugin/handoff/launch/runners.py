"""Runners: the program that a session runs in, as a list of arguments. No shell is involved."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from handoff.base.errors import HandoffError
from handoff.config import presets

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from handoff.launch.routes import Choice

TERMINAL, PRINT, TMUX, BACKGROUND = "terminal", "print", "tmux", "background"


@dataclass(frozen=True)
class Runner:
    """Another agent. `command` is for a terminal, `headless` runs to the end by itself.

    A list inside a command is left out when a field in it is empty. `keep` are keys it needs.
    """

    name: str
    command: tuple[Any, ...] = ()
    headless: tuple[Any, ...] = ()
    keep: tuple[str, ...] = ()

    def template(self, mode: str) -> tuple[Any, ...]:
        """The command for a mode; raises HandoffError where the runner has none."""
        if mode == BACKGROUND:
            raise HandoffError(
                f"{self.name} cannot run in the background: --bg is for the client.",
                "Use --tmux, or --print in a shell's background.",
            )
        template = self.headless if mode == PRINT else self.command
        if not template:
            key = "print" if mode == PRINT else "command"
            raise HandoffError(
                f"The runner {self.name} has no `{key}`.", f"Add it: runners.{self.name}.{key}"
            )
        return template


def all_runners(configured: Iterable[Mapping[str, Any]]) -> dict[str, Runner]:
    """All other agents by name: the presets, and over them those of the configuration."""
    runners = {name: _made(name, preset) for name, preset in presets.RUNNERS.items()}
    return runners | {str(entry["name"]): _made(entry["name"], entry) for entry in configured}


def render(template: Iterable[Any], fields: Mapping[str, str]) -> list[str]:
    """The arguments of a template; what stands in a field is never looked into again."""
    arguments: list[str] = []
    for item in template:
        words = item if isinstance(item, list) else [item]
        used = {name for word in words for name in presets.FIELD.findall(word)}
        if isinstance(item, list) and not all(fields.get(name) for name in used):
            continue
        arguments += [presets.FIELD.sub(lambda match: fields[match[1]], word) for word in words]
    return arguments


def client_command(
    program: str, mode: str, prompt: str, choice: Choice, model: str, setting: Mapping[str, str]
) -> list[str]:
    """The client's arguments for a mode. `model` is the provider's own name for it, or "".

    The options have `=`: some of the client's take any number of words. `setting` are variables for
    a session in the background: its process has the environment of the client's service, which may
    have been started for another (docs/client.md).
    """
    head = {PRINT: ["-p"], BACKGROUND: ["--bg"]}.get(mode, [])
    command = [program, *head, prompt]
    if mode == PRINT:
        command += ["--output-format=json"]
        if choice.values.get("budget_usd"):
            command += [f"--max-budget-usd={choice.values['budget_usd']:g}"]
        if choice.values.get("max_turns"):
            command += [f"--max-turns={choice.values['max_turns']}"]
    command += [f"--model={model}"] if model else []
    command += [f"--effort={choice.text('effort')}"] if choice.text("effort") else []
    permission = choice.text("permission_mode")
    command += [f"--permission-mode={permission}"] if permission else []
    tools = choice.texts("allowed_tools")
    command += [f"--allowedTools={','.join(tools)}"] if tools else []
    if mode == BACKGROUND:
        command += [f"--settings={json.dumps({'env': dict(setting)})}"]
    return command + choice.texts("args")


def _made(name: str, entry: Mapping[str, Any]) -> Runner:
    whole = {**presets.NO_RUNNER, **entry}
    return Runner(str(name), tuple(whole["command"]), tuple(whole["print"]), tuple(whole["keep"]))
