"""One instrument's resting orders: two dicts from exact price to exact size."""

from __future__ import annotations

from pmtui.core.events import NO_ASK, NO_BID, Top


class Book:
    """Exact levels with their top kept at hand; `version` moves with each change.

    Sorting is left to the reader, who asks thirty times a second at most; the feed changes levels
    thousands of times.
    """

    __slots__ = ("_sorted", "_sorted_at", "ask", "asks", "bid", "bids", "tick", "version")

    def __init__(self, tick: int = 0) -> None:
        self.bids: dict[int, int] = {}
        self.asks: dict[int, int] = {}
        self.bid: int = NO_BID
        self.ask: int = NO_ASK
        self.tick = tick
        self.version = 0
        self._sorted: tuple[tuple[int, ...], tuple[int, ...]] | None = None
        self._sorted_at = -1

    def replace(self, bids: dict[int, int], asks: dict[int, int], best: Top | None = None) -> None:
        """Forget every level and keep these; the dicts are the book's own from now on."""
        self.bids = bids
        self.asks = asks
        self.bid, self.ask = best or (max(bids, default=NO_BID), min(asks, default=NO_ASK))
        self.version += 1

    def set(self, is_bid: bool, price: int, size: int) -> None:
        """The new total at a level; zero removes it."""
        if not size:
            self.remove(is_bid, price)
        elif is_bid:
            self.bids[price] = size
            self.bid = max(self.bid, price)
        else:
            self.asks[price] = size
            self.ask = min(self.ask, price)
        self.version += 1

    def remove(self, is_bid: bool, price: int) -> None:
        """Take a level away; one that is not there is no matter. The caller moves `version`."""
        if is_bid:
            if self.bids.pop(price, 0) and price == self.bid:
                self.bid = max(self.bids, default=NO_BID)
        elif self.asks.pop(price, 0) and price == self.ask:
            self.ask = min(self.asks, default=NO_ASK)

    def keep_grid(self, tick: int) -> None:
        """Drop the levels that do not lie on this tick."""
        self.replace(
            {price: size for price, size in self.bids.items() if price % tick == 0},
            {price: size for price, size in self.asks.items() if price % tick == 0},
        )

    def prune(self, bid: int, ask: int, most: int) -> int:
        """Remove the levels better than the told top, unless they are more than `most`; how many there were."""
        bids = [price for price in self.bids if price > bid >= NO_BID]
        asks = [price for price in self.asks if price < ask]
        ghosts = len(bids) + len(asks)
        if ghosts <= most:
            for price in bids:
                del self.bids[price]
            for price in asks:
                del self.asks[price]
            self.bid, self.ask = max(self.bids, default=NO_BID), min(self.asks, default=NO_ASK)
            self.version += 1
        return ghosts

    @property
    def crossed(self) -> bool:
        return self.bid >= self.ask

    @property
    def empty(self) -> bool:
        return not self.bids and not self.asks

    @property
    def mid(self) -> int | None:
        """Half way between the touches; None for a one-sided book, which has no middle."""
        if self.bid == NO_BID or self.ask == NO_ASK:
            return None
        return (self.bid + self.ask) // 2

    def prices(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """Bid prices best first, ask prices best first; sorted once for each version."""
        if self._sorted is None or self._sorted_at != self.version:
            # Tuples of numbers are nothing to the garbage collector; lists it would look through each time.
            self._sorted = (tuple(sorted(self.bids, reverse=True)), tuple(sorted(self.asks)))
            self._sorted_at = self.version
        return self._sorted

    def mirrors(self, other: Book, whole: int) -> bool:
        """Whether each bid here is an ask of the same size there at `whole` less its price, and the reverse."""
        return (
            len(self.bids) == len(other.asks)
            and len(self.asks) == len(other.bids)
            and all(other.asks.get(whole - price) == size for price, size in self.bids.items())
            and all(other.bids.get(whole - price) == size for price, size in self.asks.items())
        )


def reaches(levels: dict[int, int], price: int, *, is_bid: bool) -> bool:
    """Whether a side that is told to some depth only says what rests at a price."""
    return bool(levels) and (price >= min(levels) if is_bid else price <= max(levels))
