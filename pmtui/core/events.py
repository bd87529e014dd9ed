"""Facts: what a venue said or a link did, in exact numbers. Nobody changes one, and they are cheap to make.

`at` is the steady receive time, `sent` the venue's own time (0 when unknown), both in milliseconds.
"""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

from pmtui.core.instrument import InstrumentId
from pmtui.core.units import Millis, Px, Qty

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


class BookDelta:
    """Levels that changed at one moment, possibly of several instruments: one frame, one fact."""

    # The only fact that thousands a second are made of: a class with slots costs half as much as a tuple with names.
    __slots__ = ("at", "moves", "sent")

    def __init__(self, at: Millis, sent: Millis, moves: list[Move]) -> None:
        self.at = at
        self.sent = sent
        self.moves = moves


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
    data: bool = False
    """Words prove nothing about market data."""


class Ignored(NamedTuple):
    """Understood or not, nothing of this message is ours to keep."""

    kind: str
    data: bool = True
    """Whether it proves that market data still flows."""
    unknown: bool = False
    """A kind that we have never heard of."""
    at: Millis = Millis(0)


class Rejected(NamedTuple):
    """A message that cannot be right."""

    at: Millis
    reason: str
    sample: str
    doubted: tuple[InstrumentId, ...] = ()
    """Whose books it may have changed."""


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


class OrderState(Enum):
    """Where one of our orders stands; all but `WORKING` are ends."""

    WORKING = "working"
    FILLED = "filled"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    GONE = "gone"
    """No longer in the venue's list, and nobody has told how it ended."""


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

    @property
    def key(self) -> FillKey:
        return self.trade, self.order, self.bucket


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


class CheckFailed(NamedTuple):
    """The account could not be read; `refused` when trying again cannot help until the user acts."""

    at: Millis
    reason: str
    refused: bool = False


AccountEvent = OrderChanged | Filled | AccountChecked | CheckFailed

Event = (
    BookSnapshot
    | BookDelta
    | TopTold
    | Trade
    | TickChanged
    | Resolved
    | Appeared
    | Notice
    | Ignored
    | Rejected
    | LinkChanged
    | AccountEvent
)
