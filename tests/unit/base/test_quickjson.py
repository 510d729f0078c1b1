"""`quickjson` is `json`, only quicker to start."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.base import quickjson
from support.paths import ROOT

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(values)
def test_round_trip(value: object) -> None:
    """It writes what `json` writes and reads what `json` reads."""
    text = quickjson.dumps(value)
    assert text == json.dumps(value)
    assert quickjson.loads(text) == quickjson.loads(text.encode()) == value


@given(st.text() | st.binary())
def test_any_input(source: str | bytes) -> None:
    """For any input it gives what `json` gives, or a ValueError where `json` does."""
    try:
        expected = json.loads(source)
    except ValueError:
        with pytest.raises(ValueError):
            quickjson.loads(source)
    else:
        value = quickjson.loads(source)
        assert value == expected or value != value


@given(st.text(max_size=20), values)
def test_a_value_inside_a_text(before: str, value: object) -> None:
    """A value is read where it stands; its end is told."""
    text = before + json.dumps(value) + " "
    decoded, end = quickjson.raw_decode(text, len(before))
    assert decoded == value
    assert text[end:] == " " or isinstance(value, (int, float))


@pytest.mark.parametrize(
    "source", ['{"a":', '{"a" 1}', "[1,]", '"x', "", " ", "nul", "[1] 2", '"\x01"', b"\xff", b"{\0"]
)
def test_no_json(source: str | bytes) -> None:
    """What is no JSON is a ValueError, whatever the C core raises."""
    with pytest.raises(ValueError):
        quickjson.loads(source)


def test_special_cases() -> None:
    """NaN, a byte order mark, UTF-16, surrogates, deep nesting: as `json` does."""
    assert quickjson.loads("-Infinity") == float("-inf")
    assert quickjson.loads('"\\ud83d\\ude00"') == "😀"
    assert quickjson.loads(json.dumps({"a": 1}).encode("utf-16")) == {"a": 1}
    with pytest.raises(RecursionError):
        quickjson.loads("[" * 100_000)
    with pytest.raises(TypeError):
        quickjson.dumps(object())


def test_it_does_not_load_json() -> None:
    """Neither reading nor writing brings the `json` package in."""
    plugin = ROOT / "plugin"
    code = (
        f"import sys; sys.path.insert(0, {str(plugin)!r})\n"
        "from handoff.base import quickjson\n"
        "quickjson.loads(b'{}'), quickjson.dumps([1])\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert not {"json", "re", "enum"} & set(done.stdout.split())
