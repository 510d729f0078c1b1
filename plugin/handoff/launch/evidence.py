"""An outcome by code: what a run did, from git, its transcript and its result."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import plain_text, quoting, truncate
from handoff.base.errors import HandoffError
from handoff.base.wording import count_of
from handoff.git import history
from handoff.prompts.texts import BUILT_IN
from handoff.store import brief_files

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handoff.facts.model import Facts
    from handoff.git.run import Checkout
    from handoff.git.status import GitState
    from handoff.launch.run_log import Run
    from handoff.prompts.texts import Prompts

_MAX_ENTRIES = 20
_WORDS_CHARS = 1500


@dataclass(frozen=True)
class Changes:
    """What is otherwise in a worktree than before a run: commits (newest first), files that they
    changed, files that are uncommitted and were not before. `any` is whether anything is.
    """

    any: bool = False
    commits: tuple[history.Commit, ...] = ()
    committed: tuple[str, ...] = ()
    uncommitted: tuple[str, ...] = ()


def read_changes(
    checkout: Checkout | None, before: Run, now: GitState | None, facts: Facts | None
) -> Changes:
    """What a run changed in a worktree that was looked at before it, and is in the state `now`
    (None: it was not looked at). Where git cannot say, the files that its transcript says it wrote.
    """
    if checkout is None or now is None or not now.has_head:
        written = tuple(file.path for file in facts.files if file.edits) if facts else ()
        return Changes(bool(written), uncommitted=written)
    commits: tuple[history.Commit, ...] = ()
    committed: tuple[str, ...] = ()
    try:
        if before.head and now.head != before.head:
            commits = history.list_commits(
                checkout, before.head, limit=_MAX_ENTRIES, besides=brief_files.FOLDER
            )
            changed_paths = history.changed_paths(checkout, before.head)
            committed = tuple(
                c.path for c in changed_paths if not c.path.startswith(f"{brief_files.FOLDER}/")
            )
    except HandoffError:
        pass  # the commit from before is gone: the files still tell
    written = (*(d.path for d in now.dirty_files), *now.unsure)
    new = tuple(path for path in written if path not in before.paths)
    is_dirty = now.complete and (now.work or "") != before.dirty
    # Taking back what was uncommitted is a change too, unless it was committed by somebody else.
    return Changes(bool(commits or committed or is_dirty), commits, committed, new)


def describe_changes(
    changed: Changes,
    facts: Facts | None,
    words: str,
    refused: int,
    *,
    prompts: Prompts = BUILT_IN,
) -> str:
    """The outcome's Markdown, without cost; secrets are not taken out yet."""
    parts = [prompts.render("outcome_unverified")]
    if words.strip():
        answer = quoting.quotation(truncate.keep_head(words.strip(), _WORDS_CHARS))
        parts.append(prompts.render("outcome_last_words", answer=answer))
    lines = [
        *(f"- commit {one.sha[:9]}: {_line(one.subject, 100)}" for one in changed.commits),
        *_files("changed in commits", changed.committed),
        *_files("changed, not committed", changed.uncommitted),
    ]
    if facts:
        for test in facts.tests[:_MAX_ENTRIES]:
            how = {True: "passed", False: "failed", None: "did not end"}[test.ok]
            lines.append(f"- {how} when last run: `{_code(test.text)}`")
        tests = {test.text for test in facts.tests}
        failed = [one for one in facts.failures if one.text not in tests]
        lines += [f"- failed, and has not passed since: `{_code(one.text)}`" for one in failed[:5]]
        lines += [f"- left open by the session: {_line(one.text, 100)}"
                  for one in facts.tasks[:5]]  # fmt: skip
    if refused:
        lines.append(
            f"- {count_of(refused, 'tool call')} {'was' if refused == 1 else 'were'} not permitted"
        )
    if lines:
        parts.append(prompts.render("outcome_evidence", evidence="\n".join(lines)))
    return "\n\n".join(parts)


def _files(what: str, paths: Iterable[str]) -> list[str]:
    named = [_line(path, 120) for path in paths]
    if not named:
        return []
    more = f" and {len(named) - _MAX_ENTRIES} more" if len(named) > _MAX_ENTRIES else ""
    return [f"- {what}: {', '.join(named[:_MAX_ENTRIES])}{more}"]


def _code(command: str) -> str:
    return _line(command, 160).replace("`", "'")


def _line(text: str, width: int) -> str:
    return plain_text.one_line(quoting.line(text), width)
