"""From what a push says to the book that one instrument sees: exact, possible, and from its own side."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from pmtui.core.events import NO_ASK, NO_BID, BookSnapshot, Fresh
from pmtui.core.instrument import InstrumentId
from pmtui.core.units import ONE, Contradiction, Millis, NotANumber, Px
from pmtui.venues.hyperliquid import fuse, wire
from pmtui.venues.hyperliquid.fuse import Sides, Touch
from pmtui.venues.hyperliquid.numbers import EARLIEST, LATEST, tick_of

_made: Any = tuple.__new__  # half of what a fact with names costs is its own constructor
Rows = dict[int, dict[int, int]]
"""Sizes by price, by the height of the rows in which they are summed."""

_tick_at = lru_cache(maxsize=4_096)(tick_of)


def sides(push: wire.Push) -> Sides:
    """Both sides of a push; a book that cannot be one is refused."""
    coin, sent, feed, bids, best, asks, lowest, grid = push
    top = None
    if best and lowest:
        if best >= lowest:
            raise Contradiction("the best bid meets the best ask")
        top = best, lowest
    if coin[:1] == "#":
        # Asks that are grouped stand on the row above them.
        if (highest := max(asks or bids, default=0)) >= ONE and (highest > ONE or feed is not wire.WIDE):
            raise NotANumber("a price is not between 0 and 1")
    elif grid % _tick_at(best or lowest or ONE):
        # Nearly always all are multiples of what the best bid must be one of. Below a border prices may be finer.
        _check_figures(*bids, *asks)
    if not EARLIEST < sent < LATEST:
        raise NotANumber("a time that makes no sense")
    told: Sides = _made(Sides, (sent, bids, asks, top))
    return told


def touch_of(told: wire.Tops, ceiling: int) -> Touch:
    """The best levels of a push; a pair that cannot be one is refused."""
    _, sent, bid, ask = told
    if bid and ask and bid[0] >= ask[0]:
        raise Contradiction("the best bid meets the best ask")
    if any(level and level[0] >= ceiling for level in (bid, ask)):
        raise NotANumber("a price is not between 0 and 1")
    if not EARLIEST < sent < LATEST:
        raise NotANumber("a time that makes no sense")
    if told[0][:1] != "#":
        _check_figures(*(level[0] for level in (bid, ask) if level))
    return Touch(sent, bid, ask)


def _check_figures(*prices: int) -> None:
    """Prices that have more figures than any may. Those of outcomes need not be asked: they are as fine as they are."""
    if any(price % _tick_at(price) for price in prices):
        raise NotANumber("a price with more figures than a price may have")


def check_order(sent: int, newest: int, apart: int) -> None:
    """Nothing that is told now was true long before something that was told already: one of both times is wrong."""
    if newest - sent > apart:
        raise NotANumber(f"its feeds are {(newest - sent) / 1000:.0f}s apart")


def agree(told: Sides, touch: Touch) -> bool:
    """Whether the feed of the best prices says the same as the top of this book."""
    if touch.sent > told.sent:
        return False
    bid, ask = touch.bid, touch.ask
    if told.top is not None and bid is not None and ask is not None:
        return (bid[0], ask[0]) == told.top and told.bids[bid[0]] == bid[1] and told.asks[ask[0]] == ask[1]
    best = fuse.best_of(told)
    return touch.bid == best.bid and touch.ask == best.ask


def turned(bids: dict[int, int], asks: dict[int, int]) -> tuple[dict[int, int], dict[int, int]]:
    """The book from the other side."""
    return {ONE - price: size for price, size in asks.items()}, {ONE - price: size for price, size in bids.items()}


def by_height(told: Sides, height: Callable[[int], int], *, mirrored: bool) -> tuple[Rows, Rows]:
    """Both sides of a book that was told in rows, by how high these are at their prices; the other one's mirrored."""
    bids: Rows = {}
    asks: Rows = {}
    for price, size in told.bids.items():
        bids.setdefault(height(price), {})[ONE - price if mirrored else price] = size
    for price, size in told.asks.items():
        # It stands for what lies below it: on a border of heights it is one of the lower rows.
        asks.setdefault(height(price - 1), {})[ONE - price if mirrored else price] = size
    return (asks, bids) if mirrored else (bids, asks)


def seen(
    instrument: InstrumentId,
    bids: dict[int, int],
    asks: dict[int, int],
    tick: Px,
    fresh: Fresh,
    at: Millis,
    sent: Millis,
    *,
    mirrored: bool,
    asked: bool,
) -> BookSnapshot:
    """The book as one side of the market sees it."""
    if mirrored:
        bids, asks = turned(bids, asks)
        fresh = fresh._replace(
            bid=Px(NO_BID if fresh.ask == NO_ASK else ONE - fresh.ask),
            ask=Px(NO_ASK if fresh.bid == NO_BID else ONE - fresh.bid),
            whole=fresh.whole[::-1],
        )
    else:
        bids, asks = dict(bids), dict(asks)
    return BookSnapshot(instrument, at, sent, bids, asks, tick=tick, initial=asked, fresh=fresh)
