"""A process that has the product loaded and forks one run of it for each order on its stdin.

Orders and answers are JSON, one a line. Alone in its process: it has one thread, so that it can
fork, and takes in the orphans of what it kills, so that they are waited for and not guessed at.
"""

from __future__ import annotations

import ctypes
import gc
import importlib
import io
import json
import os
import resource
import sys
import tempfile
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from .steps import Fault, Steps

_PR_SET_CHILD_SUBREAPER = 36
NOBODY = 54_321  # no user of the machine's, so that nothing else counts
_READY, _GO = b"p", b"g"
_NOW = time.time


def serve() -> None:
    """Carry out orders until stdin ends."""
    try:
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    except AttributeError:
        pass  # no Linux: `_wait` polls
    paused: dict[str, Any] = {}
    for line in sys.stdin:
        order = json.loads(line)
        if order["do"] == "warm":
            _warm(order)
            answer: dict[str, Any] = {}
        elif order["do"] == "resume":
            os.write(paused["go"], _GO)
            answer = _wait(paused)
        else:
            started = _start(order)
            if order["fault"]["what"] == "pause" and os.read(started["paused"], 1) == _READY:
                paused, answer = started, {"paused": True}
            else:
                answer = _wait(started)
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _start(order: dict[str, Any]) -> dict[str, Any]:
    to_parent, from_child = os.pipe()
    from_parent, to_child = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            os.close(to_parent)
            os.close(to_child)
            _child(order, from_child, from_parent)
        except BaseException:  # noqa: BLE001 - a child may not come back into the caller
            traceback.print_exc()
        finally:
            os._exit(99)
    os.close(from_child)
    os.close(from_parent)
    return {"pid": pid, "paused": to_parent, "go": to_child, "base": order["base"]}


def _wait(started: dict[str, Any]) -> dict[str, Any]:
    _, status = os.waitpid(started["pid"], 0)
    if os.WIFSIGNALED(status):
        _wait_for_orphans()
    os.close(started["paused"])
    os.close(started["go"])
    base = Path(started["base"])
    return {
        "code": os.waitstatus_to_exitcode(status),
        "steps": (base / "steps").read_text(errors="replace").splitlines(),
        "out": (base / "out").read_text(errors="replace"),
        "err": (base / "err").read_text(errors="replace"),
    }


def _wait_for_orphans() -> None:
    """The git that a killed process had started goes on, and ends."""
    if not sys.platform.startswith("linux"):
        time.sleep(0.5)
    while True:
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:
            return


def _child(order: dict[str, Any], paused: int, go: int) -> None:
    base = Path(order["base"])
    base.mkdir(exist_ok=True)
    (base / "in").write_text(order["stdin"])
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, name, how in ((0, "in", os.O_RDONLY), (1, "out", flags), (2, "err", flags)):
        os.dup2(os.open(base / name, how), number)
    sys.stdin = io.TextIOWrapper(io.FileIO(0, closefd=False))
    _surround(order)

    def pause() -> None:
        steps._write(paused, _READY)
        os.read(go, 1)

    (base / "steps").touch()
    trace = os.devnull if order.get("limit") else base / "steps"  # it would run into the limit too
    steps = Steps(Fault(**order["fault"]), os.open(trace, flags), pause)
    steps.install()
    if order.get("limit"):
        resource.setrlimit(resource.RLIMIT_FSIZE, (order["limit"], resource.RLIM_INFINITY))
    if order.get("processes"):
        _limit_processes(order["processes"])
    _run(order["argv"])


def _limit_processes(most: int) -> None:
    """Let this run, as a user of its own, have `most` processes and threads: root has no limit."""
    if not os.getuid():
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    resource.setrlimit(resource.RLIMIT_NPROC, (most, most))


def _surround(order: dict[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(order["env"])
    os.chdir(order["cwd"])
    tempfile.tempdir = None
    clock, chance = float(order["clock"]), int(order["chance"])
    time.time = (lambda: clock) if clock else _NOW
    if chance:
        seeded = [chance]

        def urandom(count: int) -> bytes:
            seeded[0] += 1
            return int.to_bytes(seeded[0], 8, "big")[-count:]

        os.urandom = urandom
        importlib.import_module("secrets").token_hex = lambda count: urandom(count).hex()  # type: ignore[attr-defined]
    # A configuration that was written just now, as a restored one is, would be listed once more.
    patches = {"handoff.git.config_listing._CLOCK_TICK_NS": 0, **order["patch"]}
    for name, value in patches.items():
        module, _, attribute = name.rpartition(".")
        setattr(importlib.import_module(module), attribute, value)


def _run(argv: list[str]) -> None:
    if argv[0] == "hook":
        from handoff.hooks import dispatch

        dispatch.run(argv[1])
    sys.argv = ["handoff", *argv]
    from handoff.cli import main

    try:
        main()
    except SystemExit as stop:
        sys.stdout.flush()
        os._exit(int(stop.code or 0))


def _warm(order: dict[str, Any]) -> None:
    """Have everything imported that a run imports, by running it here."""
    _surround(order)
    sys.stdin, stdin = io.TextIOWrapper(io.BytesIO(order["stdin"].encode())), sys.stdin
    sys.argv = ["handoff", *order["argv"]]
    from handoff.cli import main

    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        try:
            main()
        except SystemExit:
            pass
    sys.stdin = stdin
    for event in ("dispatch", "session_start", "endings", "handover", "slash_commands"):
        importlib.import_module(f"handoff.hooks.{event}")
    importlib.import_module("handoff.pickup.offer")
    importlib.import_module("handoff.store.recovery")
    importlib.import_module("_strptime")  # as another user it could not be read
    gc.freeze()


if __name__ == "__main__":
    serve()
