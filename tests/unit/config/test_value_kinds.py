"""What the value of a key may be, as it stands in YAML."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from handoff.config.value_kinds import KINDS
from handoff.config.yaml_nodes import AmbiguousError, to_plain

PERCENTS = "percents (70%) or tokens (200k), not "
DOLLARS = "dollars (2.50) or null, not "
A_PERCENT = "a percent (90%) or null, not "


def read(key: str, text: str) -> Any:
    node = yaml.compose(text, Loader=yaml.SafeLoader)
    assert node is not None
    return KINDS[key](to_plain(node))


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("context", "[40%, 90k]", ["40%", 90_000]),
        ("context", "1.5M", [1_500_000]),
        ("context", "200_000", [200_000]),
        ("context", "1000", [1_000]),
        ("context", "0.5k", [500]),
        ("context", "0.5%", ["0.5%"]),
        ("context", "12.5 %", ["12.5%"]),
        ("context", "'150K'", [150_000]),
        ("context", "null", []),
        ("context", "[]", []),
        ("cost_usd", "2.50", 2.5),
        ("cost_usd", "3", 3.0),
        ("cost_usd", "null", None),
        ("five_hour", "80%", 80.0),
        ("five_hour", "80", 80.0),
        ("five_hour", "1%", 1.0),
        ("five_hour", "1.5", 1.5),
        ("seven_day", "~", None),
        ("within_s", "60", 60),
    ],
)
def test_a_value_is_kept_in_one_form(key: str, text: str, value: Any) -> None:
    """However it was written."""
    kept = read(key, text)
    assert (kept, type(kept)) == (value, type(value))


@pytest.mark.parametrize(
    ("key", "text", "told"),
    [
        ("context", "60", "60 means 60 tokens; write 60% or 60k"),
        ("context", "'60'", "60 means 60 tokens; write 60% or 60k"),
        ("context", "[50%, 60]", "60 means 60 tokens; write 60% or 60k"),
        ("context", "150", "150 means 150 tokens; write 150k"),
        ("context", "999", "999 means 999 tokens; write 999k"),
        ("context", "0.6", "0.6 means 0.6 tokens; write 60%"),
        ("context", "1", "1 means 1 token; write 100%"),
        ("five_hour", "0.9", "0.9 means 0.9%; write 90%"),
        ("seven_day", "1", "1 means 1%; write 100%"),
        ("within_s", "15", "15 means 15 seconds; write 900 for 15 minutes; the minimum is 60"),
        ("open_s", "1", "1 means 1 second; write 60 for 1 minute; the minimum is 60"),
    ],
)
def test_a_number_that_is_hardly_meant_so(key: str, text: str, told: str) -> None:
    """It is not taken for what it says: what it would mean is told, and what to write."""
    with pytest.raises(AmbiguousError) as raised:
        read(key, text)
    assert str(raised.value) == told


@pytest.mark.parametrize(
    ("key", "text", "hint"),
    [
        ("context", "0", "; to turn it off, write null"),
        ("context", "off", "; to turn it off, write null"),
        ("cost_usd", "off", "; to turn it off, write null"),
        ("cost_usd", "0", "; to turn it off, write null"),
        ("five_hour", "0", "; to turn it off, write null"),
        ("cost_usd", "$5", "; write 5"),
        ("cost_usd", "2.50 USD", "; write 2.50"),
        ("cost_usd", "'5'", "; write 5"),
        ("stale_days", "2w", "; write 14"),
        ("cooldown_s", "2m", "; write 120"),
        ("open_s", "1.5h", "; write 5400"),
        ("max_tokens", "2.5k", "; write 2500"),
        ("max_tokens", "'500'", "; write 500"),
        ("countdown_s", "5 s", "; write 5"),
        ("countdown_s", "1m", "not '1m'"),
        ("mode", "nofity", " (did you mean notify?)"),
    ],
)
def test_what_is_meant_is_named(key: str, text: str, hint: str) -> None:
    """As far as it is clear."""
    with pytest.raises(ValueError, match="not ") as raised:
        read(key, text)
    assert str(raised.value).endswith(hint)


@pytest.mark.parametrize(
    ("key", "text", "wanted"),
    [
        ("context", "0", PERCENTS),
        ("context", "-5", PERCENTS),
        ("context", "0%", PERCENTS),
        ("context", "101%", PERCENTS),
        ("context", "nan", PERCENTS),
        ("context", ".nan", PERCENTS),
        ("context", ".inf", PERCENTS),
        ("context", "nan%", PERCENTS),
        ("context", "true", PERCENTS),
        ("context", "{a: 1}", PERCENTS),
        ("context", "[[50%]]", PERCENTS),
        ("cost_usd", "0", DOLLARS),
        ("cost_usd", "-1", DOLLARS),
        ("cost_usd", ".inf", DOLLARS),
        ("cost_usd", "'5'", DOLLARS),
        ("cost_usd", "false", DOLLARS),
        ("five_hour", "0", A_PERCENT),
        ("five_hour", "101%", A_PERCENT),
        ("five_hour", "true", A_PERCENT),
        ("seven_day", "x", A_PERCENT),
        ("max_tokens", "199", "a whole number from 200 to 50000, not "),
        ("max_tokens", "'500'", "a whole number from 200 to 50000, not "),
        ("max_tokens", "true", "a whole number from 200 to 50000, not "),
        ("inject_chars", "10000", "a whole number from 2000 to 9900, not "),
        ("inject_chars", "500", "a whole number from 2000 to 9900, not "),
        ("stale_days", "-1", "a whole number from 0 to 3650, not "),
        ("review", "1", "true or false, not "),
    ],
)
def test_what_is_no_value_says_what_is_one(key: str, text: str, wanted: str) -> None:
    """And shows what was found."""
    with pytest.raises(ValueError) as told:
        read(key, text)
    assert str(told.value).startswith(wanted)
