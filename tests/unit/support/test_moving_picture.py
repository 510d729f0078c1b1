"""The picture that moves: no script, nothing to fetch, every frame of the recording in it."""

from __future__ import annotations

import importlib.util
import re
import sys
from xml.etree import ElementTree

from support.paths import ROOT

SPEC = importlib.util.spec_from_file_location(
    "moving_picture", ROOT / "scripts" / "moving_picture.py"
)
assert SPEC
assert SPEC.loader
moving_picture = importlib.util.module_from_spec(SPEC)
sys.modules[SPEC.name] = moving_picture  # dataclasses look their module up there
SPEC.loader.exec_module(moving_picture)
PICTURE = ROOT / "docs" / "pictures" / "handoff.svg"


def draw(*screens: str) -> str:
    frames = [moving_picture.Frame(screen, "caption", 0.0, 1.0) for screen in screens]
    return str(moving_picture.animate(frames, "title", 20, 3))


def test_a_row_of_two_frames_is_drawn_once() -> None:
    """The animation has a step for each frame, and the text is there once."""
    svg = draw("one\nsame", "two\nsame")

    assert svg.count("translateY(") == 3  # two steps, and the last frame for less motion
    assert svg.count(">same<") == 1
    assert svg.count("#r1") == 2


def test_colours_and_markup_of_the_terminal_stay() -> None:
    """A background is a box; what looks like markup is text."""
    svg = draw("\x1b[41m<b>&\x1b[0m plain")

    ElementTree.fromstring(svg)
    assert "&lt;b&gt;&amp;" in svg
    assert re.search(r'<rect x="14.0" width="33.6" height="18" fill="#', svg)


def test_a_long_wait_is_cut_and_a_flicker_left_out() -> None:
    """A recording is as long as somebody wants to look."""
    film = moving_picture.Film(lambda: "", 3)
    film.frames = [moving_picture.Frame(str(at), "", at) for at in (0.0, 9.0, 9.05)]

    frames = film.cut()

    assert [frame.screen for frame in frames] == ["0.0", "9.05"]
    assert frames[0].seconds == moving_picture.MAX_SECONDS


def test_a_slow_recording_is_played_faster() -> None:
    """What was held for its reader stays as long as it was to."""
    film = moving_picture.Film(lambda: "", 3)
    film.frames = [moving_picture.Frame(str(at), "", float(at)) for at in range(100)]
    film.frames[7].seconds = 3.0

    frames = film.cut()

    assert sum(frame.seconds for frame in frames) <= moving_picture.TOTAL_SECONDS + 5
    assert frames[7].seconds == 3.0


def test_the_picture_of_the_readme_is_small_and_alone() -> None:
    """GitHub shows it as an image: no script runs there, and nothing is fetched."""
    svg = PICTURE.read_text()

    ElementTree.fromstring(svg)
    assert len(svg.encode()) < 150_000
    assert not re.search(r"<script|<image|foreignObject|@import|url\(", svg)
    assert set(re.findall(r"https?://[^\"]+", svg)) == {"http://www.w3.org/2000/svg"}
