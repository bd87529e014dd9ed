"""All made-up coins under one clock, block by block: a seed and a number of blocks decide everything that happens.

The world knows no sockets and no real time. `step` moves it on, and what it gives back is the whole history.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from random import Random
from typing import NamedTuple, Protocol

from pmtui.core.units import ONE, Millis, Px, Qty
from pmtui.sim.crowd import Crowd
from pmtui.sim.engine import BUY, NO, OTHER, YES, Engine, Fact, Made, Side, Trade
from pmtui.sim.hyperliquid import cast
from pmtui.sim.hyperliquid.candles import Candles
from pmtui.sim.hyperliquid.coins import Catalogue, Coin
from pmtui.sim.hyperliquid.prints import Print, past, trade_id, transaction, wallet
from pmtui.sim.hyperliquid.rules import OUTCOME_TICK, product, tick_rule
from pmtui.sim.turns import Turns

OPENING = Millis(1_767_225_600_000)
"""When a world opens if nobody says otherwise."""
BLOCK = 100
"""Milliseconds from block to block."""

_KEPT_PRINTS = 500
_EMPTIED_BEFORE_END = 2_000  # ms


class Top(NamedTuple):
    """The best level of a side: price, size and how many orders make it up."""

    price: Px
    size: Qty
    orders: int


Tops = tuple[Top | None, Top | None]


@dataclass(slots=True, eq=False)
class Market:
    """A coin with its book, its people and its past."""

    coin: Coin
    engine: Engine
    crowd: Crowd
    candles: Candles
    prints: deque[Print]
    """The last trades in terms of the first side, oldest first."""
    tops: Tops
    """The touches as of the last block, in terms of the first side."""
    turnover: int = 0
    """What was paid in all trades since the opening, in billionths."""

    @property
    def closed(self) -> bool:
        return self.engine.winner is not None

    def levels(self, side: str, outcome: int = YES) -> Iterator[Top]:
        """One side of the book of a name, best first."""
        if outcome == YES:
            return _best_first(self.engine.side(side))
        return (_mirrored(top) for top in _best_first(self.engine.side(OTHER[side])))

    def touches(self, outcome: int = YES) -> Tops:
        """The best bid and the best ask of a name as of the last block."""
        if outcome == YES:
            return self.tops
        bid, ask = (None if top is None else _mirrored(top) for top in self.tops)
        return ask, bid

    def middle(self, outcome: int = YES) -> Px | None:
        """Half way between the touches; None where one is missing."""
        bid, ask = self.touches(outcome)
        return None if bid is None or ask is None else Px((bid.price + ask.price) // 2)


class Doings(NamedTuple):
    """What one block did to one market."""

    market: Market
    prints: tuple[Print, ...]
    is_touched: bool
    """Whether a touch is another one than before."""

    @property
    def messages(self) -> int:
        """What the wire makes of it for somebody who follows the touches and the trades."""
        return self.is_touched + bool(self.prints)


class Block(NamedTuple):
    """Everything that became true in one block."""

    at: Millis
    doings: dict[str, Doings]
    """By each name of the coins to which something happened."""
    listed: tuple[Coin, ...] = ()
    settled: tuple[Coin, ...] = ()


class Guest(Protocol):
    """Somebody who trades beside the crowds and is told what becomes of it."""

    def act(self, now: Millis, elapsed: int) -> Iterable[Market]:
        """Do what is due; gives the markets in which something was done."""
        ...

    def witness(self, at: Millis, market: Market, facts: Sequence[Fact]) -> None:
        """Learn what happened in a market."""
        ...

    def wallet(self, market: Market, order: int) -> str | None:
        """Whose an order is, if it is this guest's."""
        ...


class World:
    """Coins that live by a seed."""

    def __init__(self, catalogue: Catalogue, *, seed: int, rate: float, epoch: Millis = OPENING) -> None:
        self.catalogue = catalogue
        self.seed = seed
        self.epoch = epoch
        """The wire's time when the world opened; `skip` moves it."""
        self.elapsed = 0
        """Milliseconds lived."""
        self.markets = tuple(_open(_dated(coin, epoch), seed, epoch) for coin in catalogue.coins)
        self.by_name = {
            name: (market, outcome) for market in self.markets for outcome, name in enumerate(market.coin.names)
        }
        self.breathe: Callable[[], None] = _on
        """Called between two acts; what is served live pauses there."""
        self.guest: Guest | None = None
        self._turns = Turns(
            [coin.character for coin in catalogue.coins], rate=rate, random=Random(f"{seed}/hyperliquid/world")
        )

    @property
    def now(self) -> Millis:
        """The time that the wire tells."""
        return Millis(self.epoch + self.elapsed)

    @property
    def next_due(self) -> float:
        """When, in milliseconds lived, the next block is made."""
        return self.elapsed - self.elapsed % BLOCK + BLOCK

    def skip(self, ms: int) -> None:
        """Let the wire's time pass without living through it."""
        self.epoch = Millis(self.epoch + ms)

    def step(self, ms: int) -> Iterator[Block]:
        """Live through the next `ms` milliseconds, as far as the caller reads on; gives every block made in them."""
        until = self.elapsed + ms
        while self.elapsed < until:
            self.elapsed = min(until, int(self.next_due))
            if self.elapsed % BLOCK == 0:
                yield self._live()

    def is_listed(self, market: Market) -> bool:
        """Whether the venue speaks of a market: not before it opens, not after it is settled."""
        return market.coin.opens <= self.elapsed and not market.closed

    def find(self, name: object) -> tuple[Market, int] | None:
        """The listed market of a name, and which of its sides that is."""
        found = self.by_name.get(name) if isinstance(name, str) else None
        return found if found is not None and self.is_listed(found[0]) else None

    def _live(self) -> Block:
        facts: dict[Market, list[Fact]] = {}
        listed = tuple(market.coin for market in self.markets if market.coin.opens == self.elapsed)
        settled = tuple(market.coin for market in self.markets if self._settles(market))
        acts: Counter[Market] = Counter()
        for place in self._turns.take(self.elapsed):
            self.breathe()
            market = self.markets[place]
            if self._is_trading(market):
                market.crowd.act(self.now, self.elapsed)
                acts[market] += 1
                self._note(market, facts)
        if self.guest is not None:
            for market in self.guest.act(self.now, self.elapsed):
                self._note(market, facts)
        for market in self.markets:
            if market.coin.character.ends is not None:
                self._note(market, facts)  # what was cleared
        doings = {market: self._done(market, happened) for market, happened in facts.items()}
        for market, times in acts.items():
            messages = doings[market].messages if market in doings else 0
            for _ in range(times):
                self._turns.learn(messages / times)
        names = {name: done for market, done in doings.items() for name in market.coin.names}
        return Block(self.now, names, listed, settled)

    def _note(self, market: Market, facts: dict[Market, list[Fact]]) -> None:
        """Put down what somebody just did to a market."""
        if happened := market.engine.drain():
            facts.setdefault(market, []).extend(happened)
            if self.guest is not None:
                self.guest.witness(self.now, market, happened)

    def _done(self, market: Market, facts: Sequence[Fact]) -> Doings:
        trades = [fact for fact in facts if isinstance(fact, Trade)]
        prints = tuple(self._printed(market, fact, made) for fact in trades for made in fact.makers)
        for made in prints:
            market.candles.add(self.now, made.price, made.size)
            market.turnover += product(made.price, made.size)
        market.prints.extend(prints)
        before, market.tops = market.tops, _tops(market.engine)
        return Doings(market, prints, is_touched=before != market.tops)

    def _printed(self, market: Market, fact: Trade, made: Made) -> Print:
        """What the world sees of a trade between two orders."""
        taker, maker = (self._wallet(market, order) for order in (fact.taker, made.order))
        side, price = (fact.side, fact.price) if fact.outcome == YES else (OTHER[fact.side], Px(ONE - fact.price))
        users = (taker, maker) if side == BUY else (maker, taker)
        about = (self.seed, market.coin.name, fact.taker)
        return Print(self.now, side, price, made.size, users, transaction(*about), trade_id(*about, made.order, price))

    def _wallet(self, market: Market, order: int) -> str:
        known = None if self.guest is None else self.guest.wallet(market, order)
        return known or wallet(self.seed, market.coin.name, order)

    def _is_trading(self, market: Market) -> bool:
        ends = market.coin.character.ends
        return self.is_listed(market) and (ends is None or self.elapsed < ends - _EMPTIED_BEFORE_END)

    def _settles(self, market: Market) -> bool:
        """Empty the book of a market that is about to end, and end it when its time has come."""
        ends = market.coin.character.ends
        if ends is None or market.closed:
            return False
        if self.elapsed >= ends - _EMPTIED_BEFORE_END:
            market.engine.clear(self.now)
        if self.elapsed < ends:
            return False
        market.engine.resolve(self.now, YES if market.crowd.fair * 2 >= ONE else NO)
        return True


def demo_world(*, seed: int = 7, rate: float = 25, load: int = 0, epoch: Millis = OPENING) -> World:
    """The demo's coins, with `load` more perps."""
    return World(cast.demo(load), seed=seed, rate=rate, epoch=epoch)


def load_world(coins: int, *, seed: int = 7, rate: float = 1_000, epoch: Millis = OPENING) -> World:
    """Nothing but busy perps."""
    return World(cast.load(coins), seed=seed, rate=rate, epoch=epoch)


def _open(coin: Coin, seed: int, at: Millis) -> Market:
    character = coin.character
    if coin.kind == "outcome":
        engine = Engine(OUTCOME_TICK, at)
    else:
        rule = tick_rule(coin.price_decimals)
        engine = Engine(rule(character.fair), at, grid=rule, is_paired=False)
    crowd = Crowd(character, engine, Random(f"{seed}/{coin.name}"))
    crowd.open(at)
    engine.drain()
    candles = Candles(coin, engine.tick_at, seed=seed, opened=at)
    return Market(coin, engine, crowd, candles, deque(past(coin.name, candles, seed), _KEPT_PRINTS), _tops(engine))


def _dated(coin: Coin, epoch: Millis) -> Coin:
    """The coin with the moments that its description speaks of."""
    ends, following = (coin.character.ends or 0, coin.opens + (coin.character.ends or coin.opens))
    told = coin.description.replace("{ends}", _expiry(epoch + ends)).replace("{next}", _expiry(epoch + following))
    return replace(coin, description=told)


def _expiry(at: int) -> str:
    """A moment as outcomes tell it."""
    return datetime.fromtimestamp(at / 1_000, UTC).strftime("%Y%m%d-%H%M")


def _tops(engine: Engine) -> Tops:
    return _best(engine.bids), _best(engine.asks)


def _best(side: Side) -> Top | None:
    price = side.best
    return None if price is None else Top(price, side.total(price), side.count(price))


def _mirrored(top: Top) -> Top:
    return top._replace(price=Px(ONE - top.price))


def _best_first(side: Side) -> Iterator[Top]:
    for rank in range(len(side)):
        price = side.price(rank)
        yield Top(price, side.total(price), side.count(price))


def _on() -> None:
    """Nobody else waits."""
