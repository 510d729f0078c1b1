"""The rate limit that a session ran into, from what the client wrote of it into the transcript.

The client says it as words for a person: "You've hit your session limit · resets 7:20pm
(Europe/Brussels)". Older ones: "5-hour limit reached ∙ resets 3pm", "Claude AI usage limit
reached|1735689600". What the words do not say is None.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

_EITHER = "either"  # the words name no cap: with a date it is the longer one
_KINDS = (
    # The first that is found in the words counts.
    (r"spend|extra usage", "spend"),
    (r"week|7-day|seven-day", "seven_day"),
    (r"session|5-hour|five-hour|hourly", "five_hour"),
    (r"opus|sonnet|haiku|fable", "model"),
    (r"usage limit|your limit|limit reached", _EITHER),
)
_MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
_DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_RESETS = re.compile(
    r"""\breset(?:s|\ at)?\ (?:(?:on|at)\ )?
        (?:(?P<weekday>(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*),?\ (?:at\ )?)?
        (?:(?P<month>[a-z]{3})[a-z]*\.?\ (?P<day>\d{1,2})(?:,?\ (?P<year>\d{4}))?(?:,|\ at)?\ )?
        (?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?(?:\ ?(?P<half>[ap])\.?m\b\.?)?
        (?:\ \((?P<zone>[^()]+)\))?""",
    re.VERBOSE | re.IGNORECASE,
)
_IN = re.compile(
    r"\bresets? in (?=\d)(?:(\d+) ?d(?:ays?)? ?)?"
    r"(?:(\d+) ?h(?:(?:ou)?rs?)? ?)?(?:(\d+) ?m(?:in)?)?",
    re.IGNORECASE,
)
_EPOCH = re.compile(r"limit reached\|(\d{10,13})\b")


@dataclass(frozen=True)
class Limit:
    """A limit: `kind` is five_hour, seven_day, model, spend or "", times are epoch seconds;
    `is_exact`: the reset is to the second, words have the minute.
    """

    kind: str
    at: float
    resets_at: float | None
    is_exact: bool = False

    def holds(self, now: float) -> bool:
        """Whether it can still be in force."""
        if self.resets_at is not None:
            return now < self.resets_at
        return now < self.at + 5 * 3600


def read_limit(record: dict[str, Any]) -> Limit | None:
    """The limit that an error record tells of; None for any other error.

    A 429 of an API key ("Request rejected (429)") is no cap: it is over in a minute.
    """
    if record.get("error") != "rate_limit":
        return None
    message = record.get("message")
    content = message.get("content") if isinstance(message, dict) else None
    texts = content if isinstance(content, list) else [{"text": content}]
    words = " ".join(
        one["text"] for one in texts if isinstance(one, dict) and isinstance(one.get("text"), str)
    )
    stamp = record.get("timestamp")
    try:
        told_at = datetime.datetime.fromisoformat(str(stamp).replace("Z", "+00:00"))
        limit = parse(words, told_at.timestamp() if told_at.tzinfo else 0.0)
    except (ValueError, OverflowError):
        return None
    return limit and _with_figures(limit, record.get("quotaLimits"))


def _with_figures(limit: Limit, figures: object) -> Limit:
    """The limit with the reset that 2.1.330 writes beside its words: `{status, resetsAt, …}`."""
    known = figures if isinstance(figures, dict) else {}
    resets_at = known.get("resetsAt")
    if known.get("status") != "rejected" or not isinstance(resets_at, (int, float)):
        return limit
    return replace(limit, resets_at=float(resets_at), is_exact=True)


def parse(words: str, said_at: float, local: str = "") -> Limit | None:
    """The limit in `words`, which were said at `said_at` (epoch seconds); None if there is none.

    A time without a zone is in `local`, a zone's name ("": this machine's zone).
    """
    kind = _kind(words)
    if not kind:
        return None
    resets_at = _resets_at(words, said_at, local)
    if kind == _EITHER:
        far = resets_at is not None and resets_at - said_at > 86_400
        kind = "seven_day" if far else "five_hour"
    return Limit(kind, said_at, resets_at)


def _kind(words: str) -> str:
    text = words.lower()
    if "rate limit" in text or not re.search(
        r"\bhit your .*limit|limit reached|out of extra", text
    ):
        return ""
    return next((kind for pattern, kind in _KINDS if re.search(pattern, text)), "")


def _resets_at(words: str, said_at: float, local: str) -> float | None:
    epoch = _EPOCH.search(words)
    if epoch:
        return int(epoch[1]) / (1000 if len(epoch[1]) == 13 else 1)
    after = _IN.search(words)
    if after and any(after.groups()):
        days, hours, minutes = (int(part or 0) for part in after.groups())
        return said_at + days * 86_400 + hours * 3600 + minutes * 60
    match = _RESETS.search(words)
    if match is None:
        return None
    try:
        zone = _zone(match["zone"] or local)
        return _first_after(match, datetime.datetime.fromtimestamp(said_at, zone), said_at)
    except (ValueError, OverflowError, OSError, KeyError):
        return None  # a zone or a date that this machine does not know


def _first_after(match: re.Match[str], told_at: datetime.datetime, said_at: float) -> float | None:
    """The first moment after `said` that the words can mean, in the zone of `said`."""
    hour, minute = int(match["hour"]), int(match["minute"] or 0)
    if match["half"]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match["half"] in "pP" else 0)
    elif match["minute"] is None:
        return None  # "resets 3" says nothing
    time = datetime.time(hour, minute)
    for date in _dates(match, told_at.date()):
        # By wall clock; an hour that daylight saving leaves out counts as the one behind it.
        at = datetime.datetime.combine(date, time, told_at.tzinfo).timestamp()
        if at > said_at:
            return at
    return None


def _dates(match: re.Match[str], today: datetime.date) -> Iterator[datetime.date]:
    """The days the words may mean, the nearest first."""
    if match["month"]:
        month, day = _MONTHS.index(match["month"].lower()) + 1, int(match["day"])
        for year in [int(match["year"])] if match["year"] else [today.year, today.year + 1]:
            yield datetime.date(year, month, day)
        return
    for ahead in range(9):
        day_then = today + datetime.timedelta(days=ahead)
        if not match["weekday"] or _DAYS[day_then.weekday()] == match["weekday"][:3].lower():
            yield day_then


def _zone(name: str) -> datetime.tzinfo | None:
    if not name:
        return None
    import zoneinfo  # every `handoff write` loads this module, and few need a zone

    return zoneinfo.ZoneInfo(name)
