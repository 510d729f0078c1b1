"""What holds for every test."""

from __future__ import annotations

import signal

import pytest

pytest.register_assert_rewrite("support")

from support import record  # noqa: E402 - after the line above, which is for it too

# Started in the background, or by nohup, the run ignores these, and so would programs that tests
# end by them.
for _number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(
            _number, signal.default_int_handler if _number == signal.SIGINT else signal.SIG_DFL
        )


def pytest_configure(config: pytest.Config) -> None:
    record.register(config)
