"""What a venue allows one address is never exceeded, however often links are cut and however much is watched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Collection
from dataclasses import dataclass, field
from random import Random

import pytest

from pmtui.core.instrument import InstrumentId, identify
from pmtui.core.ports import Closed, Frame, Opened, Stream
from pmtui.feed.backoff import Pacer
from pmtui.feed.link import Conversation, Quotas
from pmtui.sim.hyperliquid.visitor import MOST_LINKS, Visitor
from pmtui.venues.hyperliquid.market import MarketStream
from pmtui.venues.hyperliquid.subscriptions import MOST
from pmtui.venues.hyperliquid.user import UserStream
from tests.torture.loop import run

from .scripted import LOST, now

HOST = "wss://exchange.example"
COINS = tuple(identify("hyperliquid", f"COIN{n}") for n in range(1_000))


@dataclass
class Counting:
    """A far end that says nothing, counts what it hears as the venue does, and cuts each link after a while."""

    random: Random
    longest: float
    handshake: tuple[float, float]
    visitor: Visitor = field(default_factory=Visitor)
    lines: list[CountingLine] = field(default_factory=list)
    links: int = 0
    heard: int = 0
    troubles: list[str] = field(default_factory=list)

    async def packets(self, stream: Stream) -> AsyncGenerator[Opened | Frame | Closed, None]:
        await asyncio.sleep(self.random.uniform(*self.handshake))
        if why := self.visitor.why_not_enter(len(self.lines), now()):
            self.troubles.append(why)
            yield Closed(why, 429)
            return
        line = CountingLine(self)
        self.lines.append(line)
        self.links += 1
        try:
            yield Opened(now(), line)
            async with asyncio.timeout(self.random.uniform(0.0, self.longest)):
                await line.ended.wait()
        except TimeoutError:
            pass  # the venue has had enough of this one
        finally:
            self.lines.remove(line)
        yield LOST


@dataclass(eq=False)
class CountingLine:
    far_end: Counting
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    async def say(self, frame: bytes) -> None:
        await asyncio.sleep(0)
        self.far_end.heard += 1
        if why := self.far_end.visitor.why_not_speak(now()):
            self.far_end.troubles.append(why)

    def cut(self) -> None:
        self.ended.set()


def endured(
    streams: Collection[Stream],
    *,
    longest: float,
    handshake: tuple[float, float] = (0.01, 2.0),
    minutes: int = 10,
    seed: int = 7,
) -> Counting:
    """What the far end counted of conversations whose links live no longer than that."""
    far_end = Counting(Random(seed), longest, handshake)

    async def work() -> None:
        pacer, quotas, random = Pacer(), Quotas(), Random(seed)
        talks = [
            Conversation(
                each,
                far_end,
                take=lambda conversation, frame: True,
                tell=lambda change: None,
                clock=now,
                pacer=pacer,
                random=random,
                quotas=quotas,
            )
            for each in streams
        ]
        tasks = [asyncio.create_task(each.run()) for each in talks]
        await asyncio.sleep(60 * minutes)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    run(work())
    return far_end


def market(number: int, coins: Collection[InstrumentId]) -> MarketStream:
    return MarketStream(f"market {number}", HOST, coins)


def user() -> UserStream:
    return UserStream("user", HOST, "0x" + "ab" * 20)


def test_a_thousand_coins_and_an_account_are_followed_within_the_limits() -> None:
    far_end = endured([market(1, COINS), user()], longest=3_000)
    assert far_end.troubles == []
    assert far_end.heard > MOST


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("longest", [0.5, 10, 90])
def test_links_that_are_cut_over_and_over_stay_within_the_limits(longest: float, seed: int) -> None:
    far_end = endured([market(1, COINS), user()], longest=longest, seed=seed)
    assert far_end.troubles == []
    assert far_end.links > 10


@pytest.mark.parametrize("seed", range(2))
def test_as_many_links_as_are_allowed_come_back_within_the_limits(seed: int) -> None:
    streams = [market(n, COINS[n * 50 : n * 50 + 50]) for n in range(MOST_LINKS - 1)]
    far_end = endured([*streams, user()], longest=5, seed=seed)
    assert far_end.troubles == []
    assert far_end.heard > 20 * 50
