"""Words, also of scripts without blanks."""

from __future__ import annotations

import pytest

from handoff.facts.word_count import count_words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", 0),
        ("fix the login", 3),
        ("はい", 1),
        ("好的", 1),
        ("ログインを直す", 4),
        ("fix 登录 now", 3),
        ("почини вход", 2),
        ("로그인 수정", 2),
    ],
)
def test_words_are_counted_in_every_script(text: str, words: int) -> None:
    """Two characters of a run without blanks are one."""
    assert count_words(text) == words
