"""From what a push says to the book that one instrument sees: exact, possible, and from its own side."""

from __future__ import annotations

from functools import lru_cache
from math import gcd
from typing import Any

from pmtui.core.events import NO_ASK, NO_BID, BookSnapshot, Fresh
from pmtui.core.instrument import InstrumentId
from pmtui.core.units import ONE, Contradiction, Millis, NotANumber, Px
from pmtui.venues.hyperliquid import fuse, wire
from pmtui.venues.hyperliquid.fuse import Levels, Sides, Touch
from pmtui.venues.hyperliquid.numbers import EARLIEST, LATEST, tick_of

_made: Any = tuple.__new__  # half of what a fact with names costs is its own constructor
_tick_at = lru_cache(maxsize=4_096)(tick_of)


def sides(push: wire.Push) -> Sides:
    """Both sides of a push; a book that cannot be one is refused."""
    coin, sent, _, bids, asks = push
    top = None
    if bids and asks:
        best, lowest = top = max(bids), min(asks)
        if best >= lowest:
            raise Contradiction("the best bid meets the best ask")
    else:
        best = max(bids) if bids else min(asks, default=ONE)
    if coin[:1] == "#" and max(asks or bids, default=0) >= ONE:
        raise NotANumber("a price is not between 0 and 1")
    if not EARLIEST < sent < LATEST:
        raise NotANumber("a time that makes no sense")
    _check_figures(coin, best, bids, asks)
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
    _check_figures(told[0], (bid or ask or (ONE,))[0], dict([bid]) if bid else {}, dict([ask]) if ask else {})
    return Touch(sent, bid, ask)


def _check_figures(coin: str, best: int, bids: Levels, asks: Levels) -> None:
    """Prices that have more figures than any may; those of outcomes are as fine as they are."""
    # Nearly always all are multiples of what the best bid must be one of. Below a border prices may be finer.
    if gcd(*bids, *asks) % _tick_at(best) == 0 or coin[:1] == "#":
        return
    if any(price % tick_of(price) for price in (*bids, *asks)):
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
) -> BookSnapshot:
    """The book as one side of the market sees it."""
    if mirrored:
        bids, asks = turned(bids, asks)
        fresh = fresh._replace(
            bid=Px(NO_BID if fresh.ask == NO_ASK else ONE - fresh.ask),
            ask=Px(NO_ASK if fresh.bid == NO_BID else ONE - fresh.bid),
        )
    else:
        bids, asks = dict(bids), dict(asks)
    return BookSnapshot(instrument, at, sent, bids, asks, tick=tick, fresh=fresh)
