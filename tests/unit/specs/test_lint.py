"""What is wrong with a spec: everything at once, and nothing with a sound one."""

from __future__ import annotations

import os
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.specs import lint
from handoff.specs.model import Spec, Verify
from support.made_specs import feature, made_spec

if TYPE_CHECKING:
    from pathlib import Path

LOGIN = "features.json, entry 3 (login)"
SOUND = made_spec(
    feature("a"), feature("b", "a", target="tests/x.py::Test::test_b[1-2]"),
    feature("c", "a", "b", verify=None), start="make run", ready="http://localhost:8000/up",
    smoke="curl -f http://localhost:8000", frozen=("**/conftest.py", "pytest.ini"), env=("CI",),
)  # fmt: skip


def test_a_sound_spec() -> None:
    """Nothing is found."""
    assert lint.find_problems(SOUND) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"title": ""}, "spec.md: it has no `title`."),
        ({"text": "# Till\n\n## Goal\n"}, "spec.md: it has no text below its front matter."),
        ({"features": ()}, "features.json: it has no features."),
        ({"runners": {"py": "pytest"}}, "the runner `py` has no `{target}` in its command."),
        ({"runners": {"py": "x {target}", "a b": "x {target}"}}, "`a b` needs a name of up to 32"),
        ({"runners": {"py": "x\x1b[2K {target}"}}, "`py` has control or invisible characters."),
        ({"smoke": "x\u202ey"}, "spec.md: `smoke` has control or invisible characters."),
        ({"smoke": "x" * 3_000}, "spec.md: `smoke` is over 2,000 characters"),
        ({"start": ""}, "spec.md: it has `ready`, but no `start`."),
        ({"ready": "http://example.org/"}, "spec.md: `ready` is not a URL on this machine"),
        ({"ready": "http://127.0.0.1.example.org/"}, "`ready` is not a URL on this machine"),
        ({"ready": "http://127.0.0.1@example.org/"}, "`ready` is not a URL on this machine"),
        ({"ready": "http://localhost:99999/"}, "`ready` is not a URL on this machine"),
        ({"ready": "ftp://localhost/"}, "`ready` is not a URL on this machine"),
        ({"frozen": ("../x",)}, "'../x', which is not a glob inside the repository."),
        ({"frozen": ("/etc/*",)}, "which is not a glob inside the repository."),
        ({"frozen": (".git/*",)}, "which is inside .git or .handoff."),
        ({"env": ("A=B",)}, "spec.md: `env` has 'A=B', which is not the name of a variable."),
    ],
)  # fmt: skip
def test_a_wrong_spec(change: dict[str, Any], words: str) -> None:
    """Each mistake is said, with the file that has it."""
    assert words in "\n".join(lint.find_problems(replace(SOUND, **change)))


@pytest.mark.parametrize(
    "ready", ["http://127.0.0.1:80", "https://[::1]:8/x", "nc -z localhost 80"]
)
def test_ready(ready: str) -> None:
    """A URL on loopback, or a command."""
    assert lint.find_problems(replace(SOUND, ready=ready)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"steps": ()}, "features.json, entry 3 (login): it has no steps."),
        ({"steps": ("x", " ")}, "features.json, entry 3 (login): it has an empty step."),
        ({"description": " "}, "features.json, entry 3 (login): it has no description."),
        ({"id": "a"}, "features.json, entry 3 (a): its id is already that of entry 1."),
        ({"after": ("nowhere",)},
         f"{LOGIN}: its `after` names 'nowhere', which is not a feature."),
        ({"after": ("login",)},
         "features.json: these features wait for each other: login -> login."),
        ({"verify": Verify("go", "t")}, f"{LOGIN}: its runner 'go' is not in spec.md (known: py)."),
    ],
)  # fmt: skip
def test_a_wrong_feature(change: dict[str, Any], words: str) -> None:
    """It is named by the entry's number and id."""
    spec = made_spec(feature("a"), feature("b"), feature("login", **change))

    assert words in lint.find_problems(spec)


def test_all_at_once() -> None:
    """No mistake hides another one."""
    spec = made_spec(
        feature("a", "b", steps=()), feature("b", "a", target="/x"), title="", env=("-",)
    )

    assert len(lint.find_problems(spec)) == 5


@pytest.mark.parametrize(
    ("order", "cycles"),
    [
        ({"a": ["b"], "b": ["a"]}, [["a", "b", "a"]]),
        ({"c": ["b"], "b": ["a"], "a": ["c"], "d": ["a"], "e": []}, [["a", "c", "b", "a"]]),
        ({"a": ["a"], "x": ["y"], "y": ["x"]}, [["a", "a"], ["x", "y", "x"]]),
        ({"a": ["b", "gone"], "b": []}, []),
    ],
)
def test_cycles(order: dict[str, list[str]], cycles: list[list[str]]) -> None:
    """Each is named from its first name on, once."""
    assert lint.find_cycles(order) == cycles


def test_a_long_chain() -> None:
    """Two thousand features in a row are no cycle, and no recursion; closed to a ring they are."""
    order = {f"f{number}": [f"f{number + 1}"] for number in range(2_000)}

    assert lint.find_cycles(order) == []
    assert len(lint.find_cycles({**order, "f2000": ["f0"]})[0]) == 2_002


@given(st.dictionaries(st.sampled_from("abcdef"), st.lists(st.sampled_from("abcdefg"), max_size=3)))
def test_a_cycle_is_one(order: dict[str, list[str]]) -> None:
    """Every named cycle is there; where none is named, there is an order that works."""
    cycles = lint.find_cycles(order)

    for cycle in cycles:
        assert cycle[0] == cycle[-1]
        assert all(after in order[name] for name, after in pairwise(cycle))
    done: set[str] = set()
    while ready := {n for n in order if n not in done and done >= {*order[n]} & {*order}}:
        done |= ready
    assert bool(cycles) == (done != {*order})


GOOD = [
    "tests/test_a.py",
    "a",
    "@scope/x+y-1.spec.ts",
    "t.py::test",
    "t.py::T::test_ü[a-1]",
    "...x",
]
BAD = [
    "", "/etc/passwd", "../x", "a/../b", "./a", "a//b", "a/", "-rf", "a b", "a;b", "$(x)", "a*",
    "~/x", ".git/config", "x/.GIT/hooks", ".handoff/specs/x", "a\n", "a\0", "t.py::", "t.py::a b",
    "t.py::$x", "t.py:::x", "a\\b", "ü.py", "t" * 301, "{target}",
]  # fmt: skip


@pytest.mark.parametrize("target", GOOD)
def test_a_plain_target(target: str, tmp_path: Path) -> None:
    """A path inside the repository, and names of tests behind it."""
    assert lint.find_target_problem(target, str(tmp_path)) == ""


@pytest.mark.parametrize("target", BAD)
def test_a_target_that_is_refused(target: str, tmp_path: Path) -> None:
    """Whatever leaves the repository, reaches git's or our own files, or a shell could expand."""
    assert lint.find_target_problem(target, str(tmp_path))


def test_a_target_behind_a_link(tmp_path: Path) -> None:
    """A link inside the repository is a way like any other; one out of it or into .git is none."""
    root = tmp_path / "repo"
    for folder in ("tests", ".git"):
        (root / folder).mkdir(parents=True)
    os.symlink("tests", root / "inside")
    os.symlink("..", root / "out")
    os.symlink(".git", root / "git")
    os.symlink("/etc/hostname", root / "tests" / "file.py")

    assert lint.find_target_problem("inside/test_a.py", str(root)) == ""
    for target in ("out/x.py", "tests/file.py"):
        assert "leads out of the repository" in lint.find_target_problem(target, str(root))
    assert "leads into .git" in lint.find_target_problem("git/config", str(root))


def test_unread_specs_are_not_needed() -> None:
    """The smallest spec there is has problems, and no traceback."""
    assert lint.find_problems(Spec("x", "", "", "/no/such/root", ()))
