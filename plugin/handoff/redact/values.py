"""What a value looks like by itself: hex, an id, random characters, or words."""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from operator import add

# The letter pairs that make up 87 % of English and of identifiers (counted over the standard
# library); of random letters they make up 25 %.
_LETTER_PAIRS = (
    "ab ac ad ag ai al am an ap ar as at ba be bl bu ca ce ch ci ck cl co cr ct cu da de di do ds "
    "du ea ec ed ee ef eg el em en ep er es et ev ex fa fe ff fi fo ge gi ha he hi ho ia ib ic id "
    "ie if ig il im in io ip ir is it iv iz ke la ld le li ll lo ls lt lu ly ma me mi mo mp na nc "
    "nd ne ng ni no ns nt oc od ol om on oo op or os ot ou ov ow pa pe pi pl po pp pr pt qu ra rd "
    "re ri rm rn ro rr rs rt ru ry sa sc se sh si so sp ss st su ta te th ti to tr ts tt tu ty ub ue "
    "ul um un up ur us ut va ve vi wa wi xt ze"
)
_PAIRS = frozenset(_LETTER_PAIRS.split())
_WORDY = 0.6
_HEX = re.compile(r"[0-9a-f]{12,}|[0-9A-F]{12,}")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_BASE64 = re.compile(r"(?=[^=]*[+/])[A-Za-z0-9+/]{32,200}={0,2}")
_ELSEWHERE = ("/", "./", "~/", "../", "http://", "https://", "$", "@", "`")
_NOT_SET = re.compile(
    r"(?i)[x*.•_#-]{3,}|.*[<>{}$%].*|.*\.\.\.|(?:your|my|replace|change|insert|enter|put|add)[-_.].*|change-?me.*|"
    r".*do[-_]?not[-_]?use.*|example.*|placeholder.*|redacted|removed|masked|true|false|none|null|undefined|default|disabled|enabled|[\d.]{1,8}"
)
# What models are called: a family, its size and version, a date.
_MODEL = re.compile(
    r"(?:[a-z]{2,6}\.)?(?:[a-z][a-z-]{1,20}[./])?(?:ft:)?(?:claude|gpt|chatgpt|o[1-9]|gemini|gemma|mistral|mixtral|codestral|"
    r"llama|deepseek|qwen|grok|command|text-embedding|titan|nova|phi|sonar|kimi|glm|dall-e|whisper)[\d.]*"
    r"(?:[-.:@_/]{1,2}(?:[a-z]{1,12}|[\d.]{1,10}[a-z]{0,2}|[A-Z]|v\d[\d.]*|q\d\w{0,6}|[A-Z]?[a-z]{2,12}))*"
)
# Code's name that ends in an algorithm's: `deriveKeySha256`, `parse_jwt_rs256`.
_ALGORITHM = re.compile(
    r"([A-Za-z_]{5,40})(?i:sha|rs|hs|es|ps|aes|base|utf|md|ed|oauth|pbkdf|argon|u?int|float|v)\d{1,5}"
)
_RUNS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_SEGMENT = re.compile(r"[A-Za-z0-9]+")


def is_hex(value: str) -> bool:
    """Twelve or more hexadecimal digits of one case, with a figure among them."""
    return (
        _HEX.fullmatch(value.removeprefix("0x").lower() if value[:2] == "0x" else value) is not None
    )


def is_uuid(value: str) -> bool:
    """A UUID with its dashes."""
    return _UUID.fullmatch(value) is not None


def is_model(value: str) -> bool:
    """Whether it is the name of a language model, with its version and date."""
    return _MODEL.fullmatch(value) is not None


def is_path(value: str) -> bool:
    """Whether it names a place: its parts, between slashes, are words or have dots."""
    if "/" not in value:
        return False
    if re.match(r"[A-Za-z]:[/\\]", value) or value.startswith(("/", "./", "../", "~/")):
        return True
    return any(
        part
        and (
            part.startswith(".")
            or "." in part.strip(".")
            or (part.isalpha() and wordiness(part) >= 0.6)
        )
        for part in value.split("/")
    )


@lru_cache(maxsize=4096)
def random_length(value: str) -> int:
    """How many characters the longest random piece of `value` has; 0 where there is none.

    Pieces are cut at every sign: words joined by signs (paths, options) are many short pieces. Hex
    is not random here: a commit, a digest and an id look the same.
    """
    if value[:2] == "0x" and is_hex(value):
        return 0
    best = 0
    pieces = _SEGMENT.findall(value)
    for piece in pieces:
        if len(piece) > best and _is_random(piece):
            best = len(piece)
    if best < len(value) >= 16 and "." not in value:
        is_one = 1 < len(pieces) <= 1 + len(value) // 10 and max(map(len, pieces)) >= 8
        if is_one and _is_random("".join(pieces)) and not any(map(_is_word, pieces)):
            return len(value)
    return best


def _is_word(piece: str) -> bool:
    return len(piece) >= 4 and piece.isalpha() and wordiness(piece) >= 0.5


def is_base64(value: str) -> bool:
    """Thirty-two or more characters of base64 that hold no words."""
    return _BASE64.fullmatch(value) is not None and _is_random(re.sub("[+/=]", "", value))


def _is_random(piece: str) -> bool:
    size = len(piece)
    if size < 8 or piece.isdigit() or is_hex(piece):
        return False
    figures = 0 if piece.isalpha() else sum(map(str.isdigit, piece))
    mixed = not (piece.islower() or piece.isupper())
    if figures == 0 and not (mixed or size >= 16):
        return False
    runs = _RUNS.findall(piece)
    if figures == 0 and min(map(len, runs)) >= 3:  # the words of a name
        return False
    if size / len(runs) > (2.6 if mixed else 4.2 if figures else size):
        is_odd = (figures >= 2 and size >= 12 and wordiness(piece) < 0.4) or (
            mixed and size >= 16 and wordiness(piece) < 0.45
        )
        if not is_odd:
            return False
    if len(set(piece)) < min(size, 40) * 0.4 or _is_sequence(piece):
        return False
    if figures >= size * 0.3:
        return True
    return wordiness(piece) < (_WORDY if figures or (mixed and size >= 16) else 0.45)


def _is_sequence(piece: str) -> bool:
    """Whether it counts up: an alphabet, 123456789."""
    steps = sum(1 for a, b in pairwise(piece) if ord(b) - ord(a) == 1)
    return steps > len(piece) * 0.4


def wordiness(piece: str) -> float:
    """The part of letter pairs that words are made of, 0 to 1; few pairs say little."""
    low = piece.lower()
    known = sum(map(_PAIRS.__contains__, map(add, low, low[1:])))
    pairs = (
        len(low) - 1
        if low.isalpha()
        else sum(a.isalpha() and b.isalpha() for a, b in pairwise(low))
    )
    return known / (pairs + 2)


def is_id(value: str) -> bool:
    """Hex of a key's length, or a UUID."""
    return is_uuid(value) or (len(value) >= 16 and is_hex(value))


def is_set(value: str) -> bool:
    """Whether the value of a secret's variable, alone on its line, is one and no reference."""
    if is_elsewhere(value) or is_path(value):
        return False
    return not _NOT_SET.fullmatch(value) and not re.fullmatch(r"[\w.]+\(.*|\w+\.\w+", value)


def is_chosen(value: str, *, quoted: bool = False) -> bool:
    """Whether it looks like a password: figures among letters, and a sign, length or both cases."""
    figures = sum(map(str.isdigit, value))
    lower, upper = any(map(str.islower, value)), any(map(str.isupper, value))
    signs = not value.replace("_", "").replace(".", "").isalnum()
    if quoted and not figures and lower and upper and len(value) >= 12:
        return wordiness(value) < 0.45 and not is_reference(value)
    if not (figures and (lower or upper)) or is_reference(value):
        return False
    if figures >= 2 or signs or (lower and upper):
        return True
    return re.search(r"[a-z]\d[a-z]", value) is not None and wordiness(value) < 0.6


def is_reference(value: str) -> bool:
    """Whether it is code's name for something: words joined by `.` or `_`, without randomness."""
    if random_length(value) >= 12:
        return False
    if re.fullmatch(r"[A-Za-z_$][\w$]*(?:(?:\.|::|->)[A-Za-z_$][\w$]*)+", value):
        return True
    if (name := _ALGORITHM.fullmatch(value)) and wordiness(name[1]) >= 0.35:
        return True
    if re.fullmatch(r"[A-Za-z_][A-Za-z_]*\d{0,3}(?:[._:-]+[A-Za-z_]*\d{0,3})*", value):
        return "_" in value or wordiness(value) >= 0.6
    if len(re.findall(r"\d+", value)) >= 3:
        return False
    return re.fullmatch(r"[A-Za-z_]\w*", value) is not None and wordiness(value) >= 0.5


def is_elsewhere(value: str) -> bool:
    """Whether it says where the secret is to be found: a path, an address, a variable."""
    return value.startswith(_ELSEWHERE)
