"""What is remembered of a session between two hooks: `<state>/sessions/<session_id>.json`.

`SessionState` is its schema. It is changed by the named transitions of this package alone, each of
which goes through `update`: `transitions`, `handoff_transitions` and the modules of one matter each
(`delegated`, `sent_briefs`, `cap_resets`, `observed_compaction`, `name_conflicts`).
"""

from __future__ import annotations

import os

from handoff.base import fields, file_io, paths, processes
from handoff.client import settings_read
from handoff.session.field import Field

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from handoff.config.model import Config


# What fires once a cycle, besides the thresholds themselves (policy.WARN, policy.HANDOFF).
MODEL_TOLD_WARN = "model_told_warn"
MODEL_TOLD_HANDOFF = "model_told_handoff"
TOLD_HELD = "told_held"
TOLD_COLD = "told_cold"
WAITED = "waited"  # the handoff threshold was passed at a turn's end that was none to hand over at
_LONG_QUIET = 12 * 3600


class SessionState:
    """One session as the hooks remember it; `is_saved`: whether the next hook will know it too.

    Each field is a key of the file. What is missing there, or of another type, reads as empty.
    """

    __slots__ = ("is_saved", "values")

    def __init__(self, values: dict[str, Any], *, is_saved: bool = True) -> None:
        self.values = values
        self.is_saved = is_saved

    # The session, as its start and its moves say.
    project = Field(fields.name)
    transcript = Field(fields.name)
    cwd = Field(fields.name)
    model = Field(fields.text)  # the name it was started with: only that carries `[1m]`
    client_pid = Field(fields.integer)
    client_start = Field(fields.text)  # when that process started (`processes.read_start`)
    window_variables = Field(fields.named_texts)  # what was set about windows and compaction
    shadowed_by = Field(fields.text)  # what has one of our command names besides us
    ended = Field(fields.flag)
    failed = Field(fields.flag)  # the API refused to continue, and it has not got over that

    headless = Field(fields.flag)  # a `-p` run whose caller is not handoff

    # What the user set for this session alone.
    mode = Field(fields.text)
    postponed = Field(fields.flag)  # the handoff threshold, in this cycle

    # The cycle: from one fall of the context to the next.
    cycle = Field(fields.integer)  # its number
    cycle_offset = Field(fields.integer)  # bytes of the transcript that were there when it began
    cycle_briefs = Field(fields.integer)  # `brief_count` then: a count, because clocks can go back
    first_tokens = Field(fields.count)  # the context then, where it is known without the transcript
    fired = Field(fields.named_counts)  # threshold or message -> tokens at which it fired
    began_in_budget = Field(
        fields.flag
    )  # cost and caps were once seen under their handoff thresholds

    # The handoff of this cycle.
    asked_at = Field(fields.number)  # when it was asked for
    asked_briefs = Field(fields.integer)  # `brief_count` then
    trigger = Field(fields.text)
    settled = Field(fields.flag)  # the turn that was to write the brief is over
    asked_in = Field(
        fields.optional_text
    )  # the turn in which `Stop` gave the model the command's text
    asked_size = Field(fields.integer)  # bytes of the transcript then
    asks = Field(fields.integer)  # how often `Stop` did
    waits = Field(fields.text)  # why it waits
    waits_since = Field(fields.number)  # since when for agents
    refused = Field(fields.integer)  # calls that the gate refused
    gated = Field(fields.flag)  # the gate asked for it

    # The mod and auto mode.
    order = Field(fields.mapping)  # what the mod was told to do and has not done (`mod.orders`)
    no_mod = Field(fields.flag)  # it left an order undone in this cycle
    chain = Field(fields.integer)  # sessions that started each other without a word of the user's
    continued_at = Field(fields.number)

    # Briefs and tasks. `briefs`, oldest first: `{id, at, author, stopgap, …}`, the `root` of each
    # one's worktree, where it was committed (`git.commit_result.load`), `transcript_size`, the
    # bytes that the transcript had then, and `calls`, the tool calls until then.
    briefs = Field(fields.records)
    brief_count = Field(fields.integer)
    handed_over = Field(fields.flag)  # it wrote a brief that is no stopgap
    work_at_brief = Field(fields.integer)  # tool calls until its last brief
    work_at_handoff = Field(fields.integer)  # and until its last handoff that nobody asked for
    delegated = Field(fields.records)  # see `session.delegated`
    sent = Field(
        fields.records
    )  # calls of `handoff write` that no hook has looked at (`session.sent_briefs`)
    sent_back = Field(fields.mapping)  # see `drafts_sent_back`
    picking = Field(fields.name)  # the brief that it claimed and was not given yet
    picked = Field(fields.name)  # the brief that it was given

    # Compactions and caps.
    compacting = Field(
        fields.integer
    )  # bytes of the transcript as one was expected (`observed_compaction`)
    compaction_brief = Field(fields.name)  # the brief that has the facts of before it
    cap = Field(fields.mapping)  # `{kind, resets_at}` of the cap that the client refused for

    # Briefs by the model that the user was not told of yet: `{id, title, kind, draft, problem}`,
    # and where each was committed.
    untold = Field(fields.records)
    say_next = Field(
        fields.text
    )  # for the user, at the next prompt: some events' answers nobody is shown

    @property
    def is_known(self) -> bool:
        """Whether its start was seen."""
        return bool(self.values)

    def window_env(self, env: Mapping[str, str]) -> Mapping[str, str]:
        """`env` with what was set about windows and compaction when the session started, and
        nothing else about them: another terminal may have variables that it has not.
        """
        if not isinstance(self.values.get("window_variables"), dict):
            return env
        others = {name: env[name] for name in env if name not in settings_read.VARIABLES}
        return {**others, **self.window_variables}

    def adapt(self, config: Config) -> Config:
        """`config` with what the user set for this session alone: mode, a postponed threshold. The
        caller of a `-p` run asked for an answer: there nothing is written unless it is configured.
        """
        mode, postponed = self.mode, self.postponed
        if not mode and self.headless and config.writes and not config.writes_headless:
            mode = "notify"
        return config.adapted(mode, postponed=postponed) if mode or postponed else config

    def is_over(self, now: float) -> bool:
        """Whether the session has ended, or its client is gone (or quiet for half a day: then the
        process of that number is likely another one's).
        """
        if self.ended or not self.is_known:
            return True
        try:
            if now - os.stat(self.transcript).st_mtime > _LONG_QUIET:
                return True
        except OSError:
            pass  # it has said nothing yet
        return not processes.is_running(self.client_pid, self.client_start)

    @property
    def passed_threshold(self) -> bool:
        """Whether the handoff threshold was passed in this cycle and no brief was written since."""
        return self.has_passed_threshold and not self.brief_of_cycle

    @property
    def has_passed_threshold(self) -> bool:
        """Whether the handoff threshold was passed in this cycle, whatever was written since."""
        return any(name in self.fired for name in ("handoff", MODEL_TOLD_HANDOFF, WAITED))

    @property
    def is_handing_over(self) -> bool:
        """Whether the model was asked for a brief and the turn that writes it is not over."""
        return bool(self.asked_at) and not self.settled

    @property
    def tokens_of_last_brief(self) -> int:
        """Tokens of context that this cycle's last brief by a model covers, 0 without one."""
        brief = self.brief_of_cycle
        tokens = brief.get("tokens") if brief.get("author") == "model" else 0
        return tokens if isinstance(tokens, int) else 0

    @property
    def written_into(self) -> set[str]:
        """The roots of the worktrees that this session wrote its briefs and tasks into."""
        roots = {entry.get("root") for entry in [*self.briefs, *self.delegated]}
        return {root for root in roots if isinstance(root, str) and root}

    @property
    def last_brief(self) -> dict[str, Any]:
        """The newest brief of this session, {} if there is none."""
        return self.briefs[-1] if self.briefs else {}

    @property
    def brief_of_cycle(self) -> dict[str, Any]:
        """The newest brief of this cycle, {} if there is none."""
        return self.last_brief if self.brief_count > self.cycle_briefs else {}

    @property
    def brief_as_asked(self) -> dict[str, Any]:
        """The newest brief since the model was asked for one, {} if there is none."""
        return self.last_brief if self.brief_count > self.asked_briefs else {}

    @property
    def drafts_sent_back(self) -> dict[str, str]:
        """What was sent back to the model in this cycle: which brief -> its draft's id."""
        drafts = self.sent_back.get("drafts")
        if self.sent_back.get("cycle") != self.cycle or not isinstance(drafts, dict):
            return {}
        return {key: draft for key, draft in drafts.items() if isinstance(draft, str)}


def load(home: str, session_id: str) -> SessionState:
    """The state of a session; empty for one that was never seen or whose id is no id."""
    path = paths.session_file(home, "sessions", session_id)
    return SessionState(file_io.read_json(path) if path else {})


def update(
    home: str, session_id: str, change: Callable[[SessionState], object]
) -> SessionState | None:
    """Apply `change` to the state under its lock and save it: what every transition is made of.

    Returns the new state, or None when `change` returned False (nothing is saved then) or the id
    is no id. A state that cannot be read at the moment is left alone: the new one is of this event
    alone then, and not saved.
    """
    path = paths.session_file(home, "sessions", session_id)
    if path is None:
        return None
    from handoff.base import locks  # most events change nothing

    with locks.Lock(os.path.join(home, "locks", session_id)):
        session = SessionState({})
        try:
            session.values = file_io.load_json(path)
        except OSError:
            session.is_saved = False
        if change(session) is False:
            return None
        if session.is_saved:
            file_io.write_json(path, session.values)
    return session
