"""The files of a session: what was done to each, how often and how long ago.

While the session is read texts are only kept; in the end they are looked at without their secrets.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from handoff.base import truncate
from handoff.facts import names, shell_commands
from handoff.facts.file_paths import Paths, is_file_like, naming_lines, worth_keeping
from handoff.facts.model import FileUse
from handoff.facts.relevance import file_needed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from handoff.client.transcript.events import Call, Result
    from handoff.redact.redact import Clean, Redactor

OUTPUTS_KEPT = 150  # outputs in which files are looked for, at the end
OUTPUT_END = 3_000  # characters of each looked at, at its beginning and its end
REPORT_END = 10_000  # of a plan, a subagent's orders or report
LISTING, LISTING_AGES = 30, 60  # an output of so many files says little: as if seen earlier
EDITS_KEPT = 30
EDITS_OF_A_FILE = 2  # whose names are told, at their beginnings
EDIT_CHARS = 2_000
FILES_WITH_NAMES = 24  # likeliest to be needed
_REMOVES = frozenset({"rm", "unlink", "remove-item", "del"})


@dataclass
class _Use:
    edits: int = 0
    reads: int = 0
    named: int = 0
    seen: int = 0
    asked: bool = False
    created: bool = False
    deleted: bool = False
    at: int = 0
    named_at: int = 0
    seen_at: int = 0
    put_in: deque[str] = field(default_factory=lambda: deque(maxlen=EDITS_OF_A_FILE))


class FileLog:
    """Keeps one entry a file."""

    def __init__(self, root: str) -> None:
        self.paths = Paths(root)
        self.worked_on: dict[tuple[str, str], _Use] = {}
        self.uses: dict[str, _Use] = {}
        self.cwd = ""
        self.outputs: deque[tuple[int, str, str]] = deque(maxlen=OUTPUTS_KEPT)
        self.naming: list[tuple[int, str, str]] = []
        self.edited: deque[tuple[int, str]] = deque(maxlen=EDITS_KEPT)

    def texts(self) -> Iterator[str]:
        """What is looked at in the end, as it was given."""
        yield from (path for path, _ in self.worked_on)
        self.naming = [(at, folder, naming_lines(text)) for at, folder, text in self.outputs]
        yield from (text for _, _, text in self.naming)
        yield from (text for _, text in self.edited)

    def enter(self, cwd: Clean) -> None:
        """The client works in `cwd` now."""
        if not self.paths.root:
            self.paths = Paths(cwd)
        self.cwd = self.paths.relative(cwd + "/.") if cwd else ""
        if self.cwd == self.paths.root:
            self.cwd = ""

    def folder(self, entered: str, cwd: str) -> str:
        """Where a command runs that has entered a folder, relative to the root; "" is the root."""
        absolute = entered.startswith(("/", "~", "$")) or entered[1:2] == ":"
        inside = entered if absolute or not cwd else f"{cwd}/{entered}"
        folder = self.paths.relative(inside + "/.").rstrip("/")
        return "" if folder in (".", self.paths.root) else folder

    def result(self, call: Call, got: Result, at: int) -> None:
        """A tool has worked on files; other outputs are looked at in the end, if among the last."""
        if call.kind in ("read", "edit", "create"):
            for path in call.paths:
                self._touched(call, got, path, at)
        elif call.kind in ("command", "search", "agent", "other"):
            end = REPORT_END if call.kind == "agent" else OUTPUT_END
            searched = "".join(f"{path}\n" for path in call.paths if call.kind == "search")
            self.outputs.append((at, self.cwd, searched + _looked_at(got.text, end)))

    def opened(self, call: Call, at: int) -> None:
        """A tool was to work on files when the session ended: it is what comes next."""
        if call.kind in ("read", "edit", "create"):
            for path in call.paths:
                use = self._use_of(path)
                use.reads, use.at = use.reads + 1, at
        elif call.kind == "search":
            self.outputs.append((at, self.cwd, "\n".join(call.paths)))

    def told(self, text: str, at: int) -> None:
        """A text of the session (a plan, a subagent's orders or report) may name files."""
        self.outputs.append((at, "", _looked_at(text, REPORT_END)))

    def named(self, simple: shell_commands.Simple, folder: str, at: int) -> None:
        """A command, run in `folder`, may name files."""
        removes = simple.words[0].lower() in _REMOVES or simple.words[:2] == ("git", "rm")
        for path in self.paths.in_command(simple, folder):
            use = self._use(path)
            use.named += 1
            use.named_at = max(at, use.named_at)
            use.deleted = removes and at >= use.at

    def settle(self, clean: Redactor) -> None:
        """Bring the files that tools worked on under the names that they have in the repository."""
        for (given, folder), worked in self.worked_on.items():
            path = self.paths.relative(clean(given), folder)
            if not worth_keeping(path):
                continue
            if self.paths.is_inside(path):
                self.paths.learn(path)
            use = self._use(path)
            use.edits += worked.edits
            use.reads += worked.reads
            use.created = use.created or worked.created
            use.put_in.extend(worked.put_in)
            use.at = max(use.at, worked.at)
        self.worked_on.clear()

    def used(
        self,
        now: int,
        asked: list[Clean],
        tasks: Iterable[Clean],
        texts_told: Iterable[Clean],
        clean: Redactor,
    ) -> tuple[FileUse, ...]:
        """All of them, likeliest to be needed next first."""
        for at, folder, text in self.naming:
            paths_named = list(self.paths.in_text(clean(text), folder))
            for path in paths_named:
                self._seen(path, at if len(paths_named) <= LISTING else max(1, at - LISTING_AGES))
        for age, text in enumerate(texts_told):
            for path in self.paths.in_text(text, ""):
                self._seen(path, now - 5 * age)
        for age, text in enumerate(asked):
            for path in self.paths.in_text(text, ""):
                self._seen(path, now - 10 * age)
                self.uses[path].asked = self.uses[path].asked or age < 3
        for text in tasks:
            for path in self.paths.in_text(text, ""):
                self._use(path).asked = True
        used = [self._file(path, use, now) for path, use in self.uses.items()]
        return self._with_names(sorted(used, key=lambda file: -file.likely), clean)

    def _with_names(self, used: list[FileUse], clean: Redactor) -> tuple[FileUse, ...]:
        """The files, the first of them with the names that edits put in."""
        edited = [file.path for file in used if file.edits][:FILES_WITH_NAMES]
        clean = clean.prepare(text for path in edited for text in self.uses[path].put_in)
        names_by_path: dict[str, tuple[str, ...]] = {}
        for path in edited:
            told: dict[str, None] = {}
            for text in self.uses[path].put_in:
                for name in names.names_in(clean(text))[:12]:
                    told.pop(name, None)
                    told[name] = None
            names_by_path[path] = tuple(told)[::-1]
        return tuple(
            replace(file, names=names_by_path[file.path]) if file.path in names_by_path else file
            for file in used
        )

    def _file(self, path: str, use: _Use, now: int) -> FileUse:
        def age(at: int) -> int | None:
            return now - at if at else None

        likely = file_needed(
            edited=age(use.at) if use.edits else None,
            used=age(max(use.at, use.named_at)),
            seen=age(use.seen_at),
            uses=use.edits + use.reads,
            sights=use.seen,
            touched=bool(use.at),
            asked=use.asked,
            unsure=self.paths.is_inside(path) and not self.paths.is_known(path),
        )
        return FileUse(
            path=path,
            edits=use.edits,
            reads=use.reads,
            named=use.named,
            seen=use.seen,
            created=use.created,
            deleted=use.deleted,
            age=now - max(use.at, use.named_at, use.seen_at),
            likely=likely,
            names=(),
        )

    def _touched(self, call: Call, got: Result, path: str, at: int) -> None:
        # In the order in which they were last worked on.
        use = self._use_of(path)
        use.at = at
        use.created = use.created or got.created
        if call.kind == "read" or not got.ok:
            use.reads += 1
            return
        use.edits += 1
        text = truncate.first_line(call.detail, EDIT_CHARS)
        self.edited.append((at, text))
        use.put_in.append(text)

    def _use_of(self, path: str) -> _Use:
        use = self.worked_on.pop((path, self.cwd), None) or _Use()
        self.worked_on[path, self.cwd] = use
        return use

    def _seen(self, path: str, at: int) -> None:
        if is_file_like(path):
            use = self._use(path)
            use.seen += 1
            use.seen_at = max(at, use.seen_at)

    def _use(self, path: str) -> _Use:
        if path not in self.uses:
            self.uses[path] = _Use()
            if self.paths.is_inside(path) and self.paths.is_known(path):
                self.paths.learn(path)
        return self.uses[path]


def _looked_at(text: str, end: int) -> str:
    if len(text) <= 2 * end:
        return text
    return f"{truncate.first_line(text, end)}\n\n{truncate.last_line(text, end)}"
