"""Questions apart from the stream: a venue that does not answer costs the others nothing, and nobody asks twice."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Coroutine
from threading import Lock
from typing import Any, cast

from pmtui.core.events import BookSnapshot, Candles, LinkChanged, Phase
from pmtui.core.instrument import Instrument, InstrumentId, identify
from pmtui.core.ports import Request, Venue, Witnessed
from pmtui.core.store import Store
from pmtui.core.units import Millis
from pmtui.feed.asker import Asker
from pmtui.feed.questions import Questions
from tests.torture.loop import run

from .scripted import FakeClock, settle


class Far:
    """A venue whose books can be had or not."""

    def __init__(self, name: str, *, answers: bool = True) -> None:
        self.name = name
        self.answers = answers
        self.history_until = Millis(0)
        self.remembers = False

    def snapshot(self, instrument: InstrumentId) -> Request:
        return Request(instrument, "book")

    def witness(self, instrument: InstrumentId, status: int, body: bytes, asked_at: Millis) -> Witnessed:
        return Witnessed(BookSnapshot(instrument, asked_at, Millis(0), {}, {}), asked_at)

    def history(self, instrument: InstrumentId, now: Millis) -> Request | None:
        self.history_until = now
        return Request(instrument, "past") if self.remembers else None

    def remembered(self, instrument: InstrumentId, status: int, body: bytes, now: Millis) -> Candles:
        return Candles(instrument, now, Millis(60_000), ())


class Way(Asker):
    """Counts what is asked; a deaf venue's questions wait for ever."""

    def __init__(self, *venues: Far) -> None:
        self.venues = {each.name: each for each in venues}
        self.asked: Counter[str] = Counter()

    async def fetch(self, request: Request, conversation: object = None) -> tuple[int, bytes]:
        self.asked[request.url] += 1
        if not self.venues[request.url.partition(":")[0]].answers:
            await asyncio.sleep(3_600)
        return 200, b""


def questions(way: Way) -> Questions:
    store = Store()
    for name in way.venues:
        for n in range(9):
            store.add(Instrument(InstrumentId(identify(name, str(n))), name, str(n), str(n)), None)
    nothing: Any = lambda *_: None  # noqa: E731
    return Questions(
        store,
        Lock(),
        cast("dict[str, Venue]", way.venues),
        way,
        lambda venue: None,
        follow=nothing,
        reopen=nothing,
        nudge=nothing,
        clock=FakeClock(),
        sleep=asyncio.sleep,
    )


def test_a_venue_that_does_not_answer_costs_another_one_nothing() -> None:
    async def work() -> None:
        way = Way(Far("north", answers=False), Far("south"))
        asks = questions(way)
        deaf = [asyncio.create_task(asks.witness(InstrumentId(f"north:{n}"))) for n in range(9)]
        await settle()
        await asyncio.wait_for(asks.witness(InstrumentId("south:1")), 1)
        assert way.asked["south:1"] == 1
        assert sum(way.asked.values()) == 5  # four at once of the one that hangs, and no more
        for each in deaf:
            each.cancel()
        await asyncio.gather(*deaf, return_exceptions=True)

    run(work())


def test_a_book_that_is_being_asked_for_is_not_asked_for_again() -> None:
    async def work() -> None:
        far = Far("north", answers=False)
        way = Way(far)
        asks = questions(way)
        waits = asyncio.create_task(asks.witness(InstrumentId("north:1")))
        await settle()
        for _ in range(50):
            await asyncio.wait_for(asks.witness(InstrumentId("north:1")), 1)
        assert way.asked["north:1"] == 1
        waits.cancel()
        await asyncio.gather(waits, return_exceptions=True)
        far.answers = True
        await asks.witness(InstrumentId("north:1"))
        assert way.asked["north:1"] == 2

    run(work())


def test_the_past_is_asked_for_once_for_each_connection_of_a_book() -> None:
    async def work() -> None:
        asks = questions(Way(Far("north")))
        store = asks._store
        board, now = store.boards[InstrumentId("north:1")], asks._clock()

        async def is_asked() -> bool:
            nonlocal now
            now = Millis(now + 60_000)
            store.take([BookSnapshot(board.instrument.id, Millis(now), Millis(now), {}, {})])
            question = asks.recall(board, Millis(now))
            if question is not None:
                await question
            return question is not None

        for name in ("a link", "another link"):
            # Both are up when the book joins them, and were so equally often.
            store.take([LinkChanged(name, Millis(now), 1, Phase.UP)])
            store.attach([board.instrument.id], name, Millis(now))
            assert await is_asked()
            assert not await is_asked()
        store.take([LinkChanged("another link", Millis(now), 2, Phase.UP)])
        assert await is_asked()

    run(work())


def test_the_past_is_asked_for_again_of_a_market_that_was_removed_before_the_answer_and_comes_again() -> None:
    async def work() -> None:
        far = Far("north")
        far.remembers = True
        asks = questions(Way(far))
        store, now, name = asks._store, asks._clock(), InstrumentId("north:1")

        def begin() -> Coroutine[Any, Any, None] | None:
            store.take([BookSnapshot(name, now, now, {}, {})])
            return asks.recall(store.boards[name], now)

        question, instrument = begin(), store.boards[name].instrument
        assert question is not None
        store.remove(name)
        asks.forget(name)
        await question
        store.add(instrument)
        again = begin()
        assert again is not None
        again.close()

    run(work())


def test_the_past_is_asked_for_until_now_by_the_venues_clock() -> None:
    async def work() -> None:
        far = Far("north")
        asks = questions(Way(far))
        store, now = asks._store, asks._clock()
        store.clocks.offset = 1_790_000_600_000 - now
        store.clocks.of("north").ring.append(600_010 - store.clocks.offset)  # our clock is ten minutes ahead
        store.take([BookSnapshot(InstrumentId("north:1"), now, now, {}, {})])
        question = asks.recall(store.boards[InstrumentId("north:1")], now)
        assert question is not None
        await question
        assert abs(far.history_until - 1_790_000_000_000) <= 10

    run(work())
