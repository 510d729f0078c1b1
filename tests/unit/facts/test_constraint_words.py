"""Which sentences of a person look like rules, in many languages."""

from __future__ import annotations

import pytest

from handoff.facts.constraint_words import NONE, STRONG, WEAK, find_rules, weigh


@pytest.mark.parametrize(
    "rule",
    [
        "Never touch vendor/.",
        "you mustn't rename it",
        "Don’t commit to main",
        "Die Tests müssen immer laufen",
        "ne touche jamais à vendor",
        "Nunca cambies los nombres",
        "Deve sempre passare",
        "Nigdy nie zmieniaj nazw",
        "Никогда не трогай vendor",
        "不要修改 vendor 目录",
        "vendorには絶対に触らないでください",
        "vendor 폴더는 절대 수정하지 마세요",
        "Jangan ubah nama",
        "लिखने से पहले हमेशा पूछो",
        "لا تغير الأسماء أبدا",
    ],
)
def test_rules(rule: str) -> None:
    """A ban or a duty."""
    assert weigh(rule) == STRONG


def test_limits_weigh_less_and_the_rest_nothing() -> None:
    """Words that stand in many sentences; a word in another one is none."""
    assert weigh("only in till/receipt.py") == WEAK
    assert weigh("Sort the prices of the receipt") == NONE
    assert weigh("rename the mustache template, keeper and notes") == NONE


def test_the_rules_of_a_long_text() -> None:
    """Whole sentences, word for word; the strictest of them."""
    text = "Sort the prices. Never touch vendor/! It is only slow.\nAlways run the tests"
    assert find_rules(text) == ["Never touch vendor/!", "Always run the tests"]
    assert find_rules("整理价格。不要修改目录。") == ["不要修改目录。"]
    assert find_rules("Sort the prices.") == []
