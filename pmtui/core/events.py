"""Facts: what a venue said or a link did, in exact numbers. Nobody changes one, and they are cheap to make.

`at` is the steady receive time, `sent` the venue's own time (0 when unknown), both in milliseconds.
"""

from __future__ import annotations

from enum import Enum

from pmtui.core.instrument import InstrumentId
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import ONE, Millis, Px, Qty

NO_BID = Px(0)
NO_ASK = Px(1 << 62)
UNTOLD = Px(-1)
"""The venue said nothing about this side, which is not the same as saying that it is empty."""

Top = tuple[Px, Px]
"""Best bid and best ask."""
UNTOLD_TOP: Top = (UNTOLD, UNTOLD)

Move = tuple[InstrumentId, bool, int, int, Top, str]
"""Instrument, bid side?, price, new total size, the top and the digest that the venue says result."""


class Side(Enum):
    """The side of the order that took."""

    BUY = "BUY"
    SELL = "SELL"


class Fresh(NamedTuple):
    """How far a book is as new as its newest part, at a venue that tells its books in parts."""

    bid: Px
    """Bids below this are of an older part; 0 when none are."""
    ask: Px
    """Asks above this are."""
    deep_at: Millis
    """When the older part was told."""
    lasts: int
    """ms without news after which the newest part is old, too."""
    proof: str = ""
    """Which other feed told the same best prices; empty for none."""
    told_at: Millis = Millis(0)
    """When the newest part that is more than the best prices was told; 0 for now."""
    mixed: bool = False
    """Its best prices are newer than all the rest: no book of any one moment need be like it."""
    apart: bool = False
    """Its parts tell other best prices of the same moments, again and again: one of them is wrong."""
    whole: tuple[bool, bool] = (False, False)
    """Whether all bids are told, and all asks, not only the best of them."""


class BookSnapshot(NamedTuple):
    """One side after the other, the whole book of one instrument."""

    instrument: InstrumentId
    at: Millis
    sent: Millis
    bids: dict[int, int]
    """Price to size; the book that takes this fact in keeps the very dicts."""
    asks: dict[int, int]
    digest: str = ""
    market: str = ""
    tick: Px = Px(0)
    last: str | None = None
    """Last trade price in the venue's own text, None when it was not told."""
    initial: bool = False
    """The answer to a subscription, as opposed to one after a trade."""
    fresh: Fresh | None = None
    """None where every book is told as a whole."""
    best: Top | None = None
    """The best bid and ask among these levels, where the reader knew it anyhow."""


class BookDelta(NamedTuple):
    """Levels that changed at one moment, possibly of several instruments: one frame, one fact."""

    at: Millis
    sent: Millis
    moves: list[Move]


class Wide(NamedTuple):
    """The same book on wider rows and therefore deeper, as far as the venue groups it for us."""

    instrument: InstrumentId
    at: Millis
    sent: Millis
    step: Px
    """The height of its rows at the best prices."""
    bids: dict[int, dict[int, int]]
    """Rows by their height: where it follows the price, not all of them are equally high."""
    asks: dict[int, dict[int, int]]


class TopTold(NamedTuple):
    """The venue names a best bid and ask ahead of the change that makes them so."""

    instrument: InstrumentId
    at: Millis
    sent: Millis
    top: Top


class Trade(NamedTuple):
    instrument: InstrumentId
    at: Millis
    sent: Millis
    price: Px
    size: Qty
    side: Side
    reference: str = ""
    number: int = 0
    """The venue's own number of it: each is told once, so no twin of it is a repetition. 0 where there is none."""
    past: bool = False
    """It printed before we listened: for the tape, not for what is counted as it happens."""


class Context(NamedTuple):
    """What a venue says around the book; numbers that it leaves out are None. None of them comes near a book."""

    instrument: InstrumentId
    at: Millis
    mark: float | None = None
    oracle: float | None = None
    previous: float | None = None
    """The price a day ago."""
    volume: float | None = None
    """What traded in a day, in money."""
    interest: float | None = None
    """How many contracts are open."""
    funding: float | None = None
    """What holders of the long side pay for each interval, as a share of what they hold."""
    funded_every: Millis = Millis(0)
    """The interval; it ends at its multiples of Unix time."""


class Candle(NamedTuple):
    """What a stretch of time brought, as the venue tells it."""

    begins: Millis
    """In the venue's time."""
    open: Px
    high: Px
    low: Px
    close: Px
    size: Qty


class Candles(NamedTuple):
    """Stretches of time one after the other, oldest first; whatever is known of such a time already stays."""

    instrument: InstrumentId
    at: Millis
    width: Millis
    rows: tuple[Candle, ...]


class Declined(NamedTuple):
    """The venue will not tell this book."""

    instrument: InstrumentId
    at: Millis
    reason: str


class Answered(NamedTuple):
    """The answer to a request that was made over the conversation; whoever waits for it knows its number."""

    at: Millis
    number: int
    status: int
    body: bytes


class TickChanged(NamedTuple):
    instrument: InstrumentId
    at: Millis
    sent: Millis
    old: Px
    new: Px


class Resolved(NamedTuple):
    """A question is settled; one of its outcomes pays."""

    instruments: tuple[InstrumentId, ...]
    at: Millis
    sent: Millis
    winner: InstrumentId
    outcome: str = ""
    """Which one pays, or how it ended otherwise."""

    @property
    def words(self) -> str:
        """Who won: the bare name of an outcome could be taken for what became of the other one."""
        named = self.outcome and self.winner.partition(":")[2]
        return f"{self.outcome} won" if named else self.outcome


class Appeared(NamedTuple):
    """The venue speaks of the other outcome of a market that is watched; said beside a message, not one itself."""

    instrument: InstrumentId
    at: Millis
    complement: InstrumentId


class Notice(NamedTuple):
    """Something worth a line in the log and nothing else."""

    at: Millis
    text: str
    slow: bool = False
    """The venue says that we read too slowly: whatever it sent meanwhile may be lost."""


class Ignored(NamedTuple):
    """Understood or not, nothing of this message is ours to keep."""

    kind: str
    data: bool = True
    """Whether it proves that market data still flows."""
    unknown: bool = False
    """A kind that we have never heard of, which proves nothing."""
    at: Millis = Millis(0)


class Rejected(NamedTuple):
    """A message that cannot be right."""

    at: Millis
    reason: str
    sample: str
    doubted: tuple[InstrumentId, ...] = ()
    """Whose books it may have changed."""
    read: bool = False
    """Whether it could be read and contradicts itself, so that nothing is wrong with the link that brought it."""
    unprinted: tuple[InstrumentId, ...] = ()
    """On whose tapes a trade may be missing."""

    @property
    def why(self) -> str:
        """What is the matter with the message, as the rest of a sentence about it."""
        return f"{self.what}: {self.reason}"

    @property
    def what(self) -> str:
        return "cannot be right" if self.read else "could not be read"


class Phase(Enum):
    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"
    HALTED = "halted"


class LinkChanged(NamedTuple):
    """A connection came up, went down, or gave up until the user acts."""

    link: str
    at: Millis
    generation: int
    phase: Phase
    reason: str = ""
    attempt: int = 0
    retry_at: Millis = Millis(0)
    through: str = ""
    """The proxy on the way of one that came up."""


class OrderState(Enum):
    """Where one of our orders stands; all but `WORKING` are ends."""

    WORKING = "working"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    GONE = "gone"
    """No longer in the venue's list, and nobody has told how it ended."""


DUST = Qty(ONE // 100)
"""A rest of shares below this is a matter of rounding, not an order."""


class OrderChanged(NamedTuple):
    """One of our orders, as the venue describes it at one moment."""

    order: str
    instrument: InstrumentId
    at: Millis
    sent: Millis
    side: Side
    price: Px
    size: Qty
    matched: Qty
    state: OrderState
    kind: str = ""
    """GTC, GTD, FOK or FAK; empty when the venue did not say."""
    created: Millis = Millis(0)
    expires: Millis = Millis(0)
    reason: str = ""
    placed: bool = False
    """The venue says that it appeared just now, so what rests at its price was there before it."""
    waits: bool | None = None
    """It rests nowhere until a price is reached, and `price` is that price; None when the venue did not say."""
    dust: Qty = DUST
    """What is left below this is nothing."""

    @property
    def left(self) -> Qty:
        """What still rests, or rested when it ended; a filled order leaves nothing."""
        return Qty(0) if self.state is OrderState.FILLED else Qty(max(0, self.size - self.matched))


class FillState(Enum):
    """How far a fill has been settled."""

    MATCHED = "MATCHED"
    MINED = "MINED"
    RETRYING = "RETRYING"
    CONFIRMED = "CONFIRMED"
    FAILED = "FAILED"

    @property
    def final(self) -> bool:
        return self in (FillState.CONFIRMED, FillState.FAILED)


FillKey = tuple[str, str, int]
"""The venue's trade, our order and the bucket: one match may fill several of our orders, in several parts."""


class Filled(NamedTuple):
    """A part of one of our orders was matched, from our own point of view: our side, our token, our price."""

    trade: str
    order: str
    bucket: int
    instrument: InstrumentId
    at: Millis
    sent: Millis
    """When it was matched."""
    side: Side
    price: Px
    size: Qty
    maker: bool
    """Our order rested; otherwise it took."""
    state: FillState
    updated: Millis = Millis(0)
    """When the venue said this state."""
    fee: Qty | None = None
    """None when the venue did not say."""
    late: bool = False
    """It happened while nobody listened, and was learned by asking."""
    heard: bool = False
    """The venue says it as it happens, whatever the state; a match is always said so."""
    forced: bool = False
    """The venue closed a position of ours: a liquidation."""

    @property
    def key(self) -> FillKey:
        return self.trade, self.order, self.bucket


class Recalled(NamedTuple):
    """The last fills of an account, told by itself at the beginning of a conversation: most of them are known."""

    venue: str
    at: Millis
    fills: tuple[Filled, ...]


class Holding(NamedTuple):
    """What a venue says that we hold of one instrument."""

    instrument: InstrumentId
    net: int
    """Below zero for a short position."""
    entry: Px | None = None
    """The average price at which it was entered; None when the venue does not know."""
    gain: int | None = None
    """Not realised yet, by the venue's own price, as price times size."""
    liquidation: Px | None = None
    """The price at which the venue would close it by force."""


class Unclear(NamedTuple):
    """What we hold of one instrument was told, and could not be read."""

    instrument: InstrumentId
    why: str


class HoldingsTold(NamedTuple):
    """All that we hold in one part of a venue, where positions are told and need not be summed up from fills."""

    venue: str
    part: str
    """Whatever is held in other parts is not touched by this."""
    at: Millis
    """When it was asked for, or heard."""
    sent: Millis
    holdings: tuple[Holding, ...]
    cash: int | None = None
    """What is not bound there, in billionths of the venue's money."""
    unclear: tuple[Unclear, ...] = ()


class AccountChecked(NamedTuple):
    """What the venue answered when it was asked for all open orders and the fills since a moment."""

    at: Millis
    began: Millis
    """When the first question was asked: whatever is younger may be missing in the answer."""
    orders: tuple[OrderChanged, ...]
    fills: tuple[Filled, ...]
    since: Millis = Millis(0)
    """Venue time from which on the fills are complete; 0 for all there ever were."""
    whole: bool = True
    """Whether each row of the open orders could be read, so that one that is not there is not open."""
    cash: int | None = None
    """In billionths of the venue's money; None when it was not told."""
    holdings: tuple[HoldingsTold, ...] = ()
    """Where the venue tells positions."""
    asked: Millis = Millis(0)
    """The same moment as `began` by the venue's clock, as far as we know it; 0 when we do not."""
    unread: tuple[str, ...] = ()
    """Of each fill that could not be read, why; the positions that follow from fills are in doubt then."""

    @property
    def newest(self) -> Filled | None:
        """The last fill that was matched before anybody asked; what is told of the future is no news of today."""
        known = (fill for fill in self.fills if not self.asked or fill.sent <= self.asked)
        return max(known, key=lambda fill: fill.sent, default=None)


class CheckFailed(NamedTuple):
    """The account could not be read; `refused` when trying again cannot help until the user acts."""

    at: Millis
    reason: str
    refused: bool = False


AccountEvent = OrderChanged | Filled | Recalled | HoldingsTold | AccountChecked | CheckFailed

Event = (
    BookSnapshot
    | BookDelta
    | TopTold
    | Trade
    | Wide
    | Context
    | Candles
    | Declined
    | Answered
    | TickChanged
    | Resolved
    | Appeared
    | Notice
    | Ignored
    | Rejected
    | LinkChanged
    | AccountEvent
)

_DATA = frozenset(
    {
        BookSnapshot,
        BookDelta,
        TopTold,
        Trade,
        Wide,
        Context,
        Candles,
        TickChanged,
        Resolved,
        OrderChanged,
        Filled,
        Recalled,
        HoldingsTold,
    }
)


def is_data(event: Event) -> bool:
    """Whether it proves that what a link is there for still flows; words, answers and garbage prove nothing."""
    return type(event) in _DATA or (type(event) is Ignored and event.data and not event.unknown)
