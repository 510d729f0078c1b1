"""Routes: the first that matches counts, and who comes before whom."""

from __future__ import annotations

from typing import Any

import pytest

from handoff.config.launch import ROLES
from handoff.launch import routes
from handoff.launch.routes import Traits


def traits(**changes: Any) -> Traits:
    given: dict[str, Any] = {"kind": "task", "labels": ("docs",), "target": {}, "tokens": 900}
    return Traits(**{**given, **changes})


def route(line: int, when: dict[str, Any], **use: Any) -> dict[str, Any]:
    return {"line": line, "when": when, "use": use}


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ({"kind": "continue"}, "its kind is task, not continue"),
        ({"label": "auth"}, "it has no label auth"),
        ({"for": "opus"}, "it is not for opus"),
        ({"size": ["<", 900]}, "it has 900 tokens, not < 900"),
        ({"size": [">", 900]}, "it has 900 tokens, not > 900"),
        ({"kind": "task", "label": "x"}, "it has no label x"),
    ],
)
def test_a_route_that_does_not_match(when: dict[str, Any], why: str) -> None:
    """All that a route asks for must hold; what does not is said, and the next one is looked at."""
    choice = routes.choose(traits(), [route(3, when, model="a"), route(4, {}, model="b")], {})

    assert choice.values == {"model": "b"}
    assert [(v.line, v.matches) for v in choice.verdicts] == [(3, False), (4, True)]
    assert choice.verdicts[0].why == why
    assert choice.origins == {"model": "the route on line 4"}


@pytest.mark.parametrize(
    "when",
    [{}, {"kind": "task"}, {"label": "docs"}, {"size": ["<", 901]}, {"size": [">", 899]},
     {"kind": "task", "label": "docs", "size": ["<", 2000]}],
)  # fmt: skip
def test_the_first_match_wins(when: dict[str, Any]) -> None:
    """Routes behind it are not looked at."""
    choice = routes.choose(traits(), [route(3, when, model="a"), route(4, {}, model="b")], {})

    assert choice.values == {"model": "a"}
    assert len(choice.verdicts) == 1


def test_who_comes_first() -> None:
    """The command line, then the brief's own `for`, then the route."""
    brief = traits(target={"model": "opus", "effort": "high"})
    choice = routes.choose(brief, [route(3, {}, model="haiku", effort="low", provider="x")],
                          {"effort": "max"})  # fmt: skip

    assert choice.values == {"model": "opus", "effort": "max", "provider": "x"}
    assert choice.origins == {
        "model": "the brief", "effort": "the command line", "provider": "the route on line 3"
    }  # fmt: skip


def test_a_route_translates_a_word() -> None:
    """What the brief is for may be a word of the user's own: the route that asks for it says which
    model it means.
    """
    brief = traits(target={"model": "cheap"})
    choice = routes.choose(brief, [route(3, {"for": "cheap"}, model="haiku")], {})

    assert choice.values == {"model": "haiku"}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_is_no_model(role: str) -> None:
    """A role chooses a route. Without one for it, other routes or nobody set the model; the role
    itself never reaches the client as a model's name.
    """
    brief = traits(target={"model": role, "effort": "high"})
    by_role = route(3, {"for": role}, budget_usd=2.0)

    assert routes.choose(brief, [], {}).values == {"effort": "high"}
    assert routes.choose(brief, [by_role], {}).values == {"effort": "high", "budget_usd": 2.0}
    assert routes.choose(brief, [route(3, {}, model="opus")], {}).text("model") == "opus"
    assert routes.choose(brief, [by_role], {"model": "haiku"}).text("model") == "haiku"
    assert f"for: {role} (the brief)" in routes.choose(brief, [], {}).lines()


def test_the_lowest_budget_counts() -> None:
    """A brief cannot raise what its route allows, nor the other way round; the person can."""
    brief = traits(target={"budget_usd": "5.00", "max_turns": "10"})
    rule = [route(3, {}, budget_usd=2.0, max_turns=50)]

    assert routes.choose(brief, rule, {}).values == {"budget_usd": 2.0, "max_turns": 10}
    assert routes.choose(brief, rule, {"budget_usd": 9.0}).values["budget_usd"] == 9.0


def test_a_brief_gives_no_permission() -> None:
    """Of a brief's `for` only names and limits of the right form count."""
    brief = traits(target={"model": "--flag", "runner": "x", "args": ["--x"], "budget_usd": "much",
                           "permission_mode": "bypassPermissions", "allowed_tools": ["Bash"],
                           "effort": "extreme", "provider": "a b"})  # fmt: skip

    assert routes.choose(brief, [], {}).values == {}


def test_lines_for_people() -> None:
    """Each route with its verdict, each value with where it comes from."""
    second = route(
        7, {"kind": "task"}, model="opus", budget_usd=1.5, allowed_tools=["Bash", "Edit"]
    )
    choice = routes.choose(traits(), [route(3, {"label": "x"}), second], {})

    assert choice.lines() == [
        "route on line 3: no, it has no label x",
        "route on line 7: yes, as kind task",
        "model: opus (the route on line 7)",
        "allowed tools: Bash Edit (the route on line 7)",
        "budget: $1.5 (the route on line 7)",
    ]
    assert routes.choose(traits(), [], {}).lines() == ["no routes are configured"]
