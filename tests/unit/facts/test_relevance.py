"""How likely something is to be needed next."""

from __future__ import annotations

import pytest

from handoff.facts import relevance


def file_needed(**how: object) -> float:
    known = {"edited": None, "used": None, "seen": None, "uses": 0, "sights": 0}
    known |= {"touched": False, "asked": False, "unsure": False}
    return relevance.file_needed(**{**known, **how})  # type: ignore[arg-type]


def test_recent_work_is_likelier_than_old() -> None:
    """And an edit likelier than a read, a file that is named likelier than one that is not."""
    old = file_needed(used=90, uses=1, touched=True)
    new = file_needed(used=2, uses=1, touched=True)
    edited = file_needed(used=2, edited=2, uses=1, touched=True)
    assert old < new < edited < file_needed(used=2, edited=2, uses=1, touched=True, asked=True)


def test_a_command_for_one_path_is_seldom_run_again() -> None:
    """Beside one that was run as often and as late."""
    general, specific = (
        relevance.command_needed(runs=3, age=5, specific=specific, tests=False)
        for specific in (False, True)
    )
    assert specific < general


@pytest.mark.parametrize("number", [1, 5, 60])
def test_shares_add_up_to_the_chance_that_anything_is_needed(number: int) -> None:
    """Of many that are as likely, each is worth little; all together about one at most."""
    shares = [relevance.share(0.5, 0.5 * number) for _ in range(number)]
    assert sum(shares) <= 1.1
    assert shares[0] == pytest.approx(0.5, abs=1e-6) if number == 1 else shares[0] < 0.5
