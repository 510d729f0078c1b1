"""What a transcript says was used: one `Spend` a line of an answer, and the client's own totals.

Format: docs/client.md, "Transcript" and "Prices". A response is several lines of the same message
id and request id; the last one is right. Standard library only: the status line loads this.

Few lines matter and they are told by their bytes; of those, only the `usage` object is parsed. A
line that does not look as the client writes it is parsed whole instead.
"""

from __future__ import annotations

import json
import re

from handoff.base import fields
from handoff.client.transcript import tail
from handoff.client.transcript.charges import PLAIN, charges, plain_charge

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, BinaryIO

    from handoff.client.transcript.charges import Charge

MAX_LINE_BYTES = 8 * 1024 * 1024  # no answer is near it; memory is bounded by it
_BLOCK = 64 * 1024
_HINT = b'"output_tokens":'
_TOTAL = b'{"type":"cost-state",'
_USAGE = b'"usage":'
_RECORD = b'{"parentUuid":'
_SCALARS = rb'(?:,"\w+":(?:"[^"\\]*"|true|false|null))*'
_MODEL = rb'"model":"(?P<%s>[^"\\]+)",'
_ANSWER = re.compile(
    rb'\{"parentUuid":(?:null|"[^"\\]*"),"isSidechain":(?P<side>true|false)' + _SCALARS
    + rb',"message":\{(?:' + _MODEL % b"model" + rb')?"id":"(?P<id>[^"\\]+)","type":"message",'
    + rb'"role":"assistant",(?:' + _MODEL % b"later" + rb")?"
)  # fmt: skip
_OTHER = re.compile(
    rb'\{"parentUuid":(?:null|"[^"\\]*"),"isSidechain":(?:true|false)' + _SCALARS + rb',"type":'
    rb'"(?:user|attachment|system)"'
)
_TOTAL_TOKENS = (
    "inputTokens", "outputTokens", "cacheReadInputTokens", "cacheCreationInputTokens"
)  # fmt: skip
# Behind `usage`: the rest of the message, then plain values of the record.
_ABOUT = re.compile(
    rb'[^\[\]]*?\},(?:"\w+":(?:"[^"\\]*"|\w+),)*?"requestId":"([^"\\]+)",'
    rb'(?:"\w+":"[^"\\]*",)*?"timestamp":"([^"\\]+)"'
)
_ASKED, _ERROR = b'"requestedModel":"', b'"isApiErrorMessage":'
_SYNTHETIC = "<synthetic>"
_decode = json.JSONDecoder().raw_decode


class Spend:
    """What one line says that its response used.

    `key` names the response (message id and request id), `model` is the answering model, `at` the
    line's timestamp (ISO, UTC), `charges` what is to be paid: one, or several where the API went to
    more than one model or went several times.
    """

    __slots__ = ("at", "charges", "key", "model", "sidechain")

    def __init__(
        self, key: str, model: str, at: str, sidechain: bool, charges: list[Charge]
    ) -> None:
        self.key = key
        self.model = model
        self.at = at
        self.sidechain = sidechain
        self.charges = charges

    @property
    def output(self) -> int:
        """Tokens of output over all charges."""
        return sum(charge.output for charge in self.charges)


class ClientTotal:
    """The client's own total of the session so far, written when a session ends.

    Dollars and `tokens` of all classes, with what resumed and forked sessions took over. `guessed`:
    a model's price was unknown to the client, which then takes another model's.
    """

    __slots__ = ("guessed", "tokens", "usd")

    def __init__(self, usd: float, tokens: int, guessed: bool) -> None:
        self.usd = usd
        self.tokens = tokens
        self.guessed = guessed


def read_usage(file: BinaryIO, offset: int, take: Callable[[Spend | ClientTotal], None]) -> int:
    """Hand everything behind byte `offset` to `take`, in order; the offset to go on from next time.

    A line without its end is left for the next time, unless it holds a whole record already.
    Memory does not grow with the file: of a line longer than `LONGEST_LINE` only the end is seen.
    """
    size = _BLOCK
    while True:
        file.seek(offset)
        block = file.read(size)
        end = block.rfind(b"\n") + 1
        if len(block) < size and not end:
            break
        _scan(block, end, take)
        offset += end
        size = _BLOCK if end else size * 2
        if size > MAX_LINE_BYTES:
            offset, size = offset + len(block) - _BLOCK, _BLOCK * 2
    if (_HINT in block or _TOTAL in block) and _is_whole(block):
        _scan(block, len(block), take)
        offset += len(block)
    return offset


def _scan(block: bytes, end: int, take: Callable[[Spend | ClientTotal], None]) -> None:
    """Hand over what the lines in `block[:end]` say, in their order.

    Of the lines of one response that follow each other only the last one that is whole is given.
    """
    same: list[tuple[int, int, re.Match[bytes]]] = []
    name = b""
    start = 0
    while start < end:
        stop = block.find(b"\n", start, end)
        if stop < 0:
            stop = end
        if block.find(_HINT, start, stop) >= 0:
            head = _ANSWER.match(block, start, stop)
            if head is None:
                _close(block, same, take)
                if not _is_other(block, start, stop):
                    _parse(block[start:stop], take)
            else:
                if head["id"] != name:
                    _close(block, same, take)
                    name = head["id"]
                same.append((start, stop, head))
        elif block.startswith(_TOTAL, start):
            _close(block, same, take)
            _parse(block[start:stop], take)
        start = stop + 1
    _close(block, same, take)


def _close(
    block: bytes,
    same: list[tuple[int, int, re.Match[bytes]]],
    take: Callable[[Spend | ClientTotal], None],
) -> None:
    """Hand over the last whole one of these lines, and what torn ones behind it say; empty it."""
    torn = []
    while same:
        start, stop, head = same.pop()
        at = block.rfind(_USAGE, start, stop)
        # With a second record on the line the first one is torn, and the `usage` is the second's.
        if at > 0 and block.find(_RECORD, head.end(), at) < 0:
            spend = _quick(head, block, at + len(_USAGE), stop)
            if spend is not None:
                same.clear()
                take(spend)
                break
        torn.append(block[start:stop])
    for line in reversed(torn):
        _parse(line, take)


def _parse(line: bytes, take: Callable[[Spend | ClientTotal], None]) -> None:
    for record in tail.read_objects(line):
        spend = spend_of(record) or _total_of(record)
        if spend is not None:
            take(spend)


def _is_other(block: bytes, start: int, stop: int) -> bool:
    """Whether the line is one record of another kind: a tool's result may hold a `usage` too."""
    return (
        _OTHER.match(block, start, stop) is not None
        and block.find(_RECORD, start + 1, stop) < 0
        and block.find(b'}{"', start, stop) < 0
    )


def _quick(head: re.Match[bytes], block: bytes, at: int, stop: int) -> Spend | None:
    """A line by its head, its `usage` and what follows; None when it takes a closer look."""
    plain = PLAIN.match(block, at, stop)
    about = _ABOUT.match(block, plain.end(), stop) if plain is not None else None
    if plain is None or about is None or block.find(_ERROR, about.start(), stop) > 0:
        return None
    model, name, later = head.group("model", "id", "later")
    answered = (model or later or b"").decode()
    if answered in ("", _SYNTHETIC) or not block.endswith((b"}", b"}\r"), at, stop):
        return None  # an error, or torn
    request, when = about.groups()
    asked, start = answered, block.find(_ASKED, about.start(), stop) + len(_ASKED)
    if start >= len(_ASKED):
        asked = block[start : block.find(b'"', start)].decode()
        if "\\" in asked:
            return None
    paid = plain_charge(asked, plain)
    key = f"{name.decode()}:{request.decode()}"
    return Spend(key, answered, when.decode(), head["side"] == b"true", [paid])


def spend_of(record: dict[str, Any]) -> Spend | None:
    """What a transcript's record says of usage; None for all but the answers of a model.

    Older clients (seen: 2.1.38 to 2.1.49) report a subagent's answers in the session's file too, as
    progress.
    """
    if record.get("type") == "progress":
        told = record.get("data")
        told = told.get("message") if isinstance(told, dict) else None
        record = {**told, "isSidechain": True} if isinstance(told, dict) else {}
    message = record.get("message")
    if record.get("type") != "assistant" or not isinstance(message, dict):
        return None
    usage, answered = message.get("usage"), fields.text(message.get("model"))
    if not isinstance(usage, dict) or record.get("isApiErrorMessage"):
        return None
    if answered in ("", _SYNTHETIC):
        return None
    key = f"{fields.text(message.get('id'))}:{fields.text(record.get('requestId'))}"
    asked = fields.text(record.get("requestedModel")) or answered
    paid = charges(asked, answered, usage, refused=message.get("stop_reason") == "refusal")
    at, sidechain = fields.text(record.get("timestamp")), record.get("isSidechain") is True
    return Spend(key, answered, at, sidechain, paid)


def _total_of(record: dict[str, Any]) -> ClientTotal | None:
    usd = record.get("totalCostUSD")
    if record.get("type") != "cost-state" or not isinstance(usd, (int, float)):
        return None
    models = record.get("modelUsage")
    models = models if isinstance(models, dict) else {}
    used = [one for one in models.values() if isinstance(one, dict)]
    counts = [one.get(name) for one in used for name in _TOTAL_TOKENS]
    tokens = sum(count for count in counts if type(count) is int)
    return ClientTotal(float(usd), tokens, record.get("hasUnknownModelCost") is True)


def _is_whole(rest: bytes) -> bool:
    """Whether an unended line is all there: nothing that comes could still belong to it."""
    start = max(rest.rfind(_RECORD), 0)
    try:
        return isinstance(json.loads(rest[start:]), dict)
    except (ValueError, RecursionError):
        return False
