"""Many processes that write, claim and finish briefs in one repository, all at once.

`python -m fault.crowd PROCESSES BRIEFS`: each of the processes writes, claims and finishes so many.
What it did is printed as a JSON list: `{session, wrote, claimed, refused, wrote_off, done_off}`;
the last two say why a commit is not on the branch.
"""

from __future__ import annotations

import gc
import io
import json
import os
import random
import sys
import time
import traceback
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

from handoff.cli import main as handoff

_OPEN = Path(".handoff", "open")
_SECONDS = 300.0


def crowd(processes: int, briefs: int) -> list[dict[str, Any]]:
    """Start them, wait for them."""
    _call("list", "--json")  # most of what is needed is imported now
    gc.freeze()
    results, go = os.pipe(), os.pipe()
    children = []
    for number in range(processes):
        pid = os.fork()
        if not pid:
            os.close(go[1])
            os.read(go[0], 1)  # until all are there: the end of the pipe
            try:
                line = json.dumps(_work(f"session-{number}", briefs)).encode() + b"\n"
                os.write(results[1], line)
                os._exit(0)
            except BaseException:  # noqa: BLE001 - a child may not come back into the caller
                traceback.print_exc()
                os._exit(1)
        children.append(pid)
    os.close(go[0])
    os.close(go[1])
    os.close(results[1])
    with open(results[0]) as lines:
        answers = [json.loads(line) for line in lines]
    codes = [os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in children]
    assert codes == [0] * processes, codes
    return answers


def _work(session: str, briefs: int) -> dict[str, Any]:
    wrote: list[str] = []
    claimed: list[str] = []
    wrote_off: list[str] = []
    done_off: list[str] = []
    refused = 0
    chance = random.Random(session)
    deadline = time.monotonic() + _SECONDS
    while len(claimed) < briefs:
        assert time.monotonic() < deadline, f"{session} has finished {len(claimed)} only"
        if len(wrote) < briefs:
            words = f"# Work {len(wrote)} of {session}\n\n## Task\n\nDo it.\n"
            written = _call("write", "--kind", "task", "--session", session, "--json", stdin=words)
            wrote.append(written["id"])
            wrote_off += [written["reason"]] if not written["on_branch"] else []
        waiting = [path.stem for path in _OPEN.glob("*.md")]
        if not waiting:
            continue
        wanted = chance.choice(waiting)
        if _call("pickup", wanted, "--session", session, "--json", may_fail=True) is None:
            refused += 1  # another session was first
            continue
        claimed.append(wanted)
        done = _call("done", wanted, "--outcome", f"By {session}.", "--json")
        done_off += [done["reason"]] if not done["on_branch"] else []
    return {
        "session": session,
        "wrote": wrote,
        "claimed": claimed,
        "refused": refused,
        "wrote_off": wrote_off,
        "done_off": done_off,
    }


def _call(*argv: str, stdin: str = "", may_fail: bool = False) -> Any:
    sys.argv = ["handoff", *argv]
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin.encode()))
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with redirect_stdout(out), redirect_stderr(err):
        try:
            handoff()
        except SystemExit as stop:
            code = stop.code
    if code and may_fail:
        return None
    assert not code, (argv, err.getvalue())
    return json.loads(out.getvalue()) if "--json" in argv else None


if __name__ == "__main__":
    print(json.dumps(crowd(int(sys.argv[1]), int(sys.argv[2]))))
