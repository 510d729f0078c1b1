"""The cost of a session: right wherever a reading ended, whatever is copied, replaced or torn."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff.client.transcript import usage
from handoff.meter import cost, prices
from handoff.meter.feed import Feed
from support.usage_lines import OPUS, Record, answer, client_total, line, lines, make_prompt

if TYPE_CHECKING:
    from typing import BinaryIO

TABLE = prices.load({"HOME": "/nowhere"})
INPUT = 4e-6  # dollars a token of Opus 5.5
MILLION = 1_000_000


class Session:
    """A transcript with subagents in a directory."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / "s.jsonl"
        self.folder = directory / "s" / "subagents"

    def write(self, content: bytes, agent: str = "") -> None:
        path = self.folder / f"agent-{agent}.jsonl" if agent else self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def add(self, content: bytes, agent: str = "") -> None:
        path = self.folder / f"agent-{agent}.jsonl" if agent else self.path
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(content)

    def read(self, state: dict[str, Any] | None = None) -> dict[str, Any]:
        """The next state, through JSON as it is kept."""
        given_state = json.loads(json.dumps(state or {}))
        new_state: dict[str, Any] = json.loads(
            json.dumps(cost.update_state(str(self.path), given_state, TABLE))
        )
        return new_state

    def cost(self) -> cost.Cost:
        return cost.figures(self.read())


@pytest.fixture
def session(tmp_path: Path) -> Session:
    return Session(tmp_path)


def sums(state: dict[str, Any]) -> Any:
    """What a state says, without where it was read."""
    return cost.figures(state).as_json()


def feed(usd: float, at: float = 9e9) -> Feed:
    return Feed({"cost": {"usd": usd}, "at": at})


def test_no_transcript_costs_nothing(session: Session) -> None:
    """Before the first answer there is no file."""
    figures = session.cost()

    assert (figures.usd, figures.source, figures.responses, figures.models) == (0, "", 0, {})


def test_a_response_counts_once_and_its_last_line_is_right(session: Session) -> None:
    """Three lines of one response and two of another are two responses."""
    one = [
        answer("a", output_tokens=1),
        make_prompt(),
        answer("a", output_tokens=1),
        answer("a", output_tokens=50),
    ]
    session.write(lines(*one, answer("b", output_tokens=7), answer("b", output_tokens=7)))
    figures = session.cost()

    assert (figures.responses, figures.models[OPUS].output) == (2, 57)
    assert figures.usd == pytest.approx(57 * 20e-6)
    assert figures.source == "transcript"


def test_subagents_are_part_of_the_session(session: Session) -> None:
    """Their files are beside the session's, those of a workflow deeper."""
    session.write(lines(answer("a", input_tokens=1)))
    session.write(lines(answer("b", input_tokens=2, sidechain=True)), "x")
    session.write(lines(answer("c", input_tokens=4, model="claude-haiku-5-5")), "y")
    (session.folder / "workflows" / "w").mkdir(parents=True)
    (session.folder / "agent-y.jsonl").rename(session.folder / "workflows" / "w" / "agent-y.jsonl")
    figures = session.cost()

    assert figures.responses == 3
    assert {name: one.input for name, one in figures.models.items()} == {
        OPUS: 3,
        "claude-haiku-5-5": 4,
    }


@pytest.mark.parametrize("copied", [1, 50, 90])
def test_a_copy_in_a_subagents_file_does_not_count(session: Session, copied: int) -> None:
    """A subagent that was given the conversation has the session's lines in its own file."""
    session.write(lines(answer("a", output_tokens=1), answer("a", output_tokens=50)))
    session.write(lines(answer("a", output_tokens=copied), answer("b", output_tokens=7)), "x")
    figures = session.cost()

    assert figures.responses == 2
    assert figures.models[OPUS].output == max(50, copied) + 7


def test_an_old_responses_copy_does_not_count(session: Session) -> None:
    """Hundreds of responses later an id is still known, in the same reading and in a later one."""
    many = [answer(str(number), output_tokens=1) for number in range(300)]
    session.write(lines(*many, *many[:50]))
    state = session.read()
    session.add(lines(*many))
    session.write(lines(*many), "x")
    again = session.read(state)

    assert sums(state)["responses"] == sums(again)["responses"] == 300
    assert sums(again)["models"][OPUS]["output"] == 300


def test_an_unknown_price_is_called_unknown(session: Session) -> None:
    """The model is named, its tokens are counted, and no total is made up."""
    session.write(lines(answer("a", input_tokens=5), answer("b", model="glm-5", input_tokens=7)))
    figures = session.cost()

    assert (figures.usd, figures.counted_usd, figures.unknown) == (None, None, ["glm-5"])
    assert figures.models["glm-5"].tokens == 7
    assert figures.models[OPUS].usd == pytest.approx(5 * INPUT)


def test_an_answer_of_an_unknown_model_without_tokens_is_no_matter(session: Session) -> None:
    """Nothing used costs nothing at any price."""
    session.write(lines(answer("a", input_tokens=5), answer("b", model="glm-5")))

    assert session.cost().unknown == []


def test_the_clients_total_wins_and_the_difference_is_told(session: Session) -> None:
    """A title's or a summary's request is in the client's total alone."""
    session.write(lines(answer("a", input_tokens=MILLION), client_total(4.5)))
    figures = session.cost()

    assert (figures.usd, figures.source) == (4.5, "client")
    assert (figures.counted_usd, figures.difference_usd) == (4.0, 0.5)


def test_what_comes_behind_the_clients_total_is_added(session: Session) -> None:
    """A resumed session: its total is of before; a later total covers all again."""
    session.write(lines(answer("a", input_tokens=MILLION), client_total(4.5)))
    state = session.read()
    session.add(lines(answer("b", input_tokens=MILLION, at="2026-11-22T12:00:00.000Z")))
    session.write(lines(answer("c", input_tokens=MILLION, at="2026-11-22T11:00:00.000Z")), "old")
    session.write(lines(answer("d", input_tokens=MILLION, at="2026-11-22T13:00:00.000Z")), "new")
    resumed = session.read(state)
    figures = cost.figures(resumed)

    assert figures.usd == 4.5 + 4 + 4
    assert (figures.counted_usd, figures.difference_usd) == (16.0, 4.5 - 8)
    assert sums(session.read()) == sums(resumed)

    session.add(line(client_total(17)))
    figures = cost.figures(session.read(resumed))

    assert (figures.usd, figures.difference_usd) == (17, 1)


def test_a_total_that_the_client_guessed_is_not_taken(session: Session) -> None:
    """The client prices an unknown model as another one; we do not."""
    session.write(
        lines(answer("a", model="glm-5", input_tokens=5), client_total(4.5, guessed=True))
    )
    figures = session.cost()

    assert (figures.usd, figures.source, figures.unknown) == (None, "transcript", ["glm-5"])


def test_a_total_of_a_client_that_began_anew_is_not_taken(session: Session) -> None:
    """A killed client leaves no total; resumed, it begins at zero. The difference is told."""
    session.write(lines(answer("a", input_tokens=MILLION), answer("b", input_tokens=MILLION)))
    session.add(line(client_total(4, tokens=MILLION)))
    figures = session.cost()

    assert (figures.usd, figures.source, figures.difference_usd) == (8, "transcript", -4)


def test_a_newer_clients_total_covers_a_model_that_we_do_not_know(session: Session) -> None:
    """The client that made it has its price."""
    session.write(lines(answer("a", model="claude-opus-9", input_tokens=5), client_total(4.5)))
    figures = session.cost()

    assert (figures.usd, figures.source, figures.difference_usd) == (4.5, "client", None)


def test_the_feed_wins_while_it_is_fresh(session: Session) -> None:
    """A feed that is older than the transcript says nothing of its end."""
    session.write(lines(answer("a", input_tokens=MILLION), client_total(4.5)))
    state = session.read()
    fresh, old = cost.figures(state, feed(5)), cost.figures(state, feed(5, at=1.0))

    assert (fresh.usd, fresh.source, fresh.difference_usd) == (5, "feed", 1)
    assert (old.usd, old.source) == (4.5, "client")


def test_the_feed_does_not_hide_an_unknown_price(session: Session) -> None:
    """The client's running figure holds a guess then."""
    session.write(lines(answer("a", model="glm-5", input_tokens=5)))
    figures = cost.figures(session.read(), feed(5))

    assert (figures.usd, figures.unknown) == (None, ["glm-5"])


@pytest.mark.parametrize(
    "other",
    [
        lines(answer("x", input_tokens=1)),
        lines(*(answer(f"x{number}", input_tokens=1) for number in range(9))),
        b"",
    ],
    ids=["shorter", "longer", "empty"],
)
def test_another_file_in_its_place_is_read_anew(session: Session, other: bytes) -> None:
    """A transcript that was replaced or truncated leaves nothing behind."""
    session.write(lines(answer("a", input_tokens=MILLION), answer("b", input_tokens=MILLION)))
    state = session.read()
    session.write(other)

    assert sums(session.read(state)) == sums(session.read())


def test_a_directory_or_a_pipe_is_no_transcript(session: Session) -> None:
    """Nothing that could block or fail is opened."""
    os.mkfifo(session.path)
    session.folder.mkdir(parents=True)
    (session.folder / "agent-x.jsonl").mkdir()

    assert session.cost().usd == 0


def test_the_state_stays_small(session: Session) -> None:
    """Ten thousand responses leave under half a megabyte, almost all of it one string."""
    session.write(lines(*(answer(f"{number:024}", output_tokens=1) for number in range(10_000))))
    kept = json.dumps(session.read())

    assert len(kept) < 500_000


# A session as the client writes it: lines of few responses in any order, totals, other lines, in
# the session's file and two subagents'.
answers = st.builds(
    lambda name, output, model, minute: answer(
        name, output_tokens=output, model=model, at=f"2026-11-22T10:{minute:02}:00.000Z"
    ),
    st.sampled_from("abcdef"),
    st.integers(0, 99),
    st.sampled_from([OPUS, "claude-haiku-5-5", "glm-5"]),
    st.integers(0, 59),
)
others = st.builds(make_prompt) | st.builds(client_total, st.floats(0, 9), guessed=st.booleans())
records = st.lists(answers | others, max_size=12)
quick = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def in_order(unordered: list[Record]) -> list[Record]:
    """Answers with rising times, as a client that writes them has them."""
    times = sorted(one["timestamp"] for one in unordered if one["type"] == "assistant")
    return [
        {**one, "timestamp": times.pop(0)} if one["type"] == "assistant" else one
        for one in unordered
    ]


@quick
@given(records, st.data())
def test_any_prefix_gives_the_same_in_one_reading_as_in_many(
    tmp_path_factory: pytest.TempPathFactory, session_records: list[Record], data: st.DataObject
) -> None:
    """Wherever readings ended before, also within a line, the sums are those of one reading."""
    session = Session(tmp_path_factory.mktemp("session"))
    whole = lines(*session_records)
    state: dict[str, Any] = {}
    for end in sorted(data.draw(st.lists(st.integers(0, len(whole)), max_size=5))):
        session.write(whole[:end])
        state = session.read(state)
        assert sums(state) == sums(session.read())


@quick
@given(records, records, st.integers(0, 12), st.integers(0, 12))
def test_files_may_grow_in_any_turn(
    tmp_path_factory: pytest.TempPathFactory,
    main: list[Record],
    agent: list[Record],
    first: int,
    second: int,
) -> None:
    """A subagent's file beside the session's: two readings give what one gives."""
    session = Session(tmp_path_factory.mktemp("session"))
    main = [one for one in in_order(main) if one["type"] != "cost-state"]
    session.write(lines(*main[:first]))
    session.write(lines(*_named(agent[:second])), "x")
    state = session.read()
    session.add(lines(*main[first:]))
    session.add(lines(*_named(agent[second:])), "x")

    assert sums(session.read(state)) == sums(session.read())


def _named(session_records: list[Record]) -> list[Record]:
    """The answers with ids of their own."""
    answers_only = [one for one in session_records if one["type"] == "assistant"]
    return [{**one, "requestId": one["requestId"] + "_agent"} for one in answers_only]


@quick
@given(records, st.integers(0, 400), st.binary(max_size=20))
def test_a_cut_anywhere_never_changes_what_came_before(
    tmp_path_factory: pytest.TempPathFactory, session_records: list[Record], back: int, noise: bytes
) -> None:
    """A torn last line, with or without another behind it, leaves the earlier total alone."""
    session = Session(tmp_path_factory.mktemp("session"))
    whole = lines(*session_records)
    last = line(answer("z", input_tokens=MILLION))
    session.write(whole)
    before = sums(session.read())
    session.write(whole + last[: -2 - back % (len(last) - 2)])
    torn = sums(session.read())
    session.add(noise.replace(b"\n", b"") + b"\n" + line(answer("y", model="glm-5")))
    after = sums(session.read())["models"].get(OPUS) or {"input": 0, "output": 0}

    assert torn == before
    assert after["output"] == (before["models"].get(OPUS) or {"output": 0})["output"]
    # Torn behind its usage, the line itself may count: it was a response.
    assert after["input"] in (0, MILLION)


@quick
@given(st.lists(answers, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_equal_lines_matters_only_for_the_last(
    tmp_path_factory: pytest.TempPathFactory, answer_records: list[Record], random: Any
) -> None:
    """A response's earlier lines in another order, or left out, change nothing."""
    same = [
        {**one, "message": {**one["message"], "id": "msg_1"}, "requestId": "r"}
        for one in answer_records
    ]
    session = Session(tmp_path_factory.mktemp("session"))
    session.write(lines(*same))
    straight = sums(session.read())
    earlier = same[:-1]
    random.shuffle(earlier)
    session.write(lines(*earlier, same[-1]))

    assert sums(session.read()) == straight
    session.write(lines(same[-1]))
    assert sums(session.read()) == straight


def test_the_state_is_kept_and_only_new_bytes_are_read(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second reading starts where the first one ended; without news nothing is opened."""
    env, home = {"HOME": str(tmp_path)}, str(tmp_path / "state")
    session.write(lines(*(answer(str(number), output_tokens=1) for number in range(50))))
    first = cost.read_cost(home, "s", str(session.path), env)
    session.add(lines(answer("new", output_tokens=1)))
    starts = []
    read = usage.read_usage

    def spy(file: BinaryIO, offset: int, take: Any) -> int:
        starts.append(offset)
        return read(file, offset, take)

    monkeypatch.setattr(usage, "read_usage", spy)
    size = session.path.stat().st_size - len(line(answer("new", output_tokens=1)))
    second = cost.read_cost(home, "s", str(session.path), env)
    third = cost.read_cost(home, "s", str(session.path), env)

    assert starts == [size]
    assert (first.responses, second.responses) == (50, 51)
    assert third.as_json() == second.as_json()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 0}', b"\xff"])
def test_a_broken_state_is_read_anew(session: Session, tmp_path: Path, content: bytes) -> None:
    """The state is only a shortcut."""
    env, home = {"HOME": str(tmp_path)}, tmp_path / "state"
    session.write(lines(answer("a", input_tokens=MILLION)))
    (home / "cost").mkdir(parents=True)
    (home / "cost" / "s.json").write_bytes(content)

    assert cost.read_cost(str(home), "s", str(session.path), env).usd == 4


def test_new_prices_count_for_what_was_counted_before(session: Session, tmp_path: Path) -> None:
    """When the user names a price, the session's whole cost is known."""
    env, home = {"HOME": str(tmp_path)}, str(tmp_path / "state")
    session.write(lines(answer("a", model="glm-5", input_tokens=MILLION)))
    before = cost.read_cost(home, "s", str(session.path), env)
    own = Path(prices.user_file(env))
    own.parent.mkdir(parents=True)
    row = {"input": 3, "output": 1, "write_5m": 1, "write_1h": 1, "read": 1}
    own.write_text(json.dumps({"models": {"glm-5": row}}))

    assert before.usd is None
    assert cost.read_cost(home, "s", str(session.path), env).usd == 3


@pytest.mark.parametrize("session_id", ["", "../x", "a/b"])
def test_without_a_usable_id_nothing_is_kept(
    session: Session, tmp_path: Path, session_id: str
) -> None:
    """The cost is right all the same."""
    session.write(lines(answer("a", input_tokens=MILLION)))
    figures = cost.read_cost(
        str(tmp_path / "state"), session_id, str(session.path), {"HOME": "/nowhere"}
    )

    assert figures.usd == 4
    assert not (tmp_path / "state").exists()


def test_a_full_disk_does_not_stop_it(session: Session) -> None:
    """The state cannot be written: the cost is still told."""
    session.write(lines(answer("a", input_tokens=MILLION)))

    assert cost.read_cost("/proc/nowhere", "s", str(session.path), {"HOME": "/nowhere"}).usd == 4
