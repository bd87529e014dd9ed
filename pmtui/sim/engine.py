"""A price-time matching engine for one market: a binary one, whose two outcomes share one book, or a plain one.

Everything inside a binary market is in terms of the first outcome (YES): buying NO at *p* is selling YES at *1 - p*.
So the two books that the world sees mirror each other exactly, because there is only one. A plain market (a coin, a
perpetual future) has the first outcome only, and no price is too high for it.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pmtui.core.units import ONE, Millis, Px, Qty

YES, NO = 0, 1
BUY, SELL = "BUY", "SELL"
OTHER = {BUY: SELL, SELL: BUY}


class Level(NamedTuple):
    """The new total size of one price level, in terms of YES; size 0 means the level is gone."""

    side: str
    price: Px
    size: Qty


class Made(NamedTuple):
    """What one resting order gave to a trade."""

    order: int
    size: Qty


class Trade(NamedTuple):
    """A taker's trade at one price level, in terms of the token and the side that the taker chose."""

    outcome: int
    side: str
    price: Px
    size: Qty
    taker: int
    makers: tuple[Made, ...]


class TickChanged(NamedTuple):
    """The grid of allowed prices is another one."""

    old: Px
    new: Px


class Resolved(NamedTuple):
    """The market is over."""

    winner: int


class Gone(NamedTuple):
    """An order that has an owner left the book before it was used up."""

    order: int


Fact = Level | Trade | TickChanged | Resolved | Gone


@dataclass(slots=True)
class Order:
    """An order that rests in the book, in terms of YES."""

    id: int
    side: str
    price: Px
    size: Qty
    at: Millis
    owner: str = ""
    """Whose it is; the crowd's orders are nobody's."""


class Refused(ValueError):
    """The order cannot be accepted."""


class Side:
    """One side of the book: levels from worst to best, orders inside a level from oldest to newest."""

    def __init__(self, side: str) -> None:
        self.side = side
        self._sign = 1 if side == BUY else -1
        self._keys: list[int] = []  # signed prices, so that the best is always the last
        self._queues: dict[int, dict[int, Order]] = {}
        self._totals: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._keys)

    def __iter__(self) -> Iterator[tuple[Px, Qty]]:
        """Levels from worst to best, which is how the venue writes them."""
        for key in self._keys:
            yield Px(key * self._sign), Qty(self._totals[key])

    @property
    def best(self) -> Px | None:
        return Px(self._keys[-1] * self._sign) if self._keys else None

    def price(self, rank: int) -> Px:
        """The price of the level that is `rank` places behind the best."""
        return Px(self._keys[-1 - rank] * self._sign)

    def total(self, price: Px) -> Qty:
        return Qty(self._totals.get(price * self._sign, 0))

    def count(self, price: Px) -> int:
        """How many orders make up a level."""
        return len(self._queues.get(price * self._sign, ()))

    def queue(self, price: Px) -> list[Order]:
        """The orders at a price, oldest first."""
        return list(self._queues.get(price * self._sign, {}).values())

    def reaches(self, price: Px | None) -> bool:
        """Whether the best level would trade with an order of the other side at `price` (None: at any)."""
        return bool(self._keys) and (price is None or self._keys[-1] >= price * self._sign)

    def add(self, order: Order) -> None:
        key = order.price * self._sign
        if key not in self._queues:
            self._keys.insert(bisect_left(self._keys, key), key)
            self._queues[key] = {}
            self._totals[key] = 0
        self._queues[key][order.id] = order
        self._totals[key] += order.size

    def reduce(self, order: Order, size: Qty) -> None:
        """Take `size` away from an order; one that is used up leaves, and the last one takes its level along."""
        key = order.price * self._sign
        order.size = Qty(order.size - size)
        self._totals[key] -= size
        if order.size:
            return
        del self._queues[key][order.id]
        if not self._queues[key]:
            del self._queues[key], self._totals[key]
            del self._keys[bisect_left(self._keys, key)]


class Engine:
    """One market's book and its rules; every change is a fact that waits in line until drained."""

    def __init__(self, tick: Px, at: Millis, *, grid: Callable[[Px], Px] | None = None, is_paired: bool = True) -> None:
        """A `grid` gives the tick at a price, where that depends on the price; then `tick` is the one to begin with."""
        self.tick = tick
        self.is_paired = is_paired
        """Whether there is a second outcome, so that prices stay below the price of certainty."""
        self._grid = grid
        self.at = at
        """When the book last changed."""
        self.bids, self.asks = Side(BUY), Side(SELL)
        self.orders: dict[int, Order] = {}
        self.last_trade: Trade | None = None
        self.volume = Qty(0)
        self.turnover = 0
        """What takers paid or got for it."""
        self.winner: int | None = None
        self._facts: list[Fact] = []
        self._next_order = 1

    @property
    def quoted(self) -> bool:
        """Whether any order was ever accepted; the venue marks a book that never had one."""
        return self._next_order > 1

    def side(self, side: str) -> Side:
        return self.bids if side == BUY else self.asks

    def tick_at(self, price: Px) -> Px:
        """The distance between the allowed prices around `price`."""
        return self.tick if self._grid is None else self._grid(price)

    def allows(self, price: Px) -> bool:
        """Whether an order may have this price."""
        return price > 0 and (price < ONE or not self.is_paired) and price % self.tick_at(price) == 0

    def drain(self) -> list[Fact]:
        """The facts since the last time, oldest first."""
        facts, self._facts = self._facts, []
        return facts

    def levels(self, outcome: int) -> tuple[list[tuple[Px, Qty]], list[tuple[Px, Qty]]]:
        """The bids and the asks of one outcome's token, each from worst to best."""
        if outcome == YES:
            return list(self.bids), list(self.asks)
        return _mirrored(self.asks), _mirrored(self.bids)

    def place(
        self,
        at: Millis,
        side: str,
        price: Px | None,
        size: Qty,
        *,
        outcome: int = YES,
        rests: bool = True,
        owner: str = "",
    ) -> int:
        """Match an order, let the remainder rest if it may, and give its id; no price means a market order."""
        if self.winner is not None:
            raise Refused("the market is resolved")
        if size <= 0:
            raise Refused(f"size {size} is not above 0")
        if price is not None and not self.allows(price):
            raise Refused(f"price {price} is off the grid of {self.tick_at(price)}")
        if outcome == NO and not self.is_paired:
            raise Refused("the market has one outcome only")
        if price is None and rests:
            raise Refused("a market order cannot rest")
        if outcome == NO:
            side, price = OTHER[side], None if price is None else Px(ONE - price)
        order = self._next_order
        self._next_order += 1
        left = self._match(at, order, side, price, size, outcome)
        if left and rests and price is not None:
            self.orders[order] = Order(order, side, price, left, at, owner)
            self.side(side).add(self.orders[order])
            self._changed(at, side, price)
        return order

    def cancel(self, at: Millis, order: int) -> bool:
        """Take an order out of the book; False if it is not there any more."""
        if (found := self.orders.pop(order, None)) is None:
            return False
        self.side(found.side).reduce(found, found.size)
        self._changed(at, found.side, found.price)
        if found.owner:
            self._facts.append(Gone(order))
        return True

    def retick(self, at: Millis, tick: Px) -> None:
        """Change the grid; orders that do not fit the new one are cancelled."""
        if tick == self.tick:
            return
        for order in [order for order in self.orders.values() if order.price % tick]:
            self.cancel(at, order.id)
        self._facts.append(TickChanged(self.tick, tick))
        self.tick, self.at = tick, at

    def clear(self, at: Millis) -> None:
        """Cancel everything, level by level."""
        for order in list(self.orders):
            self.cancel(at, order)

    def resolve(self, at: Millis, winner: int) -> None:
        """End the market; the books must be empty by then, as the venue's are."""
        if self.orders:
            raise Refused("orders still rest in the book")
        self.winner, self.at = winner, at
        self._facts.append(Resolved(winner))

    def _match(self, at: Millis, taker: int, side: str, limit: Px | None, size: Qty, outcome: int) -> Qty:
        """Trade against the other side, best level first, and give what is left of `size`."""
        book = self.side(OTHER[side])
        while size and book.reaches(limit):
            price = book.price(0)
            makers = []
            for maker in book.queue(price):
                part = Qty(min(size, maker.size))
                makers.append(Made(maker.id, part))
                book.reduce(maker, part)
                if not maker.size:
                    del self.orders[maker.id]
                size = Qty(size - part)
                if not size:
                    break
            traded = Qty(sum(made.size for made in makers))
            self.volume = Qty(self.volume + traded)
            self._changed(at, book.side, price)
            told_side, told_price = (side, price) if outcome == YES else (OTHER[side], Px(ONE - price))
            self.turnover += told_price * traded // ONE
            # The venue keeps one last price for both tokens: the one its taker saw, not the complement.
            self.last_trade = Trade(outcome, told_side, told_price, traded, taker, tuple(makers))
            self._facts.append(self.last_trade)
        return size

    def _changed(self, at: Millis, side: str, price: Px) -> None:
        self.at = at
        self._facts.append(Level(side, price, self.side(side).total(price)))


def _mirrored(side: Side) -> list[tuple[Px, Qty]]:
    return [(Px(ONE - price), size) for price, size in side]
