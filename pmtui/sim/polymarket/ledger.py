"""The demo account's orders and trades from their first moment to their last: pure, by wire time, from a seed.

The engine matches; the ledger hears of it through the engine's facts, knows which part is the account's, and lets
every trade settle over some seconds. What it tells is frozen the moment it happens.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random

from pmtui.core.units import ONE, Millis, Px, Qty
from pmtui.sim.account import Account, hash_of, uuid_of
from pmtui.sim.engine import BUY, OTHER, SELL, YES, Fact, Gone, Made, Refused, Trade
from pmtui.sim.polymarket import strangers
from pmtui.sim.polymarket.own import (
    CANCELED,
    CANCELLATION,
    INVALID,
    KILLED,
    MAKER,
    MARKET_RESOLVED,
    PLACEMENT,
    TAKER,
    UPDATE,
    Fill,
    OrderTold,
    OwnOrder,
    OwnTrade,
    Part,
    Told,
    TradeTold,
)
from pmtui.sim.polymarket.settlement import CONFIRMED, FAILED, MATCHED, MAY_FOLLOW, MINED, wait, way
from pmtui.sim.polymarket.wire import transaction
from pmtui.sim.polymarket.world import Market

TradeKey = tuple[str, int]
"""Its id and its bucket."""

OPENING_CASH = 10_000 * ONE

_GTD_ENDS_EARLY = 60_000  # ms: "ends one minute early"


class Ledger:
    """All that the account ever ordered and traded."""

    def __init__(self, account: Account, *, seed: int, troubled: int = 80) -> None:
        self.account = account
        self.orders: dict[str, OwnOrder] = {}
        self.trades: dict[TradeKey, OwnTrade] = {}
        self._troubled = troubled  # of 1,000 trades, how many do not settle smoothly
        self._seed = seed
        self._random = Random(f"{seed}/ledger")
        self._open: defaultdict[Market, dict[int, str]] = defaultdict(dict)  # ids by the engine's numbers
        self._short: dict[str, Qty] = {}  # what orders that may not rest will not get
        self._taken_back: set[str] = set()  # orders that the account ends itself; others the venue takes away
        self._told: list[Told] = []
        self._touched: dict[Market, None] = {}
        self._cash = OPENING_CASH
        self._held: defaultdict[str, int] = defaultdict(int)
        self._settled: defaultdict[str, int] = defaultdict(int)  # bought and confirmed, less what was sold
        self._later: list[tuple[Millis, int, Callable[[Millis], None]]] = []
        self._serial = count()

    # What the account does.

    def place(
        self,
        at: Millis,
        market: Market,
        side: str,
        price: Px,
        size: Qty,
        *,
        outcome: int = YES,
        kind: str = "GTC",
        expires: int = 0,
    ) -> OwnOrder:
        """Give an order; raises `Refused` for one that the venue does not take."""
        order = OwnOrder(
            id="",
            number=0,
            market=market,
            outcome=outcome,
            side=side,
            price=price,
            size=size,
            kind=kind,
            created=at,
            expires=expires,
        )
        if self._meets_own(order):
            raise Refused("the order would trade with one of the same account")
        if kind == "FOK" and _reachable(order) < size:
            # The book never sees it.
            order = replace(order, id=hash_of(self._seed, "killed", next(self._serial)), status=KILLED)
            self._write(at, CANCELLATION, order)
            return order
        return self._enter(at, order, rests=kind in ("GTC", "GTD"))

    def cancel(self, at: Millis, order: str) -> bool:
        """Take an order back; False if it is not open any more."""
        found = self.orders.get(order)
        if found is None or found.number not in found.market.engine.orders or not found.is_open:
            return False
        self._taken_back.add(order)
        self._touched[found.market] = None
        return found.market.engine.cancel(at, found.number)

    # What becomes of it.

    @property
    def next_due(self) -> float:
        """When, in the wire's time, the next thing happens by itself."""
        return self._later[0][0] if self._later else math.inf

    def turn(self, now: Millis) -> None:
        """Let everything happen whose time has come."""
        while self._later and self._later[0][0] <= now:
            _, _, act = heappop(self._later)
            act(now)

    def witness(self, at: Millis, market: Market, facts: Sequence[Fact]) -> None:
        """Take what concerns the account out of what happened in a market."""
        if not (own := self._open.get(market)):
            return
        buckets: defaultdict[int, int] = defaultdict(int)
        for fact in facts:
            if isinstance(fact, Trade):
                if fact.taker in own or any(made.order in own for made in fact.makers):
                    self._trade(at, market, fact, buckets[fact.taker])
                buckets[fact.taker] += 1
            elif isinstance(fact, Gone) and fact.order in own:
                self._gone(at, self.orders[own[fact.order]])

    def drain(self) -> list[Told]:
        """What there is to tell since the last time, oldest first."""
        told, self._told = self._told, []
        return told

    def take_touched(self) -> list[Market]:
        """The markets in which the account did something since the last time."""
        touched, self._touched = self._touched, {}
        return list(touched)

    @property
    def is_waiting(self) -> bool:
        """Whether something was done that the world has not seen yet."""
        return bool(self._touched)

    # What is true.

    @property
    def open_orders(self) -> list[OwnOrder]:
        """What works, market by market, oldest first."""
        return [self.orders[order] for own in self._open.values() for order in own.values()]

    @property
    def fills(self) -> Iterator[Fill]:
        """Every fill with the state that its trade is in."""
        return (fill for trade in self.trades.values() for fill in trade.fills)

    def positions(self) -> dict[str, int]:
        """The net size of each token ever traded: the sum of the fills that did not fail."""
        return dict(self._held)

    @property
    def cash(self) -> int:
        """What is left of the opening cash."""
        return self._cash

    def sellable(self, token: str) -> int:
        """What is held for certain and not offered already."""
        offered = sum(order.left for order in self.open_orders if order.token == token and order.side == SELL)
        return self._settled[token] - offered

    def _meets_own(self, order: OwnOrder) -> bool:
        own = (self.orders[other] for other in self._open[order.market].values())
        return any(other.book_side != order.book_side and order.reaches(other.book_price) for other in own)

    def _enter(self, at: Millis, order: OwnOrder, *, rests: bool) -> OwnOrder:
        """Hand an order to the engine, whose facts will tell what became of it."""
        engine = order.market.engine
        volume = engine.volume
        number = engine.place(
            at, order.side, order.price, order.size, outcome=order.outcome, rests=rests, owner=self.account.key
        )
        name = hash_of(self._seed, "order", order.market.listing.condition_id, number)
        order = replace(order, id=name, number=number)
        self._touched[order.market] = None
        self._open[order.market][number] = name
        # "PLACEMENT can be late or missing for immediately matched orders."
        self._write(at, PLACEMENT, order, aloud=number in engine.orders or self._random.randrange(3) > 0)
        if not rests and (short := Qty(order.size - (engine.volume - volume))):
            self._short[name] = short
            self._end_spent(at, order)
        if order.expires:
            self._schedule(Millis(order.expires * 1_000 - _GTD_ENDS_EARLY), partial(self._expire, name))
        return self.orders[name]

    def _write(self, at: Millis, type_: str, order: OwnOrder, *, aloud: bool = True) -> None:
        self.orders[order.id] = order
        if not order.is_open:
            self._open[order.market].pop(order.number, None)
        if aloud:
            self._told.append(OrderTold(type_, at, order))

    def _end_spent(self, at: Millis, order: OwnOrder) -> None:
        """End an order that may not rest once it has had all that it will get."""
        if self._short.get(order.id) == order.left:
            del self._short[order.id]
            self._write(at, CANCELLATION, replace(order, status=CANCELED))

    def _gone(self, at: Millis, order: OwnOrder) -> None:
        if order.id in self._taken_back:
            status = CANCELED
        else:
            status = INVALID if order.market.listing.character.ends is None else MARKET_RESOLVED
        self._taken_back.discard(order.id)
        self._write(at, CANCELLATION, replace(order, status=status))

    def _expire(self, order: str, at: Millis) -> None:
        self.cancel(at, order)

    def _trade(self, at: Millis, market: Market, fact: Trade, bucket: int) -> None:
        listing = market.listing
        own = self._open[market]
        trade = OwnTrade(
            id=uuid_of(self._seed, "trade", listing.condition_id, fact.taker),
            bucket=bucket,
            listing=listing,
            taker=self._taker(market, fact),
            makers=tuple(self._maker(market, fact, made) for made in fact.makers),
            role=TAKER if fact.taker in own else MAKER,
            owner=self.account.key,
            at=at,
            updated=at,
            hash=transaction(listing, fact),
            broadcast=self._random.randrange(4) > 0,
        )
        self._tell_trade(at, trade)
        self._schedule_next((trade.id, bucket), at, way(self._random, self._troubled))
        for fill in trade.fills:
            self._book(fill, 1)
            if fill.side == SELL:
                self._settled[fill.token] -= fill.size
            self._fill(at, self.orders[fill.order], fill.size, trade.id)

    def _fill(self, at: Millis, order: OwnOrder, size: Qty, trade: str) -> None:
        trades = (*order.trades, trade) if trade not in order.trades else order.trades
        order = replace(order, matched=Qty(order.matched + size), trades=trades)
        if not order.left:
            order = replace(order, status=MATCHED)
        self._write(at, UPDATE, order)
        if order.is_open:
            self._end_spent(at, order)
        elif self._random.randrange(16) == 0:
            # "A CANCELLATION with size_matched = original_size occurs (order was filled first)."
            self._told.append(OrderTold(CANCELLATION, at, replace(order, status=CANCELED)))

    def _taker(self, market: Market, fact: Trade) -> Part:
        if not (known := self._open[market].get(fact.taker)):
            return strangers.taker(self._seed, market.listing, fact)
        account = self.account
        return Part(known, account.key, account.address, fact.outcome, fact.side, fact.price, fact.size)

    def _maker(self, market: Market, fact: Trade, made: Made) -> Part:
        if not (known := self._open[market].get(made.order)):
            return strangers.maker(self._seed, market.listing, fact, made)
        order, account = self.orders[known], self.account
        return Part(known, account.key, account.address, order.outcome, order.side, order.price, made.size)

    # Settlement.

    def _schedule(self, due: Millis, act: Callable[[Millis], None]) -> None:
        heappush(self._later, (due, next(self._serial), act))

    def _schedule_next(self, key: TradeKey, at: Millis, path: Sequence[str]) -> None:
        if path:
            self._schedule(Millis(at + wait(self._random, path[0])), partial(self._settle, key, path))

    def _settle(self, key: TradeKey, path: Sequence[str], at: Millis) -> None:
        before, state = self.trades[key], path[0]
        assert state in MAY_FOLLOW[before.state]
        broadcast = before.broadcast or state in (MINED, CONFIRMED)
        self._tell_trade(at, replace(before, state=state, updated=at, broadcast=broadcast))
        for fill in before.fills:
            if state == FAILED:
                self._book(fill, -1)
            # A sale was taken off when it was matched.
            if (state, fill.side) in ((CONFIRMED, BUY), (FAILED, SELL)):
                self._settled[fill.token] += fill.size
        self._schedule_next(key, at, path[1:])

    def _tell_trade(self, at: Millis, trade: OwnTrade) -> None:
        self.trades[trade.id, trade.bucket] = trade
        self._told.append(TradeTold(at, trade))

    def _book(self, fill: Fill, times: int) -> None:
        """Enter what a fill changes, or take it out again."""
        self._held[fill.token] += times * fill.gain
        self._cash -= times * fill.price * fill.gain // ONE


def _reachable(order: OwnOrder) -> int:
    """How much an order would find."""
    against = order.market.engine.side(OTHER[order.book_side])
    return sum(size for price, size in against if order.reaches(price))
