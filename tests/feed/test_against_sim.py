"""The real feed, sockets and REST against the simulated exchange in one process.

Time is an argument, for both sides the same one: it goes on by small steps, several times faster than on the wall.
On a busy machine the steps come later, and are no longer.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from operator import itemgetter
from random import Random
from threading import Lock

from pmtui.core.board import Board, Label
from pmtui.core.events import Phase
from pmtui.core.instrument import Instrument, InstrumentId, identify
from pmtui.core.store import Store
from pmtui.core.units import Millis, px, qty
from pmtui.feed.clock import steady
from pmtui.feed.feed import Feed
from pmtui.feed.http import HttpFetcher
from pmtui.feed.live import LiveTransport
from pmtui.sim.polymarket.server import SimServer, wall_clock
from pmtui.sim.polymarket.world import World, demo_world
from pmtui.venues.polymarket.venue import Polymarket

STEP = 40
"""How many milliseconds pass at once."""
REST = 0.0025
"""How many real seconds the sockets have between two steps."""


class Hours:
    """The time of a scene and of the exchanges in it."""

    def __init__(self) -> None:
        self.now = steady()
        self.sims: list[SimServer] = []
        self._sleepers: list[tuple[int, asyncio.Future[None]]] = []

    def clock(self) -> Millis:
        return self.now

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.now + round(seconds * 1_000), woken))
        await woken

    async def run(self) -> None:
        while True:
            self.now = Millis(self.now + STEP)
            for sim in self.sims:
                sim.step(STEP)
            due = [each for each in self._sleepers if each[0] <= self.now]
            self._sleepers = [each for each in self._sleepers if each[0] > self.now]
            for _, woken in sorted(due, key=itemgetter(0)):
                if not woken.done():
                    woken.set_result(None)
            await asyncio.sleep(REST)


class Scene:
    """A feed and the exchange that it follows."""

    def __init__(self, sim: SimServer, hours: Hours) -> None:
        self.sim = sim
        self.clock, self.sleep = hours.clock, hours.sleep
        self.store = Store()
        self.venue = Polymarket.at({"socket": sim.ws_url, "clob": sim.rest_url, "gamma": sim.rest_url})
        self.feed = Feed(
            self.store,
            Lock(),
            {self.venue.name: self.venue},
            LiveTransport(self.clock),
            HttpFetcher(),
            clock=self.clock,
            random=Random(7),
            sleep=self.sleep,
        )
        self.labels: dict[str, list[Label]] = {}

    def tokens(self, market: int = 0) -> tuple[str, str]:
        return self.sim.world.markets[market].listing.tokens

    def follow(self, *markets: int) -> None:
        """Follow the first outcome of some markets; their other outcomes follow by themselves."""
        found = [self.venue.instrument(self.tokens(market)[0]) for market in markets]
        self.feed.follow([each for each in found if isinstance(each, Instrument)])
        self.store.show([id_of(token) for token in self.tokens(markets[0])], self.clock())

    def board(self, token: str) -> Board:
        return self.store.boards[id_of(token)]

    def label(self, token: str) -> Label:
        label = self.store.label(id_of(token), self.clock())
        seen = self.labels.setdefault(token, [])
        if not seen or seen[-1] is not label:
            seen.append(label)
        return label

    def everything(self, *labels: Label) -> bool:
        return len(self.store.boards) > 1 and all(
            self.label(each.partition(":")[2]) in labels for each in self.store.boards
        )

    def equal(self, token: str) -> bool:
        """Whether our book is the exchange's, level by level; what is on its way is not yet."""
        truth = self.sim.exchange.truth(token)
        bids, asks = ({px(p): qty(s) for p, s in truth[side]} for side in ("bids", "asks"))  # type: ignore[attr-defined]
        book = self.board(token).book
        return (book.bids, book.asks) == (bids, asks)

    async def until(self, condition: Callable[[], bool], within: float = 60) -> None:
        """Wait for it, for so many of the scene's seconds."""
        end = self.clock() + within * 1_000
        while self.clock() <= end:
            for each in list(self.store.boards):
                self.label(each.partition(":")[2])
            if condition():
                return
            await self.sleep(0.01)
        raise AssertionError({each[:18]: board.why(self.clock()) for each, board in self.store.boards.items()})


def id_of(token: str) -> InstrumentId:
    return identify("polymarket", token)


@asynccontextmanager
async def passing() -> AsyncIterator[Hours]:
    hours = Hours()
    task = asyncio.create_task(hours.run())
    try:
        yield hours
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def exchange(
    hours: Hours, world: World | None = None, port: int = 0, rest_port: int = 0
) -> AsyncIterator[SimServer]:
    world = world or demo_world(seed=7, rate=60, epoch=wall_clock())
    async with SimServer(world, manual=True, port=port, rest_port=rest_port) as sim:
        hours.sims.append(sim)
        try:
            yield sim
        finally:
            hours.sims.remove(sim)


@asynccontextmanager
async def following(sim: SimServer, hours: Hours, *markets: int) -> AsyncIterator[Scene]:
    scene = Scene(sim, hours)
    scene.follow(*(markets or (0, 1)))
    task = asyncio.create_task(scene.feed.run())
    try:
        yield scene
        assert scene.store.ledger.balanced, scene.store.ledger
        assert scene.store.ledger.rejected == 0 or scene.labels
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


HANGS = 120
"""So many real seconds no scene takes: what lasts longer hangs."""


def play(scene: Callable[[Scene], Awaitable[None]], *markets: int) -> None:
    async def work() -> None:
        async with (
            asyncio.timeout(HANGS),
            passing() as hours,
            exchange(hours) as sim,
            following(sim, hours, *markets) as found,
        ):
            await found.until(lambda: found.everything(Label.LIVE, Label.QUIET))
            await scene(found)

    asyncio.run(work())


def test_every_market_becomes_live_with_both_outcomes_and_is_proven_equal() -> None:
    async def scene(found: Scene) -> None:
        yes, no = found.tokens()
        await found.until(lambda: found.store.counts.proofs > 20)
        await found.until(lambda: found.equal(yes) and found.equal(no))
        await found.until(lambda: len(found.store.boards) == 2 * len(found.sim.world.markets))
        wanted = {each.partition(":")[2] for each in found.store.boards}
        # A token whose fresh book is asked for is not followed for a moment.
        await found.until(lambda: found.sim.followed == wanted)
        assert found.store.counts.proofs > 4 * found.store.counts.misses
        await found.until(lambda: found.store.counts.mirrors > 0)
        assert found.board(yes).instrument.title
        assert found.board(no).instrument.outcome == "No"

    play(scene, *range(11))


def test_a_dropped_change_is_found_out_and_the_book_is_proven_equal_again() -> None:
    async def scene(found: Scene) -> None:
        yes, no = found.tokens()
        while not found.store.counts.doubts:
            # A whole book that follows a trade may mend the loss before anybody notices: then once more.
            found.sim.fault(f"drop 2 {yes}")
            await found.sleep(1)
        await found.until(lambda: found.label(yes) is Label.LIVE and found.equal(yes) and found.equal(no))
        again = found.board(yes).proof_at
        await found.until(lambda: found.board(yes).proof_at > again)

    play(scene)


def test_a_muted_token_never_stays_live_and_comes_back() -> None:
    async def scene(found: Scene) -> None:
        yes, _ = found.tokens()
        other, _ = found.tokens(1)
        found.sim.fault(f"mute {yes} 12")
        await found.until(lambda: found.label(yes) is not Label.LIVE, within=12)
        assert found.label(other) is Label.LIVE
        await found.until(lambda: found.label(yes) is Label.LIVE and found.equal(yes), within=40)
        assert set(found.labels[other]) <= {Label.CONNECTING, Label.SYNCING, Label.LIVE, Label.QUIET, Label.RESYNC}

    play(scene)


def test_a_frozen_exchange_is_stale_within_ten_seconds_and_dialled_anew_within_thirty() -> None:
    async def scene(found: Scene) -> None:
        found.sim.fault("freeze 12")
        froze = found.clock()
        await found.until(lambda: found.everything(Label.STALE, Label.SYNCING, Label.DOWN), within=10.5)
        links = list(found.store.links.values())
        await found.until(lambda: all(link.ups > 1 for link in links), within=30)
        assert found.clock() - froze <= 31_000
        await found.until(
            lambda: found.everything(Label.LIVE, Label.QUIET) and found.equal(found.tokens()[0]), within=40
        )

    play(scene)


def test_torn_and_closed_links_come_back_with_the_true_book() -> None:
    async def scene(found: Scene) -> None:
        yes, _ = found.tokens()
        for fault in ("tear", "close 1013 slow consumer: send buffer full"):
            link = found.board(yes).link
            assert link is not None
            ups = link.ups
            found.sim.fault(fault)
            await found.until(lambda link=link, ups=ups: link.ups > ups, within=20)  # type: ignore[misc]
            await found.until(lambda: found.label(yes) is Label.LIVE and found.equal(yes))
        assert Label.DOWN in found.labels[yes]

    play(scene)


def test_a_refused_link_tells_why_and_how_often() -> None:
    async def scene(found: Scene) -> None:
        yes, _ = found.tokens()
        found.sim.fault("refuse 6 503")
        found.sim.fault("cut")
        link = found.board(yes).link
        assert link is not None
        await found.until(lambda: link.attempt >= 2)
        assert link.phase is Phase.DOWN
        assert found.board(yes).why(found.clock()).startswith("refused with status 503, try 3 in ")
        await found.until(lambda: found.label(yes) is Label.LIVE, within=40)

    play(scene)


def test_garbage_is_counted_and_ends_nothing() -> None:
    async def scene(found: Scene) -> None:
        yes, _ = found.tokens()
        found.sim.fault("garbage 15")
        await found.until(lambda: found.store.ledger.rejected >= 8)
        await found.until(lambda: found.label(yes) is Label.LIVE and found.equal(yes))
        assert found.store.ledger.balanced

    play(scene)


def test_a_restarted_exchange_is_found_again_and_no_level_of_the_old_book_survives() -> None:
    async def work() -> None:
        async with (
            asyncio.timeout(HANGS),
            passing() as hours,
            exchange(hours) as sim,
            following(sim, hours) as found,
        ):
            port, rest_port = (int(url.rpartition(":")[2]) for url in (sim.ws_url, sim.rest_url))
            yes, _ = found.tokens()
            await found.until(lambda: found.label(yes) is Label.LIVE)
            old = set(found.board(yes).book.bids.items())
            await sim.__aexit__(None, None, None)
            await found.until(lambda: found.label(yes) is Label.DOWN)
            link = found.board(yes).link
            assert link is not None
            await found.until(lambda: link.attempt >= 2)
            assert link.retry_at > 0
            assert found.board(yes).why(found.clock()).startswith("connection refused, try ")
            world = demo_world(seed=7, rate=5, epoch=wall_clock())
            for market in world.markets:
                market.engine.clear(world.now)
                for price in ("0.11", "0.12"):
                    market.engine.place(world.now, "BUY", px(price), qty("7"))
                market.engine.drain()
            async with exchange(hours, world, port, rest_port) as again:
                found.sim = again
                await found.until(lambda: found.label(yes) is Label.LIVE, within=40)
                await found.until(lambda: found.equal(yes))
                assert not old & set(found.board(yes).book.bids.items())

    asyncio.run(work())
