"""Coverage-guided fuzzing of what reads others' bytes, with atheris; by hand.

    python tests/fuzz/guided.py brief -max_total_time=600 [CORPUS]

Targets: brief, words, config, hook. What follows is for libFuzzer. A finding is any exception but
HandoffError, an answer that is no JSON, or an input over five seconds.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import tempfile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

atheris: Any = importlib.import_module("atheris")

with atheris.instrument_imports(include=["handoff", "yaml"]):
    from handoff import runtime
    from handoff.base import plain_text
    from handoff.base.errors import HandoffError
    from handoff.brief import document, inject
    from handoff.client import hook_io
    from handoff.config import config_file
    from handoff.hooks import dispatch
    from handoff.redact.redact import redact

HEAD = b"---\nhandoff: 1\nid: 20261101-101010-a-gift-beef\n"
ABOUT = inject.Surroundings("x.md", "4 minutes", "nobody's")


def brief(raw: bytes) -> None:
    """A brief's file, half of them with a good beginning; and what a session would be given."""
    try:
        read = document.parse(HEAD + raw[1:] if raw[:1] < b"\x80" else raw, "x.md")
    except HandoffError:
        return
    text = inject.render(read, ABOUT, 9500)
    assert len(text) <= 9500
    assert text.lower().count("</handoff-brief") == 1
    document.parse(document.render(read).encode(), "again")


def words(raw: bytes) -> None:
    """What a model sends."""
    text = raw.decode("utf-8", "replace")
    assert plain_text.printable(plain_text.printable(text)) == plain_text.printable(text)
    try:
        document.parse_words(redact(text))
    except HandoffError:
        pass


def config(raw: bytes) -> None:
    """A configuration file, the user's and the team's."""
    path = os.path.join(FOLDER, "config.yaml")
    with open(path, "wb") as file:
        file.write(raw)
    _, problems = config_file.load([path, path])
    for problem in problems:
        assert str(problem).startswith(path)


def hook(raw: bytes) -> None:
    """A hook's stdin, its event by the first byte."""
    event = sorted(hook_io.EVENTS)[raw[0] % len(hook_io.EVENTS)] if raw else "stop"
    around = runtime.Runtime({"HOME": FOLDER, "HANDOFF_HOME": f"{FOLDER}/state"}, full=True)
    output = dispatch.answer(event, raw[1:], around)
    assert not output or isinstance(json.loads(output), dict)
    log = f"{FOLDER}/state/log/handoff.log"
    if os.path.exists(log):
        with open(log, encoding="utf-8") as file:
            text = file.read()
        os.unlink(log)
        assert "Traceback" not in text, text


TARGETS: dict[str, Callable[[bytes], None]] = {
    "brief": brief, "words": words, "config": config, "hook": hook
}  # fmt: skip

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as FOLDER:
        target = TARGETS[sys.argv.pop(1)]
        atheris.Setup([sys.argv[0], "-timeout=5", *sys.argv[1:]], target)
        atheris.Fuzz()
