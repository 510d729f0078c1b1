"""Secrets out of a text, before it reaches disk, commit, log or screen.

A secret becomes `[redacted: kind]`. What is known by its shape is found anywhere; what is known by
the word beside it (`password = …`) needs a value that is no reference to another place.
"""

from __future__ import annotations

import re

_SHAPES: tuple[tuple[str, str], ...] = (
    ("private key", r"-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|\Z)"),
    ("anthropic key", r"\bsk-ant-[A-Za-z0-9_-]{16,}"),
    ("openrouter key", r"\bsk-or-(?:v1-)?[A-Za-z0-9]{20,}"),
    ("openai key", r"\bsk-(?=[a-z_-]{0,60}[A-Z0-9])(?=[A-Za-z0-9_-]{0,60}[0-9])[A-Za-z0-9_-]{20,}"),
    ("github token", r"\b(?:gh[pousr]_[A-Za-z0-9]{20,}|github_pat_[A-Za-z0-9_]{22,})"),
    ("gitlab token", r"\bgl(?:pat|rt|dt|cbt|ptt|ft|soat)-[A-Za-z0-9_-]{16,}"),
    ("aws key id", r"\b(?:AKIA|ASIA|AROA|AIDA)[A-Z0-9]{16}(?![A-Z0-9])"),
    ("google key", r"\bAIza[A-Za-z0-9_-]{35,}"),
    ("google token", r"\bya29\.[A-Za-z0-9_-]{20,}"),
    ("slack token", r"\bxox[abeoprs]-[A-Za-z0-9-]{10,}"),
    ("slack webhook", r"https://hooks\.slack\.com/(?:services|workflows)/[A-Za-z0-9/_-]{20,}"),
    ("stripe key", r"\b(?:sk|rk|whsec)_(?:live_|test_)?[A-Za-z0-9]{16,}"),
    ("npm token", r"\bnpm_[A-Za-z0-9]{30,}"),
    ("pypi token", r"\bpypi-[A-Za-z0-9_-]{30,}"),
    ("hugging face token", r"\bhf_[A-Za-z0-9]{30,}"),
    ("sendgrid key", r"\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}"),
    ("jwt", r"\beyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}"),
    ("azure key", r"(?<=AccountKey=)[A-Za-z0-9+/=]{40,}"),
    ("password in a url", r"(?<=://)[^\s/:@'\"]*:[^\s/'\"]{3,}(?=@)"),
    ("authorization", r"(?i:(?<=authorization: )(?:bearer|basic|token))\s+[A-Za-z0-9._~+/=-]{12,}"),
    ("authorization", r"(?i:\bbearer)\s(?=[A-Za-z._~+/=-]{0,60}[0-9])[A-Za-z0-9._~+/=-]{20,}"),
)  # fmt: skip
_NAMED = re.compile(
    r"""(?ix)
    (?P<before>
      \b[A-Z0-9_.-]{0,60}
      (?:api[_-]?key|secret|token|passw(?:or)?d|passphrase|private[_-]?key|access[_-]?key|client[_-]?secret)
      [A-Z0-9_]{0,30}
      ['"]?\s{0,3}(?:=|:|=>|:=)\s{0,3}
    )
    (?P<quote>['"]?)
    (?P<value>[^\s'"`,;(){}\[\]<>$]{8,500})
    """
)
# `--token VALUE`: a blank is enough between an option and what it is set to.
_OPTION = re.compile(
    r"""(?ix)
    (?P<before>
      (?<!\S)--[a-z0-9-]{0,40}(?:api-?key|secret|token|passw(?:or)?d|passphrase)[a-z0-9-]{0,20}\s
    )
    (?P<quote>['"]?)
    (?P<value>[^\s'"`,;(){}\[\]<>$]{8,500})
    """
)
_REFERENCE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_ANY = re.compile("|".join(f"(?P<s{at}>{shape})" for at, (_, shape) in enumerate(_SHAPES)))


def redact(text: str) -> str:
    """`text` without its secrets; everything else as it was."""
    while True:
        found = _ANY.sub(_by_shape, text)
        found = _OPTION.sub(_by_name, _NAMED.sub(_by_name, found))
        if found == text:
            return text
        text = found  # a secret that stood right behind another one is now by itself


def _by_shape(match: re.Match[str]) -> str:
    return f"[redacted: {_SHAPES[int(str(match.lastgroup)[1:])][0]}]"


def _by_name(match: re.Match[str]) -> str:
    value = match["value"]
    if not _looks_secret(value):
        return match[0]
    return f"{match['before']}{match['quote']}[redacted: secret]"


def _looks_secret(value: str) -> bool:
    """Whether a value beside a secret's name is one: no code reference, no plain word, no path."""
    if value.startswith(("[redacted", "/", "./", "~", "http")):
        return False
    digits = sum(c.isdigit() for c in value)
    lower, upper = any(c.islower() for c in value), any(c.isupper() for c in value)
    signs = any(c in "!@#%^&*+=/?-_" for c in value)
    if "." in value.strip("."):
        is_plain = "/" in value or _REFERENCE.fullmatch(value.strip(".")) is not None
        return not is_plain and digits >= 2 and lower and upper
    if len(value) >= 20 and digits and lower and upper:
        return True
    return digits >= 2 and (lower or upper) and (signs or len(value) >= 12 or (lower and upper))
