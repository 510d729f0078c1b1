"""What `handoff config` prints can be pasted into the configuration file."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from handoff.config import config_file, config_text, presets
from handoff.config.model import DEFAULTS

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo
    from support.store_program import Store

EVERY_KEY = r"""
mode: off
headless: write
thresholds:
  warn:    {context: [33.3%, 110k], cost_usd: 1, five_hour: 60%, seven_day: null}
  handoff: {context: 1.5M, cost_usd: 2.50, five_hour: null, seven_day: 91.5}
commit: off
brief: {max_tokens: 3000, inject_chars: 9000, stale_days: 0, review: true, shared: true}
redact:
  patterns: ['ACME-[0-9]{8}', employee number: '\bE-[0-9]{6}\b', '12': '0x1F', "a: b #\t\"'", 123]
trust:
  signers: ["0123456789012345678901234567890123456789"]
meter: false
auto: {max_chain: 2, cooldown_s: 1, countdown_s: 2, attended_only: false}
breaker: {handoffs: 4, within_s: 65, least_calls: 6, open_s: 77}
cold_cache: off
projects:
  ~/work/client-*: {commit: ref, mode: notify}
  /srv/**/x: {thresholds: {handoff: {context: [70%, 150k], cost_usd: 5}, warn: {five_hour: 0.5%}}}
  "~/a: b #c'/": {}
routes:
  - when: {kind: task, label: "yes", size: "< 2k", for: cheap}
    model: haiku
    effort: low
    provider: office
    permission_mode: acceptEdits
    allowed_tools: [Bash, "Edit(a: b)"]
    budget_usd: 0.5
    max_turns: 20
    args: [--verbose, ""]
  - {when: {size: "> 1.001k"}, runner: mine}
  - {when: {size: "> 123456.789k"}, runner: codex}
  - {}
providers:
  openrouter: {models: {sonnet: maker/sonnet}, without: [], token_command: [pass, or]}
  litellm: {preset: openrouter, models: {}}
  bedrock: {}
  also: {preset: openrouter}
  office:
    type: compatible
    base_url: "https://llm.example.org/v1/v1/"
    token_env: OFFICE_KEY
    token_command: [/bin/pass, llm]
    models: {sonnet: a, opus: b}
    without: [tools, caching, betas]
    keep: [OFFICE_URL]
  both: {preset: litellm, token_env: LITELLM_API_KEY, token_command: [pass, llm]}
runners:
  mine: {command: [agent, ["--model", "{model}"], "{brief_path}"], print: [agent, "{prompt}"]}
  gemini: {keep: []}
  second: {preset: codex, keep: [A_KEY]}
"""


def read(path: Path, text: str) -> dict[str, Any]:
    """The values of a configuration that has no mistake, without the lines of its entries."""
    path.write_text(text)
    config, problems = config_file.load([str(path)])
    assert problems == []
    values = copy.deepcopy(config.values)
    for kind in ("routes", "providers", "runners", "projects"):
        for entry in values[kind]:
            del entry["line"]
            entry.pop("lines", None)
    return values


@pytest.mark.parametrize(
    "text",
    ["", EVERY_KEY, "thresholds: {handoff: {context: 20k, five_hour: 50%}}"],
    ids=["defaults", "every key", "a default above what is set"],
)
def test_what_is_printed_is_read_again(text: str, tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    values = read(path, text)
    config, _ = config_file.load([str(path)])
    assert read(path, config_text.render(config.values)) == values


SOURCES = """\
mode: notify                # ~/.config/handoff/config.yaml:3 (projects: /**)
headless: notify            # default
thresholds:
  warn:
    context: [50%, 120k]    # default
    cost_usd: null          # default
    five_hour: 75%          # default
    seven_day: 91.5%        # .handoff/config.yaml:1
  handoff:
    context: [70%, 150500]  # ~/.config/handoff/config.yaml:1
    cost_usd: 5             # ~/.config/handoff/config.yaml:3 (projects: /**)
"""


def test_each_value_says_where_it_is_from(own_home: Path, repo: Repo, handoff: Store) -> None:
    """By file, line and pattern in the text, and as data with --json; a mistake is on stderr."""
    path = own_home / ".config" / "handoff" / "config.yaml"
    path.parent.mkdir(parents=True)
    path.write_text(
        "thresholds: {handoff: {context: [70%, 150_500], five_hour: 0.9}}\nprojects:\n"
        "  /**: {mode: notify, thresholds: {handoff: {cost_usd: 5.0}}}\nroutes: [{model: opus}]\n"
    )
    (repo.root / ".handoff").mkdir()
    (repo.root / ".handoff" / "config.yaml").write_text("thresholds: {warn: {seven_day: 91.5}}")

    assert handoff("config") == 1

    mistake = f"{path}:1: thresholds.handoff.five_hour: 0.9 means 0.9%; write 90%"
    assert handoff.err == f"handoff: {mistake}\n"
    yours, teams, text = handoff.out.split("\n", 2)
    assert yours == f"# Yours: {path}"
    assert teams == f"# The team's: {repo.root}/.handoff/config.yaml"
    assert text.startswith(SOURCES)
    assert "\nroutes:                     # ~/.config/handoff/config.yaml:4\n" in text

    sources = handoff.answer("config")["sources"]
    assert sources["mode"] == {"path": str(path), "line": 3, "project": "/**"}
    assert sources["thresholds.warn.context"] is None
    assert sources["thresholds.handoff.context"] == {"path": str(path), "line": 1, "project": ""}
    assert {"providers", "runners", "routes", "brief.review", "redact.patterns"} <= {*sources}


def test_every_key_is_tried(tmp_path: Path) -> None:
    """None keeps its default; a provider and a runner have all of theirs."""
    values = read(tmp_path / "config.yaml", EVERY_KEY)

    def leaves(values: dict[str, Any], name: str = "") -> dict[str, Any]:
        leaf_values = {}
        for key, value in values.items():
            is_section = isinstance(value, dict) and not name.startswith("thresholds")
            leaf_values.update(
                leaves(value, f"{name}{key}.") if is_section else {name + key: value}
            )
        return leaf_values

    defaults = leaves(DEFAULTS)
    assert not [key for key, value in leaves(values).items() if value == defaults[key]]
    written = yaml.safe_load(EVERY_KEY)
    office, mine = written["providers"]["office"], written["runners"]["mine"]
    assert {*office} == {*presets.NO_PROVIDER}
    assert {*mine, *written["runners"]["gemini"]} == {*presets.NO_RUNNER}


@pytest.mark.parametrize("text", ["", EVERY_KEY], ids=["defaults", "every key"])
def test_the_command(text: str, own_home: Path, repo: object, handoff: Store) -> None:
    path = own_home / ".config" / "handoff" / "config.yaml"
    path.parent.mkdir(parents=True)
    values = read(path, text)
    assert handoff("config") == 0
    assert read(path, handoff.out) == values
