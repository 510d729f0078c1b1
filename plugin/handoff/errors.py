"""The one error that a person can mend, and the exit codes of every command."""

from __future__ import annotations

EXIT_OK = 0
EXIT_MENDABLE = 1
EXIT_USAGE = 2
EXIT_BUG = 3


class HandoffError(Exception):
    """Something the user can mend: `what` happened (to which file or value), and what to do next.

    Anything else that is raised is a bug: it goes to the log with its traceback, and the command
    ends with `EXIT_BUG`.
    """

    def __init__(self, what: str, mend: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.what}\n{self.mend}" if self.mend else self.what
