"""A session of a build that does what a headless session of the client does, and no more.

It is `claude` on the PATH of the builds' tests. It claims its brief by the real hook, does what its
kind (`$FAKE_KIND`) does for the feature of that brief, and prints the client's result. What it did
is appended to `$FAKE_LOG` as by `fault.session`.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

from .session import COST, call, hang, note, victim

SECONDS = 0.1
PARTS = 2  # sessions of the kind "slow" that hand over before a feature is built


def main() -> None:
    options = dict(word[2:].partition("=")[::2] for word in sys.argv[1:] if word.startswith("--"))
    session = options["session-id"]
    os.environ.update(CLAUDE_CODE_SESSION_ID=session, CLAUDE_CODE_SESSION_ATTENDED="0")
    brief = os.environ.get("HANDOFF_PICKUP", "")
    payload = {"session_id": session, "cwd": os.getcwd(), "source": "startup"}
    payload |= {"transcript_path": str(Path(os.environ["FAKE_LOG"]).with_name(f"{session}.jsonl"))}
    given = call("hook", "session-start", stdin=json.dumps(payload))
    text = "".join(json.loads(given)["hookSpecificOutput"]["additionalContext"]) if given else ""
    note(session, "began" if brief in text else "was not given it", brief)
    feature = re.search(r"^# (f\d+): ", text, re.MULTILINE)
    if feature:
        hangs = victim()
        if hangs == "now":
            hang(session, brief)
        time.sleep(SECONDS)
        build(os.environ["FAKE_KIND"], feature[1], text)
        note(session, f"built {feature[1]}", text)
        if hangs == "later":
            hang(session, brief)
    call("hook", "session-end", stdin=json.dumps(payload))
    note(session, "ended", brief)
    told = {"type": "result", "subtype": "success", "is_error": False, "session_id": session}
    told |= {"result": "All pass.", "total_cost_usd": COST, "num_turns": 3, "modelUsage": {}}
    print(json.dumps(told))


def build(kind: str, feature: str, text: str) -> None:
    """What a session of a kind does for its feature."""
    number = int(feature[1:])
    if kind == "liar":
        return
    if kind == "three" and number == 1:
        for one in (1, 2, 3):
            implement(one)
    elif kind == "breaker" and number == 2:
        implement(2)
        Path("f1.txt").write_text("broken\n")
    elif kind == "wrecker":
        implement(number)
        if number == 2:
            Path("f1.txt").write_text("broken\n")
        if number == 1 and "Fix this first" in text:
            Path("f1.txt").write_text("worse\n")
    elif kind in ("slow", "endless") and (kind == "endless" or parts(feature) < PARTS):
        part = parts(feature) + 1
        Path(f"{feature}.part{part}").write_text("a part of it\n")
        commit(f"Part {part} of {feature}")
        call("write", stdin=f"# {feature}: part {part} is done\n\n## Task\n\nBuild {feature}.\n")
        return
    elif kind == "dirty":
        implement(number)
        commit(f"Build {feature}")
        Path("left.txt").write_text(f"left by {feature}\n")
        Path("f1.txt").write_text("not committed\n")
        return
    else:
        implement(number)
    commit(f"Build {feature}")


def parts(feature: str) -> int:
    """The parts of a feature that sessions have done."""
    return len(list(Path().glob(f"{feature}.part*")))


def implement(number: int) -> None:
    Path(f"f{number}.txt").write_text(f"feature {number}\n")


def commit(message: str) -> None:
    git = ["git", "-c", "user.name=Robin", "-c", "user.email=robin@example.org"]
    subprocess.run([*git, "add", "--all"], check=True)
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", f"--message={message}"], check=True)


if __name__ == "__main__":
    main()
