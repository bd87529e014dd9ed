"""All made-up markets under one clock: a seed and a number of milliseconds decide everything that happens.

The world knows no sockets and no real time. `step` moves it on, and what it gives back is the whole history.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import NamedTuple, Protocol

from pmtui.core.units import Millis, Px, px
from pmtui.sim.crowd import Crowd
from pmtui.sim.engine import NO, YES, Engine, Fact, Trade
from pmtui.sim.polymarket import cast
from pmtui.sim.polymarket.listing import Draft, Listing, listed
from pmtui.sim.turns import Turns

OPENING = Millis(1_767_225_600_000)
"""When a world opens if nobody says otherwise."""

_PER_TRADE = 3  # messages that a trade brings beside its price_change: two books and the announcement
_SAMPLE_EVERY = 10_000  # ms between two points of the price history
_SAMPLES = 8_640  # a day of them
_ANNOUNCE_EVERY = 45_000  # ms between two announcements of markets yet to come
_EMPTIED_BEFORE_END = 2_000  # ms: the venue empties a book before it says that the market is resolved
_FINE_TICK, _COARSE_TICK = px("0.001"), px("0.01")


class Batch(NamedTuple):
    """What happened to one market in one millisecond: one group of facts for each thing somebody did."""

    at: Millis
    market: Market
    groups: list[list[Fact]]


class Announced(NamedTuple):
    """A market that will open some day."""

    at: Millis
    listing: Listing


Happening = Batch | Announced


@dataclass(slots=True, eq=False)
class Market:
    """A listing with its book, its people and its past."""

    listing: Listing
    engine: Engine
    crowd: Crowd
    sequence: int = 0
    """How many batches the book has seen."""
    history: deque[tuple[Millis, Px]] = field(default_factory=lambda: deque(maxlen=_SAMPLES))

    @property
    def closed(self) -> bool:
        return self.engine.winner is not None


class Guest(Protocol):
    """Somebody who trades beside the crowds and is told what becomes of it."""

    @property
    def next_due(self) -> float:
        """When, in milliseconds lived, there is something to do."""
        ...

    def act(self, now: Millis, elapsed: int) -> Iterable[Market]:
        """Do what is due; gives the markets in which something was done."""
        ...

    def witness(self, at: Millis, market: Market, facts: Sequence[Fact]) -> None:
        """Learn what happened in a market."""
        ...


class World:
    """Markets that live by a seed."""

    def __init__(self, drafts: Sequence[Draft], *, seed: int, rate: float, epoch: Millis = OPENING) -> None:
        self.seed, self.rate = seed, rate
        self.epoch = epoch
        """The wire's time when the world opened; `skip` moves it."""
        self.elapsed = 0
        """Milliseconds lived."""
        self.markets = tuple(_open(draft, seed, epoch) for draft in drafts)
        self.by_token = {token: market for market in self.markets for token in market.listing.tokens}
        self.by_condition = {market.listing.condition_id: market for market in self.markets}
        self.breathe: Callable[[], None] = _on
        """Called between two acts; what is served live pauses there."""
        self.guest: Guest | None = None
        """Without one, the history is the crowds' alone."""
        self._announced = 0
        characters = [market.listing.character for market in self.markets]
        self._turns = Turns(characters, rate=rate, random=Random(f"{seed}/world"))

    @property
    def now(self) -> Millis:
        """The time that the wire tells."""
        return Millis(self.epoch + self.elapsed)

    @property
    def next_due(self) -> float:
        """When, in milliseconds lived, something will happen next."""
        crowds = self.elapsed + 1_000 if (due := self._turns.next_due) is None else due
        return crowds if self.guest is None else min(crowds, self.guest.next_due)

    def skip(self, ms: int) -> None:
        """Let the wire's time pass without living through it."""
        self.epoch = Millis(self.epoch + ms)

    def step(self, ms: int) -> Iterator[Happening]:
        """Live through the next `ms` milliseconds, as far as the caller reads on."""
        until = self.elapsed + ms
        while self.elapsed < until:
            self.elapsed = min(until, max(self.elapsed + 1, int(self.next_due)), self._next_mark())
            yield from self._live()

    def _next_mark(self) -> int:
        """The next moment at which the world itself does something."""
        return self.elapsed - self.elapsed % 1_000 + 1_000

    def _live(self) -> Iterator[Happening]:
        """Everything that happens in the present millisecond."""
        groups: dict[Market, list[list[Fact]]] = {}
        if self.elapsed % 1_000 == 0:
            for market in self.markets:
                self._keep_rules(market)
                self._note(market, groups)
        for place in self._turns.take(self.elapsed):
            self.breathe()
            market = self.markets[place]
            if self._is_trading(market):
                market.crowd.act(self.now, self.elapsed)
                self._turns.learn(_messages(self._note(market, groups)))
        if self.guest is not None and self.guest.next_due < self.elapsed + 1:
            for market in self.guest.act(self.now, self.elapsed):
                self._note(market, groups)
        for market, happened in groups.items():
            market.sequence += 1
            yield Batch(self.now, market, happened)
        if self.elapsed % _ANNOUNCE_EVERY == 0:
            self._announced += 1
            yield Announced(self.now, listed(cast.upcoming(self._announced), self.seed))

    def _note(self, market: Market, groups: dict[Market, list[list[Fact]]]) -> list[Fact]:
        """Put what somebody just did to a market down as one group."""
        if facts := market.engine.drain():
            groups.setdefault(market, []).append(facts)
            if self.guest is not None:
                self.guest.witness(self.now, market, facts)
        return facts

    def _is_trading(self, market: Market) -> bool:
        ends = market.listing.character.ends
        return ends is None or self.elapsed < ends - _EMPTIED_BEFORE_END

    def _keep_rules(self, market: Market) -> None:
        """What the venue itself does, looked at once a second."""
        engine, ends = market.engine, market.listing.character.ends
        if self.elapsed % _SAMPLE_EVERY == 0 and not market.closed:
            sample(market, self.now)
        if (tick := due_tick(engine, market.listing.character.tick)) != engine.tick:
            engine.retick(self.now, tick)
        if ends is None or market.closed:
            return
        if self.elapsed >= ends:
            engine.clear(self.now)
            engine.resolve(self.now, YES if market.crowd.fair >= px("0.5") else NO)
        elif self.elapsed >= ends - _EMPTIED_BEFORE_END:
            engine.clear(self.now)


def demo_world(*, seed: int = 7, rate: float = 25, books: int = 0, epoch: Millis = OPENING) -> World:
    """The eight demo markets, with `books` more for load."""
    return World((*cast.demo(), *cast.load(books)), seed=seed, rate=rate, epoch=epoch)


def load_world(books: int, *, seed: int = 7, rate: float = 5_000, epoch: Millis = OPENING) -> World:
    """Nothing but `books` busy markets."""
    return World(cast.load(books), seed=seed, rate=rate, epoch=epoch)


def due_tick(engine: Engine, usual: Px) -> Px:
    """The tick that the venue's rule asks for: a finer one beyond 0.96 or below 0.04, the usual one well inside."""
    price = middle(engine)
    if usual != _COARSE_TICK:
        return engine.tick
    if not px("0.04") <= price <= px("0.96"):
        return _FINE_TICK
    # The venue does not say how far back a price must come; without some room the tick would flutter.
    return usual if px("0.06") <= price <= px("0.94") else engine.tick


def middle(engine: Engine) -> Px:
    """One price for the first outcome: between the touches, else the one there is, else a half."""
    bid, ask = engine.bids.best, engine.asks.best
    if bid is not None and ask is not None:
        return Px((bid + ask) // 2)
    return bid or ask or px("0.5")


def sample(market: Market, at: Millis) -> None:
    """Remember the price of a moment."""
    market.history.append((at, middle(market.engine)))


def _open(draft: Draft, seed: int, at: Millis) -> Market:
    engine = Engine(draft.character.tick, at)
    crowd = Crowd(draft.character, engine, Random(f"{seed}/{draft.slug}"))
    crowd.open(at)
    engine.drain()
    market = Market(listed(draft, seed), engine, crowd)
    sample(market, at)
    return market


def _messages(facts: Sequence[Fact]) -> int:
    """What the wire makes of one action."""
    return bool(facts) + (_PER_TRADE if any(isinstance(fact, Trade) for fact in facts) else 0)


def _on() -> None:
    """Nobody else waits."""
