"""Whether a feature's verify command fails before the work: only then passing says something."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.base.errors import HandoffError
from handoff.git import objects, temporary_worktree
from handoff.specs import digest, frozen, runner_definition
from handoff.specs import run as spec_run
from handoff.specs.model import AcceptedFeature

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from handoff.git.run import Checkout
    from handoff.loops.verification import CommandRun
    from handoff.runtime import Runtime
    from handoff.specs.model import Acceptance, Feature, Spec


@dataclass(frozen=True)
class Trial:
    """The verify commands of a spec, each run before its work, in the worktree at `root`.

    `files` are the frozen files at `commit`, by path; `before` is the acceptance that this one
    replaces; `base` the commit that a build of the spec began at, "" where there is none.
    """

    spec: Spec
    root: str
    commit: str
    files: Mapping[str, str]
    before: Acceptance | None
    base: str
    checkout: Checkout
    runtime: Runtime

    def try_feature(self, feature: Feature, tell: Callable[[str], None]) -> AcceptedFeature:
        """What is found of a feature; `tell` is given a line on it.

        Raises HandoffError where its runner cannot be started.
        """
        if feature.verify is None:
            tell(f"{feature.id}: no verify command, so it can only become claimed.")
            return AcceptedFeature()
        if not self._files_of(feature, self.files):
            path = feature.verify.path
            tell(f"{feature.id}: {path} does not exist, so it can only become claimed.")
            return AcceptedFeature()
        runner = self.spec.runners[feature.verify.run]
        why = runner_definition.find_problem(runner, self.root, self.files)
        if why:
            tell(f"{feature.id}: {why}, so it can only become claimed.")
            return AcceptedFeature()
        known = self._known(feature)
        if known is not None:
            tell(f"{feature.id}: unchanged since you accepted it.")
            return known
        ran = spec_run.run_verify(feature, self.spec, self.root, self.runtime)
        self._check_runner(feature, ran)
        if ran.passed and self.base:
            ran = self._run_at_base(feature)
            if not ran.passed:
                tell(f"{feature.id}: passes now, and fails without the work ({ran.describe()}).")
                return AcceptedFeature(tested=True, red=True)
        if ran.passed:
            tell(
                f"{feature.id}: passes already, so it cannot show when the feature works: it can "
                "only become claimed."
            )
        else:
            tell(f"{feature.id}: fails now, as it should before the work ({ran.describe()}).")
        return AcceptedFeature(tested=True, red=not ran.passed)

    def _known(self, feature: Feature) -> AcceptedFeature | None:
        """What was found before of a feature whose test, runner and surroundings are the same."""
        before = self.before
        known = before.features.get(feature.id) if before else None
        if before is None or known is None or known.red is None:
            return None
        now = [digest.digest_bytes(raw) for raw in (self.spec.raw_spec, self.spec.raw_features)]
        is_same = [before.spec_sha256, before.features_sha256] == now
        files = self._files_of(feature, self.files)
        return known if is_same and files == self._files_of(feature, before.files) else None

    def _files_of(self, feature: Feature, files: Mapping[str, str]) -> dict[str, str]:
        path = feature.verify.path if feature.verify else ""
        folder = f"{path.rstrip('/')}/"
        return {p: blob for p, blob in files.items() if p == path or p.startswith(folder)}

    def _run_at_base(self, feature: Feature) -> CommandRun:
        """Run a verify command at the commit that the build began at, with the frozen files."""
        with (
            tempfile.TemporaryDirectory(prefix="handoff-base-") as folder,
            temporary_worktree.make(self.checkout, f"{folder}/base", self.base) as root,
        ):
            blobs = objects.read_blobs(self.checkout, self.files.values(), frozen.MAX_BYTES)
            tree = frozen.list_tree(self.checkout, self.commit)
            for path, blob in self.files.items():
                is_executable = tree[path][0] == frozen.EXECUTABLE
                frozen.put_file(root, path, blobs[blob], 0o755 if is_executable else 0o644)
            ran = spec_run.run_verify(feature, self.spec, root, self.runtime)
            self._check_runner(feature, ran)
            return ran

    def _check_runner(self, feature: Feature, ran: CommandRun) -> None:
        if ran.code not in spec_run.CANNOT_RUN or feature.verify is None:
            return
        raise HandoffError(
            f"The runner {feature.verify.run} cannot be started: {ran.tail or ran.describe()}",
            f"Install it, or change `runners` in spec.md: handoff spec edit {self.spec.id}",
        )
