"""Prose taken apart into what could be statements: sentences with their label, hedges told apart.

Made for the section `State` of a brief. Conservative throughout: what is not plainly a statement
about now, in English, is no statement, because a false alarm costs more than a miss.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_FENCE = re.compile(r"^ {0,3}(```|~~~)")
_BULLET = re.compile(r"^\s*(?:[-*+•·]|\d{1,3}[.)]|[a-z]\))\s+")
_BOX = re.compile(r"^\[( |x|X)\]\s*")
_HEADING = re.compile(r"^\s*#{1,6}\s+(.*?)\s*#*$")
_LABEL = re.compile(r"^\s*(?:\*\*|__)?([^:`*_]{2,60}?)(?:\*\*|__)?\s*:(?:\*\*|__)?(?:\s+|$)")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
_CODE = re.compile(r"``[^`]+``|`[^`\n]+`")
_SENTENCE_END = re.compile(r"(?<=[.!?;])\s+|[。；！？]|\s+[—–]\s+|\s*[()\[\]]\s*")
_COMMA = re.compile(r",\s+|\s*:\s+|\s+(?:and|so|while)\s+(?=(?:all|the|every|`|[a-z]+ tests?\b))")
_MARKS = re.compile(r"\*\*|__|[✅✓✔☑🟢]")

# Whatever makes a sentence no plain statement about how things are now.
_HEDGE = re.compile(
    r"""\b(?:not|never|no|none|neither|nor|without|cannot|can't|yet|until|till|unless|if|when
    |whenever|once|whether|after|before|should|shall|must|needs?|needed|needing|will|won't|would|could
    |can|may|might|ought|gonna|going|wants?|wanted|wish|expect\w*|hop(?:e|es|ing)|plan\w*|intend\w*
    |todo|tbd|wip|next|goals?|aims?|targets?|ensure|ensures|sure|try|trying|tried|attempt\w*
    |supposed|assum\w+|believ\w+|think|thinks|guess\w*|suspect\w*|probably|likely|maybe|perhaps
    |presumably|hopefully|apparently|seem\w*|appear\w*|unclear|unknown|unverified|unproven|untested
    |uncertain|claim\w*|says?|said|tell|tells|told|according|previous\w*|earlier|former\w*|formerly
    |originally|initially|first|old|older|baseline|was|were|wasn't|weren't|had|used|ago|yesterday
    |fail\w*|red|broken|breaks?|broke|flak\w*|errors?|crash\w*|except\w*|but|however|although|though
    |despite|only|some|most|mostly|many|several|partial\w*|partly|almost|nearly|half|another|others?
    |other|apart|besides|else|elsewhere|ci|upstream|remote|staging|production|prod|main|master|stash\w*
    |skip\w*|xfail\w*|disabl\w+|ignor\w+|mock\w*|pending|remain\w*|left|missing|lack\w*|wait\w*|blocked
    |stop|stopped|instead|otherwise|rather|why|how|what|which|who|let|let's|please|make|makes|get|gets
    |getting|require\w*|want|demand\w*|asks?|asked|asking|requested|example|e\.g|i\.e|would-be|so-called
    |regress\w*|rerun|re-run|again\?|doubt\w*|partially|soon|later|eventually|tomorrow|unfinished
    |incomplete|in\ progress|to\ (?:pass|be|go|succeed|have|see))\b|n't\b|n’t\b|\?""",
    re.IGNORECASE | re.VERBOSE,
)
_PLANNED_LABEL = re.compile(
    r"\b(?:fail\w*|not|un\w+ed|unproven|in progress|wip|open|todo|to do|next|plan\w*|remain\w*"
    r"|pending|block\w*|left|missing|before|earlier|previous\w*|goal|want\w*|later|steps?|ideas?|old|risks?"
    r"|questions?|problems?|known|issues?|broken|removed|deleted|dropped|dead)\b",
    re.IGNORECASE,
)
_ENGLISH = re.compile(
    r"\b(?:the|and|have|with|this|that|uses|from|its|which|now|into)\b", re.IGNORECASE
)


@dataclass(frozen=True)
class Clause:
    """A part of a sentence between commas. `sentence` is the whole, `line` the whole line; `label`
    is what it stands under ("Done and proven"), "" for nothing.
    """

    text: str
    sentence: str
    line: str
    label: str

    @property
    def spans(self) -> tuple[str, ...]:
        """What stands in backticks in the clause."""
        return tuple(span.strip("`").strip() for span in _CODE.findall(self.text))

    @property
    def is_plain(self) -> bool:
        """Whether the sentence says how things are now, and its label does not take it back."""
        return not (self.is_planned or is_hedged(self.sentence))

    @property
    def is_planned(self) -> bool:
        """Whether it stands under "Failing", "Next", "Not done" or the like."""
        return _PLANNED_LABEL.search(self.label) is not None

    @property
    def is_english(self) -> bool:
        """Whether the line has a word that only English has: hedges are known in English alone."""
        return _ENGLISH.search(_CODE.sub(" ", self.line)) is not None


def is_hedged(text: str) -> bool:
    """Whether a text negates, doubts, plans, asks, or speaks of another time or place."""
    return _HEDGE.search(_CODE.sub(" ", text)) is not None


def clauses(text: str) -> Iterator[Clause]:
    """The clauses of a section's prose; code blocks, quotations and open check boxes are left out.

    A label at a line's start holds for the line; a line that is nothing but a label, for all below
    it up to the next one.
    """
    lasting_label = ""
    for line in _prose(text):
        heading = _HEADING.match(line)
        if heading:
            lasting_label = heading[1]
            continue
        body = _BULLET.sub("", line)
        box = _BOX.match(body)
        if box and box[1] == " ":
            continue
        body = body[box.end() :] if box else body
        label = lasting_label
        label_match = _LABEL.match(body)
        if label_match and len(label_match[1].split()) <= 8:
            label = f"{lasting_label} {label_match[1]}".strip()
            body = body[label_match.end() :]
            if not body.strip():
                lasting_label = label_match[1]
                continue
        elif bold := _BOLD.fullmatch(body.strip()):
            lasting_label = bold[1]
            continue
        for sentence in _split(_SENTENCE_END, _MARKS.sub("", body)):
            for part in _split(_COMMA, sentence):
                yield Clause(part, sentence, body, label)


def words_of(text: str) -> list[str]:
    """The lower-case words of a text without code."""
    return re.findall(r"[^\W\d_]+(?:['’-][^\W\d_]+)*", _CODE.sub(" ", text).lower())


def _prose(text: str) -> Iterator[str]:
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if fence:
            fence = "" if mark and mark[1] == fence else fence
        elif mark:
            fence = mark[1]
        elif line.strip() and not line.lstrip().startswith(">"):
            yield line


def _split(pattern: re.Pattern[str], text: str) -> list[str]:
    """Split outside of code."""
    kept: list[str] = []

    def hide(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\ue000{len(kept) - 1}\ue001"

    parts = pattern.split(_CODE.sub(hide, text))
    return [
        re.sub(r"\ue000(\d+)\ue001", lambda match: kept[int(match[1])], part).strip()
        for part in parts
        if part and part.strip()
    ]
