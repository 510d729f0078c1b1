"""Prices: the file is what its script makes, each name finds its row, nothing is guessed."""

from __future__ import annotations

import importlib.util
import json
import sys
from typing import TYPE_CHECKING, Any

import pytest

from handoff.client.transcript.charges import Charge
from handoff.meter import prices
from support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType

MILLION = 1_000_000
ROW = {"input": 1, "output": 2, "write_5m": 3, "write_1h": 4, "read": 5}


def charge(model: str = "claude-opus-5-5", **more: Any) -> Charge:
    """A charge of nothing but what is given."""
    nothing = Charge(model, 0, 0, 0, 0, 0, 0, fast=False, us=False)
    return nothing._replace(**more)


def dollars(table: prices.Prices, one: Charge, day: str = "") -> float | None:
    nanos = table.nanos(one, day)
    return None if nanos is None else nanos / 1e9


@pytest.fixture
def table() -> prices.Prices:
    return prices.load({"HOME": "/nowhere"})


@pytest.fixture
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_prices", ROOT / "scripts/make_prices.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def own(home: Path, content: Any) -> prices.Prices:
    """The prices with a file of the user's."""
    path = home / ".config/handoff/prices.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return prices.load({"HOME": str(home)})


@pytest.mark.skipif(
    sys.version_info < (3, 11), reason="genai-prices needs 3.11; the file is the same for all"
)
def test_the_file_is_what_the_script_makes_of_genai_prices(script: ModuleType) -> None:
    """After an update of genai-prices: run scripts/make_prices.py and look at the difference."""
    assert script.render() == script.TARGET.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("model", "plain"),
    [
        ("claude-opus-5-5", "claude-opus-5-5"),
        ("claude-opus-4-6[1m]", "claude-opus-4-6"),
        ("claude-haiku-4-5-20251001", "claude-haiku-4-5"),
        ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5"),
        ("us.anthropic.claude-opus-4-6-v1", "claude-opus-4-6"),
        ("anthropic.claude-haiku-5-5", "claude-haiku-5-5"),
        ("claude-3-5-sonnet-v2@20241022", "claude-3-5-sonnet"),
        ("claude-3-5-haiku-latest", "claude-3-5-haiku"),
        ("anthropic/claude-opus-4.6", "claude-opus-4-6"),
        (
            "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-opus-4-1-20250805-v1:0",
            "claude-opus-4-1",
        ),
        ("glm-5", "glm-5"),
    ],
)
def test_a_models_name_is_found_in_every_dress(model: str, plain: str) -> None:
    """Maker, region, date, version and window say nothing about the price."""
    assert prices.plain_name(model) == plain


@pytest.mark.parametrize(
    ("model", "row"),
    [
        ("claude-opus-4-20250514", (15, 75, 18.75, 30, 1.5)),
        ("claude-sonnet-4@20250514", (3, 15, 3.75, 6, 0.3)),
        ("claude-opus-5-5", (4, 20, 5, 8, 0.2)),
        ("claude-sonnet-5-5", (2, 10, 2.5, 4, 0.1)),
        ("claude-fable-5-1", (10, 50, 12.5, 20, 0.25)),
        ("claude-mythos-5", (10, 50, 12.5, 20, 1)),
    ],
)
def test_list_prices(table: prices.Prices, model: str, row: tuple[float, ...]) -> None:
    """Input, output, both cache writes and cache reads are Claude Code 2.1.330's."""
    prices_row = table.row(model)

    assert prices_row is not None
    assert (
        prices_row.input,
        prices_row.output,
        prices_row.write_5m,
        prices_row.write_1h,
        prices_row.read,
    ) == row


@pytest.mark.parametrize("model", ["claude-opus-5-6", "claude-opus-55", "opus", "gpt-6", "", "<x>"])
def test_an_unknown_model_has_no_price(table: prices.Prices, model: str) -> None:
    """A model that is like a known one is still unknown."""
    assert table.row(model) is None
    assert table.nanos(charge(model, input=1)) is None


def test_every_class_of_tokens_has_its_price(table: prices.Prices) -> None:
    """A million tokens of a class cost what the row says; a thousand searches cost ten dollars."""
    for name, price in {
        "input": 4,
        "output": 20,
        "write_5m": 5,
        "write_1h": 8,
        "read": 0.2,
    }.items():
        million: dict[str, Any] = {name: MILLION}
        assert dollars(table, charge(**million)) == price
    assert dollars(table, charge(searches=1000)) == 10


def test_a_long_prompt_moves_the_whole_request(table: prices.Prices) -> None:
    """Haiku 5.5 above 100,000 tokens of prompt costs five times, output included."""
    haiku = charge("claude-haiku-5-5", input=40_000, write_5m=30_000, read=30_000, output=1_000_000)
    short, long = dollars(table, haiku), dollars(table, haiku._replace(read=30_001))

    assert short == pytest.approx(0.004 + 0.00375 + 0.0003 + 0.5)
    assert long == pytest.approx(5 * (0.004 + 0.00375 + 0.0003 + 0.5), rel=1e-6)


@pytest.mark.parametrize(
    ("model", "times"),
    [
        ("claude-opus-4-6", 6),
        ("claude-opus-4-7", 6),
        ("claude-opus-4-8", 2),
        ("claude-opus-5", 2),
        ("claude-opus-5-5", 2),
        ("claude-fable-5-2", 2),
        ("claude-sonnet-5-5", 1),
        ("claude-haiku-4-5", 1),
    ],
)
def test_fast_mode(table: prices.Prices, model: str, times: int) -> None:
    """Fast mode multiplies every token price, not that of searches; some models have none."""
    slow = charge(model, input=100, write_5m=200, write_1h=300, read=400, output=500)
    searching = slow._replace(fast=True, searches=1)
    plain = table.nanos(slow)

    assert plain is not None
    assert table.nanos(searching) == times * plain + 10_000_000


def test_us_inference_is_a_tenth_dearer_but_searches_are_not(table: prices.Prices) -> None:
    """`inference_geo: us` multiplies token prices by 1.1."""
    assert dollars(table, charge(input=MILLION, searches=1000, us=True)) == pytest.approx(14.4)


@pytest.mark.parametrize(
    ("model", "day", "usd"),
    [
        ("claude-opus-4-6", "2026-03-12", 3.0),
        ("claude-opus-4-6", "2026-03-13", 1.5),
        ("claude-sonnet-4-5", "2026-04-29", 1.8),
        ("claude-sonnet-4-5", "2026-04-30", 0.9),
        ("claude-sonnet-4-5", "", 0.9),
    ],
)
def test_a_price_changes_on_its_day(table: prices.Prices, model: str, day: str, usd: float) -> None:
    """The premium above 200,000 tokens had an end; without a day the newest price holds."""
    assert dollars(table, charge(model, input=300_000), day) == pytest.approx(usd)


def test_the_users_prices_replace_ours_and_add_to_them(tmp_path: Path) -> None:
    """A model in the user's file has the user's rows alone; the others keep theirs."""
    changing = [{**ROW, "input": 7}, {**ROW, "from": "2026-06-01"}]
    table = own(tmp_path, {"models": {"claude-opus-5-5": ROW, "glm-5": changing}})

    assert table.problem == ""
    assert dollars(table, charge(input=MILLION, us=True, fast=True)) == 1
    assert dollars(table, charge("glm-5", input=MILLION), "2026-05-31") == 7
    assert dollars(table, charge("glm-5", input=MILLION), "2026-06-01") == 1
    assert dollars(table, charge("claude-opus-5", input=MILLION)) == 5


def test_a_search_without_a_price_is_unknown(tmp_path: Path) -> None:
    """A row of the user's need not price searches; then a response with one has no price."""
    table = own(tmp_path, {"models": {"glm-5": ROW}})

    assert table.nanos(charge("glm-5", searches=1)) is None


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is not JSON"),
        ("[]", 'has no object "models"'),
        ({"models": 1}, 'has no object "models"'),
        ({"models": {"m": 1}}, "models.m: the row is not an object"),
        ({"models": {"m": {"input": 1}}}, "models.m: output is missing"),
        ({"models": {"m": {**ROW, "inptu": 1}}}, "models.m: inptu is not a known price"),
        ({"models": {"m": [ROW, {**ROW, "read": "1"}]}}, "models.m[1]: read is '1', not a number"),
        ({"models": {"m": {**ROW, "read": True}}}, "read is True"),
        ({"models": {"m": {**ROW, "read": -1}}}, "read is -1"),
        ('{"models": {"m": {"input": Infinity}}}', "models.m: output is missing"),
        ({"models": {"m": {**ROW, "from": "June"}}}, "from is 'June', not a date"),
        ({"models": {"m": {**ROW, "above": ROW}}}, "models.m: above.tokens is missing"),
        ({"models": {"m": {**ROW, "fast": {"input": 1}}}}, "models.m: fast.output is missing"),
    ],
)
def test_a_wrong_file_is_named_and_not_half_used(tmp_path: Path, content: Any, says: str) -> None:
    """The problem names the file, the place and what to do; the built-in prices hold."""
    table = own(tmp_path, content)

    assert says in table.problem
    assert str(tmp_path) in table.problem
    assert "Write it as" in table.problem
    assert dollars(table, charge(input=MILLION)) == 4


def test_a_change_of_the_users_file_is_seen(tmp_path: Path) -> None:
    """The stamp changes when the file comes and when it goes."""
    env = {"HOME": str(tmp_path)}
    before = prices.prices_stamp(env)
    own(tmp_path, {"models": {}})

    assert prices.prices_stamp(env) != before
