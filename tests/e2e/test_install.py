"""Installation: from the marketplace (the first session builds the environment) and by install.sh.

Where a test is not about packages, a staged `uv` stands in for the package installer: it "installs"
the Python that runs the tests.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from handoff.base import paths
from handoff.demo.api import Reply
from support.paths import ROOT

from .clients import NEWEST, OLDEST
from .harness import HANDS_FREE, World, until
from .model import Model, says

if TYPE_CHECKING:
    from collections.abc import Iterable

# One worker runs them all: they share the installer's download cache.
pytestmark = [
    pytest.mark.xdist_group("install"),
    pytest.mark.world(plugin=False, environment=False),
]
PARTS = (
    ".claude-plugin",
    "commands",
    "hooks",
    "plugin",
    "bin",
    "pyproject.toml",
    "README.md",
    "LICENSE",
    "docs/handoff.1",
    "install.sh",
)
NOWHERE = "http://127.0.0.1:9"  # a closed port
UV = f"""#!/bin/sh
for last; do :; done
[ "$1" = venv ] || exit 0
mkdir -p "$last/bin"
printf '#!/bin/sh\\nexec "{sys.executable}" "$@"\\n' > "$last/bin/python"
chmod +x "$last/bin/python"
"""


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plugin's files alone: the client copies everything it finds in a marketplace's folder."""
    folder = tmp_path_factory.mktemp("checkout")
    for part in PARTS:
        if (ROOT / part).is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(ROOT / part, folder / part, ignore=ignored)
        else:
            (folder / part).parent.mkdir(exist_ok=True)
            shutil.copy2(ROOT / part, folder / part)
    return folder


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """How this machine reaches its package registry, and a download cache of the tests' own."""
    given = {
        name: value
        for name, value in os.environ.items()
        if name.startswith(("PIP_", "UV_", "SSL_CERT_")) or name.lower().endswith("_proxy")
    }
    cache = tmp_path_factory.mktemp("packages")
    return {**given, "PIP_CACHE_DIR": f"{cache}/pip", "UV_CACHE_DIR": f"{cache}/uv"}


@pytest.fixture(scope="module")
def package(
    checkout: Path, registry: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A virtual environment with handoff's wheel, as pipx or uvx make one; its command."""
    folder = tmp_path_factory.mktemp("package")
    venv.create(folder / "venv", with_pip=True)
    env = {"PATH": os.environ["PATH"], "HOME": str(folder), **registry}
    pip = [str(folder / "venv/bin/python"), "-I", "-m", "pip", "--quiet"]
    for step in (
        ["wheel", "--no-deps", "--wheel-dir", str(folder / "dist"), str(checkout)],
        ["install", "--find-links", str(folder / "dist"), "handoff-briefs"],
    ):
        done = subprocess.run([*pip, *step], env=env, capture_output=True, text=True, timeout=150)
        assert done.returncode == 0, done.stdout + done.stderr
    return folder / "venv/bin/handoff"


def tools(world: World, *without: str, client: bool = True, uv: str = UV) -> str:
    """A PATH with this machine's programs, but for those whose names begin with `without`.

    The world's client is on it, and the staged `uv`.
    """
    folder = world.root / "tools"
    folder.mkdir()
    hidden = ("claude", "uv", *without)
    for directory in map(Path, os.environ["PATH"].split(os.pathsep)):
        for program in directory.iterdir() if directory.is_dir() else ():
            link = folder / program.name
            if not program.name.startswith(hidden) and not os.path.lexists(link):
                link.symlink_to(program)
    if client:
        (folder / "claude").symlink_to(world.client)
    if uv:
        (folder / "uv").write_text(uv)
        (folder / "uv").chmod(0o755)
    return str(folder)


def install(
    world: World, checkout: Path, *arguments: str, path: str, **env: str
) -> subprocess.CompletedProcess[str]:
    """Run install.sh in the world."""
    return subprocess.run(
        ["bash", str(checkout / "install.sh"), *arguments],
        cwd=world.project,
        env={**world.env(NOWHERE), "PATH": path, **env},
        capture_output=True,
        text=True,
        timeout=150,
    )


def client(world: World, *arguments: str) -> str:
    """Run one of the client's own commands."""
    done = subprocess.run(
        [str(world.client), *arguments],
        cwd=world.project,
        env=world.env(NOWHERE),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def installed_plugins(world: World) -> list[dict[str, Any]]:
    """What `claude plugin list` says, without the client's own: 2.1.332 lists those as well."""
    plugins: list[dict[str, Any]] = json.loads(client(world, "plugin", "list", "--json"))
    return [plugin for plugin in plugins if not plugin["id"].endswith("@builtin")]


def files(folders: Iterable[Path], *, but: tuple[str, ...] = ()) -> dict[str, tuple[object, ...]]:
    """Every file and link with its size, mode, time and target; compiled files do not count."""
    entries: dict[str, tuple[object, ...]] = {}
    for folder in folders:
        for path in folder.rglob("*"):
            skipped = {"__pycache__", *but} & set(path.parts)
            if path.is_symlink() or (path.is_file() and not skipped):
                stat = path.lstat()
                target = path.readlink() if path.is_symlink() else None
                entries[str(path)] = (stat.st_size, stat.st_mode, stat.st_mtime_ns, target)
    return entries


@pytest.mark.smoke
@pytest.mark.parametrize("client_path", [NEWEST, OLDEST], indirect=True)
def test_from_the_marketplace(world: World, checkout: Path, registry: dict[str, str]) -> None:
    """Installed by the client alone: the first session says one line and is otherwise untouched;
    when the environment is there, a session's hooks and its `handoff` work.
    """
    client(world, "plugin", "marketplace", "add", str(checkout))
    client(world, "plugin", "install", "handoff@handoff")
    with world.serve([Reply("Good morning.")]) as api:
        with world.terminal(extra_env=registry) as terminal:
            terminal.ready()
            terminal.submit("Hello.")
            screen = terminal.wait_for("Good morning")
        (request,) = api.main_requests
    assert screen.count("handoff: building its Python environment in the background") == 1
    assert "Python environment" not in request.text
    assert not (world.project / ".handoff").exists()

    # The session is over, perhaps before the build.
    assert until(lambda: paths.environment_python(world.basic_env) is not None, 120), (
        world.state / "log" / "handoff.log"
    ).read_text()
    with world.serve(Model(says("Nothing to do.", 5_000))) as api:
        printed = world.print("/handoff:handoff Tidy up", *HANDS_FREE)
        results = [result for request in api.main_requests for result in request.tool_results]

    assert not (world.state / "log" / "handoff.log").exists()
    data = world.config / "plugins" / "data" / "handoff-handoff"
    assert (world.state / "env").readlink().parent == data / "env"
    assert "UserPromptExpansion hook additional context" in api.main_requests[0].text
    assert "Brief 20" in results[0].text, printed
    assert len(list((world.project / ".handoff" / "open").glob("*.md"))) == 1


@pytest.mark.parametrize("client_path", [NEWEST, OLDEST], indirect=True)
def test_a_failed_background_build(world: World, checkout: Path) -> None:
    """Installed by the client alone: why the environment could not be built is on screen in the
    same session, once; the command that it names builds it and links `handoff` for the shell.
    """
    client(world, "plugin", "marketplace", "add", str(checkout))
    client(world, "plugin", "install", "handoff@handoff")
    no_network = {"PIP_INDEX_URL": f"{NOWHERE}/simple", "PIP_CONFIG_FILE": os.devnull}
    path = tools(world, uv="")
    with world.serve([Reply("Good morning."), Reply("Good evening.")]) as api:
        with world.terminal(extra_env={**no_network, "PATH": path}) as terminal:
            terminal.ready()
            assert until((world.state / "env-failed").exists, 60)
            terminal.submit("Hello.")
            terminal.wait_for("Good morning")
            terminal.submit("Hello again.")
            screen = terminal.wait_for("Good evening")
        assert all("not set up" not in request.text for request in api.main_requests)
    words = " ".join(screen.split())
    assert words.count("handoff is not set up: the package registry cannot be reached") == 1

    (copy,) = world.config.glob("plugins/cache/handoff/handoff/*")
    (Path(path) / "uv").write_text(UV)
    (Path(path) / "uv").chmod(0o755)
    done = install(world, copy, path=path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert not (world.state / "env-failed").exists()
    link = world.home / ".local/bin/handoff"
    assert link.readlink() == world.state / "plugin/bin/handoff"
    assert link.resolve() == checkout / "bin/handoff"  # what sessions run, from this marketplace
    assert not (world.home / ".local/share/handoff/plugin").exists()


@pytest.mark.smoke
def test_install_and_again(world: World, checkout: Path, registry: dict[str, str]) -> None:
    """install.sh builds, registers and passes the doctor; the second run changes no file."""
    path = tools(world, uv="")
    first = install(world, checkout, "--prefix", str(world.home / "opt"), path=path, **registry)
    assert first.returncode == 0, first.stdout + first.stderr
    assert first.stderr == ""
    assert "handoff doctor: passed" in first.stdout
    assert "Done. Next:\n  - Start `claude`" in first.stdout
    assert "$HOME/opt/bin" in first.stdout
    (plugin,) = installed_plugins(world)
    assert (plugin["id"], plugin["enabled"]) == ("handoff@handoff", True)
    assert plugin["readFromFolder"] == str(world.home / "opt/share/handoff/plugin")
    command = [str(world.home / "opt/bin/handoff"), "--version"]
    assert subprocess.run(command, env=world.basic_env, capture_output=True).returncode == 0

    settings = [world.config / "settings.json", world.config / "plugins" / "installed_plugins.json"]
    folders = (world.home / "opt", world.state)
    before = files(folders, but=("log",)), [path.read_text() for path in settings]
    second = install(world, checkout, "--prefix", str(world.home / "opt"), path=path)

    assert second.returncode == 0, second.stdout + second.stderr
    assert second.stdout.count("(unchanged)") == 4
    assert "Start `claude`" not in second.stdout
    assert (files(folders, but=("log",)), [path.read_text() for path in settings]) == before


def test_update(world: World, checkout: Path, tmp_path: Path) -> None:
    """A newer checkout replaces the files whole: what it no longer has is gone; the interrupted run
    before it leaves nothing behind.
    """
    path = tools(world)
    assert install(world, checkout, path=path).returncode == 0
    share = world.home / ".local/share/handoff"
    newer = tmp_path / "newer"
    shutil.copytree(checkout, newer)
    (newer / "commands" / "pickup.md").unlink()
    (newer / "commands" / "new.md").write_text("---\ndescription: new\n---\nNew.\n")
    (share / "plugin").rename(share / "plugin.old")  # killed between the two renames …
    (share / "plugin.new").mkdir()  # … or while it copied
    (share / ".lock").mkdir()
    (share / ".lock" / "pid").write_text("999999999\n")
    done = install(world, newer, path=path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(os.listdir(share)) == ["env", "env.lock", "plugin"]
    names = os.listdir(share / "plugin" / "commands")
    assert "new.md" in names
    assert "pickup.md" not in names


@pytest.mark.smoke
def test_uninstall(world: World, checkout: Path) -> None:
    """--uninstall takes everything away but briefs, the user's configuration, and what the client
    keeps for itself.
    """
    path = tools(world)
    own = (".claude", "tmp")
    world.configure("mode: write")
    before = set(world.root.rglob("*"))
    assert install(world, checkout, path=path).returncode == 0
    (world.home / ".cache" / "handoff" / "clients").mkdir(parents=True)
    brief = world.project / ".handoff" / "open" / "a.md"
    brief.parent.mkdir(parents=True)
    brief.write_text("A brief.\n")
    copied = world.home / ".local/share/handoff/plugin"
    done = install(world, copied, "--uninstall", path=path)  # the checkout need not be there

    assert done.returncode == 0, done.stdout + done.stderr
    left = {path for path in world.root.rglob("*") if not set(own) & set(path.parts)}
    kept = {brief, brief.parent, brief.parent.parent}
    gone = {world.state}  # handoff's own, made by the test's world
    assert left - kept == {path for path in before if not set(own) & set(path.parts)} - gone
    assert installed_plugins(world) == []
    assert json.loads(client(world, "plugin", "marketplace", "list", "--json")) == []
    assert not list(world.config.glob("plugins/data/*"))
    assert "  Plugin files        ~/.local/share/handoff/plugin removed\n" in done.stdout
    kept_lines = done.stdout.split("Done. Kept:\n")[1].splitlines()
    assert kept_lines == [
        "  - your configuration: ~/.config/handoff",
        "  - in your repositories: .handoff/ with its briefs, their commits, and refs/handoff/",
    ]


def test_without_a_client(world: World, checkout: Path) -> None:
    """Without a client everything else is set up, the message says what is missing, exit 1;
    --no-plugin does not ask for one.
    """
    path = tools(world, client=False)
    done = install(world, checkout, path=path)
    assert done.returncode == 1
    assert "  Claude Code         not found\n" in done.stdout
    to_fix = done.stdout.split("Installed, but not complete. To fix:\n")[1]
    assert to_fix.startswith("  - No `claude` on the PATH")
    assert "Install Claude Code 2.1.197 or later, then run ./install.sh again" in to_fix

    quiet = install(world, checkout, "--no-plugin", path=path)

    assert quiet.returncode == 0, quiet.stdout
    assert "No `claude` on the PATH" not in quiet.stdout


@pytest.mark.smoke
def test_demo(world: World, checkout: Path) -> None:
    """--demo sets up, runs the demo last, and leaves the user's client as it was."""
    path = tools(world)
    before = files([world.config])
    done = install(world, checkout, "--demo", path=path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert files([world.config]) == before


@pytest.mark.smoke
def test_the_wheel_is_a_whole_product(world: World, package: Path) -> None:
    """The demo runs from it; `handoff install` installs the plugin that it carries, keeps the
    command that pipx linked, and takes back what it installed.
    """
    path = tools(world)
    link = world.home / ".local/bin/handoff"
    link.parent.mkdir(parents=True)
    link.symlink_to(package)

    def handoff(*arguments: str) -> str:
        done = subprocess.run(
            [link, *arguments],
            cwd=world.project,
            env={**world.env(NOWHERE), "PATH": f"{link.parent}:{path}"},
            capture_output=True,
            text=True,
            timeout=150,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    handoff("demo")
    output = handoff("install")
    assert "~/.local/bin/handoff (kept: installed by pipx, uv or pip)" in output
    assert "handoff doctor: passed" in output
    (plugin,) = installed_plugins(world)
    assert plugin["readFromFolder"] == str(world.home / ".local/share/handoff/plugin")
    assert link.readlink() == package
    assert "(unchanged)" in handoff("install")

    assert "pip uninstall handoff-briefs" in handoff("install", "--uninstall")
    assert link.readlink() == package
    assert installed_plugins(world) == []
    assert not (world.home / ".local/share").exists()


def test_without_python(world: World, checkout: Path) -> None:
    """No Python: the message names what was looked for and how to get it."""
    done = install(world, checkout, path=tools(world, "python", "pypy", uv=""))

    assert done.returncode == 1
    assert "No Python 3.10 or newer found (tried: python3 python3.14" in done.stderr
    assert "Install one" in done.stderr


@pytest.mark.parametrize(
    ("version", "is_old"),
    [("2.29.2", True), ("2.9.5", True), ("1.8.3.1", True), ("2.30.0", False), ("3.0.0", False)],
)
def test_old_git(world: World, checkout: Path, version: str, is_old: bool) -> None:
    """A git older than 2.30 is refused in one sentence, before anything is installed."""
    path = tools(world, "git", "python", uv="")
    git = Path(path) / "git"
    git.write_text(f"#!/bin/sh\necho git version {version}\n")
    git.chmod(0o755)
    (Path(path) / "python3").symlink_to(sys.executable)
    taken = world.home / "taken"  # the step after it, which a good git comes to
    taken.touch()
    done = install(world, checkout, "--prefix", str(taken), path=path)

    assert done.returncode == 1
    refusal = f"install.sh: {git} is git {version}, and handoff needs 2.30 or newer."
    assert done.stderr.splitlines()[0] == (
        refusal if is_old else f"install.sh: No permission to write to {taken}/share/handoff."
    )


def test_without_venv(world: World, checkout: Path, tmp_path: Path) -> None:
    """A Python that cannot make virtual environments (Debian splits that off) is named."""
    venv.create(tmp_path / "bare")
    (packages,) = (tmp_path / "bare" / "lib").glob("python*/site-packages")
    # No sitecustomize.py: Debian's Python has one of its own, which comes first.
    (packages / "bare.pth").write_text("import sys; sys.modules['ensurepip'] = None\n")
    path = tools(world, "python", "pypy", uv="")
    done = install(world, checkout, path=f"{tmp_path}/bare/bin:{path}")

    assert done.returncode == 1
    assert "cannot make virtual environments" in done.stderr
    assert "apt-get install python3-venv" in done.stderr


def test_without_network(world: World, checkout: Path) -> None:
    """A registry that cannot be reached: one plain reason, and nothing half-made is left."""
    done = install(
        world,
        checkout,
        path=tools(world, uv=""),
        PIP_INDEX_URL=f"{NOWHERE}/simple",
        PIP_CONFIG_FILE=os.devnull,
    )

    assert done.returncode == 1
    assert "the package registry cannot be reached" in done.stderr
    assert "install.log" in done.stderr
    assert not (world.state / "env").exists()
    assert not list((world.home / ".local/share/handoff/env").iterdir())
    assert not (world.home / ".local/bin/handoff").exists()
    assert installed_plugins(world) == []


def test_without_git(world: World, checkout: Path) -> None:
    """Without git everything is set up; what is missing is said once, exit 1."""
    done = install(world, checkout, "--no-plugin", path=tools(world, "git"))

    assert done.returncode == 1, done.stdout + done.stderr
    assert (world.home / ".local/bin/handoff").exists()
    told = "git was not found on the PATH, so briefs are written but not committed"
    assert done.stdout.count(told) == 1, done.stdout
    assert "Install it: apt install git" in done.stdout
    assert "not a git repository" not in done.stdout


def test_a_refused_marketplace(world: World, checkout: Path) -> None:
    """The client's own reason is shown, the rest is installed, exit 1."""
    broken = world.root / "broken"
    shutil.copytree(checkout, broken)
    (broken / ".claude-plugin" / "marketplace.json").write_text('{"name": 3')
    done = install(world, broken, path=tools(world))

    assert done.returncode == 1, done.stdout + done.stderr
    assert "Claude Code could not install the plugin: Failed to" in done.stdout
    assert "marketplace.json" in done.stdout
    assert (world.home / ".local/bin/handoff").exists()


def test_another_state_directory(world: World, checkout: Path) -> None:
    """With another HANDOFF_HOME than at the installation the command runs all the same; a copy of
    the plugin that nothing was built for says where it looked and what that variable does.
    """
    assert install(world, checkout, "--no-plugin", path=tools(world)).returncode == 0
    elsewhere = {**world.basic_env, "HANDOFF_HOME": str(world.root / "elsewhere")}

    def run(command: Path) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [command, "--version"], env=elsewhere, capture_output=True, text=True, timeout=30
        )

    done = run(world.home / ".local/bin/handoff")
    assert (done.returncode, done.stderr) == (0, "")
    done = run(checkout / "bin/handoff")
    assert done.returncode == 1
    assert f"no Python environment at {world.root}/elsewhere/env" in done.stderr
    assert "HANDOFF_HOME names that state directory" in done.stderr
    assert f"{checkout}/install.sh" in done.stderr


def test_unwritable_prefix(world: World, checkout: Path, tmp_path: Path) -> None:
    """A prefix that cannot be written is named, with the way round it."""
    (tmp_path / "file").write_text("")
    done = install(world, checkout, "--prefix", str(tmp_path / "file" / "x"), path=tools(world))

    assert done.returncode == 1
    assert f"No permission to write to {tmp_path}/file/x/share/handoff" in done.stderr
    assert "--prefix" in done.stderr


@pytest.mark.parametrize("arguments", [["--prefix"], ["--perfix", "x"], ["plugin"]])
def test_wrong_usage(world: World, checkout: Path, arguments: list[str]) -> None:
    """An unknown argument changes nothing and exits 2 with the usage."""
    done = install(world, checkout, *arguments, path=os.environ["PATH"])

    assert done.returncode == 2
    assert "Usage: ./install.sh" in done.stderr
    assert not (world.home / ".local").exists()


def test_another_command_is_kept(world: World, checkout: Path) -> None:
    """A `handoff` in the prefix that is not ours stops the installation and is not changed."""
    other = world.home / ".local" / "bin" / "handoff"
    other.parent.mkdir(parents=True)
    other.write_text("someone else's")
    done = install(world, checkout, path=tools(world))

    assert done.returncode == 1
    assert "~/.local/bin/handoff exists and belongs to another program" in done.stderr
    assert other.read_text() == "someone else's"
