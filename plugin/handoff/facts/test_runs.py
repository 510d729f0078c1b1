"""What the output of a command says about itself: counts of a test run, lines that tell why."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base import truncate

if TYPE_CHECKING:
    from handoff.redact.redact import Clean

_MAX_TOLD_LINES = 3  # of a failure
_TELLING_WIDTH = 160
_ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
# The runners' summary lines, in the order in which they are tried, each behind a word that stands
# in every such line: to look for that costs next to nothing.
_SUMMARIES = tuple(
    (word, re.compile(pattern, re.MULTILINE | re.IGNORECASE))
    for word, pattern in (
        # cargo, libtest
        ("test result", r"test result: \w+\. (?P<passed>\d+) passed; (?P<failed>\d+) failed"),
        # mocha, karma
        (
            " passing",
            r"^\s*(?P<passed>\d+) passing\b(?:[\s\S]{0,80}?^\s*(?P<failed>\d+) failing\b)?",
        ),
        # rspec, minitest
        (
            " failures",
            r"\b(?P<total>\d+) (?:examples|runs|tests), (?:\d+ assertions, )?"
            r"(?P<failed>\d+) failures",
        ),
        # maven, gradle, dotnet
        ("tests run:", r"Tests run: (?P<total>\d+), Failures: (?P<failed>\d+)"),
        (", passed:", r"Failed:\s+(?P<failed>\d+), Passed:\s+(?P<passed>\d+)"),
        # TAP, node --test
        ("# pass ", r"^# pass (?P<passed>\d+)\n# fail (?P<failed>\d+)"),
        # ctest
        (
            " tests passed",
            r"% tests passed, (?P<failed>\d+) tests failed out of (?P<total>\d+)",
        ),
        # unittest, phpunit
        (
            "ran ",
            r"^Ran (?P<total>\d+) tests? in [\s\S]{0,40}?^(?:OK|FAILED \([^\d\n]*(?P<failed>\d+))",
        ),
        ("ok (", r"^OK \((?P<passed>\d+) tests?(?P<failed>)"),
        # pytest, vitest, jest, bun, playwright: "2 failed, 10 passed", "Tests  10 passed (10)"
        (
            " passed",
            r"(?:^|[=\s|:])(?:(?P<failed>\d+) failed\b[^\n\d]{1,30})?"
            r"(?:\d+ (?:skipped|todo|flaky)[^\n\d]{1,9})?(?P<passed>\d+) passed\b",
        ),
        (" failed", r"(?:^|[=\s:])(?P<failed>\d+) failed\b(?P<passed>)"),
    )
)
_GO_FAILED = re.compile(r"^FAIL\t", re.MULTILINE)
_GO_PASSED = re.compile(r"^ok\s+\S+\s+(?:[\d.]+s|\(cached\))", re.MULTILINE)
_SAYS_WHY = re.compile(
    r"\berror\b|\bfail(?:ed|ure|s)?\b|\bFAIL\b|\bpanic\b|exception\b|assert|traceback|not found|"
    r"cannot|undefined|unexpected|denied|refused|timed? ?out|conflict|rejected|fatal|[✗✕×]",
    re.IGNORECASE,
)
_SAYS_NOTHING = re.compile(
    r"\b0 (?:errors|failed|failures)\b|^(?:Exit code \d+|[-=_\s.]*)$", re.IGNORECASE
)
_EXIT_ECHOED = re.compile(
    r"^\W*(?:exit(?:[ _-]?(?:code|status))?|EXIT|rc|status)\s*[:=]\s*([1-9]\d*)\W*$", re.M
)


@dataclass(frozen=True)
class Counts:
    """A test run's own figures; Go counts packages."""

    passed: int
    failed: int
    unit: str = ""

    def __str__(self) -> str:
        passed = f"{self.passed} {self.unit} passed".replace("  ", " ")
        return f"{self.failed} failed, {passed}" if self.failed else passed


def read_counts(output: str) -> Counts | None:
    """The figures of the last test run in an output, if a known runner printed them."""
    text = output[-6000:]
    if not any(word in text for word in ("pass", "fail", "FAIL", "ok", "OK", "Ran ", "examples")):
        return None
    text = _ANSI.sub("", text) if "\x1b" in text else text
    lower = text.lower()
    for word, summary in _SUMMARIES:
        matches = list(summary.finditer(text)) if word in lower else []
        if matches:
            figures = matches[-1].groupdict()
            failed = _number(figures.get("failed"))
            total = figures.get("total")
            return Counts(_number(total) - failed if total else _number(figures["passed"]), failed)
    failed, passed = len(_GO_FAILED.findall(text)), len(_GO_PASSED.findall(text))
    return Counts(passed, failed, "packages") if failed or passed else None


def failed_quietly(output: str, figures: Counts | None) -> bool:
    """Whether an output, with its `counts`, tells of a failure that the exit code did not
    (`... | tail`).
    """
    return bool(figures and figures.failed) or _EXIT_ECHOED.search(output[-400:]) is not None


def telling_lines(output: Clean) -> tuple[str, ...]:
    """The lines of a failed command's output that say why, else its last one."""
    lines = [line.strip() for line in _ANSI.sub("", output[-12_000:]).splitlines()]
    lines = [line for line in lines if line and not _SAYS_NOTHING.search(line)]
    why = [line for line in lines if _SAYS_WHY.search(line)] or lines[-1:]
    told = list(dict.fromkeys(why))[:_MAX_TOLD_LINES]
    return tuple(truncate.keep_head(line, _TELLING_WIDTH) or "…" for line in told)


def _number(text: str | None) -> int:
    return int(text.replace(",", "")) if text else 0
