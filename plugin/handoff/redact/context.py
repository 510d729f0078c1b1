"""What stands around a value decides what it is: the name it is given to, the words before it."""

from __future__ import annotations

import re

from handoff.redact import link as links
from handoff.redact import literals, values, words
from handoff.redact.told_values import names_other

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

_BEHIND = re.compile(
    r"[\"'`)\]*]{0,3},?\s+(?:is|was|as)\s+(?:(?:the|my|our|your|a|an|their|its)\s+)?"
    r"((?:[\w-]+\s+){0,5}?(?:(?:key|token|secret|password|credential|passphrase)s?|id))\b"
)
_USE = re.compile(r"(?i)\b(?:use|using|with|take|put|set|paste)\s[\"'`(]{0,2}$")
_FOR = re.compile(r"[\"'`)]{0,2}\s(?:for|with|as|in|into)\s(?:(?:the|our|my)\s)?([\w-]{3,30})")
_ID_PREFIX = re.compile(
    r"(?:toolu|srvtoolu|msg|req|call|resp|run|chatcmpl|file|batch|asst|thread|step|cus|pi|ch|in|ii|"
    r"sub|price|prod|evt|acct|seti|cs_test|cs_live|pm|card|txn|re|si|sess|session|agent|task|item|"
    r"sha\d{1,3}|h1|md5|id|ref|trace|span|user|usr|org|proj|team|inst|dpl|prj|wf|job|event|node|pod)"
    r"[-_:=]$"
)
_DIGEST = re.compile(
    r"(?i)(?:sha(?:-?\d{1,3}|sum)|md5|h1|blake\d\w?|crc32|integrity|checksum|digest|etag)[\"']?\s?[-:=,]?\s{0,12}[\"']?$"
)
_ULID = re.compile(r"[0-7][0-9A-HJKMNP-TV-Z]{25}|01[0-9a-hjkmnp-tv-z]{24}")
# A key of an issuer that we do not know: words, a sign, then letters of both cases with figures.
_PREFIXED = re.compile(
    r"(?P<words>[A-Za-z]{2,12}\d?(?:[_-][A-Za-z]{2,12}\d?){0,3})[_.+-](?=[A-Za-z0-9_-]{0,40}[A-Z])(?=[A-Za-z0-9_-]{0,40}[a-z])"
    r"(?P<key>[A-Za-z0-9]{16,64})"
)
# A line of an encoding that was wrapped, with what a quotation or a program puts around it.
_MAX_WRAPPED = 240
_WRAPPED = re.compile(r"[\s+>|\"'#*-]*[A-Za-z0-9+/]{40,200}={0,2}[\"',;\\\s]*")
_LAST_WRAPPED = re.compile(r"[\s+>|\"'#*-]*[A-Za-z0-9+/]{4,200}={0,2}[\"',;\\\s]*")
_MADE = re.compile(r"(?P<new>\bnew\s)?(?<![\w.])(?P<name>[A-Za-z_][\w.]{2,60})\(\s{0,4}[\"'`]$")
_STARTS = frozenset(
    ("init", "initialize", "setup", "configure", "auth", "authenticate", "key", "client")
)
_PUBLIC_ENDS = (".apps.googleusercontent.com",)
# Of documents and of people's pictures the id is the address.
_PUBLIC_PLACES = ("docs.google.com/", "drive.google.com/", "googleusercontent.com/", "avatar")
# A ULID behind what it is of; GitHub's ids of nodes, the new ones and the old ones in base64.
_PUBLIC_ID = re.compile(
    r"(?!(?:key|token|secret|sk|pk|pat)_)[a-z]{2,20}(?:_[a-z]{2,12})?_01[0-9a-hjkmnp-tv-z]{24}"
    r"|[A-Z][A-Za-z]{0,6}_[kl][A-Za-z][DH]O[A-Za-z0-9_-]{6,100}"
    r"|\d{6,14}-[a-z0-9]{32}(?:\.[a-z.]{1,40})?"  # an OAuth client's of Google
    r"|baf[ky][a-z2-7]{20,}|k51qzi5uqu5[a-z0-9]*"  # IPFS's, of contents and of names
    r"|MD(?:[A-Z][wxyz0-9]O|[QUYcgk]6)[A-Za-z0-9_/+-]{8,100}={0,2}"
)
# What a build's cache is known by: `Cache restored from key: npm-Linux-…`.
_CACHE_KEY = re.compile(
    r"(?i)\b(?:cache|restore)[^\n]{0,60}\bkeys?\b[\"']?(?: is)?\s?[:=]?\s?[\"']?$"
)
_ELIDED = ("...", "…")
_DIGESTED = re.compile(r"(?:sha-?\d{1,3}|md5|h1|blake\d\w?)[-:=]")
_DIGEST_NEAR = re.compile(
    r"(?i)(?:sha-?\d{3}|hash|digest|checksum|integrity|fingerprint)[\"']?\s?[-:=,]{0,2}\s?[\"']?$"
)


def is_secret(text: str, start: int, end: int, floor: int = 0, *, in_path: bool = False) -> bool:
    """Whether the value at `start:end` is a secret; nothing before `floor` counts.

    Part of a file's path is none by its randomness alone.
    """
    value = text[start:end]
    if names_other(value) or value.endswith(_PUBLIC_ENDS):
        return False
    if value.startswith("eyJ") and text.startswith(_ELIDED, end):
        return False  # the head of a token, which says only how it is signed
    line = text.rfind("\n", floor, start) + 1
    before = text[max(line, floor, start - links.REACH) : start]
    random = values.random_length(value)
    if ((len(value) < 30 or not random) and words.is_placeholder(value)) or (
        text[end : end + 1] in ("(", "{") and random < 20
    ):
        return False
    link = links.find_link(before, text, line, floor)
    if link.sign and words.names_secret(link.name):
        return _is_kept_secret(value, random, link)
    if _is_published(value, before, link):
        return False
    if _is_behind(text, end) and _is_key(value, random):
        return True
    if link.sign and _is_providers(value, random, link, before):
        return True
    if values.is_id(value) and _is_made_from(before):
        return True
    if _is_told(value, random, before):
        return True
    if values.is_uuid(value) and _is_for_provider(text, end, before):
        return True
    return not in_path and _is_bare(value, random, before, text, start, end)


def _is_published(value: str, before: str, link: links.Link) -> bool:
    """Whether a value is one that anybody may know: an id, a digest, what a cache is known by."""
    if (link.sign == "=" and words.names_published(link.name)) or (
        link.sign in ("=", ",") and words.names_identity(link.name)
    ):
        return True
    if _PUBLIC_ID.fullmatch(value) or any(place in before for place in _PUBLIC_PLACES):
        return True
    return bool(_CACHE_KEY.search(before) or _DIGEST.search(before[-24:]))


def names_id(head: str) -> bool:
    """Whether a text ends in what public ids begin with: `msg_`, `toolu_`."""
    return _ID_PREFIX.search(head[-12:]) is not None


def is_digest(text: str, start: int) -> bool:
    """Whether what begins at `start` says that it is a digest: `sha512-…`, `h1:…`."""
    return _DIGESTED.match(text, start) is not None or text[
        max(0, start - 8) : start
    ].lower().endswith(
        ("sha1:", "sha256:", "sha384:", "sha512:", "md5:", "h1:", "blake2b:", "blake3:")
    )


def _is_kept_secret(value: str, random: int, link: links.Link) -> bool:
    """A value that is given to a secret's name, whether it can be one."""
    if values.is_elsewhere(value):
        return False
    if random >= 10 or values.is_id(value):
        return True
    name = link.name
    if link.sign == "=":
        if link.quoted and literals.is_secret(value, name):
            return True
        if words.names_password(name) and len(value) >= 8 and literals.is_numbered(value):
            return True
    if values.is_path(value):
        return False
    if link.sign == ",":
        return values.is_chosen(value, quoted=True)
    if value.isdigit():
        return words.names_password(name) and len(value) >= 6 and link.sign != " "
    if link.sign == " ":
        figures = sum(map(str.isdigit, value))
        is_odd = values.wordiness(value) < 0.5 or figures >= min(4, len(value) * 0.3)
        return (
            len(value) >= (8 if words.names_password(name) else 14)
            and is_odd
            and values.is_chosen(value)
        )
    if values.is_reference(value):
        return False
    if link.quoted and words.names_password(name):
        return len(value) >= 6 and (any(map(str.isdigit, value)) or not value.isalnum())
    return len(value) >= 8 and values.is_chosen(value, quoted=link.quoted)


def _is_made_from(before: str) -> bool:
    """`new Twilio("`, `mapbox.init("`: a provider's client is made from its key."""
    match = _MADE.search(before) if before[-1:] in "\"'`" else None
    if match is None:
        return False
    name = words.parts(match["name"])
    is_start = match["new"] or match["name"].rpartition(".")[2][:1].isupper() or name[-1] in _STARTS
    return bool(is_start) and words.names_provider(name) and words.BENIGN.isdisjoint(name)


def _is_key(value: str, random: int) -> bool:
    is_number = value.isdigit() and len(value) >= 14
    return (
        random > 0
        or is_number
        or values.is_id(value)
        or (len(value) >= 8 and values.is_chosen(value))
    )


def _is_providers(value: str, random: int, link: links.Link, before: str) -> bool:
    name = link.name
    if not name:
        return False
    if not words.names_provider(name):
        return values.is_id(value) and _is_sent_to_provider(name, before)
    if random >= 10:
        return True
    is_number = value.isdigit() and len(value) >= 14
    if not (values.is_id(value) or is_number):
        return False
    if name[-1] == "id":
        return words.names_key_id(name)
    return link.sign != " " and name[-1] not in words.BENIGN


def _is_sent_to_provider(name: Sequence[str], before: str) -> bool:
    """Whether it is the key in the query of a provider's address: `https://api.spotify.com/v1?appid=`."""
    host, _, query = before.rpartition("://")[2].partition("/")
    if not query or "?" not in query or not words.names_provider(words.parts(host)):
        return False
    return name[-1] in ("appid", "key") or words.names_key_id(name)


def _is_told(value: str, random: int, before: str) -> bool:
    """Whether the words of the sentence say so: a secret's noun, or a provider, shortly before."""
    if random < 12 and not values.is_id(value):
        return False
    told_words = [part for word in links.WORD.findall(before)[-8:] for part in words.parts(word)][
        -8:
    ]
    if not told_words:
        return False
    if _ULID.fullmatch(value) and told_words[-1] in words.IDENTITIES:
        return False
    if random >= 12 and (words.names_provider(told_words) or _has_noun(told_words)):
        return True
    if not values.is_id(value) or not words.BENIGN.isdisjoint(told_words[-5:]):
        return False
    return words.names_provider(told_words) and (_has_noun(told_words) or "auth" in told_words)


def _has_noun(told_words: Sequence[str]) -> bool:
    return any(words.names_secret(told_words[: at + 1]) for at in range(len(told_words)))


def _is_for_provider(text: str, end: int, before: str) -> bool:
    """`use … for heroku`: the verb comes before the value, the provider after it."""
    match = _FOR.match(text, end, end + 60)
    return (
        match is not None
        and words.names_provider(words.parts(match[1]))
        and _USE.search(before[-16:]) is not None
    )


def _is_behind(text: str, end: int) -> bool:
    """`… is the api key`: the noun comes after the value."""
    match = _BEHIND.match(text, end, end + 90)
    if match is None:
        return False
    name = words.parts(match[1])
    return words.names_secret(name) or (words.names_key_id(name) and words.names_provider(name))


def _is_bare(value: str, random: int, before: str, text: str, start: int, end: int) -> bool:
    """Whether it is so random, and so little like an id or an encoding, that it goes anyway."""
    if _DIGEST_NEAR.search(before[-30:]) or before.rstrip('-"').endswith("boundary="):
        return False
    if values.is_base64(value):
        return not _is_encoding(before, text, start, end)
    if _ULID.fullmatch(value):
        return False
    if _is_prefixed(value, before):
        return True
    if random < 20 or len(value) > 200 or not any(map(str.isdigit, value)):
        return False
    piece = max(re.findall(r"[A-Za-z0-9]+", value), key=len)
    if len(piece) < 24 and len(value) - random >= 12:
        return False
    if len(piece) < random < 32:  # several pieces joined by signs must be longer to be one key
        return False
    at = value.find(piece)
    if names_id(before + value[:at]):
        return False
    return not _is_encoding(before, text, start, end)


def _is_prefixed(value: str, before: str) -> bool:
    """Whether it begins as keys do whose issuer put a name before them."""
    match = _PREFIXED.fullmatch(value)
    if match is None or names_id(before + match["words"] + "_"):
        return False
    key = match["key"]
    return (
        values.random_length(key) == len(key)
        and sum(map(str.isdigit, key)) >= 3
        and values.wordiness(key) < 0.4
    )


def _is_encoding(before: str, text: str, start: int, end: int) -> bool:
    """Whether it is a piece of a longer encoding: a certificate, a public key, an image."""
    if "base64," in before or "ssh-" in before or "AAAA" in text[start : start + 24]:
        return True
    if "%" in text[end : end + 1]:
        return False
    line = text.rfind("\n", 0, start) + 1
    stop = text.find("\n", end)
    stop = len(text) if stop < 0 else stop
    if stop - line > _MAX_WRAPPED or not _LAST_WRAPPED.fullmatch(text, line, stop):
        return False
    above = text[text.rfind("\n", 0, max(0, line - 1)) + 1 : max(0, line - 1)]
    if text[end : end + 2] == "==":  # the last line, if a full one stands above
        return "=" not in above and _WRAPPED.fullmatch(above) is not None
    below = text[stop + 1 : stop + _MAX_WRAPPED].partition("\n")[0]
    return any(map(_WRAPPED.fullmatch, (above, below)))
