"""Commits signed by keys that the user lists: what they brought in may count as the user's own.

git verifies; what it runs for that is the user's choice (the global configuration) and never the
repository's, and which keys count is the list alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from handoff.git import run as git
from handoff.store import versions

if TYPE_CHECKING:
    from collections.abc import Collection

_SECONDS = 5.0
_GOOD = ("G", "U")  # a good signature; U: git itself knows nothing of how valid the key is
_NOBODY = "/dev/null"  # git asks for a file of signers; whom to believe is decided by the list


@dataclass(frozen=True)
class Signed:
    """A good signature: the commit, and the fingerprint of the listed key."""

    sha: str
    key: str


def find_signer(
    checkout: git.Checkout, path: str, raw: bytes, listed: Collection[str]
) -> Signed | None:
    """The signature under the commit that brought `raw` to `path`, if its key is `listed`.

    The commit must be the one of HEAD's history that added the file, and the file must have those
    bytes in it. `listed` are fingerprints as `config.signing_keys.fingerprint` makes them.
    """
    if not listed:
        return None
    asked = ("log", "-1", "--diff-filter=A", "--no-renames", "--format=%H", "HEAD", "--", path)
    added = git.run(checkout, *asked, env=git.NO_REPLACING, seconds=_SECONDS)
    sha = git.decode_path(added.out).strip()
    if added.code or not sha or not versions.holds(checkout, sha, path, raw):
        return None
    answer = git.run(
        checkout,
        *("log", "-1", "--no-patch", "--format=%G?%x00%GF%x00%GP", sha, "--"),
        env=git.NO_REPLACING,
        settings=_programs(checkout),
        seconds=_SECONDS,
    )
    result, *keys = git.decode_path(answer.out).strip().split("\0")
    if answer.code or result not in _GOOD:
        return None
    return next((Signed(sha, key) for key in keys if key in listed), None)


def _programs(checkout: git.Checkout) -> dict[str, str]:
    """What verifies, by the user's configuration: a repository must not name a program."""
    users: dict[str, str] = {}
    for scope in ("--system", "--global"):
        asked = ("config", scope, "--includes", "-z", "--get-regexp", r"^gpg\.")
        for entry in git.decode_path(git.run(checkout, *asked).out).split("\0"):
            key, _, value = entry.partition("\n")
            users[key.lower()] = value
    openpgp = users.get("gpg.openpgp.program") or users.get("gpg.program") or "gpg"
    chosen = {
        "gpg.program": openpgp,
        "gpg.openpgp.program": openpgp,
        "gpg.ssh.program": users.get("gpg.ssh.program") or "ssh-keygen",
        "gpg.x509.program": users.get("gpg.x509.program") or "gpgsm",
        "gpg.ssh.allowedSignersFile": users.get("gpg.ssh.allowedsignersfile") or _NOBODY,
    }
    revoked = users.get("gpg.ssh.revocationfile")
    return {**chosen, "gpg.ssh.revocationFile": revoked} if revoked else chosen
