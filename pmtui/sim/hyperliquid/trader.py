"""The demo account's hand: rests orders near the touch, takes, changes its mind; it is what the world sees of it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from random import Random

from pmtui.core.units import ONE, Millis, Px, Qty, floor_to
from pmtui.sim.account import hash_of
from pmtui.sim.engine import BUY, NO, OTHER, SELL, YES, Fact, Refused
from pmtui.sim.hyperliquid.ledger import ALO, GTC, IOC, Ledger, OwnOrder
from pmtui.sim.hyperliquid.world import Market, World

_VALUES = (60, 120, 150, 300, 500, 900, 1_500)  # dollars
_OPENING = 12  # things that are done in quick succession, so that a newcomer sees an account that lives
_IN_A_ROW = (200, 700)  # ms between two of them
_WORKING = 10  # orders; with more, one is cancelled before another is given
_MINUTE = 60_000
_ID_LENGTH = 34


def open_account(world: World, *, pace: float = 0) -> Ledger:
    """Let the demo account live in a world; `pace` is how many things it does a minute of its own accord."""
    ledger = Ledger(world)
    world.guest = Trader(world, ledger, pace=pace)
    return ledger


class Trader:
    """What the world sees of the account; without a pace it only does what it is told to."""

    def __init__(self, world: World, ledger: Ledger, *, pace: float = 0) -> None:
        self._world, self._ledger = world, ledger
        self._pace = pace
        self._random = Random(f"{world.seed}/hyperliquid/trader")
        self._done = 0
        self._due = world.elapsed + self._wait()

    def act(self, now: Millis, elapsed: int) -> Iterable[Market]:
        """Do what is due; gives the markets in which something was done."""
        while self._due < elapsed + 1:
            self._do(now)
            self._done += 1
            self._due += self._wait()
        return self._ledger.take_touched()

    def witness(self, at: Millis, market: Market, facts: Sequence[Fact]) -> None:
        """Learn what happened in a market."""
        self._ledger.witness(at, market, facts)

    def wallet(self, market: Market, order: int) -> str | None:
        """Whose an order is, if it is the account's."""
        return self._ledger.wallet(market, order)

    def _wait(self) -> float:
        if not self._pace:
            return math.inf
        if self._done < _OPENING:
            return min(self._random.uniform(*_IN_A_ROW), _MINUTE / self._pace)
        return self._random.uniform(0.5, 1.5) * _MINUTE / self._pace

    def _do(self, now: Millis) -> None:
        markets = [market for market in self._world.markets if self._is_lively(market)]
        if not markets:
            return
        market = self._random.choices(markets, [market.coin.character.weight for market in markets])[0]
        working = self._ledger.open_orders
        dice = self._random.randrange(100)
        if len(working) >= _WORKING or (dice < 20 and len(working) > _WORKING // 2):
            self._ledger.cancel(now, max(working, key=_distance).id)
        elif dice < 65:
            self._rest(now, market)
        else:
            self._take(now, market)

    def _rest(self, now: Millis, market: Market) -> None:
        """Join a touch or stand some levels behind it."""
        side = self._random.choice((BUY, SELL))
        book = market.engine.side(side)
        price = book.price(self._random.choice((0, 0, 0, 1, 2, min(4, len(book) - 1))))
        self._give(now, market, side, price, self._random.choice((GTC, GTC, ALO)))

    def _take(self, now: Millis, market: Market) -> None:
        """Trade at once, now and then through several levels."""
        side = self._random.choice((BUY, SELL))
        book = market.engine.side(OTHER[side])
        sweep = self._random.randrange(5) == 0
        self._give(now, market, side, book.price(2 if sweep else 0), self._random.choice((GTC, IOC, IOC)), sweep=sweep)

    def _give(self, now: Millis, market: Market, side: str, price: Px, tif: str, *, sweep: bool = False) -> None:
        """Give an order that is thought of in the first outcome; only a perp can be sold without holding it."""
        coin, outcome = market.coin, YES
        size = self._size(market, price, sweep=sweep)
        if side == SELL and coin.kind != "perp":
            held = self._ledger.free_of(coin.name)
            if coin.kind == "outcome" and held < size:
                side, outcome, price = BUY, NO, Px(ONE - price)
            else:
                size = Qty(min(size, floor_to(held, coin.character.grain)))
        if side == BUY and coin.kind != "perp":
            size = Qty(min(size, floor_to(max(self._ledger.free_spot, 0) * ONE // price, coin.character.grain)))
        client_id = None
        if self._random.randrange(3) == 0:
            client_id = hash_of("client", self._world.seed, self._done)[:_ID_LENGTH]
        try:
            self._ledger.place(now, market, side, price, size, outcome=outcome, tif=tif, client_id=client_id)
        except Refused:
            return  # too small, or it would have met an order of our own

    def _size(self, market: Market, price: Px, *, sweep: bool) -> Qty:
        dollars = self._random.choice(_VALUES) * (4 if sweep else 1)
        grain = market.coin.character.grain
        return Qty(floor_to(dollars * ONE * ONE // price, grain))

    def _is_lively(self, market: Market) -> bool:
        """Whether somebody would trade with us: two sides with some levels, and people who come by."""
        engine, character = market.engine, market.coin.character
        return self._world.is_listed(market) and character.every is None and min(len(engine.bids), len(engine.asks)) > 4


def _distance(order: OwnOrder) -> float:
    """How far an order stands behind the best of its side, as a share of the price."""
    best = order.market.engine.side(order.book_side).best
    return 0 if best is None else abs(best - order.book_price) / best
