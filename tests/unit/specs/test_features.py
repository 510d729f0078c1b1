"""features.json: read with care, written in one form."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.base.errors import HandoffError
from handoff.specs import features
from handoff.specs.model import Feature, Verify

ENTRY = {"id": "login", "category": "functional", "description": "Log in", "steps": ["Open /"]}


def raw(*entries: object) -> bytes:
    return json.dumps(list(entries)).encode()


def refused(content: bytes) -> str:
    with pytest.raises(HandoffError) as error:
        features.parse(content)
    return error.value.what


def test_all_fields() -> None:
    """Each field is read; keys that nobody knows are kept, inert."""
    entry = ENTRY | {"after": ["start"], "verify": {"run": "py", "target": "t.py"}, "size": [1, 2]}

    assert features.parse(raw(entry)) == (
        Feature("login", "functional", "Log in", ("Open /",), ("start",), Verify("py", "t.py"),
                {"size": [1, 2]}),
    )  # fmt: skip


def test_the_written_form() -> None:
    """Indented, Unicode as it is, one newline at the end; what is empty is left out."""
    written = features.render([Feature("a", "", "Grüße 数据", ("Öffnen",))]).decode()

    assert written == (
        '[\n  {\n    "id": "a",\n    "description": "Grüße 数据",\n'
        '    "steps": [\n      "Öffnen"\n    ]\n  }\n]\n'
    )


TEXTS = st.text(max_size=20)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS | NUMBERS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)  # fmt: skip
FEATURES = st.builds(
    Feature,
    id=st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,9}", fullmatch=True),
    category=TEXTS,
    description=TEXTS,
    steps=st.lists(TEXTS, max_size=3).map(tuple),
    after=st.lists(TEXTS, max_size=2).map(tuple),
    verify=st.none() | st.builds(Verify, TEXTS, TEXTS),
    extra=st.dictionaries(st.sampled_from(["priority", "x", "日本", ""]), VALUES, max_size=2),
)


@given(st.lists(FEATURES, max_size=4))
def test_what_is_written_is_read_again(listed: list[Feature]) -> None:
    """Parse and render are each other's inverse, and rendering twice changes nothing."""
    written = features.render(listed)

    assert features.parse(written) == tuple(listed)
    assert features.render(features.parse(written)) == written


@given(st.binary(max_size=60) | VALUES.map(lambda value: json.dumps(value).encode()))
def test_anything_is_read_or_refused(content: bytes) -> None:
    """Whatever the file holds: features, or an error with words."""
    try:
        features.parse(content)
    except HandoffError as error:
        assert error.what.startswith("features.json")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "features.json, line 1, column 1: it is not JSON"),
        (b'[{"id": "a",]', "features.json, line 1, column 13: it is not JSON"),
        (b"\xff[]", "features.json: it is not UTF-8."),
        (b"{}", "features.json: it is not a JSON list of features."),
        (b"[NaN]", "features.json: it has a number that JSON does not have"),
        (b'[{"id": "a", "x": -Infinity}]', "a number that JSON does not have"),
        (b'[{"id": "a", "x": 1e999}]', "a number that JSON does not have"),
        (b"[" * 100_000, "features.json"),
        (b"[" * 100_000 + b"]" * 100_000, "features.json: it is nested too deeply."),
        (b"[1" + b"0" * 10_000 + b"]", "features.json"),
        (b'["x"]', "features.json, entry 1: it is not an object."),
        (b"[null, 3]", "features.json, entry 1: it is not an object. (1 more problem)"),
        (b'[{"id": "a", "id": "b"}]', "features.json, entry 1 (b): the key `id` is there twice."),
        (b'[{"id": "a", "x": {"y": 1, "y": 2}}]', "entry 1 (a): the key `y` is there twice."),
        (b'[{"id": "a", "x": "\\ud800"}]', "entry 1 (a): it has an unpaired surrogate"),
        (b'[{"id": "a", "\\ud800": 1}]', "entry 1 (a): it has an unpaired surrogate"),
        (raw({"id": "a", "x": json.loads("[" * 30 + "]" * 30)}), "(a): it is nested too deeply."),
        (raw(*[{}] * 100_000), "features.json: it has 100,000 entries; a spec has at most 2,000."),
        (b" " * (5 * 1024 * 1024), "features.json: it is over 4 MiB."),
    ],
)  # fmt: skip
def test_what_is_no_list_of_features(content: bytes, words: str) -> None:
    """Each is refused in a sentence that says where, never by a traceback."""
    assert words in refused(content)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"id": None}, "features.json, entry 1: it has no `id`; an id has up to 64 of"),
        ({"id": 7}, "features.json, entry 1: `7` cannot be its id"),
        ({"id": "../x"}, "features.json, entry 1: `../x` cannot be its id"),
        ({"id": "a" * 65}, "cannot be its id"),
        ({"id": "a\n"}, "cannot be its id"),
        ({"category": 1}, "entry 1 (login): its `category` is not a string."),
        ({"description": ["x"]}, "entry 1 (login): its `description` is not a string."),
        ({"description": "x" * 5_000}, "its `description` is over 4,000 characters."),
        ({"steps": "Open"}, "entry 1 (login): its `steps` is not a list of strings."),
        ({"steps": [1]}, "its `steps` is not a list of strings."),
        ({"steps": ["x"] * 101}, "its `steps` has over 100 entries."),
        ({"after": "x"}, "its `after` is not a list of strings."),
        ({"verify": "pytest"}, 'its `verify` is not {"run": RUNNER, "target": PATH}.'),
        ({"verify": {"run": "py"}}, "its `verify` is not"),
        ({"verify": {"run": "py", "target": 1}}, "its `verify` is not"),
        ({"verify": {"run": "py", "target": "t", "cwd": "/"}}, "its `verify` is not"),
        ({"passes": False}, "entry 1 (login): remove `passes`: code decides that, in state.json."),
    ],
)
def test_an_entry_of_a_wrong_form(change: dict[str, Any], words: str) -> None:
    """It is named by its number and id, and what is wrong with it."""
    assert words in refused(raw({**ENTRY, **change}))


def test_a_typo_in_a_key() -> None:
    """A key that is nearly one of ours is not passed over."""
    entry = {key: value for key, value in ENTRY.items() if key != "steps"} | {"step": ["x"]}

    assert "unknown key `step`; did you mean `steps`?" in refused(raw(entry))


def test_every_problem_is_found() -> None:
    """Of all entries, in their order; the sound ones are read."""
    listed, problems = features.read(raw(ENTRY, {"id": "b", "steps": 1, "passes": 1}, 5))

    assert [one.id for one in listed] == ["login"]
    assert len(problems) == 3
    assert [problem.partition(":")[0] for problem in problems] == [
        "features.json, entry 2 (b)", "features.json, entry 2 (b)", "features.json, entry 3",
    ]  # fmt: skip
