"""A venue that tells books in parts and answers over the socket: the feed over a scripted far end, in virtual time."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from random import Random
from threading import Lock
from typing import Any

from pmtui.core.board import Board, Label
from pmtui.core.store import Store
from pmtui.core.units import Millis, px
from pmtui.feed.asker import MOST, WITHIN
from pmtui.feed.feed import Feed
from pmtui.feed.link import Quota
from pmtui.venues.hyperliquid import subscriptions
from pmtui.venues.hyperliquid.venue import Hyperliquid
from tests.torture.loop import run
from tests.venues.hyperliquid.frames import NOON, bbo, book, ctx, error, id_of, side, spelt, trade, trades

from .scripted import LOST, FakeClock, ScriptedFetcher, ScriptedTransport, settle


class Scene:
    """A feed on one venue's scripted far end."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.transport = ScriptedTransport(clock=self.clock)
        self.fetcher = ScriptedFetcher()
        self.store = Store()
        self.venue = Hyperliquid.at({"socket": "ws://127.0.0.1", "api": "http://api"})
        self.feed = Feed(
            self.store,
            Lock(),
            {self.venue.name: self.venue},
            self.transport,
            self.fetcher,
            clock=self.clock,
            wall_clock=lambda: Millis(NOON + self.clock()),
            random=Random(7),
        )

    async def connect(self, *symbols: str) -> None:
        self.feed.follow([each for symbol in symbols or ("BTC",) if (each := self.venue.instrument(symbol))])
        await settle()

    async def tell(self, *frames: bytes) -> None:
        for frame in frames:
            self.transport.line.tell(frame)
        await settle()

    def show(self, symbol: str = "BTC") -> None:
        self.store.show([id_of(symbol)], self.clock())

    def board(self, symbol: str = "BTC") -> Board:
        return self.store.boards[id_of(symbol)]

    def label(self, symbol: str = "BTC") -> Label:
        return self.store.label(id_of(symbol), self.clock())

    def said(self) -> list[dict[str, Any]]:
        return [json.loads(frame) for frame in self.transport.line.said]

    def posts(self, what: str) -> list[int]:
        """The numbers of the requests of this kind."""
        return [
            each["id"]
            for each in self.said()
            if each["method"] == "post" and each["request"]["payload"]["type"] == what
        ]

    async def flow(self, seconds: float, since: int = 1) -> None:
        """The fast feed, twice a second."""
        for n in range(int(seconds * 2)):
            await self.tell(book(sent=(since + n) * 500, fast=True))
            await asyncio.sleep(0.5)


def play(scene: Callable[[Scene], Awaitable[None]]) -> None:
    async def work() -> None:
        found = Scene()
        task = asyncio.create_task(found.feed.run())
        await settle()
        try:
            await scene(found)
            assert not task.done(), task
            assert found.store.ledger.balanced, vars(found.store.ledger)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await settle()
        assert len(asyncio.all_tasks()) == 1, asyncio.all_tasks()

    run(work())


def answer(number: int, data: object, what: str = "l2Book") -> bytes:
    response = {"type": "info", "payload": {"type": what, "data": data}}
    return spelt({"channel": "post", "data": {"id": number, "response": response}})


def refusal(number: int, words: str) -> bytes:
    return spelt({"channel": "post", "data": {"id": number, "response": {"type": "error", "payload": words}}})


def fetched(bids: str = "99x2 98x1", asks: str = "101x3 102x1", sent: int = 0) -> dict[str, object]:
    return {"coin": "BTC", "time": NOON + sent, "levels": [side(bids), side(asks)]}


# How long a book is live


def test_a_book_of_the_fast_feed_is_live_for_two_seconds_whatever_the_best_prices_do() -> None:
    async def scene(found: Scene) -> None:
        await found.connect()
        await found.tell(book(sent=1), book(sent=2, fast=True))
        assert found.label() is Label.LIVE
        await asyncio.sleep(1.9)
        assert found.label() is Label.LIVE
        await found.tell(bbo(sent=3))
        assert found.label() is Label.LIVE
        await asyncio.sleep(0.2)
        assert found.label() is Label.STALE
        await found.tell(book(sent=2_100, fast=True))
        assert found.label() is Label.LIVE

    play(scene)


def test_a_push_whose_time_is_ahead_of_all_others_is_doubted_with_the_next_one() -> None:
    async def scene(found: Scene) -> None:
        await found.connect()
        await found.tell(book(sent=1), book(sent=2, fast=True))
        await found.tell(book("98x1", "102x1", sent=60_000))
        assert found.label() is Label.LIVE
        await found.tell(book("97x1", "103x1", sent=500, fast=True))
        assert found.label() is Label.RESYNC
        await found.tell(book("97x1", "103x1", sent=1_000, fast=True))
        assert found.label() is Label.LIVE

    play(scene)


def test_a_book_of_the_slow_feed_alone_is_live_for_twelve_seconds() -> None:
    async def scene(found: Scene) -> None:
        await found.connect()
        await found.tell(book(sent=1))
        await asyncio.sleep(11.9)
        assert found.label() is Label.LIVE
        await asyncio.sleep(0.2)
        assert found.label() is Label.STALE

    play(scene)


def test_a_steady_feed_stays_live_and_its_deep_part_has_an_age() -> None:
    async def scene(found: Scene) -> None:
        await found.connect()
        await found.tell(book(sent=1))
        await found.flow(20)
        assert found.label() is Label.LIVE
        fresh = found.board().fresh
        assert fresh is not None
        assert found.clock() - fresh.deep_at >= 20_000

    play(scene)


def test_pongs_do_not_keep_a_book_live() -> None:
    async def scene(found: Scene) -> None:
        await found.connect()
        await found.tell(book(sent=1, fast=True))
        for _ in range(10):
            await found.tell(b'{"channel":"pong"}')
            await asyncio.sleep(0.5)
        assert found.label() is Label.STALE

    play(scene)


# Requests over the link


def test_a_quiet_book_is_proven_over_the_link() -> None:
    async def scene(found: Scene) -> None:
        await found.connect()
        found.show()
        await found.tell(book(sent=1, fast=True))
        await asyncio.sleep(1.5)
        (number,) = found.posts("l2Book")
        await found.tell(answer(number, fetched(sent=900)))
        await asyncio.sleep(1)
        assert found.label() is Label.QUIET
        assert found.board().proof_kind == "witness"
        assert not found.fetcher.count("info")

    play(scene)


def test_levels_of_an_older_part_are_not_held_against_a_fetched_book() -> None:
    async def scene(found: Scene) -> None:
        await found.connect()
        found.show()
        await found.tell(book("99x1 98x1 97x1 96x1 95x1 94x1", sent=1))
        await found.tell(book("99x1 98x1 97x1 96x1 95x1", sent=500, fast=True))
        await asyncio.sleep(1.5)
        (number,) = found.posts("l2Book")
        await found.tell(answer(number, fetched("99x1 98x1 97x1 96x1 95x1 94x7 93x1", sent=500)))
        assert found.board().proof_kind == "witness"
        assert not found.board().doubt

    play(scene)


def test_a_fetched_book_that_differs_at_the_top_makes_a_doubt() -> None:
    async def scene(found: Scene) -> None:
        await found.connect()
        found.show()
        await found.tell(book(sent=500, fast=True))
        await asyncio.sleep(1.5)
        (number,) = found.posts("l2Book")
        await found.tell(answer(number, fetched("99x7 98x1", sent=500)))
        assert found.label() is Label.RESYNC

    play(scene)


def test_what_the_link_does_not_answer_is_asked_by_rest_when_the_link_is_gone() -> None:
    async def scene(found: Scene) -> None:
        await found.connect()
        found.show()
        await found.tell(book(sent=1, fast=True))
        await asyncio.sleep(1.5)
        assert found.posts("l2Book")
        before = found.fetcher.count("info")
        found.transport.line.end(LOST)
        await settle()
        assert found.fetcher.count("info") > before

    play(scene)


def test_an_answer_that_never_comes_is_given_up_and_a_late_one_is_dropped() -> None:
    async def scene(found: Scene) -> None:
        await found.connect()
        found.show()
        await found.tell(book(sent=1, fast=True))
        await asyncio.sleep(1.5)
        (number,) = found.posts("l2Book")
        failed = found.store.counts.fetches_failed
        await asyncio.sleep(WITHIN)
        assert found.store.counts.fetches_failed == failed + 1
        await found.tell(answer(number, fetched("99x7", sent=1)))
        assert not found.board().doubt

    play(scene)


def test_a_refusal_is_no_book() -> None:
    async def scene(found: Scene) -> None:
        await found.connect()
        found.show()
        await found.tell(book(sent=1, fast=True))
        await asyncio.sleep(1.5)
        (number,) = found.posts("l2Book")
        await found.tell(refusal(number, "429 too many"))
        assert found.store.counts.fetches_failed == 1
        assert found.board().witness_at < 0

    play(scene)


def test_coins_are_described_by_one_answer_however_many_they_are() -> None:
    async def scene(found: Scene) -> None:
        symbols = [f"C{number}" for number in range(60)]
        await found.connect(*symbols)
        asked = found.posts("meta")
        assert 0 < len(asked) <= 4
        universe = [{"name": symbol, "szDecimals": 0} for symbol in symbols]
        for number in asked:
            await found.tell(answer(number, {"universe": universe}, "meta"))
        await asyncio.sleep(3)
        assert {found.board(symbol).instrument.title for symbol in symbols} == {f"{symbol} perp" for symbol in symbols}
        assert found.posts("meta") == asked
        assert len(asked) < MOST

    play(scene)


# The rest of what is told


def test_the_screen_can_say_why_a_coin_has_no_book() -> None:
    async def scene(found: Scene) -> None:
        await found.connect("BTC", "NOPE")
        await found.tell(error('Invalid subscription {"type":"l2Book","coin":"NOPE"}'), book(sent=1, fast=True))
        assert found.label() is Label.LIVE
        assert found.label("NOPE") is Label.STALE
        assert "NOPE is unknown" in found.board("NOPE").why(found.clock())

    play(scene)


def test_trades_of_before_are_on_the_tape_and_in_no_sum() -> None:
    async def scene(found: Scene) -> None:
        await found.connect()
        found.show()
        await found.tell(book(sent=100), trades(trade(sent=1, tid=1), trade(sent=2, tid=2)))
        await found.tell(trades(trade(sent=200, tid=3)))
        board = found.board()
        assert board.tape.prints == 3
        assert board.flow.prints == 1
        assert not any(hasattr(each, "reason") for each in board.tape.ring)

    play(scene)


def test_the_context_is_kept_until_the_connection_is_gone() -> None:
    async def scene(found: Scene) -> None:
        await found.connect()
        await found.tell(book(sent=1), ctx())
        assert found.board().context is not None
        found.transport.line.end(LOST)
        await asyncio.sleep(2)
        assert found.board().context is None

    play(scene)


def test_the_past_of_what_is_shown_is_asked_for_once_a_connection() -> None:
    async def scene(found: Scene) -> None:
        await found.connect()
        await found.tell(book(sent=1, fast=True))
        await asyncio.sleep(1)
        assert not found.posts("candleSnapshot")
        found.show()
        await found.flow(1)
        (number,) = found.posts("candleSnapshot")
        minute = NOON // 60_000 * 60_000 - 600_000
        row = {
            "t": minute,
            "T": minute + 59_999,
            "s": "BTC",
            "i": "1m",
            "o": "90",
            "c": "91",
            "h": "95",
            "l": "85",
            "v": "1",
            "n": 1,
        }
        await found.tell(answer(number, [row], "candleSnapshot"))
        await found.flow(3, since=10)
        assert found.posts("candleSnapshot") == [number]
        view = found.board().flow.series.view(3_600, 60, found.clock())
        assert view.low == px("85")

    play(scene)


def test_everything_is_asked_for_again_after_a_reconnect() -> None:
    async def scene(found: Scene) -> None:
        await found.connect("BTC", "ETH")
        first = [each for each in found.said() if each["method"] == "subscribe"]
        found.transport.line.end(LOST)
        await asyncio.sleep(3)
        assert len(found.transport.lines) == 2
        assert [each for each in found.said() if each["method"] == "subscribe"] == first
        assert found.label() is Label.SYNCING

    play(scene)


def test_a_settled_outcome_says_who_was_paid() -> None:
    async def scene(found: Scene) -> None:
        await found.connect("#10")
        await found.tell(book("0.4x1", "0.5x1", coin="#10", sent=1, fast=True))
        await found.tell(spelt({"channel": "outcomeMetaUpdates", "data": [{"outcomeSettled": 1}]}))
        assert found.label("#10") is found.label("#11") is Label.RESOLVED
        await asyncio.sleep(31)
        number = found.posts("outcomeMeta")[-1]
        await found.tell(answer(number, {"outcomes": []}, "outcomeMeta"))
        spec = {"outcome": 1, "name": "Rain", "description": "", "sideSpecs": [{"name": "Yes"}, {"name": "No"}]}
        number = found.posts("settledOutcome")[-1]
        await found.tell(answer(number, {"spec": spec, "settleFraction": "0.0"}, "settledOutcome"))
        assert found.board("#10").why(found.clock()) == found.board("#11").why(found.clock()) == "settled: No won"

    play(scene)


# How much may be said


def test_a_quota_lets_nine_in_ten_go_and_waits_for_the_rest() -> None:
    quota = Quota(20)
    for n in range(18):
        assert quota.wait(n) == 0
        quota.spent(n)
    assert quota.wait(100) == 59_900
    assert quota.wait(60_000) == 0
    assert Quota(0).wait(0) == 0


def test_more_than_a_minute_allows_is_said_in_the_next_one() -> None:
    async def scene(found: Scene) -> None:
        await found.connect(*(f"C{number}" for number in range(300)))
        for _ in range(3):
            found.transport.line.end(LOST)
            await asyncio.sleep(2)
        said = [sum(b"subscribe" in frame for frame in line.said) for line in found.transport.lines]
        assert sum(said) <= 2_000
        await asyncio.sleep(61)
        assert len({frame for frame in found.transport.line.said if b'"subscribe"' in frame}) == subscriptions.MOST

    play(scene)
