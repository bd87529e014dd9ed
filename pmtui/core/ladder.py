"""A book as rows on a price axis that holds still: pure, the same rows for the same book and axis.

An axis is a run of prices, one step a row, highest on top. When the spread is too wide for the screen the
axis folds: a part around the ask, one row for what lies between, a part around the bid.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum
from itertools import repeat
from operator import mod

from pmtui.core.book import Book
from pmtui.core.depth import grouped
from pmtui.core.events import NO_ASK, NO_BID
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import ONE, ceil_to, floor_to

NO_ROW = -1
"""Where the best bid stands when there is none: bids below the first step stand on row 0, a row like any other."""


class Mode(Enum):
    """How rows follow the market."""

    STATIC = "static"
    FOLLOW = "follow"
    LEVELS = "levels"


def _outside(height: int) -> int:
    """How many rows beyond each touch an axis must show, or it folds."""
    return min(3, height // 4)


class Rung(NamedTuple):
    """One row: a price and what rests there. `touch` is `b` or `a` at the best prices, `i` inside the spread."""

    price: int
    bid: int
    ask: int
    touch: str = ""


class Fold(NamedTuple):
    """One row that stands for all the prices between the touches: the best prices themselves, whatever rows group."""

    low: int
    high: int
    ticks: int


Row = Rung | Fold | None


class Axis(NamedTuple):
    """The prices of a screen of rows; `upper` is the price of the first row, `lower` of the first row below a fold."""

    upper: int
    step: int
    height: int
    lower: int = 0
    fold: int = -1
    """The row that is folded, -1 for none."""
    held: bool = False
    """The viewer scrolled here: the axis stays as long as both touches are in sight."""

    def prices(self) -> list[int]:
        """The price of each row from the top; -1 for the folded row."""
        step, upper = self.step, self.upper
        if self.fold < 0:
            return [upper - step * y for y in range(self.height)]
        below = self.height - self.fold - 1
        return [
            *(upper - step * y for y in range(self.fold)),
            -1,
            *(self.lower - step * y for y in range(below)),
        ]

    def row(self, price: int) -> int:
        """The row of a price on the step grid, which may lie off the screen."""
        if self.fold >= 0 and price <= self.lower:
            return self.fold + 1 + (self.lower - price) // self.step
        return (self.upper - price) // self.step


def touches(book: Book, step: int) -> tuple[int, int]:
    """Best bid and ask on the step grid: bids group downwards, asks upwards."""
    bid = floor_to(book.bid, step) if book.bid != NO_BID else NO_ROW
    ask = ceil_to(book.ask, step) if book.ask != NO_ASK else NO_ASK
    return bid, ask


def row_at(book: Book, price: int, step: int) -> int:
    """The row on which a price is looked for: the bids' below it up to the best bid, the asks' above it beyond."""
    return floor_to(price, step) if price <= book.bid else ceil_to(price, step)


def settle(axis: Axis | None, book: Book, step: int, height: int, mode: Mode = Mode.STATIC) -> Axis:
    """The same axis while both touches stand where they are easy to find, else one with the touches in the middle."""
    bid, ask = touches(book, step)
    fits = axis is not None and axis.step == step and axis.height == height
    if axis is not None and fits and mode is Mode.STATIC and _comfortable(axis, bid, ask):
        return axis
    return centred(bid, ask, step, height, around=_middle(axis) if axis else ONE // 2)


def _middle(axis: Axis) -> int:
    return axis.upper - axis.step * (axis.height // 2) if axis.fold < 0 else (axis.upper + axis.lower) // 2


def centred(bid: int, ask: int, step: int, height: int, *, around: int) -> Axis:
    """An axis with the touches in its middle; `around` is where an empty book is shown."""
    if bid == NO_ROW and ask == NO_ASK:
        return Axis(floor_to(around, step) + step * (height // 2), step, height)
    if bid == NO_ROW or ask == NO_ASK:
        only = ask if bid == NO_ROW else bid
        return Axis(only + step * (height // 2), step, height)
    spread = (ask - bid) // step
    if spread + 1 + 2 * _outside(height) <= height:
        above = (height - (spread + 1)) // 2
        return Axis(ask + step * above, step, height)
    fold = height // 2
    return Axis(ask + step * (fold - 1 - fold // 3), step, height, bid + step * ((height - fold - 1) // 3), fold)


def _comfortable(axis: Axis, bid: int, ask: int) -> bool:
    height, step = axis.height, axis.step
    if bid == NO_ROW and ask == NO_ASK:
        return True
    if bid == NO_ROW or ask == NO_ASK:
        return axis.fold < 0 and height // 3 <= axis.row(ask if bid == NO_ROW else bid) < height - height // 3
    free = height - (ask - bid) // step - 1
    if axis.fold < 0:
        # Touches too far apart for the middle third may go as far from where they were centred as others may.
        margin = 1 if axis.held else min(height // 3, max(1, free // 2 - height // 6))
        return margin <= axis.row(ask) and axis.row(bid) < height - margin
    if free >= 2 * _outside(height) + height // 4:
        return False  # there is room for all of it, and would be if it grew again
    low, high = (axis.upper - ask) // step, (axis.lower - bid) // step
    return 1 <= low < axis.fold and axis.lower < ask and 0 <= high < height - axis.fold - 2 and bid <= axis.lower


def scrolled(axis: Axis, book: Book, rows: int) -> Axis:
    """The axis moved up by so many rows, as far as both touches stay in sight."""
    bid, ask = touches(book, axis.step)
    if axis.fold >= 0 or (bid == NO_ROW and ask == NO_ASK):
        return axis
    high, low = ask if ask != NO_ASK else bid, bid if bid != NO_ROW else ask
    most = axis.height - 2 - axis.row(low)
    least = 1 - axis.row(high)
    moved = max(min(rows, most), least)
    return axis._replace(upper=axis.upper + moved * axis.step, held=True) if moved * rows > 0 else axis


def levels_only(book: Book, step: int, height: int) -> list[Row]:
    """The rows of a book without its empty prices, the touches in the middle."""
    bids, asks = sides(book, step)
    up, down = sorted(asks), sorted(bids, reverse=True)
    above = min(len(up), max(height // 2, height - len(down)))
    bid, ask = touches(book, step)
    shown = [*reversed(up[:above]), *down[: height - above]]
    # What is crossed stands on two rows, and neither is in the other's place.
    rows: list[Row] = [
        Rung(price, 0 if n < above else bids[price], asks[price] if n < above else 0, _touch(price, bid, ask))
        for n, price in enumerate(shown)
    ]
    blank = max(0, height // 2 - above)
    return [*[None] * blank, *rows][:height]


def sides(book: Book, step: int) -> tuple[dict[int, int], dict[int, int]]:
    """Levels on rows of this height: bids group downwards, asks upwards, so that no side looks better than it is."""
    # Where the tick follows the price, deep levels may lie on the finer grid of a lower price.
    if step == book.tick and on_grid(step, book.bids, book.asks):
        return book.bids, book.asks
    return grouped(book.bids, step, up=False), grouped(book.asks, step, up=True)


def on_grid(step: int, *sides: Iterable[int]) -> bool:
    """Whether all these prices have rows of their own."""
    return not any(any(map(mod, side, repeat(step))) for side in sides)


def project(book: Book, axis: Axis, *, ceiling: int = ONE, also: Collection[int] = ()) -> list[Row]:
    """The rows of a book on an axis; rows beyond the venue's price range are blank.

    At its very ends, where no order can be, stand the bids and asks that wide rows group there; `also` are rows of
    which something else is told.
    """
    step = axis.step
    bids, asks = sides(book, step)
    bid, ask = touches(book, step)
    touch = {price: "i" for price in axis.prices() if bid < price < ask} if bid > NO_ROW and ask < NO_ASK else {}
    touch[ask] = "a"
    touch[bid] = "b"
    rung, top = Rung._make, ceiling or NO_ASK
    rows: list[Row] = [
        rung((price, bids.get(price, 0), asks.get(price, 0), touch.get(price, "")))
        if 0 < price < top or price in bids or price in asks or price in also
        else None
        for price in axis.prices()
    ]
    if axis.fold >= 0:
        rows[axis.fold] = Fold(book.bid, book.ask, (book.ask - book.bid) // (book.tick or step))
    return rows


def has_row(book: Book, price: int, step: int, ceiling: int) -> bool:
    """Whether a price of the step grid has a row: those at both ends of the range only where something is on them."""
    if 0 < price < (ceiling or NO_ASK):
        return True
    bids, asks = sides(book, step)
    return price in bids or price in asks


def _touch(price: int, bid: int, ask: int) -> str:
    if price == bid:
        return "b"
    if price == ask:
        return "a"
    return "i" if NO_ROW < bid < price < ask < NO_ASK else ""


def full_bar(rows: list[Row]) -> int:
    """The size that fills a bar: steady while sizes flicker, and not spoilt by one giant order."""
    sizes = sorted(size for row in rows if isinstance(row, Rung) for size in (row.bid, row.ask) if size)
    if not sizes:
        return ONE
    wanted = min(sizes[-1], 2 * sizes[(len(sizes) - 1) * 3 // 4])
    scale = 1
    while scale * 10 <= wanted:
        scale *= 10
    return next(scale * n for n in (1, 2, 3, 5, 7, 10) if scale * n >= wanted)
