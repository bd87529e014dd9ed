"""One honest book out of three feeds: twenty levels now and then, five often, the best two at each change.

Pure: parts go in, a book comes out, and which of its levels are as new as its newest part.
"""

from __future__ import annotations

from pmtui.core.events import NO_ASK, NO_BID
from pmtui.core.tuples import NamedTuple

FAST_LEVELS = 5
"""A side of the fast feed with fewer than these is the whole side."""

Levels = dict[int, int]


class Sides(NamedTuple):
    """Both sides of a book as one push told them, stamped by the venue."""

    sent: int
    bids: Levels
    asks: Levels


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


def fused(slow: Sides | None, fast: Sides | None, touch: Touch | None) -> tuple[Levels, Levels]:
    """Bids and asks: each newer part takes the place of what it covers in the older ones.

    What comes back may be the very dicts of a part, so it is for reading only.
    """
    if slow is None or (fast is not None and fast.sent >= slow.sent):
        assert fast is not None
        bids, asks, sent = fast.bids, fast.asks, fast.sent
        if slow is not None:
            bids, asks = _over(slow.bids, bids, is_bid=True), _over(slow.asks, asks, is_bid=False)
    else:
        bids, asks, sent = slow.bids, slow.asks, slow.sent
    if touch is not None and touch.sent >= sent:
        bids, asks = _topped(bids, touch.bid, is_bid=True), _topped(asks, touch.ask, is_bid=False)
    return bids, asks


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
