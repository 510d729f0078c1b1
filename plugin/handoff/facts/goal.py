"""Which request of a person can be the goal of the session."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from handoff.facts import short_answers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from handoff.facts.model import Request

_OWN = re.compile(r"/handoff\b")
_ASSENT = re.compile(
    r"(?:ok(?:ay)?|yes|yeah|yep|y|sure|right|go|ahead|on|continue|proceed|please|do|it|that|this|"
    r"resume|next|thanks?|thank|you|great|good|nice|perfect|cool|fine|done|keep|going|with|carry|"
    r"here|then|just|so|well|alright|of|course|start|begin|work|as|your|plan|suggest(?:ed|ion)?|proposed|proposal|"
    r"commit|push|and|the|now|all|both|again|from|where|you|we|left|off|working|try|retry|\d+|lgtm|sounds|looks|weiter|ja|oui|si|"
    r"nein|bitte|mach|danke|genau|gut|gerne|das|vas|non|merci|sí|vale|sigue|gracias|sim|não|"
    r"да|нет|ага|ок|хорошо|давай|продолжай|дальше|конечно|спасибо|пожалуйста|те|"
    r"はい|ええ|うん|お願い|します|しました|ください|続けて|進めて|了解|大丈夫|ありがとう|ございます|いいえ|"
    r"それ|これ|で|です|は|を|オーケー|次|良い|いい|よ|ね|"
    r"好|的|是|对|對|可以|行|嗯|请|請|继续|繼續|没问题|沒問題|谢谢|謝謝|不|要|吧|了|下一步|"
    r"네|예|응|계속|해|주세요|줘|하세요|진행|좋아|좋습니다|요|아니|감사합니다|نعم|أجل|لا|تابع|شكرا|हाँ|हां)+\Z"
)


def find_goal(requests: Iterable[Request]) -> str:
    """The words of the newest request that can be the goal, "" if none can; a chosen option says
    nothing without its text.
    """
    for request in requests:
        if is_goal(request):
            picks = short_answers.picks_option(request)
            return short_answers.describe(request) if picks else request.text
    return ""


def is_goal(request: Request) -> bool:
    """Whether a request can be the goal: it says what to do, not just "ok" or "go on".

    What was only pasted says so, and so does the choice of an option that is known; a command
    without arguments, and one of ours, does not.
    """
    if request.source in ("shell", "unconfirmed"):
        return False
    if request.source == "command" and (" " not in request.text or _OWN.match(request.text)):
        return False
    if short_answers.picks_option(request):
        return True
    words = re.findall(r"\w+", request.text.lower())
    return bool(words) and not (len(words) < 8 and all(map(_says_nothing, words)))


def _says_nothing(word: str) -> bool:
    """Whether a word only agrees, or is the letter of an option."""
    return (len(word) == 1 and word.isascii()) or _ASSENT.match(word) is not None
