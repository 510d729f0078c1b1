"""The steps of install.sh that are written in Python, and one that is not."""

from __future__ import annotations

import io
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from handoff.install import script_steps
from support.paths import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def folder(path: Path, **files: str) -> str:
    path.mkdir()
    for name, text in files.items():
        (path / name).write_text(text)
    return str(path)


def test_folders_with_the_same_files(tmp_path: Path) -> None:
    """Names, bytes and modes count; compiled files do not; nothing is like a folder that is not."""
    new = folder(tmp_path / "new", a="1", b="2")
    same = folder(tmp_path / "same", a="1", b="2")
    (tmp_path / "same" / "__pycache__").mkdir()
    (tmp_path / "same" / "__pycache__" / "a.pyc").touch()
    assert script_steps.have_same_files(new, same)
    assert not script_steps.have_same_files(new, folder(tmp_path / "other", a="1", b="3"))
    assert not script_steps.have_same_files(new, folder(tmp_path / "less", a="1"))
    assert not script_steps.have_same_files(new, str(tmp_path / "none"))
    (tmp_path / "same" / "a").chmod(0o755)
    assert not script_steps.have_same_files(new, same)


def test_a_swap_keeps_the_old_folder_beside(tmp_path: Path) -> None:
    """The new one takes its place; without an old one too."""
    place = tmp_path / "place"
    script_steps.swap_folders(folder(tmp_path / "first", a="1"), str(place))
    script_steps.swap_folders(folder(tmp_path / "second", a="2"), str(place))

    assert (place / "a").read_text() == "2"
    assert (tmp_path / "place.old" / "a").read_text() == "1"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ('[{"id": "x", "on": true}, {"id": "h", "scope": "user", "on": false}]', "False\n"),
        ('[{"id": "h", "scope": "project", "on": true}]', "\n"),
        ('[{"id": "h", "scope": "user"}]', "?\n"),
        ("error: no such command", "\n"),
        ("{}", "\n"),
        ("[1]", "\n"),
    ],
)
def test_a_field_of_what_the_client_lists(
    text: str, printed: str, monkeypatch: Any, capsys: Any
) -> None:
    """Of the first entry that has every pair; "?" where it lacks the field."""
    monkeypatch.setattr("sys.stdin", io.StringIO(text))
    script_steps.main("field", "on", "id=h", "scope=user")

    assert capsys.readouterr().out == printed


def test_failures_of_the_doctor(monkeypatch: Any, capsys: Any) -> None:
    """Those alone, a line each; a doctor that says nothing is one too."""
    checks = [
        {"name": "git", "ok": False, "detail": "not\nfound", "hint": "Install git."},
        {"name": "hooks", "ok": None, "detail": "none yet", "hint": "Start it."},
        {"name": "state", "ok": True, "detail": "/x", "hint": ""},
    ]
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps(checks)))
    script_steps.main("failures")
    assert capsys.readouterr().out == "git: not found\tInstall git.\n"

    (line,) = script_steps.describe_failures([])
    assert line.startswith("`handoff doctor` failed to run.\t")


@pytest.mark.parametrize("other", ["file", "link", "dangling", "folder"])
def test_a_man_page_of_anothers_stays(tmp_path: Path, other: str) -> None:
    """Whatever is in the place: install.sh makes its link where nothing is, or its own."""
    page, place = tmp_path / "plugin/docs/handoff.1", tmp_path / "man1/handoff.1"
    page.parent.mkdir(parents=True)
    page.write_text("ours")
    place.parent.mkdir()
    if other == "file":
        place.write_text("theirs")
    elif other == "folder":
        place.mkdir()
    else:
        place.symlink_to(tmp_path / ("nowhere" if other == "dangling" else "plugin"))
    before = place.lstat()

    functions = (ROOT / "install.sh").read_text().removesuffix('main "$@"\n')
    script = f'{functions}\nHOME=/ terminal= ticker= man_link=$2; link_man_page "$1"\n'
    subprocess.run(["bash", "-c", script, "install.sh", page, place], check=True)

    assert place.lstat() == before
    assert not list(place.iterdir() if other == "folder" else ())
