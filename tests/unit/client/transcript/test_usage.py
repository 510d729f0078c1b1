"""What a line says of usage: whatever shape it has, and whatever is broken around it."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.client.transcript import usage
from handoff.client.transcript.charges import Charge, charges
from handoff.client.transcript.usage import ClientTotal, Spend
from support.usage_lines import OPUS, Record, answer, client_total, line, lines, make_prompt
from support.usage_lines import usage as counts


def read_usage(content: bytes, offset: int = 0) -> tuple[list[Spend | ClientTotal], int]:
    """What is read from a transcript, and the offset to go on from."""
    taken: list[Spend | ClientTotal] = []
    return taken, usage.read_usage(io.BytesIO(content), offset, taken.append)


def spends(content: bytes) -> list[Spend]:
    """The spends of a transcript, which must be read to its end."""
    taken, offset = read_usage(content)
    assert offset == len(content)
    return [one for one in taken if isinstance(one, Spend)]


def plain(one: Spend | None) -> Any:
    """A spend as a value that can be compared."""
    assert one is not None
    return (one.key, one.model, one.at, one.sidechain, one.charges)


def charge(model: str = OPUS, **more: Any) -> Charge:
    nothing = Charge(model, 0, 0, 0, 0, 0, 0, fast=False, us=False)
    return nothing._replace(**more)


def test_a_line_says_who_used_what_when() -> None:
    """All fields of a line come through."""
    split = {"ephemeral_5m_input_tokens": 30, "ephemeral_1h_input_tokens": 70}
    record = answer(
        "a",
        input_tokens=1,
        cache_creation_input_tokens=100,
        cache_creation=split,
        cache_read_input_tokens=5,
        output_tokens=7,
        server_tool_use={"web_search_requests": 2},
        speed="fast",
        inference_geo="us",
        sidechain=True,
    )
    (one,) = spends(line(record))

    used = Charge(OPUS, 1, 30, 70, 5, 7, 2, fast=True, us=True)
    assert plain(one) == ("msg_a:req_a", OPUS, "2026-11-22T10:00:00.000Z", True, [used])


@pytest.mark.parametrize(
    ("split", "write_5m", "write_1h"),
    [
        (None, 100, 0),
        ({}, 100, 0),
        ({"ephemeral_1h_input_tokens": 40}, 60, 40),
        ({"ephemeral_1h_input_tokens": 400}, 0, 100),
        ({"ephemeral_5m_input_tokens": 10, "ephemeral_1h_input_tokens": 20}, 80, 20),
    ],
)
def test_cache_writes_without_a_lifetime_are_of_five_minutes(
    split: Any, write_5m: int, write_1h: int
) -> None:
    """The client prices what no lifetime is given for at the five minute price."""
    all_charges = charges(
        OPUS, OPUS, counts(cache_creation_input_tokens=100, cache_creation=split), refused=False
    )

    assert all_charges == [charge(write_5m=write_5m, write_1h=write_1h)]


def part(kind: str, model: str | None = None, **more: int) -> Record:
    """One iteration."""
    return {"type": kind, **({"model": model} if model else {}), **counts(**more)}


ITERATIONS: dict[str, tuple[Record, list[Charge]]] = {
    "one": (
        counts(input_tokens=9, iterations=[part("message", input_tokens=9)]),
        [charge(input=9)],
    ),
    "two that add up": (
        counts(
            input_tokens=9,
            server_tool_use={"web_search_requests": 1},
            iterations=[part("message", input_tokens=4), part("message", input_tokens=5)],
        ),
        [charge(input=4, searches=1), charge(input=5)],
    ),
    "two that do not add up": (
        counts(input_tokens=9, iterations=[part("message", input_tokens=4)] * 2),
        [charge(input=9)],
    ),
    "a compaction": (
        counts(input_tokens=9, iterations=[part("compaction", input_tokens=99), part("message")]),
        [charge(input=9)],
    ),
    "an advisor": (
        counts(
            input_tokens=9,
            speed="fast",
            inference_geo="us",
            iterations=[part("message"), part("advisor_message", "claude-opus-5", output_tokens=3)],
        ),
        [charge(input=9, fast=True, us=True), charge("claude-opus-5", output=3, us=True)],
    ),
    "a fallback": (
        counts(
            input_tokens=9,
            inference_geo="us",
            server_tool_use={"web_search_requests": 1},
            iterations=[
                part("message", "claude-fable-5", input_tokens=9),
                part(
                    "fallback_message",
                    OPUS,
                    input_tokens=9,
                    cache_creation_input_tokens=5,
                ),
            ],
        ),
        [charge(input=9, write_5m=5, us=True), charge(searches=1, us=True)],
    ),
    "a fallback that was not asked for": (
        counts(
            input_tokens=9, iterations=[part("fallback_message", "claude-opus-5", input_tokens=8)]
        ),
        [charge(input=9)],
    ),
    "nonsense": (counts(input_tokens=9, iterations=[1, None, {"type": 2}]), [charge(input=9)]),
    "no list": (counts(input_tokens=9, iterations={"type": "message"}), [charge(input=9)]),
}


@pytest.mark.parametrize("name", ITERATIONS)
def test_iterations_are_charged_as_the_client_charges_them(name: str) -> None:
    """Advisors under their own model, fallbacks alone, other extra iterations not at all."""
    given_usage, expected = ITERATIONS[name]
    (one,) = spends(line(answer(given=given_usage)))

    assert one.charges == expected


def test_a_fallback_that_refused_too_is_not_charged() -> None:
    """Of a chain that ends in a refusal its last iteration is free."""
    chain = [
        part("fallback_message", "claude-opus-5", input_tokens=4),
        part("fallback_message", OPUS, input_tokens=5),
    ]
    record = answer(given=counts(input_tokens=5, iterations=chain))
    record["message"]["stop_reason"] = "refusal"
    (one,) = spends(line(record))

    assert one.charges == [charge("claude-opus-5", input=4)]


def test_the_model_that_was_asked_for_is_charged() -> None:
    """2.1.330 says in `requestedModel` what it books; the answer may name its model otherwise."""
    (one,) = spends(line(answer(model="proxy-7", top={"requestedModel": OPUS}, input_tokens=1)))

    assert (one.model, one.charges) == ("proxy-7", [charge(input=1)])


OTHERS = {
    "synthetic": answer(model="<synthetic>"),
    "an API error": answer(top={"isApiErrorMessage": True}),
    "a tool's result with usage": {
        **make_prompt(),
        "toolUseResult": {"usage": counts(output_tokens=5)},
    },
    "a command's progress": {**make_prompt(), "type": "progress", "data": {"output_tokens": 1}},
    "odd progress": {
        **make_prompt(),
        "type": "progress",
        "data": {"message": [{"output_tokens": 1}]},
    },
    "a prompt about usage": make_prompt(line(answer()).decode()),
    "no usage": answer(given={}) | {"message": {"model": OPUS, "role": "assistant"}},
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_no_answer_says_nothing(name: str) -> None:
    """Errors, results, prompts and reports that only contain a usage are not counted."""
    assert spends(lines(make_prompt(), OTHERS[name], make_prompt())) == []


def test_a_subagents_answer_is_also_reported_as_progress() -> None:
    """Old clients wrote it into the session's file too: the same response as in its own file."""
    own = answer("a", input_tokens=3, sidechain=True)
    names = ("type", "timestamp", "message", "requestId", "uuid")
    report = {
        **make_prompt(),
        "type": "progress",
        "data": {"message": {name: own[name] for name in names}},
    }

    assert [plain(one) for one in spends(lines(report))] == [plain(usage.spend_of(own))]


SHAPES = {
    "the client's": line(answer("a", input_tokens=3)),
    "with spaces": json.dumps(answer("a", input_tokens=3)).encode() + b"\n",
    "keys sorted": json.dumps(answer("a", input_tokens=3), sort_keys=True).encode() + b"\n",
    "CRLF": line(answer("a", input_tokens=3))[:-1] + b"\r\n",
    "a NUL in front": b"\0\0" + line(answer("a", input_tokens=3)),
    "an escaped path": line(answer("a", input_tokens=3, top={"cwd": 'C:\\x "y"'})),
    "invalid UTF-8": line(answer("a", input_tokens=3)).replace(b"Done.", b"\xff\xfe"),
    "usage in the text": line(answer("a", input_tokens=3, text='{"usage":{"input_tokens":9}}')),
    "behind a torn line": line(make_prompt("x" * 99))[:140] + line(answer("a", input_tokens=3)),
    "behind a torn answer": line(answer("b", input_tokens=9))[:200]
    + line(answer("a", input_tokens=3)),
    "behind a whole record": line(make_prompt())[:-1] + line(answer("a", input_tokens=3)),
    "before a whole record": line(answer("a", input_tokens=3))[:-1] + line(make_prompt()),
    "before a torn line": line(answer("a", input_tokens=3)) + line(answer("b"))[:-200] + b"\n",
    "before a torn line of its own": line(answer("a", input_tokens=3))
    + line(answer("a"))[:-200]
    + b"\n",
    "twice": line(answer("a", input_tokens=1)) + line(answer("a", input_tokens=3)),
    "without the last line's end": line(answer("a", input_tokens=3))[:-1],
    "behind a very long line": line(make_prompt("x" * (usage.MAX_LINE_BYTES + 5)))
    + line(answer("a", input_tokens=3)),
    "glued to a very long line": line(make_prompt("x" * (usage.MAX_LINE_BYTES + 5)))[:-9]
    + line(answer("a", input_tokens=3)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_a_line_is_read_in_every_shape(name: str) -> None:
    """The last thing said of response `a` is always three tokens of input."""
    said_of_a = [one for one in spends(SHAPES[name]) if one.key == "msg_a:req_a"]

    assert said_of_a[-1].charges == [charge(input=3)]


def test_two_answers_on_one_line_both_count() -> None:
    """A line without its end and the next one behind it are two."""
    both = line(answer("a", input_tokens=1))[:-1] + line(answer("b", input_tokens=2))

    assert [one.key for one in spends(both)] == ["msg_a:req_a", "msg_b:req_b"]


def test_an_unended_line_waits_until_it_is_whole() -> None:
    """What is there of a line that is being written is read when the rest has come."""
    whole = lines(answer("a"), answer("b"))
    first = len(line(answer("a")))
    for end in range(first, len(whole) - 1):
        taken, offset = read_usage(whole[:end])
        assert (len(taken), offset) == (1, first)
        assert len(read_usage(whole, offset)[0]) == 1


def test_the_clients_total_is_found_in_its_place() -> None:
    """A total comes after what stands before it, and says whether the client guessed."""
    taken, _ = read_usage(
        lines(answer("a"), client_total(1.5, tokens=9), answer("b"), client_total(2, guessed=True))
    )

    assert [type(one) for one in taken] == [Spend, ClientTotal, Spend, ClientTotal]
    totals = [one for one in taken if isinstance(one, ClientTotal)]
    assert [(one.usd, one.tokens, one.guessed) for one in totals] == [
        (1.5, 9, False),
        (2.0, 10**9, True),
    ]


def test_no_input_stops_the_reader() -> None:
    """Broken totals and shapes of another kind are passed over."""
    odd = [
        {"type": "cost-state", "totalCostUSD": "x"},
        [answer()],
        {"type": "assistant", "message": []},
    ]

    assert read_usage(b"".join(map(line, odd)) + b'{"usage":{"output_tokens":\n')[0] == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "given_usage",
    [
        # 2.1.38 to 2.1.49, 2.1.205 to 2.1.219, 2.1.330; with counts of our own
        {
            "input_tokens": 3,
            "cache_creation_input_tokens": 14,
            "cache_read_input_tokens": 28,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 14},
            "output_tokens": 9,
            "service_tier": "standard",
            "inference_geo": "not_available",
        },
        {
            "input_tokens": 3,
            "cache_creation_input_tokens": 14,
            "cache_read_input_tokens": 28,
            "output_tokens": 9,
            "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
            "service_tier": "standard",
            "cache_creation": {"ephemeral_1h_input_tokens": 14, "ephemeral_5m_input_tokens": 0},
            "inference_geo": "not_available",
            "iterations": [
                {
                    "input_tokens": 3,
                    "output_tokens": 9,
                    "cache_read_input_tokens": 28,
                    "cache_creation_input_tokens": 14,
                    "cache_creation": {
                        "ephemeral_5m_input_tokens": 0,
                        "ephemeral_1h_input_tokens": 14,
                    },
                    "type": "message",
                }
            ],
            "speed": "standard",
        },
        {
            "input_tokens": 3,
            "cache_creation_input_tokens": 14,
            "cache_read_input_tokens": 28,
            "output_tokens": 9,
            "output_tokens_details": {"thinking_tokens": 0},
            "server_tool_use": {"web_search_requests": 0, "web_fetch_requests": 0},
            "service_tier": "standard",
            "cache_creation": {"ephemeral_1h_input_tokens": 14, "ephemeral_5m_input_tokens": 0},
            "inference_geo": "",
            "iterations": [],
            "speed": "standard",
            "fallback_credit": None,
        },
    ],
    ids=["2.1.49", "2.1.219", "2.1.330"],
)
def test_the_usual_line_is_not_parsed(given_usage: Record, monkeypatch: pytest.MonkeyPatch) -> None:
    """What clients write a thousand times a session takes the quick look."""
    monkeypatch.setattr(usage, "spend_of", None)
    (one,) = spends(line(answer("a", given=given_usage)))

    assert one.charges == [charge(input=3, write_1h=14, read=28, output=9)]


numbers = st.integers(-3, 2_000_000) | st.none() | st.text(max_size=2)
splits = st.dictionaries(
    st.sampled_from(["ephemeral_1h_input_tokens", "ephemeral_5m_input_tokens", "x"]), numbers
)
usages = st.fixed_dictionaries(
    {"output_tokens": numbers},
    optional={
        "input_tokens": numbers,
        "cache_creation_input_tokens": numbers,
        "cache_read_input_tokens": numbers,
        "cache_creation": splits | numbers,
        "server_tool_use": st.dictionaries(st.just("web_search_requests"), numbers) | numbers,
        "speed": st.sampled_from(["fast", "standard", None]),
        "inference_geo": st.sampled_from(["us", "", "not_available", None]),
        "iterations": numbers
        | st.lists(
            st.fixed_dictionaries(
                {"type": st.sampled_from(["message", "fallback_message", "advisor_message", "x"])},
                optional={"model": st.sampled_from([OPUS, "m"]), "input_tokens": numbers},
            ),
            max_size=3,
        ),
    },
)


whole_usages = usages | usages.map(lambda some: counts(**some))
asked_models = st.sampled_from([{}, {"requestedModel": "m"}, {"requestedModel": 'a"b'}])


@given(whole_usages, st.text(max_size=9), st.booleans(), asked_models)
def test_the_quick_look_agrees_with_the_whole_record(
    some: Record, text: str, sidechain: bool, top: Record
) -> None:
    """Reading a line by its bytes gives what parsing all of it gives."""
    record = answer("a", given=some, text=text, sidechain=sidechain, top=top)
    (one,) = spends(line(record))

    assert plain(one) == plain(usage.spend_of(record))


@given(st.binary(max_size=300), st.integers(0, 40))
def test_any_bytes_are_survived(noise: bytes, at: int) -> None:
    """Noise before, behind and in a transcript never stops the reading of it."""
    whole = lines(answer("a"), client_total(1))
    taken, offset = read_usage(whole[:at] + noise + whole[at:] + noise)

    assert 0 <= offset <= len(whole) + 2 * len(noise)
    assert len(taken) <= 2
