"""The demo account's orders, fills and positions: pure, by wire time, from a seed.

The engine matches; the ledger hears of it through the engine's facts and knows which part is the account's. What it
tells is frozen the moment it happens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from pmtui.core.units import ONE, Millis, Px, Qty
from pmtui.sim.account import address_of
from pmtui.sim.engine import BUY, OTHER, YES, Engine, Fact, Gone, Made, Refused, Trade
from pmtui.sim.hyperliquid.coins import OUTCOME_ASSET, Coin
from pmtui.sim.hyperliquid.prints import trade_id, transaction
from pmtui.sim.hyperliquid.rules import product
from pmtui.sim.hyperliquid.world import Market, World

GTC, IOC, ALO = "Gtc", "Ioc", "Alo"
OPEN, FILLED, CANCELED = "open", "filled", "canceled"
NOTHING_TO_TAKE, WOULD_TAKE, SETTLED = "iocCancelRejected", "badAloPxRejected", "outcomeSettledCanceled"

OPENING_CASH = {"": 25_000 * ONE, "xyz": 5_000 * ONE}
"""What each dex holds of the account's money."""
OPENING_SPOT = 10_000 * ONE
USDC = "USDC"

_LEAST_VALUE = 10 * ONE  # "minimum order value $10"
_ORDERS_PER_MARKET = 10**9
_FEES = {"perp": (450, 150), "spot": (700, -30), "outcome": (0, 0)}
"""Of a taker and of a maker, in millionths; below nothing is a rebate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnOrder:
    """One order of the account, as of a moment; in terms of the name and the side that it was given on."""

    id: int
    number: int
    """Its number in its market's engine."""
    market: Market
    outcome: int
    side: str
    price: Px
    size: Qty
    created: Millis
    tif: str
    client_id: str | None = None
    reduce_only: bool = False
    left: Qty
    status: str = OPEN
    changed: Millis

    @property
    def coin(self) -> str:
        return self.market.coin.names[self.outcome]

    @property
    def is_open(self) -> bool:
        return self.status == OPEN

    @property
    def book_side(self) -> str:
        """Where it stands in the engine, which thinks in the first outcome."""
        return self.side if self.outcome == YES else OTHER[self.side]

    @property
    def book_price(self) -> Px:
        return self.price if self.outcome == YES else Px(ONE - self.price)

    def reaches(self, book_price: Px) -> bool:
        """Whether it would trade with an order of the other side there."""
        return book_price <= self.book_price if self.book_side == BUY else book_price >= self.book_price


class OwnFill(NamedTuple):
    """The account's part in one trade."""

    at: Millis
    order: OwnOrder
    price: Px
    size: Qty
    crossed: bool
    """Whether the account was the taker."""
    before: int
    """What it held before, below nothing when short."""
    gained: int
    """What was won or lost by closing, in billionths of money; fees not counted."""
    fee: int
    fee_token: str
    id: int
    hash: str


class OrderTold(NamedTuple):
    """Something happened to an order."""

    at: Millis
    order: OwnOrder


Told = OrderTold | OwnFill


@dataclass(slots=True)
class Holding:
    """What is held of one name: how much, signed, and at which average price it was entered."""

    size: int = 0
    entry: int = 0

    def take(self, price: int, change: int) -> int:
        """Add a signed change at a price; gives what was won by the part that closed something."""
        if self.size * change >= 0:
            total = abs(self.size) + abs(change)
            self.entry = (self.entry * abs(self.size) + price * abs(change)) // total if total else 0
            self.size += change
            return 0
        closed = min(abs(self.size), abs(change))
        gained = product(price - self.entry, closed if self.size > 0 else -closed)
        self.size += change
        if abs(change) > closed:
            self.entry = price  # what is left of the change opened the other way
        elif not self.size:
            self.entry = 0
        return gained


class Ledger:
    """All that the account ever ordered, traded and holds."""

    def __init__(self, world: World) -> None:
        self.address = address_of("hyperliquid account", world.seed)
        self.agent = address_of("hyperliquid agent", world.seed)
        """An API wallet of the account: asking for it gives nothing."""
        self.orders: dict[int, OwnOrder] = {}
        self.fills: list[OwnFill] = []
        self.holdings: defaultdict[str, Holding] = defaultdict(Holding)
        """By the name of the coin."""
        self.cash = dict(OPENING_CASH)
        self.spot_cash = OPENING_SPOT
        self._seed = world.seed
        self._places = {market: place for place, market in enumerate(world.markets)}
        self._open: defaultdict[Market, dict[int, int]] = defaultdict(dict)  # ids by the engine's numbers
        self._numbers: set[tuple[Market, int]] = set()
        self._short: dict[int, Qty] = {}  # what orders that may not rest will not get
        self._taken_back: set[int] = set()  # orders that the account ends itself; others the venue takes away
        self._told: list[Told] = []
        self._touched: dict[Market, None] = {}

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
        tif: str = GTC,
        client_id: str | None = None,
        reduce_only: bool = False,
    ) -> OwnOrder:
        """Give an order; raises `Refused` for one that the venue does not take at all."""
        draft = OwnOrder(
            id=0,
            number=0,
            market=market,
            outcome=outcome,
            side=side,
            price=price,
            size=size,
            created=at,
            tif=tif,
            client_id=client_id,
            reduce_only=reduce_only,
            left=size,
            changed=at,
        )
        if product(price, size) < _LEAST_VALUE or size % market.coin.character.grain:
            raise Refused("the order is too small, or finer than the size's decimals")
        if self._meets_own(draft):
            raise Refused("the order would trade with one of the same account")
        if market.coin.kind != "perp" and not self._can_pay(draft):
            raise Refused("the account does not have what the order would give away")
        if tif != GTC and _finds_something(draft, market.engine) != (tif == IOC):
            order = replace(draft, id=self._spare_id(market), status=NOTHING_TO_TAKE if tif == IOC else WOULD_TAKE)
            self._write(at, order)
            return order
        return self._enter(at, draft)

    def cancel(self, at: Millis, order: int) -> bool:
        """Take an order back; False if it is not open any more."""
        found = self.orders.get(order)
        if found is None or not found.is_open or found.number not in found.market.engine.orders:
            return False
        self._taken_back.add(order)
        self._touched[found.market] = None
        return found.market.engine.cancel(at, found.number)

    # What becomes of it.

    def witness(self, at: Millis, market: Market, facts: Sequence[Fact]) -> None:
        """Take what concerns the account out of what happened in a market."""
        if not (own := self._open.get(market)):
            return
        for fact in facts:
            if isinstance(fact, Gone) and fact.order in own:
                self._gone(at, self.orders[own[fact.order]])
            elif isinstance(fact, Trade):
                for made in fact.makers:
                    for number, crossed in ((fact.taker, True), (made.order, False)):
                        if number in own:
                            self._fill(at, self.orders[own[number]], fact, made, crossed=crossed)

    def wallet(self, market: Market, order: int) -> str | None:
        """The account's address for an order of its own."""
        return self.address if (market, order) in self._numbers else None

    def drain(self) -> list[Told]:
        """What there is to tell since the last time, oldest first."""
        told, self._told = self._told, []
        return told

    def take_touched(self) -> list[Market]:
        """The markets in which the account did something since the last time."""
        touched, self._touched = self._touched, {}
        return list(touched)

    # What is true.

    @property
    def open_orders(self) -> list[OwnOrder]:
        """What works, market by market, oldest first."""
        return [self.orders[order] for own in self._open.values() for order in own.values()]

    @property
    def bound(self) -> int:
        """The money on the spot market that working orders would spend."""
        return sum(product(order.price, order.left) for order in self._spot_orders if order.side == BUY)

    def bound_of(self, coin: str) -> int:
        """How much of what is held of a coin working orders would sell."""
        return sum(order.left for order in self._spot_orders if order.coin == coin and order.side != BUY)

    def free_of(self, coin: str) -> int:
        """What is held of a coin and not promised to anybody."""
        return self.holdings[coin].size - self.bound_of(coin)

    @property
    def free_spot(self) -> int:
        """The money on the spot market that is not promised to anybody."""
        return self.spot_cash - self.bound

    def is_own(self, address: str) -> bool:
        return address == self.address

    @property
    def _spot_orders(self) -> list[OwnOrder]:
        return [order for order in self.open_orders if order.market.coin.kind != "perp"]

    def _can_pay(self, order: OwnOrder) -> bool:
        """Nobody lends on the spot market: what an order gives away has to be there, money or tokens."""
        if order.side == BUY:
            return product(order.price, order.size) <= self.free_spot
        return order.size <= self.free_of(order.coin)

    def _meets_own(self, order: OwnOrder) -> bool:
        own = (self.orders[other] for other in self._open[order.market].values())
        return any(other.book_side != order.book_side and order.reaches(other.book_price) for other in own)

    def _enter(self, at: Millis, draft: OwnOrder) -> OwnOrder:
        """Hand an order to the engine, whose facts will tell what became of it."""
        market, engine = draft.market, draft.market.engine
        volume = engine.volume
        rests = draft.tif != IOC
        number = engine.place(
            at, draft.side, draft.price, draft.size, outcome=draft.outcome, rests=rests, owner=self.address
        )
        order = replace(draft, id=self._id(market, number), number=number)
        self._touched[market] = None
        self._open[market][number] = order.id
        self._numbers.add((market, number))
        if number in engine.orders:
            self._write(at, order)
        else:
            self.orders[order.id] = order  # used up at once: only its end is told
            self._short[order.id] = Qty(order.size - (engine.volume - volume))
        return order

    def _id(self, market: Market, number: int) -> int:
        return (self._places[market] + 31) * _ORDERS_PER_MARKET + number

    def _spare_id(self, market: Market) -> int:
        """An id for an order that the engine never saw."""
        return (self._places[market] + 31) * _ORDERS_PER_MARKET + _ORDERS_PER_MARKET // 2 + len(self.orders)

    def _write(self, at: Millis, order: OwnOrder) -> None:
        order = replace(order, changed=at)
        self.orders[order.id] = order
        if not order.is_open:
            self._open[order.market].pop(order.number, None)
        self._told.append(OrderTold(at, order))

    def _gone(self, at: Millis, order: OwnOrder) -> None:
        ends = order.market.coin.character.ends
        status = CANCELED if order.id in self._taken_back or ends is None else SETTLED
        self._taken_back.discard(order.id)
        self._write(at, replace(order, status=status))

    def _fill(self, at: Millis, order: OwnOrder, fact: Trade, made: Made, *, crossed: bool) -> None:
        price = fact.price if order.outcome == fact.outcome else Px(ONE - fact.price)
        book_price = fact.price if fact.outcome == YES else Px(ONE - fact.price)
        coin = order.market.coin
        holding = self.holdings[order.coin]
        before = holding.size
        about = (self._seed, coin.name, fact.taker)
        fill = OwnFill(
            at,
            order,
            price,
            made.size,
            crossed,
            before,
            holding.take(price, made.size if order.side == BUY else -made.size),
            *self._fee(coin, order, price, made.size, crossed=crossed),
            trade_id(*about, made.order, book_price),
            transaction(*about),
        )
        self._pay(fill)
        self.fills.append(fill)
        self._told.append(fill)
        self._progress(at, order, Qty(order.left - made.size))

    def _progress(self, at: Millis, order: OwnOrder, left: Qty) -> None:
        """Tell what is left of an order after a fill, and end it where that is nothing, or not to be had."""
        order = replace(order, left=left)
        if not left:
            self._write(at, replace(order, status=FILLED))
            return
        short = self._short.get(order.id)
        if short is None:
            self._write(at, order)
        else:
            self.orders[order.id] = order
            if short == left:
                self._write(at, replace(order, status=CANCELED))

    def _fee(self, coin: Coin, order: OwnOrder, price: Px, size: Qty, *, crossed: bool) -> tuple[int, str]:
        """What a fill costs and in which token: whoever buys on the spot market pays in what he gets."""
        rate = _FEES[coin.kind][0 if crossed else 1]
        if coin.kind == "spot" and order.side == BUY and rate > 0:
            return size * rate // 1_000_000, coin.title
        return product(price, size) * rate // 1_000_000, USDC

    def _pay(self, fill: OwnFill) -> None:
        coin = fill.order.market.coin
        if coin.kind == "perp":
            self.cash[coin.dex] += fill.gained - fill.fee
            return
        paid = product(fill.price, fill.size)
        self.spot_cash += -paid if fill.order.side == BUY else paid
        if fill.fee_token == USDC:
            self.spot_cash -= fill.fee
        else:
            self.holdings[fill.order.coin].size -= fill.fee


def token_of(coin: Coin, outcome: int) -> tuple[str, int]:
    """The name and the number of what is held after buying on the spot market; outcomes have tokens of their own."""
    encoding = 10 * coin.index + outcome
    return f"+{encoding}", OUTCOME_ASSET + encoding


def _finds_something(order: OwnOrder, engine: Engine) -> bool:
    """Whether an order would trade at once."""
    best = engine.side(OTHER[order.book_side]).best
    return best is not None and order.reaches(best)
