"""What stands behind a book's levels, derived when somebody looks: sums, money, large sizes, both outcomes in one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from operator import mul

from pmtui.core.book import Book
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import ONE, ceil_to, floor_to

Levels = Mapping[int, int]
"""Price to an amount: shares, or shares times price."""

Grouped = Mapping[int, Levels]
"""Rows that others have grouped, bids downwards and asks upwards, by the height of them."""

_LARGE_TIMES = 4
_LARGE_SHARE = 10
_TOO_FEW = 8


def grouped(levels: Levels, step: int, *, up: bool) -> dict[int, int]:
    """Amounts summed on a wider grid, all of them moved the same way: nothing is lost."""
    to = ceil_to if up else floor_to
    found: dict[int, int] = {}
    for price, amount in levels.items():
        row = to(price, step)
        found[row] = found.get(row, 0) + amount
    return found


def money(levels: Levels) -> dict[int, int]:
    """What each level is worth at its own price, exactly."""
    return {price: price * size for price, size in levels.items()}


def cumulated(levels: Levels, *, down: bool) -> dict[int, int]:
    """At each price, what rests from the best one to here; bids count downwards."""
    total, found = 0, {}
    for price in sorted(levels, reverse=down):
        total += levels[price]
        found[price] = total
    return found


class Totals(NamedTuple):
    """Both sides of a book in shares and in money."""

    bid_size: int
    bid_money: int
    ask_size: int
    ask_money: int

    @property
    def bid_share(self) -> float | None:
        """The bids' share of all shares, None for an empty book."""
        whole = self.bid_size + self.ask_size
        return self.bid_size / whole if whole else None


def totals(book: Book) -> Totals:
    return Totals(*_side(book.bids), *_side(book.asks))


def _side(levels: Levels) -> tuple[int, int]:
    return sum(levels.values()), sum(map(mul, levels, levels.values()))


def large(sizes: Iterable[int]) -> int:
    """The size from which a level stands out: several times the usual one, and among the greatest; 0 for none."""
    ordered = sorted(sizes)
    if len(ordered) < _TOO_FEW:
        return 0
    usual, tenth = ordered[len(ordered) // 2], ordered[-max(1, len(ordered) // _LARGE_SHARE)]
    return max(_LARGE_TIMES * usual, tenth)


class Part(NamedTuple):
    """One level of both outcomes' books together: what rests here, and what the other book says of it."""

    own: int
    other: int


class Merged(NamedTuple):
    """Two outcomes' books on the first one's price axis."""

    bids: dict[int, Part]
    asks: dict[int, Part]


def merged(book: Book, other: Book, whole: int = ONE) -> Merged:
    """Both books at the prices of the first: a bid for the other outcome is an offer of this one at the rest."""
    return Merged(_parts(book.bids, other.asks, whole), _parts(book.asks, other.bids, whole))


def _parts(own: Levels, across: Levels, whole: int) -> dict[int, Part]:
    found = {price: Part(size, across.get(whole - price, 0)) for price, size in own.items()}
    for price, size in across.items():
        found.setdefault(whole - price, Part(0, size))
    return found


def together(parts: Mapping[int, Part], *, shared: bool) -> dict[int, int]:
    """What can be taken at each price: the sum of both books, unless both are the same orders told twice."""
    return {price: max(part) if shared else sum(part) for price, part in parts.items()}


def as_book(merged_levels: Merged, tick: int, *, shared: bool) -> Book:
    """Both outcomes as one book."""
    book = Book(tick)
    book.replace(together(merged_levels.bids, shared=shared), together(merged_levels.asks, shared=shared))
    return book


def deeper(book: Book, bids: Grouped, asks: Grouped, step: int) -> Book:
    """A book with what a coarser one tells beyond it, to be looked at on rows of this height."""
    found = Book(book.tick)
    found.replace(_beyond(book.bids, bids, step, up=False), _beyond(book.asks, asks, step, up=True))
    # Rows are rounded away from the touch: where only one of them is told, it would look worse than it is.
    found.bid, found.ask = book.bid, book.ask
    return found


def _beyond(own: Levels, told: Grouped, step: int, *, up: bool) -> dict[int, int]:
    """Our own levels, and what is told beyond them; of a row in which they end, what is more than they are in it."""
    found = dict(own)
    if not own:
        return found
    last = max(own) if up else min(own)
    for low, high, size in _on_ours(told, step, up=up):
        if high <= last if up else low >= last:
            continue  # we know all of it
        is_beyond = low > last if up else high < last
        rest = size if is_beyond else size - sum([own[price] for price in own if low <= price <= high])
        if rest > 0:
            # The least that it may be worth: an ask told on a row may be one of any price down to the row below.
            found[low] = found.get(low, 0) + rest
    return found


def told_to(own: Levels, told: Grouped, step: int, *, up: bool) -> int:
    """The worst price up to which a side is told, by its own levels and by wider rows."""
    if up:
        return max([*own, *(high for _, high, _ in _on_ours(told, step, up=True))])
    return min([*own, *(low for low, _, _ in _on_ours(told, step, up=False))])


def _on_ours(told: Grouped, step: int, *, up: bool) -> Iterator[tuple[int, int, int]]:
    """The lowest and the highest price of each row that lies on one of ours, and its size: of others nobody knows on
    which of ours how much of it is.
    """
    to = ceil_to if up else floor_to
    for height, rows in told.items():
        for row, size in rows.items():
            low, high = (row - height + 1, row) if up else (row, row + height - 1)
            if to(low, step) == to(high, step):
                yield low, high, size


@lru_cache(maxsize=256)
def steps(tick: int, widest: int) -> tuple[int, ...]:
    """The row heights that a viewer may choose: the tick, then its round multiples (1, 2 and 5 of every ten)."""
    scale, found = 1, [tick]
    while scale <= widest:
        found += [scale * n for n in (1, 2, 5) if tick < scale * n <= widest and scale * n % tick == 0]
        scale *= 10
    return tuple(found)
