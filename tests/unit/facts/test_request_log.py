"""What a person asked for, as it is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from handoff.client.transcript import events as ev
from handoff.client.transcript.events import PASTED_FROM, PASTED_TO
from handoff.facts.request_log import (
    LONGEST_OLD_REQUEST,
    LONGEST_REQUEST,
    REQUESTS_WHOLE,
    RequestLog,
)
from handoff.redact.redact import Redactor

if TYPE_CHECKING:
    from handoff.facts.model import Request


def kept(*events: tuple[str, str]) -> list[Request]:
    """The requests that are told after prompts, each a text with its time."""
    log = RequestLog()
    for text, at in events:
        log.add(ev.Prompt(text, at, "typed"))
    clean = Redactor().prepare(log.texts())
    return log.requests(clean)


def test_requests_are_verbatim_newest_first_and_once() -> None:
    """Requests keep their words, ordered by time; repeated ones move up."""
    requests = kept(("b  b", "T2"), ("a", "T1"), ("b\nb", "T3"))
    assert [request.text for request in requests] == ["b\nb", "a"]


def test_without_a_time_the_order_of_the_file_counts() -> None:
    """A record that has none stands where it was written."""
    requests = kept(("a", "T2"), ("b", ""), ("c", "T1"))
    assert [request.text for request in requests] == ["c", "b", "a"]


def test_what_was_taken_back_does_not_count() -> None:
    """However its blanks are."""
    log = RequestLog()
    log.add(ev.Prompt("a  b", "T1", "typed"))
    log.withdraw(ev.Withdrawn("a b", "T2"))
    assert list(log.texts()) == []


def asked(log: RequestLog, *texts: str) -> None:
    """Prompts, typed in this order."""
    for text in texts:
        log.add(ev.Prompt(text, "", "typed"))


LATER = ("add a test for it", "say it in the docs", "show me the whole diff")


def test_a_request_is_done_that_a_commit_and_other_requests_followed() -> None:
    """Never one of the latest, and none while a task is open."""
    log = RequestLog()
    asked(log, "fix the login form")
    log.committed()
    asked(log, *LATER, "go on")
    clean = Redactor().prepare(log.texts())

    done = [request.text for request in log.requests(clean, may_be_done=True) if request.done]
    assert done == ["fix the login form"]
    assert not any(request.done for request in log.requests(clean))


@pytest.mark.parametrize(
    "rule", ["never change the public API", "only use the standard library", "必ず日本語で書いて"]
)
def test_a_rule_is_never_done(rule: str) -> None:
    """Whatever was committed since: it still holds."""
    log = RequestLog()
    asked(log, rule, "fix the login form")
    log.committed()
    asked(log, *LATER)
    clean = Redactor().prepare(log.texts())

    done = [request.text for request in log.requests(clean, may_be_done=True) if request.done]
    assert done == ["fix the login form"]


def test_a_request_without_a_commit_since_is_not_done() -> None:
    """However many others came; one that is made again after the commit counts as new."""
    log = RequestLog()
    asked(log, "fix the login form")
    log.committed()
    asked(log, "sort the list", "fix the login form", *LATER)
    clean = Redactor().prepare(log.texts())

    assert not any(request.done for request in log.requests(clean, may_be_done=True))


@pytest.mark.parametrize(("later", "most"), [(0, LONGEST_REQUEST),
                                             (REQUESTS_WHOLE, LONGEST_OLD_REQUEST)])  # fmt: skip
def test_a_long_request_keeps_its_beginning_and_its_end(later: int, most: int) -> None:
    """Of one after which many came, less."""
    long = "first " + "x" * 2 * LONGEST_REQUEST + " last"
    text = kept((long, "T00"), *((f"request {n}", f"T1{n:02}") for n in range(later)))[-1].text
    assert (text[:6], text[-5:]) == ("first ", " last")
    assert most - 20 < len(text) < most + 20


def test_what_was_pasted_is_apart_from_the_words() -> None:
    """In them stands a label."""
    (request,) = kept((f"Why? {PASTED_FROM}a log{PASTED_TO}", "T1"))
    assert request.text == "Why? [pasted text: 1 line, 5 characters]"
    assert request.pasted == ("a log",)
