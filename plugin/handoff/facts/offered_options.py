"""Options that the model offers in an answer, and which of them a reply names.

Read are lists (`A)`, `**B.**`, `1.`, `- Option A:`, headings, rows of a table), and options within
a sentence: `(a) this or (b) that`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Label = str  # "B", "2", or "#2" for the second of whatever was offered, "#-1" for the last

_MAX_PICKED = 3
_NEAR = 200  # characters of a reply in which a label that stands anywhere is looked for
_WORD = (
    r"(?:options?|variante?|approach|choice|alternative|plan|number|nummer|opci[oó]n|opção|choix"
    r"|вариант\w{0,2}|选项|選項|方案|選択肢|옵션)"
)
_LIST = re.compile(
    rf"""^[ \t]{{0,8}}(?:[-*•>][ \t]+|\#{{1,6}}[ \t]+)?(?:\*\*|__|`)?(?P<word>{_WORD}[ \t]?)?\#?\(?
    (?P<label>[A-Za-z]|\d{{1,2}})(?![\w'’])(?P<end>[).:：、．\]）])?(?:\*\*|__|`)?
    (?:(?<=[：、．）])|(?=[ \t：—–-]))[ \t]*(?P<dash>[—–:：-](?=\s))?[ \t]*(?P<text>\S.*)$""",
    re.MULTILINE | re.VERBOSE | re.IGNORECASE,
)
_ROW = re.compile(
    r"^[ \t]*\|[ \t]*(?:\*\*|`)?#?(?P<label>[A-Z]|\d{1,2})(?:\*\*|`)?[ \t]*"
    r"\|[ \t]*(?P<text>[^|\n]+)\|",
    re.MULTILINE,
)
_BULLET = re.compile(r"^[ \t]{0,3}[-*•][ \t]+(?P<text>\S.*)$", re.MULTILINE)
_INLINE = re.compile(
    r"(?<![\w)])\(?([A-Ha-h]|[1-9])\)[ \t]+(.+?)"
    r"(?=[,;]?[ \t]+(?:or|oder|ou|o|and|und|и|или)?[ \t]*\(?(?:[A-Ha-h]|[1-9])\)[ \t]|[?？.\n]|\Z)"
)
_NAMED = re.compile(r"(?<![\w'’])([A-H])[ \t]?[(（]([^()（）\n]{2,80})[)）]")

_AND = r"(?:\s*(?:,|and|und|&|\+|y|et|e|и|と|和)\s*)"
_LABELS = rf"(?:[A-Z]|\d{{1,2}})(?:{_AND}(?:[A-Z]|\d{{1,2}}))*"
_THEN = (
    r"(?=\s*(?:\Z|[,.;:!)…—–、。，．！-](?!\d)|(?:seems?|looks?|sounds?|is|please|plz|pls|but|then"
    r"|first|for|with|it|bitte|aber|por|mais|но|пожалуйста)\b"
    r"|で|に|が|を|案|番|号|吧|个|です|로|번|으로))"
)
_BEGINS = re.compile(rf"[(#]?(?:{_WORD}\s*#?)?({_LABELS}){_THEN}")
_WHOLE = re.compile(rf"\(?(?:{_WORD}\s*#?)?([a-z])[).]?(?:\s+(?:please|bitte|pls))?\s*\Z", re.I)
_ANYWHERE = re.compile(
    rf"(?i:(?:{_WORD}|with|pick|choose|take|prefer|nimm|nehme|mit|选|選|用))\s*#?({_LABELS})(?!\w)"
    r"|#(\d{1,2})(?!\w)|(?<![\w'’./-])([B-H])(?![\w'’+#./-])"
)
_LINES = re.compile(r"^\s*(\d{1,2}|[A-Z])[.):]\s*\S", re.MULTILINE)
_ORDINALS = {
    "#1": "first|1st|former|erste\\w?|premi[eè]re?|primer[oa]?|primeir[oa]|перв\\w+"
    "|一番目|1つ目|第一[个個]?|첫\\s?번째",
    "#2": "second|2nd|zweite\\w?|deuxième|seconde|segund[oa]|втор\\w+"
    "|二番目|2つ目|二つ目|第二[个個]?|두\\s?번째",
    "#3": "third|3rd|dritte\\w?|troisième|tercer[oa]?|terceir[oa]|трет\\w+"
    "|三番目|3つ目|三つ目|第三[个個]?|세\\s?번째",
    "#4": "fourth|4th|vierte\\w?|quatrième|cuart[oa]|четверт\\w+"
    "|四番目|4つ目|第四[个個]?|네\\s?번째",
    "#-1": "last|latter|letzte\\w?|derni[eè]re?|últim[oa]|последн\\w+"
    "|最後|最后(?:一[个個])?|마지막",
}
_REFERS = (
    r"(?:\s+(?:one|option|approach|choice|variant|way|version|idea|variante|opción|вариант))?"
    r"(?=\s*(?:\Z|[,.;:!。、！]|(?:please|bitte|looks?|sounds?|seems?|is|por)\b|の|を|が|で|吧|[个個]|로|것|걸))"
)
_ORDINAL = [
    (label, re.compile(rf"(?<!\w)(?:{words}){_REFERS}", re.IGNORECASE))
    for label, words in _ORDINALS.items()
]


class _Option(NamedTuple):
    label: str
    text: str
    is_sure: bool  # says itself that it is an option


def may_offer(told: str) -> bool:
    """Whether an answer has what looks like a list."""
    return bool(_LIST.search(told) or _ROW.search(told) or _BULLET.search(told))


def read_choice(reply: str) -> tuple[tuple[Label, ...], bool]:
    """The options that a reply names, and whether it begins with one: then it says little else."""
    reply = reply.strip()
    lines = _LINES.findall(reply)
    if len(lines) > 1:
        return tuple(lines[:_MAX_PICKED]), True
    begins = _BEGINS.match(reply) or _WHOLE.match(reply)
    if begins and begins[1].lower() not in ("i", "y", "n", "k", "q"):
        return _split(begins[1]), True
    if len(reply) <= _NEAR:
        for label, pattern in _ORDINAL:
            found = pattern.search(reply)
            if found:
                return (label,), found.end() - found.start() + 12 >= len(reply)
        picked = [label for mark in _ANYWHERE.findall(reply) for label in _split("".join(mark))]
        if picked:
            return tuple(dict.fromkeys(picked))[:_MAX_PICKED], False
    return (), False


def find_options(prose: str, labels: tuple[Label, ...]) -> list[str]:
    """What the model offered under these labels, each as `B: its text`; of several lists the last
    that has the label counts.
    """
    groups = _groups(prose)
    found = (_find(groups, label) for label in labels)
    return [f"{option.label}: {option.text}" for option in found if option]


def _find(groups: list[list[_Option]], label: Label) -> _Option | None:
    if label.startswith("#"):
        place = int(label[1:])
        last = groups[-1] if groups else []
        place = place - 1 if place > 0 else len(last) - 1
        return last[place] if 0 <= place < len(last) else None
    for group in reversed(groups):
        if len(group) > 1 or group[0].is_sure:
            for option in group:
                if option.label == label.upper():
                    return option
    is_letters = bool(groups) and not groups[-1][0].label.isdigit()
    return _find(groups, f"#{label}") if label.isdigit() and is_letters else None


def _groups(prose: str) -> list[list[_Option]]:
    """The lists in an answer, by where they end; one without labels counts only if it is alone."""
    groups: list[list[_Option]] = []
    current: dict[bool, list[_Option]] = {}
    for option in _options(prose):
        kind = option.label.isdigit()
        group = current.get(kind)
        if group is None or _rank(option.label) <= _rank(group[-1].label):
            group = current[kind] = []
            groups.append(group)
        group.append(option)
    groups = [group for group in groups if len(group) > 1 or group[0].is_sure]
    if groups:
        return groups
    bullets = [
        _Option(str(place), _plain(mark["text"]), False)
        for place, mark in enumerate(_BULLET.finditer(prose), 1)
    ]
    return [bullets] if len(bullets) > 1 else []


def _options(prose: str) -> Iterator[_Option]:
    """The options of an answer in order."""
    found = [*_listed(prose)]
    if not found:
        marks = _INLINE.findall(prose) or _NAMED.findall(prose)
        found = [(0, _Option(label.upper(), _plain(text), False)) for label, text in marks]
    yield from (option for _, option in sorted(found, key=lambda pair: pair[0]))


def _listed(prose: str) -> Iterator[tuple[int, _Option]]:
    for mark in _LIST.finditer(prose):
        label, word = mark["label"], bool(mark["word"])
        if not (word or mark["end"] or mark["dash"]):
            continue
        if label.islower() and not word and mark["end"] != ")":
            continue
        yield mark.start(), _Option(label.upper(), _plain(mark["text"]), word)
    for row in _ROW.finditer(prose):
        yield row.start(), _Option(row["label"].upper(), _plain(row["text"]), False)


def _rank(label: str) -> int:
    return int(label) if label.isdigit() else ord(label)


def _split(labels: str) -> tuple[Label, ...]:
    return tuple(re.findall(r"\d{1,2}|[A-Z]", labels.upper() if len(labels) == 1 else labels))


def _plain(text: str) -> str:
    return text.replace("**", "").replace("__", "").strip().rstrip(",;")
