"""The way back of a task: the session that delegated it is told its outcome, at its next prompt."""

from __future__ import annotations

import os

from handoff.session import delegated

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from handoff.brief.document import Brief
    from handoff.runtime import Runtime
    from handoff.store import ledger
_MAX_CHARS = 4000  # of an outcome that is given to the model


def tell_outcomes(
    finished: list[dict[str, Any]], session_id: str, runtime: Runtime
) -> tuple[str, str]:
    """What the user and the model are told of finished tasks, each once; the model's may be "".

    The model is given outcomes that this machine wrote, without secrets. Of any other the user is
    told the title alone, as this session wrote it.
    """
    from handoff.base import plain_text, quoting
    from handoff.brief import document
    from handoff.brief.sections import OUTCOME
    from handoff.redact import redact
    from handoff.store import brief_files, finished_briefs, ledger, places, trusted_prompts

    user, model = [], []
    going_on: list[dict[str, Any]] = []
    for entry in finished:
        path = str(entry["path"])
        place = places.locate(os.path.dirname(path))
        own = ledger.own_entries(runtime.home, place.key)
        prompts = trusted_prompts.load(runtime, place.root)
        raw = _done(place.root, entry["id"], own, runtime)
        title = plain_text.one_line(quoting.line(str(entry.get("title") or entry["id"])), 80)
        if not finished_briefs.is_known(raw, own):
            going_on.append({**entry, "path": path, "not_it": delegated.mark_file(path)})
            user.append(
                f"handoff: task “{title}” is not finished: another brief is at "
                f"{brief_files.relative_path(brief_files.DONE, entry['id'])}. "
                f"To see it: handoff show {entry['id']}"
            )
            continue
        if ledger.digest_bytes(raw) not in own:
            user.append(
                f"handoff: task “{title}” is finished; its outcome was written elsewhere. "
                f"To see it: handoff show {entry['id']}"
            )
            continue
        brief, following = _last(document.parse(raw, path), place.root, own, runtime)
        if following:
            done = os.path.join(place.root, brief_files.relative_path(brief_files.DONE, following))
            going_on.append({**entry, "id": following, "path": done})
            user.append(f"handoff: task “{title}” is not finished: {following} continues it.")
            model.append(prompts.render("task_continued", title=title, id=following))
            continue
        text = redact.cleaner(runtime.config(place.root))(brief.sections.get(OUTCOME, ""))
        user.append(f"handoff: task “{title}” is finished: {plain_text.one_line(text, 120)}")
        cut = f"\n{prompts.render('outcome_cut', id=brief.id)}" if len(text) > _MAX_CHARS else ""
        outcome = quoting.quotation(f"{text[:_MAX_CHARS]}{cut}")
        model.append(prompts.render("task_finished", title=title, id=brief.id, outcome=outcome))
    told = {entry["id"] for entry in finished}
    delegated.replace_told(runtime.home, session_id, told, going_on)
    return "\n".join(user), "\n\n".join(model)


def _last(
    brief: Brief, root: str, own: Mapping[str, ledger.Entry], runtime: Runtime
) -> tuple[Brief, str]:
    """The last of the finished briefs in a row that each carry the one before on; and the id of the
    one that carries that on and is not finished yet, "" if none does.
    """
    from handoff.brief import document
    from handoff.brief import outcome as brief_outcome
    from handoff.store import ledger

    following = ""
    for _ in range(delegated.MAX_TASKS):
        following = brief_outcome.continued_by(brief)
        raw = _done(root, following, own, runtime) if following else b""
        if ledger.digest_bytes(raw) not in own:
            break
        brief = document.parse(raw, following)
    return brief, following


def _done(root: str, brief_id: str, own: Mapping[str, ledger.Entry], runtime: Runtime) -> bytes:
    """A finished brief, as this machine wrote it if it did; nothing where there is none."""
    from handoff.store import brief_files, originals

    (stored,) = brief_files.read_all(root, brief_files.DONE, [f"{brief_id}.md"])
    return originals.as_written(stored, runtime.home, own).raw
