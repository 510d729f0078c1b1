"""Secrets in structured data, each made anew from a seed: what `benchmarks/redact.py` measures.

A category is a list of makers; a maker takes a source of chance and gives a text and the secret in
it. The frames hold `@` where the secret stands, and `~` where another value of its kind does.
Command lines, files and prose are in `secret_lines`.
"""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Sequence

from support import secret_frames as frames
from support.secret_blocks import BLOCKS
from support.secret_table import PROVIDERS, make_secret

Maker = Callable[[random.Random], tuple[str, str]]
Value = Callable[[random.Random], str]

_WORDS = (
    *("Falcon", "Amber", "Ridge", "Copper", "Willow", "Harbor"),
    *("Cobalt", "Juniper", "Saffron", "Meadow", "Granite", "Otter"),
)
_SIGNS = "!#%+-_.*^"


def make_password(chance: random.Random) -> str:
    """A password: random, random with signs, or words with figures."""
    kind = chance.randrange(4)
    if kind == 0:
        return make_secret(f"{{w{chance.choice((12, 16, 20, 24))}}}", chance)
    if kind == 1:
        size = chance.randint(10, 18)
        middle = "".join(
            chance.choice(_SIGNS) if chance.random() < 0.2 else make_secret("{w2}", chance)[0]
            for _ in range(size)
        )
        return make_secret("{w2}", chance) + middle + str(chance.randrange(10))
    if kind == 2:
        return f"{chance.choice(_WORDS)}{chance.choice('-_!#')}{chance.choice(_WORDS)}{chance.choice('-_!#')}{chance.randrange(10, 9999)}"
    return chance.choice(_WORDS).lower() + str(chance.randrange(1000, 99999)) + chance.choice("!#*")


def make_key(chance: random.Random) -> str:
    """What a service issues: letters and figures, hexadecimal, or base64."""
    return make_secret(
        chance.choice(("{w32}", "{w40}", "{h32}", "{h40}", "{h64}", "{b43}", "{B43}=")), chance
    )


def make_encoded(chance: random.Random) -> str:
    """Base64 of a password, a key or a word, as a Secret's `data` holds it."""
    plain = chance.choice((make_password, make_key, lambda c: c.choice(_WORDS).lower() * 2))(chance)
    return base64.b64encode(plain.encode()).decode()


def framed(rows: Sequence[str], value: Value) -> list[Maker]:
    """A maker for each frame."""

    def maker(frame: str) -> Maker:
        def make(chance: random.Random) -> tuple[str, str]:
            parts = frame.split("~")
            text = "".join(
                part + (value(chance) if at < len(parts) - 1 else "")
                for at, part in enumerate(parts)
            )
            secret = value(chance)
            return text.replace("@", secret), secret

        return make

    return [maker(frame) for frame in rows]


def _of_providers(rows: Sequence[str], providers: Sequence[str], value: Value) -> list[Maker]:
    def maker(frame: str) -> Maker:
        def make(chance: random.Random) -> tuple[str, str]:
            name, secret = chance.choice(providers), value(chance)
            shown = frame.replace("%", name).replace("^", name.upper())
            return shown.replace("~", value(chance)).replace("@", secret), secret

        return make

    return [maker(frame) for frame in rows]


def make_uuid(chance: random.Random) -> str:
    """A UUID."""
    return make_secret("{U}", chance)


def make_hex(chance: random.Random) -> str:
    """Sixteen to thirty-two hexadecimal digits."""
    return make_secret(f"{{h{chance.choice((16, 20, 24, 32))}}}", chance)


_JSON_NAMES = (
    "token",
    "password",
    "api_key",
    "clientSecret",
    "access_token",
    "secretKey",
    "db_pass",
)


def _in_json(times: int, *, behind: str = "", wrap: str = "@", width: bool = False) -> Maker:
    """A value in an object that was made a JSON string so many times over."""

    def make(chance: random.Random) -> tuple[str, str]:
        name = chance.choice(_JSON_NAMES)
        secret = chance.choice((make_password, make_key))(chance)
        found: object = {"user": "app", name: secret + behind, "region": "eu-west-1"}
        if width:
            found = {"items": [{"id": 7, "config": found}]}
        text = json.dumps(found)
        for _ in range(times):
            text = json.dumps({"body": text} if chance.random() < 0.5 else text)
        return wrap.replace("@", text), secret

    return make


_JSON = [
    *(_in_json(times) for times in (0, 1, 2, 3)),
    *(_in_json(times, width=True) for times in (0, 1, 2)),
    *(_in_json(times, behind="\n") for times in (0, 1, 2)),
    *(_in_json(times, behind="\u2028x") for times in (0, 1)),
    _in_json(0, wrap="curl -d '@' https://api.example.com/v1"),
    _in_json(1, wrap="data: @"),
    _in_json(1, wrap="  File \"a.py\", line 3\n    json.loads(@)"),
    _in_json(2, wrap="[2026-01-05 10:11:12] INFO request body=@"),
    *framed(frames.IN_JSON, make_password),
]  # fmt: skip


def _vendor(frame: str) -> Maker:
    """A token whose beginning says whose it is."""
    known = [row for row in PROVIDERS if row[3] and row[2][0] != "{" and "://" not in row[2]]

    def make(chance: random.Random) -> tuple[str, str]:
        provider, noun, template, _ = chance.choice(known)
        secret = make_secret(template, chance)
        host = provider.split()[0]
        shown = frame.replace("%%", "\0").replace("%", host).replace("\0", "%")
        return shown.replace("^", noun).replace("@", secret), secret

    return make


CATEGORIES: dict[str, list[Maker]] = {
    "Kubernetes Secret": [
        *framed(frames.KUBERNETES, make_encoded),
        *framed(frames.KUBERNETES_PLAIN, make_password),
    ],
    "XML attribute or element": framed(frames.XML, make_password),
    "HCL": framed(frames.HCL, make_password),
    "UUID key beside a provider": _of_providers(
        frames.UUID_FRAMES, frames.UUID_PROVIDERS, make_uuid
    ),
    "short hexadecimal id or secret": _of_providers(
        frames.HEX_FRAMES, frames.HEX_PROVIDERS, make_hex
    ),
    "name, header, file or client": [
        maker
        for value in (
            make_uuid,
            lambda c: make_secret("{h32}", c),
            lambda c: make_secret("{w32}", c),
        )
        for maker in framed(frames.NAMED, value)
    ],
    "JSON string with escapes": _JSON,
    "vendor prefix in prose": [_vendor(frame) for frame in frames.PROSE],
    "vendor prefix elsewhere": [_vendor(frame) for frame in frames.SETTINGS],
    "PGP and SSH armour in pieces": BLOCKS,
}
