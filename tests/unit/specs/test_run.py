"""The commands of a spec: what they see, and what they leave."""

from __future__ import annotations

import importlib.util
import os
import py_compile
import select
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from handoff.runtime import Runtime
from handoff.specs import run
from support import made_specs

if TYPE_CHECKING:
    from support.repo import Repo


def test_environment(repo: Repo) -> None:
    """A command sees the usual variables and those that the spec names, and nothing else."""
    env = {
        "PATH": os.environ["PATH"], "HOME": str(repo.root), "LC_ALL": "C", "DB_URL": "here",
        "OTHER": "x", "ANTHROPIC_API_KEY": "x", "OPENAI_API_KEY": "x", "HANDOFF_HOME": "x",
        "CLAUDE_CODE_SESSION_ID": "x", "CLAUDECODE": "1", "PYTHONPATH": "x", "GIT_DIR": "x",
    }  # fmt: skip
    runtime = Runtime(env, full=True, home=str(repo.state))
    names = ("DB_URL", "OPENAI_API_KEY", "HANDOFF_HOME", "CLAUDECODE")
    spec = made_specs.made_spec(env=names, root=str(repo.root))
    ran = run.run_command("env", spec, str(repo.root), runtime)
    seen = {line.partition("=")[0] for line in ran.tail.splitlines()}
    assert seen - {"PWD", "OLDPWD", "SHLVL", "_"} == {
        "PATH", "HOME", "LC_ALL", "DB_URL", "PYTHONPYCACHEPREFIX",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "ANTHROPIC_X", "CLAUDE_X", "CLAUDECODE"])
def test_refused_names(name: str) -> None:
    """Keys of providers, and what a session sets, cannot be named."""
    assert run.is_refused(name)


def test_target_is_one_word(repo: Repo) -> None:
    """A target is quoted: it never becomes a command."""
    target = "tests/a b;touch here.py::it[$(id)]"
    spec = made_specs.made_spec(root=str(repo.root), runners={"py": "printf '<%s>' {target}"})
    feature = made_specs.feature("sum", target=target)
    runtime = Runtime(os.environ, full=True)
    assert run.run_verify(feature, spec, str(repo.root), runtime).tail == f"<{target}>"


def test_bytecode_of_a_session_is_not_used(repo: Repo) -> None:
    """Bytecode with the size and time of the source in its header, but other code, is not run."""
    source, other = repo.root / "till.py", repo.root / "other.py"
    source.write_text("print('source')\n")
    other.write_text("print('poison')\n")
    os.utime(other, ns=(source.stat().st_mtime_ns,) * 2)
    assert source.stat().st_size == other.stat().st_size
    py_compile.compile(str(other), importlib.util.cache_from_source(str(source)))
    command = f"{sys.executable} -c 'import till'"
    runtime = Runtime(os.environ, full=True)
    spec = made_specs.made_spec(root=str(repo.root))
    trap = [sys.executable, "-c", "import till"]
    plain = subprocess.run(trap, cwd=repo.root, capture_output=True, text=True, check=True)
    assert plain.stdout == "poison\n", "the trap itself must work"
    assert run.run_command(command, spec, str(repo.root), runtime).tail == "source"


def test_cache_is_removed(repo: Repo) -> None:
    """The folder for bytecode is gone afterwards."""
    runtime = Runtime(os.environ, full=True)
    spec = made_specs.made_spec(root=str(repo.root))
    ran = run.run_command('ls -d "$PYTHONPYCACHEPREFIX"', spec, str(repo.root), runtime)
    assert ran.passed
    assert not os.path.exists(ran.tail)


def test_deadline(repo: Repo) -> None:
    """When its time is up, a command ends with what it started; it has no input."""
    runtime = Runtime(os.environ, full=True)
    spec = made_specs.made_spec(root=str(repo.root))
    os.mkfifo(repo.root / "pipe")
    reader = os.open(repo.root / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    try:
        command = "cat; sleep 600 >pipe & wait"
        ran = run.run_command(command, spec, str(repo.root), runtime, seconds=0.5)
        assert ran.code is None
        assert select.select([reader], [], [], 10)[0], "the child still holds the pipe"
        assert os.read(reader, 1) == b""
    finally:
        os.close(reader)
