"""How many tokens a text is, without a vocabulary: counted by kinds of text, then calibrated.

The weights are fitted on 708 tool results of 36 published sessions of Opus 5, Sonnet 5 and Fable 5,
against what each added to the context of the next request (`benchmarks/tokens.py` measures them).
Letters outside of ASCII and ideograms were too rare there. An ideogram, kana or syllable is one
token: published counts have 1.43 times the tokens of o200k_base for the same Chinese text, which
has 0.69 a character there, and the same for the models before (benchmarks/README.md).
"""

from __future__ import annotations

import re
import unicodedata
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from handoff.client.transcript import events as ev

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

_WORD = re.compile(r"[A-Za-z]+")
_LONG_WORD = re.compile(r"(?<![A-Za-z])[A-Za-z]{6}([A-Za-z]+)")
_HUMP = re.compile(r"(?<=[a-z])[A-Z]")
_DIGIT = re.compile(r"\d")
_SIGN = re.compile(r"[!-/:-@\[-`{-~]")
_SIGNS = re.compile(r"[!-/:-@\[-`{-~]+")
_BLANKS = re.compile(r"[ \t]{2,}|\n+")
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_PER_WORD, _PER_LETTER_BEYOND, _PER_HUMP = 1.45, 0.425, 0.74
_PER_DIGIT, _PER_SIGNS, _PER_SIGN, _PER_BLANKS = 0.62, 0.77, 0.45, 1.07
_PER_SYMBOL, _PER_NON_ASCII_LETTER, _PER_IDEOGRAM = 3.3, 0.6, 1.0
_PER_RESULT = 33  # what a tool result costs besides its text

# Models before the tokenizer of the weights: measured on Opus 4.6.
_OLDER = re.compile(r"claude-(?:3|instant|2|(?:opus|sonnet|haiku)-(?:3|4(?:-[0-6])?(?:-\d{8})?\Z))")
_OLDER_RATIO = 0.72
# The same for counts of tiktoken's o200k_base.
_TIKTOKEN_RATIO, _TIKTOKEN_OLDER_RATIO = 1.57, 1.2

MIN_SAMPLE = 1500  # characters: in less, what the client adds by itself weighs too much
MIN_UNSURE_SAMPLE = 8000  # where the client did not count what the model wrote (before 2.1.98)
MIN_SAMPLES = 5
_MAX_SAMPLES = 40
_WHOLE = frozenset({"read", "edit", "create", "command", "search"})  # results as they were sent
_PLAUSIBLE = (0.5, 2.0)


class Sample(NamedTuple):
    """Text that was added between two requests, in `pieces` results, and the tokens it took.

    Not `sure` where the client did not count what the model itself wrote in between.
    """

    text: str
    pieces: int
    tokens: int
    sure: bool = True


def estimate_tokens(text: str) -> float:
    """Tokens in `text` for a model of the newer tokenizer, before calibration."""
    non_ascii: list[str] = _NON_ASCII.findall(text)
    ideograms = sum(map(_is_ideogram, non_ascii))
    letters = sum(c.isalpha() or _is_mark(c) for c in non_ascii if not _is_ideogram(c))
    beyond: int = sum(map(len, _LONG_WORD.findall(text)))
    return (
        _PER_WORD * len(_WORD.findall(text))
        + _PER_LETTER_BEYOND * beyond
        + _PER_HUMP * len(_HUMP.findall(text))
        + _PER_DIGIT * len(_DIGIT.findall(text))
        + _PER_SIGNS * len(_SIGNS.findall(text))
        + _PER_SIGN * len(_SIGN.findall(text))
        + _PER_BLANKS * len(_BLANKS.findall(text))
        + _PER_NON_ASCII_LETTER * letters
        + _PER_IDEOGRAM * ideograms
        + _PER_SYMBOL * (len(non_ascii) - ideograms - letters)
    )


def _is_ideogram(char: str) -> bool:
    """Whether a character is Chinese, Japanese or Korean, or one of their signs in full width."""
    return (
        "\u2e80" <= char <= "\ud7ff"
        or "\uf900" <= char <= "\ufaff"
        or "\uff00" <= char <= "\uffef"
        or "\U00020000" <= char <= "\U0003ffff"
    )


def _is_mark(char: str) -> bool:
    """Whether a character is a vowel sign or an accent of the letter before it."""
    return unicodedata.category(char)[0] == "M"


def model_ratio(model: str, *, tiktoken: bool = False) -> float:
    """What an estimate, or tiktoken's count, is to be multiplied with for a model's own tokens,
    where the session's figures do not say it.
    """
    newer, older = (_TIKTOKEN_RATIO, _TIKTOKEN_OLDER_RATIO) if tiktoken else (1.0, _OLDER_RATIO)
    return older if _OLDER.match(model) else newer


def read_samples(events: Iterable[ev.Event]) -> Iterator[Sample]:
    """Where a session shows how many tokens a text is: nothing but tool results was added between
    two answers of one model, and the client said how much the first one wrote itself.
    """
    texts: list[str] = []
    told: list[str] = []  # of the response at hand: its calls come before it
    spoilt = True
    pending: tuple[ev.Answer, list[str], int] | None = None
    for event in events:
        if isinstance(event, ev.Result):
            texts.append(event.text)
            spoilt = spoilt or not event.text or " characters ...]" in event.text
        elif isinstance(event, ev.Call):
            told += [event.command, event.detail, *event.paths]
            spoilt = spoilt or event.kind not in _WHOLE
        elif isinstance(event, ev.Answer):
            if pending is not None:
                yield from _sample(*pending, event)
            least = round(
                estimate_tokens("\n".join([event.text, *told])) * model_ratio(event.model)
            )
            wrote, unsure = max(event.usage.output, least), event.usage.output < least / 2
            usage = event.usage._replace(output=wrote)
            enough = MIN_UNSURE_SAMPLE if unsure else MIN_SAMPLE
            pending = (event._replace(usage=usage), [] if spoilt else texts, enough)
            texts, told, spoilt = [], [], False
        elif not isinstance(event, (ev.Place, ev.TodoList, ev.TodoChange, ev.Withdrawn)):
            spoilt = True


def calibrate_ratio(
    samples: Iterable[Sample], count: Callable[[str], float] = estimate_tokens
) -> float | None:
    """What `count` is to be multiplied with to give the model's own tokens; None if too little is
    known. The median, because the client adds reminders of its own now and then.
    """
    known = []
    for sample in samples:
        if not sample.sure:
            continue
        counted = count(sample.text) + _PER_RESULT * sample.pieces
        known.append(sample.tokens / counted if counted else 0.0)
    known = [value for value in known[-_MAX_SAMPLES:] if _PLAUSIBLE[0] < value < _PLAUSIBLE[1]]
    return median(known) if len(known) >= MIN_SAMPLES else None


def _sample(before: ev.Answer, texts: list[str], enough: int, after: ev.Answer) -> Iterator[Sample]:
    text = "\n".join(texts)
    grown = after.usage.context - before.usage.context - before.usage.output
    if before.model == after.model and len(text) >= enough and grown > 0:
        yield Sample(text, len(texts), grown, enough == MIN_SAMPLE)
