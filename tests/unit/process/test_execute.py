"""Programs started for us: what ends with us, and what they are not handed on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from handoff.base import paths
from handoff.base.errors import HandoffError
from handoff.process import execute

if TYPE_CHECKING:
    from pathlib import Path

OUTER = """
import os, sys
sys.path.insert(0, {root!r})
from handoff.process import execute as launch
done = launch.{call}({command!r}, {folder!r}, dict(os.environ))
print(done.out.strip(), done.told)
"""


def outer(call: str, command: list[str], folder: Path) -> subprocess.Popen[str]:
    """Another Python that starts `command`."""
    code = OUTER.format(
        root=os.path.join(paths.plugin_root(), "plugin"), call=call, command=command,
        folder=str(folder),
    )  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_the_program_ends_first(number: signal.Signals, tmp_path: Path) -> None:
    """Whoever ends us ends what we run, and it has the time to tidy up and to say what it cost: it
    does not go on alone.
    """
    tidied = tmp_path / "tidied"
    ready = tmp_path / "ready"
    os.mkfifo(ready)
    script = (
        f"trap 'sleep 0.7; echo > {tidied}; echo cost; exit 0' TERM INT; echo > {ready}; "
        "for i in $(seq 600); do sleep 0.05; done"
    )
    process = outer("run_to_end", ["sh", "-c", script], tmp_path)
    ready.read_text()  # returns when the program has opened it
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as Ctrl-C does
    else:
        process.send_signal(number)
    out, _ = process.communicate(timeout=60)

    assert tidied.exists()
    assert out.split() == ["cost", str(int(number))]


def test_a_broken_pipe_ends_a_program(tmp_path: Path) -> None:
    """What Python itself ignores is not left ignored in the program that takes our place."""
    process = outer("replace_process", ["sh", "-c", "trap '' TERM; cat /proc/$$/status"], tmp_path)
    out, _ = process.communicate(timeout=60)
    (line,) = [line for line in out.splitlines() if line.startswith("SigIgn:")]
    ignored = int(line.split()[1], 16)

    assert ignored & 1 << (signal.SIGTERM - 1)
    assert not ignored & (1 << (signal.SIGPIPE - 1) | 1 << (signal.SIGXFSZ - 1))


def test_arguments_that_are_too_long(tmp_path: Path) -> None:
    """The system's limit for one argument is told as what it is."""
    with pytest.raises(HandoffError, match="Argument list too long") as raised:
        execute.run_to_end(["/bin/echo", "x" * 200_000], str(tmp_path), {})

    assert "a shorter --prompt" in raised.value.hint


def test_who_looks_while_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They are called again and again, and nothing of the output is lost."""
    monkeypatch.setattr(execute, "LOOK_SECONDS", 0.01)
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    looks: list[int] = []

    def look() -> None:
        looks.append(1)
        if len(looks) == 3:
            fifo.write_text("end\n")

    script = f"echo begun; read word < {fifo}; echo $word"
    done = execute.run_to_end(["sh", "-c", script], str(tmp_path), dict(os.environ), look)

    assert (done.code, done.out) == (0, "begun\nend\n")
    assert len(looks) >= 3
