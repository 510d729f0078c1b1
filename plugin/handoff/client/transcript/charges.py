"""What is to be paid for one response, by the `usage` that the client writes down with it.

The rules are the client's own (2.1.330; docs/client.md, "Prices"): tests/e2e/test_cost.py holds
them against it. Standard library only: the status line loads this.
"""

from __future__ import annotations

import re
from collections import namedtuple

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NamedTuple

    class Charge(NamedTuple):
        """Tokens that one model was asked for at once; `searches` are web searches.

        `fast`: fast mode; `us`: inference in the US only.
        """

        model: str
        input: int
        write_5m: int
        write_1h: int
        read: int
        output: int
        searches: int
        fast: bool
        us: bool

else:  # typing costs milliseconds at run time
    Charge = namedtuple(
        "Charge", "model input write_5m write_1h read output searches fast us", module=__name__
    )


# A whole `usage` as clients write it (seen: 2.1.38 to 2.1.330) where nothing in it is special; its
# numbers are read without parsing it. Every other one is parsed.
_N = rb"(\d{1,9})"
_SPLIT = rb'"cache_creation":\{"ephemeral_%s_input_tokens":%s,"ephemeral_%s_input_tokens":%s\},'
PLAIN = re.compile(
    rb'\{"input_tokens":' + _N + rb',"cache_creation_input_tokens":' + _N
    + rb',"cache_read_input_tokens":' + _N + rb',(?:' + _SPLIT % (b"5m", rb"\d+", b"1h", _N)
    + rb')?"output_tokens":' + _N + rb',(?:"output_tokens_details":\{[^{}]*\},)?'
    + rb'(?:"server_tool_use":\{"web_search_requests":' + _N + rb'[^{}]*\},)?"service_tier":"\w+",'
    + rb'(?:' + _SPLIT % (b"1h", _N, b"5m", rb"\d+") + rb')?"inference_geo":"(\w*)"'
    + rb'(?:,"iterations":\[(?:\{"input_tokens":[^{}]*(?:\{[^{}]*\},)?"type":"message"\})?\])?'
    + rb'(?:,"speed":"(\w+)")?(?:,"fallback_credit":null)?\}'
)  # fmt: skip
_TOO_MANY = 2**31  # no response has so many tokens: such a number is damage


def charges(asked: str, answered: str, usage: dict[str, Any], *, refused: bool) -> list[Charge]:
    """What is paid for a response of the model `answered` to a request of the model `asked`.

    The model that was asked for is paid. Several plain iterations that add up to the total are
    priced one by one. A fallback by the API pays its own iterations alone, at the short cache's
    price, without the last one if that was `refused` too. An advisor is paid besides the response,
    under its own model.
    """
    iterations = usage.get("iterations")
    if not isinstance(iterations, list) or (len(iterations) == 1 and _is_plain(iterations[0])):
        return [_charge(asked, usage)]
    given = [i for i in iterations if isinstance(i, dict)]
    plain = [i for i in given if i.get("type") == "message"]
    fallbacks = [i for i in given if i.get("type") == "fallback_message"]
    if any(i.get("model") == answered for i in fallbacks):
        paid = _of_fallback(fallbacks, usage, refused=refused)
    elif len(plain) > 1 and _add_up(plain, usage):
        paid = _one_by_one(asked, plain, usage)
    else:
        paid = [_charge(asked, usage)]
    for part in given:
        if part.get("type") == "advisor_message" and isinstance(part.get("model"), str):
            advisor = _charge(part["model"], {**part, "inference_geo": usage.get("inference_geo")})
            paid.append(advisor._replace(searches=0, fast=False))
    return paid


def plain_charge(model: str, match: re.Match[bytes]) -> Charge:
    """What `PLAIN` found is one charge."""
    used, written, read, old_hour, output, searches, new_hour, geo, speed = match.groups()
    write = int(written)
    hour = min(int(new_hour or old_hour or 0), write)
    return Charge(
        model,
        int(used),
        write - hour,
        hour,
        int(read),
        int(output),
        int(searches or 0),
        speed == b"fast",
        geo == b"us",
    )


def _charge(model: str, usage: dict[str, Any]) -> Charge:
    write, hour, searches = _count(usage, "cache_creation_input_tokens"), 0, 0
    split, tools = usage.get("cache_creation"), usage.get("server_tool_use")
    if write and type(split) is dict:
        hour = min(_count(split, "ephemeral_1h_input_tokens"), write)
    if type(tools) is dict:
        searches = _count(tools, "web_search_requests")
    return Charge(
        model,
        _count(usage, "input_tokens"),
        write - hour,  # what no lifetime is given for is of 5 minutes
        hour,
        _count(usage, "cache_read_input_tokens"),
        _count(usage, "output_tokens"),
        searches,
        usage.get("speed") == "fast",
        usage.get("inference_geo") == "us",
    )


def _of_fallback(
    parts: list[dict[str, Any]], usage: dict[str, Any], *, refused: bool
) -> list[Charge]:
    whole = _charge("", usage)
    named = [i for i in parts if isinstance(i.get("model"), str)]
    paid = [i for i in named if not (refused and i is parts[-1])]
    charges_paid = [_charge(i["model"], {**i, "cache_creation": None}) for i in paid]
    charges_paid = [one._replace(searches=0, fast=whole.fast, us=whole.us) for one in charges_paid]
    if whole.searches or not charges_paid:
        charges_paid.append(
            Charge(named[0]["model"], 0, 0, 0, 0, 0, whole.searches, whole.fast, whole.us)
        )
    return charges_paid


def _one_by_one(model: str, parts: list[dict[str, Any]], usage: dict[str, Any]) -> list[Charge]:
    """A charge for each part; one hour writes that no part owns up to go to the first with room."""
    whole = _charge(model, usage)
    part_charges = [_charge(model, part)._replace(fast=whole.fast, us=whole.us) for part in parts]
    left = whole.write_1h - sum(one.write_1h for one in part_charges)
    for at, one in enumerate(part_charges):
        split = parts[at].get("cache_creation")
        short = _count(split, "ephemeral_5m_input_tokens") if isinstance(split, dict) else 0
        more = max(0, min(left, one.write_5m - short))
        part_charges[at] = one._replace(
            write_5m=one.write_5m - more,
            write_1h=one.write_1h + more,
            searches=0 if at else whole.searches,
        )
        left -= more
    return part_charges


def _is_plain(iteration: object) -> bool:
    return isinstance(iteration, dict) and iteration.get("type") == "message"


def _add_up(parts: list[dict[str, Any]], usage: dict[str, Any]) -> bool:
    names = (
        "input_tokens",
        "output_tokens",
        "cache_read_input_tokens",
        "cache_creation_input_tokens",
    )
    return all(sum(_count(part, name) for part in parts) == _count(usage, name) for name in names)


def _count(usage: dict[str, Any], name: str) -> int:
    value = usage.get(name)
    return value if type(value) is int and 0 < value < _TOO_MANY else 0
