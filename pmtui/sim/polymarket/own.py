"""What the demo account has: orders, trades and fills, each frozen as of a moment."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pmtui.core.units import ONE, Millis, Px, Qty
from pmtui.sim.engine import BUY, OTHER, YES
from pmtui.sim.polymarket.listing import Listing
from pmtui.sim.polymarket.settlement import FAILED, MATCHED
from pmtui.sim.polymarket.world import Market

LIVE, CANCELED, INVALID = "LIVE", "CANCELED", "INVALID"
MARKET_RESOLVED = "CANCELED_MARKET_RESOLVED"
KILLED = "CANCELED_order couldn't be fully filled. FOK orders are fully filled or killed."
PLACEMENT, UPDATE, CANCELLATION = "PLACEMENT", "UPDATE", "CANCELLATION"
TAKER, MAKER = "TAKER", "MAKER"


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOrder:
    """One order of the account, as of a moment; in terms of the token and the side that it was given on."""

    id: str
    number: int
    """Its number in its market's engine."""
    market: Market
    outcome: int
    side: str
    price: Px
    size: Qty
    kind: str
    created: Millis
    expires: int = 0
    """Seconds; 0 means never."""
    matched: Qty = Qty(0)
    status: str = LIVE
    trades: tuple[str, ...] = ()

    @property
    def left(self) -> Qty:
        return Qty(self.size - self.matched)

    @property
    def token(self) -> str:
        return self.market.listing.tokens[self.outcome]

    @property
    def is_open(self) -> bool:
        return self.status == LIVE

    @property
    def book_side(self) -> str:
        """Where it stands in the engine, which thinks in YES."""
        return self.side if self.outcome == YES else OTHER[self.side]

    @property
    def book_price(self) -> Px:
        return self.price if self.outcome == YES else Px(ONE - self.price)

    def reaches(self, book_price: Px) -> bool:
        """Whether it would trade with an order of the other side there."""
        return book_price <= self.book_price if self.book_side == BUY else book_price >= self.book_price


class Part(NamedTuple):
    """What one order gave to a trade, in its own terms."""

    order: str
    owner: str
    address: str
    outcome: int
    side: str
    price: Px
    size: Qty


class Fill(NamedTuple):
    """The account's gain from one trade through one order."""

    trade: str
    bucket: int
    order: str
    token: str
    side: str
    price: Px
    size: Qty
    role: str
    state: str

    @property
    def gain(self) -> int:
        """What it adds to the position; nothing if it failed."""
        if self.state == FAILED:
            return 0
        return self.size if self.side == BUY else -self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnTrade:
    """One trade that the account had a part in, as of a moment; the outer terms are the taker's."""

    id: str
    bucket: int
    """One sweep through several price levels is one trade in several buckets."""
    listing: Listing
    taker: Part
    makers: tuple[Part, ...]
    role: str
    owner: str
    """The account's key."""
    at: Millis
    updated: Millis
    hash: str
    broadcast: bool
    """Whether the transaction is known; before that its hash is not told."""
    state: str = MATCHED

    @property
    def fills(self) -> Iterator[Fill]:
        for part in (self.taker,) if self.role == TAKER else self.makers:
            if part.owner == self.owner:
                token = self.listing.tokens[part.outcome]
                yield Fill(
                    self.id, self.bucket, part.order, token, part.side, part.price, part.size, self.role, self.state
                )


class OrderTold(NamedTuple):
    """Something happened to an order."""

    type: str
    at: Millis
    order: OwnOrder


class TradeTold(NamedTuple):
    """A trade came to be, or its settlement moved on."""

    at: Millis
    trade: OwnTrade


Told = OrderTold | TradeTold
