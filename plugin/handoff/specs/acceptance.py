"""The user's consent to a spec: what it was given to, and what was found then.

`<state>/specs/<id>.json`, written by `handoff spec accept` alone. It is given to bytes: a spec that
was changed since is not accepted any more.
"""

from __future__ import annotations

import os
from dataclasses import asdict
from typing import TYPE_CHECKING

from handoff.base import fields, file_io
from handoff.base.errors import HandoffError
from handoff.git import objects, status
from handoff.git import run as git
from handoff.git.head import read_head
from handoff.loops import journal_fields, journal_files
from handoff.specs import digest, frozen, spec_folder, surroundings
from handoff.specs.model import Acceptance, AcceptedFeature
from handoff.specs.trial import Trial

if TYPE_CHECKING:
    from collections.abc import Callable

    from handoff.git.run import Checkout
    from handoff.runtime import Runtime
    from handoff.specs.model import Spec
    from handoff.store.places import Place

FOLDER = "specs"
REFS = "refs/handoff/specs/"
_SOURCES = ("spec.md", "features.json")
_NEEDED = {"spec", "repo", "at", "commit", "spec_sha256", "features_sha256"}


def load(home: str, spec_id: str) -> Acceptance | None:
    """What was accepted, None where nothing was. Raises HandoffError for a damaged record."""
    path = path_of(home, spec_id)
    entry = journal_files.load_entry(path)
    if not entry:
        return None
    values, wrong = journal_fields.read_values(Acceptance, entry)
    wrong += sorted(_NEEDED - values.keys() - {*wrong})
    globs, files = entry.get("globs"), entry.get("files")
    wrong += [] if isinstance(globs, list) and fields.texts(globs) == globs else ["globs"]
    wrong += [] if isinstance(files, dict) and fields.named_texts(files) == files else ["files"]
    wrong += [] if isinstance(entry.get("features"), dict) else ["features"]
    features = {}
    for name, known in fields.mapping(entry.get("features")).items():
        read_, bad = journal_fields.read_values(AcceptedFeature, fields.mapping(known))
        wrong += [f"features.{name}"] if bad else []
        features[str(name)] = AcceptedFeature(**read_)
    if values.get("spec", spec_id) != spec_id:
        wrong.append("spec")
    if wrong:
        raise HandoffError(
            f"{path} is damaged, or another version's: {', '.join(wrong)}.",
            f"Accept the spec again: handoff spec accept {spec_id}",
        )
    return Acceptance(
        **{key: value for key, value in values.items() if key != "files"},
        globs=tuple(fields.texts(globs)),
        files=fields.named_texts(files),
        features=features,
    )


def check(spec: Spec, home: str) -> Acceptance:
    """What the user accepted of a spec, as its files are now. Raises HandoffError where it is not
    accepted, or was changed since.
    """
    accepted = load(home, spec.id)
    hint = f"Read it, then: handoff spec accept {spec.id}"
    if accepted is None:
        raise HandoffError(f"The spec {spec.id} is not accepted. Nothing was run.", hint)
    digests = (accepted.spec_sha256, accepted.features_sha256)
    now = (digest.digest_bytes(spec.raw_spec), digest.digest_bytes(spec.raw_features))
    changed = [name for name, a, b in zip(_SOURCES, digests, now, strict=True) if a != b]
    if changed:
        raise HandoffError(
            f"{' and '.join(changed)} of the spec {spec.id} changed since it was accepted. Nothing "
            "was run.",
            hint,
        )
    return accepted


def read_spec(accepted: Acceptance, root: str, checkout: Checkout) -> Spec:
    """The spec as it was accepted, from git's objects, for the worktree at `root`."""
    raws = []
    for name in _SOURCES:
        path = spec_folder.relative_path(accepted.spec, name)
        raws.append(_read_blob(checkout, accepted.commit, path))
    spec, problems = spec_folder.inspect_bytes(root, accepted.spec, raws[0], raws[1])
    if spec is None or problems:
        raise HandoffError(
            f"The accepted spec {accepted.spec} cannot be read: {'; '.join(problems)}",
            f"Accept it again: handoff spec accept {accepted.spec}",
        )
    return spec


def find_frozen(
    spec: Spec, checkout: Checkout, commit: str
) -> tuple[tuple[str, ...], dict[str, str]]:
    """The globs of a spec, and path -> blob of the files that are frozen at a commit."""
    patterns = frozen.find_globs(spec.features, spec.frozen)
    tree = frozen.list_tree(checkout, commit)
    own = f"{spec_folder.relative_path(spec.id)}/"
    files = frozen.find_files(tree, spec.features, patterns)
    files = {path: blob for path, blob in files.items() if not path.startswith(own)}
    shadows = [glob for path in files for glob in surroundings.find_shadows(path)]
    return tuple(dict.fromkeys([*patterns, *shadows])), files


def find_commit(spec: Spec, checkout: Checkout) -> str:
    """The commit that is accepted: HEAD of the spec's worktree, which has to have the spec's files
    and tests as they are on disk. Raises HandoffError where it does not.
    """
    commit = read_head(checkout).sha
    hint = f"Commit them: handoff spec check {spec.id}"
    if commit is None:
        raise HandoffError(f"There is no commit in {checkout.root}.", hint)
    tree = frozen.list_tree(checkout, commit)
    paths = [spec_folder.relative_path(spec.id, name) for name in _SOURCES]
    paths += [one.verify.path for one in spec.features if one.verify and one.verify.path in tree]
    wanted = {path: tree[path][1] for path in paths if path in tree}
    blobs = objects.read_blobs(checkout, wanted.values(), frozen.MAX_BYTES)
    for path in dict.fromkeys(paths):
        raw = blobs.get(wanted.get(path, ""))
        if raw is None or _on_disk(checkout.root, path) != raw.replace(b"\r\n", b"\n"):
            raise HandoffError(f"{path} has uncommitted changes.", hint)
    for feature in spec.features:
        path = feature.verify.path if feature.verify else ""
        full = os.path.join(checkout.root, path)
        if path and path not in tree and os.path.isfile(full):
            raise HandoffError(f"{path} is not committed.", hint)
    return commit


def accept(
    spec: Spec,
    place: Place,
    runtime: Runtime,
    tell: Callable[[str], None],
    *,
    base: str = "",
) -> Acceptance:
    """Enter the user's consent to a spec at HEAD of its worktree, `place`; it was asked for before.

    Each verify command is run once, before the work: one that passes then proves nothing later.
    Where a build began at the commit `base`, one that passes by now is run there. `tell` is given a
    line on each feature. Raises HandoffError where a runner cannot be started: nothing is entered
    then.
    """
    checkout = place.need_checkout("cannot hold a spec", "Run `git init` there first.")
    commit = find_commit(spec, checkout)
    patterns, files = find_frozen(spec, checkout, commit)
    before = load(runtime.home, spec.id)
    trial = Trial(spec, place.root, commit, files, before, base, checkout, runtime)
    was = status.read_state(checkout).dirty
    found = {feature.id: trial.try_feature(feature, tell) for feature in spec.features}
    if status.read_state(checkout).dirty != was:
        tell(f"The verify commands changed files in {place.root}: git status shows them.")
    accepted = Acceptance(
        spec=spec.id,
        repo=place.key,
        at=runtime.now,
        commit=commit,
        spec_sha256=digest.digest_bytes(spec.raw_spec),
        features_sha256=digest.digest_bytes(spec.raw_features),
        globs=patterns,
        files=files,
        features=found,
    )
    git.check_result(
        git.run(checkout, "update-ref", f"{REFS}{spec.id}", commit), f"keep {commit[:10]} at a ref"
    )
    save(runtime.home, accepted)
    return accepted


def save(home: str, accepted: Acceptance) -> None:
    """Write the record, durably."""
    file_io.make_private(os.path.join(home, FOLDER))
    file_io.write_json(path_of(home, accepted.spec), asdict(accepted))


def _read_blob(checkout: Checkout, commit: str, path: str) -> bytes:
    answer = git.run(checkout, "cat-file", "blob", f"{commit}:{path}", env=git.NO_REPLACING)
    return git.check_result(answer, f"read {path} at {commit[:10]}")


def _on_disk(root: str, path: str) -> bytes | None:
    try:
        with open(os.path.join(root, path), "rb") as file:
            return file.read(frozen.MAX_BYTES).replace(b"\r\n", b"\n")
    except OSError:
        return None


def path_of(home: str, spec_id: str) -> str:
    """The file of the record of a spec."""
    return os.path.join(home, FOLDER, f"{spec_id}.json")
