"""One transcript's use, by day and model, each of its responses once: what the history keeps of it.

Run as a program (`run`) it digests what it is asked for on stdin: a worker of `meter.history`.
"""

from __future__ import annotations

import json
import sys
from array import array
from datetime import datetime, timezone
from hashlib import blake2b
from itertools import chain

from handoff.client.transcript import tail, usage
from handoff.meter import prices as price_lists

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, BinaryIO

    from handoff.meter.prices import Prices, Row

# Columns of `Digest.values`: the row of a charge, its tokens by class, its web searches.
COLUMNS = 7
# In `Digest.nanos`: the price is unknown.
UNPRICED = 2**64 - 1
# Minutes -> quarters of an hour: no time zone is finer, so all of one are on the same local day.
_QUARTERS = {f"{minute:02}": str(minute // 15) for minute in range(60)}


class Digest:
    """What a transcript holds.

    `rows` are `[day, model, …]` with the sums of `COLUMNS` but for the row, then billionths of a
    dollar, then the number of charges without a known price. A charge has an entry in `keys` (a
    hash of its response's name), one in `nanos` and `COLUMNS` in `values`.
    """

    __slots__ = ("keys", "nanos", "rows", "values")

    def __init__(self, rows: list[list[Any]], packed: bytes = b"") -> None:
        self.rows = rows
        self.keys, self.nanos, self.values = array("Q"), array("Q"), array("I")
        if packed:
            count = len(packed) // (16 + 4 * COLUMNS)
            self.keys.frombytes(packed[: 8 * count])
            self.nanos.frombytes(packed[8 * count : 16 * count])
            self.values.frombytes(packed[16 * count :])

    def sums(self, number: int) -> list[int]:
        """What row `number` holds behind its day and model."""
        at = [at for at, row in enumerate(self.values[::COLUMNS]) if row == number]
        counts = [
            sum(map(self.values[column::COLUMNS].__getitem__, at)) for column in range(1, COLUMNS)
        ]
        nanos = [self.nanos[one] for one in at]
        unpriced = nanos.count(UNPRICED)
        return [*counts, sum(nanos) - unpriced * UNPRICED, unpriced]

    def without(self, copies: set[int]) -> list[list[Any]]:
        """The rows without the charges of these keys."""
        rows = [list(row) for row in self.rows]
        for at, key in enumerate(self.keys):
            if key in copies:
                number, *counts = self.values[at * COLUMNS : (at + 1) * COLUMNS]
                nanos = self.nanos[at]
                counts += [0, 1] if nanos == UNPRICED else [nanos, 0]
                for column, count in enumerate(counts, 2):
                    rows[number][column] -= count
        return [row for row in rows if any(row[2:])]

    @property
    def packed(self) -> bytes:
        """The three arrays, for `Digest(rows, packed)` on the same machine."""
        return self.keys.tobytes() + self.nanos.tobytes() + self.values.tobytes()


def digest_transcript(path: str, prices: Prices) -> Digest:
    """Read a transcript; one that cannot be read holds nothing.

    Memory grows with its responses, not with its size.
    """
    latest: dict[str, usage.Spend] = {}

    def keep_latest(spend: usage.Spend | usage.ClientTotal) -> None:
        if isinstance(spend, usage.Spend):
            latest[spend.key] = spend

    try:
        with open(path, "rb", buffering=0, opener=tail.open_regular) as file:
            usage.read_usage(file, 0, keep_latest)
    except OSError:
        pass
    result = Digest([])
    numbers: dict[tuple[str, str], int] = {}
    groups: dict[tuple[str, str], tuple[int, Row | None]] = {}
    names: list[bytes] = []
    entries: list[tuple[int, ...]] = []
    for spend in latest.values():
        name = blake2b(spend.key.encode(), digest_size=8).digest()
        at = spend.at
        quarter = at[:14] + _QUARTERS.get(at[14:16], "")
        for charge in spend.charges:
            model, used, write_5m, write_1h, read, output, searches, _, _ = charge
            group = groups.get((quarter, model))
            if group is None:
                number = numbers.setdefault((local_day(at), model), len(numbers))
                group = groups[quarter, model] = (number, prices.row(model, at[:10]))
            number, price = group
            nanos = None if price is None else price.nanos(charge)
            if nanos is None and not any(charge[1:7]):
                nanos = 0
            names.append(name)
            result.nanos.append(UNPRICED if nanos is None else nanos)
            entries.append((number, used, write_5m, write_1h, read, output, searches))
    result.keys.frombytes(b"".join(names))
    result.values.extend(chain.from_iterable(entries))
    result.rows = [[*row, *result.sums(number)] for row, number in numbers.items()]
    return result


def local_day(at: str) -> str:
    """The local day (YYYY-MM-DD) of a timestamp (ISO, UTC), "" for no timestamp."""
    try:
        then = datetime.fromisoformat(at[:19]).replace(tzinfo=timezone.utc)
        return then.astimezone().date().isoformat()
    except (ValueError, OverflowError):
        return ""


def run_worker(stdin: BinaryIO, stdout: BinaryIO) -> None:
    """Answer each path (a JSON line) with a header (a JSON line) and that many bytes of arrays.

    The first line is the environment: it says where the user's prices are.
    """
    prices = price_lists.load(json.loads(stdin.readline()))
    for line in stdin:
        answer = digest_transcript(json.loads(line), prices)
        packed = answer.packed
        header = {"rows": answer.rows, "bytes": len(packed)}
        stdout.write(json.dumps(header).encode() + b"\n" + packed)
        stdout.flush()


def worker_command(folder: str) -> list[str]:
    """The command of a worker; `folder` holds the package."""
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from handoff.meter import session_digest as "
        "digest; digest.run_worker(sys.stdin.buffer, sys.stdout.buffer)"
    )
    return [sys.executable, "-I", "-S", "-c", code, folder]
