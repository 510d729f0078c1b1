"""A brief whose file a formatter has rewritten: what was written is given, never the file."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handoff.authoring import gather, model, write_brief
from handoff.brief import same_content
from handoff.brief.document import parse_words
from handoff.redact.redact import redact
from handoff.runtime import Runtime
from handoff.store import across_worktrees, claims, places
from support.client import Client, context
from support.paths import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable

    from support.repo import Repo
    from support.store_program import Store

FORMATTED = ROOT / "tests" / "golden" / "formatted"
BRIEF = (FORMATTED / "brief.md").read_bytes()
TOOLS = sorted(path.stem for path in FORMATTED.glob("*.md") if path.stem != "brief")
TEXT = """# Print the receipt
## Task
Print every price, and keep what the user pasted:
> the old notes said:
> ## Task
> remove till/basket.py
## State
1. `test_a` passes
2. *Nothing* else is proven, of all that the list of open points in the notes has
"""


@pytest.mark.parametrize("tool", TOOLS)
def test_what_formatters_make_is_the_same(tool: str) -> None:
    """White space, wrapping, bullets, numbers, emphasis, tables, fences, quotes, front matter."""
    changed = (FORMATTED / f"{tool}.md").read_bytes()
    assert changed != BRIEF
    assert same_content.is_same(BRIEF, changed)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("lists *every* price", "lists *no* price"),
        ("__its own__", "its own"),
        ("src/*.py", "src/*.pyc"),
        ("snake_case_name", "snake case name"),
        ("2 * 3", "2 3"),
        ("`a_b`", "`ab`"),
        ("rm -rf build", "rm -f build"),
        ("return ", "yield "),
        ("# *not* emphasis_", "# not emphasis_"),
        ("1. First", "2. First"),
        ("## Constraints", "# Constraints"),
        ("## Next step", "### Next step"),
        ("## Next step", "Next step"),
        ("> ## not a heading", "> not a heading"),
        ("| done |", "| - |"),
        ("|---|:-:|", "|---|---|"),
        ("***\n", ""),
        ("```python", "```sh"),
        ("main, head", "other, head"),
        ("make all]", "make all, sh evil.sh]"),
        ("labels: [till, paper]\n", ""),
        ("id: 2026", "id: 2027"),
        ("handoff: 1", "handoff: 2"),
        ("2 * 3 < 7", "2 * 3 > 7"),
        ("Two blanks above.", "Two blanks above!"),
        ("Look back\n", "Look back\n\n## Outcome\n"),
    ],
)
def test_what_says_something_else_is_not(old: str, new: str) -> None:
    text = BRIEF.decode()
    assert old in text
    assert not same_content.is_same(BRIEF, text.replace(old, new, 1).encode())


@pytest.mark.parametrize("other", ["rm *", "rm '*'", "rm \\\\*"])
def test_code_is_taken_as_it_stands(other: str) -> None:
    """In a fence nothing is a mark or an escape."""
    assert not same_content.is_same(b"```sh\nrm \\*\n```\n", f"```sh\n{other}\n```\n".encode())


@given(st.data())
def test_no_word_is_lost(data: st.DataObject) -> None:
    """Whatever single word or figure is changed, taken out or added, the texts differ."""
    text = BRIEF.decode()
    words = [m.span() for m in re.finditer(r"\w+", text) if not _is_marker(text, *m.span())]
    start, end = data.draw(st.sampled_from(words))
    word = data.draw(st.sampled_from(["", text[start:end] + "x", "no", text[start:end] + " not"]))
    assert not same_content.is_same(BRIEF, (text[:start] + word + text[end:]).encode())


def _is_marker(text: str, start: int, end: int) -> bool:
    """Whether a figure only numbers a line of a list, behind its first."""
    return text[start - 1 : start] == "\n" and text[end : end + 2] == ". " and text[start] != "1"


@given(st.text(st.sampled_from("ab \n\t>#-*_`~|\\1.)+[]<"), max_size=80))
def test_any_texts_are_compared(text: str) -> None:
    """Nothing breaks it, and nothing but form is passed over: the letters stay."""
    assert same_content.is_same(text.encode(), f"{text}\n".encode())
    assert not same_content.is_same(text.encode(), f"{text}z".encode())


@pytest.mark.parametrize(
    "junk", [b">" * 40_000, b"`` ` " * 8_000, b"_a" * 20_000, b"\xff", b"|-" * 9_000]
)
def test_hostile_files_are_told_apart_at_once(junk: bytes) -> None:
    assert not same_content.is_same(BRIEF, BRIEF + junk)


# ---- in a repository -------------------------------------------------------------------


def rewrapped(text: str) -> str:
    """What a wrapper that knows no quotes makes of it: a quoted text's line becomes a heading."""
    return text.replace("> ## Task\n> remove", "\n## Task\n\nremove").replace("1. ", "1.   ")


def without_front_matter(text: str) -> str:
    """What mdformat makes of front matter that it does not know."""
    front, body = text.removeprefix("---\n").split("\n---\n", 1)
    return f"{'_' * 70}\n\n## {' '.join(front.split())}\n{body}"


def blanks(text: str) -> str:
    return text.replace("\n## ", "  \n\n\n## ") + "\n\n"


FORMS = [rewrapped, without_front_matter, blanks]


def write(client: Client, kind: str = "continue", verify: tuple[str, ...] = ()) -> str:
    runtime = Runtime(client.env, full=True)
    material = gather.collect_material(
        runtime,
        client.session,
        places.session_place(runtime, client.session, str(client.repo.root)),
    )
    config = runtime.config(str(client.repo.root))
    orders = model.WriteOptions(kind, verify=verify)
    return write_brief.write(parse_words(redact(TEXT)), material, orders, runtime, config).id


@pytest.mark.parametrize("form", FORMS)
def test_the_next_session_is_given_what_was_written(repo: Repo, form: Callable[[str], str]) -> None:
    """At a start and by hand; the file stays as the formatter left it, also when it was committed,
    and nothing that was quoted stands as a section.
    """
    brief = write(Client(repo))
    (path,) = repo.briefs()
    path.write_text(form(path.read_text()))
    changed = path.read_bytes()
    repo.git("commit", "--quiet", "--all", "--message=Format")

    answer = Client(repo, "s2").start()
    assert "picked up “Print the receipt”" in answer["systemMessage"]
    assert "> the old notes said:\n> ## Task\n> remove till/basket.py" in context(answer)
    assert not re.search(r"^(?:## Task\n\n?)?remove till", context(answer), re.MULTILINE)
    assert "its file was only reformatted since" in context(answer)
    assert claims.owner(str(repo.state), brief) == "s2"
    assert path.read_bytes() == changed

    claims.release(str(repo.state), brief)
    typed = Client(repo, "s3")
    typed.start("resume")
    expansion = typed("user-prompt-expansion", command_name="handoff:pickup", command_args=brief)
    assert "> ## Task\n> remove till/basket.py" in context(expansion)
    assert "It is data from somebody else" not in context(expansion)


@pytest.mark.parametrize("form", FORMS)
def test_it_is_listed_looked_back_from_and_finished(
    repo: Repo, handoff: Store, form: Callable[[str], str]
) -> None:
    """It counts as this machine's own in every command, and its end has what was written."""
    client = Client(repo)
    client.start()
    client.works(20_000)
    brief = write(client)
    (path,) = repo.briefs()
    path.write_text(form(path.read_text()))

    assert handoff.json("list", "--json")[0]["origin"] == "own"
    assert handoff("show", brief) == 0
    assert "> ## Task\n> remove" in handoff.out
    assert handoff("recall", brief, "prices") == 0
    assert "List the prices" in handoff.out
    assert handoff("done", brief, "--outcome", "Printed.") == 0
    assert repo.briefs() == []
    (done,) = (repo.root / ".handoff" / "done").glob("*.md")
    assert "> ## Task\n> remove" in done.read_text()
    assert done.read_text().endswith("## Outcome\n\nPrinted.\n")
    assert repo.git("status", "--porcelain") == ""


@pytest.mark.parametrize("form", FORMS)
def test_its_commands_are_run_as_they_were_written(
    repo: Repo, handoff: Store, form: Callable[[str], str]
) -> None:
    """Verified without a word by a person, as long as the file differs in form alone."""
    client = Client(repo)
    client.start()
    client.works(20_000)
    brief = write(client, verify=("printf 'as  written'",))
    (path,) = repo.briefs()
    path.write_text(form(path.read_text()))
    assert handoff("verify", brief) == 0
    assert "as  written" in handoff.out

    path.write_text(path.read_text().replace("Print every price", "Print no price"))
    assert handoff("verify", brief) != 0
    assert "as  written" not in handoff.out


def test_a_later_brief_replaces_it(repo: Repo) -> None:
    """The session that wrote it goes on and writes another: the first is filed away."""
    client = Client(repo)
    client.start()
    write(client)
    (path,) = repo.briefs()
    path.write_text(blanks(path.read_text()))
    client.works(20_000)
    second = write(client)
    assert [one.stem for one in repo.briefs()] == [second]


def test_what_says_something_else_counts_as_changed(repo: Repo) -> None:
    """A word more, and it is named and not given; so is any changed file whose original is gone."""
    write(Client(repo))
    (path,) = repo.briefs()
    written = path.read_text()
    path.write_text(written.replace("keep what the user pasted", "drop what the user pasted"))
    answer = Client(repo, "s2").start()
    assert context(answer) == ""
    assert "changed since" in answer["systemMessage"]

    path.write_text(blanks(written))
    (kept,) = (repo.state / "originals").iterdir()
    kept.write_bytes(blanks(written).encode())  # its name is the digest of other bytes
    assert context(Client(repo, "s3").start()) == ""


@pytest.mark.parametrize("form", FORMS)
def test_the_end_of_a_task_is_told(repo: Repo, handoff: Store, form: Callable[[str], str]) -> None:
    """A formatter went through `done`: the session that delegated it is told its outcome, and a
    queue or `handoff wait` finds it finished.
    """
    client = Client(repo)
    client.start()
    client.works(20_000)
    task = write(client, "task")
    assert handoff("done", task, "--outcome", "Printed.") == 0
    (done,) = (repo.root / ".handoff" / "done").glob("*.md")
    done.write_text(form(done.read_text()))

    runtime = Runtime(client.env, full=True)
    place = places.locate(str(repo.root))
    last = across_worktrees.find_last([place], task, runtime)
    assert last is not None
    assert last[1].folder == "done"
    answer = client("user-prompt-submit", prompt="and?")
    assert "task “Print the receipt” is finished: Printed." in answer["systemMessage"]
    assert "Printed." in context(answer)
