"""A made-up exchange where accounts are public, without sockets, and a feed that follows one, in virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from threading import Lock
from typing import Any

import orjson

from pmtui.core.board import Label
from pmtui.core.events import FillKey
from pmtui.core.instrument import InstrumentId, identify
from pmtui.core.ports import Closed, Frame, Login, Opened, Request, Stream
from pmtui.core.store import Store
from pmtui.core.units import Millis
from pmtui.feed.feed import Feed
from pmtui.sim.hyperliquid.exchange import Exchange
from pmtui.sim.hyperliquid.info import Info, TooOften
from pmtui.sim.hyperliquid.session import Session
from pmtui.sim.hyperliquid.trader import Trader, open_account
from pmtui.sim.hyperliquid.visitor import Visitor
from pmtui.venues.hyperliquid.own import signed
from pmtui.venues.hyperliquid.venue import Hyperliquid
from tests.sim.hyperliquid.worlds import demo_world
from tests.torture.loop import BEGINS

from .own import EPOCH, LOST, STEP, clock

VENUE = "hyperliquid"
LINK = "hyperliquid account link"


@dataclass(eq=False)
class PublicLine:
    """One connection."""

    session: Session
    latency: float
    queue: deque[tuple[float, bytes]] = field(default_factory=deque)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False
    deaf: bool = False
    said: list[dict[str, Any]] = field(default_factory=list)

    async def say(self, frame: bytes) -> None:
        self.said.append(orjson.loads(frame))
        for answer in () if self.deaf else self.session.hear(bytes(frame)):
            self.send(answer)

    def send(self, text: bytes) -> None:
        self.queue.append((asyncio.get_running_loop().time() + self.latency, text))
        self.woken.set()

    def cut(self) -> None:
        self.ended = True
        self.woken.set()


class PublicExchange:
    """A world in which the account lives, its feeds and its answers."""

    def __init__(self, *, seed: int = 7, pace: float = 600) -> None:
        self.random = Random(seed)
        self.world = demo_world(seed=seed, rate=2, epoch=EPOCH)
        self.ledger = open_account(self.world, pace=pace)
        self.exchange = Exchange(self.world, self.ledger)
        self.visitor = Visitor()
        """One address, which must not do too much."""
        self.info = Info(self.exchange, self.visitor)
        self.lines: list[PublicLine] = []
        self.attempts: list[float] = []
        self.asked: Counter[str] = Counter()
        """Requests by REST, by their type."""
        self.posted: Counter[str] = Counter()
        """Requests over connections that are gone."""
        self.told: set[FillKey] = set()
        """Fills of which somebody who listened heard when they happened."""

    def fault(self, text: str) -> None:
        self.exchange.ask(text)

    def step(self, ms: int) -> None:
        wanted = {topic for line in self.lines for topic in line.session.topics}
        for push in self.exchange.step(ms, wanted):
            for line in self.lines:
                if push.topic in line.session.topics and not line.ended:
                    line.send(push.text)
        for line in self.lines:
            for late in line.session.late():
                line.send(late)

    def cut(self) -> None:
        for line in list(self.lines):
            line.cut()

    async def live(self) -> None:
        while True:
            self.step(round(STEP * 1_000))
            await asyncio.sleep(STEP)

    def stop_trading(self) -> None:
        """The account does nothing more by itself; its orders may still be filled."""
        self.world.guest = Trader(self.world, self.ledger)

    def cancel_all(self) -> None:
        """The account takes everything back, so that nothing moves any more."""
        for order in self.ledger.open_orders[::2]:
            self.ledger.cancel(self.world.now, order.id)

    # What the feed needs

    async def packets(self, stream: Stream) -> AsyncGenerator[Opened | Frame | Closed, None]:
        loop = asyncio.get_running_loop()
        self.attempts.append(loop.time())
        await asyncio.sleep(self.random.choice((0.02, 0.15)))
        if down := self.exchange.faults.find("refuse"):
            yield Closed(f"refused with status {down.fault.arguments.get('STATUS', 503)}", 503)
            return
        if why := self.visitor.why_not_enter(len(self.lines), clock()):
            raise AssertionError(why)
        session = Session(self.exchange, lambda topic: None, lambda topic: None, visitor=self.visitor, greets=True)
        line = PublicLine(session, self.random.choice((0.0, 0.02, 0.08)))
        self.lines.append(line)
        for greeting in session.greeting:
            line.send(greeting)
        try:
            yield Opened(clock(), line)
            while not line.ended:
                if line.queue and line.queue[0][0] <= loop.time():
                    text = line.queue.popleft()[1]
                    yield Frame(clock(), text)
                    self._heard(text)
                elif line.queue:
                    await asyncio.sleep(line.queue[0][0] - loop.time())
                else:
                    line.woken.clear()
                    await line.woken.wait()
            yield LOST
        finally:
            session.leave()
            self.lines.remove(line)
            assert not session.is_doomed, "too many messages in a minute"
            self.posted.update(post["request"]["payload"]["type"] for post in line.said if post["method"] == "post")

    def _heard(self, text: bytes) -> None:
        if text.startswith(b'{"channel":"userFills"'):
            data = orjson.loads(text)["data"]
            if not data.get("isSnapshot"):
                self.told |= {(str(each["tid"]), str(each["oid"]), 0) for each in data["fills"]}

    async def fetch(self, request: Request, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        asked = orjson.loads(request.body)
        self.asked[asked["type"]] += 1
        await asyncio.sleep(self.random.choice((0.01, 0.2)))
        if failing := self.exchange.faults.find("rest"):
            return int(failing.fault.arguments["STATUS"]), b""
        try:
            return 200, orjson.dumps(self.info.answer(asked))
        except TooOften:
            return 429, b""

    async def close(self) -> None:
        return None

    # What is true

    def fills(self) -> dict[FillKey, tuple[str, str, int, int, bool, str]]:
        return {
            (str(fill.id), str(fill.order.id), 0): (
                identify(VENUE, fill.order.coin),
                fill.order.side,
                fill.price,
                fill.size,
                not fill.crossed,
                "CONFIRMED",
            )
            for fill in self.ledger.fills
        }

    def orders(self) -> dict[str, tuple[str, int, int]]:
        return {str(each.id): (each.side, each.price, each.left) for each in self.ledger.open_orders}

    def positions(self) -> dict[InstrumentId, int]:
        return {identify(VENUE, name): held.size for name, held in self.ledger.holdings.items() if held.size}

    def free(self) -> int:
        """Money that is not bound, on all dexes and beside them."""
        statement, user = self.exchange.statement, self.ledger.address
        spot: Any = statement.spot(user)["balances"]
        margins: list[Any] = [statement.clearinghouse(user, dex)["withdrawable"] for dex in self.ledger.cash]
        money = spot[0]
        return sum(signed({"it": each}, "it") for each in (money["total"], *margins)) - signed(money, "hold")

    def entries(self) -> dict[InstrumentId, int]:
        return {identify(VENUE, name): held.entry for name, held in self.ledger.holdings.items() if held.size}


class Scene:
    """A feed that follows the account and nothing else."""

    def __init__(self, exchange: PublicExchange, address: str = "") -> None:
        self.exchange = exchange
        self.store = Store()
        venue = Hyperliquid.at({"socket": "ws://127.0.0.1:1", "api": "http://127.0.0.1:2"})
        self.feed = Feed(
            self.store,
            Lock(),
            {venue.name: venue},
            exchange,
            exchange,
            clock=clock,
            wall_clock=lambda: Millis(EPOCH + clock() - round(BEGINS * 1_000)),
            random=Random(7),
        )
        access = venue.account(Login(addresses={VENUE: address or exchange.ledger.address}))
        assert access is not None
        self.feed.log_in(VENUE, access, exchange)
        self.account = self.store.accounts[VENUE]

    @property
    def label(self) -> Label:
        return self.account.label(clock())

    @property
    def reason(self) -> str:
        return self.account.reason(clock())

    async def until(self, condition: Callable[[], bool], within: float = 60) -> None:
        loop = asyncio.get_running_loop()
        deadline = loop.time() + within
        while not condition():
            assert loop.time() < deadline, (self.label, self.reason)
            await asyncio.sleep(0.02)

    async def connected(self) -> None:
        await self.until(lambda: self.label in (Label.LIVE, Label.QUIET))

    def news(self) -> list[str]:
        return [each.text for each in self.store.alerts.ring]


@asynccontextmanager
async def following(exchange: PublicExchange, **how: Any) -> AsyncIterator[Scene]:
    scene = Scene(exchange, **how)
    tasks = [asyncio.create_task(scene.feed.run()), asyncio.create_task(exchange.live())]
    try:
        yield scene
        assert not any(task.done() for task in tasks), tasks
        assert scene.store.ledger.balanced, scene.store.ledger
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
