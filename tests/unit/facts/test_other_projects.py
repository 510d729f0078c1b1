"""What sessions of other projects hold: their commands, paths and mentions reach the facts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from handoff.client.transcript.reader import RECENT, events
from handoff.facts import shell_commands
from handoff.facts.gather import gather_facts
from handoff.redact.redact import redact

if TYPE_CHECKING:
    from handoff.facts.model import Facts

ROOT = "/home/u/shop"


def record(kind: str, content: object, **more: Any) -> dict[str, Any]:
    message = {"role": kind, "id": f"msg_{id(content)}", "content": content}
    return {"type": kind, "cwd": ROOT, "sessionId": "s", "message": message, **more}


def call(name: str, key: str, **given: Any) -> dict[str, Any]:
    return record("assistant", [{"type": "tool_use", "id": key, "name": name, "input": given}])


def result(key: str, text: str, failed: bool = False) -> dict[str, Any]:
    block = {"type": "tool_result", "tool_use_id": key, "content": text, "is_error": failed}
    return record("user", [block])


def gather(*records: dict[str, Any]) -> Facts:
    return gather_facts(events(records), ROOT)


def paths(facts: Facts) -> list[str]:
    return [file.path for file in facts.files]


@pytest.mark.parametrize(
    ("line", "heads"),
    [
        ("sudo -E systemctl restart nginx", ["systemctl restart nginx"]),
        ("sudo -u postgres psql app", ["psql app"]),
        ("timeout -k 5 60s cargo test --test cli", ["cargo test cli"]),
        ("timeout --signal=KILL 60 go test ./x", ["go test ./x"]),
        ("bash -c 'cd web && npm run build'", ["npm run build"]),
        ('bash -lc "pytest tests/b.py"', ["pytest tests/b.py"]),
        ('powershell -NoProfile -Command "Invoke-Pester tests"', ["invoke-pester tests"]),
        ("pwsh -File build.ps1 release", ["pwsh build.ps1 release"]),
        ("if make test; then echo ok; fi", ["make test"]),
        ("./gradlew :app:test --tests Foo", ["gradlew :app:test Foo"]),
        ("mvn -q -pl core test", ["mvn core test"]),
        ("pnpm --filter web test", ["pnpm web test"]),
        (r"& .\build.ps1 release", ["build.ps1 release"]),
    ],
)
def test_wrapped_commands_are_found(line: str, heads: list[str]) -> None:
    assert shell_commands.command_heads(redact(line)) == heads


def test_a_script_in_a_word_runs_in_its_folders() -> None:
    simples = shell_commands.split(redact("cd apps && sh -c 'cd web; npm test'"))

    assert simples[-1].folder == "apps/web"


def test_a_failure_in_a_script_in_a_word_is_told() -> None:
    facts = gather(
        call("Bash", "1", command="bash -c 'pytest tests/b.py'"), result("1", "no", True)
    )

    assert [command.head for command in facts.failures] == ["pytest tests/b.py"]


def test_a_mention_names_its_file() -> None:
    facts = gather(
        call("Read", "1", file_path=f"{ROOT}/core/src/Cart.java"),
        result("1", "class Cart {}"),
        record("user", "Look at @core/src/Order.java and @Cart.java please"),
    )

    assert "core/src/Order.java" in paths(facts)
    assert facts.files[paths(facts).index("core/src/Cart.java")].seen == 1
    assert not [path for path in paths(facts) if path.startswith("@")]


def test_a_scoped_package_keeps_its_name() -> None:
    facts = gather(
        call("Read", "1", file_path=f"{ROOT}/@shop/ui/index.ts"),
        result("1", ""),
        record("user", "Mind @shop/ui/button.ts too"),
    )

    assert "@shop/ui/button.ts" in paths(facts)


@pytest.mark.parametrize("ended", [True, False])
def test_a_search_names_the_file_that_it_looks_in(ended: bool) -> None:
    search = call("Grep", "1", pattern="total", path=f"{ROOT}/crates/cart/src/lib.rs")
    facts = gather(search, *([result("1", "3:let total = 0;")] if ended else []))

    assert paths(facts) == ["crates/cart/src/lib.rs"]


def test_a_failure_far_back_in_a_long_session_is_told() -> None:
    first = [call("Bash", "f", command="redis-cli -p 6380 ping"), result("f", "no", True)]
    later = [
        one
        for n in range(600)
        for one in (call("Bash", f"c{n}", command=f"make part{n}"), result(f"c{n}", ""))
    ]
    facts = gather(*first, *later)

    assert [command.head for command in facts.failures] == ["redis-cli ping"]
    assert RECENT >= 5_000_000


def test_a_skills_text_names_files_and_is_no_request() -> None:
    skill = [{"type": "text", "text": "<context>\n@.planning/STATE.md\n</context>\n\nDo it."}]
    facts = gather(record("user", "Where are we?"), record("user", skill, isMeta=True))

    assert paths(facts) == [".planning/STATE.md"]
    assert [request.text for request in facts.requests] == ["Where are we?"]
