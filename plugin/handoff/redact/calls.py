"""Secrets among the arguments of a call: `connect("db1", "app", "X")`, `fill("#password", "X")`.

A function that takes a user and a password gets them side by side; a field that holds a password is
named by a selector; a client of a provider is made from its key.
"""

from __future__ import annotations

import re

from handoff.redact.told_values import can_be_secret, is_password_shaped, is_strong, is_typed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from handoff.redact.vocabulary import Vocabulary

# Functions that take a user and a password, as words of their names in small letters.
_NAMES = frozenset(
    (
        *("connect", "mysqli", "mysqli_connect", "mysql_connect", "pdo", "getconnection", "createconnection"),
        *("httpbasicauth", "httpdigestauth", "basicauth", "setbasicauth", "basic_auth", "auth", "login"),
        *("networkcredential", "usernamepasswordcredentials", "passwordauthentication", "authenticate"),
        *("ftp_login", "ssh2_auth_password", "ldap_bind", "simple_bind", "simple_bind_s", "plainauth", "sign_in"),
        *("pg_connect", "oci_connect", "odbc_connect", "basiccredentials", "setauthentication", "dialandlogin"),
        *("signin", "sqlconnection", "passwordcredential", "setcredentials", "basicauthentication"),
    )
)  # fmt: skip
_CALL = re.compile(r"(?:[ \t]{0,2}[:=][ \t]{0,2})?[(\[](?P<body>[^\n()\[\]]{0,300})[)\],\n]?")
_STRING = re.compile(r"""(?P<quote>["'`])(?P<text>[^"'`\n]{1,200})(?P=quote)""")
_USER = re.compile(r"[\w.@+\\-]{2,60}")
_JOIN = re.compile(r"\s{0,2},\s{0,2}N?")
# What is done with the field that a password's selector names.
_FIELD = re.compile(
    r"""(?i)pass(?:word|wd|code|phrase)?[\w-]{0,20}["'`\])\\]{1,6}\s{0,4}(?:\.(?:first|clear|click)\(\))?
    (?:\.(?:value|text)\s{0,3}=\s{0,3}|\.(?:type|fill|send_?keys|set_?value|val|set|enter_?text|press_?sequentially|replace_?text|input|paste)\(\s{0,3}
    |,\s{0,3}(?:with:\s{0,3})?)(?P<quote>["'`])(?P<value>[^\s"'`]{6,200})(?P=quote)""",
    re.VERBOSE,
)
# A list of a program's arguments: `"-u", "app", "-p", "X"`.
_LISTED = re.compile(
    r"""(?P<quote>["'])-[pPw](?P=quote),\s{0,40}(?P<q>["'])(?P<value>[^\s"']{6,200})(?P=q)"""
)
_OPTIONS = ("'-p'", '"-p"', "'-P'", '"-P"', "'-w'", '"-w"')
_WITH_USER = re.compile(r"""["'](?:-[uUD]|--user(?:name)?|--login)["']""")
_LIST_REACH = 200
# The columns of a statement, and the row that it inserts.
_INSERT = re.compile(
    r"(?i)insert\s+(?:ignore\s+)?into\s+[\w.`\"\[\]]{1,80}\s{0,4}\((?P<columns>[^()]{1,400})\)\s{0,4}values\s{0,4}(?=\()"
)
_ROW = re.compile(
    r"\s{0,4},?\s{0,4}\((?P<row>(?:N?'[^'\n]{0,300}'|[^()'\n]|\([^()\n]{0,100}\)){1,600})\)"
)
_FIELDS = re.compile(r"N?'(?P<text>[^'\n]*)'|[^,']+(?:\([^()]*\))?")
_COLUMN = re.compile(r"(?i)pass(?:word|wd|phrase|code)?|pwd|secret|token")
_MAX_ROWS = 20


def find(text: str, seen: Vocabulary, nouns: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Start and end of the secrets; `nouns` is where `named_values` saw nouns of secrets."""
    for name in seen.words & _NAMES:
        yield from _of_logins(name, text, seen.low)
    for at in nouns:
        if text[at] in "pP" and (match := _FIELD.match(text, at)) and _is_value(match["value"]):
            yield match.span("value")
    if any(option in text for option in _OPTIONS):
        for match in _LISTED.finditer(text):
            before = text[max(0, match.start() - _LIST_REACH) : match.start()]
            if is_strong(match["value"]) and _WITH_USER.search(before.rpartition("[")[2]):
                yield match.span("value")
    if "insert" in seen.words and "values" in seen.words:
        for match in _INSERT.finditer(text):
            yield from _of_insert(text, match)


def _is_value(value: str) -> bool:
    return is_password_shaped(value) or is_typed(value)


def _of_logins(name: str, text: str, low: str) -> Iterator[tuple[int, int]]:
    """The string behind the user's name, where both are arguments."""
    at = low.find(name)
    while at >= 0:
        end = at + len(name)
        at = low.find(name, end)
        call = _CALL.match(text, end)
        if call is None:
            continue
        last = None
        for string in _STRING.finditer(text, *call.span("body")):
            if (
                last is not None
                and _USER.fullmatch(last["text"])
                and _JOIN.fullmatch(text, last.end(), string.start())
                and _is_login_password(string["text"])
            ):
                yield string.span("text")
            last = string


def _is_login_password(value: str) -> bool:
    return can_be_secret(value) and is_strong(value) and "." not in value.strip(".")


def _of_insert(text: str, match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """The values in the columns of passwords."""
    names = [column.strip(' \t\n`"[]') for column in match["columns"].split(",")]
    chosen = {
        number for number, name in enumerate(names) if _COLUMN.fullmatch(name.rpartition("_")[2])
    }
    at = match.end()
    for _ in range(_MAX_ROWS if chosen else 0):
        row = _ROW.match(text, at)
        if row is None:
            return
        at = row.end()
        fields = [f for f in _FIELDS.finditer(text, *row.span("row")) if f[0].strip()]
        for number in chosen if len(fields) == len(names) else ():
            value = fields[number]["text"]
            if value and _is_value(value):
                yield fields[number].span("text")
