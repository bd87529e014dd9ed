"""Hyperliquid's texts for prices, sizes, sides and times, read exactly, and the tick that follows from a price."""

from __future__ import annotations

import math
from collections.abc import Iterable

from pmtui.core.events import Side
from pmtui.core.tuples import NamedTuple
from pmtui.core.units import DECIMALS, ONE, Millis, NotANumber, Px, Reader, billionths
from pmtui.venues.hyperliquid.names import is_outcome, is_spot

SIZES = Reader(billionths)
TAKERS = {"B": Side.BUY, "A": Side.SELL}
"""B: the taker bought; A: the taker sold."""

FIGURES = 5
"""Prices have at most so many significant figures."""
PERP_DECIMALS, SPOT_DECIMALS = 6, 8
"""A price and a size have at most so many decimals together."""
EARLIEST, LATEST = 1_400_000_000_000, 4_000_000_000_000
_OUTCOME_TICK = ONE // 1_000
_NO_CEILING = ONE**3
_CALM = 2
"""So many of its own ticks beyond a border a wider tick begins."""


def _price(text: object) -> int:
    price = billionths(text)
    if not price:
        raise NotANumber("a price of nothing")
    return price


def _share(text: object) -> int:
    price = billionths(text)
    if not 0 < price < ONE:
        raise NotANumber(f"{text!r} is not a price between 0 and 1")
    return price


def _amount(text: object) -> int:
    if not (size := billionths(text)):
        raise NotANumber("a size of nothing")
    return size


AMOUNTS = Reader(_amount)
"""Sizes of what must be there."""
PRICES = Reader(_price)
SHARES = Reader(_share)
"""Prices of outcomes."""


def ceiling_of(coin: str) -> int:
    """What no price of a coin reaches: that of certainty for outcomes, none for others."""
    return ONE if is_outcome(coin) else _NO_CEILING


def prices_of(coin: str) -> Reader[int]:
    """The reader of a coin's prices."""
    return SHARES if is_outcome(coin) else PRICES


def decimals(symbol: str, size_decimals: int) -> int:
    """How many decimals a coin's prices may have, from those of its sizes."""
    return max(0, (SPOT_DECIMALS if is_spot(symbol) else PERP_DECIMALS) - size_decimals)


def tick_of(price: int, most_decimals: int = DECIMALS) -> Px:
    """The tick at a price: five significant figures, never more decimals than the coin has; integers always count."""
    figures = 10 ** max(0, len(str(price)) - FIGURES)
    return Px(min(ONE, max(figures, 10 ** (DECIMALS - most_decimals))))


def next_tick(tick: int, low: int, most_decimals: int) -> Px:
    """The tick of a book whose lower touch is `low`: finer at once, coarser only when it is well beyond the border."""
    wanted = tick_of(low, most_decimals)
    if tick and wanted > tick:
        # A touch that goes to and fro at 9.9999 and 10.000 must not make the grid do so, too.
        return Px(max(tick, tick_of(low - _CALM * wanted, most_decimals)))
    return wanted


def finest(prices: Iterable[int]) -> int:
    """The widest power of ten that all of these are multiples of: what a coin's tick must be at least as fine as."""
    step, found = math.gcd(*prices), 1
    while step and step % (found * 10) == 0:
        found *= 10
    return found


def outcome_tick(tick: int, prices: Iterable[int]) -> Px:
    """Outcomes trade in thousandths; a finer price that is seen all the same counts from then on."""
    return Px(min(tick or _OUTCOME_TICK, finest(prices) or _OUTCOME_TICK))


class Group(NamedTuple):
    """How the venue is asked to group a book: by significant figures, and by 2 or 5 in the last of five."""

    figures: int
    mantissa: int = 1

    def step(self, price: int) -> Px:
        """The height of its rows at a price."""
        return Px(10 ** max(0, len(str(price)) - self.figures) * self.mantissa)


_GROUPS = (Group(2), Group(3), Group(4), Group(5, 5), Group(5, 2))


def group_of(price: int, step: int) -> Group | None:
    """The widest grouping whose rows make up rows of this height; None where the ungrouped book is as good."""
    fits = (each for each in _GROUPS if step % each.step(price) == 0 and each.step(price) > tick_of(price))
    return next(fits, None) if price else None


def sent_at(sent: object) -> Millis:
    """Unix milliseconds, 0 when the venue's number makes no sense as such."""
    if isinstance(sent, str):
        sent = int(sent) if len(sent) <= 20 and sent.isascii() and sent.isdecimal() else 0
    return Millis(sent) if isinstance(sent, int) and EARLIEST < sent < LATEST else Millis(0)
