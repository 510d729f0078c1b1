"""What happened since a brief: blocks of lines, newest first, within a size."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from handoff.brief import since
from handoff.brief.since import Block
from handoff.prompts.texts import BUILT_IN

LINE = st.sampled_from(["- asked: “a thing”", "- ran: `make` (passed)", "  > said here"])
BLOCKS = st.lists(
    st.builds(
        Block, st.uuids().map(lambda one: str(one)[:8]), st.lists(LINE, min_size=1).map(tuple)
    ),
    max_size=4,
    unique_by=lambda block: block.session,
)


@given(st.sampled_from(["", "Half of it.", "- one\n\n- two", "Since then it is done."]), BLOCKS)
def test_blocks_are_found_again(words: str, blocks: list[Block]) -> None:
    """A State is split into its words and the blocks behind them, as they were put together."""
    told = "\n\n".join(since.render(block, BUILT_IN) for block in blocks)
    state = "\n\n".join(part for part in (words, told) if part)

    assert since.split(state, BUILT_IN) == (words, blocks, 0)


def test_words_behind_a_block_stay() -> None:
    """Whoever added them: only lines of a list belong to a block, and the note of a cut."""
    block = Block("cafe0001", ("- ran: `make` (passed)",))
    state = (
        f"Words.\n\n{since.render(block, BUILT_IN)}\n(cut for length: 3 more lines)\n\nMore.\n- x"
    )

    assert since.split(state, BUILT_IN) == ("Words.\n\nMore.\n- x", [block], 0)


@given(BLOCKS, st.integers(0, 600), st.integers(0, 9))
def test_the_size_and_the_count(old: list[Block], most: int, left_out: int) -> None:
    """The blocks keep to their room, the oldest go first, and those that went are counted."""
    new = Block("cafe0001", ("- ran: `make` (passed)", "- edited: a.py"))
    text = since.join(new, old, left_out, most, BUILT_IN)
    _, kept, counted = since.split(text, BUILT_IN)

    assert len(text) <= most + 60
    names = ["cafe0001", *(block.session for block in old)]
    assert [block.session for block in kept] == names[: len(kept)]
    assert not kept or counted == left_out + len(names) - len(kept)


def test_long_words_are_cut() -> None:
    """What a model said in one long line is told as far as there is room."""
    block = Block(
        "cafe0001", ("- the model said last (statements, not facts):", "  > " + "so " * 400)
    )
    text = since.join(block, [], 0, 400, BUILT_IN)

    assert 300 < len(text) <= 400
    assert text.endswith("so …")
