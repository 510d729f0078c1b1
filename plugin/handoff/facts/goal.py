"""Which request of a person can be the goal of the session."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from handoff.facts.model import Request

_OWN = re.compile(r"/handoff\b")
_ASSENT = re.compile(
    r"(?:ok(?:ay)?|yes|yeah|yep|y|sure|right|go|ahead|on|continue|proceed|please|do|it|that|this|"
    r"resume|next|thanks?|thank|you|great|good|nice|perfect|cool|fine|done|keep|going|with|carry|"
    r"commit|push|and|the|now|all|both|again|from|where|you|we|left|off|working|try|retry|\d+|lgtm|sounds|looks|weiter|ja|oui|si)+\Z"
)


def is_goal(request: Request) -> bool:
    """Whether a request can be the goal: it says what to do, not just "ok" or "go on".

    What was only pasted says so; a command without arguments, and one of ours, does not.
    """
    if request.source in ("shell", "unconfirmed"):
        return False
    if request.source == "command" and (" " not in request.text or _OWN.match(request.text)):
        return False
    words = re.findall(r"\w+", request.text.lower())
    return bool(words) and not (len(words) < 8 and all(_ASSENT.match(word) for word in words))
