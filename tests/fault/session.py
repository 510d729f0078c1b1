"""A program that does what a headless session of the client does, and no more.

It is `claude` on the PATH of the loops' tests. It claims its brief by the real hook, does one step
of work, commits it, hands over or finishes by the real command line, and prints the client's
result. What it did is appended to `$FAKE_LOG`, a JSON object a line: `{session, did, brief}`. How
long the work takes is drawn by the session's id, at most `$FAKE_SECONDS`. A session that finds a
file `hang-*` beside the log takes it, and waits to be killed: before its work, or (`hang-later-*`)
before it says that it is done.
"""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

COST = 0.0125  # dollars of every session
STEPS = Path("steps.txt")


def main() -> None:
    options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
    session = options["session-id"]
    os.environ.update(CLAUDE_CODE_SESSION_ID=session, CLAUDE_CODE_SESSION_ATTENDED="0")
    brief = os.environ.get("HANDOFF_PICKUP", "")
    payload = {"session_id": session, "cwd": os.getcwd(), "source": "startup"}
    payload |= {"transcript_path": str(Path(os.environ["FAKE_LOG"]).with_name(f"{session}.jsonl"))}
    given = call("hook", "session-start", stdin=json.dumps(payload))
    note(session, "began" if brief in given else "was not given it", brief)
    if brief in given:
        time.sleep(random.Random(session).uniform(0.1, float(os.environ["FAKE_SECONDS"])))
        work(session, brief)
    call("hook", "session-end", stdin=json.dumps(payload))
    note(session, "ended", brief)
    told = {"type": "result", "subtype": "success", "is_error": False, "session_id": session}
    told |= {"result": "Done for now.", "total_cost_usd": COST, "num_turns": 3, "modelUsage": {}}
    print(json.dumps(told))


def work(session: str, brief: str) -> None:
    """One step; the last of `$FAKE_STEPS` finishes the brief, each other hands over."""
    hangs = victim()
    last = int(os.environ["FAKE_STEPS"])
    count = len(STEPS.read_text().splitlines()) if STEPS.exists() else 0
    if hangs == "now":
        hang(session, brief)
    if count < last:
        count += 1
        with STEPS.open("a") as file:
            file.write(f"step {count} by {session}\n")
        git = ["git", "-c", "user.name=Robin", "-c", "user.email=robin@example.org"]
        subprocess.run([*git, "add", str(STEPS)], check=True)
        subprocess.run([*git, "commit", "--quiet", f"--message=Step {count}"], check=True)
        note(session, f"did step {count}", brief)
    if hangs == "later":
        hang(session, brief)
    if count < last:
        call("write", stdin=f"# After step {count}\n\n## Task\n\nDo the next step.\n")
    else:
        call("done", brief, "--outcome", f"All {count} steps are done.")


def victim() -> str:
    """`now` or `later` for one that is to be killed, "" for all others."""
    for path in sorted(Path(os.environ["FAKE_LOG"]).parent.glob("hang-*")):
        try:
            path.unlink()
        except FileNotFoundError:
            continue  # another took it
        return path.name.split("-")[1]
    return ""


def hang(session: str, brief: str) -> None:
    note(session, "hangs", brief)
    time.sleep(600)


def call(*argv: str, stdin: str = "") -> str:
    """What the hook, or the command line, prints; it runs in a child, as the client's do."""
    read, write = os.pipe()
    pid = os.fork()
    if not pid:
        code = 70
        try:
            os.dup2(write, 1)
            code = _run(argv, stdin)
        finally:
            os._exit(code)
    os.close(write)
    with open(read) as file:
        output = file.read()
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert status == 0, (argv, status, output)
    return output


def _run(argv: tuple[str, ...], stdin: str) -> int:
    from handoff.cli import main as handoff
    from handoff.hooks import dispatch

    if argv[0] == "hook":
        from handoff.runtime import Runtime

        os.write(
            1, dispatch.answer(argv[1], stdin.encode(), Runtime(os.environ, full=True)).encode()
        )
        return 0
    sys.argv = ["handoff", *argv]
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode()))
    try:
        handoff()
    except SystemExit as stop:
        sys.stdout.flush()
        return int(stop.code or 0)
    return 0


def note(session: str, did: str, brief: str) -> None:
    line: dict[str, Any] = {"session": session, "did": did, "brief": brief, "pid": os.getpid()}
    descriptor = os.open(os.environ["FAKE_LOG"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(descriptor, json.dumps(line).encode() + b"\n")
    os.close(descriptor)


if __name__ == "__main__":
    main()
