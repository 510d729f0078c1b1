"""A terminal as an SVG that moves: no script, no font to fetch, one CSS animation.

`Film` records what a terminal shows; `animate` makes one SVG of it. The frames stand below each
other, and the animation moves them past a window, one step at a time. A row that several frames
have is drawn once.
"""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

from rich.cells import cell_len
from rich.color_triplet import ColorTriplet
from rich.style import Style
from rich.terminal_theme import TerminalTheme
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CELL, LINE = 8.4, 18  # px of a character at a size of 14
EDGE, HEAD, FOOT = 14, 34, 44  # px around the rows: sides, window's title, caption
MIN_SECONDS, MAX_SECONDS = 0.12, 1.2  # how long a frame of a recording stays
END_SECONDS = 4.0
TOTAL_SECONDS = 32.0  # a busy machine is slower than anybody wants to look
# What moves while nothing happens: spinner, the mark of a call that runs, the client's logo.
_IDLE = re.compile(r"^.*…(?: ?\(.*)?\s*$|●|[▐▛▜▙▟▗▖▘▝]\S*|\s+$", re.MULTILINE)
DARK = [(60, 64, 72), (240, 113, 120), (140, 200, 120), (230, 190, 110)]
DARK += [(110, 165, 240), (200, 140, 230), (100, 200, 200), (200, 204, 210)]
BRIGHT = [(120, 126, 138), (255, 140, 145), (165, 220, 145), (245, 210, 140)]
BRIGHT += [(140, 190, 255), (220, 165, 245), (130, 220, 220), (240, 242, 246)]
THEME = TerminalTheme((22, 24, 29), (215, 218, 224), DARK, BRIGHT)
COMMON = str.maketrans("⎿⏵⏸", "└▸‖")  # signs that many fonts lack
FONTS = "ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace"


@dataclass
class Frame:
    """What a terminal showed, from a moment on, and what is said below it."""

    screen: str
    caption: str
    at: float
    seconds: float = 0.0


class Film:
    """Frames of a terminal, of `read` (its screen with the escapes that colour it)."""

    def __init__(self, read: Callable[[], str], lines: int) -> None:
        self.frames: list[Frame] = []
        self.caption = ""
        self._read = read
        self._lines = lines

    def take(self, seconds: float = 0.0) -> str:
        """Record what is shown, to stay for so many seconds at least; return it without colour."""
        screen = "\n".join(self._read().rstrip("\n").split("\n")[-self._lines :])
        now = time.monotonic()
        last = self.frames[-1] if self.frames else None
        if last is None or self._is_new(screen, last):
            self.frames.append(Frame(screen, self.caption, now))
        self.frames[-1].seconds = max(self.frames[-1].seconds, seconds)
        return Text.from_ansi(screen).plain

    def _is_new(self, screen: str, last: Frame) -> bool:
        """Whether more has changed than what moves while nothing happens."""
        one, other = (_IDLE.sub("", Text.from_ansi(text).plain) for text in (screen, last.screen))
        return one != other or self.caption != last.caption

    def until(self, pattern: str, timeout: float = 30) -> None:
        """Record until the screen matches. Raises TimeoutError with the last screen."""
        deadline = time.monotonic() + timeout
        while not re.search(pattern, screen := self.take()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"no {pattern!r} after {timeout:g} s:\n{screen}")
            time.sleep(0.1)

    def cut(self) -> list[Frame]:
        """The frames with the seconds that each stays: what took long is cut short, and what was
        there for a moment only is left out.
        """
        frames = []
        ends = [frame.at for frame in self.frames[1:]] + [self.frames[-1].at + END_SECONDS]
        least = sum(frame.seconds for frame in self.frames)
        for frame, end in zip(self.frames, ends, strict=True):
            shown = min(end - frame.at, MAX_SECONDS)
            if max(shown, frame.seconds) >= MIN_SECONDS:
                frames.append(replace(frame, seconds=max(shown, frame.seconds)))
        frames[-1].seconds = END_SECONDS
        spare = sum(frame.seconds for frame in frames) - least
        pace = min(1.0, max(TOTAL_SECONDS - least, 1.0) / max(spare, 1.0))
        for frame, before in zip(frames[:-1], self._least_seconds(frames[:-1]), strict=True):
            frame.seconds = before + (frame.seconds - before) * pace
        return frames

    def _least_seconds(self, frames: list[Frame]) -> list[float]:
        """How long each of the frames is to stay at least."""
        seconds = {frame.at: frame.seconds for frame in self.frames}
        return [seconds[frame.at] for frame in frames]


class Row(NamedTuple):
    """One line of a terminal, drawn: what stands behind the text, and the text."""

    boxes: str
    text: str


def animate(frames: list[Frame], title: str, columns: int, lines: int) -> str:
    """The SVG of the frames, `columns` by `lines` characters. It runs for ever; whoever asked for
    less motion sees the last frame.
    """
    width, height, strip = (
        EDGE * 2 + columns * CELL,
        HEAD + lines * LINE + FOOT,
        lines * LINE + FOOT,
    )
    rows: dict[str, str] = {}
    drawn = [_frame(frame, lines, strip, at, rows) for at, frame in enumerate(frames)]
    dots = (f'<circle cx="{x}" cy="17" r="5.5" fill="{colour}"/>' for x, colour in _DOTS)
    head = f'x="{width / 2:g}" y="22" text-anchor="middle" class="title"'
    window = f'y="{HEAD}" width="{width:g}" height="{strip}" viewBox="0 0 {width:g} {strip}"'
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height}"'
            f' xml:space="preserve" fill="{_hex(THEME.foreground_color)}">',
            f"<title>{escape(title)}</title>",
            _sheet(frames, strip),
            f"<defs>{''.join(rows.values())}</defs>",
            f'<rect width="{width:g}" height="{height}" rx="8" class="back"/>',
            *dots,
            f"<text {head}>{escape(title)}</text>",
            f'<svg {window}><g class="film">',
            *drawn,
            "</g></svg>",
            "</svg>\n",
        ]
    )


_DOTS = ((20, "#f07178"), (38, "#e6be6e"), (56, "#8cc878"))


def _sheet(frames: list[Frame], height: float) -> str:
    """The style sheet, with the animation's steps."""
    total = sum(frame.seconds for frame in frames)
    steps, at = [], 0.0
    for number, frame in enumerate(frames):
        steps.append(f"{at / total * 100:.2f}%{{transform:translateY(-{number * height}px)}}")
        at += frame.seconds
    last = (len(frames) - 1) * height
    return (
        "<style>"
        f"text{{font-family:{FONTS};font-size:14px;white-space:pre}}"
        f".back{{fill:{_hex(THEME.background_color)}}}"
        ".title{font-size:12px;fill:#9aa0ac}.caption{font-size:15px;font-weight:600;fill:#f4d58d}"
        f".film{{animation:film {total:.2f}s step-end infinite}}"
        f"@keyframes film{{{''.join(steps)}}}"
        "@media(prefers-reduced-motion:reduce){.film{animation:none;"
        f"transform:translateY(-{last}px)}}}}"
        "</style>"
    )


def _frame(frame: Frame, lines: int, height: float, number: int, rows: dict[str, str]) -> str:
    """One frame at its place in the strip; `rows` gets those that were not drawn before."""
    uses = []
    for line, text in enumerate(Text.from_ansi(frame.screen).split("\n", allow_blank=True)[:lines]):
        row = _row(text)
        key = row.boxes + row.text
        if not key:
            continue
        if key not in rows:
            rows[key] = f'<g id="r{len(rows)}">{key}</g>'
        name = rows[key].split('"', 2)[1]
        uses.append(f'<use href="#{name}" y="{line * LINE}"/>')
    caption = (
        f'<text x="{EDGE}" y="{lines * LINE + 28}" class="caption">{escape(frame.caption)}</text>'
    )
    return f'<g transform="translate(0 {number * height:g})">{"".join(uses)}{caption}</g>'


def _row(text: Text) -> Row:
    """A line of the terminal. Each run of one style has its length set: fonts differ in width."""
    boxes, runs, column = [], [], 0
    for words, style in _runs(text):
        cells, x = cell_len(words), EDGE + column * CELL
        column += cells
        fore, back = _colours(style)
        if back:
            box = f'width="{cells * CELL:.1f}" height="{LINE}" fill="{back}"'
            boxes.append(f'<rect x="{x:.1f}" {box}/>')
        inner = words.strip()
        if inner:
            x += (cell_len(words) - cell_len(words.lstrip())) * CELL
            weight = ' font-weight="700"' if style.bold else ""
            slant = ' font-style="italic"' if style.italic else ""
            fill = f' fill="{fore}"' if fore else ""
            place = f'x="{x:.1f}" y="14" textLength="{cell_len(inner) * CELL:.1f}"'
            runs.append(
                f"<text {place}{fill}{weight}{slant}>{escape(inner.translate(COMMON))}</text>"
            )
    return Row("".join(boxes), "".join(runs))


def _runs(text: Text) -> Iterable[tuple[str, Style]]:
    """The line in pieces of one style, without the blanks at its end that nothing colours."""
    text = text.copy()
    if not any(_colours(style)[1] for _, style in _styled(text)[-1:]):
        text.rstrip()
    return _styled(text)


def _styled(text: Text) -> list[tuple[str, Style]]:
    runs: list[tuple[str, Style]] = []
    styles: list[Style] = [Style()] * len(text.plain)
    for start, end, style in text.spans:
        for at in range(start, min(end, len(styles))):
            styles[at] += style if isinstance(style, Style) else Style.parse(style)
    for sign, style in zip(text.plain, styles, strict=True):
        if runs and runs[-1][1] == style:
            runs[-1] = runs[-1][0] + sign, style
        else:
            runs.append((sign, style))
    return runs


def _colours(style: Style) -> tuple[str, str]:
    """Colours of text and background, "" for the window's own."""
    fore = _hex(style.color.get_truecolor(THEME)) if style.color else ""
    back = _hex(style.bgcolor.get_truecolor(THEME, foreground=False)) if style.bgcolor else ""
    if style.reverse:
        fore, back = back or _hex(THEME.background_color), fore or _hex(THEME.foreground_color)
    if style.dim:
        fore = _dimmed(fore or _hex(THEME.foreground_color))
    return fore, back


def _dimmed(colour: str) -> str:
    """Half way to the window's colour."""
    parts = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    mixed = (
        (one * 3 + two * 2) // 5 for one, two in zip(parts, THEME.background_color, strict=True)
    )
    return _hex(ColorTriplet(*mixed))


def _hex(colour: ColorTriplet) -> str:
    return colour.hex
