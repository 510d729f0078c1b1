"""The brief as a document: what is written is what is read, and nothing in it is more than data."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from handoff.base.errors import HandoffError
from handoff.brief import document
from handoff.brief.document import Brief
from handoff.brief.sections import FACTS, NEXT_STEP, TASK, VERIFY
from handoff.redact.redact import redact

if TYPE_CHECKING:
    from collections.abc import Mapping

ID = "20261122-073812-fix-auth-race-9f3a"
HEAD = f"---\nhandoff: 1\nid: {ID}\ntitle: T\n---\n"


def sections(text: str) -> Mapping[str, str]:
    """The sections of what a model wrote."""
    return document.parse_words(redact(text)).sections


def parse(text: str | bytes) -> Brief:
    """A brief's file read."""
    return document.parse(text.encode() if isinstance(text, str) else text, "x.md")


def refusal(text: str | bytes) -> str:
    """Why a file is no brief."""
    with pytest.raises(HandoffError) as caught:
        parse(text)
    assert caught.value.what.startswith("x.md: ")
    return caught.value.what


def test_a_whole_brief_is_read_as_it_was_written() -> None:
    """Every field of the format comes back with its value and type."""
    brief = Brief(
        id=ID,
        title="Fix the token refresh race: “now”",
        created="2026-11-22T07:38:12Z",
        kind="task",
        author="snapshot",
        trigger="context",
        session={"id": "0f1e", "client": "claude-code 2.1.330", "model": "claude-opus-5-5"},
        reading={"tokens": 182340, "window": 1000000, "cost_usd": 3.21},
        git={"branch": "main", "head": "0123456", "dirty": None, "worktree": "main"},
        target={"model": "sonnet", "provider": "anthropic"},
        parent="20261121-073812-x-0000",
        verify=("pytest -q tests/auth", 'sh -c "a: b # c"'),
        labels=("auth", "on", "1.5", "null", ""),
        sections={TASK: "Do it.\n\n- [ ] a\n- [ ] b", FACTS: "- `pytest` ok"},
    )

    assert parse(document.render(brief)) == brief


def test_the_file_is_what_the_design_shows() -> None:
    """Front matter with one key a line, then the title and the sections; UTF-8, one line end."""
    brief = Brief(ID, "T", "now", reading={"tokens": 5}, sections={TASK: "Do\nit."})

    assert document.render(brief) == (
        f"---\nhandoff: 1\nid: {ID}\ntitle: T\nkind: continue\nauthor: model\ncreated: now\n"
        "trigger: manual\nreading: {tokens: 5}\n---\n\n# T\n\n## Task\n\nDo\nit.\n"
    )


LINES = st.one_of(
    st.sampled_from(
        ["", "## Task", "## Next step", "## Facts", "## a", "## a# #", "##", "## ", "# T", "### x",
         "    ## code", " ## x", "\t## x", "```", "````", "~~~", "```py", "```a```", "``` ` ```",
         "    ```", "   ```", " ~~~~ x", "```~~~", "---", "...", "## Goal:", "- a", "text",
         "> ## q", "## Look back", "\x0c## x", "\u2028## x", "\x85", "\xa0", "\\", "<!--",
         "-->", "word  "]
    ),
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=20),
)  # fmt: skip
TEXTS = st.builds(
    lambda lines, end: end.join(lines),
    st.lists(LINES, max_size=12),
    st.sampled_from(["\n", "\n", "\r\n", "\r"]),
)


@settings(max_examples=600, deadline=None)
@given(TEXTS, st.sampled_from(["- a fact", "```\nx\n```"]))
def test_whatever_a_model_writes_is_read_again_the_same(text: str, facts: str) -> None:
    """Words, with the sections code adds behind them, survive the file; headings stay headings."""
    try:
        words = document.parse_words(redact(text))
    except HandoffError:
        return
    brief = Brief(ID, words.title, "now", sections={**words.sections, FACTS: facts})

    parsed = parse(document.render(brief))

    assert dict(parsed.sections) == brief.sections
    assert parsed.title == words.title
    assert "\r" not in document.render(brief)


@settings(max_examples=300, deadline=None)
@given(TEXTS)
def test_nothing_a_model_writes_is_lost(text: str) -> None:
    """Every word that stands under a heading, or before the first, is in the brief."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    # Front matter and what code states itself are left out.
    assume(not plain.lstrip("\n ").startswith("---"))
    assume(not re.search(r"(?im)^##\s+(facts|look back|outcome)", plain))
    wanted = re.findall(r"[a-z]{4,}", re.sub(r"(?m)^## .*", "", plain))
    try:
        words = document.parse_words(redact(text))
    except HandoffError:
        return

    kept = f"{words.title}\n{words.sections}".lower()

    assert [word for word in wanted if word.lower() not in kept] == []


VALUES = st.text(
    alphabet=st.characters(codec="utf-8", exclude_categories=["Cs"]), max_size=30
) | st.sampled_from(
    ["null", "~", "true", "1e3", "0x1f", "---", "\n---\n", "a\n\n---\nb", "a: b", "- a", "*x", "&x",
     "!x", "#x", "'", '"', "{}", "[]", "|", ">", "%", "@", "`", "\t", " a ", "\x85", "\ufeff",
     "\r\n", "2026-11-22", "<<", "=", "\x1b[31m", "\u202e"]
)  # fmt: skip
KEYS = st.from_regex(r"[a-z_]{1,8}", fullmatch=True)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(VALUES, max_size=3),
    st.lists(VALUES, max_size=3),
    st.dictionaries(KEYS, VALUES, max_size=3),
    st.dictionaries(KEYS, VALUES | st.lists(VALUES, max_size=2), max_size=2),
)
def test_hostile_values_stay_values(
    verify: list[str], labels: list[str], target: dict[str, str], extra: dict[str, Any]
) -> None:
    """No text in a field ends the front matter, becomes another key, or changes on its way."""
    known = {*document._KEYS, "handoff"}
    brief = Brief(
        ID,
        "T",
        "now",
        verify=tuple(verify),
        labels=tuple(labels),
        target=target,
        extra={key: value for key, value in extra.items() if key not in known},
        sections={TASK: "x"},
    )

    parsed = parse(document.render(brief))

    assert (parsed.verify, parsed.labels, parsed.target) == (brief.verify, brief.labels, target)
    assert parsed.extra == brief.extra
    assert parsed.sections == brief.sections


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("just do it", {TASK: "just do it"}),
        ("# T", {TASK: "T"}),
        ("# T\nintro\n## Task\nbody", {TASK: "intro\n\nbody"}),
        ("## Goal\na\n## Task\nb\n## objective\nc", {TASK: "a\n\nb\n\nc"}),
        ("## Task\na\n## Task\nb", {TASK: "a\nb"}),
        ("## TASK:\na\n## next steps\nb", {TASK: "a", NEXT_STEP: "b"}),
        ("## Task ##\na", {TASK: "a"}),
        ("## Verify\nv\n## Task\na", {TASK: "a", VERIFY: "v"}),
        ("## Notes\nn\n## Task\na", {TASK: "a", "Notes": "n"}),
        ("## Task\na\n## State\n\n \n## Verify\nv", {TASK: "a", VERIFY: "v"}),
        ("## Task\na\n## Facts\ninvented\n## Outcome\ndone", {TASK: "a"}),
        ("---\nid: x\nkind: task\n---\n# T\n## Task\na", {TASK: "a"}),
        ("---\nnot closed\n## Task\na", {TASK: "---\nnot closed\n\na"}),
        ("## Task\r\na\r\n## Verify\r\nv", {TASK: "a", VERIFY: "v"}),
        ("## Task\ra\r## Verify\rv", {TASK: "a", VERIFY: "v"}),
        ("## Task\na\0b", {TASK: "ab"}),
        ("## Task\n### part\n#### x\n##no", {TASK: "### part\n#### x\n##no"}),
    ],
)
def test_words_are_read_leniently(text: str, expected: dict[str, str]) -> None:
    """Other names, other order, no headings at all: what was meant, in the order of need."""
    bodies = sections(text)

    assert dict(bodies) == expected
    assert list(bodies) == list(expected)


@pytest.mark.parametrize(
    "text", ["", " \n\t", "\0", "---\na: b\n---\n", "## Facts\nx", "## Task\n"]
)
def test_nothing_is_no_brief(text: str) -> None:
    """An empty text is refused, and the fix says what to send."""
    with pytest.raises(HandoffError, match="The brief is empty") as caught:
        document.parse_words(redact(text))
    assert "handoff write <<'BRIEF'" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("# T\n## Task\nx", ""),
        ("# T\n## Goal\nx", ""),
        ("# T\n\nDo x.\n## State\ns", ""),
        ("# T\n## Verify\nv\n## State\ns", "no `## Task` section"),
        ("# T", "no `## Task` section"),
        ("## Task\nx", "no title (`# …`)"),
        ("Do x.", "no title (`# …`), no `## Task` section"),
        ("Do x.\n## State\ns", "no title (`# …`), no `## Task` section"),
    ],
)
def test_what_a_whole_brief_has_and_a_text_has_not(text: str, missing: str) -> None:
    """A title and a task, which may stand right below the title; nothing of the text is lost."""
    words = document.parse_words(redact(text))
    assert ", ".join(words.missing) == missing
    assert words.title
    assert any(words.sections.values())


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# The  title\n## Task\nx", "The title"),
        ("## Task\nfirst line\nsecond", "first line second"),
        ("## Task\n" + "word " * 40, ("word " * 16).strip()),
        ("# " + "long " * 100 + "\nx", ("long " * 40).strip()),
        ("# a\x1b[31m\u202eb\nx", r"a\x1b[31m\u202eb"),
        ("# \x01\u200b\n## Task\n\x01", r"\x01\u200b"),
        ("# T\n# U\n## Task\nx", "T"),
    ],
)
def test_the_title_is_one_plain_line(text: str, title: str) -> None:
    """From the heading, else from the task; without anything that acts on a terminal."""
    assert document.parse_words(redact(text)).title == title


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Fix the token refresh race", "fix-the-token-refresh-race"),
        ("Über-Änderung: é", "uber-anderung-e"),
        ("日本", "brief"),
        ("", "brief"),
        ("../../etc/passwd", "etc-passwd"),
        ("a" * 100, "a" * 40),
        ("a\n; rm -rf $HOME `x` 'y'", "a-rm-rf-home-x-y"),
    ],
)
def test_an_id_is_safe_as_a_name(title: str, slug: str) -> None:
    """Lower-case words of ASCII, not too long, whatever the title."""
    brief_id = document.new_id(redact(title), "20261122-073812", b"\x9f\x3a")

    assert brief_id == f"20261122-073812-{slug}-9f3a"
    assert document.ID_PATTERN.fullmatch(brief_id)


@given(st.text())
def test_every_title_makes_an_id(title: str) -> None:
    """Any text at all."""
    brief_id = document.new_id(redact(title), "20261122-073812", b"\0\xff")

    assert document.ID_PATTERN.fullmatch(brief_id)
    assert len(brief_id) < 70


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "no front matter"),
        (b"# T\n\n## Task\n\nx\n", "no front matter"),
        (b"---\nhandoff: 1\n", "no front matter"),
        (b"--- \nhandoff: 1\n---\n", "no front matter"),
        (b"\n---\nhandoff: 1\n---\n", "no front matter"),
        (b"---\nid: x\n---\n", "format missing; this handoff reads format 1"),
        (b"---\nhandoff: 2\n---\n", "format 2; this handoff reads format 1"),
        (b"---\nhandoff: [1]\n---\n", "format unknown"),
        (b"---\nhandoff: 1\n---\n", "its `id` is not a valid brief ID"),
        (b"---\nhandoff: 1\nid: [x]\n---\n", "its `id` is not a valid brief ID"),
        (b"---\nhandoff: 1\nid: ../../x\n---\n", "its `id` is not a valid brief ID"),
        (b"---\nhandoff: 1\nid: 20261122-073812-x-9f3a/../y\n---\n", "its `id`"),
        ("---\nhandoff: 1\nid: ２０２６１１２２-073812-x-9f3a\n---\n".encode(), "its `id`"),
        (b"---\n- a\n---\n", "not a mapping"),
        (b"---\nx\n---\n", "not a mapping"),
        (b"---\n\n---\n", "not a mapping"),
        (b"---\na: [\n---\n", "is not YAML (line"),
        (b"---\na: \x01\n---\n", "is not YAML"),
        (b"---\na: &x 1\nb: *x\n---\n", "has aliases (*name) (line 3)"),
        (b"---\na: [[[[[[[1]]]]]]]\n---\n", "nested too deeply"),
        (b"---\na: " + b"[" * 30_000 + b"\n---\n", "nested too deeply"),
        (b"---\na: " + b"x" * 33_000 + b"\n---\n", "is over 32768 bytes"),
        (b"---\nhandoff: 1\n---\n\xff", "not UTF-8"),
        ("---\nhandoff: 1\n---\n".encode("utf-16"), "not UTF-8"),
        (b"---\n" + b"x" * (1024 * 1024), "over 1048576 bytes"),
    ],
)
def test_what_is_no_brief_is_refused_with_its_reason(text: bytes, words: str) -> None:
    """The file, what is wrong with it, at once."""
    began = time.process_time()

    assert words in refusal(text)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    "front",
    [
        "x: !!python/object/apply:os.system ['exit 1']",
        "x: !!python/name:os.system",
        "x: !!binary aGk=",
        "x: !!timestamp 2026-11-22",
        "x: !!set {a, b}",
        "x: 2026-11-22",
        "x: !local y",
    ],
)
def test_tags_make_nothing(front: str) -> None:
    """Front matter makes strings, lists and mappings; no tag can make anything else."""
    value = parse(HEAD.replace("title: T", f"title: T\n{front}")).extra["x"]

    assert isinstance(value, (str, list, dict))


@pytest.mark.parametrize(
    ("front", "attribute", "expected"),
    [
        ("kind: task", "kind", "task"),
        ("kind: evil", "kind", "continue"),
        ("kind: [task]", "kind", "continue"),
        ("author: snapshot", "author", "snapshot"),
        ("author: root", "author", "model"),
        ("session: x", "session", {}),
        ("session: [1]", "session", {}),
        ("verify: pytest", "verify", ()),
        ("verify: [pytest, [x], {a: b}]", "verify", ("pytest",)),
        ("labels: {a: b}", "labels", ()),
        ("parent: [x]", "parent", ""),
        ("trigger: {}", "trigger", ""),
        ("created: [2026]", "created", ""),
        ("reading: {tokens: 12, cost_usd: 1.5, x: -1, y: 1e9}", "reading",
         {"tokens": 12, "cost_usd": 1.5, "x": "-1", "y": "1e9"}),
        ("reading: {tokens: " + "9" * 400 + "}", "reading", {"tokens": "9" * 400}),
        ("git: {branch: 123, head: 0012345, dirty: null}", "git",
         {"branch": "123", "head": "0012345", "dirty": None}),
        ("for: {model: sonnet}", "target", {"model": "sonnet"}),
        ("command: rm -rf", "extra", {"command": "rm -rf"}),
    ],
)  # fmt: skip
def test_fields_of_the_wrong_kind_are_empty(front: str, attribute: str, expected: object) -> None:
    """A field is of its type or not there; an unknown key is kept and means nothing."""
    assert getattr(parse(HEAD.replace("title: T", f"title: T\n{front}")), attribute) == expected


def test_sections_of_one_meaning_are_joined() -> None:
    """In a file that somebody else wrote no section hides another one."""
    parsed = parse(f"{HEAD}\n# T\n\nintro\n\n## Goal\n\na\n\n## Task\n\nb\n")

    assert parsed.sections == {TASK: "intro\n\na\n\nb"}


def test_line_ends_of_windows_are_read() -> None:
    """A checkout with CRLF is the same brief."""
    assert parse(f"{HEAD}\n# T\n\n## Task\n\na\nb\n".replace("\n", "\r\n")).sections == {
        TASK: "a\nb"
    }


@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["---\n", "handoff: 1\n", f"id: {ID}\n", "title: T\n", "a: &x [1]\n", "b: *x\n", "[",
             "{", "\t", "- ", "? ", ": ", "!!python/object:x ", "## Task\n", "```\n", "\0", "'",
             '"', "|\n", "%YAML 9.9\n", "...\n", "\ufeff"]
        )
        | st.text(max_size=5),
        max_size=14,
    )
)  # fmt: skip
def test_no_file_raises_anything_else(pieces: list[str]) -> None:
    """Any text is a brief or is refused with words for a person."""
    try:
        parsed = parse("".join(pieces).encode("utf-8", "replace"))
    except HandoffError as error:
        assert error.what.startswith("x.md: ")
    else:
        assert parsed.id == ID
