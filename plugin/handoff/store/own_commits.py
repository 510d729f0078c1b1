"""What a push would carry along: the commits that a remote lacks, handoff's own and others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.git import run as git
from handoff.store import brief_files

if TYPE_CHECKING:
    from collections.abc import Iterable

_PATHSPECS = {"GIT_LITERAL_PATHSPECS": "0"}


@dataclass(frozen=True)
class AheadCommits:
    """The commits of `tip` that a remote lacks, newest first.

    `own` change paths below `.handoff/` and nothing else; a merge, or a commit of nothing, does not
    count as own.
    """

    tip: str
    own: tuple[str, ...]
    others: tuple[str, ...]


def list_ahead(checkout: git.Checkout, ref: str, there: Iterable[str]) -> AheadCommits:
    """What `ref` has beyond the commits `there`, of which those not known here say nothing."""
    tip = git.decode_path(
        git.check_result(git.run(checkout, "rev-parse", f"{ref}^{{commit}}"), f"read {ref}")
    ).strip()
    known = _known(checkout, there)
    every = _list(checkout, tip, known)
    inside = set(_list(checkout, tip, known, "--no-merges", "--", brief_files.FOLDER))
    outside = set(
        _list(checkout, tip, known, "--no-merges", "--", f":(top,exclude){brief_files.FOLDER}")
    )
    own = inside - outside
    return AheadCommits(
        tip,
        tuple(sha for sha in every if sha in own),
        tuple(sha for sha in every if sha not in own),
    )


def list_fetched(checkout: git.Checkout, remote: str) -> list[str]:
    """The tips that the remote's branches had when they were last fetched."""
    answer = git.run(checkout, "for-each-ref", "--format=%(objectname)", f"refs/remotes/{remote}/")
    listed = git.check_result(answer, f"list the branches of {remote}")
    return git.decode_path(listed).split()


def _list(checkout: git.Checkout, tip: str, known: list[str], *words: str) -> list[str]:
    given = "\n".join([tip, *(f"^{sha}" for sha in known), ""]).encode()
    options = ("--full-history", "--stdin", *words)
    answer = git.run(checkout, "rev-list", *options, stdin=given, env=_PATHSPECS)
    return git.decode_path(git.check_result(answer, f"read the commits of {checkout.root}")).split()


def _known(checkout: git.Checkout, shas: Iterable[str]) -> list[str]:
    given = "".join(f"{sha}\n" for sha in sorted(set(shas))).encode()
    answer = git.run(checkout, "cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=given)
    known = git.check_result(answer, f"read the commits of {checkout.root}")
    lines = (line.split() for line in git.decode_path(known).splitlines())
    return [line[0] for line in lines if line[1:] == ["commit"]]
