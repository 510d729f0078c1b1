"""Secrets behind a directive or in a statement: `requirepass X`, `IDENTIFIED BY 'X'`, `: PSK "X"`."""

from __future__ import annotations

import re
from functools import cache

from handoff.redact.told_values import can_be_secret, is_password_shaped, is_typed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from handoff.redact.vocabulary import Vocabulary

# Directives and statements: what stands before the secret, whole.
_DIRECTIVES = (
    ("identified ", r"(?i)(?:USER|TO|ROLE)[ ]\S{1,80}[ ]+IDENTIFIED[ ]+(?:WITH[ ]+[\w']+[ ]+)?(?:BY|AS)[ ]+(?:PASSWORD[ ]+|VALUES[ ]+)?[\"']?"),
    (" password '", r"(?i)\bPASSWORD[ ]+'"),
    ("password for", r"(?i)SET[ ]+PASSWORD[ ]+FOR[ ]+\S+[ ]*(?:=|TO)[ ]*(?:PASSWORD[ ]*\()?[ ]*'"),
    ("requirepass", r"requirepass[\"',]*[ ]+[\"']?"),
    ("masterauth", r"masterauth[ ]+[\"']?"),
    ("olcrootpw", r"olcRootPW:[ ]+[\"']?"),
    ("rootpw", r"(?:rootpw)(?::|[ ]--plaintext)?[ ]+[\"']?"),
    ("bindpw", r"(?i)bindpw[ \t]+[\"']?"),
    ("auth-pass", r"auth-pass[ ]+[\w.-]+[ ]+[\"']?"),
    ("auth_pass", r"auth_pass[ ]+[\"']?"),
    ("on >", r"user[ ]+[\w.-]+[ ]+on[ ]+>"),
    ("community ", r"(?:snmp-server[ ]|r[ow])community6?[ ]+[\"']?"),
    ("login ", r"login[ ]+\S{1,80}[ ]+password[ ]+"),
    ("login ", r"login[ ]+\S{1,80}[ \t]*\n[ \t]*password[ ]+"),
    ("enable ", r"enable[ ]+(?:secret|password)[ ]+(?:\d[ ]+)?"),
    ("username ", r"username[ ]+\S{1,80}[ ]+(?:privilege[ ]+\d+[ ]+)?(?:secret|password)[ ]+(?:\d[ ]+)?"),
    ("-password", r"(?:root|user)-password(?:-again)?[ ]+password[ ]+"),
    ("storepassword ", r"storePassword[ ]+[\"']"),
    ("keypassword ", r"keyPassword[ ]+[\"']"),
    ("rocommunity ", r"rocommunity6?[ ]+[\"']?"),
    ("rwcommunity ", r"rwcommunity6?[ ]+[\"']?"),
    ("jdbc:oracle", r"jdbc:oracle:\w+:[\w.-]+/"),
    ("send ", r"send[ ]+(?:--[ ]+)?\\?\"(?=[^\"\n]{5,80}\\[rn])"),
    ("static:", r"static:[\w.@-]+:"),
    ("sp_addlogin", r"(?i)sp_addlogin[ ]+N?'[^'\n]{1,80}',[ ]*N?'"),
    ("option key", r"option[ \t]+key\d?[ \t]+[\"']?"),
    ("<keymaterial>", r"(?i)<keyMaterial>"),
    ("wpa-psk ", r"wpa-psk[ ]+(?:ascii|hex)?[ ]*(?:\d[ ]+)?"),
    (": psk ", r"(?:(?m:^)|[ \t]):[ \t]+PSK[ \t]+[\"']?"),
    (": xauth ", r"[ \t]:[ \t]+XAUTH[ \t]+[\"']?"),
    (": eap ", r"[ \t]:[ \t]+EAP[ \t]+[\"']?"),
    ("open -u ", r"open[ ]+-u[ ]+[\w.@-]{1,60},"),
    ("connect ", r"(?i)(?<![\w.-])connect[ ]+[A-Za-z][\w$#]{0,29}/"),
    ("conn ", r"(?i)(?<![\w.-])conn[ ]+[A-Za-z][\w$#]{0,29}/"),
)  # fmt: skip
# The rows by a word that must be in the text.
_DIRECTIVE_WORDS: dict[str, list[int]] = {}
for _number, (_hint, _) in enumerate(_DIRECTIVES):
    _DIRECTIVE_WORDS.setdefault(re.findall(r"\w+", _hint)[0], []).append(_number)
_DIRECTIVE_VALUE = re.compile(r"(?<=['\"])[^'\"\n]{5,300}|[^\s\"'`;]{5,300}")


def find(text: str, seen: Vocabulary) -> Iterator[tuple[int, int]]:
    """Start and end of the values that a directive takes."""
    for word in seen.words & _DIRECTIVE_WORDS.keys():
        for number in _DIRECTIVE_WORDS[word]:
            if _DIRECTIVES[number][0] in seen.low:
                yield from _of_directive(text, number)


def _of_directive(text: str, number: int) -> Iterator[tuple[int, int]]:
    for match in _directive(number).finditer(text):
        value = _DIRECTIVE_VALUE.match(text, match.end())
        if (
            value
            and can_be_secret(value[0])
            and (
                text[match.end() - 1] in "'\"" or is_password_shaped(value[0]) or is_typed(value[0])
            )
        ):
            yield value.span()


@cache
def _directive(number: int) -> re.Pattern[str]:
    return re.compile(_DIRECTIVES[number][1])
