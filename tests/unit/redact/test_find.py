"""Secrets at random places, over several lines, in long streams; the user's patterns; failures."""

from __future__ import annotations

import io
import random
import time
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.base.errors import HandoffError
from handoff.redact.redact import redact, stream
from support.ordinary_lines import lines
from support.secret_table import PROVIDERS, make_secret

PROSE = [line for line in lines() if len(line.split()) > 3 and max(map(len, line.split())) < 30]
PEM = "PRIVATE KEY"
MARK = "[redacted: private key]"
# With a beginning of their own: the others are known by chance's own look, in `test_shape_table`.
ALONE = [(noun, template) for _, noun, template, alone in PROVIDERS if alone and template[0] != "{"]
LONG = [template for _, template in ALONE if "://" not in template and "|" not in template]
# None ends in the secret: what the next line begins with might be more of it.
FRAMES = [
    "{}.", "```\n{}\n```", "```sh\nexport X='{}'\n```", '{{"a": [1, {{"b": "{}"}}]}}', "- `{}`",
    "> {},",
    "| a | {} |", "<p>{}</p>", "x = ['{}', 2]", "  key: {}\n  other: 1", "a\\n{}\\nb", "+    '{}',",
    "[2026-11-22 10:31:45] got {} from it", "({})", "{}\r\nnext", "\x1b[1m{}\x1b[0m",
    "\x1b[38;5;208m{}\x1b[m", '{{"text": "\\u001b[32m{}\\u001b[0m"}}', "\\x1b[31m{}",
    "\\033[1m{}\\033[0m",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from([template for _, template in ALONE]),
    st.sampled_from(FRAMES),
    st.lists(st.sampled_from(PROSE), max_size=4),
    st.lists(st.sampled_from(PROSE), max_size=4),
    st.integers(0, 2**32),
)
def test_no_place_hides_a_secret(
    template: str, frame: str, before: list[str], behind: list[str], seed: int
) -> None:
    """Between any ordinary lines of words, in any frame, the secret goes and the lines stay.

    A line that is one long word can read as the beginning or the rest of a wrapped secret.
    """
    secret = make_secret(template, random.Random(seed))

    redacted = redact("\n".join([*before, frame.format(secret), *behind]))

    assert secret not in redacted
    assert redacted.startswith("".join(line + "\n" for line in before))
    assert redacted.endswith("".join("\n" + line for line in behind))


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(LONG),
    st.sampled_from(["\\\n", "\\\n    ", "\\\r\n  "]),
    st.integers(0, 2**32),
    st.floats(0.3, 0.7),
)
def test_a_secret_that_a_backslash_continues_goes(
    template: str, tear: str, seed: int, part: float
) -> None:
    """Both halves are marked, and the lines stay two."""
    secret = make_secret(template, random.Random(seed))
    at = int(len(secret) * part)

    redacted = redact(f"run --token={secret[:at]}{tear}{secret[at:]} now")

    assert secret[:at][-10:] not in redacted
    assert secret[at:][:10] not in redacted
    assert redacted.count("\n") == 1


@pytest.mark.parametrize("width", [40, 64, 80])
@pytest.mark.parametrize("indent", ["", "  "])
@pytest.mark.parametrize(
    "template", ["sk-ant-api03-{b93}AA", "eyJ{w33}.eyJ{w80}.{w43}", "xoxb-{d12}-{d12}-{w24}"]
)
def test_a_secret_that_is_wrapped_goes(template: str, indent: str, width: int) -> None:
    """What a terminal or an editor broke at its width is found as one, and words after it stay."""
    secret = make_secret(template, random.Random(width))
    text = f"the key is {secret}"
    rows = [text[at : at + width] for at in range(0, len(text), width)]

    redacted = redact(("\n" + indent).join(rows) + "\nand so on")

    assert not any(piece[-8:] in redacted for piece in rows if len(piece) > 12)
    assert redacted.endswith("\nand so on")
    assert redacted.count("\n") == len(rows)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-----BEGIN {}-----\n{}\n{}\n-----END {}-----\nx", [MARK] * 4 + ["x"]),
        ("  k: |\n    -----BEGIN {}-----\n    {}\n    {}\n    -----END {}-----",
         ["  k: |", *["    " + MARK] * 4]),
        ('{{"k": "-----BEGIN {}-----\\n{}\\n{}\\n-----END {}-----\\n"}}',
         ['{"k": "' + MARK + '\\n"}']),
        ("x\n-----BEGIN {}-----\n{}\n{}\nThat is all. {}",
         ["x", MARK, MARK, MARK, "That is all. " + PEM]),
        ("{0}: the tail\n{1}\n{2}\n-----END {0}-----", [f"{PEM}: the tail", MARK, MARK, MARK]),
    ],
)  # fmt: skip
def test_each_line_of_a_private_key_is_marked(text: str, expected: list[str]) -> None:
    """Whole, in YAML, in JSON, without its end, without its beginning: a line stays a line."""
    body = [make_secret("{B64}", random.Random(seed)) for seed in (1, 2)]

    assert redact(text.format(PEM, *body, PEM)).split("\n") == expected


def test_a_kubernetes_secret_loses_its_values() -> None:
    """Base64 of a short password looks like a word; the document's kind says what it is."""
    text = "kind: Secret\ndata:\n  user: YWRtaW4=\n  pass: cGFzc3dvcmQ=\ntype: Opaque\n"

    redacted = redact(text)

    assert "YWRtaW4=" not in redacted
    assert "cGFzc3dvcmQ=" not in redacted
    assert redacted.endswith("\ntype: Opaque\n")


def test_the_secret_beside_an_aws_key_id_goes_too() -> None:
    """Forty characters that nothing names are known by the id in the line above."""
    chance = random.Random(3)
    secret = make_secret("{B40}", chance)

    assert secret not in redact(f"{make_secret('ASIA{u16}', chance)}\n{secret}\n")


@settings(max_examples=5, deadline=None)
@given(st.integers(0, 2**32), st.integers(100, 20_000))
def test_a_stream_is_redacted_as_a_text_is(seed: int, size: int) -> None:
    """However the reading is cut, the result is the same, and every line is still there."""
    chance = random.Random(seed)
    rows = [chance.choice(lines()) for _ in range(800)]
    for _ in range(20):
        noun, template = chance.choice(ALONE)
        rows.insert(chance.randrange(len(rows)), f"{noun}: {make_secret(template, chance)}")
    text = "\n".join(rows)
    source = io.StringIO(text, newline="")

    redacted = "".join(stream(lambda wanted: source.read(min(wanted, size))))

    assert redacted == redact(text)
    assert redacted.count("\n") == text.count("\n")
    assert redacted.count("[redacted: ") >= 20


def test_a_private_key_is_found_across_the_pieces_of_a_stream() -> None:
    """The pieces are cut before a key that is not over yet."""
    chance = random.Random(5)
    body = "\n".join(make_secret("{B64}", chance) for _ in range(50))
    key = f"-----BEGIN {PEM}-----\n{body}\n-----END {PEM}-----\n"
    text = ("an ordinary line\n" * 3000 + key) * 6

    redacted = redact(text)

    assert redacted.count("\n") == text.count("\n")
    assert redacted.count("an ordinary line\n") == 18000
    assert redacted.count(MARK) == 52 * 6


@pytest.mark.parametrize("ending", ["\n", " "])
def test_a_long_stream_takes_little_memory(ending: str) -> None:
    """Six megabytes, in lines or in one line, never stand in memory at once."""
    secret = make_secret("{w32}", random.Random(1))
    piece = f"some words{ending}" * 2000 + f"token={secret}{ending}"
    left = [6_000_000 // len(piece)]

    def read(size: int) -> str:
        left[0] -= 1
        return piece if left[0] > 0 else ""

    tracemalloc.start()
    for chunk in stream(read):
        assert secret not in chunk
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 30_000_000


@pytest.mark.parametrize(
    "piece",
    ["some ordinary words, and code(a, b) ", "Zm9vYmFy", "0123456789abcdef",
     '{"a": 1, "b": [2, 3]}, ', "x", " ", "a.b/c-d_e=f ", "https://example.com/a?b=c&d=e "],
)  # fmt: skip
def test_one_line_of_a_megabyte_takes_a_second_at_most(piece: str) -> None:
    """Ordinary content, without any line's end."""
    text = piece * (1_000_000 // len(piece))
    began = time.process_time()
    redact(text)

    assert time.process_time() - began < 3  # a second on an idle machine; other tests run beside


@pytest.mark.parametrize(
    "piece",
    [f"-----BEGIN {PEM}-----", f"-----END {PEM}-----", f"-----BEGIN {PEM}-----\n", "eyJaaaaaaaa.",
     "token=>", "kind: Secret\ndata:\n", "data:\n  a: bbbbb\n", "A\\\n", "a\n", "-u a:", "0-",
     "xABSK",
     "://a:", "://a@", "key key ", " is the key", "authorization: bearer ", "a1b2c3d4e5f6g7h8 ",
     "[redacted: x]", "AAAA\n", "Private-Lines: 1\n", "x\"'", "a/", "aB3", "1:A", "$2a$"],
)  # fmt: skip
def test_no_hostile_text_takes_long(piece: str) -> None:
    """The time grows with the length and not with its square."""
    text = piece * (200_000 // len(piece))
    began = time.process_time()
    redact(text)

    assert time.process_time() - began < 8


@given(st.text(max_size=300))
def test_any_text_keeps_its_lines(text: str) -> None:
    """Whatever the characters, no line is lost and none is added."""
    redacted = redact(text)

    assert redacted.count("\n") == text.count("\n")
    assert redact(redacted) == redacted


def test_a_users_pattern_counts() -> None:
    """With its kind, and only its group where it has one."""
    own = [("employee", r"E-[0-9]{6}"), ("desk", r"desk (\w+)")]

    redacted = redact("E-123456 sits at desk north, [redacted: employee] too", own)

    assert (
        redacted == "[redacted: employee] sits at desk [redacted: desk], [redacted: employee] too"
    )


def test_a_failure_gives_nothing_of_the_text() -> None:
    """Text that cannot be checked is not given back, and the error does not hold it either."""
    secret = make_secret("ghp_{w36}", random.Random(1))

    with pytest.raises(HandoffError) as failed:
        redact(f"x {secret}", [("broken", "(")])

    assert secret not in str(failed.value)
    assert "not written" in str(failed.value)
