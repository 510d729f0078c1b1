"""A short reply with what it answers: "yes" and "B" mean nothing without the model's question.

The model's words stay the model's: they are shown in quotes behind the reply, with a label. Where
the model asked nothing, nothing is shown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handoff.base import truncate
from handoff.facts import offered_options
from handoff.facts.word_count import count_words

if TYPE_CHECKING:
    from handoff.facts.model import Request

MAX_QUESTION_CHARS = 110
_MAX_REPLY_CHARS = 400  # a longer one says itself what it is about
_FEW_WORDS, _FEW_CHARS = 4, 40
_NEAR_END = 500  # characters from the end of an answer in which a question still ends it
_BARE = 40  # characters of a question that says little without the sentence before

_ENDS = r"(?=\Z|[\s,.;:!?…—–、。，．！)-])"
_APART = r"(?=\s*(?:\Z|[,.;:!…—–、。，．！)-]|(?:and|but|please|thanks|just|leave|keep|use|do)\b))"
_SAYS_YES_OR_NO = re.compile(
    rf"""(?:
    (?:yes|yeah|yep|yup|sure|absolutely|definitely|agreed|approved|confirmed|nope|nah|go\ ahead
      |go\ for\ it|do\ it|please\ do|sounds\ good|ja|jep|jawohl|genau|gerne|nein|nee|mach\ das
      |oui|d['’]accord|vas-y|sí|claro|vale|hazlo|adelante|sim|não|sì|va\ bene|certo|tak|evet|hayır
      |да|ага|нет|давай(?:те)?|хорошо|конечно){_ENDS}
    |(?:y|n|ok|okay|k|no|right|correct|exactly|proceed|continue|both|neither|either|none|all
      |all\ of\ (?:them|it)|not\ yet|si|non|da|nie|passt|beide|keine|les\ deux|ambos|pode
      |оба){_APART}
    |はい|ええ|うん|いいえ|いや|お願い|おねがい|了解|進めて|それで|そうして|両方|どちら
    |是|好|对|對|不是|不要|不用|可以|行|嗯|没问题|沒問題|同意|继续|繼續|都
    |네|예|응|아니|좋아|그래|부탁|진행|둘\ 다
    |(?:نعم|أجل|لا|حسنا|هاँ|हाँ|हां|जी|नहीं){_ENDS}
    )""",
    re.IGNORECASE | re.VERBOSE,
)
_ASKS = re.compile(r"[?？؟]|[か吗嗎呢까][。．.]?\s*\Z")
_INVITES = re.compile(
    r"\b(?:(?:shall|should|may|can) I\b|want me to\b|would you like\b|do you want\b"
    r"|let me know\b|say the word\b|just say\b|tell me (?:which|whether|if|what|how)\b"
    r"|reply with\b|pick (?:one|a|an)\b|which (?:one|option|of)\b|(?:soll|kann|darf) ich\b"
    r"|sag (?:mir )?bescheid\b|sagen sie\b|dois-je\b|voulez-vous\b|veux-tu\b|dis-moi\b"
    r"|dites-moi\b|quieres que\b|quiere que\b|dime\b|avísame\b|devo\b|quer que\b)"
    r"|(?:сказать|скажи(?:те)?|дай(?:те)? знать|мне стоит)\b"
    r"|(?:ますか|ましょうか|教えてください|选择|選択してください|告诉我)",
    re.IGNORECASE,
)
_GOES_ON = re.compile(
    r"(?:or|oder|ou|o|and|или|либо|それとも|または|还是|還是|或者|아니면)\b", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"(?<=[.!?…])[\"'”’)*_`»]*\s+|(?<=[？！。؟])[」』”)]*\s*")
_ABBREVIATED = re.compile(r"(?<!\w)(?:vs|e\.g|i\.e|cf|z\.B|d\.h|bzw|p\. ?ex)\.\Z", re.IGNORECASE)
_OFFERED = re.compile(r"(?:[A-Z]|\d{1,2}): ")
_CODE = re.compile(r"^ {0,3}(```|~~~).*?(?:^ {0,3}\1|\Z)", re.DOTALL | re.MULTILINE)
_MARKS = re.compile(r"\*\*|__|^[\s>#*•-]+(?=\S)")
_LISTED = re.compile(r"\s*(?:[-*•|>]|\d{1,2}[.)]|\*\*|[A-Z][.):])")


def may_ask(told: str) -> bool:
    """Whether an answer of the model may hold what a reply answers; a quick look at any text."""
    return bool(_ASKS.search(told) or _INVITES.search(told) or offered_options.may_offer(told))


def is_reply(text: str) -> bool:
    """Whether a person's words may need the question they answer: a label or an ordinal of an
    option, an assent, or a few words.
    """
    text = text.strip()
    if not text or len(text) > _MAX_REPLY_CHARS or text.startswith(("/", "!")):
        return False
    return (
        _says_yes_or_no(text)
        or offered_options.read_choice(text) != ((), False)
        or _is_few_words(text)
    )


def find_question(reply: str, told: str) -> str:
    """What a reply answers in what the model had said before: the options that it names, else the
    question. "" where the model asked nothing. Both are texts without secrets.
    """
    prose = _CODE.sub("", told).rstrip()
    picked, is_only = offered_options.read_choice(reply)
    if picked:
        options = offered_options.find_options(prose, picked)
        if options:
            return _fit("; ".join(options))
    if is_only or _says_yes_or_no(reply) or _is_few_words(reply):
        return _question(prose)
    return ""


def picks_option(request: Request) -> bool:
    """Whether a request is the choice of an option that is known, and says little else."""
    return bool(_OFFERED.match(request.question)) and offered_options.read_choice(request.text)[1]


def describe(request: Request) -> str:
    """A request's words, with what they answer where that is known."""
    if not request.question:
        return request.text
    if request.source in ("refusal", "unconfirmed"):
        what = "refusing the call"
    else:
        what = "the model offered" if _OFFERED.match(request.question) else "the model asked"
    return f"{request.text} ({what}: “{request.question}”)"


def name_call(tool: str, subject: str) -> str:
    """A tool call in a few words: the tool and what it was to work on. `subject` has no secrets."""
    words = " ".join(subject.split())
    return _fit(f"{tool}: {words}" if words else tool)


def _says_yes_or_no(text: str) -> bool:
    return _SAYS_YES_OR_NO.match(text.strip()) is not None


def _is_few_words(text: str) -> bool:
    """Whether a reply is too short to say what it is about, and asks nothing itself."""
    if _ASKS.search(text) or "://" in text:
        return False
    return 0 < count_words(text) <= _FEW_WORDS and len(text) <= _FEW_CHARS


def _question(prose: str) -> str:
    """The sentence with which the model asks at the end of an answer, on one line; "" if none."""
    sentences = [
        (number, sentence, _LISTED.match(line) is not None)
        for number, part in enumerate(re.split(r"\n\s*\n", prose))
        for line in part.split("\n")
        for sentence in _sentences(line)
    ]
    behind = 0
    for at in range(len(sentences) - 1, -1, -1):
        paragraph, sentence, is_listed = sentences[at]
        if _ASKS.search(sentence[-3:]) or _INVITES.search(sentence):
            before = [(n, told) for n, told, listed in sentences[:at] if not listed]
            nearest = max((n for n, _ in before), default=paragraph)
            return _fit(_with_context(sentence, [told for n, told in before if n == nearest]))
        behind += 0 if is_listed else len(sentence)
        if behind > _NEAR_END:
            return ""
    return ""


def _sentences(text: str) -> list[str]:
    parts: list[str] = []
    for part in _SENTENCE_END.split(text):
        if parts and _ABBREVIATED.search(parts[-1]):
            parts[-1] += f" {part.strip()}"
        elif any(map(str.isalnum, part)):
            parts.append(part.strip())
    return parts


def _with_context(question: str, before: list[str]) -> str:
    """A question that goes on from another one with that, a bare one with what it is about."""
    question = _plain(question)
    if before and _GOES_ON.match(question):
        return f"{_plain(before[-1])} {question}"
    room = MAX_QUESTION_CHARS - len(question) - 2
    if before and len(question) < _BARE:
        about = _plain(before[0])
        short = truncate.keep_head(about, room).rstrip() if len(about) > room else about
        return f"{short}{'' if short == about else '…'} {question}" if short else question
    return question


def _plain(text: str) -> str:
    return _MARKS.sub("", text).strip()


def _fit(text: str) -> str:
    """On one line, with at most `MAX_QUESTION_CHARS` characters and no quotes that would end it."""
    line = " ".join(text.split()).replace("“", '"').replace("”", '"')
    if len(line) <= MAX_QUESTION_CHARS:
        return line
    return f"{truncate.keep_head(line, MAX_QUESTION_CHARS - 1).rstrip()}…"
