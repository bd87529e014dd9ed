"""Polymarket's messages as typed shapes, and the careful reader for frames that do not fit them.

What the venue says most has a road of its own (see `shapes`). The typed decoders read the rest, and everything where
frames cannot be scanned. They would let a key pass that stands twice in one object, so each frame's keys are counted;
whatever does not add up takes the careful road, which reads every number as the text it was and refuses repeated keys.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from pmtui.core.careful import Bare, careful, obj, objects, optional, text, value
from pmtui.core.units import NotANumber
from pmtui.venues.polymarket.ids import is_id

Text = str | None | msgspec.UnsetType
UNSET = msgspec.UNSET
Shape = TypeVar("Shape")


class Level(msgspec.Struct, gc=False):
    price: str
    size: str


class Change(msgspec.Struct, gc=False):
    asset_id: str
    price: str
    size: str
    side: str
    hash: str
    best_bid: str
    best_ask: str


class PriceChange(msgspec.Struct, gc=False):
    price_changes: list[Change]
    market: str
    timestamp: str


class Book(msgspec.Struct, gc=False):
    event_type: str
    asset_id: str
    bids: list[Level]
    asks: list[Level]
    market: str
    timestamp: str
    hash: str
    tick_size: Text = UNSET
    last_trade_price: Text = UNSET
    min_order_size: Text = UNSET
    neg_risk: bool | msgspec.UnsetType | None = UNSET


class LastTrade(msgspec.Struct, gc=False):
    event_type: str
    asset_id: str
    price: str
    size: str
    side: str
    market: str
    timestamp: str
    fee_rate_bps: Text = UNSET
    transaction_hash: Text = UNSET


class TickSize(msgspec.Struct, gc=False):
    event_type: str
    asset_id: str
    new_tick_size: str
    market: Text = UNSET
    old_tick_size: Text = UNSET
    timestamp: Text = UNSET


class BestBidAsk(msgspec.Struct, gc=False):
    event_type: str
    asset_id: str
    market: Text = UNSET
    best_bid: Text = UNSET
    best_ask: Text = UNSET
    spread: Text = UNSET
    timestamp: Text = UNSET


UNSAID = "\0"
"""Stands for a top that the venue did not tell at all."""


class AbsurdId(NotANumber):
    """No instrument can have this id, so the books of others are doubted only where they are named too."""


def typed(
    decode: Callable[[bytes], Shape],
    raw: bytes,
    slowly: Callable[[dict[str, Any]], Shape],
    keys: Callable[[Shape], int],
) -> Shape:
    """Decode on the fast road when every key is accounted for, else on the careful one."""
    try:
        message = decode(raw)
    except (msgspec.MsgspecError, RecursionError):
        return slowly(obj(careful(raw)))
    return message if raw.count(b":") == keys(message) else slowly(obj(careful(raw)))


def book_keys(message: Book) -> int:
    rest = (message.tick_size, message.last_trade_price, message.min_order_size, message.neg_risk)
    return 7 + 4 - rest.count(UNSET) + 2 * (len(message.bids) + len(message.asks))


def trade_keys(message: LastTrade) -> int:
    return 9 - (message.fee_rate_bps is UNSET) - (message.transaction_hash is UNSET)


def plain_keys(message: Any) -> int:
    return sum(getattr(message, name) is not UNSET for name in message.__struct_fields__)


def price_change(raw: bytes) -> PriceChange | None:
    """A price change of the present schema, when every key is accounted for."""
    try:
        message = _change(raw)
    except (msgspec.MsgspecError, RecursionError):
        return None
    return message if raw.count(b":") == 4 + 7 * len(message.price_changes) else None


_change = msgspec.json.Decoder(PriceChange).decode


def careful_price_change(fields: dict[str, Any]) -> PriceChange:
    entries = [
        Change(asset(each), value(each, "price"), value(each, "size"), value(each, "side"), *_told(each))
        for each in objects(fields["price_changes"])
    ]
    return PriceChange(entries, text(optional(fields, "market")), text(optional(fields, "timestamp")))


def _told(entry: dict[str, Any]) -> tuple[str, str, str]:
    return text(optional(entry, "hash")), *told(optional(entry, "best_bid"), optional(entry, "best_ask"))


def told(bid: object, ask: object) -> tuple[str, str]:
    """The texts of a top, where a missing side is not the same as an empty one."""
    return bid if isinstance(bid, str) else UNSAID, ask if isinstance(ask, str) else UNSAID


def careful_book(fields: dict[str, Any]) -> Book:
    bids, asks = (
        [Level(value(each, "price"), value(each, "size")) for each in objects(fields[side])]
        for side in ("bids", "asks")
    )
    market, timestamp, digest = (text(optional(fields, name)) for name in ("market", "timestamp", "hash"))
    tick, last = optional(fields, "tick_size"), optional(fields, "last_trade_price")
    return Book("book", asset(fields), bids, asks, market, timestamp, digest, tick, last)


def careful_trade(fields: dict[str, Any]) -> LastTrade:
    price, size, side = (value(fields, name) for name in ("price", "size", "side"))
    market, timestamp, reference = (
        text(optional(fields, name)) for name in ("market", "timestamp", "transaction_hash")
    )
    kind = "last_trade_price"
    return LastTrade(kind, asset(fields), price, size, side, market, timestamp, transaction_hash=reference)


def careful_tick(fields: dict[str, Any]) -> TickSize:
    rest = ("market", "old_tick_size", "timestamp")
    new = value(fields, "new_tick_size")
    return TickSize("tick_size_change", asset(fields), new, *(optional(fields, name) for name in rest))


def careful_best(fields: dict[str, Any]) -> BestBidAsk:
    rest = ("market", "best_bid", "best_ask", "spread", "timestamp")
    return BestBidAsk("best_bid_ask", asset(fields), *(optional(fields, name) for name in rest))


def asset(fields: dict[str, Any]) -> str:
    name = fields["asset_id"]
    if not isinstance(name, str) or isinstance(name, Bare) or not is_id(name):
        raise AbsurdId("the asset id is not a token's")
    return name
