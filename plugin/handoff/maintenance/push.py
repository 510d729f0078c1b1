"""`handoff push`: what is handoff's goes to a remote, and nothing else unless the user says so."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from handoff.base.wording import count_of
from handoff.git import remote
from handoff.git import run as git
from handoff.git.head import read_head
from handoff.store import own_commits

if TYPE_CHECKING:
    from handoff.store.places import Place

_BRANCHES, _KEPT = "refs/heads/", "refs/handoff/"


@dataclass(frozen=True)
class Outcome:
    """What became of one ref; the JSON of `handoff push` has a list of them.

    `state`: pushed, current (the remote has all its commits), held (`others`, which are not
    handoff's, would go along), refused (by git or the remote). `before` is what the remote had
    ("": nothing); `reason` says why it did not go; `undo` how to take it back.
    """

    ref: str
    target: str
    sha: str
    before: str
    state: str
    own: int
    others: int
    reason: str = ""
    undo: str = ""


@dataclass(frozen=True)
class Report:
    """The whole of one push to `remote`."""

    remote: str
    dry_run: bool
    refs: tuple[Outcome, ...]

    @property
    def is_complete(self) -> bool:
        """Whether the remote has all of it now."""
        return all(ref.state in ("pushed", "current") for ref in self.refs)

    def lines(self) -> list[str]:
        """What to tell the user."""
        by_state = {ref.state: [r for r in self.refs if r.state == ref.state] for ref in self.refs}
        would = "Would push" if self.dry_run else "Pushed"
        lines = []
        for ref in by_state.get("pushed", []):
            others = f" and {count_of(ref.others, 'other commit')}" if ref.others else ""
            new = "" if ref.before else ", a new ref"
            what = f"{count_of(ref.own, 'commit')} by handoff{others}"
            lines.append(f"{would} {_short(ref.target)} to {self.remote}: {what}{new}.")
            lines += [f"  To undo: {ref.undo}"] if ref.undo and not self.dry_run else []
        for ref in by_state.get("held", []):
            lines.append(f"Not pushed: {_short(ref.ref)}: {ref.reason}.")
        for ref in by_state.get("refused", []):
            lines.append(f"Not pushed: {_short(ref.ref)}: {self.remote} refused it: {ref.reason}.")
        if by_state.get("held"):
            lines.append("  To push them too: handoff push --with-commits")
        if not set(by_state) - {"current"}:
            lines.append(f"Nothing to push: {self.remote} is up to date.")
        return lines


def push(place: Place, wanted: str, *, with_commits: bool, dry_run: bool) -> Report:
    """Push `refs/handoff/<id>` and the current branch to a remote ("": git's choice).

    A ref whose commits the remote lacks are not all handoff's own (nothing but paths below
    `.handoff/`) goes only `with_commits`. Never by force. Raises HandoffError without a repository
    or a remote, and when the remote cannot be reached.
    """
    checkout = place.need_checkout("cannot be pushed", "Run this in a git repository.")
    where = remote.choose(checkout, wanted, to_push=True)
    there = remote.list_refs(checkout, where, f"{_BRANCHES}*", f"{_KEPT}*")
    # Where the remote went on, its tips are not known here, but what was fetched from it is.
    known = {*there.values(), *own_commits.list_fetched(checkout, where.name)}
    planned = []
    for ref, target in _sources(checkout, where).items():
        commits = own_commits.list_ahead(checkout, ref, known)
        before = there.get(target, "")
        planned.append(_plan(ref, target, before, commits, with_commits=with_commits))
    going = [item for item in planned if item.state == "pushed"]
    if going:
        # By sha: what was looked at is what goes, also if a commit is made meanwhile.
        refspecs = [f"{item.sha}:{item.target}" for item in going]
        refused = {
            item.target: item.refused
            for item in remote.push(checkout, where, refspecs, dry_run=dry_run)
        }
        planned = [_settled(item, where.name, refused) for item in planned]
    return Report(where.name, dry_run, tuple(planned))


def _sources(checkout: git.Checkout, where: remote.Remote) -> dict[str, str]:
    """Local ref -> its name on the remote."""
    listed = git.run(checkout, "for-each-ref", "--format=%(refname)", _KEPT)
    names = git.decode_path(git.check_result(listed, f"read the refs of {checkout.root}")).split()
    # What lies deeper is no brief: claims, the specs and leftovers of builds.
    sources = {name: name for name in names if "/" not in name.removeprefix(_KEPT)}
    head = read_head(checkout)
    if head.branch and head.sha:
        sources = {head.branch: _target(checkout, head.branch, where), **sources}
    return sources


def _target(checkout: git.Checkout, branch: str, where: remote.Remote) -> str:
    """The branch on the remote: the upstream's name where git is told to push to that."""
    config = remote.read_settings(checkout)
    name = branch.removeprefix(_BRANCHES)
    to_upstream = config.get("push.default") in ("upstream", "tracking")
    if to_upstream and config.get(f"branch.{name}.remote") == where.name:
        return config.get(f"branch.{name}.merge", branch)
    return branch


def _plan(
    ref: str, target: str, before: str, commits: own_commits.AheadCommits, *, with_commits: bool
) -> Outcome:
    plan = Outcome(
        ref, target, commits.tip, before, "pushed", len(commits.own), len(commits.others)
    )
    if not commits.own and not commits.others:
        return replace(plan, state="current")
    if commits.others and not with_commits:
        reason = f"{count_of(len(commits.others), 'other commit')} would be pushed too"
        return replace(plan, state="held", reason=reason)
    return replace(plan, undo=_undo(plan, commits.own))


def _undo(plan: Outcome, own: tuple[str, ...]) -> str:
    if plan.before and plan.ref.startswith(_BRANCHES):
        shas = " ".join(sha[:12] for sha in own)
        return f"git revert {shas}, then git push" if shas else ""
    return "git push REMOTE --delete " + plan.target.removeprefix(_BRANCHES)


def _settled(item: Outcome, name: str, refused: dict[str, str]) -> Outcome:
    if item.state != "pushed":
        return item
    reason = refused.get(item.target, "git gave no reason")
    if reason in ("fetch first", "non-fast-forward"):
        reason = "it has commits that are not here; run git pull first"
    if reason:
        return replace(item, state="refused", reason=reason, undo="")
    return replace(item, undo=item.undo.replace("REMOTE", name))


def _short(ref: str) -> str:
    return ref.removeprefix(_BRANCHES)
