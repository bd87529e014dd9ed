"""The account's side of the made-up exchange without sockets, and a feed that follows it, in virtual time."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from threading import Lock
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import orjson

from pmtui.core.account import Account
from pmtui.core.board import Label
from pmtui.core.credentials import Credentials, Secret
from pmtui.core.events import FillKey
from pmtui.core.instrument import identify
from pmtui.core.ports import Closed, Frame, Login, Opened, Request, Stream
from pmtui.core.store import Store
from pmtui.core.units import Millis, px, qty
from pmtui.feed.feed import Feed
from pmtui.sim import account as made_up
from pmtui.sim.http import Asked
from pmtui.sim.polymarket import statement
from pmtui.sim.polymarket.exchange import Exchange
from pmtui.sim.polymarket.ledger import Ledger
from pmtui.sim.polymarket.rest import Rest
from pmtui.sim.polymarket.signed import SignedReads
from pmtui.sim.polymarket.trader import Trader, open_account
from pmtui.sim.polymarket.user import UserChannel, UserSession
from pmtui.venues.polymarket.venue import Polymarket
from tests.sim.polymarket.worlds import demo_world
from tests.torture.loop import BEGINS

LOST = Closed("the connection was lost", 1006)
EPOCH = Millis(1_800_000_000_000)
STEP = 0.2
DOOMED_FOR = 0.15


@dataclass(eq=False)
class OwnLine:
    """One connection to the user channel."""

    session: UserSession
    latency: float
    queue: deque[tuple[float, bytes]] = field(default_factory=deque)
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    ended: bool = False
    said: list[bytes] = field(default_factory=list)
    deaf: bool = False

    async def say(self, frame: bytes) -> None:
        self.said.append(frame)
        for answer in () if self.deaf else self.session.hear(bytes(frame)):
            self.send(answer)
        if self.session.is_doomed:
            asyncio.get_running_loop().call_later(DOOMED_FOR, self.cut)

    def send(self, text: bytes) -> None:
        self.queue.append((asyncio.get_running_loop().time() + self.latency, text))
        self.woken.set()

    def cut(self) -> None:
        self.ended = True
        self.woken.set()


class OwnExchange:
    """A world in which the account lives, its channel and its signed reads."""

    def __init__(self, *, seed: int = 7, pace: float = 600, page: int = 20) -> None:
        self.random = Random(seed)
        self.world = demo_world(seed=seed, rate=2, epoch=EPOCH)
        self.exchange = Exchange(self.world)
        self.ledger: Ledger = open_account(self.world, pace=pace)
        self.channel = UserChannel(self.ledger, self.exchange.faults)
        self.reads = SignedReads(self.exchange, self.ledger, Rest(self.exchange, lambda _: []), page=page)
        self.lines: list[OwnLine] = []
        self.attempts: list[float] = []
        self.asked: Counter[str] = Counter()
        self.asked_at: dict[str, list[float]] = {}
        self.told: set[FillKey] = set()
        """Fills of which somebody who listened heard when they were matched."""
        self.tamper: Callable[[str, int, bytes], tuple[int, bytes]] = lambda path, status, body: (status, body)

    def fault(self, text: str) -> None:
        self.exchange.ask(text)

    def step(self, ms: int) -> None:
        for _ in self.exchange.step(ms, ()):
            pass
        for frame in self.channel.drain():
            for line in self.lines:
                if line.session.hears(frame) and not line.ended:
                    line.send(frame.text)
        for fault in self.exchange.take_link_faults():
            if fault.verb in ("cut", "user-cut", "user-down", "user-deny"):
                self.cut()

    def cut(self) -> None:
        for line in list(self.lines):
            line.cut()

    async def live(self) -> None:
        while True:
            self.step(round(STEP * 1_000))
            await asyncio.sleep(STEP)

    def stop_trading(self) -> None:
        """The account does nothing more by itself; what it did goes on settling."""
        self.world.guest = Trader(self.world, self.ledger)

    # What the feed needs

    async def packets(self, stream: Stream) -> AsyncGenerator[Opened | Frame | Closed, None]:
        loop = asyncio.get_running_loop()
        self.attempts.append(loop.time())
        await asyncio.sleep(self.random.choice((0.02, 0.15)))
        if down := self.exchange.faults.find("user-down"):
            yield Closed(f"refused with status {down.fault.arguments.get('STATUS', 503)}", 503)
            return
        line = OwnLine(self.channel.session(), self.random.choice((0.0, 0.02, 0.08)))
        self.lines.append(line)
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
            self.lines.remove(line)

    def _heard(self, text: bytes) -> None:
        if text[:1] == b"{" and (row := orjson.loads(text))["event_type"] == "trade" and row["status"] == "MATCHED":
            key = (row["id"], row["bucket_index"])
            self.told |= {(fill.trade, fill.order, fill.bucket) for fill in self.ledger.trades[key].fills}

    async def fetch(self, request: Request, headers: Mapping[str, str] | None = None) -> tuple[int, bytes]:
        parts = urlsplit(request.url)
        self.asked[parts.path] += 1
        self.asked_at.setdefault(parts.path, []).append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.random.choice((0.005, 0.1)))
        small = {name.lower(): value for name, value in (headers or {}).items()}
        query = parse_qs(parts.query, keep_blank_values=True)
        answer = self.reads.answer(Asked("GET", parts.path, query, b"", small))
        await asyncio.sleep(self.random.choice((0.005, 0.1)))
        return self.tamper(parts.path, answer.status, answer.body)

    async def close(self) -> None:
        return None

    # What is true

    def fills(self) -> dict[FillKey, tuple[str, str, int, int, bool, str]]:
        return {
            (fill.trade, fill.order, fill.bucket): (
                identify("polymarket", fill.token),
                fill.side,
                fill.price,
                fill.size,
                fill.role == "MAKER",
                fill.state,
            )
            for fill in self.ledger.fills
        }

    def orders(self) -> dict[str, tuple[str, int, int]]:
        truth: Any = statement.truth(self.ledger, self.world.now)["orders"]
        return {
            each["id"]: (each["side"], px(each["price"]), qty(each["original_size"]) - qty(each["size_matched"]))
            for each in truth
        }


def clock() -> Millis:
    return Millis(round(asyncio.get_running_loop().time() * 1_000))


class Shown(NamedTuple):
    """What an account says, in the words of the exchange's truth."""

    fills: dict[FillKey, tuple[str, str, int, int, bool, str]]
    orders: dict[str, tuple[str, int, int]]
    late: set[FillKey]


def shown(account: Account) -> Shown:
    fills = account.fills.newest(10**6)
    return Shown(
        {
            each.key: (each.instrument, each.side.value, each.price, each.size, each.maker, each.state.value)
            for each in fills
        },
        {each.order: (each.side.value, each.price, each.left) for each in account.orders.working()},
        {each.key for each in fills if each.late},
    )


class Scene:
    """A feed that follows the account and nothing else."""

    def __init__(self, exchange: OwnExchange, *, wall_ahead: int = 0, **parts: str) -> None:
        self.exchange = exchange
        self.store = Store()
        venue = Polymarket.at(
            {"socket": "ws://127.0.0.1:1", "clob": "http://127.0.0.1:2", "gamma": "http://127.0.0.1:2"}
        )
        self.feed = Feed(
            self.store,
            Lock(),
            {venue.name: venue},
            exchange,
            exchange,
            clock=clock,
            wall_clock=lambda: Millis(EPOCH + clock() - round(BEGINS * 1_000) + wall_ahead),
            random=Random(7),
        )
        access = venue.account(Login(credentials(exchange.ledger.account, **parts)))
        assert access is not None
        self.feed.log_in("polymarket", access, exchange, cash=True)
        assert self.store.accounts
        self.account = self.store.accounts["polymarket"]

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


def credentials(account: made_up.Account, **parts: str) -> Credentials:
    told = {"key": account.key, "secret": account.secret, "passphrase": account.passphrase, "address": account.address}
    told |= parts
    return Credentials(
        Secret(told["key"]), Secret(told["secret"]), Secret(told["passphrase"]), told["address"], "a test"
    )


@asynccontextmanager
async def following(exchange: OwnExchange | None = None, **how: Any) -> AsyncIterator[Scene]:
    exchange = exchange or OwnExchange()
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
