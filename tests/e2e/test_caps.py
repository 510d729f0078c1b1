"""A usage cap in `handoff relay` with the real client: it ends the relay, with the time of the
reset, or is waited for.
"""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING, Any

from handoff.demo.api import Reply

from .harness import SUBSCRIBED
from .model import ASKS_FOR_A_BRIEF, REPORTED, runs, says
from .starter import DONE, Starter

if TYPE_CHECKING:
    from handoff.demo.api import Request

    from .harness import World

SECONDS = 5  # until the cap resets
STEP = "echo 'step {0}' >> notes.txt && git add notes.txt && git commit --quiet -m 'Step {0}'"
BRIEF = (
    "handoff write <<'BRIEF'\n# After step 1\n## Task\nWrite the notes.\n## Next step\nOn.\nBRIEF"
)


def refused() -> Reply:
    """What a subscription gets whose five hours are used up."""
    kind = "anthropic-ratelimit-unified"
    resets_at = str(int(time.time()) + SECONDS)
    headers = {
        f"{kind}-status": "rejected",
        f"{kind}-representative-claim": "five_hour",
        f"{kind}-reset": resets_at,
        f"{kind}-5h-reset": resets_at,
    }
    return Reply(status=429, error_message="This request would exceed it.", headers=headers)


class Worker:
    """Each session does a step. The first hands over, the second and the third run into the cap,
    the fourth finishes the brief.
    """

    def __init__(self) -> None:
        self.sessions: list[str] = []
        self.began: list[float] = []
        self.resets: list[int] = []

    def __call__(self, request: Request, _: int) -> Reply:
        if request.session_id not in self.sessions:
            self.sessions.append(request.session_id)
            self.began.append(time.time())
            return runs(STEP.format(len(self.sessions)), 20_000)
        number = self.sessions.index(request.session_id) + 1
        if number in (2, 3):
            reply = refused()
            self.resets.append(int(reply.headers["anthropic-ratelimit-unified-reset"]))
            return reply
        if number == 4:
            brief = request.text.partition('<handoff-brief id="')[2].partition('"')[0]
            is_done = "Done; greeting" in json.dumps(request.body)
            return says("Done.", 23_000) if is_done else runs(DONE.format(brief), 22_000)
        if REPORTED in request.new_text:
            return says("The brief is written.", 206_100)
        return (
            runs(BRIEF, 206_000) if ASKS_FOR_A_BRIEF in request.new_text else says("So.", 205_000)
        )


def test_a_relay_waits_for_the_reset(world: World) -> None:
    """Without the option a relay whose second session gets a 429 ends, and says when the cap
    resets; the session's work is in a brief. With it, the same relay continues after the reset of
    the next cap, from the brief that the session left, until a session finishes it.
    """
    start, model = Starter(world), Worker()
    login: dict[str, Any] = dict(SUBSCRIBED)
    with world.serve(model) as api:
        task = start.write()
        ended = start("relay", task, **login)
        told = time.strftime("%H:%M", time.localtime(model.resets[0]))
        assert ended.code == 1, ended.err
        assert f"stopped by the 5-hour cap, which resets at {told} (in " in ended.err or (
            f"stopped by the 5-hour cap, which has reset since ({told})" in ended.err
        )
        assert f"To wait for it: handoff relay {task} --wait-for-caps" in ended.err

        done = start("relay", task, "--wait-for-caps", "2", "--json", **login)
        assert done.code == 0, done.err
        firsts = {r.session_id: r.text for r in reversed(api.main_requests)}
    journal = done.json
    assert [one["verdict"] for one in journal["sessions"]] == ["continued", "cap", "cap", "done"]
    assert [one["resets_at"] for one in journal["sessions"][1:3]] == model.resets  # to the second
    waits = re.findall(r"Waiting for the 5-hour cap to reset at \d\d:\d\d\.", done.err)
    # The first cap may have reset by then: that is no window.
    assert 1 <= journal["caps"]["used"] <= len(waits) <= 2
    assert model.began[3] > model.resets[1]
    assert "The 5-hour cap has reset. Continuing." in done.err
    for before, after in zip(journal["sessions"], journal["sessions"][1:], strict=False):
        assert before["left"] == after["brief"]
        assert f'<handoff-brief id="{after["brief"]}">' in firsts[after["session"]]
    log = world.git("log", "--reverse", "--format=%s", "--", "notes.txt")
    assert log.splitlines() == [f"Step {number}" for number in range(1, 5)]
