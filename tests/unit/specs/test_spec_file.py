"""spec.md: front matter and text, read with care."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.base.errors import HandoffError
from handoff.specs import spec_file
from handoff.specs.model import Spec
from support.made_specs import feature, made_spec

WHOLE = made_spec(
    feature("a"), runners={"py": "pytest '{target}'", "js": "npx vitest run {target}"},
    start="npm start", ready="http://localhost:3000/", smoke="true", env=("CI", "NO"),
    frozen=("**/conftest.py", "a: b"), title="A “till”: 数据",
)  # fmt: skip
FRONT = b"---\nid: 20261101-000001-till-beef\ntitle: Till\n%s---\n# Till\n\nA till.\n"


def of(head: dict[str, object]) -> Spec:
    return Spec(root=WHOLE.root, features=WHOLE.features, **head)  # type: ignore[arg-type]


def test_what_is_written_is_read_again() -> None:
    """Every field, and the text; and once more the same bytes."""
    written = spec_file.render(WHOLE)

    assert of(spec_file.parse(written)) == WHOLE
    assert spec_file.render(of(spec_file.parse(written))) == written


COMMANDS = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Cn", "Co")), max_size=30)


@given(COMMANDS, COMMANDS, st.lists(COMMANDS, max_size=3))
def test_any_command_is_read_again(start: str, runner: str, frozen: list[str]) -> None:
    """YAML makes nothing else of it: `no`, `1`, `{a}`, `- x` stay texts."""
    spec = made_spec(start=start, runners={"r": runner}, frozen=tuple(frozen))
    head = spec_file.parse(spec_file.render(spec))

    assert (head["start"], head["runners"], head["frozen"]) == (start, {"r": runner}, tuple(frozen))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "spec.md: it has no front matter between `---` lines."),
        (b"# Till\n", "spec.md: it has no front matter"),
        (b"\xff", "spec.md: it is not UTF-8."),
        (b"x" * (1024 * 1024 + 1), "spec.md: it is over 1 MiB."),
        (b"---\n[\n---\n", "spec.md: its front matter is not YAML"),
        (b"---\na: *b\n---\n", "spec.md: its front matter has aliases"),
        (b"---\ntitle: a\ntitle: b\n---\n", "spec.md: its front matter has a key twice"),
        (FRONT % b"runner: {py: x}\n", "spec.md: unknown key `runner`; did you mean `runners`?"),
        (FRONT % b"runners: [x]\n", "spec.md: its `runners` are not a map of names to commands."),
        (FRONT % b"runners: {a: {b: c}}\n", "its `runners` are not a map of names to commands."),
        (FRONT % b"start: [x]\n", "spec.md: its `start` is not a string (text in quotes)."),
        (FRONT % b"frozen: x\n", "spec.md: its `frozen` is not a list of strings."),
        (FRONT % b"env: [[x]]\n", "spec.md: its `env` is not a list of strings."),
        (b"---\ntitle: x\n---\n", "spec.md: its `id` is not the id of a spec."),
        (b"---\nid: ../x\n---\n", "spec.md: its `id` is not the id of a spec."),
    ],
)
def test_what_is_refused(content: bytes, words: str) -> None:
    """In a sentence that names the file and the key."""
    with pytest.raises(HandoffError) as error:
        spec_file.parse(content)
    assert words in error.value.what


def test_every_problem_is_found() -> None:
    """Of all keys at once."""
    assert len(spec_file.read(FRONT % b"start: [x]\nenv: x\nrunner: x\n")[1]) == 3
