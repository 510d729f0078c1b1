"""A session that runs into a usage cap."""

from __future__ import annotations

import json
import time

from handoff.runtime import Runtime
from handoff.store import places
from support.client import Client, context

HOUR = 3600.0


def feed(client: Client, resets_at: float | None, **used: float) -> None:
    """The client's own figures, as a status line saves them."""
    folder = client.repo.state / "feed"
    folder.mkdir(parents=True, exist_ok=True)
    limits = [
        {"kind": kind, "percentUsed": percent, "resetsAt": resets_at}
        for kind, percent in used.items()
    ]
    figures = {
        "at": Runtime(client.env, full=True).now + 1,
        "context": {"tokens": 30_000, "window": 1_000_000},
        "rateLimits": limits,
    }
    (folder / f"{client.session}.json").write_text(json.dumps(figures))


def hands_over(client: Client, resets_at: float) -> None:
    """A session that runs into the five-hour cap's line and writes its brief."""
    client.start()
    client.works(20_000, 30_000)
    feed(client, resets_at, five_hour=60, seven_day=20)
    assert client("stop") == {}
    feed(client, resets_at, five_hour=92, seven_day=20)
    asked = context(client("stop"))
    local = time.strftime("resets %H:%M", time.localtime(resets_at))
    assert f"5-hour cap at 92%, over the 90% handoff threshold, {local}" in asked
    from handoff.authoring import gather, model, write_brief
    from handoff.brief import document
    from handoff.redact.redact import redact

    runtime = Runtime(client.env, full=True)
    place = places.session_place(runtime, client.session, str(client.repo.root))
    material = gather.collect_material(runtime, client.session, place)
    words = document.parse_words(redact("# Fix it\n## Task\nDo it.\n"))
    config = runtime.config(str(client.repo.root))
    write_brief.write(words, material, model.WriteOptions(trigger="cap"), runtime, config)
    client("stop", stop_hook_active=True)
