"""A job in many processes at the same moment."""

from __future__ import annotations

import multiprocessing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


_fork = multiprocessing.get_context("fork")


def at_once(count: int, job: Callable[[int], Any]) -> list[Any]:
    """What `job(number)` gives in so many processes, which all wait until the last is there."""
    barrier, answers = _fork.Barrier(count), _fork.SimpleQueue()

    def run(number: int) -> None:
        barrier.wait(60)
        try:
            answers.put((number, job(number)))
        except BaseException as error:  # noqa: BLE001 - the test must see it, not wait for it
            answers.put((number, error))

    started = [_fork.Process(target=run, args=(number,)) for number in range(count)]
    for process in started:
        process.start()
    results = dict(answers.get() for _ in started)
    for process in started:
        process.join(60)
    return [results[number] for number in range(count)]
