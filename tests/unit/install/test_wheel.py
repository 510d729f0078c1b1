"""What pyproject.toml says of the wheel. tests/e2e/test_install.py builds and installs one."""

from __future__ import annotations

import re
from pathlib import Path

from handoff.install import environment
from support.paths import ROOT

PROJECT = (ROOT / "pyproject.toml").read_text()


def test_it_holds_all_that_install_sh_needs() -> None:
    """Each part of the plugin is in its folder, as in a checkout."""
    needed = re.search(r'^needed="(.*)"$', (ROOT / "install.sh").read_text(), re.MULTILINE)
    assert needed is not None
    section = PROJECT.split("[tool.hatch.build.targets.wheel.force-include]\n")[1].split("\n\n")[0]
    included = dict(re.findall(r'^"(.*)" = "(.*)"$', section, re.MULTILINE))
    pth = included.pop("plugin/handoff_plugin.pth")

    assert {Path(name).parts[0] for name in included} == {*needed[1].split(), "docs"}
    assert included == {name: f"handoff_plugin/{name}" for name in included}
    assert all((ROOT / name).exists() for name in included)
    assert "/" not in pth
    assert pth.endswith(".pth")
    assert (ROOT / "plugin" / "handoff_plugin.pth").read_text() == "handoff_plugin/plugin\n"
    manifest = {path.name for path in (ROOT / ".claude-plugin").iterdir() if path.is_file()}
    assert {Path(name).name for name in included if name.startswith(".claude")} == manifest


def test_its_name_is_our_own() -> None:
    """`handoff` is somebody else's on PyPI and npm: no page tells anyone to install that."""
    assert '\nname = "handoff-briefs"\n' in PROJECT
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), *(ROOT / "commands").glob("*.md")]
    for page in pages:
        strange = re.search(
            r"(pip|pipx|npm|npx|uvx|uv tool)( install)?( -g)? handoff(?![\w.-])", page.read_text()
        )
        assert strange is None, f"{page}: {strange}"


def test_an_environment_holds_the_dependencies_alone(tmp_path: Path) -> None:
    """The plugin runs from its own files; a list in another form has the project installed."""
    requirements = environment._requirements(str(ROOT))
    assert "click>=8.1,<9" in requirements
    assert all(re.match(r"[a-z-]+[>=]", requirement) for requirement in requirements)

    (tmp_path / "pyproject.toml").write_text("[project]\ndependencies = []\n")
    assert environment._requirements(str(tmp_path)) == [str(tmp_path)]
