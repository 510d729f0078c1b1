"""No secret gets anywhere by way of what is derived from it: names, files, titles, ids, labels."""

from __future__ import annotations

import ast
import base64
import json
import os
import random
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handoff.base import log, plain_text, truncate, visible_text
from handoff.base.errors import HandoffError
from handoff.brief import snapshot
from handoff.client.transcript import reader
from handoff.facts import fact_sheet, last_words
from handoff.facts.gather import gather_facts
from handoff.hooks import dispatch
from handoff.recall import search
from handoff.redact import redact as redact_redact
from handoff.redact.redact import redact
from support.client import Client
from support.paths import ROOT
from support.planted_secrets import NAMES, PLACES, Secret, dump, secrets, session
from support.secret_table import make_secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.repo import Repo
    from support.store_program import Store

PLUGIN = ROOT / "plugin" / "handoff"
PEM = "PRIVATE KEY"
A_SESSION = len(PLACES) + len(NAMES)


def texts(value: object) -> Iterator[str]:
    """Every text in a value made of data classes, tuples and mappings."""
    if isinstance(value, str):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from texts(getattr(value, field.name))
    elif isinstance(value, dict):
        yield from texts(tuple(value.items()))
    elif isinstance(value, (tuple, list)):
        for item in value:
            yield from texts(item)


def all_texts(records: list[dict[str, Any]]) -> str:
    """All that the facts of a session hold, and what is made of them."""
    facts = gather_facts(reader.events([json.loads(line) for line in dump(records).splitlines()]))
    shown = [fact_sheet.render(facts, 100_000), last_words.render(facts, 100_000)]
    words = snapshot.compose_words(facts)
    return "\n".join([*texts(facts), *shown, *texts(words)])


@pytest.mark.parametrize("place", PLACES)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_nothing_of_a_secret_is_in_the_facts(place: str, seed: int, data: st.DataObject) -> None:
    """Whatever the secret and wherever it stands: no six of its characters in a row."""
    secret = data.draw(st.sampled_from(secrets(seed)))

    assert not secret.left_in(
        all_texts([*PLACES["prompt"]("go on"), *PLACES[place](secret.assigned)])
    )


@pytest.mark.parametrize("place", NAMES)
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32), data=st.data())
def test_nothing_of_a_secret_is_in_a_name(place: str, seed: int, data: st.DataObject) -> None:
    """The names of files, folders and branches go through the same entrance."""
    alone = [s for s in secrets(seed) if s.begins and s.value.replace("_", "").isalnum()]
    secret = data.draw(st.sampled_from(alone))

    assert not secret.left_in(all_texts([*PLACES["prompt"]("go on"), *NAMES[place](secret.value)]))


PASSWORDS = "DB_PASSWORD=hunter2Xy9Zw\nSMTP_PASSWORD='Qw7RtYp2Lk'\n"
BASIC = base64.b64encode(b"robin:Tr0ub4dor_Xy9").decode()
BODY = [make_secret("{B64}", random.Random(seed)) for seed in range(12)]
KUBERNETES = (
    "kind: Secret\ndata:\n  url_of_it: aHVudGVyMlh5\n  passOf: bXlfc2VjcmV0X3Z\ntype: Opaque\n"
)
BY_THEIR_LINES: dict[str, tuple[str, list[str]]] = {
    "passwords": (PASSWORDS, ["hunter2Xy9Zw", "Qw7RtYp2Lk"]),
    "basic login": (f'curl -H "Authorization: Basic {BASIC}" x', [BASIC]),
    "login": ("curl -u robin:Tr0ub4dorXy9 https://x.example", ["Tr0ub4dorXy9"]),
    "private key": (f"-----BEGIN {PEM}-----\n" + "\n".join(BODY) + f"\n-----END {PEM}-----", BODY),
    "key without its begin": ("\n".join(BODY) + f"\n-----END {PEM}-----", BODY),
    "key without its end": (f"-----BEGIN {PEM}-----\n" + "\n".join(BODY), BODY),
    "kubernetes": (KUBERNETES, ["aHVudGVyMlh5", "bXlfc2VjcmV0X3Z"]),
}


@pytest.mark.parametrize("kind", BY_THEIR_LINES)
@pytest.mark.parametrize("place", PLACES)
def test_what_only_its_line_gives_away_is_in_no_fact(place: str, kind: str) -> None:
    """A password alone is a word: what is derived from its line is derived without it."""
    text, values = BY_THEIR_LINES[kind]
    fact_texts = all_texts([*PLACES["prompt"]("go on"), *PLACES[place](text)])

    for value in values:
        assert not Secret("", value, (value,), alone=False).left_in(fact_texts)


def test_names_are_names_of_code() -> None:
    """No marks, no names of files, no fields of the client's own calls."""
    text = (
        "export TOKEN=[redacted: my_own_kind]\nuse fetch_user in foo_test.go, toolUseId, file_path"
    )
    events = [
        *PLACES["answer"](text),
        *PLACES["edit"]("API_KEY=hunter2Xy9Zw\nloadSettings()"),
    ]
    facts = gather_facts(reader.events(events))

    assert "fetch_user" in facts.names
    assert not {"my_own_kind", "foo_test", "toolUseId", "file_path"} & set(facts.names)
    assert "loadSettings" in facts.files[0].names


# --- the whole way -------------------------------------------------------------------------------

WORDS = """# {0}
## Task
Carry the deployment on.
## Notes on {0}
As agreed.
## State
The file holds {0} now.
> kind: Secret
> data:
>   one: {1}
## Next step
{0}
"""


@pytest.mark.parametrize("seed", range(7))
def test_nothing_of_a_secret_is_stored(seed: int, repo: Repo, handoff: Store) -> None:
    """Brief, its name, commit, ref, log, state: a session with a secret in every place, words of a
    model with one in title and headings, a label, a command and an outcome with one.
    """
    kinds = secrets(seed)
    random.Random(seed).shuffle(kinds)
    chosen = kinds[: A_SESSION + 8]
    path = repo.root.parent / "s-1.jsonl"
    path.write_text(dump(session(chosen[8:])))
    lone = [s for s in kinds if s.alone and s.value not in path.read_text()]
    told, label, command, outcome = lone[:4]
    encoded = base64.b64encode(b"hunter2Xy9Zw").decode()
    words = WORDS.format(told.assigned, encoded)

    handoff("write", "--from-facts", "--transcript", str(path))
    handoff("write", "--session", "s-1", "--label", label.value, "--verify",
            f"echo {command.value}", "--goal", command.assigned, stdin=words)  # fmt: skip
    printed = handoff.out
    brief = ""
    for open_brief in repo.briefs():
        brief = open_brief.stem
        handoff("done", brief, "--outcome", f"Set {outcome.assigned}")
        printed += handoff.out
    handoff("list", "--all", "--json")
    printed += handoff.out

    assert brief
    kept = printed + everything_in(repo)
    for secret in [*chosen[8:], told, label, command, outcome]:
        assert not secret.left_in(kept), secret
    assert encoded[:6] not in kept


def everything_in(repo: Repo) -> str:
    """All files of the state directory and the briefs, names and contents, and git's objects."""
    contents = []
    for folder in (repo.state, repo.root / ".handoff"):
        for file in sorted(folder.rglob("*")):
            contents.append(str(file.relative_to(folder.parent)))
            if file.is_file():
                contents.append(file.read_bytes().decode("utf-8", "replace"))
    contents.append(repo.git("log", "--all", "-p", "--format=%D %B"))
    contents.append(repo.git("for-each-ref"))
    return "\n".join(contents)


def test_an_untrusted_title_is_listed_without_its_secret(repo: Repo, handoff: Store) -> None:
    """Others may have committed one in a title: list, JSON and commit do not repeat it."""
    secret = next(s for s in secrets(1) if s.begins)
    brief_id = handoff.write("Set it up")
    (path,) = repo.briefs()
    path.write_text(path.read_text().replace("Set it up", f"Set {secret.value}"))

    handoff("list")
    printed = handoff.out
    handoff("list", "--json")
    printed += handoff.out
    handoff("done", brief_id, "--force")

    assert "Set [redacted" in printed
    assert not secret.left_in(printed + repo.git("log", "--format=%B"))


@pytest.mark.parametrize("session", ["", "s1"])
def test_an_untrusted_brief_is_shown_without_its_secret(
    session: str, repo: Repo, handoff: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every command that prints of it, in a session's shell or not, and the line at a start."""
    secret = next(s for s in secrets(3) if s.begins)
    brief_id = handoff.write("Set it up")
    (path,) = repo.briefs()
    text = path.read_text().replace("Set it up", f"Set {secret.value}")
    path.write_text(text.replace("Do it.", "x " * 4430 + f"Do {secret.value} now."))
    told = Client(repo, "s2").start()["systemMessage"]
    (repo.state / "ledger.jsonl").unlink()
    told += Client(repo, "s3").start()["systemMessage"]
    if session:
        monkeypatch.setenv("CLAUDE_CODE_SESSION_ID", session)
    printed = []
    for words in (
        ["wait", brief_id, "--timeout", "0"], ["show", brief_id], ["show", brief_id, "--json"],
        ["show", brief_id, "--inject"], ["show", brief_id, "--history"], ["doctor"],
        ["drop", brief_id, "--json"],
    ):  # fmt: skip
        handoff(*words)
        printed.append(handoff.out + handoff.err)

    assert "“Set [redacted" in told
    assert "[redacted" in printed[1] and "[redacted" in printed[3]
    for text in (told, *printed):
        assert not secret.left_in(text)


def test_an_error_of_gits_has_no_secret(repo: Repo, handoff: Store) -> None:
    """git quotes the values of its configuration: they reach no screen, JSON, brief or state."""
    token = "ghp_" + "1a2B3c4D5e6F7g8H9i0J" + "kLmNoPqRsTuVwX12"
    repo.git("config", "core.compression", token)
    handoff("write", "--json", stdin="# Fix it\n## Task\nDo it.\n")
    printed = handoff.out
    handoff("list", "--json")
    handoff("doctor")
    files = [*repo.state.rglob("*"), *repo.root.glob(".handoff/**/*")]
    stored = "".join(file.read_text("utf-8", "replace") for file in files if file.is_file())

    assert "bad numeric config value '[redacted: " in printed
    assert token not in printed + handoff.out + stored


@pytest.mark.parametrize("around", ["\x1b[31m{}\x1b[0m", "\x1b[1;33m{}", "x\u200b{}", "a\u202e{}"])
def test_what_is_not_seen_hides_no_secret(around: str) -> None:
    """Colours of a terminal and unseen characters in front of one, raw or shown as escapes."""
    for secret in secrets(5):
        for text in [secret.assigned, *([secret.value] if secret.begins else [])]:
            if secret.left_in(redact(text)):
                continue  # not known alone
            dressed = around.format(text)
            assert not secret.left_in(redact(dressed))
            assert not secret.left_in(redact(visible_text.escape(dressed)))


def test_the_log_has_no_secret(repo: Repo, handoff: Store) -> None:
    """What an exception says may quote a text."""
    secret = next(s for s in secrets(2) if s.begins)
    try:
        raise ValueError(f"no number: {secret.assigned}")
    except ValueError:
        path = Path(redact_redact.note_bug(str(repo.state), "here"))
        log.note_bug(str(repo.state), "here")
    redact_redact.note(str(repo.state), "there", f"{secret.assigned} is no file")

    assert "ValueError: no number" in path.read_text()
    assert not secret.left_in(path.read_text())


def test_what_cannot_be_redacted_is_logged_by_its_kind(
    repo: Repo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the search for secrets fails, the log names the error that was to be told, not that."""

    def fail(*_: object) -> None:
        raise HandoffError("No detect-secrets.")

    monkeypatch.setattr("handoff.redact.redact.note_bug", fail)
    try:
        raise ZeroDivisionError("words")
    except ZeroDivisionError:
        dispatch._note(str(repo.state), "hook stop")
    text = (repo.state / "log" / "handoff.log").read_text()
    assert "ZeroDivisionError" in text
    assert "detect-secrets" not in text
    assert "ZeroDivisionError: words" not in text


@pytest.mark.parametrize("length", range(60, 140, 7))
def test_a_label_of_a_look_back_is_cut_behind_the_redaction(length: int) -> None:
    """Half of a token has no shape: a long command is cut when its secrets are gone."""
    secret = next(s for s in secrets(3) if s.begins and len(s.value) > 30)
    command = f"{'x' * length} {secret.value}"
    events = list(reader.events(PLACES["bash command"](f"A=1; {command}")))

    result = search.search(lambda: events, search.Query(command="make deploy"))

    assert result.hits
    assert not secret.left_in("\n".join(hit.about + hit.text for hit in result.hits))


@pytest.mark.parametrize("width", range(40, 100, 5))
def test_one_line_is_cut_between_words(width: int) -> None:
    """What is shown in one line is redacted after it, too: no half of a token may be left."""
    secret = next(s for s in secrets(4) if s.begins and len(s.value) > 30)

    assert not secret.left_in(redact(plain_text.one_line(f"{'word ' * 7}{secret.value}", width)))


@pytest.mark.parametrize("size", range(200, 3000, 137))
def test_a_cut_leaves_a_key_with_what_names_it(size: int) -> None:
    """Key, encoded data: whatever of a long raw text is kept, it is known for what it is."""
    filler = "an ordinary line of words\n" * 20
    key = BY_THEIR_LINES["private key"][0]
    text = f"{filler}{key}\n{filler}{KUBERNETES}{filler}{key}\n{filler}{KUBERNETES}{filler}"
    parts = redact(truncate.first_line(text, size)) + redact(truncate.last_line(text, size))

    for value in [*BODY, "aHVudGVyMlh5", "bXlfc2VjcmV0X3Z"]:
        assert not Secret("", value, (value,), alone=False).left_in(parts)


# --- idempotence, and the one entrance ------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32), st.data())
def test_redacting_again_changes_nothing(seed: int, data: st.DataObject) -> None:
    """Of texts with secrets beside each other, quoted, joined and cut."""
    pieces = [
        secret.assigned
        for secret in data.draw(st.lists(st.sampled_from(secrets(seed)), min_size=1, max_size=4))
    ]
    pieces += data.draw(
        st.lists(st.sampled_from([text for text, _ in BY_THEIR_LINES.values()]), max_size=2)
    )
    glue = data.draw(st.sampled_from(["\n", " ", "\n> ", ", ", "\n\n", "; ", '"\n"']))
    once = redact(glue.join(pieces))

    assert redact(once) == once
    again = redact("\n".join(f"> {line}" for line in once.splitlines()))
    assert again == "\n".join(f"> {line}" for line in once.splitlines())
    assert redact(" ".join(once.split())) == " ".join(once.split())


def test_only_the_redactor_makes_a_clean_text() -> None:
    """Elsewhere the type is only asked for: mypy then says where a text was not looked through."""
    made_in = {
        str(file.relative_to(PLUGIN))
        for file in PLUGIN.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) in ("Clean", "cast")
        and any(
            getattr(part, "id", getattr(part, "attr", "")) == "Clean"
            or getattr(part, "value", "") == "Clean"
            for part in [node.func, *node.args]
        )
    }

    assert made_in == {os.path.join("redact", "redact.py")}
