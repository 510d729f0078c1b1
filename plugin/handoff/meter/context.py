"""The reading: what the meter says of a session now."""

from __future__ import annotations

from handoff.client.transcript import tail
from handoff.meter import compaction, windows
from handoff.meter import feed as feeds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

    from handoff.meter.compaction import Point, Rules


class Reading:
    """Figures of one session at one moment; None where nothing is known.

    `tokens` and `window` are tokens, `compact_at` the tokens at which the client compacts by
    itself (`compact_by` says who says so), `cost_usd` dollars, `five_hour` and `seven_day` percent
    of the caps used.
    `resets` maps a cap to when it starts again (epoch seconds).
    `source` says where `tokens` is from: "feed" or "transcript".
    """

    __slots__ = (
        "compact_at",
        "compact_by",
        "cost_usd",
        "five_hour",
        "model",
        "resets",
        "seven_day",
        "source",
        "tokens",
        "window",
    )

    def __init__(
        self,
        tokens: int | None = None,
        window: int | None = None,
        compact_at: int | None = None,
        *,
        model: str = "",
        cost_usd: float | None = None,
        five_hour: float | None = None,
        seven_day: float | None = None,
        source: str = "",
        compact_by: Point | None = None,
        resets: Mapping[str, float] | None = None,
    ) -> None:
        self.tokens = tokens
        self.window = window
        self.compact_at = compact_at
        self.compact_by = compact_by
        self.model = model
        self.cost_usd = cost_usd
        self.five_hour = five_hour
        self.seven_day = seven_day
        self.source = source
        self.resets = resets or {}

    @property
    def has_bill(self) -> bool:
        """Whether cost or caps are known."""
        return any(v is not None for v in (self.cost_usd, self.five_hour, self.seven_day))

    @property
    def room(self) -> int | None:
        """What can really be filled: the lower of the window and the compaction point."""
        known = [limit for limit in (self.window, self.compact_at) if limit]
        return min(known) if known else None

    def grown_to(self, tokens: int) -> Reading:
        """The same reading with the context at so many tokens."""
        grown = Reading()
        for name in Reading.__slots__:
            setattr(grown, name, getattr(self, name))
        grown.tokens = tokens
        return grown


def measure(
    fed: feeds.Feed | None,
    transcript: str,
    requested_model: str,
    rules: Rules,
    *,
    answer: str = "",
    current: bool = False,
) -> Reading:
    """The reading of a session: from its feed if that is fresh, else from its transcript's tail.

    `requested_model` is the name the session was started with: only it carries `[1m]`. `answer` is
    the turn's last answer, which the transcript is given a moment to hold. `current`: the feed was
    saved for this very moment, whatever the clock says. Without any source every figure is None.
    """
    is_fresh = fed is not None and (current or fed.is_fresh(tail.modified_at(transcript)))
    if fed is not None and fed.tokens is not None and is_fresh:
        tokens, model, source = fed.tokens, fed.model or requested_model, "feed"
    else:
        tail.wait_for_answer(transcript, answer)
        last = tail.read_last(transcript) if transcript else None
        if last is None:
            return Reading()
        named = fed.model if fed is not None and fed.model else requested_model
        tokens, model, source = last.tokens, _name(named, last.model), "transcript"
    return build_reading(fed, tokens, model, rules, source=source)


def build_reading(
    fed: feeds.Feed | None,
    tokens: int | None,
    model: str,
    rules: Rules,
    source: str = "feed",
) -> Reading:
    """The reading of so many tokens of `model`, with what the feed knows besides.

    The feed's window wins while the session is still with the feed's model. Where another model
    than the client's own answers, the client compacts by its own, and less may fit into the other.
    """
    is_fed = fed is not None and _is_same(fed.model or model, model)
    size = fed.window if fed is not None and is_fed else None
    size = size or windows.model_window(model, rules.variables)
    if size is not None and tokens is not None and tokens > size:
        size = windows.MILLION  # the model answered, so it held them: a `[1m]` nobody told us of
    own = fed.client_model if fed is not None and is_fed else ""
    told = fed.told if fed is not None else None
    if told is not None and not _is_same(told.model, own or model):
        told = None
    point = compaction.compaction_point(own or model, size, rules, told) if size else None
    held = windows.model_window(model, rules.variables) if own else None
    if held and size and (tokens or 0) <= held < size:
        size, point = held, point if point and (point.tokens or held) < held else None
    return Reading(
        tokens,
        size,
        point.tokens if point else None,
        model=model,
        cost_usd=fed.cost_usd if fed is not None else None,
        five_hour=fed.five_hour if fed is not None else None,
        seven_day=fed.seven_day if fed is not None else None,
        source=source,
        compact_by=point,
        resets={kind: cap.resets_at for kind, cap in fed.caps.items() if cap.resets_at}
        if fed is not None
        else None,
    )


def _name(requested: str, answered: str) -> str:
    """The answering model's name, with the `[1m]` that only the request knows."""
    if not answered:
        return requested
    return requested if "[1m]" in requested and _is_same(requested, answered) else answered


def _is_same(model: str, other: str) -> bool:
    """Whether two names mean one model, in whatever spelling."""
    known = windows.family_and_version(model)
    return model == other if known is None else known == windows.family_and_version(other)
