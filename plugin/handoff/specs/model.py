"""A spec as values: what is to be built, its features, how each is verified, and how far it is.

The files are `.handoff/specs/<id>/spec.md`, `features.json`, `state.json` and `progress.md`
(docs/specs.md). Nothing here says that a feature works but code that ran its verify command.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

# The states of a feature. CLAIMED: there is work, and nothing that was accepted verifies it.
OPEN, CLAIMED, VERIFIED, BLOCKED, DROPPED = "open", "claimed", "verified", "blocked", "dropped"
STATES = (VERIFIED, CLAIMED, BLOCKED, OPEN, DROPPED)


@dataclass(frozen=True)
class Verify:
    """How code establishes that a feature works: the spec's runner `run`, with a `target`.

    A target is a path inside the repository, with slashes; `::name` parts behind it name a test in
    that file.
    """

    run: str
    target: str

    @property
    def path(self) -> str:
        """The file or folder that the target is in, from the root of the repository."""
        return self.target.partition("::")[0]


@dataclass(frozen=True)
class Feature:
    """One entry of a spec. `category`, `description` and `steps` are the quickstart's fields;
    `after` names features that have to be done before. `extra` are the entry's other keys, inert.
    """

    id: str
    category: str
    description: str
    steps: tuple[str, ...]
    after: tuple[str, ...] = ()
    verify: Verify | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Spec:
    """A spec as its two files have it, in the worktree at `root`.

    `runners` are commands by name, with `{target}` in them; `start` and `smoke` are commands,
    `ready` a URL on loopback or a command, all "" where there is none. `frozen` are globs of files
    that verification takes as accepted, `env` the names of variables that it may see besides the
    usual ones. `text` is spec.md behind its front matter; consent is given to
    the raw bytes.
    """

    id: str
    title: str
    created: str
    root: str
    features: tuple[Feature, ...]
    runners: Mapping[str, str] = field(default_factory=dict)
    start: str = ""
    ready: str = ""
    smoke: str = ""
    frozen: tuple[str, ...] = ()
    env: tuple[str, ...] = ()
    text: str = ""
    raw_spec: bytes = b""
    raw_features: bytes = b""

    def feature(self, feature_id: str) -> Feature:
        """The feature with this id. Raises KeyError without one."""
        for feature in self.features:
            if feature.id == feature_id:
                return feature
        raise KeyError(feature_id)


@dataclass(frozen=True)
class FeatureState:
    """How far a feature is, by code alone.

    `commit`, `exit_code`, `seconds` and `checked` (epoch seconds) are of the last run of its
    verify command; `attempts` counts failed ones, `continuations` the sessions that continued the
    present one. `worked_at` is the commit at which it was verified first, also while it is open
    again because something broke it. `reason` says in a line why it is not verified; `tail` has the
    last lines that its verify command printed, without secrets; `files` what its sessions changed,
    so that a later change of these has it verified again.
    """

    state: str = OPEN
    commit: str = ""
    exit_code: int | None = None
    seconds: float | None = None
    checked: float | None = None
    attempts: int = 0
    continuations: int = 0
    worked_at: str = ""
    reason: str = ""
    tail: str = ""
    files: tuple[str, ...] = ()


@dataclass(frozen=True)
class AcceptedFeature:
    """What was found of a feature when the user accepted the spec.

    `tested`: the file of its target existed. `red`: its verify command failed then, so that passing
    later says something; None where it was not run.
    """

    tested: bool = False
    red: bool | None = None


@dataclass(frozen=True)
class Acceptance:
    """The user's consent to a spec: `<state>/specs/<id>.json`.

    `repo` is the shared git directory, `commit` what was accepted, which `refs/handoff/specs/<id>`
    keeps. `spec_sha256` and `features_sha256` are of the files' bytes. `files` has the blob of
    every frozen file by path: the tests that targets name, and what the spec's and the built-in
    globs match; `globs` are these.
    """

    spec: str
    repo: str
    at: float
    commit: str
    spec_sha256: str
    features_sha256: str
    globs: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    features: Mapping[str, AcceptedFeature] = field(default_factory=dict)

    def proves(self, feature: Feature) -> bool:
        """Whether a passing verify command of a feature says that it works."""
        known = self.features.get(feature.id)
        return feature.verify is not None and known is not None and known.tested and bool(known.red)


@dataclass(frozen=True)
class Tampering:
    """A file that a session changed and code put back: its `path` from the root of the repository,
    and `how`: "changed", "deleted" or "added".
    """

    path: str
    how: str
