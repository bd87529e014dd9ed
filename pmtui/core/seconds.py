"""The sums of whole seconds, five minutes of them: what printed, what was added and pulled, how wide the spread was."""

from __future__ import annotations

from array import array
from collections.abc import Iterator
from itertools import chain
from typing import Any

from pmtui.core.tuples import NamedTuple

SECONDS = 300
"""How many seconds are kept, the running one among them."""

# The sums of one second, by place. What is pulled is kept below zero.

BUYS, SELLS, BUY_SIZE, SELL_SIZE, BUY_MONEY, SELL_MONEY = range(6)
BOOK = 6
"""The first of four: bids added, bids pulled, asks added, asks pulled."""
SPREAD_SUM, SPREAD_MS, SPREAD_LOW, SPREAD_HIGH = range(10, 14)
NO_SPREAD = -1
_NO_LOW = 1 << 62
_SPLIT = 10**18  # money outgrows 64 bits at nine dollars, so it is kept as dollars and the rest of one


class Window(NamedTuple):
    """Sums over the last seconds; the spread is None where it was never known."""

    prints: int
    buys: int
    sells: int
    buy_size: int
    sell_size: int
    buy_money: int
    """Price times size, both in billionths."""
    sell_money: int
    added_bid: int
    pulled_bid: int
    added_ask: int
    pulled_ask: int
    spread_min: int | None
    spread_mean: int | None
    """Weighted by how long each spread stood."""
    spread_max: int | None


def quiet(spread: int, stood: int = 0) -> list[int]:
    """A second in which nothing happened but that a spread stood."""
    if spread < 0:
        return [0] * SPREAD_LOW + [_NO_LOW, NO_SPREAD]
    return [0] * SPREAD_SUM + [spread * stood, stood, spread, spread]


def summed(total: list[int]) -> Window:
    """Sums by place as sums by name."""
    buys, sells, buy_size, sell_size, buy_money, sell_money = total[:BOOK]
    added_bid, pulled_bid, added_ask, pulled_ask = total[BOOK:SPREAD_SUM]
    spread_sum, spread_ms, low, high = total[SPREAD_SUM:]
    known = high >= 0
    return Window(
        buys + sells,
        buys,
        sells,
        buy_size,
        sell_size,
        buy_money,
        sell_money,
        added_bid,
        -pulled_bid,
        added_ask,
        -pulled_ask,
        low if known else None,
        (spread_sum // spread_ms if spread_ms else low) if known else None,
        high if known else None,
    )


class Seconds:
    """A ring of the sums of whole seconds: one flat array, which is nothing to the garbage collector."""

    __slots__ = ("_known", "_rows")

    EMPTY = (*[0] * 14, _NO_LOW, NO_SPREAD)
    WIDTH = len(EMPTY)

    def __init__(self) -> None:
        self._rows: array[int] | list[int] = array("q")
        self._known: dict[int, tuple[int, int, list[int]]] = {}

    def put(self, first: int, end: int, row: list[int]) -> None:
        """Keep these sums for each second from `first` to before `end`, in the place of ones that are long past."""
        if not self._rows:
            self._rows = array("q", self.EMPTY) * SECONDS
        stored: Any = (
            *row[:BUY_MONEY],
            *divmod(row[BUY_MONEY], _SPLIT),
            *divmod(row[SELL_MONEY], _SPLIT),
            *row[BOOK:],
        )
        if isinstance(self._rows, array):
            try:
                stored = array("q", stored)
            except OverflowError:
                # Billions of shares in a second: nothing that is traded, but nothing to fall over either.
                self._rows = list(self._rows)
        for begin, stop in _parts(max(first, end - SECONDS), end):
            self._rows[begin * self.WIDTH : stop * self.WIDTH] = stored * (stop - begin)

    def since(self, first: int, end: int) -> list[int]:
        """The sums of the seconds from `first` to before `end`, which is the running one. A list to be changed."""
        length = max(0, min(end - first, SECONDS - 1))
        known = self._known.get(length)
        if known is None or known[:2] != (first, end):
            known = self._known[length] = (first, end, self._sum(end - length, end))
        return list(known[2])

    def _sum(self, first: int, end: int) -> list[int]:
        rows, width = self._rows, self.WIDTH
        if not rows or first >= end:
            return quiet(NO_SPREAD)
        parts = [rows[begin * width : stop * width] for begin, stop in _parts(first, end)]

        def column(n: int) -> Iterator[int]:
            return chain.from_iterable(part[n::width] for part in parts)

        sums = [sum(column(n)) for n in range(width - 2)]
        buy, sell = sums[4] * _SPLIT + sums[5], sums[6] * _SPLIT + sums[7]
        return [*sums[:4], buy, sell, *sums[8:], min(column(width - 2)), max(column(width - 1))]


def _parts(first: int, end: int) -> list[tuple[int, int]]:
    """Where a run of seconds lies in the ring: in one piece or in two."""
    begin, stop = first % SECONDS, first % SECONDS + end - first
    return [(begin, stop)] if stop <= SECONDS else [(begin, SECONDS), (0, stop - SECONDS)]
