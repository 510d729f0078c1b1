"""A session that moves on the real client: into a worktree, out of it, to another repository."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from .clients import both_clients
from .model import Model, calls, runs, says
from .session import PROMPT, asks, log, open_briefs, sessions, work

if TYPE_CHECKING:
    from pathlib import Path

    from .harness import World


WRITTEN = r"brief “List every price on the receipt” written, committed as"
TOOLS = "--allowedTools=Bash,EnterWorktree,ExitWorktree"


@both_clients
def test_into_a_worktree(world: World) -> None:
    """The brief of a session that entered a worktree is committed on the worktree's branch, with
    the facts from before and after; /clear goes on there, and the session's end changes nothing.
    """
    receipt = str(world.project / "till" / "receipt.py")
    model = Model(
        calls("Read", 20_000, file_path=receipt),
        calls("EnterWorktree", 20_100, name="prices"),
        runs("cd tests && python3 -m unittest test_receipt", 20_200),
        says("I have read it.", 205_000),
        says("I go on.", 8_000),
    )
    before = world.git("rev-parse", "main")
    worktree = world.project / ".claude" / "worktrees" / "prices"
    with world.serve(model) as api, world.terminal(TOOLS) as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for(WRITTEN, 40)

        (brief,) = (worktree / ".handoff" / "open").glob("*.md")
        text = brief.read_text()
        assert world.git("show", f"worktree-prices:.handoff/open/{brief.name}") == text
        assert "branch: worktree-prices" in text
        facts = text.partition("## Facts")[2]
        assert "never touch till/basket.py" in facts
        assert "till/receipt.py" in facts, text
        assert "python3 -m unittest test_receipt" in facts
        assert world.git("rev-parse", "main") == before
        assert not open_briefs(world)

        terminal.submit("/clear")
        terminal.wait_for(r"SessionStart:clear says: handoff: picked up “List every price")
        terminal.submit("please proceed")
        assert f'<handoff-brief id="{brief.stem}">' in api.wait_for(asks("please proceed")).text
        terminal.wait_for("I go on.")
    assert brief.read_text() == text
    assert len(model.asked) == 1
    assert log(world) == ""


@both_clients
def test_out_of_a_worktree_that_is_removed(world: World) -> None:
    """A brief in a worktree that the session leaves and removes, branch and all, comes along: it is
    on the branch where the session works now, as it was written, and picked up there.
    """
    model = Model(
        calls("EnterWorktree", 20_100, name="prices"),
        runs("python3 -m unittest tests.test_receipt", 20_200),
        says("I have read it.", 205_000),
    )
    leave = calls("ExitWorktree", 206_500, action="remove", discard_changes=True)
    with world.serve(model) as api, world.terminal(TOOLS) as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for(WRITTEN, 40)
        (brief,) = (world.project / ".claude/worktrees/prices/.handoff/open").glob("*.md")
        text = brief.read_text()
        model.replies += [leave, says("I am back.", 206_600), says("I go on.", 8_000)]
        terminal.ready()
        terminal.submit("leave the worktree")
        terminal.wait_for("I am back.")
        assert not brief.exists()
        assert world.git("branch", "--list", "worktree-prices") == ""

        terminal.ready()
        terminal.submit("/clear")
        terminal.wait_for(r"SessionStart:clear says: handoff: picked up “List every price")
        assert world.git("show", f"main:.handoff/open/{brief.name}") == text
        assert [path.name for path in open_briefs(world)] == [brief.name]
        terminal.submit("please proceed")
        assert f'<handoff-brief id="{brief.stem}">' in api.wait_for(asks("please proceed")).text
    assert log(world) == ""


def test_to_another_repository(world: World) -> None:
    """After /cd the brief belongs to the repository where the work goes on, with the facts of the
    whole session; the session's end leaves the model's brief alone.
    """
    other = another_repository(world)
    model = Model(
        runs("python3 -m unittest tests.test_receipt", 20_000),
        says("So far.", 20_100),
        runs("python3 -m compileall second", 20_200),
        says("I have moved.", 205_000),
    )
    with world.serve(model), world.terminal(TOOLS) as terminal:
        terminal.ready()
        terminal.submit(PROMPT)
        terminal.wait_for("So far.")
        terminal.ready()
        terminal.submit(f"/cd {other}")
        terminal.wait_for(r"Moved to")
        terminal.submit("and this")
        terminal.wait_for(WRITTEN, 40)

    (brief,) = (other / ".handoff" / "open").glob("*.md")
    facts = brief.read_text().partition("## Facts")[2]
    assert "author: model" in brief.read_text()
    assert "python3 -m unittest tests.test_receipt" in facts
    assert "python3 -m compileall second" in facts
    assert not (world.project / ".handoff").exists()
    assert [session["project"] for session in sessions(world)] == [str(other)]
    assert log(world) == ""


def another_repository(world: World) -> Path:
    """A second repository that the client trusts."""
    other = world.root / "other"
    other.mkdir()
    named = ("-c", "user.name=Robin Example", "-c", "user.email=robin@example.org")
    for command in (
        ("init", "-q", "-b", "main"),
        (*named, "commit", "-q", "-m", "Begin", "--allow-empty"),
    ):
        subprocess.run(["git", *command], cwd=other, env=world.basic_env, check=True)
    trust(world, other)
    return other


def trust(world: World, *directories: Path) -> None:
    """Have the client trust these as it trusts the project."""
    path = world.config / ".claude.json"
    config = json.loads(path.read_text())
    known = config["projects"]
    known.update(dict.fromkeys(map(str, directories), known[str(world.project)]))
    path.write_text(json.dumps(config))


def test_a_repository_of_packages(world: World) -> None:
    """The brief of a session in one package is not given to one in another, which is told of it;
    the next session in its own package gets it.
    """
    for name in ("a", "b"):
        folder = world.project / "packages" / name
        folder.mkdir(parents=True)
        (folder / "code.py").write_text("pass\n")
    trust(world, world.project / "packages" / "a", world.project / "packages" / "b")
    model = Model(*work(world), says("I go on.", 8_000))
    with world.serve(model) as api:
        world.print(PROMPT, directory=world.project / "packages" / "a")
        (brief,) = open_briefs(world)

        with world.terminal(TOOLS, directory=world.project / "packages" / "b") as terminal:
            terminal.wait_for(r"it belongs to the directory packages/a")
        assert not list((world.state / "claims").glob("*"))

        with world.terminal(TOOLS, directory=world.project / "packages" / "a") as terminal:
            terminal.wait_for(r"SessionStart:startup says: handoff: picked up “List every price")
            terminal.ready()
            terminal.submit("please proceed")
            assert f'<handoff-brief id="{brief.stem}">' in api.wait_for(asks("please proceed")).text
    assert log(world) == ""
