"""The demo account's hand: rests orders near the touch, takes, changes its mind; it is what the world sees of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from random import Random

from pmtui.core.units import ONE, Millis, Px, Qty
from pmtui.sim.account import demo_account
from pmtui.sim.engine import BUY, NO, OTHER, SELL, YES, Fact, Refused
from pmtui.sim.polymarket.ledger import Ledger
from pmtui.sim.polymarket.own import OwnOrder
from pmtui.sim.polymarket.world import Market, World

_HUNDREDTH = ONE // 100
_SIZES = (8, 10, 15, 20, 25, 30, 40, 60, 90)  # shares; the venue takes no fewer than 5
_LEAST = 5 * ONE
_OPENING = 10  # things that are done in quick succession, so that a newcomer sees an account that lives
_IN_A_ROW = (250, 900)  # ms between two of them
_WORKING = 9  # orders; with more, one is cancelled before another is given
_MINUTE = 60_000


def open_account(world: World, *, pace: float = 0, ledger: Ledger | None = None) -> Ledger:
    """Let the demo account live in a world: anew, or with the ledger that it had."""
    ledger = ledger or Ledger(demo_account(world.seed), seed=world.seed)
    world.guest = Trader(world, ledger, pace=pace)
    return ledger


class Trader:
    """What the world sees of the account; without a pace it only does what it is told to."""

    def __init__(self, world: World, ledger: Ledger, *, pace: float = 0) -> None:
        """`pace` is how many things it does a minute of its own accord."""
        self.world, self.ledger = world, ledger
        self._pace = pace
        self._random = Random(f"{world.seed}/trader")
        self._done = 0
        self._due = world.elapsed + self._wait()

    @property
    def next_due(self) -> float:
        """When, in milliseconds lived, there is something to do."""
        if self.ledger.is_waiting:
            return self.world.elapsed
        return min(self._due, self.ledger.next_due - self.world.epoch)

    def act(self, now: Millis, elapsed: int) -> Iterable[Market]:
        """Do what is due; gives the markets in which something was done."""
        self.ledger.turn(now)
        while self._due < elapsed + 1:
            self._do(now)
            self._done += 1
            self._due += self._wait()
        return self.ledger.take_touched()

    def witness(self, at: Millis, market: Market, facts: Sequence[Fact]) -> None:
        """Learn what happened in a market."""
        self.ledger.witness(at, market, facts)

    def _wait(self) -> float:
        if not self._pace:
            return math.inf
        if self._done < _OPENING:
            return min(self._random.uniform(*_IN_A_ROW), _MINUTE / self._pace)
        return self._random.uniform(0.5, 1.5) * _MINUTE / self._pace

    def _do(self, now: Millis) -> None:
        if not (markets := [market for market in self.world.markets if _is_lively(market)]):
            return
        market = self._random.choices(markets, [market.listing.character.weight for market in markets])[0]
        working = self.ledger.open_orders
        dice = self._random.randrange(100)
        if len(working) >= _WORKING or (dice < 20 and len(working) > _WORKING // 2):
            self._drop(now, working)
        elif dice < 70:
            self._rest(now, market)
        else:
            self._take(now, market)

    def _drop(self, now: Millis, working: Sequence[OwnOrder]) -> None:
        """Take back the order that is farthest from where it could trade."""
        self.ledger.cancel(now, max(working, key=_distance).id)

    def _rest(self, now: Millis, market: Market) -> None:
        """Join a touch or stand a little behind it, or before it where there is room."""
        engine, side = market.engine, self._random.choice((BUY, SELL))
        best, against = engine.side(side).best, engine.side(OTHER[side]).best
        assert best is not None
        assert against is not None
        ticks = self._random.choice((0, 0, 0, 1, 2, 3, -1 if abs(against - best) > engine.tick else 0))
        price = Px(best - ticks * engine.tick if side == BUY else best + ticks * engine.tick)
        size = self._size()
        if self._random.randrange(4) == 0:
            # "At least three minutes ahead, ends one minute early."
            expires = now // 1_000 + self._random.randrange(180, 300)
            self._give(now, market, side, price, size, "GTD", expires)
            return
        self._give(now, market, side, price, size, "GTC")
        if self._random.randrange(3) == 0:
            # A second one behind it at the same price: one trade may then fill both.
            self._give(now, market, side, price, size, "GTC")

    def _take(self, now: Millis, market: Market) -> None:
        """Trade at once, now and then through several levels."""
        side = self._random.choice((BUY, SELL))
        book = market.engine.side(OTHER[side])
        sweep = self._random.randrange(6) == 0
        size = Qty(min(book.total(book.price(0)), 200 * ONE) + 20 * ONE) if sweep else self._size()
        limit = book.price(1 if sweep else 0)
        self._give(now, market, side, limit, size, self._random.choice(("GTC", "FAK", "FAK", "FOK")))

    def _give(self, now: Millis, market: Market, side: str, price: Px, size: Qty, kind: str, expires: int = 0) -> None:
        """Give an order that is thought of in YES: sell what is held of one token, or buy the other."""
        sold = YES if side == SELL else NO
        held = self.ledger.sellable(market.listing.tokens[sold])
        sells = held >= _LEAST and self._random.randrange(3) > 0
        outcome, size = (sold, Qty(min(size, held))) if sells else (1 - sold, size)
        told_side, told_price = (side, price) if outcome == YES else (OTHER[side], Px(ONE - price))
        if not 0 < price < ONE or (told_side == BUY and told_price * size // ONE > self._spendable()):
            return
        try:
            self.ledger.place(now, market, told_side, told_price, size, outcome=outcome, kind=kind, expires=expires)
        except Refused:
            return  # it would have met an order of our own

    def _spendable(self) -> int:
        bound = sum(order.price * order.left // ONE for order in self.ledger.open_orders if order.side == BUY)
        return self.ledger.cash - bound

    def _size(self) -> Qty:
        hundredths = self._random.choice((0, 0, self._random.randrange(100)))
        return Qty((self._random.choice(_SIZES) * 100 + hundredths) * _HUNDREDTH)


def _is_lively(market: Market) -> bool:
    """Whether somebody would trade with us: two sides with some levels, and people who come by."""
    engine = market.engine
    return not market.closed and market.listing.character.every is None and min(len(engine.bids), len(engine.asks)) > 2


def _distance(order: OwnOrder) -> int:
    """How many ticks an order stands behind the best of its side."""
    engine = order.market.engine
    best = engine.side(order.book_side).best
    return 0 if best is None else abs(best - order.book_price) // engine.tick
