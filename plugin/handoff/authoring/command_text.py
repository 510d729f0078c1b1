"""The text of the command `/handoff`, for the moments when code gives it to the model.

One source: `commands/handoff.md`. When a person or the model calls the command, the client gives
its text; at the line, `Stop` does, with the same words.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from handoff.base import paths
from handoff.client import hook_io
from handoff.facts import fact_sheet

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff.facts.gather import Facts

_FACTS_CHARS = 4500
_LEAST_FACTS = 400
_FACTS_CHARS_AT_STOP = 1200  # the client shows every line of what Stop says


def at_the_line(
    facts: Facts, clean: Callable[[str], str], *, reason: str, last_answer: str = ""
) -> str:
    """The command's text behind the `reason` it is given for, with a few facts.

    `last_answer` is the answer of a run that nobody watches: the model is asked to end with it
    again, because the run's last words are its result. "" where that answer does not fit whole.
    """
    body = _body(Path(paths.plugin_root()) / "commands" / "handoff.md")
    text = f"{reason}\n{body.replace('$ARGUMENTS', '')}"
    if last_answer:
        text += (
            "\n\nNobody is watching this run and its last message is its result. So after the "
            "brief is written, end with your previous answer again, word for word:\n\n"
            + last_answer
        )
    room = hook_io.MAX_CONTEXT_CHARS - len(text) - 2
    if room < _LEAST_FACTS:
        return ""
    return f"{text}\n\n{facts_text(facts, clean, min(room - 100, _FACTS_CHARS_AT_STOP))}"


def facts_text(facts: Facts, clean: Callable[[str], str], limit: int = _FACTS_CHARS) -> str:
    """The facts as the model is shown them before it writes; `clean` takes secrets out."""
    found = clean(fact_sheet.render(facts, limit))
    if not found:
        return "No facts were found in the transcript."
    return f"Code adds these facts to the brief by itself (shortened here):\n\n{found}"


def _body(path: Path) -> str:
    """A command file without its front matter."""
    text = path.read_text(encoding="utf-8")
    if text.startswith("---\n"):
        text = text.partition("\n---\n")[2]
    return text.strip()
