"""The client's settings file: one key changes, every other byte stays, or nothing is written."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.base.errors import HandoffError
from handoff.client import settings_edit as files
from support.settings_files import KEY, is_utf8, texts

VALUE = {"type": "command", "command": "echo ü"}


@settings(max_examples=300)
@given(texts(with_key=False).filter(is_utf8))
def test_adding_and_removing_is_nothing(text: str) -> None:
    """A key that is added is there with its value, all else is as it was, and removing it gives
    the same text again.
    """
    document = files.parse(text)
    changed = document.with_member(KEY, VALUE)

    assert json.loads(changed) == {**json.loads(text), KEY: VALUE}
    assert files.parse(changed).without(KEY, document.filling) == text


@settings(max_examples=300)
@given(texts(with_key=True).filter(is_utf8))
def test_replacing_changes_only_the_value(text: str) -> None:
    """Before and behind the value every byte stays; the old value put back gives the same text."""
    document = files.parse(text)
    raw = document.raw(KEY)
    assert raw is not None
    changed = document.with_value(KEY, document.render(VALUE))
    before, _, after = text.rpartition(raw) if text.count(raw) == 1 else ("", "", "")

    assert json.loads(changed) == {**json.loads(text), KEY: VALUE}
    assert changed.startswith(before)
    assert changed.endswith(after)
    assert files.parse(changed).with_value(KEY, raw) == text


@settings(max_examples=200)
@given(texts(with_key=True).filter(is_utf8))
def test_removing_leaves_the_others(text: str) -> None:
    """Wherever the key stands, without it the rest is the same JSON."""
    left = json.loads(files.parse(text).without(KEY))
    expected = json.loads(text)
    del expected[KEY]

    assert left == expected
    assert list(left) == list(expected)


@pytest.mark.parametrize(
    ("text", "changed"),
    [
        ('{\n  "a": 1\n}\n',
         '{\n  "a": 1,\n  "statusLine": {\n    "type": "command",\n    "command": "x"\n  }\n}\n'),
        ('{\r\n\t"a": 1\r\n}',
         '{\r\n\t"a": 1,\r\n\t"statusLine": {\r\n\t\t"type": "command",\r\n\t\t"command": "x"\r\n'
         "\t}\r\n}"),
        ('{"a":1}', '{"a":1,"statusLine": {"type": "command", "command": "x"}}'),
        ("{}", '{\n  "statusLine": {\n    "type": "command",\n    "command": "x"\n  }\n}'),
        ('{\n    "a": {"b": 1}\n}',
         '{\n    "a": {"b": 1},\n    "statusLine": {\n        "type": "command",\n'
         '        "command": "x"\n    }\n}'),
    ],
)  # fmt: skip
def test_it_is_written_as_its_neighbours_are(text: str, changed: str) -> None:
    """Indentation and line ends are the file's own."""
    added = files.parse(text).with_member(KEY, {"type": "command", "command": "x"})
    assert added == changed


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "is empty"),
        (" \n", "is empty"),
        ("[]", "is not a JSON object"),
        ("null", "is not a JSON object"),
        ("{} {}", "s.json:1:4 is not plain JSON"),
        ('{\n  // mine\n  "a": 1\n}', "s.json:2:3 is not plain JSON"),
        ('{\n  "a": 1,\n}', "is not plain JSON"),
        ('{"a": NaN}', "NaN is not JSON"),
        ('{"a": "\t"}', "is not plain JSON"),
        ('{\n  "a": 1,\n  "b": 2,\n  "a": 3\n}', 's.json:4: duplicate key "a"'),
        ('{\n  "x": 0,\n  "b": {"y": 1, "y": 2}\n}', 's.json:3: duplicate key "y"'),
        ('{"statusLine": 1, "status\\u004cine": 2}', 'duplicate key "statusLine"'),
        ("{" + '"a":[' * 100_000, "is not plain JSON"),
    ],
)  # fmt: skip
def test_what_is_no_plain_json_is_refused(text: str, where: str) -> None:
    """Comments, trailing commas, two objects, a key twice: refused, with the place."""
    with pytest.raises(HandoffError) as refused:
        files.parse(text, "s.json")

    assert where in str(refused.value)


@given(st.text(max_size=30) | st.text('{}[]",:\\ \n0a', max_size=30))
def test_no_text_raises_anything_else(text: str) -> None:
    """Any text is a document or refused."""
    try:
        document = files.parse(text)
    except HandoffError:
        return
    assert json.loads(document.with_member("\0", 1) if document.raw("\0") is None else text)


def add(document: files.Document | None) -> str:
    """What an edit does in these tests."""
    return document.with_member(KEY, 1) if document else '{"statusLine": 1}'


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o640, 0o664])
def test_mode_and_byte_order_mark_stay(tmp_path: Path, mark: bytes, mode: int) -> None:
    """The file keeps its mode and its mark, and a copy of what it was is beside it."""
    path = tmp_path / "settings.json"
    path.write_bytes(mark + b'{"a":1}\r\n')
    path.chmod(mode)

    backup = files.edit(str(path), add)

    assert path.read_bytes() == mark + b'{"a":1,"statusLine": 1}\r\n'
    assert stat.S_IMODE(path.stat().st_mode) == mode
    assert Path(backup).read_bytes() == mark + b'{"a":1}\r\n'
    assert stat.S_IMODE(Path(backup).stat().st_mode) == mode
    assert sorted(os.listdir(tmp_path)) == ["settings.json", "settings.json.before-handoff"]


def test_a_link_is_written_through(tmp_path: Path) -> None:
    """A link into a folder of dotfiles stays a link; its target is changed."""
    target = tmp_path / "dotfiles" / "claude.json"
    target.parent.mkdir()
    target.write_text("{}")
    (tmp_path / "home").mkdir()
    path = tmp_path / "home" / "settings.json"
    path.symlink_to("../dotfiles/claude.json")

    backup = files.edit(str(path), add)

    assert path.is_symlink()
    assert json.loads(target.read_text()) == {KEY: 1}
    assert Path(backup).parent == target.parent


def test_a_change_by_somebody_else_is_seen(tmp_path: Path) -> None:
    """What another program writes between our read and our write is not lost: we give up."""
    path = tmp_path / "settings.json"
    path.write_text("{}")

    def change(document: files.Document | None) -> str:
        path.write_text('{"theirs": 1}')
        return add(document)

    with pytest.raises(HandoffError, match="changed by another program"):
        files.edit(str(path), change)
    assert path.read_text() == '{"theirs": 1}'

    path.unlink()
    with pytest.raises(HandoffError, match="changed by another program"):
        files.edit(str(path), change)
    assert path.read_text() == '{"theirs": 1}'


def test_back_to_what_it_was_there_is_no_copy_left(tmp_path: Path) -> None:
    """The copy goes when the file holds the same bytes again."""
    path = tmp_path / "settings.json"
    path.write_text('{"a": 1}')
    files.edit(str(path), add)
    files.edit(str(path), lambda document: document.without(KEY) if document else None)

    assert path.read_text() == '{"a": 1}'
    assert os.listdir(tmp_path) == ["settings.json"]


def test_nothing_to_do_writes_nothing(tmp_path: Path) -> None:
    """The same text is not written again: no copy, no new time of change."""
    path = tmp_path / "settings.json"
    path.write_text("{ }")
    before = path.stat().st_mtime_ns

    assert files.edit(str(path), lambda document: document.text if document else None) == ""
    assert path.stat().st_mtime_ns == before
    assert files.edit(str(tmp_path / "none.json"), lambda _: None) == ""
    assert os.listdir(tmp_path) == ["settings.json"]


@pytest.mark.parametrize("kind", ["directory", "fifo", "latin-1", "loop"])
def test_what_is_no_file_of_text_is_refused(tmp_path: Path, kind: str) -> None:
    """A directory, a pipe, a link to itself, another encoding: refused at once, left alone."""
    path = tmp_path / "settings.json"
    makers: dict[str, Any] = {
        "directory": path.mkdir,
        "fifo": lambda: os.mkfifo(path),
        "latin-1": lambda: path.write_bytes(b'{"a": "\xfc"}'),
        "loop": lambda: path.symlink_to(path),
    }
    makers[kind]()

    with pytest.raises(HandoffError):
        files.edit(str(path), add)
    assert os.listdir(tmp_path) == ["settings.json"]


def test_a_folder_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system refuses is said in one sentence, and the file is as it was."""
    path = tmp_path / "settings.json"
    path.write_text("{}")

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(HandoffError, match="cannot be written: Permission denied"):
        files.edit(str(path), add)
    assert os.listdir(tmp_path) == ["settings.json"]
