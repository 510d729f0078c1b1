"""What a value is where its place says that a secret stands: one, or what stands for one."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from handoff.redact import values, words

_VARIABLE = re.compile(
    r"(?:\$[A-Za-z_{(][\w.:-]*[})]?[-_.:/]?)+|%\w+%|\$\d|\$[@*?]|[A-Z]+\d?|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
)
_TEMPLATE = re.compile(
    r"\$[{(]|\{\{|\}\}|\{\w*\}|<[\w %|-]+>|%[sdv]\b|\.\.\.|…|\[redacted: |\*{3}|x{4}"
)
_PLACEHOLDER_PART = frozenset(
    (
        *(
            "password",
            "passwd",
            "pass",
            "pwd",
            "passphrase",
            "secret",
            "token",
            "key",
            "apikey",
            "your",
            "my",
        ),
        *(
            "new",
            "old",
            "the",
            "here",
            "user",
            "username",
            "name",
            "example",
            "value",
            "placeholder",
            "changeme",
        ),
        *(
            "change",
            "string",
            "text",
            "database",
            "host",
            "server",
            "path",
            "file",
            "env",
            "mot",
            "passe",
        ),
        *(
            "passwort",
            "kennwort",
            "senha",
            "contrasena",
            "input",
            "arg",
            "var",
            "param",
            "test",
            "demo",
        ),
        *(
            "sample",
            "dummy",
            "fake",
            "access",
            "refresh",
            "valid",
            "invalid",
            "mock",
            "expired",
            "jwt",
            "abc",
        ),
    )
)
_PARTS = re.compile(r"[A-Za-z]+|[0-9]+")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[a-z]{2,6}$|www\.")
_FILE = re.compile(r"(?:[\w.@+-]*/)*[\w.@+-]*[A-Za-z_][\w@+-]*\.[A-Za-z]{1,5}\d?(?:[:#]\d+)*")
_VERSION = re.compile(
    r"[vV=^~><]*\d+(?:\.\d+)+[\w.+-]*|\d{4}-\d\d(?:-\d\d.*)?|\d+(?:[.:,/-]\d+)+[a-z]?|#?\d+[A-Za-z]{0,3}%?|[A-Z]{2,10}-\d{1,6}"
)
_CODE = re.compile(r"[()\[\]{}<>\\|`;\"]|^[@#.&]|^[A-Za-z_]{4,}=|^\w+_\w*=|^__")
_MAYBE_CODE = re.compile(r"::|->|=>|==|&&|[A-Za-z_]\w*(?:[,.+*/=-][A-Za-z_]\w*)+\Z|\w+=\w+\Z")
# A word with a number behind it, an identifier: `hunter2`, `newPassword2`, `user_id_2`, `token-2`.
_NUMBERED = re.compile(r"[A-Za-z]+(?:[_.:-][A-Za-z]+)*[_.:-]?\d{1,3}")
_SNAKE = re.compile(r"[a-z_][a-z0-9]*_[a-z0-9_]*")
# A word and a number that people choose; these numbers are sizes and ports in names of code.
_WORDED = re.compile(r"[A-Za-z]{4,20}(?P<number>\d{2,6})[!?.*#$&+-]?")
_TYPED = re.compile(
    r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9]+(?:[-.!@#$+*][A-Za-z0-9]*?)*?(?P<number>\d*)[!?.*#$&+-]{0,3}"
)
_SIZES = frozenset(
    ("128", "160", "192", "224", "256", "384", "512", "1024", "2048", "4096", "443", "8080", "8443")
)
_PHRASE = re.compile(r"[A-Za-z]{4,12}(?:-[A-Za-z]{4,12}){1,4}-\d{1,3}")
_STRONG_SIGN = re.compile(r"[!@#$%^&*?+~]")
_WORD_AND_YEAR = re.compile(r"[A-Za-z]{4,}-?(?:19|20)\d\d")
_KNOWN = re.compile(
    r"(?i)(?:sha|md|aes|rsa|des|pkcs|utf|iso|rfc|cve|ecdsa|ed|curve|x|base|oauth|http|tls|ssl|ipv|win|arm|amd|"
    r"int|uint|float|python|pg|s3|ec2|k8s|i18n|l10n|bcrypt|argon|pbkdf|scrypt|hmac|hs|rs|es|ps|gpt|claude|"
    r"llama|ubuntu|debian|node|java|php|postgres|mysql|redis)[-_]?v?\d[\w.-]*"
)


# What stands for itself: a package with its version, a compiler's name (`_a$b$c`), a
# host with its port, a digest by its name, a colour, numbered names (`TC15-23`, `osc7/osc51`), a drive's path, a curve, a time.
_OTHER = re.compile(
    r"@?[A-Za-z][\w.-]*(?:/[\w.-]+)?@[v^~]?\d+(?:\.\d+)+[\w.+-]*|[a-z][a-z0-9]*(?:[-_][a-z0-9]+)*-\d+(?:\.\d+){1,3}"
    r"|_[a-z]+(?:\$[A-Za-z_]\w*)+"
    r"|[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*:\d{2,5}|\d{1,3}(?:\.\d{1,3}){3}(?::\d{2,5})?"
    r"|(?i:sha-?\d{1,3}|md5|h1|blake\d\w?)[:=-]\S*|#[0-9A-Fa-f]{3,8}"
    r"|([A-Za-z]{2,12})\d{1,4}(?:[|/,-]\1?\d{1,4})+|(?i:[A-Z]:[\\/].*|secp\d{3}[kr]\d|prime\d{3}v\d|brainpool\w+)"
    r"|(?:\d{4}-\d\d-\d\dT?)?\d{0,2}:?\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"
)


def names_other(value: str) -> bool:
    """Whether a value says what it is by its form: a model, a package, a host, a digest."""
    return values.is_model(value) or _OTHER.fullmatch(value) is not None


@lru_cache(maxsize=4096)
def can_be_secret(value: str) -> bool:
    """Whether a value can be the secret where only one can stand: behind `sshpass -p`.

    Words, variables, placeholders and paths are none.
    """
    if not 5 <= len(value) <= 500 or not value.isprintable():
        return False
    if names_other(value):
        return False
    if value[0] == "-" or _VARIABLE.fullmatch(value) or _TEMPLATE.search(value):
        return False
    if values.random_length(value) >= 10 or values.is_hex(value):
        return True
    if words.is_placeholder(value) or _ADDRESS.match(value):
        return False
    pieces = [piece.lower() for piece in _PARTS.findall(value)]
    named = sum(len(piece) for piece in pieces if piece in _PLACEHOLDER_PART)
    if named * 3 >= sum(len(piece) for piece in pieces if piece.isalpha()) > 0:
        return False
    if value.startswith(("/", "./", "~/", "../", "=", ":", "\\")):
        return False
    if value.isalpha():
        return len(value) >= 8 and values.wordiness(value) < 0.4
    if value.isdigit():
        return len(value) >= 6
    if not any(piece.isdigit() for piece in pieces):
        is_joined = re.fullmatch(r"[A-Za-z]+(?:[-_.:,/@]+[A-Za-z]*)*", value) is not None
        return len(value) >= 8 and not is_joined
    return any(piece.isalpha() for piece in pieces) and not _FILE.fullmatch(value)


@lru_cache(maxsize=4096)
def is_password_shaped(value: str) -> bool:
    """Whether a value is what a password looks like and a word of a sentence or of code does not."""
    if len(value) < 6 or len(value) > 200 or not can_be_secret(value) or _CODE.search(value):
        return False
    figures = sum(map(str.isdigit, value))
    letters = sum(map(str.isalpha, value))
    if not (figures and letters):
        return letters >= 12 and values.random_length(value) >= 12
    if _VERSION.fullmatch(value) or values.is_uuid(value):
        return False
    if is_dense(value) or values.random_length(value) >= 10 or values.is_hex(value):
        return True
    if _FILE.fullmatch(value) or _KNOWN.fullmatch(value) or _MAYBE_CODE.match(value):
        return False
    if "/" in value and values.is_path(value):
        return False
    if _SNAKE.fullmatch(value) and values.wordiness(value) >= 0.42:
        return False
    if _NUMBERED.fullmatch(value) and values.wordiness(value) >= 0.42:
        return is_phrase(value)
    return (
        _WORD_AND_YEAR.fullmatch(value) is not None
        or not value.isalnum()
        or values.random_length(value) >= 8
        or (figures >= 2 and values.wordiness(value) < 0.6)
        or (len(value) >= 8 and len(re.findall(r"[0-9]+", value)) >= 2)
    )


def is_numbered(value: str) -> bool:
    """Whether it is a word and a number, which only a plain sentence makes a password: `hunter2`."""
    return (
        re.fullmatch(r"[A-Za-z]{4,20}\d{1,4}", value) is not None
        and can_be_secret(value)
        and not _KNOWN.fullmatch(value)
    )


@lru_cache(maxsize=4096)
def is_worded(value: str) -> bool:
    """Whether it is a word and two figures or more, as people make passwords: `sunshine42`."""
    match = _WORDED.fullmatch(value)
    return (
        match is not None
        and len(value) >= 8
        and match["number"] not in _SIZES
        and can_be_secret(value)
        and not _KNOWN.fullmatch(value)
    )


@lru_cache(maxsize=4096)
def is_typed(value: str) -> bool:
    """Whether it is what people type where a setting asks for a password: letters and a figure."""
    match = _TYPED.fullmatch(value)
    if match is None or not 8 <= len(value) <= 64 or match["number"] in _SIZES:
        return False
    if not can_be_secret(value):
        return False
    return not (_KNOWN.fullmatch(value) or _VERSION.fullmatch(value) or _FILE.fullmatch(value))


@lru_cache(maxsize=4096)
def is_strong(value: str) -> bool:
    """Whether it is a password even where the words around it leave a doubt."""
    if is_worded(value) or _PHRASE.fullmatch(value):
        return True
    if not is_password_shaped(value) or "_" in value.strip("_"):
        return is_dense(value) and is_password_shaped(value)
    has_both = any(map(str.islower, value)) and any(map(str.isupper, value))
    return (
        values.random_length(value) >= 8
        or is_dense(value)
        or _STRONG_SIGN.search(value) is not None
        or (has_both and value.isalnum())
    )


def is_phrase(value: str) -> bool:
    """Whether it is words and a number, as pass phrases are: `correct-horse-7`."""
    return value.count("-") >= 2 and "_" not in value and len(value) >= 12


def is_dense(value: str) -> bool:
    """Whether letters of both cases, figures and signs take turns as they do only by chance."""
    if len(value) < 9:
        return False
    kinds = [
        "a" if c.islower() else "A" if c.isupper() else "1" if c.isdigit() else "-" for c in value
    ]
    turns = sum(a != b for a, b in pairwise(kinds))
    return (
        len(set(kinds)) >= 3
        and "1" in kinds
        and turns >= 0.5 * (len(value) - 1)
        and (values.wordiness(value) < 0.6)
    )
