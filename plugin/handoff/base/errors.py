"""The one error that a person can fix, and the exit codes of every command."""

from __future__ import annotations

import errno

EXIT_OK = 0
EXIT_USER_ERROR = 1
EXIT_BUG = 3  # 2 is click's, for a wrong use


class HandoffError(Exception):
    """Something the user can fix: `what` happened (to which file or value), and what to do next.

    Anything else that is raised is a bug: it goes to the log with its traceback, and the command
    ends with `EXIT_BUG`.
    """

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what}\n{self.hint}" if self.hint else self.what


SHORTAGE_HINT = "End some programs, or raise the limit (`ulimit -a` shows it), then try again."
_SHORTAGES = {
    errno.EAGAIN: "no more processes or threads can be started",
    errno.ENOMEM: "there is not enough memory",
    errno.EMFILE: "this process has too many files open",
    errno.ENFILE: "this machine has too many files open",
}


def describe_shortage(error: BaseException) -> str:
    """What the machine, or a limit of this user's (`ulimit`), has too little of for us to go on; ""
    for any other error. An error that was raised from such a one counts as well.
    """
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MemoryError):
            return _SHORTAGES[errno.ENOMEM]
        if isinstance(cause, OSError) and cause.errno in _SHORTAGES:
            return _SHORTAGES[cause.errno]
        if isinstance(cause, RuntimeError) and "can't start new thread" in str(cause):
            return _SHORTAGES[errno.EAGAIN]
        cause = cause.__cause__
    return ""
