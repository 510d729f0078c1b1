"""Secrets in files of settings: `DB_PW=X`, `requirepass X`, `IDENTIFIED BY 'X'`, `Pwd=X;`.

A name or a directive says that the value is a secret; what a value there is not (a word, a variable,
a path, code) is told by `told_values`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import chain

from handoff.redact import directives, values, words
from handoff.redact.told_values import can_be_secret, is_dense, is_password_shaped, is_typed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from handoff.redact.vocabulary import Vocabulary

_MAX_NAME = 60  # characters of a name before its noun
# Nouns of secrets that `named_values` does not look for: `DB_PW`, `psk=`, `DEVISE_PEPPER`.
_MORE_NOUNS = ("pw", "psk", "pepper", "authtok", "salt", "_auth", 'auth"')
_MORE_NAMES = re.compile(
    r"(?:.*[^A-Za-z]|.*[a-z](?=P)|)(?:pw|PW|Pw|psk|PSK|Psk|pepper|PEPPER|Pepper)\d?"
    r"|(?i:.*secret_key_base|(?:.*[_-])?key[_-](?:b64|base64|hex)|(?:\w+_)?auth_(?:key|salt)"
    r"|(?:logged_in|nonce)_(?:key|salt)|_?auth|.*authtok|.*hmac_?key|pre_?shared_?key|x-api-key"
    r"|.*shared-secret|.*(?:bind|root|admin|user|ldap)pw)|[A-Z]{2,12}(?<!BY)(?<!COM)(?<!SUR)(?<!TRES)PASS(?:WD)?"
)
_PAIR = re.compile(
    r"[\w-]{0,40}(?P<close>[\"'`\])\\]{0,4})[ \t]{0,4}(?P<sign>=>|:=|={1,2}|:|,)(?P<gap>[ \t]{0,4})"
    r"(?P<call>(?:env\([\"'][\w.]{1,60}[\"'],[ ]?)?(?:PASSWORD\()?(?:N(?='))?)(?P<open>[\"'`\\]{0,4})(?=[^\s\"'`\\])"
)
_OPTION = re.compile(
    r"[\w-]{0,20}[ \t]{1,4}(?P<quote>[\"']?)(?P<value>[^\s\"'`<>]{5,300})(?P=quote)(?=[\s\"'`,;)]|\Z)"
)
_NAME_CHARS = re.compile(r"[\w.$@/*-]*\Z")
_NAME_END = re.compile(r"[\w-]*")
_BARE = re.compile(r"[^\s\"'`<>;]{5,500}")
_NEXT_PART = re.compile(r"(?:&(?:amp;)?|,)[A-Za-z_][\w.-]*=")
_CODE = re.compile(r"[A-Za-z_$][\w$]*(?:(?:\.|->|::|[+*/-])[A-Za-z_$][\w$]*)*")
# `password X` alone on its line: .netrc, mosquitto, keepalived, a router's.
_ALONE = re.compile(
    r"(?m)(?:password|passwd|secret|passphrase)[ \t]+(?P<value>[^\s\"'`<>=:]{6,200})[ \t]*\r?$"
)
# `host:port:database:user:X`, `[host]:port user:X`, `    user:X` under chpasswd.
_PGPASS = re.compile(
    r"(?m)^(?:[\w.-]{1,100}|\*|\[[\w:.]{1,60}\]):(?:\d{2,5}|\*):[\w*.-]{1,80}:[\w*.@-]{1,80}:(?P<value>\S{5,200})[ \t]*\r?$"
)
_PORTS = frozenset(("5432", "5433", "5434", "6432", "6543", "15432"))
_SASL = re.compile(r"(?m)^\[[\w.-]{1,100}\]:\d+[ \t]+[\w.@+-]{1,80}:(?P<value>\S{5,200})[ \t]*\r?$")
_CHPASSWD = re.compile(
    r"chpasswd:\s(?:[^\n]*\n){0,3}?[ \t]+[\w.-]+:(?P<value>\S{5,200})[ \t]*\r?(?:\n|$)"
)
# `user server X *` of chap-secrets and pap-secrets.
_PPP = re.compile(
    r"(?m)^[\"']?[\w.@\\-]{1,60}[\"']?[ \t]+(?:\*|[\"']?[\w.-]{1,40}[\"']?)[ \t]+[\"']?(?P<value>[^\s\"']{6,200})[\"']?[ \t]+\*[ \t]*\r?$"
)
_PPP_WORDS = frozenset(("l2tpd", "pptpd", "ppp", "chap", "pap", "xl2tpd"))
_STATE = re.compile(
    r"\"(?:value|result|bcrypt_hash|private_key|password)\":[ ]*\"(?P<value>[^\"\\\n]{5,500})\""
)
_SENSITIVE = re.compile(r"\"sensitive\":[ ]?true")
_GENERATED = "random_password"
_STATE_REACH = 800  # characters from the resource's type to its value


def find(text: str, seen: Vocabulary, nouns: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Start and end of the secrets; `nouns` is where `named_values` saw nouns of secrets."""
    done = -1
    for at in chain(nouns, _more(seen)):
        match = _PAIR.match(text, at)
        if match and match.end() != done:
            done = match.end()
            yield from _of_pair(text, at, match)
        elif option := _OPTION.match(text, at):
            yield from _of_option(text, at, option)
        alone = _ALONE.match(text, at)
        if (
            alone
            and _begins_line(text, at)
            and (is_password_shaped(alone["value"]) or is_typed(alone["value"]))
        ):
            yield alone.span("value")
    yield from directives.find(text, seen)
    yield from _of_columns(text, seen)
    if "result" in seen.words or "value" in seen.words:
        yield from _of_state(text)


def _begins_line(text: str, at: int) -> bool:
    head = text[max(0, at - 16) : at].rpartition("\n")
    return not head[2].strip() and (bool(head[1]) or at <= 16)


def _more(seen: Vocabulary) -> Iterator[int]:
    for noun in _MORE_NOUNS:
        if noun.rstrip('"') not in seen.joined:
            continue
        at = seen.low.find(noun)
        while at >= 0:
            yield at
            at = seen.low.find(noun, at + len(noun))


def _of_pair(text: str, at: int, match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """A name, a sign, a value; a name in quotes and a value in quotes may be joined by a comma."""
    quote = match["open"][-1:]
    sign = match["sign"]
    if sign == "," and not (quote and quote in "\"'" and match["close"]):
        return
    first, name = _name(text, at)
    if not _names_secret(name):
        return
    start = match.end()
    if quote:
        stop = _closing(text, start, match["open"])
        if stop > start and _is_quoted_secret(text[start:stop], name):
            yield start, stop
        return
    if (bare := _BARE.match(text, start)) and sign != "==":
        stop = bare.end()
        if part := _NEXT_PART.search(text, start, stop):
            stop = part.start()
        while stop > start and text[stop - 1] in ".,:)]}|":
            stop -= 1
        is_whole = text[stop : stop + 1] in ("", "\n", "\r") and _begins_line(text, first)
        is_env = (
            sign == "="
            and not match["gap"]
            and (name.upper() == name or name[0] == "-" or is_whole)
        )
        value = text[start:stop]
        if _is_bare_secret(value, name, is_env=is_env) or (
            is_typed(value)
            and _names_password(name)
            and (is_whole or (sign == "=" and not match["gap"] and _ends_setting(text, stop)))
        ):
            yield start, stop


def _ends_setting(text: str, stop: int) -> bool:
    """Whether what follows a value is no code: a blank, `;`, `&`, a comma without a blank."""
    sign = text[stop : stop + 1]
    if sign == ",":
        return not text[stop + 1 : stop + 2].isspace()
    return not sign or sign.isspace() or sign in ";&\"'`"


def _name(text: str, at: int) -> tuple[int, str]:
    """The whole name that a noun at `at` is part of, and where it begins."""
    before = _NAME_CHARS.search(text, max(0, at - _MAX_NAME), at)
    behind = _NAME_END.match(text, at)
    first = before.start() if before else at
    return first, text[first : behind.end() if behind else at]


def _of_option(text: str, at: int, match: re.Match[str]) -> Iterator[tuple[int, int]]:
    """`--admin-password X`."""
    _, name = _name(text, at)
    if not (name.startswith("-") and _names_secret(name)) or name.endswith("s"):
        return  # `--export-secret-keys ID` names one
    value = match["value"]
    if can_be_secret(value) and (is_password_shaped(value) or _names_password(name)):
        yield match.span("value")


@lru_cache(maxsize=4096)
def _names_secret(name: str) -> bool:
    last = re.split(r"[.$@/*]", name)[-1]
    return words.names_secret(words.parts(last)) or _MORE_NAMES.fullmatch(last) is not None


@lru_cache(maxsize=4096)
def _names_password(name: str) -> bool:
    last = re.split(r"[.$@/*]", name)[-1]
    return words.names_password(words.parts(last)) or _MORE_NAMES.fullmatch(last) is not None


def _closing(text: str, start: int, opened: str) -> int:
    """Where a value in quotes ends, -1 if it does not on its line."""
    stop = text.find(opened if "\\" in opened else opened[-1], start, start + 500)
    line = text.find("\n", start, start + 500)
    return -1 if 0 <= line < stop else stop


def _is_quoted_secret(value: str, name: str) -> bool:
    if " " in value:  # only the keys and salts that WordPress makes have blanks in them
        signs = sum(not (c.isalnum() or c.isspace()) for c in value)
        return len(value) == 64 and signs >= 8
    if not can_be_secret(value):
        return False
    is_password = _names_password(name)
    return (is_password_shaped(value) or (is_password and is_typed(value))) or (
        is_password
        and _CODE.fullmatch(value) is None
        and "/" not in value
        and any(map(str.isdigit, value))
    )


def _is_bare_secret(value: str, name: str, *, is_env: bool) -> bool:
    if is_env and can_be_secret(value) and not re.search(r"[()\[\]{}]", value):
        if value.isdigit():
            return words.names_password(words.parts(name))
        return any(map(str.isdigit, value)) and (
            _CODE.fullmatch(value) is None
            or is_password_shaped(value)
            or (is_typed(value) and _names_password(name))
        )
    if not is_password_shaped(value):
        return False
    return (
        _CODE.fullmatch(value) is None
        or values.random_length(value) >= 8
        or is_dense(value)
        or values.is_hex(value)
        or (value.isalnum() and values.wordiness(value) < 0.45)
        or (value.count("-") >= 2 and "_" not in value)
    )


def _of_columns(text: str, seen: Vocabulary) -> Iterator[tuple[int, int]]:
    patterns = [
        *([_PGPASS] if ":*:" in text or not _PORTS.isdisjoint(seen.words) else []),
        *([_SASL] if "]:" in text and ("\n[" in text or text[0] == "[") else []),
        *([_CHPASSWD] if "chpasswd" in seen.words else []),
        *(
            [_PPP]
            if '" *\n' in text or text.endswith('" *') or not _PPP_WORDS.isdisjoint(seen.words)
            else []
        ),
    ]
    for pattern in patterns:
        for match in pattern.finditer(text):
            if is_password_shaped(match["value"]) or is_typed(match["value"]):
                yield match.span("value")


def _of_state(text: str) -> Iterator[tuple[int, int]]:
    """The values that Terraform keeps of what it knows to be sensitive."""
    if _GENERATED not in text and '"sensitive"' not in text:
        return
    for match in _STATE.finditer(text):
        first, last = match.span()
        begin = text.rfind("{", max(0, first - _STATE_REACH), first) + 1
        end = text.find("}", last, last + _STATE_REACH)
        beside = text[begin:first] + text[last : end if end >= 0 else last + _STATE_REACH]
        if can_be_secret(match["value"]) and (
            _SENSITIVE.search(beside) or _GENERATED in text[max(0, first - _STATE_REACH) : first]
        ):
            yield match.span("value")
