"""The history of all sessions: by local day and model, each response once, kept between calls."""

from __future__ import annotations

import json
import os
import time
from typing import TYPE_CHECKING, Any

import pytest

from handoff import cli
from handoff.base.errors import HandoffError
from handoff.client.transcript import folders
from handoff.insight import usage as used
from handoff.meter import history, session_digest
from handoff.runtime import Runtime
from support.usage_lines import OPUS, answer, lines, make_prompt

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MILLION = 1_000_000


class Client:
    """The client's configuration directory with transcripts, and a state directory."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.state = root / "state"
        self.env = {"HOME": str(root), "CLAUDE_CONFIG_DIR": str(root / "claude")}

    def write(self, name: str, *records: dict[str, Any], project: str = "-work-main") -> Path:
        path = self.root / "claude/projects" / project / f"{name}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(lines(*records))
        return path

    def collect(self, **more: Any) -> list[history.Used]:
        return history.collect_usage(self.env, str(self.state), **more)

    def rows(self, **more: Any) -> used.Usage:
        runtime = Runtime(self.env, full=True, now=1_795_348_800.0, home=str(self.state))
        return used.read_rows(runtime, "/work/main", **more)


@pytest.fixture
def client(tmp_path: Path) -> Client:
    return Client(tmp_path)


@pytest.fixture(params=["UTC", "Asia/Kathmandu", "America/St_Johns"])
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A local time zone."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


def test_no_client_no_history(client: Client) -> None:
    """Without a transcript there are no rows and the total is zero."""
    table = client.rows()

    assert (table.rows, table.total.sessions, table.total.cost_usd) == ([], 0, 0)


def test_days_are_the_users_own(client: Client, zone: str) -> None:
    """A response belongs to the day that the user's calendar showed."""
    stamps = ["2026-11-21T18:14:00.000Z", "2026-11-21T18:15:00.000Z", "2026-11-22T03:29:59.999Z",
              "2026-11-22T03:30:00.000Z"]  # fmt: skip
    client.write(
        "s", *(answer(str(at), at=stamp, output_tokens=1) for at, stamp in enumerate(stamps))
    )
    days = {
        "UTC": {"2026-11-21": 2, "2026-11-22": 2},
        "Asia/Kathmandu": {"2026-11-21": 1, "2026-11-22": 3},  # UTC+5:45
        "America/St_Johns": {"2026-11-21": 3, "2026-11-22": 1},  # UTC-3:30
    }

    assert {row.day: row.output for row in client.rows().rows} == days[zone]


def test_rows_are_by_day_and_model_with_their_sessions(client: Client) -> None:
    """Subagents belong to their session; a day's sessions are counted once a model."""
    client.write("s", answer("a", input_tokens=1), answer("b", input_tokens=2, output_tokens=1))
    client.write("s/subagents/agent-x", answer("c", input_tokens=4))
    client.write(
        "t", answer("d", input_tokens=8), answer("e", model="claude-haiku-5-5", input_tokens=16)
    )
    table = client.rows()

    assert [(row.model, row.sessions, row.input) for row in table.rows] == [
        ("claude-haiku-5-5", 1, 16),
        (OPUS, 2, 15),
    ]
    assert (table.total.sessions, table.total.input, table.total.tokens) == (2, 31, 32)
    assert table.total.cost_usd == pytest.approx(15 * 4e-6 + 20e-6 + 16 * 0.1e-6)


def test_a_response_in_several_files_counts_once(client: Client) -> None:
    """Forks and resumed sessions repeat what was said before."""
    client.write("s", answer("a", input_tokens=1, output_tokens=1), answer("a", input_tokens=1))
    client.write("t", answer("a", input_tokens=1), answer("b", input_tokens=2))
    client.write("u", answer("a", input_tokens=1), answer("b", input_tokens=2), make_prompt())
    entries = client.collect()

    assert [(one.session, one.input, one.output) for one in entries] == [("s", 1, 0), ("t", 2, 0)]


def test_an_unknown_price_is_not_in_the_total(client: Client) -> None:
    """The total has no price then; what the rest costs is told beside it."""
    client.write("s", answer("a", input_tokens=MILLION), answer("b", model="glm-5", input_tokens=1))
    table = client.rows()

    assert table.unknown == ["glm-5"]
    assert [row.cost_usd for row in table.rows] == [4, None]
    assert (table.total.cost_usd, table.total.priced_usd) == (None, 4)


def test_a_copy_of_an_unknown_model_is_taken_out_too(client: Client) -> None:
    """What is unpriced is counted as exactly as what is priced."""
    client.write("s", answer("a", model="glm-5", input_tokens=1))
    client.write("t", answer("a", model="glm-5", input_tokens=1), answer("b", input_tokens=1))

    assert [(one.session, one.model) for one in client.collect()] == [("s", "glm-5"), ("t", OPUS)]


@pytest.mark.parametrize("workers", [1, 2])
def test_workers_change_nothing_but_the_time(
    client: Client, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes give what one gives, and tell the progress to its end."""
    monkeypatch.setattr(history, "_WORTH_A_WORKER", 1)
    for number in range(9):
        client.write(
            f"s{number}",
            answer(str(number), input_tokens=number + 1),
            answer("same", output_tokens=1),
        )
    told: list[tuple[int, int]] = []
    entries = client.collect(
        workers=workers, progress=lambda done, total: told.append((done, total))
    )

    assert sum(one.input for one in entries) == 45
    assert sum(one.output for one in entries) == 1
    assert len(told) >= 9
    assert told[-1][0] == told[-1][1]


def test_a_worker_that_ends_early_loses_nothing(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it left is read here."""
    monkeypatch.setattr(history, "_WORTH_A_WORKER", 1)
    monkeypatch.setattr(session_digest, "worker_command", lambda _: ["false"])
    for number in range(5):
        client.write(f"s{number}", answer(str(number), input_tokens=1))

    assert sum(one.input for one in client.collect()) == 5


def test_only_changed_files_are_read_again(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second pass reads no transcript, a third the one that has grown."""
    first = client.write("s", answer("a", input_tokens=1))
    client.write("t", answer("a", input_tokens=1), answer("b", input_tokens=2))
    client.collect()
    read: list[str] = []
    whole = session_digest.digest_transcript

    def spy(path: str, prices: Any) -> session_digest.Digest:
        read.append(os.path.basename(path))
        return whole(path, prices)

    monkeypatch.setattr(session_digest, "digest_transcript", spy)
    client.collect()
    assert read == []

    with first.open("ab") as file:
        file.write(lines(answer("b", input_tokens=2), answer("c", input_tokens=4)))
    entries = client.collect()

    assert read == ["s.jsonl"]
    assert [(one.session, one.input) for one in entries] == [("s", 7)]


def test_a_transcript_that_is_gone_is_gone_from_the_history(client: Client) -> None:
    """The client cleans up after 30 days; what it had copied comes back to its copy."""
    path = client.write("s", answer("a", input_tokens=1))
    client.write("t", answer("a", input_tokens=1), answer("b", input_tokens=2))
    client.collect()
    path.unlink()

    assert [(one.session, one.input) for one in client.collect()] == [("t", 3)]


@pytest.mark.parametrize("name", ["index.json", "responses.bin"])
@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff" * 99])
def test_a_broken_state_is_made_anew(client: Client, name: str, content: bytes) -> None:
    """The state is only a shortcut, also when its two files do not belong together."""
    client.write("s", answer("a", input_tokens=1))
    before = client.collect()
    (client.state / "usage" / name).write_bytes(content)
    assert client.collect() == before

    client.write("t", answer("a", input_tokens=1), answer("b", input_tokens=2))
    assert sum(one.input for one in client.collect()) == 3


def test_a_state_that_cannot_be_written_is_no_matter(client: Client) -> None:
    """Everything is read each time then."""
    client.write("s", answer("a", input_tokens=1))

    assert len(history.collect_usage(client.env, "/proc/nowhere")) == 1


def test_what_cannot_be_read_is_passed_over(client: Client) -> None:
    """A directory by the name of a transcript, a link to nowhere, a pipe."""
    path = client.write("s", answer("a", input_tokens=1))
    (path.parent / "d.jsonl").mkdir()
    (path.parent / "l.jsonl").symlink_to("nowhere")
    os.mkfifo(path.parent / "p.jsonl")

    assert len(client.collect()) == 1


@pytest.mark.parametrize(
    ("since", "days"),
    [
        ("", ["2026-11-15", "2026-11-16", "2026-11-22"]),
        ("2026-11-16", ["2026-11-16", "2026-11-22"]),
        ("7d", ["2026-11-16", "2026-11-22"]),
        ("1d", ["2026-11-22"]),
        ("0d", ["2026-11-22"]),
    ],
)
def test_since(
    client: Client, monkeypatch: pytest.MonkeyPatch, since: str, days: list[str]
) -> None:
    """A day, or so many days back with today among them."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    for day in (15, 16, 22):
        client.write(
            f"s{day}", answer(str(day), at=f"2026-11-{day}T00:00:00.000Z", output_tokens=1)
        )

    assert [row.day for row in client.rows(since=since).rows] == days


@pytest.mark.parametrize("since", ["yesterday", "2026-13-01", "d", "-1d", "9999999d", "7 d"])
def test_a_since_that_is_no_day_is_named(client: Client, since: str) -> None:
    """The message says what to write instead."""
    with pytest.raises(HandoffError, match=r"is not a date\.\nWrite a date"):
        client.rows(since=since)


@pytest.mark.parametrize(
    ("project", "tokens"),
    [("", 7), ("/work/main", 1), (".", 1), ("../other", 2), ("OTHER", 6), ("nothing", 0)],
)
def test_project(client: Client, project: str, tokens: int) -> None:
    """A directory, or a part of the folder's name."""
    client.write("s", answer("a", input_tokens=1), project="-work-main")
    client.write("t", answer("b", input_tokens=2), project="-work-other")
    client.write("u", answer("c", input_tokens=4), project="-home-me-other-2")

    assert client.rows(project=project).total.input == tokens


def test_the_clients_name_of_a_projects_folder() -> None:
    """All but ASCII letters and digits is a dash (seen: 2.1.330)."""
    assert folders.folder_name("/work/Ärger_1.x") == "-work--rger-1-x"


@pytest.mark.parametrize("as_json", [True, False])
def test_the_command_tells_it(
    client: Client,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    as_json: bool,
) -> None:
    """`handoff usage` prints a table or JSON, and on stderr what is wrong with the prices."""
    client.write("s", answer("a", input_tokens=MILLION), answer("b", model="glm-5", input_tokens=1))
    prices = client.root / ".config/handoff/prices.json"
    prices.parent.mkdir(parents=True)
    prices.write_text("{")
    monkeypatch.setenv("HOME", str(client.root))
    monkeypatch.setenv("CLAUDE_CONFIG_DIR", client.env["CLAUDE_CONFIG_DIR"])
    monkeypatch.setattr("sys.argv", ["handoff", "usage", *(["--json"] if as_json else [])])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    out, err = capsys.readouterr()

    assert not ended.value.code
    assert "prices.json is not JSON" in err
    if as_json:
        report = json.loads(out)
        assert report["unknown"] == ["glm-5"]
        assert report["total"]["tokens"] == MILLION + 1
        assert [row["cost_usd"] for row in report["rows"]] == [4, None]
    else:
        assert "$4.00 + ?" in out
        assert "unknown" in out
