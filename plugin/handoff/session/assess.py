"""What a reading calls for, with what is known of the session: the policy and its exceptions."""

from __future__ import annotations

from handoff.client.transcript import tail
from handoff.session import policy, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from handoff.config.model import Config
    from handoff.meter import context
    from handoff.runtime import Runtime


def decide(
    transcript: str,
    reading: context.Reading,
    session: state.SessionState,
    config: Config,
    runtime: Runtime,
) -> policy.Decision:
    """The policy's decision for a session. Its transcript and the breaker are looked at only when
    a handoff is due.
    """
    covered = session.tokens_of_last_brief
    decision = policy.decide(reading, session.fired, config, covered=covered)
    if decision.act == policy.HANDOFF and is_born_over(transcript, session, config, reading):
        return policy.decide(reading, session.fired, config, covered=covered, born_over=True)
    if decision.act == policy.HANDOFF and config.writes:
        held = why_paused(session.project, config, runtime)
        return policy.decide(reading, session.fired, config, covered=covered, held=held)
    return decision


def why_paused(project: str, config: Config, runtime: Runtime) -> str:
    """Why no brief is written by itself in this project for now, "" if one is. A `handoff relay`
    or `run` was ordered by a person: no breaker holds it.
    """
    if not config.writes or runtime.env.get("HANDOFF_RELAY"):
        return ""
    from handoff.session import breaker

    return breaker.why_open(project, config, runtime.home, runtime.now)


def is_born_over(
    transcript: str, session: state.SessionState, config: Config, reading: context.Reading
) -> bool:
    """Whether this cycle began over the handoff threshold: by its first answer, not our first look.

    The feed has that answer before the transcript; one that does not come there is the reading's
    own, since no earlier look saw the context under the threshold.
    """
    over = policy.is_crossed(reading, config.threshold("handoff"))
    if over is not None and over[1] != "context":
        return not session.began_in_budget  # caps are the account's, a fork begins with a cost
    limit = policy.context_limit(config.threshold("handoff"), reading.room)
    first = session.first_tokens
    if first is None:
        answer = tail.wait_for_first(transcript, session.cycle_offset)
        first = answer.tokens if answer else reading.tokens
    return limit is not None and first is not None and first >= limit
