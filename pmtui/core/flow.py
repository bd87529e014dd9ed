"""What happens to one instrument's book and what prints: counted as it comes, asked for thirty times a second.

Time comes only with the calls. A moment that is older than the newest one counts in the newest second, so nothing is
lost; asking changes nothing. A window of ten seconds is the second that runs and the nine before it.
"""

from __future__ import annotations

from array import array
from collections import deque
from collections.abc import Iterable, Iterator
from operator import add
from typing import Any, TypeAlias

from pmtui.core.events import NO_ASK, NO_BID
from pmtui.core.seconds import (
    BOOK,
    BUY_MONEY,
    BUY_SIZE,
    BUYS,
    NO_SPREAD,
    SECONDS,
    SELL_MONEY,
    SELL_SIZE,
    SELLS,
    SPREAD_HIGH,
    SPREAD_LOW,
    SPREAD_MS,
    SPREAD_SUM,
    Seconds,
    Window,
    quiet,
    summed,
)
from pmtui.core.series import Mark, Series
from pmtui.core.tuples import NamedTuple

LEVEL_SECONDS = 10
"""For how long the changes of each level are told."""
MOST_PRICES = 5_000
"""At so many what was bought is told, and at so many what was sold."""

_NEVER = -(1 << 60)

Sizes = dict[int, int]
Packed: TypeAlias = "array[int] | tuple[int, ...]"
"""The same of a second that has ended: all prices, then all sizes."""


class Last(NamedTuple):
    """The newest print."""

    price: int
    size: int
    is_buy: bool
    at: int


class Flow:
    """Added and pulled, bought and sold, the spread and the price over time."""

    __slots__ = (
        "_added_asks",
        "_added_bids",
        "_asks_least",
        "_asks_since",
        "_bids_least",
        "_bids_since",
        "_closed",
        "_heard",
        "_money",
        "_net",
        "_net_of",
        "_pulled_asks",
        "_pulled_bids",
        "_row",
        "_second",
        "_seconds",
        "_size",
        "_spread",
        "_spread_at",
        "_unknown",
        "_until",
        "bought",
        "cvd",
        "gaps",
        "high",
        "last",
        "low",
        "prints",
        "reset_at",
        "series",
        "sold",
    )

    def __init__(self) -> None:
        self.series = Series()
        self.cvd = 0
        """What buyers took less what sellers took, since the start."""
        self.bought: Sizes = {}
        """Price to size of what buyers took, the price that first traded longest ago first."""
        self.sold: Sizes = {}
        """The same of what sellers took."""
        self.high: int | None = None
        self.low: int | None = None
        self.last: Last | None = None
        self.prints = 0
        self.gaps = 0
        """How often a new connection began: what happened in between is missing in all sums."""
        self.reset_at = _NEVER
        """When counting at each level began anew the last time; what was counted there before is gone."""
        self._size = 0
        self._money = 0
        self._heard = False
        self._unknown = False
        self._second = _NEVER
        self._until = _NEVER
        self._seconds = Seconds()
        self._row = quiet(NO_SPREAD)
        self._spread = NO_SPREAD
        self._spread_at = _NEVER
        self._bids_since: dict[int, int] = {}
        """See `since`; its complement `~since`, which is negative, for a level that may have been there before."""
        self._asks_since: dict[int, int] = {}
        self._bids_least: Sizes = {}
        """The least that a level has been since then; none for the levels that are not larger now."""
        self._asks_least: Sizes = {}
        self._closed: deque[tuple[int, Packed, Packed, Packed, Packed]] = deque(maxlen=LEVEL_SECONDS - 1)
        self._net_of = (_NEVER, _NEVER)
        self._net: tuple[Sizes, Sizes] = ({}, {})
        self._clear_levels()

    # What happened

    def changed(self, is_bid: bool, price: int, old: int, new: int, at: int) -> None:
        """A level has another size; zero is a level that is not there."""
        # The hottest call of all that is derived: one dict entry, and no sums that a second can do by itself.
        if at >= self._until:
            self._turn(at)
        if is_bid:
            least = self._bids_least
            if new > old:
                sums = self._added_bids
                if not old or new >= 2 * (low := least.get(price, old)):
                    self._bids_since[price] = at
                    least.pop(price, 0)
                else:
                    least[price] = low
            else:
                sums = self._pulled_bids
                if not new:
                    self._bids_since.pop(price, 0)
                if new <= least.get(price, -1):
                    del least[price]
        else:
            least = self._asks_least
            if new > old:
                sums = self._added_asks
                if not old or new >= 2 * (low := least.get(price, old)):
                    self._asks_since[price] = at
                    least.pop(price, 0)
                else:
                    least[price] = low
            else:
                sums = self._pulled_asks
                if not new:
                    self._asks_since.pop(price, 0)
                if new <= least.get(price, -1):
                    del least[price]
        sums[price] = sums.get(price, 0) + new - old

    def replaced(
        self,
        old_bids: Sizes,
        old_asks: Sizes,
        new_bids: Sizes,
        new_asks: Sizes,
        at: int,
        *,
        whole: bool = True,
    ) -> None:
        """A whole book took the place of another; the first one of a connection is where counting begins.

        Of books that are told only so deep, what lies deeper than either of them was not added or pulled, only told or
        not told.
        """
        if self._unknown and not old_bids and not old_asks:
            self._bids_since = dict.fromkeys(new_bids, ~at)
            self._asks_since = dict.fromkeys(new_asks, ~at)
            self._bids_least, self._asks_least = {}, {}
        else:
            if old_bids != new_bids:
                low = NO_BID if whole else max(min(old_bids, default=NO_BID), min(new_bids, default=NO_BID))
                self._compare(True, old_bids, new_bids, at, low, NO_ASK)
            if old_asks != new_asks:
                high = NO_ASK if whole else min(max(old_asks, default=NO_ASK), max(new_asks, default=NO_ASK))
                self._compare(False, old_asks, new_asks, at, NO_BID, high)
        self._unknown = False
        self._heard = True

    def _compare(self, is_bid: bool, old: Sizes, new: Sizes, at: int, low: int, high: int) -> None:
        """Note what differs; outside of what both books tell of, a level comes into sight or leaves it."""
        since, least = (self._bids_since, self._bids_least) if is_bid else (self._asks_since, self._asks_least)
        for price, size in new.items():
            if (before := old.get(price, 0)) == size:
                continue
            if low <= price <= high:
                self.changed(is_bid, price, before, size, at)
            else:
                since[price] = ~at
        if old.keys() <= new.keys():
            return
        for price, size in old.items():
            if price in new or not size:
                continue
            if low <= price <= high:
                self.changed(is_bid, price, size, 0, at)
            else:
                since.pop(price, 0)
                least.pop(price, 0)

    def begin(self, at: int) -> None:
        """A new connection: the book is unknown, and what happened meanwhile will never be known."""
        self._fold()
        self._forget_levels()
        self._bids_since, self._asks_since = {}, {}
        self._bids_least, self._asks_least = {}, {}
        self._unknown = True
        if self._heard:
            self._heard = False
            self.gaps += 1
            self._take_spread(NO_SPREAD, at)
            self.series.gap(at)

    def printed(self, price: int, size: int, is_buy: bool, at: int) -> None:
        """One trade, by the side that took."""
        if at >= self._until:
            self._turn(at)
        row, money = self._row, price * size
        if is_buy:
            self.cvd += size
            row[BUYS] += 1
            row[BUY_SIZE] += size
            row[BUY_MONEY] += money
            taken = self.bought
        else:
            self.cvd -= size
            row[SELLS] += 1
            row[SELL_SIZE] += size
            row[SELL_MONEY] += money
            taken = self.sold
        if price not in taken and len(taken) >= MOST_PRICES:
            del taken[next(iter(taken))]
        taken[price] = taken.get(price, 0) + size
        self._size += size
        self._money += money
        self.prints += 1
        self.high = price if self.high is None else max(self.high, price)
        self.low = price if self.low is None else min(self.low, price)
        self.last = Last(price, size, is_buy, at)
        self._heard = True
        self.series.printed(price, size, at)

    def quoted(self, bid: int, ask: int, at: int) -> None:
        """The touch at the end of a batch. A side that is empty, or a bid that meets the ask, leaves no spread."""
        self._heard = True
        if bid < ask and bid != NO_BID and ask != NO_ASK:
            self._take_spread(ask - bid, at)
            self.series.quoted((bid + ask) // 2, at)
        else:
            self._take_spread(NO_SPREAD, at)
            if bid == NO_BID or ask == NO_ASK:  # one that is crossed will not be for long
                self.series.unquoted(at)

    def ticked(self, old: int, new: int, at: int) -> None:
        """The grid of prices changed."""
        self.series.mark(Mark.TICK, at)

    def reset(self, now: int) -> None:
        """Begin to count anew what is added and pulled at each level; the sums of both sides go on."""
        self._fold()
        self._forget_levels()
        self.reset_at = now

    # What is asked

    @property
    def vwap(self) -> int | None:
        """The average price of all that printed, weighted by size."""
        return self._money // self._size if self._size else None

    @property
    def spread(self) -> int | None:
        """How far the touches are apart now."""
        return None if self._spread < 0 else self._spread

    def since(self, is_bid: bool, price: int) -> int | None:
        """Since when the level is about as large as it is, None when it is not there.

        That is when it appeared, or when it last grew to twice the least that it had been: since then it was never
        down to half of what it is now.
        """
        at = (self._bids_since if is_bid else self._asks_since).get(price)
        return ~at if at is not None and at < 0 else at

    def earlier(self, is_bid: bool, price: int) -> bool:
        """Whether the level may have been there before, when nobody told of it."""
        return (self._bids_since if is_bid else self._asks_since).get(price, 0) < 0

    def touched(self, since: int) -> tuple[set[int], set[int]] | None:
        """Prices of bids and asks whose size changed in the second of `since` or after it.

        None when not all of them are remembered.
        """
        first = since // 1000
        if first <= self._second - LEVEL_SECONDS or since <= self.reset_at:
            return None
        told: list[Any] = [each for each in self._closed if each[0] >= first]
        bids = {price for each in told for sums in each[1:3] for price, _ in _pairs(sums)}
        asks = {price for each in told for sums in each[3:5] for price, _ in _pairs(sums)}
        if self._second >= first:
            bids |= self._added_bids.keys() | self._pulled_bids.keys()
            asks |= self._added_asks.keys() | self._pulled_asks.keys()
        return bids, asks

    def traded(self, step: int, *, money: bool = False) -> Sizes:
        """What printed, by rows of this height: what was bought on those of the asks, what was sold on the bids'.

        A match over several levels may be told at their average: that moves as the levels do.
        """
        rows: Sizes = {}
        # Written out, since there may be thousands of prices and a new print each frame.
        for taken, up in ((self.sold, 0), (self.bought, step - 1)):
            for price, size in taken.items():
                row = price + up
                row -= row % step
                rows[row] = rows.get(row, 0) + (price * size if money else size)
        return rows

    def traded_on(self, row: int, step: int) -> int:
        """What printed on one of these rows."""
        return within(self.sold, range(row, row + step)) + within(self.bought, range(row - step + 1, row + 1))

    def level(self, is_bid: bool, prices: range, now: int) -> tuple[int, int]:
        """Added and pulled at these prices in the last ten seconds."""
        first = self._first(now, LEVEL_SECONDS)
        added, pulled = (1, 2) if is_bid else (3, 4)
        told: list[Any] = [each for each in self._closed if each[0] >= first]
        more, less = (sum(_among(each[place], prices) for each in told) for place in (added, pulled))
        if self._second >= first:
            running = self._running()
            more, less = more + within(running[added - 1], prices), less + within(running[pulled - 1], prices)
        return more, -less

    def levels(self, now: int) -> tuple[Sizes, Sizes]:
        """Added less pulled in the last ten seconds, bids and asks by price. Only to be read."""
        first = self._first(now, LEVEL_SECONDS)
        if self._net_of != (first, self._second):
            told = [each for each in self._closed if each[0] >= first]
            self._net = (
                _net({}, [_pairs(sums) for each in told for sums in each[1:3]]),
                _net({}, [_pairs(sums) for each in told for sums in each[3:5]]),
            )
            self._net_of = (first, self._second)
        if self._second < first:
            return self._net
        (bids, asks), running = self._net, [sums.items() for sums in self._running()]
        return _net(bids, running[:2]), _net(asks, running[2:])

    def window(self, ms: int, now: int) -> Window:
        """Sums over so long, at most five minutes, by whole seconds."""
        first = self._first(now, min(max(1, ms // 1000), SECONDS))
        total = self._seconds.since(first, self._second)
        if self._second >= first:
            total = self._with_running(total)
        self._add_standing(total, first, now)
        return summed(total)

    def between(self, first: int, end: int, now: int) -> Window:
        """The same for the seconds from `first` to before `end`, all of the last five minutes."""
        total = self._seconds.since(first, max(first, min(end, self._second)))
        if first <= self._second < end:
            total = self._with_running(total)
        if self._second < end:
            self._add_standing(total, first, min(now, end * 1000))
        return summed(total)

    def _with_running(self, total: list[int]) -> list[int]:
        total = [
            *map(add, total[:SPREAD_LOW], self._row),
            min(total[SPREAD_LOW], self._row[SPREAD_LOW]),
            max(total[SPREAD_HIGH], self._row[SPREAD_HIGH]),
        ]
        for n, sums in enumerate(self._running(), BOOK):
            total[n] += sum(sums.values())
        return total

    def _add_standing(self, total: list[int], first: int, now: int) -> None:
        """The spread that stands now has stood since it was last accounted for."""
        if self._spread >= 0:
            stood = max(0, now - max(self._spread_at, first * 1000))
            total[SPREAD_SUM] += self._spread * stood
            total[SPREAD_MS] += stood
            total[SPREAD_LOW] = min(total[SPREAD_LOW], self._spread)
            total[SPREAD_HIGH] = max(total[SPREAD_HIGH], self._spread)

    def _first(self, now: int, seconds: int) -> int:
        """The first second of a window that ends now."""
        return max(now // 1000, self._second) - seconds + 1

    def _running(self) -> tuple[Sizes, Sizes, Sizes, Sizes]:
        return self._added_bids, self._pulled_bids, self._added_asks, self._pulled_asks

    # The passing of time

    def _turn(self, at: int) -> None:
        """A new second begins; the ones that passed are put away."""
        second = at // 1000
        if self._second != _NEVER:
            self._fold()
            self._hold((self._second + 1) * 1000)
            self._seconds.put(self._second, self._second + 1, self._row)
            if any(running := self._running()):
                added_bids, pulled_bids, added_asks, pulled_asks = map(_packed, running)
                self._closed.append((self._second, added_bids, pulled_bids, added_asks, pulled_asks))
            # A silence is written down too: whatever is read later, the spread stood through it.
            if second > self._second + 1:
                self._seconds.put(self._second + 1, second, quiet(self._spread, 1000))
            self._clear_levels()
            while self._closed and self._closed[0][0] <= second - LEVEL_SECONDS:
                self._closed.popleft()
        self._row = quiet(self._spread)
        self._spread_at = second * 1000
        self._second = second
        self._until = (second + 1) * 1000

    def _take_spread(self, spread: int, at: int) -> None:
        if at >= self._until:
            self._turn(at)
        self._hold(at)
        self._spread = spread
        if spread >= 0:
            row = self._row
            if spread < row[SPREAD_LOW]:
                row[SPREAD_LOW] = spread
            if spread > row[SPREAD_HIGH]:
                row[SPREAD_HIGH] = spread

    def _hold(self, at: int) -> None:
        """Account for the spread that stood until now."""
        stood = at - self._spread_at
        if stood <= 0:
            return
        if self._spread >= 0:
            self._row[SPREAD_SUM] += self._spread * stood
            self._row[SPREAD_MS] += stood
        self._spread_at = at

    def _fold(self) -> None:
        """Add the levels of the running second to the sums of their sides."""
        for n, sums in enumerate(self._running(), BOOK):
            self._row[n] += sum(sums.values())

    def _forget_levels(self) -> None:
        self._closed.clear()
        self._clear_levels()
        self._net_of = (_NEVER, _NEVER)

    def _clear_levels(self) -> None:
        self._added_bids: Sizes = {}
        self._pulled_bids: Sizes = {}
        self._added_asks: Sizes = {}
        self._pulled_asks: Sizes = {}


def within(sizes: Sizes, prices: range) -> int:
    """The sum at these prices."""
    if len(prices) == 1:
        return sizes.get(prices.start, 0)
    return sum([size for price, size in sizes.items() if price in prices])


def _among(packed: Packed, prices: range) -> int:
    return sum([size for price, size in _pairs(packed) if price in prices])


def _packed(sums: Sizes) -> Packed:
    """Prices and sizes, in a quarter of a dict's room."""
    # From a list an array is made at twice the speed.
    numbers = [*sums, *sums.values()]
    try:
        return array("q", numbers)
    except OverflowError:  # billions of shares at one price
        return tuple(numbers)


def _pairs(packed: Packed) -> Iterator[tuple[int, int]]:
    half = len(packed) // 2
    return zip(packed[:half], packed[half:], strict=True)


def _net(base: Sizes, changes: Iterable[Iterable[tuple[int, int]]]) -> Sizes:
    """The base with all changes added, a dict of its own."""
    net = dict(base)
    for sums in changes:
        for price, size in sums:
            net[price] = net.get(price, 0) + size
    return net
