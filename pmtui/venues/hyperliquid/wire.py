"""Hyperliquid's messages as typed shapes, and the careful reader for frames that do not fit them.

The typed decoders are the fast road. They would let a key pass that stands twice in one object, so each frame's keys
are counted; whatever does not add up takes the careful road.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import gcd
from typing import Any

import msgspec

from pmtui.core.careful import Bare, careful, obj, objects, optional, text, value
from pmtui.core.events import Side
from pmtui.core.units import NotANumber
from pmtui.venues.hyperliquid import shapes
from pmtui.venues.hyperliquid.numbers import AMOUNTS, EARLIEST, LATEST, PRICES, SIZES, TAKERS

LONGEST_COIN = 64
UNSET = msgspec.UNSET


class Level(msgspec.Struct, gc=False):
    px: str
    sz: str


class Book(msgspec.Struct, gc=False):
    coin: str
    time: int
    levels: tuple[list[Level], list[Level]]
    fast: bool | msgspec.UnsetType | None = UNSET
    spread: str | msgspec.UnsetType | None = UNSET


class BookPush(msgspec.Struct, gc=False):
    channel: str
    data: Book


class Top(msgspec.Struct, gc=False):
    coin: str
    time: int
    bbo: tuple[Level | None, Level | None]


class TopPush(msgspec.Struct, gc=False):
    channel: str
    data: Top


class Print(msgspec.Struct, gc=False):
    coin: str
    side: str
    px: str
    sz: str
    time: int
    tid: int
    hash: str | None = ""


class TradesPush(msgspec.Struct, gc=False):
    channel: str
    data: list[Print]


class _Answer(msgspec.Struct, gc=False):
    type: str
    payload: msgspec.Raw


class _Post(msgspec.Struct, gc=False):
    id: int
    response: _Answer


class PostPush(msgspec.Struct, gc=False):
    channel: str
    data: _Post


class Info(msgspec.Struct, gc=False):
    """What an answered request brings: the body that REST would have sent."""

    data: msgspec.Raw


book_push = msgspec.json.Decoder(BookPush).decode
top_push = msgspec.json.Decoder(TopPush).decode
trades_push = msgspec.json.Decoder(TradesPush).decode
post_push = msgspec.json.Decoder(PostPush).decode
info = msgspec.json.Decoder(Info).decode


SLOW, FAST, WIDE, TOUCH = "slow", "fast", "wide", "bbo"
Push = tuple[str, int, str, dict[int, int], int, dict[int, int], int, int]
"""A book as exact numbers: coin, time, which of the feeds, bids and the best of them, asks and the lowest, the greatest
common divisor of all prices. A level of nothing is left out; of no level the best is zero."""


def _looked_through(coin: str, sent: int, feed: str, bids: dict[int, int], asks: dict[int, int]) -> Push:
    return coin, sent, feed, bids, max(bids, default=0), asks, min(asks, default=0), gcd(*bids, *asks)


def _typed_book(frame: bytes) -> Push:
    """A book whose every key is accounted for; raises for any other."""
    data = book_push(frame).data
    coin, (bids, asks) = data.coin, data.levels
    count = len(bids) + len(asks)
    # The decoder would not notice a key that stands twice. Each level, or none, names how many orders it is made of.
    keys = frame.count(b":") - coin.count(":") - 5 - (data.fast is not UNSET) - (data.spread is not UNSET)
    named = frame.count(b'"n":')
    if keys != 2 * count + named or named not in (0, count):
        raise KeyError(keys)
    prices, sizes = PRICES, AMOUNTS
    exact_bids = {prices[each.px]: sizes[each.sz] for each in bids}
    exact_asks = {prices[each.px]: sizes[each.sz] for each in asks}
    if len(exact_bids) + len(exact_asks) != count:
        raise KeyError(count)
    return _looked_through(coin, data.time, _feed(data), exact_bids, exact_asks)


def book(frame: bytes) -> Push:
    """A book in any spelling; raises what says why it is none."""
    if (found := shapes.book(frame)) is not None:
        coin, sent, bids, best, asks, lowest, fast, grid = found
        return coin, sent, FAST if fast else SLOW, bids, best, asks, lowest, grid
    try:
        return _typed_book(frame)
    except (msgspec.MsgspecError, KeyError, ValueError, RecursionError):
        pass  # not quite of the hot shape: the careful reader says what it is
    return exact(careful_levels(obj(obj(careful(frame))["data"])))


def exact(told: Book) -> Push:
    """A book as exact numbers, each price once."""
    bids, asks = ({PRICES[each.px]: SIZES[each.sz] for each in side} for side in told.levels)
    if len(bids) != len(told.levels[0]) or len(asks) != len(told.levels[1]):
        raise NotANumber("a price stands twice in one book")
    bids, asks = ({price: size for price, size in side.items() if size} for side in (bids, asks))
    return _looked_through(told.coin, told.time, _feed(told), bids, asks)


def _feed(told: Book) -> str:
    """Which feed a book is of: only grouped ones tell their spread."""
    if told.spread is not UNSET and told.spread is not None:
        return WIDE
    return FAST if told.fast is True else SLOW


Tops = tuple[str, int, tuple[int, int] | None, tuple[int, int] | None]
"""The best prices as exact numbers: coin, time, bid and ask with their sizes; None for a side that is empty."""


def top(frame: bytes) -> Tops:
    """The best prices in any spelling; raises what says why they are none."""
    if (found := shapes.top(frame)) is not None:
        coin, sent, bid, bid_size, ask, ask_size = found
        return coin, sent, (bid, bid_size), (ask, ask_size)
    try:
        push = top_push(frame)
        levels = 2 - push.data.bbo.count(None)
        # Levels name their price, their size and, as a rule, the number of orders.
        if frame.count(b'":') - 5 not in (3 * levels, 2 * levels):
            push = careful_top(obj(careful(frame)))
    except (msgspec.MsgspecError, RecursionError):
        push = careful_top(obj(careful(frame)))
    bid, ask = push.data.bbo
    return push.data.coin, push.data.time, _exact_level(bid), _exact_level(ask)


def _exact_level(told: Level | None) -> tuple[int, int] | None:
    if told is None:
        return None
    price, size = PRICES[told.px], SIZES[told.sz]
    return (price, size) if size else None


def careful_levels(data: dict[str, Any]) -> Book:
    sides = data["levels"]
    if not isinstance(sides, list) or len(sides) != 2:
        raise NotANumber("a book has two sides")
    bids, asks = ([_level(each) for each in objects(side)] for side in sides)
    return Book(coin(data), moment(data, "time"), (bids, asks), data.get("fast") is True, optional(data, "spread"))


def careful_top(fields: dict[str, Any]) -> TopPush:
    data = obj(fields["data"])
    sides = data["bbo"]
    if not isinstance(sides, list) or len(sides) != 2:
        raise NotANumber("a top has two sides")
    bid, ask = (None if side is None else _level(obj(side)) for side in sides)
    return TopPush("bbo", Top(coin(data), moment(data, "time"), (bid, ask)))


Told = tuple[str, Side, int, int, int, str, int]
"""A trade in exact numbers: coin, taker, price, size, time, hash, number."""


def prints(raw: bytes) -> Sequence[Told | Print | dict[str, Any]]:
    """The trades of a push; not in exact numbers yet where they are not of the usual shape, so that each is judged
    alone."""
    if (found := shapes.trades(raw)) is not None:
        exact: list[Told] = found[0]
        return exact
    try:
        told = trades_push(raw).data
        keys = raw.count(b'":') - 2
        if keys == 8 * len(told) or keys == 7 * len(told):
            return told
    except (msgspec.MsgspecError, RecursionError):
        pass  # the careful reader says what it is
    return objects(obj(careful(raw))["data"])


def told(trade: Told | Print | dict[str, Any]) -> Told:
    """A trade in exact numbers, whatever it was read as; raises what says why it is none."""
    if isinstance(trade, tuple):
        return trade
    if isinstance(trade, dict):
        trade = careful_print(trade)
    price, size, taker = PRICES[trade.px], AMOUNTS[trade.sz], TAKERS[trade.side]
    if not EARLIEST < trade.time < LATEST:
        raise NotANumber("a time that makes no sense")
    return trade.coin, taker, price, size, trade.time, trade.hash or "", trade.tid


def careful_print(fields: dict[str, Any]) -> Print:
    price, size, side = (value(fields, name) for name in ("px", "sz", "side"))
    sent, number = moment(fields, "time"), whole(fields, "tid")
    return Print(coin(fields), side, price, size, sent, number, text(optional(fields, "hash")))


def _level(fields: dict[str, Any]) -> Level:
    return Level(value(fields, "px"), value(fields, "sz"))


def coin(fields: dict[str, Any], name: str = "coin") -> str:
    found = fields[name]
    if not isinstance(found, str) or isinstance(found, Bare) or not 0 < len(found) <= LONGEST_COIN:
        raise NotANumber("the coin's name is not a short text")
    return found


def whole(fields: dict[str, Any], name: str) -> int:
    """A whole number that must be there."""
    found = fields[name]
    if isinstance(found, Bare) and len(found) <= 20 and found.lstrip("-").isdecimal():
        return int(found)
    raise NotANumber(f"{name} is not a whole number")


def moment(fields: dict[str, Any], name: str) -> int:
    """A time in milliseconds, which may be text; whether it makes sense is not asked here."""
    found = fields[name]
    if isinstance(found, str) and not isinstance(found, Bare) and found.isascii() and found.isdecimal():
        return int(found) if len(found) <= 20 else 0
    return whole(fields, name)
