"""What a large account costs the screen: each key beside the same key without one, and the panel's first frame.

Both kinds take turns in one process, with the same market and the same keys at the same moments. Of each key the least
of all rounds counts: what others do on this machine only adds.
"""

from __future__ import annotations

import asyncio
import gc
import statistics
from time import thread_time
from typing import NamedTuple

from textual import events
from textual.pilot import Pilot

from benchmarks.report import Figure
from pmtui.core.events import (
    AccountChecked,
    BookDelta,
    BookSnapshot,
    Filled,
    FillState,
    LinkChanged,
    OrderChanged,
    OrderState,
    Phase,
    Side,
)
from pmtui.core.instrument import Instrument, InstrumentId, identify
from pmtui.core.units import ONE, Millis, Px, Qty, px, qty
from pmtui.desk import Desk
from pmtui.ui.app import Pmtui
from pmtui.ui.panels.far.account import Account

ORDERS, FILLS = 10_000, 50_000
ROUNDS, KEYS, WARM_UP = 8, 340, 40
BETWEEN = 137
"""Milliseconds between two keys: some fall into the same quarter of a second, some into the next."""
WIDE, NARROW = (200, 60), (120, 40)

_BEGAN = Millis(1_790_000_000_000)
_CENT = px("0.01")
_BID, _ASK = px("0.34"), px("0.35")
_LEVELS = 30
_MARKET_LINK, _OWN_LINK = "benchmark", "benchmark user"


def measure() -> list[Figure]:
    none: list[list[float]] = []
    many: list[list[float]] = []
    opened = []
    for _ in range(ROUNDS):
        none.append(asyncio.run(_keys(_Scene.of(0, 0))))
        scene = _Scene.of(ORDERS, FILLS)
        opened.append(asyncio.run(_opening(scene)))
        many.append(asyncio.run(_keys(scene)))
    empty, full = (sorted(map(min, zip(*rounds, strict=True))) for rounds in (none, many))
    last = int(0.99 * (KEYS - 1))
    return [
        _ratio("p50", statistics.median(full), statistics.median(empty)),
        _ratio("p99", full[last], empty[last]),
        Figure("the account panel opens with as many", max(opened), 100.0, f"worst of {ROUNDS}", unit="ms"),
    ]


def _ratio(share: str, many: float, none: float) -> Figure:
    name = f"key → frame {share}, {ORDERS:,} orders and {FILLS:,} fills / none"
    return Figure(name, many / none, 1.2, f"{many:.2f} ms / {none:.2f} ms")


class _Scene(NamedTuple):
    """A market, an account in it, and the clock that both live by."""

    desk: Desk
    clock: _Hands

    @classmethod
    def of(cls, orders: int, fills: int) -> _Scene:
        """So many orders work on all levels of the book, the newest first, and so many were filled before."""
        clock, name = _Hands(), identify("polymarket", "7" * 77)
        market = Instrument(name, "polymarket", "7" * 77, title="Will it rain?", ceiling=Px(ONE), tick=_CENT)
        desk = Desk([market], clock=clock)
        store, venue_time = desk.store, Millis(desk.wall(_BEGAN))
        store.add(market)
        bids: dict[int, int] = {_BID - n * _CENT: qty(f"{100 + n}") for n in range(_LEVELS)}
        asks: dict[int, int] = {_ASK + n * _CENT: qty(f"{200 + n}") for n in range(_LEVELS)}
        store.attach([name], _MARKET_LINK, _BEGAN)
        store.take(
            [
                LinkChanged(_MARKET_LINK, _BEGAN, 1, Phase.UP),
                BookSnapshot(name, _BEGAN, _BEGAN, bids, asks, tick=_CENT, initial=True),
            ]
        )
        desk.show(name)
        prices = [*((Side.BUY, Px(price)) for price in bids), *((Side.SELL, Px(price)) for price in asks)]
        account = store.log_in("polymarket", venue_time, _OWN_LINK)
        store.take([LinkChanged(_OWN_LINK, _BEGAN, 1, Phase.UP)])
        working = (_order(name, n, *prices[n % len(prices)], Millis(venue_time - 1_000 * n)) for n in range(orders))
        filled = (_fill(name, n, *prices[n % len(prices)], Millis(venue_time - 100_000 - n)) for n in range(fills))
        account.take(AccountChecked(_BEGAN, _BEGAN, tuple(working), tuple(filled), cash=qty("812.4")))
        return cls(desk, clock)

    def turn(self, at: int) -> None:
        """Let it be `at`, and something be told of a price at which nobody has orders: the market stays live."""
        self.clock.at = Millis(at)
        far, size = Px(_ASK + _LEVELS * _CENT), Qty(at % 1_000 * ONE)
        store, name = self.desk.store, self.desk.shown
        store.take([BookDelta(self.clock.at, self.clock.at, [(name, False, far, size, (_BID, _ASK), "")])])


class _Hands:
    """A clock that is turned by hand."""

    def __init__(self) -> None:
        self.at = _BEGAN

    def __call__(self) -> Millis:
        return self.at


def _order(name: InstrumentId, n: int, side: Side, price: Px, at: Millis) -> OrderChanged:
    size = Qty((n + 5) * ONE)
    return OrderChanged(f"o{n}", name, _BEGAN, at, side, price, size, Qty(0), OrderState.WORKING, "GTC", at)


def _fill(name: InstrumentId, n: int, side: Side, price: Px, at: Millis) -> Filled:
    size = Qty((n + 5) * ONE)
    return Filled(f"t{n}", f"f{n}", 0, name, _BEGAN, at, side, price, size, True, FillState.CONFIRMED, at)


async def _keys(scene: _Scene) -> list[float]:
    """What each key costs to its frame, in ms of this thread: the cursor goes down and up the ladder."""
    app = Pmtui(scene.desk, follow=False)
    costs = []
    async with app.run_test(size=WIDE) as pilot:
        await _settled(pilot)
        assert app.dashboard.query_one(Account).display
        for n in range(KEYS + WARM_UP):
            scene.turn(_BEGAN + (n + 1) * BETWEEN)
            costs.append(await _press(app, ("down", "up")[n % 2]))
        assert app.desk.label(app.desk.shown).sure
        assert app.frames.counts.frames >= KEYS + WARM_UP
    return costs[WARM_UP:]


async def _opening(scene: _Scene) -> float:
    """What it costs to open the panel for the first time, to its whole frame."""
    app = Pmtui(scene.desk, follow=False)
    async with app.run_test(size=NARROW) as pilot:
        await _settled(pilot)
        panel = app.dashboard.query_one(Account)
        assert not panel.display
        cost = await _press(app, panel.digit)
        assert panel.display
        assert len(panel.rows) > 1
    return cost


async def _settled(pilot: Pilot[None]) -> None:
    await pilot.pause()
    await pilot.pause()
    gc.collect()  # what making the scene left behind is not the screen's


async def _press(app: Pmtui, key: str) -> float:
    began = thread_time()
    await app.on_event(events.Key(key, None))
    return 1_000 * (thread_time() - began)
