"""The command line in this process."""

from __future__ import annotations

import io
import json
import sys
from typing import Any

import pytest

from handoff import cli

BRIEF = "# Fix the race\n## Task\nFix the token race.\n## Next step\nRead auth.py\n"


class Program:
    """`handoff` in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._patch = monkeypatch
        self._capture = capsys
        self.out = ""
        self.err = ""

    def __call__(self, *arguments: str, stdin: str | None = None) -> int:
        """Run it; the exit code. stdin is a terminal unless given."""
        self._patch.setattr(sys, "argv", ["handoff", *arguments])
        self._patch.setattr(sys, "stdin", _stdin(stdin))
        with pytest.raises(SystemExit) as ended:
            cli.main()
        self.out, self.err = self._capture.readouterr()
        return int(ended.value.code or 0)

    def json(self, *arguments: str, stdin: str | None = None) -> Any:
        """Run it with --json; what it printed, as a value."""
        code = self(*arguments, "--json", stdin=stdin)
        assert code == 0, self.err
        return json.loads(self.out)


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _stdin(text: str | None) -> io.TextIOBase:
    return _Terminal() if text is None else io.TextIOWrapper(io.BytesIO(text.encode()))
