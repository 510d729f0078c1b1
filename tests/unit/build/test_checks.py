"""A feature is verified by a run of the accepted test, and of nothing else."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from handoff.build.checks import Checks
from handoff.runtime import Runtime
from handoff.specs import acceptance, spec_folder
from handoff.store import places
from support import made_specs

if TYPE_CHECKING:
    from handoff.build import select
    from support.repo import Repo


def verified(repo: Repo, runner: str, told: list[str]) -> select.Found:
    """A red test accepted, its work done, and its verify command run."""
    feature = made_specs.feature("sum", target="tests/sum.sh")
    made = made_specs.put_spec(repo, feature, runners={"py": runner})
    (repo.root / "tests/sum.sh").write_text("test -e work\n")
    repo.git("add", "-A")
    repo.git("commit", "-qm", "Spec")
    spec = spec_folder.read(str(repo.root), made.id)
    runtime = Runtime(os.environ, full=True, home=str(repo.state))
    accepted = acceptance.accept(spec, places.locate(str(repo.root)), runtime, lambda _: None)
    assert accepted.proves(spec.features[0])
    (repo.root / "work").touch()
    checks = Checks(spec, accepted, str(repo.root), runtime, told.append)
    return checks.verify(spec.features[0], "c0ffee", has_work=True, files=())


def test_passed(repo: Repo) -> None:
    found = verified(repo, "/bin/sh {target}", [])
    assert found.passed and found.proves


def test_test_changed_while_it_ran(repo: Repo) -> None:
    """A pass is worth nothing if the test is not the accepted one afterwards."""
    told: list[str] = []
    found = verified(repo, "/bin/sh {target} && echo true >tests/sum.sh; test -e work #", told)
    assert not found.passed
    assert "tests/sum.sh was changed while it ran" in found.text
    assert found.text in told[-1]


@pytest.mark.parametrize("command", ["kill -9 $$", "kill -TERM $$; exit 0"])
def test_ended_by_a_signal(repo: Repo, command: str) -> None:
    """Ended by a signal is not passed."""
    assert not verified(repo, f"{command} # {{target}}", []).passed


def test_output(repo: Repo) -> None:
    """A flood, raw bytes, terminal escapes and secrets: a bounded, harmless tail is kept."""
    key = "ghp_" + "a1B2c3D4e5" * 3 + "f6G7h8"
    runner = (
        f"/bin/sh {{target}}; code=$?; head -c 200000 /dev/zero; yes | head -n 1000; "
        f"printf '\\033[2J\\377\\n{key}\\n'; exit $code"
    )
    found = verified(repo, runner, [])
    assert found.passed
    assert len(found.tail.splitlines()) <= 40
    assert "\033" not in found.tail and "\0" not in found.tail
    assert key not in found.tail
