"""How much a person's sentence looks like a rule for the work: "never", "only", 必ず, nunca.

It only ranks words that are carried on; what has none of these is carried too, as room allows. The
words are those of many languages, and none of them is needed: a sentence in a language that is not
here is ranked by who said it when.
"""

from __future__ import annotations

import re

STRONG, WEAK, NONE = 2, 1, 0
_SHORT = (
    240  # characters; a longer text, a log perhaps, has the weaker words without meaning a rule
)

# Rules in themselves: a ban, a duty, "at all times".
_STRONG = (
    # English, German, Dutch, Scandinavian
    r"never|always|must|mustn|forbidden|prohibited|do\s+not|don[’']?t|cannot|can[’']?t|shouldn[’']?t"
    r"|under\s+no|no\s+longer|make\s+sure|nie|niemals|immer|muss|müssen|musst|dürfen|darf|verboten"
    r"|keinesfalls|unbedingt|nooit|altijd|moet|moeten|verboden|aldri|alltid|må|aldrig|altid|måste"
    # French, Spanish, Portuguese, Italian, Romanian
    r"|jamais|toujours|doit|doivent|dois|faut|interdit|nunca|jamás|siempre|debe|debes|deben|prohibido"
    r"|sempre|deve|devem|proibido|jamais|mai|devono|devi|vietato|niciodată|întotdeauna|trebuie"
    # Polish, Czech, Russian, Ukrainian, Turkish, Indonesian, Vietnamese
    r"|nigdy|zawsze|musi|musisz|zakaz|nikdy|vždy|никогда|всегда|нельзя|должн\w*|обязательно|запрещ\w+"
    r"|ніколи|завжди|повин\w+|asla|daima|zorunda|jangan|selalu|harus|không\s+được|luôn|phải"
    # Arabic, Hindi
    r"|أبدا|دائما|يجب|ممنوع|कभी|हमेशा|ज़रूर"
)
# Limits that stand in many ordinary sentences too.
_WEAK = (
    r"only|avoid|without|unless|except|instead|not|keep|leave|stop|should|nur|nicht|kein\w*|ohne|außer"
    r"|bitte\s+nicht|statt|niet|geen|alleen|zonder|ikke|inte|pas|sans|seulement|uniquement|sauf|évite\w*"
    r"|no|sin|sólo|solo|solamente|excepto|evita\w*|não|sem|apenas|somente|non|senza|soltanto|tranne"
    r"|nie|tylko|bez|jen|pouze|не|только|без|кроме|тільки|лише|sadece|yalnızca|hanya|tanpa|chỉ|đừng"
    r"|لا|فقط|بدون|मत|नहीं|केवल"
)
# Scripts without blanks between words.
_UNSPACED = re.compile(
    "不要|不得|不能|不可|不许|禁止|必须|必須|务必|切勿|始终|总是|永远|只能|别|別|請勿|请勿"
    "|絶対|必ず|常に|しないで|ないで|てはいけ|てはなら|ダメ|駄目|だけ|のみ"
    "|절대|항상|반드시|하지\\s*마|말고|금지|ห้าม|ต้อง|เสมอ"
)
_STRONG_WORDS = re.compile(rf"(?<!\w)(?:{_STRONG})(?!\w)", re.IGNORECASE)
_WEAK_WORDS = re.compile(rf"(?<!\w)(?:{_WEAK})(?!\w)", re.IGNORECASE)
_SENTENCE = re.compile(r"(?<=[.!?;])\s+|(?<=[。！？；])|\n+")


def weigh(text: str) -> int:
    """`STRONG` for a rule, `WEAK` for what may be one, else `NONE`."""
    if _STRONG_WORDS.search(text) or _UNSPACED.search(text):
        return STRONG
    return WEAK if _WEAK_WORDS.search(text) else NONE


def is_rule(text: str) -> bool:
    """Whether a person's text is likely to be a rule, or to have one in it."""
    return weigh(text) > (WEAK if len(text) > _SHORT else NONE)


def find_rules(text: str) -> list[str]:
    """The sentences of a text that look most like rules, word for word, in their order."""
    sentences = [part.strip() for part in _SENTENCE.split(text) if part.strip()]
    most = max(map(weigh, sentences), default=NONE)
    return [part for part in sentences if weigh(part) == most] if most else []
