"""Counting tokens: the estimate, its calibration on a session's figures, and tiktoken on disk."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.authoring import calibrate
from handoff.base.errors import HandoffError
from handoff.client.transcript import events as ev
from handoff.meter import token_counter, token_estimate
from handoff.runtime import Runtime
from support.paths import CORPUS
from support.program import Program

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.repo import Repo

TEXT = "def refresh(self, token: str) -> None:\n    return self.lock.acquire()\n" * 40


def session(growth: float, count: int = 8, output: int = 50) -> Iterator[ev.Event]:
    """Turns that each add TEXT, for so many tokens a token of the estimate."""
    context = 10_000
    for number in range(count):
        call = ev.Call(f"c{number}", "Bash", "command", (), "cat a.py", "", "")
        yield call
        yield ev.Result(call.id, True, TEXT, "")
        yield ev.Answer("", "claude-opus-5", ev.Usage(context, 0, 0, output), "", "", 1)
        context += output + round((token_estimate.estimate_tokens(TEXT) + 33) * growth)


@given(st.text(max_size=300), st.text(max_size=300))
def test_the_estimate_grows_with_the_text(one: str, other: str) -> None:
    """More text is never fewer tokens, nothing is none, and no text fails."""
    assert token_estimate.estimate_tokens("") == 0
    assert (
        token_estimate.estimate_tokens(one + "\n" + other)
        >= token_estimate.estimate_tokens(one) - 2
    )
    assert token_estimate.estimate_tokens(one) <= 4 * len(one) + 1


@pytest.mark.parametrize(
    ("model", "ratio"),
    [
        ("claude-opus-4-6", 0.72),
        ("claude-sonnet-4-5-20250929", 0.72),
        ("claude-haiku-4-5", 0.72),
        ("claude-3-5-sonnet-20241022", 0.72),
        ("claude-sonnet-4-20250514", 0.72),
        ("claude-opus-4-8", 1.0),
        ("claude-opus-5-5", 1.0),
        ("claude-fable-5", 1.0),
        ("", 1.0),
    ],
)
def test_older_models_split_text_less(model: str, ratio: float) -> None:
    """The tokenizer changed with the models after 4.6."""
    assert token_estimate.model_ratio(model) == ratio


@pytest.mark.parametrize("growth", [0.7, 1.0, 1.3])
def test_the_session_s_own_figures_calibrate(growth: float) -> None:
    """The growth of the context between requests says what a text costs there."""
    ratio = token_estimate.calibrate_ratio(token_estimate.read_samples(session(growth)))

    assert ratio == pytest.approx(growth, rel=0.02)


def test_too_little_says_nothing() -> None:
    """Few samples, or none, calibrate nothing."""
    assert (
        token_estimate.calibrate_ratio(token_estimate.read_samples(session(1.2, count=4))) is None
    )
    assert token_estimate.calibrate_ratio([]) is None


@pytest.mark.parametrize(
    "more",
    [
        ev.Prompt("and this", "", "typed"),
        ev.Compaction("", "auto", 1, 1),
        ev.Interrupted(""),
        ev.Background("b", "completed", "x", ""),
    ],
)
def test_what_else_was_added_spoils_a_sample(more: ev.Event) -> None:
    """Only results of tools are known whole."""
    events = [event for event in session(1.0) for event in (event, more)]

    assert list(token_estimate.read_samples(events)) == []


def test_placeholders_do_not_calibrate() -> None:
    """Before 2.1.98 the client did not count what the model wrote: such samples are not sure."""
    samples = list(token_estimate.read_samples(session(1.3, output=1)))

    assert samples == []  # TEXT is too short for them
    sure = [sample._replace(sure=False) for sample in token_estimate.read_samples(session(1.3))]
    assert token_estimate.calibrate_ratio(sure) is None


def test_calibration_reads_the_end_of_a_transcript(tmp_path: Path) -> None:
    """Lines at the end that are torn or no event are passed over; no file is no figure."""
    path = tmp_path / "s.jsonl"
    lines = ['{"torn": ', "[1]", "12"]
    for number, event in enumerate(session(1.3)):
        if isinstance(event, ev.Result):
            block = {"type": "tool_result", "tool_use_id": event.id, "content": event.text}
            lines.append(_line("user", {"role": "user", "content": [block]}))
        elif isinstance(event, ev.Call):
            pass
        elif isinstance(event, ev.Answer):
            use = {"type": "tool_use", "id": f"c{number // 3 + 1}", "name": "Bash"}
            usage = {"input_tokens": event.usage.input, "output_tokens": event.usage.output}
            message = {"id": f"m{number}", "model": event.model, "content": [use], "usage": usage}
            lines.append(_line("assistant", {"role": "assistant", **message}))
    path.write_text("\n".join(lines) + '\n{"type": "user", "mess')
    runtime = Runtime({"HOME": str(tmp_path)}, full=True)

    ratio = calibrate.ratio_of(str(path), runtime)
    assert ratio == pytest.approx(1.3, rel=0.05)
    assert calibrate.ratio_of(str(tmp_path / "none"), runtime) is None
    assert calibrate.session_ratio("", runtime) is None


def _line(kind: str, message: object) -> str:
    return json.dumps({"type": kind, "message": message})


@pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus is not on this machine")
def test_the_estimate_is_near_the_client_s_count() -> None:
    """On published sessions of the newer models, calibrated on the first half of each, the second
    half is within 10 % in nine of ten (`benchmarks/tokens.py` has the table).
    """
    from handoff.client.transcript import reader

    off = []
    for path in sorted((CORPUS / "oh-my-posh").glob("*.jsonl")):
        samples = [s for s in token_estimate.read_samples(reader.read(str(path))) if s.sure]
        half = len(samples) // 2
        scale = token_estimate.calibrate_ratio(samples[:half])
        if len(samples) >= 10 and scale is not None:
            counted = sum(
                token_estimate.estimate_tokens(s.text) + 33 * s.pieces for s in samples[half:]
            )
            off.append(abs(scale * counted / sum(s.tokens for s in samples[half:]) - 1))

    assert len(off) > 20
    off.sort()
    assert off[len(off) // 2] < 0.05
    assert off[int(len(off) * 0.9)] < 0.10


# --- tiktoken -----------------------------------------------------------------------------------


def test_without_a_vocabulary_the_estimate_counts(tmp_path: Path) -> None:
    """Nothing on disk, or a damaged file that tiktoken would fetch again: no waiting."""
    env = {"TIKTOKEN_CACHE_DIR": str(tmp_path)}
    assert token_counter.base_ratio(env) is token_estimate.estimate_tokens
    token_counter.vocabulary_file(str(tmp_path)).write_bytes(b"damaged")
    assert not token_counter.has_vocabulary(str(tmp_path))
    token_counter._encoder.cache_clear()
    assert token_counter.base_ratio(env) is token_estimate.estimate_tokens
    assert token_counter.count_tokens(TEXT, env) == round(token_estimate.estimate_tokens(TEXT))


def test_a_vocabulary_on_disk_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With it tiktoken counts, by the session's ratio, else by the model's for tiktoken."""
    import tiktoken

    monkeypatch.setattr(token_counter, "_SHA256", hashlib.sha256(b"x").hexdigest())
    token_counter.vocabulary_file(str(tmp_path)).write_bytes(b"x")
    ranks = {bytes([n]): n for n in range(256)}
    bytewise = tiktoken.Encoding("bytes", pat_str=r".|\n", mergeable_ranks=ranks, special_tokens={})
    monkeypatch.setattr(tiktoken, "get_encoding", lambda _: bytewise)
    token_counter._encoder.cache_clear()
    env = {"TIKTOKEN_CACHE_DIR": str(tmp_path)}

    text = "abcd" * 25
    assert (
        token_counter.make_counter(env)(text)
        == round(100 * token_estimate.model_ratio("", tiktoken=True))
        > 140
    )
    assert token_counter.make_counter(env, model="claude-opus-4-6")(text) == 120
    assert token_counter.make_counter(env, ratio=1.1)(text) == 110
    token_counter._encoder.cache_clear()


def test_fetching_without_a_network_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error with the address, why, and what to do by hand; a hanging server is given up."""
    env = {"TIKTOKEN_CACHE_DIR": str(tmp_path), "HOME": str(tmp_path)}
    monkeypatch.setattr(token_counter, "_FETCH", "raise OSError('no network')")
    with pytest.raises(HandoffError, match="OSError: no network") as failed:
        token_counter.fetch_vocabulary(env)
    assert str(token_counter.vocabulary_file(str(tmp_path))) in failed.value.hint
    monkeypatch.setattr(token_counter, "_FETCH", "import time; time.sleep(60)")
    with pytest.raises(HandoffError, match=r"no answer in 0\.2 s"):
        token_counter.fetch_vocabulary(env, seconds=0.2)


def test_setup_tokens(
    repo: Repo,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    """The command puts the file in place, and says where; a second time it does nothing."""
    folder = tmp_path / "cache" / "tokens"
    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(folder))
    monkeypatch.setattr(token_counter, "_SHA256", hashlib.sha256(b"x").hexdigest())
    file = token_counter.vocabulary_file(str(folder))
    monkeypatch.setattr(token_counter, "_FETCH", f"open({str(file)!r}, 'wb').write(b'x')")
    handoff = Program(monkeypatch, capsys)

    assert handoff.json("doctor", "--fetch-tokens") == {"file": str(file)}
    monkeypatch.setattr(token_counter, "_FETCH", "raise SystemExit(1)")
    assert handoff("doctor", "--fetch-tokens") == 0


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("合計の前に価格を表示してください。", 17),
        ("请让收据列出每一项的价格，谢谢！", 16),
        ("𠮷野家", 3),
        ("नमस्ते", 6 * 0.6),  # vowel signs and a virama are parts of letters
        ("café", 1.45 + 0.6),
    ],
)
def test_other_scripts_count_by_their_characters(text: str, tokens: float) -> None:
    """An ideogram, a kana or their punctuation is one token; a mark is a letter, no symbol."""
    assert token_estimate.estimate_tokens(text) == pytest.approx(tokens)
