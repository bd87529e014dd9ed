"""One made-up market's messages, and a feed that follows it over a scripted far end."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from random import Random
from threading import Lock
from typing import Any

from pmtui.core.board import Board, Label
from pmtui.core.instrument import Instrument, InstrumentId, identify
from pmtui.core.store import Store
from pmtui.core.units import Millis
from pmtui.feed.feed import Feed
from pmtui.venues.polymarket.venue import Polymarket
from tests.torture.loop import run

from .scripted import FakeClock, ScriptedFetcher, ScriptedLine, ScriptedTransport, settle

YES, NO = "7" * 77, "8" * 77
STRANGER = "9" * 77
CONDITION = "0x" + "ab" * 32
NOON = 1_800_000_000_000
HASH = "0" * 39 + "1"
"""Nobody's digest."""

Levels = tuple[tuple[str, str], ...]
BIDS: Levels = (("0.47", "5"), ("0.48", "10"))
ASKS: Levels = (("0.53", "5"), ("0.52", "10"))
MIRRORED_BIDS: Levels = (("0.47", "5"), ("0.48", "10"))
MIRRORED_ASKS: Levels = (("0.53", "5"), ("0.52", "10"))


def token(number: int) -> str:
    return str(10**76 + number)


def id_of(name: str) -> InstrumentId:
    return identify("polymarket", name)


def ids(*names: str) -> list[InstrumentId]:
    return [id_of(name) for name in names]


def bare(name: str) -> Instrument:
    """An instrument of which only the id is known."""
    found = Polymarket().instrument(name)
    assert found is not None
    return found


def _levels(levels: Levels) -> list[dict[str, str]]:
    return [{"price": price, "size": size} for price, size in levels]


def book(
    name: str = YES,
    *,
    sent: int = 0,
    bids: Levels = BIDS,
    asks: Levels = ASKS,
    digest: str = "",
    market: str = CONDITION,
    first: bool = True,
) -> dict[str, Any]:
    told: dict[str, Any] = {
        "market": market,
        "asset_id": name,
        "timestamp": str(NOON + sent),
        "hash": digest,
        "bids": _levels(bids),
        "asks": _levels(asks),
        "event_type": "book",
    }
    return told | ({"tick_size": "0.01", "last_trade_price": "0.500"} if first else {})


def fetched(name: str = YES, **what: Any) -> bytes:
    """The same book as REST tells it."""
    rest = {"min_order_size": "5", "neg_risk": False}
    return json.dumps(book(name, **what) | rest).encode()


def entry(name: str, side: str, price: str, size: str, top: tuple[str, str], digest: str = "") -> dict[str, str]:
    return {
        "asset_id": name,
        "price": price,
        "size": size,
        "side": side,
        "hash": digest,
        "best_bid": top[0],
        "best_ask": top[1],
    }


def change(*entries: dict[str, str], sent: int, market: str = CONDITION) -> str:
    """In the venue's own spelling: a blank behind each comma."""
    told = {
        "market": market,
        "price_changes": list(entries),
        "timestamp": str(NOON + sent),
        "event_type": "price_change",
    }
    return json.dumps(told, separators=(", ", ":"))


def bid(price: str, size: str, top: tuple[str, str] = ("0.48", "0.52"), *, sent: int, digest: str = "") -> str:
    """A bid of the first outcome changes, and the ask of the other that mirrors it."""
    other = f"{1 - float(top[1]):.2f}", f"{1 - float(top[0]):.2f}"
    return change(
        entry(YES, "BUY", price, size, top, digest),
        entry(NO, "SELL", f"{1 - float(price):.2f}", size, other, digest),
        sent=sent,
    )


def trade(name: str = YES, *, sent: int, price: str = "0.52", size: str = "5") -> str:
    return json.dumps(
        {
            "market": CONDITION,
            "asset_id": name,
            "price": price,
            "size": size,
            "fee_rate_bps": "0",
            "side": "BUY",
            "timestamp": str(NOON + sent),
            "event_type": "last_trade_price",
        }
    )


def resolved(winner: str = YES) -> str:
    return json.dumps(
        {
            "event_type": "market_resolved",
            "market": CONDITION,
            "assets_ids": [YES, NO],
            "winning_asset_id": winner,
            "winning_outcome": "Yes" if winner == YES else "No",
            "timestamp": str(NOON),
        }
    )


def row(*, closed: bool = False, names: tuple[str, str] = (YES, NO)) -> bytes:
    """The catalogue's row of the market."""
    told = {
        "question": "Will it rain?",
        "conditionId": CONDITION,
        "clobTokenIds": json.dumps(names),
        "outcomes": '["Yes", "No"]',
        "outcomePrices": '["1", "0"]' if closed else '["0.5", "0.5"]',
        "closed": closed,
        "orderPriceMinTickSize": 0.01,
        "orderMinSize": 5,
    }
    return json.dumps([told]).encode()


class Scene:
    """A feed on a scripted far end, in virtual time."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.transport = ScriptedTransport(clock=self.clock)
        self.fetcher = ScriptedFetcher()
        self.store = Store()
        self.venue = Polymarket.at({"socket": "ws://127.0.0.1", "clob": "http://clob", "gamma": "http://gamma"})
        self.nudges = 0
        self.wall_ahead = 0
        self.feed = Feed(
            self.store,
            Lock(),
            {self.venue.name: self.venue},
            self.transport,
            self.fetcher,
            nudge=self._nudge,
            clock=self.clock,
            wall_clock=lambda: Millis(NOON + self.clock() - 1_000_000 + self.wall_ahead),
            random=Random(7),
        )

    def _nudge(self) -> None:
        self.nudges += 1

    @property
    def line(self) -> ScriptedLine:
        return self.transport.line

    def board(self, name: str = YES) -> Board:
        return self.store.boards[id_of(name)]

    def label(self, name: str = YES) -> Label:
        return self.store.label(id_of(name), self.clock())

    def said(self, line: ScriptedLine | None = None) -> list[dict[str, Any]]:
        """What was said on a connection, without the pings."""
        return [json.loads(frame) for frame in (line or self.line).said if frame != b"PING"]

    async def tell(self, *messages: object, line: ScriptedLine | None = None) -> None:
        """Messages of the far end, taken in at once."""
        for message in messages:
            text = message if isinstance(message, (str, bytes)) else json.dumps(message)
            (line or self.line).tell(text)
        await settle()

    async def connect(self, *names: str) -> None:
        """Follow some tokens, up to their open connection."""
        self.feed.follow([bare(name) for name in names or (YES,)])
        await settle()

    async def live(self) -> None:
        """Both outcomes followed and their first books there."""
        await self.connect(YES, NO)
        await self.tell([book(YES), book(NO, bids=MIRRORED_BIDS, asks=MIRRORED_ASKS)])
        assert self.label(YES) is Label.LIVE

    def followed(self) -> set[str]:
        """The tokens that the far end believes to be wanted, over all open connections."""
        found: set[str] = set()
        for line in self.transport.lines:
            if line.left:
                continue
            mine: set[str] = set()
            for said in self.said(line):
                if said.get("operation") == "unsubscribe":
                    mine -= set(said["assets_ids"])
                else:
                    mine |= set(said["assets_ids"])
            found |= mine
        return found

    def wanted(self) -> set[str]:
        return {each.partition(":")[2] for each in self.store.boards}


@asynccontextmanager
async def running() -> AsyncIterator[Scene]:
    scene = Scene()
    task = asyncio.create_task(scene.feed.run())
    await settle()
    try:
        yield scene
        assert not task.done() or task.cancelled(), task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await settle()


def play(scene: Callable[[Scene], Awaitable[None]]) -> None:
    """A scene, after which the ledger balances and no task is left."""

    async def work() -> None:
        async with running() as found:
            await scene(found)
            assert found.store.ledger.balanced, found.store.ledger
        assert len(asyncio.all_tasks()) == 1, asyncio.all_tasks()

    run(work())
