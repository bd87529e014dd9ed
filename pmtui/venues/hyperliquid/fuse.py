"""One honest book out of three feeds: twenty levels now and then, five often, the best two at each change.

Pure: parts go in, a book comes out, and which of its levels are as new as its newest part.
"""

from __future__ import annotations

from pmtui.core.events import NO_ASK, NO_BID
from pmtui.core.tuples import NamedTuple

SLOW_LEVELS, FAST_LEVELS = 20, 5
"""A side of either feed with fewer than these is the whole side."""

Levels = dict[int, int]


class Sides(NamedTuple):
    """Both sides of a book as one push told them, stamped by the venue."""

    sent: int
    bids: Levels
    asks: Levels
    top: tuple[int, int] | None = None
    """The best bid and ask, where both are there and were looked for already."""


class Touch(NamedTuple):
    """The best levels as one push told them; a price and size, None for a side that is empty."""

    sent: int
    bid: tuple[int, int] | None
    ask: tuple[int, int] | None


class Reach(NamedTuple):
    """The worst prices that the fast feed reaches."""

    bid: int = NO_BID
    ask: int = NO_ASK


EVERYTHING = Reach()


def layered(slow: Sides | None, fast: Sides | None) -> Sides:
    """The newer of two pushes, and below it of the older one what the newer does not cover."""
    if fast is None or (slow is not None and fast.sent < slow.sent):
        assert slow is not None
        return slow
    if slow is None:
        return fast
    return Sides(fast.sent, _over(slow.bids, fast.bids, is_bid=True), _over(slow.asks, fast.asks, is_bid=False))


def fused(below: Sides, touch: Touch | None) -> tuple[Levels, Levels]:
    """Bids and asks: the best levels, where they are newer, on top of what the pushes told.

    What comes back may be the very dicts of a push, so it is for reading only.
    """
    if touch is None or touch.sent < below.sent:
        return below.bids, below.asks
    return _topped(below.bids, touch.bid, is_bid=True), _topped(below.asks, touch.ask, is_bid=False)


def whole(slow: Sides | None, fast: Sides | None) -> tuple[bool, bool]:
    """Whether all bids are told, and all asks."""
    if slow is None or fast is None or fast.sent < slow.sent:
        told, most = (slow, SLOW_LEVELS) if slow is not None else (fast, FAST_LEVELS)
        assert told is not None
        return len(told.bids) < most, len(told.asks) < most
    return (
        len(slow.bids) < SLOW_LEVELS or len(fast.bids) < FAST_LEVELS,
        len(slow.asks) < SLOW_LEVELS or len(fast.asks) < FAST_LEVELS,
    )


def reach(fast: Sides) -> Reach:
    """How deep a push of the fast feed goes."""
    return Reach(
        min(fast.bids) if len(fast.bids) >= FAST_LEVELS else NO_BID,
        max(fast.asks) if len(fast.asks) >= FAST_LEVELS else NO_ASK,
    )


def _over(old: Levels, new: Levels, *, is_bid: bool) -> Levels:
    """The newer levels, and of the older ones those beyond the worst of them."""
    if len(new) < FAST_LEVELS:
        return new
    worst = min(new) if is_bid else max(new)
    if is_bid:
        return new | {price: size for price, size in old.items() if price < worst}
    return new | {price: size for price, size in old.items() if price > worst}


def _topped(side: Levels, best: tuple[int, int] | None, *, is_bid: bool) -> Levels:
    """The side below the best price, with this as its top."""
    if best is None:
        return {}
    price, size = best
    if side.get(price) == size and price == (max(side) if is_bid else min(side)):
        return side
    if is_bid:
        return {price: size} | {each: resting for each, resting in side.items() if each < price}
    return {price: size} | {each: resting for each, resting in side.items() if each > price}


def best_of(sides: Sides) -> Touch:
    """The best levels of a push."""
    bid, ask = max(sides.bids, default=NO_BID), min(sides.asks, default=NO_ASK)
    return Touch(
        sides.sent,
        (bid, sides.bids[bid]) if sides.bids else None,
        (ask, sides.asks[ask]) if sides.asks else None,
    )
