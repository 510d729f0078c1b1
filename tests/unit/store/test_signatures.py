"""Briefs brought by commits that a listed key signed are trusted; nothing else about them is."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from handoff.config import config_file, signing_keys
from handoff.git import run as git
from handoff.store import signatures
from support.client import Client, context
from support.paths import short_folder
from support.untrusted_brief import ID, change, kind, untrusted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from support.repo import Repo
    from support.store_program import Store

OPENPGP = "0123456789abcdef0123456789ABCDEF01234567"
SSH = "SHA256:" + "a" * 43


def run(*command: str, **env: str) -> str:
    """A program's output."""
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, env={**os.environ, **env}
    )
    return done.stdout


@pytest.fixture
def ssh_key(tmp_path: Path) -> Path:
    """A fresh SSH key; its public half is beside it, as `.pub`."""
    key = tmp_path / "key"
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "me@example.org", "-f", str(key))
    return key


def by_ssh(key: Path) -> tuple[str, ...]:
    """git's options to sign with it."""
    return ("-c", "gpg.format=ssh", "-c", f"user.signingkey={key}", "-c", "commit.gpgsign=true")


def listed(home: Path, *lines: str) -> None:
    """The user's configuration with these signers."""
    path = home / ".config" / "handoff" / "config.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("trust:\n  signers:\n" + "".join(f"  - '{line}'\n" for line in lines))


def bring(repo: Repo, *options: str) -> Path:
    """A brief of another machine, committed with these options of git."""
    path = untrusted(repo, commit=False)
    repo.git("add", ".handoff")
    repo.git(*options, "commit", "--quiet", "--message=A gift")
    return path


def public(key: Path) -> str:
    return key.with_suffix(".pub").read_text().strip()


@pytest.mark.parametrize("how", ["key", "fingerprint"])
def test_a_listed_ssh_key(repo: Repo, own_home: Path, ssh_key: Path, how: str) -> None:
    """Named by the key or its fingerprint: a fresh session is given the brief as its own."""
    fingerprint = run("ssh-keygen", "-lf", str(ssh_key)).split()[1]
    assert signing_keys.fingerprint(public(ssh_key)) == fingerprint
    bring(repo, *by_ssh(ssh_key))
    assert kind(repo) == "elsewhere"

    listed(own_home, public(ssh_key) if how == "key" else fingerprint)

    assert kind(repo) == "signed"
    text = context(Client(repo).start())
    assert f'<handoff-brief id="{ID}">' in text
    head = repo.git("rev-parse", "HEAD")[:12]
    assert f"brought by the commit {head}, signed by a key you list" in text


def test_a_signed_brief_is_listed_as_trusted(
    repo: Repo, handoff: Store, own_home: Path, ssh_key: Path
) -> None:
    """It is trusted without being this machine's own."""
    bring(repo, *by_ssh(ssh_key))
    assert [row["id"] for row in handoff.json("list", "--untrusted")] == [ID]

    listed(own_home, public(ssh_key))

    (row,) = handoff.json("list", "--trusted")
    assert (row["id"], row["origin"], row["trusted"]) == (ID, "signed", True)
    assert handoff.json("list", "--untrusted") == []


def test_a_command_looks_for_every_signature(
    repo: Repo, handoff: Store, own_home: Path, ssh_key: Path
) -> None:
    """However many briefs a signed commit brought."""
    listed(own_home, public(ssh_key))
    for number in range(9):
        untrusted(repo, ID.replace("beef", f"bee{number}"), commit=False)
    bring(repo, *by_ssh(ssh_key))

    assert [row["origin"] for row in handoff.json("list")] == ["signed"] * 10


def test_another_key_and_no_signature(
    repo: Repo, own_home: Path, ssh_key: Path, tmp_path: Path
) -> None:
    """A good signature by a key that is not listed is none."""
    listed(own_home, SSH, OPENPGP)
    bring(repo, *by_ssh(ssh_key))
    assert kind(repo) == "elsewhere"
    listed(own_home, public(ssh_key))
    repo.git("commit", "--quiet", "--amend", "--no-edit")
    assert kind(repo) == "elsewhere"


def test_only_the_commit_that_brought_it_counts(repo: Repo, own_home: Path, ssh_key: Path) -> None:
    """A signed commit later does not sign what was there, nor what it changes."""
    listed(own_home, public(ssh_key))
    path = bring(repo)
    (repo.root / "app.py").write_text("new\n")
    repo.git(*by_ssh(ssh_key), "commit", "--quiet", "--all", "--message=Signed")
    assert kind(repo) == "elsewhere"

    change(path)
    repo.git(*by_ssh(ssh_key), "commit", "--quiet", "--all", "--message=Signed")
    assert kind(repo) == "elsewhere"


def test_changed_bytes_are_not_what_was_signed(repo: Repo, own_home: Path, ssh_key: Path) -> None:
    """Changed in the work tree, in an unsigned commit, or brought again by one: untrusted."""
    listed(own_home, public(ssh_key))
    path = bring(repo, *by_ssh(ssh_key))
    good = path.read_bytes()
    assert kind(repo) == "signed"

    change(path)
    assert kind(repo) == "elsewhere"
    repo.git("commit", "--quiet", "--all", "--message=Unsigned")
    assert kind(repo) == "elsewhere"
    path.write_bytes(good)
    assert kind(repo) == "signed"  # it is what was signed, byte for byte
    repo.git("rm", "--quiet", "--cached", str(path))
    repo.git("commit", "--quiet", "--message=Away")
    repo.git("add", ".handoff")
    repo.git("commit", "--quiet", "--message=Back, unsigned")
    assert kind(repo) == "elsewhere"


def test_line_ends_of_a_checkout_change_nothing(repo: Repo, own_home: Path, ssh_key: Path) -> None:
    """With core.autocrlf the file has other bytes than the blob, and the same text."""
    listed(own_home, public(ssh_key))
    path = bring(repo, *by_ssh(ssh_key))
    path.unlink()
    repo.git("-c", "core.autocrlf=true", "checkout", "--", ".handoff")
    assert b"\r\n" in path.read_bytes()

    assert kind(repo) == "signed"


def test_a_repository_names_no_program_and_no_signers(
    repo: Repo, own_home: Path, ssh_key: Path, tmp_path: Path
) -> None:
    """Its configuration cannot have a program of its own say that a signature is good, nor can a
    replaced commit, nor the team's file.
    """
    ran = tmp_path / "ran"
    liar = tmp_path / "liar"
    liar.write_text(
        f"#!/bin/sh\ntouch {ran}\necho 'Good \"git\" signature with ED25519 key {SSH}'\n"
    )
    liar.chmod(0o755)
    listed(own_home, SSH)
    bring(repo, *by_ssh(ssh_key))
    for key in ("gpg.ssh.program", "gpg.program", "gpg.openpgp.program"):
        repo.git("config", key, str(liar))
    assert kind(repo) == "elsewhere"
    assert not ran.exists()

    (repo.root / ".handoff" / "config.yaml").write_text(
        f"trust: {{signers: ['{public(ssh_key)}']}}\n"
    )
    assert kind(repo) == "elsewhere"
    checkout = git.find_checkout(str(repo.root))
    assert checkout is not None
    raw = (repo.root / ".handoff" / "open" / f"{ID}.md").read_bytes()
    relative = f".handoff/open/{ID}.md"
    own_key = signing_keys.fingerprint(public(ssh_key))
    assert signatures.find_signer(checkout, relative, raw, [own_key]) is not None

    unsigned = repo.git("commit-tree", "HEAD^{tree}", "-p", "HEAD~1", "-m", "Unsigned").strip()
    signed = repo.git("rev-parse", "HEAD").strip()
    repo.git("reset", "--quiet", "--soft", unsigned)
    repo.git("replace", unsigned, signed)
    assert signatures.find_signer(checkout, relative, raw, [own_key]) is None


def test_sha256_repositories(tmp_path: Path, own_home: Path, repo: Repo, ssh_key: Path) -> None:
    """Object names of 64 digits."""
    other = type(repo)(tmp_path.resolve() / "other", repo.state)
    other.root.mkdir()
    other.git("init", "--quiet", "--object-format=sha256", "--initial-branch=main")
    listed(own_home, public(ssh_key))
    bring(other, *by_ssh(ssh_key))

    assert kind(other) == "signed"


def test_a_brief_of_a_merged_branch(repo: Repo, own_home: Path, ssh_key: Path) -> None:
    """The commit on the other branch brought it, whatever merged that."""
    listed(own_home, public(ssh_key))
    repo.git("checkout", "--quiet", "-b", "other")
    bring(repo, *by_ssh(ssh_key))
    repo.git("checkout", "--quiet", "main")
    (repo.root / "b.py").write_text("b\n")
    repo.git("add", "b.py")
    repo.git("commit", "--quiet", "--message=b")
    repo.git("merge", "--quiet", "--no-edit", "other")

    assert kind(repo) == "signed"


def test_a_merge_that_brings_its_own(repo: Repo, own_home: Path, ssh_key: Path) -> None:
    """What only the merge commit itself has is of no branch: it does not count."""
    listed(own_home, public(ssh_key))
    repo.git("checkout", "--quiet", "-b", "other")
    bring(repo, *by_ssh(ssh_key))
    repo.git("checkout", "--quiet", "main")
    repo.git("merge", "--quiet", "--no-ff", "--no-commit", "other")
    change(repo.root / ".handoff" / "open" / f"{ID}.md")
    repo.git("commit", "--quiet", "--all", "--message=Merge")

    assert kind(repo) == "elsewhere"


def test_a_revoked_key(repo: Repo, own_home: Path, ssh_key: Path, tmp_path: Path) -> None:
    """The user's own lists of signers and revoked keys are heard; a repository sets none aside."""
    listed(own_home, public(ssh_key))
    bring(repo, *by_ssh(ssh_key))
    revoked = tmp_path / "revoked"
    revoked.write_text(public(ssh_key) + "\n")
    empty = tmp_path / "empty"
    empty.write_text("")
    signers = tmp_path / "signers"
    signers.write_text(f"me@example.org {public(ssh_key)}\n")
    (own_home / ".gitconfig").write_text(f'[gpg "ssh"]\n\tallowedSignersFile = {signers}\n')
    assert kind(repo) == "signed"
    with (own_home / ".gitconfig").open("a") as file:
        file.write(f"\trevocationFile = {revoked}\n")
    repo.git("config", "gpg.ssh.allowedSignersFile", str(empty))
    repo.git("config", "gpg.ssh.revocationFile", str(empty))

    assert kind(repo) == "elsewhere"


@pytest.fixture
def openpgp(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A fresh OpenPGP key in a keyring with room for its agent's socket; its fingerprint."""
    with short_folder() as home:
        monkeypatch.setenv("GNUPGHOME", str(home))
        making = ("--quick-gen-key", "Me <me@example.org>", "ed25519", "sign", "never")
        run("gpg", "--batch", "--quiet", "--passphrase", "", *making)
        shown = run("gpg", "--batch", "--with-colons", "--list-keys").splitlines()
        yield next(line.split(":")[9] for line in shown if line.startswith("fpr:"))
        subprocess.run(["gpgconf", "--kill", "gpg-agent"], check=False)


def test_a_listed_openpgp_key(repo: Repo, own_home: Path, openpgp: str) -> None:
    """By its whole fingerprint, in any case; git verifies it in the user's keyring."""
    signing = ("-c", f"user.signingkey={openpgp}", "-c", "commit.gpgsign=true")
    bring(repo, *signing)
    assert kind(repo) == "elsewhere"

    listed(own_home, openpgp.lower())

    assert kind(repo) == "signed"
    listed(own_home, OPENPGP)
    assert kind(repo) == "elsewhere"


@pytest.mark.parametrize(
    ("value", "fingerprint"),
    [
        (SSH, SSH),
        (f"  {SSH} ", SSH),
        (OPENPGP, OPENPGP.upper()),
        ("0123 4567 89ab cdef 0123  4567 89AB CDEF 0123 4567", OPENPGP.upper()),
        (f"0x{OPENPGP}", OPENPGP.upper()),
    ],
)
def test_keys_as_they_are_listed(value: str, fingerprint: str) -> None:
    """Fingerprints as the programs print them."""
    assert signing_keys.fingerprint(value) == fingerprint


@pytest.mark.parametrize(
    "value",
    ["", "*", "me@example.org", "01234567", "89ABCDEF01234567", "SHA256:short", "MD5:00:11", 7,
     None, [SSH], {"a": SSH}, "ssh-ed25519", "ssh-ed25519 AAAA", "ssh-ed25519 !!!",
     "ssh-rsa AAAAC3NzaC1l", "ssh-ed25519 AAAAB3NzaC1yc2E=", "SHA256:" + "a" * 44, "\ud800"],
)  # fmt: skip
def test_what_names_no_key(value: object) -> None:
    """Short ids, names, and keys that are broken or of another kind than they say."""
    with pytest.raises(ValueError, match="an SSH public key"):
        signing_keys.fingerprint(value)


def test_only_the_user_lists_signers(tmp_path: Path) -> None:
    """The team's file is told so; a wrong key in the user's is named and none counts."""
    user, team = tmp_path / "user.yaml", tmp_path / "team.yaml"
    team.write_text(f"trust: {{signers: ['{SSH}']}}\n")
    config, problems = config_file.load([str(user), str(team)])
    assert config.signers == []
    assert [problem.what for problem in problems] == [
        "trust cannot be set in the team's file, only in your own"
    ]

    user.write_text(f"trust:\n  signers: ['{SSH}', 89ABCDEF]\n")
    config, problems = config_file.load([str(user)])
    assert config.signers == []
    assert "trust.signers must be an SSH public key" in problems[0].what
