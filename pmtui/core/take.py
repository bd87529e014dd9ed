"""What taking from a book would cost: exact sums over its levels, best first."""

from __future__ import annotations

from pmtui.core.book import Book
from pmtui.core.events import NO_ASK, NO_BID
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import ONE, NotANumber, Qty, ceil_to, floor_to, qty

MOST_DIGITS = 9
"""How many digits a typed size may have."""
UNITS = {"k": 1_000, "m": 1_000_000}
"""What a typed size may end with."""


class Take(NamedTuple):
    """An order that takes at once, as far as the book goes; `cost` is price times size, what a seller gets."""

    buy: bool
    size: int
    filled: int
    cost: int
    worst: int
    levels: int

    @property
    def missing(self) -> int:
        """What the book is too thin for."""
        return self.size - self.filled

    def average(self, grain: int = 1) -> int:
        """The price of a share in whole grains, never flatter than the truth: a buyer's up, a seller's down."""
        return self._average(grain, up=self.buy)

    def bound(self, grain: int = 1) -> int:
        """What the average would be at the least for a buyer, at the most for a seller, if the book went on."""
        return self._average(grain, up=not self.buy)

    def _average(self, grain: int, *, up: bool) -> int:
        if not self.filled:
            return 0
        if up:
            return ceil_to(-(-self.cost // self.filled), grain)
        return floor_to(self.cost // self.filled, grain)


class Depth(NamedTuple):
    """Size and money near each touch; money is price times size, exact."""

    bid: int
    bid_money: int
    ask: int
    ask_money: int


Level = tuple[int, int]
"""A price and its size."""


def take(book: Book, size: int, *, buy: bool) -> Take:
    """Take `size` shares from the best levels on; what is not there stays missing."""
    bids, asks = book.prices()
    prices, sizes = (asks, book.asks) if buy else (bids, book.bids)
    left, cost, worst, levels = size, 0, 0, 0
    for price in prices:
        if not left:
            break
        part = min(left, sizes[price])
        left -= part
        cost += price * part
        worst = price
        levels += 1
    return Take(buy, size, size - left, cost, worst, levels)


def depth(book: Book, within: int) -> Depth:
    """What rests no further than `within` from the best price of its own side, that distance included.

    Each side is measured from its own touch, so a wide spread does not make a book look thin.
    """
    bids, asks = book.prices()
    bid = bid_money = ask = ask_money = 0
    for price in bids:
        if price < book.bid - within:
            break
        size = book.bids[price]
        bid += size
        bid_money += price * size
    for price in asks:
        if price > book.ask + within:
            break
        size = book.asks[price]
        ask += size
        ask_money += price * size
    return Depth(bid, bid_money, ask, ask_money)


def fair_size(mid: int, worth: int) -> Qty:
    """A round size that costs about so much money (in billionths) at this price: 1, 2 or 5 with zeros."""
    wanted = max(1, worth * ONE // max(1, mid))
    scale = 10 ** (len(str(wanted)) - 1)
    return Qty(max(each * scale for each in (1, 2, 5) if each * scale <= wanted))


def largest(book: Book) -> tuple[Level, Level]:
    """The largest level of each side, of equal ones the best; no price and no size for an empty side."""
    bids, asks = book.prices()
    return _largest(bids, book.bids, NO_BID), _largest(asks, book.asks, NO_ASK)


def _largest(prices: tuple[int, ...], sizes: dict[int, int], nowhere: int) -> Level:
    most = max(sizes.values(), default=0)
    return next(((price, most) for price in prices if sizes[price] == most), (nowhere, 0))


def typed_size(text: str) -> Qty | None:
    """The size that a user typed, `250`, `0.5`, `2.5k` or `1m`; None for nothing and for what is no size."""
    times = UNITS.get(text[-1:], 1)
    number = text[:-1] if times > 1 else text
    if number.startswith("."):
        number = f"0{number}"
    try:
        size = qty(number.removesuffix("."))
    except NotANumber:
        return None
    return Qty(size * times) or None
