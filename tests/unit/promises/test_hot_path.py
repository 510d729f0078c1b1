"""What a hook loads on every event: the client waits for it."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path

HOOK = ROOT / "hooks" / "hook.py"
PLUGIN = ROOT / "plugin"
SLOW = {"json", "re", "typing", "dataclasses", "pathlib", "subprocess", "yaml", "git", "inspect",
        "tempfile", "enum", "functools", "importlib", "fcntl", "hashlib"}  # fmt: skip
PACKAGES = {
    ".".join(("handoff", *path.parent.relative_to(PLUGIN / "handoff").parts))
    for path in (PLUGIN / "handoff").rglob("__init__.py")
}
# Below the thresholds, in a session that is known: exactly these modules.
EACH = {
    *("base.errors", "base.fields", "base.file_io", "base.paths", "base.processes"),
    *("base.quickjson", "base.state_file"),
    *("client.hook_io", "client.session_directory", "client.settings_read"),
    *("client.transcript.folders", "config.model", "git.discovery", "runtime"),
    *("hooks.dispatch", "hooks.event", "hooks.session_moves", "hooks.start"),
    *("session.field", "session.files", "session.state"),
}
TAIL = {"client.transcript.backwards", "client.transcript.branches", "client.transcript.tail"}
METERING = {
    *EACH,
    *TAIL,
    *("client.compact_settings", "client.mod_state", "hooks.sense"),
    *("meter.compaction", "meter.context", "meter.feed", "meter.windows"),
    *("session.assess", "session.decision_log", "session.hard_limit"),
    *("session.observed_compaction", "session.policy"),
}
CHANGING = {"base.locks", "session.handoff_transitions"}
LOADED = {
    "stop": METERING | {"hooks.stop", "hooks.turn_end"},
    "post-tool-batch": METERING | {"hooks.tool_batch"},
    "user-prompt-submit": EACH | TAIL | {"hooks.user_prompt"},
    "pre-tool-use": EACH | {"hooks.permissions", "facts.own_calls", "install.launcher"},
    "post-tool-use": EACH | {"hooks.slash_commands"},
    "session-start": (EACH | TAIL | CHANGING | {
        *("base.log", "base.visible_text", "client.added_directories", "client.mod_state"),
        *("client.shadowing_commands", "hooks.session_start", "install.bootstrap"),
        *("install.plugin_link", "install.ready_file", "session.name_conflicts"),
        *("session.transitions",),
    }) - {"hooks.session_moves"},
}  # fmt: skip
# What judges a tool call parses it with `re`; a change of the state is made under a lock.
ALLOWED = {"pre-tool-use": {"re", "enum", "functools"}, "session-start": {"fcntl"}}
WATCHED = """
import os, sys
def tell(_, leave=os._exit):
    sys.stderr.write(" ".join(sys.modules))
    sys.stderr.flush()
    leave(0)
os._exit = tell
sys.argv = sys.argv[1:]
path = sys.argv[0]
exec(compile(open(path).read(), path, "exec"), {"__name__": "__main__", "__file__": path})
"""


def _modules_after(code: str) -> set[str]:
    """The modules that are loaded in a bare interpreter once it has run this."""
    code = f"import sys; sys.path.insert(0, {str(PLUGIN)!r})\n{code}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def _modules_of_hook(event: str, folder: Path) -> set[str]:
    """The modules that `hook.py` has loaded when it ends, for a session below its thresholds."""
    transcript = folder / "s1.jsonl"
    used = {"input_tokens": 5, "cache_read_input_tokens": 20_000, "output_tokens": 9}
    message = {"id": "m1", "model": "claude-opus-5-5", "content": [], "usage": used}
    transcript.write_text(json.dumps({"type": "assistant", "message": message}) + "\n")
    known = {"project": str(folder), "transcript": str(transcript), "first_tokens": 20_000}
    (folder / "state" / "sessions").mkdir(parents=True)
    (folder / "state" / "sessions" / "s1.json").write_text(json.dumps(known))
    payload = {"session_id": "s1", "transcript_path": str(transcript), "cwd": str(folder),
               "tool_name": "Bash", "tool_input": {"command": "ls"}, "prompt": "x",
               "source": "startup"}  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", WATCHED, HOOK, event, "1"],
        env={"HOME": str(folder), "HANDOFF_HOME": str(folder / "state")},
        input=json.dumps(payload),
        capture_output=True,
        text=True,
        check=True,
    )
    assert not done.stdout
    assert not (folder / "state" / "log").exists()
    return set(done.stderr.split())


def _documented_as_hot() -> set[str]:
    text = (ROOT / "docs/development.md").read_text()
    listed = text.partition("load on every event (")[2].partition(")")[0]
    paths = set(re.findall(r"`([\w/]+)\.py`", listed)) - {"hooks/hook"}
    return {f"handoff.{path.replace('/', '.')}" for path in paths}


def test_the_hot_modules_import_little() -> None:
    """None of those that the documentation lists loads what costs milliseconds at start."""
    hot = _documented_as_hot()
    assert len(hot) > 30
    assert not (SLOW - {"fcntl"}) & _modules_after("import " + ", ".join(sorted(hot)))


@pytest.mark.parametrize("event", LOADED)
def test_an_event_loads_exactly_its_modules(event: str, tmp_path: Path) -> None:
    """Below the thresholds a hook loads what is listed for its event: no more, and nothing slow."""
    loaded = _modules_of_hook(event, tmp_path)
    ours = {name for name in loaded if name.startswith("handoff.")} - PACKAGES
    assert {name.removeprefix("handoff.") for name in ours} == LOADED[event]
    assert not (SLOW - ALLOWED.get(event, set())) & loaded
    if event != "pre-tool-use":
        assert ours - {"handoff.hooks.slash_commands", "handoff.install.bootstrap"} <= (
            _documented_as_hot()
        )


def test_each_package_says_no_more_than_a_sentence() -> None:
    """A hook's finder does not run them (`hooks/hook.py`)."""
    for path in (PLUGIN / "handoff").glob("*/**/__init__.py"):
        if path.parent.name != "cli":  # a command line, which no hook is
            assert re.fullmatch(r'"""[^"]+"""\n', path.read_text()), path


def test_the_finder_finds_what_the_import_system_finds() -> None:
    """Each module from the same file, each package in the same folder; nothing else."""
    names = sorted(
        ".".join(path.relative_to(PLUGIN).with_suffix("").parts)
        for path in (PLUGIN / "handoff").rglob("*.py")
        if path.name not in ("__init__.py", "__main__.py")
    )
    code = (
        "import importlib.machinery, runpy, sys\n"
        f"hook = runpy.run_path({str(HOOK)!r})\n"
        f"finder, plugin = hook['Finder'], {str(PLUGIN)!r}\n"
        "hook['module_at'].__globals__.update(ModuleSpec=importlib.machinery.ModuleSpec,\n"
        "    SourceFileLoader=importlib.machinery.SourceFileLoader)\n"
        "for name in sys.stdin.read().split():\n"
        "    folder = [plugin + '/' + name.rpartition('.')[0].replace('.', '/')]\n"
        "    ours = finder.find_spec(name, folder)\n"
        "    usual = importlib.machinery.PathFinder.find_spec(name, folder)\n"
        "    assert (ours.origin, ours.cached) == (usual.origin, usual.cached), name\n"
        "    assert ours.submodule_search_locations is None, name\n"
        "package = finder.find_spec('handoff', None)\n"
        "assert package.origin == plugin + '/handoff/__init__.py'\n"
        "assert package.submodule_search_locations == [plugin + '/handoff']\n"
        "inner = finder.find_spec('handoff.client', [])\n"
        "assert inner.submodule_search_locations == [plugin + '/handoff/client']\n"
        "assert finder.find_spec('handoff.nothing', []) is None\n"
        "assert finder.find_spec('handoffs', None) is None\n"
        "assert finder.find_spec('os', None) is None\n"
        "print('done')\n"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code],
        input="\n".join(names),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "done\n"
