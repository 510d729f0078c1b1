"""A commit that is built here is the one that git would write, or it is left to git."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from handoff.git import commit_object
from handoff.git.author import author
from handoff.git.objects import New
from support.git_lab import Lab, checkout, hand_off

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.git_lab import Repo

MESSAGE = "handoff: Käse\n\nA body.\n"
EXACT = "@1795334400 +0530"
# A name and an email, and whether they are as git leaves them.
PEOPLE = {
    ("Ada", "ada@example.org"): True,
    ("Zoë O'Hara <3 Lee", "z@x"): False,
    ("Ada B. Lovelace", "ada+x@sub.example.org"): True,
    ("李", "li@例え.jp"): True,
    ("x", "y"): True,
    ("O'Hara, Tess", "t@x"): True,
    (" Ada ", "ada@x"): False,
    ("Ada.", "ada@x"): False,
    ("'Ada'", "ada@x"): False,
    ("Ada", "<ada@x>"): False,
    ("Ada\tB", "ada@x"): False,
    ('"Ada"', "ada@x;"): False,
}
# A date of the environment, and whether all gits read it alike.
DATES = {
    EXACT: True,
    "@0 +0000": True,
    "@1 -1130": True,
    "@1 -0000": False,
    "@0001795334400 +0000": False,
    "1795334400 +0000": False,
    "2026-11-22T08:00:00Z": False,
    "@1795334400": False,
    "yesterday": False,
    "": False,
}


@pytest.fixture
def repo(lab: Lab) -> Repo:
    return lab.repo()


def built(repo: Repo) -> str | None:
    """The id of a commit of HEAD's tree, if it is certain."""
    here = checkout(repo)
    tree, head = repo.git("rev-parse", "HEAD^{tree}").strip(), repo.sha()
    body = commit_object.build(tree, head, author(here), MESSAGE.encode())
    return None if body is None else New(here).add("commit", body)


def written(repo: Repo) -> str:
    """The id that git gives the same commit."""
    command = ["git", "commit-tree", "-p", "HEAD", "-F", "-", "HEAD^{tree}"]
    process = subprocess.run(
        command, cwd=repo.root, input=MESSAGE.encode(), capture_output=True, check=True
    )
    return process.stdout.decode().strip()


@pytest.mark.parametrize("person", PEOPLE, ids=repr)
@pytest.mark.parametrize("where", ["configuration", "environment"])
def test_people(
    person: tuple[str, str], where: str, repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their names come out as git would write them; what it would clean up is left to it."""
    monkeypatch.setenv("GIT_AUTHOR_DATE", EXACT)
    monkeypatch.setenv("GIT_COMMITTER_DATE", EXACT)
    for part, value in zip(("name", "email"), person, strict=True):
        if where == "configuration":
            repo.git("config", f"user.{part}", value)
        for role in ("AUTHOR", "COMMITTER") if where == "environment" else ():
            monkeypatch.setenv(f"GIT_{role}_{part.upper()}", value)

    assert built(repo) == (written(repo) if PEOPLE[person] else None)


@pytest.mark.parametrize("date", DATES)
@pytest.mark.parametrize("role", ["AUTHOR", "COMMITTER"])
def test_dates(date: str, role: str, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of either role; a date in any other form than the exact one is left to git."""
    monkeypatch.setenv("GIT_AUTHOR_DATE", EXACT)
    monkeypatch.setenv("GIT_COMMITTER_DATE", EXACT)
    monkeypatch.setenv(f"GIT_{role}_DATE", date)

    assert built(repo) == (written(repo) if DATES[date] else None)


@pytest.fixture
def zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TZ", request.param)
        time.tzset()
        yield request.param
    time.tzset()


@pytest.mark.parametrize(
    "zone", ["UTC", "XXX+3:30", "XXX-5:45", "XXX-14", "XXX+0:30"], indirect=True
)
def test_now(zone: str, repo: Repo) -> None:
    """Without a date it is the time now, in the zone of this machine."""
    for _ in range(20):  # until both are of one second
        before = int(time.time())
        ours, theirs = built(repo), written(repo)
        if int(time.time()) == before:
            break

    assert ours == theirs


def test_who_is_not_set(repo: Repo) -> None:
    """The stand-in is the commit's as well; an empty name that is set is for git to refuse."""
    for part in ("name", "email"):
        repo.git("config", f"user.{part}", "")
    identity = author(checkout(repo))
    body = commit_object.build("0" * 40, None, identity, b"x\n")

    assert body is not None
    assert body.splitlines()[1].startswith(b"author handoff <handoff@localhost> ")
    assert b"parent" not in body


def test_an_empty_name_of_the_environment(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is set, and wins over the configuration: git refuses it."""
    monkeypatch.setenv("GIT_AUTHOR_NAME", "")

    assert built(repo) is None


@pytest.mark.parametrize("key", ["user.useConfigOnly", "author.email"])
def test_an_email_of_the_environment(key: str, repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git takes one from EMAIL by rules of its own."""
    repo.git("config", "--unset", "user.email")
    repo.git("config", key, "true")
    monkeypatch.setenv("EMAIL", "ada@example.org")

    assert built(repo) is None


def test_bytes_as_they_were_read(repo: Repo, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names are those of the configuration byte for byte, whatever the locale's encoding is."""
    name = "Zoë"
    identity = author(checkout(repo))
    in_latin = replace(identity, names=dict.fromkeys(("author", "committer"), (name, "z@x")))
    monkeypatch.setattr(os, "fsencode", lambda text: text.encode("latin-1"))
    assert commit_object.build("0" * 40, None, in_latin, b"x\n") is None
    of_utf8 = dict.fromkeys(("author", "committer"), ("ZoÃ«", "z@x"))  # as its UTF-8 is read
    body = commit_object.build("0" * 40, None, replace(in_latin, names=of_utf8), b"x\n")
    assert body is not None
    assert body.splitlines()[1].startswith("author Zoë <z@x> ".encode())


def test_a_name_that_is_not_utf8(repo: Repo) -> None:
    """The configuration may be in any encoding; git sees to it."""
    with (repo.root / ".git" / "config").open("ab") as file:
        file.write("[user]\n\tname = Zo\xeb\n".encode("latin-1"))

    assert built(repo) is None


def test_a_commit_of_a_brief_is_sound(lab: Lab) -> None:
    """Git finds nothing to say against what was built here."""
    forms = ("sha1", "sha256") if lab.git_version() >= (2, 29) else ("sha1",)
    for form in forms:
        repo = lab.repo(form, *([f"--object-format={form}"] if len(forms) > 1 else []))
        hand_off(repo)
        assert repo.git("fsck", "--strict", "--no-dangling") == ""
        assert repo.git("log", "-1", "--format=%an <%ae> %cn <%ce>").strip() == (
            "Ada <ada@example.org> Ada <ada@example.org>"
        )
