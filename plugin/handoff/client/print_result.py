"""The result that `claude -p --output-format json` prints. Seen: 2.1.330 and 2.1.197."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from handoff.base import fields

_MARKS = frozenset({"session_id", "result", "subtype"})

BUDGET, TURNS = "budget", "turns"
_LIMITS = {"error_max_budget_usd": BUDGET, "error_max_turns": TURNS}


@dataclass(frozen=True)
class Result:
    """How a run ended. `session` is "" where it printed no result; `words` are its last ones.

    `error` says what went wrong, "" if nothing did; `stopped` which limit of its own ended it,
    `budget` or `turns`. `cost_usd` and `turns` are the client's own figures, None without a result.
    `model` is the one that cost most, `tokens` its tokens: input, cache writes of 5 minutes and of
    an hour, cache reads, output. `refused` counts tool calls that were not permitted.
    `api_status` is the status of the API's error that ended the run (429: it refused), else 0.
    """

    session: str = ""
    words: str = ""
    error: str = ""
    stopped: str = ""
    cost_usd: float | None = None
    turns: int | None = None
    model: str = ""
    models: tuple[str, ...] = ()
    tokens: tuple[int, ...] = ()
    refused: int = 0
    api_status: int = 0


def read_result(out: str, code: int) -> Result:
    """The result in what a run printed; `code` is its exit code."""
    result_fields = find_result(out)
    words, subtype = (
        fields.text(result_fields.get("result")),
        fields.text(result_fields.get("subtype")),
    )
    cost, turns, refused = (
        result_fields.get(key) for key in ("total_cost_usd", "num_turns", "permission_denials")
    )
    model, models, tokens = _used(fields.mapping(result_fields.get("modelUsage")))
    return Result(
        session=fields.text(result_fields.get("session_id")),
        words=words,
        error=_error(result_fields, subtype, words, code),
        stopped=_LIMITS.get(subtype, ""),
        cost_usd=None if cost is None else float(cost),
        turns=turns,
        model=model,
        models=models,
        tokens=tokens,
        refused=len(refused) if isinstance(refused, list) else 0,
        api_status=_api_status(result_fields),
    )


def _api_status(result: dict[str, Any]) -> int:
    status = result.get("api_error_status") if result.get("is_error") is True else None
    return status if type(status) is int else 0


def _error(result: dict[str, Any], subtype: str, words: str, code: int) -> str:
    if not (code or result.get("is_error")):
        return ""
    told = result.get("errors")
    errors = [fields.text(one) for one in told] if isinstance(told, list) else []
    if subtype.startswith("error"):
        return ": ".join(part for part in (subtype, "; ".join(errors)) if part)
    return words.strip() or f"exit code {code}"


def _used(usage: dict[str, Any]) -> tuple[str, tuple[str, ...], tuple[int, ...]]:
    if not usage:
        return "", (), ()
    model = max(usage, key=lambda name: _dollars(usage[name]))
    of = fields.mapping(usage[model])
    write, hour = (
        fields.count(of.get(key)) or 0
        for key in ("cacheCreationInputTokens", "cacheCreationEphemeral1hInputTokens")
    )
    tokens = (
        fields.count(of.get("inputTokens")) or 0,
        max(0, write - hour),
        hour,
        fields.count(of.get("cacheReadInputTokens")) or 0,
        fields.count(of.get("outputTokens")) or 0,
    )
    return model, tuple(usage), tokens


def _dollars(used: object) -> float:
    return fields.number(fields.mapping(used).get("costUSD")) or 0.0


def find_result(out: str) -> dict[str, Any]:
    """The result's fields as the client names them; {} where none was printed.

    `session_id`, `result` and `subtype` are texts, `total_cost_usd` a number of at least 0 and
    `num_turns` a whole one, or they are not there.
    """
    lines = out.strip().splitlines()
    for text in (out, *reversed(lines[-20:])):
        parsed = _parsed(text)
        entries = parsed if isinstance(parsed, list) else [parsed]
        for entry in reversed(entries):
            if isinstance(entry, dict) and not _MARKS.isdisjoint(entry):
                return {key: value for key, value in entry.items() if _is_right(key, value)}
    return {}


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _is_right(key: str, value: Any) -> bool:
    if key in ("session_id", "result", "subtype"):
        return isinstance(value, str)
    if key == "total_cost_usd":
        return type(value) in (int, float) and 0 <= value < 1e9
    return type(value) is int if key == "num_turns" else True
