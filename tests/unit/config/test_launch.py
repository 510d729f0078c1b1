"""`routes`, `providers`, `runners` in the configuration: what is read, how mistakes are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from handoff.config import config_file, presets
from handoff.launch import runners

if TYPE_CHECKING:
    from pathlib import Path


def load(tmp_path: Path, text: str) -> tuple[dict[str, Any], list[str]]:
    """The values in force, and what is wrong, without the file's name."""
    path = tmp_path / "config.yaml"
    path.write_text(text)
    config, problems = config_file.load([str(path), str(tmp_path / "none.yaml")])
    return config.values, [f"{problem.line}: {problem.what}" for problem in problems]


def test_a_whole_configuration(tmp_path: Path) -> None:
    """Everything that can be set is read, presets are laid under."""
    values, problems = load(
        tmp_path,
        """
routes:
  - when: {kind: task, label: docs, size: "< 2k", for: cheap}
    model: haiku
    effort: low
    provider: office
    permission_mode: acceptEdits
    allowed_tools: [Bash, Edit]
    budget_usd: 0.5
    max_turns: 20
    args: [--verbose]
  - {runner: mine}
providers:
  openrouter: {models: {sonnet: maker/sonnet}}
  office: {preset: litellm, base_url: "https://llm.example.org/v1/", token_command: [pass, llm]}
runners:
  mine: {command: [agent, ["--model", "{model}"], "{brief_path}"]}
""",
    )
    first, second = values["routes"]
    openrouter, office = values["providers"]

    assert problems == []
    assert first["line"] == 3
    assert first["when"] == {"kind": "task", "label": "docs", "size": ["<", 2000], "for": "cheap"}
    assert first["use"]["budget_usd"] == 0.5
    assert second == {"line": 12, "when": {}, "use": {"runner": "mine"}}
    assert openrouter["base_url"] == "https://openrouter.ai/api"
    assert openrouter["token_env"] == "OPENROUTER_API_KEY"
    assert openrouter["models"] == {"sonnet": "maker/sonnet"}
    assert office["base_url"] == "https://llm.example.org"
    assert (office["token_env"], office["token_command"]) == ("", ["pass", "llm"])
    assert values["runners"][0]["command"][1] == ["--model", "{model}"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("routes: 5", "1: routes must be a list of entries"),
        ("routes:\n- {modle: opus}",
         "2: routes: entry 1: unknown key modle; did you mean model?; the entry is ignored"),
        ("routes:\n- model: opus\n- when: {lable: x}",
         "3: routes: entry 2: when: unknown key lable; did you mean label?; the entry is ignored"),
        ("routes:\n- when: {size: big}",
         '2: routes: entry 1: when: size must be a size in tokens, such as "< 2k" or "> 1500", '
         "not 'big'; the entry is ignored"),
        ("routes:\n- {effort: hihg}",
         "2: routes: entry 1: effort must be one of low, medium, high, xhigh, max, not 'hihg' "
         "(did you mean high?); the entry is ignored"),
        ("routes:\n- {budget_usd: -1}",
         "2: routes: entry 1: budget_usd must be an amount in dollars from 0.01 to 100000, not -1; "
         "the entry is ignored"),
        ("routes:\n- {provider: opnrouter}",
         "2: routes: unknown provider opnrouter; did you mean openrouter?"),
        ("routes:\n- {runner: codexx}", "2: routes: unknown runner codexx; did you mean codex?"),
        ("routes:\n- {model: --dangerous}",
         "2: routes: entry 1: model must be a model's name, or one of opus, sonnet, haiku, "
         "fable; the entry is ignored"),
        ("providers:\n  x: {token_env: K}", "2: providers.x needs base_url; it is ignored"),
        ("providers:\n  x: {preset: openruter}",
         "2: providers.x: unknown preset openruter; did you mean openrouter?; the entry is "
         "ignored"),
        ("runners:\n  x: {preset: codex, command: [a, b]}",
         "2: runners.x: command must contain {prompt} or {brief_path}; the entry is ignored"),
        ("runners:\n  x: {command: [a, '{promt}']}",
         "2: runners.x: command must be made of the fields {brief_path}, {prompt}, {model}, "
         "{id}, not 'promt'; the entry is ignored"),
        ("runners:\n  x: {command: ['{model}', '{prompt}']}",
         "2: runners.x: command must be a list that begins with the program's name, without a "
         "{field} in it; the entry is ignored"),
        ("runners:\n  x: {print: [[a], '{prompt}']}",
         "2: runners.x: print must be a list that begins with the program's name, without a "
         "{field} in it; the entry is ignored"),
        ("runners:\n  x: {command: [./a, '{prompt}']}",
         "2: runners.x: command must be a list that begins with a program on the PATH or its "
         "absolute path (without ~); the entry is ignored"),
        ("providers:\n  openrouter: {token_command: []}",
         "2: providers.openrouter: token_command must be a list that begins with the "
         "program's name, without a {field} in it; the entry is ignored"),
        ("providers:\n  openrouter: {token_command: [bin/key]}",
         "2: providers.openrouter: token_command must be a list that begins with a program on "
         "the PATH or its absolute path (without ~); the entry is ignored"),
        ("runners:\n  claude: {command: [a, '{prompt}']}",
         "2: runners.claude is the client itself; choose another name"),
        ("routes:\n" + "- {model: opus}\n" * 101,
         "2: routes: only the first 100 entries are used"),
        ("route: []", "1: unknown key route; did you mean routes?"),
    ],
)  # fmt: skip
def test_mistakes(text: str, told: str, tmp_path: Path) -> None:
    """Each is named with its line and the nearest known word, and the entry starts nothing."""
    values, problems = load(tmp_path, text)

    assert problems == [told]
    for name in ("providers", "runners"):
        assert values[name] == []


@pytest.mark.parametrize(
    "text",
    [
        "providers:\n  x: {base_url: 'https://h', token: sk-or-v1-secret}",
        "providers:\n  x: {base_url: 'https://h', token_env: sk-or-v1-secret}",
        "providers:\n  x: {base_url: 'https://me:sk-or-v1-secret@h'}",
        "providers:\n  x: {base_url: 'https://h?key=sk-or-v1-secret'}",
        "providers:\n  openrouter: {token_command: sk-or-v1-secret}",
        "providers:\n  openrouter: {keep: [sk-or-v1-secret]}",
    ],
)
def test_a_key_at_the_wrong_place(text: str, tmp_path: Path) -> None:
    """A key that was put into the file is refused and not repeated in the message."""
    values, problems = load(tmp_path, text)

    assert len(problems) == 1
    assert "secret" not in problems[0]
    assert values["providers"] == []


@pytest.mark.parametrize(
    "address",
    ["http://h/\\nx", "https://a..b", "https://h\u00e4", "https://h/a b", "https://h/\\e[0m", "file:///x",
     "https://", "https://h:99999", "https://h:0", "//h", "https://[::1", "h"],
)  # fmt: skip
def test_no_address(address: str, tmp_path: Path) -> None:
    """What no client could ask is a mistake in the file, and no surprise at the start."""
    values, problems = load(tmp_path, f'providers:\n  x: {{base_url: "{address}"}}')

    assert values["providers"] == []
    assert len(problems) == 1
    assert "base_url must be an address such as https://host/path" in problems[0]


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:4000", "https://[::1]:8", "https://a-b.example/api", "http://my_host"],
)
def test_addresses(address: str, tmp_path: Path) -> None:
    """As people have them."""
    values, problems = load(tmp_path, f"providers:\n  x: {{base_url: '{address}/v1/'}}")

    assert problems == []
    assert values["providers"][0]["base_url"] == address


def test_a_team_cannot_set_them(tmp_path: Path) -> None:
    """Nothing in a repository chooses who answers a session or what is started."""
    team = tmp_path / "team.yaml"
    team.write_text("routes: [{model: opus}]\nproviders: {x: {base_url: 'https://evil'}}\n"
                    "runners: {x: {command: [evil, '{prompt}']}}\n")  # fmt: skip
    config, problems = config_file.load([str(tmp_path / "none.yaml"), str(team)])

    assert [config.values[name] for name in ("routes", "providers", "runners")] == [[], [], []]
    assert [problem.what.split(" cannot")[0] for problem in problems] == [
        "routes", "providers", "runners"]  # fmt: skip


@pytest.mark.parametrize(
    "value", ["5", "text", "null", "true", "[1]", "[{a: b}]", "{a: 1}", "2020-01-01", "[[]]"]
)
def test_no_type_is_a_bug(value: str, tmp_path: Path) -> None:
    """Whatever stands at a key, the file is read; an entry that is not right is told with its line
    and starts nothing.
    """
    keys = {
        "routes": ("when", "model", "effort", "provider", "runner", "permission_mode", "budget_usd",
                   "allowed_tools", "max_turns", "args"),
        "providers": ("preset", "type", "base_url", "token_env", "token_command", "models",
                      "without", "keep"),
        "runners": ("preset", "command", "print", "keep"),
    }  # fmt: skip
    for section, names in keys.items():
        for name in names:
            begin = "- " if section == "routes" else "  gemini:\n    "
            values, problems = load(tmp_path, f"{section}:\n{begin}{name}: {value}")
            if problems and "routes: unknown " not in problems[0]:  # a name that nothing has
                assert values[section] == []
                assert problems[0].split(":")[0] in "23"
        values, problems = load(tmp_path, f"{section}: {value}")
        assert values[section] == []


def test_braces_of_an_argument(tmp_path: Path) -> None:
    """Only what looks like a field is one."""
    values, problems = load(tmp_path, """runners:\n  x: {command: [a, '{"k": {}}', '{prompt}']}""")
    fields = {"prompt": "go", "id": "i", "model": "", "brief_path": "/p"}

    assert problems == []
    assert runners.render(values["runners"][0]["command"], fields) == ["a", '{"k": {}}', "go"]


def test_presets_are_right(tmp_path: Path) -> None:
    """Every preset is what the configuration itself would accept."""
    lines = ["providers:"]
    for name, preset in presets.PROVIDERS.items():
        lines.append(f"  {name}: {preset}".replace("'type'", "type"))
    lines.append("runners:")
    for name, preset in presets.RUNNERS.items():
        lines.append(f"  {name}: {preset}")
    values, problems = load(tmp_path, "\n".join(lines))

    assert problems == []
    assert [entry["name"] for entry in values["providers"]] == list(presets.PROVIDERS)
    assert [entry["name"] for entry in values["runners"]] == list(presets.RUNNERS)
