"""The second net: detect-secrets' detectors, on what our own patterns left.

Importing the library takes about 100 ms (it brings an HTTP client), so it is loaded only where a
hint of one of its detectors is left in the text. Its checks against servers are never called.
"""

from __future__ import annotations

import importlib
import re
from functools import cache

from handoff.redact import values

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

# Detector, its module, kind, a word that must be there, and what it needs to be worth loading.
# Not used: what our own patterns hold already, and the detectors of entropy, keywords and
# addresses, which take ordinary words for secrets in plain text.
_DETECTORS: tuple[tuple[str, str, str, str, str], ...] = (
    ("ArtifactoryDetector", "artifactory", "artifactory token", "A", r"A(?:KC|P[0-9A-F])(?<![A-Za-z0-9].{3})[a-zA-Z0-9]{10}"),
    ("AzureStorageKeyDetector", "azure_storage_key", "azure key", "AccountKey", r"AccountKey.{0,9}[A-Za-z0-9/+]{80}"),
    ("CloudantDetector", "cloudant", "cloudant key", "cloudant", r"cloudant.{0,40}[a-z0-9]{24}"),
    ("DiscordBotTokenDetector", "discord", "discord token", ".", r"\.(?<=[A-Za-z\d_-]{24}\.)[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{27}"),
    ("IbmCosHmacDetector", "ibm_cos_hmac", "ibm key", "cos", r"(?i)cos.{0,20}secret.{0,8}key.{0,9}[a-f0-9]{48}"),
    ("SoftlayerDetector", "softlayer", "softlayer key", "softlayer", r"softlayer.{0,40}[a-z0-9]{64}"),
    ("TelegramBotTokenDetector", "telegram_token", "telegram token", ":", r":(?<=\d{8}:)[0-9A-Za-z_-]{35}"),
    ("TwilioKeyDetector", "twilio", "twilio key", "AC", r"AC(?<![A-Za-z0-9].{2})[a-z0-9]{32}"),
)  # fmt: skip


def find(text: str, known: Sequence[tuple[int, int, str]]) -> Iterator[tuple[int, int, str]]:
    """What the library finds outside of `known`."""
    left = _without(text, known)
    for number, (_, _, kind, word, _) in enumerate(_DETECTORS):
        if word not in left or not _hint(number).search(left):
            continue
        for value in set(_detector(number).analyze_string(left)):
            body = value.strip(" \t\r\n\"'=:,")
            if len(body) < 12 or not (values.random_length(body) >= 8 or values.is_hex(body[-24:])):
                continue
            for match in re.finditer(re.escape(body), left):
                yield match.start(), match.end(), kind


def _without(text: str, known: Sequence[tuple[int, int, str]]) -> str:
    """`text` with blanks in place of what is known, so that places stay what they are."""
    kept, at = [], 0
    for start, end, _ in known:
        kept += [text[at:start], " " * (end - start)]
        at = end
    return "".join([*kept, text[at:]])


@cache
def _hint(number: int) -> re.Pattern[str]:
    return re.compile(_DETECTORS[number][4])


@cache
def _detector(number: int) -> Any:
    name, module = _DETECTORS[number][:2]
    return getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), name)()
