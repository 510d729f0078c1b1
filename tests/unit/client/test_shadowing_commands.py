"""Which files count as a command of one of our names. What the real client runs for each is in
docs/client.md, "Names of commands"; where it is not sure, a file counts.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.client import shadowing_commands

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = "---\ndescription: d\n---\nDo it.\n"


def skill(front: str) -> str:
    return f"---\ndescription: d\n{front}\n---\nDo it.\n"


def workflow(name: str) -> str:
    return f"export const meta = {{name: {name}, description: 'd'}}\nreturn 1\n"


PLACES = {
    "commands/handoff/handoff.md": COMMAND,
    "commands/handoff/pickup.md": COMMAND,
    "commands/handoff/spec.md": COMMAND,
    "commands/handoff:handoff.md": COMMAND,
    "commands/handoff/handoff/SKILL.md": COMMAND,
    "commands/handoff/pickup/Skill.md": COMMAND,
    "commands/handoff:pickup/SKILL.md": COMMAND,
    "skills/handoff:handoff/SKILL.md": COMMAND,
    "skills/handoff:pickup/SKILL.md": skill("name: harmless"),
    "skills/other/SKILL.md": skill("name: handoff:handoff"),
    "workflows/other.js": workflow("'handoff:handoff'"),
}

FRONT_MATTERS = [
    "name: handoff:pickup",
    'name: "handoff:handoff"',
    "name: 'handoff:handoff'  # the best one",
    "name:\thandoff:handoff\t",
    "name: [handoff:handoff]",
    "name:\n  - handoff:handoff",
    "name: >-\n  handoff:handoff",
    'x: &a {name: "handoff:handoff"}\n<<: *a',
    '"n\\x61me": "hand\\x6fff:handoff"',
    'name: "\\u0068andoff\\U0000003ahandoff"',
    'name: "handoff:hand\\\n    off"',
    "x: " + 200_000 * "y" + "\nname: handoff:handoff",
]

WORKFLOWS = [
    "'handoff:handoff'",
    '"handoff:pickup"',
    "`handoff:handoff`",
    r"'hand\x6fff\:hand\u{6f}ff'",
    "'handoff:\\\nhandoff'",
]

HARMLESS = {
    "commands/handoff.md": COMMAND,
    "commands/pickup.md": COMMAND,
    "commands/spec.md": COMMAND,
    "commands/handoff/other.md": COMMAND,
    "commands/a/handoff/handoff.md": COMMAND,
    "commands/other.md": skill("name: handoff:handoff"),
    "commands/handoff/handoff.md.md": COMMAND,
    "skills/handoff/SKILL.md": skill("name: handoff"),
    "skills/handoff/handoff/SKILL.md": COMMAND,
    "skills/handoff:handoff/README.md": COMMAND,
    "skills/other/SKILL.md": skill("name: other\nwhen_to_use: before /handoff:handoff is called")
    + "\nname: handoff:handoff\n",
    "skills/quoted/SKILL.md": skill('name: other\nhint: "a \\"b\\" \\x6f \\u{zz} \\q \\'
    "\n   c \\\\\""),
    "skills/zero/SKILL.md": skill('name: "handoff:hand\u200boff"'),
    "agents/handoff.md": skill("name: handoff:handoff"),
    "workflows/other.js": workflow("'other'") + "// as /handoff:handoff does\n",
    "workflows/handoff:handoff.mjs": workflow("'handoff:handoff'"),
}  # fmt: skip


def put(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def find_shadows(root: Path, directory: Path, *added: str, **env: str) -> list[str]:
    """The shadows for a session in `directory`, relative to `root`."""
    env = {"HOME": str(root / "home"), **env}
    paths = shadowing_commands.find(env, ["", str(directory)], added)
    return sorted(os.path.relpath(path, root) for path in paths)


@pytest.mark.parametrize("name", PLACES)
def test_every_place_of_a_command(tmp_path: Path, name: str) -> None:
    """Commands, skills and workflows, of the project and of the user, count by their names."""
    put(tmp_path / "home" / ".claude", {name: PLACES[name]})
    put(tmp_path / "project" / ".claude", {name: PLACES[name]})

    assert find_shadows(tmp_path, tmp_path / "project") == [
        f"home/.claude/{name}",
        f"project/.claude/{name}",
    ]


@pytest.mark.parametrize("front", FRONT_MATTERS)
def test_a_skills_front_matter(tmp_path: Path, front: str) -> None:
    """However YAML writes the name, the skill counts."""
    put(tmp_path / ".claude", {"skills/other/SKILL.md": skill(front)})

    assert find_shadows(tmp_path, tmp_path) == [".claude/skills/other/SKILL.md"]


@pytest.mark.parametrize("name", WORKFLOWS)
def test_a_workflows_name(tmp_path: Path, name: str) -> None:
    """However JavaScript writes the literal, the workflow counts."""
    put(tmp_path / ".claude", {"workflows/other.js": workflow(name)})

    assert find_shadows(tmp_path, tmp_path) == [".claude/workflows/other.js"]


def test_what_only_looks_like_it(tmp_path: Path) -> None:
    """Other commands, mentions in descriptions and bodies, and other kinds of files do not."""
    put(tmp_path / ".claude", HARMLESS)

    assert find_shadows(tmp_path, tmp_path) == []


def test_line_ends_and_marks_of_other_systems(tmp_path: Path) -> None:
    """CR, CRLF, a byte order mark and a front matter that does not end hide no name."""
    for number, text in enumerate(
        (
            "---\r\nname: handoff:handoff\r\n---\r\n",
            "---\rname: handoff:handoff\r---\r",
            "\ufeff---\nname: handoff:handoff\n---\n",
            "\n---  \nname: handoff:handoff\n---  \n",
            "---\nname: handoff:handoff\n--- x\n",
            "---\n---x\nname: handoff:handoff",
        )
    ):
        path = tmp_path / ".claude" / "skills" / f"s{number}" / "SKILL.md"
        path.parent.mkdir(parents=True)
        path.write_bytes(text.encode())

    assert len(find_shadows(tmp_path, tmp_path)) == 6


def test_what_is_too_large_to_judge_counts(tmp_path: Path) -> None:
    """A file over a megabyte, or a folder of over a thousand entries."""
    put(tmp_path / "one" / ".claude", {"skills/other/SKILL.md": "x" * (1024 * 1024 + 1)})
    for number in range(1001):
        (tmp_path / "two" / ".claude" / "skills" / str(number)).mkdir(parents=True)

    assert find_shadows(tmp_path, tmp_path / "one") == ["one/.claude/skills/other/SKILL.md"]
    assert find_shadows(tmp_path, tmp_path / "two") == ["two/.claude/skills"]


@pytest.mark.parametrize("line", ["---x\n", "handoff:handoffs ", "\\", "\\u{", "\n---\x20"])
def test_a_hostile_file_is_judged_in_one_pass(line: str) -> None:
    """Twice the text, about twice the steps: a megabyte of anything is judged at once."""
    text = "---\n" + line * (1024 * 1024 // len(line))
    counted = sum(1 for _ in shadowing_commands._unescaped(shadowing_commands._front_matter(text)))
    assert counted <= len(text)


def test_links_are_followed(tmp_path: Path) -> None:
    """A linked folder or file is read by the client, so it counts."""
    put(tmp_path / "elsewhere", {"handoff/handoff.md": COMMAND, "x.md": COMMAND})
    for name in ("one", "two", "three"):
        (tmp_path / name / ".claude").mkdir(parents=True)
    (tmp_path / "one/.claude/commands").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "two/.claude/commands").mkdir()
    (tmp_path / "two/.claude/commands/handoff").symlink_to(tmp_path / "elsewhere/handoff")
    (tmp_path / "three/.claude/commands/handoff").mkdir(parents=True)
    (tmp_path / "three/.claude/commands/handoff/pickup.md").symlink_to(tmp_path / "elsewhere/x.md")

    for name in ("one", "two", "three"):
        assert len(find_shadows(tmp_path, tmp_path / name)) == 1, name


def test_where_the_client_looks(tmp_path: Path) -> None:
    """All folders above count, the main worktree of a linked one, the user's configuration
    directory, and added directories; what lies below does not.
    """
    files = {"commands/handoff/handoff.md": COMMAND}
    for folder in ("main", "main/a", "config", "added", "main/a/b/below"):
        put(tmp_path / folder / ("" if folder == "config" else ".claude"), files)
    (tmp_path / "main/.git/worktrees/linked").mkdir(parents=True)
    linked = tmp_path / "linked"
    (linked / "c").mkdir(parents=True)
    (linked / ".git").write_text(f"gitdir: {tmp_path}/main/.git/worktrees/linked\n")

    def folders(directory: Path, *added: str, **env: str) -> list[str]:
        suffixes = ("/.claude/commands/handoff/handoff.md", "/commands/handoff/handoff.md")
        paths = find_shadows(tmp_path, directory, *added, **env)
        return [path.removesuffix(suffixes[0]).removesuffix(suffixes[1]) for path in paths]

    assert folders(tmp_path / "main/a/b") == ["main", "main/a"]
    assert folders(linked / "c") == ["main"]
    assert folders(tmp_path, CLAUDE_CONFIG_DIR=str(tmp_path / "config")) == ["config"]
    assert folders(tmp_path, str(tmp_path / "added")) == ["added"]


@pytest.mark.parametrize(
    "content", ["gitdir: \0x/worktrees/y", "gitdir:", "", "\udce4 x", "gitdir: a"]
)
def test_a_strange_git_file(tmp_path: Path, content: str) -> None:
    """Whatever `.git` holds, the look ends well."""
    (tmp_path / ".git").write_bytes(os.fsencode(content))

    assert find_shadows(tmp_path, tmp_path) == []


def test_special_files_are_not_waited_for(tmp_path: Path) -> None:
    """A pipe or a folder in a skill's place, or a pipe for `.git`, does not stop us."""
    for name in ("pipe", "folder"):
        (tmp_path / ".claude/skills" / name).mkdir(parents=True)
    os.mkfifo(tmp_path / ".claude/skills/pipe/SKILL.md")
    (tmp_path / ".claude/skills/folder/SKILL.md").mkdir()
    os.mkfifo(tmp_path / ".git")

    assert find_shadows(tmp_path, tmp_path) == []


@given(st.text(alphabet="\\xuU{}0af:handofpickup\"'\n \t#-[]", max_size=60))
def test_no_text_makes_it_fail(text: str) -> None:
    """Escapes that are cut off, nested or no escapes at all are read to the end."""
    shadowing_commands._is_whole(shadowing_commands._unescaped(text), shadowing_commands.NAMES[0])
    shadowing_commands._front_matter(text)


@given(st.lists(st.tuples(st.sampled_from("handoff:handoff"), st.integers(0, 4))))
def test_escapes_are_resolved(pieces: list[tuple[str, int]]) -> None:
    """Each way to write a character is read as that character."""
    ways = ("{0}", "\\x{1:02x}", "\\u{1:04x}", "\\U{1:08x}", "\\u{{{1:x}}}")
    text = "".join(ways[way].format(char, ord(char)) for char, way in pieces)

    assert shadowing_commands._unescaped(text) == "".join(char for char, _ in pieces)
