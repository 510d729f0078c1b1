"""What a hook loads on every event: the client waits for it."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

SLOW = {"json", "re", "typing", "dataclasses", "pathlib", "subprocess", "yaml", "git", "inspect",
        "tempfile"}  # fmt: skip
PACKAGES = {
    ".".join(("handoff", *path.parent.relative_to(ROOT / "plugin" / "handoff").parts))
    for path in (ROOT / "plugin" / "handoff").rglob("__init__.py")
}
HOT_EVENTS = ("stop", "session-start", "user-prompt-submit", "post-tool-batch")


def _modules_after(code: str) -> set[str]:
    """The modules that are loaded in a bare interpreter once it has run this."""
    plugin = ROOT / "plugin"
    code = f"import sys; sys.path.insert(0, {str(plugin)!r})\n{code}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def _documented_as_hot() -> set[str]:
    text = (ROOT / "docs/development.md").read_text()
    listed = text.partition("load on every event (")[2].partition(")")[0]
    paths = set(re.findall(r"`([\w/]+)\.py`", listed)) - {"hooks/hook"}
    return {f"handoff.{path.replace('/', '.')}" for path in paths}


def test_the_hot_modules_import_little() -> None:
    """None of those that the documentation lists loads what costs milliseconds at start."""
    hot = _documented_as_hot()
    assert len(hot) > 30
    assert not SLOW & _modules_after("import " + ", ".join(sorted(hot)))


@pytest.mark.parametrize("event", HOT_EVENTS)
def test_the_hot_path_imports_little(event: str, tmp_path: Path) -> None:
    """Below the line a hook loads the modules that are listed as hot, and no others."""
    found = _modules_after(
        "from handoff.hooks import dispatch\n"
        "from handoff.runtime import Here\n"
        f"env = {{'HOME': {str(tmp_path)!r}, 'HANDOFF_HOME': {str(tmp_path / 'state')!r}}}\n"
        'payload = b\'{"session_id": "x", "cwd": "/", "source": "startup"}\'\n'
        f"dispatch.answer({event!r}, payload, Here(env, full=False))"
    )
    ours = {name for name in found if name.startswith("handoff.")} - PACKAGES
    assert ours <= _documented_as_hot()
    assert not SLOW & found
