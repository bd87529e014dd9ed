"""The people who trade a made-up market: seeded, integer-only, and able to keep a book healthy for hours.

They share one opinion of the fair price, which walks at random. Makers quote around it and run when it passes
their quotes, takers hit what is there, patient people add and cancel deep in the book so that its population
stays near its target.
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from pmtui.core.units import ONE, Millis, Px, Qty, ceil_to, floor_to
from pmtui.sim.engine import BUY, NO, OTHER, SELL, YES, Engine, Order, Side

_STEP_EVERY = 100  # ms between two steps of the fair price: its speed is a matter of time, not of message rate
_WALL = 40  # lots


@dataclass(frozen=True, slots=True, kw_only=True)
class Character:
    """What a market is like."""

    name: str
    tick: Px
    fair: Px
    low: Px
    high: Px
    """The fair price starts at `fair` and stays between `low` and `high`."""
    step: Px
    """How far the fair price goes each 100 ms, up or down."""
    drift: int = 0
    """How many billionths it also gains each 100 ms, until it has crossed the middle of its range."""
    turns: int = 0
    """Milliseconds after which the drift turns round, again and again; then it does not end in the middle."""
    depth: int = 40
    """About how many levels a side has."""
    thinning: int = 0
    """What the cube of a level's rank is divided by to give the ticks that it stands off beyond its rank; 0: none."""
    grain: Qty = Qty(ONE // 100)
    """The smallest part of a size; a share is a hundred of them."""
    lot: int = 100
    """The usual size of an order, in shares."""
    weight: int = 10
    """Its share of the world's messages, compared with the other markets'."""
    every: int | None = None
    """For a market that is not part of the rate: milliseconds between two actions."""
    sides: tuple[str, ...] = (BUY, SELL)
    takers: int = 25
    """How many of 1,000 actions are market orders."""
    ends: int | None = None
    """Milliseconds after the opening when the market resolves."""


class Crowd:
    """Everybody who trades one market."""

    def __init__(self, character: Character, engine: Engine, random: Random) -> None:
        self.character = character
        self.fair = character.fair
        self._engine = engine
        self._random = random
        self._walked = 0
        self._could: dict[str, Px | None] = {}
        """The best quotes that make sense, as of a fair price and a tick."""
        self._could_for: tuple[Px, Px] | None = None
        self._orders: list[int] = []  # may name orders that are gone; they are forgotten when met

    def open(self, at: Millis) -> None:
        """Fill the book before anybody looks."""
        depth = self.character.depth
        for side in self.character.sides:
            for rank in range(depth):
                lots = 1 + rank * 3 // depth
                for _ in range(self._random.randrange(1, 4)):
                    self._quote(at, side, rank, self._size(lots))

    def act(self, at: Millis, elapsed: int) -> None:
        """Do one thing, as of `elapsed` milliseconds after the opening."""
        self._walk(elapsed)
        for side in self.character.sides:
            behind = self._behind(side)
            if behind < 0:
                self._react(at, side)
                return
            if behind > 1 and self._random.randrange(3) == 0:
                self._quote(at, side, 0, self._size(1))
                return
        dice = self._random.randrange(1000)
        if dice < self.character.takers:
            self._take(at)
        elif dice < self.character.takers + 4:
            self._quote(at, self._random.choice(self.character.sides), self._random.randrange(1, 6), self._size(_WALL))
        elif dice < self.character.takers + 80:
            self._requote(at)
        elif self._crowded():
            self._cancel_one(at)
        else:
            self._add_one(at)

    def _walk(self, elapsed: int) -> None:
        character = self.character
        while self._walked + _STEP_EVERY <= elapsed:
            self._walked += _STEP_EVERY
            fair = self.fair + self._drift() + self._random.choice((-1, 1)) * character.step
            self.fair = Px(min(max(fair, character.low), character.high))

    def _drift(self) -> int:
        character = self.character
        if character.turns:
            return character.drift if self._walked // character.turns % 2 == 0 else -character.drift
        return character.drift if self.fair < (character.low + character.high) // 2 else 0

    def _price(self, side: str, rank: int) -> Px | None:
        """The price `rank` levels behind the best one that makes sense, None beyond the end of the grid."""
        engine, thinning = self._engine, self.character.thinning
        tick = engine.tick_at(self.fair)
        middle = floor_to(self.fair, tick)
        ticks = rank + rank**3 // thinning if thinning else rank
        price = Px(middle - ticks * tick if side == BUY else middle + (ticks + 1) * tick)
        if price <= 0:
            return None
        # Where the price is another one the tick may be, too.
        price = Px((floor_to if side == BUY else ceil_to)(price, engine.tick_at(price)))
        return price if engine.allows(price) else None

    def _size(self, lots: int) -> Qty:
        """About `lots` lots; half of them whole shares, half of them to the grain."""
        shares = max(5, self.character.lot * lots * self._random.choice((1, 2, 2, 3, 4, 4, 5, 6, 8, 12)) // 4)
        hundredths = self._random.choice((0, self._random.randrange(100)))
        return Qty((shares * 100 + hundredths) * self.character.grain)

    def _quote(self, at: Millis, side: str, rank: int, size: Qty) -> None:
        if (price := self._price(side, rank)) is not None:
            self._orders.append(self._engine.place(at, side, price, size))

    def _crowded(self) -> bool:
        """Whether to leave rather than to come, so that the population stays near its target."""
        target = self.character.depth * len(self.character.sides) * 3
        return self._random.randrange(2 * target) < len(self._engine.orders)

    def _add_one(self, at: Millis) -> None:
        sides = self.character.sides
        side = self._random.choice(sides)
        if len(sides) == 2 and self._random.randrange(3) == 0:
            side = BUY if len(self._engine.bids) < len(self._engine.asks) else SELL
        near = self._random.randrange(100) < 40
        rank = self._random.randrange(4 if near else self.character.depth)
        self._quote(at, side, rank, self._size(1 if near else 2))

    def _cancel_one(self, at: Millis) -> None:
        while self._orders:
            place = self._random.randrange(len(self._orders))
            self._orders[place], order = self._orders[-1], self._orders[place]
            self._orders.pop()
            if self._engine.cancel(at, order):
                return

    def _requote(self, at: Millis) -> None:
        """A maker moves: an order near the top is replaced by one a tick or two away."""
        side = self._random.choice(self.character.sides)
        book = self._engine.side(side)
        if len(book) > 2 and (queue := self._queue(book, self._random.randrange(3))):
            self._engine.cancel(at, queue[-1].id)
        self._quote(at, side, self._random.randrange(3), self._size(1))

    def _take(self, at: Millis) -> None:
        """A market order, rarely a large one, on either token; it never eats more than six levels."""
        side = self._random.choice((BUY, SELL))
        book = self._engine.side(OTHER[side])
        if len(book) < 2:
            return
        size = self._size(12 if self._random.randrange(40) == 0 else 1)
        self._order(at, side, book.price(min(5, len(book) - 1)), size, rests=False)

    def _behind(self, side: str) -> int:
        """How many ticks the best quote of a side is behind where it could be; below 0 the fair price passed it."""
        grid = self.fair, self._engine.tick
        if self._could_for != grid:
            self._could_for, self._could = grid, {each: self._price(each, 0) for each in (BUY, SELL)}
        best, could = self._engine.side(side).best, self._could[side]
        if best is None or could is None:
            return 0
        return (could - best if side == BUY else best - could) // self._engine.tick_at(best)

    def _react(self, at: Millis, side: str) -> None:
        """Quotes that the fair price has passed are pulled by their owners, or taken by somebody quicker."""
        book = self._engine.side(side)
        if self._random.randrange(3) == 0:
            # A limit order: what it does not find rests and becomes the new top of the other side.
            self._order(at, OTHER[side], book.price(0), self._size(1), rests=OTHER[side] in self.character.sides)
            return
        for order in self._queue(book, 0)[:6]:
            self._engine.cancel(at, order.id)
        self._quote(at, side, 0, self._size(1))
        if OTHER[side] in self.character.sides:
            self._quote(at, OTHER[side], self._random.randrange(2), self._size(1))

    def _queue(self, book: Side, rank: int) -> list[Order]:
        """The crowd's own orders on a level."""
        return [order for order in book.queue(book.price(rank)) if not order.owner]

    def _order(self, at: Millis, side: str, price: Px, size: Qty, *, rests: bool) -> None:
        """An order in terms of YES that is given on either token: seven of ten people think in YES."""
        outcome = YES if not self._engine.is_paired or self._random.randrange(10) < 7 else NO
        if outcome == NO:
            side, price = OTHER[side], Px(ONE - price)
        order = self._engine.place(at, side, price, size, outcome=outcome, rests=rests)
        if order in self._engine.orders:
            self._orders.append(order)
