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
_DOLLAR = 10**18  # money outgrows 64 bits at nine of them, so it is kept as dollars and the rest of one


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
    """A ring of the sums of whole seconds: flat arrays, which are nothing to the garbage collector."""

    __slots__ = ("_known", "_large", "_small")

    def __init__(self) -> None:
        self._small = _Rows("i", (0, 0, 0, 0, 0))
        """How many bought and sold, for how many whole dollars, for how many milliseconds a spread stood."""
        self._large = _Rows("q", (*[0] * 9, _NO_LOW, NO_SPREAD))
        self._known: dict[int, tuple[int, int, list[int]]] = {}

    def put(self, first: int, end: int, row: list[int]) -> None:
        """Keep these sums for each second from `first` to before `end`, in the place of ones that are long past."""
        buys, sells, buy_size, sell_size, buy_money, sell_money, *book, spread_sum, spread_ms, low, high = row
        buy, buy_rest = divmod(buy_money, _DOLLAR)
        sell, sell_rest = divmod(sell_money, _DOLLAR)
        first = max(first, end - SECONDS)
        self._small.put(first, end, (buys, sells, buy, sell, spread_ms))
        self._large.put(first, end, (buy_size, sell_size, buy_rest, sell_rest, *book, spread_sum, low, high))

    def since(self, first: int, end: int) -> list[int]:
        """The sums of the seconds from `first` to before `end`, which is the running one. A list to be changed."""
        length = max(0, min(end - first, SECONDS - 1))
        known = self._known.get(length)
        if known is None or known[:2] != (first, end):
            known = self._known[length] = (first, end, self._sum(end - length, end))
        return list(known[2])

    def _sum(self, first: int, end: int) -> list[int]:
        if first >= end:
            return quiet(NO_SPREAD)
        *columns, lows, highs = self._large.columns(first, end)
        buys, sells, buy, sell, spread_ms = map(sum, self._small.columns(first, end))
        buy_size, sell_size, buy_rest, sell_rest, *book, spread_sum = map(sum, columns)
        moneys = buy * _DOLLAR + buy_rest, sell * _DOLLAR + sell_rest
        return [buys, sells, buy_size, sell_size, *moneys, *book, spread_sum, spread_ms, min(lows), max(highs)]


class _Rows:
    """A ring of rows of numbers of one width, in one array; made when there is something to keep."""

    __slots__ = ("_empty", "_kind", "_rows")

    def __init__(self, kind: str, empty: tuple[int, ...]) -> None:
        self._kind = kind
        self._empty = empty
        self._rows: array[int] | list[int] | None = None

    def put(self, first: int, end: int, row: tuple[int, ...]) -> None:
        if self._rows is None:
            self._rows = array(self._kind, self._empty) * SECONDS
        kept: Any = list(row)
        if isinstance(self._rows, array):
            try:
                kept = array(self._kind, row)
            except OverflowError:
                # Billions of shares in a second: nothing that is traded, but nothing to fall over either.
                self._rows = list(self._rows)
        width = len(row)
        for begin, stop in _parts(first, end):
            self._rows[begin * width : stop * width] = kept * (stop - begin)

    def columns(self, first: int, end: int) -> list[Iterator[int]]:
        """The columns of these rows, one after the other."""
        width, rows = len(self._empty), self._rows
        if rows is None:
            return [iter((each,)) for each in self._empty]
        parts = [rows[begin * width : stop * width] for begin, stop in _parts(first, end)]
        return [chain.from_iterable([part[n::width] for part in parts]) for n in range(width)]


def _parts(first: int, end: int) -> list[tuple[int, int]]:
    """Where a run of seconds lies in the ring: in one piece or in two."""
    begin, stop = first % SECONDS, first % SECONDS + end - first
    return [(begin, stop)] if stop <= SECONDS else [(begin, SECONDS), (0, stop - SECONDS)]
