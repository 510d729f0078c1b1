"""`handoff statusline --install` and `--uninstall` on the client's settings file."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from handoff.base import paths
from handoff.base.errors import HandoffError
from handoff.client import settings_edit as files
from handoff.runtime import Runtime
from handoff.status import status_line_install as setup
from handoff.status.status_line import record_file
from support.settings_files import is_utf8, texts
from support.wired import link_environment

if TYPE_CHECKING:
    from pathlib import Path

MINE = '{"type":"command", "command" : "echo mine # not yours", "padding": 2}'


@pytest.fixture
def path(own_home: Path) -> Path:
    """Where the client's settings file is, or would be."""
    return own_home / ".claude" / "settings.json"


@pytest.fixture
def runtime() -> Runtime:
    return Runtime(os.environ, full=True)


def install(runtime: Runtime) -> setup.Outcome:
    return setup.install(runtime, runtime.home)


def command(path: Path) -> str:
    return str(json.loads(path.read_bytes().decode("utf-8-sig"))["statusLine"]["command"])


def test_without_a_settings_file(runtime: Runtime, path: Path) -> None:
    """The file is made, and removed again; the command goes through the link to this plugin."""
    assert install(runtime).describe() == f"The status line is installed ({path})."
    link = os.path.join(runtime.home, "plugin")

    assert os.readlink(link) == paths.plugin_root()
    assert command(path) == f"CLAUDE_PLUGIN_ROOT={link} /bin/sh {link}/hooks/run.sh statusline"
    assert list(json.loads(path.read_text())) == ["statusLine"]

    assert setup.uninstall(runtime).changed
    assert list(path.parent.iterdir()) == []
    assert not os.path.exists(record_file(runtime.home))


def test_twice_is_once(runtime: Runtime, path: Path) -> None:
    """The second installation changes nothing and says so; so does the second removal."""
    path.parent.mkdir()
    path.write_text('{"statusLine": ' + MINE + "}")
    assert install(runtime).changed
    once = path.read_bytes()

    again = install(runtime)
    assert path.read_bytes() == once
    assert again.describe().startswith("The status line is already installed")

    assert setup.uninstall(runtime).changed
    assert not setup.uninstall(runtime).changed
    assert setup.uninstall(runtime).describe().startswith("The status line is not installed")
    assert path.read_text() == '{"statusLine": ' + MINE + "}"


def test_the_users_own_is_kept(runtime: Runtime, path: Path) -> None:
    """It is named, its other settings stay, and its command stays in ours: when the plugin is gone
    without a word, the shell runs it.
    """
    path.parent.mkdir()
    path.write_text('{\n  "statusLine": ' + MINE + ',\n  "model": "opus"\n}\n')
    outcome = install(runtime)
    status_line = json.loads(path.read_text())["statusLine"]

    assert outcome.wraps == "echo mine # not yours"
    assert "Your own comes first: echo mine" in outcome.describe()
    assert status_line["padding"] == 2
    os.unlink(os.path.join(runtime.home, "plugin"))
    ran = subprocess.run(
        ["/bin/sh", "-c", status_line["command"]], input=b"{}", capture_output=True
    )
    assert (ran.returncode, ran.stdout) == (0, b"mine\n")


def test_it_comes_back_without_the_state_directory(runtime: Runtime, path: Path) -> None:
    """What was remembered is lost: the user's command is still found in ours."""
    path.parent.mkdir()
    path.write_text('{"statusLine": ' + MINE + "}")
    install(runtime)
    os.unlink(record_file(runtime.home))

    assert install(runtime).wraps == "echo mine # not yours"
    assert setup.uninstall(runtime).wraps == "echo mine # not yours"
    assert json.loads(path.read_text()) == {"statusLine": json.loads(MINE)}


def test_another_one_since_then(runtime: Runtime, path: Path) -> None:
    """A status line that the user set up after ours is not ours to remove; installing wraps it."""
    install(runtime)
    path.write_text('{"statusLine": ' + MINE + "}")

    assert not setup.uninstall(runtime).changed
    assert path.read_text() == '{"statusLine": ' + MINE + "}"
    assert install(runtime).wraps == "echo mine # not yours"


def test_other_keys_added_since_then_stay(runtime: Runtime, path: Path) -> None:
    """The file that we made is not removed when somebody else has written into it."""
    install(runtime)
    settings_now = json.loads(path.read_text())
    path.write_text(json.dumps({"model": "opus", **settings_now, "theme": "dark"}))
    setup.uninstall(runtime)

    assert json.loads(path.read_text()) == {"model": "opus", "theme": "dark"}


@pytest.mark.parametrize("broken", ["{", "", "// x\n{}", '{"a":1,"a":1}'])
def test_what_cannot_be_parsed_is_left_alone(runtime: Runtime, path: Path, broken: str) -> None:
    """It is refused, and nothing is written or remembered."""
    path.parent.mkdir()
    path.write_text(broken)
    for act in (install, setup.uninstall):
        with pytest.raises(HandoffError):
            act(runtime)

    assert path.read_text() == broken
    assert os.listdir(path.parent) == ["settings.json"]
    assert not os.path.exists(record_file(runtime.home))


def test_a_project_with_its_own_is_named(runtime: Runtime, path: Path, tmp_path: Path) -> None:
    """The client takes a project's status line before the user's: that is said."""
    (tmp_path / ".claude").mkdir()
    (tmp_path / ".claude" / "settings.json").write_text('{"statusLine": ' + MINE + "}")

    assert "another status line" in setup.install(runtime, str(tmp_path)).describe()


def test_state_with_blanks_and_quotes(own_home: Path, path: Path) -> None:
    """The command is quoted for the shell, and known again as ours."""
    home = str(own_home / "it's mine")
    runtime = Runtime({**os.environ, "HANDOFF_HOME": home}, full=True)
    install(runtime)
    link_environment(home)
    ran = subprocess.run(
        ["/bin/sh", "-c", command(path)], input=b"{}", capture_output=True, env=runtime.env
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")
    assert not install(runtime).changed
    assert setup.uninstall(runtime).changed


def test_a_given_directory(own_home: Path) -> None:
    """`CLAUDE_CONFIG_DIR` says where the file is; each file has its own memory."""
    one = Runtime({**os.environ, "CLAUDE_CONFIG_DIR": str(own_home / "one")}, full=True)
    two = Runtime({**os.environ, "CLAUDE_CONFIG_DIR": str(own_home / "two")}, full=True)
    install(one)
    install(two)
    setup.uninstall(one)

    assert not (own_home / "one" / "settings.json").exists()
    assert (own_home / "two" / "settings.json").exists()
    assert setup.uninstall(two).changed


@settings(
    max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    text=st.booleans().flatmap(lambda given: texts(with_key=given)).filter(is_utf8),
    mark=st.sampled_from(["", "\ufeff"]),
)
def test_install_and_uninstall_is_nothing(
    runtime: Runtime, path: Path, text: str, mark: str
) -> None:
    """Any valid file is byte for byte what it was, and nothing is left beside it."""
    path.parent.mkdir(exist_ok=True)
    content = (mark + text).encode()
    path.write_bytes(content)
    before: dict[str, Any] = json.loads(text)
    install(runtime)
    changed = json.loads(path.read_bytes().decode("utf-8-sig"))
    assert {**changed, "statusLine": 0} == {**before, "statusLine": 0}
    assert (path.parent / f"settings.json{files.BACKUP_SUFFIX}").read_bytes() == content

    setup.uninstall(runtime)
    assert path.read_bytes() == content
    assert os.listdir(path.parent) == ["settings.json"]
