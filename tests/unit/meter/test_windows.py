"""How much each model holds and where the client compacts: docs/client.md as a table."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.meter.windows import compact_point, family_and_version, model_window


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-fable-5", 1_000_000),
        ("claude-fable-5-1", 1_000_000),
        ("claude-fable-5-2", 1_000_000),
        ("claude-sonnet-5", 1_000_000),
        ("claude-sonnet-5-5", 1_000_000),
        ("claude-opus-4-7", 1_000_000),
        ("claude-opus-4-8", 1_000_000),
        ("claude-opus-5", 1_000_000),
        ("claude-opus-5-5", 1_000_000),
        ("claude-haiku-5-5", 1_000_000),
        ("claude-haiku-4-5", 200_000),
        ("claude-haiku-4-5-20251001", 200_000),
        ("claude-sonnet-4-20250514", 200_000),
        ("claude-sonnet-4-5", 200_000),
        ("claude-sonnet-4-6", 200_000),
        ("claude-opus-4-20250514", 200_000),
        ("claude-opus-4-1-20250805", 200_000),
        ("claude-opus-4-5", 200_000),
        ("claude-opus-4-6", 200_000),
        ("claude-3-5-sonnet-20241022", 200_000),
        ("claude-3-opus-20240229", 200_000),
        ("claude-3-5-haiku-latest", 200_000),
        ("claude-sonnet-4-5[1m]", 1_000_000),
        ("claude-sonnet-4-6[1m]", 1_000_000),
        ("claude-opus-4-6[1m]", 1_000_000),
        ("claude-opus-4-6[1M]", 1_000_000),
        ("claude-opus-4-5[1m]", 200_000),
        ("claude-haiku-4-5[1m]", 200_000),
        ("claude-opus-5-5[1m]", 1_000_000),
        ("us.anthropic.claude-opus-4-7-v1:0", 1_000_000),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", 200_000),
        ("anthropic/claude-opus-4.7", 1_000_000),
        ("claude-opus-4-5@20251101", 200_000),
        ("claude-mythos-5", None),
        ("gpt-5", None),
        ("opus", None),
        ("claude", None),
        ("claude-opus", None),
        ("claude-opus-latest", None),
        ("<synthetic>", None),
        ("", None),
    ],
)
def test_the_window_of_a_model(model: str, expected: int | None) -> None:
    """A million or 200,000 by family and version; an unknown name has no window, not a guess."""
    assert model_window(model, {}) == expected


@pytest.mark.parametrize("model", ["claude-opus-5-5", "claude-sonnet-4-6[1m]", "claude-haiku-5-5"])
def test_the_million_can_be_disabled(model: str) -> None:
    """`CLAUDE_CODE_DISABLE_1M_CONTEXT=1` gives every model 200,000, compacting at 167,000."""
    env = {"CLAUDE_CODE_DISABLE_1M_CONTEXT": "1"}

    assert model_window(model, env) == 200_000
    assert compact_point("claude-opus-5-5", 200_000, env) == 167_000


@pytest.mark.parametrize(
    ("model", "size", "env", "expected"),
    [
        ("claude-opus-5-5", 1_000_000, {}, 967_000),
        ("claude-sonnet-5", 1_000_000, {}, 967_000),
        ("claude-opus-4-6", 200_000, {}, 167_000),
        ("claude-sonnet-4-6", 200_000, {}, 167_000),
        ("claude-haiku-4-5", 200_000, {}, None),
        ("claude-sonnet-4-5", 200_000, {}, None),
        ("claude-opus-4-5", 200_000, {}, None),
        ("claude-sonnet-4-5[1m]", 1_000_000, {}, None),
        ("claude-sonnet-4-6[1m]", 1_000_000, {}, None),
        ("claude-opus-4-6[1m]", 1_000_000, {}, None),
        ("claude-opus-5-5", 1_000_000, {"CLAUDE_CODE_AUTO_COMPACT_WINDOW": "300000"}, 267_000),
        ("claude-opus-5-5", 1_000_000, {"CLAUDE_CODE_AUTO_COMPACT_WINDOW": "5"}, 67_000),
        ("claude-opus-5-5", 1_000_000, {"CLAUDE_CODE_AUTO_COMPACT_WINDOW": "9000000"}, 967_000),
        ("claude-haiku-4-5", 200_000, {"CLAUDE_CODE_AUTO_COMPACT_WINDOW": "200000"}, 167_000),
        (
            "claude-opus-4-6[1m]",
            1_000_000,
            {"CLAUDE_CODE_AUTO_COMPACT_WINDOW": "300000"},
            267_000,
        ),
        ("claude-opus-5-5", 1_000_000, {"CLAUDE_AUTOCOMPACT_PCT_OVERRIDE": "50"}, 490_000),
        ("claude-opus-5-5", 1_000_000, {"CLAUDE_AUTOCOMPACT_PCT_OVERRIDE": "100"}, 967_000),
        ("claude-opus-5-5", 1_000_000, {"CLAUDE_AUTOCOMPACT_PCT_OVERRIDE": "0"}, 967_000),
        ("claude-opus-5-5", 1_000_000, {"CLAUDE_AUTOCOMPACT_PCT_OVERRIDE": "101"}, 967_000),
        ("claude-opus-5-5", 1_000_000, {"CLAUDE_AUTOCOMPACT_PCT_OVERRIDE": "x"}, 967_000),
        ("claude-haiku-4-5", 200_000, {"CLAUDE_AUTOCOMPACT_PCT_OVERRIDE": "50"}, None),
        ("claude-opus-5-5", 1_000_000, {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": "8000"}, 979_000),
        ("claude-opus-5-5", 1_000_000, {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": "64000"}, 967_000),
        ("claude-opus-5-5", 1_000_000, {"CLAUDE_CODE_MAX_OUTPUT_TOKENS": ""}, 967_000),
        ("claude-opus-5-5", 1_000_000, {"DISABLE_AUTO_COMPACT": "1"}, None),
        ("claude-opus-5-5", 1_000_000, {"DISABLE_COMPACT": "true"}, None),
        ("claude-opus-5-5", 1_000_000, {"DISABLE_COMPACT": "0"}, 967_000),
        ("claude-opus-5-5", 1_000_000, {"DISABLE_COMPACT": ""}, 967_000),
    ],
)
def test_where_the_client_compacts(
    model: str, size: int, env: dict[str, str], expected: int | None
) -> None:
    """(W - R) - 13,000 and what moves it; None where the client waits for the API's refusal."""
    assert compact_point(model, size, env) == expected


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-opus-4-6[1m]", ("opus", (4, 6))),
        ("claude-opus-5", ("opus", (5, 0))),
        ("claude-3-5-sonnet-20241022", ("sonnet", (3, 5))),
        ("claude-3-haiku-20240307", ("haiku", (3, 0))),
        ("CLAUDE-OPUS-4-7", ("opus", (4, 7))),
        ("claude-opus-4-6-fast", ("opus", (4, 6))),
        ("opus-4-6", None),
    ],
)
def test_names_are_read_in_every_spelling(
    model: str, expected: tuple[str, tuple[int, int]] | None
) -> None:
    """Family and version, with dates, providers' prefixes and the old order of words."""
    assert family_and_version(model) == expected


ENV = st.dictionaries(
    st.sampled_from(
        ["CLAUDE_CODE_AUTO_COMPACT_WINDOW", "CLAUDE_AUTOCOMPACT_PCT_OVERRIDE", "DISABLE_COMPACT",
         "CLAUDE_CODE_MAX_OUTPUT_TOKENS", "CLAUDE_CODE_DISABLE_1M_CONTEXT"]
    ),
    st.text(max_size=8) | st.integers(-5, 10**7).map(str),
)  # fmt: skip


@given(st.text(max_size=40) | st.from_regex(r"claude-[a-z0-9.@-]{0,30}"), ENV)
def test_no_name_and_no_setting_raises(model: str, env: dict[str, str]) -> None:
    """Whatever stands there: a window of one of two sizes or none, and a point inside it."""
    size = model_window(model, env)
    point = compact_point(model, size or 200_000, env)

    assert size in (None, 200_000, 1_000_000)
    assert point is None or point < (size or 200_000)
