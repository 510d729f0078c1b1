"""Armoured keys, whole and in pieces, made from a seed; the secret is the body that is shown."""

from __future__ import annotations

import json
import random
from collections.abc import Callable

from support.secret_table import make_secret

Maker = Callable[[random.Random], tuple[str, str]]

_KINDS = (
    "RSA PRIVATE KEY", "OPENSSH PRIVATE KEY", "EC PRIVATE KEY", "PRIVATE KEY",
    "ENCRYPTED PRIVATE KEY", "PGP PRIVATE KEY BLOCK",
)  # fmt: skip
_PGP = ("PGP PRIVATE KEY BLOCK", "PGP MESSAGE")


def _body(chance: random.Random, lines: int, width: int) -> list[str]:
    rows = [make_secret(f"{{B{width}}}", chance) for _ in range(lines - 1)]
    return [*rows, make_secret("{B" + str(chance.randint(18, width - 4)) + "}", chance) + "=="]


def _block(chance: random.Random, kinds: tuple[str, ...] = _KINDS) -> tuple[str, list[str], str]:
    """The first line (with the headers below it), the lines between, the last line."""
    kind = chance.choice(kinds)
    begin, end = f"-----BEGIN {kind}-----", f"-----END {kind}-----"
    if kind.startswith("PGP"):
        begin += chance.choice(("\n", "\nVersion: GnuPG v2\n"))
        rows = _body(chance, chance.randint(5, 20), 64)
        return begin, [*rows, "=" + make_secret("{w4}", chance)], end
    if kind.startswith("RSA") and chance.random() < 0.3:
        begin += (
            "\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,0123456789ABCDEF0123456789ABCDEF\n"
        )
    return begin, _body(chance, chance.randint(4, 26), 70 if "SSH" in kind else 64), end


def _whole(
    wrap: Callable[[str], str],
    kinds: tuple[str, ...] = _KINDS,
    *,
    head: bool = True,
    foot: bool = True,
) -> Maker:
    def make(chance: random.Random) -> tuple[str, str]:
        begin, rows, end = _block(chance, kinds)
        lines = [*([begin] if head else []), *rows, *([end] if foot else [])]
        return wrap("\n".join(lines)), "\n".join(rows)

    return make


def _each(mark: str) -> Callable[[str], str]:
    return lambda text: "\n".join(mark + line for line in text.split("\n"))


def _numbered(text: str) -> str:
    return "\n".join(f"{at:6}\t{line}" for at, line in enumerate(text.split("\n"), 1))


def _middle(wrap: Callable[[str], str], rows_shown: int) -> Maker:
    def make(chance: random.Random) -> tuple[str, str]:
        rows = _body(chance, rows_shown + 2, chance.choice((64, 70, 76)))[1:-1]
        return wrap("\n".join(rows)), "\n".join(rows)

    return make


def _putty(wrap: Callable[[str], str]) -> Maker:
    def make(chance: random.Random) -> tuple[str, str]:
        rows = _body(chance, 4, 64)
        public = "\n".join(_body(chance, 3, 64))
        head = f"PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\nComment: a\nPublic-Lines: 3\n{public}\n"
        mac = make_secret("{h64}", chance)
        text = f"{head}Private-Lines: 4\n" + "\n".join(rows) + f"\nPrivate-MAC: {mac}\n"
        return wrap(text), "\n".join(rows)

    return make


def _as_json(text: str) -> str:
    return json.dumps({"key": text, "a": 1})


def _twice(text: str) -> str:
    return json.dumps(json.dumps({"key": text}))


def _same(text: str) -> str:
    return text


BLOCKS: list[Maker] = [
    _whole(_same),
    _whole(_same, _PGP),
    _whole(_same, foot=False),
    _whole(_same, _PGP, foot=False),
    _whole(_same, head=False),
    _whole(_same, _PGP, head=False),
    *(_whole(_each(mark)) for mark in ("+", "-", "> ", "    ", "| ", "# ", "// ", " * ")),
    *(_whole(_each(mark), foot=False) for mark in ("+", "> ", "    ")),
    *(_whole(_each(mark), head=False) for mark in ("+", "> ", "    ")),
    _whole(_numbered),
    _whole(_numbered, foot=False),
    _whole(_numbered, head=False),
    _whole(_as_json),
    _whole(_as_json, _PGP),
    _whole(_as_json, foot=False),
    _whole(_twice),
    _whole(_twice, head=False),
    _whole(lambda text: text.replace("\n", "\\n")),
    _whole(lambda text: 'KEY="' + text.replace("\n", "\\n") + '"'),
    _whole(lambda text: text.replace("\n", " ")),
    _whole(lambda text: text.replace("\n", "\r\n")),
    _whole(lambda text: ",\n".join(f'"{line}"' for line in text.split("\n"))),
    _whole(lambda text: " +\n".join(f'    "{line}\\n"' for line in text.split("\n"))),
    _whole(lambda text: "\n".join(f'echo "{line}" >> key' for line in text.split("\n"))),
    _whole(lambda text: "key: |\n" + _each("  ")(text) + "\nother: 1"),
    *(_middle(_same, rows) for rows in (3, 6, 12)),
    *(_middle(_each(mark), 5) for mark in ("+", "> ", "    ", "| ")),
    _middle(_numbered, 5),
    _middle(_as_json, 4),
    _putty(_same),
    _putty(_each("+")),
    _putty(_each("    ")),
    _putty(_numbered),
    _putty(_as_json),
    _putty(lambda text: text[text.index("Private-Lines") :]),
]
