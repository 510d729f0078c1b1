"""Consent to a spec: given to bytes, by a person, and entered with what was found then."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from handoff.base.errors import HandoffError
from handoff.runtime import Runtime
from handoff.specs import acceptance, spec_folder
from handoff.specs.model import Acceptance, AcceptedFeature, Spec
from handoff.store import places
from support import made_specs

if TYPE_CHECKING:
    from pathlib import Path

    from support.repo import Repo

SHELL = "/bin/sh {target}"


def committed(repo: Repo, runner: str = SHELL) -> Spec:
    """A spec with a red, a green and a missing test, committed."""
    features = [made_specs.feature(name, target=f"{name}.sh") for name in ("red", "green", "none")]
    spec = made_specs.put_spec(repo, *features, runners={"py": runner})
    (repo.root / "red.sh").write_text("exit 1\n")
    (repo.root / "green.sh").write_text("exit 0\n")
    (repo.root / "none.sh").unlink()
    repo.git("add", "-A")
    repo.git("commit", "-qm", "Spec")
    return spec_folder.read(str(repo.root), spec.id)


def accept(repo: Repo, spec: Spec, told: list[str] | None = None) -> Acceptance:
    heard: list[str] = [] if told is None else told
    return acceptance.accept(spec, places.locate(str(repo.root)), runtime(repo), heard.append)


def runtime(repo: Repo) -> Runtime:
    return Runtime(os.environ, full=True, home=str(repo.state))


def record(repo: Repo, spec: Spec) -> Path:
    return repo.state / "specs" / f"{spec.id}.json"


def test_what_is_found(repo: Repo) -> None:
    """Only a test that exists and fails before the work proves something; a ref keeps it all."""
    spec, told = committed(repo), list[str]()
    done = accept(repo, spec, told)
    assert done.features == {
        "red": AcceptedFeature(tested=True, red=True),
        "green": AcceptedFeature(tested=True, red=False),
        "none": AcceptedFeature(),
    }
    assert [done.proves(one) for one in spec.features] == [True, False, False]
    for line, words in zip(told, ("fails now", "passes already", "does not exist"), strict=True):
        assert words in line
    assert repo.git("rev-parse", f"refs/handoff/specs/{spec.id}").strip() == done.commit
    assert acceptance.check(spec, str(repo.state)) == done


@pytest.mark.parametrize("name", ["spec.md", "features.json"])
def test_changed_since(repo: Repo, name: str) -> None:
    """Consent is to bytes: any change ends it."""
    spec = committed(repo)
    with pytest.raises(HandoffError, match="is not accepted"):
        acceptance.check(spec, str(repo.state))
    accept(repo, spec)
    path = repo.root / spec_folder.relative_path(spec.id, name)
    path.write_bytes(path.read_bytes() + b"\n")
    with pytest.raises(HandoffError, match=f"{name} of the spec .* changed"):
        acceptance.check(spec_folder.read(str(repo.root), spec.id), str(repo.state))


def test_another_test_of_the_same_file(repo: Repo) -> None:
    """What was found of one test is not taken for another one in the same file."""
    spec = committed(repo, "/bin/sh -c 'case $0 in *green) exit 0;; esac; exit 1' {target}")
    assert accept(repo, spec).features["red"].red
    path = repo.root / spec_folder.relative_path(spec.id, "features.json")
    path.write_text(path.read_text().replace("red.sh", "red.sh::green"))
    repo.git("commit", "-qam", "Edit")
    edited = spec_folder.read(str(repo.root), spec.id)
    assert accept(repo, edited).features["red"].red is False


def test_runner_cannot_start(repo: Repo) -> None:
    """A runner that is not installed is an error, and no red test: nothing is entered."""
    spec = committed(repo, "no-such-runner {target}")
    with pytest.raises(HandoffError, match="The runner py cannot be started"):
        accept(repo, spec)
    assert acceptance.load(str(repo.state), spec.id) is None


def test_not_committed(repo: Repo) -> None:
    """What is accepted is what HEAD has."""
    spec = committed(repo)
    (repo.root / "red.sh").write_text("exit 2\n")
    with pytest.raises(HandoffError, match=r"red\.sh has uncommitted changes"):
        accept(repo, spec)


def test_verify_that_writes(repo: Repo) -> None:
    """A verify command that changes the worktree is named."""
    told: list[str] = []
    accept(repo, committed(repo, "echo >>a-new-file; /bin/sh {target}"), told)
    assert "changed files" in told[-1]


@pytest.mark.parametrize(("key", "value"), [
    ("files", {"a": 1}), ("files", None), ("globs", "x"), ("globs", [1]), ("features", []),
    ("features", {"red": {"red": "yes"}}), ("spec_sha256", 3), ("commit", None), ("spec", "x"),
])  # fmt: skip
def test_damaged(repo: Repo, key: str, value: Any) -> None:
    """A record with a value of a wrong form is an error: what it froze must not be fewer files."""
    spec = committed(repo)
    accept(repo, spec)
    path = record(repo, spec)
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    with pytest.raises(HandoffError, match=f"damaged.*{key}"):
        acceptance.load(str(repo.state), spec.id)
    entry = json.loads(path.read_text())
    del entry[key]
    path.write_text(json.dumps(entry))
    with pytest.raises(HandoffError, match="damaged"):
        acceptance.load(str(repo.state), spec.id)
